"""`khabar dead`: list, show and run again what could not be processed, from ``news.dead``.

Running again writes the original bytes and headers to the raw topic, with the earlier failures in a header, and a
marker beside the dead letter, both in one transaction. So a dead letter is re-driven once, however often the command
runs, and its fate can be told from the marker.
"""

import base64
import contextlib
import time
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

import msgspec
from kafka import KafkaProducer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from pipeline.errors import JobStopped
from pipeline.kafka.connection import ATTEMPTS_HEADER, SCHEMA_HEADER, VERSION_HEADER, Connection, KafkaJob, Topics
from pipeline.kafka.topics import header, message_limits, read_to_end
from schemas.codec import decode, encode
from schemas.records import SCHEMA_VERSION, Article, Attempt, Dead, Duplicate, KafkaProvenance, Record

REDRIVEN: Final = "redriven"
_BATCH: Final = 500
_LOOK_SECONDS: Final = 0.5
_OVERHEAD: Final = 128
"""Bytes of a message that are neither value nor headers."""


class Redriven(Record, frozen=True, kw_only=True):
    """Marker in the dead-letter topic: the dead letter at `dead` was written to the raw topic again, at `raw`."""

    schema_version: int = SCHEMA_VERSION
    dead: str
    raw: str
    pipeline_version: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A dead letter and the place that names it: ``partition/offset`` in the dead topic."""

    place: str
    dead: Dead


@dataclass(frozen=True, slots=True)
class Redrive:
    """What a re-drive did: dead letters by where they went, and why some could not go."""

    sent: dict[str, DeadLetter]
    """By place in the raw topic (``topic/partition/offset``)."""
    refused: dict[str, str]
    """By place of the dead letter: why it cannot be run again."""


def letters(connection: Connection, topics: Topics, reason: str | None = None) -> Iterator[DeadLetter]:
    """Yield the dead letters of a deployment, oldest first in each partition, those of one `reason` if given."""
    for record in read_to_end(connection, topics.dead):
        if header(record, SCHEMA_HEADER) != REDRIVEN:
            dead = decode(record.value or b"", Dead)
            if reason is None or dead.reason == reason:
                yield DeadLetter(_place(record), dead)


def markers(connection: Connection, topics: Topics) -> dict[str, Redriven]:
    """Return the markers of what was re-driven, by place of the dead letter."""
    found = {}
    for record in read_to_end(connection, topics.dead):
        if header(record, SCHEMA_HEADER) == REDRIVEN:
            marker = decode(record.value or b"", Redriven)
            found[marker.dead] = marker
    return found


def letter(connection: Connection, topics: Topics, place: str) -> DeadLetter:
    """Return the dead letter at ``partition/offset``. Raises `JobStopped` when there is none."""
    for found in letters(connection, topics):
        if found.place == place:
            return found
    raise JobStopped(f"no dead letter {place} in {topics.dead}; `khabar dead list` names them")


def payload(connection: Connection, found: DeadLetter) -> bytes:
    """Return the whole original bytes, from the raw topic where the dead letter holds only their beginning.

    Raises:
        JobStopped: the raw topic no longer holds the record.
    """
    dead = found.dead
    if not dead.payload_truncated:
        return base64.b64decode(dead.payload_base64)
    origin = dead.provenance
    if not isinstance(origin, KafkaProvenance):
        raise JobStopped(f"{found.place}: the record does not come from Kafka")
    place = TopicPartition(origin.topic, origin.partition)
    with contextlib.closing(connection.consumer(max_poll_records=1)) as consumer:
        consumer.assign([place])
        starts, ends = consumer.beginning_offsets([place]), consumer.end_offsets([place])
        if starts[place] <= origin.offset < ends[place]:
            consumer.seek(place, origin.offset)
            for records in consumer.poll(timeout_ms=10_000).values():
                for record in records:
                    if record.offset == origin.offset:
                        return record.value or b""
    raise JobStopped(f"{found.place}: {origin.topic}/{origin.partition} no longer holds offset {origin.offset}")


def redrive(job: KafkaJob, *, places: Collection[str] = (), reason: str | None = None) -> Redrive:
    """Write dead letters that were not re-driven yet to the raw topic: those at `places`, or all of a `reason`, or all.

    Raises:
        JobStopped: a place names no dead letter.
    """
    sent: dict[str, DeadLetter] = {}
    refused: dict[str, str] = {}
    # A re-drive that died is aborted, one that still runs is fenced.
    producer = job.connection.transactional_producer(
        f"{job.name}.redrive",
        transaction_timeout_ms=job.transaction_timeout_ms,
        max_request_size=max(job.max_message_bytes, job.max_record_bytes),
    )
    with contextlib.closing(producer):
        done = markers(job.connection, job.topics)
        waiting = {found.place: found for found in letters(job.connection, job.topics, reason)}
        if unknown := sorted(set(places) - set(waiting)):
            raise JobStopped(f"no dead letter {unknown[0]} in {job.topics.dead}; `khabar dead list` names them")
        limit = message_limits(job.connection, [job.topics.raw])[job.topics.raw]
        chosen = [found for place, found in waiting.items() if place not in done and (not places or place in places)]
        for first in range(0, len(chosen), _BATCH):
            producer.begin_transaction()
            batch = {}
            for found in chosen[first : first + _BATCH]:
                try:
                    batch[_send(producer, job, found, limit)] = found
                except JobStopped as error:
                    refused[found.place] = str(error)
            if batch:
                producer.commit_transaction()
            else:
                producer.abort_transaction()
            sent.update(batch)
    return Redrive(sent, refused)


def _send(producer: KafkaProducer, job: KafkaJob, found: DeadLetter, limit: int) -> str:
    """Send a dead letter to the raw topic and its marker to the dead topic; return its new place.

    Raises:
        JobStopped: its record is gone, or with its history larger than a message of the raw topic may be.
    """
    dead = found.dead
    whole = payload(job.connection, found)
    attempts = [*dead.attempts, Attempt(pipeline_version=dead.provenance.pipeline_version, reason=dead.reason)]
    headers = [
        *((name, value.encode()) for name, value in dead.headers),
        (ATTEMPTS_HEADER, msgspec.json.encode(attempts)),
    ]
    size = len(whole) + sum(len(name) + len(value) for name, value in headers) + _OVERHEAD
    if size > limit:
        raise JobStopped(f"{found.place}: with its history it has {size} bytes; {job.topics.raw} takes {limit}")
    partition = dead.provenance.partition if isinstance(dead.provenance, KafkaProvenance) else None
    written = producer.send(job.topics.raw, value=whole, headers=headers, partition=partition).get(timeout=60)
    raw = f"{written.topic}/{written.partition}/{written.offset}"
    marker = Redriven(dead=found.place, raw=raw, pipeline_version=job.pipeline_version)
    marks = [(SCHEMA_HEADER, REDRIVEN.encode()), (VERSION_HEADER, str(SCHEMA_VERSION).encode())]
    producer.send(job.topics.dead, value=encode(marker), key=found.place.encode(), headers=marks)
    return raw


def fates(connection: Connection, topics: Topics, sent: dict[str, DeadLetter], seconds: float) -> dict[str, str]:
    """Wait up to `seconds` for the outcomes of re-driven dead letters; return them by place in the raw topic.

    An outcome is ``article``, ``unchanged``, ``duplicate``, or ``dead: reason``.
    """
    found: dict[str, str] = {}
    positions: dict[str, dict[TopicPartition, int]] = {topic: {} for topic in topics.outputs}
    deadline = time.monotonic() + seconds
    while True:
        for topic in (topics.articles, topics.duplicates, topics.dead):
            for record in read_to_end(connection, topic, positions[topic]):
                if outcome := _outcome(record):
                    place, what = outcome
                    if place in sent:
                        found[place] = what
        if len(found) == len(sent) or time.monotonic() >= deadline:
            return found
        time.sleep(_LOOK_SECONDS)


def summary(sent: dict[str, DeadLetter], outcomes: dict[str, str]) -> dict[str, Counter[str]]:
    """Return what became of re-driven dead letters: by earlier reason, how many had which outcome."""
    fixed: dict[str, Counter[str]] = {}
    for place, found in sent.items():
        fixed.setdefault(found.dead.reason.value, Counter())[outcomes.get(place, "waiting")] += 1
    return dict(sorted(fixed.items()))


def _outcome(record: ConsumerRecord) -> tuple[str, str] | None:
    schema = header(record, SCHEMA_HEADER)
    value: Article | Duplicate | Dead
    if schema == "article":
        value, what = decode(record.value, Article), "article"
    elif schema == "duplicate":
        value = decode(record.value, Duplicate)
        what = value.outcome
    elif schema == "dead":
        value = decode(record.value, Dead)
        what = f"dead: {value.reason.value}"
    else:
        return None
    origin = value.provenance
    return (f"{origin.topic}/{origin.partition}/{origin.offset}", what) if isinstance(origin, KafkaProvenance) else None


def _place(record: ConsumerRecord) -> str:
    return f"{record.partition}/{record.offset}"
