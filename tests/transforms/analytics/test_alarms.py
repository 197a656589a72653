"""Twenty synthetic sources; one fails in one way, at one moment. It is noticed in time, and nothing else is."""

import random
from collections import defaultdict

import pytest

from tests.support.news import article
from transforms.analytics.alarms import DEAD, Tally, judge, tally_of

DAYS = 9
BREAKS = 7 * 24
"""The hour at which a source fails, after seven good days."""
RATES = [0.5, 1, 2, 4, 8, 16, 40] * 3
"""Mean articles an hour, by source."""
SHARE_UNDATED, SHARE_BARE, SHARE_DEAD = 0.1, 0.2, 0.02


def poisson(draw: random.Random, mean: float) -> int:
    count, product = 0, draw.random()
    limit = 2.718281828459045**-mean
    while product > limit:
        count += 1
        product *= draw.random()
    return count


def daytime(hour: int) -> float:
    """Newsrooms sleep: nearly nothing at night, twice the mean by day."""
    return 0.1 if hour % 24 < 6 else 1.6 if 8 <= hour % 24 < 20 else 0.8


def source(number: int, fault: str | None, *, day_rhythm: bool) -> dict[int, Tally]:
    draw = random.Random(number)
    rate = RATES[number]
    history: dict[int, Tally] = defaultdict(Tally)
    for hour in range(DAYS * 24):
        broken = fault if hour >= BREAKS else None
        for _ in range(poisson(draw, rate * (daytime(hour) if day_rhythm else 1))):
            if broken == "quiet":
                continue
            if draw.random() < (0.9 if broken == "consent" else SHARE_DEAD):
                history[hour] += DEAD
                continue
            history[hour] += Tally(
                articles=1,
                undated=broken == "no dates" or draw.random() < SHARE_UNDATED,
                bare=broken == "consent text" or draw.random() < SHARE_BARE,
                empty=broken == "stubs",
            )
    return dict(history)


def first_alarm(history: dict[int, Tally], kind: str) -> int | None:
    """Return the hours from the fault to the first alarm of a kind."""
    for hour in range(BREAKS, DAYS * 24):
        if kind in judge({at: tally for at, tally in history.items() if at <= hour}, hour):
            return hour - BREAKS + 1
    return None


@pytest.mark.parametrize("day_rhythm", [False, True])
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("quiet", "volume"),
        ("no dates", "missing_date"),
        ("consent", "dead"),
        ("consent text", "enrichment"),
        ("stubs", "empty_text"),
    ],
)
@pytest.mark.parametrize("number", [1, 4, 6])
def test_a_source_that_fails_is_noticed_within_a_day(number: int, fault: str, kind: str, day_rhythm: bool) -> None:
    hours = first_alarm(source(number, fault, day_rhythm=day_rhythm), kind)
    assert hours is not None
    assert hours <= 24
    if RATES[number] == 40 and not day_rhythm:
        assert hours <= 6


@pytest.mark.parametrize("day_rhythm", [False, True])
@pytest.mark.parametrize("number", range(20))
def test_nothing_is_said_of_sources_that_are_well(number: int, day_rhythm: bool) -> None:
    history = source(number, None, day_rhythm=day_rhythm)
    for hour in range(48, DAYS * 24, 3):
        assert judge({at: tally for at, tally in history.items() if at <= hour}, hour) == {}


def test_a_source_that_was_silent_for_days_before_is_never_quiet() -> None:
    weekly = {hour: Tally(articles=5) for hour in range(14 * 24) if hour // 24 % 7 < 5}
    for hour in range(7 * 24, 14 * 24):
        assert "volume" not in judge({at: t for at, t in weekly.items() if at <= hour}, hour)


def test_the_hours_of_an_alarm_are_no_measure() -> None:
    history = {hour: Tally(articles=5) for hour in range(5 * 24)}
    history |= {hour: Tally(alarmed=True) for hour in range(5 * 24, 7 * 24)}
    history |= {hour: Tally(articles=5) for hour in range(7 * 24, 9 * 24)}
    assert "volume" not in judge(history, 9 * 24 - 1)
    assert "volume" in judge(history, 9 * 24 + 5)


def test_a_finding_says_what_was_seen() -> None:
    history = {hour: Tally(articles=5, undated=int(hour >= 96) * 5) for hour in range(120)}
    finding = judge(history, 119)["missing_date"]
    assert finding.message() == "100% articles without a date in 24 hours, 0% before"
    assert judge({}, 7) == {}


def test_tally_of() -> None:
    assert tally_of(article(1)) == Tally(articles=1, empty=1)
    assert tally_of(article(1, published_at=None, places=(), word_count=99)) == Tally(articles=1, undated=1, bare=1)
