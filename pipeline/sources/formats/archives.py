"""WARC and ARC archives: which of their records are raw articles, and where an archive is damaged.

Every record of an archive takes one position. It is a raw article (its body, with what the archive says about it as
headers), or by rule none, and then it is skipped for a stated reason (see docs/replay.md). After damage reading goes on
at the next record that can be found; all damage of a file is reported at its end.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from pipeline.sources.formats.http_message import BodyTooLargeError, ResponseHead, parse_head, parse_headers, plain_body
from pipeline.sources.formats.records import KEPT_OF_UNREADABLE, Damage, FileRecord, too_large
from pipeline.sources.formats.streams import Content

_LINE: Final = 64 * 1024
_HEAD: Final = 256 * 1024
_RESYNC: Final = re.compile(rb"WARC/[01]\.\d{1,3}\r?$")
_WARC_LINE: Final = re.compile(rb"(?<=\n)WARC/[01]\.\d{1,3}\r?\n")
_ARC_START: Final = re.compile(rb"(?<=\n)(?:https?://|filedesc://|dns:)[^\n]{0,4000} \d{12,18} [^\n]{1,90}\n")
_LONGEST_LINE: Final = 4096
_LONGEST_NUMBER: Final = 18
"""Digits of a length; more are no file's."""
_VERSION: Final = re.compile(rb"WARC/\d+\.\d+\s*$")
_ARC_LINE: Final = re.compile(rb"(\S.*) (\S+) (\d{12,18}) (\S+)(?: \d{3} \S+ \S+ \d+ \S+)? (-?\d+)\s*$")
"""``URL IP-address date content-type length``; version 2 has status, checksum, location, offset and file between."""
_ARC_MEMBERS: Final = (b"http://", b"https://", b"filedesc://", b"dns:")
_NO_RECORD: Final = "no record begins here"
_NO_LENGTH: Final = "record header without a length"
_TEXTUAL: Final = frozenset({"text/html", "application/xhtml+xml", "text/plain"})
_UNSAID: Final = frozenset({"", "unknown", "no-type", "application/octet-stream", "application/http"})
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,31}):")
_MARKUP: Final = re.compile(rb"\s*(?:<!--|<!doctype\s+html|<html|<\?xml[^>]{0,200}\?>\s*<(?:!doctype\s+)?html)", re.I)
_SKIPPED_TYPES: Final = frozenset({"warcinfo", "request", "metadata", "revisit", "continuation"})


@dataclass(frozen=True, slots=True)
class _Capture:
    """What an archive says about one record; ``kind`` is the WARC type, for ARC always ``response``."""

    kind: str
    url: str
    date: str | None
    content_type: str
    length: int
    id: str | None = None
    notes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Framing:
    """How the records of one kind of archive are told from each other."""

    header: Callable[[Content, bytes], _Capture | str]
    """Takes the first line, reads the rest of a header; returns what it says, or what is wrong with it."""
    begins: Callable[[Content], bool]
    """Whether a record begins here."""
    start: re.Pattern[bytes]
    """What the first line of a record looks like behind a line break."""
    members: tuple[bytes, ...]
    """First bytes of a compressed member that holds one."""


def read_warc(content: Content, limit: int) -> Iterator[FileRecord | Damage]:
    """Yield one `FileRecord` for each record of a WARC file, and a `Damage` for each stretch that cannot be read."""
    return _read(content, limit, _Framing(_warc_header, _warc_begins, _WARC_LINE, (b"WARC/",)))


def read_arc(content: Content, limit: int) -> Iterator[FileRecord | Damage]:
    """Yield one `FileRecord` for each record of an ARC file (version 1 or 2), and a `Damage` for each other stretch."""
    return _read(content, limit, _Framing(_arc_header, _arc_begins, _ARC_START, _ARC_MEMBERS))


def _read(content: Content, limit: int, framing: _Framing) -> Iterator[FileRecord | Damage]:
    while True:
        start, member = _to_next_record(content)
        line = content.readline(_LINE)
        if not line and content.damage is None:
            return
        found = framing.header(content, line) if content.damage is None else _NO_RECORD
        if isinstance(found, _Capture):
            record, missing = _read_block(content, found, limit)
            if not missing and content.damage is None:
                yield record
                continue
            line = record.payload
            found = f"record breaks off {missing} bytes before its end"
        reported = content.refused
        yield _damage(start, member, found, line, content)
        if not _recover(content, framing):
            if content.refused and not reported:
                yield _damage(content.position, content.member, "reading ends", b"", content)
            return


def _recover(content: Content, framing: _Framing) -> bool:
    """Go to where the next record begins; return whether there is one."""
    while content.damage is None and content.peek(1):
        if framing.begins(content):
            return True
        content.find(framing.start, _LONGEST_LINE)
    return content.damage is not None and content.recover(framing.members)


def _warc_header(content: Content, line: bytes) -> _Capture | str:
    if not _VERSION.match(line):
        return _NO_RECORD
    headers = parse_headers(_header_lines(content))
    length = headers.get("content-length", "")
    if content.damage is not None:
        return "record header breaks off"
    if not (length.isascii() and length.isdigit() and len(length) <= _LONGEST_NUMBER):
        return _NO_LENGTH
    return _warc_capture(headers, int(length))


def _arc_header(_content: Content, line: bytes) -> _Capture | str:
    fields = _ARC_LINE.match(line)
    if fields is None:
        return _NO_RECORD
    return _arc_capture(fields) if len(fields[5]) <= _LONGEST_NUMBER and int(fields[5]) >= 0 else _NO_LENGTH


def _warc_begins(content: Content) -> bool:
    return _RESYNC.match(content.peek(32).partition(b"\n")[0]) is not None


def _arc_begins(content: Content) -> bool:
    if not content.peek(16).startswith(_ARC_MEMBERS):
        return False
    return _ARC_LINE.match(content.peek(_LONGEST_LINE).partition(b"\n")[0]) is not None


def _to_next_record(content: Content) -> tuple[int, int]:
    """Go over the empty lines between two records, however many there are; return the position and its member's."""
    content.skip_any(b"\r\n\0")
    return content.position, content.member


def _header_lines(content: Content) -> list[bytes]:
    lines: list[bytes] = []
    size = 0
    while size < _HEAD and (line := content.readline(_LINE)).strip():
        size += len(line)
        lines.append(line.rstrip(b"\r\n"))
    return lines


def _damage(start: int, member: int, what: str, beginning: bytes, content: Content) -> Damage:
    place = (
        f"byte {start}" if not content.compressed else f"byte {start} of the content, in the member at byte {member}"
    )
    reason = f"{what} ({content.damage})" if content.damage else what
    return Damage(place=place, reason=reason, beginning=beginning[:KEPT_OF_UNREADABLE])


def _warc_capture(headers: dict[str, str], length: int) -> _Capture:
    notes = {}
    if reason := headers.get("warc-truncated"):
        notes["truncated"] = reason
    elif "warc-segment-number" in headers:
        notes["truncated"] = "segmented"
    return _Capture(
        kind=headers.get("warc-type", "").lower(),
        url=headers.get("warc-target-uri", "").strip("<> ").replace(" ", "%20"),
        date=headers.get("warc-date"),
        content_type=headers.get("content-type", ""),
        length=length,
        id=headers.get("warc-record-id", "").strip("<>") or None,
        notes=notes,
    )


def _arc_capture(fields: re.Match[bytes]) -> _Capture:
    url, _, date, content_type, length = (part.decode("utf-8", "backslashreplace") for part in fields.groups())
    kind = "arc_header" if url.startswith("filedesc:") else "response"
    return _Capture(kind, url.replace(" ", "%20"), _arc_date(date), content_type, int(length))


def _arc_date(digits: str) -> str | None:
    d = digits[:14].ljust(14, "0")
    return f"{d[:4]}-{d[4:6]}-{d[6:8]}T{d[8:10]}:{d[10:12]}:{d[12:14]}Z"


def _read_block(content: Content, capture: _Capture, limit: int) -> tuple[FileRecord, int]:
    """Return the record and how many bytes of its block are missing; such a record holds what there is."""
    end = content.position + capture.length
    record = _record(content, capture, end, limit)
    content.skip(end - content.position)
    return record, end - content.position


def _record(content: Content, capture: _Capture, end: int, limit: int) -> FileRecord:
    kind = capture.kind
    if kind in _SKIPPED_TYPES or kind == "arc_header":
        return FileRecord(skipped=kind)
    if kind not in {"response", "resource", "conversion"}:
        return FileRecord(skipped="other_type")
    scheme = _SCHEME.match(capture.url)
    if scheme and scheme[1].lower() not in {"http", "https", "file"}:
        return FileRecord(skipped="not_web")
    if re.match(r"https?://[^/]*/robots\.txt$", capture.url, re.IGNORECASE):
        return FileRecord(skipped="robots_txt")
    if kind != "response":
        return _body(content, capture, {"content-type": capture.content_type}, end, limit)
    if not content.peek(5).startswith(b"HTTP/"):
        return _body(content, capture, {"content-type": capture.content_type}, end, limit)
    head = _response_head(content, end)
    if head is None:
        return FileRecord(skipped="not_web")
    if head.status != 200:
        return FileRecord(skipped="status_not_200")
    return _body(content, capture, head.headers, end, limit)


def _response_head(content: Content, end: int) -> ResponseHead | None:
    first = content.position
    lines = []
    while content.position < min(end, first + _HEAD):
        line = content.readline(min(_LINE, end - content.position))
        lines.append(line)
        if not line.strip(b"\r\n"):
            break
    return parse_head(b"".join(lines).rstrip(b"\r\n"))


def _body(content: Content, capture: _Capture, headers: dict[str, str], end: int, limit: int) -> FileRecord:
    content_type = headers.get("content-type", "")
    media = content_type.partition(";")[0].strip().lower()
    if media not in _TEXTUAL and media not in _UNSAID:
        return FileRecord(skipped="not_text")
    size = end - content.position
    if size > limit:
        return too_large(content.read(KEPT_OF_UNREADABLE), size, limit, headers=_headers(capture, content_type))
    stored = content.read(size)
    try:
        body, whole = plain_body(headers, stored, limit)
    except BodyTooLargeError:
        return too_large(stored, size, limit, headers=_headers(capture, content_type))
    if media in _UNSAID:
        if not _MARKUP.match(body):
            return FileRecord(skipped="not_text")
        content_type = "text/html"
    if not whole and "truncated" not in capture.notes:
        capture.notes["truncated"] = "encoding"
    return FileRecord(body, headers=_headers(capture, content_type))


def _headers(capture: _Capture, content_type: str) -> tuple[tuple[str, str], ...]:
    found = {
        "content-type": content_type,
        "url": capture.url,
        "id": capture.id,
        "fetched-at": capture.date,
        **capture.notes,
    }
    return tuple((name, value) for name, value in found.items() if value)
