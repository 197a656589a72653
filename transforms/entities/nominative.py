"""The nominative of a person's full name in Russian and Ukrainian: Владимиром Путиным is Владимир Путин.

The given name says the gender: it is one of those known with another ending. Family names and patronymics follow by
their endings. A name whose given name is not known so, or is in the nominative, stays as it is written.
"""

from collections.abc import Iterator
from typing import Final

from transforms.entities.lexicon import lexicon
from transforms.entities.tagger.features import known_names
from transforms.text.tokens import keys
from transforms.text.wordlists import key

LANGUAGES: Final = frozenset(("ru", "uk"))
_SHORTEST: Final = 3
"""Letters of a stem."""

_Endings = tuple[tuple[str, str], ...]
"""Endings of other cases, each with that of the nominative."""


def _endings(written: str) -> _Endings:
    """Return ``а у ом:`` as endings before the colon with the one behind it, longest first."""
    pairs = [
        (ending, nominative)
        for line in written.split(";")
        for endings, _, nominative in [line.strip().partition(":")]
        for ending in endings.split()
    ]
    return tuple(sorted(pairs, key=lambda pair: -len(pair[0])))


_GIVEN: Final = {
    "ru": {
        "m": _endings("а у ом е:; я ю ем е и:й; я ю ем е:ь"),
        "f": _endings("ы и е у ой ою:а; и е ю ей ею:я; и ью:ь"),
    },
    "uk": {
        "m": _endings("а у ом ові і:; я ю єм єві ї єм:й; я ю ем еві і:ь; а у ом ові і:о"),
        "f": _endings("и і у ою:а; ї ю єю:я; і ю ею:я"),
    },
}
_FAMILY: Final = {
    "ru": {
        "m": _endings(
            "ова ову овым ове:ов; ева еву евым еве:ев; ёва ёву ёвым ёве:ёв; ина ину иным ине:ин; ына ыну ыным ыне:ын;"
            "ского скому ским ском:ский; цкого цкому цким цком:цкий; кого кому:кий; ого ому:ый;"
            "ича ичу ичем иче:ич; ая аю аем ае:ай; ея ею еем ее:ей; а у ом е ем:"
        ),
        "f": _endings(
            "овой ову овою:ова; евой еву евою:ева; ёвой ёву:ёва; иной ину иною:ина; ыной ыну:ына;"
            "ской скую:ская; цкой цкую:цкая; вны вне вну вной:вна; ичны ичне ичну ичной:ична"
        ),
    },
    "uk": {
        "m": _endings(
            "ова ову овим ові ові:ов; єва єву євим:єв; іна іну іним:ін; їна їну їним:їн; ського ському ським:ський;"
            "цького цькому цьким:цький; ого ому им:ий; енка енку енком енкові:енко;"
            "ича ичу ичем ичеві:ич; ая аю аєм:ай; а у ом ові ем еві:"
        ),
        "f": _endings(
            "ової ову овою овій:ова; євої єву євою євій:єва; іної іну іною іній:іна; ської ську ською ській:ська;"
            "цької цьку цькою цькій:цька; івни івні івну івною:івна"
        ),
    },
}
_MEN: Final = keys("никита илья кузьма фома лука савва данила гаврила микола ілля микита сава хома")
"""Given names of men with the endings of women's."""
_VOWELS: Final = "аеёиоуыэюяієї"


def nominative(name: str, language: str) -> str:
    """Return the full `name` in the nominative, or as it is where its case is not known."""
    words = name.split()
    if language not in LANGUAGES or len(words) < 2 or is_nominative(name, language):
        return name
    zipf = lexicon(language).zipf
    found = [
        (zipf.get(key(given), 0), given, gender)
        for gender, endings in _GIVEN[language].items()
        for given in _turned(words[0], endings)
        if _known(given, language)
    ]
    if not found:
        return name
    frequency, given, gender = max(found, key=lambda of: of[0])
    if frequency < zipf.get(key(words[0]), 0):
        return name  # Катерина is no form of Катерин
    family = _FAMILY[language]["m" if key(given) in _MEN else gender]
    return " ".join([given, *(next(_turned(word, family), word) for word in words[1:])])


def is_nominative(name: str, language: str) -> bool:
    """Whether `name` begins with a given name as it is listed."""
    return _known(name.split()[0], language)


def _known(word: str, language: str) -> bool:
    folded = key(word)
    return folded in lexicon(language).given or folded in known_names("given")


def _turned(word: str, endings: _Endings) -> Iterator[str]:
    for ending, nominative_ending in endings:
        stem = word.removesuffix(ending)
        if len(stem) < len(word) and len(stem) >= _SHORTEST - bool(nominative_ending):
            if not nominative_ending and stem[-1] in _VOWELS:
                continue
            yield stem + nominative_ending
