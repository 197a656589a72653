"""The terms under which a full-text index knows a text, and the terms of a query; the same for every store.

Words are folded. Scripts that put no space between words are cut into overlapping pairs of characters, so that a part
of such a text is found without a dictionary. Arabic words are known without the article and the particles written onto
them, so that ``السعودية`` finds ``والسعودية`` and ``للسعودية``.
"""

import re
from typing import Final

from transforms.text.folding import fold

MAX_TERMS: Final = 20_000
"""Terms of one text beyond this number are not indexed."""
_MAX_TERM_CHARACTERS: Final = 64
_WITHOUT_SPACES: Final = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)
_ARABIC_PREFIX: Final = re.compile(
    r"(?<!\S)(?:وبال|وكال|فبال|ولل|فلل|وال|فال|بال|كال|لل|ال)(?=[\u0621-\u064a]{3,}(?!\S))"
)


def search_terms(text: str) -> list[str]:
    """Return the terms of `text` in order, at most `MAX_TERMS`."""
    folded = _ARABIC_PREFIX.sub("", fold(text))
    if _WITHOUT_SPACES.search(folded):
        folded = _WITHOUT_SPACES.sub(_pairs, folded)
    return [term[:_MAX_TERM_CHARACTERS] for term in folded.split(maxsplit=MAX_TERMS)[:MAX_TERMS]]


def query_phrases(query: str) -> list[list[str]]:
    """Return the phrases of a query, all of which must occur; words in quotation marks form one phrase."""
    phrases: list[list[str]] = []
    for number, part in enumerate(re.split(r'["“”„«»]', query)):
        texts = [part] if number % 2 else part.split()
        phrases.extend(terms for text in texts if (terms := search_terms(text)))
    return phrases


def _pairs(run: re.Match[str]) -> str:
    characters = run.group()
    if len(characters) == 1:
        return f" {characters} "
    return f" {' '.join(characters[at : at + 2] for at in range(len(characters) - 1))} "
