"""Who may see the dashboard, and what a page may do in a browser."""

import hashlib
import hmac
import secrets
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


class TokenGate:
    """Asks for a token: in the header ``Authorization: Bearer …``, or once in a form that leaves a cookie."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._may_pass(scope):
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        path = _path(scope)
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
    origin = request.headers.get("origin")
    own_origin = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    return own_origin and isinstance(key, str) and same(key, expected)


def local_path(wanted: str) -> str:
    """Return `wanted` if it leads to a page of this site, else the first page."""
    parts = urlsplit(wanted)
    is_local = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return wanted if is_local and wanted.isprintable() and "\\" not in wanted else "/"


def web_address(url: str | None) -> str | None:
    """Return `url` if a browser may be sent there: http or https with a host, and nothing else."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.netloc else None


def readable_address(url: str) -> str:
    """Return `url` as people read it, letters unescaped; unchanged where invisible characters would appear."""
    try:
        readable = unquote(url, errors="strict")
    except UnicodeDecodeError:
        return url
    return readable if readable.isprintable() and " " not in readable else url


def _path(scope: Scope) -> str:
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "")) or "/"
