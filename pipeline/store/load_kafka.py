"""From the output topics into a store: records and topic positions in one transaction, so a kill repeats nothing."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from pipeline.errors import JobStopped
from pipeline.kafka.connection import (
    PERMANENT_ERRORS,
    SCHEMA_HEADER,
    TIME_HEADER,
    Connection,
    Topics,
    quiet_clients,
    until_answered,
)
from pipeline.kafka.topics import header
from pipeline.observe.metrics import (
    ALARM,
    FRESHNESS_SECONDS,
    LEDGER_VIOLATIONS,
    LOAD_SECONDS,
    LOADED,
    LOADED_TIME,
    LOADER_LAG,
    SOURCE_LAG,
)
from pipeline.operations.dead_letters import REDRIVEN, Redriven
from pipeline.store.database import Database, StoreError, open_database
from pipeline.store.parquet import export
from pipeline.store.reader import Reader
from pipeline.store.writer import MovedError, Stored, Writer
from pipeline.store.writer import TopicPosition as StoredPosition
from schemas.codec import CodecError, decode
from schemas.jsonschema import RECORD_KINDS
from schemas.records import Article, Record
from transforms.analytics.facets import utc_time

_LOGGER = logging.getLogger(__name__)

_BATCH: Final = 2000
_POLL_MS: Final = 500
_LOOK_SECONDS: Final = 2.0
_SEARCH_SECONDS: Final = 10.0
"""How often topics are looked up again: `khabar trends` may make its topic long after a loader was started."""
_PAUSE_SECONDS: Final = 1.0
_ANSWER_MS: Final = 5000
"""Brokers that do not answer within this time are said to be away."""
_NAMED_ALARMS: Final = 50
"""Alarms that metrics name: a label for each source that ever was would never end."""


class _TopicsGrewError(Exception):
    """There are topics or partitions that are not read yet."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the store is: messages committed by this process, and messages that it lacks."""

    loaded: int
    behind: int
    trouble: str = ""


@dataclass(slots=True)
class Follower:
    """Keeps a store up with the output topics of a deployment, until `stop` is set.

    Lost brokers and a lost database are waited for. Several followers of one store do no harm: only one advances.
    """

    store_url: str
    connection: Connection
    topics: Topics
    stop: threading.Event = field(default_factory=threading.Event)
    once: bool = False
    """End when everything that the topics hold at the start is in the store."""
    tell: Callable[[Progress], None] = lambda progress: None
    parquet: Path | None = None
    """Folder in which a copy of the store is kept as Parquet files."""
    parquet_seconds: float = 60
    """How old that copy may be."""
    loaded: int = 0
    """Messages committed by this process."""
    _trouble: str | None = "has not begun yet"

    def unready(self) -> str | None:
        """Return why nothing is being loaded now, None while all is well."""
        return self._trouble

    def run(self) -> None:
        """Load until stopped, or until there is no more when `once` is set.

        Raises:
            JobStopped: the topics do not exist, or hold messages that no job wrote.
            StoreError: the store cannot be opened at the start.
        """
        database = open_database(self.store_url)
        try:
            while not self.stop.is_set():
                try:
                    writer = Writer(database)
                    with contextlib.closing(self._consumer()) as consumer:
                        self._load(writer, Reader(database), consumer, database)
                    self._export(database)
                except MovedError:
                    continue  # another loader was here: go on from where it stands
                except _TopicsGrewError:
                    continue  # a topic or partition is new: begin again with it
                except PERMANENT_ERRORS:
                    raise
                except (StoreError, KafkaError, OSError) as error:
                    database = self._wait_for(database, error)
                else:
                    return
        finally:
            database.close()

    def _wait_for(self, database: Database, error: Exception) -> Database:
        """Say what is lost and wait until the store at least answers again."""
        database.close()
        self._trouble = str(error)
        while not self.stop.wait(_PAUSE_SECONDS):
            _LOGGER.warning("Waiting: %s", error)
            self.tell(Progress(self.loaded, 0, str(error)))
            try:
                return open_database(self.store_url)
            except StoreError as again:
                error = again
        return database

    def _consumer(self) -> KafkaConsumer:
        with quiet_clients():
            return until_answered(
                "reach the brokers",
                lambda: self.connection.consumer(max_poll_records=_BATCH, fetch_max_wait_ms=100),
                stop=self.stop.is_set,
            )

    def _export(self, database: Database) -> None:
        if self.parquet is not None:
            export(database, self.parquet)

    def _load(self, writer: Writer, reader: Reader, consumer: KafkaConsumer, database: Database) -> None:
        places = self._places(consumer)
        stored = writer.positions()
        starts = consumer.beginning_offsets(places)
        position = {p: max(stored.get((p.topic, p.partition), 0), starts[p]) for p in places}
        known = {p: stored.get((p.topic, p.partition), position[p]) for p in places}
        goal = consumer.end_offsets(places)
        consumer.assign(places)
        for place in places:
            consumer.seek(place, position[place])
        looked = exported = 0.0
        searched = time.monotonic()
        is_exported = False
        self._trouble = None
        while not self.stop.is_set():
            began = time.monotonic()
            found = consumer.poll(timeout_ms=_POLL_MS)
            moved = {p: at for p in places if (at := consumer.position(p)) is not None and at != position[p]}
            if moved:
                self._commit(
                    writer, found, [StoredPosition(p.topic, p.partition, known[p], at) for p, at in moved.items()]
                )
                LOAD_SECONDS.observe(time.monotonic() - began)
                position.update(moved)
                known.update(moved)
                is_exported = False
            if not is_exported and time.monotonic() - exported >= self.parquet_seconds:
                self._export(database)
                exported, is_exported = time.monotonic(), True
            if time.monotonic() - looked >= _LOOK_SECONDS:
                looked = time.monotonic()
                self._look(writer, reader, consumer, position)
            if time.monotonic() - searched >= _SEARCH_SECONDS:
                searched = time.monotonic()
                if set(self._places(consumer)) != set(places):
                    raise _TopicsGrewError
            if self.once and all(position[p] >= goal[p] for p in places):
                self._look(writer, reader, consumer, position)
                return

    def _places(self, consumer: KafkaConsumer) -> list[TopicPartition]:
        places = []
        for topic in self.topics.outputs:
            numbers = consumer.partitions_for_topic(topic)
            if not numbers:
                raise JobStopped(f"no topic {topic}, or none that this user may see")
            places += [TopicPartition(topic, number) for number in sorted(numbers)]
        trends = self.topics.trends
        return places + [TopicPartition(trends, n) for n in sorted(consumer.partitions_for_topic(trends) or ())]

    def _commit(self, writer: Writer, found: dict[Any, list[Any]], positions: list[StoredPosition]) -> None:
        batch: list[Stored] = []
        redriven: dict[str, str] = {}
        # Records before the ledger that counts them, so that a batch never shows more counted than stored.
        for place in sorted(found, key=lambda p: (p.topic == self.topics.ledger, p.topic, p.partition)):
            for message in found[place]:
                where = f"{place.topic}/{place.partition}/{message.offset}"
                schema = header(message, SCHEMA_HEADER) or ""
                if schema == REDRIVEN:
                    marker = _decode(message.value, Redriven, where)
                    redriven[marker.dead] = marker.raw
                    continue
                if schema not in RECORD_KINDS:
                    raise JobStopped(f"{where}: a message that no job wrote (schema {schema})")
                record = _decode(message.value, RECORD_KINDS[schema], where)
                batch.append(Stored(record, header(message, TIME_HEADER), f"{place.partition}/{message.offset}"))
        writer.write(batch, positions, redriven)
        self.loaded += len(batch)
        for stored in batch:
            LOADED.labels(type(stored.record).__name__.lower()).inc()
            if (seconds := _freshness(stored.record)) is not None:
                FRESHNESS_SECONDS.observe(seconds)
        if batch:
            LOADED_TIME.set_to_current_time()

    def _look(
        self, writer: Writer, reader: Reader, consumer: KafkaConsumer, position: dict[TopicPartition, int]
    ) -> None:
        """Note the ends of the topics: what the job still has to do, and what this loader still has to do."""
        numbers = consumer.partitions_for_topic(self.topics.raw) or ()
        raw = [TopicPartition(self.topics.raw, number) for number in sorted(numbers)]
        ends = consumer.end_offsets([*raw, *position], timeout_ms=_ANSWER_MS)
        writer.write_ends({f"{p.topic}/{p.partition}": ends[p] for p in raw})
        behind: dict[str, int] = {}
        for place, at in position.items():
            behind[place.topic] = behind.get(place.topic, 0) + max(ends[place] - at, 0)
        for topic, count in behind.items():
            LOADER_LAG.labels(topic).set(count)
        audit = reader.audit()
        for row in audit:
            SOURCE_LAG.labels(row.read_from).set(row.lag)
        ALARM.clear()
        for alarm in reader.alarms(_NAMED_ALARMS):
            if alarm.active:
                ALARM.labels(alarm.kind, alarm.dimension, alarm.value).set(1)
        LEDGER_VIOLATIONS.set(sum(row.violation is not None for row in audit))
        self.tell(Progress(self.loaded, sum(behind.values())))


def _freshness(record: Record) -> float | None:
    """Return the seconds since an article was published, where it is new and says the minute."""
    if not isinstance(record, Article) or record.version > 1 or record.published_precision not in {"second", "minute"}:
        return None
    published = utc_time(record.published_at)
    return max(time.time() - datetime.fromisoformat(published).timestamp(), 0.0) if published else None


def _decode(value: bytes | None, kind: type[Any], where: str) -> Any:
    try:
        record: Record = decode(value or b"", kind)
    except CodecError as error:
        raise JobStopped(f"{where}: not a record: {error}") from error
    return record
