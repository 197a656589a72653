from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from pipeline.dashboard.wording import duration, language_tag, number, shortened, when, zone_of

NOW = datetime(2025, 9, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("time", "precision", "language", "shown"),
    [
        ("2025-09-15T09:00:00Z", "minute", "en", "3 hours ago"),
        ("2025-09-15T09:00:00Z", "minute", "ar", "قبل 3 ساعات"),
        ("2025-09-01T09:00:00Z", "minute", "en", "2025-09-01 09:00"),
        ("2025-09-16T09:00:00Z", "minute", "en", "2025-09-16 09:00"),
        ("2025-09-15T00:00:00Z", "day", "en", "2025-09-15"),
        ("2025-01-01T00:00:00Z", "year", "en", "2025"),
        (None, None, "en", "no date"),
        ("rubbish", None, "en", "no date"),
    ],
)
def test_times_are_relative_and_never_more_precise_than_known(
    time: str | None, precision: str | None, language: str, shown: str
) -> None:
    element = when(time, precision, language, None, NOW, "no date")
    assert f">{shown}<" in element
    assert time is None or shown == "no date" or "title=" in element


def test_the_zone_changes_what_is_shown_and_not_what_is_meant() -> None:
    element = when("2025-09-01T22:00:00Z", "minute", "en", ZoneInfo("Asia/Riyadh"), NOW, "")
    assert ">2025-09-02 01:00<" in element
    assert 'title="2025-09-01 22:00 UTC"' in element


@pytest.mark.parametrize("name", [None, "", "UTC", "No/Where", "../../etc/passwd", "x" * 100])
def test_what_is_no_zone_is_utc(name: str | None) -> None:
    assert zone_of(name) is None


def test_numbers_and_durations() -> None:
    assert [number(value) for value in (1, 1234567, 2.5, 3.0)] == ["1", "1\u202f234\u202f567", "2.5", "3"]
    assert (duration(3600, "en"), duration(None, "en"), duration(-5, "en")) == ("1 hour", "–", "0 seconds")


@pytest.mark.parametrize(("code", "tag"), [("ar", "ar"), ("zh-Hans", "zh-Hans"), ('en" x="', "und"), (None, "und")])
def test_only_tags_are_tags(code: str | None, tag: str) -> None:
    assert language_tag(code) == tag


def test_long_texts_end() -> None:
    assert shortened("abc") == "abc"
    assert len(shortened("x" * 100_000)) < 250
    assert shortened("a" + "\u0301" * 100 + "b") == "a" + "\u0301" * 4 + "b"
