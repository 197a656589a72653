"""RSS and Atom feeds as raw articles: each item or entry is one.

The XML is read as leniently as browsers read HTML, because one feed in ten is not well-formed. Entities are never
resolved and nothing is fetched.
"""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

import orjson
from lxml import etree

from pipeline.sources.formats.records import Damage, FileRecord, too_large
from pipeline.sources.formats.streams import Content
from schemas.reasons import Reason
from transforms.dates.calendars import Calendar, to_gregorian
from transforms.dates.parsing import parse_date
from transforms.errors import Rejected
from transforms.extraction.encoding import to_text

_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]*>|<!--")
_MARKUP: Final = re.compile(r"<[a-zA-Z!/][^<>]*>|&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,31});")
_ESCAPED_TAG: Final = re.compile(
    r"&lt;/?(?:p|br|div|span|a|b|i|em|strong|img|ul|ol|li|h[1-6]|blockquote|figure)\b", re.I
)
_FEED: Final = re.compile(rb"<(?:rss|feed|rdf:RDF|\w+:RDF)[\s>]")
_END: Final = re.compile(r"</(?:rss|feed|\w+:RDF)\s*>")
_DECLARATION: Final = re.compile(r"^\s*<\?xml[^<>]{0,500}\?>", re.IGNORECASE)
_DOCTYPE: Final = re.compile(r"\s*<!DOCTYPE[^\[<>]{0,1000}(?:\[.*?\]\s*)?>", re.IGNORECASE | re.DOTALL)
_ENTITY: Final = re.compile(r"&([a-zA-Z][a-zA-Z0-9]{0,31});")
_OWN_ENTITIES: Final = frozenset({"amp", "lt", "gt", "quot", "apos"})
_REFERENCE: Final = re.compile(r"&#(?:(\d+)|[xX]([0-9a-fA-F]+));?")
_NO_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ATTRIBUTES: Final = re.compile(
    r"<([A-Za-z][\w:.-]*+)(?:\s++[^\s<>=\"'/]++(?:\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+'))?+){200,}+"
)
"""A start tag with so many attributes that the parser, which compares each with all, would need minutes for it."""
_ITEMS: Final = frozenset({"item", "entry"})
_VOCABULARIES: Final = (
    ("purl.org/dc/", "dc"),
    ("purl.org/rss/1.0/modules/content", "content"),
    ("search.yahoo.com/mrss", "media"),
    ("itunes.com", "itunes"),
    ("w3.org/2005/atom", ""),
    ("purl.org/atom", ""),
    ("purl.org/rss/1.0", ""),
    ("netscape.com/rdf", ""),
    ("w3.org/1999/xhtml", "xhtml"),
    ("w3.org/1999/02/22-rdf", "rdf"),
    ("backend.userland.com", ""),
)
_BODIES: Final = ("content:encoded", "content", "description", "summary", "fulltext", "xhtml:body", "media:description",
                  "dc:description", "itunes:summary")  # fmt: skip
_PUBLISHED: Final = ("pubdate", "published", "issued", "dc:date", "dc:created", "dc:issued", "created", "date",
                     "updated", "modified", "dc:modified")  # fmt: skip
_TITLES: Final = ("title", "dc:title", "media:title", "itunes:title")
_XML: Final = "{http://www.w3.org/XML/1998/namespace}"
_RDF: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"

Fields = dict[str, list[Any]]


def is_feed(beginning: bytes) -> bool:
    """Whether an XML document is RSS or Atom, by its root element."""
    return beginning.lstrip(b" \t\r\n\xef\xbb\xbf").startswith(b"<?xml") and _FEED.search(beginning) is not None


def read_feed(content: Content, limit: int) -> Iterator[FileRecord | Damage]:
    """Yield the items of a feed, which is held in memory whole and may have as many bytes as a record.

    Text that holds markup is HTML, as the formats say; an item without any text has its title alone.
    """
    data = content.read(limit + 1)
    if len(data) > limit:
        yield too_large(data, len(data) + content.skip(2**62), limit)
        return
    try:
        text = to_text(data).text
    except Rejected as error:
        yield FileRecord(data[:1024], payload_bytes=len(data), failure=(error.reason, error.message))
        return
    root, fault = _parse(text)
    items = [element for element in root.iter() if _name(element) in _ITEMS] if root is not None else []
    if root is not None:
        shared = _fields(root)
        for channel in (element for element in root if _name(element) == "channel"):
            shared = _fields(channel) | shared
        for item in items:
            yield FileRecord(orjson.dumps(_raw(item, shared)))
    if content.damage or not _END.search(text[-4096:]):
        reason = str(content.damage or fault or "the document has no end")
        yield Damage(place=f"byte {content.position}", reason=reason, beginning=data[-1024:])
    elif not items and not _FEED.search(data):
        yield FileRecord(data[:1024], payload_bytes=len(data), failure=(Reason.UNSUPPORTED_TYPE, "not a feed"))


def _parse(text: str) -> tuple[Any, str | None]:
    """Return the root element of a document, however damaged, and what is wrong with the document."""
    text = _DECLARATION.sub("", text, count=1)
    if doctype := _DOCTYPE.match(text):
        text = text[doctype.end() :]
    text = _ENTITY.sub(lambda found: found[0] if found[1] in _OWN_ENTITIES else _character(found[0]), text)
    text = _NO_XML.sub("", _REFERENCE.sub(_referenced, text))
    text = _ATTRIBUTES.sub(r"<\1", text)
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=True,
        huge_tree=True,
        resolve_entities=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text.strip().encode("utf-8"), parser)
    except (etree.LxmlError, ValueError) as error:
        return None, str(error)
    fault = next((entry.message for entry in parser.error_log), None)
    return root, fault


def _character(entity: str) -> str:
    """Return what an HTML entity stands for, to be read as text; one that does not exist stays as it is written."""
    found = html.unescape(entity)
    return found if found != entity else f"&amp;{entity[1:]}"


def _referenced(found: re.Match[str]) -> str:
    """Return a reference to a character as XML has it; what no XML may hold becomes the replacement character."""
    digits, base = (found[1], 10) if found[1] else (found[2], 16)
    code = int(digits, base) if len(digits) <= 8 else 0
    sound = code in {9, 10, 13} or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code <= 0x10FFFF
    return f"&#{code};" if sound else "\ufffd"


def _name(element: Any) -> str:
    """Return the name of an element with the short name of its vocabulary, in lower case."""
    if not isinstance(element.tag, str):
        return ""
    address, _, local = element.tag.rpartition("}")
    if not address:
        return local.lower().removeprefix("atom:").removeprefix("rss:")
    address = address.lower()
    vocabulary = next((short for known, short in _VOCABULARIES if known in address), "other")
    return f"{vocabulary}:{local.lower()}" if vocabulary else str(local.lower())


def _fields(parent: Any) -> Fields:
    fields: Fields = {}
    for child in parent:
        fields.setdefault(_name(child), []).append(child)
    return fields


def _raw(item: Any, shared: Fields) -> dict[str, Any]:
    fields = _fields(item)
    if "media:group" in fields:
        fields = _fields(fields["media:group"][0]) | fields
    body = _body(fields)
    markup = body is not None and _MARKUP.search(body) is not None
    title = next((text for name in _TITLES for text in map(_line, fields.get(name, ())) if text), None)
    tags = [tag for name in ("category", "dc:subject") for e in fields.get(name, ()) if (tag := _tag(e))]
    raw = {
        "id": next((text for name in ("guid", "id") for text in map(_plain, fields.get(name, ())) if text), None)
        or item.get(f"{_RDF}about"),
        "url": _link(item, fields, shared),
        "html" if markup else "text": f"<article>{body}</article>" if markup else body or title,
        "title": title,
        "authors": _authors(fields) or None,
        "published_at": _published(fields),
        "language": _language(item, fields, shared),
        "source": _source(fields, shared),
        "extra": {"tags": list(dict.fromkeys(tags))} if tags else None,
    }
    return {name: value for name, value in raw.items() if value}


def _plain(element: Any) -> str:
    return (
        "".join(html.unescape(part) for part in _TAG.split(_inner(element))).strip() if len(element) else _own(element)
    )


def _own(element: Any) -> str:
    return (element.text or "").strip()


def _line(element: Any) -> str:
    """Return a text construct on one line: without markup, and unescaped where it was escaped twice."""
    text = _unescaped(_inner(element))
    if _MARKUP.search(text):
        text = html.unescape(_TAG.sub("", text))
    return " ".join(text.split())


def _unescaped(text: str) -> str:
    """Return text whose markup was escaped once more than it should be, as it was meant."""
    if not _TAG.search(text) and _ESCAPED_TAG.search(text):
        text = html.unescape(text)
    return text.replace("<![CDATA[", "").replace("]]>", "") if "<![CDATA[" in text else text


def _inner(element: Any) -> str:
    """Return the content of an element: its text, with the elements in it written as markup."""
    if not len(element):
        return _own(element)
    parts: list[str] = [_escaped(element.text)]
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, inner in walk:
        if event == "start" and _name(inner) in _ITEMS:
            break  # this element was never closed
        if inner is element or not isinstance(inner.tag, str):
            continue
        name = _local(inner.tag)
        if event == "start":
            attributes = "".join(f' {_local(key)}="{html.escape(value)}"' for key, value in inner.attrib.items())
            parts.append(f"<{name}{attributes}>{_escaped(inner.text)}")
        else:
            end = "" if name in {"br", "img", "hr", "wbr", "input"} else f"</{name}>"
            parts.append(f"{end}{_escaped(inner.tail)}")
    return "".join(parts).strip()


def _local(name: str) -> str:
    return name.rpartition("}")[2].rpartition(":")[2]


def _escaped(text: str | None) -> str:
    return html.escape(text, quote=False) if text else ""


def _body(fields: Fields) -> str | None:
    bodies = (_unescaped(_inner(element)) for name in _BODIES for element in fields.get(name, ()))
    return max(bodies, key=len, default="").strip() or None


def _link(item: Any, fields: Fields, shared: Fields) -> str | None:
    own = _address(fields)
    if own is None:
        guid = next(iter(fields.get("guid", ())), None)
        if guid is not None and guid.get("isPermaLink", "true").lower() != "false" and _is_web(text := _plain(guid)):
            own = text
    if own is None or _is_web(own):
        return own
    bases = [e.get(f"{_XML}base") for e in (item, *item.iterancestors()) if e.get(f"{_XML}base")]
    for base in reversed([*bases, _address(shared) or ""]):
        try:
            own = urljoin(base, own)
        except ValueError:
            continue
    return own


def _address(fields: Fields) -> str | None:
    """Return the address of an item or of a channel: the text of a link (RSS), or what a link leads to (Atom)."""
    links = fields.get("link", ())
    for link in links:
        if not link.get("href") and (text := _plain(link)):
            return text
    led = [(link.get("rel", "alternate"), link.get("href").strip()) for link in links if link.get("href")]
    return next((address for relation, address in led if relation == "alternate"), None)


def _is_web(address: str) -> bool:
    return address[:8].lower().startswith(("http://", "https://"))


_RSS_AUTHOR: Final = re.compile(r"[^\s@()<>]{1,100}@[^\s@()<>]{1,200}\s*\(([^()]{1,200})\)\s*$")


def _authors(fields: Fields) -> list[str]:
    names: list[str] = []
    for name in ("author", "dc:creator", "contributor", "dc:contributor", "itunes:author"):
        if names and name not in {"author", "dc:creator"}:
            break
        for element in fields.get(name, ()):
            own = _fields(element).get("name")
            text = _line(own[0]) if own else _line(element) if not len(element) else ""
            mailed = _RSS_AUTHOR.match(text)
            if text := mailed[1].strip() if mailed else text:
                names.append(text)
    return list(dict.fromkeys(names))


def _tag(element: Any) -> str:
    return _line(element) or (element.get("label") or element.get("term") or "").strip()


def _language(item: Any, fields: Fields, shared: Fields) -> str | None:
    for found in (fields, shared):
        for name in ("language", "dc:language"):
            if name in found and (text := _plain(found[name][0])):
                return text
    return next((e.get(f"{_XML}lang") for e in (item, *item.iterancestors()) if e.get(f"{_XML}lang")), None)


def _source(fields: Fields, shared: Fields) -> str | None:
    for source in fields.get("source", ()):
        titles = _fields(source).get("title")
        if text := _line(titles[0]) if titles else _line(source) if not len(source) else "":
            return text
    return next((text for name in _TITLES for text in map(_line, shared.get(name, ())) if text), None)


def _published(fields: Fields) -> str | None:
    stated = (_plain(element) for name in _PUBLISHED for element in fields.get(name, ()))
    return next((time for text in stated if text and (time := read_time(text))), None)


# RFC 822 as feeds have it: with or without weekday, two-digit years, seconds, zones by number, name or place.
_RFC_822: Final = re.compile(
    r"(?:[^\W\d]+\.?,?\s+)?(\d{1,2})[\s-]+([A-Za-z]{3})[A-Za-z]*\.?[\s-]+(\d{4}|\d\d),?"
    r"(?:\s+(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s*([AaPp][Mm]\b)?\s*([+-]\d{1,2}:?\d\d|[A-Za-z_]+(?:/[A-Za-z_/]+)?)?"
    r"([+-]\d{1,2}(?::?\d\d)?)?)?(?:\s*\([^()]*\))?\s*$"
)
_MONTHS: Final = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
# fmt: off
_ZONES: Final = {
    "UT": 0, "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 60, "BST": 60, "CET": 60, "MEZ": 60, "CEST": 120,
    "MESZ": 120, "EET": 120, "EEST": 180, "MSK": 180, "TRT": 180, "AST": -240, "ADT": -180, "EST": -300, "EDT": -240,
    "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420, "AKST": -540, "AKDT": -480,
    "HST": -600, "ART": -180, "BRT": -180, "CLT": -240, "COT": -300, "PET": -300, "GST": 240, "IRST": 210, "PKT": 300,
    "WIB": 420, "ICT": 420, "WITA": 480, "SGT": 480, "HKT": 480, "PHT": 480, "AWST": 480, "WIT": 540, "JST": 540,
    "KST": 540, "ACST": 570, "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780, "SAST": 120, "CAT": 120, "EAT": 180,
    "WAT": 60, "IDT": 180,
}
# fmt: on
"""Zones by name, in minutes east of Greenwich. Of names with several meanings the one of RFC 822, or none."""
_OTHER_CALENDAR: Final = re.compile(r"(1[345]\d\d)[/.-](\d{1,2})[/.-](\d{1,2})(?!\d)")
_FIRST_HIJRI: Final = 1411
"""Years from 1300 on are Jalali, those from here on (1990) Hijri: the other reading lies before or after feeds."""
_ASCTIME: Final = re.compile(
    r"[A-Za-z]{3}\s+([A-Za-z]{3})\s+(\d{1,2})\s+(\d\d:\d\d:\d\d)\s+(?:([A-Z]{1,5})\s+)?(\d{4})$"
)
_NUMBER: Final = re.compile(r"\d{9,10}(?:\.\d+)?$|\d{12,13}$|\d{15,16}$")
_EARLIEST: Final = "1970-01-03"
"""Dates up to this one are an empty field in somebody's database."""


def read_time(text: str) -> str | None:
    """Return when an item was published, as far as `text` says: RFC 3339 cut where the statement ends, or None."""
    text = " ".join(text.split())[:200]
    found = _of_epoch(text) if _NUMBER.match(text) else _rfc_822(text) or _other(text)
    return found if found and found > _EARLIEST else None


def _of_epoch(text: str) -> str | None:
    seconds = float(text)
    while seconds > 1e11:
        seconds /= 1000
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _rfc_822(text: str) -> str | None:
    text = _ASCTIME.sub(r"\2 \1 \5 \3 \4", text)
    match = _RFC_822.match(text)
    if match is None or match[2].lower() not in _MONTHS:
        return None
    day, month, year = int(match[1]), _MONTHS.index(match[2].lower()) + 1, int(match[3])
    if len(match[3]) == 2:
        year += 2000 if year < 70 else 1900
    try:
        if match[4] is None:
            return datetime(year, month, day).strftime("%Y-%m-%d")
        hour = int(match[4]) % 12 + 12 * (match[7].lower() == "pm") if match[7] else int(match[4])
        local = datetime(year, month, day, hour, int(match[5]), min(59, int(match[6] or 0)))
        return _in_utc(local, match[8], match[9]).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        return None


def _in_utc(local: datetime, zone: str | None, shift: str | None) -> datetime:
    """Return a time in UTC; a zone that is not known, or none at all, is taken for UTC, as the formats demand."""
    if zone and zone[0] in "+-":
        zone, shift = None, zone
    if zone and "/" in zone:
        try:
            return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        except (OSError, ValueError, LookupError):
            return local.replace(tzinfo=UTC)
    minutes = _ZONES.get((zone or "").upper(), 0)
    if shift:  # also "GMT+3"
        digits = shift[1:].replace(":", "")
        hours, rest = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
        minutes = (int(hours) * 60 + int(rest)) * (-1 if shift[0] == "-" else 1)
    return local.replace(tzinfo=timezone(timedelta(minutes=minutes))).astimezone(UTC)


def _other(text: str) -> str | None:
    """Return a time that is written in another way, calendar or language."""
    if numbers := _OTHER_CALENDAR.match(text):
        year, month, day = map(int, numbers.groups())
        calendar = Calendar.JALALI if year < _FIRST_HIJRI else Calendar.HIJRI
        found = to_gregorian(calendar, year, month, day)
        return found.isoformat() if found else None
    parsed = parse_date(text)
    return parsed.value if parsed is not None and parsed.value[:4] > "1700" else None
