"""Who may see the dashboard, in which language and time zone, and whether it lives."""

import asyncio
import time
from typing import Final

from prometheus_client import REGISTRY, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from pipeline.dashboard import messages, security, wording
from pipeline.dashboard.site import Site

_YEAR: Final = 365 * 86400


def login_form(site: Site, request: Request) -> Response:
    """Ask for the token."""
    return site.page(request, "login.html", wanted=request.query_params.get("next", "/"), wrong=False)


async def login(site: Site, request: Request) -> Response:
    """Let in who has the token; who has not waits before trying again."""
    form = await request.form()
    wanted = security.local_path(str(form.get("next", "/")))
    token = site.config.token
    if not token or not security.same(str(form.get("token", "")), token):
        await asyncio.sleep(site.patience.delay(time.monotonic()))
        return site.page(request, "login.html", wanted=wanted, wrong=True, status=401)
    response = RedirectResponse(f"{request.scope.get('root_path', '')}{wanted}", 303)
    _keep(request, response, security.COOKIE, security.session(token), None)
    return response


async def logout(site: Site, request: Request) -> Response:
    """Forget that the token was given."""
    if not security.is_own_origin(request):
        return PlainTextResponse("this form is not from here\n", 403)
    response = RedirectResponse(f"{request.scope.get('root_path', '')}/login", 303)
    response.delete_cookie(security.COOKIE, path=request.scope.get("root_path") or "/")
    return response


def settings(site: Site, request: Request) -> Response:
    """Remember language and time zone, and go back."""
    given = request.query_params
    response = RedirectResponse(
        f"{request.scope.get('root_path', '')}{security.local_path(given.get('next', '/'))}", 303
    )
    if given.get("language") in messages.LANGUAGES:
        _keep(request, response, messages.COOKIE, given["language"], _YEAR)
    if "zone" in given:
        zone = wording.zone_of(given["zone"])
        _keep(request, response, wording.ZONE_COOKIE, zone.key if zone else "UTC", _YEAR)
    return response


def _keep(request: Request, response: Response, name: str, value: str, seconds: int | None) -> None:
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        path=request.scope.get("root_path") or "/",
    )


def health(site: Site, request: Request) -> Response:
    """Say that the process lives."""
    return PlainTextResponse("ok\n")


def ready(site: Site, request: Request) -> Response:
    """Say that the store answers."""
    with site.readers.lend() as reader:
        reader.audit()
    return PlainTextResponse("ready\n")


def metrics(site: Site, request: Request) -> Response:
    """Give the process's metrics."""
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_PLAIN_0_0_4)
