"""The page of a country, a place, a person, an organisation or a source, and of up to four of them side by side."""

from datetime import date, timedelta
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pipeline.dashboard import charts, messages
from pipeline.dashboard.site import Site, day_of, wanted
from pipeline.store.reader import Selection
from transforms.analytics.facets import DIMENSIONS

PAGES: Final = tuple(name for name, dimension in DIMENSIONS.items() if dimension.has_page)
_MOST: Final = 4
_LEAST_DAYS: Final = 14


def about(site: Site, request: Request) -> Response:
    """Mentions over time, languages, sources, who is named with it, stories, quotes by and about."""
    asked = [(d, v) for d, v in request.query_params.multi_items() if d in PAGES and v][:_MOST]
    if not asked:
        raise HTTPException(404, "no country, place, person, organisation or source is named")
    since, until = day_of(request.query_params.get("since")), day_of(request.query_params.get("until"))
    with site.readers.lend() as reader:
        named = list(dict.fromkeys((d, reader.name(d, v) if DIMENSIONS[d].is_name else v) for d, v in asked))
        selections = [Selection(filters={d: v}, since=since, until=until) for d, v in named]
        series = {value: reader.series(selection) for (_, value), selection in zip(named, selections, strict=True)}
        everything = reader.series(Selection(since=since, until=until))
        if wanted(request):
            days = sorted({day for counts in series.values() for day in counts})
            rows = [
                {"day": day, **{v: counts.get(day, 0) for v, counts in series.items()}, "all": everything.get(day, 0)}
                for day in days
            ]
            return site.export(request, rows, ("day", *series, "all"), "mentions", ", ".join(series))
        extent = _extent(series, everything, since, until)
        unit = charts.daily_unit(*extent) if extent else "day"
        dimension, value = named[0]
        selection = selections[0]
        others = tuple(name for name in ("person", "organisation", "country", "place", "source", "language", "topic"))
        values = site.kept.of(reader, ("about", selection), lambda: reader.values(selection, others, 16))
        headlines = reader.headlines(selection, limit=8)
        about_quotes = reader.quotes(about=selection, limit=8)
        by = reader.quotes(value, limit=8) if dimension == "person" else []
        stories = reader.stories_of(selection)
        titles = reader.titles_in(messages.interface_language(request), [story.uri for story, _ in stories])
        counts = [reader.count(selection) for selection in selections]
        source = reader.source(value) if dimension == "source" else None
        rhythm = reader.rhythm(value, reader.newest_time(site.now()) or site.now()) if dimension == "source" else None
    return site.page(
        request,
        "about.html",
        dimension=dimension,
        value=value,
        named=named,
        counts=counts,
        selection=selection,
        charts_of=[(d, v, charts.chart({v: series[v]}, *extent, unit)) for d, v in named] if extent else [],
        everything=charts.chart({"": everything}, *extent, unit) if extent else None,
        extent=extent,
        values={
            name: [entry for entry in found if (name, entry[0]) != (dimension, value)][:12]
            for name, found in values.items()
        },
        headlines=headlines,
        quotes_by=by,
        quotes_about=about_quotes,
        stories=[(titles.get(story.uri) or story, story, n) for story, n in stories],
        source=source,
        rhythm=rhythm,
        can_add=len(named) < _MOST,
    )


def _extent(
    series: dict[str, dict[str, int]], everything: dict[str, int], since: str | None, until: str | None
) -> tuple[str, str] | None:
    days = sorted({day for counts in series.values() for day in counts})
    if not days:
        return None
    total = sum(sum(counts.values()) for counts in series.values())
    running, first, last = 0, None, days[-1]
    for day in days:
        running += sum(counts.get(day, 0) for counts in series.values())
        if first is None and running > total / 200:
            first = day
        if running >= total - total / 200:
            last = day
            break
    first = since or first or days[0]
    last = until or max(last, first)
    if not since:  # what rose on one day shows against the days before
        first = min(first, f"{date.fromisoformat(last) - timedelta(days=_LEAST_DAYS - 1)}")
    return first, last
