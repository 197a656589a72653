"""Processes of services: started in groups of their own, watched until they are of use, ended by their own id."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import Explained

READY_SECONDS = 90.0
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


class ServiceError(Explained):
    """A service cannot be fetched or started; the message says which one, why, and what to do."""


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def accepts(path: Path) -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        return True
    return False


def children(pid: int) -> list[int]:
    """Return the process ids of the children of a process."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(folder.name))
    return found


def die_with_parent() -> None:
    """Make this process end when its parent does, however that ends; for ``preexec_fn``."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@dataclass(slots=True)
class Process:
    """One operating-system process in a process group of its own, with its log in a file."""

    name: str
    command: list[str]
    log: Path
    env: dict[str, str] = field(default_factory=dict)
    dies_with_parent: bool = False
    """End it when this process dies, even by SIGKILL (where the system can do that: Linux)."""
    _popen: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id, also the id of its group. Raises `ServiceError` when it was never started."""
        if self._popen is None:
            raise ServiceError(f"{self.name} was not started")
        return self._popen.pid

    @property
    def running(self) -> bool:
        """Whether the process exists (a paused one does)."""
        return self._popen is not None and self._popen.poll() is None

    @property
    def status(self) -> int | None:
        """Exit status, negative for a signal; None while it runs."""
        return self._popen.poll() if self._popen is not None else None

    def start(self) -> None:
        """Start the process; `wait` tells when it is of use."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(  # noqa: S603
                self.command,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **self.env},
                start_new_session=True,
                preexec_fn=die_with_parent if self.dies_with_parent else None,
            )

    def wait(self, ready: Callable[[], bool], seconds: float = READY_SECONDS) -> None:
        """Return when `ready` is true. Raises `ServiceError`, with the end of the log, on exit or after `seconds`."""
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.running:
                raise ServiceError(f"{self.name} exited while it started:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise ServiceError(f"{self.name} is not ready after {seconds:.0f} s:\n{self.tail()}")
            time.sleep(0.1)

    def tail(self, characters: int = 2000) -> str:
        """Return the end of the log."""
        return self.log.read_text("utf-8", "replace")[-characters:]

    def signal(self, number: int) -> None:
        """Send a signal to the process and its children, if it still runs."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def kill(self) -> None:
        """End the process and its children at once (SIGKILL)."""
        self.signal(signal.SIGKILL)
        self._reap(10)

    def stop(self, seconds: float = 10) -> None:
        """End the process in good order (SIGTERM), and at once when it takes longer than `seconds`."""
        self.signal(signal.SIGTERM)
        if not self._reap(seconds):
            self.kill()

    def _reap(self, seconds: float) -> bool:
        if self._popen is None:
            return True
        try:
            self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._popen.pid, signal.SIGKILL)  # children that outlived their parent
        return True
