"""Dates: of a page, from its metadata (`parse_date`, `date_in_url`), and in running text (`find_dates`).

Nothing is invented: a day or month that the evidence does not show is not reported, and where day and month could be
exchanged and nothing decides, only the year is.
"""

import datetime
import re
from dataclasses import dataclass
from typing import Final

from schemas.records import Precision
from transforms.dates import names as date_names
from transforms.dates.calendars import Calendar, to_gregorian
from transforms.dates.grammar import WrittenDate, east_asian_dates, month_at, numeric_dates, written_dates_at
from transforms.dates.mentions import find_dates
from transforms.dates.names import Lexicon, lexicon
from transforms.dates.time_of_day import TimeOfDay, find_time
from transforms.text.tokens import ascii_digits, lex

__all__ = [
    "ParsedDate",
    "believed",
    "date_in_url",
    "dates_in",
    "find_dates",
    "parse_date",
    "plausible",
    "read_hint",
    "warm_up",
]

_LONGEST: Final = 400
"""Characters of a value that are read; no date line is longer."""

_EARLIEST_EPOCH: Final = 788_918_400
"""Seconds to 1995-01-01: smaller numbers in metadata are identifiers, not times of publication."""
_LATEST_EPOCH: Final = 4_102_444_800
"""Seconds to 2100-01-01."""


@dataclass(frozen=True, slots=True)
class ParsedDate:
    """A date with its precision.

    ``value`` has the form of `transforms.extraction.page.Moment.value`: ``2026-01-06T08:30:00Z`` (second, minute),
    ``2026-01-06`` (day), ``2026-01`` (month), ``2026`` (year). ``day`` is the calendar day as written, which the
    conversion to UTC may have moved; None when no day is known.
    """

    value: str
    precision: Precision
    day: str | None


_ISO: Final = re.compile(
    r"(?<![\d.,/-])(\d{4})-?(?:(\d{2})-?(\d{2})|W(\d{2})-?([1-7])|(\d{3})(?!\d))"
    r"(?:[Tt ]\s?(\d{2})(?::?(\d{2})(?::?(\d{2})(?:[.,]\d+)?)?)?"
    r"\s?([Zz](?!\w)|[+\-−]\d{2}(?::?\d{2})?(?!\d))?)?(?![\d-])"
)
_ISO_DAY: Final = re.compile(r"(?<![\d.,/-])(?P<day>\d{4}-\d{2}-\d{2})(?=[Tt]\d{2}:|(?![\d-]))")
_UNKNOWN: Final = frozenset(
    {"1970-01-01", "1969-12-31", "0001-01-01", "1900-01-01", "1899-12-30", "1899-12-31", "9999-12-31"}
)
"""Days that software writes where it knows none."""
_FIRST_ZONE: Final = datetime.timedelta(hours=14)
_SLIP: Final = datetime.timedelta(minutes=15)
_OTHER_CALENDAR: Final = re.compile(r"(1[34]\d\d)[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_JALALI_LANGUAGES: Final = frozenset({"fa", "ps", "prs", "tg"})
_HIJRI_LANGUAGES: Final = frozenset({"ar", "ur", "ms", "sd"})
_PARTIAL: Final = re.compile(r"(\d{4})(?:-(\d{2}))?")
_EPOCH: Final = re.compile(r"(\d{9,10})(\d{3})?(?:\.\d+)?")
_COMPACT: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d))?")
_SHORT_YEAR: Final = re.compile(r"(?<![\d.])(\d{1,2})\.(\d{1,2})\.(\d{2})(?![\d.:])")


def parse_date(value: str, *, language: str | None = None, day_first: bool | None = None) -> ParsedDate | None:
    """Return the date that a string of a page's metadata states; None when it states none that can be read.

    `language` is the BCP 47 tag of the page, with territory where known: it names months and decides the order of
    ``03/04/2026`` unless `day_first` does; where neither does, only the year is given. A time of day is given only
    with its zone, in UTC; without one the calendar day stands, so that the day on the page is never moved. Relative
    dates (``2 hours ago``), weeks and dates without a year give None.
    """
    digits = ascii_digits(value[:_LONGEST]).strip().replace("\u200e", "").replace("\u200f", "").replace("\xa0", " ")
    text = value[:_LONGEST].strip().replace("\u200e", "").replace("\u200f", "").replace("\xa0", " ")
    if not any("0" <= c <= "9" for c in digits) and "年" not in digits:
        return None
    if digits.isascii() and digits.replace(".", "", 1).isdecimal():
        return _only_digits(digits)
    names = lexicon(language)
    iso = _iso(digits)
    if iso is not None and not (language or "").startswith(("fa", "th", "ps")):
        return iso
    best = _first_date(text, digits, names, day_first)
    if best is None and names.language is not None:
        best = _first_date(text, digits, lexicon(None), day_first)
    if best is not None:
        resolved = best.resolve()
        if resolved is None:
            return None
        if resolved[1] == "day":
            rest = digits[best.end :]
            time = find_time(rest) or find_time(digits[: best.start])
            return _moment(datetime.date.fromisoformat(resolved[0]), time)
        return ParsedDate(resolved[0], resolved[1], None)
    partial = _PARTIAL.fullmatch(digits)
    if partial is not None:
        written = WrittenDate(int(partial[1]), int(partial[2]) if partial[2] else None, None, 0, 0)
        resolved = written.resolve() if 1500 <= int(partial[1]) <= 2200 else None
        return ParsedDate(*resolved, None) if resolved else None
    return iso


def dates_in(
    text: str, *, language: str | None = None, day_first: bool | None = None
) -> list[tuple[int, int, ParsedDate]]:
    """Return the whole days that a line of a page states, each with its place; read as `parse_date` reads one.

    The time of a date is looked for up to the next date; that of the first one also before it.
    """
    text = text[:_LONGEST]
    digits = ascii_digits(text)
    if not any("0" <= c <= "9" for c in digits) and "年" not in digits:
        return []
    names = lexicon(language)
    written = _written_days(text, digits, names, day_first)
    if not written and names.language is not None:
        written = _written_days(text, digits, lexicon(None), day_first)
    found: list[tuple[int, int, ParsedDate]] = []
    for number, (start, end, day) in enumerate(written):
        limit = written[number + 1][0] if number + 1 < len(written) else len(digits)
        time = find_time(digits[end:limit]) or (None if number else find_time(digits[:start]))
        found.append((start, end, _moment(datetime.date.fromisoformat(day), time)))
    return found


def _written_days(text: str, digits: str, names: Lexicon, day_first: bool | None) -> list[tuple[int, int, str]]:
    """Return the whole days in `text`, in order and without overlap."""
    days = [
        (date.start, date.end, resolved[0])
        for date in _written(text, digits, names, day_first, short_years=True)
        if (resolved := date.resolve()) is not None and resolved[1] == "day"
    ]
    days += [(m.start(), m.end("day"), m["day"]) for m in _ISO_DAY.finditer(digits) if _is_day(m["day"])]
    kept: list[tuple[int, int, str]] = []
    for start, end, day in sorted(days, key=lambda entry: (entry[0], -entry[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end, day))
    return kept


def _is_day(written: str) -> bool:
    return _date(*(int(part) for part in written.split("-"))) is not None


def believed(date: ParsedDate | None, latest: str | None) -> ParsedDate | None:
    """Return `date` where it can be the time of a publication known at `latest` (RFC 3339), else None.

    A day may have begun fourteen hours earlier somewhere on earth. A later time of such a day keeps the day: its zone
    was written wrong. Days that software writes for an unknown one are none.
    """
    if date is None or date.value[:10] in _UNKNOWN or (date.day or "") in _UNKNOWN:
        return None
    if latest is None:
        return date
    try:
        known = datetime.datetime.fromisoformat(latest)
    except ValueError:
        return date
    known = known if known.tzinfo is not None else known.replace(tzinfo=datetime.UTC)
    last = (known.astimezone(datetime.UTC) + _FIRST_ZONE).date().isoformat()
    day = date.day or date.value
    if day > last[: len(day)]:
        return None
    timed = date.precision in ("second", "minute")
    if timed and datetime.datetime.fromisoformat(date.value) > known + _SLIP:
        return ParsedDate(day, "day", day)
    return date


def read_hint(value: str, *, language: str | None, latest: str | None) -> ParsedDate | None:
    """Return the date that a producer states, read for what it is; None when it cannot be one of a publication.

    Numbers are seconds or milliseconds, years around 1400 are Hijri or Jalali: of the calendars in which the date lies
    before `latest`, that of the `language` comes first, then the one in which it is the more recent.
    """
    digits = ascii_digits(value.strip())
    other = _OTHER_CALENDAR.match(digits)
    if other is not None and 1300 <= int(other[1]) < 1500:
        year, month, day = (int(part) for part in other.groups())
        dates = {
            calendar: found
            for calendar in (Calendar.HIJRI, Calendar.JALALI)
            if (found := to_gregorian(calendar, year, month, day)) is not None
            and believed(ParsedDate(found.isoformat(), "day", found.isoformat()), latest) is not None
        }
        base = (language or "").partition("-")[0]
        usual = Calendar.JALALI if base in _JALALI_LANGUAGES else Calendar.HIJRI if base in _HIJRI_LANGUAGES else None
        chosen = dates.get(usual) if usual is not None else max(dates.values(), default=None)
        chosen = chosen or max(dates.values(), default=None)
        if chosen is None:
            return None
        return _moment(chosen, find_time(digits[other.end() :]))
    date = believed(parse_date(value, language=language), latest)
    return date if date is not None and "1500" <= date.value[:4] < "2100" else None


def plausible(date: str, *, earliest: str = "1990-01-01", latest: str) -> bool:
    """Tell whether `date`, a value of any precision, can lie in ``[earliest, latest]``, which are days or times."""
    return earliest[: len(date)] <= date[: len(earliest)] and date[: len(latest)] <= latest[: len(date)]


def warm_up() -> None:
    """Load what the first use would wait for: the month names of all languages."""
    date_names.warm_up()


def _only_digits(digits: str) -> ParsedDate | None:
    compact = _COMPACT.fullmatch(digits)
    if compact is not None and 1900 <= int(compact[1]) <= 2100:
        date = _date(int(compact[1]), int(compact[2]), int(compact[3]))
        return None if date is None else ParsedDate(date.isoformat(), "day", date.isoformat())
    epoch = _EPOCH.fullmatch(digits)
    if epoch is not None and _EARLIEST_EPOCH <= int(epoch[1]) < _LATEST_EPOCH:
        moment = datetime.datetime.fromtimestamp(int(epoch[1]), datetime.UTC)
        return ParsedDate(f"{moment:%Y-%m-%dT%H:%M:%SZ}", "second", f"{moment:%Y-%m-%d}")
    if len(digits) == 4 and digits.isdecimal() and 1500 <= int(digits) <= 2200:
        return ParsedDate(digits, "year", None)
    return None


def _iso(digits: str) -> ParsedDate | None:
    """Return the first date in a form of ISO 8601: calendar, week or ordinal date, extended or basic."""
    match = _ISO.search(digits)
    if match is None:
        return None
    year, month, day, week, weekday, ordinal, hour, minute, second, zone = match.groups()
    if not 1500 <= int(year) <= 2200:
        return None
    if week:
        try:
            date: datetime.date | None = datetime.date.fromisocalendar(int(year), int(week), int(weekday))
        except ValueError:
            return None
    elif ordinal:
        if not 1 <= int(ordinal) <= 366:
            return None
        date = datetime.date(int(year), 1, 1) + datetime.timedelta(days=int(ordinal) - 1)
        if date.year != int(year):
            return None
    else:
        date = _date(int(year), int(month), int(day))
    if date is None:
        return None
    if hour is None or minute is None:
        return ParsedDate(date.isoformat(), "day", date.isoformat())
    separator = ":" if second else ""
    clock = f"{hour}:{minute}{separator}{second or ''}"
    tail = zone if zone and zone not in "Zz" else "Z" if zone else digits[match.end() :]
    return _moment(date, find_time(f"{clock} {tail.strip()}"))


def _date(year: int, month: int, day: int) -> datetime.date | None:
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None


def _moment(date: datetime.date, time: TimeOfDay | None) -> ParsedDate:
    """Return `date` at `time` in UTC, or the day alone when there is no time or its zone is not known."""
    if time is None or time.zone is None:
        return ParsedDate(date.isoformat(), "day", date.isoformat())
    local = datetime.datetime(
        date.year, date.month, date.day, time.hour, time.minute, time.second or 0, tzinfo=time.zone
    )
    try:
        moment = local.astimezone(datetime.UTC)
    except OverflowError:  # the last day that the calendar has, and the first
        return ParsedDate(date.isoformat(), "day", date.isoformat())
    precision: Precision = "minute" if time.second is None else "second"
    return ParsedDate(f"{moment.replace(tzinfo=None).isoformat()}Z", precision, date.isoformat())


def _first_date(text: str, digits: str, names: Lexicon, day_first: bool | None) -> WrittenDate | None:
    """Return the first date with a day that the text states, else the first with a month, else with a year."""
    found = _written(text, digits, names, day_first)
    if not found and (day_first or names.order == "dmy"):
        short = _SHORT_YEAR.search(digits)
        if short is not None:
            found = [WrittenDate(2000 + int(short[3]), int(short[2]), int(short[1]), *short.span())]
    dated = [date for date in found if date.year is not None]
    return min(dated, key=lambda date: (date.month is None, date.day is None, date.start), default=None)


def _written(
    text: str, digits: str, names: Lexicon, day_first: bool | None, *, short_years: bool = False
) -> list[WrittenDate]:
    """Return the dates that the text writes in digits or with a month's name, whatever of them is there."""
    numeric = numeric_dates(text, digits, names, day_first=day_first, short_years=short_years)
    found = [*numeric, *east_asian_dates(digits)]
    tokens = lex(text)
    if not any(month_at(tokens, index, names) for index in range(len(tokens))):
        return found  # every other date names its month, and most lines have none
    index = 0
    while index < len(tokens):
        dates = written_dates_at(tokens, index, names, prose=False)
        found += dates
        index = max(dates[-1].after, index + 1) if dates else index + 1
    return found


_URL_DATE: Final = re.compile(
    r"(?<=[/_.=-])((?:19|20)\d{2})([/_.-])(\d{1,2}|[a-z]{3,9})(?:\2(\d{1,2})(?=$|[/_.?#&-]|[a-z]))?(?=$|[/_.?#&-]|[a-z])"
    r"|(?:(?<=[/_=-])|(?<=/[a-z]))((?:19|20)\d{2})/?(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=$|[/_.?#&-])"
    r"|(?<=[/_=-])(\d{1,2})([-_.])(\d{1,2})\9((?:19|20)\d{2})(?=$|[/_.?#&-])",
    re.IGNORECASE,
)
_URL_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def _url_month(written: str) -> int | None:
    if written.isdecimal():
        return int(written) if 1 <= int(written) <= 12 else None
    name = written[:3].lower()
    return _URL_MONTHS.index(name) + 1 if name in _URL_MONTHS else None


def date_in_url(url: str) -> ParsedDate | None:
    """Return the date in the path of `url` (``/2026/01/06/``, ``/2026/jan/06/``, ``-20260106``, ``/2026/01/``).

    A year alone is no evidence of a date and gives None; so does a path with two different days. A year at the end
    (``/29-10-2026``) needs a day above 12, else no address says which number is the month.
    """
    path = url[:2000].split("//", 1)[-1].partition("/")[2]
    days: list[str] = []
    months: list[str] = []
    for match in _URL_DATE.finditer("/" + path):
        year, separator, month_text, day_text, compact_year, compact_month, compact_day = match.groups()[:7]
        if compact_year:
            date = _date(int(compact_year), int(compact_month), int(compact_day))
        elif match[11]:
            first, second = int(match[8]), int(match[10])
            if first <= 12 and second <= 12 and first != second:
                continue
            date = _date(int(match[11]), min(first, second), max(first, second))
        else:
            month = _url_month(month_text)
            if month is None:
                continue
            if day_text is None:
                if separator == "/":  # In a slug a month belongs to what the article is about.
                    months.append(f"{year}-{month:02}")
                continue
            date = _date(int(year), month, int(day_text))
        if date is not None:
            days.append(date.isoformat())
    if days:
        return ParsedDate(days[0], "day", days[0]) if len(set(days)) == 1 else None
    return ParsedDate(months[0], "month", None) if len(set(months)) == 1 else None
