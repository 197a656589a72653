"""Calendars that news is dated in, converted to the Gregorian calendar.

Hijri years are read in the Umm al-Qura calendar (library `hijridate`, 1343-1500 AH), Jalali years, the solar years of
Iran and Afghanistan, by `jdatetime`. Buddhist, Minguo and Japanese years differ from Gregorian ones by a constant only.
"""

import datetime
from enum import StrEnum
from typing import Final

import jdatetime
from hijridate import Gregorian, Hijri


class Calendar(StrEnum):
    """A calendar with months of its own."""

    GREGORIAN = "gregorian"
    HIJRI = "hijri"
    JALALI = "jalali"


BUDDHIST_OFFSET: Final = -543
"""Added to a Thai Buddhist year it gives the Gregorian year."""

ERA_OFFSETS: Final = {"令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911, "明治": 1867, "民國": 1911, "民国": 1911}
"""Added to a year of the era it gives the Gregorian year."""

_ERA_ENDS: Final = {"平成": 2019, "昭和": 1989, "大正": 1926, "明治": 1912}


def to_gregorian(calendar: Calendar, year: int, month: int, day: int) -> datetime.date | None:
    """Return the Gregorian date of a date in `calendar`; None when there is no such day, or it cannot be converted."""
    try:
        if calendar is Calendar.HIJRI:
            return datetime.date.fromisoformat(Hijri(year, month, day).to_gregorian().isoformat())
        if calendar is Calendar.JALALI:
            converted = jdatetime.date(year, month, day).togregorian()
            return datetime.date(converted.year, converted.month, converted.day)
        return datetime.date(year, month, day)
    except (ValueError, OverflowError):
        return None


def year_in(calendar: Calendar, day: datetime.date) -> int | None:
    """Return the year of `calendar` that the Gregorian `day` lies in; None outside the range of the conversion."""
    try:
        if calendar is Calendar.HIJRI:
            return Gregorian(day.year, day.month, day.day).to_hijri().year
        if calendar is Calendar.JALALI:
            return int(jdatetime.date.fromgregorian(date=day).year)
    except (ValueError, OverflowError):
        return None
    return day.year


def era_year(era: str, year: int) -> int | None:
    """Return the Gregorian year of a year of a Japanese or Minguo era; None when the era did not last so long."""
    gregorian = ERA_OFFSETS[era] + year
    return gregorian if year >= 1 and gregorian <= _ERA_ENDS.get(era, 2200) else None
