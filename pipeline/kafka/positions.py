"""Where a group stands: its committed position in each partition, asked for over one connection that is kept."""

import contextlib
import threading
from typing import Final

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaTimeoutError

from pipeline.kafka.connection import KafkaJob, until_answered
from pipeline.kafka.per_run import OncePerRun

_PENDING_SECONDS: Final = 2.0
"""A living process commits its transaction sooner after it has named its position."""


class Positions:
    """Asks for a group's positions in the raw topic, for all threads of a process."""

    def __init__(self, job: KafkaJob, group: str) -> None:
        self._job = job
        self._group = group
        self._lock = threading.Lock()
        self._consumer: KafkaConsumer | None = None

    def committed(self, partition: int, seconds: float = 10.0) -> tuple[int, str] | None:
        """Return the committed position of a partition with its metadata, None when there is none yet.

        An offset that a transaction is about to commit is waited for.

        Raises:
            KafkaTimeoutError: brokers did not answer within `seconds`, or the transaction did not end.
            KafkaError: they refuse.
        """
        place = TopicPartition(self._job.topics.raw, partition)
        with self._lock:
            try:
                self._consumer = self._consumer or self._job.connection.consumer(group_id=self._group)
                found = self._consumer.committed(place, metadata=True, timeout_ms=int(seconds * 1000))
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


def settled_offset(job: KafkaJob, partition: int) -> tuple[int, str] | None:
    """Return `committed_offset` for who begins to read, after which no earlier process can move it.

    One that died between its position and its commit left a transaction that brokers end after a minute: it is ended
    as the writer would, who begins only when there is something to write.
    """
    with contextlib.suppress(KafkaTimeoutError):
        return _positions(job).committed(partition, _PENDING_SECONDS)

    def fence() -> None:
        name = job.transactional_id(partition)
        job.connection.transactional_producer(name, transaction_timeout_ms=job.transaction_timeout_ms).close()

    until_answered(f"end what an earlier process has left open of {job.source(partition)}", fence)
    return committed_offset(job, partition)
