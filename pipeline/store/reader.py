"""The questions that the dashboard asks of a store, each answered from an index or a tally, never by reading it all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from pipeline.store.database import Database, Row
from pipeline.store.schema import check
from pipeline.store.search import Found, find
from pipeline.store.writer import parsed
from schemas.codec import convert
from schemas.records import Article, Dead
from transforms.analytics.facets import FILTERS, facet_term
from transforms.analytics.search_terms import query_phrases

PAGE: Final = 25
SAMPLE: Final = 400
"""Newest articles that the values beside a list are counted in."""
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
    """A story as lists show it, with the headline of its newest article."""

    uri: str
    articles: int
    first_id: int
    last_id: int
    title: str | None
    language: str
    direction: str
    source: str
    event_time: str | None


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
    """Which articles are asked for: a search and filters by dimension."""

    query: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.query, frozenset(self.filters.items())))


class Reader:
    """The dashboard's side of a store; nothing it does changes anything."""

    def __init__(self, database: Database) -> None:
        """Use `database`. Raises `StoreError` when it does not have the tables."""
        self._db = database
        check(database)

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def headlines(self, selection: Selection, *, before: int | None = None, limit: int = PAGE) -> list[Headline]:
        """Return the latest versions of what `selection` asks for, the last loaded first, from the id `before` on."""
        sql, parameters = self._newest(_HEADLINE, selection, before, limit)
        return [Headline(*row) for row in self._db.query(sql, parameters)]

    def sample(self, selection: Selection) -> dict[str, list[tuple[str, int]]]:
        """Return the most frequent values by dimension among the newest articles of `selection`, at most `SAMPLE`."""
        ids, parameters = self._newest("a.id, a.language, a.source", selection, None, SAMPLE)
        rows = self._db.query(
            f"WITH newest AS ({ids}), counted AS ("
            " SELECT 'language' AS dimension, language AS value, count(*) AS n FROM newest GROUP BY language"
            " UNION ALL SELECT 'source', source, count(*) FROM newest GROUP BY source"
            " UNION ALL SELECT m.dimension, m.value, count(*) FROM newest"
            " JOIN mentions m ON m.article_id = newest.id GROUP BY m.dimension, m.value)"
            " SELECT dimension, value, n FROM (SELECT dimension, value, n,"
            " row_number() OVER (PARTITION BY dimension ORDER BY n DESC, value) AS place FROM counted) AS ranked"
            " WHERE place <= 12 ORDER BY dimension, place",
            parameters,
        )
        values: dict[str, list[tuple[str, int]]] = {}
        for dimension, value, count in rows:
            values.setdefault(dimension, []).append((value, count))
        return values

    def _newest(self, columns: str, selection: Selection, before: int | None, limit: int) -> tuple[str, list[Any]]:
        """Return the query for the latest versions of what `selection` asks for, the last loaded first."""
        phrases = query_phrases(selection.query)
        facets = [facet_term(name, value) for name, value in selection.filters.items() if name in FILTERS]
        found = find(self._db, phrases, facets) if phrases or facets else Found("articles a", "1 = 1", [], "a.id")
        parameters = [*found.parameters, *([] if before is None else [before])]
        start = "" if before is None else f" AND {found.id} < ?"
        sql = (
            f"SELECT {columns} FROM {found.tables} WHERE a.latest = 1 AND {found.condition}{start}"
            f" ORDER BY {found.id} DESC LIMIT {limit:d}"
        )
        return sql, parameters

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

    def duplicates(self, original: str | None = None, *, before: int | None = None) -> list[DuplicateRow]:
        """Return duplicates and unchanged records, of one original or of all, the last loaded first."""
        return [DuplicateRow(*row) for row in self._page(DuplicateRow, "duplicates", "duplicate_of", original, before)]

    def dead_letters(self, reason: str | None = None, *, before: int | None = None) -> list[DeadRow]:
        """Return dead letters, of one reason or of all, the last loaded first."""
        return [DeadRow(*row) for row in self._page(DeadRow, "dead", "reason", reason, before)]

    def _page(
        self,
        kind: type[DuplicateRow] | type[DeadRow],
        table: str,
        column: str,
        value: str | None,
        before: int | None,
    ) -> list[Row]:
        """Return a page of `table`, the last loaded first, narrowed to one value of `column` if it is given."""
        asked = [(f"{column} = ?", value), ("id < ?", before)]
        conditions = [(condition, parameter) for condition, parameter in asked if parameter is not None]
        where = f" WHERE {' AND '.join(condition for condition, _ in conditions)}" if conditions else ""
        return self._db.query(
            f"SELECT {', '.join(kind._fields)} FROM {table}{where} ORDER BY id DESC LIMIT {PAGE}",
            [parameter for _, parameter in conditions],
        )

    def dead_letter(self, id_: int) -> tuple[DeadRow, Dead] | None:
        """Return one dead letter with its payload."""
        rows = self._db.query(f"SELECT {', '.join(DeadRow._fields)}, record FROM dead WHERE id = ?", (id_,))
        return (DeadRow(*rows[0][:-1]), convert(parsed(rows[0][-1]), Dead)) if rows else None

    def dead_reasons(self) -> list[tuple[str, int]]:
        """Return the reasons of dead letters with their number, the most frequent first."""
        rows = self._db.query("SELECT reason, count(*) AS n FROM dead GROUP BY reason ORDER BY n DESC, reason")
        return [(reason, count) for reason, count in rows]

    def stories(self, *, order: str = "newest", before: int | None = None, limit: int = PAGE) -> list[StoryRow]:
        """Return stories of more than one article; `order` is ``newest`` (pages by `before`) or ``largest``."""
        where, parameters = ("AND s.last_id < ?", [before]) if before is not None else ("", [])
        by = "s.last_id DESC" if order == "newest" else "s.articles DESC, s.last_id DESC"
        rows = self._db.query(
            "SELECT s.uri, s.articles, s.first_id, s.last_id, a.title, a.language, a.direction, a.source, a.event_time"
            f" FROM stories s JOIN articles a ON a.id = s.last_id WHERE s.articles > 1 {where}"
            f" ORDER BY {by} LIMIT {limit:d}",
            parameters,
        )
        return [StoryRow(*row) for row in rows]

    def totals(self, dimension: str, limit: int = 300) -> list[tuple[str, int]]:
        """Return the values of a dimension with the number of articles, the most frequent first."""
        rows = self._db.query(
            "SELECT value, articles FROM tallies WHERE unit = 'total' AND dimension = ? AND bucket = ''"
            f" AND articles > 0 ORDER BY articles DESC, value LIMIT {limit:d}",
            (dimension,),
        )
        return [(value, count) for value, count in rows]

    def newest_bucket(self, unit: str, not_after: str) -> str | None:
        """Return the last hour or day that has articles and is not after `not_after`."""
        rows = self._db.query(
            "SELECT bucket FROM tallies WHERE unit = ? AND dimension = 'all' AND bucket <= ? AND articles > 0"
            " ORDER BY bucket DESC LIMIT 1",
            (unit, not_after),
        )
        return str(rows[0][0]) if rows else None

    def series(self, unit: str, dimension: str, value: str, first: str, last: str) -> dict[str, int]:
        """Return the number of articles by hour or day, both ends included; empty ones are left out."""
        rows = self._db.query(
            "SELECT bucket, articles FROM tallies WHERE unit = ? AND dimension = ? AND value = ?"
            " AND bucket BETWEEN ? AND ? AND articles > 0 ORDER BY bucket",
            (unit, dimension, value, first, last),
        )
        return dict(rows)

    def top(self, dimension: str, first_day: str, last_day: str, limit: int = 300) -> list[tuple[str, int]]:
        """Return the values of a dimension with the number of articles in a range of days, the most frequent first."""
        rows = self._db.query(
            "SELECT value, sum(articles) AS n FROM tallies WHERE unit = 'day' AND dimension = ?"
            " AND bucket BETWEEN ? AND ? GROUP BY value HAVING sum(articles) > 0"
            f" ORDER BY n DESC, value LIMIT {limit:d}",
            (dimension, first_day, last_day),
        )
        return [(value, int(count)) for value, count in rows]

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

    def bursts(self, limit: int = 60) -> list[TrendRow]:
        """Return what rises most in the newest window of trends."""
        rows = self._db.query(
            "SELECT t.window_start, t.window_seconds, t.dimension, t.value, t.articles, t.expected, t.burst, a.title"
            " FROM trends t LEFT JOIN stories s ON t.dimension = 'story' AND s.uri = t.value"
            " LEFT JOIN articles a ON a.id = s.last_id"
            " WHERE t.window_start = (SELECT max(window_start) FROM trends) AND t.burst > 0"
            f" ORDER BY t.burst DESC, t.articles DESC, t.value LIMIT {limit:d}"
        )
        return [TrendRow(*row) for row in rows]
