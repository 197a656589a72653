"""Starts the dashboard's web server."""

import ipaddress
import socket
from typing import Any, Final

import uvicorn
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from pipeline.dashboard.app import Config, create_app
from pipeline.dashboard.limits import ImpatientProtocol
from pipeline.dashboard.security import ProxyGate
from pipeline.store import Reader, StoreError, open_database

_MAX_HEAD_BYTES: Final = 32 * 1024
"""Of a request before its body."""


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


def is_network(text: str) -> bool:
    """Whether `text` is an IP address or a network."""
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def serve(config: Config, listening: socket.socket, *, root_path: str = "", proxies: tuple[str, ...] = ()) -> None:
    """Serve until interrupted; with `proxies` only to them, and to this machine."""
    app: Any = create_app(config)
    if proxies:
        # What a proxy says of its client is believed; who is neither proxy nor on this machine is not heard.
        believing: Any = ProxyHeadersMiddleware(app, trusted_hosts=list(proxies))
        app = ProxyGate(believing, proxies, has_token=bool(config.token))
    uvicorn.Server(
        uvicorn.Config(
            app,
            http=ImpatientProtocol,
            h11_max_incomplete_event_size=_MAX_HEAD_BYTES,
            root_path=root_path,
            proxy_headers=False,
            log_level="warning",
            access_log=False,
            server_header=False,
        )
    ).run(sockets=[listening])
