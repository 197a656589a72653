"""The terms under which a full-text index knows a text, and the terms of a query; the same for every store.

Words are folded. Scripts that put no space between words are cut into overlapping pairs of characters, so that a part
of such a text is found without a dictionary. Arabic words are known without the article and the particles written onto
them, so that ``السعودية`` finds ``والسعودية`` and ``للسعودية``.
"""

import re
from collections.abc import Iterator
from typing import Final

from transforms.folding import fold

MAX_TERMS: Final = 20_000
"""Terms of one text beyond this number are not indexed."""
_MAX_TERM_CHARACTERS: Final = 64
_WITHOUT_SPACES: Final = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)
_ARABIC: Final = re.compile(r"[\u0621-\u064a]+")
_ARABIC_PREFIXES: Final = ("وبال", "وكال", "فبال", "ولل", "فلل", "وال", "فال", "بال", "كال", "لل", "ال")
_SHORTEST_STEM: Final = 3


def search_terms(text: str) -> list[str]:
    """Return the terms of `text` in order, at most `MAX_TERMS`."""
    terms: list[str] = []
    for word in fold(text).split():
        terms.extend(_terms_of(word))
        if len(terms) >= MAX_TERMS:
            return terms[:MAX_TERMS]
    return terms


def query_phrases(query: str) -> list[list[str]]:
    """Return the phrases of a query, all of which must occur; words in quotation marks form one phrase."""
    phrases: list[list[str]] = []
    for number, part in enumerate(re.split(r'["“”„«»]', query)):
        texts = [part] if number % 2 else part.split()
        phrases.extend(terms for text in texts if (terms := search_terms(text)))
    return phrases


def _terms_of(word: str) -> Iterator[str]:
    position = 0
    for run in _WITHOUT_SPACES.finditer(word):
        if run.start() > position:
            yield _stem(word[position : run.start()])
        characters = run.group()
        if len(characters) == 1:
            yield characters
        for at in range(len(characters) - 1):
            yield characters[at : at + 2]
        position = run.end()
    if position < len(word):
        yield _stem(word[position:])


def _stem(word: str) -> str:
    if _ARABIC.fullmatch(word):
        for prefix in _ARABIC_PREFIXES:
            if word.startswith(prefix) and len(word) - len(prefix) >= _SHORTEST_STEM:
                return word[len(prefix) :][:_MAX_TERM_CHARACTERS]
    return word[:_MAX_TERM_CHARACTERS]
