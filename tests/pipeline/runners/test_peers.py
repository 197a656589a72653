"""Whose connection it is, also where another user has gone to lengths to look like this one."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from pipeline.runners.peers import refusal
from tests.support.sockets import NOBODY

CONNECT = """
import os, socket, sys
os.setgroups([])
os.setgid({uid})
os.setuid({uid})
client = socket.socket()
client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
client.bind(("127.0.0.1", {port}))
client.connect(("127.0.0.1", {to}))
print(client.getsockname()[1], flush=True)
sys.stdin.read()
"""


@pytest.fixture
def service() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def port_of(one: socket.socket) -> int:
    return int(one.getsockname()[1])


@contextlib.contextmanager
def connected_as(uid: int, to: int, port: int = 0) -> Iterator[int]:
    """Connect as another user, from a port that may be named; yield that port."""
    code = CONNECT.format(uid=uid, to=to, port=port)
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdin is not None
        yield int(process.stdout.readline())
        process.stdin.close()


def test_this_user_may_and_another_may_not(service: socket.socket) -> None:
    to = port_of(service)
    with connected_as(os.getuid(), to) as port:
        assert refusal(f"ipv4:127.0.0.1:{port}", to) is None
    with connected_as(NOBODY, to) as port:
        assert f"is that of user {NOBODY}" in str(refusal(f"ipv4:127.0.0.1:{port}", to))
        assert refusal(f"ipv4:127.0.0.1:{port}", to, frozenset({NOBODY})) is None


def test_a_port_that_this_user_connects_from_elsewhere_lets_nobody_in(service: socket.socket) -> None:
    """The kernel gives one port to connections of several users, as long as they lead to different places."""
    to = port_of(service)
    with socket.create_server(("127.0.0.1", 0)) as elsewhere, socket.socket() as own:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        own.bind(("127.0.0.1", 0))
        own.connect(elsewhere.getsockname())
        with connected_as(NOBODY, to, port_of(own)) as port:
            assert port == port_of(own)
            assert refusal(f"ipv4:127.0.0.1:{port}", to) is not None


def test_a_connection_that_is_closed_already_belongs_to_nobody(service: socket.socket) -> None:
    to = port_of(service)
    with connected_as(NOBODY, to) as port:
        pass
    assert "nobody any more" in str(refusal(f"ipv4:127.0.0.1:{port}", to))  # the kernel says that it is root's


def test_an_address_of_this_machine_without_a_connection_lets_nobody_in() -> None:
    assert refusal("ipv4:127.0.0.1:1", 2) is not None
    assert refusal("ipv6:[::1]:1", 2) is not None
    assert refusal("ipv4:192.0.2.1:1", 2) is None  # another machine, which was let in on purpose
