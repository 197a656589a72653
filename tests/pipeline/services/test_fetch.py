"""Where services are kept, and what is said where one cannot be had."""

import subprocess
import sys
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
    assert done.stderr.startswith("services: mvn is not on the PATH")
    assert len(done.stderr.splitlines()) == 1
