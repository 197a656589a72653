"""The job under a clock of the test's own: late articles, panes that replace, silence, recovery."""

from datetime import UTC, datetime
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.testing.test_stream import TestStream
from apache_beam.testing.util import assert_that
from apache_beam.transforms.window import TimestampedValue

from pipeline.trends.transforms import CountTrends, WatchSources, _JudgeFn, _KeysFn
from schemas.records import Alarm, Article, Trend
from tests.support.news import article, dead
from transforms.analytics.alarms import DEAD, Tally

HOUR = 3600
START = 489_000
"""An hour in 2025, counted from 1970."""


def text(hour: int) -> str:
    return f"{datetime.fromtimestamp(hour * HOUR, UTC):%Y-%m-%dT%H:%M:%SZ}"


def news(number: int, hour: int, **changes: Any) -> Article:
    return article(number, published_at=text(hour), fetched_at=text(hour), **changes)


def at(hour: float, record: Any) -> TimestampedValue:
    return TimestampedValue(record, hour * HOUR)


def run(stream: TestStream, transform: beam.PTransform, check: Any) -> None:
    options = PipelineOptions(["--streaming", "--allow_unsafe_triggers"])
    with beam.Pipeline(options=options) as p:
        assert_that(p | stream | transform, check)


def countries(trends: list[Trend]) -> list[tuple[int, str, int]]:
    return [
        ((datetime.fromisoformat(t.window_start)).timestamp() // HOUR - START, t.value, t.articles)  # type: ignore[misc]
        for t in trends
        if t.dimension == "country"
    ]


def test_late_articles_count_in_their_own_hour() -> None:
    stream = (
        TestStream()
        .advance_watermark_to(START * HOUR)
        .add_elements([at(START + 0.1, news(0, START)), at(START + 0.2, news(4, START))])
        .advance_watermark_to((START + 1) * HOUR + 1)
        .add_elements([at(START + 1.5, news(1, START + 1)), at(START + 1.6, news(8, START))])
        .advance_watermark_to((START + 2) * HOUR + 1)
        .advance_watermark_to_infinity()
    )

    def check(trends: list[Trend]) -> None:
        found = countries(trends)
        last = {(hour, value): n for hour, value, n in sorted(found)}
        assert last == {(0, "PS"): 3, (1, "SD"): 1}
        assert (0, "PS", 2) in found, "the hour has its count when it ends, before the late article"

    run(stream, CountTrends(since=START - 1000), check)


def test_revisions_and_dates_in_the_future_do_not_count_where_they_should_not() -> None:
    future = news(0, START + 500)
    stream = (
        TestStream()
        .advance_watermark_to(START * HOUR)
        .add_elements([at(START + 0.5, future), at(START + 0.6, news(1, START, version=2))])
        .advance_watermark_to_infinity()
    )

    def check(trends: list[Trend]) -> None:
        assert set(countries(trends)) == {(0, "PS", 1)}

    run(stream, CountTrends(since=START), check)


def test_what_rises_is_told_from_what_is_always_there() -> None:
    stream = TestStream().advance_watermark_to(START * HOUR)
    for hour in range(30):
        records = [at(START + hour + 0.1, news(0, START + hour)), at(START + hour + 0.1, news(4, START + hour))]
        if hour == 29:
            records += [at(START + hour + 0.2, news(4 * n + 1, START + hour)) for n in range(12)]
        stream = stream.add_elements(records).advance_watermark_to((START + hour + 1) * HOUR)
    stream = stream.advance_watermark_to_infinity()

    def check(trends: list[Trend]) -> None:
        last = {t.value: t for t in sorted(trends, key=lambda t: t.window_start) if t.dimension == "country"}
        assert last["SD"].burst == pytest.approx(12.0)
        assert last["PS"].burst == pytest.approx(0.0)
        assert next(t for t in trends if t.value == "PS").burst is None, "nothing is expected of the first hours"

    run(stream, CountTrends(since=START), check)


def test_a_source_that_goes_quiet_is_said_once_and_again_when_it_is_back() -> None:
    stream = TestStream().advance_watermark_to(START * HOUR)
    for hour in range(130):
        records = [at(START + hour + 0.5, news(3, START + hour, language="xx"))]
        if not 100 <= hour < 120:
            records += [at(START + hour + 0.5, news(1, START + hour, word_count=99)) for _ in range(4)]
        stream = stream.add_elements(records).advance_watermark_to((START + hour + 1) * HOUR)
    stream = stream.advance_watermark_to((START + 131) * HOUR)

    def check(alarms: list[Alarm]) -> None:
        found = [
            (alarm.kind, alarm.value, alarm.active, int(datetime.fromisoformat(alarm.window_start).timestamp()) // HOUR)
            for alarm in alarms
            if alarm.dimension == "source" and alarm.value == "example1.com"
        ]
        began = [hour - START for kind, _, active, hour in found if kind == "volume" and active]
        assert len(began) == 1
        assert 100 <= began[0] < 106
        assert [active for kind, _, active, _ in found if kind == "volume"] == [True, False]

    run(stream, WatchSources(), check)


class Cell:
    """A state or timer of one key, in memory; the runner's own takes a second for each hour that passes."""

    def __init__(self) -> None:
        self.value: Any = None

    def read(self) -> Any:
        return self.value

    def write(self, value: Any) -> None:
        self.value = value

    set = write


def alarms_of(hours: list[int]) -> list[tuple[int, str, bool]]:
    """Return (hour, kind, active) of what is said of a source that has so many articles in each hour."""
    judge, history, active, timer = _JudgeFn(), Cell(), Cell(), Cell()
    said: list[tuple[int, str, bool]] = []
    for hour, count in enumerate(hours):
        for _ in range(count):
            judge.process((("source", "a.example"), (hour, Tally(articles=1))), history, timer)
        if timer.value is not None and int(timer.value) <= (hour + 1) * HOUR:
            at, timer.value = timer.value, None
            alarms = list(judge.judge(("source", "a.example"), at, history, active, timer))
            said += [(hour, alarm.kind, alarm.active) for alarm in alarms]
    return said


@pytest.mark.parametrize("silent", [60, 200])
def test_a_source_that_comes_back_after_days_is_watched_again(silent: int) -> None:
    said = alarms_of([4] * 100 + [0] * silent + [4] * 10)
    assert [(kind, active) for _, kind, active in said] == [("volume", True), ("volume", False)]
    assert said[0][0] < 106
    assert said[1][0] >= 100 + silent


def test_days_of_silence_do_not_become_normal() -> None:
    said = alarms_of([4] * 100 + [0] * 150 + [4] * 60 + [0] * 10)
    assert [(kind, active) for _, kind, active in said] == [("volume", True), ("volume", False), ("volume", True)]


def test_dead_letters_of_a_source_are_an_alarm() -> None:
    stream = TestStream().advance_watermark_to(START * HOUR)
    for hour in range(90):
        record = news(1, START + hour, word_count=99) if hour < 80 else dead(hour, url="https://www.example1.com/x")
        stream = stream.add_elements([at(START + hour + 0.5, record) for _ in range(5)])
        stream = stream.advance_watermark_to((START + hour + 1) * HOUR)
    stream = stream.advance_watermark_to((START + 91) * HOUR)

    def check(alarms: list[Alarm]) -> None:
        assert ("dead", "example1.com", True) in {(alarm.kind, alarm.value, alarm.active) for alarm in alarms}

    run(stream, WatchSources(), check)


def test_dead_letters_without_a_source_count_for_everything() -> None:
    assert list(_KeysFn().process(dead(1, url=None), START * HOUR)) == [(("all", ""), (START, DEAD))]
