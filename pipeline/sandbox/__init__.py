"""Supervised processes for untrusted input: a deadline and a memory cap for every record, all cores at work.

A record that hangs, grows or crashes its process becomes a `Failure`; the process is replaced and the records beside it
are not harmed. Processes come from a fork server that has everything loaded, so a new one is ready at once.

The deadline counts the processor time of the record, so a machine that is busy or paused fails no record; waiting has a
limit of its own, several times as long. What fails in its chunk is tried again by itself before it is given up.
"""

import ctypes
import math
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import Any, Final

from pebble import ProcessExpired, ProcessPool

from pipeline.forking import start_fork_server
from pipeline.observe.metrics import STAGE_SECONDS
from schemas.reasons import Reason, Stage
from transforms.errors import Rejected

Work = Callable[..., Any]
"""A pure function of a module, called with one record's arguments."""

_RECYCLE_AFTER: Final = 1000
"""Tasks after which a process is replaced, against slow leaks in C libraries."""
_GRACE_S: Final = 1.0
"""Time between the deadline that a process keeps itself and the one that kills it."""
_PATIENCE: Final = 5.0
"""How many times its deadline a record may take by the clock, since other processes want the cores as well."""
_RETRIED: Final = frozenset({Reason.EXTRACT_TIMEOUT, Reason.EXTRACT_MEMORY})
"""Failures that the state of the machine may have caused."""
_PR_SET_PDEATHSIG: Final = 1
fork_server: int | None = None
"""Process id of the fork server, in it and in the processes that come of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a record could not be processed; it has crossed a process boundary, so it holds only text."""

    stage: Stage
    reason: Reason
    error_type: str
    message: str
    causes: tuple[str, ...] = ()


class _DeadlineExceeded(BaseException):
    """Not an `Exception`, so that no library swallows it."""

    def __init__(self, *, by_clock: bool) -> None:
        super().__init__()
        self.by_clock = by_clock


class Chunk:
    """Records that were handed to the sandbox together, in order."""

    def __init__(self, sandbox: "Sandbox", stage: Stage, work: Work, arguments: Sequence[tuple[Any, ...]]) -> None:
        self._sandbox = sandbox
        self._stage = stage
        self._work = work
        self._arguments = arguments
        self._results: list[Any] | None = None
        self._future = sandbox._schedule(stage, work, arguments)
        self._future.add_done_callback(partial(_observe, stage, time.monotonic()))

    @property
    def done(self) -> bool:
        """Whether `results` returns at once."""
        return self._results is not None or self._future.done()

    def results(self) -> list[Any]:
        """Return one result or `Failure` per record, waiting for it.

        A record that took its process down is found by running again, alone, what the process had left undone.
        """
        if self._results is None:
            self._results = self._collect(self._future, self._arguments)
        return self._results

    def _collect(self, future: "Future[list[Any]]", arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
        try:
            results = future.result()
        except (TimeoutError, ProcessExpired, MemoryError, OSError):
            return [self._alone(one) for one in arguments]
        results = [
            self._alone(one) if isinstance(result, Failure) and result.reason in _RETRIED else result
            for one, result in zip(arguments, results, strict=False)
        ]
        rest = arguments[len(results) :]
        if rest:
            results = results + self._collect(self._sandbox._schedule(self._stage, self._work, rest), rest)
        return results

    def _alone(self, arguments: tuple[Any, ...]) -> Any:
        """Run one record again by itself; what it comes to now is final."""
        try:
            (result,) = self._sandbox._schedule(self._stage, self._work, [arguments]).result()
        except (TimeoutError, ProcessExpired, MemoryError, OSError) as error:
            return self._fatal(error)
        return result

    def _fatal(self, error: BaseException) -> Failure:
        used_up = isinstance(error, ProcessExpired) and error.exitcode == -signal.SIGXCPU
        if used_up:
            reason, message = Reason.EXTRACT_TIMEOUT, _overdrawn(self._sandbox.deadline_s)
        elif isinstance(error, TimeoutError):
            reason, message = Reason.EXTRACT_TIMEOUT, _overdue(self._sandbox.deadline_s)
        elif isinstance(error, MemoryError):
            reason, message = Reason.EXTRACT_MEMORY, f"more than {self._sandbox.memory_mb} MiB needed"
        else:
            reason, message = Reason.EXTRACT_CRASH, f"the extraction process died: {error}"
        return Failure(stage=self._stage, reason=reason, error_type=type(error).__name__, message=message)


class Sandbox:
    """A pool of supervised processes, started on first use and shared by all stages of a Beam worker."""

    def __init__(
        self, *, workers: int, deadline_s: float, memory_mb: int, prepare: Callable[[], object] | None = None
    ) -> None:
        """`prepare` is called in each new process, before its first record and outside of its limits."""
        self.workers = workers
        self.deadline_s = deadline_s
        self.memory_mb = memory_mb
        self._pool = ProcessPool(
            max_workers=workers,
            max_tasks=_RECYCLE_AFTER,
            initializer=_start_process,
            initargs=(memory_mb * 1024 * 1024, prepare),
            context=start_fork_server(),
        )
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the processes now, so that the first record does not wait for them."""
        self._schedule(Stage.EXTRACT, _nothing, [()])

    def submit(self, stage: Stage, work: Work, arguments: Sequence[tuple[Any, ...]]) -> Chunk:
        """Hand over records; `work` is called in a process with each record's arguments."""
        return Chunk(self, stage, work, arguments)

    def close(self) -> None:
        """Stop all processes; what is under way is lost."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()

    def _schedule(self, stage: Stage, work: Work, arguments: Sequence[tuple[Any, ...]]) -> "Future[list[Any]]":
        # A chunk gives back what it has after half a deadline; what it has begun by then may still take all its time.
        hard_limit = self.deadline_s * (_PATIENCE if len(arguments) == 1 else _PATIENCE + 0.5) + _GRACE_S
        with self._lock:
            future: Future[list[Any]] = self._pool.schedule(
                _run_chunk, args=[stage, work, list(arguments), self.deadline_s], timeout=hard_limit
            )
        return future


def _observe(stage: Stage, started: float, _: "Future[list[Any]]") -> None:
    STAGE_SECONDS.labels(stage).observe(time.monotonic() - started)


def _nothing() -> None:
    """Work that only makes a process start."""


def _start_process(memory_bytes: int, prepare: Callable[[], object] | None) -> None:
    """Limit a new process: its memory, and its life to that of the fork server, which dies with the job."""
    # Pebble's own handler waits for the interpreter, which code that hangs in C never gives back.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, _on_alarm)
    signal.signal(signal.SIGPROF, _on_processor_time)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if fork_server is not None and os.getppid() != fork_server:
        os._exit(1)  # the server ended before it could be told
    if prepare is not None:
        prepare()
    # RLIMIT_DATA counts what the process allocates, not what it maps, such as libraries and shared models.
    limit = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 + memory_bytes
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _on_alarm(signum: int, frame: FrameType | None) -> None:
    raise _DeadlineExceeded(by_clock=True)


def _on_processor_time(signum: int, frame: FrameType | None) -> None:
    raise _DeadlineExceeded(by_clock=False)


def _overdrawn(deadline_s: float) -> str:
    return f"not done within {deadline_s:g} s of processor time"


def _overdue(deadline_s: float) -> str:
    return f"not done within {deadline_s * _PATIENCE:g} s"


def _run_chunk(stage: Stage, work: Work, arguments: Sequence[tuple[Any, ...]], deadline_s: float) -> list[Any]:
    """Run `work` for each record, in a sandbox process; give back early what is done when the chunk takes long."""
    started = time.monotonic()
    results: list[Any] = []
    for one in arguments:
        results.append(_run_one(stage, work, one, deadline_s))
        if time.monotonic() - started > deadline_s / 2:
            break
    return results


def _run_one(stage: Stage, work: Work, arguments: tuple[Any, ...], deadline_s: float) -> Any:
    _limit_processor_time(deadline_s + _GRACE_S)
    signal.setitimer(signal.ITIMER_PROF, deadline_s)
    signal.setitimer(signal.ITIMER_REAL, deadline_s * _PATIENCE)
    try:
        return work(*arguments)
    except Rejected as error:
        return _failure(error.stage, error.reason, error, error.message)
    except _DeadlineExceeded as error:
        message = _overdue(deadline_s) if error.by_clock else _overdrawn(deadline_s)
        return _failure(stage, Reason.EXTRACT_TIMEOUT, error, message)
    except MemoryError as error:
        return _failure(stage, Reason.EXTRACT_MEMORY, error, "the memory limit of the extraction process is reached")
    except Exception as error:  # the sandbox's purpose: any bug becomes one dead letter, with its payload
        return _failure(stage, Reason.INTERNAL_ERROR, error, str(error))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


def _limit_processor_time(seconds: float) -> None:
    """Let the system end this process when it has used so much more: code that hangs in C hears no signal."""
    limit = math.ceil(time.process_time() + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def _failure(stage: Stage, reason: Reason, error: BaseException, message: str) -> Failure:
    return Failure(
        stage=stage, reason=reason, error_type=type(error).__name__, message=message, causes=causes_of(error)
    )


def causes_of(error: BaseException, limit: int = 10) -> tuple[str, ...]:
    """Return the chain of exceptions that led to `error`, nearest first."""
    causes: list[str] = []
    cause = error.__cause__ or error.__context__
    while cause is not None and len(causes) < limit:
        causes.append(f"{type(cause).__name__}: {cause}")
        cause = cause.__cause__ or cause.__context__
    return tuple(causes)
