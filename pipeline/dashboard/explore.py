"""Explore: one selection of articles, its chart, its map and its list; every bar and name narrows it."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from pipeline.dashboard import charts
from pipeline.dashboard.exports import MOST_ROWS, Row
from pipeline.dashboard.site import Site, day_of, page_of, wanted
from pipeline.dashboard.world import shaded
from pipeline.store import Reader
from pipeline.store.reader import ORDERS, PAGE, Headline, Selection
from transforms.analytics.facets import DIMENSIONS, FILTERS

RANGES: Final = (1, 7, 30, 90, 365)
SIDE: Final = ("source", "language", "country", "place", "person", "organisation", "topic", "keyword")
ARTICLE_COLUMNS: Final = (
    *("uri", "version", "change", "title", "lede", "source", "language", "url", "published_at", "event_time", "story"),
    "word_count",
)
_MAX_QUERY: Final = 300


def selection_of(request: Request) -> Selection:
    """Return which articles a request asks for."""
    given = request.query_params
    filters = {name: given[name] for name in FILTERS if given.get(name)}
    since, until = day_of(given.get("since")), day_of(given.get("until"))
    if since and until and since > until:
        since, until = until, since
    query = given.get("q", "")[:_MAX_QUERY].strip()
    return Selection(query, filters, since, until, given.get("changed") in {"1", "on", "yes", "true"})


def order_of(request: Request) -> str:
    """Return in which order a list is asked for."""
    order = request.query_params.get("order", "")
    return order if order in ORDERS else "newest"


def rows_of(headlines: Sequence[Headline]) -> list[dict[str, Any]]:
    """Return headlines as rows of an export."""
    return [{name: value for name, value in h._asdict().items() if name != "id"} for h in headlines]


def explore(site: Site, request: Request) -> Response:
    """Articles and their charts."""
    selection, order = selection_of(request), order_of(request)
    with site.readers.lend() as reader:
        if wanted(request):
            return _export(site, request, reader, selection, order)
        page = page_of(request)
        headlines = reader.headlines(selection, order=order, page=page)
        hits = reader.count(selection)
        drawn = _chart(site, reader, selection)
        values = site.kept.of(reader, ("values", selection), lambda: reader.values(selection, SIDE, 300))
        snippets = reader.snippets([h.id for h in headlines], selection.parsed) if selection.query else {}
    extent = drawn["extent"]
    return site.page(
        request,
        "explore.html",
        selection=selection,
        order=order,
        orders=ORDERS,
        headlines=headlines,
        hits=hits,
        snippets=snippets,
        values=values,
        side=SIDE,
        countries=shaded(dict(values["country"])),
        page=page,
        has_more=len(headlines) == PAGE,
        ranges=_ranges(extent[1] if extent else None),
        **drawn,
    )


def _export(site: Site, request: Request, reader: Reader, selection: Selection, order: str) -> Response:
    """Return the list as a file, or what ``of`` names: the chart, or the values of a dimension."""
    what = request.query_params.get("of", "")
    if what == "chart":
        days: list[Row] = [{"day": day, "articles": n} for day, n in reader.series(selection).items()]
        return site.export(request, days, ("day", "articles"), "articles-by-day", "Articles by day")
    if what in DIMENSIONS and what not in {"day", "change"}:
        found = reader.values(selection, [what], MOST_ROWS)[what]
        values: list[Row] = [{what: value, "articles": n} for value, n in found]
        return site.export(request, values, (what, "articles"), f"articles-by-{what}", what)
    limit = 100 if wanted(request) == "rss" else MOST_ROWS
    headlines = reader.headlines(selection, order=order, limit=limit)
    return site.export(request, rows_of(headlines), ARTICLE_COLUMNS, "articles", title_of(selection))


def title_of(selection: Selection) -> str:
    """Return what a selection is called."""
    parts = [selection.query, *selection.filters.values(), selection.since or "", selection.until or ""]
    return f"Articles: {', '.join(part for part in parts if part)}" if any(parts) else "Articles"


def _chart(site: Site, reader: Reader, selection: Selection) -> dict[str, Any]:
    """Return the chart of a selection over the days that were asked for, else those in which nearly all of it lies."""
    days = site.kept.of(reader, ("days", selection), lambda: reader.series(selection))
    extent = selection.since or "", selection.until or ""
    if not all(extent):
        found = charts.extent(days)
        extent = (extent[0] or found[0], extent[1] or found[1]) if found else extent
    first, last = extent
    unit = charts.unit_for(first, last) if first and last else ""
    if unit == "year" and days:  # no bars for centuries in which nothing happened
        first, last = max(first, min(days)), min(last, max(days))
    if not unit or first > last:
        return {"chart": None, "extent": None, "outside": 0}
    series = days
    if unit == "hour":
        inside = Selection(selection.query, selection.filters, first, last, selection.is_changed)
        series = reader.series(inside, "hour")
    drawn = charts.chart({"": series}, first, last, unit)
    outside = 0 if selection.since and selection.until else sum(days.values()) - drawn.total
    return {"chart": drawn, "extent": (first, last), "outside": max(outside, 0)}


def _ranges(last: str | None) -> list[tuple[int, str, str]]:
    """Return (days, first, last) of the ranges that are offered, up to the last day that there is."""
    if last is None:
        return []
    end = date.fromisoformat(last)
    return [(days, f"{end - timedelta(days=days - 1)}", last) for days in RANGES]
