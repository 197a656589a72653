"""What the tagger knows of a word by itself: its letters, its shape, and the lists that hold it.

A word has *own* attributes, which speak of its own label only, and attributes that speak of its neighbours' labels too.
Both are strings; training gives each a weight for each label and, for the second kind, each place in a window of five.
"""

from functools import cache
from importlib.resources import files
from typing import Final

import regex

from transforms.entities.gazetteer import gazetteer
from transforms.entities.lexicon import Lexicon, lexicon
from transforms.entities.organisation_words import organisation_nouns
from transforms.text.languages import SPACELESS
from transforms.text.wordlists import key

_NUMERAL: Final = regex.compile(r"\p{N}")
_SHAPE_LENGTH: Final = 20
_AFFIXES: Final = 5
_PROCLITICS: Final = {
    "ar": ("و", "ف", "ب", "ل", "ك", "ال", "وال", "بال", "لل", "فال", "كال"),
    "he": (*"הובלמשכ", "ול", "וב", "וה", "שה", "מה", "בה", "לה", "כש"),
}
"""What Arabic and Hebrew write together with the word that follows."""

SHAPES: Final = 16
"""How many classes `shape_class` tells apart."""


def lowered(word: str) -> str:
    """Return `word` in lower case, every digit as 0."""
    return str(_NUMERAL.sub("0", word.lower()))


def shape_class(word: str) -> int:
    """Return the class of the shape of `word`, from 1 to `SHAPES` - 1: capitals, digits, kinds of marks."""
    first = word[0]
    if first.isupper():
        if len(word) == 1:
            return 1
        if word[-1] == ".":
            return 2
        if word.isupper():
            return 3
        return 4 if word[1:].islower() else 5
    if first.islower():
        return 6 if word.islower() else 7
    if first.isdigit():
        return 8
    if first.isalpha():
        return 9
    for number, marks in enumerate((".!?", ",;:", '"«»“”„', "()[]", "-–—'’"), start=10):
        if first in marks:
            return number
    return 15


def attributes(word: str, tag: str, language: str) -> tuple[list[str], list[str]]:
    """Return the own attributes of `word` and those that speak of its neighbours as well.

    Args:
        word: as written.
        tag: what a dictionary of morphemes says of it, parts joined by hyphens; empty where there is none.
        language: ISO 639-1.
    """
    low = lowered(word)
    folded = key(word) or low
    shared = [f"w={low}", f"sh={_shape(word)}"]
    if len(low) > 3:
        shared.append(f"s3={low[-3:]}")
    shared += _listed(folded, language)
    if in_gazetteer := _begins_place(folded, language):
        shared.append(in_gazetteer)
    if tag:
        shared += [f"t={tag}", f"t1={'-'.join(tag.split('-')[:2])}"]
    own = ["b", f"l={min(len(low), 9)}"]
    if word != low:
        own.append(f"W={word}")
    own += [f"p{n}={low[:n]}" for n in range(1, min(_AFFIXES, len(low)))]
    own += [f"s{n}={low[-n:]}" for n in range(1, min(_AFFIXES + 1, len(low)))]
    if "-" in word[1:-1]:
        own += _hyphenated(low, language)
    if language in _PROCLITICS:
        own += _without_proclitics(low, language)
    return own, shared


def _hyphenated(low: str, language: str) -> list[str]:
    parts = [part for part in low.split("-") if part]
    found = [f"h={part}" for part in parts]
    return found + [f"hf{flag}" for part in parts for flag in _listed(key(part), language) if flag[0] == "L"]


def _without_proclitics(low: str, language: str) -> list[str]:
    found = []
    for proclitic in _PROCLITICS[language]:
        if low.startswith(proclitic) and len(low) - len(proclitic) >= 2:
            rest = low[len(proclitic) :]
            folded = key(rest)
            found += [f"r{proclitic}={rest}", f"rr={rest}"]
            found += [f"r{flag}" for flag in _listed(folded, language) if flag != "z:0"]
            if in_gazetteer := _begins_place(folded, language):
                found.append(f"r{in_gazetteer}")
    return found


def _shape(word: str) -> str:
    """Return the kinds of the letters of `word`, no kind more than twice in a row: ``Aa``, ``AA``, ``Aa-Aa``."""
    shape = ""
    for character in word[:_SHAPE_LENGTH]:
        kind = _kind(character)
        if not shape.endswith(kind * 2):
            shape += kind
    return shape


def _kind(character: str) -> str:
    if character.isupper() or character.istitle():
        return "A"
    if character.islower():
        return "a"
    if character.isdigit():
        return "0"
    if character.isalpha() or character == "ー":
        return next((kind for low, high, kind in _SCRIPTS if low <= character <= high), "x")
    return character if character in ".-'’,:;()\"«»" else "*"


_SCRIPTS: Final = (
    ("\u4e00", "\u9fff", "K"), ("\u3400", "\u4dbf", "K"), ("\u3040", "\u309f", "h"), ("\u30a0", "\u30ff", "k"),
    ("\uac00", "\ud7a3", "g"),
)  # fmt: skip


@cache
def known_names(kind: str) -> frozenset[str]:
    """Return the ``given`` or ``family`` names of many languages, folded."""
    text = (files("transforms") / "data" / "names" / f"{kind}.txt").read_text("utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


@cache
def _lexicon(language: str) -> Lexicon:
    return lexicon(language)


def _listed(folded: str, language: str) -> list[str]:
    """Return what the lists of names, offices and nouns of organisations, and the frequency say of a folded word."""
    words, nouns = _lexicon(language), organisation_nouns(language)
    found = [
        flag
        for flag, holds in (
            ("L:giv", folded in known_names("given")),
            ("L:fam", folded in known_names("family")),
            ("L:head", words.is_head(folded)),
            ("L:hon", folded in words.honorifics),
            ("L:mod", folded in words.modifiers),
            ("L:say", folded in words.says),
            ("L:orgb", folded in nouns.before or folded.startswith(nouns.stems)),
            ("L:orga", folded in nouns.after),
        )
        if holds
    ]
    found.append(f"z:{int(words.zipf.get(folded, 0) * 1.5)}")
    return found


def _begins_place(folded: str, language: str) -> str:
    """Return whether a name of the gazetteer is (``g:1``) or begins with (``g:2``) a folded word."""
    if language in SPACELESS:
        return ""
    begun = gazetteer(language).beginnings[folded]
    if not begun:
        return ""
    return "g:1" if any(node.names for _, _, node in begun) else "g:2"
