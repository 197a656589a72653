"""Writes records into the store: what comes twice counts once, and positions commit with what they cover."""

import base64
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from pipeline.store.database import Database, Row, StoreError
from pipeline.store.dialect import DIALECTS
from pipeline.store.schema import migrate
from pipeline.store.search import Terms, forget_all_terms, forget_terms, write_terms
from schemas.codec import convert, encode
from schemas.records import Alarm, Article, Dead, Duplicate, FileProvenance, KafkaProvenance, Ledger, Record, Trend
from transforms.analytics.facets import (
    DIMENSIONS,
    event_time,
    facet_terms,
    language_of,
    mentions_of,
    name_key,
    source_of,
    utc_time,
)
from transforms.analytics.search_terms import search_terms
from transforms.dedup.publisher import publisher_of, salvaged_identity

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
    sources: dict[str, "_SourceChange"] = field(default_factory=dict)
    stories: set[str] = field(default_factory=set)

    def source(self, name: str) -> "_SourceChange":
        return self.sources.setdefault(name, _SourceChange())


@dataclass(slots=True)
class _SourceChange:
    """What a batch changes of one source."""

    counts: Counter[str] = field(default_factory=Counter)
    first: str | None = None
    last: str | None = None

    def see(self, time: str | None) -> None:
        if time:
            self.first = min(self.first or time, time)
            self.last = max(self.last or time, time)


class Writer:
    """The loader's side of a store. Opening it brings the tables up to date."""

    def __init__(self, database: Database) -> None:
        self._db = database
        if migrate(database):
            self._derive_anew()

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
        merged = self._merges({stored.record.story.uri for stored in batch if stored.record.story})  # type: ignore[attr-defined]
        next_id = self._next_id("articles")
        rows: dict[int, list[Any]] = {}
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
                    self._demote(other, rows, changes)
                elif other.latest and version > article.version:
                    newest = False
            versions[article.version] = _Version(next_id, newest)
            row = _article_row(next_id, article, utc_time(stored.processed_at), newest)
            row[_STORY] = merged.get(row[_STORY], row[_STORY])
            rows[next_id] = row
            articles[next_id] = (article, row[_EVENT_TIME])
            changes.audit[_read_from(article), "article"] += 1
            next_id += 1
        mentions = self._mentions({id_: article for id_, (article, _) in articles.items()})
        for id_, row in rows.items():
            changes.stories.update([row[_STORY]] if row[_STORY] else [])
            if row[_LATEST]:
                _tally(changes, row, mentions[id_], 1)
        self._db.run_many(_insert("articles", _ARTICLE_COLUMNS), rows.values())
        self._db.run_many(
            _insert("records", ("article_id", "record")),
            ((id_, _json_text(article)) for id_, (article, _) in articles.items()),
        )
        self._write_found(articles, mentions)
        self._merge_stories([article for article, _ in articles.values()], changes)

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
        ((story, read_from),) = self._db.query("SELECT story, read_from FROM articles WHERE id = ?", (version.id,))
        changes.audit[read_from, "article"] -= 1
        changes.stories.update([story] if story else [])
        for table, column in (
            ("mentions", "article_id"),
            ("quotes", "article_id"),
            ("records", "article_id"),
            ("articles", "id"),
        ):
            self._db.query(f"DELETE FROM {table} WHERE {column} = ?", (version.id,))
        forget_terms(self._db, version.id)

    def _demote(self, version: _Version, rows: dict[int, list[Any]], changes: _Changes) -> None:
        if version.id in rows:
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
        _tally(changes, row, {(dimension, value): count for dimension, value, count in found}, -1)
        changes.stories.update([row[_STORY]] if row[_STORY] else [])

    def _mentions(self, articles: Mapping[int, Article]) -> dict[int, dict[tuple[str, str], int]]:
        """Return what articles mention, names in the spelling that was seen first of all."""
        found = {id_: mentions_of(article) for id_, article in articles.items()}
        spelt: dict[tuple[str, str], str] = {}
        for dimension, value in (key for counts in found.values() for key in counts):
            if DIMENSIONS[dimension].is_name:
                spelt.setdefault((dimension, name_key(dimension, value)), value)
        for dimension in sorted({dimension for dimension, _ in spelt}):
            keys = sorted(key for name, key in spelt if name == dimension)
            known: set[str] = set()
            for at in range(0, len(keys), _AT_ONCE):
                part = keys[at : at + _AT_ONCE]
                sql = f"SELECT name_key, name FROM names WHERE dimension = ? AND name_key IN ({_marks(part)})"
                for key, name in self._db.query(sql, (dimension, *part)):
                    spelt[dimension, key] = name
                    known.add(key)
            fresh = [(dimension, key, spelt[dimension, key]) for key in keys if key not in known]
            self._db.run_many(_insert("names", ("dimension", "name_key", "name")), fresh)
        return {
            id_: {
                (dimension, spelt.get((dimension, name_key(dimension, value)), value)): count
                for (dimension, value), count in counts.items()
            }
            for id_, counts in found.items()
        }

    def _write_found(
        self, articles: dict[int, tuple[Article, str | None]], mentions: dict[int, dict[tuple[str, str], int]]
    ) -> None:
        """Write what is derived from articles and not counted: mentions, quotations, search terms."""
        self._db.run_many(
            _insert("mentions", ("article_id", "dimension", "value", "mentions")),
            ((id_, *key, count) for id_, found in mentions.items() for key, count in found.items()),
        )
        self._db.run_many(
            _insert("quotes", ("article_id", "number", "speaker", "speaker_key", "text")),
            (
                (id_, number, quote.speaker, name_key("person", quote.speaker) if quote.speaker else None, quote.text)
                for id_, (article, _) in articles.items()
                for number, quote in enumerate(article.quotes)
            ),
        )
        rows = []
        for id_, (article, time) in articles.items():
            words = search_terms(f"{article.title or ''}\n{article.text}\n{' '.join(article.authors)}")
            rows.append(Terms(id_, words, facet_terms(article, mentions[id_], time)))
        write_terms(self._db, rows)

    def _merges(self, uris: set[str]) -> dict[str, str]:
        """Return where those of some stories lead that have become part of another one."""
        ordered = sorted(uris)
        found: dict[str, str] = {}
        for at in range(0, len(ordered), _AT_ONCE):
            part = ordered[at : at + _AT_ONCE]
            rows = self._db.query(f"SELECT uri, into_uri FROM story_merges WHERE uri IN ({_marks(part)})", part)
            found.update((str(uri), str(into)) for uri, into in rows)
        return found

    def _merge_stories(self, articles: Iterable[Article], changes: _Changes) -> None:
        """Let stories be part of the one that an article showed them to be; old identities lead there."""
        for article in articles:
            if article.story is None or not article.story.merged:
                continue
            into = self._merges({article.story.uri}).get(article.story.uri, article.story.uri)
            for uri in article.story.merged:
                if self._merges({uri}).get(uri, uri) == into:
                    continue
                before = self._merges({uri}).get(uri, uri)
                self._db.query("UPDATE articles SET story = ? WHERE story = ?", (into, before))
                self._db.query("UPDATE story_merges SET into_uri = ? WHERE into_uri = ?", (into, before))
                self._db.query(
                    "INSERT INTO story_merges (uri, into_uri) VALUES (?, ?)"
                    " ON CONFLICT (uri) DO UPDATE SET into_uri = excluded.into_uri",
                    (before, into),
                )
                changes.stories |= {before, into}

    def _write_stories(self, stories: set[str]) -> None:
        """Make the rows of stories anew from their articles, by time of publication."""
        ordered = sorted(stories)
        for at in range(0, len(ordered), _AT_ONCE):
            part = ordered[at : at + _AT_ONCE]
            marks = _marks(part)
            self._db.query(f"DELETE FROM stories WHERE uri IN ({marks})", part)
            self._db.query(
                "INSERT INTO stories (uri, articles, sources, languages, first_time, last_time, first_id, last_id)"
                " SELECT story, count(*), count(DISTINCT source), count(DISTINCT language), min(event_time),"
                " max(event_time), max(CASE WHEN up = 1 THEN id END), max(CASE WHEN down = 1 THEN id END) FROM ("
                " SELECT story, source, language, event_time, id, row_number() OVER (PARTITION BY story"
                " ORDER BY event_time IS NULL, event_time, id) AS up, row_number() OVER (PARTITION BY story"
                " ORDER BY event_time IS NULL, event_time DESC, id DESC) AS down"
                f" FROM articles WHERE latest = 1 AND story IN ({marks})) AS placed GROUP BY story",
                part,
            )

    def _derive_anew(self) -> None:
        """Make what is derived from records again, as after a change of what is derived."""
        with self._db.transaction():
            for table in ("mentions", "quotes", "names", "tallies", "stories", "sources"):
                self._db.query(f"DELETE FROM {table}")
            forget_all_terms(self._db)
            last = 0
            while found := self._db.query(
                f"SELECT article_id, record FROM records WHERE article_id > ? ORDER BY article_id LIMIT {_AT_ONCE}",
                (last,),
            ):
                last = found[-1][0]
                columns = ", ".join(_ARTICLE_COLUMNS)
                rows = {
                    row[0]: row
                    for row in self._db.query(
                        f"SELECT {columns} FROM articles WHERE id BETWEEN ? AND ?", (found[0][0], last)
                    )
                }
                articles = {id_: convert(parsed(record), Article) for id_, record in found}
                mentions = self._mentions(articles)
                changes = _Changes()
                for id_, row in rows.items():
                    changes.stories.update([row[_STORY]] if row[_STORY] else [])
                    if row[_LATEST]:
                        _tally(changes, row, mentions[id_], 1)
                self._write_found(
                    {id_: (article, rows[id_][_EVENT_TIME]) for id_, article in articles.items()}, mentions
                )
                self._apply(changes)
            self._derive_sources_anew()

    def _derive_sources_anew(self) -> None:
        changes = _Changes()
        publishers: dict[str, list[tuple[str | None, int]]] = {"duplicates": [], "dead": []}
        for id_, url, outcome in self._db.query("SELECT id, url, outcome FROM duplicates"):
            publishers["duplicates"].append((publisher_of(url), id_))
            changes.source(publisher_of(url) or "").counts[outcome] += 1
        for id_, record in self._db.query("SELECT id, record FROM dead"):
            _, _, source = _identity_of(convert(parsed(record), Dead))
            publishers["dead"].append((source, id_))
            changes.source(source or "").counts["dead"] += 1
        for table, rows in publishers.items():
            self._db.run_many(f"UPDATE {table} SET source = ? WHERE id = ?", rows)
        changes.sources.pop("", None)
        self._apply(changes)

    def _write_duplicates(self, batch: list[Stored], changes: _Changes) -> None:
        fresh = self._unknown("duplicates", batch)
        next_id = self._next_id("duplicates") if fresh else 0
        rows: list[tuple[Any, ...]] = []
        for (read_from, position), stored in fresh.items():
            record = stored.record
            assert isinstance(record, Duplicate)
            changes.audit[read_from, record.outcome] += 1
            source = publisher_of(record.url)
            if source:
                changes.source(source).counts[record.outcome] += 1
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
                    source,
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
            url, raw_id, source = _identity_of(record)
            if source:
                changes.source(source).counts["dead"] += 1
            rows.append(
                (
                    next_id + len(rows),
                    read_from,
                    position,
                    record.stage,
                    record.reason,
                    record.error_type,
                    record.message,
                    raw_id,
                    url,
                    record.payload_bytes,
                    len(record.attempts),
                    utc_time(stored.processed_at),
                    stored.place,
                    _json_text(record),
                    source,
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

    def _write_sources(self, sources: Mapping[str, _SourceChange]) -> None:
        columns = ("articles", "undated", "duplicate", "unchanged", "dead")
        changed = [f"{column} = sources.{column} + excluded.{column}" for column in columns]
        for column, sign in (("first_time", "<="), ("last_time", ">=")):
            given = f"CAST(excluded.{column} AS {DIALECTS[self._db.name].time})"
            changed.append(
                f"{column} = CASE WHEN {given} IS NULL OR sources.{column} {sign} {given}"
                f" THEN sources.{column} ELSE {given} END"
            )
        self._db.run_many(
            f"{_insert('sources', ('source', *columns, 'first_time', 'last_time'))}"
            f" ON CONFLICT (source) DO UPDATE SET {', '.join(changed)}",
            [
                (name, *(change.counts[column] for column in columns), change.first, change.last)
                for name, change in sorted(sources.items())
            ],
        )

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
        self._write_sources(changes.sources)
        self._write_stories(changes.stories)
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
_LATEST, _SOURCE, _LANGUAGE, _PUBLISHED_AT, _EVENT_TIME, _STORY = (
    _ARTICLE_COLUMNS.index(name) for name in ("latest", "source", "language", "published_at", "event_time", "story")
)
_ALL_UNITS: Final = ("total", "day", "hour")
_DUPLICATE_COLUMNS: Final = (
    *("id", "read_from", "position", "outcome", "uri", "duplicate_of", "similarity", "method", "raw_id", "url"),
    *("processed_at", "source"),
)
_DEAD_COLUMNS: Final = (
    *("id", "read_from", "position", "stage", "reason", "error_type", "message", "raw_id", "url", "payload_bytes"),
    *("attempts", "processed_at", "place", "record", "source"),
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


def _tally(changes: _Changes, row: Sequence[Any] | Row, mentions: Iterable[tuple[str, str]], sign: int) -> None:
    time = row[_EVENT_TIME] or ""
    buckets = (("total", ""), ("day", time[:10]), ("hour", time[:13]))
    values = (("all", ""), ("language", row[_LANGUAGE]), ("source", row[_SOURCE]), *mentions)
    for dimension, value in values:
        counted = DIMENSIONS[dimension].counted if dimension in DIMENSIONS else _ALL_UNITS
        for unit, bucket in buckets:
            if unit in counted and (bucket or unit == "total"):
                changes.tallies[unit, dimension, bucket, value] += sign
    source = changes.source(row[_SOURCE])
    source.counts["articles"] += sign
    source.counts["undated"] += sign * (row[_PUBLISHED_AT] is None)
    if sign > 0:
        source.see(row[_EVENT_TIME])


def _identity_of(record: Dead) -> tuple[str | None, str | None, str | None]:
    """Return address, producer's id and publisher of a dead letter; what it lost its payload may still say."""
    url, raw_id = record.url, record.raw_id
    if url is None or raw_id is None:
        found = salvaged_identity(base64.b64decode(record.payload_base64), dict(record.headers))
        url, raw_id = url or found[0], raw_id or found[1]
    return url, raw_id, publisher_of(url)


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
