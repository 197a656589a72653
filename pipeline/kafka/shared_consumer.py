"""One consumer for all partitions that a process reads, with what was fetched ahead of each.

A consumer costs a thread, a connection and two requests a second, however little comes: a process with one for each of
a thousand partitions would do nothing else.
"""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from pipeline.kafka.connection import KafkaJob, until_answered
from pipeline.kafka.per_run import OncePerRun

_AHEAD_BYTES: Final = 64 * 1024 * 1024
"""Fetched ahead of all partitions together …"""
_LEAST_AHEAD_BYTES: Final = 64 * 1024
_MOST_AHEAD_BYTES: Final = 4 * 1024 * 1024
"""… and of one of them between these two, unless a single record is larger."""
_ALL_RECORDS: Final = 2**31
_ANSWER_MS: Final = 50
"""Until brokers answer that nothing has come."""
_STEP_SECONDS: Final = 0.1
"""How long others may have to wait for the consumer while one waits for records."""
_TURN_SECONDS: Final = 0.05
"""How long one waits while there are records of another partition, which may be read at this moment or be next."""
_SETTLED_SHARE: Final = 0.1
"""How long one waits, as a share of the time since a partition was new here: a runner that hands over partitions one
after the other, as Flink does, does so between two waits."""


Fetched = deque[ConsumerRecord]
"""What was fetched of a partition, and by whose hands it is read: those who hold the latest of it."""


class ReadElsewhereError(RuntimeError):
    """Another call has begun to read the partition: what comes of it is that one's."""


class _FairLock:
    """A lock that one who waits gets before one who has just released it: threading's is taken again at once."""

    def __init__(self) -> None:
        self._next = threading.Lock()
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._next:
            self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def is_mine_at_once(self) -> bool:
        """Take the lock if nobody has it, and say whether that is so."""
        return self._lock.acquire(blocking=False)

    def release(self) -> None:
        self._lock.release()


class SharedConsumer:
    """Reads partitions of the raw topic for several threads; each partition is read by the one that sought it last.

    Methods raise what `KafkaConsumer` raises, and `ReadElsewhereError`: were the records of a partition handed to two
    readers, each would take what the other has for a gap.
    """

    def __init__(self, job: KafkaJob) -> None:
        self._job = job
        self._lock = _FairLock()
        self._fetched: dict[TopicPartition, Fetched] = {}
        self._grown_at = time.monotonic()
        self._answers = 0
        """How many brought records."""
        self._consumer = until_answered(f"read {job.topics.raw}", self._connect)

    def __len__(self) -> int:
        """Return how many partitions are read."""
        return len(self._fetched)

    def seek(self, place: TopicPartition, position: int) -> Fetched:
        """Read a partition from `position` on; what was fetched of it before is dropped."""
        with self._lock:
            known = place in self._fetched
            fetched = self._fetched[place] = deque()
            if not known:
                self._consumer.assign(list(self._fetched))
                self._grown_at = time.monotonic()
            self._consumer.seek(place, position)
            self._consumer.resume(place)
        return fetched

    def leave(self, place: TopicPartition, fetched: Fetched) -> None:
        """Read a partition no more, unless another call does."""
        with self._lock:
            if self._fetched.get(place) is fetched:
                del self._fetched[place]
                self._consumer.assign(list(self._fetched))

    def next(self, place: TopicPartition, fetched: Fetched) -> ConsumerRecord | None:
        """Return the next record of a partition; None when none has come."""
        # Who fetches, fetches for all: nobody waits for that.
        if not fetched and self._lock.is_mine_at_once():
            try:
                self._check(place, fetched)
                self._fetch([place], 0)
            finally:
                self._lock.release()
        return fetched.popleft() if fetched else None

    def wait(self, place: TopicPartition, fetched: Fetched, seconds: float, goes_on: Callable[[], bool]) -> None:
        """Wait for a record of any partition, for `seconds` at most and while it `goes_on`.

        What comes of another partition ends the wait: it is that one's turn.
        """
        answers = self._answers
        began = time.monotonic()
        seconds = min(seconds, max(_SETTLED_SHARE * (began - self._grown_at), _TURN_SECONDS))
        if any(self._fetched.values()):
            seconds = 0.0 if fetched else min(seconds, _TURN_SECONDS)
        until = began + seconds
        while answers == self._answers and goes_on() and (left := until - time.monotonic()) > 0:
            with self._lock:
                self._check(place, fetched)
                if answers == self._answers:
                    empty = [paused for paused in self._consumer.paused() if not self._fetched[paused]]
                    self._fetch(empty, min(left, _STEP_SECONDS))

    def end(self, place: TopicPartition, fetched: Fetched) -> int | None:
        """Return the offset up to which a partition was fetched, None while fetched records wait."""
        with self._lock:
            self._check(place, fetched)
            position: int | None = self._consumer.position(place, timeout_ms=1000)
            return None if fetched else position

    def _check(self, place: TopicPartition, fetched: Fetched) -> None:
        if self._fetched.get(place) is not fetched:
            raise ReadElsewhereError(f"{place.topic}/{place.partition} is read by another call")

    def _fetch(self, empty: Iterable[TopicPartition], seconds: float) -> None:
        # What holds records is not asked for more: so one answer of each partition is held, at most.
        self._consumer.resume(*empty)
        for found, records in self._consumer.poll(timeout_ms=int(seconds * 1000)).items():
            self._fetched[found].extend(records)
            self._consumer.pause(found)
            self._answers += 1

    def edge(self, place: TopicPartition, which: str) -> int:
        """Return the first offset of a partition (``beginning``) or the one behind its last (``end``)."""
        ask = self._consumer.beginning_offsets if which == "beginning" else self._consumer.end_offsets
        with self._lock:
            edges: dict[TopicPartition, int] = ask([place])
        return edges[place]

    def _connect(self) -> KafkaConsumer:
        job = self._job
        with contextlib.closing(job.connection.consumer()) as asking:
            partitions = len(asking.partitions_for_topic(job.topics.raw) or ()) or 1
        share = min(max(_AHEAD_BYTES // partitions, _LEAST_AHEAD_BYTES), _MOST_AHEAD_BYTES)
        return job.connection.consumer(
            max_partition_fetch_bytes=share,
            fetch_max_bytes=4 * _MOST_AHEAD_BYTES,
            # One request at a time is under way: partitions whose records are used up wait until it is answered.
            fetch_max_wait_ms=_ANSWER_MS,
            # All that an answer brought: kafka-python 3.0.12 forgets the rest of a partition that is paused before it
            # is handed out (`Fetcher._paused_partition_records`).
            max_poll_records=_ALL_RECORDS,
        )


shared_consumer: Final = OncePerRun(SharedConsumer)
"""Returns the consumer of this process for a run."""
