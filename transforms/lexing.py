"""Words, digits and marks of a text with their positions: what the grammars of dates and figures read."""

import re
import unicodedata
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from transforms.folding import fold

_LONGEST_WORD: Final = 40
"""Longer words name no month and no number; they are not folded, so that hostile input stays cheap."""


_LONGEST_KEPT: Final = 200_000
"""Longer texts are not kept for the next grammar, so that they do not fill the memory."""


class Token(NamedTuple):
    """A run of digits, a word with its combining marks, or a single mark, at ``[start, end)`` of the text.

    ``key`` is what to look up: the digits as ASCII, the folded word, or the mark itself.
    """

    kind: Literal["digits", "word", "mark"]
    start: int
    end: int
    key: str


def _ranges_of(code_points: list[int]) -> str:
    ranges: list[list[int]] = []
    for code_point in code_points:
        if ranges and ranges[-1][1] == code_point - 1:
            ranges[-1][1] = code_point
        else:
            ranges.append([code_point, code_point])
    return "".join(f"{re.escape(chr(low))}-{re.escape(chr(high))}" for low, high in ranges)


# `\w` knows no combining marks, without which no Indic, Thai or vocalised Arabic word is whole.
_MARKS: Final = _ranges_of([c for c in range(0x300, 0x1E95F) if unicodedata.category(chr(c)) in {"Mn", "Mc"}])
_TOKEN: Final = re.compile(rf"(\d+)|([^\W\d_](?:[^\W\d_]|[{_MARKS}\u200c\u200d])*)|([^\w\s]|_)")


class _Digits(dict[int, str]):
    """Code point to its ASCII digit, or to itself, filled as code points are met, as `str.translate` reads it."""

    def __missing__(self, code_point: int) -> str:
        character = chr(code_point)
        self[code_point] = digit = str(unicodedata.digit(character)) if character.isdecimal() else character
        return digit


_DIGITS: Final = _Digits()
_OTHER_DIGIT: Final = re.compile(r"(?![0-9])\d")


def ascii_digits(text: str) -> str:
    """Return `text` with the decimal digits of all scripts as ASCII; every character keeps its position."""
    return text if text.isascii() or _OTHER_DIGIT.search(text) is None else text.translate(_DIGITS)


@lru_cache(maxsize=1 << 16)
def _key(word: str) -> str:
    return fold(word)


Tokens = tuple[Token, ...]


def lex(text: str) -> Tokens:
    """Return the tokens of `text` in order; white space lies between them and belongs to none."""
    return _lex_again(text) if len(text) < _LONGEST_KEPT else _lex(text)


@lru_cache(maxsize=4)
def _lex_again(text: str) -> Tokens:
    """Lex a text that several grammars read one after the other."""
    return _lex(text)


def _lex(text: str) -> Tokens:
    tokens: list[Token] = []
    new = tuple.__new__  # several times per word: the class's own __new__ costs twice as much
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        group = match.lastindex
        if group == 2:
            word = match[2]
            tokens.append(new(Token, ("word", start, end, _key(word) if end - start <= _LONGEST_WORD else word)))
        elif group == 1:
            tokens.append(new(Token, ("digits", start, end, ascii_digits(match[1]))))
        else:
            tokens.append(new(Token, ("mark", start, end, match[3])))
    return tuple(tokens)


def keys(listed: str) -> frozenset[str]:
    """Return the keys of words and marks listed with spaces between them, to compare with those of tokens."""
    return frozenset(fold(word) or word for word in listed.split())
