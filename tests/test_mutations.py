"""Whatever is done to a file of any kind, each record in it has one outcome, and none of them is a bug's."""

from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import Khabar
from tests.support.mutations import FILES, mutated, outcomes_of


@pytest.mark.parametrize("name", FILES)
def test_sound_files_give_articles(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(FILES[name]())
    assert "article" in outcomes_of(tmp_path / name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mutated")


@settings(max_examples=6)
@given(random=st.randoms(use_true_random=False))
@pytest.mark.parametrize("name", FILES)
def test_mutated_files(folder: Path, name: str, random: Random) -> None:
    (folder / name).write_bytes(mutated(random, FILES[name]()))
    outcomes_of(folder / name)


def test_a_run_over_mutated_files_ends_with_its_status(tmp_path: Path, khabar: Khabar) -> None:
    given_files = tmp_path / "in"
    given_files.mkdir()
    random = Random(1)
    for number in range(3):
        for name, make in FILES.items():
            (given_files / f"{number}-{name}").write_bytes(mutated(random, make()))
    done = khabar("run", given_files, "--out", tmp_path / "out", "--validate")
    assert (done.returncode, "internal_error" in done.stdout) == (0, False), done.stderr
    assert khabar("verify", tmp_path / "out").returncode == 0
