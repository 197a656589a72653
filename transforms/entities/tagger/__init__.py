"""Where a text names people, places and organisations: a linear-chain conditional random field for each language.

What a word says for each label, in its own place and in the places around it, depends on the word alone and is
remembered; a text costs the sum of its words' scores, and one pass over all its sentences. The weights are made by
``python -m benchmarks.train_names`` (docs/decisions/names.md).
"""

from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from transforms.entities.tagger.chain import chain, label
from transforms.entities.tagger.features import attributes, shape_class
from transforms.entities.tagger.layout import (
    KINDS,
    LABELS,
    OFFSETS,
    PAD,
    attribute_key,
    column_rows,
    gram_keys,
    lay_out,
    word_number,
)
from transforms.entities.tagger.tokens import Tokens, read_tokens
from transforms.text import weights as weight_files
from transforms.text.languages import primary
from transforms.text.weights import Weights

_FREE: Final = "free"
_RESEARCH: Final = "research"
_WORDS_KEPT: Final = 1 << 14
_WIDTH: Final = len(OFFSETS) * len(LABELS)


class Tagged(NamedTuple):
    """A name at ``[start, end)`` of a text: a ``place``, ``person``, ``organisation`` or something ``other``."""

    start: int
    end: int
    kind: str
    confidence: float


class Tagger:
    """The weights of one language, and what they say of the words met so far."""

    def __init__(self, weights: Weights, kind: str = _FREE) -> None:
        self.kind = kind
        self.header = weights.header
        self.language: str = self.header["language"]
        self.thresholds: dict[str, float] = self.header["thresholds"]
        self.rules: frozenset[str] = frozenset(self.header.get("rules", ()))
        arrays = weights.arrays
        self._keys, self._begins = arrays["keys"], arrays["begins"]
        self._slots, self._values = arrays["slots"], arrays["values"]
        self._columns = arrays["columns"].astype(np.float32)
        self._grams = [
            (length, arrays[f"grams{length}_keys"], arrays[f"grams{length}"].astype(np.float32))
            for length in (2, 3)
            if f"grams{length}" in arrays and len(arrays[f"grams{length}"])
        ]
        self._chain = chain(arrays["transitions"], arrays["start"])
        self._forget()

    def _forget(self) -> None:
        self._known: dict[tuple[str, str], int] = {}
        self._scores = np.zeros((0, len(OFFSETS), len(LABELS)), np.float32)
        self._shapes = np.zeros(0, np.int64)
        self._numbers = np.zeros(0, np.uint32)
        self._learn([(PAD, "")])

    def tag(self, text: str) -> list[Tagged]:
        """Return the names of `text` in order, those that are sure enough for their kind."""
        limits = self.thresholds
        found = self.names(read_tokens(text, self.language))
        return [name for name in found if name.confidence >= limits.get(name.kind, 0.0)]

    def names(self, tokens: Tokens) -> list[Tagged]:
        """Return the names among `tokens`, however sure."""
        return _names(*self.labels(tokens), tokens) if tokens.starts else []

    def labels(self, tokens: Tokens) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]:
        """Return the labels of `tokens` with pads, their probabilities, and which token each row is (-1: a pad)."""
        layout = lay_out(tokens)
        rows = self._rows(tokens)[layout.token]
        scores = self._scores[rows]
        total = scores[:, 0].copy()
        for place, offset in enumerate(OFFSETS[1:], 1):
            if offset < 0:
                total[-offset:] += scores[:offset, place]
            else:
                total[:-offset] += scores[offset:, place]
        total += self._columns[column_rows(layout, self._shapes[rows])].sum(axis=1)
        for length, keys, values in self._grams:
            grams = gram_keys(self._numbers[rows], length)
            at = np.minimum(np.searchsorted(keys, grams), len(keys) - 1)
            here = np.flatnonzero(keys[at] == grams)
            for back in range(length):
                target = here - back
                inside = target >= 0
                total[target[inside]] += values[at[here[inside]], back]
        best, probability = label(total, layout.token < 0, self._chain)
        return best, probability, layout.token

    def _rows(self, tokens: Tokens) -> NDArray[np.int64]:
        """Return the row of each token's word in the tables; the last is that of pads."""
        known = self._known
        if len(known) > _WORDS_KEPT:
            self._forget()
            known = self._known
        words = list(zip(tokens.words, tokens.tags, strict=True)) if tokens.tags else [(w, "") for w in tokens.words]
        words.append((PAD, ""))
        if new := [word for word in dict.fromkeys(words) if word not in known]:
            self._learn(new)
        return np.fromiter(map(known.__getitem__, words), np.int64, len(words))

    def _learn(self, words: list[tuple[str, str]]) -> None:
        keys: list[int] = []
        owners: list[int] = []
        for number, (word, tag) in enumerate(words):
            own, shared = ([], [PAD]) if word == PAD else attributes(word, tag, self.language)
            of_word = own + shared
            keys += map(attribute_key, of_word)
            owners += [number] * len(of_word)
        wanted = np.array(keys, np.uint32)
        at = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
        found = np.flatnonzero(self._keys[at] == wanted)
        at = at[found]
        begins = self._begins[at].astype(np.int64)
        counts = self._begins[at + 1].astype(np.int64) - begins
        entries = np.arange(counts.sum()) + np.repeat(begins - np.cumsum(counts) + counts, counts)
        owner = np.repeat(np.array(owners, np.int64)[found], counts)
        scores = np.bincount(
            owner * _WIDTH + self._slots[entries], self._values[entries], minlength=len(words) * _WIDTH
        ).astype(np.float32)
        self._scores = np.concatenate([self._scores, scores.reshape(len(words), len(OFFSETS), len(LABELS))])
        self._shapes = np.concatenate([self._shapes, [0 if w == PAD else shape_class(w) for w, _ in words]])
        self._numbers = np.concatenate([self._numbers, np.array([word_number(w) for w, _ in words], np.uint32)])
        for pair in words:
            self._known[pair] = len(self._known)


def _names(best: Any, probability: Any, token: Any, tokens: Tokens) -> list[Tagged]:
    """Return the names that labels mark; one is as sure as the least sure of its tokens."""
    found: list[Tagged] = []
    marked = np.flatnonzero(best)
    open_label = last = -1
    for at, label_, sure, number in zip(
        marked.tolist(), best[marked].tolist(), probability[marked].tolist(), token[marked].tolist(), strict=True
    ):
        if label_ % 2 == 0 and at == last + 1 and label_ - 1 == open_label:
            name = found[-1]
            found[-1] = name._replace(end=tokens.ends[number], confidence=min(name.confidence, sure))
        else:
            open_label = label_ - (label_ % 2 == 0)
            found.append(Tagged(tokens.starts[number], tokens.ends[number], KINDS[(label_ - 1) // 2], sure))
        last = at
    return found


_research = False


def use_research_weights(use: bool) -> None:
    """Choose whether weights learned from data that forbids commercial use are used, where there are such."""
    global _research
    if use != _research:
        _research = use
        tag.cache_clear()


def weights_folder() -> Path:
    """Return where the weights of all languages are."""
    return Path(str(files("transforms") / "data" / "names"))


@cache
def _tagger(language: str, research: bool) -> Tagger | None:
    for kind in (_RESEARCH, _FREE) if research else (_FREE,):
        path = weights_folder() / kind / f"{language}.weights"
        if path.exists():
            try:
                found = Tagger(weight_files.load(path), kind)
                read_tokens("", language)
            except ImportError:
                return None
            return found
    return None


def tagger(language: str | None) -> Tagger | None:
    """Return the tagger of a language (BCP 47), or None where there is none."""
    return _tagger(primary(language), _research)


def tagger_name(language: str | None) -> str | None:
    """Return what records call the tagger of a language, or None where there is none."""
    found = tagger(language)
    return None if found is None else f"{found.language} {found.kind}"


def rules_add(language: str | None, kind: str) -> bool:
    """Whether rules add names of a kind to those of the tagger, which learned from texts in other languages."""
    found = tagger(language)
    return found is not None and kind in found.rules


@lru_cache(maxsize=2)
def tag(text: str, language: str | None) -> tuple[Tagged, ...] | None:
    """Return the names of `text`, or None where its language has no tagger."""
    found = tagger(language)
    return None if found is None else tuple(found.tag(text))
