"""Conversions from other calendars, against published dates."""

import datetime

import pytest

from transforms.dates.calendars import Calendar, era_year, to_gregorian, year_in


@pytest.mark.parametrize(
    ("calendar", "date", "expected"),
    [
        (Calendar.HIJRI, (1447, 7, 17), "2026-01-06"),
        (Calendar.HIJRI, (1446, 9, 1), "2025-03-01"),
        (Calendar.JALALI, (1404, 10, 16), "2026-01-06"),
        (Calendar.JALALI, (1403, 12, 30), "2025-03-20"),
        (Calendar.GREGORIAN, (2024, 2, 29), "2024-02-29"),
    ],
)
def test_dates_are_converted(calendar: Calendar, date: tuple[int, int, int], expected: str) -> None:
    assert to_gregorian(calendar, *date) == datetime.date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("calendar", "date"),
    [
        (Calendar.HIJRI, (1447, 13, 1)),
        (Calendar.HIJRI, (1200, 1, 1)),
        (Calendar.JALALI, (1404, 12, 30)),
        (Calendar.GREGORIAN, (2025, 2, 29)),
    ],
)
def test_days_that_do_not_exist_are_none(calendar: Calendar, date: tuple[int, int, int]) -> None:
    assert to_gregorian(calendar, *date) is None


def test_years_of_other_calendars() -> None:
    day = datetime.date(2026, 1, 6)
    assert [year_in(calendar, day) for calendar in Calendar] == [2026, 1447, 1404]


def test_eras_end() -> None:
    assert era_year("令和", 1) == era_year("平成", 31) == 2019
    assert era_year("平成", 32) is None
    assert era_year("民國", 115) == 2026
