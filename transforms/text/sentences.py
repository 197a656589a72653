r"""Sentences and words of a text in any script.

Sentence ends are found by sentencex, which knows the abbreviations of some 250 languages, and then corrected where
a piece cannot be a sentence of its own: it begins in lower case (``"Really?" he asked``), or the piece
before it ends in an initial or a title (``J. K. Rowling``, ``M. Macron``).

A word is a run of letters, marks and digits, joined by inner apostrophes, hyphens and points (``don't``, ``U.S``,
``3.5``). In Chinese and Japanese every character counts as a word, as is the custom there; runs of Thai, Lao, Khmer
and Burmese, which have no mark between words either, count as one word for each five letters, their mean length.
"""

from collections.abc import Iterator
from typing import Final

import regex
from sentencex import get_sentence_boundaries

from schemas.records import Span
from transforms.text.languages import primary

_TITLES: Final = (
    "Mr|Mrs|Ms|Dr|Prof|Rev|Hon|Gen|Lt|Col|Maj|Capt|Cpt|Sgt|Cmdr|Adm|Sen|Rep|Gov|Pres|St|Ste|Mt|Ft|Fr|No|Nos|vs|"
    "Messrs|Mme|Mmes|Mlle|MM|Me|Mgr|Sra|Srta|Dra|Sto|Sta|Lic|Ing|Gral|Dipl|Nr|Abs|Art|Bd|bzw|ca|vgl|sog|"
    "Sig|Dott|Avv|On|Exmo|Doç|Yrd|Av|им|ул|тов|проф|акад|гр|св|д-р|Cf|cf|ex|e.g|i.e"
)
# Looks at the end of a piece only, so that a text of full stops costs no more than its length.
_NO_END: Final = regex.compile(
    rf"(?:(?<![\p{{L}}\p{{N}}.])(?:[\p{{Lu}}\p{{Ll}}]|(?=\p{{Arabic}})\p{{L}}|{_TITLES})|(?<!\p{{L}})\p{{L}}\.\s?\p{{Ll}})\.\s*$"
)
_TAIL: Final = 12
_SEEN: Final = 4_000
"""Characters that are looked at together; sentences of news have 20 to 500."""
_PIECE_END: Final = regex.compile(r"[.!?…。！？؟۔।]\s|[。！？]")
_LOWER_CASE: Final = regex.compile(r"[\s\"'“”„«»‘’‚‹›(\[–—-]*+(?:\p{Ll}|と|って)")
_WORD: Final = regex.compile(
    r"""
    (?P<character> [\p{Han}\p{Hiragana}\p{Katakana}] )
    | (?P<unspaced> [\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]++ )
    | (?: (?![\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]) [\p{L}\p{M}\p{N}] )++
      (?: ['’.,:\-‐־\u200c\u200d״׳"] (?: (?![\p{Han}\p{Hiragana}\p{Katakana}]) [\p{L}\p{M}\p{N}] )++ )*+
    """,
    regex.VERBOSE,
)
_UNSPACED: Final = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
_SPACED_WORD: Final = regex.compile(r"[\p{L}\p{M}\p{N}]++(?:['’.,:\-‐־\u200c\u200d״׳\"][\p{L}\p{M}\p{N}]++)*+")
"""What `_WORD` finds in a text without such scripts, several times faster."""
_UNSPACED_WORD_LENGTH: Final = 5


def sentences(text: str, language: str | None = None) -> tuple[Span, ...]:
    """Return the spans of the sentences of `text`, without the space around them; a paragraph always ends one."""
    found: list[Span] = []
    code = primary(language) or "en"
    paragraph_start = 0
    for paragraph in text.split("\n"):
        start: int | None = None
        for boundary in _boundaries(code, paragraph):
            begin, end = boundary
            if start is None:
                start = begin
            elif not _continues(paragraph, begin):
                _add(found, paragraph, start, begin, paragraph_start)
                start = begin
        if start is not None:
            _add(found, paragraph, start, end, paragraph_start)
        paragraph_start += len(paragraph) + 1
    return tuple(found)


def _boundaries(code: str, paragraph: str) -> Iterator[Span]:
    """Yield where the library sees sentences.

    It compares all quotation marks with each other, so it is shown a piece of a long paragraph at a time, which ends
    where a sentence may; one that is longer than a piece is cut.
    """
    at = 0
    while at < len(paragraph):
        piece = paragraph[at : at + _SEEN]
        if len(piece) == _SEEN:
            ends = list(_PIECE_END.finditer(piece, _SEEN // 2))
            piece = piece[: ends[-1].end()] if ends else piece
        found = [(at + b["start_index"], at + b["end_index"]) for b in get_sentence_boundaries(code, piece)]
        at += len(piece)
        yield from found


def count_words(text: str, language: str | None = None) -> int:
    """Return the number of words in `text`, whatever its scripts; `language` is not needed to tell them."""
    if not _UNSPACED.search(text):
        return len(_SPACED_WORD.findall(text))
    count = 0
    for match in _WORD.finditer(text):
        run = match["unspaced"]
        count += 1 if run is None else -(-len(run) // _UNSPACED_WORD_LENGTH)
    return count


def _continues(paragraph: str, at: int) -> bool:
    """Whether what begins at `at` belongs to the sentence before it."""
    return bool(_LOWER_CASE.match(paragraph, at)) or bool(_NO_END.search(paragraph[max(0, at - _TAIL) : at]))


def _add(found: list[Span], paragraph: str, start: int, end: int, offset: int) -> None:
    piece = paragraph[start:end]
    stripped = piece.strip()
    if stripped:
        begin = offset + start + len(piece) - len(piece.lstrip())
        found.append((begin, begin + len(stripped)))
