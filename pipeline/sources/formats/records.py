"""What readers of files yield: one record of a file, or a damaged stretch of it."""

from dataclasses import dataclass
from typing import Final

import msgspec

from schemas.reasons import Reason

FAILURE_HEADER: Final = "khabar-read-failure"
"""JSON `ReadFailure`: a replayed record that its reader could name but not read."""

KEPT_OF_UNREADABLE: Final = 64 * 1024
"""Bytes that a dead letter keeps of a record that cannot be held or read; its provenance leads to the rest."""


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One record of a file: a payload, or the reason why it has none."""

    payload: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    payload_bytes: int | None = None
    """True size where `payload` holds only the beginning of the record."""
    failure: tuple[Reason, str] | None = None
    """Why the record cannot be read; it becomes a dead letter."""
    skipped: str | None = None
    """Why the record is, by a stated rule, no raw article; it is counted and nothing else."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A stretch of a file that cannot be read: where it begins, why, and its first bytes as far as there are any."""

    place: str
    reason: str
    beginning: bytes = b""


class ReadFailure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a raw message holds no record, or the beginning of one only; `payload_bytes` is the record's true size."""

    reason: Reason
    message: str
    payload_bytes: int


def too_large(payload: bytes, size: int, limit: int, *, headers: tuple[tuple[str, str], ...] = ()) -> FileRecord:
    """Return a record that is not held whole: the beginning of it, and its size."""
    return FileRecord(
        payload[:KEPT_OF_UNREADABLE],
        headers=headers,
        payload_bytes=size,
        failure=(Reason.TOO_LARGE, f"{size} bytes, the limit is {limit}"),
    )
