"""Starts the dashboard's web server."""

import socket

import uvicorn

from pipeline.dashboard.app import Config, create_app
from pipeline.store import Reader, StoreError, open_database


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on `host` and `port`; port 0 takes any that is free.

    Raises:
        StoreError: the address is not one of this machine, or is taken.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(128)
    except OSError as error:
        raise StoreError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    return listening


def check_store(url: str) -> None:
    """Make sure that the store can be read. Raises `StoreError` when it cannot."""
    Reader(open_database(url, read_only=True)).close()


def serve(config: Config, listening: socket.socket, *, root_path: str = "", behind_proxy: bool = False) -> None:
    """Serve until interrupted."""
    uvicorn.Server(
        uvicorn.Config(
            create_app(config),
            root_path=root_path,
            proxy_headers=behind_proxy,
            forwarded_allow_ips="*" if behind_proxy else "",
            log_level="warning",
            access_log=False,
            server_header=False,
        )
    ).run(sockets=[listening])
