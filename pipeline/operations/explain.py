"""Why the index decided as it did: the history of an article, and what two have in common, for people and as JSON."""

import re
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import msgspec
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipeline.index import Comparison, Decision, History, Index
from pipeline.index.report import StoryTold
from pipeline.observe.terminal import readable
from transforms.dedup.identity import normalise_url

_ENCODED: Final = re.compile("(?:%[89A-Fa-f][0-9A-Fa-f])+")


class UnknownArticle(LookupError):
    """The index has never seen the uri."""


def explain(index: Index, uri: str) -> History:
    """Return the history of the article at `uri`, which may be any spelling of its URL.

    Raises:
        UnknownArticle: the index has never seen it.
    """
    for spelling in dict.fromkeys((uri, normalise_url(uri) or uri)):
        if history := index.history(spelling):
            return history
    raise UnknownArticle(f"the index has never seen {uri}")


def explain_pair(index: Index, a: str, b: str) -> Comparison:
    """Return why the articles at `a` and `b` are, or are not, one.

    Raises:
        UnknownArticle: the index has never seen one of them.
    """
    return index.compare(explain(index, a).uri, explain(index, b).uri)


def as_json(answer: History | Comparison) -> bytes:
    """Return an explanation as JSON."""
    return msgspec.json.encode(answer)


def render_history(history: History) -> RenderableType:
    """Return a history for the terminal."""
    parts: list[RenderableType] = [_heading(_legible(history.uri))]
    for version in history.versions:
        time = version.modified_at or version.fetched_at
        known = f", {time}" if time else ""
        current = ", current" if version.current else ""
        parts.append(Text(f"\nversion {version.version}: {version.change}{known}{current}", style="bold"))
        lines = [readable(version.title)] if version.title else []
        lines += [f"read at {version.coordinates}", *_changes(version.changes or {})]
        lines += [f"{relation.kind} {relation.share:.0%} {_legible(relation.uri)}" for relation in version.related]
        parts += [Padding(Text(line), (0, 0, 0, 2)) for line in lines]
    if copy := history.duplicate_of:
        parts.append(
            Text(
                f"\nduplicate of version {copy.version} of {_legible(copy.original)}:"
                f" similarity {copy.similarity:.4f} by {copy.method}"
            )
        )
    if history.duplicates:
        parts.append(Text(f"\nduplicates: {history.duplicates}", style="bold"))
        table = Table("of version", "similarity", "method", "uri", box=None)
        for copy in history.latest_duplicates:
            table.add_row(
                str(copy.version), f"{copy.similarity:.4f}", copy.method, Text(_legible(copy.uri), overflow="fold")
            )
        parts.append(table)
    if history.story:
        parts += _story(history.story)
        parts += [Text(f"  {_legible(uri)}") for uri in history.latest_in_story if uri != history.uri]
    parts.append(Text(f"\ndecisions: {history.decisions}", style="bold"))
    table = Table("outcome", "because", "read at", box=None)
    for told in history.latest_decisions:
        where = Text(told.coordinates, overflow="fold")
        table.add_row(told.decision.outcome, Text(_because(told.decision), overflow="fold"), where)
    parts.append(table)
    return Group(*parts)


def render_comparison(comparison: Comparison) -> RenderableType:
    """Return a comparison for the terminal."""
    table = Table("measure", "value", "threshold", box=None)
    limits = comparison.thresholds
    if comparison.jaccard is not None and comparison.shingles and comparison.tokens:
        table.add_row("Jaccard similarity of shingles", f"{comparison.jaccard:.4f}", f"duplicate from {limits['near']}")
        table.add_row(
            "share of the smaller text", f"{comparison.containment:.4f}", f"contained from {limits['contained']}"
        )
        table.add_row("shingles", f"{comparison.shingles[0]}, {comparison.shingles[1]}", "")
        table.add_row("shared shingles", str(comparison.shared_shingles), "")
        table.add_row(
            "tokens",
            f"{comparison.tokens[0]}, {comparison.tokens[1]}",
            f"only equality below {limits['min_tokens']:.0f}",
        )
        table.add_row("shared bands", f"{comparison.shared_bands} of {comparison.bands}", "candidates from 1")
    parts: list[RenderableType] = [
        _heading(f"{_legible(comparison.a)}\n{_legible(comparison.b)}"),
        Text(f"{comparison.verdict}: {_legible(comparison.reason)}"),
    ]
    if story := comparison.story:
        verdict = {True: "same story", False: "different stories", None: "no story"}[story.same_story]
        parts.append(Text(f"{verdict}: {_legible(story.reason)}"))
        if story.shared:
            parts.append(Text(f"in common: {', '.join(readable(word) for word in story.shared)}"))
        if story.similarity is not None:
            table.add_row("likelihood of one event", f"{story.similarity:.4f}", "one story from 0.5")
            table.add_row("days apart", str(story.days_apart), "")
        for name, value in story.measures.items():
            table.add_row(f"  {name}", f"{value:.4f}", "")
    return Group(*parts, table) if table.row_count else Group(*parts)


def _story(story: StoryTold) -> list[RenderableType]:
    """Return what is known of an article's story in lines."""
    lines = [Text(f"\nstory {_legible(story.uri)}: similarity {story.similarity:.4f}, articles: {story.articles}")]
    if story.title:
        lines.append(Text(f"  {readable(story.title)}"))
    if story.joined:
        lines.append(Text(f"  joined as {_legible(story.joined)}, which was merged into it"))
    lines += [Text(f"  merged into it: {_legible(uri)}") for uri in story.merged]
    lines.append(
        Text(
            f"  first told by {story.first_source or 'an unknown source'}, {story.first_time or 'no time known'};"
            f" last {story.last_time or 'unknown'}; sources: {story.sources}; {story.growth:.2f} articles an hour"
        )
    )
    for name in ("languages", "places", "people"):
        if values := getattr(story, name):
            lines.append(Text(f"  {name}: {', '.join(readable(value) for value in values)}"))
    if story.nearest:
        lines.append(Text(f"  likest to {_legible(story.nearest)}"))
    if story.shared:
        lines.append(Text(f"  in common: {', '.join(readable(word) for word in story.shared)}"))
    return list(lines)


def _legible(text: str) -> str:
    """Return `text` with the letters that addresses in it encode; commands understand this spelling too."""

    def decoded(match: re.Match[str]) -> str:
        try:
            letters = unquote_to_bytes(match[0]).decode()
        except UnicodeDecodeError:
            return match[0]
        return letters if letters.isprintable() else match[0]

    return _ENCODED.sub(decoded, text)


def _heading(text: str) -> Text:
    return Text(text, style="bold")


def _changes(changes: dict[str, Any]) -> list[str]:
    """Return the summary of a change in lines."""
    lines = []
    if changes.get("late"):
        lines.append("came late: older than the current version")
    if "returns_to" in changes:
        lines.append(f"returns to the text of version {changes['returns_to']}")
    if "share" in changes:
        lines.append(
            f"{changes['share']:.1%} of the words against version {changes['against']}"
            f" (+{changes['words_added']} -{changes['words_removed']})"
        )
    if notice := changes.get("notice"):
        lines.append(f"{notice['kind']}: {notice['text']}")
    if title := changes.get("title"):
        lines.append(f"title: {title['from']} -> {title['to']}")
    for name in ("numbers", "quotes"):
        if difference := changes.get(name):
            lines.append(f"{name}: {_listed(difference['removed'])} -> {_listed(difference['added'])}")
    lines += [f"+ {passage}" for passage in changes.get("added", ())]
    lines += [f"- {passage}" for passage in changes.get("removed", ())]
    return lines


def _listed(values: list[str]) -> str:
    return ", ".join(readable(value) for value in values) or "none"


def _because(decision: Decision) -> str:
    if decision.outcome == "article":
        return f"version {decision.version}, {decision.change}"
    if decision.outcome == "unchanged":
        return {"content": "the same body as before", "text": "the same text as before"}[decision.method or "text"]
    return f"of {_legible(decision.duplicate_of or '')}: similarity {decision.similarity:.4f} by {decision.method}"
