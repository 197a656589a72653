"""`khabar worker-pool`: it and a task manager beside it end together; a worker lives while it is wanted."""

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from apache_beam.portability.api import beam_fn_api_pb2, beam_fn_api_pb2_grpc, endpoints_pb2

from pipeline.services import free_port
from pipeline.services.process import children, listens
from tests.conftest import KHABAR
from tests.integration.conftest import eventually, has_ended


@dataclass(frozen=True, slots=True)
class Pool:
    process: subprocess.Popen[str]
    port: int

    def beside(self) -> int:
        """Return the process id of the command that runs beside the pool."""
        return _beside(self.process)[0]

    def workers(self) -> list[int]:
        return [pid for nursery in children(self.process.pid) for pid in children(nursery) if not has_ended(pid)]


@pytest.fixture
def pool() -> Iterator[Pool]:
    """Start a pool with a command that never ends."""
    for _ in range(3):  # another process may be quicker to take the port that was free
        port = free_port()
        command = [KHABAR, "worker-pool", f"--port={port}", "--", "sleep", "1000"]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        eventually(lambda: process.poll() is not None or bool(_beside(process)), "pool and command run")  # noqa: B023
        if process.poll() is None:
            break
        process.communicate()
    try:
        eventually(lambda: listens(port), "the pool listens")
        yield Pool(process, port)
    finally:
        process.kill()
        process.communicate()


def _beside(process: subprocess.Popen[str]) -> list[int]:
    found = []
    for pid in children(process.pid):
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"sleep\0"):
                found.append(pid)
    return found


def test_the_pool_ends_when_its_command_does(pool: Pool) -> None:
    process, beside = pool.process, pool.beside()
    os.kill(beside, signal.SIGKILL)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said.splitlines()[-1] == "khabar: sleep has ended with status -9"


def test_the_command_ends_when_the_pool_is_told_to(pool: Pool) -> None:
    process, beside = pool.process, pool.beside()
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 0
    eventually(lambda: has_ended(beside), "the command has ended")


def test_the_command_ends_when_the_pool_is_killed(pool: Pool) -> None:
    process, beside = pool.process, pool.beside()
    process.kill()
    process.communicate(timeout=60)
    eventually(lambda: has_ended(beside), "the command has ended")


def test_a_worker_whose_task_is_cancelled_while_it_starts_ends(pool: Pool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute, grpc.insecure_channel(f"localhost:{pool.port}") as channel:
        control = endpoints_pb2.ApiServiceDescriptor(url=f"localhost:{mute.getsockname()[1]}")
        request = beam_fn_api_pb2.StartWorkerRequest(worker_id="1", control_endpoint=control)
        call = beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolStub(channel).StartWorker.future(request)
        eventually(lambda: bool(pool.workers()), "the worker starts")
        assert not call.done(), "a worker that is not connected counted as started"
        call.cancel()
        eventually(lambda: not pool.workers(), "the worker ends", 20)
