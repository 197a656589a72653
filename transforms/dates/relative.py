"""Words by which news places a date relative to its publication, by language.

They stand in the section ``relative`` of a language's file: days by their offset to the day of publication; past,
present and future adjectives and the units they go with; what stands before or after "N units" for "N units ago"; what
makes a number after it a year, a month's name a date.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from transforms.text.languages import primary, section, split_forms
from transforms.text.phrases import Names
from transforms.text.tokens import keys

Unit = Literal["day", "week", "month", "year"]


@dataclass(frozen=True, slots=True)
class RelativeWords:
    """The relative words of a language; sets hold the keys of tokens."""

    days: Names[int]
    tense: Mapping[str, int]
    """-1 for last, 0 for this, 1 for next."""
    units: Names[Unit]
    counted_units: Names[tuple[int, Unit]]
    """Arabic units that hold their number: two months, a year."""
    single: Names[tuple[Unit, int]]
    """Words that are a unit with its tense: heuer, торік."""
    ahead_before: Names[bool]
    ahead_after: Names[bool]
    after_month: frozenset[str]
    """What after a month's name makes it a date: postpositions and case endings."""
    ago_before: Names[bool]
    ago_after: Names[bool]
    before_year: frozenset[str]
    before_year_weak: frozenset[str]
    """Prepositions that stand before other numbers too."""
    after_year: frozenset[str]
    before_month: frozenset[str]
    not_before_today: frozenset[str]
    coming: frozenset[str]
    """Words of a verb that say that something will be …"""
    gone: frozenset[str]
    """… or has been."""


def _counted(words: str) -> Iterator[tuple[str, tuple[int, Unit]]]:
    for entry in split_forms(words):
        word, _, unit = entry.partition(":")
        name: Unit = "day" if "day" in unit else "week" if "week" in unit else "month" if "month" in unit else "year"
        yield word, (1 if unit.endswith("1") else 2, name)


@cache
def relative_words(language: str | None) -> RelativeWords | None:
    """Return the relative words of a BCP 47 language tag; None where they are not known."""
    words = section(primary(language), "relative")
    if not words:
        return None
    units: tuple[Unit, ...] = ("day", "week", "month", "year")
    return RelativeWords(
        days=Names((name, offset) for offset in range(-2, 3) for name in split_forms(words.get(str(offset), ""))),
        tense={
            key: value
            for value, name in ((-2, "past2"), (-1, "past"), (0, "present"), (1, "future"))
            for key in sorted(keys(words.get(name, "")))
        },
        units=Names((name, unit) for unit in units for name in split_forms(words[unit])),
        counted_units=Names(_counted(words.get("dual", ""))),
        single=Names(
            (name, (unit, offset))
            for unit in units
            for offset in (-1, 0, 1)
            for name in split_forms(words.get(f"{unit} {offset}", ""))
        ),
        ahead_before=Names((name, True) for name in split_forms(words.get("ahead before", ""))),
        ahead_after=Names((name, True) for name in split_forms(words.get("ahead after", ""))),
        after_month=keys(words.get("after month", "")),
        ago_before=Names((name, True) for name in split_forms(words.get("ago before", ""))),
        ago_after=Names((name, True) for name in split_forms(words.get("ago after", ""))),
        before_year=keys(words.get("years", "")),
        before_year_weak=keys(words.get("years weak", "")),
        after_year=keys(words.get("after year", "")),
        before_month=keys(words.get("months", "")),
        not_before_today=keys(words.get("not today", "")),
        coming=keys(words.get("coming", "")),
        gone=keys(words.get("gone", "")),
    )
