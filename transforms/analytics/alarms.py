"""Silent loss: a source or language that goes quiet, or whose records lose what they used to have.

Everything is compared with the same source's own past, never with a fixed number of articles. The last 6 and the last
24 hours are looked at; a scale speaks only where the past is regular enough at that scale. So a source that publishes
at all hours is missed after about 6 hours, one that publishes every day after about 24, and one that was silent for a
day before, as on week-ends or because its crawler is irregular, is never missed by volume.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Final, Literal

from schemas.records import Article

Kind = Literal["volume", "empty_text", "missing_date", "dead", "enrichment"]

SCALES: Final = (6, 24)
"""Hours that are looked at together."""
HISTORY_HOURS: Final = 14 * 24
_MIN_HISTORY_HOURS: Final = 72
_MIN_VOLUME: Final = 8
"""Articles that the weakest stretch of the past must have had, so that fewer mean something."""
_QUIET_SHARE: Final = 0.25
"""Of the weakest stretch of the past; below it a source is quiet."""
_MIN_RECORDS: Final = {6: 20, 24: 10}
_MIN_PAST_RECORDS: Final = 30
_MIN_RISE: Final = 0.3
"""Rise of a share (of articles without date, say) that matters."""
_Z: Final = 3.0
_EMPTY_WORDS: Final = 10


@dataclass(frozen=True, slots=True)
class Tally:
    """What came from a source in one hour."""

    articles: int = 0
    empty: int = 0
    undated: int = 0
    bare: int = 0
    """Articles in which no place, person, organisation or quotation was found."""
    dead: int = 0
    alarmed: bool = False
    """Whether the source was quiet then: such hours are no measure of what is normal."""

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            articles=self.articles + other.articles,
            empty=self.empty + other.empty,
            undated=self.undated + other.undated,
            bare=self.bare + other.bare,
            dead=self.dead + other.dead,
            alarmed=self.alarmed or other.alarmed,
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """That something is wrong, with what was seen and what the past leads one to expect."""

    kind: Kind
    observed: float
    expected: float
    hours: int

    def message(self) -> str:
        """Return one line for people."""
        if self.kind == "volume":
            return f"{self.observed:.0f} articles in {self.hours} hours, never below {self.expected:.0f} before"
        what = {
            "empty_text": "articles with hardly any text",
            "missing_date": "articles without a date",
            "dead": "records that are dead letters",
            "enrichment": "articles in which nothing was found",
        }[self.kind]
        return f"{self.observed:.0%} {what} in {self.hours} hours, {self.expected:.0%} before"


def tally_of(article: Article) -> Tally:
    """Return what one article adds to its hour."""
    found = article.places or article.people or article.organisations or article.quotes
    return Tally(
        articles=1,
        empty=int(article.word_count < _EMPTY_WORDS),
        undated=int(article.published_at is None),
        bare=int(not found),
    )


DEAD: Final = Tally(dead=1)
"""What one dead letter adds to its hour."""

_SHARES: Final[dict[Kind, tuple[Callable[[Tally], int], Callable[[Tally], int]]]] = {
    "empty_text": (lambda t: t.empty, lambda t: t.articles),
    "missing_date": (lambda t: t.undated, lambda t: t.articles),
    "enrichment": (lambda t: t.bare, lambda t: t.articles),
    "dead": (lambda t: t.dead, lambda t: t.articles + t.dead),
}


def judge(history: Mapping[int, Tally], hour: int) -> dict[Kind, Finding]:
    """Return what is wrong at the end of `hour`, by kind; empty when all is well.

    `history` holds a source's tallies by hour (hours since 1970); hours that are missing had nothing.
    """
    first = max(min(history, default=hour), hour - HISTORY_HOURS)
    findings: dict[Kind, Finding] = {}
    # The longest look last: what it finds is the best founded.
    for scale in SCALES:
        past = range(first, hour - scale + 1)
        if len(past) < _MIN_HISTORY_HOURS - scale:
            continue
        now = sum((history[at] for at in range(hour - scale + 1, hour + 1) if at in history), Tally())
        before = sum((history[at] for at in past if at in history), Tally())
        if (weakest := _weakest(history, past, scale)) >= _MIN_VOLUME and now.articles < weakest * _QUIET_SHARE:
            findings["volume"] = Finding("volume", now.articles, weakest, scale)
        for kind, (bad, of) in _SHARES.items():
            if of(now) < _MIN_RECORDS[scale] or of(before) < _MIN_PAST_RECORDS:
                continue
            share, usual = bad(now) / of(now), bad(before) / of(before)
            low, _ = _interval(bad(now), of(now))
            _, high = _interval(bad(before), of(before))
            if share - usual >= _MIN_RISE and low > high:
                findings[kind] = Finding(kind, share, usual, scale)
    return findings


def _weakest(history: Mapping[int, Tally], past: range, scale: int) -> int:
    """Return the fewest articles in any `scale` consecutive hours of the past, leaving out what was an alarm itself."""
    counts = [history.get(at, Tally()) for at in past]
    weakest: int | None = None
    running = alarmed = 0
    for place, tally in enumerate(counts):
        running += tally.articles
        alarmed += tally.alarmed
        if place >= scale:
            running -= counts[place - scale].articles
            alarmed -= counts[place - scale].alarmed
        if place >= scale - 1 and not alarmed:
            weakest = running if weakest is None else min(weakest, running)
    return weakest or 0


def _interval(bad: int, of: int) -> tuple[float, float]:
    """Return Wilson's interval for a share."""
    share = bad / of
    centre = share + _Z**2 / (2 * of)
    spread = _Z * sqrt(share * (1 - share) / of + _Z**2 / (4 * of**2))
    return (centre - spread) / (1 + _Z**2 / of), (centre + spread) / (1 + _Z**2 / of)
