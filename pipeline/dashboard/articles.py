"""An article: its text with what was found in it, its versions, and where it comes from."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pipeline.dashboard.compare import side_by_side
from pipeline.dashboard.highlight import KINDS, marks_of, paragraphs
from pipeline.dashboard.site import Site, id_of, number_of
from pipeline.store.reader import Member


def article_by_uri(site: Site, request: Request) -> Response:
    """From an identity to the page of its latest version."""
    with site.readers.lend() as reader:
        id_ = reader.article_id(request.query_params.get("uri", ""))
    if id_ is None:
        raise HTTPException(404, "no article has this identity")
    return RedirectResponse(f"{request.scope.get('root_path', '')}/article/{id_}", 302)


def article(site: Site, request: Request) -> Response:
    """One version of an article."""
    with site.readers.lend() as reader:
        id_ = id_of(request)
        found = reader.article(id_)
        if found is None:
            raise HTTPException(404, "there is no such article")
        marks = marks_of(found)
        members: list[Member] = reader.members(found.story.uri, 60) if found.story else []
        return site.page(
            request,
            "article.html",
            id=id_,
            article=found,
            paragraphs=paragraphs(found.text, marks),
            kinds=[kind for kind in KINDS if any(mark.kind == kind for mark in marks)],
            versions=reader.versions(found.uri),
            duplicates=reader.duplicates(found.uri),
            story=[member for member in members if member.uri != found.uri][:8],
            story_size=len(members),
            record=orjson.dumps(reader.raw_record(id_), option=orjson.OPT_INDENT_2).decode(),
        )


def changes(site: Site, request: Request) -> Response:
    """Two versions of an article, one beside the other."""
    with site.readers.lend() as reader:
        new = reader.article(id_of(request))
        if new is None:
            raise HTTPException(404, "there is no such article")
        versions = reader.versions(new.uri)
        number = number_of(request, "with") or new.version - 1
        other = next((version for version in versions if version.version == number), None)
        old = reader.article(other.id) if other else None
    if old is None:
        raise HTTPException(404, f"there is no version {number} of this article")
    if old.version > new.version:
        old, new = new, old
    return site.page(
        request,
        "changes.html",
        old=old,
        new=new,
        versions=versions,
        sentences=sentences(new.changes or {}) if old.version == new.version - 1 else [],
        titles=side_by_side(old.title or "", new.title or ""),
        rows=side_by_side(old.text, new.text),
    )


def sentences(summary: Mapping[str, Any]) -> list[tuple[str, dict[str, str]]]:
    """Return a summary of changes as sentences of the interface, each with what stands in its gaps."""
    found: list[tuple[str, dict[str, str]]] = []
    for name, value in summary.items():
        if name == "title" and isinstance(value, Mapping):
            found.append(
                (
                    "The title was “{old}”, now it is “{new}”.",
                    {"old": _text(value.get("from")), "new": _text(value.get("to"))},
                )
            )
        elif isinstance(value, Mapping):
            what = name.replace("_", " ")
            for key, sentence in (("added", "Added {what}: {values}."), ("removed", "Removed {what}: {values}.")):
                if value.get(key):
                    found.append((sentence, {"what": what, "values": _text(value[key])}))
            rest = {key: part for key, part in value.items() if key not in {"added", "removed"}}
            if rest:
                found.append(("{what}: {values}.", {"what": what, "values": _text(rest)}))
        elif name.endswith("_added") and isinstance(value, int):
            found.append(("{values} {what} were added.", {"what": name[:-6].replace("_", " "), "values": str(value)}))
        elif name.endswith("_removed") and isinstance(value, int):
            found.append(("{values} {what} were removed.", {"what": name[:-8].replace("_", " "), "values": str(value)}))
        elif value not in (None, [], {}, ""):
            found.append(("{what}: {values}.", {"what": name.replace("_", " "), "values": _text(value)}))
    return found


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(part)}" for key, part in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_text(part) for part in value)
    return "–" if value is None else str(value)


def record(site: Site, request: Request) -> Response:
    """The whole record as JSON."""
    with site.readers.lend() as reader:
        found = reader.raw_record(id_of(request))
    if found is None:
        raise HTTPException(404, "there is no such article")
    return Response(orjson.dumps(found), media_type="application/json")
