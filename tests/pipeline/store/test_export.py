"""`khabar export` from a store: the same articles as the dashboard shows for a selection."""

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cli.main import main
from pipeline.store import Stored, Writer, open_database
from schemas.codec import decode
from schemas.records import Article
from tests.support.news import article, write_run


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/store.sqlite"
    database = open_database(url)
    changed = article(3, version=2, change="minor", title="=HYPERLINK(1)")
    Writer(database).write([Stored(record) for record in [*(article(n) for n in range(30)), changed]])
    database.close()
    return url


def export(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["export", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        ((), [*range(30), 3]),
        (("--latest",), [n for n in range(30) if n != 3] + [3]),
        (("--language", "en", "--country", "FR"), [n for n in range(30) if n % 4 == 3] + [3]),
        (("--latest", "--changed"), [3]),
        (("--since", "2025-09-02", "--until", "2025-09-02"), range(24, 30)),
        (("--query", "report -29", "--source", "example4.com", "--latest"), [9, 19]),
        (("--person", "محمود عبّاس", "--latest"), range(0, 30, 2)),
    ],
)
def test_selections(url: str, tmp_path: Path, options: tuple[str, ...], numbers: list[int]) -> None:
    target = tmp_path / "x.jsonl"
    export("--store", url, "--format", "jsonl", "--to", str(target), *options)
    found = [decode(line, Article).uri for line in target.read_bytes().splitlines()]
    assert found == [article(n).uri for n in numbers]


def test_csv_is_safe_and_complete(url: str, tmp_path: Path) -> None:
    target = tmp_path / "x.csv"
    export("--store", url, "--format", "csv", "--to", str(target), "--latest")
    with target.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 30
    assert next(row for row in rows if row["uri"] == article(3).uri)["title"] == "'=HYPERLINK(1)"
    assert rows[0]["text"] == article(0).text
    assert (rows[0]["countries"], rows[0]["people"]) == ("PS", "محمود عباس")


def test_a_run_can_be_narrowed_too(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "out", [article(n) for n in range(6)])
    export(str(folder), "--format", "csv", "--to", str(tmp_path / "all.csv"))
    export(str(folder), "--format", "csv", "--to", str(tmp_path / "ar.csv"), "--language", "ar")
    assert len(list(csv.reader((tmp_path / "all.csv").open(encoding="utf-8", newline="")))) == 7
    assert len(list(csv.reader((tmp_path / "ar.csv").open(encoding="utf-8", newline="")))) == 4
