"""Figures in Chinese, Japanese and Korean: digits, Han and Hangul numerals in any mixture, then a unit or a counter."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Final

from schemas.records import Figure, Span
from transforms.numbers.numerals import Number, parse_numeral, scaled
from transforms.numbers.units import currencies, measures
from transforms.text.tokens import ascii_digits

_DIGITS: Final[Mapping[str, Mapping[str, int]]] = {
    "zh": {c: n for n, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2, "兩": 2},
    "ja": {c: n for n, c in enumerate("〇一二三四五六七八九")} | {"零": 0},
    "ko": {c: n for n, c in enumerate("영일이삼사오육칠팔구")} | {"공": 0},
}
_SMALL: Final = {"十": 10, "百": 100, "千": 1000, "십": 10, "백": 100, "천": 1000}
_LARGE: Final = {
    "万": 10**4, "萬": 10**4, "億": 10**8, "亿": 10**8, "兆": 10**12, "만": 10**4, "억": 10**8, "조": 10**12,
}  # fmt: skip
_NATIVE_UNITS: Final = {
    "하나": 1, "한": 1, "둘": 2, "두": 2, "셋": 3, "세": 3, "네": 4, "넷": 4, "다섯": 5, "여섯": 6, "일곱": 7,
    "여덟": 8,
    "아홉": 9,
}  # fmt: skip
_NATIVE_TENS: Final = {
    "열": 10, "스물": 20, "스무": 20, "서른": 30, "마흔": 40, "쉰": 50, "예순": 60, "일흔": 70, "여든": 80, "아흔": 90,
}  # fmt: skip
_UNITS: Final[Mapping[str, Mapping[str, str]]] = {
    "zh": {
        "美元": "USD", "美金": "USD", "欧元": "EUR", "歐元": "EUR", "人民币": "CNY", "人民幣": "CNY", "日元": "JPY",
        "日圓": "JPY", "港元": "HKD", "港币": "HKD", "英镑": "GBP", "英鎊": "GBP", "新台幣": "TWD", "韩元": "KRW",
        "卢布": "RUB", "法郎": "法郎", "马克": "马克", "比索": "比索", "元": "CNY", "块": "CNY", "角": "角",
        "公里": "km",
        "千米": "km", "平方公里": "km²", "平方米": "m²", "平方公尺": "m²", "米": "m", "公尺": "m", "厘米": "cm",
        "毫米": "mm",
        "公斤": "kg", "千克": "kg", "克": "g", "吨": "t", "噸": "t", "公顷": "ha", "公頃": "ha", "亩": "亩",
        "英里": "mi",
        "英尺": "ft", "英寸": "in", "升": "l", "度": "°", "摄氏度": "°C", "华氏度": "°F", "斤": "斤", "磅": "lb",
        "桶": "bbl",
        "加仑": "gal", "英亩": "acre", "千瓦": "kW", "兆瓦": "MW",
    },
    "ja": {
        "ドル": "USD", "米ドル": "USD", "ユーロ": "EUR", "ポンド": "ポンド", "ウォン": "KRW", "円": "JPY", "元": "CNY",
        "人民元": "CNY", "フラン": "フラン", "銭": "銭", "セント": "cent", "パーセント": "%", "キロ": "km",
        "キロメートル": "km",
        "平方キロ": "km²", "平方キロメートル": "km²", "平方メートル": "m²", "メートル": "m", "センチ": "cm",
        "センチメートル": "cm",
        "ミリ": "mm", "ミリメートル": "mm", "キログラム": "kg", "グラム": "g", "トン": "t", "ヘクタール": "ha",
        "マイル": "mi",
        "フィート": "ft", "インチ": "in", "エーカー": "acre", "ガロン": "gal", "バレル": "bbl", "リットル": "l",
        "度": "°",
        "キロワット": "kW", "メガバイト": "MB", "ギガバイト": "GB", "坪": "坪", "割引": "割引", "オンス": "oz",
        "ムー": "亩",
        "立方フィート": "ft³", "メートルトン": "t", "キロメートル毎時": "km/h",
    },
    "ko": {
        "달러": "USD", "유로": "EUR", "파운드": "파운드", "위안": "CNY", "엔": "JPY", "원": "KRW", "프랑": "프랑",
        "루블": "RUB",
        "센트": "cent", "펜스": "pence", "페소": "페소", "페세타": "페세타", "마르카": "마르카", "퍼센트": "%",
        "프로": "%",
        "킬로미터": "km", "킬로": "km", "제곱킬로미터": "km²", "제곱미터": "m²", "평방 미터": "m²", "평방미터": "m²",
        "미터": "m", "센티미터": "cm", "센티": "cm", "밀리미터": "mm", "킬로그램": "kg", "그램": "g", "톤": "t",
        "미터톤": "t",
        "헥타르": "ha", "에이커": "acre", "마일": "mi", "피트": "ft", "인치": "in", "갤런": "gal", "배럴": "bbl",
        "리터": "l",
        "온스": "oz", "도": "°", "평": "평", "입방 피트": "ft³", "메가바이트": "MB", "메가와트": "MW", "킬로와트": "kW",
    },
}  # fmt: skip
"""Words of everyday news beside the names of CLDR."""
_COUNTERS: Final[Mapping[str, str]] = {
    "zh": "人 名 位 户 戶 家 辆 輛 架 艘 枚 起 票 个国家 個國家 个人 個人 个月 個月 个小时 小时 小時 周岁 岁 歲 "
    "周 週 座 所 间 间 例 次 "
    "件 套 张 張 头 頭 只 隻 棵 项 項 条 條 场 場 届 届 天 分钟 分鐘 秒 年间 个 個 种 種 支 部 本 吨级 多人",
    "ja": "人 名 世帯 社 台 機 隻 発 件 票 カ国 か国 ヶ国 ヵ国 棟 校 店 歳 才 か月 カ月 ヶ月 ヵ月 週間 週 年間 "
    "日間 時間 分間 秒間 頭 "
    "匹 本 枚 個 つ 回 カ所 か所 ヶ所 軒 戸 冊 羽 ダース 万人 議席 席 点 種類 泊 秒",
    "ko": "명 가구 개국 대 척 발 건 표 곳 채 살 세 개월 달 주 년 시간 분간 마리 개 채 권 장 회 차례 점 인 사람 "
    "동 호 석 가지 주간 일간 "
    "그루 병 잔 쪽 팀 배",
}
_CLOCK_OR_DATE: Final[Mapping[str, str]] = {"zh": "年月日号號时時点點分", "ja": "年月日号時分", "ko": "년월일시분"}
"""What makes digits before it a date or a time, where it is no counter."""
_SIGNED: Final = re.compile(r"(?:マイナス|マイナズ|负|負|零下|마이너스|영하|[-−])\s?$")
_SCALE: Final = re.compile(
    r"(?:(?P<c>摂氏|攝氏|摄氏|섭씨)|(?P<f>華氏|华氏|화씨))(?:温度|溫度)?\s?(?:マイナス|마이너스|零下|영하|负)?\s?$"
)
_HALVES: Final = ("半", "반")
_SIGNS: Final = {"$": "USD", "€": "EUR", "£": "GBP", "₩": "KRW"}
_CERTAIN_UNITS: Final = frozenset({"USD", "EUR", "JPY", "KRW", "GBP", "HKD", "%", "t", "km", "kg"})
_PLACE_COUNTERS: Final = frozenset("本戸軒台席泊点部支")
"""Counters in names of places and common words behind a single numeral."""
_PARTICLES: Final = frozenset("은는이가을를의에도로와과까부만씩쯤으들")
_NATIVE_BEGINS: Final = frozenset("열")
_PERCENT: Final = ("％", "%")


@cache
def _number(language: str) -> re.Pattern[str]:
    digits, small, large = "".join(_DIGITS[language]), "".join(_SMALL), "".join(_LARGE)
    han = f"[{digits}{small}]"
    native = ""
    if language == "ko":
        tens, units = ("|".join(sorted(words, key=len, reverse=True)) for words in (_NATIVE_TENS, _NATIVE_UNITS))
        native = rf"|(?P<native>(?<![가-힣])(?:(?:{tens})(?:{units})?|{units}))(?= ?[가-힣])"
    part = rf"(?:\d[\d,]*(?:\.\d+)?[{small}]{{0,2}}|{han}+)"
    return re.compile(
        rf"(?<![\d.,:/\-–A-Za-z第제])(?P<sign>[$€£¥￥₩] ?)?"
        rf"(?:(?P<number>{part}(?: ?[{large}])*(?: ?{part}(?: ?[{large}])+)*(?: ?{part}(?![\d年月日년월일]))?){native})"
    )


@cache
def _units(language: str) -> tuple[tuple[str, str], ...]:
    """Return the words of units of a language, the longest first."""
    words = {name: symbol for name, symbol in (*currencies(language), *measures(language)) if not name.isascii()}
    words |= dict(_UNITS[language])
    return tuple(sorted(words.items(), key=lambda entry: -len(entry[0])))


@cache
def _counters(language: str) -> tuple[str, ...]:
    return tuple(sorted(set(_COUNTERS[language].split()), key=len, reverse=True))


@cache
def _by_beginning(language: str) -> tuple[dict[str, list[tuple[str, str]]], dict[str, list[str]]]:
    """Return the units with their symbols and the counters by their first character, longest first."""
    units: dict[str, list[tuple[str, str]]] = {}
    counters: dict[str, list[str]] = {}
    for word, symbol in _units(language):
        units.setdefault(word[0], []).append((word, symbol))
    for word in _counters(language):
        counters.setdefault(word[0], []).append(word)
    return units, counters


def find_east_asian_figures(text: str, language: str, taken: Sequence[Span]) -> Iterator[Figure]:
    """Yield the figures of `text` outside the sorted spans `taken`; nothing in other languages than zh, ja and ko.

    ``counted`` is the counter as written (``人``, ``명``): what is counted stands before the number, or further off.
    """
    if language not in _COUNTERS:
        return
    blocked = 0
    digits = ascii_digits(text)
    for match in _number(language).finditer(digits):
        start, end = match.span("number") if match["number"] else match.span("native")
        while blocked < len(taken) and taken[blocked][1] <= start:
            blocked += 1
        if blocked < len(taken) and taken[blocked][0] < end:
            continue
        written = digits[start:end]
        value = _native(written) if match["number"] is None else _value(written, language)
        if value is None:
            continue
        unit, counted, after = _what(digits, end, language)
        if match["sign"]:
            unit = _SIGNS.get(match["sign"].strip(), "CNY" if language == "zh" else "JPY")
        scale = _SCALE.search(digits, max(0, start - 12), start)
        if scale is not None and unit in (None, "°", "°C", "°F"):
            unit = "°C" if scale["c"] else "°F"
        if unit is None and counted is None:
            continue
        if not written[0].isdigit() and not _is_spelled(digits, start, after, written, value, unit, counted):
            continue
        if digits[after : after + 1] in _HALVES and isinstance(value, int) and value < 1000:
            value += 0.5
        negative = _SIGNED.search(digits, max(0, start - 5), start)
        if negative is not None and not (
            negative[0][0] in "-−" and digits[negative.start() - 1 : negative.start()].isalnum()
        ):
            value = -value
        yield Figure(value=value, text=text[start:end], counted=counted, unit=unit, span=(start, end))


def _is_spelled(
    digits: str, start: int, after: int, written: str, value: Number, unit: str | None, counted: str | None
) -> bool:
    """Whether numerals are a number here, and no part of a word: 사이, 五角大楼, 六本木, 一名男子."""
    magnitude = any(sign in _SMALL or sign in _LARGE for sign in written)
    hangul = "가" <= written[0] <= "힣"
    native = hangul and (written in _NATIVE_UNITS or written[:1] in _NATIVE_BEGINS or written[:2] in _NATIVE_TENS)
    if hangul:
        spaced = digits[start + len(written) : start + len(written) + 1] == " "
        goes_on = "가" <= digits[after : after + 1] <= "힣" and digits[after] not in _PARTICLES
        if "가" <= digits[start - 1 : start] <= "힣" or (not spaced and goes_on):
            return False
        if not native and not magnitude and (len(written) > 1 or unit not in _CERTAIN_UNITS):
            return False
    elif digits[start - 1 : start] in tuple("数几數幾好上") or (len(written) > 1 and not magnitude):
        return False  # some hundreds; 唯一一位
    if value == 1 and unit not in _CERTAIN_UNITS:
        return False  # an article more than a number
    if counted in _PLACE_COUNTERS and len(written) == 1:
        return False
    return not (unit in ("°", "角", "CNY") and digits[after : after + 1] in tuple("化旦素首大星形"))


def _what(digits: str, end: int, language: str) -> tuple[str | None, str | None, int]:
    """Return the unit or the counter that follows a number, and where it ends."""
    at = end
    for rest in ("여", "余", "餘", "多", "数", "数"):
        at += digits.startswith(rest, at)
    at += digits[at : at + 1] == " "
    if digits.startswith(_PERCENT, at):
        return "%", None, at + 1
    units, counters = _by_beginning(language)
    beginning = digits[at : at + 1]
    unit = next(((symbol, len(word)) for word, symbol in units.get(beginning, ()) if digits.startswith(word, at)), None)
    counter = next((word for word in counters.get(beginning, ()) if digits.startswith(word, at)), None)
    if counter is not None and (unit is None or len(counter) > unit[1]):
        follows = digits[at : at + 1] in _CLOCK_OR_DATE[language]
        if (
            follows
            and len(counter) == 1
            and digits[end - 1].isdecimal()
            and len(digits[:end]) - len(digits[:end].rstrip("0123456789")) == 4
        ):
            return None, None, at  # 2018년: a year
        return None, counter, at + len(counter)
    return (unit[0], None, at + unit[1]) if unit is not None else (None, None, at)


def _native(written: str) -> int | None:
    """Read the Korean numerals from one to ninety-nine that count people and things."""
    for tens, value in _NATIVE_TENS.items():
        if written.startswith(tens):
            rest = written.removeprefix(tens)
            return value + (_NATIVE_UNITS[rest] if rest else 0)
    return _NATIVE_UNITS.get(written)


def _value(written: str, language: str) -> Number | None:
    """Read digits, numerals and words of magnitude in their order: 4억 2천만, 三百八十七, 1億2000万."""
    words = _DIGITS[language]
    total: Number = 0
    section: Number = 0
    current: Number | None = None
    at = 0
    while at < len(written):
        sign = written[at]
        digits = re.match(r"\d[\d,]*(?:\.\d+)?", written[at:])
        if digits is not None:
            parsed = parse_numeral(digits[0], "en")
            if parsed is None or current is not None:
                return None
            current, at = parsed, at + digits.end()
            continue
        at += 1
        if sign in words:
            if current is not None and not isinstance(current, int):
                return None
            current = (current or 0) * 10 + words[sign]
        elif sign in _SMALL:
            section += scaled(1 if current is None else current, _SMALL[sign])
            current = None
        elif sign in _LARGE:
            section += current or 0
            if section == 0 and total:
                total *= _LARGE[sign]  # 一万億
            else:
                total += scaled(section or 1, _LARGE[sign])
            section, current = 0, None
        elif sign != " ":
            return None
    return total + section + (current or 0)
