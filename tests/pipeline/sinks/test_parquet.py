from pathlib import Path

import msgspec
import pyarrow.dataset as ds

from pipeline.sinks.parquet import SCHEMA, write_parquet
from schemas.records import Article, Figure, Story
from tests.transforms.test_exports import BARE, FULL, only_day


def read(folder: Path) -> list[dict[str, object]]:
    dataset = ds.dataset(folder, partitioning="hive")
    rows: list[dict[str, object]] = dataset.to_table().to_pylist()
    return rows


def test_columns_are_the_fields_of_an_article() -> None:
    fields = [field.name for field in msgspec.structs.fields(Article)]
    assert SCHEMA.names == [*fields, "published_date"]


def test_articles_are_partitioned_by_day(tmp_path: Path) -> None:
    figure = Figure(value=71000, text="71 ألف", counted="شهيد", span=(0, 6))
    rich = msgspec.structs.replace(FULL, figures=(figure,), story=Story(uri="s", similarity=0.5), extra={"a": [1]})
    write_parquet([rich, BARE, only_day(FULL, "month"), rich], tmp_path / "p")
    names = sorted(path.name for path in (tmp_path / "p").iterdir())
    assert names == ["published_date=2015-07-21", "published_date=__HIVE_DEFAULT_PARTITION__"]
    rows = read(tmp_path / "p")
    assert len(rows) == 4
    first = next(row for row in rows if row["story"])
    assert first["title"] == "عنوان"
    assert str(first["published_at"]) == "2015-07-21 02:51:32+00:00"
    assert first["figures"][0]["value"] == 71000.0  # type: ignore[index]
    assert first["places"][0]["spans"] == [[0, 4]]  # type: ignore[index]
    assert first["extra"] == '{"a":[1]}'


def test_writing_again_replaces_and_gives_the_same_bytes(tmp_path: Path) -> None:
    def contents() -> dict[str, bytes]:
        return {str(p.relative_to(tmp_path)): p.read_bytes() for p in sorted(tmp_path.rglob("*.parquet"))}

    write_parquet([FULL, BARE] * 100, tmp_path / "p")
    before = contents()
    write_parquet([only_day(FULL, "day")], tmp_path / "p")
    assert len(contents()) == 1
    write_parquet([FULL, BARE] * 100, tmp_path / "p")
    assert contents() == before


def test_no_articles_are_an_empty_folder(tmp_path: Path) -> None:
    write_parquet([], tmp_path / "p")
    assert list((tmp_path / "p").iterdir()) == []
