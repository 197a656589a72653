"""What a producer's hints become where the body says nothing."""

import pytest

from transforms.decode import RawArticle
from transforms.extract import extract

TEXT = "Gates to open tonight\n\nThe reservoir above the town is fuller than it has been in years, the board said."


@pytest.mark.parametrize(
    ("hints", "people", "houses"),
    [
        (["Jane Doe; Ben Roe"], ("Jane Doe", "Ben Roe"), ()),
        (["Jane Doe\nBen Roe"], ("Jane Doe", "Ben Roe"), ()),
        (["['ليلى حداد', 'سامي نصر']"], ("ليلى حداد", "سامي نصر"), ()),
        (["By Jane Doe", "jane@example.test", "Herald Staff"], ("Jane Doe",), ("Herald Staff",)),
        (["لندن: ليلى حداد"], ("ليلى حداد",), ()),
        (["nan"], (), ()),
        (["The Herald"], (), ("The Herald",)),
    ],
)
def test_hints_of_authors_are_read_as_bylines(hints: list[str], people: tuple[str], houses: tuple[str]) -> None:
    draft = extract(RawArticle(body=TEXT, kind="text", id="1", authors=tuple(hints), source="The Herald"))
    assert (draft.authors, draft.desks) == (people, houses)
