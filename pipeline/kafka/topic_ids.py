"""Which topic a name stands for: a topic that is deleted and created again has the same name and another id (KIP-516).

A job's positions mean nothing in the new topic, so the id is kept beside them: with each committed offset, in each
ledger record, and in a header of each outcome.
"""

import contextlib
import threading
import time
from collections.abc import Iterable
from typing import Final

import msgspec
from kafka import KafkaAdminClient

from pipeline.errors import stopping
from pipeline.kafka.connection import Connection, KafkaJob
from pipeline.kafka.per_run import OncePerRun


class RecreatedTopicError(RuntimeError):
    """The topic of that name is not the one that the job has read: its positions mean nothing there."""


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """What a job keeps beside a committed position, as the metadata of the offset."""

    topic_id: str | None = None
    chain: str = ""
    """Of the last ledger record."""

    @classmethod
    def decode(cls, metadata: str | None) -> "Beside":
        """Return what `metadata` says; that of an earlier version, or of somebody's hand, says nothing."""
        try:
            return msgspec.json.decode(metadata or "{}", type=cls)
        except msgspec.DecodeError:
            return cls()

    def encode(self) -> str:
        """Return the metadata."""
        return msgspec.json.encode(self).decode()

    def check(self, job: KafkaJob, source: str) -> None:
        """Raise `JobStopped` when the position was in another topic than the job reads."""
        if self.topic_id and job.topic_id and self.topic_id != job.topic_id:
            _stop(f"{source}: {recreated(job.topics.raw, self.topic_id, job.topic_id)}")


def recreated(topic: str, known: str, now: str | None) -> str:
    """Return in one line what a user must know of a topic that is another one now, or none."""
    if now is None:
        return f"{topic} is gone: the topic was deleted while the job read it"
    return (
        f"{topic} was deleted and created anew since the job read it (its id was {known}, now it is {now}), and "
        "nothing of what it holds now was read; --begin-anew reads it from its beginning"
    )


def topic_ids(connection: Connection, topics: Iterable[str], admin: KafkaAdminClient | None = None) -> dict[str, str]:
    """Return the ids of those topics that exist. Raises `KafkaError` while brokers do not answer."""
    with contextlib.ExitStack() as closing:
        if admin is None:
            admin = closing.enter_context(contextlib.closing(connection.admin(bootstrap_timeout_ms=5000)))
        found = admin.describe_topics(list(topics))
    return {topic["name"]: str(topic["topic_id"]) for topic in found if not topic["error_code"]}


class TopicGuard:
    """Makes sure, for all writers of a process, that what was read came from the topic that the job reads."""

    def __init__(self, job: KafkaJob) -> None:
        self._job = job
        self._lock = threading.Lock()
        self._admin: KafkaAdminClient | None = None
        self._looked_at = 0.0

    def check(self, read_at: float) -> None:
        """Return when the topic was looked at after `read_at` (monotonic) and was the same: ids do not come back.

        Raises:
            JobStopped: it is another one now, or gone.
            KafkaError: brokers do not answer.
        """
        job = self._job
        if job.topic_id is None:
            return
        with self._lock:
            if self._looked_at > read_at:
                return
            began = time.monotonic()
            try:
                self._admin = self._admin or job.connection.admin()
                now = topic_ids(job.connection, [job.topics.raw], self._admin).get(job.topics.raw)
            except BaseException:
                admin, self._admin = self._admin, None
                if admin is not None:
                    with contextlib.suppress(Exception):
                        admin.close()
                raise
            if now != job.topic_id:
                _stop(recreated(job.topics.raw, job.topic_id, now))
            self._looked_at = began


def _stop(message: str) -> None:
    with stopping(RecreatedTopicError):
        raise RecreatedTopicError(message)


guard: Final = OncePerRun(TopicGuard)
"""Returns the guard of this process over a run."""
