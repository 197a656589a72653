"""Words and signs of currencies, percentages and measures, with the code or symbol that stands for each.

Currencies have their ISO 4217 code where the word or sign is certain; a bare ``ريال`` or ``peso`` is many currencies
and stays as it is written.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from babel import Locale, UnknownLocaleError, localedata

from transforms.text.cldr import read_anew
from transforms.text.compiled import contents, release
from transforms.text.languages import by_value, files_of, primary, section
from transforms.text.phrases import Names, compiled_names
from transforms.text.tokens import keys

CURRENCY_SIGNS: Final[Mapping[str, str]] = {
    "$": "USD", "€": "EUR", "£": "GBP", "₺": "TRY", "₽": "RUB", "₹": "INR", "₪": "ILS", "₩": "KRW", "₴": "UAH",
    "₫": "VND",
    "฿": "THB", "₦": "NGN", "₱": "PHP", "₸": "KZT", "₾": "GEL", "₼": "AZN", "﷼": "﷼", "¥": "¥", "￥": "¥",
}  # fmt: skip
DOLLARS: Final[Mapping[str, str]] = {
    "us": "USD", "a": "AUD", "au": "AUD", "c": "CAD", "ca": "CAD", "nz": "NZD", "hk": "HKD", "s": "SGD", "nt": "TWD",
    "r": "BRL",
}  # fmt: skip
"""Letters before a dollar sign."""
YEN_OR_YUAN: Final = {"ja": "JPY", "zh": "CNY"}
ISO_CODES: Final = keys(
    "usd eur gbp jpy cny chf cad aud nzd sek nok dkk pln czk huf ron try rub uah inr pkr bdt idr myr sgd hkd twd krw "
    "thb vnd php aed sar qar kwd bhd omr jod egp mad dzd tnd lyd iqd irr ils lbp syp yer sdg zar ngn kes brl mxn ars"
)
"""Codes that are written beside amounts, as keys of tokens."""

CURRENCIES: Final = frozenset(code.upper() for code in ISO_CODES)
PERCENT: Final = frozenset("%٪﹪％")

_ANY: Final[Mapping[str, str]] = {
    "km": "km", "kilometers": "km", "kilometres": "km", "kilometer": "km", "kilometre": "km", "km²": "km²",
    "km2": "km²",
    "cm": "cm", "mm": "mm", "m²": "m²", "m2": "m²", "m³": "m³", "kg": "kg", "mg": "mg", "ha": "ha", "kWh": "kWh",
    "MW": "MW", "celsius": "°C", "fahrenheit": "°F", "kelvin": "K", "MB": "MB", "KB": "KB", "TB": "TB", "bit": "bit",
    "bits": "bit", "cents": "cent", "m/s": "m/s",
    "GW": "GW", "TWh": "TWh", "kmh": "km/h", "mph": "mph",  "GB": "GB",
}  # fmt: skip


_CLDR_SYMBOLS: Final[Mapping[str, str]] = {
    "length-kilometer": "km", "length-meter": "m", "length-centimeter": "cm", "length-millimeter": "mm",
    "length-mile": "mi", "length-foot": "ft", "length-inch": "in", "length-yard": "yd", "length-nautical-mile": "nmi",
    "area-square-kilometer": "km²", "area-square-meter": "m²", "area-square-mile": "mi²", "area-square-foot": "ft²",
    "area-hectare": "ha", "area-acre": "acre", "mass-kilogram": "kg", "mass-gram": "g", "mass-milligram": "mg",
    "mass-microgram": "µg", "mass-tonne": "t", "mass-ton": "ton", "mass-pound": "lb", "mass-ounce": "oz",
    "volume-liter": "l", "volume-milliliter": "ml", "volume-cubic-meter": "m³", "volume-gallon": "gal",
    "volume-barrel": "bbl", "volume-cubic-foot": "ft³", "speed-kilometer-per-hour": "km/h",
    "speed-mile-per-hour": "mph", "speed-meter-per-second": "m/s", "temperature-celsius": "°C",
    "temperature-fahrenheit": "°F", "temperature-kelvin": "K", "temperature-generic": "°", "concentr-percent": "%",
    "power-watt": "W", "power-kilowatt": "kW", "power-megawatt": "MW", "power-gigawatt": "GW",
    "energy-kilowatt-hour": "kWh", "digital-bit": "bit", "digital-byte": "B", "digital-kilobyte": "KB",
    "digital-megabyte": "MB", "digital-gigabyte": "GB", "digital-terabyte": "TB", "length-light-year": "ly",
    "frequency-hertz": "Hz", "frequency-megahertz": "MHz", "frequency-gigahertz": "GHz", "length-micrometer": "µm",
    "length-nanometer": "nm", "length-picometer": "pm", "length-decimeter": "dm", "concentr-karat": "kt",
}  # fmt: skip
"""Measures of CLDR, and their symbols; its durations are things that are counted."""
_DURATIONS: Final = ("year", "month", "week", "day", "hour", "minute", "second", "decade", "century")
_SHARED_BY: Final = 2
"""Currencies that have a word in common, for it to be their noun: dollar, franc."""


def _cldr(language: str) -> dict[str, Any]:
    read_anew()
    try:
        return dict(Locale.parse(language)._data)  # Babel has no other way to the plural forms of units
    except (UnknownLocaleError, ValueError, TypeError):
        return {}


def _names(data: Mapping[str, Any], unit: str, widths: tuple[str, ...]) -> Iterator[str]:
    """Yield what stands after a number of a unit, in all its plural forms."""
    forms = data.get("unit_patterns", {}).get(unit, {})
    for width in widths:
        for plural, pattern in dict(forms.get(width, {})).items():
            name = pattern.replace("{0}", "").strip(" \xa0\u202f") if isinstance(pattern, str) else ""
            if plural != "per" and "{" not in name and len(name) > 1 + name.isascii():
                yield name


def measures(language: str) -> Iterator[tuple[str, str]]:
    """Yield the names of measures in all their plural forms, with their symbols (CLDR)."""
    data = _cldr(language)
    for unit, symbol in _CLDR_SYMBOLS.items():
        yield from ((name, symbol) for name in _names(data, unit, ("long", "short")))


def durations(language: str) -> Iterator[str]:
    """Yield the names of spans of time in all their plural forms (CLDR)."""
    data = _cldr(language)
    for unit in _DURATIONS:
        yield from _names(data, f"duration-{unit}", ("long",))


def currencies(language: str) -> Iterator[tuple[str, str]]:
    """Yield the names of currencies with their codes, and the nouns that several share, as they are (CLDR)."""
    data = _cldr(language)
    plurals = data.get("currency_names_plural", {}) if "currency_names_plural" in data else {}
    first: dict[str, set[str]] = {}
    last: dict[str, set[str]] = {}
    for code in sorted(data.get("currency_names", {})):
        forms = dict(plurals[code]).values() if code in plurals else ()
        for name in sorted({str(data["currency_names"][code]), *map(str, forms)}):
            name = name.partition("(")[0].strip()
            yield name, code
            words = name.split()
            if len(words) > 1:
                first.setdefault(words[0], set()).add(code)
                last.setdefault(words[-1], set()).add(code)
    # Of a currency's words the noun is the one that recurs: countries are many, dollars and francs few.
    nouns = first if len(first) < len(last) else last
    for word, codes in sorted(nouns.items()):
        if len(codes) >= _SHARED_BY and len(word) > 2:
            yield word, "USD" if {"USD", "CAD", "AUD"} <= codes else word


@cache
def unit_words(language: str | None) -> Names[str]:
    """Return the words of units of a BCP 47 language tag, with the symbols that are the same in all.

    The language's own list comes first, then the names of measures and currencies in CLDR.
    """
    base = primary(language)

    def names() -> Iterator[tuple[str, str]]:
        yield from _ANY.items()
        yield from by_value(section(base, "units"))
        yield from measures(base)
        yield from currencies(base)

    return compiled_names(f"units-{base}", str, names, _made_from(base)) if _listed(base) else Names(names())


@cache
def duration_words(language: str | None) -> Names[bool]:
    """Return the words of spans of time of a BCP 47 language tag: what is counted, and no unit."""
    base = primary(language)

    def names() -> Iterator[tuple[str, bool]]:
        return ((name, True) for name in durations(base))

    return compiled_names(f"durations-{base}", bool, names, _made_from(base)) if _listed(base) else Names(())


def _listed(language: str) -> bool:
    """Whether CLDR has the language: its files are large, so what is read of them is compiled."""
    return bool(language) and localedata.exists(language)


def _made_from(language: str) -> str:
    return f"{contents('numbers/units.py', 'text/cldr.py', *files_of(language))} {release('Babel')}"
