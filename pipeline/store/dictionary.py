"""What tables, columns and views of the store mean: comments in the database and the data dictionary come from here."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipeline.store.dialect import DIALECTS
from transforms.analytics.facets import COUNTED, DIMENSIONS


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view: what a row is, and what its columns are."""

    row: str
    columns: dict[str, str]
    query: str | None = None
    """Of a view: the query, with ``{hour}`` and the like for what databases write differently."""


_UTC: Final = "UTC; null where not known"
TABLES: Final[dict[str, Table]] = {
    "articles": Table(
        "One version of an article.",
        {
            "id": "Number in the order of loading.",
            "uri": "Identity of the article, the same for all its versions.",
            "version": "1 for the first, then one more for each change.",
            "latest": "1 for the newest version of an article, else 0.",
            "change": "new, cosmetic, minor or material.",
            "url": "Address it was read from.",
            "source": "Publisher: domain (with the publisher's part on hosts of many), else its name.",
            "language": "BCP 47 tag; und where not known.",
            "direction": "ltr or rtl.",
            "title": "Title as published.",
            "lede": "First sentences, at most 400 characters.",
            "word_count": "Words of the text.",
            "published_at": f"Time of publication; {_UTC}.",
            "published_precision": "second, minute, day, month or year.",
            "modified_at": f"Time of the last change that the page gives; {_UTC}.",
            "fetched_at": f"Time at which it was crawled; {_UTC}.",
            "processed_at": f"Time at which the pipeline wrote it to Kafka; {_UTC}.",
            "event_time": "Published, else fetched, else processed; what charts count by.",
            "story": "Identity of the event that it shares with others; null without one.",
            "read_from": "Source of the raw record: topic/partition, or file.",
            "position": "Offset or number of the raw record there.",
            "pipeline_version": "Version of the program that made it.",
        },
    ),
    "records": Table(
        "The whole record of an article (schemas/json/article.schema.json).",
        {"article_id": "articles.id.", "record": "The record as JSON, with text, places, people, quotes and figures."},
    ),
    "mentions": Table(
        "A value that an article mentions.",
        {
            "article_id": "articles.id.",
            "dimension": f"{', '.join(d.name for d in DIMENSIONS.values() if d.values == 'several')}.",
            "value": "Country code, place and country, or name; spellings of a name share the first one seen.",
            "mentions": "How often the text mentions it.",
        },
    ),
    "names": Table(
        "The spelling under which a name is counted.",
        {
            "dimension": "person or organisation.",
            "name_key": "The name without accents, case and vowel marks.",
            "name": "The spelling seen first.",
        },
    ),
    "quotes": Table(
        "A quotation in an article.",
        {
            "article_id": "articles.id.",
            "number": "Place among the quotations of the article, from 0.",
            "speaker": "Who says it, as the article names them; null where not known.",
            "speaker_key": "The speaker without accents, case and vowel marks.",
            "text": "What is said, without quotation marks.",
        },
    ),
    "sources": Table(
        "What is known of a source, of latest versions.",
        {
            "source": "articles.source.",
            "articles": "Articles.",
            "undated": "Articles without a time of publication.",
            "duplicate": "Records with the same text as another article.",
            "unchanged": "Articles that were crawled again without change.",
            "dead": "Records that could not be processed.",
            "first_time": "Event time of its first article.",
            "last_time": "Event time of its last article.",
        },
    ),
    "stories": Table(
        "A story: articles of one event, latest versions.",
        {
            "uri": "articles.story.",
            "articles": "Articles.",
            "sources": "Sources.",
            "languages": "Languages.",
            "first_time": "Event time of its first article.",
            "last_time": "Event time of its last article.",
            "first_id": "articles.id of the first by event time.",
            "last_id": "articles.id of the last by event time.",
        },
    ),
    "story_merges": Table(
        "A story that turned out to be the same event as another one; its articles count there.",
        {"uri": "Identity that it had.", "into_uri": "Identity of the story that it is part of."},
    ),
    "duplicates": Table(
        "A record that brought nothing new.",
        {
            "id": "Number in the order of loading.",
            "read_from": "Source of the raw record.",
            "position": "Offset or number there.",
            "outcome": "duplicate (same text, other identity) or unchanged (crawled again).",
            "uri": "Its own identity.",
            "duplicate_of": "articles.uri that it repeats.",
            "similarity": "0 to 1.",
            "method": "How the likeness was found.",
            "raw_id": "The producer's id.",
            "url": "Its address.",
            "processed_at": f"Time at which it was written; {_UTC}.",
            "source": "Publisher of its address.",
        },
    ),
    "dead": Table(
        "A record that could not be processed.",
        {
            "id": "Number in the order of loading.",
            "read_from": "Source of the raw record.",
            "position": "Offset or number there.",
            "stage": "Stage that gave it up.",
            "reason": "One of the closed list of reasons.",
            "error_type": "Kind of error.",
            "message": "What happened, in a line.",
            "raw_id": "The producer's id.",
            "url": "Its address, also where only the payload has it.",
            "payload_bytes": "Size of the original.",
            "attempts": "Earlier attempts.",
            "processed_at": f"Time at which it was given up; {_UTC}.",
            "place": "partition/offset in the topic of dead letters.",
            "redriven": "Raw record as which it was sent again.",
            "record": "The whole record as JSON, with the original bytes.",
            "source": "Publisher of its address.",
        },
    ),
    "ledger": Table(
        "What became of one span of a source.",
        {
            "read_from": "The source.",
            "from_position": "First record of the span.",
            "to_position": "First record after it.",
            "records": "Records of the span.",
            "article": "Of them articles.",
            "unchanged": "Of them crawled again without change.",
            "duplicate": "Of them with the text of another.",
            "dead": "Of them dead letters.",
            "pipeline_version": "Version of the program.",
            "processed_at": f"Time of the commit; {_UTC}.",
        },
    ),
    "audit": Table(
        "What ledger and store say of one source of records.",
        {
            "read_from": "The source: topic/partition, or file.",
            "first_position": "First position that the ledger knows.",
            "position": "Next position after all spans.",
            "end_position": "End of the source itself.",
            "ledger_article": "Articles by the ledger.",
            "ledger_unchanged": "Unchanged by the ledger.",
            "ledger_duplicate": "Duplicates by the ledger.",
            "ledger_dead": "Dead letters by the ledger.",
            "stored_article": "Articles in the store.",
            "stored_unchanged": "Unchanged in the store.",
            "stored_duplicate": "Duplicates in the store.",
            "stored_dead": "Dead letters in the store.",
            "violation": "The first gap or overlap of spans.",
        },
    ),
    "flow": Table(
        "Records of one minute of processing.",
        {
            "minute": "YYYY-MM-DDTHH:MM in UTC.",
            "outcome": "article, unchanged, duplicate or dead.",
            "records": "How many.",
        },
    ),
    "tallies": Table(
        "Articles (latest versions) of one hour, day, or in total, by value.",
        {
            "unit": "hour, day or total.",
            "dimension": f"all, {', '.join(COUNTED)}.",
            "bucket": "YYYY-MM-DDTHH, YYYY-MM-DD, or empty in total.",
            "value": "Value of the dimension; empty for all.",
            "articles": "How many.",
        },
    ),
    "trends": Table(
        "Articles of one window that have a value, against the value's own history.",
        {
            "window_start": "Begin of the window, UTC.",
            "window_seconds": "Its length.",
            "dimension": "What is counted.",
            "value": "Its value.",
            "articles": "Articles in the window.",
            "expected": "What the history leads one to expect; null while too little is known.",
            "burst": "Excess in standard deviations.",
        },
    ),
    "alarms": Table(
        "A source or language that went quiet or degraded.",
        {
            "window_start": "Hour in which it was found, UTC.",
            "kind": "volume, empty_text, missing_date, dead or enrichment.",
            "dimension": "source, language or all.",
            "value": "Which one.",
            "observed": "What was seen.",
            "expected": "What its past leads one to expect.",
            "active": "1 while it lasts, 0 when it is over.",
            "message": "One line for people.",
        },
    ),
    "positions": Table(
        "How far a topic partition is loaded.",
        {"topic": "Topic.", "part": "Partition.", "position": "Next offset to load."},
    ),
}

_ARTICLE: Final = {
    name: TABLES["articles"].columns[name]
    for name in ("uri", "title", "source", "language", "url", "event_time", "story")
}

_CURRENT: Final = {name: text for name, text in TABLES["articles"].columns.items() if name != "latest"}


def _counted(dimension: str) -> Table:
    where = f"unit = 'hour' AND dimension = '{dimension}'"
    return Table(
        f"Articles by hour and {dimension}.",
        {"hour": "Begin of the hour, UTC.", dimension: "Its value.", "articles": "Latest versions."},
        f"SELECT {{bucket}} AS hour, value AS {dimension}, articles FROM tallies WHERE {where}",
    )


def _mentioned(dimension: str) -> Table:
    return Table(
        f"A {dimension} that a current article mentions.",
        {
            "article_id": "articles.id.",
            **_ARTICLE,
            dimension: "Its name.",
            "mentions": "How often the text mentions it.",
        },
        "SELECT m.article_id, a.uri, a.title, a.source, a.language, a.url, a.event_time, a.story,"
        f" m.value AS {dimension}, m.mentions FROM mentions m JOIN articles a ON a.id = m.article_id"
        f" WHERE a.latest = 1 AND m.dimension = '{dimension}'",
    )


VIEWS: Final[dict[str, Table]] = {
    "current_articles": Table(
        "The latest version of each article.",
        _CURRENT,
        f"SELECT {', '.join(_CURRENT)} FROM articles WHERE latest = 1",
    ),
    "article_countries": _mentioned("country"),
    "article_places": _mentioned("place"),
    "article_people": _mentioned("person"),
    "article_organisations": _mentioned("organisation"),
    "article_topics": _mentioned("topic"),
    "article_quotes": Table(
        "A quotation in a current article.",
        {"article_id": "articles.id.", **_ARTICLE, "speaker": "Who says it.", "quote": "What is said."},
        "SELECT q.article_id, a.uri, a.title, a.source, a.language, a.url, a.event_time, a.story, q.speaker,"
        " q.text AS quote FROM quotes q JOIN articles a ON a.id = q.article_id WHERE a.latest = 1",
    ),
    "story_sizes": Table(
        "A story with the title of its first article.",
        {**TABLES["stories"].columns, "title": "Title of the first article.", "first_source": "Its source."},
        "SELECT s.uri, s.articles, s.sources, s.languages, s.first_time, s.last_time, s.first_id, s.last_id, a.title,"
        " a.source AS first_source FROM stories s JOIN articles a ON a.id = s.first_id",
    ),
    "articles_by_hour": Table(
        "Articles by hour.",
        {"hour": "Begin of the hour, UTC.", "articles": "Latest versions."},
        "SELECT {bucket} AS hour, articles FROM tallies WHERE unit = 'hour' AND dimension = 'all'",
    ),
    **{f"articles_by_{name}": _counted(name) for name in COUNTED if "hour" in DIMENSIONS[name].counted},
    "revisions": Table(
        "A version of an article after the first.",
        {
            name: TABLES["articles"].columns[name]
            for name in (
                "uri",
                "version",
                "change",
                "title",
                "source",
                "language",
                "published_at",
                "modified_at",
                "fetched_at",
            )
        },
        "SELECT uri, version, change, title, source, language, published_at, modified_at, fetched_at"
        " FROM articles WHERE version > 1",
    ),
    "duplicates_by_method": Table(
        "Duplicates by how they were found.",
        {"outcome": "duplicate or unchanged.", "method": "How.", "records": "How many.", "mean_similarity": "0 to 1."},
        "SELECT outcome, method, count(*) AS records, avg(similarity) AS mean_similarity FROM duplicates"
        " GROUP BY outcome, method",
    ),
    "dead_by_reason": Table(
        "Dead letters by stage and reason.",
        {"stage": "Stage.", "reason": "Reason.", "records": "How many.", "last_id": "dead.id of the newest."},
        "SELECT stage, reason, count(*) AS records, max(id) AS last_id FROM dead GROUP BY stage, reason",
    ),
    "dead_by_source": Table(
        "Dead letters by source and reason.",
        {
            "source": "Publisher; empty where none is known.",
            "reason": "Reason.",
            "records": "How many.",
            "redriven": "Of them sent again.",
        },
        "SELECT coalesce(source, '') AS source, reason, count(*) AS records, count(redriven) AS redriven FROM dead"
        " GROUP BY coalesce(source, ''), reason",
    ),
    "delays": Table(
        "How long an article version took.",
        {
            "id": "articles.id.",
            **{name: TABLES["articles"].columns[name] for name in ("uri", "version", "source", "language")},
            "published_to_fetched_s": "Seconds from publication to crawling.",
            "fetched_to_processed_s": "Seconds from crawling to processing.",
        },
        "SELECT id, uri, version, source, language, {fetched} - {published} AS published_to_fetched_s,"
        " {processed} - {fetched} AS fetched_to_processed_s FROM articles",
    ),
}


def view_statements(name: str) -> list[str]:
    """Return what makes the views in the database called `name`."""
    dialect = DIALECTS[name]
    parts = {
        "bucket": dialect.as_time.replace("{}", "bucket"),
        **{column: dialect.seconds.format(f"{column}_at") for column in ("published", "fetched", "processed")},
    }
    return [f"CREATE VIEW {view} AS {(table.query or '').format(**parts)}" for view, table in VIEWS.items()]


def comment_statements(name: str) -> list[str]:
    """Return what writes the comments into the database, where it keeps any."""
    if name == "sqlite":
        return []
    statements = []
    for kind, tables in (("TABLE", TABLES), ("VIEW", VIEWS)):
        for table, what in tables.items():
            statements.append(f"COMMENT ON {kind} {table} IS {_literal(what.row)}")
            if kind == "TABLE" or name == "postgresql":
                statements += [f"COMMENT ON COLUMN {table}.{c} IS {_literal(text)}" for c, text in what.columns.items()]
    return statements


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def markdown() -> str:
    """Return the data dictionary as the docs have it."""
    parts = []
    for title, tables in (("Views", VIEWS), ("Tables", TABLES)):
        parts.append(f"### {title}\n")
        for name, table in tables.items():
            parts.append(f"**`{name}`** – {table.row}\n\n| column | meaning |\n|---|---|")
            parts += [f"| `{column}` | {meaning} |" for column, meaning in table.columns.items()]
            parts.append("")
    return "\n".join(parts)


def main() -> None:
    """Bring the data dictionary of the docs up to date."""
    path = Path("docs/data.md")
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    path.write_text(f"{before}{BEGIN}\n{markdown()}{END}{after}", encoding="utf-8")


BEGIN: Final = "<!-- made by python -m pipeline.store.dictionary -->"
END: Final = "<!-- end -->"

if __name__ == "__main__":
    main()
