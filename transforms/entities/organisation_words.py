"""Words of organisations: the nouns by which their names begin or end, and names known everywhere."""

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any

from transforms.text.languages import section
from transforms.text.tokens import tokenize
from transforms.text.wordlists import key


@functools.cache
def _table() -> dict[str, Any]:
    return tomllib.loads((resources.files("transforms") / "data" / "organisations.toml").read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class OrganisationNouns:
    """The nouns of one language, folded."""

    before: frozenset[str]
    stems: tuple[str, ...]
    definite: frozenset[str]
    joins: frozenset[str]
    after: frozenset[str]
    endings: tuple[str, ...]
    doubtful: frozenset[str]


@functools.cache
def organisation_nouns(language: str) -> OrganisationNouns:
    """Return the nouns of `language` (ISO 639-1); none where it has none."""
    entry = section(language, "organisations")
    after = entry.get("after", "").split()
    before = entry.get("before", "").split()
    return OrganisationNouns(
        before=frozenset(key(w) for w in before if not w.endswith("*")),
        stems=tuple(key(w) for w in before if w.endswith("*")),
        definite=frozenset(map(key, entry.get("definite", "").split())),
        joins=frozenset(key(w) for w in entry.get("joins", "").split()),
        after=frozenset(key(w) for w in after if not w.startswith("-")),
        endings=tuple(key(w) for w in after if w.startswith("-")),
        doubtful=frozenset(map(key, entry.get("doubtful", "").split())),
    )


@functools.cache
def known_organisations() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """Return the known names by their first word: folded words and, for a single word, how it is written."""
    names = [
        name.strip() for line in _table()["known"]["names"].splitlines() for name in line.split(";") if name.strip()
    ]
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for name in dict.fromkeys(names):
        words = tuple(tokenize(name).key)
        if words and all(words):
            found.setdefault(words[0], []).append((words, name if len(words) == 1 else ""))
    for entries in found.values():
        entries.sort(key=lambda entry: -len(entry[0]))
    return found
