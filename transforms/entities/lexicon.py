"""Words by which names are found: section ``names`` of a language's file, given names, word frequencies."""

import functools
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

from transforms.text.compiled import compiled_words, contents
from transforms.text.languages import known_languages, section
from transforms.text.memo import Memo
from transforms.text.wordlists import Frequencies, key, zipf

_WORDS_KEPT: Final = 1 << 14
_COMMON_ZIPF: Final = {"ar": 4.9, "fa": 4.9, "tr": 5.0}


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of one language, folded."""

    heads: frozenset[str]
    honorifics: frozenset[str]
    modifiers: frozenset[str]
    links: frozenset[str]
    says: frozenset[str]
    according: frozenset[str]
    pronouns: frozenset[str]
    given: "GivenNames"
    """Given names, without those that are common words of the language."""
    zipf: Frequencies

    head: Memo[str, bool]
    """Whether a key is a noun of office, rank or profession."""

    def is_head(self, key: str) -> bool:
        """Whether `key` is a noun of office, rank or profession."""
        return self.head[key]

    def says_arabic(self, key: str) -> bool:
        """Whether `key` is a verb of saying, with a conjunction before it or not: قال, وقال, فقال."""
        return key in self.says or (key[:1] in ("و", "ف") and key[1:] in self.says)


@functools.cache
def lexicon(language: str) -> Lexicon:
    """Return the words of `language` (ISO 639-1); none where it has none."""
    entry = section(language, "names")
    heads = entry.get("heads", "").split()

    def words(field: str) -> frozenset[str]:
        return frozenset(key(word) for word in entry.get(field, "").split())

    says, pronouns = words("says"), words("pronouns")
    if language == "fr":  # inverted: dit-il, explique-t-elle, a-t-il
        inverted = frozenset(
            key(f"{verb}-{pronoun}")
            for verb in (*entry["says"].split(), "a")
            for pronoun in ("il", "elle", "t-il", "t-elle")
        )
        says, pronouns = says | inverted, pronouns | inverted

    whole = frozenset(key(word) for word in heads if not word.endswith("*")) - {""}
    endings = tuple(key(word) for word in heads if word.startswith("-"))
    stems = tuple(key(word) for word in heads if word.endswith("*"))

    def is_head(word: str) -> bool:
        if word in whole:
            return True
        if endings:
            return word.endswith(endings) or (
                word[-1:] in "ns" and word.removesuffix("n").removesuffix("s").removesuffix("e").endswith(endings)
            )
        return bool(stems) and any(word.startswith(s) and len(word) - len(s) <= 3 for s in stems)

    return Lexicon(
        heads=whole,
        head=Memo(is_head, _WORDS_KEPT),
        honorifics=words("honorifics"),
        modifiers=words("modifiers"),
        links=words("links"),
        says=says,
        according=words("according"),
        pronouns=pronouns,
        given=GivenNames(language),
        zipf=zipf(language),
    )


@functools.cache
def names_table() -> dict[str, Any]:
    """Return the words about names that no single language owns: given names, and what all share."""
    return tomllib.loads((resources.files("transforms") / "data" / "names.toml").read_text("utf-8"))


@functools.cache
def shared_words(field: str, *, fold: bool = True) -> frozenset[str]:
    """Return a list of words of all languages from the table."""
    words = names_table()["shared"][field].split()
    return frozenset(map(key, words) if fold else words)


@functools.cache
def given_names(*, persian: bool = True) -> frozenset[str]:
    """Return the given names (and some family names that stand for their bearers) of all scripts, folded."""
    files = ["data/given-names.txt", "data/given-names-transliterated.txt"]
    if persian:  # many are common words in Arabic
        files.append("data/given-names-persian.txt")

    def names() -> Iterator[str]:
        for file in files:
            for line in (resources.files("transforms") / file).read_text("utf-8").splitlines():
                if not line.startswith("#"):
                    yield from (key(name) for name in line.split() if len(name) > 1)

    return compiled_words(
        f"given-names{'-persian' * persian}", names, contents("entities/lexicon.py", "text/folding.py", *files)
    )


class GivenNames:
    """The given names of all languages but for those that are common words of one language."""

    def __init__(self, language: str) -> None:
        self._names = given_names(persian=language != "ar")
        self._limit = _COMMON_ZIPF.get(language, 5.2)
        self._frequencies = zipf(language)

    def __contains__(self, word: object) -> bool:
        return word in self._names and (self._frequencies.get(str(word)) < self._limit or word in _firm_names())


@functools.cache
def _firm_names() -> frozenset[str]:
    return frozenset(map(key, names_table()["given"]["common"].split()))


@functools.cache
def ambiguous_names() -> frozenset[str]:
    """Return the given names that are also common words or places, folded."""
    return frozenset(map(key, names_table()["given"]["ambiguous"].split()))


@functools.cache
def organisation_words() -> frozenset[str]:
    """Return the nouns of all languages that end names of organisations, folded: no name of a person holds one."""
    after = (
        word for language in known_languages() for word in section(language, "organisations").get("after", "").split()
    )
    return frozenset(key(word) for word in after if not word.startswith("-")) | shared_words("things")
