"""Feast days by name, with their year or without: Karfreitag, Christmas 2019, Pâques.

A name without a year is that of the year in which it is nearest to the day of publication. What the feasts of a
language are called stands in its file, section ``feasts``: days before or after Easter, or month and day.
"""

import datetime
from collections.abc import Iterator
from functools import cache
from typing import Final

import regex
from dateutil.easter import easter

from transforms.text.languages import primary, section

_YEAR: Final = r"(?:,? (?P<year>(?:19|20)\d\d)(?!\d))?"


def find_feasts(
    text: str, language: str | None, published: datetime.date | None
) -> Iterator[tuple[int, int, datetime.date]]:
    """Yield start, end and day of each feast that `text` names; without a year only where `published` is known."""
    names, pattern = _feasts(primary(language))
    folded = text.casefold() if names else ""
    if pattern is None or not any(name in folded for name in names):
        return  # the pattern would look at every letter
    for match in pattern.finditer(text):
        rule = names[match["name"].casefold()]
        if match["year"]:
            yield match.start(), match.end(), _day_of(rule, int(match["year"]))
        elif published is not None:
            years = range(published.year - 1, published.year + 2)
            yield match.start(), match.end(), min((_day_of(rule, y) for y in years), key=lambda d: abs(d - published))


@cache
def _feasts(language: str) -> tuple[dict[str, str], regex.Pattern[str] | None]:
    names = {
        name.strip().casefold(): rule
        for rule, listed in section(language, "feasts").items()
        for name in listed.split("/")
    }
    longest = "|".join(sorted(map(regex.escape, names), key=lambda name: (-len(name), name)))
    pattern = regex.compile(rf"(?<!\w)(?P<name>{longest})(?!\w|-\w){_YEAR}", regex.IGNORECASE) if names else None
    return names, pattern


def _day_of(rule: str, year: int) -> datetime.date:
    month, _, day = rule.partition("-")
    if month.isdigit():
        return datetime.date(year, int(month), int(day))
    sunday: datetime.date = easter(year)
    return sunday + datetime.timedelta(days=int(rule.removeprefix("easter")))
