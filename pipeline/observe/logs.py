"""Structured logs: one JSON object a line, with the coordinates of the record that a line is about."""

import logging
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, Protocol

import orjson

_FIELDS: Final = ("source", "position", "stage", "reason", "job")
"""What a call may give in ``extra``: the record's coordinates, and what was being done."""


class Say(Protocol):
    """Takes a line that a log should hold, with what a program should find in it, such as a record's coordinates."""

    def __call__(self, text: str, fields: Mapping[str, Any] = MappingProxyType({})) -> None: ...


class JsonFormatter(logging.Formatter):
    """Formats a log record as JSON: time, level, logger, message, coordinates and, where there is one, the error."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": _time(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update({name: value for name in _FIELDS if (value := getattr(record, name, None)) is not None})
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def line(
    message: str, fields: Mapping[str, Any], level: str = "info", logger: str = "pipeline.runners.stream.supervisor"
) -> str:
    """Return a line in the form of `JsonFormatter`; what `fields` say of time, level and logger wins."""
    known = {"time": _time(time.time()), "level": level, "logger": logger, "message": message}
    return orjson.dumps({**known, **fields}, default=str).decode()


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def parse(line: str) -> dict[str, Any] | None:
    """Return what `JsonFormatter` has put into a line, None for any other line."""
    try:
        entry = orjson.loads(line) if line.startswith("{") else None
    except orjson.JSONDecodeError:
        return None
    return entry if isinstance(entry, dict) and isinstance(entry.get("message"), str) else None


def log_to_stderr(level: int = logging.INFO) -> None:
    """Log to standard error: as JSON where a machine reads it, in plain words on a terminal."""
    handler = logging.StreamHandler()
    if not sys.stderr.isatty():
        handler.setFormatter(JsonFormatter())
    else:
        handler.setFormatter(logging.Formatter("khabar: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("kafka").setLevel(logging.ERROR)
    logging.getLogger("apache_beam").setLevel(logging.WARNING)
