"""The one codec between records and JSON bytes (orjson), so that equal records have equal bytes."""

from typing import Any, TypeVar

import msgspec
import orjson

from schemas.records import Record

R = TypeVar("R", bound=Record)


class CodecError(ValueError):
    """Bytes that are no JSON, or JSON that is not of the record's shape."""


def encode(record: Record) -> bytes:
    """Return the record as one line of UTF-8 JSON without a newline, fields in declaration order."""
    return orjson.dumps(msgspec.to_builtins(record))


def decode(data: bytes, kind: type[R]) -> R:
    """Return the record of type `kind` in `data`.

    Raises:
        CodecError: `data` is not JSON, or its fields do not have the types of `kind`.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise CodecError(f"not JSON: {error}") from error
    return convert(value, kind)


def convert(value: Any, kind: type[R]) -> R:
    """Return parsed JSON as a record of type `kind`. Raises `CodecError` when a field does not fit."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise CodecError(str(error)) from error
