"""A copy of a DuckDB store as Parquet files that any tool reads, also while the store is being loaded.

``articles/date=2025-09-01/part-0.parquet`` and so on, one file for each table and day: the day of the event time of an
article, the day of processing of other outcomes, ``__HIVE_DEFAULT_PARTITION__`` without one. Each file is replaced as a
whole, and says in its metadata which state of its day it holds: so a reader never sees half a day, only days that
changed are written again, and an export that was killed is made good by the next.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

from pipeline.sinks.parquet import ARTICLES, SCHEMA, Row, batch_of
from pipeline.store.database import Database, StoreError
from pipeline.store.dialect import DIALECTS
from pipeline.store.writer import parsed
from schemas.codec import convert
from schemas.records import Article

_FILE: Final = "part-0.parquet"
_ROWS: Final = 2000
_NO_DATE: Final = "__HIVE_DEFAULT_PARTITION__"
_STATE: Final = "khabar_state"


@dataclass(frozen=True, slots=True)
class _Table:
    columns: str
    source: str
    time: str
    """Column whose day in UTC is the day."""
    state: str
    """Aggregates that differ whenever a day's rows differ."""


_TABLES: Final[dict[str, _Table]] = {
    "articles": _Table("", "articles", "event_time", "count(*), max(id), sum(latest)"),
    "duplicates": _Table("* EXCLUDE (id)", "duplicates", "processed_at", "count(*), max(id)"),
    "dead": _Table(
        "* EXCLUDE (id)",
        "dead",
        "processed_at",
        "count(*), max(id), count(redriven)",
    ),
    "ledger": _Table(
        "*",
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
    day = DIALECTS["duckdb"].day.format(table.time)
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
        if name == ARTICLES:
            _write_articles(database, where, fresh, state)
            fresh.replace(target)
            written += 1
            continue
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


def _write_articles(database: Database, where: str, path: Path, state: str) -> None:
    """Write the articles of a day, in the one layout that runs have as well."""
    with pq.ParquetWriter(path, SCHEMA.with_metadata({_STATE: state}), compression="zstd") as writer:
        last = 0
        while rows := database.query(
            "SELECT a.id, r.record, a.latest, a.processed_at FROM articles a JOIN records r ON r.article_id = a.id"
            f" WHERE {where} AND a.id > ? ORDER BY a.id LIMIT {_ROWS:d}",
            (last,),
        ):
            last = rows[-1][0]
            writer.write_batch(
                batch_of([Row(convert(parsed(record), Article), bool(latest), at) for _, record, latest, at in rows])
            )


def _state(path: Path) -> str | None:
    """Return which state of its day a file holds."""
    if not path.is_file():
        return None
    found: bytes | None = (pq.read_metadata(path).metadata or {}).get(_STATE.encode())
    return found.decode() if found is not None else None


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
