"""What services are made of: fetched once from the public registries, and kept."""

import fcntl
import hashlib
import logging
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pipeline.services.process import ServiceError, die_with_parent

ROOT = Path(__file__).resolve().parents[2]
"""The checkout, or what stands in its place where Khabar is installed."""


def _cache() -> Path:
    """Return the folder for what was fetched: in the checkout, or the user's where there is none."""
    if named := os.environ.get("KHABAR_SERVICES_CACHE"):
        return Path(named)
    if (ROOT / "pyproject.toml").exists():
        return ROOT / ".cache" / "services"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "khabar" / "services"


CACHE = _cache()


def tool(name: str, purpose: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise ServiceError(
            f"{name} is not on the PATH; it is needed to {purpose}. See docs/operations.md, Native services"
        )
    return path


def run(command: Sequence[str], purpose: str, env: Mapping[str, str] | None = None) -> str:
    """Return what a command writes to standard output. Raises `ServiceError` when it fails."""
    done = subprocess.run(  # noqa: S603
        command,
        capture_output=True,
        text=True,
        env=dict(env) if env else None,
        check=False,
        preexec_fn=die_with_parent,
    )
    if done.returncode:
        tail = (done.stdout + done.stderr).strip()[-2000:]
        raise ServiceError(f"cannot {purpose}: {' '.join(command[:3])} … exited with {done.returncode}\n{tail}")
    return done.stdout


def fetch(name: str, fill: Callable[[Path], None]) -> Path:
    """Return the folder `name` of the cache, filled by `fill` unless an earlier fetch was complete.

    Of several processes that want the same one fetches, and the others wait for it.
    """
    target = CACHE / name
    if target.is_dir():
        return target
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f".{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if target.is_dir():
            return target
        logging.getLogger(__name__).warning("%s is not here yet: it is fetched now, once; this may take minutes", name)
        partial = CACHE / f".{name}"
        shutil.rmtree(partial, ignore_errors=True)  # of one that was ended
        partial.mkdir()
        try:
            fill(partial)
            partial.rename(target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return target


def fetch_jars(name: str, artifacts: Sequence[tuple[str, str, str]]) -> Path:
    """Return a folder with the jars of `artifacts` (group, artifact, version) and their runtime dependencies."""

    def fill(folder: Path) -> None:
        dependencies = "".join(
            f"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version></dependency>"
            for group, artifact, version in artifacts
        )
        pom = folder / "pom.xml"
        pom.write_text(
            '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
            f"<groupId>khabar</groupId><artifactId>{name}</artifactId><version>1</version>"
            f"<dependencies>{dependencies}</dependencies></project>",
            encoding="utf-8",
        )
        goal = ["dependency:copy-dependencies", f"-DoutputDirectory={folder}", "-DincludeScope=runtime"]
        run([tool("mvn", f"fetch {name}"), "-q", "-B", "-f", str(pom), *goal], f"fetch {name} from Maven Central")

    return fetch(name, fill)


QUICK = ["-XX:TieredStopAtLevel=1"]
"""Half the time to start, for processes that live shortly or do little: the optimising compiler stays off."""


def java(jars: Path | Sequence[Path], main: str, arguments: Sequence[str], options: Sequence[str]) -> list[str]:
    """Return the command that runs `main` from all jars of a folder, or from the places that are named."""
    where = f"{jars}/*" if isinstance(jars, Path) else os.pathsep.join(str(jar) for jar in jars)
    return [tool("java", "run Kafka and Flink"), *options, "-cp", where, main, *arguments]


def fingerprint(*paths: Path) -> str:
    """Return a name for the content of some files."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:8]
