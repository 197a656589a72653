"""Stories: which there are, how one developed and who was first; what is quoted in them."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pipeline.dashboard import charts, messages
from pipeline.dashboard.exports import MOST_ROWS
from pipeline.dashboard.site import Site, day_of, page_of, wanted
from pipeline.store.reader import PAGE, Member
from schemas.records import Article

ORDERS: Final = ("newest", "sources", "articles")
COLUMNS: Final = (
    *("uri", "title", "language", "articles", "sources", "languages", "first_time", "last_time", "first_source"),
    *("last_source", "event_time"),
)
MEMBER_COLUMNS: Final = (
    *("uri", "title", "source", "language", "url", "version", "change", "event_time", "delay_seconds", "copies"),
)
_READ: Final = 150
"""Articles of a story whose whole records are read, for quotations, figures and places."""
_SHOWN: Final = 300


def stories(site: Site, request: Request) -> Response:
    """The list of stories."""
    given = request.query_params
    order = (
        given.get("order", "")
        if given.get("order") in ORDERS
        else ("articles" if given.get("order") == "largest" else "newest")
    )
    since, until = day_of(given.get("since")), day_of(given.get("until"))
    page = page_of(request)
    with site.readers.lend() as reader:
        found = reader.stories(
            order=order,
            since=f"{since}T00:00:00Z" if since else None,
            until=_day_after(until) if until else None,
            page=1 if wanted(request) else page,
            limit=MOST_ROWS if wanted(request) == "csv" else 100 if wanted(request) else PAGE,
        )
        if wanted(request):
            rows = [{**story._asdict(), "event_time": story.last_time} for story in found]
            return site.export(request, rows, COLUMNS, "stories", "Stories")
        uris = [story.uri for story in found]
        detail = reader.story_detail(uris)
        titles = reader.titles_in(messages.interface_language(request), uris)
    entries = [
        {
            "story": story,
            "title": titles.get(story.uri),
            "articles": story.articles,
            "sources": story.sources,
            "times": [time for _, time in detail[story.uri]],
            "languages": sorted({language for language, _ in detail[story.uri]}),
        }
        for story in found
    ]
    return site.page(
        request,
        "stories.html",
        stories=entries,
        order=order,
        orders=ORDERS,
        since=since,
        until=until,
        page=page,
        has_more=len(found) == PAGE,
    )


def _day_after(day: str) -> str:
    return f"{datetime.fromisoformat(day) + timedelta(days=1):%Y-%m-%dT00:00:00Z}"


def story(site: Site, request: Request) -> Response:
    """One story."""
    uri = request.query_params.get("uri", "")
    with site.readers.lend() as reader:
        found = reader.story(uri)
        if found is None:
            raise HTTPException(404, "there is no such story")
        members = reader.members(uri)
        copies = reader.copies([member.uri for member in members])
        first = next((member.event_time for member in members if member.event_time), None)
        if wanted(request):
            rows = [
                {
                    **member._asdict(),
                    "delay_seconds": _delay(first, member.event_time),
                    "copies": len(copies.get(member.uri, ())),
                }
                for member in members
            ]
            return site.export(request, rows, MEMBER_COLUMNS, "story", found.title or uri)
        records = reader.records([member.id for member in members[:_READ]])
    mine = messages.interface_language(request)
    languages = _counts(member.language for member in members)
    extent = _extent(members)
    return site.page(
        request,
        "story.html",
        story=found,
        members=[(member, _delay(first, member.event_time), copies.get(member.uri, [])) for member in members[:_SHOWN]],
        member_count=len(members),
        first=first,
        languages=languages,
        sources=_counts(member.source for member in members),
        titles=_titles(members, mine),
        chart=_timeline(members, [language for language, _ in languages], extent) if extent else None,
        quotes=_quotes(members, records),
        figures=_figures(members, records),
        places=_places(records.values()),
        read=len(records),
    )


def _delay(first: str | None, time: str | None) -> float | None:
    if first is None or time is None:
        return None
    return (datetime.fromisoformat(time) - datetime.fromisoformat(first)).total_seconds()


def _counts(values: Iterable[str]) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))


def _titles(members: Sequence[Member], mine: str) -> list[Member]:
    """Return the first article with a title in each language, the reader's language first."""
    firsts: dict[str, Member] = {}
    for member in members:
        if member.title:
            firsts.setdefault(member.language, member)
    return sorted(firsts.values(), key=lambda member: member.language.partition("-")[0] != mine)


def _extent(members: Sequence[Member]) -> tuple[str, str] | None:
    times = [member.event_time for member in members if member.event_time]
    return (times[0][:10], times[-1][:10]) if times else None


def _timeline(members: Sequence[Member], languages: Sequence[str], extent: tuple[str, str]) -> charts.Chart:
    """Return the chart of a story's articles, a colour for each of its most frequent languages."""
    named = list(languages[: charts.COLOURS - 1])
    unit = charts.unit_for(*extent)
    series: dict[str, dict[str, int]] = {name: {} for name in named}
    if len(languages) > len(named):
        series["other"] = {}
    for member in members:
        if member.event_time:
            counts = series[member.language if member.language in named else "other"]
            bucket = member.event_time[: 13 if unit == "hour" else 10]
            counts[bucket] = counts.get(bucket, 0) + 1
    return charts.chart(series, *extent, unit)


def _quotes(members: Sequence[Member], records: dict[int, Article]) -> list[tuple[str, list[tuple[Member, str]]]]:
    """Return quotations by speaker, who is quoted most first; the same words of the same speaker once."""
    found: dict[str, list[tuple[Member, str]]] = {}
    seen: set[tuple[str, str]] = set()
    for member in members:
        for quote in records[member.id].quotes if member.id in records else ():
            key = (quote.speaker or "", quote.text.strip(" .,،"))
            if quote.speaker and key not in seen:
                seen.add(key)
                found.setdefault(quote.speaker, []).append((member, quote.text))
    return sorted(found.items(), key=lambda entry: (-len(entry[1]), entry[0]))[:12]


def _figures(
    members: Sequence[Member], records: dict[int, Article]
) -> list[tuple[str, str, list[tuple[Member, float]]]]:
    """Return what is counted with different numbers in the course of a story: (language, what, values in order)."""
    found: dict[tuple[str, str], list[tuple[Member, float]]] = {}
    for member in members:
        if member.id not in records or not member.event_time:
            continue
        for figure in records[member.id].figures:
            counted = (figure.counted or "").strip().lower()
            if counted and not (figure.unit and figure.unit in {"%"}):
                values = found.setdefault((member.language, counted), [])
                if not values or values[-1][1] != figure.value:
                    values.append((member, figure.value))
    changed = [
        (language, counted, values)
        for (language, counted), values in found.items()
        if len({value for _, value in values}) > 1 and len({member.source for member, _ in values}) > 1
    ]
    return sorted(changed, key=lambda entry: (-len(entry[2]), entry[1]))[:10]


def _places(records: Iterable[Article]) -> list[tuple[str, str, str, int]]:
    """Return (name, country, kind, articles) of the places in a story, the most frequent first."""
    counts: dict[tuple[str, str, str], int] = {}
    for record in records:
        for key in {(place.name, place.country_code or "", place.kind) for place in record.places}:
            counts[key] = counts.get(key, 0) + 1
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    return [(*key, n) for key, n in ordered[:24]]


def quotes(site: Site, request: Request) -> Response:
    """What people say: by speaker, over time."""
    speaker = request.query_params.get("speaker") or None
    page = page_of(request)
    with site.readers.lend() as reader:
        limit = MOST_ROWS if wanted(request) == "csv" else 100 if wanted(request) else PAGE
        rows = reader.quotes(speaker, page=1 if wanted(request) else page, limit=limit)
        if wanted(request):
            fields: list[dict[str, Any]] = [
                {**row._asdict(), "uri": f"{row.id}/{row.number}", "lede": row.text, "url": ""} for row in rows
            ]
            columns = ("speaker", "text", "title", "source", "language", "event_time", "story")
            return site.export(request, fields, columns, "quotations", speaker or "Quotations")
        speakers = site.kept.of(reader, "speakers", reader.speakers)
        name = reader.name("person", speaker) if speaker else None
        series: dict[str, int] = {}
        total = None
        if speaker:
            every = reader.quote_days(speaker)
            series = every
            total = sum(every.values())
    extent = (min(series), max(series)) if series else None
    return site.page(
        request,
        "quotes.html",
        speaker=speaker,
        name=name,
        quotes=rows,
        speakers=speakers,
        total=total,
        chart=charts.chart({"": series}, *extent, charts.daily_unit(*extent)) if extent else None,
        page=page,
        has_more=len(rows) == PAGE,
    )
