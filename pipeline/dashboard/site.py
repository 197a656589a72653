"""What all pages share: readers of the store, templates, the interface's language, links and exports."""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pipeline.dashboard import charts, exports, messages, security, wording
from pipeline.dashboard.direction import direction_of
from pipeline.settings import PIPELINE_VERSION
from pipeline.store import Reader, StoreError, open_database
from pipeline.store.reader import MOST, PAGE, DeadRow
from transforms.analytics.facets import DIMENSIONS

Redrive = Callable[[Sequence[DeadRow]], str]
"""Sends dead letters through the pipeline again and says in a line what was done; raises `StoreError` if it cannot."""

_READERS: Final = 8
_KEPT: Final = 200
_KEPT_SECONDS: Final = 20.0
_T = TypeVar("_T")


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
    quiet_minutes: int = 10
    """Minutes without a record after which a stream is said to stand."""
    patience: security.Patience = field(default_factory=security.Patience, compare=False)
    original: Callable[[str, int], str | None] = field(default=lambda read_from, position: None, compare=False)
    """Finds the text of a raw record again, by the place where it was read."""
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC), compare=False)


class Readers:
    """A few connections to the store, lent to one request at a time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._free: queue.LifoQueue[Reader | None] = queue.LifoQueue()
        for _ in range(_READERS):
            self._free.put(None)

    @contextlib.contextmanager
    def lend(self) -> Iterator[Reader]:
        """Give a reader for as long as the block lasts."""
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
        """Close all connections that are not lent."""
        while not self._free.empty():
            if reader := self._free.get_nowait():
                reader.close()


class Kept:
    """Answers that cost more than a page, kept for a while, and only as long as the store has not changed."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[float, Any]] = {}
        self._lock = threading.Lock()

    def of(self, reader: Reader, key: Hashable, make: Callable[[], _T]) -> _T:
        """Return what `make` returned for `key` a moment ago, else make it."""
        now = time.monotonic()
        key = (reader.state(), key)
        with self._lock:
            at, value = self._kept.get(key, (-_KEPT_SECONDS, None))
        if now - at < _KEPT_SECONDS:
            return value  # type: ignore[no-any-return]
        value = make()
        with self._lock:
            self._kept.pop(key, None)
            self._kept[key] = now, value
            while len(self._kept) > _KEPT:
                del self._kept[next(iter(self._kept))]
        return value


class Site:
    """The dashboard as its pages know it."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.form_key = security.new_form_key()
        self.patience = config.patience
        self.readers = Readers(config.store_url)
        self.kept = Kept()
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
            interface_languages=messages.LANGUAGES,
            dimensions=DIMENSIONS,
            web_address=security.web_address,
            readable_address=security.readable_address,
            visible=security.visible,
            direction_of=direction_of,
            charts=charts,
            sparkline=charts.sparkline,
            page_size=PAGE,
            most=MOST,
            may_change=config.redrive is not None,
            has_token=bool(config.token),
        )
        self._templates.filters.update(number=wording.number, short=wording.shortened, tag=wording.language_tag)

    def now(self) -> str:
        """Return the present as the store writes times."""
        return f"{self.config.now():%Y-%m-%dT%H:%M:%SZ}"

    def raw_text(self, read_from: str, position: int) -> str | None:
        """Return the text of a raw record, where it can still be read."""
        return self.config.original(read_from, position)

    def page(self, request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
        """Return a page made from a template."""
        language = messages.interface_language(request)
        zone = wording.zone_of(request.cookies.get(wording.ZONE_COOKIE))
        root = request.scope.get("root_path", "")
        now = self.config.now()

        def t(text: str, **parts: Any) -> str:
            return messages.translate(language, text).format(**parts) if parts else messages.translate(language, text)

        def name_of(dimension: str, value: str) -> str:
            if dimension == "country":
                return wording.country_name(value, language)
            return wording.language_name(value, language) if dimension == "language" else security.visible(value)

        html = self._templates.get_template(template).render(
            request=request,
            path=request.url.path.removeprefix(root),
            here=here(request),
            link=lambda path, **parameters: link(root, path, **parameters),
            without=lambda *names, **parameters: _changed(request, root, names, parameters),
            status=status,
            ui=language,
            ui_direction="rtl" if language == "ar" else "ltr",
            zone=zone.key if zone else "UTC",
            t=t,
            n=lambda number, noun: messages.counted(language, number, noun, wording.number(number)),
            when=lambda time, precision=None: wording.when(time, precision, language, zone, now, t("no date")),
            clock=lambda time: wording.clock(time, zone),
            day_name=lambda day: wording.day_name(day, language),
            duration=lambda seconds: wording.duration(seconds, language),
            name_of=name_of,
            country_name=lambda code: wording.country_name(code, language),
            language_name=lambda code: wording.language_name(code, language),
            **values,
        )
        return HTMLResponse(html, status)

    def export(
        self, request: Request, rows: Sequence[exports.Row], columns: Sequence[str], name: str, title: str
    ) -> Response:
        """Return rows in the format that the request asks for."""
        address = str(request.url.include_query_params()).partition("&format=")[0]
        return exports.answer(wanted(request) or "json", rows, columns, name, title=title, address=address)


def wanted(request: Request) -> str | None:
    """Return the format other than a page that a request asks for."""
    kind = request.query_params.get("format", "")
    return kind if kind in exports.FORMATS else None


def link(root: str, path: str, **parameters: Any) -> str:
    """Return the address of a page; parameters that are None or empty are left out."""
    given = [
        (name, value)
        for name, values in parameters.items()
        for value in (values if isinstance(values, (list, tuple)) else [values])
        if value not in (None, "", False)
    ]
    return f"{root}{path}?{urlencode(given)}" if given else f"{root}{path}"


def here(request: Request) -> str:
    """Return the address of this page below the root, for links that come back to it."""
    path = request.url.path.removeprefix(request.scope.get("root_path", "")) or "/"
    return f"{path}?{request.url.query}" if request.url.query else path


def _changed(request: Request, root: str, without: Sequence[str], parameters: dict[str, Any]) -> str:
    """Return the address of this page without some parameters (and without a page number), and with others."""
    dropped = {*without, *parameters, "page", "before", "format"}
    kept: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        if name not in dropped:
            kept.setdefault(name, []).append(value)
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    return link(root, quote(path, safe="/~@:,"), **kept, **parameters)


def number_of(request: Request, name: str) -> int | None:
    """Return a parameter that is a whole number."""
    value = request.query_params.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 18 else None


def page_of(request: Request, most: int = 400) -> int:
    """Return which page of a list is asked for, from 1."""
    return min(max(number_of(request, "page") or 1, 1), most)


def day_of(value: str | None) -> str | None:
    """Return `value` if it is a day that calendars know."""
    try:
        day = datetime.strptime(value or "", "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    return f"{day:%Y-%m-%d}" if 1000 <= day.year < 9990 else None


def id_of(request: Request) -> int:
    """Return the id in the path; one that no store can hold becomes 0, which none has."""
    id_: int = request.path_params["id"]
    return id_ if id_ < 2**62 else 0
