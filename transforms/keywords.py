r"""Words and phrases that characterise a text, without supervision.

A candidate is a word of at least three letters, or a phrase of two or three words with no stop word or mark between
them that recurs or stands in the title. It counts the more, the more often it occurs here and the rarer it is in its
language at large (wordfreq, 40 languages); one in the title, or early in the text, counts more. Stop words are those
of stopwords-iso (58 languages) and the commonest words of wordfreq. Arabic particles written together with their word
(وال, بال, لل, …) and elided articles (l', d') are folded away for counting.

Chinese, Japanese, Thai, Lao, Khmer and Burmese put no space between words: there candidates are the runs of
characters that recur, neither beginning nor ending in a stop word.

A part of a phrase gives way to the phrase unless it occurs more than twice as often.
"""

import functools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import regex

from schemas.records import Keyword
from transforms.folding import fold
from transforms.lexicon import zipf

_LETTERS: Final = 3
_PHRASE_WORDS: Final = 3
_EXAMINED: Final = 100_000
"""Characters that are looked at: what a text is about it says before."""
_EXAMINED_UNSPACED: Final = 20_000
_STOP_ZIPF: Final = 5.7
"""Words commoner than this (one in 2,000) characterise nothing."""
_MAX_ZIPF: Final = 8.0
_UNKNOWN_ZIPF: Final = 2.5
_PHRASE_BONUS: Final = 0.25
_EARLY_BONUS: Final = 0.5
_EARLY_CHARACTERS: Final = 400
_TITLE_FACTOR: Final = 1.5
_UNSPACED_LENGTHS: Final = {"zh": (2, 6), "ja": (2, 6), "th": (3, 12), "lo": (3, 12), "km": (3, 12), "my": (3, 12)}

_TOKEN: Final = regex.compile(r"[\p{L}\p{M}\p{N}]+(?:['’.\-‐\u200c·־][\p{L}\p{M}\p{N}]+)*|[^\p{L}\p{M}\p{N} ]")
_RUN: Final = regex.compile(
    r"[\p{Han}々〆ヶ]+|[\p{Katakana}ー]{2,}|[\p{Thai}]+|[\p{Lao}]+|[\p{Khmer}]+|[\p{Myanmar}]+|[\p{Latin}]{3,}"
)
_WHOLE_RUN: Final = regex.compile(r"[\p{Katakana}ー\p{Latin}]")
_MARK: Final = regex.compile(r"\p{M}")
_ARABIC_PREFIX: Final = regex.compile(r"(?:[وف]?(?:لل|[بك]?ال)|و)(?=\p{L}{3})")
_ELIDED: Final = regex.compile(
    r"(?:\p{L}|qu|jusqu|lorsqu|puisqu|(?:d|n|s|qu)?(?:a|e|u)ll|un|quest)['’](?=\p{L}{2})", regex.IGNORECASE
)
_SUFFIX: Final = regex.compile(r"['’]\p{L}{0,4}$")


@dataclass(slots=True)
class _Candidate:
    """A word or phrase by its folded words, with how often it occurs in which spelling and where first."""

    words: tuple[str, ...]
    first: int
    spellings: dict[str, int]

    @property
    def count(self) -> int:
        return sum(self.spellings.values())

    @property
    def spelling(self) -> str:
        return max(self.spellings, key=self.spellings.__getitem__)  # the earliest of equals


def find_keywords(text: str, title: str | None, language: str | None, limit: int = 10) -> tuple[Keyword, ...]:
    """Return at most `limit` keywords of `text`, as written most often, best first."""
    code = (language or "en").partition("-")[0]
    unspaced = code in _UNSPACED_LENGTHS
    find = _runs if unspaced else _phrases
    titled = _of_title(title, code, unspaced=unspaced) if title else frozenset()
    candidates = find(text[: _EXAMINED_UNSPACED if unspaced else _EXAMINED], code, titled)
    kept = _without_parts(
        [c for c in candidates.values() if len(c.words) == 1 or c.count > 1 or c.words in titled], unspaced=unspaced
    )
    frequencies = _zipf(code)

    def score(candidate: _Candidate) -> float:
        rarity = sum(_MAX_ZIPF - frequencies.get(word, _UNKNOWN_ZIPF) for word in candidate.words) / len(
            candidate.words
        )
        phrase = 1 + _PHRASE_BONUS * (len(candidate.words) - 1)
        early = 1 + _EARLY_BONUS / (1 + candidate.first / _EARLY_CHARACTERS)
        return (
            math.log2(0.5 + candidate.count)
            * rarity
            * phrase
            * early
            * (_TITLE_FACTOR if candidate.words in titled else 1)
        )

    ranked = sorted(((score(c), c) for c in kept), key=lambda pair: (-pair[0], pair[1].first, pair[1].words))[:limit]
    return tuple(Keyword(text=c.spelling, score=max(round(value / ranked[0][0], 3), 0.001)) for value, c in ranked)


def _of_title(title: str, code: str, *, unspaced: bool) -> frozenset[tuple[str, ...]]:
    if unspaced:
        return frozenset(_runs(title, code))
    rows = [tuple(word for word, _, _ in row) for row in _rows(title, _stop_words(code))]
    return frozenset(
        row[start:end]
        for row in rows
        for start in range(len(row))
        for end in range(start + 1, min(start + _PHRASE_WORDS, len(row)) + 1)
    )


def warm_up(languages: Iterable[str] = ("ar", "en")) -> None:
    """Load the word lists of `languages`."""
    for language in languages:
        _stop_words(language)


def _phrases(text: str, code: str, titled: Iterable[tuple[str, ...]] = ()) -> dict[tuple[str, ...], _Candidate]:
    """Return the words of a text that puts spaces between them, and the phrases that recur or are `titled`."""
    rows = list(_rows(text, _stop_words(code)))
    found: dict[tuple[str, ...], _Candidate] = {}
    for row in rows:
        for word, start, end in row:
            _count(found, (word,), start, text[start:end])
    # Only what recurs as words can recur as a phrase.
    recurring = {words[0] for words, candidate in found.items() if candidate.count > 1}
    recurring.update(word for words in titled for word in words)
    for row in rows:
        for first in range(len(row) - 1):
            if row[first][0] not in recurring:
                continue
            words: tuple[str, ...] = (row[first][0],)
            for word, _, end in row[first + 1 : first + _PHRASE_WORDS]:
                if word not in recurring:
                    break
                words = (*words, word)
                _count(found, words, row[first][1], text[row[first][1] : end])
    return found


def _rows(text: str, stop: frozenset[str]) -> Iterator[list[tuple[str, int, int]]]:
    """Yield the rows of words, as (key, start, end), with no stop word and no mark between them."""
    row: list[tuple[str, int, int]] = []
    for match in _TOKEN.finditer(text):
        token = match[0]
        start, end = match.span()
        if not token[0].isalnum():
            if row:
                yield row
                row = []
            continue
        if "'" in token or "’" in token:
            if elided := _ELIDED.match(token):
                start += elided.end()
                if row:
                    yield row
                    row = []
            elif suffix := _SUFFIX.search(token):
                end -= len(suffix[0])
            word = _key(text[start:end])
        else:
            word = _key(token)
        if len(word) < _LETTERS or word in stop or token.casefold() in stop:
            if row:
                yield row
                row = []
            continue
        row.append((word, start, end))
        if end < match.end():
            yield row
            row = []
    if row:
        yield row


@functools.lru_cache(maxsize=1 << 16)
def _key(word: str) -> str:
    """Return `word` folded, without Arabic particles and without digits-only or one-letter results."""
    folded = fold(word).replace(" ", "")
    if any(map(str.isdigit, folded)) and not sum(map(str.isalpha, folded)) >= _LETTERS:
        return ""
    if prefix := _ARABIC_PREFIX.match(folded):
        return folded[prefix.end() :]
    return folded


def _runs(text: str, code: str, titled: Iterable[tuple[str, ...]] = ()) -> dict[tuple[str, ...], _Candidate]:
    """Return the runs of characters of a text without spaces between words that recur, or are words or `titled`."""
    stop = _stop_words(code)
    frequencies = _zipf(code)
    known = frozenset(titled)
    shortest, longest = _UNSPACED_LENGTHS[code]
    found: dict[tuple[str, ...], _Candidate] = {}
    for match in _RUN.finditer(text):
        run, at = match[0], match.start()
        if _WHOLE_RUN.match(run):
            _count(found, (fold(run),), at, run)
            continue
        for start in range(len(run)):
            if _MARK.match(run, start) or run[start] in stop:
                continue
            for end in range(start + shortest, min(start + longest, len(run)) + 1):
                piece = run[start:end]
                if run[end - 1] not in stop and not (end < len(run) and _MARK.match(run, end)):
                    _count(found, (piece,), at + start, piece)
    return {
        words: candidate
        for words, candidate in found.items()
        if words[0] not in stop
        and (words in known or candidate.count > 1 or words[0] in frequencies or _WHOLE_RUN.match(words[0]))
    }


def _count(found: dict[tuple[str, ...], _Candidate], words: tuple[str, ...], first: int, spelling: str) -> None:
    candidate = found.get(words)
    if candidate is None:
        found[words] = _Candidate(words, first, {spelling: 1})
    else:
        candidate.spellings[spelling] = candidate.spellings.get(spelling, 0) + 1


def _without_parts(candidates: list[_Candidate], *, unspaced: bool) -> list[_Candidate]:
    """Return `candidates` without those that are part of one that occurs at least half as often."""
    most: dict[tuple[str, ...], int] = {}
    for candidate in candidates:
        count = candidate.count
        for part in _parts(candidate.words, unspaced=unspaced):
            most[part] = max(most.get(part, 0), count)
    return [c for c in candidates if 2 * most.get(c.words, 0) < c.count]


def _parts(words: tuple[str, ...], *, unspaced: bool) -> Iterator[tuple[str, ...]]:
    whole = words[0] if unspaced else words
    for length in range(1, len(whole)):
        for start in range(len(whole) - length + 1):
            part = whole[start : start + length]
            yield (part,) if isinstance(part, str) else part


@functools.cache
def _stop_words(language: str) -> frozenset[str]:
    import stopwordsiso

    listed = stopwordsiso.stopwords(language) if stopwordsiso.has_lang(language) else set()
    common = (word for word, frequency in _zipf(language).items() if frequency >= _STOP_ZIPF)
    return frozenset((*map(_key, listed), *map(fold, listed), *common))


@functools.cache
def _zipf(language: str) -> dict[str, float]:
    """Return the Zipf frequencies of the words of `language` by their key, the commonest form's for each."""
    found: dict[str, float] = {}
    for word, frequency in zipf(language).items():
        found.setdefault(_key(word), frequency)
    return found
