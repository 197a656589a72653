"""Whose connection it is: Linux says which user owns each TCP connection of this machine."""

import ipaddress
import os
import socket
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


def refusal(peer: str, port: int, allowed: frozenset[int] = frozenset()) -> str | None:
    """Return why a gRPC peer that has connected to `port` may not have anything done here, None when it may.

    A peer on this machine must belong to this user, to root or to `allowed`. One on another machine was let in by
    whoever made this process listen to the network.
    """
    kind, _, address = peer.partition(":")
    if kind == "unix" or not _TABLES[0].exists():  # only Linux can say
        return None
    host, _, from_port = address.replace("%5B", "").replace("%5D", "").replace("[", "").replace("]", "").rpartition(":")
    ip = ipaddress.ip_address(host)
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    owners = _owners(ip, int(from_port), port)
    if owners <= {0, os.getuid()} | allowed and (owners or not _is_here(ip)):
        return None
    whose = " and ".join(f"user {owner}" if owner is not None else "nobody any more" for owner in owners) or "nobody"
    return f"the connection from {host}:{from_port} is that of {whose}, who may not have work done here"


def _owners(ip: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int, to_port: int) -> set[int | None]:
    """Return the users behind the ends of connections that are at `ip` and `port` and lead to `to_port` here.

    The other end counts too: a port may belong to several users, whose connections lead elsewhere. A connection that is
    being closed belongs to nobody (None): the kernel gives it to root.
    """
    names = {f"{name}:{port:04X}" for name in _as_the_kernel_writes(ip)}
    other = f":{to_port:04X}"
    found: set[int | None] = set()
    for table in _TABLES:
        if not table.exists():
            continue
        for line in table.read_text("ascii").splitlines()[1:]:
            _, local, remote, state, _, _, _, user, *_ = line.split()
            if local in names and remote.endswith(other):
                found.add(int(user) if state == _ESTABLISHED else None)
    return found


def _is_here(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address is one of this machine."""
    with socket.socket(socket.AF_INET if ip.version == 4 else socket.AF_INET6) as probe:
        try:
            probe.bind((str(ip), 0))
        except OSError:
            return False
    return True


def _as_the_kernel_writes(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> tuple[str, ...]:
    """Return an address as these tables hold it: words of four bytes, each the other way round; IPv4 also in IPv6."""
    words = "".join(ip.packed[at : at + 4][::-1].hex().upper() for at in range(0, len(ip.packed), 4))
    return (words,) if ip.version == 6 else (words, f"0000000000000000FFFF0000{words}")
