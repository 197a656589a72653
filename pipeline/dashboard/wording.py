"""Numbers, times and names as people read them, in the language of the interface."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_datetime, format_timedelta
from markupsafe import Markup

ZONE_COOKIE: Final = "khabar-zone"
_RELATIVE: Final = timedelta(days=6)


def number(value: float) -> str:
    """Return a number with thin spaces between thousands; a fraction to one place."""
    shown = f"{value:,}" if isinstance(value, int) else f"{value:,.1f}".removesuffix(".0")
    return shown.replace(",", "\u202f")


def zone_of(name: str | None) -> ZoneInfo | None:
    """Return the time zone called `name`, None for UTC and for what is no zone."""
    if not name or len(name) > 64 or name == "UTC":
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def when(
    time: str | None, precision: str | None, language: str, zone: ZoneInfo | None, now: datetime, none: str
) -> Markup:
    """Return a time as an element: how long ago, or the date; the whole in UTC on hover."""
    at = _parsed(time)
    if time is None or at is None:
        return Markup("<span>{}</span>").format(none)
    if precision in {"year", "month", "day"}:
        shown = time[: {"year": 4, "month": 7, "day": 10}[precision]]
        return Markup('<time datetime="{}" title="{}">{}</time>').format(shown, shown, shown)
    age = now - at
    if timedelta(0) <= age < _RELATIVE:
        shown = format_timedelta(-age, add_direction=True, locale=language)
    else:
        shown = f"{at.astimezone(zone or UTC):%Y-%m-%d %H:%M}"
    return Markup('<time datetime="{}" title="{}"{}>{}</time>').format(
        time, utc(time), Markup(' class="abs"') if age >= _RELATIVE else "", shown
    )


def clock(time: str | None, zone: ZoneInfo | None) -> str:
    """Return date and time in a zone."""
    at = _parsed(time)
    return f"{at.astimezone(zone or UTC):%Y-%m-%d %H:%M}" if at else ""


def utc(time: str) -> str:
    """Return a time as people read it, in UTC."""
    return f"{time[:10]} {time[11:16]} UTC"


def day_name(day: str, language: str) -> str:
    """Return a day with its weekday."""
    at = _parsed(f"{day}T12:00:00Z")
    return format_datetime(at, "EEEE d MMMM y", tzinfo=UTC, locale=language) if at else day


def duration(seconds: float | None, language: str) -> str:
    """Return a length of time in its largest unit."""
    if seconds is None:
        return "–"
    return str(format_timedelta(timedelta(seconds=max(seconds, 0)), locale=language))


def _parsed(time: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(time) if time else None
    except ValueError:
        return None


@cache
def _locale(language: str) -> Locale:
    return Locale(language)


def country_name(code: str, language: str = "en") -> str:
    """Return the name of a country, or the code itself where there is none."""
    return str(_locale(language).territories.get(code, code))


def language_name(code: str, language: str = "en") -> str:
    """Return the name of a language, or the code itself where there is none."""
    if code == "und":
        return {"ar": "غير معروفة"}.get(language, "not known")
    return str(_locale(language).languages.get(code.partition("-")[0], code))


def language_tag(code: str | None) -> str:
    """Return `code` if it can be a language tag, else the tag of an unknown language."""
    return code if code and _TAG.fullmatch(code) else "und"


_TAG: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def shortened(text: str, most: int = 240) -> str:
    """Return a text cut where it would fill the page, and without a tower of accents on one letter."""
    kept: list[str] = []
    stacked = 0
    for character in text[: most * 4]:
        stacked = stacked + 1 if _is_accent(character) else 0
        if stacked <= _MOST_ACCENTS:
            kept.append(character)
    shown = "".join(kept)
    return shown if len(shown) <= most and len(text) <= most * 4 else f"{shown[:most].rstrip()} …"


_MOST_ACCENTS: Final = 4


def _is_accent(character: str) -> bool:
    return unicodedata.category(character) in {"Mn", "Me"}
