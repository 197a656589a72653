import pytest
from lxml.html import HtmlElement, document_fromstring

from transforms.extraction.structured import Structured
from transforms.extraction.title import Heading, find_title, read_headings, site_keys


def shown(html: str) -> list[Heading]:
    tree: HtmlElement = document_fromstring(f"<html><body>{html}</body></html>")
    return read_headings(tree)


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
    found = find_title(
        page, headings=shown("".join(f"<h1>{h}</h1>" for h in headings) or "<p>"), title_element=element, keys=keys
    )
    assert found is not None
    assert (found.text, found.source) == (title, source)


def test_no_title_where_only_the_site_is_named() -> None:
    page = structured(og_title="The Post")
    keys = site_keys(page, None, "The Post")
    assert find_title(page, headings=shown("<h1>The Post</h1>"), title_element="The Post", keys=keys) is None


HEAD = "Ferry returns to the upper lake"


@pytest.mark.parametrize(
    ("html", "element"),
    [
        # A kicker, a counter or an edit link in the heading: the title element says where the headline ends.
        (f"<h1><small>Transport</small> {HEAD}</h1>", f"{HEAD} - Lake Herald"),
        (f'<h1>{HEAD} <span class="count">31 replies</span></h1>', f"{HEAD} - Lake Herald"),
        (f'<h1>{HEAD} <a href="/edit">[edit]</a></h1>', HEAD),
        (f'<h1><span class="rubric">Verkehr</span><span>{HEAD}</span></h1>', HEAD),
        (f"<h1>{HEAD} ¶</h1>", None),
        # The heading is the site or a section, the headline stands below.
        (f"<header><h1>Lake Herald</h1></header><h2>{HEAD}</h2>", f"{HEAD} - Lake Herald"),
        (f"<h1>Transport</h1><article><h2>{HEAD}</h2></article>", HEAD),
        (f"<h1>Menu</h1><h1>{HEAD}</h1><h1>Newsletter</h1>", f"{HEAD} | Lake Herald"),
        # What templates leave is no title.
        (f"<h2>{HEAD}</h2>", "Untitled Document"),
        (f"<h2>{HEAD}</h2>", "تفاصيل الخبر"),
        (f"<h2>{HEAD}</h2>", "Startseite"),
        (f"<h2>{HEAD}</h2>", "无标题文档"),
        # Entities that were escaped twice.
        ("<h1>Ferry returns to the upper lake</h1>", "Ferry returns to the upper&amp;#32;lake"),
    ],
)
def test_headings_that_hold_more_or_less_than_the_title(html: str, element: str | None) -> None:
    found = find_title(structured(), headings=shown(html), title_element=element, keys=frozenset())
    assert found is not None
    assert found.text == HEAD


@pytest.mark.parametrize(
    ("element", "title"),
    [
        ("Minister: tolls will not rise - Economy - The Post", "Minister: tolls will not rise"),
        ("Министр: цены не вырастут — Экономика — The Post", "Министр: цены не вырастут"),
        ("旧码头重新开放_新闻_The Post", "旧码头重新开放"),
        ("Northern Line (NL) – Trade Disclosure", "Northern Line (NL) – Trade Disclosure"),
        ("Spring - Summer - The Post", "Spring - Summer"),
    ],
)
def test_sections_before_the_name_of_the_site(element: str, title: str) -> None:
    keys = site_keys(structured(), None, "The Post")
    found = find_title(structured(), headings=[], title_element=element, keys=keys)
    assert found is not None
    assert found.text == title
