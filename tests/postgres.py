"""A PostgreSQL server of the tests' own, in a temporary directory, reached by a socket in it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INSTALL = "PostgreSQL's server is needed: apt-get install -y postgresql"


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

    Unless `durable`, it does not wait for the disk.
    """
    bin_ = binaries()
    home = Path(tempfile.mkdtemp(prefix="khabar-pg-"))
    as_user: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root; its package brings this user
        shutil.chown(home, "postgres", "postgres")
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    data = home / "data"
    try:
        subprocess.run(
            [*as_user, bin_ / "initdb", "-D", data, "-U", "khabar", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"],
            check=True,
            capture_output=True,
            cwd=home,
        )
        sync = "on" if durable else "off"
        options = f"-c fsync={sync} -c listen_addresses='' -c unix_socket_directories={home} -c max_connections=30"
        control = [*as_user, bin_ / "pg_ctl", "-D", data, "-w"]
        subprocess.run(
            [*control, "-l", home / "log", "-o", options, "start"], check=True, stdout=subprocess.DEVNULL, cwd=home
        )
        try:
            yield f"postgresql://khabar@/{{}}?host={home}"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL, cwd=home)
    finally:
        shutil.rmtree(home, ignore_errors=True)
