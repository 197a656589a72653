"""What the tests of readers share."""

from pathlib import Path

from pipeline.items import Gap, Item, Origin
from pipeline.sources.mapping import IDENTITY, FieldMapping
from pipeline.sources.reader import FileReader


def items(path: Path | str, *, limit: int = 1_000_000, mapping: FieldMapping = IDENTITY) -> list[Item]:
    reader = FileReader(str(path), max_record_bytes=limit, mapping=mapping)
    try:
        found = list(reader)
    finally:
        reader.close()
    assert [(item.span.start, item.span.end) for item in found] == [(n, n + 1) for n in range(len(found))]
    return found


def origins(path: Path | str, *, limit: int = 1_000_000, mapping: FieldMapping = IDENTITY) -> list[Origin]:
    return [item.origin for item in items(path, limit=limit, mapping=mapping) if item.origin]


def outcomes(path: Path | str, *, limit: int = 1_000_000) -> list[str]:
    """``article``, the reason of a failure after ``!``, or the reason of a skip after ``-``, for each position."""
    return [
        f"-{item.state.reason}"
        if isinstance(item.state, Gap)
        else f"!{item.origin.failure[0]}"
        if item.origin and item.origin.failure
        else "article"
        for item in items(path, limit=limit)
    ]
