"""Paragraphs that recur in one source under different titles: copyright lines, "read also", calls to subscribe."""

import hashlib
import struct
from collections.abc import Iterable
from typing import Final

RECURS: Final = 3
"""A paragraph that stood under so many different titles of a source is not part of any one article."""
_REMEMBERED: Final = 256
_ENTRY: Final = struct.Struct("<qIH")


class Recurring:
    """The latest paragraphs of a source and under how many different titles in a row each was met; bounded."""

    def __init__(self, packed: bytes) -> None:
        self._seen: dict[int, tuple[int, int]] = {
            key: (title, count) for key, title, count in _ENTRY.iter_unpack(packed)
        }

    def pack(self) -> bytes:
        """Return the memory as bytes, for the store."""
        return b"".join(_ENTRY.pack(key, title, count) for key, (title, count) in self._seen.items())

    def note(self, paragraphs: Iterable[int], title: str) -> None:
        """Remember that `paragraphs` stood under `title`."""
        name = int.from_bytes(hashlib.blake2b(title.encode("utf-8", "surrogatepass"), digest_size=4).digest(), "big")
        for key in paragraphs:
            before, count = self._seen.pop(key, (-1, 0))
            self._seen[key] = (name, min(count + (before != name), 0xFFFF))
        if len(self._seen) > _REMEMBERED:
            self._forget()

    def recurs(self, paragraph: int) -> bool:
        """Whether the paragraph is one of the source rather than of an article."""
        return self._seen.get(paragraph, (0, 0))[1] >= RECURS

    def _forget(self) -> None:
        """Drop what was met least lately, paragraphs met only once first."""
        excess = len(self._seen) - _REMEMBERED
        once = [key for key, (_, count) in self._seen.items() if count == 1][:excess]
        for key in once:
            del self._seen[key]
        for key in list(self._seen)[: excess - len(once)]:
            del self._seen[key]
