from typing import Any

import msgspec
import pytest

from schemas.records import Person, Place
from tests.support.news import article
from transforms.analytics.facets import COUNTED, DIMENSIONS, FILTERS, MENTIONED, event_time, facet_term, mentions_of


def test_everything_about_a_dimension_stands_in_one_table() -> None:
    assert tuple(DIMENSIONS) == FILTERS
    assert set(MENTIONED) == {d.name for d in DIMENSIONS.values() if d.limit}
    assert set(COUNTED) <= set(FILTERS)
    assert all(dimension.name == name for name, dimension in DIMENSIONS.items())


def test_spellings_of_a_name_count_together() -> None:
    people = tuple(Person(name=name, count=2, spans=()) for name in ("محمود عبّاس", "محمود عباس", "José", "JOSE"))
    found = mentions_of(msgspec.structs.replace(article(1), people=people))
    assert {value: count for (dimension, value), count in found.items() if dimension == "person"} == {
        "محمود عبّاس": 4,
        "José": 4,
    }
    assert facet_term("person", "JOSÉ") == facet_term("person", "jose")
    assert facet_term("source", "A.example") != facet_term("source", "a.example")


def test_places_that_are_no_countries_are_places_of_a_country() -> None:
    places = tuple(
        Place(name=name, text=name, country_code="FR", kind=kind, count=1, spans=())
        for name, kind in (("Paris", "city"), ("France", "country"))
    )
    found = mentions_of(msgspec.structs.replace(article(1), places=places))
    assert {key: n for key, n in found.items() if key[0] in {"country", "place"}} == {
        ("country", "FR"): 2,
        ("place", "Paris, FR"): 1,
    }


@pytest.mark.parametrize(
    ("changes", "processed", "expected"),
    [
        ({}, None, "2025-09-01T01:00:00Z"),
        ({"published_at": None}, None, "2025-09-01T01:30:00Z"),
        ({"published_at": None, "fetched_at": None}, "2025-09-05T00:00:00Z", "2025-09-05T00:00:00Z"),
        ({"published_at": None, "fetched_at": None}, None, None),
        ({"published_at": "2025-09-02T01:00:00Z"}, None, "2025-09-02T01:00:00Z"),
        ({"published_at": "2026-01-01T00:00:00Z"}, None, "2025-09-01T01:30:00Z"),
        ({"published_at": "2026-01-01T00:00:00Z", "fetched_at": None}, None, "2026-01-01T00:00:00Z"),
    ],
)
def test_a_date_in_the_future_is_a_mistake(
    changes: dict[str, Any], processed: str | None, expected: str | None
) -> None:
    assert event_time(article(1, **changes), processed) == expected
