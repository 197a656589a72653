"""Sources: how much each brings, how regularly, and who went quiet."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from pipeline.dashboard.site import Site, page_of, wanted
from pipeline.store import Reader
from pipeline.store.reader import Rhythm, SourceRow

ORDERS: Final = ("articles", "source", "seen", "new", "undated", "dead", "duplicate")
COLUMNS: Final = (
    *(
        "source",
        "articles",
        "per_day",
        "first_time",
        "last_time",
        "gap_seconds",
        "delay_seconds",
        "undated",
        "duplicate",
    ),
    *("unchanged", "dead", "quiet_since"),
)
_PAGE: Final = 60


def sources(site: Site, request: Request) -> Response:
    """The table of sources."""
    order = request.query_params.get("order", "")
    order = order if order in ORDERS else "articles"
    page = page_of(request)
    with site.readers.lend() as reader:
        now = reader.newest_time(site.now()) or site.now()
        limit = 1000 if wanted(request) else _PAGE
        rows = site.kept.of(
            reader,
            ("sources", order, page, limit),
            lambda: rows_of(reader, now, order, 1 if wanted(request) else page, limit),
        )
        silent = [] if wanted(request) else site.kept.of(reader, "silent", lambda: reader.silent_sources(now))
    if wanted(request):
        fields: list[dict[str, Any]] = [
            {**source._asdict(), **rhythm._asdict(), "title": source.source, "uri": source.source}
            for source, rhythm in rows
        ]
        return site.export(request, fields, COLUMNS, "sources", "Sources")
    return site.page(
        request,
        "sources.html",
        rows=rows,
        silent=silent,
        order=order,
        orders=ORDERS,
        page=page,
        has_more=len(rows) == _PAGE,
        now_shown=now,
    )


def rows_of(reader: Reader, now: str, order: str, page: int, limit: int) -> list[tuple[SourceRow, Rhythm]]:
    """Return a page of sources, each with how it publishes."""
    return [(row, reader.rhythm(row.source, now)) for row in reader.sources(order=order, page=page, limit=limit)]
