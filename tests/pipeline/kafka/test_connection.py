"""What is made of errors that kafka-python does not make itself, or says in its own words."""

from typing import Any, Never

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import InvalidTimestampError

from pipeline.kafka.connection import Connection, KafkaJob, LeaderlessError
from pipeline.sinks.kafka import PartitionWriter, WriteError

PLACE = TopicPartition("news.raw", 3)


@pytest.mark.parametrize("edge", ["beginning_offsets", "end_offsets"])
def test_a_partition_without_a_leader_is_named(monkeypatch: pytest.MonkeyPatch, edge: str) -> None:
    """The broker lives, but the disk of the partition is full: kafka-python 3.0.12 finds nothing where it looks."""

    def fail(_self: Any, partitions: list[TopicPartition], _timeout_ms: int | None = None) -> Never:
        raise KeyError(partitions[0])

    monkeypatch.setattr(KafkaConsumer, "__init__", lambda *_, **__: None)
    monkeypatch.setattr(KafkaConsumer, "__del__", lambda _: None, raising=False)
    monkeypatch.setattr(KafkaConsumer, edge, fail)
    consumer = Connection(bootstrap_servers=("127.0.0.1:1",)).consumer()
    with pytest.raises(LeaderlessError, match=r"news\.raw/3 has no leader"):
        getattr(consumer, edge)([PLACE])


def test_a_clock_that_is_wrong_is_said_in_plain_words() -> None:
    connection = Connection(bootstrap_servers=("127.0.0.1:1",))
    writer = PartitionWriter(KafkaJob(name="job", run="", connection=connection, pipeline_version="test"), 0)
    failure = writer._failure(InvalidTimestampError("Timestamp 1795794515107 of message with offset 0 is out of range"))
    assert isinstance(failure, WriteError)
    assert "refuses the time of this machine" in str(failure)
