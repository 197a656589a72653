"""The interface's own words, in English and Arabic. What articles say is never translated.

English stands in templates and code as it is; ``ar.toml`` has the Arabic of it. A test finds words without any.
"""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Final

from babel import Locale
from starlette.requests import Request

LANGUAGES: Final = {"en": "English", "ar": "العربية"}
COOKIE: Final = "khabar-language"

NOUNS: Final[dict[str, dict[str, dict[str, str]]]] = {
    "en": {
        "article": {"one": "article", "other": "articles"},
        "source": {"one": "source", "other": "sources"},
        "language": {"one": "language", "other": "languages"},
        "story": {"one": "story", "other": "stories"},
        "quote": {"one": "quotation", "other": "quotations"},
        "record": {"one": "record", "other": "records"},
        "dead letter": {"one": "dead letter", "other": "dead letters"},
        "duplicate": {"one": "duplicate", "other": "duplicates"},
        "word": {"one": "word", "other": "words"},
        "byte": {"one": "byte", "other": "bytes"},
        "version": {"one": "version", "other": "versions"},
        "attempt": {"one": "earlier attempt", "other": "earlier attempts"},
        "copy": {"one": "copy of the same text", "other": "copies of the same text"},
        "day": {"one": "day", "other": "days"},
    },
    "ar": {
        "article": {"zero": "مقال", "one": "مقال", "two": "مقالان", "few": "مقالات", "many": "مقالًا", "other": "مقال"},
        "source": {"zero": "مصدر", "one": "مصدر", "two": "مصدران", "few": "مصادر", "many": "مصدرًا", "other": "مصدر"},
        "language": {"zero": "لغة", "one": "لغة", "two": "لغتان", "few": "لغات", "many": "لغة", "other": "لغة"},
        "story": {"zero": "قصة", "one": "قصة", "two": "قصتان", "few": "قصص", "many": "قصة", "other": "قصة"},
        "quote": {
            "zero": "اقتباس",
            "one": "اقتباس",
            "two": "اقتباسان",
            "few": "اقتباسات",
            "many": "اقتباسًا",
            "other": "اقتباس",
        },
        "record": {"zero": "سجل", "one": "سجل", "two": "سجلان", "few": "سجلات", "many": "سجلًا", "other": "سجل"},
        "dead letter": {
            "zero": "رسالة ميتة",
            "one": "رسالة ميتة",
            "two": "رسالتان ميتتان",
            "few": "رسائل ميتة",
            "many": "رسالة ميتة",
            "other": "رسالة ميتة",
        },
        "duplicate": {
            "zero": "نسخة مكررة",
            "one": "نسخة مكررة",
            "two": "نسختان مكررتان",
            "few": "نسخ مكررة",
            "many": "نسخة مكررة",
            "other": "نسخة مكررة",
        },
        "word": {"zero": "كلمة", "one": "كلمة", "two": "كلمتان", "few": "كلمات", "many": "كلمة", "other": "كلمة"},
        "byte": {"zero": "بايت", "one": "بايت", "two": "بايتان", "few": "بايتات", "many": "بايتًا", "other": "بايت"},
        "version": {
            "zero": "إصدار",
            "one": "إصدار",
            "two": "إصداران",
            "few": "إصدارات",
            "many": "إصدارًا",
            "other": "إصدار",
        },
        "attempt": {
            "zero": "محاولة سابقة",
            "one": "محاولة سابقة",
            "two": "محاولتان سابقتان",
            "few": "محاولات سابقة",
            "many": "محاولة سابقة",
            "other": "محاولة سابقة",
        },
        "copy": {
            "zero": "نسخة من النص نفسه",
            "one": "نسخة من النص نفسه",
            "two": "نسختان من النص نفسه",
            "few": "نسخ من النص نفسه",
            "many": "نسخة من النص نفسه",
            "other": "نسخة من النص نفسه",
        },
        "day": {"zero": "يوم", "one": "يوم", "two": "يومان", "few": "أيام", "many": "يومًا", "other": "يوم"},
    },
}

ARABIC: Final[Mapping[str, str]] = tomllib.loads(
    files("pipeline.dashboard").joinpath("ar.toml").read_text(encoding="utf-8")
)


def interface_language(request: Request) -> str:
    """Return the language in which the interface is shown: as chosen, else the browser's, else English."""
    chosen = request.cookies.get(COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    first = request.headers.get("accept-language", "").partition(",")[0].partition("-")[0].strip().lower()
    return first if first in LANGUAGES else "en"


def translate(language: str, text: str) -> str:
    """Return one of the interface's own words in `language`."""
    return ARABIC.get(text, text) if language == "ar" else text


def counted(language: str, number: int, noun: str, shown: str) -> str:
    """Return a number with its noun, ``1 article`` or ``3 articles``."""
    forms = NOUNS[language][noun]
    form = str(Locale(language).plural_form(number))
    word = forms.get(form, forms["other"])
    if language == "ar" and form in {"one", "two"} and number in {1, 2}:
        return f"{word} واحد" if number == 1 and noun in _MASCULINE else f"{word} واحدة" if number == 1 else word
    return f"{shown} {word}"


_MASCULINE: Final = frozenset({"article", "source", "quote", "record", "byte", "version", "day"})
