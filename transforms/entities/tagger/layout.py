"""How training and tagging lay out the tokens of a text, so that both see the same.

Sentences stand one after the other with two *pads* before, between and after them: what is beside a token is found by
shifting, and the borders of a sentence look the same to all. Every token has a word, a number from `Tagger`'s tables,
and *columns*: classes of what stands around it.
"""

from typing import Final, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from transforms.entities.tagger.features import SHAPES, lowered
from transforms.entities.tagger.tokens import DECISIONS, PLACE_CLASSES, Tokens

KINDS: Final = ("place", "person", "organisation", "other")
LABELS: Final = ("O", *(f"{side}-{kind}" for kind in KINDS for side in "BI"))
"""Outside of any name, or at the beginning of one or inside: B-place is 1, I-place 2."""
OFFSETS: Final = (0, -2, -1, 1, 2)
"""Places of a window relative to the token whose label is asked; the first is the token itself."""
PAD: Final = "\0"
"""The word of pads."""
PADS: Final = 2
_COLUMN_SIZES: Final = (
    SHAPES**3, 4 * SHAPES, *(PLACE_CLASSES,) * 3, *(DECISIONS,) * 3, PLACE_CLASSES * SHAPES,
)  # fmt: skip
COLUMN_BASES: Final = np.concatenate([[0], np.cumsum(_COLUMN_SIZES)[:-1]])
COLUMN_ROWS: Final = int(sum(_COLUMN_SIZES))

Ints = NDArray[np.int64]


class Layout(NamedTuple):
    """Tokens with pads between sentences; all arrays are as long as both together."""

    token: Ints
    """Number of the token in the text; -1 for a pad."""
    gap: Ints
    """Whether white space stands before the token."""
    places: Ints
    decided: Ints


def lay_out(tokens: Tokens) -> Layout:
    """Return the layout of `tokens`."""
    count = len(tokens.starts)
    begins = np.zeros(count, np.int64)
    begins[tokens.sentences] = PADS
    at = np.arange(count) + np.cumsum(begins)
    size = count + PADS * (len(tokens.sentences) + 1)
    token = np.full(size, -1)
    token[at] = np.arange(count)
    gap = np.ones(size, np.int64)
    starts, ends = np.array(tokens.starts, np.int64), np.array(tokens.ends, np.int64)
    gap[at[1:]] = starts[1:] > ends[:-1]
    places, decided = np.zeros(size, np.int64), np.zeros(size, np.int64)
    places[at], decided[at] = tokens.places, tokens.decided
    return Layout(token, gap, places, decided)


def column_rows(layout: Layout, shapes: Ints) -> Ints:
    """Return for each token of `layout` the rows of the table of columns that hold for it."""
    gap, places, decided = layout.gap, layout.places, layout.decided
    columns = (
        (before(shapes) * SHAPES + shapes) * SHAPES + after(shapes),
        (gap * 2 + after(gap)) * SHAPES + shapes,
        before(places), places, after(places),
        before(decided), decided, after(decided),
        places * SHAPES + shapes,
    )  # fmt: skip
    rows: Ints = np.stack(columns, axis=1) + COLUMN_BASES
    return rows


def before(values: Ints) -> Ints:
    """Return what stands one token before each."""
    return np.concatenate([values[:1], values[:-1]])


def after(values: Ints) -> Ints:
    """Return what stands one token after each."""
    return np.concatenate([values[1:], values[-1:]])


def attribute_key(attribute: str) -> int:
    """Return the number under which weights know an attribute."""
    return crc32(attribute.encode())


def word_number(word: str) -> int:
    """Return the number of a word in `gram_keys`."""
    return 0 if word == PAD else crc32(lowered(word).encode())


def gram_keys(numbers: NDArray[np.uint32], length: int) -> NDArray[np.uint32]:
    """Return the keys of the grams of `length` words (2 or 3) that end at each token, from `word_number` of each."""
    one = np.concatenate([numbers[:1], numbers[:-1]])
    keys = one * np.uint32(0x9E3779B1) + numbers * np.uint32(0x85EBCA6B)
    if length == 2:
        return keys
    two = np.concatenate([numbers[:2], numbers[:-2]])
    return keys + two * np.uint32(0xC2B2AE35) + np.uint32(1)
