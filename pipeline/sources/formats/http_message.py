"""HTTP responses as archives keep them: status, headers, and the body without its transfer and content encodings."""

import re
from dataclasses import dataclass, field
from typing import Final

from pipeline.sources.formats.streams import Decompressor, decompressor

_STATUS: Final = re.compile(rb"HTTP/\d+(?:\.\d+)?[ \t]+(\d{3})")
_CHUNK_SIZE: Final = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")
_BINARY: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_PIECE: Final = 16 * 1024
_MAX_ENCODINGS: Final = 4
"""Content encodings that are undone, one within the other; servers use one."""


class BodyTooLargeError(Exception):
    """A body larger than what may be held, perhaps only once decompressed."""


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """Status and headers of a response, header names in lower case; of a repeated header the last value counts."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)


def parse_head(head: bytes) -> ResponseHead | None:
    """Return the head of a response, None when `head` does not begin as one."""
    lines = head.replace(b"\r\n", b"\n").split(b"\n")
    status = _STATUS.match(lines[0])
    return ResponseHead(int(status[1]), parse_headers(lines[1:])) if status else None


def parse_headers(lines: list[bytes]) -> dict[str, str]:
    """Return header lines as a dict, names in lower case; folded lines are joined, lines without a colon ignored."""
    headers: dict[str, str] = {}
    name = ""
    for line in lines:
        text = line.decode("utf-8", "backslashreplace")
        if text[:1] in {" ", "\t"} and name:
            headers[name] += " " + text.strip()
            continue
        before, colon, value = text.partition(":")
        if colon:
            name = before.strip().lower()
            headers[name] = value.strip()
    return headers


def plain_body(headers: dict[str, str], body: bytes, limit: int) -> tuple[bytes, bool]:
    """Return `body` without its transfer and content encodings, and whether all of it could be decoded.

    Crawlers often store bodies decoded and keep the headers; so an encoding that the bytes do not show is taken as
    removed. Of a body whose encoding breaks off, what can be decoded is returned.

    Raises:
        BodyTooLargeError: the decoded body has more than `limit` bytes.
    """
    whole = True
    if "chunked" in headers.get("transfer-encoding", "").lower() and _CHUNK_SIZE.match(body):
        body, whole = _dechunk(body)
    for encoding in headers.get("content-encoding", "").lower().split(",")[: -_MAX_ENCODINGS - 1 : -1]:
        member = _decompressor(encoding.strip(), body)
        if member is not None:
            decoded, complete = _decompress(member, body, limit)
            if decoded or complete:
                body, whole = decoded, whole and complete
    if len(body) > limit:
        raise BodyTooLargeError(f"more than {limit} bytes")
    return body, whole


def _dechunk(body: bytes) -> tuple[bytes, bool]:
    parts: list[bytes] = []
    at = 0
    while size := _CHUNK_SIZE.match(body, at):
        length = int(size[1], 16)
        if length == 0:
            return b"".join(parts), True
        part = body[size.end() : size.end() + length]
        parts.append(part)
        if len(part) < length:
            return b"".join(parts), False
        at = size.end() + length
        at += 2 if body[at : at + 2] == b"\r\n" else body[at : at + 1] == b"\n"
    # The sizes do not lead from chunk to chunk: after the first one this is not the chunked form of anything.
    return (b"".join(parts), at == len(body)) if len(parts) > 1 or at == len(body) else (body, True)


def _decompressor(encoding: str, body: bytes) -> Decompressor | None:
    """Return what undoes `encoding`; None for an encoding that is not known or that the bytes do not show."""
    if encoding in {"gzip", "x-gzip"}:
        return decompressor(".gz") if body.startswith(b"\x1f\x8b") else None
    if encoding in {"deflate", "br"} and not _BINARY.search(body, 0, 256):
        return None  # these two have no magic number, but none of them gives text
    if encoding == "deflate":
        is_zlib = len(body) > 1 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
        return decompressor("zlib" if is_zlib else "deflate")
    if encoding == "br":
        return decompressor("br")
    if encoding == "zstd":
        return decompressor(".zst") if body.startswith(b"\x28\xb5\x2f\xfd") else None
    return None


def _decompress(member: Decompressor, body: bytes, limit: int) -> tuple[bytes, bool]:
    parts: list[bytes] = []
    size = 0
    try:
        for at in range(0, len(body), _PIECE):
            for part in member.pieces(body[at : at + _PIECE]):
                size += len(part)
                parts.append(part)
                if size > limit:
                    break
            if size > limit or member.eof:
                break
    except Exception:  # each library raises its own; whatever it is, the encoding breaks off here
        return b"".join(parts), False
    if size > limit:
        raise BodyTooLargeError(f"more than {limit} bytes once decompressed")
    return b"".join(parts), member.eof
