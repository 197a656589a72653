"""Characters of many texts counted by kind at once: a table of Unicode's planes that numpy looks up."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

SPACE, PUNCTUATION, END, DIGIT, WIDE, UPPER, CAPITAL = range(7)
"""Kinds of characters; a capital is an upper-case letter with which a word begins."""
_PATTERNS: Final = {
    SPACE: re.compile(" "),
    PUNCTUATION: re.compile(r"[,;:،؛、，；：]"),
    END: re.compile(r"[.!?…。！？؟۔।]"),
    DIGIT: re.compile(r"\d"),
    WIDE: re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]"),
}
_PLANE: Final = 1 << 16
_CHARACTERS: Final = 1 << 20
"""Characters that are looked up at a time, so that a page of any size needs little memory."""
Counts = npt.NDArray[np.int64]


def count_characters(texts: Sequence[str]) -> Counts:
    """Return for each kind, and for each of `texts` with single spaces, how many characters of it there are."""
    counts = np.zeros((7, len(texts)), dtype=np.int64)
    start = length = 0
    for index, text in enumerate(texts):
        length += len(text) + 1
        if length >= _CHARACTERS or index == len(texts) - 1:
            counts[:, start : index + 1] = _count(texts[start : index + 1])
            start, length = index + 1, 0
    return counts


def _count(texts: Sequence[str]) -> Counts:
    codes = np.frombuffer("\n".join(("", *texts)).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    bounds = np.cumsum([1, *(len(text) + 1 for text in texts)])
    kinds = _plane()[np.minimum(codes, _PLANE - 1)]
    for place in np.flatnonzero(codes >= _PLANE).tolist():
        kinds[place] = _kinds(chr(codes[place]))
    found = [np.flatnonzero(kinds & (1 << kind)) for kind in range(UPPER + 1)]
    capitals = found[UPPER]
    found.append(capitals[codes[capitals - 1] <= ord(" ")])
    return np.array([np.diff(np.searchsorted(places, bounds)) for places in found], dtype=np.int64)


def _kinds(character: str) -> int:
    """Return the kinds of a character, as bits."""
    bits = sum(1 << kind for kind, pattern in _PATTERNS.items() if pattern.match(character))
    return bits | (character.isupper() << UPPER)


@cache
def _plane() -> npt.NDArray[np.uint8]:
    """Return the kinds of the characters of Unicode's first plane."""
    plane = "".join(map(chr, range(_PLANE)))
    table = np.zeros(_PLANE, dtype=np.uint8)
    for kind, pattern in _PATTERNS.items():
        table[[match.start() for match in pattern.finditer(plane)]] |= 1 << kind
    table[[place for place, character in enumerate(plane) if character.isupper()]] |= 1 << UPPER
    return table
