"""The web application: one function a page. Pages ask the store, templates show it, nothing here changes anything.

The one exception is sending a dead letter through the pipeline again, which must have been allowed at the start.
"""

import base64
import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any, Final
from urllib.parse import quote, urlencode

import orjson
from jinja2 import Environment, PackageLoader, StrictUndefined
from prometheus_client import REGISTRY, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from pipeline.dashboard import security
from pipeline.dashboard.compare import side_by_side
from pipeline.dashboard.direction import direction_of
from pipeline.dashboard.highlight import KINDS, marks_of, paragraphs
from pipeline.dashboard.world import country_name, language_name, shaded
from pipeline.observe.metrics import DASHBOARD_SECONDS
from pipeline.settings import PIPELINE_VERSION
from pipeline.store import Reader, StoreError, open_database
from pipeline.store.reader import OUTCOMES, PAGE, SAMPLE, DeadRow, Selection
from schemas.records import Dead
from transforms.analytics.facets import FILTERS

Redrive = Callable[[DeadRow], str]
"""Sends a dead letter through the pipeline again and says in a line what was done; raises `StoreError` if it cannot."""

_READERS: Final = 8
_RANGES: Final = (1, 7, 30, 90, 365)
_SHOWN_PAYLOAD: Final = 20_000
_MAX_QUERY: Final = 300
_MAX_ID: Final = 2**62
_SHOWN_SOURCES: Final = 50
_SAMPLES: Final = 200
_SAMPLE_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How the dashboard is served."""

    store_url: str
    title: str = "Khabar"
    token: str | None = None
    hosts: tuple[str, ...] = ("localhost", "127.0.0.1", "[::1]")
    """Host names under which a browser may ask; others are refused, so that no foreign site can read this one."""
    redrive: Redrive | None = field(default=None, compare=False)
    """Set where changes are allowed."""


class _Readers:
    """A few connections to the store, lent to one request at a time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._free: queue.LifoQueue[Reader | None] = queue.LifoQueue()
        for _ in range(_READERS):
            self._free.put(None)

    @contextlib.contextmanager
    def lend(self) -> Iterator[Reader]:
        reader = self._free.get()
        try:
            reader = reader or Reader(open_database(self._url, read_only=True))
            yield reader
        except StoreError:
            if reader:
                reader.close()
                reader = None
            raise
        finally:
            self._free.put(reader)

    def close(self) -> None:
        while not self._free.empty():
            if reader := self._free.get_nowait():
                reader.close()


class _Samples:
    """The values beside lists of articles, kept for a while: they cost more than the list, and hardly change."""

    def __init__(self) -> None:
        self._kept: dict[Selection, tuple[float, dict[str, list[tuple[str, int]]]]] = {}
        self._lock = threading.Lock()

    def of(self, selection: Selection, reader: Reader) -> dict[str, list[tuple[str, int]]]:
        now = time.monotonic()
        with self._lock:
            at, sample = self._kept.get(selection, (-_SAMPLE_SECONDS, {}))
        if now - at < _SAMPLE_SECONDS:
            return sample
        sample = reader.sample(selection)
        with self._lock:
            self._kept.pop(selection, None)
            self._kept[selection] = now, sample
            while len(self._kept) > _SAMPLES:
                del self._kept[next(iter(self._kept))]
        return sample


def create_app(config: Config) -> Starlette:
    """Return the application."""
    pages = _Pages(config)
    middleware = [
        Middleware(security.SecurityHeaders),
        Middleware(TrustedHostMiddleware, allowed_hosts=list(config.hosts), www_redirect=False),
    ]
    if config.token:
        middleware.append(Middleware(security.TokenGate, token=config.token))
    routes: list[BaseRoute] = [
        Route(path, pages.timed(name, page), methods=[method], name=name)
        for method, path, name, page in (
            ("GET", "/", "live", pages.live),
            ("GET", "/api/live", "live data", pages.live_data),
            ("GET", "/articles", "articles", pages.articles),
            ("GET", "/article", "article by uri", pages.article_by_uri),
            ("GET", "/article/{id:int}", "article", pages.article),
            ("GET", "/article/{id:int}/changes", "changes", pages.changes),
            ("GET", "/article/{id:int}/record.json", "record", pages.record),
            ("GET", "/stories", "stories", pages.stories),
            ("GET", "/charts", "charts", pages.charts),
            ("GET", "/signals", "signals", pages.signals),
            ("GET", "/duplicates", "duplicates", pages.duplicates),
            ("GET", "/dead", "dead letters", pages.dead_letters),
            ("GET", "/dead/{id:int}", "dead letter", pages.dead_letter),
            ("GET", "/health", "health", pages.health),
            ("GET", "/ready", "ready", pages.ready),
            ("GET", "/metrics", "metrics", pages.metrics),
            ("GET", "/login", "login form", pages.login_form),
        )
    ]
    routes += [
        Route("/dead/{id:int}/redrive", pages.redrive, methods=["POST"], name="redrive"),
        Route("/login", pages.login, methods=["POST"], name="login"),
        Mount("/static", StaticFiles(directory=str(files("pipeline.dashboard") / "static")), name="static"),
    ]

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> Any:
        yield
        pages.readers.close()

    return Starlette(
        routes=routes,
        middleware=middleware,
        lifespan=lifespan,
        exception_handlers={HTTPException: pages.http_error, StoreError: pages.store_error},
    )


class _Pages:
    def __init__(self, config: Config) -> None:
        self._config = config
        self._form_key = security.new_form_key()
        self.readers = _Readers(config.store_url)
        self._samples = _Samples()
        self._templates = Environment(
            loader=PackageLoader("pipeline.dashboard", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(
            config=config,
            version=PIPELINE_VERSION,
            country_name=country_name,
            language_name=language_name,
            web_address=security.web_address,
            readable_address=security.readable_address,
            direction_of=direction_of,
            path_part=lambda text: quote(text, safe=""),
        )
        self._templates.filters["utc"] = lambda at, unit: datetime.fromtimestamp(at, UTC).strftime(
            "%Y-%m-%d" if unit == "day" else "%Y-%m-%d %H:00"
        )
        self._templates.filters["number"] = lambda number: f"{number:,}".replace(",", "\u202f")
        self._templates.filters["when"] = lambda time: f"{time[:10]} {time[11:16]}" if time else "no date"

    def timed(self, name: str, page: Callable[[Request], Response]) -> Callable[[Request], Response]:
        """Return `page` so that the time it takes is measured; it runs in a thread, as it waits for the store."""
        observed = DASHBOARD_SECONDS.labels(name)

        def handler(request: Request) -> Response:
            with observed.time():
                return page(request)

        return handler

    # Pages

    def live(self, request: Request) -> Response:
        with self.readers.lend() as reader:
            return self._page(
                request,
                "live.html",
                live=_live(reader),
                headlines=reader.headlines(Selection(), limit=8),
                alarms=[alarm for alarm in reader.alarms(20) if alarm.active],
                bursts=reader.bursts(12),
            )

    def live_data(self, request: Request) -> Response:
        with self.readers.lend() as reader:
            return JSONResponse(_live(reader))

    def articles(self, request: Request) -> Response:
        selection = _selection(request)
        before = _number(request, "before")
        with self.readers.lend() as reader:
            headlines = reader.headlines(selection, before=before)
            sample = {} if request.query_params.get("list") else self._samples.of(selection, reader)
        return self._page(
            request, "articles.html", selection=selection, headlines=headlines, sample=sample, paged=before is not None
        )

    def article_by_uri(self, request: Request) -> Response:
        with self.readers.lend() as reader:
            id_ = reader.article_id(request.query_params.get("uri", ""))
        if id_ is None:
            raise HTTPException(404, "no article has this identity")
        return RedirectResponse(f"{request.scope.get('root_path', '')}/article/{id_}", 302)

    def article(self, request: Request) -> Response:
        with self.readers.lend() as reader:
            id_ = _id(request)
            article = reader.article(id_)
            if article is None:
                raise HTTPException(404, "there is no such article")
            story = Selection(filters={"story": article.story.uri}) if article.story else None
            marks = marks_of(article)
            return self._page(
                request,
                "article.html",
                id=id_,
                article=article,
                paragraphs=paragraphs(article.text, marks),
                kinds=[kind for kind in KINDS if any(mark.kind == kind for mark in marks)],
                versions=reader.versions(article.uri),
                duplicates=reader.duplicates(article.uri),
                story=[h for h in reader.headlines(story, limit=9) if h.uri != article.uri] if story else [],
                record=orjson.dumps(reader.raw_record(id_), option=orjson.OPT_INDENT_2).decode(),
            )

    def changes(self, request: Request) -> Response:
        with self.readers.lend() as reader:
            new = reader.article(_id(request))
            if new is None:
                raise HTTPException(404, "there is no such article")
            versions = reader.versions(new.uri)
            number = _number(request, "with") or new.version - 1
            other = next((version for version in versions if version.version == number), None)
            old = reader.article(other.id) if other else None
        if old is None:
            raise HTTPException(404, f"there is no version {number} of this article")
        if old.version > new.version:
            old, new = new, old
        return self._page(
            request,
            "changes.html",
            old=old,
            new=new,
            versions=versions,
            titles=side_by_side(old.title or "", new.title or ""),
            rows=side_by_side(old.text, new.text),
        )

    def record(self, request: Request) -> Response:
        with self.readers.lend() as reader:
            record = reader.raw_record(_id(request))
        if record is None:
            raise HTTPException(404, "there is no such article")
        return Response(orjson.dumps(record), media_type="application/json")

    def stories(self, request: Request) -> Response:
        order = "largest" if request.query_params.get("order") == "largest" else "newest"
        with self.readers.lend() as reader:
            before = _number(request, "before")
            stories = reader.stories(order=order, before=before if order == "newest" else None)
        return self._page(request, "stories.html", stories=stories, order=order)

    def charts(self, request: Request) -> Response:
        dimension, value = _one_filter(request)
        days = min(_RANGES, key=lambda choice: abs(choice - (_number(request, "days") or 30)))
        with self.readers.lend() as reader:
            last = _day(request.query_params.get("until")) or _newest_day(reader)
            first = last - timedelta(days=days - 1)
            unit = "hour" if days <= 7 else "day"
            low, high = f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}"
            series = reader.series(unit, dimension, value, low, f"{high}T23" if unit == "hour" else high)
            top = {name: reader.top(name, low, high) for name in ("country", "language", "source", "topic")}
        return self._page(
            request,
            "charts.html",
            days=days,
            ranges=_RANGES,
            first=low,
            last=high,
            earlier=f"{first - timedelta(days=1):%Y-%m-%d}",
            later=f"{last + timedelta(days=days):%Y-%m-%d}",
            dimension=dimension,
            value=value,
            unit=unit,
            series=_filled(series, unit, first, last),
            total=sum(series.values()),
            top=top,
            countries=shaded(dict(top["country"])),
        )

    def signals(self, request: Request) -> Response:
        with self.readers.lend() as reader:
            return self._page(request, "signals.html", alarms=reader.alarms(), bursts=reader.bursts())

    def duplicates(self, request: Request) -> Response:
        with self.readers.lend() as reader:
            rows = reader.duplicates(request.query_params.get("of"), before=_number(request, "before"))
        return self._page(request, "duplicates.html", rows=rows, of=request.query_params.get("of"))

    def dead_letters(self, request: Request) -> Response:
        reason = request.query_params.get("reason")
        with self.readers.lend() as reader:
            letters = reader.dead_letters(reason, before=_number(request, "before"))
            reasons = reader.dead_reasons()
        return self._page(request, "dead.html", letters=letters, reasons=reasons, reason=reason)

    def dead_letter(self, request: Request) -> Response:
        return self._dead_letter(request, _id(request))

    def _dead_letter(self, request: Request, id_: int, *, done: str = "", problem: str = "") -> Response:
        with self.readers.lend() as reader:
            found = reader.dead_letter(id_)
        if found is None:
            raise HTTPException(404, "there is no such dead letter")
        row, record = found
        payload = _payload(record)
        return self._page(
            request,
            "dead_letter.html",
            row=row,
            record=record,
            payload=payload[:_SHOWN_PAYLOAD],
            more=max(len(payload) - _SHOWN_PAYLOAD, 0),
            may_redrive=self._config.redrive is not None,
            form_key=self._form_key,
            done=done,
            problem=problem,
            status=502 if problem else 200,
        )

    async def redrive(self, request: Request) -> Response:
        if self._config.redrive is None:
            raise HTTPException(403, "this dashboard is read-only; `khabar dashboard --allow-changes` lets it re-drive")
        form = await request.form()
        if not security.is_own_form(request, form.get("key"), self._form_key):
            raise HTTPException(403, "this form is not from here, or is older than this dashboard: reload the page")
        return await run_in_threadpool(self._redrive, request, self._config.redrive)

    def _redrive(self, request: Request, redrive: Redrive) -> Response:
        id_ = _id(request)
        with self.readers.lend() as reader:
            found = reader.dead_letter(id_)
        if found is None:
            raise HTTPException(404, "there is no such dead letter")
        try:
            return self._dead_letter(request, id_, done=redrive(found[0]))
        except StoreError as error:
            return self._dead_letter(request, id_, problem=str(error))

    # Access and operations

    def login_form(self, request: Request) -> Response:
        return self._page(request, "login.html", wanted=request.query_params.get("next", "/"), wrong=False)

    async def login(self, request: Request) -> Response:
        form = await request.form()
        wanted = security.local_path(str(form.get("next", "/")))
        token = self._config.token
        if not token or not security.same(str(form.get("token", "")), token):
            return self._page(request, "login.html", wanted=wanted, wrong=True, status=401)
        response = RedirectResponse(f"{request.scope.get('root_path', '')}{wanted}", 303)
        response.set_cookie(
            security.COOKIE,
            security.session(token),
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
            path=request.scope.get("root_path") or "/",
        )
        return response

    def health(self, request: Request) -> Response:
        return PlainTextResponse("ok\n")

    def ready(self, request: Request) -> Response:
        with self.readers.lend() as reader:
            reader.audit()
        return PlainTextResponse("ready\n")

    def metrics(self, request: Request) -> Response:
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    # Errors

    def http_error(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return self._error(request, error.status_code, str(error.detail))

    def store_error(self, request: Request, error: Exception) -> Response:
        return self._error(request, 503, str(error))

    def _error(self, request: Request, status: int, message: str) -> Response:
        if "text/html" not in request.headers.get("accept", ""):
            return PlainTextResponse(f"{message}\n", status)
        return self._page(request, "error.html", message=message, status=status)

    def _page(self, request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
        root = request.scope.get("root_path", "")

        def link(path: str, **parameters: Any) -> str:
            """Return the address of a page; parameters that are None or empty are left out."""
            given = {name: value for name, value in parameters.items() if value not in (None, "")}
            return f"{root}{path}?{urlencode(given)}" if given else f"{root}{path}"

        path = request.url.path.removeprefix(root)
        html = self._templates.get_template(template).render(
            request=request, path=path, link=link, page=PAGE, sample_size=SAMPLE, status=status, **values
        )
        return HTMLResponse(html, status)


def _live(reader: Reader) -> dict[str, Any]:
    """Return what the live page shows, as plain values."""
    audit = reader.audit()
    ledger = {outcome: sum(row.ledger[outcome] for row in audit) for outcome in OUTCOMES}
    stored = {outcome: sum(row.stored[outcome] for row in audit) for outcome in OUTCOMES}
    now = datetime.now(UTC)
    minutes = reader.flow(f"{now - timedelta(minutes=60):%Y-%m-%dT%H:%M}")
    flow: dict[str, list[int]] = {}
    for minute, outcome, records in minutes:
        flow.setdefault(minute, [0] * len(OUTCOMES))[OUTCOMES.index(outcome)] += records
    last_whole = f"{now - timedelta(minutes=1):%Y-%m-%dT%H:%M}"
    states = [row.state for row in audit]
    state = "violated" if "violated" in states else "behind" if "behind" in states else "ok" if audit else "empty"
    # The sources that need attention come first: an archive run has thousands.
    shown = sorted(audit, key=lambda row: (-("ok", "behind", "violated").index(row.state), -row.lag, row.read_from))[
        :_SHOWN_SOURCES
    ]
    return {
        "state": state,
        "violation": next((f"{row.read_from}: {row.violation}" for row in audit if row.violation), None),
        "records": sum(ledger.values()),
        "outcomes": ledger,
        "stored": stored,
        "lag": sum(row.lag for row in audit),
        "rate": round(sum(flow.get(last_whole, [0])) / 60, 1),
        "flow": sorted(flow.items()),
        "is_stream": bool(flow) or any(row.end_position is not None for row in audit),
        "source_count": len(audit),
        "sources": [
            {"name": row.read_from, "position": row.position, "lag": row.lag, "state": row.state} for row in shown
        ],
        "at": f"{now:%H:%M:%S} UTC",
    }


def _selection(request: Request) -> Selection:
    filters = {name: request.query_params[name] for name in FILTERS if request.query_params.get(name)}
    return Selection(request.query_params.get("q", "")[:_MAX_QUERY].strip(), filters)


def _one_filter(request: Request) -> tuple[str, str]:
    for name in ("country", "language", "source", "topic"):
        if value := request.query_params.get(name):
            return name, value
    return "all", ""


def _id(request: Request) -> int:
    """Return the id in the path; one that no store can hold becomes 0, which none has."""
    id_: int = request.path_params["id"]
    return id_ if id_ < _MAX_ID else 0


def _number(request: Request, name: str) -> int | None:
    value = request.query_params.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 18 else None


def _day(value: str | None) -> datetime | None:
    try:
        day = datetime.strptime(value or "", "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    return day if 1000 <= day.year < 9990 else None  # so that earlier and later ranges are dates as well


def _newest_day(reader: Reader) -> datetime:
    """Return today, or the last day that has articles: an archive's end, not an empty present."""
    today = datetime.now(UTC)
    return _day(reader.newest_bucket("day", f"{today:%Y-%m-%d}")) or today


def _filled(series: dict[str, int], unit: str, first: datetime, last: datetime) -> list[tuple[int, int]]:
    """Return (Unix seconds, articles) for each hour or day of the range, zeros included."""
    step = timedelta(hours=1) if unit == "hour" else timedelta(days=1)
    form = "%Y-%m-%dT%H" if unit == "hour" else "%Y-%m-%d"
    at = first.replace(hour=0, minute=0, second=0, microsecond=0)
    end = last.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    points = []
    while at < end:
        points.append((int(at.timestamp()), series.get(at.strftime(form), 0)))
        at += step
    return points


def _payload(record: Dead) -> str:
    """Return the payload as text; bytes that are no UTF-8 stay visible as escapes."""
    return base64.b64decode(record.payload_base64).decode("utf-8", "backslashreplace")
