"""Field mapping: records of foreign dumps with the names and types of raw articles (`schemas.records.Raw`)."""

import base64
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import msgspec
import orjson

from schemas.records import Raw

_RAW_FIELDS: Final = tuple(field.name for field in msgspec.structs.fields(Raw))
_NOTHING: Final = frozenset({"", "null", "none", "nan", "nat", "n/a"})
_NAME_KEYS: Final = ("name", "title", "uri", "domain", "url")
_ALPHA3: Final = {
    "ara": "ar", "bul": "bg", "cat": "ca", "ces": "cs", "dan": "da", "deu": "de", "ell": "el", "eng": "en", "est": "et",
    "eus": "eu", "fas": "fa", "fin": "fi", "fra": "fr", "heb": "he", "hin": "hi", "hrv": "hr", "hun": "hu", "ind": "id",
    "ita": "it", "jpn": "ja", "kor": "ko", "kur": "ku", "lav": "lv", "lit": "lt", "msa": "ms", "nld": "nl", "nor": "no",
    "pol": "pl", "por": "pt", "ron": "ro", "rus": "ru", "slk": "sk", "slv": "sl", "spa": "es", "srp": "sr", "swe": "sv",
    "tha": "th", "tur": "tr", "ukr": "uk", "urd": "ur", "vie": "vi", "zho": "zh",
}  # fmt: skip


class MappingError(ValueError):
    """A mapping that cannot be understood; the message is one clear line."""


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """Pairs of a raw field and where its value comes from: the first of several field paths that has one.

    A path goes into objects by dots (``source.title``). No path at all drops the field. Fields that no pair takes keep
    their names; those that no raw article has end under its ``extra``.
    """

    pairs: tuple[tuple[str, tuple[str, ...]], ...]

    def apply(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return `record` with its fields renamed, and its values as JSON has them."""
        rest = dict(record)
        mapped: dict[str, Any] = {}
        for target, paths in self.pairs:
            if not paths:
                rest.pop(target, None)
                continue
            for path in paths:
                value = _normal(target, _at(record, path))
                if value is not None:
                    mapped[target] = value
                    break
            for path in paths:
                rest.pop(path, None)
        if displaced := {name: rest.pop(name) for name in mapped if name in rest}:
            rest["replaced"] = displaced
        return {**rest, **mapped}

    def apply_to_json(self, payload: bytes) -> bytes:
        """Return a JSON object with its fields renamed; what is no JSON object is left for decoding to reject."""
        try:
            record = orjson.loads(payload.removeprefix(b"\xef\xbb\xbf"))
        except orjson.JSONDecodeError:
            return payload
        try:
            return orjson.dumps(self.apply(record)) if isinstance(record, dict) else payload
        except (orjson.JSONEncodeError, RecursionError):  # nested deeper than can be written
            return payload

    def then(self, other: "FieldMapping") -> "FieldMapping":
        """Return this mapping with the pairs of `other` in place of its own for the same fields."""
        taken = {target for target, _ in other.pairs}
        return FieldMapping(tuple(pair for pair in self.pairs if pair[0] not in taken) + other.pairs)


IDENTITY: Final = FieldMapping(())

PRESETS: Final[dict[str, FieldMapping]] = {
    # The published dumps of CC-News as tables; its WARC files need no mapping.
    "ccnews": FieldMapping(
        (
            ("text", ("plain_text", "maintext", "text")),
            ("url", ("responded_url", "requested_url", "url")),
            ("published_at", ("published_date", "date")),
            ("authors", ("author", "authors")),
            ("source", ("publisher", "sitename", "domain")),
            ("fetched_at", ("crawl_date",)),
        )
    ),
    # Its `date_extracted` is when the article was crawled, not when it appeared.
    "saudinewsnet": FieldMapping(
        (("text", ("content",)), ("authors", ("author",)), ("fetched_at", ("date_extracted",)))
    ),
    "newsplease": FieldMapping(
        (
            ("text", ("maintext", "text")),
            ("published_at", ("date_publish",)),
            ("fetched_at", ("date_download",)),
            ("source", ("source_domain",)),
        )
    ),
    "eventregistry": FieldMapping(
        (
            ("id", ("uri",)),
            ("text", ("body",)),
            ("language", ("lang",)),
            ("published_at", ("dateTimePub", "dateTime", "date")),
            ("source", ("source.title", "source.uri")),
        )
    ),
}


def parse_mapping(preset: str | None, pairs: Iterable[str]) -> FieldMapping:
    """Return the mapping that a preset and ``field=path`` pairs (also several, separated by commas) describe.

    Raises:
        MappingError: no such preset or raw field, or a pair without ``=``.
    """
    mapping = IDENTITY
    if preset:
        if preset not in PRESETS:
            raise MappingError(f"no preset {preset!r}; there are {', '.join(sorted(PRESETS))}")
        mapping = PRESETS[preset]
    own: dict[str, tuple[str, ...]] = {}
    for pair in (part.strip() for text in pairs for part in text.split(",")):
        if not pair:
            continue
        target, equals, path = (part.strip() for part in pair.partition("="))
        if not equals:
            raise MappingError(f"{pair!r} is no mapping; write FIELD=NAME, such as text=body")
        if path and target not in _RAW_FIELDS:
            raise MappingError(f"a raw article has no field {target!r}; it has {', '.join(_RAW_FIELDS)}")
        own[target] = (path,) if path else ()
    return mapping.then(FieldMapping(tuple(own.items())))


def to_json_value(value: Any) -> Any:
    """Return a value as tables hold it as JSON has it: times in RFC 3339 (UTC where the zone is known), exact numbers.

    Bytes become text where they are UTF-8, else Base64; a missing number (NaN) becomes null.
    """
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**64 else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return value.isoformat()
        return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        data = bytes(value)
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            return base64.b64encode(data).decode("ascii")
    if isinstance(value, Mapping):
        return {str(key): to_json_value(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json_value(inner) for inner in value]
    return str(value)


def _at(record: Mapping[str, Any], path: str) -> Any:
    if path in record:
        return record[path]
    value: Any = record
    for name in path.split("."):
        if not isinstance(value, Mapping) or name not in value:
            return None
        value = value[name]
    return value


def _normal(target: str, value: Any) -> Any:
    """Return a value with the type that the raw field has, as far as that takes no guess; None for no value."""
    value = to_json_value(value)
    if isinstance(value, str) and value.strip().lower() in _NOTHING:
        return None
    if target == "authors":
        names = [_name(one) for one in (value if isinstance(value, list) else [value])]
        return [name for name in names if name] or None
    if target == "extra":
        return value
    if isinstance(value, Mapping):
        return _name(value)
    if isinstance(value, list):
        return "\n".join(str(part) for part in value if part is not None) or None
    if target == "language" and isinstance(value, str):
        return _ALPHA3.get(value.lower(), value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return value


def _name(value: Any) -> str | None:
    if isinstance(value, Mapping):
        value = next((value[key] for key in _NAME_KEYS if isinstance(value.get(key), str) and value[key]), None)
    if value is None or isinstance(value, (list, bool)):
        return None
    text = str(value).strip()
    return None if text.lower() in _NOTHING else text
