"""Dates mentioned in running text, resolved against the day of publication.

News looks back: a date without a year is the latest such day up to publication, unless the text says otherwise, and a
weekday is the latest such day too. What has no precision of a day, month or year (``last week``, ``the 1990s``) or
needs a day of publication that is not known is left out: a wrong date is worse than a missing one.
"""

import bisect
import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple, TypeVar

from schemas.records import DateMention, Precision, Span
from transforms.dates.calendars import Calendar, to_gregorian, year_in
from transforms.dates.clock_times import find_clock_times
from transforms.dates.east_asian import relative_east_asian_dates
from transforms.dates.feasts import find_feasts
from transforms.dates.grammar import (
    DAY_WORDS,
    PREFIX,
    WrittenDate,
    east_asian_dates,
    joined_dates,
    numeric_dates,
    written_dates_at,
    year_in_words,
)
from transforms.dates.names import Lexicon, lexicon
from transforms.dates.relative import RelativeWords, Unit, relative_words
from transforms.dates.verb_tense import is_coming, opens_future
from transforms.numbers.counted_words import CountedWords, counted_words
from transforms.numbers.number_words import NumberWords, number_words
from transforms.numbers.numerals import words_at
from transforms.numbers.units import unit_words
from transforms.text.languages import primary
from transforms.text.memo import Memo
from transforms.text.phrases import Names
from transforms.text.sentences import sentences
from transforms.text.tokens import Tokens, ascii_digits, keys, lex

_WORDS_KEPT: Final = 1 << 14
_FUTURE_WINDOW: Final = 45
"""Days ahead in which a day without a year may lie; from January, 15 February is ahead and 29 September behind."""
_TENSE_BEFORE_ONLY: Final = frozenset({"en", "de", "tr", "ru", "uk", "hi", "nl", "pl", "sv"})
_TENSE_AFTER_ONLY: Final = frozenset({"ar", "he", "fa"})
"""Languages whose "last" and "next" follow what they belong to; "this" may stand before."""
_OF_YEAR: Final = keys("من of de del des do dello dell")
_RANGE: Final = keys("- – — to and bis und au et al y a e до по и إلى و تا ile ve till until through /")
_PLURAL_UNITS: Final = keys("years months jahre jahren monate monaten years’")
_OTHER_ERAS: Final = dict.fromkeys(("ar", "ur"), range(1340, 1500)) | dict.fromkeys(("fa", "ps"), range(1200, 1500))
"""Years that are more likely Hijri or Jalali; each lies in two Gregorian ones."""
_CORRESPONDING: Final = frozenset({"الموافق", "الموافق لـ", "الموافقة", "مطابق"})
"""Between a weekday and its date: الجمعة الموافق 25 رمضان."""
_FROM: Final = dict.fromkeys(
    keys("from after nach ab vanaf na après à de desde da dopo от после після з"), 1
) | dict.fromkeys(keys("before vor voor avant antes prima до перед"), -1)
"""Between a number of days and the day that it is counted from: two weeks from tomorrow."""
_MORE: Final = keys("more weitere outros autres")
_JOINS_WEEK: Final = keys(
    "of the on der am des op van de von - – , em na de del el le la di du в на у من في ב ה को w på"
)
"""Between a weekday and its week."""
_EVERY: Final = keys("كل صلاة خطبة every each chaque jeden cada todos ogni her каждый каждую هر")
"""Before a weekday that is not one day."""
_HABITUAL: Final = _EVERY | keys(
    "daily täglich jede jedem wochentags werktags werktäglich öffnungszeiten geöffnet weekdays weekends nightly tous "
    "quotidien quotidiennement quotidienne toutes diario diaria diariamente todas cada giornalmente ogni tutti tutte "
    "dagelijks elke ieder iedere ежедневно ежедневный щодня кожен кожного codziennie każdy varje dagligen "
    "montags dienstags mittwochs donnerstags freitags samstags sonntags"
)
"""What says that a time of day is that of many days."""
_ENTRY_REACH: Final = 500
"""Characters back in which an entry of a programme (``Stadthalle, 20 Uhr.``) has its date; prose has the last named."""
_CLOSING: Final = ("»", "”", '"')
_SENTENCE_ENDS: Final = frozenset(".!?:")
_BEFORE_AN_EVENT: Final = keys("من از that")
"""After these, "three days before" belongs to an event, not to the publication."""
_BEFORE_DAY: Final = keys(", . the de den der le el il o dia día des")
_DAY: Final = keys("dia día")
"""Between a weekday and its day of the month in words too: terça-feira dia vinte e cinco."""
_TURKISH_CASES: Final = keys(
    "da de ta te dan den tan ten a e ya ye ı i u ü yı yi ın in un ün nın nin deki daki teki taki"
)
_BEFORE_PARTIAL: Final = keys(
    "sur on am vom zum bis op de le el il dal em no dia del du au dès до від з в на с по bis this next deze volgende"
)
_ORDINALS: Final = keys("st nd rd th e er º ª de ste го ше те")
_DAYS_ALONE: Final[dict[str, tuple[frozenset[str], frozenset[str], bool]]] = {
    "en": (keys("the"), keys("on by until till from since between and before after"), True),
    "nl": (keys("de"), keys("op tot van vanaf sinds voor na tussen"), True),
    "de": (keys("dem den am vom zum"), frozenset(), True),
    "fr": (keys("le"), frozenset(), False),
    "es": (keys("día"), frozenset(), False),
    "pt": (keys("dia"), frozenset(), False),
    "it": (keys("giorno"), frozenset(), False),
}
"""Where a day stands without its month: the words before it, those before them, and whether it must be an ordinal."""
_AFTER_DAY: Final = keys(
    "and or at to for in from by until when where which with et ou à pour au dans par y o a en para por con e às ao "
    "para em com en om tot voor und oder um bis für in met van terug avec après"
)
_CLOCK: Final = keys("am pm uhr uur h hs heures horas ore часов годин a p o'clock bis to")
_NOT_NEAREST: Final = keys(
    "next last previous following volgende vorige próximo próxima prochain nächsten nächster letzten letzter prossimo "
    "gelecek geçen अगले अगला अगली पिछले पिछला पिछली следующий следующую прошлый прошлую наступний наступну минулий минулу"
)
"""Adjectives that do not mean the day beside the publication."""
_CLEAR_MONTHS: Final = {
    "en": keys("january february july september october november december"),
    "de": keys("januar februar september oktober november dezember"),
}
"""Names that are no other word and nobody's, where months are written with a capital."""
_NEAR_DAYS: Final = 200
_BETWEEN_PARTS: Final = keys("and or und oder en of et ou y o e и або та і och eller")
_GENERATION: Final = 35
"""Years after the publication of which news speaks."""
_BEFORE_QUANTITIES: Final = keys(
    "about around over nearly almost some than least most only of top rund circa knapp über mehr als unter fast "
    "environ plus près que quelque unos unas más casi cerca mais quase circa oltre quasi più ruim bijna meer dan "
    "около более почти свыше близько понад майже более yaklaşık حوالي نحو اكثر زهاء قرابة حدود بیش "
    "no nr no. number nummer número numéro room windows agenda boeing airbus model iso"
)
"""What makes a number after it an amount or a name."""
_SINCE: Final = keys("seit since depuis sinds desde dal с з منذ från sedan")
"""Prepositions that a time follows, not an amount."""
_BEFORE_AMOUNTS: Final = keys("$ € £ ¥ # № § usd eur gbp rs")
_WRITES_PLAIN_THOUSANDS: Final = frozenset({"ar", "fa", "ur", "hi", "he", "tr"})
"""Languages in which a number of four digits alone is no evidence of a year."""
_YEARS_BEFORE_NOUNS: Final = frozenset({"nl", "sv", "da", "nb"})
_ADJECTIVE: Final = re.compile(r"\w{3,}(?:e|en|er|es|em)$")
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
    units: Names[str]
    counted: CountedWords | None

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
            or key in relative.single
            or key in relative.ago_before
            or key in relative.ahead_before
            or key in self.numbers.below_thousand
            or key in self.numbers.ordinals
            or key in self.numbers.hundred
            or key in ("a", "an")
        )


@cache
def _beginnings(language: str | None) -> Memo[str, bool]:
    """Return for the keys of tokens whether a mention may begin with them."""
    grammar = _grammar(language)
    return Memo(lambda key: key.isdecimal() or (key[:1].isalnum() and grammar.may_begin(key)), _WORDS_KEPT)


@cache
def _grammar(language: str | None) -> _Grammar:
    base = primary(language)
    return _Grammar(
        base,
        lexicon(language),
        relative_words(language),
        number_words(language),
        unit_words(language),
        counted_words(language),
    )


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
    numeric = numeric_dates(text, digits, grammar.lexicon, day_first=None, short_years=True)
    for written in [*numeric, *joined_dates(digits, grammar.lexicon), *east_asian_dates(digits)]:
        claimed.append((written.start, written.end))
        if not written.weak:
            found += _resolved(written, published, None)
    found += [_Found(*mention, "date") for mention in relative_east_asian_dates(digits, language, published)]
    for start, end, day in find_feasts(text, language, published):
        found.append(_Found(start, end, day.isoformat(), "day", "date"))
    claimed += [(mention.start, mention.end) for mention in found]
    found += _scan(text, lex(text), language, published, sorted(claimed))
    found.sort(key=lambda mention: (mention.start, -mention.end))
    joined = list(_joined(text, found))
    joined += _clock_times(text, digits, grammar, published, joined)
    joined.sort()
    return tuple(
        DateMention(date=m.date, precision=m.precision, text=text[m.start : m.end], span=(m.start, m.end))
        for m in joined
    )


def _clock_times(
    text: str, digits: str, grammar: _Grammar, published: datetime.date | None, dates: list[_Found]
) -> list[_Found]:
    """Return the times of day that no other date takes to itself, as mentions of the day of publication.

    Left out are times in a sentence that names a date or a weekday, and those where the last date named before is
    another.
    """
    times = [] if published is None else find_clock_times(digits, grammar.language)
    if published is None or not times:
        return []
    found: list[_Found] = []
    today = published.isoformat()
    bounds = [start for start, _ in sentences(text, grammar.language)]
    for start, end in times:
        sentence = bisect.bisect_right(bounds, start)
        begin = bounds[sentence - 1] if sentence else 0
        stop = bounds[sentence] if sentence < len(bounds) else len(text)
        in_sentence = any(date.start < stop and date.end > begin for date in dates)
        is_entry = not text[max(0, start - 2) : start].rstrip()[-1:].isalpha()
        earliest = begin - _ENTRY_REACH if is_entry else 0
        before = max((date for date in dates if earliest <= date.start < begin), default=None)
        if in_sentence or (before is not None and not today.startswith(before.date)):
            continue
        if not _is_repeated(lex(text[begin:stop]), grammar):
            found.append(_Found(start, end, today, "day", "date"))
    return found


def _is_repeated(tokens: Tokens, grammar: _Grammar) -> bool:
    """Tell whether a sentence speaks of what happens daily or on a day of the week."""
    weekdays = grammar.lexicon.weekdays
    return any(
        token.key in _HABITUAL or (token.kind == "word" and len(token.key) > 2 and weekdays.at(tokens, index))
        for index, token in enumerate(tokens)
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
        year = _bare_year(text, tokens, index, grammar, last_year_end, published)
        if year is not None:
            last_year_end = index
            yield _Found(token.start, token.end, str(year), "year", "date")
        elif (words := _year_of_words(tokens, index, grammar)) is not None:
            yield _Found(token.start, tokens[words[1] - 1].end, str(words[0]), "year", "date")
            after = words[1]
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
    before = tense.get(tokens[index - 1].key) if index > 0 and not _follows_article(tokens, index - 1) else None
    if before is not None and (before == 0 or grammar.language not in _TENSE_AFTER_ONLY):
        return index - 1, before, after
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
    if index > 0 and tokens[index - 1].key in grammar.relative.before_month:
        return True
    if index > 1 and tokens[index - 1].key in _RANGE and grammar.lexicon.months.at(tokens, index - 2):
        return True
    if grammar.language in _CLEAR_MONTHS:
        return tokens[index].key in _CLEAR_MONTHS[grammar.language]
    at = index + 1
    if at < len(tokens) and tokens[at].key in "'’":
        at += 1
    return at < len(tokens) and tokens[at].key in grammar.relative.after_month


def _is_coming(tokens: Tokens, index: int, grammar: _Grammar) -> bool:
    """Tell whether the sentence says before token `index` that something will be."""
    relative = grammar.relative
    return relative is not None and is_coming(tokens, index, grammar.language, relative)


def _opens_future(tokens: Tokens, index: int, after: int, grammar: _Grammar) -> bool:
    """Tell whether the day at tokens ``[index, after)`` opens a clause that says what will be."""
    relative = grammar.relative
    return relative is not None and opens_future(tokens, index, after, grammar.language, relative)


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


def _bare_year(
    text: str, tokens: Tokens, index: int, grammar: _Grammar, last_year_index: int, published: datetime.date | None
) -> int | None:
    """Return the year that the four digits at token `index` clearly are; `last_year_index` is that of the year before.

    A word for year or season makes any such number one; so does the other end of a range. A preposition, or the lack of
    anything that it could count, does so only between 1800 and a generation after publication.
    """
    token = tokens[index]
    relative = grammar.relative
    if token.kind != "digits" or len(token.key) != 4 or relative is None or _is_part_of_number(tokens, index):
        return None
    year = int(token.key)
    if not 1000 <= year <= 2100 or year in _OTHER_ERAS.get(grammar.language, ()):
        return None
    if (
        0 <= last_year_index == index - 2
        and tokens[index - 1].key in _RANGE
        and (tokens[index - 1].kind == "mark" or year >= 1800)
    ):
        return year
    if index > 1 and last_year_index >= index - 3 and tokens[index - 1].key in ("و", "e"):
        return year
    before = tokens[index - 1].key if index and tokens[index - 1].kind == "word" else ""
    stripped = before[prefix.end() :] if (prefix := PREFIX.match(before)) else before
    if before in relative.before_year or stripped in relative.before_year:
        return year
    if index + 1 < len(tokens) and tokens[index + 1].key in relative.after_year and year >= 1500:
        return year
    if grammar.language == "tr" and year >= 1800 and _has_case_ending(tokens, index):
        return year  # 2010'dan sonra
    latest = (published.year if published else 2030) + _GENERATION
    if not 1800 <= year <= latest or _counts_something(text, tokens, index, grammar):
        return None
    if before in relative.before_year_weak or _in_brackets(tokens, index):
        return year
    if before in _BEFORE_QUANTITIES or (index and tokens[index - 1].kind == "digits"):
        return None
    return year if year >= 1900 and year % 100 and grammar.language not in _WRITES_PLAIN_THOUSANDS else None


def _has_case_ending(tokens: Tokens, index: int) -> bool:
    """Tell whether a Turkish case ending stands behind an apostrophe after token `index`."""
    if index + 2 >= len(tokens) or tokens[index + 1].key not in "'’":
        return False
    return tokens[index + 1].start == tokens[index].end and tokens[index + 2].key in _TURKISH_CASES


def _year_of_words(tokens: Tokens, index: int, grammar: _Grammar) -> tuple[int, int] | None:
    """Return the year in words behind a preposition: ``in nineteen ninety-six``."""
    relative = grammar.relative
    if relative is None or index == 0 or tokens[index].kind != "word":
        return None
    if tokens[index - 1].key not in relative.before_year_weak | relative.before_year:
        return None
    found = year_in_words(tokens, index, grammar.language)
    if found is None or not 1900 <= found[0] <= 2100:
        return None
    ends = found[1] >= len(tokens) or tokens[found[1]].kind == "mark" or tokens[found[1]].key in _BETWEEN_PARTS
    return found if ends else None


def _in_brackets(tokens: Tokens, index: int) -> bool:
    return 0 < index < len(tokens) - 1 and tokens[index - 1].key in "([" and tokens[index + 1].key in ")],;-–"


def _counts_something(text: str, tokens: Tokens, index: int, grammar: _Grammar) -> bool:
    """Tell whether what follows the digits at token `index` may be what they count or measure."""
    if index and tokens[index - 1].key in _BEFORE_AMOUNTS:
        return True
    if index + 1 >= len(tokens):
        return False
    following = tokens[index + 1]
    between = text[tokens[index].end : following.start]
    if following.kind != "word" or "\n" in between:
        return False
    if grammar.units.at(tokens, index + 1) is not None or grammar.numbers.magnitudes.at(tokens, index + 1) is not None:
        return True
    rules = grammar.counted
    if index and tokens[index - 1].key in _SINCE:
        return False
    if rules is None:
        return grammar.language not in _YEARS_BEFORE_NOUNS
    word = text[following.start : following.end]
    if rules.language == "de" and word[0].islower() and index + 2 < len(tokens):
        second = tokens[index + 2]  # 1950 neue Mitglieder
        return _ADJECTIVE.match(following.key) is not None and text[second.start].isupper() and second.kind == "word"
    return rules.is_noun(following.key, word, int(tokens[index].key), magnitude=False)


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
        phrase = _unit_phrase(tokens, index, grammar, relative) or _single(tokens, index, relative)
        if phrase is not None and phrase[0] == "year":
            year = f"{published.year + phrase[1]:04}"
            return _Found(token.start, tokens[phrase[2] - 1].end, year, "year", "date"), phrase[2]
        if phrase is not None and phrase[0] == "month":
            month = _shifted_month(published, phrase[1])
            return _Found(token.start, tokens[phrase[2] - 1].end, month, "month", "date"), phrase[2]
        if phrase is not None and phrase[0] == "week":
            return _day_of_week(tokens, index, phrase[1], phrase[2], grammar, published)
    if token.kind == "digits":
        dated = _dated(tokens, index, grammar, published)
        if dated is not None:
            return dated
        alone = _day_alone(tokens, index, grammar, published)
        if alone is not None:
            return alone
    return _counted(tokens, index, grammar, relative, published)


def _single(tokens: Tokens, index: int, relative: RelativeWords) -> tuple[Unit, int, int] | None:
    """Return unit, tense and the index after a word that is both: ``heuer``, ``торік``, ``השנה``."""
    found = _named(relative.single, tokens, index)
    return None if found is None else (*found[0], found[1])


def _weekday_at(tokens: Tokens, index: int, grammar: _Grammar) -> tuple[int, int] | None:
    """Return the weekday named at token `index`, after at most two words that join, and the index after it."""
    for at in range(index, min(index + 3, len(tokens))):
        found = _named(grammar.lexicon.weekdays, tokens, at)
        if found is not None and len(tokens[at].key) > 2:
            return found
        if tokens[at].key not in _JOINS_WEEK:
            return None
    return None


def _week_at(tokens: Tokens, index: int, grammar: _Grammar) -> tuple[int, int] | None:
    """Return the offset of the week that follows a weekday (``of last week``), and the index after it."""
    if grammar.relative is None:
        return None
    for at in range(index, min(index + 3, len(tokens))):
        phrase = _unit_phrase(tokens, at, grammar, grammar.relative)
        if phrase is not None:
            return phrase[1:] if phrase[0] == "week" else None
        if tokens[at].key not in _JOINS_WEEK:
            return None
    return None


def _day_of_week(
    tokens: Tokens, index: int, week: int, after: int, grammar: _Grammar, published: datetime.date
) -> tuple[_Found, int] | None:
    """Return the day of ``next week Monday``; a week without a day is none."""
    found = _weekday_at(tokens, after, grammar)
    if found is None:
        return None
    date = _in_week(published, week, found[0])
    return _Found(tokens[index].start, tokens[found[1] - 1].end, date, "day", "date"), found[1]


def _in_week(published: datetime.date, week: int, weekday: int) -> str:
    return (published + datetime.timedelta(days=7 * week + weekday - published.weekday())).isoformat()


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


def _begins_sentence(text: str, tokens: Tokens, index: int, after: int) -> bool:
    """Tell whether the words ``[index, after)`` begin a sentence, and no name: ``Vendredi, le ministre``."""
    if after >= len(tokens) or text[tokens[after].start].isupper():
        return False
    return index == 0 or tokens[index - 1].key in ".!?" or "\n" in text[tokens[index - 1].end : tokens[index].start]


def _weekday(
    text: str, tokens: Tokens, index: int, grammar: _Grammar, published: datetime.date
) -> tuple[_Found, int] | None:
    found = grammar.lexicon.weekdays.at(tokens, index)
    token = tokens[index]
    if found is None and grammar.language in ("ar", "he"):
        found = _named(grammar.lexicon.weekdays, tokens, index)
    if found is None or tokens[found[1] - 1].end - token.start <= 3:
        return None  # Abbreviations are words in their own right: sun, mar.
    if index and tokens[index - 1].key in _EVERY:
        return None
    first = text[token.start]
    begins = not grammar.lexicon.weekdays_capitalised and _begins_sentence(text, tokens, index, found[1])
    if (first.isupper() or first.islower()) and first.isupper() != grammar.lexicon.weekdays_capitalised and not begins:
        return None
    weekday, after = found
    week = _week_at(tokens, after, grammar)
    if week is not None:
        date = _in_week(published, week[0], weekday)
        return _Found(token.start, tokens[week[1] - 1].end, date, "day", "date"), week[1]
    if after < len(tokens) and tokens[after].key == "of":
        return None  # the last Tuesday of May
    beside = _day_beside(tokens, index, after, weekday, grammar, published)
    if beside is not None:
        return beside
    start, tense, after = _tense_around(tokens, index, after, grammar)
    if tense is None and (_is_coming(tokens, index, grammar) or _opens_future(tokens, index, after, grammar)):
        tense = 1
    if tense == 1:
        days = (weekday - published.weekday() - 1) % 7 + 1
    elif tense == -1:
        days = -((published.weekday() - weekday - 1) % 7 + 1)
    elif tense == 0:
        days = weekday - published.weekday()
        if days < 0 and _is_coming(tokens, start, grammar):
            days += 7  # said on Saturday: will play this Wednesday
    else:
        days = -((published.weekday() - weekday) % 7)
    if tense in (-1, 1) and abs(days) == 1 and start < index and tokens[start].key in _NOT_NEAREST:
        days += 7 * tense  # for the day beside the publication one says tomorrow or yesterday
    date = (published + datetime.timedelta(days=days)).isoformat()
    return _Found(
        tokens[start].start, tokens[after - 1].end, date, "day", "weekday" if tense is None else "date"
    ), after


def _day_beside(
    tokens: Tokens, index: int, after: int, weekday: int, grammar: _Grammar, published: datetime.date
) -> tuple[_Found, int] | None:
    """Return the date of a weekday with its day of the month (``Friday 31``) or day and month (``vrijdag 12/5``)."""
    at = after
    while at < len(tokens) and at < after + 2 and tokens[at].key in _BEFORE_DAY:
        at += 1
    if at >= len(tokens) or tokens[at].start - tokens[after - 1].end > 6:
        return None
    if tokens[at - 1].key in _DAY and at > after and (number := words_at(tokens, at, grammar.numbers)) is not None:
        date = _nearest_on_weekday(number[0], weekday, published)
        end = tokens[number[1] - 1].end
        return None if date is None else (_Found(tokens[index].start, end, date, "day", "date"), number[1])
    if tokens[at].kind != "digits":
        return None
    if written_dates_at(tokens, at, grammar.lexicon, prose=True):
        return None
    partial = _partial_date(tokens, at, grammar, published, marks="/.-")
    if partial is not None:
        return partial[0]._replace(start=tokens[index].start), partial[1]
    day = int(tokens[at].key) if len(tokens[at].key) <= 2 else 0
    end = at + 1
    if end < len(tokens) and tokens[end].start == tokens[at].end:
        if tokens[end].key in _ORDINALS:
            end += 1
        elif tokens[end].kind != "mark" or tokens[end].key in ":%/" or _digits_at(tokens, end + 1):
            return None
    elif end < len(tokens) and (tokens[end].key in _CLOCK or tokens[end].kind == "digits"):
        return None
    date = _nearest_on_weekday(day, weekday, published)
    return None if date is None else (_Found(tokens[index].start, tokens[end - 1].end, date, "day", "date"), end)


def _nearest_on_weekday(day: int, weekday: int, published: datetime.date) -> str | None:
    """Return the day nearest to publication that is that day of a month and that weekday."""
    near = (published + datetime.timedelta(days=shift) for away in range(_NEAR_DAYS + 1) for shift in (-away, away))
    return next((date.isoformat() for date in near if date.day == day and date.weekday() == weekday), None)


def _digits_at(tokens: Tokens, index: int) -> bool:
    return index < len(tokens) and tokens[index].kind == "digits" and tokens[index].start == tokens[index - 1].end


def _partial_date(
    tokens: Tokens, index: int, grammar: _Grammar, published: datetime.date, *, marks: str
) -> tuple[_Found, int] | None:
    """Return the day and month in digits at token `index` (``12/5``), nearest to publication, and the index after."""
    if index + 2 >= len(tokens) or tokens[index + 1].key not in marks:
        return None
    first, mark, second = tokens[index : index + 3]
    spaced = mark.key == "." and second.start - mark.end == 1  # 27. 11.
    if mark.start != first.end or not (second.start == mark.end or spaced) or second.kind != "digits":
        return None
    end = index + 3
    if end < len(tokens) and tokens[end].start == second.end:
        following = tokens[end]
        if following.kind != "mark" or following.key in ":%/-–°$€£" or _digits_at(tokens, end + 1):
            return None
        if mark.key == "." and following.key == ".":
            end += 1
    if len(first.key) > 2 or len(second.key) > 2:
        return None
    day, month = int(first.key), int(second.key)
    if month > 12 or (day <= 12 and grammar.lexicon.order == "mdy"):
        day, month = month, day
    elif day <= 12 and day != month and grammar.lexicon.order is None:
        return None
    written = WrittenDate(None, month, day, first.start, tokens[end - 1].end)
    found = next(_resolved(written, published, None), None)
    return None if found is None else (found, end)


def _dated(tokens: Tokens, index: int, grammar: _Grammar, published: datetime.date) -> tuple[_Found, int] | None:
    """Return the day and month in digits that a preposition of days announces: ``on 22/04``, ``am 27. 11.``."""
    if index == 0 or tokens[index - 1].key not in _BEFORE_PARTIAL:
        return None
    partial = _partial_date(tokens, index, grammar, published, marks="/" if grammar.language != "de" else "/.")
    if partial is None:
        return None
    dotted = tokens[index + 1].key == "."
    return None if dotted and tokens[partial[1] - 1].key != "." else partial


def _day_alone(tokens: Tokens, index: int, grammar: _Grammar, published: datetime.date) -> tuple[_Found, int] | None:
    """Return the day of a month that is not named: ``on the 15th``, ``le 17``, ``op de 5e``, ``el día 12``."""
    token = tokens[index]
    rule = _DAYS_ALONE.get(grammar.language)
    if rule is None or index < 1 or len(token.key) > 2 or not 1 <= int(token.key) <= 31:
        return None
    before, earlier, ordinal = rule
    if tokens[index - 1].key not in before or (earlier and (index < 2 or tokens[index - 2].key not in earlier)):
        return None
    end = index + 1
    if end < len(tokens) and tokens[end].start == token.end and tokens[end].key in _ORDINALS:
        end += 1
    elif ordinal:
        return None
    if end < len(tokens):
        following = tokens[end]
        joined = following.start == tokens[end - 1].end
        if following.kind == "digits" or (joined and (following.kind == "word" or following.key in ":%/-–°$€£'’")):
            return None
        if following.key in ".,:" and _digits_at(tokens, end + 1):
            return None
        if following.kind == "word" and following.key not in _AFTER_DAY:
            return None
    coming = _is_coming(tokens, index, grammar)
    written = _nearest_of_month(int(token.key), published, coming=coming)
    return None if written is None else (_Found(token.start, tokens[end - 1].end, written, "day", "date"), end)


def _nearest_of_month(day: int, published: datetime.date, *, coming: bool) -> str | None:
    step = datetime.timedelta(days=1 if coming else -1)
    date = published
    for _ in range(62):
        if date.day == day:
            return date.isoformat()
        date += step
    return None


def _counted(
    tokens: Tokens, index: int, grammar: _Grammar, relative: RelativeWords, published: datetime.date
) -> tuple[_Found, int] | None:
    """Read ``three days ago``, ``vor zwei Wochen``, ``in two weeks``, ``через три дні``: as precise as the unit.

    A number of weeks or days counts from the day that follows (``two weeks from tomorrow``), else from publication.
    """
    word = tokens[index].kind == "word"
    back = relative.ago_before.at(tokens, index) if word else None
    ahead = relative.ahead_before.at(tokens, index) if word and back is None else None
    opening = back or ahead
    start = index if opening is None else opening[1]
    amount = _units(tokens, start, grammar, relative, opened=opening is not None)
    if amount is None:
        return None
    count, unit, after = amount
    sign = 0 if opening is None else -1 if back else 1
    base = published
    if sign >= 0:
        closing, sign, base = _closing(tokens, after, sign, grammar, relative, published)
        if sign == 0:
            return None
        after = closing
    if after < len(tokens) and (tokens[after].kind == "digits" or tokens[after].key in _BEFORE_AN_EVENT):
        return None
    if opening is not None and after < len(tokens) and grammar.lexicon.weekdays.at(tokens, after) is not None:
        return None  # منذ يوم الجمعة: since Friday
    slip = after + 1 < len(tokens) and tokens[after].key == "." and tokens[after + 1].start == tokens[after].end
    if slip and tokens[after + 1].kind == "digits":
        return None  # A slip in right-to-left typing: منذ عام .2003
    if count > _MOST_UNITS[unit]:
        return None
    end, count = tokens[after - 1].end, sign * count
    if unit == "year" and base is published:
        return _Found(tokens[index].start, end, f"{published.year + count:04}", "year", "date"), after
    if unit == "month" and base is published:
        return _Found(tokens[index].start, end, _shifted_month(published, count), "month", "date"), after
    if unit in ("year", "month"):
        shifted = _shifted_month(base, count * (12 if unit == "year" else 1))
        date = datetime.date.fromisoformat(f"{shifted}-{min(base.day, 28):02}")
    else:
        date = base + datetime.timedelta(days=count * (7 if unit == "week" else 1))
    return _Found(tokens[index].start, end, date.isoformat(), "day", "date"), after


def _units(
    tokens: Tokens, start: int, grammar: _Grammar, relative: RelativeWords, *, opened: bool
) -> tuple[int, Unit, int] | None:
    """Return the number of units at token `start`, the unit, and the index after it."""
    if start >= len(tokens):
        return None
    counted = relative.counted_units.at(tokens, start) if opened else None
    if counted is not None:
        return *counted[0], counted[1]
    number = _number(tokens, start, grammar)
    if number is None and grammar.language not in ("ru", "uk"):
        return None
    count, at = number or (1, start)
    if number is not None and at < len(tokens) and tokens[at].key in _MORE:
        at += 1
    found = relative.units.at(tokens, at) if at < len(tokens) else None
    return None if found is None else (count, *found)


def _closing(
    tokens: Tokens,
    after: int,
    sign: int,
    grammar: _Grammar,
    relative: RelativeWords,
    published: datetime.date,
) -> tuple[int, int, datetime.date]:
    """Return the index after a number of units with what follows it, its direction, and the day that it counts from."""
    if after < len(tokens):
        if (ending := relative.ago_after.at(tokens, after)) is not None and sign == 0:
            return ending[1], -1, published
        direction = _FROM.get(tokens[after].key)
        day = relative.days.at(tokens, after + 1) if direction and after + 1 < len(tokens) else None
        if direction and day is not None:
            return day[1], direction, published + datetime.timedelta(days=day[0])
        if (ending := relative.ahead_after.at(tokens, after)) is not None and sign == 0:
            return ending[1], 1, published
    return after, sign, published
