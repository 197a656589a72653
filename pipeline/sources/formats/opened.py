"""What a format is given to read, and what a format is: the row of a table from which reading, help and docs come."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from pipeline.sources.formats.records import Damage, FileRecord
from pipeline.sources.formats.streams import Allowance, Content, StoredFile
from pipeline.sources.mapping import FieldMapping


class Readable(Protocol):
    """A stored file or a member of one, read forward."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none at the end."""


Found = Iterator[FileRecord | Damage]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A file, or a member of a container, that is being read."""

    suffix: str
    """Of its name, in lower case, without that of a compression."""
    stored: StoredFile
    """The file that everything lies in."""
    content: Content
    limit: int
    """Bytes that a record may have."""
    mapping: FieldMapping
    allowance: Allowance
    member: Callable[[Readable, str], Found]
    """Reads a member of this container by what it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One kind of files."""

    name: str
    suffixes: tuple[str, ...]
    records: str
    """What a record is in it, for help and docs."""
    read: Callable[[Opened], Found]
    begins: Callable[[bytes], bool] | None = None
    """Whether the first kilobyte shows a file of this kind, without any doubt."""
    sniffed: bool = False
    """Whether its files are often compressed without saying so, which their first bytes then show."""
    by_position: bool = False
    """Whether it is read from its end, so that it cannot be compressed or lie within another file."""
