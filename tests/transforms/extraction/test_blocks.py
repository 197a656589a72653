import pytest
from lxml.html import HtmlElement, document_fromstring

from transforms.extraction.blocks import read_blocks


def texts(html: str) -> list[str]:
    tree: HtmlElement = document_fromstring(f"<html><body>{html}</body></html>")
    return read_blocks(tree).texts


LONG = "The ferry will leave the upper pier every hour from the first of May, the operator said."


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>One <b>bold</b> word and a <a href='/'>link</a>.</p><p>Two</p>", ["One bold word and a link.", "Two"]),
        ("<div>One<p>Two</p>Three</div>", ["One", "Two", "Three"]),
        ("<td>One<br>Two<br><br>Three", ["One", "Two", "Three"]),
        ("<p>A</p><x-paragraph>B</x-paragraph><p>C</p>", ["A", "B", "C"]),
        ("<p>The <x-tip>gross</x-tip> sum</p>", ["The gross sum"]),
        ("<center>A</center><section><span>B</span></section>", ["A", "B"]),
        (f"<div><span>{LONG}</span><span>{LONG}</span></div>", [LONG, LONG]),
        (f"<p><span>{LONG}</span><span> And so on.</span></p>", [f"{LONG} And so on."]),
        ("<ul><li>One</li><li><b>Two</b></li></ul>", ["One", "Two"]),
        ("<p>می\u200cخواهم</p>", ["می\u200cخواهم"]),
        ("<p> \n </p><div></div>", []),
    ],
)
def test_where_blocks_end(html: str, expected: list[str]) -> None:
    assert texts(html) == expected


def test_what_is_known_of_a_block() -> None:
    tree: HtmlElement = document_fromstring(
        '<body><div class="a b" id="c"><p><a href="/">Two</a> <b>words</b></p></div>'
    )
    blocks = read_blocks(tree)
    node = blocks.nodes[0]
    assert (blocks.tags[node], blocks.names[blocks.parents[node]]) == ("p", "a b #c")
    assert (blocks.links[0], blocks.link_count[0], blocks.strong[0]) == (3, 1, 5)
