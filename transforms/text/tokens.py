"""The words, digits and marks of a text with their positions: what all that looks for something in it reads.

A text is read once. Of what is found there are two views: `lex` parts digits from letters, as the grammars of dates and
figures and the gazetteer need it; `tokenize` keeps together what belongs to one name (``O'Brien``, ``Al-Assad``).
What a word folds to is remembered, as news repeats its words.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Final, Literal, NamedTuple

import regex

from transforms.text.folding import fold
from transforms.text.memo import Memo

EXAMINED: Final = 300_000
"""Characters in which names are looked for, so that time and memory stay bounded; few articles reach a tenth."""
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
_TOKEN: Final = re.compile(rf"(\d+)|([^\W\d_]+(?:[{_MARKS}\u200c\u200d]+[^\W\d_]*)*)|([^\w\s]|_)")


_JOINERS: Final = frozenset("\u200c\u200d")
"""Parts of a word, not marks."""


class _Digits(dict[int, str]):
    """Code point to its ASCII digit, or to itself, filled as code points are met, as `str.translate` reads it."""

    def __missing__(self, code_point: int) -> str:
        character = chr(code_point)
        self[code_point] = digit = str(unicodedata.digit(character)) if character.isdecimal() else character
        return digit


_DIGITS: Final = _Digits()
_OTHER_DIGIT: Final = re.compile(r"[^\D0-9]")


def ascii_digits(text: str) -> str:
    """Return `text` with the decimal digits of all scripts as ASCII; every character keeps its position."""
    return text if text.isascii() or _OTHER_DIGIT.search(text) is None else text.translate(_DIGITS)


Tokens = tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """The words and marks of a text: spans, as written, folded, and whether only one space parts each from the last."""

    start: list[int]
    end: list[int]
    raw: list[str]
    key: list[str]
    joined: list[bool]


_PIECE: Final = regex.compile(
    # initials; O'Brien and al-Assad; words, with hyphens, and with the apostrophe of an elision or a case ending; marks
    r"(?:(?=[\p{Lu}ae])(?:(?:\p{Lu}\.)+(?=[ \-\p{Lu}])"
    r"|(?:[OD]['’]|(?:[Aa][lsnrdt]|[Ee]l|[Aa]sh)-)(?=\p{Lu})[\p{L}\p{M}\p{N}]++(?:[-‐\u200c\u200d][\p{L}\p{M}\p{N}]++)*+)"
    # the titles that are written with a point
    r"|(?:Gov|Sen|Rep|Gen|Col|Maj|Capt|Lt|Sgt|Adm|Hon|Rev|Mr|Mrs|Ms|Dr|Prof|Sr|Sra|Hr)\.(?= \p{Lu})"
    r"|[\p{L}\p{M}\p{N}]++(?:[-‐\u200c\u200d][\p{L}\p{M}\p{N}]++)*+(?:['’](?=\p{L}))?"
    r"|[^\p{L}\p{M}\p{N} ]) ?| "
)
"""A word or mark with the space after it, if any; every character of a text is in one."""
_LONGEST_PIECE: Final = 50
"""Longer ones are no words: they are not folded and not remembered."""
_PIECES_KEPT: Final = 1 << 15


class _Piece(NamedTuple):
    """What is to know of a piece: its word or mark, the key of that, whether it is a word, and its tokens."""

    raw: str
    key: str
    word: bool
    tokens: tuple[tuple[Literal["digits", "word", "mark"], int, int, str], ...]


def _piece(written: str) -> _Piece:
    raw = written.rstrip(" ")
    if raw.isalpha():
        key = fold(raw)
        return _Piece(
            raw, key.replace(" ", ""), True, (("word", 0, len(raw), key if len(raw) <= _LONGEST_WORD else raw),)
        )
    tokens: list[tuple[Literal["digits", "word", "mark"], int, int, str]] = []
    for match in _TOKEN.finditer(raw):
        start, end = match.span()
        if match.lastindex == 2:
            word = match[2]
            tokens.append(("word", start, end, fold(word) if end - start <= _LONGEST_WORD else word))
        elif match.lastindex == 1:
            tokens.append(("digits", start, end, ascii_digits(match[1])))
        elif match[3] not in _JOINERS:
            tokens.append(("mark", start, end, match[3]))
    return _Piece(raw, word_key(raw), raw[:1].isalnum(), tuple(tokens))


def _long_piece(written: str) -> _Piece:
    piece = _piece(written)
    return piece if len(piece.raw) < _LONGEST_PIECE else piece._replace(key="")


_PIECES: Final[Memo[str, _Piece]] = Memo(_piece, _PIECES_KEPT)


def _read(text: str) -> tuple[list[_Piece], list[int]]:
    """Return the pieces of `text` and where each begins."""
    return _read_again(text) if len(text) < _LONGEST_KEPT else _read_once(text)


def _read_once(text: str) -> tuple[list[_Piece], list[int]]:
    written = _PIECE.findall(text)
    starts = list(accumulate(map(len, written), initial=0))
    if max(map(len, written), default=0) <= _LONGEST_PIECE:
        return list(map(_PIECES.__getitem__, written)), starts
    return [_PIECES[w] if len(w) <= _LONGEST_PIECE else _long_piece(w) for w in written], starts


_read_again: Final = lru_cache(maxsize=2)(_read_once)


def lex(text: str) -> Tokens:
    """Return the tokens of `text` in order; white space lies between them and belongs to none."""
    return _lex_again(text) if len(text) < _LONGEST_KEPT else _lex(text)


def _lex(text: str) -> Tokens:
    new = tuple.__new__  # several times per word: the class's own __new__ costs twice as much
    return tuple(
        [
            new(Token, (kind, at + start, at + end, key))
            for piece, at in zip(*_read(text), strict=False)
            for kind, start, end, key in piece[3]
        ]
    )


_lex_again: Final = lru_cache(maxsize=4)(_lex)


@lru_cache(maxsize=2)
def tokenize(text: str) -> Words:
    """Return the words of the first `EXAMINED` characters of `text`; do not change them."""
    pieces, starts = _read(text[:EXAMINED])
    raw, key, word = [p[0] for p in pieces], [p[1] for p in pieces], [p[2] for p in pieces]
    joined = [False, *word]
    if "" in raw:  # more than one space
        kept = [index for index, written in enumerate(raw) if written]
        raw, key, starts = [raw[i] for i in kept], [key[i] for i in kept], [starts[i] for i in kept]
        joined = [joined[i] for i in kept]
    else:
        starts, joined = starts[:-1], joined[:-1]
    return Words(
        start=starts, end=[at + len(w) for at, w in zip(starts, raw, strict=True)], raw=raw, key=key, joined=joined
    )


def word_key(word: str) -> str:
    """Return `word` folded to one piece, for looking up; nothing where it is too long for a word."""
    return fold(word).replace(" ", "") if len(word) < _LONGEST_PIECE else ""


def keys(listed: str) -> frozenset[str]:
    """Return the keys of words and marks listed with spaces between them, to compare with those of tokens."""
    return frozenset(fold(word) or word for word in listed.split())
