"""Trends and alarms: a job of its own over the output topics, because it needs other groups than the chain has.

What it knows is a function of the topics: it reads them from their start, so a restart rebuilds the same counts, and
every record it writes replaces the one of the same window, dimension and value.
"""

# ruff: noqa: B008 - state, timers and timestamps are declared as default arguments: Beam's way

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import apache_beam as beam
import msgspec
from apache_beam.coders import PickleCoder
from apache_beam.transforms.timeutil import TimeDomain
from apache_beam.transforms.trigger import AccumulationMode, AfterCount, AfterProcessingTime, AfterWatermark
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec, TimerSpec, on_timer
from apache_beam.transforms.window import FixedWindows, GlobalWindows, TimestampedValue
from apache_beam.utils.timestamp import Duration, Timestamp

from pipeline.observe.metrics import ALARMS_ACTIVE, TREND_ARTICLES_TOO_LATE
from schemas.records import Alarm, Article, Dead, Trend
from transforms.analytics.alarms import DEAD, HISTORY_HOURS, Kind, Tally, judge, tally_of
from transforms.analytics.facets import language_of, source_of, utc_time
from transforms.analytics.trends import HISTORY_HOURS as BURST_HOURS
from transforms.analytics.trends import WINDOW_SECONDS, burst, is_shown, values_of
from transforms.dedup.publisher import publisher_of

_WATCH_HOURS: Final = 7 * 24
"""How long a source that says nothing more is watched after its last record; its quiet hours are marked as such."""
_EVERYTHING: Final = ("all", "")
"""Watched like a source: a dead letter that is no JSON, say, names none."""


@dataclass
class CountTrends(beam.PTransform):  # type: ignore[misc]
    """Articles, stamped with the time they were processed, to `Trend` records by hour of event time.

    A window gives panes while it fills, one when the watermark passes it, and one for each later article, always
    with the whole count. An article that comes more than `lateness_hours` after its hour is counted in a metric and
    left out.
    """

    since: int
    """First hour (since 1970) that is known at all."""
    lateness_hours: int = 7 * 24
    pause_seconds: float = 30
    """Between panes of a window that fills."""

    def expand(self, articles: Any) -> Any:
        return (
            articles
            | "Values" >> beam.ParDo(_ValuesFn(self.lateness_hours))
            | "Hours"
            >> beam.WindowInto(
                FixedWindows(WINDOW_SECONDS),
                trigger=AfterWatermark(early=AfterProcessingTime(self.pause_seconds), late=AfterCount(1)),
                accumulation_mode=AccumulationMode.ACCUMULATING,
                allowed_lateness=Duration(seconds=self.lateness_hours * 3600),
            )
            | "Count" >> beam.combiners.Count.PerKey()
            | "NameHour" >> beam.ParDo(_NameHourFn())
            | "AllHours" >> beam.WindowInto(GlobalWindows())
            | "Compare" >> beam.ParDo(_CompareFn(self.since))
        )


class _ValuesFn(beam.DoFn):  # type: ignore[misc]
    def __init__(self, lateness_hours: int) -> None:
        self._lateness = lateness_hours * 3600

    def process(self, article: Article, processed: Any = beam.DoFn.TimestampParam) -> Iterator[Any]:
        if article.version > 1:
            return
        time = utc_time(article.published_at) or utc_time(article.fetched_at)
        seconds = float(processed) if time is None else datetime.fromisoformat(time).timestamp()
        # A date in the future is a mistake of the page; the window of its arrival is the best that is known.
        seconds = min(seconds, float(processed))
        if float(processed) - seconds > self._lateness:
            TREND_ARTICLES_TOO_LATE.inc()
            return
        for key in values_of(article):
            yield TimestampedValue((key, None), Timestamp(seconds))


class _NameHourFn(beam.DoFn):  # type: ignore[misc]
    def process(
        self, element: tuple[tuple[str, str], int], window: Any = beam.DoFn.WindowParam
    ) -> Iterator[tuple[tuple[str, str], tuple[int, int]]]:
        key, count = element
        yield key, (int(window.start) // WINDOW_SECONDS, count)


class _CompareFn(beam.DoFn):  # type: ignore[misc]
    """Keeps the last week of each value and says how far an hour exceeds it."""

    HISTORY: Final = ReadModifyWriteStateSpec("history", PickleCoder())

    def __init__(self, since: int) -> None:
        self._since = since

    def process(
        self, element: tuple[tuple[str, str], tuple[int, int]], history: Any = beam.DoFn.StateParam(HISTORY)
    ) -> Iterator[Trend]:
        (dimension, value), (hour, count) = element
        known: dict[int, int] = history.read() or {}
        known[hour] = max(count, known.get(hour, 0))  # panes of a window may come out of order
        newest = max(known)
        history.write({at: n for at, n in known.items() if newest - at <= 2 * BURST_HOURS})
        if not is_shown(dimension, known[hour]):
            return
        compared = burst(known, hour, self._since)
        yield Trend(
            window_start=_hour_text(hour),
            window_seconds=WINDOW_SECONDS,
            dimension=dimension,
            value=value,
            articles=known[hour],
            expected=compared[0] if compared else None,
            burst=compared[1] if compared else None,
        )


@dataclass
class WatchSources(beam.PTransform):  # type: ignore[misc]
    """Articles and dead letters, stamped with the time they were processed, to `Alarm` records.

    By source, by language (of articles: what is dead has none) and for everything together.

    Every hour of watermark each source is judged, also when nothing comes any more. An alarm is written when it begins
    and again, not active, when it is over.
    """

    def expand(self, records: Any) -> Any:
        return records | "Keys" >> beam.ParDo(_KeysFn()) | "Judge" >> beam.ParDo(_JudgeFn())


class _KeysFn(beam.DoFn):  # type: ignore[misc]
    def process(
        self, record: Article | Dead, processed: Any = beam.DoFn.TimestampParam
    ) -> Iterator[tuple[tuple[str, str], tuple[int, Tally]]]:
        hour = int(processed) // 3600
        if isinstance(record, Dead):
            yield _EVERYTHING, (hour, DEAD)
            if domain := publisher_of(record.url):
                yield ("source", domain), (hour, DEAD)
            return
        tally = tally_of(record)
        yield _EVERYTHING, (hour, tally)
        yield ("source", source_of(record)), (hour, tally)
        yield ("language", language_of(record)), (hour, tally)


class _JudgeFn(beam.DoFn):  # type: ignore[misc]
    HISTORY: Final = ReadModifyWriteStateSpec("history", PickleCoder())
    ACTIVE: Final = ReadModifyWriteStateSpec("active", PickleCoder())
    HOUR: Final = TimerSpec("hour", TimeDomain.WATERMARK)

    def process(
        self,
        element: tuple[tuple[str, str], tuple[int, Tally]],
        history: Any = beam.DoFn.StateParam(HISTORY),
        timer: Any = beam.DoFn.TimerParam(HOUR),
    ) -> None:
        _, (hour, tally) = element
        known: dict[int, Tally] = history.read() or {}
        heard = _last_heard(known)
        if heard is None or hour > heard + _WATCH_HOURS:
            timer.set(Timestamp((hour + 1) * 3600))
        known[hour] = known.get(hour, Tally()) + tally
        history.write(known)

    @on_timer(HOUR)  # type: ignore[untyped-decorator]
    def judge(
        self,
        key: Any = beam.DoFn.KeyParam,
        at: Any = beam.DoFn.TimestampParam,
        history: Any = beam.DoFn.StateParam(HISTORY),
        active: Any = beam.DoFn.StateParam(ACTIVE),
        timer: Any = beam.DoFn.TimerParam(HOUR),
    ) -> Iterator[Alarm]:
        hour = int(at) // 3600 - 1
        known: dict[int, Tally] = history.read() or {}
        before: dict[Kind, Alarm] = active.read() or {}
        found = judge(known, hour)
        if quiet := found.get("volume"):
            for silent in range(hour - quiet.hours + 1, hour + 1):
                known[silent] = known.get(silent, Tally()) + Tally(alarmed=True)
        now: dict[Kind, Alarm] = {}
        for kind, finding in found.items():
            now[kind] = before.get(kind) or Alarm(
                window_start=_hour_text(hour),
                window_seconds=finding.hours * 3600,
                kind=kind,
                dimension=key[0],
                value=key[1],
                observed=round(finding.observed, 4),
                expected=round(finding.expected, 4),
                active=True,
                message=finding.message(),
            )
            if kind not in before:
                ALARMS_ACTIVE.labels(kind).inc()
                yield now[kind]
        for kind, alarm in before.items():
            if kind not in now:
                ALARMS_ACTIVE.labels(kind).dec()
                yield msgspec.structs.replace(alarm, active=False)
        active.write(now)
        history.write({when: tally for when, tally in known.items() if hour - when <= HISTORY_HOURS})
        heard = _last_heard(known)
        if heard is not None and hour - heard <= _WATCH_HOURS:
            timer.set(Timestamp((hour + 2) * 3600))


def _last_heard(known: Mapping[int, Tally]) -> int | None:
    """Return the last hour in which anything came; hours that are only marked as quiet do not count."""
    return max((hour for hour, tally in known.items() if tally.articles or tally.dead), default=None)


def _hour_text(hour: int) -> str:
    return f"{datetime.fromtimestamp(hour * 3600, UTC):%Y-%m-%dT%H:%M:%SZ}"
