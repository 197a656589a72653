"""Structured logs: one JSON object a line, with the coordinates of the record that a line is about."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final

import orjson

_FIELDS: Final = ("source", "position", "stage", "reason", "job")
"""What a call may give in ``extra``: the record's coordinates, and what was being done."""


class JsonFormatter(logging.Formatter):
    """Formats a log record as JSON: time, level, logger, message, coordinates and, where there is one, the error."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update({name: value for name in _FIELDS if (value := getattr(record, name, None)) is not None})
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


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
