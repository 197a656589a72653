"""RSS and Atom feeds as raw articles: each item or entry is one."""

import html
import re
from calendar import timegm
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from pipeline.sources.formats.records import Damage, FileRecord, too_large
from pipeline.sources.formats.streams import Content
from schemas.reasons import Reason

_MARKUP: Final = re.compile(r"<[a-zA-Z!/][^<>]*>|&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+);")
_FEED: Final = re.compile(rb"<(?:rss|feed|rdf:RDF|\w+:RDF)[\s>]")
_END: Final = re.compile(rb"</(?:rss|feed|\w+:RDF)\s*>")


def is_feed(beginning: bytes) -> bool:
    """Whether an XML document is RSS or Atom, by its root element."""
    return _FEED.search(beginning) is not None


def read_feed(content: Content, limit: int) -> Iterator[FileRecord | Damage]:
    """Yield the items of a feed, which is held in memory whole and may have `limit` bytes.

    Text that holds markup is HTML, as the formats say; an item without any text has its title alone.
    """
    import feedparser

    data = content.read(limit + 1)
    if len(data) > limit:
        size = len(data) + content.skip(2**62)
        yield too_large(data, size, limit)
        return
    feed = feedparser.parse(data, sanitize_html=False, resolve_relative_uris=True)
    for entry in feed.entries:
        yield FileRecord(orjson.dumps(_raw(entry, feed.feed)))
    if content.damage or not _END.search(data[-4096:]):
        reason = str(content.damage or feed.get("bozo_exception") or "the document has no end")
        yield Damage(place=f"byte {content.position}", reason=reason, beginning=data[-1024:])
    elif not feed.entries and not is_feed(data):
        yield FileRecord(data[:1024], payload_bytes=len(data), failure=(Reason.UNSUPPORTED_TYPE, "not a feed"))


def _raw(entry: Any, feed: Any) -> dict[str, Any]:
    body = _body(entry)
    markup = body is not None and _MARKUP.search(body) is not None
    authors = [author["name"] for author in entry.get("authors", ()) if author.get("name")]
    tags = [tag["term"] for tag in entry.get("tags", ()) if tag.get("term")]
    title = entry.get("title")
    if title and _MARKUP.search(title):
        title = html.unescape(re.sub(r"<[^<>]*>", "", title))
    raw = {
        "id": entry.get("id"),
        "url": entry.get("link"),
        "html" if markup else "text": f"<article>{body}</article>" if markup else body or title,
        "title": title,
        "authors": authors or ([entry["author"]] if entry.get("author") else None),
        "published_at": _time(entry.get("published_parsed") or entry.get("updated_parsed")),
        "language": entry.get("language") or feed.get("language"),
        "source": (entry.get("source") or {}).get("title") or feed.get("title"),
        "extra": {"tags": tags} if tags else None,
    }
    return {name: value for name, value in raw.items() if value}


def _body(entry: Any) -> str | None:
    contents = [part.get("value", "") for part in entry.get("content", ())]
    return max((*contents, entry.get("summary", "")), key=len).strip() or None


def _time(parsed: Any) -> str | None:
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if parsed else None
    except (ValueError, OverflowError, OSError):
        return None
