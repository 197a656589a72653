import pytest

from tests.support.news import article
from transforms.analytics.trends import burst, is_shown, values_of


@pytest.mark.parametrize(
    ("history", "hour", "since", "expected"),
    [
        ({100: 5}, 100, 90, None),
        ({100: 5}, 100, 0, (0.0, 5.0)),
        ({100: 5, 40: 100}, 100, 0, (1.0, 2.828)),
        (dict.fromkeys(range(101), 4), 100, 0, (4.0, 0.0)),
        ({**dict.fromkeys(range(100), 4), 100: 20}, 100, 0, (4.0, 7.155)),
        ({0: 1000, 500: 3}, 500, 0, (0.0, 3.0)),
        ({100: 5, 101: 90}, 100, 0, (0.0, 5.0)),
    ],
)
def test_burst(history: dict[int, int], hour: int, since: int, expected: tuple[float, float] | None) -> None:
    assert burst(history, hour, since) == expected


def test_values() -> None:
    values = set(values_of(article(0)))
    assert {("language", "ar"), ("source", "example0.com"), ("country", "PS"), ("person", "محمود عباس")} <= values
    assert ("story", "story:0") in values


def test_rare_values_need_more_articles() -> None:
    assert is_shown("country", 1)
    assert not is_shown("keyword", 2)
    assert is_shown("keyword", 3)
