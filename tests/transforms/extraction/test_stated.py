import json
from typing import Any

import pytest

from transforms.extraction.html import extract_html

PARAGRAPHS = [
    "The reservoir above the town is fuller than it has been in twenty years, the water board said on Monday.",
    "Engineers will open two of the five gates tonight and watch the level of the river below the weir.",
    "People who live near the lower bridge were told to move their cars to the market square before dark.",
    "A spokeswoman said that nobody needed to leave home, and that schools would be open as usual.",
]
MARKED = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)


def page(script: str) -> str:
    return f"<html><head><title>Gates to open tonight</title></head><body><div id='app'></div>{script}</body></html>"


def linked(node: dict[str, Any]) -> str:
    return f'<script type="application/ld+json">{json.dumps(node)}</script>'


def data(value: Any, opening: str = '<script type="application/json">', end: str = "</script>") -> str:
    return f"{opening}{json.dumps(value)}{end}"


@pytest.mark.parametrize(
    "script",
    [
        linked({"@type": "NewsArticle", "headline": "Gates to open tonight", "articleBody": "\n".join(PARAGRAPHS)}),
        linked({"@type": "NewsArticle", "headline": "Gates to open tonight", "articleBody": MARKED}),
        data({"props": {"pageProps": {"article": {"title": "Gates", "body": MARKED}}}}),
        data({"state": {"story": {"blocks": [{"type": "paragraph", "text": text} for text in PARAGRAPHS]}}}),
        data({"state": {"story": {"content": [{"kind": "p", "data": {"html": text}} for text in PARAGRAPHS]}}}),
        data({"a": {"paragraphs": PARAGRAPHS}, "menu": ["Home", "Sport"]}, "<script>window.__STATE__ = ", ";</script>"),
    ],
)
def test_a_text_that_only_scripts_have(script: str) -> None:
    found = extract_html(page(script))
    assert found.fallback == "stated"
    assert found.text.split("\n") == PARAGRAPHS


def test_entries_of_a_live_blog_in_their_order() -> None:
    updates = [
        {"@type": "BlogPosting", "headline": f"Entry {number}", "articleBody": text}
        for number, text in enumerate(PARAGRAPHS)
    ]
    node = {"@type": "LiveBlogPosting", "headline": "Gates to open tonight", "liveBlogUpdate": updates}
    text = extract_html(page(linked(node))).text
    wanted = [line for number, paragraph in enumerate(PARAGRAPHS) for line in (f"Entry {number}", paragraph)]
    assert text.split("\n") == wanted


def test_a_shown_text_is_not_replaced_by_one_of_its_size() -> None:
    shown = "".join(f"<p>{text}</p>" for text in reversed(PARAGRAPHS))
    script = linked({"@type": "NewsArticle", "headline": "Gates", "articleBody": "\n".join(PARAGRAPHS)})
    assert extract_html(page(f"<article>{shown}</article>{script}")).text.split("\n") == PARAGRAPHS[::-1]
