"""Which way a piece of text runs: an English paragraph within an Arabic article still reads from left to right."""

import unicodedata
from typing import Final

_LOOKED_AT: Final = 1000
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})


def direction_of(text: str, default: str) -> str:
    """Return ``ltr`` or ``rtl``, whichever most letters of `text` have; `default` where neither has more.

    The first letter, which HTML's ``dir="auto"`` goes by, misleads: many an Arabic sentence begins with a foreign name.
    """
    classes = [unicodedata.bidirectional(character) for character in text[:_LOOKED_AT]]
    left, right = classes.count("L"), sum(name in _RIGHT_TO_LEFT for name in classes)
    return default if left == right else "rtl" if right > left else "ltr"
