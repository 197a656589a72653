"""Relative dates in Chinese, Japanese and Korean, whose words stand without spaces."""

import datetime
import re
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

from schemas.records import Precision
from transforms.text.languages import by_value, primary, section


class Placed(NamedTuple):
    """A date at ``[start, end)`` of the text."""

    start: int
    end: int
    date: str
    precision: Precision


_LANGUAGES: Final = ("zh", "ja", "ko")
_COUNTS: Final = {c: n for n, c in enumerate("一二三四五六七八九十", 1)} | {"两": 2}


class _Words(NamedTuple):
    """The words of a language (section ``unspaced_dates`` of its file), by their offset to publication."""

    days: dict[str, int]
    months: dict[str, int]
    years: dict[str, int]
    weeks: dict[str, int]
    weekdays: str
    pattern: re.Pattern[str]


@cache
def _words(language: str) -> _Words:
    table = section(language, "unspaced_dates")
    days, months, years, weeks = (
        {word: int(offset) for word, offset in by_value(table[name])} for name in ("days", "months", "years", "weeks")
    )
    alternatives = "|".join(sorted([*days, *years, *months], key=len, reverse=True))
    # The day alone, as East Asian news writes it: "6日" is the 6th of this month or of the one before.
    pattern = re.compile(
        f"(?P<word>{alternatives})(?:(?P<month>\\d{{1,2}})[月월](?: ?(?P<day2>\\d{{1,2}})[日号號일])?)?"
        f"|{table['weekday']}|{table['ago']}|{table['day_of_month']}"
    )
    return _Words(days, months, years, weeks, table["weekdays"], pattern)


def relative_east_asian_dates(digits: str, language: str | None, published: datetime.date | None) -> Iterator[Placed]:
    """Yield the relative dates in `digits`, a text with ASCII digits in Chinese, Japanese or Korean."""
    base = primary(language)
    if base not in _LANGUAGES or published is None:
        return
    for match in _words(base).pattern.finditer(digits):
        found = _resolve(match, base, published)
        if found is not None:
            yield Placed(*match.span(), *found)


def _resolve(match: re.Match[str], language: str, published: datetime.date) -> tuple[str, Precision] | None:
    if word := match["word"]:
        return _word(word, match["month"], match["day2"], language, published)
    if match["weekday"]:
        weekday = _words(language).weekdays.find("日" if match["weekday"] == "天" else match["weekday"])
        week = match["week"]
        if week:
            monday = published - datetime.timedelta(days=published.weekday())
            return (monday + datetime.timedelta(days=7 * _words(language).weeks[week] + weekday)).isoformat(), "day"
        return (published - datetime.timedelta(days=(published.weekday() - weekday) % 7)).isoformat(), "day"
    if match["count"]:
        count = int(match["count"]) if match["count"].isdecimal() else _COUNTS[match["count"]]
        unit = match["unit"]
        if unit in ("年", "년"):
            return f"{published.year - count:04}", "year"
        if "月" in unit or unit in ("개월", "달"):
            return _month(published, -count), "month"
        days = count * (7 if unit in ("周", "週", "週間", "주") else 1)
        return (published - datetime.timedelta(days=days)).isoformat(), "day"
    return _latest_day(int(match["day"]), published)


def _word(
    word: str, month: str | None, day: str | None, language: str, published: datetime.date
) -> tuple[str, Precision] | None:
    if word in _words(language).years:
        year = published.year + _words(language).years[word]
        if month is None:
            return f"{year:04}", "year"
        if day is None:
            return (f"{year:04}-{int(month):02}", "month") if 1 <= int(month) <= 12 else None
        try:
            return datetime.date(year, int(month), int(day)).isoformat(), "day"
        except ValueError:
            return None
    if word in _words(language).months:
        return _month(published, _words(language).months[word]), "month"
    return (published + datetime.timedelta(days=_words(language).days[word])).isoformat(), "day"


def _month(day: datetime.date, shift: int) -> str:
    position = day.year * 12 + day.month - 1 + shift
    return f"{position // 12:04}-{position % 12 + 1:02}"


def _latest_day(day: int, published: datetime.date) -> tuple[str, Precision] | None:
    """Return the latest date with this day of the month up to publication, within two months."""
    first = published.replace(day=1)
    for start in (first, (first - datetime.timedelta(days=1)).replace(day=1)):
        try:
            date = start.replace(day=day)
        except ValueError:
            continue
        if date <= published:
            return date.isoformat(), "day"
    return None
