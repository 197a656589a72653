"""Bodies, JSON objects, arrays and lines."""

import re
from collections.abc import Iterator
from typing import Final

import orjson

from pipeline.sources.formats.opened import Opened
from pipeline.sources.formats.records import KEPT_OF_UNREADABLE, Damage, FileRecord, too_large
from pipeline.sources.formats.streams import Content
from pipeline.sources.mapping import IDENTITY, FieldMapping

_TYPE_OF_SUFFIX: Final = {
    ".txt": "text/plain",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "application/xhtml+xml",
}
BODIES: Final = tuple(_TYPE_OF_SUFFIX)
"""Suffixes of files that are one bare body each."""
_PIECE: Final = 1024 * 1024
_SHORT_FILE: Final = 1024 * 1024
_BLANK: Final = b" \t\r\n"
_MAX_DEPTH: Final = 1024
"""Objects and arrays within one another, as many as the parser reads."""
_STRUCTURE: Final = re.compile(rb'["\\{}\[\]]')


def read_body(opened: Opened) -> Iterator[FileRecord | Damage]:
    """Yield the one record of a text or a page."""
    return _whole(opened.content, _TYPE_OF_SUFFIX[opened.suffix], opened.limit)


def read_json(opened: Opened) -> Iterator[FileRecord | Damage]:
    """Yield the one record of a file, or the elements when it is an array of objects.

    A short file is an array only when all of it is one; else it is one record, broken as it may be. A long one, or
    one that is damaged as stored, is believed from its first byte, to save what can be saved of it.
    """
    content = opened.content
    start = content.peek(_SHORT_FILE + 1)
    begins = start.lstrip(_BLANK + b"\xef\xbb\xbf")
    cut_off = len(start) > _SHORT_FILE or content.breaks_off
    if begins.startswith(b"[") and (cut_off or _is_array_of_objects(begins)):
        content.read(len(start) - len(begins))
        found = _elements(content, opened.limit)
    else:
        found = _whole(content, "application/json", opened.limit)
    for one in found:
        yield _mapped(one, opened.mapping) if isinstance(one, FileRecord) else one


def read_lines(opened: Opened) -> Iterator[FileRecord | Damage]:
    """Yield the lines of a file that are not empty."""
    content, limit = opened.content, opened.limit
    while True:
        start = content.position
        line = content.readline(limit + 1)
        size = len(line)
        while size > limit and not line.endswith(b"\n") and (more := content.readline(_PIECE)):
            size += len(more)
            if more.endswith(b"\n"):
                break
        if content.damage:
            yield Damage(f"byte {start} of the content", str(content.damage), line[:KEPT_OF_UNREADABLE])
            return
        if not line:
            return
        if size > limit + 1:
            yield too_large(line, size, limit)
        elif payload := line.strip(_BLANK):
            yield _mapped(FileRecord(payload), opened.mapping)


def _whole(content: Content, content_type: str, limit: int) -> Iterator[FileRecord | Damage]:
    payload = content.read(limit + 1)
    if content.damage:
        yield _damage(content, payload)
    elif len(payload) <= limit:
        yield FileRecord(payload, headers=(("content-type", content_type),))
    else:
        yield too_large(payload, len(payload) + content.skip(2**62), limit)


def _is_array_of_objects(data: bytes) -> bool:
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        return False
    return isinstance(value, list) and bool(value) and all(isinstance(element, dict) for element in value)


def _mapped(record: FileRecord, mapping: FieldMapping) -> FileRecord:
    if mapping is IDENTITY or record.failure or record.skipped:
        return record
    return FileRecord(mapping.apply_to_json(record.payload), headers=record.headers)


def _damage(content: Content, beginning: bytes) -> Damage:
    return Damage(f"byte {content.position} of the content", str(content.damage), beginning[:KEPT_OF_UNREADABLE])


def _elements(content: Content, limit: int) -> Iterator[FileRecord | Damage]:
    """Yield the objects of an array as they are written, one in memory at a time."""
    content.read(1)
    held = bytearray()
    depth = scanned = 0
    quoted = ended = False
    while not ended and len(held) <= limit:
        match = _STRUCTURE.search(held, scanned)
        if match is None:
            scanned = len(held)
            piece = content.read(_PIECE // 16)
            if not piece:
                break
            held += piece
        elif match[0] == b"\\":
            scanned = match.end() + 1
        elif match[0] == b'"':
            quoted, scanned = not quoted, match.end()
        elif quoted:
            scanned = match.end()
        elif depth == 0 and held[: match.start()].strip(_BLANK + b","):
            break  # an element that is no object
        elif match[0] in b"{[":
            if depth == 0:
                del held[: match.start()]
            scanned = match.end() if depth else 1
            depth += 1
            if depth > _MAX_DEPTH:
                break
        elif depth > 1:
            depth, scanned = depth - 1, match.end()
        else:
            element = bytes(held[: match.end()])
            del held[: match.end()]
            ended, depth, scanned = depth == 0, 0, 0
            if not ended:
                yield FileRecord(element)
    if content.damage:
        yield _damage(content, bytes(held))
        return
    size = len(held) + content.skip(2**62)
    if size > limit:
        yield too_large(bytes(held), size, limit)
    elif not ended:
        yield Damage(f"byte {content.position}", "the array of objects does not end well", bytes(held))
    elif held.strip(_BLANK):
        yield Damage(f"byte {content.position - len(held)}", "there is more behind the array", bytes(held))
