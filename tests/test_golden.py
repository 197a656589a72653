"""The records that come out, to the byte. After a change that is meant: `make golden`, and read the difference."""

from pathlib import Path

import pytest

from tests.conftest import ROOT, Khabar

FILES = ("articles.jsonl", "duplicates.jsonl", "dead.jsonl", "ledger.jsonl")
GOLDEN = ROOT / "tests" / "golden"


@pytest.mark.parametrize(("given", "expected"), [("seeds", "seeds"), ("tests/golden/mixed.jsonl", "mixed")])
def test_output_is_golden(khabar: Khabar, tmp_path: Path, given: str, expected: str) -> None:
    done = khabar("run", given, "--out", tmp_path / "out", "--validate", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    for name in FILES:
        assert (tmp_path / "out" / name).read_bytes() == (GOLDEN / expected / name).read_bytes(), name
