"""What a number counts: the noun beside it, found by the word order and endings of the language."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from transforms.text.languages import primary, section
from transforms.text.tokens import keys

# No part-of-speech tagger: words that are no noun are listed (section ``counted`` of a language's file: ``not_nouns``,
# ``skipped`` adjectives, and ``of``, what stands between a magnitude and its noun: 2 millions de personnes), and a noun
# must look as its language's nouns do after a number. Where that says nothing, nothing is counted.
_IRREGULAR_PLURALS: Final = keys(
    "people men women children police policemen policewomen firefighters troops personnel staff crew feet teeth mice "
    "fish "
    "sheep aircraft spacecraft servicemen servicewomen gunmen fishermen businessmen lawmen congressmen militiamen "
    "grandchildren schoolchildren cattle livestock deer species series"
)
_SINGULAR_S: Final = re.compile(r"(?:ss|us|is|ous|’s|'s)$")
_ENDINGS: Final[Mapping[str, re.Pattern[str]]] = {
    "fr": re.compile(r"\w\w[sxz]$"),
    "es": re.compile(r"\w\ws$"),
    "pt": re.compile(r"\w\ws$"),
    "it": re.compile(r"\w\w[ieaàùòs]$"),
    "tr": re.compile(r"\w\w"),
    "fa": re.compile(r"\w\w"),
    "hi": re.compile(r"\w\w"),
    "nl": re.compile(r"\w\w(?:en|ën|s|jaar|uur|man|kilo|kinderen|eieren)$"),
    "he": re.compile(r"\w(?:ים|ות|יים)$|^(?:איש|נפש|שנה|יום|חודש|שבוע|ילד|בית)$"),
    "uk": re.compile(r"\w\w\w*(?<!ли|ла|ло|ти|ть|ся|сь)$"),
    "ru": re.compile(r"\w\w\w*(?<!ли|ла|ло|ть|ет|ют|ит|ат|ся|сь|ут)$"),
}
_ARABIC_NO_NOUN: Final = re.compile(
    r"\w+(?:هما|هن)$|\w{4,}هم$"  # with a pronoun: أنفسهم
    r"|و(?!زير|زار|زرا|فا|في|فد|فود|حد|ظيف|ظائف|رق|رش|ثيق|ثائق|سيل|سائل|لاي|كيل|كال|كلا|جب|جه|لد|قف|سام|عد|قائع|دائع|افد)"
)
"""Folded: words with "and" before them, or a pronoun behind."""
_ACCUSATIVE: Final = re.compile(r"\w+(?:ا|ه|اء|ي)$")
"""Folded: the singular after 11 to 99 (``سؤالا``, ``دولة``)."""


@dataclass(frozen=True, slots=True)
class CountedWords:
    """What a language says about the words after a number; sets hold the keys of tokens."""

    language: str
    not_nouns: frozenset[str]
    skipped: frozenset[str]
    of: frozenset[str]

    def is_noun(self, key: str, word: str, value: float, *, magnitude: bool) -> bool:
        """Tell whether `word` with its folded `key` can be the noun that the number `value` counts."""
        if key in self.not_nouns or key in self.skipped or key in self.of:
            return False
        if self.language == "ar":
            if len(key) < 3 or key.startswith("ال") or not "ء" <= key[0] <= "ي" or _ARABIC_NO_NOUN.match(key):
                return False
            last = value % 100
            if magnitude or not isinstance(value, int) or not 11 <= last <= 99 or _ACCUSATIVE.match(key):
                return True
            # Everyday writing leaves the accusative out (20 شخص); a preposition joined to its noun looks the same.
            return key[0] not in "بلكفوي"
        if self.language == "en":
            return is_plural(key)
        if self.language == "de":
            return word[0].isupper() and len(word) > 2
        ending = _ENDINGS.get(self.language)
        return ending is not None and (word[0].islower() or not word[0].isupper()) and ending.search(key) is not None


def is_plural(key: str) -> bool:
    """Tell whether an English word looks like a plural."""
    return key in _IRREGULAR_PLURALS or (len(key) > 3 and key.endswith("s") and _SINGULAR_S.search(key) is None)


@cache
def counted_words(language: str | None) -> CountedWords | None:
    """Return the rules for a BCP 47 language tag; None where there are none."""
    base = primary(language)
    listed = section(base, "counted")
    if not listed:
        return None
    return CountedWords(
        language=base,
        not_nouns=keys(listed["not_nouns"]),
        skipped=keys(listed.get("skipped", "")),
        of=keys(listed.get("of", "")),
    )
