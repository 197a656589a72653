"""The questions that the dashboard asks of a store, each answered from an index or a tally, never by reading it all."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any, Final, NamedTuple

from pipeline.store.database import Database, Row
from pipeline.store.dialect import DIALECTS
from pipeline.store.schema import check
from pipeline.store.search import Found, find
from pipeline.store.writer import parsed
from schemas.codec import convert
from schemas.records import Article, Dead
from transforms.analytics.facets import DIMENSIONS, facet_term, name_key
from transforms.analytics.search_terms import Query, parse_query, snippet

PAGE: Final = 25
MOST: Final = 5_000
"""Articles of a selection that are counted one by one; of larger ones the newest as many, unless tallies have them."""
ORDERS: Final = ("newest", "oldest", "loaded")
_MOST_DAYS: Final = 62
"""Days that are looked up in the index of words; longer ranges are compared."""
_COLUMNS: Final = {"language": "a.language", "source": "a.source", "story": "a.story", "change": "a.change"}
"""Dimensions that are columns."""
_HEADLINE: Final = (
    "a.id, a.uri, a.version, a.change, a.url, a.source, a.language, a.direction, a.title, a.lede, a.word_count,"
    " a.published_at, a.published_precision, a.event_time, a.story"
)


class Headline(NamedTuple):
    """An article as lists show it."""

    id: int
    uri: str
    version: int
    change: str
    url: str | None
    source: str
    language: str
    direction: str
    title: str | None
    lede: str
    word_count: int
    published_at: str | None
    published_precision: str | None
    event_time: str | None
    story: str | None


class Version(NamedTuple):
    """One version of an article, without its text."""

    id: int
    version: int
    change: str
    title: str | None
    latest: int
    published_at: str | None
    modified_at: str | None
    fetched_at: str | None


class DuplicateRow(NamedTuple):
    """A record that brought nothing new."""

    id: int
    outcome: str
    uri: str | None
    duplicate_of: str
    similarity: float
    method: str
    raw_id: str | None
    url: str | None
    read_from: str
    position: int


class DeadRow(NamedTuple):
    """A dead letter as lists show it."""

    id: int
    stage: str
    reason: str
    error_type: str
    message: str
    raw_id: str | None
    url: str | None
    payload_bytes: int
    attempts: int
    read_from: str
    position: int
    processed_at: str | None
    place: str | None
    redriven: str | None


class StoryRow(NamedTuple):
    """A story, with the headlines of its first and its last article by publication."""

    uri: str
    articles: int
    sources: int
    languages: int
    first_time: str | None
    last_time: str | None
    id: int
    title: str | None
    language: str
    direction: str
    first_source: str
    last_source: str


class Title(NamedTuple):
    """A title and how it is written."""

    title: str
    language: str
    direction: str


class Member(NamedTuple):
    """An article of a story as its page lists it."""

    id: int
    uri: str
    version: int
    change: str
    title: str | None
    source: str
    language: str
    direction: str
    url: str | None
    event_time: str | None
    published_precision: str | None


class QuoteRow(NamedTuple):
    """A quotation with its article."""

    id: int
    number: int
    speaker: str | None
    text: str
    title: str | None
    source: str
    language: str
    direction: str
    event_time: str | None
    story: str | None


class SourceRow(NamedTuple):
    """What is known of a source."""

    source: str
    articles: int
    undated: int
    duplicate: int
    unchanged: int
    dead: int
    first_time: str | None
    last_time: str | None


class Rhythm(NamedTuple):
    """How a source publishes, from its last articles."""

    per_day: float
    """Articles a day, over the last days that have any."""
    gap_seconds: float | None
    """Usual pause between two articles: the median."""
    delay_seconds: float | None
    """Usual time from publication to fetching."""
    quiet_since: str | None
    """Set when the pause since the last article is far beyond what is usual."""


class DeadGroup(NamedTuple):
    """Dead letters of one source and reason."""

    source: str
    reason: str
    records: int
    redriven: int
    newest: str | None


class Rising(NamedTuple):
    """A name in more articles than its past leads one to expect."""

    dimension: str
    value: str
    articles: int
    sources: int
    usual: float
    """Articles a day, in the days before."""


class Counted(NamedTuple):
    """A number of articles; where it is not exact there are more."""

    articles: int
    is_exact: bool


class AuditRow(NamedTuple):
    """What the ledger says of a source, and what the store holds of it."""

    read_from: str
    first_position: int | None
    position: int | None
    end_position: int | None
    ledger: dict[str, int]
    stored: dict[str, int]
    violation: str | None

    @property
    def lag(self) -> int:
        """Records of the source that have no outcome in the store yet."""
        if self.end_position is None:
            return 0
        return max(self.end_position - (self.position if self.position is not None else self.first_position or 0), 0)

    @property
    def state(self) -> str:
        """``violated``, ``behind`` while outcomes are still being loaded, or ``ok``."""
        if self.violation:
            return "violated"
        return "ok" if self.stored == self.ledger else "behind"


class AlarmRow(NamedTuple):
    """A source or language that went quiet or degraded."""

    window_start: str
    kind: str
    dimension: str
    value: str
    observed: float
    expected: float
    active: int
    message: str


class TrendRow(NamedTuple):
    """A value that rises against its own history."""

    window_start: str
    window_seconds: int
    dimension: str
    value: str
    articles: int
    expected: float | None
    burst: float | None
    title: str | None
    """Of a story: the title of its newest article."""


OUTCOMES: Final = ("article", "unchanged", "duplicate", "dead")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which articles are asked for: a search, filters by dimension, a range of days, whether they were changed."""

    query: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    since: str | None = None
    """First day, ``YYYY-MM-DD``."""
    until: str | None = None
    """Last day."""
    is_changed: bool = False

    def __hash__(self) -> int:
        return hash((self.query, frozenset(self.filters.items()), self.since, self.until, self.is_changed))

    @property
    def parsed(self) -> Query:
        """The search as it was understood."""
        return parse_query(self.query)

    @property
    def tallied(self) -> tuple[str, str] | None:
        """The dimension and value of which the store keeps counts that answer for this selection."""
        if self.parsed or self.is_changed or len(self.filters) > 1:
            return None
        ((name, value),) = self.filters.items() or (("all", ""),)
        return (name, value) if name == "all" or (name in DIMENSIONS and DIMENSIONS[name].counted) else None


class Reader:
    """The dashboard's side of a store; nothing it does changes anything."""

    def __init__(self, database: Database) -> None:
        """Use `database`. Raises `StoreError` when it does not have the tables."""
        self._db = database
        self._dialect = DIALECTS[database.name]
        check(database)

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Return the rows of a query of the caller's own."""
        return self._db.query(sql, parameters)

    def state(self) -> tuple[int, ...]:
        """Return numbers that change whenever outcomes are written."""
        rows = self._db.query(
            "SELECT coalesce((SELECT max(id) FROM articles), 0), coalesce((SELECT max(id) FROM duplicates), 0),"
            " coalesce((SELECT max(id) FROM dead), 0)"
        )
        return tuple(rows[0])

    # Selections

    def headlines(
        self, selection: Selection, *, page: int = 1, limit: int = PAGE, order: str = "newest"
    ) -> list[Headline]:
        """Return the latest versions of what `selection` asks for, by time of publication or as they were loaded."""
        found = self._found(selection)
        offset = f" LIMIT {limit:d} OFFSET {(max(page, 1) - 1) * limit:d}"
        falling = f"event_time DESC {self._dialect.last}, id DESC"
        rising = "event_time, id" if order == "oldest" else ""
        if "search" not in found.tables or order == "loaded":
            by = (
                f"{found.id} DESC"
                if order == "loaded"
                else ", ".join(f"a.{part}" for part in (rising or falling).split(", "))
            )
            rows = self._db.query(
                f"SELECT {_HEADLINE} FROM {found.tables} WHERE {found.condition} ORDER BY {by}{offset}",
                found.parameters,
            )
        else:
            # What many articles match is put in order among the newest only.
            rows = self._db.query(
                f"SELECT {_HEADLINE} FROM (SELECT a.id, a.event_time FROM {found.tables} WHERE {found.condition}"
                f" ORDER BY {found.id} DESC LIMIT {MOST:d}) AS found JOIN articles a ON a.id = found.id"
                f" ORDER BY {', '.join(f'found.{part}' for part in (rising or falling).split(', '))}{offset}",
                found.parameters,
            )
        return [Headline(*row) for row in rows]

    def snippets(self, ids: Sequence[int], query: Query) -> dict[int, list[tuple[bool, str]]]:
        """Return for each article the stretch of its text in which the query is found, as (is found, piece)."""
        if not ids or not query.groups:
            return {}
        text = self._dialect.text_of.format("record")
        rows = self._db.query(
            f"SELECT article_id, {text} FROM records WHERE article_id IN ({', '.join('?' * len(ids))})", list(ids)
        )
        return {id_: snippet(str(text), query) for id_, text in rows}

    def count(self, selection: Selection) -> Counted:
        """Return how many articles `selection` has."""
        if tallied := selection.tallied:
            unit = "day" if selection.since or selection.until else "total"
            rows = self._db.query(
                "SELECT sum(articles) FROM tallies WHERE unit = ? AND dimension = ? AND value = ?"
                + (" AND bucket BETWEEN ? AND ?" if unit == "day" else ""),
                [unit, *tallied, *(_days(selection) if unit == "day" else ())],
            )
            return Counted(int(rows[0][0] or 0), True)
        found = self._found(selection)
        ((n,),) = self._db.query(
            f"SELECT count(*) FROM (SELECT 1 FROM {found.tables} WHERE {found.condition} LIMIT {MOST + 1:d}) AS found",
            found.parameters,
        )
        return Counted(min(n, MOST), n <= MOST)

    def series(self, selection: Selection, unit: str = "day") -> dict[str, int]:
        """Return the number of articles by hour or day (UTC); empty ones are left out."""
        tallied = selection.tallied
        if tallied and (tallied[0] == "all" or unit in DIMENSIONS[tallied[0]].counted):
            rows = self._db.query(
                "SELECT bucket, articles FROM tallies WHERE unit = ? AND dimension = ? AND value = ?"
                " AND bucket BETWEEN ? AND ? AND articles > 0 ORDER BY bucket",
                (unit, *tallied, _days(selection)[0], f"{_days(selection)[1]}T24"),
            )
            return {bucket: int(n) for bucket, n in rows}
        sql, parameters = self._newest(selection, "a.event_time")
        bucket = (self._dialect.hour if unit == "hour" else self._dialect.day).format("event_time")
        rows = self._db.query(
            f"SELECT {bucket}, count(*) FROM ({sql}) AS newest WHERE event_time IS NOT NULL GROUP BY 1 ORDER BY 1",
            parameters,
        )
        return dict(rows)

    def values(
        self, selection: Selection, dimensions: Sequence[str], limit: int = 300
    ) -> dict[str, list[tuple[str, int]]]:
        """Return for each dimension its most frequent values in `selection` with their articles.

        Of a selection that is not tallied, counted in its newest `MOST` articles.
        """
        values: dict[str, list[tuple[str, int]]] = {name: [] for name in dimensions}
        if selection.tallied == ("all", ""):
            # Of names there are too many a day to add up over a range.
            is_range = bool(selection.since or selection.until)
            tallied = [n for n in dimensions if ("hour" if is_range else "total") in DIMENSIONS[n].counted]
            values.update({name: self._tallied_values(name, selection, limit) for name in tallied})
            dimensions = [name for name in dimensions if name not in tallied]
        if dimensions:
            values.update(self._newest_values(selection, dimensions, limit))
        return values

    def _newest_values(
        self, selection: Selection, dimensions: Sequence[str], limit: int
    ) -> dict[str, list[tuple[str, int]]]:
        sql, parameters = self._newest(selection, "a.id, a.language, a.source, a.story")
        single = [name for name in dimensions if DIMENSIONS[name].values == "one"]
        several = [name for name in dimensions if DIMENSIONS[name].values == "several"]
        parts = [
            f"SELECT '{name}' AS dimension, {name} AS value, count(*) AS n FROM newest WHERE {name} IS NOT NULL"
            f" GROUP BY {name}"
            for name in single
        ]
        if several:
            named = ", ".join(f"'{name}'" for name in several)
            parts.append(
                "SELECT m.dimension AS dimension, m.value AS value, count(*) AS n FROM newest"
                f" {self._dialect.ordered}JOIN mentions m ON m.article_id = newest.id WHERE m.dimension IN ({named})"
                " GROUP BY m.dimension, m.value"
            )
        rows = self._db.query(
            f"WITH newest AS ({sql}), counted AS ({' UNION ALL '.join(parts)})"
            " SELECT dimension, value, n FROM (SELECT dimension, value, n,"
            " row_number() OVER (PARTITION BY dimension ORDER BY n DESC, value) AS place FROM counted) AS ranked"
            f" WHERE place <= {limit:d} ORDER BY dimension, place",
            parameters,
        )
        values: dict[str, list[tuple[str, int]]] = {name: [] for name in dimensions}
        for dimension, value, count in rows:
            values[dimension].append((value, count))
        return values

    def _tallied_values(self, dimension: str, selection: Selection, limit: int) -> list[tuple[str, int]]:
        if not selection.since and not selection.until:
            rows = self._db.query(
                "SELECT value, articles FROM tallies WHERE unit = 'total' AND dimension = ? AND articles > 0"
                f" ORDER BY articles DESC, value LIMIT {limit:d}",
                (dimension,),
            )
        else:
            rows = self._db.query(
                "SELECT value, sum(articles) AS n FROM tallies WHERE unit = 'day' AND dimension = ? AND bucket BETWEEN"
                f" ? AND ? GROUP BY value HAVING sum(articles) > 0 ORDER BY n DESC, value LIMIT {limit:d}",
                (dimension, *_days(selection)),
            )
        return [(value, int(n)) for value, n in rows]

    def _newest(self, selection: Selection, columns: str) -> tuple[str, list[Any]]:
        """Return the query for `columns` of the newest articles of `selection`, at most `MOST`."""
        found = self._found(selection)
        by = f"{found.id} DESC" if "search" in found.tables else f"a.event_time DESC {self._dialect.last}, a.id DESC"
        return (
            f"SELECT {columns} FROM {found.tables} WHERE {found.condition} ORDER BY {by} LIMIT {MOST:d}",
            found.parameters,
        )

    def _found(self, selection: Selection, which: str = "a.latest = 1") -> Found:
        """Return how to ask for the articles of `selection`: from columns where they suffice, else from the index."""
        query = selection.parsed
        facets = [
            [facet_term(name, value)] for name, value in selection.filters.items() if name not in {"day", "story"}
        ]
        filters = {name: value for name, value in selection.filters.items() if name in _COLUMNS}
        first, last = _days(selection)
        if day := selection.filters.get("day"):
            first = last = day
        if query or any(name not in _COLUMNS and name != "day" for name in selection.filters):
            found = find(self._db, query, [*facets, *_day_facets(first, last)])
            filters = {name: value for name, value in filters.items() if name == "story"}
        else:
            found = Found("articles a", "1 = 1", [], "a.id")
        if "story" in filters:  # merges are in the column only
            filters["story"] = self.story_uri(filters["story"])
        conditions = [which, found.condition, *(f"{_COLUMNS[name]} = ?" for name in filters)]
        parameters = [*found.parameters, *filters.values()]
        if first != _FIRST_DAY:
            conditions.append("a.event_time >= ?")
            parameters.append(f"{first}T00:00:00Z")
        if last != _LAST_DAY:
            conditions.append("a.event_time <= ?")
            parameters.append(f"{last}T23:59:59Z")
        if selection.is_changed:
            conditions.append("a.version > 1")
        return Found(found.tables, " AND ".join(conditions), parameters, found.id)

    def every(self, selection: Selection, *, only_latest: bool = True) -> Iterator[tuple[Article, bool]]:
        """Yield the whole articles of `selection` as they were loaded, each with whether it is the latest version."""
        found = self._found(selection, "1 = 1" if not only_latest else "a.latest = 1")
        last = 0
        while rows := self._db.query(
            f"SELECT a.id, a.latest FROM {found.tables} WHERE {found.condition} AND {found.id} > ?"
            f" ORDER BY {found.id} LIMIT {_AT_ONCE:d}",
            [*found.parameters, last],
        ):
            last = rows[-1][0]
            records = self.records([id_ for id_, _ in rows])
            for id_, latest in rows:
                yield records[id_], bool(latest)

    # Articles

    def article(self, id_: int) -> Article | None:
        """Return the whole record of an article."""
        record = self.raw_record(id_)
        return convert(record, Article) if record is not None else None

    def raw_record(self, id_: int) -> Any:
        """Return an article's record as parsed JSON, None when there is none."""
        rows = self._db.query("SELECT record FROM records WHERE article_id = ?", (id_,))
        return parsed(rows[0][0]) if rows else None

    def article_id(self, uri: str) -> int | None:
        """Return the id of the latest version of the article called `uri`."""
        rows = self._db.query("SELECT id FROM articles WHERE uri = ? ORDER BY version DESC LIMIT 1", (uri,))
        return int(rows[0][0]) if rows else None

    def versions(self, uri: str) -> list[Version]:
        """Return the versions of an article, the first first."""
        rows = self._db.query(
            "SELECT id, version, change, title, latest, published_at, modified_at, fetched_at"
            " FROM articles WHERE uri = ? ORDER BY version",
            (uri,),
        )
        return [Version(*row) for row in rows]

    # Duplicates and dead letters

    def duplicates(
        self, original: str | None = None, *, source: str | None = None, before: int | None = None, limit: int = PAGE
    ) -> list[DuplicateRow]:
        """Return duplicates and unchanged records, of one original or of all, the last loaded first."""
        narrowed = {"duplicate_of": original, "source": source}
        return [DuplicateRow(*row) for row in self._page(DuplicateRow, "duplicates", narrowed, before, limit)]

    def duplicate(self, id_: int) -> DuplicateRow | None:
        """Return one record that brought nothing new."""
        rows = self._db.query(f"SELECT {', '.join(DuplicateRow._fields)} FROM duplicates WHERE id = ?", (id_,))
        return DuplicateRow(*rows[0]) if rows else None

    def dead_letters(
        self,
        reason: str | None = None,
        *,
        source: str | None = None,
        before: int | None = None,
        limit: int = PAGE,
    ) -> list[DeadRow]:
        """Return dead letters, of one reason or source or of all, the last loaded first; ``""`` is no source."""
        narrowed = {"reason": reason, "source": source}
        return [DeadRow(*row) for row in self._page(DeadRow, "dead", narrowed, before, limit)]

    def _page(
        self,
        kind: type[DuplicateRow] | type[DeadRow],
        table: str,
        narrowed: Mapping[str, str | None],
        before: int | None,
        limit: int,
    ) -> list[Row]:
        """Return a page of `table`, the last loaded first, narrowed to the values of columns that are given."""
        conditions = ["id < ?"] if before is not None else []
        parameters: list[Any] = [before] if before is not None else []
        for column, value in narrowed.items():
            if value:
                conditions.append(f"{column} = ?")
                parameters.append(value)
            elif value == "":
                conditions.append(f"{column} IS NULL")
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return self._db.query(
            f"SELECT {', '.join(kind._fields)} FROM {table}{where} ORDER BY id DESC LIMIT {limit:d}", parameters
        )

    def dead_groups(self, limit: int = 200) -> list[DeadGroup]:
        """Return dead letters by source and reason, the most numerous first."""
        rows = self._db.query(
            "SELECT coalesce(source, ''), reason, count(*) AS n, count(redriven), max(processed_at) FROM dead"
            f" GROUP BY coalesce(source, ''), reason ORDER BY n DESC, 1, 2 LIMIT {limit:d}"
        )
        return [DeadGroup(*row) for row in rows]

    def dead_letter(self, id_: int) -> tuple[DeadRow, Dead] | None:
        """Return one dead letter with its payload."""
        rows = self._db.query(f"SELECT {', '.join(DeadRow._fields)}, record FROM dead WHERE id = ?", (id_,))
        return (DeadRow(*rows[0][:-1]), convert(parsed(rows[0][-1]), Dead)) if rows else None

    def outcome_of(self, place: str) -> tuple[str, int | None] | None:
        """Return what became of the raw record at ``topic/partition/offset``, and the id of that outcome."""
        read_from, _, position = place.rpartition("/")
        if not position.isdecimal():
            return None
        at = (read_from, int(position))
        for table, outcome in (("articles", "'article'"), ("dead", "'dead'"), ("duplicates", "outcome")):
            sql = f"SELECT {outcome}, id FROM {table} WHERE read_from = ? AND position = ? LIMIT 1"
            if rows := self._db.query(sql, at):
                return str(rows[0][0]), int(rows[0][1])
        return None

    def dead_reasons(self) -> list[tuple[str, int]]:
        """Return the reasons of dead letters with their number, the most frequent first."""
        rows = self._db.query("SELECT reason, count(*) AS n FROM dead GROUP BY reason ORDER BY n DESC, reason")
        return [(reason, count) for reason, count in rows]

    # Stories

    def stories(
        self,
        *,
        order: str = "newest",
        since: str | None = None,
        until: str | None = None,
        page: int = 1,
        limit: int = PAGE,
    ) -> list[StoryRow]:
        """Return stories of more than one article that have one between two times.

        `order` is ``newest``, ``articles`` or ``sources``; sizes are of the whole story.
        """
        by = {
            "articles": f"s.articles DESC, s.last_time DESC {self._dialect.last}, s.uri",
            "sources": f"s.sources DESC, s.articles DESC, s.last_time DESC {self._dialect.last}, s.uri",
        }.get(order, f"s.last_time DESC {self._dialect.last}, s.uri")
        conditions, parameters = ["s.articles > 1"], []
        for condition, value in (("s.last_time >= ?", since), ("s.first_time < ?", until)):
            if value:
                conditions.append(condition)
                parameters.append(value)
        return self._stories(f"WHERE {' AND '.join(conditions)} ORDER BY {by}", parameters, limit, page)

    def story(self, uri: str) -> StoryRow | None:
        """Return one story, by any identity that it had."""
        return next(iter(self._stories("WHERE s.uri = ?", [self.story_uri(uri)], 1)), None)

    def story_uri(self, uri: str) -> str:
        """Return the identity of the story that `uri` is, or became part of."""
        rows = self._db.query("SELECT into_uri FROM story_merges WHERE uri = ?", (uri,))
        return str(rows[0][0]) if rows else uri

    def _stories(self, rest: str, parameters: Sequence[Any], limit: int, page: int = 1) -> list[StoryRow]:
        rows = self._db.query(
            "SELECT s.uri, s.articles, s.sources, s.languages, s.first_time, s.last_time, s.last_id, l.title,"
            " l.language, l.direction, f.source, l.source FROM stories s JOIN articles l ON l.id = s.last_id"
            f" JOIN articles f ON f.id = s.first_id {rest} LIMIT {limit:d} OFFSET {(max(page, 1) - 1) * limit:d}",
            parameters,
        )
        return [StoryRow(*row) for row in rows]

    def stories_between(self, start: str, end: str, limit: int = 10) -> list[tuple[StoryRow, int, int]]:
        """Return the stories with most sources between two times, each with its articles and sources in that time."""
        rows = self._db.query(
            "SELECT story, count(*) AS n, count(DISTINCT source) AS s FROM articles WHERE latest = 1"
            " AND event_time >= ? AND event_time < ? AND story IS NOT NULL GROUP BY story HAVING count(*) > 1"
            f" ORDER BY s DESC, n DESC, story LIMIT {limit:d}",
            (start, end),
        )
        if not rows:
            return []
        marks = ", ".join("?" * len(rows))
        known = {s.uri: s for s in self._stories(f"WHERE s.uri IN ({marks})", [row[0] for row in rows], limit)}
        return [(known[uri], int(n), int(sources)) for uri, n, sources in rows if uri in known]

    def story_detail(self, uris: Sequence[str]) -> dict[str, list[tuple[str, str | None]]]:
        """Return for each story (language, event time) of its articles, by publication."""
        if not uris:
            return {}
        rows = self._db.query(
            "SELECT story, language, event_time FROM articles WHERE latest = 1"
            f" AND story IN ({', '.join('?' * len(uris))}) ORDER BY event_time, id",
            list(uris),
        )
        found: dict[str, list[tuple[str, str | None]]] = {uri: [] for uri in uris}
        for uri, language, time in rows:
            found[uri].append((language, time))
        return found

    def stories_of(self, selection: Selection, limit: int = 8) -> list[tuple[StoryRow, int]]:
        """Return the stories that most of the newest articles of `selection` belong to, with how many of them."""
        found = [(uri, n) for uri, n in self.values(selection, ["story"], limit)["story"] if n > 1]
        if not found:
            return []
        marks = ", ".join("?" * len(found))
        known = {s.uri: s for s in self._stories(f"WHERE s.uri IN ({marks})", [uri for uri, _ in found], limit)}
        return [(known[uri], n) for uri, n in found if uri in known]

    def titles_in(self, language: str, uris: Sequence[str]) -> dict[str, Title]:
        """Return the title of each story's first article in a language, where it has one."""
        if not uris:
            return {}
        rows = self._db.query(
            "SELECT story, title, language, direction FROM articles WHERE latest = 1 AND title IS NOT NULL"
            f" AND language = ? AND story IN ({', '.join('?' * len(uris))}) ORDER BY event_time DESC, id DESC",
            [language, *uris],
        )
        return {row[0]: Title(*row[1:]) for row in rows}

    def members(self, story: str, limit: int = 1000) -> list[Member]:
        """Return the articles of a story by time of publication, those without one last."""
        rows = self._db.query(
            f"SELECT {', '.join(Member._fields)} FROM articles WHERE latest = 1 AND story = ?"
            f" ORDER BY event_time IS NULL, event_time, id LIMIT {limit:d}",
            (self.story_uri(story),),
        )
        return [Member(*row) for row in rows]

    def copies(self, uris: Sequence[str]) -> dict[str, list[DuplicateRow]]:
        """Return what has the same text as each of some articles."""
        found: dict[str, list[DuplicateRow]] = {}
        for at in range(0, len(uris), 400):
            part = list(uris[at : at + 400])
            sql = (
                f"SELECT {', '.join(DuplicateRow._fields)} FROM duplicates WHERE outcome = 'duplicate'"
                f" AND duplicate_of IN ({', '.join('?' * len(part))}) ORDER BY id"
            )
            for row in self._db.query(sql, part):
                found.setdefault(row[3], []).append(DuplicateRow(*row))
        return found

    def records(self, ids: Sequence[int]) -> dict[int, Article]:
        """Return the whole records of some articles."""
        if not ids:
            return {}
        rows = self._db.query(
            f"SELECT article_id, record FROM records WHERE article_id IN ({', '.join('?' * len(ids))})", list(ids)
        )
        return {id_: convert(parsed(record), Article) for id_, record in rows}

    # Quotations

    def quotes(
        self, speaker: str | None = None, *, about: Selection | None = None, page: int = 1, limit: int = PAGE
    ) -> list[QuoteRow]:
        """Return quotations, the newest first: of a speaker, in the articles of a selection, or all that name one."""
        columns = "a.id, q.number, q.speaker, q.text, a.title, a.source, a.language, a.direction, a.event_time, a.story"
        rest = (
            f" ORDER BY a.event_time DESC {self._dialect.last}, a.id DESC, q.number"
            f" LIMIT {limit:d} OFFSET {(max(page, 1) - 1) * limit:d}"
        )
        if about is not None:
            sql, parameters = self._newest(about, "a.id")
            rows = self._db.query(
                f"SELECT {columns} FROM ({sql}) AS newest JOIN quotes q ON q.article_id = newest.id"
                f" JOIN articles a ON a.id = newest.id{rest}",
                parameters,
            )
        elif speaker:
            rows = self._db.query(
                f"SELECT {columns} FROM quotes q JOIN articles a ON a.id = q.article_id"
                f" WHERE q.speaker_key = ? AND a.latest = 1{rest}",
                (name_key("person", speaker),),
            )
        else:
            rows = self._db.query(
                f"SELECT {columns} FROM (SELECT * FROM articles WHERE latest = 1 ORDER BY event_time DESC"
                f" {self._dialect.last}, id DESC LIMIT {MOST:d}) AS a JOIN quotes q ON q.article_id = a.id"
                f" WHERE q.speaker IS NOT NULL{rest}",
            )
        return [QuoteRow(*row) for row in rows]

    def quote_days(self, speaker: str) -> dict[str, int]:
        """Return the number of quotations of a speaker by day; those of articles without a date are left out."""
        day = self._dialect.day.format("a.event_time")
        rows = self._db.query(
            f"SELECT {day}, count(*) FROM quotes q JOIN articles a ON a.id = q.article_id WHERE q.speaker_key = ?"
            " AND a.latest = 1 AND a.event_time IS NOT NULL GROUP BY 1 ORDER BY 1",
            (name_key("person", speaker),),
        )
        return dict(rows)

    def speakers(self, limit: int = 40) -> list[tuple[str, int]]:
        """Return who is quoted most in the newest articles, with the number of quotations."""
        rows = self._db.query(
            "SELECT min(q.speaker), count(*) AS n FROM (SELECT id FROM articles WHERE latest = 1 ORDER BY"
            f" event_time DESC {self._dialect.last}, id DESC LIMIT {MOST:d}) AS a JOIN quotes q ON q.article_id = a.id"
            f" WHERE q.speaker_key IS NOT NULL GROUP BY q.speaker_key ORDER BY n DESC, 1 LIMIT {limit:d}"
        )
        return [(speaker, int(n)) for speaker, n in rows]

    def name(self, dimension: str, value: str) -> str:
        """Return the spelling under which a name is counted."""
        rows = self._db.query(
            "SELECT name FROM names WHERE dimension = ? AND name_key = ?", (dimension, name_key(dimension, value))
        )
        return str(rows[0][0]) if rows else value

    # Days

    def newest_time(self, not_after: str) -> str | None:
        """Return the event time of the newest article that is not after a time."""
        rows = self._db.query(
            "SELECT event_time FROM articles WHERE latest = 1 AND event_time <= ?"
            f" ORDER BY event_time DESC {self._dialect.last} LIMIT 1",
            (not_after,),
        )
        return rows[0][0] if rows else None

    def count_between(self, start: str, end: str) -> int:
        """Return the articles between two times."""
        rows = self._db.query(
            "SELECT count(*) FROM articles WHERE latest = 1 AND event_time >= ? AND event_time < ?", (start, end)
        )
        return int(rows[0][0])

    def rising(
        self, start: str, end: str, *, days: int = 7, least: int = 5, sources: int = 3, limit: int = 12
    ) -> list[Rising]:
        """Return names in more articles between two times than in the days before: from `sources` sources at least."""
        rows = self._db.query(
            "SELECT m.dimension, m.value, count(*) AS n, count(DISTINCT a.source) FROM"
            f" articles a {self._dialect.ordered}JOIN mentions m ON m.article_id = a.id"
            " WHERE a.latest = 1 AND a.event_time >= ? AND a.event_time < ?"
            " AND m.dimension IN ('person', 'organisation', 'place') GROUP BY m.dimension, m.value"
            " HAVING count(*) >= ? AND count(DISTINCT a.source) >= ? ORDER BY n DESC, m.value LIMIT 100",
            (start, end, least, sources),
        )
        found = []
        for dimension, value, articles, of in rows:
            ((before,),) = self._db.query(
                "SELECT coalesce(sum(articles), 0) FROM tallies WHERE unit = 'day' AND dimension = ? AND value = ?"
                f" AND bucket IN ({', '.join('?' * days)})",
                (dimension, value, *(_day_before(start, n) for n in range(1, days + 1))),
            )
            found.append(Rising(dimension, value, int(articles), int(of), float(before) / days))
        risen = [name for name in found if name.articles > 2 * name.usual]
        return sorted(risen, key=lambda r: (-(r.articles - r.usual) / (r.usual + 1) ** 0.5, r.value))[:limit]

    # Sources

    def sources(self, *, order: str = "articles", limit: int = 100, page: int = 1) -> list[SourceRow]:
        """Return sources: by number of articles, by name, by the last article (``seen``) or by the first (``new``)."""
        by = {
            "source": "source",
            "seen": f"last_time DESC {self._dialect.last}, source",
            "new": f"first_time DESC {self._dialect.last}, source",
            "dead": "dead DESC, source",
            "undated": "undated DESC, source",
            "duplicate": "duplicate DESC, source",
        }.get(order, "articles DESC, source")
        rows = self._db.query(
            f"SELECT {', '.join(SourceRow._fields)} FROM sources WHERE articles + dead + duplicate + unchanged > 0"
            f" ORDER BY {by} LIMIT {limit:d} OFFSET {(max(page, 1) - 1) * limit:d}"
        )
        return [SourceRow(*row) for row in rows]

    def source(self, name: str) -> SourceRow | None:
        """Return one source."""
        rows = self._db.query(f"SELECT {', '.join(SourceRow._fields)} FROM sources WHERE source = ?", (name,))
        return SourceRow(*rows[0]) if rows else None

    def rhythm(self, source: str, now: str) -> Rhythm:
        """Return how a source publishes, from its last hundred articles that are not after `now`."""
        rows = self._db.query(
            "SELECT event_time, published_at, fetched_at, published_precision FROM articles WHERE latest = 1"
            f" AND source = ? AND event_time <= ? ORDER BY event_time DESC {self._dialect.last} LIMIT 100",
            (source, now),
        )
        times = [_seconds(row[0]) for row in rows]
        gaps = sorted(a - b for a, b in pairwise(times))
        delays = [
            _seconds(fetched) - _seconds(published)
            for _, published, fetched, precision in rows
            if published and fetched and precision in {"second", "minute"} and fetched >= published
        ]
        quiet = None
        if len(gaps) >= _LEAST_GAPS:
            longest = gaps[int(len(gaps) * 0.95)]
            if _seconds(now) - times[0] > max(_QUIET_TIMES * longest, _QUIET_SECONDS):
                quiet = rows[0][0]
        span = (times[0] - times[-1]) / 86400 if len(times) > 1 else 0
        return Rhythm(
            per_day=len(times) / max(span, 1) if times else 0,
            gap_seconds=median(gaps) if gaps else None,
            delay_seconds=median(delays) if delays else None,
            quiet_since=quiet,
        )

    def new_sources(self, start: str, end: str, limit: int = 20) -> list[SourceRow]:
        """Return the sources whose first article lies between two times, if the store reaches further back."""
        rows = self._db.query(
            f"SELECT {', '.join(SourceRow._fields)} FROM sources WHERE first_time >= ? AND first_time < ?"
            f" AND articles > 0 AND (SELECT min(first_time) FROM sources) < ?"
            f" ORDER BY articles DESC, source LIMIT {limit:d}",
            (start, end, start),
        )
        return [SourceRow(*row) for row in rows]

    def silent_sources(self, now: str, limit: int = 20, looked_at: int = 200) -> list[tuple[SourceRow, Rhythm]]:
        """Return the sources that are quiet at `now` far longer than they use to be, the largest first."""
        rows = self._db.query(
            f"SELECT {', '.join(SourceRow._fields)} FROM sources WHERE articles > {_LEAST_GAPS:d} AND last_time < ?"
            f" ORDER BY articles DESC, source LIMIT {looked_at:d}",
            (now,),
        )
        found = []
        for row in rows:
            source = SourceRow(*row)
            rhythm = self.rhythm(source.source, now)
            if rhythm.quiet_since:
                found.append((source, rhythm))
        return found[:limit]

    # Operations

    def audit(self) -> list[AuditRow]:
        """Return the state of each source: what the ledger counts and what is stored."""
        rows = self._db.query(
            "SELECT read_from, first_position, position, end_position, violation,"
            " ledger_article, ledger_unchanged, ledger_duplicate, ledger_dead,"
            " stored_article, stored_unchanged, stored_duplicate, stored_dead FROM audit ORDER BY read_from"
        )
        return [
            AuditRow(
                row[0],
                row[1],
                row[2],
                row[3],
                dict(zip(OUTCOMES, row[5:9], strict=True)),
                dict(zip(OUTCOMES, row[9:13], strict=True)),
                row[4],
            )
            for row in rows
        ]

    def flow(self, first_minute: str) -> list[tuple[str, str, int]]:
        """Return (minute, outcome, records) since `first_minute`."""
        rows: list[Row] = self._db.query(
            "SELECT minute, outcome, records FROM flow WHERE minute >= ? ORDER BY minute, outcome", (first_minute,)
        )
        return [(minute, outcome, records) for minute, outcome, records in rows]

    def alarms(self, limit: int = 100) -> list[AlarmRow]:
        """Return alarms, the newest window first, the active ones before those that are over."""
        rows = self._db.query(
            f"SELECT {', '.join(AlarmRow._fields)} FROM alarms"
            f" ORDER BY active DESC, window_start DESC, kind, value LIMIT {limit:d}"
        )
        return [AlarmRow(*row) for row in rows]

    def bursts(self, limit: int = 60, *, not_after: str | None = None) -> list[TrendRow]:
        """Return what rises most in the newest window of trends that is over, of two articles at least."""
        whole = "" if not_after is None else " WHERE window_start <= ?"
        rows = self._db.query(
            "SELECT t.window_start, t.window_seconds, t.dimension, t.value, t.articles, t.expected, t.burst, a.title"
            " FROM trends t LEFT JOIN stories s ON t.dimension = 'story' AND s.uri = t.value"
            " LEFT JOIN articles a ON a.id = s.last_id"
            f" WHERE t.window_start = (SELECT max(window_start) FROM trends{whole}) AND t.burst > 0"
            f" AND t.articles >= {_LEAST_RISING:d} ORDER BY t.burst DESC, t.articles DESC, t.value LIMIT {limit:d}",
            [] if not_after is None else [not_after],
        )
        return [TrendRow(*row) for row in rows]

    def has_trends(self) -> bool:
        """Whether `khabar trends` has ever written anything that was loaded."""
        return bool(self._db.query("SELECT 1 FROM trends LIMIT 1"))

    def last_commit(self) -> str | None:
        """Return the minute in which the newest outcome was committed; None where times are not known."""
        rows = self._db.query("SELECT max(minute) FROM flow")
        return str(rows[0][0]) if rows and rows[0][0] else None


_AT_ONCE: Final = 400
_FIRST_DAY: Final = "0000-01-01"
_LAST_DAY: Final = "9999-12-31"
_LEAST_GAPS: Final = 5
_LEAST_RISING: Final = 5
_QUIET_TIMES: Final = 3
_QUIET_SECONDS: Final = 6 * 3600


def _days(selection: Selection) -> tuple[str, str]:
    return selection.since or _FIRST_DAY, selection.until or _LAST_DAY


def _day_facets(first: str, last: str) -> list[list[str]]:
    """Return the facet that a day be one of a short range, which the index answers; none for a long one."""
    try:
        low, high = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        return []
    if not 0 <= (high - low).days < _MOST_DAYS:
        return []
    return [[facet_term("day", f"{low + timedelta(days=n)}") for n in range((high - low).days + 1)]]


def _day_before(time: str, days: int) -> str:
    return f"{date.fromisoformat(time[:10]) - timedelta(days=days)}"


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()
