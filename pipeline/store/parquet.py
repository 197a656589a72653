"""A copy of a DuckDB store as Parquet files that any tool reads, also while the store is being loaded.

``articles/date=2025-09-01/part.parquet`` and so on, one file for each table and day: the day of the event time of an
article, the day of processing of other outcomes, ``__HIVE_DEFAULT_PARTITION__`` without one. Each file is replaced as a
whole, and says in its metadata which state of its day it holds: so a reader never sees half a day, only days that
changed are written again, and an export that was killed is made good by the next.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

from pipeline.store.database import Database, StoreError

_FILE: Final = "part.parquet"
_NO_DATE: Final = "__HIVE_DEFAULT_PARTITION__"
_STATE: Final = "khabar_state"


@dataclass(frozen=True, slots=True)
class _Table:
    columns: str
    source: str
    time: str
    """Column whose first ten characters are the day."""
    state: str
    """Aggregates that differ whenever a day's rows differ."""


def _time(column: str) -> str:
    return f"{column}::TIMESTAMP AS {column}"


def _values(dimension: str, name: str) -> str:
    ranked = "list(m.value ORDER BY m.mentions DESC, m.value)"
    return (
        f"coalesce((SELECT {ranked} FROM mentions m WHERE m.article_id = a.id AND m.dimension = '{dimension}'), [])"
        f" AS {name}"
    )


_TABLES: Final[dict[str, _Table]] = {
    "articles": _Table(
        ", ".join(
            (
                "a.uri, a.version, a.latest = 1 AS latest, a.change, a.url, a.source, a.language, a.direction, a.title",
                "a.lede, r.record->>'text' AS text, CAST(r.record->'authors' AS VARCHAR[]) AS authors, a.word_count",
                _time("published_at") + ", a.published_precision",
                *(_time(column) for column in ("modified_at", "fetched_at", "processed_at", "event_time")),
                _values("country", "countries"),
                _values("topic", "topics"),
                _values("person", "people"),
                _values("organisation", "organisations"),
                _values("keyword", "keywords"),
                "a.story, a.read_from, a.position, a.pipeline_version",
            )
        ),
        "articles a JOIN records r ON r.article_id = a.id",
        "event_time",
        "count(*), max(id), sum(latest)",
    ),
    "duplicates": _Table(
        f"* EXCLUDE (id, processed_at), {_time('processed_at')}", "duplicates", "processed_at", "count(*), max(id)"
    ),
    "dead": _Table(
        f"* EXCLUDE (id, processed_at), {_time('processed_at')}",
        "dead",
        "processed_at",
        "count(*), max(id), count(redriven)",
    ),
    "ledger": _Table(
        f"* EXCLUDE (processed_at), {_time('processed_at')}",
        "ledger",
        "processed_at",
        "count(*), sum(from_position), sum(to_position)",
    ),
}


def export(database: Database, folder: Path) -> int:
    """Bring the Parquet files in `folder` up to what the store holds; return the number of files written.

    Raises:
        StoreError: the store is no DuckDB store, or the folder cannot be written.
    """
    if database.name != "duckdb":
        raise StoreError("Parquet files are made from a DuckDB store: --store duckdb:///PATH")
    written = 0
    try:
        # Tables that are counted come after those they count, as in the topics.
        for name, table in _TABLES.items():
            written += _export_table(database, name, table, folder / name)
    except OSError as error:
        raise StoreError(f"{folder}: {error.strerror or error}") from error
    return written


def _export_table(database: Database, name: str, table: _Table, folder: Path) -> int:
    day = f"substr({table.time}, 1, 10)"
    days = database.query(f"SELECT {day}, concat_ws(' ', {table.state}) FROM {name} GROUP BY 1 ORDER BY 1")
    kept, written = set(), 0
    for date, state in days:
        partition = folder / f"date={date or _NO_DATE}"
        kept.add(partition.name)
        target = partition / _FILE
        if _state(target) == state:
            continue
        partition.mkdir(parents=True, exist_ok=True)
        fresh = partition / f".{_FILE}"
        where = f"{day} = '{date}'" if date else f"{table.time} IS NULL"
        database.query(
            f"COPY (SELECT {table.columns} FROM {table.source} WHERE {where})"
            f" TO '{_quoted(fresh)}' (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{_STATE}: '{state}'}})"
        )
        fresh.replace(target)
        written += 1
    for partition in folder.glob("date=*"):
        if partition.name not in kept:
            shutil.rmtree(partition)
    return written


def _state(path: Path) -> str | None:
    """Return which state of its day a file holds."""
    if not path.is_file():
        return None
    found: bytes | None = (pq.read_metadata(path).metadata or {}).get(_STATE.encode())
    return found.decode() if found is not None else None


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
