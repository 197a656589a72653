"""What anybody may cost before it is known who it is: small forms, and no connection that keeps the server waiting."""

import asyncio
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_FORM_BYTES: Final = 16 * 1024
_FORM: Final = "application/x-www-form-urlencoded"
_SECONDS: Final = 10.0


class SmallForms:
    """Refuses what is no small form: a body of another kind, such as an upload, would be spooled to disk."""

    def __init__(self, app: ASGIApp, seconds: float = _SECONDS) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        status, why = 0, ""
        if headers.get("content-type", "").partition(";")[0].strip() not in ("", _FORM):
            status, why = 415, f"only {_FORM} is understood\n"
        else:
            try:
                body = await asyncio.wait_for(_read(receive), self._seconds)
            except TimeoutError:
                status, why = 408, "the form did not come\n"
            else:
                if body is None:
                    status, why = 413, f"a form has at most {MAX_FORM_BYTES} bytes\n"
        if status:
            await PlainTextResponse(why, status, {"connection": "close"})(scope, receive, send)
            return
        messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def whole() -> Message:
            return messages.pop() if messages else await receive()

        await self._app(scope, whole, send)


async def _read(receive: Receive) -> bytes | None:
    """Return the body of a request, None when it is too large."""
    body: bytes = b""
    while True:
        message = await receive()
        more: bytes = message.get("body", b"")
        body += more
        if len(body) > MAX_FORM_BYTES:
            return None
        if not message.get("more_body"):
            return body


class ImpatientProtocol(H11Protocol):
    """HTTP as uvicorn speaks it, but a connection on which no request begins and none is answered is closed.

    Half a request, sent by the byte, would otherwise keep its connection for ever, and enough of them everybody else's;
    so would an answer that is not read.
    """

    seconds = _SECONDS

    def connection_made(self, transport: Any) -> None:
        """Look after the new connection."""
        super().connection_made(transport)
        self._seen: Any = None
        self._unread = 0
        self._stuck: asyncio.TimerHandle | None = None
        self._late = self.loop.call_later(self.seconds, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop looking."""
        self._late.cancel()
        self._is_read()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Break the connection off unless what waits to be read soon is."""
        super().pause_writing()
        self._stuck = self.loop.call_later(self.seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on: the client reads."""
        self._is_read()
        super().resume_writing()

    def _is_read(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None

    def _look(self) -> None:
        at_work = self.cycle is not None and not self.cycle.response_complete
        before, self._unread = self._unread, self.transport.get_write_buffer_size()
        if not at_work and self.cycle is self._seen and self._unread in (0, before):
            self.transport.abort()  # to close it would wait for what is not read
            return
        self._seen = self.cycle
        self._late = self.loop.call_later(self.seconds, self._look)
