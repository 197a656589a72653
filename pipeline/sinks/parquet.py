"""Articles as Parquet by day, for DuckDB, pandas, Spark and their like: one layout, from a run and from a store.

``articles/date=2025-09-01/part-0.parquet`` and so on: the day is that of the event time (publication, else crawl, else
processing). The columns are the fields of `schemas.records.Article`, times as UTC timestamps, then ``latest``,
``processed_at`` and ``event_time``. No column has a type that readers refuse when a file's values are all null.
"""

import shutil
import types
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec
import orjson
import pyarrow as pa
from pyarrow import dataset

from schemas.records import Article
from transforms.analytics.facets import event_time, utc_time

ARTICLES: Final = "articles"
_ROWS: Final = 2000
_OPEN_FILES: Final = 256
_TIME: Final = pa.timestamp("s", tz="UTC")


class Row(NamedTuple):
    """An article version as it is written."""

    article: Article
    latest: bool
    processed_at: str | None = None


def _arrow(kind: Any, name: str = "") -> Any:
    """Return the Arrow type of a field; what has no fixed form holds JSON.

    A span is a list of two: readers fail on lists of fixed length where a whole file has none.
    """
    if name.endswith("_at"):
        return _TIME
    origin, parts = get_origin(kind), [part for part in get_args(kind) if part is not type(None)]
    if origin in {Union, types.UnionType}:
        if set(parts) == {int, float}:
            return pa.float64()
        return _arrow(parts[0]) if len(parts) == 1 else pa.string()
    if origin in {tuple, list}:
        return pa.list_(_arrow(parts[0]))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return pa.struct([(field, _arrow(hint, field)) for field, hint in get_type_hints(kind).items()])
    return {int: pa.int64(), float: pa.float64(), bool: pa.bool_()}.get(kind, pa.string())


_HINTS: Final = get_type_hints(Article)
SCHEMA: Final = pa.schema(
    [
        *((name, _arrow(hint, name)) for name, hint in _HINTS.items()),
        ("latest", pa.bool_()),
        ("processed_at", _TIME),
        ("event_time", _TIME),
    ]
)
_AS_JSON: Final = tuple(
    name
    for name, hint in _HINTS.items()
    if SCHEMA.field(name).type == pa.string()
    and not any(part is str or get_origin(part) is Literal for part in (hint, *get_args(hint)))
)


def write_parquet(rows: Iterable[Row], folder: Path) -> None:
    """Write `rows` into ``articles`` below `folder`, in place of what is there.

    Holds some thousand articles in memory, whatever their number.
    """
    target = folder / ARTICLES
    if target.exists():
        shutil.rmtree(target)
    target.mkdir(parents=True)
    dated = SCHEMA.append(pa.field("date", pa.string()))
    dataset.write_dataset(
        pa.RecordBatchReader.from_batches(dated, _batches(rows, dated)),
        target,
        format="parquet",
        partitioning=dataset.partitioning(pa.schema([("date", pa.string())]), flavor="hive"),
        basename_template="part-{i}.parquet",
        use_threads=False,
        max_open_files=_OPEN_FILES,
        existing_data_behavior="overwrite_or_ignore",
    )


def _batches(rows: Iterable[Row], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    remaining = iter(rows)
    while part := list(islice(remaining, _ROWS)):
        yield batch_of(part, schema)


def batch_of(rows: Sequence[Row], schema: pa.Schema = SCHEMA) -> pa.RecordBatch:
    """Return rows as Arrow holds them."""
    return pa.RecordBatch.from_pylist([_values(row) for row in rows], schema=schema)


def _values(row: Row) -> dict[str, Any]:
    values: dict[str, Any] = msgspec.to_builtins(row.article)
    for name in _AS_JSON:
        values[name] = orjson.dumps(values[name]).decode() if values.get(name) else None
    for figure in values["figures"]:
        figure["value"] = float(figure["value"])
    time = event_time(row.article, utc_time(row.processed_at))
    values |= {"latest": row.latest, "processed_at": row.processed_at, "event_time": time, "date": time and time[:10]}
    for name in SCHEMA.names:
        if name.endswith(("_at", "_time")):
            values[name] = _time(values.get(name))
    return values


def _time(value: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if value else None
    except ValueError:
        return None  # a time that no calendar of Parquet holds, such as the year 10000
