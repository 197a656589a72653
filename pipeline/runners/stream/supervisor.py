"""`khabar stream`: keeps one streaming job running until it is told to stop.

It waits for the brokers, prepares the topics, and runs attempts one after the other. When a part of an attempt dies,
the rest is ended and the next attempt continues from the committed positions. Progress is shown from what is committed,
so the figures are the same for every runner. Whatever is waited for is told: at once to who asks, after ten seconds in
the log.
"""

import contextlib
import logging
import math
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Final

from kafka.errors import KafkaError

from pipeline import services
from pipeline.errors import JobStopped
from pipeline.kafka import control
from pipeline.kafka.connection import PERMANENT_ERRORS, LoginRefusedError, until_answered
from pipeline.kafka.topic_ids import topic_ids
from pipeline.kafka.topics import Lag, lag, prepare, restore_positions
from pipeline.observe.logs import Say
from pipeline.observe.metrics import STREAM_READY, STREAM_RESTARTS
from pipeline.runners import flink
from pipeline.runners.stream.attempt import Attempt, End
from pipeline.runners.stream.meter import Meter, Progress
from pipeline.runners.stream.options import StreamOptions

_TICK_SECONDS: Final = 0.2
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 30.0
_VAIN_ATTEMPTS: Final = 10
"""Attempts in a row that do nothing before the command gives up."""
_SOUND_SECONDS: Final = 60.0
"""An attempt that ran for so long and had nothing to do was not in vain."""
_CURRENT_SECONDS: Final = 15.0
"""A command that has not heard of its brokers for so long is not ready."""
_SLOW_SECONDS: Final = 60.0
"""Nor is one that commits nothing for so long though records wait."""
_TELL_SECONDS: Final = 10.0
"""What is waited for longer is said in the log …"""
_TELL_AGAIN_SECONDS: Final = 60.0
"""… and again after this time."""
_JOBLESS_SECONDS: Final = 120.0
"""A command whose job has not run for so long, though brokers answer, is not well."""
_SHOWN_PARTITIONS: Final = 16
_CANCEL_SECONDS: Final = 20.0
"""How long the cluster may take to end what an attempt left on it."""
_FIRST_COMMIT_SECONDS: Final = 120.0
"""What an attempt may take to its first commit at least: processes start and load, on a machine that is busy."""
_SLOTS_SECONDS: Final = 30.0
"""How long slots are waited for before the job is submitted all the same."""


class Waiting:
    """What the command waits for now, if anything, and since when; says so in the log when it takes long."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._reason = "the job is starting"
        self._detail = ""
        self._since = time.monotonic()
        self._tell_at = math.inf

    @property
    def reason(self) -> str:
        """What is waited for; empty when nothing is."""
        return self._reason + self._detail if self._reason else ""

    @property
    def seconds(self) -> float:
        """How long this has been waited for."""
        return time.monotonic() - self._since if self._reason else 0.0

    def on(self, reason: str, detail: str = "") -> None:
        """Wait for something; `detail` may change meanwhile."""
        now = time.monotonic()
        self._detail = detail
        if reason != self._reason or self._tell_at == math.inf:
            self._since = now if reason != self._reason else self._since
            self._reason, self._tell_at = reason, now + _TELL_SECONDS
        elif now >= self._tell_at:
            self._tell_at = now + _TELL_AGAIN_SECONDS
            self._say(f"{self.reason} ({self.seconds:.0f} s so far)")

    def over(self) -> None:
        """What was waited for has come."""
        self._reason, self._detail, self._tell_at = "", "", math.inf


class Supervisor:
    """Runs the attempts of one `khabar stream`."""

    def __init__(self, options: StreamOptions, show: Callable[[Progress], None], say: Say) -> None:
        """`show` is told of progress about once a second, `say` of each change that a log should hold."""
        self._options = options
        self._show = show
        self._say = say
        self._signals = 0
        self._attempt: Attempt | None = None
        self._meter: Meter | None = None
        self._met = False
        """Whether brokers have ever answered."""
        self._waiting = Waiting(say)
        self._ran_at = time.monotonic()
        """When a job last ran, or brokers last did not answer; a job that cannot be submitted is measured from here."""
        self._topic_id: str | None = None
        """Kafka's id of the raw topic."""
        self._cluster = flink.Cluster(options.engine.flink_rest) if options.engine.flink_rest else None

    def unready(self) -> str | None:
        """Return why the stream does not do its work now; None when its job runs and commits or has nothing to do."""
        if why := self._waiting.reason:
            return why
        attempt, meter = self._attempt, self._meter
        if attempt is None or meter is None:
            return "no job runs"
        if meter.silent() > _CURRENT_SECONDS:
            return f"Kafka has not answered for {meter.silent():.0f} s"
        if not attempt.runs():
            return f"the job does not run: {attempt.waits_for()}"
        if meter.waited() > max(_CURRENT_SECONDS, min(_SLOW_SECONDS, self._options.stall_seconds / 2)):
            return f"nothing was committed for {meter.waited():.0f} s though records wait"
        return None

    def unwell(self) -> str | None:
        """Return why the command cannot do its work by waiting on; None while it can, or its brokers are away."""
        jobless = time.monotonic() - self._ran_at
        if jobless > _JOBLESS_SECONDS:
            return f"no job has run for {jobless:.0f} s: {self.unready() or 'starting'}"
        return None

    def run(self) -> int:
        """Stream until SIGTERM or SIGINT; return the exit status: 0 when the job was drained.

        Raises:
            JobStopped: the job cannot run with these options, or cannot go on.
        """
        self._options.check()
        logging.getLogger("pipeline").addHandler(_Saying(self._say))
        logging.getLogger("kafka").setLevel(logging.CRITICAL)  # its errors come as exceptions, and are said once
        self._say(self._options.describe())
        with self._signal_handlers(), tempfile.TemporaryDirectory(prefix="khabar-") as folder:
            vain, stalls, pause = 0, 0, _FIRST_PAUSE
            while True:
                ended = self._attempt_once(Path(folder), self._options.stall_seconds * 2**stalls)
                if ended.status is not None:
                    return ended.status
                STREAM_RESTARTS.labels(ended.cause).inc()
                stalls = stalls + 1 if ended.cause == "stall" and not ended.sound else 0
                vain, pause = (0, _FIRST_PAUSE) if ended.sound else (vain + 1, min(pause * 2, _LONGEST_PAUSE))
                if vain >= _VAIN_ATTEMPTS:
                    raise JobStopped(f"{vain} attempts in a row did nothing; the last one: {ended.reason}")
                self._say(f"{ended.reason}; starting again in {pause:.0f} s")
                self._waiting.on(f"starting again: {ended.reason}")
                if not self._sleep(pause):
                    return 0

    def _attempt_once(self, folder: Path, stall_seconds: float) -> End:
        """Run one attempt to its end; one that is not to begin ends with status 0."""
        attempt = Attempt(self._options, self._options.job(), folder, self._cluster, self._say)
        try:
            if not (self._brokers_answer() and self._prism_is_there() and self._cluster_answers()):
                return End(status=0)  # told to stop before anything ran
            attempt.job = replace(attempt.job, topic_id=self._topic_id)
            return self._watch(attempt, stall_seconds)
        finally:
            self._meter = self._attempt = None
            STREAM_READY.set(0)
            attempt.end()

    @contextlib.contextmanager
    def _signal_handlers(self) -> Iterator[None]:
        def count(_number: int, _frame: FrameType | None) -> None:
            self._signals += 1

        before = {number: signal.signal(number, count) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _sleep(self, seconds: float) -> bool:
        """Wait; return False at once when the command is told to stop."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._signals:
                return False
            time.sleep(_TICK_SECONDS)
        return not self._signals

    def _prism_is_there(self) -> bool:
        """Wait until there is a Prism to start, which is built once; return False when told to stop meanwhile."""
        engine = self._options.engine
        if engine.job_endpoint is not None or engine.prism is not None:
            return not self._signals
        failed: list[services.ServiceError] = []

        def fetch() -> None:
            try:
                services.fetch_prism()
            except services.ServiceError as error:
                failed.append(error)

        # Ends with this process, and so does what it has started.
        fetching = threading.Thread(target=fetch, name="fetch-prism", daemon=True)
        fetching.start()
        while fetching.is_alive():
            self._ran_at = time.monotonic()  # no fault of the job
            self._wait_on("waiting for Prism to be built")
            fetching.join(_TICK_SECONDS)
            if self._signals:
                return False
        if failed:
            raise JobStopped(f"cannot start Prism: {failed[0]}") from failed[0]
        return True

    def _brokers_answer(self) -> bool:
        """Wait until brokers answer and topics are there; return False when told to stop meanwhile."""
        reason = f"waiting for Kafka at {', '.join(self._options.connection.bootstrap_servers)}"
        while True:
            try:
                self._options.connection.check()
                self._met = True
                break
            except PERMANENT_ERRORS as error:
                raise JobStopped(f"Kafka refuses the connection: {error}") from error
            except (KafkaError, OSError) as error:
                if isinstance(error, LoginRefusedError) and not self._met:  # later it may be a broker that restarts
                    raise JobStopped(f"Kafka refuses the connection: {error}") from error
                self._ran_at = time.monotonic()  # no fault of the job
                self._wait_on(reason, f": {type(error).__name__}: {error}")
                if not self._sleep(1.0):
                    return False
        job = self._options.job()
        try:
            prepare(job, self._options.new_topics)
            raw = job.topics.raw
            found = until_answered("read topic ids", lambda: topic_ids(job.connection, [raw]))
            self._topic_id = found.get(raw)
            job = replace(job, topic_id=self._topic_id)
            for restored in restore_positions(job, begin_anew=self._options.begin_anew):
                self._say(restored)
            self._say(_positions(until_answered("read positions", lambda: lag(job))))
        except PERMANENT_ERRORS as error:
            raise JobStopped(f"Kafka refuses the request: {error}") from error
        return not self._signals

    def _wait_on(self, reason: str, detail: str = "") -> None:
        self._show(Progress(reason))
        self._waiting.on(reason, detail)

    def _cluster_answers(self) -> bool:
        """Wait until Flink takes a job, free of what earlier ones left; return False when told to stop meanwhile."""
        engine = self._options.engine
        if engine.runner != "flink" or engine.job_endpoint is None:
            return not self._signals
        slots_deadline = math.inf
        while True:
            reason = f"waiting for Beam's job service at {engine.job_endpoint}"
            error = ""
            try:
                host, _, port = engine.job_endpoint.rpartition(":")
                socket.create_connection((host, int(port)), timeout=5).close()
                if self._cluster is None:
                    break
                reason = f"waiting for Flink at {engine.flink_rest}"
                if not self._cluster.cancel(self._options.job_name, _CANCEL_SECONDS):
                    self._say("Flink does not end an earlier job of this name; going on beside it")
                    break
                reason = f"waiting for {engine.parallelism} free slots at {engine.flink_rest}"
                slots_deadline = min(slots_deadline, time.monotonic() + _SLOTS_SECONDS)
                # A cluster that makes slots on demand shows none before it is asked for them.
                if self._cluster.free_slots() >= engine.parallelism or time.monotonic() > slots_deadline:
                    break
            except flink.ERRORS as found:
                error = f": {type(found).__name__}: {found}"
            self._wait_on(reason, error)
            if not self._sleep(0.5):
                return False
        return not self._signals

    def _watch(self, attempt: Attempt, stall_seconds: float) -> End:
        """Follow an attempt until it ends or the command is told to stop."""
        attempt.start()
        self._attempt = attempt
        meter = self._meter = Meter(attempt.job, self._show, self._say)
        ran_since = math.inf
        try:
            while not self._signals:
                sound = meter.moved or (meter.waited() == 0 and time.monotonic() - ran_since > _SOUND_SECONDS)
                if failed := attempt.failed():
                    # A job that a successor has fenced ends before the meter looks again: to start it once more would
                    # take the job back.
                    with contextlib.suppress(KafkaError, OSError):
                        self._go_on_unless_superseded(attempt, control.standing(attempt.job))
                    return End(reason=failed.reason, cause=failed.cause, sound=sound)
                if meter.waited() > (stall_seconds if meter.moved else max(stall_seconds, _FIRST_COMMIT_SECONDS)):
                    reason = f"nothing was committed for {meter.waited():.0f} s though records wait"
                    return End(reason=reason, cause="stall", sound=sound)
                self._go_on_unless_superseded(attempt, meter.standing)
                if meter.lost_topic:
                    raise JobStopped(meter.lost_topic)
                if attempt.runs():
                    ran_since = min(ran_since, self._report_running(attempt))
                else:
                    self._waiting.on("the job does not run", f": {attempt.waits_for()}")
                self._tell_readiness()
                time.sleep(_TICK_SECONDS)
            return End(status=self._drain(attempt, meter))
        finally:
            meter.close()

    def _report_running(self, attempt: Attempt) -> float:
        """Take note that the job runs; return the time."""
        if self._waiting.reason:
            self._waiting.over()
            self._say(f"ready: the job runs, {attempt.age:.1f} s after its start")
        self._ran_at = time.monotonic()
        return self._ran_at

    def _tell_readiness(self) -> None:
        ready = self.unready() is None
        STREAM_READY.set(int(ready))
        if ready and self._options.heartbeat is not None:
            self._options.heartbeat.touch()

    @staticmethod
    def _go_on_unless_superseded(attempt: Attempt, standing: control.Standing) -> None:
        if standing is control.Standing.SUPERSEDED:
            raise JobStopped(f"another khabar stream with the job name {attempt.job.name} has taken over")

    def _drain(self, attempt: Attempt, meter: Meter) -> int:
        """Let the readers stop and everything they read be committed; return the exit status."""
        self._say("stopping: no new records, what was read is being committed (once more to stop at once)")
        self._waiting.on("stopping")
        STREAM_READY.set(0)
        meter.state = "stopping"
        signals = self._signals
        deadline = time.monotonic() + self._options.drain_timeout
        drained = threading.Event()

        def ask() -> None:
            control.announce(attempt.job, draining=True)
            while not drained.is_set():
                with contextlib.suppress(KafkaError, OSError):
                    if meter.partitions and control.acknowledged(attempt.job) >= meter.partitions:
                        drained.set()
                        return
                time.sleep(_TICK_SECONDS)

        threading.Thread(target=ask, name="drain", daemon=True).start()
        while time.monotonic() < deadline and self._signals == signals and not drained.wait(_TICK_SECONDS):
            if attempt.failed() or not attempt.ran:
                break
        if drained.is_set() or attempt.finished():
            self._say("stopped: all that was read is committed")
            return 0
        if not attempt.ran:
            self._say("stopped: the job had not begun, so nothing is under way")
            return 0
        why = "asked again" if self._signals != signals else f"not done after {self._options.drain_timeout:.0f} s"
        self._say(f"stopped at once ({why}): the next start goes on from the committed positions, nothing is lost")
        return 1


def _positions(now: Lag) -> str:
    """Return in one line where the job goes on."""
    several = [f"{source} at {position:,}" for source, position in now.positions.items()]
    shown = ", ".join(several[:_SHOWN_PARTITIONS]) + (", …" if len(several) > _SHOWN_PARTITIONS else "")
    return f"goes on with {shown}; {now.behind:,} records wait"


class _Saying(logging.Handler):
    """Hands what the Kafka layer reports, such as a reason to wait, to a function."""

    def __init__(self, say: Say) -> None:
        super().__init__(logging.WARNING)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        self._say(record.getMessage())
