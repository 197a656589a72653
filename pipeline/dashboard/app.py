"""The web application: which address shows which page, and who stands at the door.

Nothing here changes anything, except that dead letters can be sent through the pipeline again where that is allowed.
"""

import contextlib
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from pipeline.dashboard import access, api, articles, explore, names, operations, security, sources, stories, today
from pipeline.dashboard.limits import SmallForms
from pipeline.dashboard.site import Config, Redrive, Site
from pipeline.observe.metrics import DASHBOARD_SECONDS
from pipeline.store import StoreError

__all__ = ["Config", "Redrive", "create_app"]

Page = Callable[[Site, Request], Response]
_AsyncPage = Callable[[Site, Request], Awaitable[Response]]

PAGES: Final[tuple[tuple[str, str, Page], ...]] = (
    ("/", "today", today.today),
    ("/stories", "stories", stories.stories),
    ("/story", "story", stories.story),
    ("/explore", "explore", explore.explore),
    ("/about", "name", names.about),
    ("/quotes", "quotes", stories.quotes),
    ("/sources", "sources", sources.sources),
    ("/article", "article by uri", articles.article_by_uri),
    ("/article/{id:int}", "article", articles.article),
    ("/article/{id:int}/changes", "changes", articles.changes),
    ("/article/{id:int}/record.json", "record", articles.record),
    ("/operations", "operations", operations.operations),
    ("/signals", "signals", operations.signals),
    ("/duplicates", "duplicates", operations.duplicates),
    ("/duplicates/{id:int}", "duplicate", operations.duplicate),
    ("/dead", "dead letters", operations.dead_letters),
    ("/dead/{id:int}", "dead letter", operations.dead_letter),
    ("/settings", "settings", access.settings),
    ("/login", "login form", access.login_form),
    ("/health", "health", access.health),
    ("/ready", "ready", access.ready),
    ("/metrics", "metrics", access.metrics),
    ("/api/openapi.json", "openapi", api.openapi),
    *((f"/api/{operation.path}", f"api {operation.path}", api.handler(operation)) for operation in api.OPERATIONS),
)
FORMS: Final[tuple[tuple[str, _AsyncPage], ...]] = (
    ("/dead/redrive", operations.redrive),
    ("/dead/{id:int}/redrive", operations.redrive),
    ("/login", access.login),
    ("/logout", access.logout),
)
MOVED: Final = {"/articles": "/explore", "/charts": "/explore"}
"""Addresses of earlier versions, which people have kept."""


def create_app(config: Config) -> Starlette:
    """Return the application."""
    site = Site(config)
    middleware = [
        Middleware(security.SecurityHeaders),
        Middleware(SmallForms),
        Middleware(TrustedHostMiddleware, allowed_hosts=list(config.hosts), www_redirect=False),
        Middleware(GZipMiddleware, minimum_size=2000, compresslevel=5),
    ]
    if config.token:
        middleware.append(Middleware(security.TokenGate, token=config.token, patience=site.patience))
    routes: list[BaseRoute] = [Route(path, _timed(site, name, page), methods=["GET"]) for path, name, page in PAGES]
    routes += [Route(path, _form(site, page), methods=["POST"]) for path, page in FORMS]
    routes += [Route(old, _moved(new), methods=["GET"]) for old, new in MOVED.items()]
    routes.append(Mount("/static", StaticFiles(directory=str(files("pipeline.dashboard") / "static")), name="static"))

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> Any:
        yield
        site.readers.close()

    return Starlette(
        routes=routes,
        middleware=middleware,
        lifespan=lifespan,
        exception_handlers={
            HTTPException: lambda request, error: _http_error(site, request, error),
            StoreError: lambda request, error: _error(site, request, 503, str(error)),
        },
    )


def _timed(site: Site, name: str, page: Page) -> Callable[[Request], Response]:
    """Return `page` so that the time it takes is measured; it runs in a thread, as it waits for the store."""
    observed = DASHBOARD_SECONDS.labels(name)

    def handler(request: Request) -> Response:
        with observed.time():
            return page(site, request)

    return handler


def _form(site: Site, page: _AsyncPage) -> Callable[[Request], Awaitable[Response]]:
    async def handler(request: Request) -> Response:
        return await page(site, request)

    return handler


def _moved(address: str) -> Callable[[Request], Response]:
    def handler(request: Request) -> Response:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{request.scope.get('root_path', '')}{address}{query}", 301)

    return handler


def _http_error(site: Site, request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _error(site, request, error.status_code, str(error.detail))


def _error(site: Site, request: Request, status: int, message: str) -> Response:
    if "text/html" not in request.headers.get("accept", ""):
        return PlainTextResponse(f"{message}\n", status)
    return site.page(request, "error.html", message=message, status=status)
