"""What articles are counted and filtered by: one table of dimensions, from which store and pages work."""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Final, Literal

from schemas.records import Article
from transforms.text.folding import fold

Unit = Literal["total", "day", "hour"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """Something that articles are counted and filtered by."""

    name: str
    plural: str
    values: Literal["one", "several"] = "one"
    """Whether an article has one value of it, or mentions several."""
    limit: int = 0
    """Values kept of one article, where there are several."""
    counted: tuple[Unit, ...] = ()
    """Units by which the store keeps its counts as articles arrive."""
    is_name: bool = False
    """Whether its values are names, which are the same however they are accented, cased or vocalised."""
    has_page: bool = False


_HOURLY: Final[tuple[Unit, ...]] = ("total", "day", "hour")
_DAILY: Final[tuple[Unit, ...]] = ("total", "day")

DIMENSIONS: Final = {
    dimension.name: dimension
    for dimension in (
        Dimension(name="language", plural="languages", counted=_HOURLY),
        Dimension(name="source", plural="sources", counted=_HOURLY, has_page=True),
        Dimension(name="country", plural="countries", values="several", limit=30, counted=_HOURLY, has_page=True),
        Dimension(name="topic", plural="topics", values="several", limit=8, counted=_HOURLY),
        Dimension(name="place", plural="places", values="several", limit=20, counted=_DAILY, has_page=True),
        Dimension(
            name="person", plural="people", values="several", limit=15, counted=_DAILY, is_name=True, has_page=True
        ),
        Dimension(
            name="organisation",
            plural="organisations",
            values="several",
            limit=15,
            counted=_DAILY,
            is_name=True,
            has_page=True,
        ),
        Dimension(name="keyword", plural="keywords", values="several", limit=10, is_name=True),
        Dimension(name="story", plural="stories"),
        Dimension(name="change", plural="changes"),
        Dimension(name="day", plural="days"),
    )
}
"""A new dimension is a row here, and a value for it in `mentions_of` or `single_values`."""
FILTERS: Final = tuple(DIMENSIONS)
MENTIONED: Final = tuple(d.name for d in DIMENSIONS.values() if d.values == "several")
COUNTED: Final = tuple(d.name for d in DIMENSIONS.values() if d.counted)
_MAX_VALUE_CHARACTERS: Final = 200


def mentions_of(article: Article) -> dict[tuple[str, str], int]:
    """Return what an article mentions as (dimension, value) with the number of mentions, the most frequent first.

    Spellings of a name that differ in accents, case or vowel marks count together, under the first of them.
    """
    counts: dict[str, Counter[str]] = {dimension: Counter() for dimension in MENTIONED}
    for place in article.places:
        if place.country_code:
            counts["country"][place.country_code] += place.count
        if place.kind != "country":
            counts["place"][place_value(place.name, place.country_code)] += place.count
    for topic in (article.section, *article.tags):
        if topic:
            counts["topic"][topic] += 1
    for person in article.people:
        counts["person"][person.name] += person.count
    for organisation in article.organisations:
        counts["organisation"][organisation.name] += organisation.count
    for keyword in article.keywords:
        counts["keyword"][keyword.text] += 1
    return {
        (dimension, value): count
        for dimension, counter in counts.items()
        for value, count in _merged(dimension, counter).most_common(DIMENSIONS[dimension].limit)
        if value
    }


def _merged(dimension: str, counts: Counter[str]) -> Counter[str]:
    merged: Counter[str] = Counter()
    spelt: dict[str, str] = {}
    for value, count in counts.items():
        merged[spelt.setdefault(name_key(dimension, value), value[:_MAX_VALUE_CHARACTERS])] += count
    return merged


def place_value(name: str, country_code: str | None) -> str:
    """Return the name under which a place is counted: there is a Paris in more than one country."""
    return f"{name}, {country_code}" if country_code else name


def name_key(dimension: str, value: str) -> str:
    """Return what is compared to find whether two values are the same."""
    short = value[:_MAX_VALUE_CHARACTERS]
    known = DIMENSIONS.get(dimension)
    if known is None or not known.is_name:
        return short
    plain = unicodedata.normalize("NFC", _LATIN_ACCENTS.sub(r"\1", unicodedata.normalize("NFD", short)))
    return fold(plain) or short


_LATIN_ACCENTS: Final = re.compile("([A-Za-z])[\u0300-\u036f]+")


def source_of(article: Article) -> str:
    """Return the name under which an article's publisher is counted: its domain, else the name it gives itself."""
    return article.source.domain or article.source.name or "unknown"


def language_of(article: Article) -> str:
    """Return the article's language, ``und`` where it is not known."""
    return article.language or "und"


def utc_time(value: str | None) -> str | None:
    """Return a time as ``YYYY-MM-DDTHH:MM:SSZ`` in UTC, None where there is none or it is not a time."""
    if value is None:
        return None
    try:
        time = datetime.fromisoformat(value)
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return f"{time:%Y-%m-%dT%H:%M:%S}Z".rjust(20, "0")


def event_time(article: Article, processed_at: str | None) -> str | None:
    """Return when the article happened for counting: published, else fetched, else processed.

    A publication more than a day after the article was fetched (else processed) is a mistake of the page.
    """
    published, seen = utc_time(article.published_at), utc_time(article.fetched_at) or processed_at
    if published and seen and published > seen and published[:10] > _day_after(seen):
        return seen
    return published or seen


def _day_after(time: str) -> str:
    try:
        return f"{datetime.fromisoformat(time) + timedelta(days=1):%Y-%m-%d}".rjust(10, "0")
    except (ValueError, OverflowError):
        return "9999-12-31"


def facet_term(dimension: str, value: str) -> str:
    """Return the term under which the full-text index knows a value; no word of a text looks like it."""
    return "f" + blake2b(f"{dimension}\0{name_key(dimension, value)}".encode(), digest_size=8).hexdigest()


def single_values(article: Article, time: str | None) -> list[tuple[str, str]]:
    """Return the (dimension, value) pairs of which an article has one each."""
    values = [("language", language_of(article)), ("source", source_of(article)), ("change", article.change)]
    if time:
        values.append(("day", time[:10]))
    if article.story:
        values.append(("story", article.story.uri))
    return values


def facet_terms(article: Article, mentions: dict[tuple[str, str], int], time: str | None) -> list[str]:
    """Return the terms of all values by which an article can be found."""
    return [facet_term(dimension, value) for dimension, value in (*single_values(article, time), *mentions)]
