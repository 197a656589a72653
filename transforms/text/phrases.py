"""Dictionaries of names of one or several words, looked up at a position of a tokenised text."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, Generic, TypeVar

import marisa_trie
import msgspec

from transforms.text.compiled import compiled_bytes, contents
from transforms.text.memo import Memo
from transforms.text.tokens import Tokens, lex

Key = tuple[str, ...]
T = TypeVar("T")
SOURCES: Final = ("text/phrases.py", "text/tokens.py", "text/folding.py")
"""Files of `transforms` that say what the keys of a name are."""
_KEPT: Final = 1 << 12
_SKIPPED_IN_NAMES: Final = frozenset(".'’ʼ׳-‑־॰")


def name_key(name: str) -> Key:
    """Return the keys of the words and digits of `name`: what has to follow one another in a text to be this name."""
    return tuple(token.key for token in lex(name) if token.kind != "mark")


Entries = list[tuple[Key, T]]
"""Names with what they mean, the longest first."""


def by_first_word(names: Iterable[tuple[str, T]]) -> dict[str, Entries[T]]:
    """Return `names`, by the key of their first word."""
    by_first: dict[str, dict[Key, T]] = {}
    for name, value in names:
        key = name_key(name)
        if key:
            by_first.setdefault(key[0], {}).setdefault(key, value)
    return {first: sorted(entries.items(), key=lambda entry: -len(entry[0])) for first, entries in by_first.items()}


class Names(Generic[T]):
    """A dictionary of names of one or several words, asked at a position of a tokenised text."""

    def __init__(self, names: Iterable[tuple[str, T]]) -> None:
        self._beginning: Callable[[str], Entries[T] | None] = by_first_word(names).get

    @classmethod
    def looked_up(cls, beginning: Callable[[str], "Entries[T] | None"]) -> "Names[T]":
        """Return the dictionary in which `beginning` finds the names, as `by_first_word` has them."""
        names: Names[T] = cls(())
        names._beginning = beginning
        return names

    def __contains__(self, key: str) -> bool:
        """Tell whether a name begins with the word `key`."""
        return bool(self._beginning(key))

    def at(self, tokens: Tokens, index: int, first: str | None = None) -> tuple[T, int] | None:
        """Return what the longest name that begins at token `index` means, and the index of the token after it.

        `first` replaces the key of that token: the word without its prefix.
        """
        entries = self._beginning(tokens[index].key if first is None else first)
        if not entries:
            return None
        for key, value in entries:
            after = _match(tokens, index, key)
            if after is not None:
                return value, after
        return None


def compiled_names(
    name: str, meaning: type[T], names: Callable[[], Iterable[tuple[str, T]]], made_from: str
) -> Names[T]:
    """Return the dictionary of `names`, mapped from the compiled table `name`; for names that take long to read."""

    def entries() -> Iterator[tuple[str, bytes]]:
        return ((first, msgspec.msgpack.encode(found)) for first, found in by_first_word(names()).items())

    table = compiled_bytes(name, entries, f"{contents(*SOURCES)} {made_from}")
    return names_in(table, meaning)


def names_in(table: marisa_trie.BytesTrie, meaning: type[T], kind: str = "") -> Names[T]:
    """Return the dictionary of the names in a table whose keys are `kind` and the key of a name's first word."""
    decoder = msgspec.msgpack.Decoder(list[tuple[Key, meaning]])  # type: ignore[valid-type]

    def read(first: str) -> Entries[T] | None:
        found = table.get(kind + first)
        return decoder.decode(found[0]) if found else None

    return Names.looked_up(Memo(read, _KEPT).__getitem__)


def _match(tokens: Tokens, index: int, key: Key) -> int | None:
    """Return the index after the words of `key`, which begin at `index`, passing over marks of abbreviation."""
    at = index + 1
    for part in key[1:]:
        while at < len(tokens) and tokens[at].key in _SKIPPED_IN_NAMES and tokens[at].start == tokens[at - 1].end:
            at += 1
        if at >= len(tokens) or tokens[at].key != part or tokens[at].start > tokens[at - 1].end + 1:
            return None
        at += 1
    return at
