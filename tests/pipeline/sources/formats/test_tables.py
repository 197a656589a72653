import datetime
import decimal
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.sources.mapping import parse_mapping
from tests.support.reading import origins, outcomes


def rows(path: Path, **options: Any) -> list[dict[str, Any]]:
    return [json.loads(origin.payload) for origin in origins(path, **options)]


def test_parquet_keeps_types_as_json_has_them(tmp_path: Path) -> None:
    noon = datetime.datetime(2015, 7, 21, 12, tzinfo=datetime.UTC)
    table = pa.table(
        {
            "id": pa.array([1, 2**53 + 1], pa.int64()),
            "text": ["خبر", None],
            "html": [None, b"\xe3\xe6"],
            "published_at": pa.array([noon, None], pa.timestamp("ns", tz="Asia/Riyadh")),
            "naive": pa.array([noon.replace(tzinfo=None), None], pa.timestamp("us")),
            "day": [datetime.date(2015, 7, 21), None],
            "price": [decimal.Decimal("1.10"), None],
            "score": [float("nan"), 0.5],
            "authors": [["a", "b"], []],
            "site": [{"name": "n"}, None],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    first, second = rows(tmp_path / "a.parquet")
    assert first == {
        "id": 1,
        "text": "خبر",
        "published_at": "2015-07-21T12:00:00Z",
        "naive": "2015-07-21T12:00:00",
        "day": "2015-07-21",
        "price": "1.10",
        "score": None,
        "authors": ["a", "b"],
        "site": {"name": "n"},
    }
    assert second == {"id": 2**53 + 1, "html_base64": "4+Y=", "score": 0.5, "authors": []}


def test_parquet_is_mapped(tmp_path: Path) -> None:
    pq.write_table(pa.table({"body": ["t"] * 1000, "when": ["2020-01-01"] * 1000}), tmp_path / "a.parquet")
    found = rows(tmp_path / "a.parquet", mapping=parse_mapping(None, ["text=body,published_at=when"]))
    assert found == [{"text": "t", "published_at": "2020-01-01"}] * 1000


@pytest.mark.parametrize("cut", [0, 6, 100])
def test_a_damaged_parquet_file_is_one_dead_letter(tmp_path: Path, cut: int) -> None:
    pq.write_table(pa.table({"text": ["t"]}), tmp_path / "whole.parquet")
    (tmp_path / "a.parquet").write_bytes((tmp_path / "whole.parquet").read_bytes()[:cut])
    assert outcomes(tmp_path / "a.parquet") == ["!damaged_archive"]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.csv", "id,text\n007,one\n2,\n", [{"id": "007", "text": "one"}, {"id": "2"}]),
        ("a.csv", '\ufeffid,text\n1,"a\nb, ""c"""\n', [{"id": "1", "text": 'a\nb, "c"'}]),
        ("a.csv", "id;text\r\n1;a, b\r\n", [{"id": "1", "text": "a, b"}]),
        ("a.tsv", "id\ttext\n1\ta, b\n", [{"id": "1", "text": "a, b"}]),
        ("a.csv", "id,text\n1,a,,\n\n2,b\n", [{"id": "1", "text": "a"}, {"id": "2", "text": "b"}]),
        ("a.csv", "", []),
    ],
)
def test_csv(tmp_path: Path, name: str, content: str, expected: list[dict[str, str]]) -> None:
    (tmp_path / name).write_bytes(content.encode())
    assert rows(tmp_path / name) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "windows-1256"])
def test_csv_of_other_encodings(tmp_path: Path, encoding: str) -> None:
    text = "id,text\n" + "".join(f'{n},"قال الوزير إن المفاوضات\nمستمرة"\n' for n in range(50))
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    found = rows(tmp_path / "a.csv")
    assert len(found) == 50
    assert found[49]["text"].split() == ["قال", "الوزير", "إن", "المفاوضات", "مستمرة"]


def test_a_csv_row_that_does_not_fit_its_header_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"id,text\n1,a\n2,b,c\n3,d\n")
    assert outcomes(tmp_path / "a.csv") == ["article", "!invalid_record", "article"]


def test_a_csv_row_beyond_the_limit_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"id,text\n1,a\n2," + b"b" * 5000 + b"\n3,c\n")
    assert outcomes(tmp_path / "a.csv", limit=1000)[0] == "article"
    assert "!too_large" in outcomes(tmp_path / "a.csv", limit=1000)
