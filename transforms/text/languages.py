"""The words of languages: one file a language, ``transforms/data/languages/xx.toml``, and this one loader.

A file holds sections (names, organisations, places, numbers, counted nouns, units, dates, relative dates, …). A
language that writes as another one does says so (``inherits = "nb"``); apart from that a section that a language
lacks is empty: no language borrows another one's words in silence. ``docs/languages.md`` is generated and says what
each language has.

Within a section a string is a list of words separated by spaces, unless its reader says otherwise: values in order
are separated by commas, the forms of one value by slashes.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

_OBSOLETE: Final = {"iw": "he", "in": "id", "ji": "yi", "mo": "ro"}
_NONE: Final[Mapping[str, Any]] = MappingProxyType({})
SPACELESS: Final = frozenset({"ja", "lo", "km", "my", "th", "zh"})
"""Languages that put no space between words."""
CAPITAL_NOUNS: Final = frozenset({"de", "lb"})
"""Languages that write all nouns with a capital, so that capitals say nothing of names."""


def primary(tag: str | None) -> str:
    """Return the primary language of a BCP 47 tag in any spelling (``pt_BR``, ``ZH-Hant``); empty for none."""
    code = (tag or "").replace("_", "-").partition("-")[0].lower()
    return _OBSOLETE.get(code, code)


@cache
def section(language: str, name: str) -> Mapping[str, Any]:
    """Return the section `name` of a primary language, its own or the one it inherits; empty where there is none."""
    table = _table(language)
    if name in table:
        return MappingProxyType(table[name])
    return section(table["inherits"], name) if "inherits" in table else _NONE


@cache
def known_languages() -> tuple[str, ...]:
    """Return the codes of all languages that have a file, sorted."""
    files = (resources.files("transforms") / "data" / "languages").iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


def sections_of(language: str) -> dict[str, str]:
    """Return the sections that `language` has, each with the language whose file holds it."""
    found: dict[str, str] = {}
    at: str | None = language
    while at is not None:
        table = _table(at)
        for name, content in table.items():
            if isinstance(content, dict):
                found.setdefault(name, at)
        at = table.get("inherits")
    return found


def files_of(language: str) -> tuple[str, ...]:
    """Return the files of `transforms` that hold the sections of `language`, its own first."""
    if language not in known_languages():
        return ()
    return (f"data/languages/{language}.toml", *files_of(_table(language).get("inherits", "")))


def split_forms(words: str) -> list[str]:
    """Return the forms of a value: `words` split at its slashes."""
    return [word for word in words.split("/") if word]


def in_order(words: str, first: int, step: int) -> Iterator[tuple[str, int]]:
    """Yield the forms of values that are listed in order, with `first`, `first` + `step` and so on."""
    for position, forms in enumerate(words.split(",")):
        for form in split_forms(forms):
            yield form.strip(), first + position * step


def by_value(table: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the forms of a table from values to forms, each with its value."""
    for value, words in table.items():
        for word in split_forms(words):
            yield word, value


@cache
def _table(language: str) -> dict[str, Any]:
    file = resources.files("transforms") / "data" / "languages" / f"{language}.toml"
    if language not in known_languages():
        return {}
    return tomllib.loads(file.read_text("utf-8"))
