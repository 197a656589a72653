"""One consumer for all partitions of a process: who reads a partition reads all of it."""

import pytest
from kafka import TopicPartition

from pipeline.kafka.shared_consumer import Fetched, ReadElsewhereError, SharedConsumer
from tests.integration.conftest import Deploy, eventually, payloads


def test_a_partition_that_is_sought_again_is_not_shared(deploy: Deploy) -> None:
    deployment = deploy(partitions=1)
    deployment.send(payloads(6))
    consumer = SharedConsumer(deployment.job)
    place = TopicPartition(deployment.topics.raw, 0)

    def take(fetched: Fetched, number: int) -> list[int]:
        found: list[int] = []

        def has_come() -> bool:
            record = consumer.next(place, fetched, wait=True)
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
