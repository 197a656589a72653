"""Which articles tell of the same event: what an article says of its event, and how like two such sets of facts are.

An article is a weighted set of features: words of its title and keywords, people, organisations, places, countries,
figures and dates. A story is the sum of its articles' features, the heaviest kept. Words differ between languages, so
an article and a story of other languages are compared by what is written alike in all: places, figures, dates.
"""

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final

from transforms.dedup.fingerprint import tokens_of
from transforms.text.folding import fold
from transforms.text.languages import primary
from transforms.text.wordlists import stop_words

WINDOW_DAYS: Final = 3
"""An article joins a story only within so many days of one of its articles."""
MAX_SPAN_DAYS: Final = 14
"""A story is over after so many days; what is told later of the same matter is another event."""
SAME_LANGUAGE: Final = 0.36
ACROSS_LANGUAGES: Final = 0.6
"""From this likeness on an article belongs to a story."""
COMMON: Final = 64
"""A feature that so many stories of the window have says nothing."""
MAX_FEATURES: Final = 48
PROFILE_FEATURES: Final = 96
_MIN_SHARED: Final = 3
_MIN_NEUTRAL: Final = 3
_KINDS: Final = {
    "word": 1.0,
    "person": 1.5,
    "organisation": 1.2,
    "place": 1.0,
    "country": 0.5,
    "figure": 1.0,
    "date": 0.7,
}
_NEUTRAL: Final = frozenset({"place", "country", "figure", "date"})
_ARABIC_PREFIXES: Final = ("وال", "بال", "كال", "فال", "لل", "ال")
_MIN_STEM: Final = 3


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing that an article says; `weight` is that of its kind, before its rarity is known."""

    key: int
    weight: float
    neutral: bool
    """Whether it is written alike in all languages."""


Profile = dict[int, tuple[float, bool]]
"""Weight of each feature key, and whether it is neutral."""


def features(
    *,
    language: str | None,
    title: str | None,
    keywords: Iterable[str] = (),
    people: Iterable[str] = (),
    organisations: Iterable[str] = (),
    places: Iterable[int] = (),
    countries: Iterable[str] = (),
    figures: Iterable[float] = (),
    dates: Iterable[str] = (),
) -> tuple[Feature, ...]:
    """Return the features of an article, without repetition, at most `MAX_FEATURES`, the telling kinds first."""
    words = [word for text in (title or "", *keywords) for word in _stems(text, language)]
    found: dict[int, Feature] = {}
    for kind, values in (
        ("person", [fold(name) for name in people]),
        ("word", words),
        ("place", [str(place) for place in places]),
        ("organisation", [fold(name) for name in organisations]),
        ("figure", [f"{figure:.15g}" for figure in figures if _is_telling(figure)]),
        ("date", [date for date in dates if len(date) >= len("2026-01-06")]),
        ("country", list(countries)),
    ):
        for value in values:
            if value:
                key = _key(f"{kind}:{value}")
                found.setdefault(key, Feature(key, _KINDS[kind], kind in _NEUTRAL))
    return tuple(found.values())[:MAX_FEATURES]


def weighted(found: Iterable[Feature], stories_with: Mapping[int, int]) -> Profile:
    """Return the features with their weights by rarity, given how many stories of the window have each."""
    full = math.log(COMMON + 1)
    profile: Profile = {}
    for feature in found:
        rarity = math.log((COMMON + 1) / (1 + min(stories_with.get(feature.key, 0), COMMON))) / full
        if rarity > 0:
            profile[feature.key] = (feature.weight * rarity, feature.neutral)
    return profile


def likeness(article: Profile, story: Profile, *, same_language: bool) -> float:
    """Return the cosine of the two, in [0, 1]; 0 where they share too little to say.

    Across languages only neutral features count, and both sides must have a few.
    """
    if not same_language:
        article = {key: entry for key, entry in article.items() if entry[1]}
        story = {key: entry for key, entry in story.items() if entry[1]}
        if min(len(article), len(story)) < _MIN_NEUTRAL:
            return 0.0
    shared = article.keys() & story.keys()
    if len(shared) < _MIN_SHARED:
        return 0.0
    product = math.fsum(article[key][0] * story[key][0] for key in shared)
    return product / (_norm(article) * _norm(story))


def belongs(similarity: float, *, same_language: bool) -> bool:
    """Whether an article of this likeness to a story is part of it."""
    return similarity >= (SAME_LANGUAGE if same_language else ACROSS_LANGUAGES)


def joined(story: Profile, article: Profile) -> Profile:
    """Return the story's profile with the article added, the heaviest features kept."""
    summed = dict(story)
    for key, (weight, neutral) in article.items():
        summed[key] = (summed.get(key, (0.0, neutral))[0] + weight, neutral)
    heaviest = sorted(summed.items(), key=lambda entry: (-entry[1][0], entry[0]))[:PROFILE_FEATURES]
    return dict(heaviest)


def _norm(profile: Profile) -> float:
    return math.hypot(*[weight for weight, _ in profile.values()])


def _is_telling(figure: float) -> bool:
    """Small and round numbers, and what may be a year, are shared by chance."""
    if not math.isfinite(figure) or abs(figure) < 13 or (figure == int(figure) and 1900 <= figure <= 2100):
        return False
    return len(f"{figure:.15g}".rstrip("0")) > 1


def _stems(text: str, language: str | None) -> list[str]:
    """Return the folded words of `text` without stop words; pairs of characters where words are not separated."""
    tokens = tokens_of(fold(text))
    if sum(map(len, tokens)) <= len(tokens) * 1.2 and len(tokens) > 1:
        return [first + second for first, second in pairwise(tokens)]
    stop = _stop_words(language or "")
    return [_stem(token) for token in tokens if token not in stop and len(token) > 1]


def _stem(word: str) -> str:
    """Return an Arabic word without article and conjunction, any other word as it is."""
    bare = word.removeprefix("و") if word.startswith(("وال", "ولل")) else word
    for prefix in _ARABIC_PREFIXES:
        if bare.startswith(prefix) and len(bare) - len(prefix) >= _MIN_STEM:
            return bare[len(prefix) :]
    return bare


@cache
def _stop_words(language: str) -> frozenset[str]:
    return frozenset(folded for word in stop_words(primary(language)) if (folded := fold(word)))


def _key(name: str) -> int:
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
