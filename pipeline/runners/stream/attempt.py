"""One attempt of `khabar stream`: a job process and, where no other job service is named, a Prism of its own."""

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from kafka.errors import KafkaError

from pipeline import services
from pipeline.errors import JobStopped
from pipeline.kafka import control
from pipeline.kafka.connection import KafkaJob
from pipeline.observe import logs
from pipeline.observe.logs import Say
from pipeline.runners import flink
from pipeline.runners.stream.job import EXIT_STOPPED, RUNNING, WORKS
from pipeline.runners.stream.on_flink import OnFlink
from pipeline.runners.stream.options import StreamOptions

_FLINK_LOOK_SECONDS: Final = 1.0
_CANCEL_SECONDS: Final = 20.0
"""How long the cluster may take to end what an attempt left on it."""
_LAST_LINES_SECONDS: Final = 0.2
_LINES: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How an attempt ended: with the command's exit status, or for a reason to try again."""

    status: int | None = None
    reason: str = ""
    cause: Literal["job", "runner", "stall"] = "job"
    sound: bool = False
    """Whether it did its work: it committed something, or ran for a while with nothing to do."""


class Attempt:
    """One job process, and the Prism that runs its job."""

    def __init__(
        self, options: StreamOptions, job: KafkaJob, folder: Path, cluster: flink.Cluster | None, say: Say
    ) -> None:
        self._options = options
        self.job = job
        self._cluster = cluster
        self._on_flink: OnFlink | None = None
        self._folder = folder
        self._say = say
        self._prism: services.Prism | None = None
        self._errors: list[str] = []
        self._started_at: float | None = None
        self._submitted = False
        self.endpoint = ""
        """Job service that the job is submitted to."""
        works = [] if options.engine.runner == "flink" else [WORKS]
        # Loads what it needs while brokers and cluster are waited for, and begins with what `start` writes to it.
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "pipeline.runners.stream.job", *works],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=services.die_with_parent,
        )

    def start(self) -> None:
        """Announce the run and start its job. Raises `JobStopped` when Prism cannot be had."""
        self._started_at = time.monotonic()
        control.announce(self.job)
        engine = self._options.engine
        if engine.job_endpoint is None:
            try:
                self._prism = services.Prism(self._folder, binary=engine.prism, dies_with_parent=True)
                self._prism.start()
            except services.ServiceError as error:
                raise JobStopped(f"cannot start Prism: {error}") from error
        self.endpoint = engine.job_endpoint or (self._prism.job_endpoint if self._prism else "")
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError), self._process.stdin as stdin:
            pickle.dump((self._options, self.job, self.endpoint), stdin)
        threading.Thread(target=self._read_errors, name="job-errors", daemon=True).start()
        if self._cluster is not None:
            self._on_flink = OnFlink(self._cluster, self.job.name, self.job.run, self._is_superseded, self._say)
            threading.Thread(target=self._look_after, args=(self._on_flink,), name="flink-job", daemon=True).start()

    @property
    def age(self) -> float:
        """How long ago it was started, in seconds; 0 before that."""
        return time.monotonic() - self._started_at if self._started_at is not None else 0.0

    def runs(self) -> bool:
        """Whether the job service, and the cluster where it is known, say that the job runs."""
        return self._submitted and (self._on_flink is None or self._on_flink.runs())

    @property
    def ran(self) -> bool:
        """Whether the job has ever been seen to run, however shortly."""
        return self._submitted and (self._on_flink is None or self._on_flink.began)

    def waits_for(self) -> str:
        """Return what a job that does not run yet waits for."""
        if self._on_flink is None or not self._submitted:
            return f"the job service at {self.endpoint} has not taken the job"
        return self._on_flink.waits_for()

    def _is_superseded(self, run: str) -> bool:
        with contextlib.suppress(KafkaError, OSError):  # not known now, so not yet
            return control.standing(replace(self.job, run=run)) is control.Standing.SUPERSEDED
        return False

    def _look_after(self, on_flink: OnFlink) -> None:
        while self._process.poll() is None and not on_flink.lost:
            time.sleep(_FLINK_LOOK_SECONDS)
            with contextlib.suppress(*flink.ERRORS):
                on_flink.look()

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            text = line.decode("utf-8", "replace").rstrip()
            if text == RUNNING:
                self._submitted = True
                continue
            entry = logs.parse(text)
            if entry is not None:
                self._say(entry.pop("message"), entry)
                continue
            if self._options.debug:
                self._say(text)
            self._errors = [*self._errors[-_LINES:], text]

    def failed(self) -> End | None:
        """Return why this attempt is over, None while it runs. Raises `JobStopped` when another one cannot help."""
        if self._prism is not None and not self._prism.process.running:
            return End(reason=f"Prism ended with status {self._prism.process.status}", cause="runner")
        if self._on_flink is not None and self._on_flink.stopped is not None:
            raise self._on_flink.stopped
        status = self._process.poll()
        if status is None:
            lost = self._on_flink.lost if self._on_flink is not None else ""
            return End(reason=lost, cause="runner") if lost else None
        time.sleep(_LAST_LINES_SECONDS)
        if status < 0:
            return End(reason=f"the job process was ended by {signal.Signals(-status).name}")
        last = self._errors[-1] if self._errors else f"status {status}"
        if status == EXIT_STOPPED:
            raise JobStopped(last)
        return End(reason=f"the job ended: {last}")

    def finished(self) -> bool:
        """Whether the job came to its own end."""
        return self._process.poll() == 0

    def end(self) -> None:
        """End the attempt's processes; on Flink the job is cancelled first."""
        started = self._started_at is not None
        if started and self._prism is None and self._cluster is None:  # only this process can cancel the job
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(15)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._prism is not None:
            self._prism.process.kill()
        elif started and self._cluster is not None:
            # A job server that died, or was still submitting, knows nothing of a job that it should cancel.
            left = self._cluster.leave(self.job.name, _CANCEL_SECONDS)
            if left:
                self._say(f"the job may still be on Flink: {left}; the next start cancels it")
