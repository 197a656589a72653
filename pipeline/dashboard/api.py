"""The read-only JSON API: the same selections as the pages, described by OpenAPI from one table of operations."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pipeline.dashboard import explore, operations, stories, today
from pipeline.dashboard.site import Site, day_of, number_of, page_of
from pipeline.settings import PIPELINE_VERSION
from pipeline.store import Reader
from pipeline.store.reader import ORDERS
from transforms.analytics.facets import DIMENSIONS, FILTERS

_MOST_LIMIT: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One address of the API."""

    path: str
    summary: str
    answer: Callable[[Site, Request, Reader], Any]
    parameters: tuple[str, ...] = ()


def _limit(request: Request) -> int:
    return min(max(number_of(request, "limit") or 25, 1), _MOST_LIMIT)


def _articles(site: Site, request: Request, reader: Reader) -> Any:
    selection = explore.selection_of(request)
    found = reader.headlines(selection, order=explore.order_of(request), page=page_of(request), limit=_limit(request))
    hits = reader.count(selection)
    return {"hits": hits.articles, "hits_exact": hits.is_exact, "articles": explore.rows_of(found)}


def _series(site: Site, request: Request, reader: Reader) -> Any:
    unit = "hour" if request.query_params.get("unit") == "hour" else "day"
    series = reader.series(explore.selection_of(request), unit)
    return {"unit": unit, "series": [{unit: bucket, "articles": n} for bucket, n in series.items()]}


def _values(site: Site, request: Request, reader: Reader) -> Any:
    dimension = request.query_params.get("dimension", "")
    if dimension not in DIMENSIONS or dimension in {"day", "change"}:
        raise HTTPException(
            400, "dimension is one of " + ", ".join(name for name in DIMENSIONS if name not in {"day", "change"})
        )
    values = reader.values(explore.selection_of(request), [dimension], _limit(request))[dimension]
    return {"dimension": dimension, "values": [{"value": value, "articles": n} for value, n in values]}


def _article(site: Site, request: Request, reader: Reader) -> Any:
    id_ = reader.article_id(request.query_params.get("uri", ""))
    if id_ is None:
        raise HTTPException(404, "no article has this identity")
    return reader.raw_record(id_)


def _stories(site: Site, request: Request, reader: Reader) -> Any:
    order = request.query_params.get("order", "newest")
    since, until = day_of(request.query_params.get("since")), day_of(request.query_params.get("until"))
    found = reader.stories(
        order=order,
        since=since and f"{since}T00:00:00Z",
        until=until and f"{until}T23:59:59Z",
        page=page_of(request),
        limit=_limit(request),
    )
    return {"stories": [{name: value for name, value in s._asdict().items() if name != "id"} for s in found]}


def _story(site: Site, request: Request, reader: Reader) -> Any:
    found = reader.story(request.query_params.get("uri", ""))
    if found is None:
        raise HTTPException(404, "there is no such story")
    members = reader.members(found.uri)
    copies = reader.copies([member.uri for member in members])
    return {
        **{name: value for name, value in found._asdict().items() if name != "id"},
        "members": [
            {
                **{n: v for n, v in m._asdict().items() if n != "id"},
                "copies": [c.url or c.uri for c in copies.get(m.uri, [])],
            }
            for m in members
        ],
    }


def _today(site: Site, request: Request, reader: Reader) -> Any:
    data = today.day_data(site, reader, day_of(request.query_params.get("day")))
    return {
        "start": data["start"],
        "end": data["end"],
        "articles": data["articles"],
        "stories": [{name: value for name, value in row.items() if name != "id"} for row in today.story_rows(data)],
        "rising": [name._asdict() for name in data["rising"]],
        "new_sources": [source._asdict() for source in data["new"]],
        "silent_sources": [{**source._asdict(), **rhythm._asdict()} for source, rhythm in data["silent"]],
    }


def _quotes(site: Site, request: Request, reader: Reader) -> Any:
    rows = reader.quotes(request.query_params.get("speaker") or None, page=page_of(request), limit=_limit(request))
    return {"quotes": [{n: v for n, v in row._asdict().items() if n not in {"id", "number"}} for row in rows]}


def _sources(site: Site, request: Request, reader: Reader) -> Any:
    now = reader.newest_time(site.now()) or site.now()
    rows = reader.sources(order=request.query_params.get("order", ""), page=page_of(request), limit=_limit(request))
    return {"sources": [{**row._asdict(), **reader.rhythm(row.source, now)._asdict()} for row in rows]}


def _dead(site: Site, request: Request, reader: Reader) -> Any:
    given = request.query_params
    rows = reader.dead_letters(
        given.get("reason") or None,
        source=given.get("source"),
        before=number_of(request, "before"),
        limit=_limit(request),
    )
    return {"dead": [row._asdict() for row in rows]}


def _live(site: Site, request: Request, reader: Reader) -> Any:
    return operations.live_data(site, reader)


_SELECTION: Final = ("q", *FILTERS, "since", "until", "changed")
_PAGING: Final = ("page", "limit")
PARAMETERS: Final[dict[str, tuple[str, str]]] = {
    "q": ("string", 'Words that must occur; "a phrase", one OR other, -without, beginning*.'),
    **{name: ("string", f"Only articles with this {name}.") for name in FILTERS},
    "since": ("date", "First day, UTC."),
    "until": ("date", "Last day, UTC."),
    "changed": ("boolean", "Only articles that were changed after their first version."),
    "order": ("string", f"Articles: {', '.join(ORDERS)}. Stories: {', '.join(stories.ORDERS)}."),
    "page": ("integer", "Page of the list, from 1."),
    "limit": ("integer", f"Entries of a page, at most {_MOST_LIMIT}."),
    "unit": ("string", "day or hour."),
    "dimension": ("string", "What is counted: a name of a filter."),
    "uri": ("string", "Identity."),
    "speaker": ("string", "Who is quoted; any spelling."),
    "reason": ("string", "Reason of dead letters."),
    "before": ("integer", "Only entries with a smaller id."),
}
OPERATIONS: Final = (
    Operation(
        path="articles",
        summary="Articles of a selection, and how many there are.",
        answer=_articles,
        parameters=(*_SELECTION, "order", *_PAGING),
    ),
    Operation(
        path="series",
        summary="Articles of a selection by day or hour.",
        answer=_series,
        parameters=(*_SELECTION, "unit"),
    ),
    Operation(
        path="values",
        summary="The most frequent values of a dimension in a selection.",
        answer=_values,
        parameters=(*_SELECTION, "dimension", "limit"),
    ),
    Operation(path="article", summary="The whole record of an article.", answer=_article, parameters=("uri",)),
    Operation(
        path="today",
        summary="Largest stories, rising names, new and silent sources of a day.",
        answer=_today,
        parameters=("day",),
    ),
    Operation(
        path="stories",
        summary="Stories of more than one article.",
        answer=_stories,
        parameters=("order", "since", "until", *_PAGING),
    ),
    Operation(path="story", summary="A story with its articles by publication.", answer=_story, parameters=("uri",)),
    Operation(
        path="quotes", summary="Quotations, of one speaker or all.", answer=_quotes, parameters=("speaker", *_PAGING)
    ),
    Operation(path="sources", summary="Sources and how they publish.", answer=_sources, parameters=("order", *_PAGING)),
    Operation(path="dead", summary="Dead letters.", answer=_dead, parameters=("source", "reason", "before", "limit")),
    Operation(path="live", summary="The state of the flow.", answer=_live),
)


def handler(operation: Operation) -> Callable[[Site, Request], Response]:
    """Return what answers requests for one address of the API."""

    def answer(site: Site, request: Request) -> Response:
        with site.readers.lend() as reader:
            return Response(orjson.dumps(operation.answer(site, request, reader)), media_type="application/json")

    return answer


def openapi(site: Site, request: Request) -> Response:
    """Describe the API."""
    root = request.scope.get("root_path", "")
    return Response(orjson.dumps(description(root)), media_type="application/json")


def description(root: str = "") -> dict[str, Any]:
    """Return the OpenAPI description."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Khabar", "version": PIPELINE_VERSION, "description": "Read-only. Times are UTC."},
        "servers": [{"url": f"{root}/api"}],
        "paths": {
            f"/{operation.path}": {
                "get": {
                    "operationId": operation.path,
                    "summary": operation.summary,
                    "parameters": [_parameter(name) for name in operation.parameters],
                    "responses": {
                        "200": {"description": "OK", "content": {"application/json": {"schema": {"type": ["object"]}}}},
                        "4XX": {"description": "What is asked for does not exist, or cannot be asked for."},
                    },
                }
            }
            for operation in OPERATIONS
        },
    }


def _parameter(name: str) -> dict[str, Any]:
    kind, text = PARAMETERS[name]
    schema = {"type": "string", "format": "date"} if kind == "date" else {"type": kind}
    return {"name": name, "in": "query", "required": False, "description": text, "schema": schema}
