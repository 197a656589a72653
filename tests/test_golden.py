"""The records that come out, to the byte. After a change that is meant: `make golden`, and read the difference."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT, Khabar

FILES = ("articles.jsonl", "duplicates.jsonl", "dead.jsonl", "ledger.jsonl")
HASHES = re.compile(rb'"(digest|chain|sha256)":"[0-9a-f]*"')
GOLDEN = ROOT / "tests" / "golden"


@pytest.mark.parametrize(("given", "expected"), [("seeds", "seeds"), ("tests/golden/mixed.jsonl", "mixed")])
def test_output_is_golden(khabar: Khabar, tmp_path: Path, given: str, expected: str) -> None:
    done = khabar("run", given, "--out", tmp_path / "out", "--validate", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    for name in FILES:
        made, golden = ((folder / name).read_bytes() for folder in (tmp_path / "out", GOLDEN / expected))
        # The ledger's digests say again what the other files say.
        assert HASHES.sub(b"", made) == HASHES.sub(b"", golden) if name == "ledger.jsonl" else made == golden, name
