from pathlib import Path

import msgspec
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from pipeline.sinks.parquet import SCHEMA, Row, write_parquet
from schemas.records import Article, Figure, Story
from tests.transforms.test_exports import BARE, FULL, only_day


def write(folder: Path, *articles: Article) -> None:
    write_parquet((Row(article, latest=True) for article in articles), folder)


def read(folder: Path) -> list[dict[str, object]]:
    dataset = ds.dataset(folder, partitioning="hive")
    rows: list[dict[str, object]] = dataset.to_table().to_pylist()
    return rows


def test_columns_are_the_fields_of_an_article() -> None:
    fields = [field.name for field in msgspec.structs.fields(Article)]
    assert SCHEMA.names == [*fields, "latest", "processed_at", "event_time"]


def test_articles_are_partitioned_by_day(tmp_path: Path) -> None:
    figure = Figure(value=71000, text="71 ألف", counted="شهيد", span=(0, 6))
    rich = msgspec.structs.replace(FULL, figures=(figure,), story=Story(uri="s", similarity=0.5), extra={"a": [1]})
    write(tmp_path / "p", rich, BARE, rich)
    names = sorted(path.name for path in (tmp_path / "p" / "articles").iterdir())
    assert names == ["date=2015-07-21", "date=__HIVE_DEFAULT_PARTITION__"]
    rows = read(tmp_path / "p" / "articles")
    assert len(rows) == 3
    first = next(row for row in rows if row["story"])
    assert first["title"] == "عنوان"
    assert str(first["published_at"]) == "2015-07-21 02:51:32+00:00"
    assert first["figures"][0]["value"] == 71000.0  # type: ignore[index]
    assert first["places"][0]["spans"] == [[0, 4]]  # type: ignore[index]
    assert first["extra"] == '{"a":[1]}'


def test_writing_again_replaces_and_gives_the_same_bytes(tmp_path: Path) -> None:
    def contents() -> dict[str, bytes]:
        return {str(p.relative_to(tmp_path)): p.read_bytes() for p in sorted(tmp_path.rglob("*.parquet"))}

    write(tmp_path / "p", *[FULL, BARE] * 100)
    before = contents()
    write(tmp_path / "p", only_day(FULL, "day"))
    assert len(contents()) == 1
    write(tmp_path / "p", *[FULL, BARE] * 100)
    assert contents() == before


def test_no_articles_are_an_empty_folder(tmp_path: Path) -> None:
    write(tmp_path / "p")
    assert list((tmp_path / "p" / "articles").iterdir()) == []


def test_a_file_whose_values_are_all_null_can_be_read(tmp_path: Path) -> None:
    write(tmp_path / "p", BARE, BARE)
    (file,) = (tmp_path / "p").rglob("*.parquet")
    table = pq.read_table(file)
    assert table.num_rows == 2
    assert not [field.name for field in table.schema if str(field.type) == "null" or "fixed" in str(field.type)]
