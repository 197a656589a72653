"""The Parquet copy of a DuckDB store: by date, only what changed, whole files, nothing left over."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from pipeline.sinks.export import export as run_export
from pipeline.store import Database, Stored, StoreError, Writer, open_database
from pipeline.store.parquet import export
from tests.support.news import article, dead, duplicate, ledger, write_run


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(f"duckdb:///{tmp_path}/store.duckdb")
    Writer(database).write([Stored(article(n)) for n in range(50)])
    yield database
    database.close()


def read(folder: Path) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = ds.dataset(folder, partitioning="hive").to_table().to_pylist()
    return sorted(rows, key=lambda row: str(row["uri"]))


def test_articles_stand_under_their_date(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    assert export(database, folder) == 3
    assert sorted(path.name for path in (folder / "articles").iterdir()) == [
        "date=2025-09-01",
        "date=2025-09-02",
        "date=2025-09-03",
    ]
    rows = read(folder / "articles")
    assert {row["uri"]: row["text"] for row in rows} == {article(n).uri: article(n).text for n in range(50)}
    first = next(row for row in rows if row["uri"] == article(0).uri)
    assert first["authors"] == ["Reporter"]
    assert [place["country_code"] for place in first["places"]] == ["PS"]  # type: ignore[attr-defined]
    assert str(first["published_at"]) == "2025-09-01 00:00:00+00:00"
    assert first["latest"] is True


def test_only_days_that_changed_are_written_again(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    export(database, folder)
    assert export(database, folder) == 0
    later = article(30, version=2, change="minor", title="Corrected")
    moved = article(1, published_at="2025-09-03T05:00:00Z", fetched_at="2025-09-03T06:00:00Z")
    Writer(database).write([Stored(later)])
    assert export(database, folder) == 1
    Writer(database).write([Stored(moved)])
    assert export(database, folder) == 2
    rows = read(folder / "articles")
    assert len(rows) == 51
    assert [row["latest"] for row in rows if row["uri"] == later.uri] == [False, True]


def test_a_day_without_articles_goes_away(tmp_path: Path) -> None:
    database = open_database(f"duckdb:///{tmp_path}/store.duckdb")
    Writer(database).write([Stored(article(1)), Stored(article(3, published_at=None, fetched_at=None))])
    export(database, tmp_path / "copy")
    names = {path.name for path in (tmp_path / "copy" / "articles").iterdir()}
    assert names == {"date=2025-09-01", "date=__HIVE_DEFAULT_PARTITION__"}
    Writer(database).write([Stored(article(1, published_at="2025-10-01T00:00:00Z", fetched_at=None))])
    export(database, tmp_path / "copy")
    names = {path.name for path in (tmp_path / "copy" / "articles").iterdir()}
    assert names == {"date=2025-10-01", "date=__HIVE_DEFAULT_PARTITION__"}
    database.close()


def test_every_outcome_and_the_ledger_are_copied(database: Database, tmp_path: Path) -> None:
    at = "2025-09-05T10:00:00Z"
    records = [duplicate(50, article(0)), dead(51), ledger(0, 52, article=50, duplicate=1, dead=1)]
    Writer(database).write([Stored(record, at) for record in records])
    export(database, tmp_path / "copy")
    for table in ("duplicates", "dead", "ledger"):
        part = tmp_path / "copy" / table / "date=2025-09-05" / "part-0.parquet"
        assert pq.read_metadata(part).num_rows == 1


def test_what_a_kill_left_behind_does_no_harm(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    export(database, folder)
    part = folder / "articles" / "date=2025-09-02"
    (part / "part-0.parquet").unlink()
    (part / ".part-0.parquet").write_bytes(b"half of it")
    assert export(database, folder) == 1
    assert len(read(folder / "articles")) == 50
    assert [path.name for path in part.iterdir()] == ["part-0.parquet"]


def test_a_run_and_a_store_have_one_layout(tmp_path: Path) -> None:
    articles = [*(article(n) for n in range(30)), article(3, version=2, change="minor"), article(40, published_at=None)]
    database = open_database(f"duckdb:///{tmp_path}/store.duckdb")
    Writer(database).write([Stored(record) for record in articles])
    export(database, tmp_path / "store")
    run_export(write_run(tmp_path / "out", articles), "parquet", tmp_path / "run")
    files = [
        sorted(p.relative_to(root) for p in root.rglob("*.parquet")) for root in (tmp_path / "store", tmp_path / "run")
    ]
    assert [file for file in files[0] if file.parts[0] == "articles"] == files[1]
    order = lambda row: (row["uri"], row["version"])  # noqa: E731
    assert sorted(read(tmp_path / "store" / "articles"), key=order) == sorted(
        read(tmp_path / "run" / "articles"), key=order
    )
    schemas = {
        str(pq.read_schema(root / files[1][0]).remove_metadata()) for root in (tmp_path / "store", tmp_path / "run")
    }
    assert len(schemas) == 1
    database.close()


def test_other_stores_are_refused(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/store.sqlite")
    with pytest.raises(StoreError, match="made from a DuckDB store"):
        export(database, tmp_path / "copy")
    database.close()
