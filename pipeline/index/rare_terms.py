"""How rare terms are in the stream, followed by every process that shares an index.

The counts of `transforms.dedup.rarity` are stored whole, but only every so many articles; what came since waits in rows
of its own, a row for each batch. So no process writes much, all weigh an article with the same counts, and it does not
matter how the stream is cut into batches.
"""

from typing import NamedTuple

import msgspec
import numpy as np

from pipeline.index.storage.base import RareTermsWrite, Store
from transforms.dedup.rarity import Keys, Rarity, next_refresh
from transforms.dedup.stories import Sketch, counted


class _Waiting(NamedTuple):
    language: str
    words: bytes
    neutral: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[tuple[str, bytes, bytes]]).decode


class RareTerms:
    """The counts as one process knows them. Use within an exclusive transaction; after one that failed make anew."""

    def __init__(self) -> None:
        self.rarity = Rarity()
        self.articles = 0
        """Articles of the stream so far."""
        self._waiting: list[_Waiting] = []
        """Articles that are not in `rarity` yet."""
        self._added: list[_Waiting] = []
        self._refreshed = False

    def follow(self, store: Store) -> None:
        """Learn what other processes added."""
        self._added, self._refreshed = [], False
        taken, articles = store.rare_terms_state()
        if taken != self.rarity.articles:
            self.rarity = Rarity.unpack(store.rare_terms())
            self._waiting, self.articles = [], taken
        if articles > self.articles:
            for packed in store.rare_terms_since(self.articles):
                self._waiting += [_Waiting(*row) for row in _decode(packed)]
            self.articles = articles

    def add(self, sketch: Sketch) -> None:
        """Take in one article, after it was weighed."""
        words, neutral = counted(sketch)
        entry = _Waiting(sketch.language, words.tobytes(), neutral.tobytes())
        self._waiting.append(entry)
        self._added.append(entry)
        self.articles += 1
        if self.articles >= next_refresh(self.rarity.articles):
            self.rarity.count((w.language, _keys(w.words), _keys(w.neutral)) for w in self._waiting)
            self._waiting, self._added, self._refreshed = [], [], True

    def changes(self) -> RareTermsWrite | None:
        """Return what to store after the articles that were added since `follow`, None when there is nothing."""
        if not self._added and not self._refreshed:
            return None
        return RareTermsWrite(
            articles=self.articles,
            taken=self.rarity.articles,
            counts=self.rarity.pack() if self._refreshed else None,
            waiting=_encode(self._added) if self._added else None,
        )


def _keys(packed: bytes) -> Keys:
    return np.frombuffer(packed, np.uint32)
