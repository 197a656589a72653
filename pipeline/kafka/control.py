"""How a running job learns that it should end: because it is to drain, or because a later submission took over.

The driver writes one small record, the committed-offset metadata of the group ``<job>.control``, and every worker looks
at it once a second; a reader that has stopped says so in the same way in the group ``<job>.drained``. That works on
every runner, needs no topic, and survives the driver. A submission carries a `run`; workers of another run than the
announced one end by themselves, so an orphaned job and its successor do not fence each other in turn. Fencing alone
keeps the promise; this only makes the ends orderly.
"""

import contextlib
import logging
import threading
import time
from enum import StrEnum
from typing import Final

import msgspec
from kafka import TopicPartition
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from pipeline.kafka.connection import KafkaJob, until_answered
from pipeline.kafka.per_run import OncePerRun
from pipeline.kafka.positions import Positions

_LOGGER = logging.getLogger(__name__)
_LOOK_SECONDS = 1.0


class Standing(StrEnum):
    """What a run of a job should do."""

    CURRENT = "current"
    DRAINING = "draining"
    SUPERSEDED = "superseded"


class _Announcement(msgspec.Struct, frozen=True, kw_only=True):
    run: str
    draining: bool = False


def _group(job: KafkaJob) -> str:
    return f"{job.name}.control"


def announce(job: KafkaJob, *, draining: bool = False) -> None:
    """Make `job.run` the job's current run, or ask it to drain."""
    text = msgspec.json.encode(_Announcement(run=job.run, draining=draining)).decode()
    place = TopicPartition(job.topics.raw, 0)

    def write() -> None:
        with contextlib.closing(job.connection.admin()) as admin:
            admin.alter_group_offsets(_group(job), {place: OffsetAndMetadata(0, text, -1)})

    until_answered(f"announce run {job.run} of {job.name}", write)


def standing(job: KafkaJob) -> Standing:
    """Return what `job.run` should do. Raises `KafkaError` while the brokers do not answer."""
    with contextlib.closing(Positions(job, _group(job))) as announcements:
        return _standing(job, announcements)


def _standing(job: KafkaJob, announcements: Positions) -> Standing:
    found = announcements.committed(0)
    if found is None or not found[1]:
        return Standing.CURRENT
    announced = msgspec.json.decode(found[1], type=_Announcement)
    if announced.run != job.run:
        return Standing.SUPERSEDED
    return Standing.DRAINING if announced.draining else Standing.CURRENT


def acknowledge(job: KafkaJob, partition: int) -> None:
    """Say that the reader of a partition has stopped and that everything it had read is committed."""
    place = TopicPartition(job.topics.raw, partition)

    def write() -> None:
        with contextlib.closing(job.connection.admin()) as admin:
            admin.alter_group_offsets(f"{job.name}.drained", {place: OffsetAndMetadata(0, job.run, -1)})

    until_answered(f"acknowledge the end of {job.source(partition)}", write)


def acknowledged(job: KafkaJob) -> set[int]:
    """Return the partitions whose readers have stopped in this run. Raises `KafkaError` while brokers do not answer."""
    group = f"{job.name}.drained"
    with contextlib.closing(job.connection.admin()) as admin:
        offsets = admin.list_group_offsets(group)[group]
    return {place.partition for place, found in offsets.items() if found.metadata == job.run}


class Watch:
    """Follows the standing of one run; asking it costs nothing."""

    def __init__(self, job: KafkaJob) -> None:
        self._job = job
        self._announcements = Positions(job, _group(job))
        self._ended = threading.Event()
        self.standing = until_answered(f"read the standing of {job.name}", self._ask)
        threading.Thread(target=self._follow, name=f"control-{job.name}", daemon=True).start()

    def wait(self, seconds: float) -> None:
        """Wait for `seconds`, or until the run is to end."""
        self._ended.wait(max(seconds, 0.0))

    def _follow(self) -> None:
        # A run that is to end stays so: only a current one is looked after.
        while self.standing is Standing.CURRENT:
            time.sleep(_LOOK_SECONDS)
            with contextlib.suppress(KafkaError, OSError):  # readers and writers report an unreachable broker
                self.standing = self._ask()
        self._ended.set()
        self._announcements.close()
        _LOGGER.warning("Run %s of %s is %s: its readers stop", self._job.run, self._job.name, self.standing)

    def _ask(self) -> Standing:
        return _standing(self._job, self._announcements)


watch: Final = OncePerRun(Watch)
"""Returns the watch of this process over a run."""
