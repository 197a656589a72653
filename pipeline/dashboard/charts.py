"""Charts as plain SVG: bars that are links, and the small line beside a story."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

WIDTH: Final = 1000
HEIGHT: Final = 180
MOST_BARS: Final = 62
COLOURS: Final = 8


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what it counts, from which day to which, and its place in a drawing of `WIDTH` by `HEIGHT`."""

    label: str
    since: str
    until: str
    count: int
    x: float
    width: float
    parts: tuple[tuple[int, float, float], ...]
    """(colour, y, height) from the bottom up."""


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars over a range of days, and what they are called."""

    bars: tuple[Bar, ...]
    unit: str
    highest: int
    names: tuple[str, ...] = ()
    """What the colours stand for, where there are several."""

    @property
    def total(self) -> int:
        """The sum of all bars."""
        return sum(bar.count for bar in self.bars)


def unit_for(first: str, last: str) -> str:
    """Return ``hour``, ``day``, ``week``, ``month`` or ``year``: the finest of which a chart has room for the bars."""
    days = (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
    if days <= 2:
        return "hour"
    return (
        "day"
        if days <= MOST_BARS
        else "week"
        if days <= 7 * MOST_BARS
        else "month"
        if days <= 31 * MOST_BARS
        else "year"
    )


def daily_unit(first: str, last: str) -> str:
    """Return the unit for counts that are known by day only."""
    unit = unit_for(first, last)
    return "day" if unit == "hour" else unit


def chart(series: Mapping[str, Mapping[str, int]], first: str, last: str, unit: str | None = None) -> Chart:
    """Return the bars of one or more series of counts by hour or day, one above the other; empty bars included."""
    unit = unit or unit_for(first, last)
    labels: dict[str, tuple[str, str]] = {}
    at = datetime.fromisoformat(first).replace(tzinfo=UTC)
    end = datetime.fromisoformat(last).replace(tzinfo=UTC) + timedelta(days=1)
    while at < end:
        after = min(_after(at, unit), end)
        last_day = at if unit == "hour" else after - timedelta(days=1)
        labels[_bucket(f"{at:%Y-%m-%dT%H}", unit)] = (f"{at:%Y-%m-%d}", f"{last_day:%Y-%m-%d}")
        at = after
    names = tuple(series)
    counts: dict[str, list[int]] = {key: [0] * len(names) for key in labels}
    for place, name in enumerate(names):
        for bucket, n in series[name].items():
            if (key := _bucket(bucket, unit)) in counts:
                counts[key][place] += n
    highest = max((sum(row) for row in counts.values()), default=0)
    step = WIDTH / max(len(labels), 1)
    bars = []
    for number, (key, (since, until)) in enumerate(labels.items()):
        y, parts = float(HEIGHT), []
        for colour, n in enumerate(counts[key]):
            height = HEIGHT * n / highest if highest else 0
            y -= height
            if n:
                parts.append((colour % COLOURS, round(y, 1), round(height, 1)))
        bars.append(
            Bar(
                key.replace("T", " ") + (":00" if unit == "hour" else ""),
                since,
                until,
                sum(counts[key]),
                round(number * step + step * 0.08, 1),
                round(step * 0.84, 1),
                tuple(parts),
            )
        )
    return Chart(tuple(bars), unit, highest, names)


def extent(days: Mapping[str, int]) -> tuple[str, str] | None:
    """Return the first and last day between which nearly all of what is counted lies.

    One in two hundred may lie before and as many after: a single wrong date says nothing of when things happened.
    """
    share, ordered = sum(days.values()) / 200, sorted(days)
    first, last = _reached(ordered, days, share), _reached(ordered[::-1], days, share)
    return (first, last) if first and last else None


def _reached(days: Sequence[str], counts: Mapping[str, int], share: float) -> str | None:
    """Return the first of `days` at which more than `share` articles are counted."""
    running = 0
    for day in days:
        running += counts[day]
        if running > share:
            return day
    return None


def _after(at: datetime, unit: str) -> datetime:
    """Return when the bar after the one that `at` lies in begins."""
    if unit in {"hour", "day"}:
        return at + timedelta(**{f"{unit}s": 1})
    if unit == "week":
        return at + timedelta(days=7 - at.weekday())
    month = at.month + 1 if unit == "month" else 13
    return at.replace(year=at.year + month // 13, month=1 if month > 12 else month, day=1)


def _bucket(time: str, unit: str) -> str:
    if unit == "hour":
        return time[:13]
    if unit == "week":
        day = date.fromisoformat(time[:10])
        return f"{day - timedelta(days=day.weekday())}"
    return time[: {"day": 10, "month": 7, "year": 4}[unit]]


def sparkline(times: Sequence[str | None], bars: int = 24) -> list[tuple[float, float]]:
    """Return (x, height) of small bars in a drawing of 100 by 20: how many times fall into each part of the range."""
    known = sorted(datetime.fromisoformat(time).timestamp() for time in times if time)
    if not known:
        return []
    span = max(known[-1] - known[0], 1)
    counts = [0] * bars
    for at in known:
        counts[min(int((at - known[0]) / span * bars), bars - 1)] += 1
    highest = max(counts)
    return [(round(n * 100 / bars, 1), round(20 * count / highest, 1)) for n, count in enumerate(counts) if count]
