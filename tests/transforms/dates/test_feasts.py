"""Feast days by name."""

import datetime

import pytest

from transforms.dates.feasts import find_feasts
from transforms.dates.mentions import find_dates


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("de", "Am Karfreitag blieb es still, an Weihnachten nicht.", "2024-03-29 2023-12-25"),
        ("de", "Palmsonntag 2019 und Pfingstmontag 2025", "2019-04-14 2025-06-09"),
        ("en", "He left on Christmas Eve and came back on Easter Monday.", "2023-12-24 2024-04-01"),
        ("fr", "Le lundi de Pâques, puis à la Toussaint.", "2024-04-01 2023-11-01"),
        ("es", "El Viernes Santo y la Nochevieja", "2024-03-29 2023-12-31"),
        ("en", "The Weihnachten market", ""),
        ("de", "Die Ostern-Aktion, Osterhasen und die Silvesterparty", ""),
    ],
)
def test_feasts_are_those_nearest_to_publication(language: str, text: str, expected: str) -> None:
    found = find_feasts(text, language, datetime.date(2024, 2, 10))
    assert " ".join(day.isoformat() for _, _, day in found) == expected


def test_a_feast_without_its_year_needs_the_day_of_publication() -> None:
    assert find_dates("Am Karfreitag blieb es still.", "de", None) == ()
    assert [mention.date for mention in find_dates("Palmsonntag 2019", "de", None)] == ["2019-04-14"]
