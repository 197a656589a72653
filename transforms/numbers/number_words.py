"""Number words by language: those below a thousand, and the words of magnitude that multiply a number.

They stand in the section ``numbers`` of a language's file (`transforms.text.languages`). Words that are common in
another sense (French ``neuf``, new) are as good as any here: only what they count makes them numbers, see
`transforms.numbers.figures`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from transforms.text.compiled import contents
from transforms.text.languages import by_value, files_of, in_order, primary, section, split_forms
from transforms.text.phrases import Names, compiled_names
from transforms.text.tokens import Tokens, keys


@dataclass(frozen=True, slots=True)
class NumberWords:
    """The number words of a language; ``below_thousand`` are those that add up, ``hundred`` the one that multiplies."""

    language: str
    below_thousand: Names[int]
    hundred: Names[int]
    magnitudes: Names[int]
    duals: Names[int]
    joining: frozenset[str]
    ordinals: Names[int]
    """Days of a month."""
    single: Names[int]
    """Words of magnitude that are one of it where they stand alone."""
    fractions: Names[float]
    """Parts of a word of magnitude that follows."""
    parts: Names[float]
    """Parts of the number before them, or of its magnitude."""


def _compounds(language: str) -> Iterator[tuple[str, int]]:
    """Yield the German, Dutch, Italian and Swedish numbers that are written as one word, below two thousand."""
    listed = section(language, "numbers")
    units = {n: w for w, n in reversed(list(in_order(listed["units"], 0, 1)))}
    tens = {n: w for w, n in reversed(list(in_order(listed["tens"], 20, 10)))}
    below_hundred = dict(units)
    for ten, word in tens.items():
        below_hundred[ten] = word
        for unit in range(1, 10):
            below_hundred[ten + unit] = _two_digits(language, units[unit], word, unit)
    hundred, _, one = _JOINED[language]
    for count in range(1, 20 if language != "it" else 10):
        if count == 10:
            continue
        prefixes = ("", one) if count == 1 and language in ("de", "sv") else ("" if count == 1 else units[count],)
        for prefix in prefixes:
            for rest, word in [(0, ""), *((n, w) for n, w in below_hundred.items() if n)]:
                joined = prefix + hundred + ("eins" if rest == 1 and language == "de" else word)
                yield joined, count * 100 + rest
                if language == "nl" and 0 < rest < 13:
                    yield prefix + hundred + "en" + word, count * 100 + rest
    for number, word in below_hundred.items():
        if number > 20:
            yield word, number


class _Joined(Names[int]):
    """Number words with those that are written as one word with a thousand in them: ``zweitausendfünfzehn``."""

    def __init__(self, names: Names[int], thousands: Iterable[str]) -> None:
        super().__init__(())
        self._beginning = names._beginning
        self._thousands = tuple(keys(" ".join(thousands)))

    def __contains__(self, key: str) -> bool:
        return super().__contains__(key) or self._value(key) is not None

    def at(self, tokens: Tokens, index: int, first: str | None = None) -> tuple[int, int] | None:
        found = super().at(tokens, index, first)
        if found is None:
            value = self._value(tokens[index].key if first is None else first)
            found = None if value is None else (value, index + 1)
        return found

    def _value(self, key: str) -> int | None:
        for thousand in self._thousands:
            left, found, right = key.partition(thousand)
            if not found or not (left or right):
                continue
            count = self._below_thousand(left) if left else 1
            rest = self._below_thousand(right) if right else 0
            if count is not None and rest is not None and 0 < count < 1000 and rest < 1000:
                return count * 1000 + rest
        return None

    def _below_thousand(self, word: str) -> int | None:
        return dict(self._beginning(word) or ()).get((word,))


_JOINED: Final[Mapping[str, tuple[str, str, str]]] = {
    "de": ("hundert", "tausend", "ein"),
    "it": ("cento", "mila mille", ""),
    "nl": ("honderd", "duizend", ""),
    "sv": ("hundra", "tusen", "ett"),
}
"""The hundred and the thousand in a word, and the one before them."""


def _two_digits(language: str, unit_word: str, ten_word: str, unit: int) -> str:
    if language == "de":
        return ("ein" if unit == 1 else unit_word) + "und" + ten_word
    if language == "nl":
        return unit_word + ("ën" if unit_word.endswith("e") else "en") + ten_word
    if language == "sv":
        return ten_word + ("ett" if unit == 1 else unit_word)
    return (ten_word[:-1] if unit in (1, 8) else ten_word) + ("tré" if unit == 3 else unit_word)


@cache
def number_words(language: str | None) -> NumberWords:
    """Return the number words of a BCP 47 language tag; none of an unknown language."""
    base = primary(language)
    listed = section(base, "numbers")
    magnitudes = {word: int(value) for word, value in by_value(listed.get("magnitudes", {}))}
    return NumberWords(
        language=base,
        below_thousand=_below_thousand(base),
        hundred=Names((word, 100) for word in split_forms(listed.get("hundred", ""))),
        magnitudes=Names(magnitudes.items()),
        duals=Names((word, int(value)) for word, value in by_value(listed.get("duals", {}))),
        joining=frozenset(listed.get("joining", "").split()),
        single=Names((word, magnitudes.get(word, 1000)) for word in listed.get("single", "").split()),
        fractions=_parts(listed.get("fractions", {})),
        parts=_parts(listed.get("and_a_part", {})),
        ordinals=Names(in_order(listed.get("ordinals", ""), 1, 1)),
    )


def _below_thousand(language: str) -> Names[int]:
    listed = section(language, "numbers")

    def words() -> Iterator[tuple[str, int]]:
        yield from in_order(listed.get("units", ""), 0, 1)
        yield from in_order(listed.get("tens", ""), 20, 10)
        yield from in_order(listed.get("hundreds", ""), 100, 100)
        if language in _JOINED:
            yield from _compounds(language)
        if language == "tr":
            yield "on", 10

    if language not in _JOINED:
        return Names(words())
    made_from = contents("numbers/number_words.py", *files_of(language))
    return _Joined(compiled_names(f"numbers-{language}", int, words, made_from), _JOINED[language][1].split())


def _parts(table: Mapping[str, str]) -> Names[float]:
    return Names((word, float(value)) for word, value in by_value(table))
