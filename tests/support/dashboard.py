"""A dashboard that really listens, on a free port, in a thread."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from pipeline.dashboard.app import Config, create_app
from pipeline.dashboard.serve import listen


@contextmanager
def running(config: Config) -> Iterator[str]:
    """Serve until the block ends; give the address without a slash at the end."""
    listening = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(create_app(config), log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()
