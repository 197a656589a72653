"""What articles are counted and filtered by: dimensions and their values."""

from collections import Counter
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Final

from schemas.records import Article

MENTIONED: Final = ("country", "topic", "person", "organisation", "keyword")
"""Dimensions of which an article has several values."""
TALLIED: Final = ("all", "language", "source", "country", "topic")
"""Dimensions that are counted by hour, day and in total as articles come in."""
FILTERS: Final = (
    "language",
    "source",
    "country",
    "topic",
    "person",
    "organisation",
    "keyword",
    "story",
    "change",
    "day",
)
"""Dimensions that lists of articles can be narrowed to."""

_LIMITS: Final = {"country": 30, "topic": 8, "person": 15, "organisation": 15, "keyword": 10}
_MAX_VALUE_CHARACTERS: Final = 200


def mentions_of(article: Article) -> dict[tuple[str, str], int]:
    """Return what an article mentions as (dimension, value) with the number of mentions, the most frequent first."""
    counts: dict[str, Counter[str]] = {dimension: Counter() for dimension in MENTIONED}
    for place in article.places:
        counts["country"][place.country_code] += place.count
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
        (dimension, value[:_MAX_VALUE_CHARACTERS]): count
        for dimension, counter in counts.items()
        for value, count in counter.most_common(_LIMITS[dimension])
        if value
    }


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
    """Return when the article happened for counting: published, else fetched, else processed."""
    return utc_time(article.published_at) or utc_time(article.fetched_at) or processed_at


def facet_term(dimension: str, value: str) -> str:
    """Return the term under which the full-text index knows a value; no word of a text looks like it."""
    return "f" + blake2b(f"{dimension}\0{value}".encode(), digest_size=8).hexdigest()


def facet_terms(
    article: Article, mentions: dict[tuple[str, str], int], time: str | None, story: str | None
) -> list[str]:
    """Return the terms of all values by which an article can be found."""
    values = [("language", language_of(article)), ("source", source_of(article)), ("change", article.change), *mentions]
    if time:
        values.append(("day", time[:10]))
    if story:
        values.append(("story", story))
    return [facet_term(dimension, value) for dimension, value in values]
