"""The output folder: live runs are left alone, dead ones cleared up, and a publication is whole or not there."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.sinks.publishing import LEDGER, OUTPUT_FILES, PUBLISHING, OutputFolder, finish_publishing


class Killed(BaseException):
    pass


def publish(out: Path, content: str, *more: str) -> None:
    output = OutputFolder(out)
    for name in (*OUTPUT_FILES, *more):
        (output.staging / name).write_text(content)
    output.publish()
    output.discard()


def held(out: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in out.iterdir() if path.is_file()}


def test_the_folder_of_a_run_that_lives_is_left_alone_whatever_its_process_id(tmp_path: Path) -> None:
    """As for two containers that share a volume, neither of which sees the other's processes."""
    living = OutputFolder(tmp_path)
    code = "import sys; from pathlib import Path; from pipeline.sinks.publishing import OutputFolder as F"
    subprocess.run([sys.executable, "-c", f"{code}; F(Path(sys.argv[1]))", tmp_path], check=True)
    assert (living.staging / LEDGER).is_file()


def test_what_a_dead_run_left_is_removed(tmp_path: Path) -> None:
    code = "import os, sys; from pathlib import Path; from pipeline.sinks.publishing import OutputFolder as F"
    subprocess.run([sys.executable, "-c", f"{code}; f = F(Path(sys.argv[1])); os._exit(1)", tmp_path], check=False)
    assert len(list(tmp_path.glob(".run-*"))) == 1
    output = OutputFolder(tmp_path)
    assert list(tmp_path.glob(".run-*")) == [output.staging]


def test_a_run_that_is_discarded_leaves_the_last_output(tmp_path: Path) -> None:
    publish(tmp_path, "old")
    before = held(tmp_path)
    output = OutputFolder(tmp_path)
    output.discard()
    assert held(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


@pytest.mark.parametrize("step", range(7))
def test_a_publication_that_is_killed_is_whole_once_somebody_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    publish(tmp_path, "old", "articles.ninjs.jsonl", "index.sqlite")
    (tmp_path / "index.sqlite-wal").write_text("of the old index")
    steps = iter(range(100))
    for name in ("replace", "unlink"):
        does = getattr(Path, name)

        def killed_at_a_step(self: Path, *arguments: object, does: object = does, **options: object) -> object:
            if next(steps) == step:
                raise Killed
            return does(self, *arguments, **options)  # type: ignore[operator]

        monkeypatch.setattr(Path, name, killed_at_a_step)
    with pytest.raises(Killed):
        publish(tmp_path, "new", "index.sqlite")
    monkeypatch.undo()
    finish_publishing(tmp_path)
    assert held(tmp_path) == dict.fromkeys((*OUTPUT_FILES, "index.sqlite"), "new")
    assert not (tmp_path / PUBLISHING).exists()


def test_overlapping_publications_leave_one_of_them_whole(tmp_path: Path) -> None:
    first, second = OutputFolder(tmp_path), OutputFolder(tmp_path)
    for output, content in ((first, "first"), (second, "second")):
        for name in OUTPUT_FILES:
            (output.staging / name).write_text(content)
    second.publish()
    first.publish()
    assert held(tmp_path) == dict.fromkeys(OUTPUT_FILES, "first")


def test_links_in_the_output_folder_are_replaced_and_never_followed(tmp_path: Path) -> None:
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    publish(out, "old")
    elsewhere.mkdir()
    (elsewhere / "articles.jsonl").write_text("elsewhere")
    for name in OUTPUT_FILES:
        (out / name).unlink()
        (out / name).symlink_to(elsewhere / "articles.jsonl")
    for name in (PUBLISHING, ".run-evil", "parquet", "articles.ninjs.jsonl"):
        (out / name).symlink_to(elsewhere)
    publish(out, "new")
    assert held(out) == dict.fromkeys(OUTPUT_FILES, "new")
    assert not any(path.is_symlink() for path in out.iterdir())
    assert held(elsewhere) == {"articles.jsonl": "elsewhere"}
