import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli.main import main
from pipeline.errors import JobStopped
from pipeline.operations.diff import diff_folders
from pipeline.operations.diff_page import headline, html_page
from tests.conftest import ROOT, Khabar


def article(record: int, *, path: str = "a.jsonl", sha: str = "", **more: Any) -> dict[str, Any]:
    return {
        "uri": f"https://e.com/{record}",
        "title": "Title",
        "text": "The text of the article.",
        "language": "en",
        "source": {"domain": "e.com"},
        "people": [],
        "provenance": {"kind": "file", "path": path, "record": record, "content_sha256": sha or f"{record}"},
        **more,
    }


def dead(record: int, reason: str = "no_content") -> dict[str, Any]:
    return {"reason": reason, "message": "m", "provenance": article(record)["provenance"]}


def duplicate(record: int, of: str) -> dict[str, Any]:
    place = article(record)["provenance"]
    return {"outcome": "duplicate", "duplicate_of": of, "method": "exact", "similarity": 1.0, "provenance": place}


def folder(path: Path, *records: dict[str, Any]) -> Path:
    path.mkdir()
    files: dict[str, list[dict[str, Any]]] = {name: [] for name in ("articles", "duplicates", "dead", "ledger")}
    for record in records:
        files["dead" if "reason" in record else "duplicates" if "outcome" in record else "articles"].append(record)
    for name, lines in files.items():
        (path / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


def test_equal_outputs_do_not_differ(tmp_path: Path) -> None:
    records = [article(0), dead(1), duplicate(2, "https://e.com/0")]
    found = diff_folders(folder(tmp_path / "a", *records), folder(tmp_path / "b", *records))
    assert found.same
    assert (found.records, found.articles, found.equal) == (3, 1, 1)


def test_fields_are_compared_one_by_one(tmp_path: Path) -> None:
    person = {"name": "Ann", "count": 1, "spans": [[0, 3]]}
    old = folder(tmp_path / "a", article(0), article(1, lede="x"), article(2))
    new = folder(
        tmp_path / "b",
        article(0, title="Other", people=[person]),
        article(1, lede=None, language="ar"),
        article(2),
    )
    found = diff_folders(old, new)
    assert (found.articles, found.equal) == (3, 1)
    fields = {name: (c.changed, c.appeared, c.vanished) for name, c in found.fields.items()}
    assert fields == {"title": (1, 0, 0), "people": (0, 1, 0), "lede": (0, 0, 1), "language": (1, 0, 0)}
    (example,) = found.fields["people"].examples
    assert (example.source, example.uri, example.old, example.new) == ("a.jsonl#0", "https://e.com/0", "–", "Ann")
    assert found.fields["lede"].by_language == {"ar": 1}
    assert found.fields["title"].by_source == {"e.com": 1}


def test_outcomes_that_changed_are_counted_with_their_reasons(tmp_path: Path) -> None:
    old = folder(tmp_path / "a", dead(0), dead(1), article(2), duplicate(3, "x"), dead(5))
    new = folder(tmp_path / "b", article(0), dead(1, "undecodable"), dead(2), duplicate(3, "y"), article(4), dead(5))
    found = diff_folders(old, new)
    assert {pair: (c.count, dict(c.reasons)) for pair, c in found.outcomes.items()} == {
        ("dead", "article"): (1, {"no_content": 1}),
        ("dead", "dead"): (1, {"undecodable": 1}),
        ("article", "dead"): (1, {"no_content": 1}),
        ("duplicate", "duplicate"): (1, {}),
        ("missing", "article"): (1, {}),
    }


def test_provenance_is_no_difference_but_pairs(tmp_path: Path) -> None:
    old = folder(tmp_path / "a", *(article(n, path="old/a.jsonl", sha=f"{n // 2}") for n in range(4)))
    new = folder(tmp_path / "b", *(article(n, path="new/a.jsonl", sha=f"{n // 2}") for n in range(4)))
    found = diff_folders(old, new)
    assert found.paired_by == "content"
    assert found.same


def test_examples_show_the_place_of_the_difference(tmp_path: Path) -> None:
    long = "كلمة " * 500
    old = folder(tmp_path / "a", article(0, text=long + "قديم" + long))
    new = folder(tmp_path / "b", article(0, text=long + "جديد" + long))
    (example,) = diff_folders(old, new).fields["text"].examples
    assert "قديم" in example.old
    assert "جديد" in example.new
    assert len(example.old) < 200


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_stands_alone_escapes_and_gives_text_its_direction(tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    old = folder(tmp_path / "a", article(0, title="عنوان"), dead(1))
    new = folder(tmp_path / "b", article(0, title=hostile, **{"<b>": 1}), article(1, uri="javascript:alert(1)"))
    page = Page()
    page.feed(html_page(diff_folders(old, new)))
    assert not {"script", "img", "link", "a"} & {tag for tag, _ in page.tags}
    assert hostile in page.text
    shown = [attributes for tag, attributes in page.tags if tag in {"del", "ins"}]
    assert shown
    assert all(attributes == {"dir": "auto"} for attributes in shown)


def test_a_folder_without_a_finished_run_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(JobStopped, match="a holds no finished run"):
        diff_folders(tmp_path / "a", tmp_path / "a")


def test_the_command_compares_with_the_code_as_it_is(khabar: Khabar, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert khabar("run", "seeds", "--out", out, cwd=ROOT).returncode == 0
    same = khabar("diff", out, "--rerun", "seeds", "--exit-code", cwd=ROOT)
    assert (same.returncode, same.stderr) == (0, "")
    assert headline(diff_folders(out, out)).split()[0] == same.stdout.split()[0]
    (out / "articles.jsonl").write_text((out / "articles.jsonl").read_text().replace('"title":"', '"title":"X', 1))
    changed = khabar("diff", out, "--rerun", "seeds", "--exit-code", "--json", "--html", tmp_path / "d.html", cwd=ROOT)
    assert changed.returncode == 1
    assert [entry["field"] for entry in json.loads(changed.stdout)["fields"]] == ["title"]
    assert (tmp_path / "d.html").read_text("utf-8").startswith("<!doctype html>")


def test_the_command_takes_one_comparison(khabar: Khabar, tmp_path: Path) -> None:
    assert "diff" in main.commands
    assert khabar("diff", tmp_path).returncode == 2
