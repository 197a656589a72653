import pytest

from transforms.extraction.structured import Structured
from transforms.extraction.title import find_title, site_keys


def structured(headline: str | None = None, **meta: str) -> Structured:
    names = {name.replace("_", ":", 1): (text,) for name, text in meta.items()}
    return Structured(article={"headline": headline} if headline else {}, meta=names)


@pytest.mark.parametrize(
    ("page", "headings", "element", "title", "source"),
    [
        (
            structured("Flood closes bridge"),
            ["Flood closes bridge"],
            "Flood closes bridge | The Post",
            "Flood closes bridge",
            "json-ld",
        ),
        (structured(og_title="Flood closes bridge - The Post"), [], None, "Flood closes bridge", "meta"),
        (structured(), ["Flood closes bridge"], "Flood closes bridge – The Post", "Flood closes bridge", "heading"),
        (structured(), [], "The Post: news", "The Post: news", "title-element"),
        (structured(), [], "The Post | Flood closes the old bridge", "Flood closes the old bridge", "title-element"),
        # A site's own name as a heading is no title.
        (
            structured(),
            ["The Post", "Flood closes bridge"],
            "Flood closes bridge | The Post",
            "Flood closes bridge",
            "heading",
        ),
        # What a page says in most places wins over one statement.
        (
            structured("Search words about the flood", og_title="Flood closes old bridge"),
            ["Flood closes old bridge"],
            "Flood closes old bridge | The Post",
            "Flood closes old bridge",
            "meta",
        ),
        # A cut title is completed, a section at the end goes.
        (
            structured("A long title that somebody has …"),
            ["A long title that somebody has cut short"],
            None,
            "A long title that somebody has cut short",
            "json-ld",
        ),
        (
            structured("Flood closes the old bridge | Regional"),
            ["Flood closes the old bridge"],
            None,
            "Flood closes the old bridge",
            "json-ld",
        ),
        # A kicker goes where a stated title leaves it out.
        (
            structured("High water: Bridge closed for days", og_title="Bridge closed for days"),
            [],
            None,
            "Bridge closed for days",
            "json-ld",
        ),
        (
            structured(og_title="إغلاق الجسر القديم بسبب الفيضان - The Post"),
            [],
            None,
            "إغلاق الجسر القديم بسبب الفيضان",
            "meta",
        ),
        # Of spellings that differ in marks, the one in most places; two different kickers are no part of the title.
        (
            structured("High water - Bridge closed", og_title="High water: Bridge closed"),
            [],
            "High water: Bridge closed | The Post",
            "High water: Bridge closed",
            "json-ld",
        ),
        (
            structured(og_title="High water: The old bridge is closed for days"),
            ["After the storm - The old bridge is closed for days"],
            None,
            "The old bridge is closed for days",
            "meta",
        ),
        (structured(), [], "大雨で古い橋が通行止め｜The Post", "大雨で古い橋が通行止め", "title-element"),
    ],
)
def test_title(page: Structured, headings: list[str], element: str | None, title: str, source: str) -> None:
    keys = site_keys(page, "https://www.thepost.example/news/1", "The Post")
    found = find_title(page, headings=headings, title_element=element, keys=keys)
    assert found is not None
    assert (found.text, found.source) == (title, source)


def test_no_title_where_only_the_site_is_named() -> None:
    page = structured(og_title="The Post")
    keys = site_keys(page, None, "The Post")
    assert find_title(page, headings=["The Post"], title_element="The Post", keys=keys) is None
