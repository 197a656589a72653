"""The tokens that models read: names of elements and words of short blocks; weights are kept by their CRC-32."""

import re
import zlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, TypeVar

_SPLIT: Final = re.compile(r"[^a-zA-Z]+|(?<=[a-z])(?=[A-Z])")
_DIGITS: Final = re.compile(r"\d+")
_MAX_NAMES: Final = 12
_MAX_PARTS: Final = 8
_REMEMBERED: Final = 20_000
WORD: Final = re.compile(r"[^\W\d_]+|\d+|[©|•»›…]")
_SHORT_TEXT: Final = 300
_SHORT_WORDS: Final = 25
"""Words up to which a block's wording is looked at; longer ones are prose, and their words are the article's."""


Value = TypeVar("Value")


def crc(token: str) -> int:
    """Return the number under which a token's weight is kept."""
    return zlib.crc32(token.encode("utf-8", "replace"))


class Weights(dict[str, Value]):
    """What tokens say, by their spelling: looked up once for each, because they come back from page to page."""

    def __init__(self, kept: Mapping[int, Value], default: Value) -> None:
        super().__init__()
        self._kept = kept
        self._default = default

    def __missing__(self, token: str) -> Value:
        if len(self) >= _REMEMBERED:
            self.clear()
        value = self[token] = self._kept.get(crc(token), self._default)
        return value


@lru_cache(maxsize=16384)
def tokens_of_name(name: str) -> tuple[str, ...]:
    """Return the tokens of one class, id or property: the whole without its digits, and the words in it."""
    parts = [part.lower() for part in _SPLIT.split(name)[:_MAX_PARTS] if 1 < len(part) < 20]
    return (f".{_DIGITS.sub('0', name.lower())[:40]}", *parts)


def split_names(names: str) -> list[str]:
    """Return the names of an element that are looked at, one by one."""
    return names.split(maxsplit=_MAX_NAMES)[:_MAX_NAMES]


def name_tokens(tag: str, names: str) -> set[str]:
    """Return the tokens of an element's tag and names."""
    return {f"<{tag}"}.union(*map(tokens_of_name, split_names(names)))


@lru_cache(maxsize=2048)
def words_of(text: str) -> list[str]:
    """Return the words of a text, in lower case; several features of one block ask for them."""
    return WORD.findall(text.lower())


def word_tokens(text: str) -> list[str]:
    """Return the tokens of a short block: its words in lower case, the first and last as such; none of a long one."""
    if len(text) > _SHORT_TEXT:
        return []
    words = words_of(text)
    if _DIGITS.search(text):
        words = ["0" if word[0].isdigit() else word for word in words]
    if not words or len(words) > _SHORT_WORDS:
        return []
    return [*dict.fromkeys(words), f"^{words[0]}", f"{words[-1]}$", f"^{' '.join(words[:2])}"]
