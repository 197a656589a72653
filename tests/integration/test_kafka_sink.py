"""The sink against a real broker: spans, fencing, aborted transactions, and what `khabar verify` finds."""

import hashlib
from dataclasses import replace

import msgspec
import pytest
from kafka import KafkaProducer

from pipeline.items import Gap, Item, Origin, Span
from pipeline.kafka import control as kafka_control
from pipeline.kafka.connection import SCHEMA_HEADER, KafkaJob
from pipeline.kafka.positions import committed_offset
from pipeline.ledger import chained, digest_of, hash_of
from pipeline.operations.verify import Violation
from pipeline.operations.verify_kafka import verify_kafka
from pipeline.sinks.kafka import GapError, PartitionWriter, SupersededError
from schemas.codec import decode, encode
from schemas.records import Dead, Duplicate, KafkaProvenance, Ledger, OutcomeCounts
from tests.integration.conftest import Deploy, Deployment


def item(deployment: Deployment, start: int, end: int) -> Item:
    """Return an item whose record is at ``end - 1``."""
    raw = deployment.topics.raw
    content = hashlib.sha256(b"%d" % (end - 1)).hexdigest()
    place = KafkaProvenance(topic=raw, partition=0, offset=end - 1, content_sha256=content, pipeline_version="test")
    outcome = Duplicate(
        outcome="duplicate",
        uri=None,
        duplicate_of=f"original {end - 1}",
        similarity=1.0,
        method="test",
        raw_id=None,
        url=None,
        provenance=place,
    )
    origin = Origin(payload=b"", provenance=place)
    return Item(span=Span(source=f"{raw}/0", start=start, end=end), origin=origin, state=outcome)


def write(deployment: Deployment, job: KafkaJob, *spans: tuple[int, int]) -> PartitionWriter:
    writer = PartitionWriter(job, 0)
    for start, end in spans:
        writer.add(item(deployment, start, end))
    writer.commit()
    return writer


def position(deployment: Deployment) -> int | None:
    found = committed_offset(deployment.job, 0)
    return found[0] if found else None


def offsets(deployment: Deployment) -> list[int]:
    values = deployment.values(deployment.topics.duplicates)
    return sorted(decode(value, Duplicate).provenance.offset for value in values)  # type: ignore[union-attr]


@pytest.fixture
def deployment(deploy: Deploy) -> Deployment:
    made = deploy(partitions=1)
    made.send([b"%d" % n for n in range(20)])
    return made


def test_a_bundle_is_one_transaction_with_its_ledger_and_position(deployment: Deployment) -> None:
    write(deployment, deployment.job, (0, 1), (1, 2), (2, 6))
    assert offsets(deployment) == [0, 1, 5]
    (ledger,) = (decode(value, Ledger) for value in deployment.values(deployment.topics.ledger))
    assert (ledger.from_, ledger.to, ledger.records) == (0, 6, 3)
    assert ledger.outcomes == OutcomeCounts(duplicate=3)
    assert position(deployment) == 6


def test_a_bundle_that_runs_again_has_no_second_effect(deployment: Deployment) -> None:
    write(deployment, deployment.job, (0, 1), (1, 2))
    write(deployment, deployment.job, (0, 1), (1, 2))
    # A reader that started lower, before a gap, spans what was settled: only its record is new.
    write(deployment, deployment.job, (1, 5))
    assert offsets(deployment) == [0, 1, 4]
    spans = [decode(value, Ledger) for value in deployment.values(deployment.topics.ledger)]
    assert [(span.from_, span.to) for span in spans] == [(0, 2), (2, 5)]


def test_a_gap_fails_loudly_and_commits_nothing(deployment: Deployment) -> None:
    writer = write(deployment, replace(deployment.job, transaction_timeout_ms=5000), (0, 1))
    writer.add(item(deployment, 1, 2))
    with pytest.raises(GapError, match="offsets 2 to 3 are missing"):
        writer.add(item(deployment, 3, 4))
    writer.commit()
    assert offsets(deployment) == [0]
    assert position(deployment) == 1


def test_a_span_without_a_record_moves_the_position(deployment: Deployment) -> None:
    writer = PartitionWriter(deployment.job, 0)
    writer.add(msgspec.structs.replace(item(deployment, 0, 3), origin=None, state=Gap()))
    writer.commit()
    assert position(deployment) == 3
    (ledger,) = (decode(value, Ledger) for value in deployment.values(deployment.topics.ledger))
    assert (ledger.from_, ledger.to, ledger.records) == (0, 3, 0)


def test_a_writer_whose_successor_has_started_commits_nothing(deployment: Deployment) -> None:
    old = write(deployment, deployment.job, (0, 1))
    old.add(item(deployment, 1, 2))
    write(deployment, deployment.job, (1, 2), (2, 3))
    with pytest.raises(SupersededError):
        old.commit()
    assert offsets(deployment) == [0, 1, 2]
    deployment.verify()


def test_a_run_that_was_superseded_does_not_start_again(deployment: Deployment) -> None:
    kafka_control.announce(replace(deployment.job, run="later"))
    with pytest.raises(SupersededError, match="another run"):
        write(deployment, replace(deployment.job, run="earlier"), (0, 1))
    assert offsets(deployment) == []


def test_a_transaction_that_is_given_up_midway_is_not_seen(deployment: Deployment) -> None:
    writer = PartitionWriter(deployment.job, 0)
    for n in range(5):
        writer.add(item(deployment, n, n + 1))
    writer.discard()
    write(deployment, deployment.job, (0, 1))
    assert offsets(deployment) == [0]
    deployment.verify()


@pytest.mark.parametrize(
    ("spans", "outcomes", "message"),
    [
        ([(0, 2, 2)], [0], "counts 2 duplicate, 1 found; the first record without outcome is"),
        ([(0, 2, 2)], [0, 1, 1], "is repeated"),
        ([(0, 2, 2), (3, 4, 1)], [0, 1, 3], "leaves a gap"),
        ([(0, 2, 2), (1, 3, 2)], [0, 1, 2], "overlaps"),
        ([(0, 2, 2)], [0, 1, 7], "stands in no span of the ledger"),
        ([(0, 3, 2)], [0, 1], "the ledger covers this record, but it has no outcome"),
    ],
)
def test_verify_finds_what_is_missing_or_repeated(
    deployment: Deployment, spans: list[tuple[int, int, int]], outcomes: list[int], message: str
) -> None:
    producer = KafkaProducer(bootstrap_servers=deployment.kafka.bootstrap)
    for start, end, records in spans:
        ledger = Ledger(
            source=f"{deployment.topics.raw}/0",
            from_=start,
            to=end,
            records=records,
            outcomes=OutcomeCounts(duplicate=records),
            reasons={},
            pipeline_version="test",
        )
        producer.send(deployment.topics.ledger, value=encode(ledger), headers=[(SCHEMA_HEADER, b"ledger")])
    for offset in outcomes:
        state = item(deployment, offset, offset + 1).state
        producer.send(deployment.topics.duplicates, value=encode(state), headers=[(SCHEMA_HEADER, b"duplicate")])
    producer.close()
    with pytest.raises(Violation, match=message):
        verify_kafka(deployment.connection, deployment.topics)


def test_an_outcome_beyond_the_message_limit_becomes_a_dead_letter(deployment: Deployment) -> None:
    large = item(deployment, 0, 1)
    assert large.origin is not None
    origin = msgspec.structs.replace(large.origin, payload=b"original " * 100_000)
    state = Duplicate(
        outcome="duplicate",
        uri=None,
        duplicate_of="x",
        similarity=1.0,
        method="y" * 50_000,
        raw_id=None,
        url=None,
        provenance=origin.provenance,
    )
    writer = PartitionWriter(replace(deployment.job, max_message_bytes=40_000), 0)
    writer.add(msgspec.structs.replace(large, origin=origin, state=state))
    writer.commit()
    (value,) = deployment.values(deployment.topics.dead)
    dead = decode(value, Dead)
    assert (dead.stage, dead.reason, dead.payload_truncated) == ("emit", "too_large", True)
    assert dead.payload_bytes == 900_000
    assert 35_000 < len(value) <= 40_000
    deployment.verify()


def hand_written(deployment: Deployment, ledger: Ledger, schema: bytes = b"duplicate", **changes: str) -> None:
    """Write what a job would have: a ledger record and the outcomes of the records 0 and 1, with `changes`."""
    producer = KafkaProducer(bootstrap_servers=deployment.kafka.bootstrap)
    producer.send(deployment.topics.ledger, value=encode(ledger), headers=[(SCHEMA_HEADER, b"ledger")])
    for offset in (0, 1):
        state = msgspec.structs.replace(item(deployment, offset, offset + 1).state, **changes)
        producer.send(deployment.topics.duplicates, value=encode(state), headers=[(SCHEMA_HEADER, schema)])
    producer.close()


def span(deployment: Deployment, end: int = 2, partition: int = 0) -> Ledger:
    """Return the ledger record of records 0 and 1, up to `end`."""
    states = [encode(item(deployment, offset, offset + 1).state) for offset in (0, 1)]
    ledger = Ledger(
        source=f"{deployment.topics.raw}/{partition}",
        from_=0,
        to=end,
        records=2,
        outcomes=OutcomeCounts(duplicate=2),
        reasons={},
        pipeline_version="test",
        digest=digest_of(hash_of("duplicate", offset, state) for offset, state in enumerate(states)),
    )
    return msgspec.structs.replace(ledger, chain=chained("", ledger))


def test_verify_passes_what_was_written_by_hand_as_a_job_writes_it(deployment: Deployment) -> None:
    hand_written(deployment, span(deployment))
    assert verify_kafka(deployment.connection, deployment.topics).audit.digested == 1


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("changed text", r"not the one that was written \(digest\)"),
        ("another topic's kind", "does not belong into this topic"),
        ("a span beyond the end", "it ends at 20"),
        ("a ghost source", "there is no"),
        ("a changed ledger", r"not the one that was written \(chain\)"),
    ],
)
def test_verify_finds_what_was_tampered_with(deployment: Deployment, how: str, message: str) -> None:
    if how == "changed text":
        hand_written(deployment, span(deployment), method="other")
    elif how == "another topic's kind":
        hand_written(deployment, span(deployment), schema=b"article")
    elif how == "a changed ledger":
        hand_written(deployment, msgspec.structs.replace(span(deployment), pipeline_version="other"))
    else:
        hand_written(deployment, span(deployment, end=25) if "beyond" in how else span(deployment, partition=7))
    with pytest.raises(Violation, match=message):
        verify_kafka(deployment.connection, deployment.topics)


def test_an_outcome_of_another_record_is_found(deployment: Deployment) -> None:
    """The raw record at its offset is another one than the outcome says: ledger and digest agree with it."""
    wrong = item(deployment, 0, 1)
    place = msgspec.structs.replace(wrong.state.provenance, content_sha256="0" * 64)  # type: ignore[union-attr]
    writer = PartitionWriter(deployment.job, 0)
    writer.add(wrong.with_state(msgspec.structs.replace(wrong.state, provenance=place)))  # type: ignore[type-var]
    writer.commit()
    with pytest.raises(Violation, match="is of another record"):
        verify_kafka(deployment.connection, deployment.topics)
