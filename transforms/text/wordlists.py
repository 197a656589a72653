"""Word frequencies (wordfreq) and stop words (stopwords-iso) of languages, read in one place."""

import math
from collections.abc import Callable, Iterator
from functools import cache
from typing import Final

import marisa_trie

from transforms.text.compiled import compiled_bytes, compiled_table, contents, release
from transforms.text.folding import fold
from transforms.text.memo import Memo

_REMEMBERED: Final = 1 << 15

_LISTED_AS: Final = {"sr": "sh", "hr": "sh", "bs": "sh", "no": "nb", "nn": "nb", "tl": "fil"}
"""Languages whose words wordfreq lists under another code."""


def listed_as(language: str) -> str | None:
    """Return the code under which the words of `language` are listed; None where there is no list."""
    code = _LISTED_AS.get(language, language)
    return code if code in _lists() else None


@cache
def _lists() -> marisa_trie.BytesTrie:
    """Return the codes of all lists: asking wordfreq for them costs importing it, which nothing else does."""

    def codes() -> Iterator[tuple[str, bytes]]:
        import wordfreq

        return ((code, b"") for code in sorted(wordfreq.available_languages("small")))

    return compiled_bytes("word-lists", codes, release("wordfreq"))


def words_by_rarity(language: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the words of `language`, the commonest first, in lists of equal frequency.

    Beside each list stands how many hundredths its Zipf frequency (log10 of occurrences per 10^9 words) is below 9.
    """
    import wordfreq

    code = listed_as(language)
    if code is not None:  # wordfreq itself would answer with the nearest language
        yield from enumerate(wordfreq.read_cBpack(wordfreq.available_languages("small")[code]))


class Frequencies:
    """How common the words of a language are, by their key: folded, without spaces.

    Values are Zipf frequencies. The table is a file that all processes share; words that came up lately are remembered.
    """

    def __init__(self, table: marisa_trie.RecordTrie | None) -> None:
        self._size = len(table) if table is not None else 0

        def look_up(word: str) -> float | None:
            found = table.get(word) if table is not None else None
            return zipf_of(found[0][0]) if found else None

        self._known = Memo(look_up, _REMEMBERED)

    def get(self, word: str, default: float = 0.0) -> float:
        """Return the Zipf frequency of the word with this key, `default` for an unknown one."""
        value = self._known[word]
        return default if value is None else value

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and self._known[word] is not None

    def __len__(self) -> int:
        return self._size


@cache
def zipf(language: str) -> Frequencies:
    """Return how common the words of `language` are; an empty table for a language without a list."""
    return Frequencies(compile_words(language))


def zipf_of(step: int) -> float:
    """Return the Zipf frequency that is `step` hundredths below 9, as it is computed from the frequency itself."""
    return math.log10(10 ** (-step / 100)) + 9


def compile_words(
    language: str, kind: str = "words", key_of: Callable[[str], str] | None = None
) -> marisa_trie.RecordTrie | None:
    """Return the table of a language's words: by key, how many hundredths the Zipf frequency is below 9.

    The commonest of the words with one key counts. `key_of` makes the key another one than `key` does; `kind` then
    tells that table, and the version of its keys, from the others.
    """
    code = listed_as(language)
    if code is None:
        return None

    def entries() -> Iterator[tuple[str, tuple[int, ...]]]:
        seen = set()
        for step, words in words_by_rarity(code):
            for word in words:
                folded = key(word) if key_of is None else key_of(key(word))
                if folded not in seen:
                    seen.add(folded)
                    yield folded, (step,)

    return compiled_table(f"{kind}-{code}", "<H", entries, f"{contents('text/folding.py')} {release('wordfreq')}")


@cache
def stop_words(language: str) -> frozenset[str]:
    """Return the stop words of `language` as listed; none for a language without a list."""
    import stopwordsiso

    return frozenset(stopwordsiso.stopwords(language)) if stopwordsiso.has_lang(language) else frozenset()


def key(word: str) -> str:
    """Return `word` folded to one piece, for looking up."""
    return fold(word).replace(" ", "")
