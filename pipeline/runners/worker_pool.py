"""`khabar worker-pool`: starts the Python workers of Flink's task managers, and serves the metrics of all of them.

It speaks Beam's protocol for external worker pools and differs from Beam's own pool
(`apache_beam.runners.worker.worker_pool_main`) in what a job needs that must always come back:

* workers are forked from a process that has everything loaded, so a new one works at once;
* a worker ends as soon as it has lost its task manager, with whatever it was doing: a successor has its partitions;
* a worker that is no longer wanted when it is ready ends: Beam (2.56) forgets one whose task was cancelled meanwhile;
* no pipe is left unread, so no worker can stand still because it printed too much;
* task managers that name their workers alike can share a pool;
* it can run its task manager itself: when one of the two ends, the other does, so that whatever starts containers or
  services again starts both.
"""

import gc
import importlib
import logging
import multiprocessing
import os
import signal
import subprocess
import threading
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing import reduction
from multiprocessing.connection import Connection
from typing import Any, Final

import grpc
from apache_beam.portability.api import beam_fn_api_pb2, beam_fn_api_pb2_grpc
from apache_beam.utils.thread_pool_executor import shared_unbounded_instance

from pipeline.errors import JobStopped
from pipeline.observe import health, logs
from pipeline.runners.peers import is_loopback, refusal
from pipeline.services import die_with_parent

_log = logging.getLogger(__name__)

_LOADED: Final = (
    "apache_beam.runners.worker.sdk_worker",
    "pipeline.graph",
    "pipeline.sinks.kafka",
    "pipeline.sources.kafka",
)
_REAP_SECONDS: Final = 1.0
_LOOK_SECONDS: Final = 0.1
_STOP_SECONDS: Final = 20.0
"""What a task manager may take to end in good order."""


class _Nursery:
    """A process that forks workers. It has no threads and no connections of its own, so a fork of it is whole."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pipe, theirs = multiprocessing.Pipe()
        self.pid = os.fork()
        if self.pid == 0:
            self._pipe.close()
            try:
                _serve(theirs)
            except Exception:
                _log.exception("The process that starts workers has failed")
            finally:
                os._exit(0)
        theirs.close()

    def wait(self) -> None:
        """Return when everything is loaded. Raises `EOFError` when it cannot be."""
        self._pipe.recv()

    def start(self, worker_id: str, control: str) -> tuple[int, Connection]:
        """Fork a worker for the task manager whose control service is at `control`.

        Returns:
            its process id, and a pipe on which it says that it is connected; when it ends before, so does the pipe.
        """
        ours, theirs = multiprocessing.Pipe(duplex=False)
        with theirs, self._lock:
            self._pipe.send(("start", worker_id, control))
            reduction.send_handle(self._pipe, theirs.fileno(), self.pid)
            return int(self._pipe.recv()), ours

    def stop(self, pid: int) -> None:
        """End a worker, if it still runs."""
        with self._lock:
            self._pipe.send(("stop", pid))
            self._pipe.recv()


def _serve(pipe: Connection) -> None:
    """Be the nursery: fork and end workers as asked, until the pool is gone."""
    die_with_parent()
    for module in _LOADED:
        importlib.import_module(module)
    gc.freeze()  # what is loaded is not looked at again by the collectors of the workers, and stays shared memory
    pipe.send("loaded")
    running: set[int] = set()
    while True:
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG)[0]) != 0:
                running.discard(ended)
        if not pipe.poll(_REAP_SECONDS):
            continue
        try:
            request = pipe.recv()
        except EOFError:
            return
        if request[0] == "stop":
            if request[1] in running:  # not reaped, so the id is still this worker's
                os.kill(request[1], signal.SIGKILL)
            pipe.send(None)
            continue
        _, worker_id, control = request
        connected = Connection(reduction.recv_handle(pipe), readable=False)
        pid = os.fork()
        if pid == 0:
            pipe.close()
            _work(worker_id, control, connected)
        connected.close()
        running.add(pid)
        pipe.send(pid)


def _work(worker_id: str, control: str, connected: Connection) -> None:
    """Be a worker until its task manager ends it or is gone; ends the process."""
    from apache_beam.runners.worker.sdk_worker import SdkHarness

    die_with_parent()
    status = 0
    try:
        harness = SdkHarness(control, worker_id=worker_id, state_cache_size=0, data_buffer_time_limit_ms=-1)
        with suppress(BrokenPipeError), connected:
            connected.send(None)
        harness.run()
    except Exception as error:
        status = 1
        _log.warning("Worker %s has lost its task manager at %s: %s", worker_id, control, type(error).__name__)
    os._exit(status)  # threads of the harness may still be at work on bundles that nobody waits for


class _Servicer(beam_fn_api_pb2_grpc.BeamFnExternalWorkerPoolServicer):  # type: ignore[misc]
    def __init__(self, nursery: _Nursery, port: int, users: frozenset[int]) -> None:
        self._nursery = nursery
        self._port = port
        self._users = users
        self._workers: defaultdict[str, list[int]] = defaultdict(list)

    def StartWorker(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Beam's call: start a worker, which will run whatever it is sent by the one who asks.

        It is answered when the worker is connected. A task that is cancelled before breaks the call off and never asks
        for the end of the worker, whose end of the connection Beam leaves open.
        """
        if why := refusal(context.peer(), self._port, self._users):
            _log.warning("A worker is refused: %s (--allow-user lets a user in)", why)
            context.abort(grpc.StatusCode.PERMISSION_DENIED, why)
        try:
            pid, connected = self._nursery.start(request.worker_id, request.control_endpoint.url)
            _log.info("Worker %s for %s is process %d", request.worker_id, request.control_endpoint.url, pid)
            with connected:
                while context.is_active() and not connected.poll(_LOOK_SECONDS):
                    pass
                if not context.is_active():
                    _log.info("Worker %s is no longer wanted", request.worker_id)
                    self._nursery.stop(pid)
                    return beam_fn_api_pb2.StartWorkerResponse()
                connected.recv()
        except (EOFError, OSError) as error:
            return beam_fn_api_pb2.StartWorkerResponse(error=f"the pool cannot start workers: {error!r}")
        self._workers[request.worker_id].append(pid)
        return beam_fn_api_pb2.StartWorkerResponse()

    def StopWorker(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Beam's call: end a worker. Where several have its name, each ends with its own task manager's connection."""
        if why := refusal(context.peer(), self._port, self._users):
            context.abort(grpc.StatusCode.PERMISSION_DENIED, why)
        pids = self._workers.pop(request.worker_id, [])
        if len(pids) == 1:
            with suppress(EOFError, OSError):
                self._nursery.stop(pids[0])
        return beam_fn_api_pb2.StopWorkerResponse()


def run(
    host: str,
    port: int,
    metrics_port: int | None,
    metrics_host: str,
    users: frozenset[int] = frozenset(),
    command: Sequence[str] = (),
) -> None:
    """Serve until SIGTERM, on this machine only for this user, root and `users`; `command` runs beside it.

    Raises:
        JobStopped: the port is taken, workers cannot be loaded, or one of the processes has ended by itself.
    """
    logs.log_to_stderr()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with health.shared_folder():
        nursery = _Nursery()  # before this process has threads
        try:
            nursery.wait()
        except EOFError as error:
            raise JobStopped("workers cannot be loaded; see the lines above") from error
        # A pool that reaches its workers' limit of streams would refuse pings of a busy task manager.
        options = [
            ("grpc.http2.max_pings_without_data", 0),
            ("grpc.http2.max_ping_strikes", 0),
            ("grpc.so_reuseport", 0),
        ]
        server = grpc.server(shared_unbounded_instance(), options=options)
        beam_fn_api_pb2_grpc.add_BeamFnExternalWorkerPoolServicer_to_server(_Servicer(nursery, port, users), server)
        try:
            server.add_insecure_port(f"{host}:{port}")
        except RuntimeError as error:
            raise JobStopped(f"cannot listen at {host}:{port}: {error}") from error
        if not is_loopback(host):
            _log.warning("Whoever reaches %s:%d over the network can have code run here as this user", host, port)
        server.start()
        _log.info("Starts workers at %s:%d", host, port)

        def unready() -> str | None:
            return None if os.path.exists(f"/proc/{nursery.pid}/exe") else "workers cannot be started"  # noqa: PTH110

        with health.serving(metrics_port, "worker-pool", unready, metrics_host), suppress(KeyboardInterrupt):
            _until_one_ends(nursery, command)


def _until_one_ends(nursery: _Nursery, command: Sequence[str]) -> None:
    """Run `command`, and return never: whatever starts this process again starts all of it."""
    beside = subprocess.Popen(command, preexec_fn=die_with_parent) if command else None  # noqa: S603
    try:
        pid, status = os.waitpid(-1, 0)
        if beside is not None and pid == beside.pid:
            raise JobStopped(f"{command[0]} has ended with status {os.waitstatus_to_exitcode(status)}")
        raise JobStopped("the process that starts workers has ended")
    finally:
        if beside is not None:
            _end(beside)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
