"""Who may see the dashboard, and what a page may do in a browser."""

import asyncio
import hashlib
import hmac
import ipaddress
import secrets
import time
import unicodedata
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE: Final = "khabar"
_OPEN_PATHS: Final = ("/health", "/ready", "/login", "/static/")
_HEADERS: Final = {
    # No inline script and no inline style: text from the network cannot become either, even where escaping fails.
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
        " font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


class SecurityHeaders:
    """Sets the headers above on every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                if not scope["path"].partition("/static/")[1]:
                    headers["cache-control"] = "no-store"
            await send(message)

        await self._app(scope, receive, send_with_headers)


class Patience:
    """How long a wrong token makes the next one wait: longer with each, less as time passes."""

    def __init__(self, first: float = 0.25, most: float = 8.0) -> None:
        self._first = first
        self._most = most
        self._wrong = 0
        self._last = 0.0

    def delay(self, now: float) -> float:
        """Return the seconds to wait after a wrong token at `now`, in seconds of a clock that only goes on."""
        self._wrong = max(self._wrong - int((now - self._last) / 60), 0) + 1
        self._last = now
        return float(min(self._first * 2.0 ** min(self._wrong - 1, 10), self._most))


class TokenGate:
    """Asks for a token: in the header ``Authorization: Bearer …``, or once in a form that leaves a cookie."""

    def __init__(self, app: ASGIApp, token: str, patience: "Patience | None" = None) -> None:
        self._app = app
        self._token = token
        self._patience = patience or Patience()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._may_pass(scope):
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        path = _path(scope)
        if "authorization" in request.headers:  # a wrong token, not a missing one
            await asyncio.sleep(self._patience.delay(time.monotonic()))
        if "text/html" in request.headers.get("accept", ""):
            wanted = path + (f"?{request.url.query}" if request.url.query else "")
            response: PlainTextResponse | RedirectResponse = RedirectResponse(
                f"{scope.get('root_path', '')}/login?next={quote(wanted, safe='')}", 303
            )
        else:
            response = PlainTextResponse("a token is needed\n", 401, {"www-authenticate": "Bearer"})
        await response(scope, receive, send)

    def _may_pass(self, scope: Scope) -> bool:
        if any(_path(scope).startswith(path) for path in _OPEN_PATHS):
            return True
        kind, _, given = Headers(scope=scope).get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and same(given.strip(), self._token):
            return True
        return same(HTTPConnection(scope).cookies.get(COOKIE, ""), session(self._token))


class ProxyGate:
    """Hears only named proxies and this machine; others where a token is asked for as well."""

    def __init__(self, app: ASGIApp, proxies: Sequence[str], *, has_token: bool) -> None:
        self._app = app
        self._networks = [ipaddress.ip_network(proxy, strict=False) for proxy in proxies]
        self._has_token = has_token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._has_token and not self._is_known(scope.get("client")):
            await PlainTextResponse("only the proxy may ask\n", 403)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_known(self, client: tuple[str, int] | None) -> bool:
        try:
            address = ipaddress.ip_address(client[0]) if client else None
        except ValueError:
            return False
        return address is not None and (address.is_loopback or any(address in network for network in self._networks))


def session(token: str) -> str:
    """Return what the cookie holds in place of the token."""
    return hashlib.sha256(b"khabar dashboard session\0" + token.encode()).hexdigest()


def same(given: str, expected: str) -> bool:
    """Compare without telling by the time taken how much was right."""
    return hmac.compare_digest(given.encode(), expected.encode())


def new_form_key() -> str:
    """Return a secret that forms carry, so that no other site can send them."""
    return secrets.token_urlsafe(32)


def is_own_form(request: Request, key: object, expected: str) -> bool:
    """Whether a form came from a page of this dashboard."""
    return is_own_origin(request) and isinstance(key, str) and same(key, expected)


def is_own_origin(request: Request) -> bool:
    """Whether a request does not come from a page of another site, as far as the browser says."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def local_path(wanted: str) -> str:
    """Return `wanted` if it leads to a page of this site, else the first page."""
    parts = urlsplit(wanted)
    is_local = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return wanted if is_local and wanted.isprintable() and "\\" not in wanted else "/"


def web_address(url: str | None) -> str | None:
    """Return `url` as a browser may be sent there: http or https with a host, without credentials; else None."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            return None
    except ValueError:
        return None
    return _escaped(_without_credentials(url))


def readable_address(url: str) -> str:
    """Return `url` as people read it, letters unescaped; characters that are not seen stay or become escapes.

    Names and passwords in it are not shown.
    """
    shown = _without_credentials(url)
    try:
        readable = unquote(shown, errors="strict")
    except UnicodeDecodeError:
        readable = shown
    if readable.isprintable() and " " not in readable and visible(readable) == readable:
        return readable
    return _escaped(shown)


def _escaped(url: str) -> str:
    return "".join(c if c.isprintable() and not _is_unseen(c) else quote(c, errors="replace") for c in url)


def visible(text: str) -> str:
    """Return `text` without characters that are not seen and change how others are read: controls and directions."""
    return "".join(character for character in text if not _is_unseen(character))


def _is_unseen(character: str) -> bool:
    category = unicodedata.category(character)
    return category in {"Cc", "Cs"} or (category == "Cf" and character not in _JOINERS)


_JOINERS: Final = "\u200c\u200d\u00ad"
"""Needed within words of Persian and Indian languages, and in hyphenated ones."""


def _without_credentials(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    end = next((at for at, character in enumerate(rest) if character in "/?#\\"), len(rest))
    host = rest[:end].rpartition("@")[2]
    return f"{scheme}{separator}{host}{rest[end:]}" if separator else url


def _path(scope: Scope) -> str:
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "")) or "/"
