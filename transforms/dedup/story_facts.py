"""What is known of a story beside its articles: when and where it began, who tells it, of whom and where, how it grows.

Nothing here depends on the order in which articles come, so the index and every store come to the same.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec

HALF_LIFE_SECONDS: Final = 6 * 3600
"""Articles count half for the growth of a story when they are so much older than its last one."""
_LIMITS: Final = {"sources": 200, "languages": 24, "places": 24, "people": 24}


class StoryFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of a story; times are RFC 3339 in UTC. Counts are of articles, of the commonest values."""

    first_time: str | None = None
    first_source: str | None = None
    last_time: str | None = None
    recent: float = 0.0
    """Articles, each weighted by its age at `last_time`."""
    sources: dict[str, int] = {}
    languages: dict[str, int] = {}
    places: dict[str, int] = {}
    people: dict[str, int] = {}

    @property
    def growth(self) -> float:
        """Articles an hour at `last_time`."""
        return round(self.recent * math.log(2) / (HALF_LIFE_SECONDS / 3600), 4)


def facts_of(
    *,
    time: str | None,
    source: str | None,
    language: str | None,
    places: Iterable[str] = (),
    people: Iterable[str] = (),
) -> StoryFacts:
    """Return the facts of a story that one article tells."""
    when = _utc(time)
    return StoryFacts(
        first_time=when,
        first_source=_legible(source) if source else None,
        last_time=when,
        recent=1.0 if when else 0.0,
        sources={_legible(source): 1} if source else {},
        languages={_legible(language): 1} if language else {},
        places=_once(places),
        people=_once(people),
    )


def together(a: StoryFacts, b: StoryFacts) -> StoryFacts:
    """Return the facts of what two sets of articles tell."""
    first = min((f for f in (a, b) if f.first_time), key=lambda f: (f.first_time, f.first_source or ""), default=a)
    last = max(a.last_time or "", b.last_time or "") or None
    return StoryFacts(
        first_time=first.first_time,
        first_source=first.first_source,
        last_time=last,
        recent=round(math.fsum(_faded(f, last) for f in (a, b)), 6),
        **{name: _summed(getattr(a, name), getattr(b, name), limit) for name, limit in _LIMITS.items()},
    )


def main(counts: Mapping[str, int], limit: int) -> list[str]:
    """Return the commonest values."""
    return sorted(counts, key=lambda value: (-counts[value], value))[:limit]


def _once(values: Iterable[str]) -> dict[str, int]:
    return dict.fromkeys((_legible(value) for value in list(dict.fromkeys(values))[:24]), 1)


def _legible(value: str) -> str:
    """Return `value` as every database can hold it."""
    return value.encode("utf-8", "replace").decode().replace("\0", "")[:200]


def _faded(facts: StoryFacts, last: str | None) -> float:
    if not (facts.last_time and last):
        return facts.recent
    seconds = (datetime.fromisoformat(last) - datetime.fromisoformat(facts.last_time)).total_seconds()
    return float(facts.recent * 0.5 ** (seconds / HALF_LIFE_SECONDS))


def _summed(a: Mapping[str, int], b: Mapping[str, int], limit: int) -> dict[str, int]:
    counts = {**a}
    for value, count in b.items():
        counts[value] = counts.get(value, 0) + count
    if len(counts) <= limit:
        return counts
    return {value: counts[value] for value in main(counts, limit)}


def _utc(time: str | None) -> str | None:
    """Return a time in seconds and UTC, of a day its beginning; None where there is none."""
    try:
        when = datetime.fromisoformat(time or "")
        when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return f"{when:%Y-%m-%dT%H:%M:%S}Z".rjust(20, "0")
