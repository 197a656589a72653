"""Where services are kept, and what is said where one cannot be had."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.services import fetch
from pipeline.services.process import ServiceError


def test_an_installed_khabar_keeps_services_with_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KHABAR_SERVICES_CACHE", raising=False)
    monkeypatch.setattr(fetch, "ROOT", tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert fetch._cache() == tmp_path / "cache" / "khabar" / "services"
    (tmp_path / "pyproject.toml").touch()
    assert fetch._cache() == tmp_path / ".cache" / "services"


def test_a_missing_program_is_named_with_its_purpose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ServiceError, match="mvn is not on the PATH; it is needed to fetch Kafka"):
        fetch.tool("mvn", "fetch Kafka")


def test_the_command_says_in_one_line_what_is_missing(tmp_path: Path) -> None:
    environment = {"PATH": "", "KHABAR_SERVICES_CACHE": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.services", "fetch", "kafka"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    begun, failed = done.stderr.splitlines()
    assert "it is fetched now, once" in begun
    assert failed.startswith("services: mvn is not on the PATH")


def test_of_several_that_want_the_same_one_fetches_also_after_one_was_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "CACHE", tmp_path)
    (tmp_path / ".jars").mkdir()
    (tmp_path / ".jars" / "half.jar").touch()
    filled: list[Path] = []

    def fill(folder: Path) -> None:
        filled.append(folder)
        (folder / "whole.jar").touch()

    with ThreadPoolExecutor(4) as several:
        found = {several.submit(fetch.fetch, "jars", fill) for _ in range(4)}
        assert {one.result() for one in found} == {tmp_path / "jars"}
    assert len(filled) == 1
    assert [path.name for path in (tmp_path / "jars").iterdir()] == ["whole.jar"]
    assert not (tmp_path / ".jars").exists()
