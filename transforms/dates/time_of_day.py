"""Times of day with their zone, as pages write them beside a date."""

import datetime
import re
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

# Abbreviations that newsrooms use in one sense. IST, CST, AST and the like, which have several, are left out: a time
# whose zone is not certain is not used. US names change over the year whatever letter is written in the middle.
_ABBREVIATIONS: Final[dict[str, int | str]] = {
    "UTC": 0, "GMT": 0, "Z": 0, "UT": 0, "WET": 0, "WEST": 60, "BST": 60,
    "CET": 60, "CEST": 120, "MEZ": 60, "MESZ": 120, "EET": 120, "EEST": 180, "MSK": 180, "МСК": 180, "TRT": 180,
    "SAST": 120, "CAT": 120, "EAT": 180, "WAT": 60, "PKT": 300, "NPT": 345, "WIB": 420, "WITA": 480, "WIT": 540,
    "SGT": 480, "HKT": 480, "PHT": 480, "JST": 540, "KST": 540, "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780,
    "EST": -300, "EDT": -240, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420, "HST": -600,
    "ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver", "PT": "America/Los_Angeles",
    "BRT": -180, "ART": -180,
    "غرينتش": 0, "غرينيتش": 0, "جرينتش": 0, "مكة": 180, "السعودية": 180, "الرياض": 180, "بغداد": 180, "الكويت": 180,
    "الدوحة": 180, "أبوظبي": 240, "الإمارات": 240, "دبي": 240,
    "القدس": "Asia/Jerusalem", "القاهرة": "Africa/Cairo", "بيروت": "Asia/Beirut",
}  # fmt: skip

_NAMES: Final = "|".join(sorted(map(re.escape, _ABBREVIATIONS), key=len, reverse=True))
_ZONE: Final = re.compile(
    rf"\s?[\[(,]?\s?(?:بتوقيت\s|توقيت\s)?"
    rf"(?:(?:UTC|GMT)?\s?(?P<sign>[+\-−])(?P<h>\d{{1,2}})(?::?(?P<m>\d{{2}}))?(?![\d-])|(?P<name>{_NAMES})(?!\w))"
)
_AM_PM: Final = {"a": 0, "ص": 0, "p": 12, "م": 12}
_TIME: Final = re.compile(
    r"(?<![\d.:+-])(?P<h>\d{1,2})(?P<s>[:.h٫])(?P<m>\d{2})(?:(?::|(?<=\.\d\d)\.)(?P<sec>\d{2}))?(?:[.,]\d{1,9})?(?![\d:])"
    r"(?:\s?(?:(?P<half>[aApP])\.?\s?[mM]\b\.?|(?P<arabic>صباح[اً]{1,2}|مساءً?|[صم])(?!\w)))?(?P<uhr>\s?Uhr)?"
)


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """A time on a 24-hour clock; ``second`` is None when only minutes are written; ``zone`` is None when unknown."""

    hour: int
    minute: int
    second: int | None
    zone: datetime.tzinfo | None


def _zone_at(digits: str, position: int) -> datetime.tzinfo | None:
    match = _ZONE.match(digits, position)
    if match is None:
        return None
    if match["name"]:
        zone = _ABBREVIATIONS[match["name"]]
        if isinstance(zone, str):
            return ZoneInfo(zone)
        return datetime.timezone(datetime.timedelta(minutes=zone))
    minutes = int(match["h"]) * 60 + int(match["m"] or 0)
    if minutes > 14 * 60 or int(match["m"] or 0) > 59:
        return None
    return datetime.timezone(datetime.timedelta(minutes=minutes if match["sign"] == "+" else -minutes))


def find_time(digits: str) -> TimeOfDay | None:
    """Return the first time of day in `digits`, a text with ASCII digits; None when there is none, or no such time."""
    for match in _TIME.finditer(digits):
        half = match["half"] or match["arabic"]
        if match["s"] == "." and not (half or match["uhr"]):
            continue
        hour, minute, second = int(match["h"]), int(match["m"]), int(match["sec"]) if match["sec"] else None
        if half:
            if not 1 <= hour <= 12:
                continue
            hour = hour % 12 + _AM_PM[half[0].lower()]
        if hour > 23 or minute > 59 or (second or 0) > 59:
            continue
        return TimeOfDay(hour, minute, second, _zone_at(digits, match.end()))
    return None
