"""What rises: how far a value's articles in one hour exceed what its own past leads one to expect."""

from collections.abc import Iterator, Mapping
from math import sqrt
from typing import Final

from schemas.records import Article
from transforms.analytics.facets import language_of, mentions_of, source_of

WINDOW_SECONDS: Final = 3600
HISTORY_HOURS: Final = 168
"""Hours that a value is compared with."""
WARM_UP_HOURS: Final = 24
"""Hours after the first one known of which nothing is expected yet: everything would seem to rise."""
FREQUENT: Final = ("country", "language", "source", "topic")
"""Dimensions of few values: each window has a trend for each value. Others need `RARE_ARTICLES`."""
RARE_ARTICLES: Final = 3


def values_of(article: Article) -> Iterator[tuple[str, str]]:
    """Yield the (dimension, value) pairs in which an article counts."""
    yield "language", language_of(article)
    yield "source", source_of(article)
    if article.story:
        yield "story", article.story.uri
    yield from mentions_of(article)


def is_shown(dimension: str, articles: int) -> bool:
    """Whether a count is worth a trend record: rare values with one or two articles an hour are not."""
    return dimension in FREQUENT or articles >= RARE_ARTICLES


def burst(history: Mapping[int, int], hour: int, since: int) -> tuple[float, float] | None:
    """Return (expected, burst) of the articles in `hour`, None while too little is known.

    `history` holds a value's articles by hour (hours since 1970), `since` is the first hour that is known at all.
    Expected is the mean of the hours before, at most `HISTORY_HOURS`; burst is the excess over it in standard
    deviations of a Poisson count, with one article added so that a value without a past is not infinitely surprising.
    """
    first = max(since, hour - HISTORY_HOURS)
    if hour - since < WARM_UP_HOURS:
        return None
    expected = sum(count for at, count in history.items() if first <= at < hour) / (hour - first)
    return round(expected, 3), round((history.get(hour, 0) - expected) / sqrt(expected + 1), 3)
