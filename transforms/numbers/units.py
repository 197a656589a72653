"""Words and signs of currencies, percentages and measures, with the code or symbol that stands for each.

Currencies have their ISO 4217 code where the word or sign is certain; a bare ``ريال`` or ``peso`` is many currencies
and stays as it is written.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

from transforms.text.languages import by_value, primary, section
from transforms.text.phrases import Names
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

PERCENT: Final = frozenset("%٪﹪％")

_ANY: Final[Mapping[str, str]] = {
    "km": "km", "kilometers": "km", "kilometres": "km", "kilometer": "km", "kilometre": "km", "km²": "km²",
    "km2": "km²",
    "cm": "cm", "mm": "mm", "m²": "m²", "m2": "m²", "m³": "m³", "kg": "kg", "mg": "mg", "ha": "ha", "kWh": "kWh",
    "MW": "MW",
    "GW": "GW", "TWh": "TWh", "kmh": "km/h", "mph": "mph",  "GB": "GB",
}  # fmt: skip


@cache
def unit_words(language: str | None) -> Names[str]:
    """Return the words of units of a BCP 47 language tag, with the symbols that are the same in all."""
    return Names([*_ANY.items(), *by_value(section(primary(language), "units"))])
