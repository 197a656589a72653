"""Writes records into the store: what comes twice counts once, and positions commit with what they cover."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from pipeline.store.database import Database, Row, StoreError
from pipeline.store.schema import migrate
from pipeline.store.search import Terms, forget_terms, write_terms
from schemas.codec import encode
from schemas.records import Alarm, Article, Dead, Duplicate, FileProvenance, KafkaProvenance, Ledger, Record, Trend
from transforms.analytics.facets import event_time, facet_terms, language_of, mentions_of, source_of, utc_time
from transforms.analytics.search_terms import search_terms

_AT_ONCE: Final = 400
"""Keys in one look-up."""
_LEDE_CHARACTERS: Final = 400
_OUTCOMES: Final = ("article", "unchanged", "duplicate", "dead")


@dataclass(frozen=True, slots=True)
class Stored:
    """A record on its way into the store."""

    record: Record
    processed_at: str | None = None
    """When it was written to its topic, RFC 3339; not known for files."""
    place: str | None = None
    """Where it stands in its topic, ``partition/offset``; the name of a dead letter in `khabar dead`."""


@dataclass(frozen=True, slots=True)
class TopicPosition:
    """How far a topic partition is read: `start` before this batch, `end` after it."""

    topic: str
    partition: int
    start: int
    end: int


class MovedError(StoreError):
    """Another loader has written to the store since its positions were read."""


@dataclass(slots=True)
class _Version:
    id: int
    latest: bool


@dataclass(slots=True)
class _Changes:
    """What a batch changes, gathered so that each table is written once."""

    demoted: set[int] = field(default_factory=set)
    tallies: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    audit: Counter[tuple[str, str]] = field(default_factory=Counter)
    flow: Counter[tuple[str, str]] = field(default_factory=Counter)


class Writer:
    """The loader's side of a store. Opening it brings the tables up to date."""

    def __init__(self, database: Database) -> None:
        self._db = database
        migrate(database)

    def positions(self) -> dict[tuple[str, int], int]:
        """Return the next offset to read of each topic partition that was ever read."""
        rows = self._db.query("SELECT topic, part, position FROM positions")
        return {(topic, partition): position for topic, partition, position in rows}

    def write(
        self,
        batch: Sequence[Stored],
        positions: Iterable[TopicPosition] = (),
        redriven: Mapping[str, str] | None = None,
    ) -> None:
        """Write a batch and the positions behind it, together or not at all.

        `redriven` names dead letters that were run again, by place, and where their raw record stands now.

        Raises:
            MovedError: a position is not where the batch starts; nothing was written.
            StoreError: the store cannot be written; nothing was written.
        """
        by_type: dict[type[Record], list[Stored]] = {}
        for stored in batch:
            by_type.setdefault(type(stored.record), []).append(stored)
        with self._db.transaction():
            self._advance(list(positions))
            changes = _Changes()
            self._write_articles(by_type.get(Article, []), changes)
            self._write_duplicates(by_type.get(Duplicate, []), changes)
            self._write_dead(by_type.get(Dead, []), changes)
            self._db.run_many(
                "UPDATE dead SET redriven = ? WHERE place = ?",
                [(raw, place) for place, raw in sorted((redriven or {}).items())],
            )
            self._write_ledger(by_type.get(Ledger, []), changes)
            self._write_trends(by_type.get(Trend, []))
            self._write_alarms(by_type.get(Alarm, []))
            self._apply(changes)

    def write_ends(self, ends: dict[str, int]) -> None:
        """Note how far the sources themselves reach (their end offsets), for the lag."""
        with self._db.transaction():
            self._db.run_many(
                "INSERT INTO audit (read_from, end_position) VALUES (?, ?)"
                " ON CONFLICT (read_from) DO UPDATE SET end_position = excluded.end_position",
                sorted(ends.items()),
            )

    def optimise(self) -> None:
        """Let the database refresh what its planner knows; worth it after much was written."""
        self._db.query("ANALYZE")

    def _advance(self, positions: list[TopicPosition]) -> None:
        known = self.positions() if positions else {}
        for p in positions:
            if known.get((p.topic, p.partition), p.start) != p.start:
                raise MovedError(f"{p.topic}/{p.partition} is at {known[p.topic, p.partition]}, not at {p.start}")
        self._db.run_many(
            "INSERT INTO positions (topic, part, position) VALUES (?, ?, ?)"
            " ON CONFLICT (topic, part) DO UPDATE SET position = excluded.position",
            [(p.topic, p.partition, p.end) for p in positions],
        )

    def _write_articles(self, batch: list[Stored], changes: _Changes) -> None:
        if not batch:
            return
        known = self._known_versions({stored.record.uri for stored in batch})  # type: ignore[attr-defined]
        next_id = self._next_id("articles")
        rows: dict[int, list[Any]] = {}
        mentions: dict[int, dict[tuple[str, str], int]] = {}
        articles: dict[int, tuple[Article, str | None]] = {}
        for stored in batch:
            article = stored.record
            assert isinstance(article, Article)
            versions = known.setdefault(article.uri, {})
            before = versions.get(article.version)
            if before is not None:
                if before.id in articles or self._same_record(before.id, article):
                    continue
                self._forget(before, article, changes)
            newest = before is None or before.latest
            for version, other in versions.items():
                if other.latest and version < article.version:
                    self._demote(other, rows, mentions, changes)
                elif other.latest and version > article.version:
                    newest = False
            versions[article.version] = _Version(next_id, newest)
            row = _article_row(next_id, article, utc_time(stored.processed_at), newest)
            rows[next_id] = row
            articles[next_id] = (article, row[_EVENT_TIME])
            mentions[next_id] = mentions_of(article)
            changes.audit[_read_from(article), "article"] += 1
            if newest:
                _tally(changes.tallies, row, mentions[next_id], 1)
            next_id += 1
        self._db.run_many(_insert("articles", _ARTICLE_COLUMNS), rows.values())
        self._db.run_many(
            _insert("records", ("article_id", "record")),
            ((id_, _json_text(article)) for id_, (article, _) in articles.items()),
        )
        self._db.run_many(
            _insert("mentions", ("article_id", "dimension", "value", "mentions")),
            ((id_, *key, count) for id_, found in mentions.items() for key, count in found.items()),
        )
        self._index(articles, mentions)
        self._write_stories(rows)

    def _known_versions(self, uris: set[str]) -> dict[str, dict[int, _Version]]:
        known: dict[str, dict[int, _Version]] = {}
        ordered = sorted(uris)
        for at in range(0, len(ordered), _AT_ONCE):
            part = ordered[at : at + _AT_ONCE]
            sql = f"SELECT uri, version, id, latest FROM articles WHERE uri IN ({_marks(part)})"
            for uri, version, id_, latest in self._db.query(sql, part):
                known.setdefault(uri, {})[version] = _Version(id_, bool(latest))
        return known

    def _same_record(self, id_: int, article: Article) -> bool:
        ((record,),) = self._db.query("SELECT record FROM records WHERE article_id = ?", (id_,))
        return bool(parsed(record) == orjson.loads(_json_text(article)))

    def _forget(self, version: _Version, article: Article, changes: _Changes) -> None:
        """Remove an article that is written again with another content, as a job without memory may do."""
        self._retally(version, changes)
        story = self._db.query("SELECT story, read_from FROM articles WHERE id = ?", (version.id,))[0]
        changes.audit[story[1], "article"] -= 1
        if story[0]:
            self._db.query("UPDATE stories SET articles = articles - 1 WHERE uri = ?", (story[0],))
        for table, column in (("mentions", "article_id"), ("records", "article_id"), ("articles", "id")):
            self._db.query(f"DELETE FROM {table} WHERE {column} = ?", (version.id,))
        forget_terms(self._db, version.id)

    def _demote(
        self,
        version: _Version,
        rows: dict[int, list[Any]],
        mentions: dict[int, dict[tuple[str, str], int]],
        changes: _Changes,
    ) -> None:
        if version.id in rows:
            _tally(changes.tallies, rows[version.id], mentions[version.id], -1)
            rows[version.id][_LATEST] = 0
        else:
            self._retally(version, changes)
            changes.demoted.add(version.id)
        version.latest = False

    def _retally(self, version: _Version, changes: _Changes) -> None:
        if not version.latest:
            return
        columns = ", ".join(_ARTICLE_COLUMNS)
        (row,) = self._db.query(f"SELECT {columns} FROM articles WHERE id = ?", (version.id,))
        found = self._db.query("SELECT dimension, value, mentions FROM mentions WHERE article_id = ?", (version.id,))
        _tally(changes.tallies, row, {(dimension, value): count for dimension, value, count in found}, -1)

    def _index(
        self, articles: dict[int, tuple[Article, str | None]], mentions: dict[int, dict[tuple[str, str], int]]
    ) -> None:
        rows = []
        for id_, (article, time) in articles.items():
            words = search_terms(f"{article.title or ''}\n{article.text}\n{' '.join(article.authors)}")
            facets = facet_terms(article, mentions[id_], time, article.story.uri if article.story else None)
            rows.append(Terms(id_, words, facets))
        write_terms(self._db, rows)

    def _write_stories(self, rows: dict[int, list[Any]]) -> None:
        stories: dict[str, list[int]] = {}
        for id_, row in rows.items():
            if row[_STORY]:
                stories.setdefault(row[_STORY], []).append(id_)
        self._db.run_many(
            "INSERT INTO stories (uri, articles, first_id, last_id) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (uri) DO UPDATE SET articles = stories.articles + excluded.articles,"
            " last_id = excluded.last_id",
            [(uri, len(ids), ids[0], ids[-1]) for uri, ids in sorted(stories.items())],
        )

    def _write_duplicates(self, batch: list[Stored], changes: _Changes) -> None:
        fresh = self._unknown("duplicates", batch)
        next_id = self._next_id("duplicates") if fresh else 0
        rows: list[tuple[Any, ...]] = []
        for (read_from, position), stored in fresh.items():
            record = stored.record
            assert isinstance(record, Duplicate)
            changes.audit[read_from, record.outcome] += 1
            rows.append(
                (
                    next_id + len(rows),
                    read_from,
                    position,
                    record.outcome,
                    record.uri,
                    record.duplicate_of,
                    record.similarity,
                    record.method,
                    record.raw_id,
                    record.url,
                    utc_time(stored.processed_at),
                )
            )
        self._db.run_many(_insert("duplicates", _DUPLICATE_COLUMNS), rows)

    def _write_dead(self, batch: list[Stored], changes: _Changes) -> None:
        fresh = self._unknown("dead", batch)
        next_id = self._next_id("dead") if fresh else 0
        rows: list[tuple[Any, ...]] = []
        for (read_from, position), stored in fresh.items():
            record = stored.record
            assert isinstance(record, Dead)
            changes.audit[read_from, "dead"] += 1
            rows.append(
                (
                    next_id + len(rows),
                    read_from,
                    position,
                    record.stage,
                    record.reason,
                    record.error_type,
                    record.message,
                    record.raw_id,
                    record.url,
                    record.payload_bytes,
                    len(record.attempts),
                    utc_time(stored.processed_at),
                    stored.place,
                    _json_text(record),
                )
            )
        self._db.run_many(_insert("dead", _DEAD_COLUMNS), rows)

    def _unknown(self, table: str, batch: list[Stored]) -> dict[tuple[str, int], Stored]:
        """Return the records that `table` does not hold yet, by their place in the source."""
        places = {_place(stored.record): stored for stored in batch}
        by_source: dict[str, list[int]] = {}
        for read_from, position in places:
            by_source.setdefault(read_from, []).append(position)
        for read_from, found in by_source.items():
            for at in range(0, len(found), _AT_ONCE):
                part = found[at : at + _AT_ONCE]
                sql = f"SELECT position FROM {table} WHERE read_from = ? AND position IN ({_marks(part)})"
                for (position,) in self._db.query(sql, (read_from, *part)):
                    del places[read_from, position]
        return places

    def _write_ledger(self, batch: list[Stored], changes: _Changes) -> None:
        sources = sorted({stored.record.source for stored in batch})  # type: ignore[attr-defined]
        stands: dict[str, tuple[int | None, int | None, str | None]] = {}
        for at in range(0, len(sources), _AT_ONCE):
            part = sources[at : at + _AT_ONCE]
            sql = (
                f"SELECT read_from, first_position, position, violation FROM audit WHERE read_from IN ({_marks(part)})"
            )
            stands.update({row[0]: (row[1], row[2], row[3]) for row in self._db.query(sql, part)})
        for stored in batch:
            ledger = stored.record
            assert isinstance(ledger, Ledger)
            first, position, violation = stands.get(ledger.source, (None, None, None))
            if position is not None and ledger.from_ < position and self._has_ledger(ledger):
                continue
            if position is not None and ledger.from_ != position:
                kind = "leaves a gap after" if ledger.from_ > position else "overlaps what ended at"
                violation = violation or f"[{ledger.from_}, {ledger.to}) {kind} {position}"
            first = ledger.from_ if first is None else first
            stands[ledger.source] = (first, max(ledger.to, position or 0), violation)
            processed_at = utc_time(stored.processed_at)
            counts = {outcome: getattr(ledger.outcomes, outcome) for outcome in _OUTCOMES}
            self._db.query(
                _insert("ledger", _LEDGER_COLUMNS) + " ON CONFLICT DO NOTHING",
                (
                    ledger.source,
                    ledger.from_,
                    ledger.to,
                    ledger.records,
                    *counts.values(),
                    ledger.pipeline_version,
                    processed_at,
                ),
            )
            for outcome, count in counts.items():
                changes.audit[ledger.source, f"ledger_{outcome}"] += count
                if processed_at and count:
                    changes.flow[processed_at[:16], outcome] += count
        self._db.run_many(
            "INSERT INTO audit (read_from, first_position, position, violation) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (read_from) DO UPDATE SET first_position = excluded.first_position,"
            " position = excluded.position, violation = excluded.violation",
            [(source, *stand) for source, stand in sorted(stands.items())],
        )

    def _has_ledger(self, ledger: Ledger) -> bool:
        found = self._db.query(
            "SELECT to_position FROM ledger WHERE read_from = ? AND from_position = ?", (ledger.source, ledger.from_)
        )
        return found == [(ledger.to,)]

    def _write_trends(self, batch: list[Stored]) -> None:
        key, columns = ("window_start", "window_seconds", "dimension", "value"), ("articles", "expected", "burst")
        self._db.run_many(_upsert("trends", key, columns), _last_of_each(batch, key, columns))

    def _write_alarms(self, batch: list[Stored]) -> None:
        key, columns = ("window_start", "kind", "dimension", "value"), ("observed", "expected", "active", "message")
        self._db.run_many(_upsert("alarms", key, columns), _last_of_each(batch, key, columns))

    def _apply(self, changes: _Changes) -> None:
        self._db.run_many("UPDATE articles SET latest = 0 WHERE id = ?", [(id_,) for id_ in sorted(changes.demoted)])
        self._db.run_many(
            "INSERT INTO tallies (unit, dimension, bucket, value, articles) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (unit, dimension, bucket, value)"
            " DO UPDATE SET articles = tallies.articles + excluded.articles",
            [(*key, count) for key, count in sorted(changes.tallies.items()) if count],
        )
        self._db.run_many(
            "INSERT INTO flow (minute, outcome, records) VALUES (?, ?, ?)"
            " ON CONFLICT (minute, outcome) DO UPDATE SET records = flow.records + excluded.records",
            [(*key, count) for key, count in sorted(changes.flow.items())],
        )
        for (read_from, name), count in sorted(changes.audit.items()):
            column = name if name.startswith("ledger_") else f"stored_{name}"
            self._db.query(
                f"INSERT INTO audit (read_from, {column}) VALUES (?, ?)"
                f" ON CONFLICT (read_from) DO UPDATE SET {column} = audit.{column} + excluded.{column}",
                (read_from, count),
            )

    def _next_id(self, table: str) -> int:
        return int(self._db.query(f"SELECT coalesce(max(id), 0) + 1 FROM {table}")[0][0])


_ARTICLE_COLUMNS: Final = (
    "id",
    "uri",
    "version",
    "latest",
    "change",
    "url",
    "source",
    "language",
    "direction",
    "title",
    "lede",
    "word_count",
    "published_at",
    "published_precision",
    "modified_at",
    "fetched_at",
    "processed_at",
    "event_time",
    "story",
    "read_from",
    "position",
    "pipeline_version",
)
_LATEST, _SOURCE, _LANGUAGE, _EVENT_TIME, _STORY = (
    _ARTICLE_COLUMNS.index(name) for name in ("latest", "source", "language", "event_time", "story")
)
_DUPLICATE_COLUMNS: Final = (
    *("id", "read_from", "position", "outcome", "uri", "duplicate_of", "similarity", "method", "raw_id", "url"),
    "processed_at",
)
_DEAD_COLUMNS: Final = (
    *("id", "read_from", "position", "stage", "reason", "error_type", "message", "raw_id", "url", "payload_bytes"),
    *("attempts", "processed_at", "place", "record"),
)
_LEDGER_COLUMNS: Final = (
    *("read_from", "from_position", "to_position", "records", *_OUTCOMES),
    *("pipeline_version", "processed_at"),
)


def _article_row(id_: int, article: Article, processed_at: str | None, latest: bool) -> list[Any]:
    read_from, position = _place(article)
    return [
        id_,
        article.uri,
        article.version,
        int(latest),
        article.change,
        article.url,
        source_of(article),
        language_of(article),
        article.direction,
        article.title,
        (article.lede or article.text)[:_LEDE_CHARACTERS],
        article.word_count,
        utc_time(article.published_at),
        article.published_precision,
        utc_time(article.modified_at),
        utc_time(article.fetched_at),
        processed_at,
        event_time(article, processed_at),
        article.story.uri if article.story else None,
        read_from,
        position,
        article.provenance.pipeline_version,
    ]


def _place(record: Any) -> tuple[str, int]:
    provenance: FileProvenance | KafkaProvenance = record.provenance
    if isinstance(provenance, FileProvenance):
        return provenance.path, provenance.record
    return f"{provenance.topic}/{provenance.partition}", provenance.offset


def _read_from(record: Any) -> str:
    return _place(record)[0]


def _tally(
    tallies: Counter[tuple[str, str, str, str]],
    row: Sequence[Any] | Row,
    mentions: Iterable[tuple[str, str]],
    sign: int,
) -> None:
    values = [("all", ""), ("language", row[_LANGUAGE]), ("source", row[_SOURCE])]
    values += [(dimension, value) for dimension, value in mentions if dimension in {"country", "topic"}]
    time = row[_EVENT_TIME] or ""
    for dimension, value in values:
        tallies["total", dimension, "", value] += sign
        if time:
            tallies["day", dimension, time[:10], value] += sign
            tallies["hour", dimension, time[:13], value] += sign


def _insert(table: str, columns: Sequence[str]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({_marks(columns)})"


def _upsert(table: str, key: Sequence[str], columns: Sequence[str]) -> str:
    changed = ", ".join(f"{column} = excluded.{column}" for column in columns)
    return f"{_insert(table, (*key, *columns))} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changed}"


def _last_of_each(batch: list[Stored], key: Sequence[str], columns: Sequence[str]) -> list[list[Any]]:
    """Return the rows of a batch; of those with the same key the last, which replaces the others."""
    rows: dict[tuple[Any, ...], list[Any]] = {}
    for stored in batch:
        row = [getattr(stored.record, name) for name in (*key, *columns)]
        rows[tuple(row[: len(key)])] = [int(value) if isinstance(value, bool) else value for value in row]
    return list(rows.values())


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))


def _json_text(record: Record) -> str:
    """Return the record as JSON without NUL characters, which PostgreSQL does not take."""
    text = encode(record).decode()
    return orjson.dumps(_without_nul(orjson.loads(text))).decode() if "\\u0000" in text else text


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, list):
        return [_without_nul(entry) for entry in value]
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(entry) for key, entry in value.items()}
    return value


def parsed(record: Any) -> Any:
    """Return a stored record as parsed JSON: SQLite and DuckDB give text, PostgreSQL gives it parsed."""
    return orjson.loads(record) if isinstance(record, str) else record
