import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.html import document_fromstring

from transforms.extraction.structured import Structured, read_structured


def read(json_ld: str, **kwargs: str) -> Structured:
    script = f'<script type="application/ld+json">{json_ld}</script>'
    tree = document_fromstring(f'<html lang="en"><head>{script}</head><body><p>x</p></body></html>')
    return read_structured(tree, **kwargs)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "json_ld",
    [
        '{"@type": "NewsArticle", "headline": "A &amp; B"}',
        '[{"@type": "NewsArticle", "headline": "A &amp; B"}]',
        '{"@graph": [{"@type": "WebPage", "name": "N"}, {"@type": "NewsArticle", "headline": "A &amp; B"}]}',
        '{"@type": "WebPage", "mainEntity": {"@type": ["Article", "NewsArticle"], "headline": "A &amp; B"}}',
        '{"@type": "https://schema.org/NewsArticle", "headline": ["A &amp; B"]}',
        '<!-- {"@type": "NewsArticle", "headline": "A &amp; B"} -->',
        '{"@type": "NewsArticle", "headline": "A &amp; B",}',
        '{"@type": "NewsArticle", "headline": "A &amp;\n B"}',
        '{"@type": "NewsArticle", "headline": "A &amp; B"};',
        '\ufeff{"@type": "NewsArticle", "headline": "A &amp; B"}',
        '{"@type": "Organization"}\n{"@type": "NewsArticle", "headline": "A &amp; B"}',
        '{"@type": "Organization"},{"@type": "NewsArticle", "headline": "A &amp; B"},',
        '/* made by */ {"@type": "NewsArticle", // the story\n "headline": "A &amp; B" /* "title" */}',
        r'{"@type": "NewsArticle", "headline": "A \x26 B", "description": "it\'s \q"}',
        'var data = {"@type": "NewsArticle", "headline": "A &amp; B", "keywords": ["a", "b",],};',
        "{&quot;@type&quot;: &quot;NewsArticle&quot;, &quot;headline&quot;: &quot;A B&quot;}".replace("A B", "A & B"),
    ],
)
def test_reads_json_ld_as_it_is_found(json_ld: str) -> None:
    assert read(json_ld).text("headline") == "A & B"


def test_related_and_listed_articles_are_not_the_page() -> None:
    listed = '{"@type": "ItemList", "itemListElement": [{"@type": "NewsArticle", "headline": "Other"}]}'
    assert read(listed).article == {}


def test_the_article_that_names_the_page_is_taken() -> None:
    two = """[{"@type": "NewsArticle", "headline": "Other", "url": "https://example.org/b", "author": "x"},
        {"@type": "NewsArticle", "headline": "This", "url": "https://example.org/a"}]"""
    assert read(two, url="https://example.org/a").text("headline") == "This"


@pytest.mark.parametrize(
    "broken", ["{", "[" * 5000, '{"@type": [[["NewsArticle"]]]}', '{"@type": "NewsArticle", "url": [1]}', "null", "1"]
)
def test_never_fails(broken: str) -> None:
    assert isinstance(read(broken), Structured)


@given(st.text(max_size=200))
def test_never_fails_on_any_text(text: str) -> None:
    read_structured(document_fromstring("<p>x</p>"))
    assert isinstance(read(text.replace("<", "").replace("\x00", "")), Structured) if text.isprintable() else True


@pytest.mark.parametrize("repeat", ["/*", '"\\"', '"', "[", '{"a":', "//", "\\", ",", ", ", "{}", '{"a":1,  '])
def test_broken_json_of_any_length_is_given_up_soon(repeat: str) -> None:
    assert read(repeat * 50_000).article == {}
