"""Today: the largest stories of a day, the names that rise, the sources that are new or silent."""

from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from pipeline.dashboard import messages
from pipeline.dashboard.site import Site, day_of, wanted
from pipeline.store import Reader

_STORIES = 10


def window(site: Site, reader: Reader, day: str | None) -> tuple[str, str]:
    """Return the 24 hours that are shown: a day in UTC, or those up to the newest article."""
    if day:
        start = datetime.fromisoformat(f"{day}T00:00:00Z")
    else:
        newest = reader.newest_time(site.now()) or site.now()
        start = datetime.fromisoformat(newest) + timedelta(seconds=1) - timedelta(days=1)
    return f"{start:%Y-%m-%dT%H:%M:%SZ}", f"{start + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"


def day_data(site: Site, reader: Reader, day: str | None, language: str = "en") -> dict[str, Any]:
    """Return what happened in a day, or in the last 24 hours."""
    start, end = window(site, reader, day)
    stories = reader.stories_between(start, end, _STORIES)
    uris = [story.uri for story, _, _ in stories]
    detail, titles = reader.story_detail(uris), reader.titles_in(language, uris)
    return {
        "start": start,
        "end": end,
        "stories": [
            {
                "story": story,
                "title": titles.get(story.uri),
                "articles": articles,
                "sources": sources,
                "times": [time for _, time in detail[story.uri]],
                "languages": sorted({language for language, _ in detail[story.uri]}),
            }
            for story, articles, sources in stories
        ],
        "rising": reader.rising(start, end),
        "new": reader.new_sources(start, end),
        "silent": reader.silent_sources(end),
        "articles": reader.count_between(start, end),
    }


def today(site: Site, request: Request) -> Response:
    """The first page."""
    day, language = day_of(request.query_params.get("day")), messages.interface_language(request)
    with site.readers.lend() as reader:
        data = site.kept.of(reader, ("today", day, language), lambda: day_data(site, reader, day, language))
    if wanted(request):
        return site.export(request, story_rows(data), STORY_COLUMNS, "today", "Largest stories")
    shown = datetime.fromisoformat(data["end"]) - timedelta(seconds=1)
    return site.page(
        request,
        "today.html",
        day=day,
        shown=f"{shown:%Y-%m-%d}",
        earlier=f"{shown - timedelta(days=1):%Y-%m-%d}",
        later=f"{shown + timedelta(days=1):%Y-%m-%d}" if day else None,
        **data,
    )


STORY_COLUMNS = (
    *("uri", "title", "language", "articles", "sources", "languages", "first_time", "last_time", "first_source"),
    "event_time",
)


def story_rows(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the stories of a day as rows: articles and sources of that day, the rest of the whole story."""
    return [
        {
            **entry["story"]._asdict(),
            "articles": entry["articles"],
            "sources": entry["sources"],
            "languages": entry["languages"],
            "event_time": entry["story"].last_time,
        }
        for entry in data["stories"]
    ]
