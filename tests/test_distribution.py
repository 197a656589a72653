"""What is installed: three packages with all that they read at run time, and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[PurePosixPath]:
    out = tmp_path_factory.mktemp("wheel")
    uv = str(Path(sys.executable).with_name("uv"))
    command = [uv, "build", "--quiet", "--offline", "--wheel", "--no-build-isolation", "--out-dir", out, ROOT]
    subprocess.run(command, check=True, env={"VIRTUAL_ENV": sys.prefix, "PATH": "/usr/bin:/bin", "HOME": str(out)})
    (file,) = out.glob("*.whl")
    return {PurePosixPath(name) for name in zipfile.ZipFile(file).namelist()}


def test_the_wheel_holds_exactly_three_packages(wheel: set[PurePosixPath]) -> None:
    assert {path.parts[0] for path in wheel if not path.parts[0].endswith(".dist-info")} == {
        "pipeline",
        "schemas",
        "transforms",
    }


@pytest.mark.parametrize("package", ["pipeline", "schemas", "transforms"])
def test_all_that_the_code_reads_is_in_it(wheel: set[PurePosixPath], package: str) -> None:
    there = {path.relative_to(ROOT) for path in (ROOT / package).rglob("*") if path.is_file()}
    # What the vendored assets were made with stays in the repository.
    given = {path for path in there if path.suffix != ".pyc" and "assets" not in path.parts}
    assert {PurePosixPath(path) for path in given} <= wheel
    assert PurePosixPath(package) / "py.typed" in wheel
