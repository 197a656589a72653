"""How rare terms are in the recent stream: counts in a fixed number of cells, the same for whoever reads the stream.

Terms are counted in the order of the stream, but taken into account only from fixed places of it on (`next_refresh`),
so that many processes work with the same counts and need to read them anew only now and then. Cells are shared by
terms whose hashes agree; when many articles are counted all counts are halved, so that what is long past fades.
"""

import math
from collections.abc import Iterable
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
import zstandard

from transforms.dedup.fingerprint import distinct

CELLS: Final = 1 << 17
_HALVED_AT: Final = 1 << 15
"""Articles after which counts are halved."""
PRIOR_ARTICLES: Final = 30.0
"""What is known of a language at large counts as much as so many articles of the stream."""
_MIN_PROBABILITY: Final = 1e-7
_COMPRESSOR: Final = zstandard.ZstdCompressor(level=1)
_DECOMPRESSOR: Final = zstandard.ZstdDecompressor()

Keys = npt.NDArray[np.uint32]
Floats = npt.NDArray[np.float32]


class _Stored(msgspec.Struct, frozen=True):
    articles: int
    by_language: dict[str, int]
    cells: bytes


class Rarity:
    """In how many articles of the recent stream each term is found."""

    def __init__(self) -> None:
        self.articles = 0
        """Articles ever counted."""
        self._by_language: dict[str, int] = {}
        self._cells = np.zeros(CELLS, np.uint16)

    def of(self, keys: Keys, priors: Floats, language: str) -> Floats:
        """Return −log of the share of the articles in `language` that have each term; ``""`` stands for all languages.

        `priors` are the shares to be expected before any article was seen.
        """
        total = self.total(language)
        share = (self._cells[keys % CELLS] + PRIOR_ARTICLES * priors) / (total + PRIOR_ARTICLES)
        rarity: Floats = -np.log(np.clip(share, _MIN_PROBABILITY, 1.0)).astype(np.float32)
        return rarity

    def count(self, entries: Iterable[tuple[str, Keys, Keys]]) -> None:
        """Count articles: language and distinct terms of each, those of the language and those written alike in all."""
        for language, words, neutral in entries:
            self.articles += 1
            self._by_language[language] = self._by_language.get(language, 0) + 1
            cells = distinct(np.concatenate((words, neutral)) % CELLS)
            self._cells[cells] += 1
            if self.articles % _HALVED_AT == 0:
                self._cells >>= 1
                self._by_language = {name: n // 2 for name, n in self._by_language.items() if n > 1}

    def total(self, language: str) -> int:
        """Return how many articles are remembered in `language`; ``""`` stands for all languages."""
        return self._by_language.get(language, 0) if language else sum(self._by_language.values())

    def pack(self) -> bytes:
        """Return the counts as bytes."""
        stored = _Stored(self.articles, self._by_language, self._cells.astype("<u2").tobytes())
        return _COMPRESSOR.compress(msgspec.msgpack.encode(stored))

    @classmethod
    def unpack(cls, packed: bytes) -> "Rarity":
        """Return the counts that `pack` packed."""
        stored = msgspec.msgpack.decode(_DECOMPRESSOR.decompress(packed), type=_Stored)
        rarity = cls()
        rarity.articles, rarity._by_language = stored.articles, stored.by_language
        rarity._cells = np.frombuffer(stored.cells, "<u2").astype(np.uint16)
        return rarity


def next_refresh(articles: int) -> int:
    """Return after how many articles in all the counts are next taken into account, when they were after `articles`."""
    return articles + min(512, max(4, 1 << math.floor(math.log2(articles / 4 + 1))))
