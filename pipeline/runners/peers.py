"""Whose connection it is: Linux says which user owns each TCP connection of this machine."""

import ipaddress
import os
from pathlib import Path
from typing import Final

_TABLES: Final = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_ESTABLISHED: Final = "01"


def is_loopback(host: str) -> bool:
    """Whether only programs on this machine can reach `host`."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def refusal(peer: str, allowed: frozenset[int] = frozenset()) -> str | None:
    """Return why a gRPC peer may not have anything done here, None when it may.

    A peer on this machine must belong to this user, to root or to `allowed`. One on another machine was let in by
    whoever made this process listen to the network.
    """
    kind, _, address = peer.partition(":")
    if kind == "unix" or not _TABLES[0].exists():  # only Linux can say
        return None
    host, _, port = address.replace("%5B", "").replace("%5D", "").replace("[", "").replace("]", "").rpartition(":")
    ip = ipaddress.ip_address(host)
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    owner = _owner(ip, int(port))
    if owner in {0, os.getuid()} | allowed or (owner is None and not ip.is_loopback):
        return None
    return f"the connection from {host}:{port} is that of user {owner}, who may not have work done here"


def _owner(ip: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int) -> int | None:
    """Return the user id behind the end of a connection that is at `ip` and `port`, None when it is not here."""
    names = {f"{name}:{port:04X}" for name in _as_the_kernel_writes(ip)}
    for table in _TABLES:
        if not table.exists():
            continue
        for line in table.read_text("ascii").splitlines()[1:]:
            _, local, _, state, _, _, _, user, *_ = line.split()
            if state == _ESTABLISHED and local in names:
                return int(user)
    return None


def _as_the_kernel_writes(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> tuple[str, ...]:
    """Return an address as these tables hold it: words of four bytes, each the other way round; IPv4 also in IPv6."""
    words = "".join(ip.packed[at : at + 4][::-1].hex().upper() for at in range(0, len(ip.packed), 4))
    return (words,) if ip.version == 6 else (words, f"0000000000000000FFFF0000{words}")
