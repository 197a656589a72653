"""Articles as Parquet, partitioned by the day of publication, for DuckDB, pandas, Spark and their like."""

import shutil
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson
import pyarrow as pa
from pyarrow import dataset

from schemas.records import Article

_ROWS: Final = 2000
_SPAN: Final = pa.list_(pa.int32(), 2)
_SPANS: Final = pa.list_(_SPAN)
_MENTIONED: Final = pa.list_(
    pa.struct([("name", pa.string()), ("role", pa.string()), ("count", pa.int32()), ("spans", _SPANS)])
)
_TIME: Final = pa.timestamp("s", tz="UTC")
SCHEMA: Final = pa.schema(
    [
        ("schema_version", pa.int32()),
        ("uri", pa.string()),
        ("version", pa.int32()),
        ("change", pa.string()),
        ("changes", pa.string()),
        ("raw_id", pa.string()),
        ("url", pa.string()),
        ("canonical_url", pa.string()),
        ("source", pa.struct([("domain", pa.string()), ("name", pa.string())])),
        ("language", pa.string()),
        ("language_confidence", pa.float64()),
        ("script", pa.string()),
        ("direction", pa.string()),
        ("title", pa.string()),
        ("title_source", pa.string()),
        ("lede", pa.string()),
        ("text", pa.string()),
        ("authors", pa.list_(pa.string())),
        ("word_count", pa.int32()),
        ("char_count", pa.int32()),
        ("published_at", _TIME),
        ("published_precision", pa.string()),
        ("published_source", pa.string()),
        ("modified_at", _TIME),
        ("fetched_at", _TIME),
        ("section", pa.string()),
        ("tags", pa.list_(pa.string())),
        ("image", pa.string()),
        (
            "places",
            pa.list_(
                pa.struct(
                    [
                        ("name", pa.string()),
                        ("text", pa.string()),
                        ("country_code", pa.string()),
                        ("geonames_id", pa.int64()),
                        ("kind", pa.string()),
                        ("count", pa.int32()),
                        ("spans", _SPANS),
                    ]
                )
            ),
        ),
        ("people", _MENTIONED),
        ("organisations", _MENTIONED),
        ("keywords", pa.list_(pa.struct([("text", pa.string()), ("score", pa.float64())]))),
        ("quotes", pa.list_(pa.struct([("text", pa.string()), ("speaker", pa.string()), ("span", _SPAN)]))),
        (
            "figures",
            pa.list_(
                pa.struct(
                    [
                        ("value", pa.float64()),
                        ("text", pa.string()),
                        ("counted", pa.string()),
                        ("unit", pa.string()),
                        ("span", _SPAN),
                    ]
                )
            ),
        ),
        (
            "dates_mentioned",
            pa.list_(
                pa.struct([("date", pa.string()), ("precision", pa.string()), ("text", pa.string()), ("span", _SPAN)])
            ),
        ),
        ("story", pa.struct([("uri", pa.string()), ("similarity", pa.float64())])),
        ("related", pa.string()),
        ("extraction", pa.string()),
        ("extra", pa.string()),
        ("provenance", pa.string()),
        ("published_date", pa.string()),
    ]
)
"""Columns are the fields of `schemas.records.Article`; those without a fixed form hold JSON."""
_AS_JSON: Final = ("changes", "related", "extraction", "extra", "provenance")
_TIMES: Final = ("published_at", "modified_at", "fetched_at")
_OPEN_FILES: Final = 256


def write_parquet(articles: Iterable[Article], folder: Path) -> None:
    """Write `articles` into `folder` as ``published_date=YYYY-MM-DD/part-….parquet``, in place of what is there.

    The date is that of ``published_at`` where it is known to the day; the others share Hive's default partition.
    Holds some thousand articles in memory, whatever their number.
    """
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    reader = pa.RecordBatchReader.from_batches(SCHEMA, _batches(articles))
    dataset.write_dataset(
        reader,
        folder,
        format="parquet",
        partitioning=dataset.partitioning(pa.schema([("published_date", pa.string())]), flavor="hive"),
        basename_template="part-{i}.parquet",
        use_threads=False,
        max_open_files=_OPEN_FILES,
        existing_data_behavior="overwrite_or_ignore",
    )


def _batches(articles: Iterable[Article]) -> Iterator[pa.RecordBatch]:
    remaining = iter(articles)
    while rows := [_row(article) for article in islice(remaining, _ROWS)]:
        yield pa.RecordBatch.from_pylist(rows, schema=SCHEMA)


def _row(article: Article) -> dict[str, Any]:
    row: dict[str, Any] = msgspec.to_builtins(article)
    for name in _AS_JSON:
        row[name] = orjson.dumps(row[name]).decode() if row[name] else None
    for name in _TIMES:
        row[name] = _time(row[name])
    for figure in row["figures"]:
        figure["value"] = float(figure["value"])
    known_to_the_day = article.published_precision in {"second", "minute", "day"}
    row["published_date"] = article.published_at[:10] if article.published_at and known_to_the_day else None
    return row


def _time(value: str | None) -> Any:
    from datetime import datetime

    try:
        return datetime.fromisoformat(value) if value else None
    except ValueError:
        return None  # a time that no calendar of Parquet holds, such as the year 10000
