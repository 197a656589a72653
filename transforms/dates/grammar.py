"""How dates are written: digits, month names of all languages, East Asian and other calendars.

The one grammar behind `transforms.dates.parsing`, for the metadata of pages and for mentions in running text. It says
what is written and nothing more: a part that does not stand there is None.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from schemas.records import Precision
from transforms.dates.calendars import BUDDHIST_OFFSET, ERA_OFFSETS, Calendar, era_year, to_gregorian
from transforms.dates.names import Lexicon, Month
from transforms.numbers.number_words import number_words
from transforms.numbers.numerals import words_at
from transforms.text.phrases import Names
from transforms.text.tokens import Tokens, keys, lex


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A date at ``[start, end)`` of a text, each part as far as it is written; ``after`` is the next token's index."""

    year: int | None
    month: int | None
    day: int | None
    start: int
    end: int
    after: int = 0
    calendar: Calendar = Calendar.GREGORIAN
    weak: bool = False

    def resolve(self) -> tuple[str, Precision] | None:
        """Return the Gregorian date and its precision; None without a year, or when there is no such day.

        A month or year of another calendar lies in two Gregorian ones and so gives None.
        """
        if self.year is None:
            return None
        if self.month is not None and self.day is not None:
            date = to_gregorian(self.calendar, self.year, self.month, self.day)
            return None if date is None else (date.isoformat(), "day")
        if self.calendar is not Calendar.GREGORIAN or self.day is not None or not 1000 <= self.year <= 9999:
            return None
        if self.month is None:
            return f"{self.year:04}", "year"
        return (f"{self.year:04}-{self.month:02}", "month") if 1 <= self.month <= 12 else None


# --- digits only ---------------------------------------------------------------------------------------------------

_NUMERIC: Final = re.compile(
    r"(?<![\w.,/:+-])(?:(?P<y1>\d{4})(?P<s1> ?[-/] ?|\. ?)(?P<m1>\d{1,2})(?P=s1)(?P<d1>\d{1,2})(?!\d)"
    r"|(?P<a>\d{1,2})(?P<s2> ?[-/] ?|\. ?)(?P<b>\d{1,2})(?P=s2)(?P<y2>\d{4}|\d\d(?<=[/.]\d\d))(?!\d))"
    r"(?![-/.]\d|:\d|,\d)"
)
_SHORT_YEARS: Final = 40
"""Years of two digits from here on are of the last century."""
_DIGITS: Final = re.compile(r"\d+")
_HIJRI_MARK: Final = re.compile(r"\s?(?:هـ|ه(?!\w)|هجري|AH\b)")


def numeric_dates(
    text: str, digits: str, lexicon: Lexicon, *, day_first: bool | None, short_years: bool = False
) -> Iterator[WrittenDate]:
    """Yield the dates in `text` that are written in digits, like ``06.01.2026`` and ``2026-01-06``.

    `digits` is `text` with ASCII digits. Day and month come in the order of the language where they could be
    exchanged; where that is not known, only the year is given. Years of two digits are read on request.
    """
    end = 0
    for run in _DIGITS.finditer(digits):  # a search for the pattern itself would try it at every letter
        match = _NUMERIC.match(digits, run.start()) if run.start() >= end else None
        if match is None:
            continue
        start, end = match.span()
        if match["y1"]:
            yield _numeric(text, start, end, int(match["y1"]), int(match["m1"]), int(match["d1"]), lexicon)
            continue
        first, second, year = int(match["a"]), int(match["b"]), int(match["y2"])
        dotted = match["s2"].startswith(".")
        if len(match["y2"]) == 2:
            if not short_years or not (1 <= min(first, second) <= 12 and 1 <= max(first, second) <= 31):
                continue
            if dotted and (first > 31 or second > 12 or lexicon.order != "dmy"):
                continue  # a version, an address
            year += 2000 if year < _SHORT_YEARS else 1900
        if first > 12 or first == second:
            day, month = first, second
        elif second > 12:
            day, month = second, first
        else:
            order = lexicon.order
            is_day_first = day_first
            if is_day_first is None:
                # Nobody writes the month first with points between.
                is_day_first = True if dotted or order == "dmy" else False if order == "mdy" else None
            if is_day_first is None and len(match["y2"]) == 2:
                continue
            if is_day_first is None:
                yield WrittenDate(year, None, None, start, end, calendar=Calendar.GREGORIAN, weak=True)
                continue
            day, month = (first, second) if is_day_first else (second, first)
        yield _numeric(text, start, end, year, month, day, lexicon)


_MONTH: Final = r"[^\W\d_]{3,10}"
_FULL_YEAR: Final = r"(?:19|20)\d\d"
_JOINED: Final = re.compile(
    rf"(?<![\w/-])(?:(?P<y1>{_FULL_YEAR})(?P<s1>[-/])"
    rf"(?:(?P<d1>\d{{1,2}})(?P=s1)(?P<n1>{_MONTH})|(?P<n2>{_MONTH})(?P=s1)(?P<d2>\d{{1,2}}))"
    rf"|(?P<d3>\d{{1,2}})(?P<s3>[-/])"
    rf"(?:(?P<n3>{_MONTH})(?P=s3)(?P<y3>{_FULL_YEAR})|(?P<y4>{_FULL_YEAR})(?P=s3)(?P<n4>{_MONTH}))"
    rf"|(?P<n5>{_MONTH})(?P<s5>[-/])"
    rf"(?:(?P<d5>\d{{1,2}})(?P=s5)(?P<y5>{_FULL_YEAR})|(?P<y6>{_FULL_YEAR})(?P=s5)(?P<d6>\d{{1,2}})))"
    r"(?![\w/-])"
)
_JOINS: Final = ("-", "/")
_YEAR_DIGITS: Final = 4
_JOINED_LENGTH: Final = 15
"""Characters of a day and a month's name with the marks that join them."""
_SPACED: Final = re.compile(rf"(?<![\d.,:+/-])(?<!\d )(\d{{1,2}}) (\d{{1,2}}) ({_FULL_YEAR})(?![\d,:%/-])(?!\.\d| \d)")


def joined_dates(digits: str, lexicon: Lexicon) -> Iterator[WrittenDate]:
    """Yield the dates whose month has its name and whose parts marks join, in any order: ``23/Sep/2020``.

    Between spaces, three numbers are a date where the language has the day first: ``18 08 1978``.
    """
    end = 0
    is_day_first = lexicon.order == "dmy"
    for run in _DIGITS.finditer(digits):
        start, stop = run.span()
        if start < end:
            continue
        if stop - start == _YEAR_DIGITS and (digits[start - 1 : start] in _JOINS or digits[stop : stop + 1] in _JOINS):
            match = _JOINED.search(digits, max(end, start - _JOINED_LENGTH), stop + _JOINED_LENGTH)
            part = {name[0]: value for name, value in match.groupdict().items() if value} if match else {}
            month = lexicon.months.at(lex(part["n"]), 0) if match else None
            if match and month is not None and month[0].calendar is Calendar.GREGORIAN and 1 <= int(part["d"]) <= 31:
                end = match.end()
                yield WrittenDate(int(part["y"]), month[0].number, int(part["d"]), match.start(), end)
        elif is_day_first and digits[stop : stop + 1] == " " and (match := _SPACED.match(digits, start)):
            day, number = int(match[1]), int(match[2])
            if 1 <= day <= 31 and 1 <= number <= 12:
                end = match.end()
                yield WrittenDate(int(match[3]), number, day, start, end)


def _numeric(text: str, start: int, end: int, year: int, month: int, day: int, lexicon: Lexicon) -> WrittenDate:
    calendar = Calendar.GREGORIAN
    if 1200 <= year < 1500:
        mark = _HIJRI_MARK.match(text, end)
        if mark:
            calendar, end = Calendar.HIJRI, mark.end()
        elif lexicon.language in ("fa", "ps") or any("۰" <= c <= "۹" for c in text[start:end]):
            calendar = Calendar.JALALI
        elif lexicon.language == "ar":
            calendar = Calendar.HIJRI
    elif 2400 <= year < 2700 and (lexicon.language == "th" or any("๐" <= c <= "๙" for c in text[start:end])):
        year += BUDDHIST_OFFSET
    return WrittenDate(year, month, day, start, end, calendar=calendar)


# --- East Asia -----------------------------------------------------------------------------------------------------

_HAN_DIGITS: Final = {"〇": 0, "零": 0, "○": 0, "元": 1} | {c: n for n, c in enumerate("一二三四五六七八九", 1)}
_N: Final = r"(?:\d{1,2}|[一二三四五六七八九十廿卅]{1,3})"
_EAST_ASIAN: Final = re.compile(
    rf"(?:(?P<era>{'|'.join(ERA_OFFSETS)})\s?)?(?<!\d)(?P<year>\d{{4}}|\d{{1,3}}(?<=[\d])|[〇零○一二三四五六七八九]{{4}}|元)\s?[年년]"
    rf"(?:\s?(?P<month>{_N})\s?[月월](?:\s?(?P<day>{_N})\s?[日号號일])?)?"
    rf"|(?<![\d一二三四五六七八九十])(?P<month2>{_N})\s?[月월]\s?(?P<day2>{_N})\s?[日号號일]"
)


def _han_number(written: str) -> int | None:
    """Read 1 to 39 in digits or Han numerals, or a year digit by digit."""
    if written.isdecimal():
        return int(written)
    if len(written) == 4:
        return int("".join(str(_HAN_DIGITS[c]) for c in written))
    if written in _HAN_DIGITS:
        return _HAN_DIGITS[written]
    match = re.fullmatch(r"([一二三]?)(十|廿|卅)([一二三四五六七八九]?)", written)
    if match is None:
        return None
    tens = {"廿": 2, "卅": 3}.get(match[2]) or (_HAN_DIGITS[match[1]] if match[1] else 1)
    return tens * 10 + (_HAN_DIGITS[match[3]] if match[3] else 0)


def east_asian_dates(digits: str) -> Iterator[WrittenDate]:
    """Yield the dates written with 年月日 or 년월일, in digits or Han numerals, of the Common Era, Japan or Taiwan."""
    if not any(sign in digits for sign in "年月년월"):
        return
    for match in _EAST_ASIAN.finditer(digits):
        start, end = match.span()
        if match["month2"]:
            yield WrittenDate(None, _han_number(match["month2"]), _han_number(match["day2"]), start, end)
            continue
        year = _han_number(match["year"])
        if year is None:
            continue
        if match["era"]:
            year = era_year(match["era"], year)
        elif match["year"] == "元" or not 1500 <= year <= 2200:
            continue
        month = _han_number(match["month"]) if match["month"] else None
        day = _han_number(match["day"]) if match["day"] else None
        yield WrittenDate(year, month, day, start, end)


# --- month names ---------------------------------------------------------------------------------------------------

_ORDINAL_SUFFIXES: Final = keys("st nd rd th er ère º ª o a e de ste η ης го ого е ое й я ই লা রা ঠা শে an en án én")
_BEFORE_MONTH: Final = keys(
    "of de d di do del da den من لشهر شهر ng ke ta του mis mese mes month ngày ב van dag the день дня . ' ’ / - –"
)
_BEFORE_YEAR: Final = keys(
    "of de del di do da von من عام سنة لعام لسنة سال year ano anno ad an của năm พศ คศ . , ، ' ’ / - –"
)
_BETWEEN_DAYS: Final = keys(
    "al ao aos tot та і й או עד और to and bis und au et al y a e до по и إلى و تا ile ve till until through "
    "do i och til og en tot - – — / & +"
)
_SECOND_DAY: Final = keys("zum zur the le el o il de la")
_YEAR_TO_MONTH: Final = keys(". , - / m metų gada ko оны жылғы жылы")
_MONTH_TO_DAY: Final = keys(". the ng")
_PARTING: Final = keys(". , - /")
_YEAR_MARKS: Final = keys("هـ هجري هجرية ah شمسي")
_OF_MONTH_FIRST: Final = frozenset({"en", "hu", "lt", "lv", "eu", "mn", "fil", "sw", "zh", "so", "ky", "kk"})
_YEAR_FIRST: Final = frozenset({"hu", "lt", "lv", "eu", "mn", "kk", "ky", "zh"})
PREFIX: Final = re.compile(r"(?:[وف]?[بلك]|[وف]|ו?[בלמהכ]|ו)(?=\w{2})")

_ARABIC_UNITS: Final = ("الثاني", "الثالث", "الرابع", "الخامس", "السادس", "السابع", "الثامن", "التاسع")
DAY_WORDS: Final[Names[int]] = Names(
    [("الأول", 1), ("premier", 1), ("primero", 1), ("primeiro", 1), ("primo", 1), ("first", 1), ("العاشر", 10)]
    + [(unit, n) for n, unit in enumerate(_ARABIC_UNITS, 2)]
    + [(f"{unit} عشر", n) for n, unit in enumerate(["الحادي", *_ARABIC_UNITS], 11)]
    + [(f"{unit} والعشرين", n) for n, unit in enumerate(["الحادي", *_ARABIC_UNITS], 21)]
    + [("العشرين", 20), ("الثلاثين", 30), ("الحادي والثلاثين", 31)]
)


def month_at(tokens: Tokens, index: int, lexicon: Lexicon) -> tuple[Month, int] | None:
    """Return the month named at token `index`, after an Arabic prefix too, and the index after it.

    A month that is named twice, as in ``يناير/ كانون الثاني``, is read whole.
    """
    found = lexicon.months.at(tokens, index)
    if found is None:
        key = tokens[index].key
        if not "א" <= key[:1] <= "ي":
            return None
        prefix = PREFIX.match(key)
        if prefix is None:
            return None
        found = lexicon.months.at(tokens, index, key[prefix.end() :])
        if found is None:
            return None
    month, after = found
    second = after + 1 if after < len(tokens) and tokens[after].key in ("/", "(", "-", "،") else after
    if second < len(tokens):
        again = lexicon.months.at(tokens, second)
        if again is not None and (again[0].calendar, again[0].number) == (month.calendar, month.number):
            closed = again[1] < len(tokens) and tokens[after].key == "(" and tokens[again[1]].key == ")"
            return month, again[1] + closed
    return month, after


def _day_at(tokens: Tokens, index: int) -> tuple[int, int] | None:
    """Return the day of the month in digits at token `index`, with its ordinal ending, and the index after it."""
    token = tokens[index]
    if token.kind != "digits" or len(token.key) > 2 or not 1 <= int(token.key) <= 31:
        return None
    after = index + 1
    if after < len(tokens) and tokens[after].start == token.end:
        following = tokens[after]
        if following.key in _ORDINAL_SUFFIXES:
            after += 1
        elif following.key in ".-'’" and after + 1 < len(tokens) and tokens[after + 1].start == following.end:
            if tokens[after + 1].key in _ORDINAL_SUFFIXES:
                after += 2
            elif following.key == "." and tokens[after + 1].kind == "digits":
                return None
    return int(token.key), after


def _skip(tokens: Tokens, index: int, keys: frozenset[str]) -> int:
    """Return the index after at most three tokens of `keys`."""
    end = min(len(tokens), index + 3)
    while index < end and tokens[index].key in keys:
        index += 1
    return index


def _year_at(tokens: Tokens, index: int, calendar: Calendar, lexicon: Lexicon) -> tuple[int, int] | None:
    """Return the year after a month, and the index after it; the marks and words between are passed over."""
    index = _skip(tokens, index, _BEFORE_YEAR)
    if index >= len(tokens):
        return None
    token = tokens[index]
    if token.kind != "digits" or len(token.key) != 4:
        return year_in_words(tokens, index, lexicon.language) if calendar is Calendar.GREGORIAN else None
    year, after = int(token.key), index + 1
    if calendar is not Calendar.GREGORIAN:
        if not 1200 <= year <= 1500:
            return None
        if after < len(tokens) and tokens[after].key in _YEAR_MARKS:
            after += 1
        return year, after
    if 2400 <= year < 2700 and (lexicon.language in ("th", None)):
        return year + BUDDHIST_OFFSET, after
    return (year, after) if 1500 <= year <= 2200 else None


def _inside_number(tokens: Tokens, index: int) -> bool:
    """Tell whether the digits at token `index` are the tail of a number, a time or an identifier."""
    if index == 0 or tokens[index - 1].end != tokens[index].start:
        return False
    before = tokens[index - 1]
    if before.kind == "word":
        return before.key not in ("و", "ب", "في", "ل", "ال", "ف")
    return (
        before.key in ".,:/-٫٬"
        and index > 1
        and tokens[index - 2].kind == "digits"
        and tokens[index - 2].end == before.start
    )


def written_dates_at(tokens: Tokens, index: int, lexicon: Lexicon, *, prose: bool) -> tuple[WrittenDate, ...]:
    """Return the date, or the two ends of a range of days, that begins at token `index` with a month's name in it.

    In `prose` a number after a month is its day only where the language writes so; metadata is read in any order.
    """
    token = tokens[index]
    if token.kind == "digits":
        if _inside_number(tokens, index):
            return ()
        if len(token.key) == 4:
            joined = index + 1 < len(tokens) and tokens[index + 1].key in "-/" and tokens[index + 1].start == token.end
            return _year_first(tokens, index, lexicon) if not prose or joined or lexicon.language in _YEAR_FIRST else ()
        return _day_first(tokens, index, lexicon)
    if token.kind == "word":
        found = month_at(tokens, index, lexicon)
        if found is not None:
            return _month_first(tokens, index, found, lexicon, prose=prose)
        named = _day_in_words(tokens, index, lexicon)
        if named is not None and named[1] < len(tokens):
            day, after = named
            month_index = _skip(tokens, after, _BEFORE_MONTH)
            if month_index < len(tokens) and (month_index > after or lexicon.language != "ar"):
                found = month_at(tokens, month_index, lexicon)
                if found is not None:
                    return (_finish(tokens, index, day, found, lexicon),)
    return ()


def _day_in_words(tokens: Tokens, index: int, lexicon: Lexicon) -> tuple[int, int] | None:
    """Return the day of the month in words at token `index` (``twenty-fifth``, ``achttiende``), and the index after."""
    found = DAY_WORDS.at(tokens, index)
    if found is not None:
        return found
    if lexicon.language is None or lexicon.language == "ar":
        return None
    numbers = number_words(lexicon.language)
    ordinal = numbers.ordinals.at(tokens, index)
    if ordinal is not None:
        return ordinal
    number = words_at(tokens, index, numbers)
    if number is None or not 1 <= number[0] <= 31:
        return None
    value, after = number
    if value in (20, 30):
        at = after + 1 if after < len(tokens) and tokens[after].key == "-" else after
        unit = numbers.ordinals.at(tokens, at) if at < len(tokens) else None
        if unit is not None and unit[0] < 10:
            return value + unit[0], unit[1]
    return number


def year_in_words(tokens: Tokens, index: int, language: str | None) -> tuple[int, int] | None:
    """Return the year in words at token `index` (``dos mil veinte``, ``nineteen ninety-six``), and the index after."""
    if language is None or index >= len(tokens) or tokens[index].kind != "word":
        return None
    numbers = number_words(language)
    first = words_at(tokens, index, numbers)
    if first is None:
        return None
    if 1100 <= first[0] <= 2200:
        return first
    if language != "en" or not 11 <= first[0] <= 21 or first[1] >= len(tokens):
        return None
    second = words_at(tokens, first[1], numbers)
    return None if second is None or second[0] > 99 else (first[0] * 100 + second[0], second[1])


def _finish(tokens: Tokens, index: int, day: int | None, found: tuple[Month, int], lexicon: Lexicon) -> WrittenDate:
    """Return the date that begins at token `index`, with the year that may follow its month."""
    month, after = found
    year = _year_at(tokens, after, month.calendar, lexicon)
    if year is not None:
        after = year[1]
    return WrittenDate(
        year[0] if year else None,
        month.number,
        day,
        tokens[index].start,
        tokens[after - 1].end,
        after,
        month.calendar,
        month.weak,
    )


def _day_first(tokens: Tokens, index: int, lexicon: Lexicon) -> tuple[WrittenDate, ...]:
    first = _day_at(tokens, index)
    if first is None:
        return ()
    day, after = first
    other: tuple[int, int] | None = None
    second = 0
    other_index = _skip(tokens, after, frozenset("."))
    if other_index < len(tokens) and (tokens[other_index].key in _BETWEEN_DAYS):
        second = other_index + 1
        if second < len(tokens) and tokens[second].key in _SECOND_DAY:
            second += 1  # vom 5. bis zum 9. Juni
        if second < len(tokens):
            other = _day_at(tokens, second)
        if other is not None:
            after = other[1]
    month_index = _skip(tokens, after, _BEFORE_MONTH)
    if month_index >= len(tokens):
        return ()
    found = month_at(tokens, month_index, lexicon)
    if found is None:
        return ()
    if other is None:
        return (_finish(tokens, index, day, found, lexicon),)
    last = _finish(tokens, second, other[0], found, lexicon)
    return replace(last, day=day, start=tokens[index].start, end=tokens[first[1] - 1].end), last


def _month_first(
    tokens: Tokens, index: int, found: tuple[Month, int], lexicon: Lexicon, *, prose: bool
) -> tuple[WrittenDate, ...]:
    plain = _finish(tokens, index, None, found, lexicon)
    if plain.year is not None or (prose and lexicon.language not in _OF_MONTH_FIRST):
        return (plain,)
    month, after = found
    day_index = _skip(tokens, after, _MONTH_TO_DAY)
    first = _day_at(tokens, day_index) if day_index < len(tokens) else None
    if first is None or tokens[day_index].start > tokens[after - 1].end + 5:
        return (plain,)
    day, day_after = first
    last = _finish(tokens, index, day, (month, day_after), lexicon)
    if last.year is None and _day_first(tokens, day_index, lexicon):
        return ()  # The French "mar. 6 janv.": the day belongs to the month after it.
    if day_after + 1 < len(tokens) and (tokens[day_after].key in _BETWEEN_DAYS):
        other = _day_at(tokens, day_after + 1)
        if other is not None and other[0] > day:
            end = _finish(tokens, day_after + 1, other[0], (month, other[1]), lexicon)
            return replace(end, day=day, start=tokens[index].start, end=tokens[day_after - 1].end), end
    return (last,)


def _year_first(tokens: Tokens, index: int, lexicon: Lexicon) -> tuple[WrittenDate, ...]:
    year = int(tokens[index].key)
    month_index = _skip(tokens, index + 1, _YEAR_TO_MONTH)
    if month_index >= len(tokens) or not 1200 <= year <= 2200:
        return ()
    found = month_at(tokens, month_index, lexicon)
    if found is None or (found[0].calendar is Calendar.GREGORIAN) != (year >= 1500):
        return ()
    month, after = found
    day_index = _skip(tokens, after, _PARTING)
    day = _day_at(tokens, day_index) if day_index < len(tokens) else None
    if day is not None:
        after = day[1]
    return (
        WrittenDate(
            year,
            month.number,
            day[0] if day else None,
            tokens[index].start,
            tokens[after - 1].end,
            after,
            month.calendar,
            month.weak,
        ),
    )
