"""Which sockets a process and its descendants listen on, as the kernel says, and how another user would use them."""

import contextlib
import ipaddress
import subprocess
import sys
from pathlib import Path

NOBODY = 65534
_LISTENING = "0A"


def family(pid: int) -> set[int]:
    """Return the ids of a process and of all its descendants."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def listening(pid: int) -> set[str]:
    """Return the addresses, without ports, that a process or a descendant of it listens at over TCP."""
    inodes = set()
    for one in family(pid):
        with contextlib.suppress(OSError):
            for link in Path(f"/proc/{one}/fd").iterdir():
                with contextlib.suppress(OSError):
                    target = str(link.readlink())
                    if target.startswith("socket:["):
                        inodes.add(target[8:-1])
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTENING and fields[9] in inodes:
                found.add(_address(fields[1].rpartition(":")[0]))
    return found


def _address(words: str) -> str:
    packed = b"".join(bytes.fromhex(words[at : at + 8])[::-1] for at in range(0, len(words), 8))
    ip = ipaddress.ip_address(packed)
    return str(ip.ipv4_mapped or ip) if isinstance(ip, ipaddress.IPv6Address) else str(ip)


def as_user(code: str, *arguments: object, uid: int = NOBODY) -> str:
    """Run Python `code` as another user; return what it prints. Its imports stand before a line ``# now``.

    They are done before the user changes, who may not be allowed to read them.
    """
    before, _, after = code.partition("# now\n")
    change = f"import os\nos.setgroups([])\nos.setgid({uid})\nos.setuid({uid})\n"
    done = subprocess.run(
        [sys.executable, "-c", before + change + after, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
