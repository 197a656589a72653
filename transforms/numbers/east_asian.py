"""Figures in Chinese, Japanese and Korean: digits with 万 億 兆 만 억 조, then a unit or a counter."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from schemas.records import Figure, Span
from transforms.numbers.numerals import Number, parse_numeral, scaled

_MAGNITUDES: Final = {
    "十": 10, "百": 100, "千": 10**3, "万": 10**4, "萬": 10**4, "億": 10**8, "亿": 10**8, "兆": 10**12, "천": 10**3,
    "만": 10**4, "억": 10**8, "조": 10**12,
}  # fmt: skip
_NUMBER: Final = re.compile(
    r"(?<![\d.,:/\-–A-Za-z第])(?P<sign>[$€£¥￥₩])?"
    r"(?P<number>(?:\d[\d,]*(?:\.\d+)?(?:百|千|천)?[万萬億亿兆만억조]{0,2} ?){1,3})(?<! )(?P<rest>여|余|餘|多)? ?"
    r"(?P<what>[^\d\s,.:/、。，（）()「」“”·\-–]{0,6})"
)
_PART: Final = re.compile(r"(\d[\d,]*(?:\.\d+)?)(百|千|천)?([万萬億亿兆만억조]{0,2})")
_UNITS: Final = {
    "美元": "USD", "美金": "USD", "欧元": "EUR", "歐元": "EUR", "人民币": "CNY", "日元": "JPY", "日圓": "JPY",
    "港元": "HKD",
    "英镑": "GBP", "英鎊": "GBP", "新台幣": "TWD", "ドル": "USD", "ユーロ": "EUR", "ポンド": "GBP", "ウォン": "KRW",
    "円": "JPY", "달러": "USD", "유로": "EUR", "위안": "CNY", "엔": "JPY", "원": "KRW", "％": "%", "%": "%",
    "パーセント": "%", "퍼센트": "%", "公里": "km", "千米": "km", "キロ": "km", "킬로미터": "km", "平方公里": "km²",
    "平方米": "m²", "平方メートル": "m²", "メートル": "m", "公斤": "kg", "トン": "t", "吨": "t", "噸": "t", "톤": "t",
    "公顷": "ha", "ヘクタール": "ha", "元": "元", "米": "m",
}  # fmt: skip
_COUNTERS: Final = {
    "zh": (
        "人",
        "名",
        "位",
        "户",
        "戶",
        "家",
        "辆",
        "輛",
        "架",
        "艘",
        "枚",
        "起",
        "票",
        "个国家",
        "個國家",
        "座",
        "所",
        "间",
    ),
    "ja": ("人", "名", "世帯", "社", "台", "機", "隻", "発", "件", "票", "カ国", "か国", "ヶ国", "棟", "校", "店"),
    "ko": ("명", "가구", "개국", "대", "척", "발", "건", "표", "곳", "채"),
}
_UNITS_BY_LENGTH: Final = sorted(_UNITS, key=len, reverse=True)


def find_east_asian_figures(text: str, language: str, taken: Sequence[Span]) -> Iterator[Figure]:
    """Yield the figures of `text` outside the sorted spans `taken`; nothing in other languages than zh, ja and ko.

    ``counted`` is the counter as written (``人``, ``명``): what is counted stands before the number, or further off.
    """
    counters = _COUNTERS.get(language)
    if counters is None:
        return
    blocked = 0
    for match in _NUMBER.finditer(text):
        start, end = match.span("number")
        while blocked < len(taken) and taken[blocked][1] <= start:
            blocked += 1
        if blocked < len(taken) and taken[blocked][0] < end:
            continue
        value = _value(match["number"])
        if value is None:
            continue
        what = match["what"]
        unit = next((_UNITS[u] for u in _UNITS_BY_LENGTH if what.startswith(u)), None)
        if unit == "元" and language == "zh":
            unit = "CNY"
        sign = match["sign"]
        if sign:
            unit = {"$": "USD", "€": "EUR", "£": "GBP", "₩": "KRW"}.get(sign, "CNY" if language == "zh" else "JPY")
        counted = None if unit else next((c for c in counters if what.startswith(c)), None)
        if unit is None and counted is None:
            continue
        yield Figure(value=value, text=text[start:end], counted=counted, unit=unit, span=(start, end))


def _value(written: str) -> Number | None:
    total: Number = 0
    for number, small, large in _PART.findall(written):
        part = parse_numeral(number, "en")
        if part is None:
            return None
        factor = _MAGNITUDES.get(small, 1)
        for sign in large:
            factor *= _MAGNITUDES[sign]
        total += scaled(part, factor)
    return total
