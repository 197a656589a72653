"""`khabar worker-pool` with a task manager of its own beside it: they end together."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.services import free_port
from pipeline.services.process import children, listens
from tests.conftest import KHABAR
from tests.integration.conftest import eventually, has_ended

Pool = tuple[subprocess.Popen[str], int]


@pytest.fixture
def pool() -> Iterator[Pool]:
    """Start a pool with a command that never ends; give it and the process of that command."""
    for _ in range(3):  # another process may be quicker to take the port that was free
        port = free_port()
        command = [KHABAR, "worker-pool", f"--port={port}", "--", "sleep", "1000"]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        eventually(lambda: process.poll() is not None or bool(beside(process)), "pool and command run")  # noqa: B023
        if process.poll() is None:
            break
        process.communicate()
    try:
        eventually(lambda: listens(port), "the pool listens")
        yield process, beside(process)[0]
    finally:
        process.kill()
        process.communicate()


def beside(process: subprocess.Popen[str]) -> list[int]:
    """Return the process ids of the commands that run beside a pool."""
    found = []
    for pid in children(process.pid):
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"sleep\0"):
                found.append(pid)
    return found


def test_the_pool_ends_when_its_command_does(pool: Pool) -> None:
    process, beside = pool
    os.kill(beside, signal.SIGKILL)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said.splitlines()[-1] == "khabar: sleep has ended with status -9"


def test_the_command_ends_when_the_pool_is_told_to(pool: Pool) -> None:
    process, beside = pool
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 0
    eventually(lambda: has_ended(beside), "the command has ended")


def test_the_command_ends_when_the_pool_is_killed(pool: Pool) -> None:
    process, beside = pool
    process.kill()
    process.communicate(timeout=60)
    eventually(lambda: has_ended(beside), "the command has ended")
