"""The terms under which a full-text index knows a text, and what a query asks for; the same for every store.

Words are folded. Scripts that put no space between words are cut into overlapping pairs of characters, so that a part
of such a text is found without a dictionary. Arabic words are known without the article and the particles written onto
them, so that ``السعودية`` finds ``والسعودية`` and ``للسعودية``.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
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
_QUERY_PART: Final = re.compile(r'(-?)(?:["“”„«»]([^"“”„«»]*)["“”„«»]?|([^\s"“”„«»]+))')
_OR: Final = frozenset({"OR", "|"})
_DASHES: Final = "-\u2212\u2013"


@dataclass(frozen=True, slots=True)
class Phrase:
    """Terms that stand together; with `is_prefix` the last one may go on."""

    terms: tuple[str, ...]
    is_prefix: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What a search asks for: of each group at least one phrase, and none of what is excluded."""

    groups: tuple[tuple[Phrase, ...], ...] = ()
    excluded: tuple[Phrase, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.groups or self.excluded)


def search_terms(text: str) -> list[str]:
    """Return the terms of `text` in order, at most `MAX_TERMS`."""
    folded = _ARABIC_PREFIX.sub("", fold(text))
    if _WITHOUT_SPACES.search(folded):
        folded = _WITHOUT_SPACES.sub(_pairs, folded)
    return [term[:_MAX_TERM_CHARACTERS] for term in folded.split(maxsplit=MAX_TERMS)[:MAX_TERMS]]


def parse_query(query: str) -> Query:
    """Return what `query` asks for.

    All words must occur; ``"words in quotation marks"`` stand together; ``one OR other`` takes either, ``-word`` must
    not occur, ``word*`` is the beginning of a word.
    """
    groups: list[list[Phrase]] = []
    excluded: list[Phrase] = []
    joins = False
    for minus, quoted, word in _QUERY_PART.findall(query):
        if word in _OR and not minus:
            joins = bool(groups)
            continue
        is_excluded = bool(minus) or word[:1] in tuple(_DASHES)
        phrase = _phrase(quoted or word.lstrip(_DASHES), is_prefix=word.endswith("*"))
        if phrase is None:
            continue
        if is_excluded:
            excluded.append(phrase)
        elif joins:
            groups[-1].append(phrase)
        else:
            groups.append([phrase])
        joins = False
    return Query(tuple(tuple(group) for group in groups), tuple(excluded))


def _phrase(text: str, *, is_prefix: bool) -> Phrase | None:
    terms = search_terms(text)
    return Phrase(tuple(terms), is_prefix) if terms else None


def _pairs(run: re.Match[str]) -> str:
    characters = run.group()
    if len(characters) == 1:
        return f" {characters} "
    return f" {' '.join(characters[at : at + 2] for at in range(len(characters) - 1))} "


_SNIPPET_CHARACTERS: Final = 240
_LOOKED_THROUGH: Final = 20_000
_WORD: Final = re.compile(r"\S+")


def snippet(text: str, query: Query) -> list[tuple[bool, str]]:
    """Return a stretch of `text` around what `query` finds, as (is found, piece); empty where nothing is found.

    Looks through the beginning of a long text only.
    """
    wanted = {term for group in query.groups for phrase in group for term in phrase.terms}
    prefixes = tuple(phrase.terms[-1] for group in query.groups for phrase in group if phrase.is_prefix)
    if not wanted:
        return []
    found = [
        span
        for word in _WORD.finditer(text, 0, _LOOKED_THROUGH)
        if (span := _found_in(word.group(), word.start(), wanted, prefixes))
    ]
    if not found:
        return []
    start = max(found[0][0] - _SNIPPET_CHARACTERS // 3, 0)
    end = min(start + _SNIPPET_CHARACTERS, len(text))
    if start and (space := text.find(" ", start, found[0][0])) >= 0:
        start = space + 1
    if end < len(text) and (space := text.rfind(" ", found[0][1], end)) > 0:
        end = space
    pieces: list[tuple[bool, str]] = [(False, "… ")] if start else []
    at = start
    for low, high in found:
        if high > end:
            break
        pieces += [(False, text[at:low]), (True, text[low:high])]
        at = high
    pieces.append((False, text[at:end] + (" …" if end < len(text) else "")))
    return [(is_found, piece.replace("\n", " ")) for is_found, piece in pieces if piece]


def _found_in(word: str, start: int, wanted: set[str], prefixes: tuple[str, ...]) -> tuple[int, int] | None:
    """Return the span of what is found in a word: the whole, or in scripts without spaces the characters wanted."""
    terms = _terms_of_word(word)
    hits = [term for term in terms if term in wanted or (prefixes and term.startswith(prefixes))]
    if not hits:
        return None
    if _WITHOUT_SPACES.search(word):
        places = [(at, at + len(term)) for term in hits if (at := word.find(term)) >= 0]
        if places:
            return start + min(low for low, _ in places), start + max(high for _, high in places)
    return start, start + len(word)


@lru_cache(maxsize=20_000)
def _terms_of_word(word: str) -> tuple[str, ...]:
    return tuple(search_terms(word[:_MAX_TERM_CHARACTERS]))
