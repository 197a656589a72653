"""Feast days by name, with their year or without: Karfreitag, Christmas 2019, Pâques.

A name without a year is that of the year in which it is nearest to the day of publication. What the feasts of a
language are called stands in its file, section ``feasts``: days before or after Easter, or month and day.
"""

import datetime
from collections.abc import Iterator
from functools import cache
from typing import Final

import regex

from transforms.text.languages import primary, section

_YEAR: Final = r"(?:,? (?P<year>(?:19|20)\d\d)(?!\d))?"


def find_feasts(
    text: str, language: str | None, published: datetime.date | None
) -> Iterator[tuple[int, int, datetime.date]]:
    """Yield start, end and day of each feast that `text` names; without a year only where `published` is known."""
    names, pattern = _feasts(primary(language))
    for match in pattern.finditer(text) if pattern else ():
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
    return _easter(year) + datetime.timedelta(days=int(rule.removeprefix("easter")))


def _easter(year: int) -> datetime.date:
    """Return Easter Sunday by the Gregorian calendar (the algorithm of Meeus, Jones and Butcher)."""
    golden, (century, rest) = year % 19, divmod(year, 100)
    leap, over = divmod(century, 4)
    shift = (century + 8) // 25
    epact = (19 * golden + century - leap - (century - shift + 1) // 3 + 15) % 30
    quarter, left = divmod(rest, 4)
    weekday = (32 + 2 * over + 2 * quarter - epact - left) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return datetime.date(year, month, day + 1)
