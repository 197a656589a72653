"""A PostgreSQL server of the tests' own, in a temporary directory, reached by a socket in it."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INSTALL = "PostgreSQL's server is needed: apt-get install -y postgresql"
_READY_SECONDS = 60.0


def binaries() -> Path:
    """Return the directory of the newest installed server; fail with the command that installs one."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parent.parent.name))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise RuntimeError(INSTALL)
    return Path(on_path).resolve().parent


@contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[str]:
    """Start a server; yield its URL with ``{}`` for the name of the database; stop that server and no other.

    Unless `durable`, it does not wait for the disk. It also ends when this process is killed.
    """
    bin_ = binaries()
    home = Path(tempfile.mkdtemp(prefix="khabar-pg-"))
    as_user = ["setpriv", "--pdeathsig=QUIT"]
    if os.geteuid() == 0:  # the server refuses to run as root; its package brings this user
        shutil.chown(home, "postgres", "postgres")
        as_user += ["--reuid=postgres", "--regid=postgres", "--clear-groups"]
    data = home / "data"
    make: list[Path | str] = [
        bin_ / "initdb",
        "-D",
        data,
        "-U",
        "khabar",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
        "-N",
    ]
    settings = {
        "fsync": "on" if durable else "off",
        "listen_addresses": "",
        "unix_socket_directories": str(home),
        "max_connections": "30",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    try:
        subprocess.run([*as_user, *make], check=True, capture_output=True, cwd=home)
        with (home / "log").open("wb") as log:
            server = subprocess.Popen(
                [*as_user, bin_ / "postgres", "-D", data, *options], stdout=log, stderr=subprocess.STDOUT, cwd=home
            )
        try:
            _wait(server, [bin_ / "pg_isready", "-q", "-h", home], home / "log")
            yield f"postgresql://khabar@/{{}}?host={home}"
        finally:
            server.send_signal(signal.SIGQUIT)
            server.wait(_READY_SECONDS)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _wait(server: "subprocess.Popen[bytes]", is_ready: list[Path | str], log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while subprocess.run(is_ready, check=False).returncode:
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the PostgreSQL server did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.05)
