"""Whoever has not logged in yet costs next to nothing: no file on disk, no connection for ever."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from pipeline.dashboard.limits import MAX_FORM_BYTES, ImpatientProtocol, SmallForms
from tests.integration.conftest import eventually


async def login(request: Request) -> PlainTextResponse:
    form = await request.form()
    return PlainTextResponse(str(form.get("token")))


async def large(request: Request) -> StreamingResponse:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(int(request.query_params["parts"])):
            yield b"x" * 20_000

    return StreamingResponse(parts())


APP = Starlette(routes=[Route("/login", login, methods=["GET", "POST"]), Route("/large", large)])


@pytest.fixture
def site() -> TestClient:
    return TestClient(SmallForms(APP))


def test_a_form_is_read(site: TestClient) -> None:
    assert site.post("/login", data={"token": "secret"}).text == "secret"


def test_an_upload_is_refused_before_it_is_read(site: TestClient) -> None:
    assert site.post("/login", files={"token": b"x" * 1_000_000}).status_code == 415


def test_a_form_without_end_is_refused(site: TestClient) -> None:
    assert site.post("/login", data={"token": "x" * MAX_FORM_BYTES}).status_code == 413


def test_a_form_that_does_not_come_is_not_waited_for() -> None:
    async def never() -> dict[str, object]:
        await asyncio.Event().wait()
        return {}

    statuses: list[int] = []

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])  # type: ignore[arg-type]

    scope = {"type": "http", "method": "POST", "path": "/login", "headers": []}
    asyncio.run(SmallForms(APP, seconds=0.01)(scope, never, send))  # type: ignore[arg-type]
    assert statuses == [408]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[uvicorn.Server]:
    monkeypatch.setattr(ImpatientProtocol, "seconds", 0.2)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(APP, http=ImpatientProtocol, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    eventually(lambda: server.started, "the server has started")
    yield server
    server.should_exit = True
    thread.join()


@pytest.fixture
def address(server: uvicorn.Server) -> tuple[str, int]:
    host, port = server.servers[0].sockets[0].getsockname()
    return str(host), int(port)


@pytest.mark.parametrize("beginning", [b"", b"GET /login HTTP/1.1\r\nhost: x\r\nx-slow: "])
def test_half_a_request_does_not_keep_its_connection(address: tuple[str, int], beginning: bytes) -> None:
    with socket.create_connection(address, timeout=60) as client:
        client.sendall(beginning)
        assert client.recv(1) == b""


@pytest.mark.parametrize("parts", [2, 1000], ids=["small", "large"])
def test_an_answer_that_is_not_read_does_not_keep_its_connection(
    server: uvicorn.Server, address: tuple[str, int], parts: int
) -> None:
    """Be it in the server's buffer as a whole, or still to be made for the most part."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        client.connect(address)
        client.sendall(b"GET /large?parts=%d HTTP/1.1\r\nhost: x\r\n\r\n" % parts)
        assert client.recv(100).startswith(b"HTTP/1.1 200")
        eventually(lambda: not server.server_state.connections, "the connection is gone")


def test_an_answer_that_is_read_slowly_comes_whole(address: tuple[str, int]) -> None:
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        client.connect(address)
        client.sendall(b"GET /large?parts=50 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        received = 0
        while some := client.recv(4096):
            received += len(some)
        assert received > 50 * 20_000


def test_whole_requests_are_answered(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=60) as client:
        for _ in range(2):
            client.sendall(b"GET /login HTTP/1.1\r\nhost: x\r\n\r\n")
            answer = b""
            while not answer.endswith(b"None"):
                answer += client.recv(1000)
            assert answer.startswith(b"HTTP/1.1 200")
