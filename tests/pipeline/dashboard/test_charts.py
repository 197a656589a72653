from itertools import pairwise

import pytest

from pipeline.dashboard.charts import MOST_BARS, chart, extent, sparkline, unit_for


@pytest.mark.parametrize(
    ("first", "last", "unit"),
    [
        ("2025-09-01", "2025-09-01", "hour"),
        ("2025-09-01", "2025-09-30", "day"),
        ("2025-01-01", "2025-12-31", "week"),
        ("2022-01-01", "2025-12-31", "month"),
        ("1990-01-01", "2025-12-31", "year"),
    ],
)
def test_a_chart_has_room_for_its_bars_and_loses_nothing(first: str, last: str, unit: str) -> None:
    days = {first: 1, last: 2} if first != last else {f"{first}T05": 3}
    drawn = chart({"a": days, "b": days}, first, last)
    assert drawn.unit == unit == unit_for(first, last)
    assert len(drawn.bars) <= MOST_BARS
    assert drawn.total == 6
    assert (drawn.bars[0].since, drawn.bars[-1].until) == (first, last)


def test_bars_tile_the_range() -> None:
    bars = chart({"": {}}, "2024-01-15", "2025-03-02").bars
    assert all(a.until < b.since for a, b in pairwise(bars))
    assert (bars[0].since, bars[-1].until) == ("2024-01-15", "2025-03-02")


def test_sparkline() -> None:
    assert sparkline([None]) == []
    assert sparkline(["2025-09-01T00:00:00Z"]) == [(0.0, 20.0)]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ({}, None),
        ({"2025-09-01": 3}, ("2025-09-01", "2025-09-01")),
        ({"2025-09-01": 2, "2025-09-09": 1}, ("2025-09-01", "2025-09-09")),
        ({"1970-01-01": 1, "2025-09-01": 300, "2025-09-02": 300, "2031-01-01": 2}, ("2025-09-01", "2025-09-02")),
    ],
)
def test_one_wrong_date_does_not_set_the_range(days: dict[str, int], expected: tuple[str, str] | None) -> None:
    assert extent(days) == expected
