"""Dates mentioned in running text, resolved against the day of publication.

News looks back: a date without a year is the latest such day up to publication, unless the text says otherwise, and a
weekday is the latest such day too. What has no precision of a day, month or year (``last week``, ``the 1990s``) or
needs a day of publication that is not known is left out: a wrong date is worse than a missing one.
"""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple, TypeVar

from schemas.records import DateMention, Precision, Span
from transforms.dates.calendars import Calendar, to_gregorian, year_in
from transforms.dates.east_asian import relative_east_asian_dates
from transforms.dates.grammar import DAY_WORDS, PREFIX, WrittenDate, east_asian_dates, numeric_dates, written_dates_at
from transforms.dates.names import Lexicon, Names, lexicon
from transforms.dates.relative import RelativeWords, Unit, relative_words
from transforms.numbers.number_words import NumberWords, number_words
from transforms.numbers.numerals import words_at
from transforms.text.memo import Memo
from transforms.text.tokens import Tokens, ascii_digits, keys, lex

_WORDS_KEPT: Final = 1 << 14
_FUTURE_WINDOW: Final = 45
"""Days ahead in which a day without a year may lie; from January, 15 February is ahead and 29 September behind."""
_TENSE_BEFORE_ONLY: Final = frozenset({"en", "de", "tr", "ru"})
_OF_YEAR: Final = keys("من of de del des do dello dell")
_RANGE: Final = keys("- – — to and bis und au et al y a e до по и إلى و تا ile ve till until through /")
_PLURAL_UNITS: Final = keys("years months jahre jahren monate monaten years’")
_OTHER_ERAS: Final = dict.fromkeys(("ar", "ur"), range(1340, 1500)) | dict.fromkeys(("fa", "ps"), range(1200, 1500))
"""Years that are more likely Hijri or Jalali; each lies in two Gregorian ones."""
_CORRESPONDING: Final = frozenset({"الموافق", "الموافق لـ", "الموافقة", "مطابق"})
"""Between a weekday and its date: الجمعة الموافق 25 رمضان."""
_EVERY: Final = keys("كل صلاة خطبة every each chaque jeden cada todos ogni her каждый каждую هر")
"""Before a weekday that is not one day."""
_CLOSING: Final = ("»", "”", '"')
_SENTENCE_ENDS: Final = frozenset(".!?:")
_BEFORE_AN_EVENT: Final = keys("من از that")
"""After these, "three days before" belongs to an event, not to the publication."""
_MOST_UNITS: Final[dict[Unit, int]] = {"day": 400, "week": 60, "month": 60, "year": 500}
_IN_APPOSITION: Final = frozenset(" ,،(.-–")


T = TypeVar("T")


class _Found(NamedTuple):
    start: int
    end: int
    date: str
    precision: Precision
    kind: str
    """``date``, ``weekday`` or ``day`` (yesterday): a weekday beside either of the others belongs to it."""


@dataclass(frozen=True, slots=True)
class _Grammar:
    """What a language contributes, with the keys at which any mention can begin."""

    language: str
    lexicon: Lexicon
    relative: RelativeWords | None
    numbers: NumberWords

    def may_begin(self, key: str) -> bool:
        """Tell whether a mention can begin with the word `key`; nearly all words end here."""
        if self._begins(key):
            return True
        prefix = PREFIX.match(key) if "א" <= key[:1] <= "ي" else None
        return prefix is not None and self._begins(key[prefix.end() :])

    def _begins(self, key: str) -> bool:
        if key in self.lexicon.months or key in DAY_WORDS:
            return True
        relative = self.relative
        return relative is not None and (
            key in self.lexicon.weekdays
            or key in relative.days
            or key in relative.tense
            or key in relative.units
            or key in relative.ago_before
            or key in self.numbers.below_thousand
            or key in ("a", "an")
        )


@cache
def _beginnings(language: str | None) -> Memo[str, bool]:
    """Return for the keys of tokens whether a mention may begin with them."""
    grammar = _grammar(language)
    return Memo(lambda key: key.isdecimal() or (key[:1].isalnum() and grammar.may_begin(key)), _WORDS_KEPT)


@cache
def _grammar(language: str | None) -> _Grammar:
    base = (language or "").replace("_", "-").split("-")[0].lower()
    return _Grammar(base, lexicon(language), relative_words(language), number_words(language))


def find_dates(text: str, language: str | None, published_at: str | None) -> tuple[DateMention, ...]:
    """Return the dates that `text` mentions, in order and without overlap.

    `language` is the BCP 47 tag of the text; without it only absolute dates are found. `published_at` is the article's
    own date (RFC 3339, or cut at the day); without its day, partial and relative dates are left out. Spans cover the
    date as written with its year and with the word that places it (``29 سبتمبر الماضي``), not its preposition.
    """
    grammar = _grammar(language)
    digits = ascii_digits(text)
    published = _day(published_at)
    found: list[_Found] = []
    claimed: list[Span] = []
    for written in [*numeric_dates(text, digits, grammar.lexicon, day_first=None), *east_asian_dates(digits)]:
        claimed.append((written.start, written.end))
        if not written.weak:
            found += _resolved(written, published, None)
    found += [_Found(*mention, "date") for mention in relative_east_asian_dates(digits, language, published)]
    claimed += [(mention.start, mention.end) for mention in found]
    found += _scan(text, lex(text), language, published, sorted(claimed))
    found.sort(key=lambda mention: (mention.start, -mention.end))
    return tuple(
        DateMention(date=m.date, precision=m.precision, text=text[m.start : m.end], span=(m.start, m.end))
        for m in _joined(text, found)
    )


def _day(published_at: str | None) -> datetime.date | None:
    try:
        day = datetime.date.fromisoformat((published_at or "")[:10])
    except ValueError:
        return None
    return day if 1700 <= day.year <= 2200 else None


def _joined(text: str, found: list[_Found]) -> Iterator[_Found]:
    """Yield the mentions without overlap, a weekday joined with the date or the day beside it."""
    last: _Found | None = None
    for mention in found:
        if last is None:
            last = mention
            continue
        if mention.start < last.end:
            continue
        if last.kind == "weekday" and text[last.end : mention.start].strip() in _CORRESPONDING:
            last = mention._replace(start=last.start)
            continue
        beside = mention.start - last.end <= 3 and set(text[last.end : mention.start]) <= _IN_APPOSITION
        if beside and last.kind == "weekday" and mention.kind == "date" and mention.precision == "day":
            last = mention._replace(start=last.start)
        elif beside and (joined := _day_and_weekday(text, last, mention)):
            last = joined
        else:
            yield last
            last = mention
    if last is not None:
        yield last


def _day_and_weekday(text: str, first: _Found, second: _Found) -> _Found | None:
    """Join ``yesterday`` and ``Monday`` when that weekday is at most a day away; the weekday is the more certain."""
    if {first.kind, second.kind} != {"weekday", "day"}:
        return None
    day, weekday = (first, second) if first.kind == "day" else (second, first)
    date = datetime.date.fromisoformat(day.date)
    wanted = datetime.date.fromisoformat(weekday.date).weekday()
    shift = (wanted - date.weekday() + 3) % 7 - 3
    if abs(shift) > 1:
        return None
    date += datetime.timedelta(days=shift)
    closed = "(" in text[first.end : second.start] and text[second.end : second.end + 1] == ")"
    return _Found(first.start, second.end + closed, date.isoformat(), "day", "date")


def _scan(
    text: str,
    tokens: Tokens,
    language: str | None,
    published: datetime.date | None,
    claimed: list[Span],
) -> Iterator[_Found]:
    """Yield the mentions that begin at any token outside the spans `claimed`."""
    grammar = _grammar(language)
    begins = _beginnings(language)
    after = next_claim = 0
    last_year_end = -1
    for index in [at for at, token in enumerate(tokens) if begins[token[3]]]:
        if index < after:
            continue
        token = tokens[index]
        while next_claim < len(claimed) and claimed[next_claim][1] <= token.start:
            next_claim += 1
        if next_claim < len(claimed) and claimed[next_claim][0] <= token.start:
            continue
        dates = written_dates_at(tokens, index, grammar.lexicon, prose=True)
        if dates:
            mentions, after = _written(text, tokens, index, dates, grammar, published)
            yield from mentions
            continue
        year = _bare_year(tokens, index, grammar, last_year_end)
        if year is not None:
            last_year_end = index
            yield _Found(token.start, token.end, str(year), "year", "date")
        elif published is not None and grammar.relative is not None:
            relative = _relative_at(text, tokens, index, grammar, grammar.relative, published)
            if relative is not None:
                yield relative[0]
                after = relative[1]


# --- dates with a month's name -------------------------------------------------------------------------------------


def _written(
    text: str,
    tokens: Tokens,
    index: int,
    dates: tuple[WrittenDate, ...],
    grammar: _Grammar,
    published: datetime.date | None,
) -> tuple[list[_Found], int]:
    """Resolve the dates that `dates` says begin at token `index`; also return the index after them."""
    last = dates[-1]
    after = last.after
    if last.year is not None:
        return [m for date in dates for m in _resolved(date, published, None)], after
    before, tense, after = _tense_around(tokens, index, after, grammar)
    year: int | None = None
    if published is not None and tense is None:
        relative_year = _year_phrase(tokens, after, grammar)
        if relative_year is not None:
            year, after = published.year + relative_year[0], relative_year[1]
        else:
            year = _year_of_range(tokens, after, last, grammar)
    if last.day is None:
        if last.weak or (tense is None and year is None and not _month_is_meant(text, tokens, index, grammar)):
            return [], last.after
        if last.calendar is not Calendar.GREGORIAN:
            return [], after
    if tense is None and year is None and _is_coming(tokens, index, grammar):
        tense = 1
    end = tokens[after - 1].end
    mentions: list[_Found] = []
    for number, date in enumerate(dates):
        moved = WrittenDate(
            year, date.month, date.day, date.start, end if date is last else date.end, calendar=date.calendar
        )
        for mention in _resolved(moved, published, tense):
            start = tokens[before].start if number == 0 else mention.start
            mentions.append(mention._replace(start=start))
    return mentions, after


def _year_of_range(tokens: Tokens, index: int, first: WrittenDate, grammar: _Grammar) -> int | None:
    """Return the year of the first date of a range from that of the second: ``30 December - 5 January 2024``."""
    if index + 1 >= len(tokens) or tokens[index].key not in _RANGE or first.month is None:
        return None
    for second in written_dates_at(tokens, index + 1, grammar.lexicon, prose=True):
        if second.year is not None and second.month is not None and second.calendar is first.calendar:
            return second.year - (first.month > second.month)
    return None


def _tense_around(tokens: Tokens, index: int, after: int, grammar: _Grammar) -> tuple[int, int | None, int]:
    """Return where a mention at tokens ``[index, after)`` begins and ends with its adjective, and that one's tense."""
    if grammar.relative is None:
        return index, None, after
    tense = grammar.relative.tense
    if index > 0 and tokens[index - 1].key in tense and not _follows_article(tokens, index - 1):
        return index - 1, tense[tokens[index - 1].key], after
    if after < len(tokens) and grammar.language not in _TENSE_BEFORE_ONLY and tokens[after].key in tense:
        following = tokens[after].key
        # "This" stands before what it belongs to.
        if tense[following] or grammar.language in ("ar", "fa"):
            return index, tense[following], after + 1
    return index, None, after


def _follows_article(tokens: Tokens, index: int) -> bool:
    """Tell whether the English adjective stands after an article or possessive: ``the last Tuesday of``."""
    return tokens[index].key in ("last", "next") and index > 0 and tokens[index - 1].key in ("the", "his", "her", "its")


def _year_phrase(tokens: Tokens, index: int, grammar: _Grammar) -> tuple[int, int] | None:
    """Return the offset of the year that follows a date (``of last year``, ``العام الماضي``), and the index after."""
    relative = grammar.relative
    if relative is None:
        return None
    if index < len(tokens) and tokens[index].key in _OF_YEAR:
        index += 1
    for at in (index, index + 1):  # French and Italian have an article between: de l'année dernière.
        if at < len(tokens):
            phrase = _unit_phrase(tokens, at, grammar, relative)
            if phrase is not None and phrase[0] == "year":
                return phrase[1], phrase[2]
    return None


def _unit_phrase(
    tokens: Tokens, index: int, grammar: _Grammar, relative: RelativeWords
) -> tuple[Unit, int, int] | None:
    """Return unit, tense and the index after ``last year``, ``العام الماضي`` at token `index`."""
    tense = relative.tense.get(tokens[index].key)
    if tense is not None and index + 1 < len(tokens):
        unit = relative.units.at(tokens, index + 1)
        if unit is None or tokens[index + 1].key in _PLURAL_UNITS or _follows_article(tokens, index):
            return None
        return unit[0], tense, unit[1]
    if grammar.language in _TENSE_BEFORE_ONLY:
        return None
    found = _named(relative.units, tokens, index)
    if found is None or found[1] >= len(tokens) or (grammar.language == "ar" and "ال" not in tokens[index].key[:4]):
        return None
    if grammar.language == "fa" and index > 0 and _number(tokens, index - 1, grammar) is not None:
        return None  # سه ماه گذشته: the past three months
    tense = relative.tense.get(tokens[found[1]].key)
    if tense is None or (tense == 0 and grammar.language not in ("ar", "fa")):
        return None
    return found[0], tense, found[1] + 1


def _named(names: Names[T], tokens: Tokens, index: int) -> tuple[T, int] | None:
    """Return the name at token `index` and the index after it, after an Arabic or Hebrew prefix too."""
    found = names.at(tokens, index)
    key = tokens[index].key
    if found is None and "א" <= key[:1] <= "ي" and (prefix := PREFIX.match(key)):
        found = names.at(tokens, index, key[prefix.end() :])
    return found


def _number(tokens: Tokens, index: int, grammar: _Grammar) -> tuple[int, int] | None:
    """Return the small number at token `index`, in digits or words, and the index after it."""
    if index >= len(tokens):
        return None
    token = tokens[index]
    if token.kind == "digits":
        return (int(token.key), index + 1) if len(token.key) <= 3 else None
    if grammar.language == "en" and token.key in ("a", "an"):
        return 1, index + 1
    return words_at(tokens, index, grammar.numbers)


def _month_is_meant(text: str, tokens: Tokens, index: int, grammar: _Grammar) -> bool:
    """Tell whether a month's name without day or year stands as a date: after a preposition, in the usual case."""
    if grammar.relative is None:
        return False
    first = text[tokens[index].start]
    if (first.isupper() or first.islower()) and first.isupper() != grammar.lexicon.months_capitalised:
        return False
    return index > 0 and tokens[index - 1].key in grammar.relative.before_month


def _is_coming(tokens: Tokens, index: int, grammar: _Grammar) -> bool:
    """Tell whether the sentence says before token `index` that something will be."""
    if grammar.relative is None or not grammar.relative.coming:
        return False
    for token in reversed(tokens[max(0, index - 10) : index]):
        if token.key in (".", "!", "?", "؟", "\n"):
            return False
        if token.key in grammar.relative.coming:
            return True
    return False


def _resolved(written: WrittenDate, published: datetime.date | None, tense: int | None) -> Iterator[_Found]:
    """Yield the mention of `written`, its missing year taken from `published` and `tense`; nothing when it is none."""
    resolved = written.resolve()
    if resolved is None and written.year is None and written.month is not None and published is not None:
        resolved = _nearest_day(written, published, tense) if written.day else _nearest_month(written, published, tense)
    if resolved is not None:
        yield _Found(written.start, written.end, *resolved, "date")


def _nearest_day(written: WrittenDate, published: datetime.date, tense: int | None) -> tuple[str, Precision] | None:
    year = year_in(written.calendar, published)
    if year is None or written.month is None or written.day is None:
        return None
    near = (to_gregorian(written.calendar, y, written.month, written.day) for y in range(year - 4, year + 5))
    days = [day for day in near if day is not None]
    past = max((day for day in days if day <= published), default=None)
    ahead = min((day for day in days if day > published), default=None)
    if tense == 0:
        return next(((day.isoformat(), "day") for day in days if day.year == published.year), None)
    if tense == -1:
        past = max((day for day in days if day < published), default=None)
    chosen = ahead if tense == 1 else past
    if tense is None and ahead is not None and past is not None and (ahead - published).days <= _FUTURE_WINDOW:
        chosen = ahead if (published - past).days > 365 - 2 * _FUTURE_WINDOW else past
    return None if chosen is None or abs((chosen - published).days) > 3 * 366 else (chosen.isoformat(), "day")


def _nearest_month(written: WrittenDate, published: datetime.date, tense: int | None) -> tuple[str, Precision] | None:
    """Return the month nearest to `published`; None where the past one is as likely as the coming one."""
    if written.month is None or written.calendar is not Calendar.GREGORIAN:
        return None
    back = (published.month - written.month) % 12
    if tense == 1:
        shift = 12 - back
    elif tense == -1:
        shift = -(back or 12)
    elif tense == 0:
        shift = written.month - published.month
    elif back <= 8:
        shift = -back
    else:
        return None
    return _shifted_month(published, shift), "month"


def _shifted_month(day: datetime.date, months: int) -> str:
    position = day.year * 12 + day.month - 1 + months
    return f"{position // 12:04}-{position % 12 + 1:02}"


# --- years ---------------------------------------------------------------------------------------------------------


def _bare_year(tokens: Tokens, index: int, grammar: _Grammar, last_year_index: int) -> int | None:
    """Return the year that the four digits at token `index` clearly are; `last_year_index` is that of the year before.

    A word for year or season makes any such number one; a preposition only those from 1900 that are not round.
    """
    token = tokens[index]
    relative = grammar.relative
    if token.kind != "digits" or len(token.key) != 4 or relative is None or _is_part_of_number(tokens, index):
        return None
    year = int(token.key)
    if not 1000 <= year <= 2100 or year in _OTHER_ERAS.get(grammar.language, ()):
        return None
    if 0 <= last_year_index == index - 2 and tokens[index - 1].key in _RANGE:
        return year
    if index > 1 and last_year_index >= index - 3 and tokens[index - 1].key in ("و", "e"):
        return year
    before = tokens[index - 1].key if index and tokens[index - 1].kind == "word" else ""
    stripped = before[prefix.end() :] if (prefix := PREFIX.match(before)) else before
    if before in relative.before_year or stripped in relative.before_year:
        return year
    if index + 1 < len(tokens) and tokens[index + 1].key in relative.after_year and year >= 1500:
        return year
    return year if before in relative.before_year_weak and year >= 1900 and year % 100 else None


def _is_part_of_number(tokens: Tokens, index: int) -> bool:
    token = tokens[index]
    if index > 0 and tokens[index - 1].end == token.start and tokens[index - 1].key in ".,:/$€£¥#":
        return True
    if index + 1 >= len(tokens) or tokens[index + 1].start != token.end:
        return index + 1 < len(tokens) and tokens[index + 1].key in "%٪$€£¥°"
    following = tokens[index + 1]
    if following.kind == "word":
        return following.key not in ("م", "г", "р", "m")
    digits_follow = (
        index + 2 < len(tokens) and tokens[index + 2].kind == "digits" and tokens[index + 2].start == following.end
    )
    if digits_follow and following.key in "-–/":
        return len(tokens[index + 2].key) not in (2, 4)
    return following.key in "%٪°$€£" or (digits_follow and following.key in ".,:٫٬")


# --- relative dates ------------------------------------------------------------------------------------------------


def _relative_at(
    text: str, tokens: Tokens, index: int, grammar: _Grammar, relative: RelativeWords, published: datetime.date
) -> tuple[_Found, int] | None:
    """Return the relative mention that begins at token `index`, and the index after it."""
    token = tokens[index]
    if token.kind == "word":
        day = _day_word(text, tokens, index, relative, published)
        if day is not None:
            return day
        weekday = _weekday(text, tokens, index, grammar, published)
        if weekday is not None:
            return weekday
        phrase = _unit_phrase(tokens, index, grammar, relative)
        if phrase is not None and phrase[0] == "year":
            year = f"{published.year + phrase[1]:04}"
            return _Found(token.start, tokens[phrase[2] - 1].end, year, "year", "date"), phrase[2]
        if phrase is not None and phrase[0] == "month":
            month = _shifted_month(published, phrase[1])
            return _Found(token.start, tokens[phrase[2] - 1].end, month, "month", "date"), phrase[2]
    return _ago(tokens, index, grammar, relative, published)


def _day_word(
    text: str, tokens: Tokens, index: int, relative: RelativeWords, published: datetime.date
) -> tuple[_Found, int] | None:
    found = relative.days.at(tokens, index)
    if found is None:
        return None
    offset, after = found
    token = tokens[index]
    before = tokens[index - 1] if index else None
    if before is not None and offset >= 0 and before.key in relative.not_before_today:
        return None
    if offset > 0 and text[token.start].isupper() and before is not None and before.key not in _SENTENCE_ENDS:
        return None  # German Morgen, the morning
    if text[tokens[after - 1].end : tokens[after - 1].end + 1] in _CLOSING:
        return None  # The name of a paper: «اليمن اليوم»
    definite = token.key == "اليوم" and after < len(tokens) and tokens[after].key.startswith("ال")
    if definite and lexicon("ar").weekdays.at(tokens, after) is None:
        return None  # اليوم التالي: the following day
    date = published + datetime.timedelta(days=offset)
    return _Found(token.start, tokens[after - 1].end, date.isoformat(), "day", "day"), after


def _weekday(
    text: str, tokens: Tokens, index: int, grammar: _Grammar, published: datetime.date
) -> tuple[_Found, int] | None:
    found = grammar.lexicon.weekdays.at(tokens, index)
    token = tokens[index]
    if found is None and grammar.language in ("ar", "he"):
        found = _named(grammar.lexicon.weekdays, tokens, index)
    if found is None or len(token.key) <= 3:  # Abbreviations are words in their own right: sun, mar.
        return None
    if index and tokens[index - 1].key in _EVERY:
        return None
    first = text[token.start]
    if (first.isupper() or first.islower()) and first.isupper() != grammar.lexicon.weekdays_capitalised:
        return None
    weekday, after = found
    if after < len(tokens) and tokens[after].key == "of":
        return None  # the last Tuesday of May
    start, tense, after = _tense_around(tokens, index, after, grammar)
    if tense is None and _is_coming(tokens, index, grammar):
        tense = 1
    if tense == 1:
        days = (weekday - published.weekday() - 1) % 7 + 1
    elif tense == -1:
        days = -((published.weekday() - weekday - 1) % 7 + 1)
    elif tense == 0:
        days = weekday - published.weekday()
    else:
        days = -((published.weekday() - weekday) % 7)
    date = (published + datetime.timedelta(days=days)).isoformat()
    return _Found(
        tokens[start].start, tokens[after - 1].end, date, "day", "weekday" if tense is None else "date"
    ), after


def _ago(
    tokens: Tokens, index: int, grammar: _Grammar, relative: RelativeWords, published: datetime.date
) -> tuple[_Found, int] | None:
    """Read ``three days ago``, ``vor zwei Wochen``, ``قبل ثلاثة أيام``: as precise as the unit; weeks count as days."""
    before = relative.ago_before.at(tokens, index) if tokens[index].kind == "word" else None
    start = index if before is None else before[1]
    if start >= len(tokens):
        return None
    counted = relative.counted_units.at(tokens, start) if before is not None else None
    if counted is not None:
        (count, unit), after = counted
    else:
        number = _number(tokens, start, grammar)
        if number is None and grammar.language != "ru":
            return None
        count, at = number or (1, start)
        found = relative.units.at(tokens, at) if at < len(tokens) else None
        if found is None:
            return None
        unit, after = found
    if before is None:
        ending = relative.ago_after.at(tokens, after) if after < len(tokens) else None
        if ending is None:
            return None
        after = ending[1]
    if after < len(tokens) and (tokens[after].kind == "digits" or tokens[after].key in _BEFORE_AN_EVENT):
        return None
    if counted is not None and after < len(tokens) and grammar.lexicon.weekdays.at(tokens, after) is not None:
        return None  # منذ يوم الجمعة: since Friday
    slip = after + 1 < len(tokens) and tokens[after].key == "." and tokens[after + 1].start == tokens[after].end
    if slip and tokens[after + 1].kind == "digits":
        return None  # A slip in right-to-left typing: منذ عام .2003
    if count > _MOST_UNITS[unit]:
        return None
    end = tokens[after - 1].end
    if unit == "year":
        return _Found(tokens[index].start, end, f"{published.year - count:04}", "year", "date"), after
    if unit == "month":
        return _Found(tokens[index].start, end, _shifted_month(published, -count), "month", "date"), after
    date = published - datetime.timedelta(days=count * (7 if unit == "week" else 1))
    return _Found(tokens[index].start, end, date.isoformat(), "day", "date"), after
