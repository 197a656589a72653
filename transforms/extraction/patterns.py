"""The words of page furniture and bylines in many languages: `transforms/data/boilerplate.toml`, `bylines.toml`."""

import functools
import re
import tomllib
from importlib import resources
from typing import Final

from transforms.text.folding import fold

_FRAMES: Final = {
    "pointer": r"^[\s\[(«»>•▶►→*+-]*(?:{})",
    "service_start": r"^(?:{})",
    "service": "{}",
    "credit": r"^[\s(\[*—–-]*(?:{})|\bcontributed (?:reporting|to this)\b",
    "beside_heading": r"^[\s#|»>•-]*(?:{})\s*(?:\(?\s*\d+\s*\)?)?\s*[:：.]?$",
    "biography": r"^(?:{})$",
    "error_title": "{}",
    "check": "{}",
    "prefixes": r"^\s*(?:{})[\s:：/／]*",
    "house_words": r"(?<!\w)(?:{})(?!\w)|新聞社$|編集部$|新闻网$|\w\.(?:[a-z]{{2}}|com|net|org|news)$",
    "paper_words": r"^(?:the|der|die|das|les|los|las|il)\s|^(?:le|la|el|o)\s\w+$|(?<!\w)(?:{})(?!\w)",
    "role_words": r"(?<!\w)(?:{})(?!\w)",
}
"""How the patterns of a list are put together."""
_CASELESS: Final = frozenset({"prefixes", "house_words", "paper_words", "role_words"})


@functools.cache
def pattern(name: str) -> re.Pattern[str]:
    """Return the patterns of the list `name` as one expression.

    Those of `boilerplate.toml` are for lower-cased text: searching without case is four times as slow.
    """
    return re.compile(_FRAMES[name].format("|".join(_lists()[name])), re.IGNORECASE if name in _CASELESS else 0)


@functools.cache
def names(name: str) -> frozenset[str]:
    """Return the names of the list `name`, folded."""
    return frozenset(fold(entry) for entry in _lists()[name])


@functools.cache
def _lists() -> dict[str, list[str]]:
    data = resources.files("transforms") / "data"
    lists: dict[str, list[str]] = {}
    for file in ("boilerplate.toml", "bylines.toml"):
        lists |= tomllib.loads((data / file).read_text("utf-8"))
    return lists
