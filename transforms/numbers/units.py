"""Words and signs of currencies, percentages and measures, with the code or symbol that stands for each.

Currencies have their ISO 4217 code where the word or sign is certain; a bare ``ريال`` or ``peso`` is many currencies
and stays as it is written.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

from transforms.dates.names import Names
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

_BY_LANGUAGE: Final[Mapping[str, Mapping[str, str]]] = {
    "ar": {
        "بالمئة": "%", "بالمائة": "%", "بالمية": "%", "في المئة": "%", "في المائة": "%", "في الماية": "%",
        "فى المائة": "%",
        "دولار": "USD", "دولارا": "USD", "دولارات": "USD", "دولار أميركي": "USD", "دولار أمريكي": "USD",
        "دولارا أميركيا": "USD",
        "دولارا أمريكيا": "USD", "دولار كندي": "CAD", "دولار أسترالي": "AUD", "يورو": "EUR", "جنيه": "جنيه",
        "جنيها": "جنيه",
        "جنيهات": "جنيه", "جنيه مصري": "EGP", "جنيه إسترليني": "GBP", "جنيه استرليني": "GBP", "جنيها إسترلينيا": "GBP",
        "جنيه سوداني": "SDG", "ريال": "ريال", "ريالا": "ريال", "ريالات": "ريال", "ريال سعودي": "SAR",
        "ريال قطري": "QAR",
        "ريال عماني": "OMR", "ريال يمني": "YER", "ريال إيراني": "IRR", "دينار": "دينار", "دينارا": "دينار",
        "دينار كويتي": "KWD", "دينار بحريني": "BHD", "دينار عراقي": "IQD", "دينار أردني": "JOD", "دينار جزائري": "DZD",
        "دينار تونسي": "TND", "دينار ليبي": "LYD", "درهم": "درهم", "درهما": "درهم", "دراهم": "درهم",
        "درهم إماراتي": "AED",
        "درهم مغربي": "MAD", "ليرة": "ليرة", "ليرة تركية": "TRY", "ليرة لبنانية": "LBP", "ليرة سورية": "SYP",
        "روبل": "RUB",
        "روبية هندية": "INR", "روبية باكستانية": "PKR", "شيكل": "ILS", "شيقل": "ILS", "شيكلا": "ILS", "يوان": "CNY",
        "فرنك سويسري": "CHF", "ين ياباني": "JPY",
        "كيلومتر": "km", "كيلومترا": "km", "كيلومترات": "km", "كم": "km", "كلم": "km", "كيلو متر": "km",
        "كيلو مترا": "km",
        "كيلومتر مربع": "km²", "كيلومترا مربعا": "km²", "كيلومترات مربعة": "km²", "متر": "m", "مترا": "m", "أمتار": "m",
        "متر مربع": "m²", "مترا مربعا": "m²", "أمتار مربعة": "m²", "متر مكعب": "m³", "سنتيمتر": "cm", "سنتيمترا": "cm",
        "كيلوغرام": "kg", "كيلوغراما": "kg", "كيلوغرامات": "kg", "كيلوجرام": "kg", "كيلوجراما": "kg", "كغ": "kg",
        "كجم": "kg",
        "كيلو غرام": "kg", "غرام": "g", "غراما": "g", "جرام": "g", "طن": "t", "طنا": "t", "أطنان": "t", "هكتار": "ha",
        "هكتارا": "ha", "ميل": "mi", "ميلا": "mi", "أميال": "mi", "لتر": "l", "لترا": "l", "ميغاوات": "MW",
        "ميجاوات": "MW",
        "جيغاوات": "GW", "درجة مئوية": "°C", "درجات مئوية": "°C",
    },
    "en": {
        "percent": "%", "per cent": "%", "pct": "%", "dollars": "USD", "dollar": "USD", "us dollars": "USD",
        "canadian dollars": "CAD", "australian dollars": "AUD", "hong kong dollars": "HKD", "euros": "EUR",
        "euro": "EUR",
        "pounds sterling": "GBP", "yen": "JPY", "yuan": "CNY", "rubles": "RUB", "roubles": "RUB", "rupees": "rupees",
        "shekels": "ILS", "swiss francs": "CHF", "liras": "liras", "riyals": "riyals", "dirhams": "dirhams",
        "dinars": "dinars", "pesos": "pesos", "won": "KRW", "miles": "mi", "mile": "mi", "meters": "m", "metres": "m",
        "square kilometers": "km²", "square kilometres": "km²", "square miles": "mi²", "square meters": "m²",
        "square metres": "m²", "square feet": "ft²", "kilograms": "kg", "kilogrammes": "kg", "kilos": "kg",
        "grams": "g",
        "tonnes": "t", "hectares": "ha", "acres": "acres", "feet": "ft", "foot": "ft", "litres": "l", "liters": "l",
        "megawatts": "MW", "gigawatts": "GW", "degrees celsius": "°C", "degrees fahrenheit": "°F",
    },
    "fr": {
        "pour cent": "%", "euros": "EUR", "euro": "EUR", "d'euros": "EUR", "dollars": "USD", "dollar": "USD",
        "livres sterling": "GBP", "francs suisses": "CHF", "yens": "JPY", "yuans": "CNY", "roubles": "RUB",
        "kilomètres": "km", "kilomètre": "km", "mètres": "m", "mètre": "m", "kilomètres carrés": "km²",
        "mètres carrés": "m²",
        "kilos": "kg", "kilogrammes": "kg", "tonnes": "t", "hectares": "ha", "litres": "l", "degrés": "°",
    },
    "de": {
        "prozent": "%", "euro": "EUR", "dollar": "USD", "us-dollar": "USD", "pfund": "Pfund", "franken": "CHF",
        "yen": "JPY",
        "yuan": "CNY", "rubel": "RUB", "kilometer": "km", "kilometern": "km", "meter": "m", "metern": "m",
        "quadratkilometer": "km²", "quadratmeter": "m²", "kilogramm": "kg", "kilo": "kg", "tonnen": "t", "tonne": "t",
        "hektar": "ha", "liter": "l", "grad": "°", "grad celsius": "°C", "megawatt": "MW", "gigawatt": "GW",
        "stundenkilometer": "km/h", "zentimeter": "cm",
    },
    "es": {
        "por ciento": "%", "euros": "EUR", "dólares": "USD", "dólar": "USD", "libras esterlinas": "GBP", "yenes": "JPY",
        "yuanes": "CNY", "rublos": "RUB", "pesos": "pesos", "kilómetros": "km", "kilómetro": "km", "metros": "m",
        "kilómetros cuadrados": "km²", "metros cuadrados": "m²", "kilos": "kg", "kilogramos": "kg", "toneladas": "t",
        "hectáreas": "ha", "litros": "l", "grados": "°",
    },
    "pt": {
        "por cento": "%", "euros": "EUR", "dólares": "USD", "reais": "BRL", "libras": "libras", "quilômetros": "km",
        "quilómetros": "km", "metros": "m", "quilômetros quadrados": "km²", "metros quadrados": "m²", "quilos": "kg",
        "toneladas": "t", "hectares": "ha", "litros": "l", "graus": "°",
    },
    "it": {
        "per cento": "%", "euro": "EUR", "dollari": "USD", "sterline": "GBP", "yen": "JPY", "chilometri": "km",
        "metri": "m",
        "chilometri quadrati": "km²", "metri quadrati": "m²", "chili": "kg", "chilogrammi": "kg", "tonnellate": "t",
        "ettari": "ha", "litri": "l", "gradi": "°",
    },
    "tr": {
        "lira": "TRY", "liraya": "TRY", "liralık": "TRY", "lirası": "TRY", "tl": "TRY", "dolar": "USD",
        "dolarlık": "USD",
        "euro": "EUR", "avro": "EUR", "kilometre": "km", "metre": "m", "kilometrekare": "km²", "metrekare": "m²",
        "kilogram": "kg", "kilo": "kg", "ton": "t", "hektar": "ha", "litre": "l", "derece": "°",
    },
    "ru": {
        "процент": "%", "процента": "%", "процентов": "%", "рубль": "RUB", "рубля": "RUB", "рублей": "RUB",
        "руб": "RUB",
        "доллар": "USD", "доллара": "USD", "долларов": "USD", "евро": "EUR", "юаней": "CNY", "гривен": "UAH",
        "гривны": "UAH",
        "километр": "km", "километра": "km", "километров": "km", "км": "km", "метр": "m", "метра": "m", "метров": "m",
        "килограммов": "kg", "кг": "kg", "тонн": "t", "тонны": "t", "тонна": "t", "гектаров": "ha", "га": "ha",
        "литров": "l",
        "кв м": "m²", "квадратных метров": "m²", "квадратных километров": "km²", "градусов": "°", "градуса": "°",
    },
    "fa": {
        "درصد": "%", "دلار": "USD", "یورو": "EUR", "تومان": "تومان", "ریال": "IRR", "لیر": "TRY", "کیلومتر": "km",
        "متر": "m",
        "متر مربع": "m²", "کیلومتر مربع": "km²", "کیلوگرم": "kg", "تن": "t", "هکتار": "ha", "لیتر": "l", "درجه": "°",
    },
    "nl": {"procent": "%", "euro": "EUR", "dollar": "USD", "kilometer": "km", "meter": "m", "kilo": "kg", "ton": "t"},
    "pl": {
        "procent": "%", "zł": "PLN", "złotych": "PLN", "złote": "PLN", "euro": "EUR", "dolarów": "USD",
        "kilometrów": "km",
    },
    "uk": {
        "відсотків": "%", "відсотка": "%", "гривень": "UAH", "гривні": "UAH", "доларів": "USD", "євро": "EUR",
        "км": "km",
    },
    "sv": {"procent": "%", "kronor": "SEK", "euro": "EUR", "dollar": "USD", "kilometer": "km", "meter": "m"},
    "da": {"procent": "%", "kroner": "DKK", "euro": "EUR", "dollar": "USD"},
    "nb": {"prosent": "%", "kroner": "NOK", "euro": "EUR", "dollar": "USD"},
    "hi": {"प्रतिशत": "%", "फीसदी": "%", "रुपये": "INR", "रुपए": "INR", "डॉलर": "USD", "किलोमीटर": "km"},
    "ur": {"فیصد": "%", "روپے": "روپے", "ڈالر": "USD"},
}  # fmt: skip


@cache
def unit_words(language: str | None) -> Names[str]:
    """Return the words of units of a BCP 47 language tag, with the symbols that are the same in all."""
    base = (language or "").replace("_", "-").split("-")[0].lower()
    return Names([*_ANY.items(), *_BY_LANGUAGE.get(base, {}).items()])
