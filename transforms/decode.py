"""From the bytes of a message or a file to a raw article: its body, not yet decoded, and what its producer says."""

import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal, NoReturn

import msgspec
import orjson
import pybase64

from schemas.codec import CodecError, convert
from schemas.reasons import Reason, Stage
from schemas.records import Raw
from transforms.dedup.identity import clean_url
from transforms.errors import Rejected

Kind = Literal["html", "text"]

_KIND_OF_TYPE: Final[dict[str, Kind]] = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/plain": "text",
}
_JSON_TYPES: Final = frozenset({"application/json", "text/json", "application/x-ndjson", "application/jsonl"})
_BODIES: Final = ("html", "html_base64", "text")
_FIELDS: Final = frozenset(field.name for field in msgspec.structs.fields(Raw))
_NAMED_FIELDS: Final = 12
_BLANK: Final = frozenset(b" \t\r\n\f\v")


@dataclass(frozen=True, kw_only=True)
class RawArticle:
    """A raw article with its body as bytes, or as text where its producer had decoded it already."""

    body: bytes | str
    kind: Kind
    id: str | None = None
    url: str | None = None
    content_type: str | None = None
    encoding: str | None = None
    title: str | None = None
    authors: tuple[str, ...] = ()
    published_at: str | None = None
    language: str | None = None
    source: str | None = None
    fetched_at: str | None = None
    extra: dict[str, Any] | None = None

    @cached_property
    def body_sha256(self) -> str:
        """Hash of the body alone, which two crawls of an untouched page share."""
        body = self.body if isinstance(self.body, bytes) else self.body.encode("utf-8", "surrogatepass")
        return hashlib.sha256(body).hexdigest()


def decode(payload: bytes, headers: Mapping[str, str]) -> RawArticle:
    """Return the raw article in `payload`.

    A ``content-type`` header (names in lower case) of HTML or plain text makes the payload a bare body, of which the
    headers ``url``, ``id`` and ``fetched-at`` speak; else the payload is a JSON object (`schemas.records.Raw`).

    Raises:
        Rejected: `invalid_json`, `invalid_record`, `unsupported_type` or `empty_content`.
    """
    content_type = headers.get("content-type")
    media = media_type(content_type)
    if media is None or media in _JSON_TYPES or media.endswith("+json"):
        return _from_json(payload)
    kind = _KIND_OF_TYPE.get(media)
    if kind is None:
        _reject(Reason.UNSUPPORTED_TYPE, f"content type {media} is neither JSON, HTML nor plain text")
    if _is_blank(payload):
        _reject(Reason.EMPTY_CONTENT, "the body is empty")
    return RawArticle(
        body=payload,
        kind=kind,
        id=headers.get("id"),
        url=_address(headers.get("url")),
        content_type=content_type,
        encoding=headers.get("encoding"),
        fetched_at=headers.get("fetched-at"),
    )


def media_type(content_type: str | None) -> str | None:
    """Return the media type of a Content-Type value in lower case, without its parameters; None when it has none."""
    return (content_type or "").partition(";")[0].strip().lower() or None


def _from_json(payload: bytes) -> RawArticle:
    try:
        value = orjson.loads(payload.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise Rejected(Stage.DECODE, Reason.INVALID_JSON, str(error)) from error
    if not isinstance(value, dict):
        _reject(Reason.INVALID_RECORD, f"a raw article is a JSON object, not {_json_type(value)}")
    raw = _validated(value)
    given = [name for name in _BODIES if getattr(raw, name) is not None]
    if len(given) != 1:
        found = " and ".join(given) if given else f"none{_other_fields(value)}"
        _reject(Reason.INVALID_RECORD, f"exactly one of html, html_base64 and text is needed, found {found}")
    body: bytes | str = raw.text or raw.html or ""
    if raw.html_base64 is not None:
        try:
            body = pybase64.b64decode(raw.html_base64, validate=True)
        except (binascii.Error, ValueError) as error:
            raise Rejected(Stage.DECODE, Reason.INVALID_RECORD, f"html_base64: {error}") from error
    if _is_blank(body):
        _reject(Reason.EMPTY_CONTENT, f"{given[0]} is empty")
    return RawArticle(
        body=body,
        kind="text" if raw.text is not None else "html",
        id=raw.id,
        url=_address(raw.url),
        content_type=raw.content_type,
        encoding=raw.encoding,
        title=raw.title,
        authors=tuple(raw.authors or ()),
        published_at=raw.published_at,
        language=raw.language,
        source=raw.source,
        fetched_at=raw.fetched_at,
        extra=raw.extra,
    )


def _validated(value: dict[str, Any]) -> Raw:
    """Return `value` as `Raw`: near misses that lose nothing are mended, unknown fields kept under ``extra``."""
    known = {name: field for name, field in value.items() if name in _FIELDS and field is not None}
    extra = {name: field for name, field in value.items() if name not in _FIELDS}
    for name in ("id", "published_at", "fetched_at"):
        if isinstance(known.get(name), int) and not isinstance(known[name], bool):
            known[name] = str(known[name])
    if isinstance(known.get("authors"), str):
        known["authors"] = [known["authors"]]
    if extra:
        nested = known.get("extra", {})
        known["extra"] = {**nested, **extra} if isinstance(nested, dict) else {**extra, "extra": nested}
    try:
        raw = convert(known, Raw)
        # What came in must be able to go out: the encoder allows less depth than the parser.
        orjson.dumps(raw.extra)
    except (CodecError, orjson.JSONEncodeError) as error:
        raise Rejected(Stage.DECODE, Reason.INVALID_RECORD, str(error)) from error
    return raw


def _other_fields(value: dict[str, Any]) -> str:
    """Return which fields a record without a body has, and what makes one of them its body."""
    names = [name for name in value if value[name] is not None][:_NAMED_FIELDS]
    if not names:
        return ""
    more = ", …" if len(value) > len(names) else ""
    return (
        f" among {', '.join(name[:40] for name in names)}{more}; a field of another name is read with --map text=NAME"
    )


def _address(url: str | None) -> str | None:
    return (clean_url(url) or None) if url else None


def _is_blank(body: bytes | str) -> bool:
    return not body.strip() if isinstance(body, str) else not body.strip(bytes(_BLANK))


def _json_type(value: Any) -> str:
    names = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


def _reject(reason: Reason, message: str) -> NoReturn:
    raise Rejected(Stage.DECODE, reason, message)
