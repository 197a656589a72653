"""Word frequencies (wordfreq) and stop words (stopwords-iso) of languages, read in one place."""

import math
from collections.abc import Iterator
from functools import cache
from typing import Final

from transforms.text.folding import fold

_LISTED_AS: Final = {"sr": "sh", "hr": "sh", "bs": "sh", "no": "nb", "nn": "nb", "tl": "fil"}
"""Languages whose words wordfreq lists under another code."""


def listed_as(language: str) -> str | None:
    """Return the code under which the words of `language` are listed; None where there is no list."""
    import wordfreq

    code = _LISTED_AS.get(language, language)
    return code if code in wordfreq.available_languages("small") else None


def words_by_rarity(language: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the words of `language`, the commonest first, in lists of equal frequency.

    Beside each list stands how many hundredths its Zipf frequency (log10 of occurrences per 10^9 words) is below 9.
    """
    import wordfreq

    code = listed_as(language)
    if code is not None:  # wordfreq itself would answer with the nearest language
        yield from enumerate(wordfreq.read_cBpack(wordfreq.available_languages("small")[code]))


@cache
def zipf(language: str) -> dict[str, float]:
    """Return the Zipf frequencies of the words of `language` by their key: folded, without spaces."""
    import wordfreq

    code = listed_as(language)
    if code is None:
        return {}
    frequencies = wordfreq.get_frequency_dict(code, "small")
    found: dict[str, float] = {}
    for word, frequency in frequencies.items():
        found.setdefault(key(word), math.log10(frequency) + 9)
    return found


@cache
def stop_words(language: str) -> frozenset[str]:
    """Return the stop words of `language` as listed; none for a language without a list."""
    import stopwordsiso

    return frozenset(stopwordsiso.stopwords(language)) if stopwordsiso.has_lang(language) else frozenset()


def key(word: str) -> str:
    """Return `word` folded to one piece, for looking up."""
    return fold(word).replace(" ", "")
