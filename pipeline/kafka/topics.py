"""Topics as a whole: made, checked, and read from end to end by the audit and the dead-letter commands."""

import contextlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from kafka import TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import TopicAlreadyExistsError
from kafka.structs import OffsetAndMetadata

from pipeline.errors import JobStopped
from pipeline.kafka.connection import Connection, KafkaJob, until_answered
from pipeline.kafka.topic_ids import Beside, recreated
from schemas.codec import decode
from schemas.records import Ledger

_KEEP_FOR_EVER: Final = "-1"
_OPEN_TRANSACTION_SECONDS: Final = 150.0
"""Well beyond the time after which brokers end a transaction whose producer died."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTopics:
    """How to create the topics that are missing."""

    partitions: int = 8
    """Of the raw topic, which bounds the job's parallelism, and of the output topics."""
    replication: int = -1
    """Copies of each partition; -1 leaves it to the brokers."""


def prepare(job: KafkaJob, create: NewTopics | None) -> None:
    """Make sure that the job's topics exist and take its messages.

    Raises:
        JobStopped: topics are missing and `create` is None, or a topic's message limit is below the job's.
    """
    topics = (job.topics.raw, *job.topics.outputs)
    if len(set(topics)) != len(topics):
        raise JobStopped(f"the topics of a job must differ from each other: {', '.join(topics)}")
    missing = [
        topic for topic in topics if topic not in until_answered("list topics", lambda: _existing(job.connection))
    ]
    if missing and create is None:
        raise JobStopped(
            f"no topic {', '.join(missing)}, or none that this user may see; --create-topics makes what is missing"
        )
    if missing and create is not None:
        until_answered("create topics", lambda: _create(job, missing, create))
    for topic, limit in until_answered(
        "read topic settings", lambda: message_limits(job.connection, job.topics.outputs)
    ).items():
        if limit < job.max_message_bytes:
            raise JobStopped(
                f"{topic} takes messages up to {limit} bytes, the job writes up to {job.max_message_bytes}: "
                f"raise the topic's max.message.bytes or lower --max-message-bytes"
            )


def _existing(connection: Connection) -> set[str]:
    with contextlib.closing(connection.consumer()) as consumer:
        return set(consumer.topics())


def _create(job: KafkaJob, missing: list[str], create: NewTopics) -> None:
    def configuration(topic: str) -> dict[str, str]:
        common = {"max.message.bytes": str(job.max_message_bytes)}
        # The ledger is the proof, dead letters can be run again, and raw records of archives carry the times of their
        # events: time-based retention would delete them as they arrive, and the job would find its offsets lost.
        if topic in (job.topics.raw, job.topics.ledger, job.topics.dead):
            common["retention.ms"] = _KEEP_FOR_EVER
        return common

    wanted = [
        NewTopic(topic, create.partitions, create.replication, topic_configs=configuration(topic)) for topic in missing
    ]
    with contextlib.closing(job.connection.admin()) as admin:
        with contextlib.suppress(TopicAlreadyExistsError):
            admin.create_topics(wanted)
        admin.wait_for_topics(missing)


def message_limits(connection: Connection, topics: Iterable[str]) -> dict[str, int]:
    """Return the size of the largest message that each topic takes."""
    resources = [ConfigResource(ConfigResourceType.TOPIC, topic) for topic in topics]
    with contextlib.closing(connection.admin()) as admin:
        found = admin.describe_configs(resources, config_filter="all")
    limits = {}
    for topic, settings in found[ConfigResourceType.TOPIC.name.lower()].items():
        limits[topic] = int(settings["max.message.bytes"]["value"])
    return limits


@dataclass(frozen=True, slots=True)
class Lag:
    """Where a job stands in the raw topic, over all partitions."""

    committed: int
    """Sum of the committed positions; grows by what was processed."""
    sources: dict[str, int]
    """Offsets between committed position and end, by the ledger's name of the partition."""
    positions: dict[str, int]
    """Committed positions, by the same names."""
    partitions: frozenset[int]

    @property
    def behind(self) -> int:
        """Offsets between the committed positions and the ends, in all."""
        return sum(self.sources.values())


def lag(job: KafkaJob) -> Lag:
    """Return where a job stands. Raises `KafkaError` while the brokers do not answer."""
    with contextlib.closing(
        job.connection.consumer(isolation_level="read_uncommitted", bootstrap_timeout_ms=5000)
    ) as consumer:
        places = [TopicPartition(job.topics.raw, number) for number in consumer.partitions_for_topic(job.topics.raw)]
        starts = consumer.beginning_offsets(places, timeout_ms=5000)
        ends = consumer.end_offsets(places, timeout_ms=5000)
    with contextlib.closing(job.connection.admin(bootstrap_timeout_ms=5000)) as admin:
        found = admin.list_group_offsets(job.name).get(job.name, {})
    committed = {place: found[place].offset if place in found else starts[place] for place in places}
    return Lag(
        committed=sum(committed.values()),
        sources={job.source(place.partition): max(ends[place] - committed[place], 0) for place in places},
        positions={job.source(place.partition): committed[place] for place in places},
        partitions=frozenset(place.partition for place in places),
    )


def restore_positions(job: KafkaJob, *, begin_anew: bool = False) -> Iterator[str]:
    """Set committed positions that are missing to what the ledger says, and yield a line for each.

    Brokers forget the positions of a job that has not run for ``offsets.retention.minutes`` (a week by default); the
    ledger does not, and starting over would repeat every outcome. They forget them as well when the raw topic is
    deleted, and in one that was created anew a position means nothing: `begin_anew` sets them to its beginning.

    A position that somebody has set by hand lacks what the job keeps beside it. Beyond what the ledger covers it leaves
    records out, which is said; before that, records would have a second outcome.

    Raises:
        JobStopped: the raw topic was created anew, and `begin_anew` is False; or a position was set back by hand.
    """
    places = partitions(job.connection, job.topics.raw)
    with contextlib.closing(job.connection.admin()) as admin:
        found = until_answered("read committed positions", lambda: admin.list_group_offsets(job.name)).get(job.name, {})
        known = {place: Beside.decode(found[place].metadata) for place in places if place in found}
        missing = {job.source(place.partition): place for place in places if place not in found}
        bare = {job.source(place.partition): place for place in known if not known[place].chain}
        restored: dict[TopicPartition, OffsetAndMetadata] = {}
        covered: dict[str, int] = {}
        if missing or bare:
            for record in read_to_end(job.connection, job.topics.ledger):
                ledger = decode(record.value or b"", Ledger)
                if (place := missing.get(ledger.source)) is not None:
                    known[place] = Beside(topic_id=ledger.topic_id, chain=ledger.chain or "")
                    restored[place] = OffsetAndMetadata(ledger.to, known[place].encode(), -1)
                elif ledger.source in bare and ledger.topic_id in (None, job.topic_id):
                    covered[ledger.source] = ledger.to
        for source, end in covered.items():
            position = found[bare[source]].offset
            if position < end:
                raise JobStopped(
                    f"the position of {source} was set back to {position}, but all before {end} has its outcomes, and "
                    f"would have them twice: set it to {end}"
                )
            if position > end:
                yield f"position of {source} was set to {position} by hand: nothing from {end} on to there is processed"
        ids = {beside.topic_id for beside in known.values()} - {None, job.topic_id}
        other = min(filter(None, ids), default=None)
        said = "restored from the ledger"
        if other is not None and job.topic_id is not None:
            if not begin_anew:
                raise JobStopped(recreated(job.topics.raw, other, job.topic_id))
            said = f"set to the beginning of the new {job.topics.raw}"
            starts = until_answered("find the beginning", lambda: _starts(job.connection, places))
            beside = Beside(topic_id=job.topic_id).encode()
            restored = {place: OffsetAndMetadata(starts[place], beside, -1) for place in places}
        if restored:
            until_answered("restore positions", lambda: admin.alter_group_offsets(job.name, restored))
    for place, position in restored.items():
        yield f"position of {job.source(place.partition)} {said}: {position.offset}"


def _starts(connection: Connection, places: list[TopicPartition]) -> dict[TopicPartition, int]:
    with contextlib.closing(connection.consumer()) as consumer:
        starts: dict[TopicPartition, int] = consumer.beginning_offsets(places)
        return starts


def partitions(connection: Connection, topic: str) -> list[TopicPartition]:
    """Return the partitions of a topic in order. Raises `JobStopped` when there is no such topic."""

    def ask() -> list[TopicPartition]:
        with contextlib.closing(connection.consumer()) as consumer:
            return [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic))]

    found = until_answered(f"list the partitions of {topic}", ask)
    if not found:
        raise JobStopped(f"no topic {topic}, or none that this user may see")
    return found


def read_to_end(
    connection: Connection, topic: str, positions: dict[TopicPartition, int] | None = None
) -> Iterator[ConsumerRecord]:
    """Yield the committed records of a topic up to where it ends now, partition by partition.

    Transactions that are open now are waited for, so that what belongs together is seen together. `positions` says
    where to begin and is moved to where this call ended; without it a topic is read from its start.

    Raises:
        JobStopped: there is no such topic, or a transaction in it stays open.
    """
    places = partitions(connection, topic)
    with contextlib.closing(connection.consumer(isolation_level="read_uncommitted")) as consumer:
        ends = until_answered(f"find the end of {topic}", lambda: consumer.end_offsets(places))
        starts = until_answered(f"find the start of {topic}", lambda: consumer.beginning_offsets(places))
    with contextlib.closing(connection.consumer(max_poll_records=2000, fetch_max_wait_ms=50)) as consumer:
        for place in places:
            stands = starts[place] if positions is None else positions.get(place, starts[place])
            consumer.assign([place])
            consumer.seek(place, stands)
            moved = time.monotonic()
            while stands < ends[place]:
                for records in consumer.poll(timeout_ms=500).values():
                    yield from (record for record in records if record.offset < ends[place])
                now = consumer.position(place)
                if now is not None and now > stands:
                    stands, moved = now, time.monotonic()
                elif time.monotonic() - moved > _OPEN_TRANSACTION_SECONDS:
                    raise JobStopped(f"{topic}/{place.partition}: a transaction at offset {stands} stays open")
            if positions is not None:
                positions[place] = ends[place]


def header(record: ConsumerRecord, name: str) -> str | None:
    """Return the value of a header, None when the record has none of that name."""
    for key, value in record.headers or ():
        if key == name:
            return (value or b"").decode("utf-8", "replace")
    return None
