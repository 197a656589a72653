"""How a running job stands, seen from outside: what is committed, what waits, whether its run is the current one."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from kafka.errors import KafkaError, UnknownTopicOrPartitionError

from pipeline.kafka import control
from pipeline.kafka.connection import KafkaJob, LeaderlessError
from pipeline.kafka.topic_ids import recreated, topic_ids
from pipeline.kafka.topics import Lag, lag
from pipeline.observe.logs import Say
from pipeline.observe.metrics import STREAM_LAG, STREAM_MOVED

_LOOK_SECONDS: Final = 1.0
_HISTORY: Final = 10
"""Looks over which the rate is an average."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What an onlooker sees."""

    state: str
    """``running``, or why nothing moves."""
    lag: Lag | None = None
    rate: float = 0.0
    """Committed source offsets per second, over the last few seconds."""


class Meter:
    """Looks at the committed positions and at the standing of the run, about once a second, in a thread."""

    def __init__(self, job: KafkaJob, show: Callable[[Progress], None], say: Say) -> None:
        self._job = job
        self._show = show
        self._say = say
        self._closed = threading.Event()
        self._history: list[tuple[float, int]] = []
        self.state = "running"
        self.moved = False
        """Whether anything was committed."""
        self.heard_at = time.monotonic()
        """When brokers last answered."""
        self._waits_since = math.inf
        self.partitions: frozenset[int] = frozenset()
        self.standing = control.Standing.CURRENT
        self.lost_topic = ""
        """Why the job cannot go on: one of its topics was deleted."""
        self._maybe_lost = ""
        self._thread = threading.Thread(target=self._follow, name="progress", daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        lost, failures = "", 0
        while not self._closed.wait(_LOOK_SECONDS):
            try:
                self._look_at_topics()
                now = lag(self._job)
                self.standing = control.standing(self._job)
            except (KafkaError, OSError) as error:
                failures += 1
                self._waits_since = math.inf  # no fault of the attempt
                if not lost and failures > 1:  # the first one may be a new coordinator's
                    why = str(error) if isinstance(error, LeaderlessError) else type(error).__name__
                    lost = f"Kafka does not answer, waiting ({why})"
                    self._say(lost)
                self._show(Progress(lost or self.state))
                continue
            if lost:
                self._say("Kafka answers again")
            lost, failures = "", 0
            self._take(now)

    def _look_at_topics(self) -> None:
        """Take note of a topic of the job that is gone, or is another one of its name, when it stays so."""
        job = self._job
        if job.topic_id is None:
            return
        found = topic_ids(job.connection, (job.topics.raw, *job.topics.outputs))
        lost = next((f"{topic} is gone: it was deleted" for topic in job.topics.outputs if topic not in found), "")
        if found.get(job.topics.raw) != job.topic_id:
            lost = recreated(job.topics.raw, job.topic_id, found.get(job.topics.raw))
        if lost and lost == self._maybe_lost:
            self.lost_topic = lost
        self._maybe_lost = lost
        if lost:
            raise UnknownTopicOrPartitionError(lost)

    def _take(self, now: Lag) -> None:
        self.heard_at = time.monotonic()
        self.partitions = now.partitions
        for source, behind in now.sources.items():
            STREAM_LAG.labels(source).set(behind)
        if self._history and now.committed > self._history[-1][1]:
            self.moved = True
            self._waits_since = math.inf
            STREAM_MOVED.set_to_current_time()
        if now.behind == 0:
            self._waits_since = math.inf
        elif self._waits_since == math.inf:
            self._waits_since = self.heard_at
        self._history = [*self._history[1 - _HISTORY :], (self.heard_at, now.committed)]
        (began, first), (ended, last) = self._history[0], self._history[-1]
        rate = (last - first) / (ended - began) if ended > began else 0.0
        self._show(Progress(self.state, now, rate))

    def waited(self) -> float:
        """Return for how long records have been waiting without any commit, in seconds."""
        return max(0.0, time.monotonic() - self._waits_since)

    def silent(self) -> float:
        """Return for how long brokers have not answered, in seconds."""
        return time.monotonic() - self.heard_at

    def close(self) -> None:
        """Stop looking."""
        self._closed.set()
        self._thread.join(10)
