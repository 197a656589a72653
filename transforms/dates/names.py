"""Names of months and weekdays, and the order of day and month, by language: CLDR through Babel, and what it lacks."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, Literal

import msgspec
from babel import Locale, UnknownLocaleError, localedata

from transforms.dates.calendars import Calendar
from transforms.text.cldr import read_anew
from transforms.text.compiled import compiled_bytes, contents, release
from transforms.text.languages import by_value, files_of, in_order, primary, section
from transforms.text.phrases import SOURCES, Key, Names, by_first_word, name_key, names_in

Order = Literal["dmy", "mdy", "ymd"]

_WORLD: Final = (
    "af am ar az be bg bn bs ca cs cy da de el en es et eu fa fi fil fr ga gl gu he hi hr hu hy id is it ja ka kk km "
    "kn ko ky lo lt lv mk ml mn mr ms mt my nb ne nl pa pl ps pt ro ru si sk sl so sq sr sr_Latn sv sw ta te tg th tk "
    "tr uk ur uz vi zh"
)
"""Languages whose names are tried where the language is not known."""

_ALL: Final = "all"
_FACTS, _MONTHS, _WEEKDAYS = "facts", "month ", "weekday "
"""What the keys of the table of names begin with."""
_SOURCES: Final = (
    "dates/names.py",
    "dates/calendars.py",
    "text/cldr.py",
    "data/calendars.toml",
    *SOURCES,
)

_ALIASES: Final = {"no": "nb", "nn": "nb", "tl": "fil", "sh": "sr_Latn"}


@dataclass(frozen=True, slots=True)
class Month:
    """A month by its number in its calendar; a `weak` name is also a common word, and needs a day beside it."""

    calendar: Calendar
    number: int
    weak: bool = False


def _months(names: str, calendar: Calendar = Calendar.GREGORIAN, *, weak: bool = False) -> dict[str, Month]:
    """Read the twelve months of a calendar, separated by commas, the forms of each by slashes."""
    return {name: Month(calendar, number, weak) for name, number in in_order(names, 1, 1)}


@cache
def _calendars() -> dict[str, dict[str, Month]]:
    """Return the months of the calendars of ``transforms/data/calendars.toml``; they need a day beside them."""
    tables = tomllib.loads((resources.files("transforms") / "data" / "calendars.toml").read_text("utf-8"))
    return {
        name: _months(table["months"], Calendar[table["calendar"].upper()], weak=True) for name, table in tables.items()
    }


def _added_months(language: str) -> dict[str, Month]:
    """Return the months that CLDR lacks: other calendars, spellings, and the cases in which they stand in prose."""
    table = section(language, "dates")
    months: dict[str, Month] = {}
    for name in table.get("calendars", ()):
        months |= _calendars()[name]
    months |= _months(table.get("months", ""))
    months |= _months(table.get("weak_months", ""), weak=True)
    endings = table.get("month_endings", "").split()
    for number, stem in enumerate(table.get("month_stems", "").split(), 1):
        months |= {stem + ending: Month(Calendar.GREGORIAN, number) for ending in endings}
    return months


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What a language calls months and weekdays (Monday is 0), and how it writes dates.

    ``order`` is None where the language alone does not decide: English writes both 3/4 and 4/3 for 3 April.
    """

    language: str | None
    months: Names[Month]
    weekdays: Names[int]
    order: Order | None
    months_capitalised: bool
    weekdays_capitalised: bool


def _locales(language: str) -> tuple[str, ...]:
    """Return the CLDR locales of a language, its own first."""
    variants = sorted(i for i in localedata.locale_identifiers() if i.startswith(language + "_"))
    if "_" not in language:  # Another script than the usual one is a language of its own here.
        variants = [i for i in variants if len(i.split("_")[1]) != 4]
    return (language, *variants)


def _cldr_names(locale: Locale, kind: Literal["months", "days"]) -> Iterable[tuple[str, int]]:
    data = getattr(locale, kind)
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            names: Mapping[int, str] = data.get(context, {}).get(width, {})
            for number, name in names.items():
                if any(c.isalpha() for c in name) and not _PLACEHOLDER.fullmatch(name):
                    yield name, number


_PLACEHOLDER: Final = re.compile(r"M\d\d|\d+\s?[月월]?")


def _language_key(language: str) -> str:
    """Return the Babel identifier of the language of a BCP 47 tag."""
    parts = language.replace("-", "_").split("_")
    base = primary(language)
    base = _ALIASES.get(base, base)
    if base == "sr" and "latn" in (p.lower() for p in parts[1:]):
        return "sr_Latn"
    return base


def _order(language: str) -> Order | None:
    """Return the order that CLDR's short date of the language tag has; None for English without a territory."""
    tag = language.replace("-", "_")
    if tag.lower() == "en":
        return None
    try:
        pattern = Locale.parse(tag).date_formats["short"].pattern
    except (UnknownLocaleError, ValueError, KeyError, TypeError):
        base = _language_key(language)
        if base == "en" or not localedata.exists(base):
            return None
        pattern = Locale.parse(base).date_formats["short"].pattern
    order = "".join(dict.fromkeys(c.lower() for c in pattern if c in "dMy"))
    return order if order in ("dmy", "mdy", "ymd") else None  # type: ignore[return-value]


def _month_names(language: str) -> tuple[tuple[str, Month], ...]:
    read_anew()
    names: dict[str, Month] = {}
    for identifier in _locales(language):
        if localedata.exists(identifier):
            for name, number in _cldr_names(Locale.parse(identifier), "months"):
                names.setdefault(name, Month(Calendar.GREGORIAN, number))
    for name, month in _added_months(language).items():
        names.setdefault(name, month)
    return tuple(names.items())


def _weekday_names(language: str) -> tuple[tuple[str, int], ...]:
    read_anew()
    names: dict[str, int] = {}
    for identifier in _locales(language):
        if localedata.exists(identifier):
            for name, number in _cldr_names(Locale.parse(identifier), "days"):
                names.setdefault(name, number)
    for name, listed in by_value(section(language, "dates").get("weekdays", {})):
        names.setdefault(name, int(listed))
    endings = section(language, "dates").get("weekday_endings", "").split()  # Mittwochabend, maandagochtend
    for name, number in tuple(names.items()):
        if len(name) > 3:
            for ending in endings:
                names.setdefault(name + ending, number)
    return tuple(names.items())


@cache
def lexicon(language: str | None) -> Lexicon:
    """Return the lexicon of a BCP 47 language tag; without one, or for an unknown one, that of all languages.

    The lexicon of all languages leaves out names that mean different months in different languages (``listopad``).
    """
    key = _language_key(language) if language else ""
    if not language or not (localedata.exists(key) and (listed := _Listed(key)).known):
        return _world_lexicon()
    return Lexicon(
        language=key,
        months=listed.months,
        weekdays=listed.weekdays,
        order=listed.order if language == key else _order(language),
        months_capitalised=listed.months_capitalised,
        weekdays_capitalised=listed.weekdays_capitalised,
    )


@cache
def _world_lexicon() -> Lexicon:
    return Lexicon(
        language=None,
        months=_Listed(_ALL).months,
        weekdays=Names(()),
        order=None,
        months_capitalised=False,
        weekdays_capitalised=False,
    )


class _Listed:
    """The names of a language, or of all: a compiled table, since CLDR's hundreds of files take a second to read.

    It has the names by the keys of their first words, and one record about them all.
    """

    def __init__(self, key: str) -> None:
        languages = _WORLD.split() if key == _ALL else [key]
        files = (file for language in languages for file in files_of(language))
        table = compiled_bytes(
            f"dates-{key}", lambda: _listed(key), f"{contents(*_SOURCES, *dict.fromkeys(files))} {release('Babel')}"
        )
        facts = msgspec.msgpack.decode(table[_FACTS][0])
        self.known: bool = facts["known"]
        self.order: Order | None = facts["order"]
        self.months_capitalised: bool = facts["months_capitalised"]
        self.weekdays_capitalised: bool = facts["weekdays_capitalised"]
        self.months: Names[Month] = names_in(table, Month, _MONTHS)
        self.weekdays: Names[int] = names_in(table, int, _WEEKDAYS)


def _listed(key: str) -> Iterator[tuple[str, bytes]]:
    """Yield what the table of a language's names holds."""
    months, weekdays = (_month_names_of_all(), ()) if key == _ALL else (_month_names(key), _weekday_names(key))
    facts = {
        "known": bool(months),
        "order": None if key == _ALL else _order(key),
        "months_capitalised": bool(months) and months[0][0][:1].isupper(),
        "weekdays_capitalised": bool(weekdays) and weekdays[0][0][:1].isupper(),
    }
    yield _FACTS, msgspec.msgpack.encode(facts)
    for first, month in by_first_word(months).items():
        yield _MONTHS + first, msgspec.msgpack.encode(month)
    for first, weekday in by_first_word(weekdays).items():
        yield _WEEKDAYS + first, msgspec.msgpack.encode(weekday)


def _month_names_of_all() -> tuple[tuple[str, Month], ...]:
    meanings: dict[Key, set[tuple[Calendar, int]]] = {}
    months: dict[Key, tuple[str, Month]] = {}
    for language in _WORLD.split():
        for name, month in _month_names(language):
            key = name_key(name)
            meanings.setdefault(key, set()).add((month.calendar, month.number))
            months.setdefault(key, (name, month))
    return tuple(months[key] for key, found in meanings.items() if len(found) == 1)


def warm_up() -> None:
    """Load the names of all languages, which the first date in an unknown language otherwise waits for."""
    _world_lexicon()
