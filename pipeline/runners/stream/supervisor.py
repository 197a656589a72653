"""`khabar stream`: keeps one streaming job running until it is told to stop.

This process supervises. It waits for the brokers, prepares the topics, and runs attempts one after the other: a job
process (`pipeline.runners.stream.job`) and, where no other job service is named, a Prism of its own. When one of them
dies, both are ended and the next attempt continues from the committed positions. It shows progress from what is
committed, so the figures are the same for every runner.
"""

import contextlib
import logging
import math
import os
import pickle
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, MappingProxyType
from typing import Any, Final, Literal, Protocol

from kafka.errors import KafkaError

from pipeline import services
from pipeline.errors import JobStopped, cause_in
from pipeline.kafka import control as kafka_control
from pipeline.kafka.connection import PERMANENT_ERRORS, Connection, KafkaJob, LoginRefusedError, Topics
from pipeline.kafka.topics import Lag, NewTopics, lag, prepare, restore_positions
from pipeline.observe import logs
from pipeline.observe.metrics import STREAM_LAG, STREAM_MOVED, STREAM_RESTARTS
from pipeline.runners import flink
from pipeline.settings import PIPELINE_VERSION, Settings

_TICK_SECONDS: Final = 0.2
_FLINK_LOOK_SECONDS: Final = 1.0
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 30.0
_VAIN_ATTEMPTS: Final = 10
"""Attempts in a row that commit nothing before the command gives up."""
_CURRENT_SECONDS: Final = 15.0
"""A command that has not heard of its brokers for so long is not ready."""
_CANCEL_SECONDS: Final = 20.0
"""How long the cluster may take to end what an attempt left on it."""
_FIRST_COMMIT_SECONDS: Final = 120.0
"""What an attempt may take to its first commit at least: processes start and load, on a machine that is busy."""
_SLOTS_SECONDS: Final = 30.0
"""How long slots are waited for before the job is submitted all the same."""
_FOR_EVER: Final = str(2**63 - 1)
_FLINK_BUNDLE_MS: Final = 20
"""How soon Flink ends a bundle whose readers have handed over; its default of a second would be idle time."""
_IDLE_SECONDS: Final = {"prism": 0.25, "flink": 1.0}
"""Flink keeps a little state for each hand-over, so an empty partition is looked at less often there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamOptions:
    """What `khabar stream` was asked to do."""

    connection: Connection
    topics: Topics = field(default_factory=Topics)
    job_name: str = "khabar"
    runner: Literal["prism", "flink"] = "prism"
    settings: Settings = field(default_factory=Settings)
    create_topics: NewTopics | None = None
    job_endpoint: str | None = None
    """``host:port`` of the job service; Prism is started when there is none, Flink needs one."""
    worker_pool: str | None = None
    """``host:port`` of the pool that starts Python workers for Flink."""
    flink_rest: str | None = None
    """Flink's REST address; with it a lost job is noticed at once, and nothing is left on the cluster."""
    prism: Path | None = None
    """Prism binary; without it the one that `make services` fetched, else the one that Beam fetches."""
    parallelism: int = 1
    checkpoint_seconds: float | None = None
    """Flink: time between checkpoints; the promise does not need them."""
    bundle_seconds: float = 1.0
    max_message_bytes: int = 10_000_000
    transaction_seconds: float = 60.0
    compression: Literal["gzip", "snappy", "lz4", "zstd"] | None = None
    new_partitions_seconds: float = 30.0
    drain_seconds: float = 60.0
    """Longest time that an orderly stop may take."""
    stall_seconds: float = 300.0
    """An attempt that commits nothing for so long, though records wait and brokers answer, is given up.

    Two minutes at least for its first commit, and twice as long after each attempt in a row that ended so, since a
    bundle of slow records may need it.
    """
    heartbeat: Path | None = None
    """File that is touched while brokers answer and the run is current, for health checks."""
    graph: str = "pipeline.graph:build"
    """The graph to run; benchmarks and tests have others."""
    debug: bool = False

    def check(self) -> None:
        """Raise `JobStopped` for options that do not go together."""
        if self.runner == "flink" and not (self.job_endpoint and self.worker_pool):
            raise JobStopped("--runner flink needs --job-endpoint and --worker-pool (`make services` prints both)")
        if self.settings.index_url == "memory:":
            raise JobStopped("a stream needs an article index that outlives it: --index sqlite:///… or postgresql://…")

    def job(self) -> KafkaJob:
        """Return the Kafka side of a new run."""
        return KafkaJob(
            name=self.job_name,
            run=secrets.token_hex(6),
            connection=self.connection,
            topics=self.topics,
            pipeline_version=PIPELINE_VERSION,
            bundle_records=self.settings.bundle_records,
            bundle_bytes=self.settings.bundle_bytes,
            bundle_seconds=self.bundle_seconds,
            max_record_bytes=self.settings.max_record_bytes,
            max_message_bytes=self.max_message_bytes,
            transaction_timeout_ms=int(self.transaction_seconds * 1000),
            compression=self.compression,
            new_partitions_seconds=self.new_partitions_seconds,
            idle_seconds=_IDLE_SECONDS[self.runner],
        )

    def beam_arguments(self, job: KafkaJob, endpoint: str) -> list[str]:
        """Return the arguments of the Beam pipeline."""
        common = ["--streaming", f"--job_name={job.name}-{job.run}", f"--job_endpoint={endpoint}"]
        if self.runner == "prism":
            return [*common, "--runner=PrismRunner", "--environment_type=LOOPBACK"]
        arguments = [
            *common,
            "--runner=PortableRunner",
            "--environment_type=EXTERNAL",
            f"--environment_config={self.worker_pool}",
            f"--parallelism={self.parallelism}",
            f"--max_bundle_time_mills={_FLINK_BUNDLE_MS}",
            # A source that ended would make Flink resume the readers without a pause, and never end the job.
            f"--shutdown_sources_after_idle_ms={_FOR_EVER}",
            "--number_of_execution_retries=2147483647",
            "--execution_retry_delay=1000",
        ]
        if self.checkpoint_seconds is not None:
            arguments.append(f"--checkpointing_interval={int(self.checkpoint_seconds * 1000)}")
        return arguments


@dataclass(frozen=True, slots=True)
class Progress:
    """What an onlooker sees."""

    state: str
    """``running``, or why nothing moves."""
    lag: Lag | None = None
    rate: float = 0.0
    """Committed source offsets per second, over the last few seconds."""


class Say(Protocol):
    """Takes a line that a log should hold, with what a program should find in it, such as a record's coordinates."""

    def __call__(self, text: str, fields: Mapping[str, Any] = MappingProxyType({})) -> None: ...


class Supervisor:
    """Runs the attempts of one `khabar stream`."""

    def __init__(self, options: StreamOptions, show: Callable[[Progress], None], say: Say) -> None:
        """`show` is told of progress about once a second, `say` of each change that a log should hold."""
        self._options = options
        self._show = show
        self._say = say
        self._signals = 0
        self._meter: _Meter | None = None
        self._met = False
        """Whether brokers have ever answered."""
        self._cluster = flink.Cluster(options.flink_rest) if options.flink_rest else None

    def unready(self) -> str | None:
        """Return why the stream does not do its work now, None when it does."""
        meter = self._meter
        if meter is None:
            return "no job runs"
        if time.monotonic() - meter.heard_at > _CURRENT_SECONDS:
            return "Kafka does not answer"
        if meter.waited() > max(_CURRENT_SECONDS, self._options.stall_seconds / 2):
            return f"nothing was committed for {meter.waited():.0f} s though records wait"
        return None

    def run(self) -> int:
        """Stream until SIGTERM or SIGINT; return the exit status: 0 when the job was drained.

        Raises:
            JobStopped: the job cannot run with these options, or cannot go on.
        """
        self._options.check()
        logging.getLogger("pipeline").addHandler(_Saying(self._say))
        logging.getLogger("kafka").setLevel(logging.CRITICAL)  # its errors come as exceptions, and are said once
        with self._signal_handlers(), tempfile.TemporaryDirectory(prefix="khabar-") as folder:
            vain, stalls, pause = 0, 0, _FIRST_PAUSE
            while True:
                attempt = _Attempt(self._options, self._options.job(), Path(folder), self._cluster, self._say)
                try:
                    if not (self._brokers_answer() and self._cluster_answers()):
                        return 0  # told to stop before anything ran
                    ended = self._watch(attempt, self._options.stall_seconds * 2**stalls)
                finally:
                    self._meter = None
                    attempt.end()
                if ended.status is not None:
                    return ended.status
                STREAM_RESTARTS.labels(ended.cause).inc()
                stalls = stalls + 1 if ended.cause == "stall" and not ended.moved else 0
                vain, pause = (0, _FIRST_PAUSE) if ended.moved else (vain + 1, min(pause * 2, _LONGEST_PAUSE))
                if vain >= _VAIN_ATTEMPTS:
                    raise JobStopped(f"{vain} attempts in a row committed nothing; the last one: {ended.reason}")
                self._say(f"{ended.reason}; starting again in {pause:.0f} s")
                if not self._sleep(pause):
                    return 0

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

    def _brokers_answer(self) -> bool:
        """Wait until brokers answer and topics are there; return False when told to stop meanwhile."""
        reported = ""
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
                reason = f"waiting for Kafka at {', '.join(self._options.connection.bootstrap_servers)}"
                self._show(Progress(reason))
                if reported != reason:
                    reported = reason
                    self._say(f"{reason}: {type(error).__name__}: {error}")
                if not self._sleep(1.0):
                    return False
        job = self._options.job()
        try:
            prepare(job, self._options.create_topics)
            for restored in restore_positions(job):
                self._say(restored)
        except PERMANENT_ERRORS as error:
            raise JobStopped(f"Kafka refuses the request: {error}") from error
        return not self._signals

    def _cluster_answers(self) -> bool:
        """Wait until Flink takes a job, free of what earlier ones left; return False when told to stop meanwhile."""
        endpoint = self._options.job_endpoint
        if self._options.runner != "flink" or endpoint is None:
            return not self._signals
        reported = ""
        slots_deadline = math.inf
        while True:
            reason = f"waiting for Beam's job service at {endpoint}"
            try:
                host, _, port = endpoint.rpartition(":")
                socket.create_connection((host, int(port)), timeout=5).close()
                if self._cluster is None:
                    break
                reason = f"waiting for Flink at {self._options.flink_rest}"
                if not self._cluster.cancel(self._options.job_name, _CANCEL_SECONDS):
                    self._say("Flink does not end an earlier job of this name; going on beside it")
                    break
                reason = f"waiting for {self._options.parallelism} free slots at {self._options.flink_rest}"
                slots_deadline = min(slots_deadline, time.monotonic() + _SLOTS_SECONDS)
                # A cluster that makes slots on demand shows none before it is asked for them.
                if self._cluster.free_slots() >= self._options.parallelism or time.monotonic() > slots_deadline:
                    break
                error = ""
            except flink.ERRORS as found:
                error = f": {type(found).__name__}: {found}"
            self._show(Progress(reason))
            if reported != reason:
                reported = reason
                self._say(f"{reason}{error}")
            if not self._sleep(0.5):
                return False
        return not self._signals

    def _watch(self, attempt: "_Attempt", stall_seconds: float) -> "_End":
        """Follow an attempt until it ends or the command is told to stop."""
        attempt.start()
        meter = self._meter = _Meter(attempt.job, self._show, self._say, self._options.heartbeat)
        try:
            while not self._signals:
                if failed := attempt.failed():
                    # A job that a successor has fenced ends before the meter looks again: to start it once more would
                    # take the job back.
                    with contextlib.suppress(KafkaError, OSError):
                        self._go_on_unless_superseded(attempt, kafka_control.standing(attempt.job))
                    return _End(reason=failed.reason, cause=failed.cause, moved=meter.moved)
                if meter.waited() > (stall_seconds if meter.moved else max(stall_seconds, _FIRST_COMMIT_SECONDS)):
                    reason = f"nothing was committed for {meter.waited():.0f} s though records wait"
                    return _End(reason=reason, cause="stall", moved=meter.moved)
                self._go_on_unless_superseded(attempt, meter.standing)
                time.sleep(_TICK_SECONDS)
            return _End(status=self._drain(attempt, meter))
        finally:
            meter.close()

    @staticmethod
    def _go_on_unless_superseded(attempt: "_Attempt", standing: kafka_control.Standing) -> None:
        if standing is kafka_control.Standing.SUPERSEDED:
            raise JobStopped(f"another khabar stream with the job name {attempt.job.name} has taken over")

    def _drain(self, attempt: "_Attempt", meter: "_Meter") -> int:
        """Let the readers stop and everything they read be committed; return the exit status."""
        self._say("stopping: no new records, what was read is being committed (once more to stop at once)")
        meter.state = "stopping"
        signals = self._signals
        deadline = time.monotonic() + self._options.drain_seconds
        drained = threading.Event()

        def ask() -> None:
            kafka_control.announce(attempt.job, draining=True)
            while not drained.is_set():
                with contextlib.suppress(KafkaError, OSError):
                    if meter.partitions and kafka_control.acknowledged(attempt.job) >= meter.partitions:
                        drained.set()
                        return
                time.sleep(_TICK_SECONDS)

        threading.Thread(target=ask, name="drain", daemon=True).start()
        while time.monotonic() < deadline and self._signals == signals and not drained.wait(_TICK_SECONDS):
            if attempt.failed():
                break
        if drained.is_set() or attempt.finished():
            self._say("stopped: all that was read is committed")
            return 0
        why = "asked again" if self._signals != signals else f"not done after {self._options.drain_seconds:.0f} s"
        self._say(f"stopped at once ({why}): the next start goes on from the committed positions, nothing is lost")
        return 1


class _Saying(logging.Handler):
    """Hands what the Kafka layer reports, such as a reason to wait, to a function."""

    def __init__(self, say: Say) -> None:
        super().__init__(logging.WARNING)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        self._say(record.getMessage())


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """How an attempt ended: with the command's exit status, or for a reason to try again."""

    status: int | None = None
    reason: str = ""
    cause: Literal["job", "runner", "stall"] = "job"
    moved: bool = False
    """Whether it committed anything."""


class _Attempt:
    """One job process, and the Prism that runs its job."""

    def __init__(
        self, options: StreamOptions, job: KafkaJob, folder: Path, cluster: flink.Cluster | None, say: Say
    ) -> None:
        self._options = options
        self.job = job
        self._cluster = cluster
        self._lost = ""
        self._stopped: JobStopped | None = None
        self._folder = folder
        self._say = say
        self._prism: services.Prism | None = None
        self._errors: list[str] = []
        self._started = False
        # Loads what it needs while brokers and cluster are waited for, and begins with what `start` writes to it.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pipeline.runners.stream.job"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=services.die_with_parent,
        )

    def start(self) -> None:
        """Announce the run and start its job. Raises `JobStopped` when Prism cannot be had."""
        self._started = True
        kafka_control.announce(self.job)
        endpoint = self._options.job_endpoint
        if endpoint is None:
            try:
                self._prism = services.Prism(self._folder, binary=self._options.prism, dies_with_parent=True)
                self._prism.start()
            except services.ServiceError as error:
                raise JobStopped(f"cannot start Prism: {error}") from error
            endpoint = self._prism.job_endpoint
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError), self._process.stdin as stdin:
            pickle.dump((self._options, self.job, endpoint), stdin)
        threading.Thread(target=self._read_errors, name="job-errors", daemon=True).start()
        if self._cluster is not None:
            threading.Thread(target=self._look_after, args=(self._cluster,), name="flink-job", daemon=True).start()

    def _look_after(self, cluster: flink.Cluster) -> None:
        """Notice that the cluster has lost the job, or starts it again and again in vain.

        A job manager that was started anew knows nothing of the job. A worker that says why the job cannot go on is not
        heard by Flink, which only sees a failure.
        """
        state = ""
        while self._process.poll() is None and not self._lost:
            time.sleep(_FLINK_LOOK_SECONDS)
            with contextlib.suppress(*flink.ERRORS):
                known = cluster.jobs(self.job.name).get(self.job.run)
                if known is not None:
                    state = known[1]
                    self._stopped = next(filter(None, map(cause_in, cluster.failures(known[0]))), None)
                    if state in flink.FINAL_STATES:
                        self._lost = f"Flink says that the job is {state.lower()}"
                elif state:
                    self._lost = "the job manager was started anew and does not know the job"

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            text = line.decode("utf-8", "replace").rstrip()
            entry = logs.parse(text)
            if entry is not None:
                self._say(entry.pop("message"), entry)
                continue
            if self._options.debug:
                self._say(text)
            self._errors = [*self._errors[-20:], text]

    def failed(self) -> "_End | None":
        """Return why this attempt is over, None while it runs. Raises `JobStopped` when another one cannot help."""
        from pipeline.runners.stream.job import EXIT_STOPPED

        if self._prism is not None and not self._prism.process.running:
            return _End(reason=f"Prism ended with status {self._prism.process.status}", cause="runner")
        if self._stopped is not None:
            raise self._stopped
        status = self._process.poll()
        if status is None:
            return _End(reason=self._lost, cause="runner") if self._lost else None
        time.sleep(_TICK_SECONDS)  # for the last lines of its errors
        if status < 0:
            return _End(reason=f"the job process was ended by {signal.Signals(-status).name}")
        last = self._errors[-1] if self._errors else f"status {status}"
        if status == EXIT_STOPPED:
            raise JobStopped(last)
        return _End(reason=f"the job ended: {last}")

    def finished(self) -> bool:
        """Whether the job came to its own end."""
        return self._process.poll() == 0

    def end(self) -> None:
        """End the attempt's processes; on Flink the job is cancelled first."""
        if self._started and self._prism is None and self._cluster is None:  # only this process can cancel the job
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(15)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._prism is not None:
            self._prism.process.kill()
        elif self._started and self._cluster is not None:
            # A job server that died, or was still submitting, knows nothing of a job that it should cancel.
            with contextlib.suppress(*flink.ERRORS):
                self._cluster.cancel(self.job.name, _CANCEL_SECONDS)


class _Meter:
    """Looks at the committed positions and at the standing of the run, about once a second, in a thread."""

    def __init__(
        self,
        job: KafkaJob,
        show: Callable[[Progress], None],
        say: Say,
        heartbeat: Path | None,
    ) -> None:
        self._job = job
        self._heartbeat = heartbeat
        self._show = show
        self._say = say
        self._closed = threading.Event()
        self._history: list[tuple[float, int]] = []
        self.state = "running"
        self.moved = False
        self.heard_at = time.monotonic()
        """When brokers last answered."""
        self._waits_since = math.inf
        self.partitions: frozenset[int] = frozenset()
        self.standing = kafka_control.Standing.CURRENT
        self._thread = threading.Thread(target=self._follow, name="progress", daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        lost, failures = "", 0
        while not self._closed.wait(1.0):
            try:
                now = lag(self._job)
                self.standing = kafka_control.standing(self._job)
            except (KafkaError, OSError) as error:
                failures += 1
                self._waits_since = math.inf  # no fault of the attempt
                if not lost and failures > 1:  # the first one may be a new coordinator's
                    lost = f"Kafka does not answer, waiting ({type(error).__name__})"
                    self._say(lost)
                self._show(Progress(lost or self.state))
                continue
            failures = 0
            self.heard_at = time.monotonic()
            if self._heartbeat is not None:
                self._heartbeat.touch()
            if lost:
                lost = ""
                self._say("Kafka answers again")
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
            self._history = [*self._history[-9:], (time.monotonic(), now.committed)]
            (began, first), (ended, last) = self._history[0], self._history[-1]
            rate = (last - first) / (ended - began) if ended > began else 0.0
            self._show(Progress(self.state, now, rate))

    def waited(self) -> float:
        """Return for how long records have been waiting without any commit, in seconds."""
        return max(0.0, time.monotonic() - self._waits_since)

    def close(self) -> None:
        self._closed.set()
        self._thread.join(10)
