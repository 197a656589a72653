"""One consumer for all partitions of a process: who reads a partition reads all of it."""

import time
from collections.abc import Callable

import pytest
from kafka import TopicPartition

from pipeline.kafka import shared_consumer
from pipeline.kafka.shared_consumer import Fetched, ReadElsewhereError, SharedConsumer
from pipeline.sources.kafka import _Reader
from tests.integration.conftest import Deploy, eventually, payloads


def test_a_partition_that_is_sought_again_is_not_shared(deploy: Deploy) -> None:
    deployment = deploy(partitions=1)
    deployment.send(payloads(6))
    consumer = SharedConsumer(deployment.job)
    place = TopicPartition(deployment.topics.raw, 0)

    def take(fetched: Fetched, number: int) -> list[int]:
        found: list[int] = []

        def has_come() -> bool:
            consumer.wait(place, fetched, 1.0, lambda: True)
            record = consumer.next(place, fetched)
            found.extend([] if record is None else [record.offset])
            return len(found) == number

        eventually(has_come, "records come")
        return found

    earlier = consumer.seek(place, 0)
    assert take(earlier, 2) == [0, 1]
    later = consumer.seek(place, 0)
    with pytest.raises(ReadElsewhereError):
        take(earlier, 6)
    consumer.leave(place, earlier)
    assert take(later, 6) == [0, 1, 2, 3, 4, 5]
    assert consumer.end(place, later) == 6
    with pytest.raises(ReadElsewhereError):
        consumer.end(place, earlier)


def test_a_record_of_any_partition_ends_the_wait_and_so_does_the_end_of_the_run(
    deploy: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_consumer, "_SETTLED_SHARE", 1e9)
    deployment = deploy(partitions=2)
    consumer = SharedConsumer(deployment.job)
    empty, other = (TopicPartition(deployment.topics.raw, partition) for partition in (0, 1))
    fetched_of_empty, fetched = consumer.seek(empty, 0), consumer.seek(other, 0)

    def wait(goes_on: Callable[[], bool]) -> bool:
        began = time.monotonic()
        consumer.wait(empty, fetched_of_empty, 100.0, goes_on)
        return time.monotonic() - began < 90.0

    for offset in (0, 1):  # the second one comes when the consumer has paused the partition, as the first was fetched
        deployment.send(payloads(1, first=offset), partition=1)
        assert wait(lambda: True)
        assert consumer.next(empty, fetched_of_empty) is None
        found = consumer.next(other, fetched)
        assert found is not None and found.offset == offset
    answers = iter([True, True, False])
    assert wait(lambda: next(answers))
    assert next(answers, None) is None


def test_what_was_fetched_is_kept_while_the_runner_has_seen_nothing_of_a_partition(deploy: Deploy) -> None:
    deployment = deploy(partitions=1)
    deployment.send(payloads(6))
    job = deployment.job
    place = TopicPartition(job.topics.raw, 0)
    deployment.set_position(4)
    reader = _Reader(job, 0)
    reader.stand_at(0)
    consumer = shared_consumer.shared_consumer(job)
    eventually(
        lambda: consumer.wait(place, reader._fetched, 1.0, lambda: True) or bool(reader._fetched), "records come"
    )
    reader.stand_at(0)  # the runner begins where it did
    found = reader.next()
    assert found is not None and found.offset == 4
    reader.position = 5
    reader.stand_at(0)  # it has lost what was handed out since
    assert reader.position == 4
