"""Where a group stands: its committed position in each partition, asked for over one connection that is kept."""

import contextlib
import threading
from typing import Final

from kafka import KafkaConsumer, TopicPartition

from pipeline.kafka.connection import KafkaJob, until_answered
from pipeline.kafka.per_run import OncePerRun


class Positions:
    """Asks for a group's positions in the raw topic, for all threads of a process."""

    def __init__(self, job: KafkaJob, group: str) -> None:
        self._job = job
        self._group = group
        self._lock = threading.Lock()
        self._consumer: KafkaConsumer | None = None

    def committed(self, partition: int) -> tuple[int, str] | None:
        """Return the committed position of a partition with its metadata, None when there is none yet.

        An offset that a transaction is about to commit is waited for.

        Raises:
            KafkaError: brokers do not answer.
        """
        place = TopicPartition(self._job.topics.raw, partition)
        with self._lock:
            try:
                self._consumer = self._consumer or self._job.connection.consumer(group_id=self._group)
                found = self._consumer.committed(place, metadata=True, timeout_ms=10_000)
            except BaseException:
                self._close()
                raise
        return None if found is None else (found.offset, found.metadata)

    def close(self) -> None:
        """Close the connection; the next question opens another."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            with contextlib.suppress(Exception):
                consumer.close(autocommit=False)


_positions: Final = OncePerRun(lambda job: Positions(job, job.name))


def committed_offset(job: KafkaJob, partition: int) -> tuple[int, str] | None:
    """Return `Positions.committed` of a run's job; brokers that do not answer are waited for."""
    positions = _positions(job)
    return until_answered(f"read the position of {job.source(partition)}", lambda: positions.committed(partition))
