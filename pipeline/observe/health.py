"""Metrics, health and readiness of a long-running process, over HTTP.

``/health`` answers as long as the process lives and could do its work; ``/ready`` says whether it does, and why not;
``/metrics`` is for Prometheus. Processes that start others share their metrics with them through a folder named by the
variable PROMETHEUS_MULTIPROC_DIR (Prometheus' own way): the one that serves adds them up.
"""

import contextlib
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

from pipeline.errors import stopping

SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"


@contextlib.contextmanager
def shared_folder() -> Iterator[None]:
    """Let this process and those that it starts share their metrics, in a folder of their own unless one is named.

    The client decides how it counts when it is first imported, so nothing that counts may be imported before the block.
    """
    if os.environ.get(SHARED):
        yield
        return
    with tempfile.TemporaryDirectory(prefix="khabar-metrics-", ignore_cleanup_errors=True) as folder:
        os.environ[SHARED] = folder
        try:
            yield
        finally:
            os.environ.pop(SHARED, None)


def exposition() -> bytes:
    """Return the metrics of this process, and of those that it shares a folder with, in Prometheus' text form."""
    from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    from pipeline.observe import metrics  # noqa: F401 - its metrics are what is served

    folder = os.environ.get(SHARED)
    if not folder or not Path(folder).is_dir():
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


@contextlib.contextmanager
def serving(
    port: int | None,
    job: str,
    unready: Callable[[], str | None] = lambda: None,
    host: str = "127.0.0.1",
    unwell: Callable[[], str | None] = lambda: None,
) -> Iterator[int | None]:
    """Serve until the block ends; give the port, or None where `port` is None and nothing is served.

    `unready` returns why the process does not do its work now, None when it does; `unwell` why it cannot by waiting on.
    """
    if port is None:
        yield None
        return
    from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/metrics":
                self._answer(200, exposition(), CONTENT_TYPE_PLAIN_0_0_4)
            elif path == "/health":
                self._say(unwell(), f"{job} lives")
            elif path == "/ready":
                self._say(unready(), "ready")
            else:
                self._answer(404, b"there are /metrics, /health and /ready\n")

        def _say(self, trouble: str | None, fine: str) -> None:
            self._answer(503 if trouble else 200, f"{trouble or fine}\n".encode())

        def _answer(self, status: int, body: bytes, content_type: str = "text/plain; charset=utf-8") -> None:
            self.send_response(status)
            self.send_header("content-type", content_type)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Keep requests of probes out of the log."""

    with stopping(OSError, doing=f"cannot serve metrics at {host}:{port}"):
        server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="health", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
