"""Paragraphs that recur in one source under different titles: copyright lines, "read also", calls to subscribe."""

import hashlib
from collections.abc import Iterable
from typing import Final

import numpy as np

RECURS: Final = 3
"""A paragraph that stood under so many different titles of a source is not part of any one article."""
_REMEMBERED: Final = 256
_ENTRY: Final = np.dtype([("key", "<i8"), ("title", "<u4"), ("count", "<u2")])
_COUNT: Final = 1 << 32
"""One more title: beside a paragraph stands its count times this, plus a hash of its last title."""
_MOST: Final = 0xFFFF


class Recurring:
    """The latest paragraphs of a source and under how many different titles in a row each was met; bounded.

    Nearly every record has its source's memory read and written, so that goes by columns.
    """

    def __init__(self, packed: bytes) -> None:
        entries = np.frombuffer(packed, _ENTRY)
        met = entries["count"].astype(np.int64) * _COUNT + entries["title"]
        self._seen: dict[int, int] = dict(zip(entries["key"].tolist(), met.tolist(), strict=True))

    def pack(self) -> bytes:
        """Return the memory as bytes, for the store."""
        entries = np.empty(len(self._seen), _ENTRY)
        entries["key"] = np.fromiter(self._seen, np.int64, len(self._seen))
        met = np.fromiter(self._seen.values(), np.int64, len(self._seen))
        entries["title"], entries["count"] = met % _COUNT, met // _COUNT
        return entries.tobytes()

    def note(self, paragraphs: Iterable[int], title: str) -> None:
        """Remember that `paragraphs` stood under `title`."""
        name = int.from_bytes(hashlib.blake2b(title.encode("utf-8", "surrogatepass"), digest_size=4).digest(), "big")
        for key in paragraphs:
            count, before = divmod(self._seen.pop(key, 0), _COUNT)
            self._seen[key] = min(count + (count == 0 or before != name), _MOST) * _COUNT + name
        if len(self._seen) > _REMEMBERED:
            self._forget()

    def recurs(self, paragraph: int) -> bool:
        """Whether the paragraph is one of the source rather than of an article."""
        return self._seen.get(paragraph, 0) >= RECURS * _COUNT

    def _forget(self) -> None:
        """Drop what was met least lately, paragraphs met only once first."""
        excess = len(self._seen) - _REMEMBERED
        once = [key for key, met in self._seen.items() if met < 2 * _COUNT][:excess]
        for key in once:
            del self._seen[key]
        for key in list(self._seen)[: excess - len(once)]:
            del self._seen[key]
