"""Relative dates in Chinese, Japanese and Korean, whose words stand without spaces."""

import datetime
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from schemas.records import Precision


class Placed(NamedTuple):
    """A date at ``[start, end)`` of the text."""

    start: int
    end: int
    date: str
    precision: Precision


_DAYS: Final = {
    "zh": {"大前天": -3, "前天": -2, "昨天": -1, "昨日": -1, "昨晚": -1, "今天": 0, "今日": 0, "今晨": 0, "今晚": 0,
           "明天": 1, "明日": 1, "后天": 2, "後天": 2},
    "ja": {"一昨日": -2, "おととい": -2, "昨日": -1, "きのう": -1, "今日": 0, "きょう": 0, "本日": 0, "明日": 1,
           "あした": 1, "明後日": 2, "あさって": 2},
    "ko": {"그저께": -2, "어제": -1, "오늘": 0, "내일": 1, "모레": 2},
}  # fmt: skip
_YEARS: Final = {
    "zh": {"前年": -2, "去年": -1, "今年": 0, "明年": 1},
    "ja": {"一昨年": -2, "昨年": -1, "去年": -1, "今年": 0, "来年": 1},
    "ko": {"재작년": -2, "지난해": -1, "작년": -1, "올해": 0, "내년": 1},
}
_MONTHS: Final = {
    "zh": {
        "上个月": -1,
        "上個月": -1,
        "上月": -1,
        "本月": 0,
        "这个月": 0,
        "這個月": 0,
        "下个月": 1,
        "下個月": 1,
        "下月": 1,
    },
    "ja": {"先月": -1, "今月": 0, "来月": 1},
    "ko": {"지난달": -1, "이달": 0, "이번 달": 0, "다음 달": 1, "다음달": 1},
}
_WEEKS: Final = {
    "zh": {"上": -1, "本": 0, "这": 0, "這": 0, "下": 1},
    "ja": {"先週": -1, "今週": 0, "来週": 1},
    "ko": {"지난주": -1, "이번 주": 0, "이번주": 0, "다음 주": 1, "다음주": 1},
}
_WEEKDAY: Final = {
    "zh": r"(?P<week>[上本这這下]?)个?個?(?:周|週|星期|礼拜|禮拜)(?P<weekday>[一二三四五六日天])(?![0-9月年])",
    "ja": r"(?P<week>先週|今週|来週)?の?(?P<weekday>[月火水木金土日])曜日?",
    "ko": r"(?P<week>지난주|이번 ?주|다음 ?주)? ?(?P<weekday>[월화수목금토일])요일",
}
_WEEKDAYS: Final = {"zh": "一二三四五六日", "ja": "月火水木金土日", "ko": "월화수목금토일"}
_AGO: Final = {
    "zh": r"(?P<count>\d{1,3}|[一二两三四五六七八九十])(?P<unit>天|日|年|周|週|个月|個月)前",
    "ja": r"(?P<count>\d{1,3}|[一二三四五六七八九十])(?P<unit>日|年|週間|か月|カ月|ヶ月|ヵ月)前",
    "ko": r"(?P<count>\d{1,3}) ?(?P<unit>일|년|주|개월|달) ?전",
}
_COUNTS: Final = {c: n for n, c in enumerate("一二三四五六七八九十", 1)} | {"两": 2}
# The day alone, as East Asian news writes it: "6日" is the 6th of this month or of the one before.
_DAY_OF_MONTH: Final = {
    "zh": r"(?<![\d月年第每])(?P<day>\d{1,2})日(?![前后後内间間起游均])",
    "ja": r"(?<![\d月年第毎])(?P<day>\d{1,2})日(?![前後内間以連目ぶ])",
    "ko": r"(?<![\d월년])(?P<day>\d{1,2})일(?![간째째여])(?=[ ,.(]|에|부터|까지|자|$)(?<!\d\d\d일)",
}


def _pattern(language: str) -> re.Pattern[str]:
    words = sorted([*_DAYS[language], *_YEARS[language], *_MONTHS[language]], key=len, reverse=True)
    return re.compile(
        f"(?P<word>{'|'.join(words)})(?:(?P<month>\\d{{1,2}})[月월](?: ?(?P<day2>\\d{{1,2}})[日号號일])?)?"
        f"|{_WEEKDAY[language]}|{_AGO[language]}|{_DAY_OF_MONTH[language]}"
    )


_PATTERNS: Final = {language: _pattern(language) for language in _DAYS}


def relative_east_asian_dates(digits: str, language: str | None, published: datetime.date | None) -> Iterator[Placed]:
    """Yield the relative dates in `digits`, a text with ASCII digits in Chinese, Japanese or Korean."""
    base = (language or "").replace("_", "-").split("-")[0].lower()
    pattern = _PATTERNS.get(base)
    if pattern is None or published is None:
        return
    for match in pattern.finditer(digits):
        found = _resolve(match, base, published)
        if found is not None:
            yield Placed(*match.span(), *found)


def _resolve(match: re.Match[str], language: str, published: datetime.date) -> tuple[str, Precision] | None:
    if word := match["word"]:
        return _word(word, match["month"], match["day2"], language, published)
    if match["weekday"]:
        weekday = _WEEKDAYS[language].find("日" if match["weekday"] == "天" else match["weekday"])
        week = match["week"]
        if week:
            monday = published - datetime.timedelta(days=published.weekday())
            return (monday + datetime.timedelta(days=7 * _WEEKS[language][week] + weekday)).isoformat(), "day"
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
    if word in _YEARS[language]:
        year = published.year + _YEARS[language][word]
        if month is None:
            return f"{year:04}", "year"
        if day is None:
            return (f"{year:04}-{int(month):02}", "month") if 1 <= int(month) <= 12 else None
        try:
            return datetime.date(year, int(month), int(day)).isoformat(), "day"
        except ValueError:
            return None
    if word in _MONTHS[language]:
        return _month(published, _MONTHS[language][word]), "month"
    return (published + datetime.timedelta(days=_DAYS[language][word])).isoformat(), "day"


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
