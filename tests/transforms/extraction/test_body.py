"""Texts that were lost, and noise that was kept: small pages in layouts that sites use."""

import numpy as np
import pytest
from lxml.html import document_fromstring

from tests.support import pages
from transforms.extraction import body
from transforms.extraction.blocks import read_blocks
from transforms.extraction.html import extract_html

PARAGRAPHS = (
    "The reservoir above the town is fuller than it has been in twenty years, the water board said on Monday.",
    "Engineers will open two of the five gates tonight and watch the level of the river below the weir.",
    "People who live near the lower bridge were told to move their cars to the market square before dark.",
    "A spokeswoman said that nobody needed to leave home, and that schools would be open as usual.",
    "The last time that all five gates were opened, in 1998, the football field stood under water for a week.",
    "Farmers downstream had asked for an early release, because their seed is not yet in the ground.",
)
MIDDLE = "The mayor thanked the volunteers who had filled eleven hundred bags of sand over the weekend."
NAV = '<header><nav><ul><li><a href="/">Home</a></li><li><a href="/sport">Sport</a></li></ul></nav></header>'
FOOTER = '<footer><p>All rights reserved.</p><a href="/contact">Contact</a></footer>'


def page(body: str, *, title: str = "Gates to open tonight", lang: str = "en", head: str = "") -> str:
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><title>{title}</title>{head}</head><body>{NAV}<main><article>'
        f"<h1>{title}</h1>{body}</article></main>{FOOTER}</body></html>"
    )


def around(middle: str) -> str:
    texts = [f"<p>{text}</p>" for text in PARAGRAPHS]
    return page("".join(texts[:3]) + middle + "".join(texts[3:]))


@pytest.mark.parametrize(
    "form",
    [
        "<div>{}</div>",
        "<div><span>{}</span></div>",
        "<section><span>{}</span></section>",
        "<center>{}</center>",
        "<news-paragraph>{}</news-paragraph>",
        "<div><b>Thanks:</b> {}</div>",
        "<div class='x1'><div><font size=2>{}</font></div></div>",
        "<blockquote>{}</blockquote>",
        "<table><tr><td>{}</td></tr></table>",
        "<dl><dd>{}</dd></dl>",
        "<details open><summary>More</summary>{}</details>",
    ],
)
def test_a_paragraph_in_another_element_is_kept(form: str) -> None:
    text = extract_html(around(form.format(MIDDLE))).text
    assert MIDDLE in text
    assert all(paragraph in text for paragraph in PARAGRAPHS)


@pytest.mark.parametrize("form", ["<div>{}</div>", "<div><span>{}</span></div>", "{}<br><br>", "<x-p>{}</x-p>"])
@pytest.mark.parametrize("texts", [PARAGRAPHS, pages.ARABIC * 2, pages.RUSSIAN * 2, pages.TURKISH * 2, pages.GREEK * 3])
def test_a_text_without_paragraph_elements(texts: tuple[str, ...], form: str) -> None:
    body = "<div>" + "".join(form.format(text) for text in texts) + "</div>"
    found = extract_html(page(body, title="Title of the page"))
    assert all(text.strip() in found.text for text in texts)


def test_a_layout_of_nested_tables_with_line_breaks() -> None:
    cell = "<br><br>".join(PARAGRAPHS)
    html = (
        "<html><head><title>Gates to open tonight</title></head><body><table><tr><td><a href='/'>Home</a></td>"
        f"<td><table><tr><td class=head>Gates to open tonight</td></tr><tr><td>{cell}</td></tr></table></td></table>"
    )
    assert extract_html(html).text.split("\n") == list(PARAGRAPHS)


def test_rows_of_values_stay_rows_and_lists_in_cells_stay_lists() -> None:
    table = "<table><tr><th>Gate</th><th>Metres</th></tr><tr><td>North</td><td>4.20</td></tr></table>"
    text = extract_html(around(f"<p>{MIDDLE}</p>{table}")).text
    assert "|" not in text.replace("Gate | Metres", "").replace("North | 4.20", "")
    cells = (
        "<table><tr><td><ul><li>Bring sand and shovels to the lower bridge.</li><li>Leave the square by six.</li></ul>"
    )
    text = extract_html(around(f"{cells}</td></tr></table>")).text
    assert "- Bring sand and shovels to the lower bridge.\n- Leave the square by six." in text


def test_a_paragraph_that_is_there_twice_comes_once() -> None:
    twice = f'<div class="desktop"><p>{MIDDLE}</p></div><div class="mobile"><p>{MIDDLE}</p></div>'
    assert extract_html(around(twice)).text.count(MIDDLE) == 1


@pytest.mark.parametrize(
    ("heading", "noise"),
    [
        ("Comments (3)", "I do not believe a word of this, it was the same last year."),
        ("التعليقات (3)", "أنا لا أصدق كلمة واحدة من هذا الخبر، وقد قيل الكلام نفسه العام الماضي."),
        ("Комментарии", "Не верю ни одному слову, в прошлом году говорили то же самое."),
    ],
)
def test_what_readers_say_is_no_text(heading: str, noise: str) -> None:
    comments = f'<div class="responses"><h3>{heading}</h3><div class="item"><b>Guest</b><p>{noise}</p></div></div>'
    html = page("".join(f"<p>{text}</p>" for text in PARAGRAPHS) + comments)
    assert noise not in extract_html(html).text


def test_every_entry_of_a_live_page_keeps_its_heading() -> None:
    headings = ("Gates open", "Road closed", "River rises", "Town warned")
    entries = "".join(
        f'<div class="post"><time>1{n}:05</time><h2>{heading}</h2><div itemprop="articleBody"><p>{text}</p></div></div>'
        for n, (heading, text) in enumerate(zip(headings, PARAGRAPHS, strict=False))
    )
    lines = extract_html(page(entries)).text.split("\n")
    assert [line for line in lines if line in headings] == list(headings)


def test_a_list_of_links_is_the_text_of_a_page_that_is_no_article(monkeypatch: pytest.MonkeyPatch) -> None:
    class Doubtful:
        def probabilities(self, blocks: body.Blocks, **_: object) -> np.ndarray:
            return np.full(len(blocks.texts), 0.4, dtype=np.float32)

    monkeypatch.setattr(body, "block_model", Doubtful)
    offers = [f"Harbour works no. {number} is hiring a crane driver" for number in range(12)]
    rows = "".join(f'<tr><td><a href="/{number}">{offer}</a></td></tr>' for number, offer in enumerate(offers))
    tree = document_fromstring(f"<html><body><table>{rows}</table></body></html>")
    found = body.extract_body(tree, read_blocks(tree), titles=(), other=0.95)
    assert found is not None
    assert list(found.paragraphs) == offers
    assert found.fallback is None


def test_a_row_of_values_is_kept_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    class DoubtsFigures:
        def probabilities(self, blocks: body.Blocks, **_: object) -> np.ndarray:
            return np.array([0.1 if text.isdecimal() else 0.9 for text in blocks.texts], dtype=np.float32)

    monkeypatch.setattr(body, "block_model", DoubtsFigures)
    rows = "<tr><td>1</td><td>Anna Weiss</td><td>5040</td></tr><tr><td>2</td><td>Omar Said</td><td>5035</td></tr>"
    text = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    tree = document_fromstring(f"<html><body>{text}<table>{rows}<tr><td>7</td><td>8</td></tr></table></body></html>")
    found = body.extract_body(tree, read_blocks(tree), titles=())
    assert found is not None
    assert found.paragraphs[-2:] == ("1 | Anna Weiss | 5040", "2 | Omar Said | 5035")


ARTICLE = (
    '<meta property="og:type" content="article">'
    '<meta property="article:published_time" content="2026-03-01T08:00:00Z"><script type="application/ld+json">'
    '{"@type": "NewsArticle", "headline": "Gates to open tonight", "datePublished": "2026-03-01T08:00:00Z",'
    ' "author": {"@type": "Person", "name": "Jane Doe"}}</script>'
)
OTHER = "The choir of the upper town sang the old songs for an hour in the square, and then for another one. "


def further(opening: str, title: str, heading: str, closing: str) -> str:
    return f"{opening}{heading.format(title)}{''.join(f'<p>{n}: {OTHER}</p>' for n in range(9))}{closing}"


@pytest.mark.parametrize(
    ("opening", "closing"),
    [("<div class='story'>", "</div>"), ("<article class='story'>", "</article>"), ("<section>", "</section>")],
)
def test_the_text_ends_where_the_next_article_of_the_page_begins(opening: str, closing: str) -> None:
    heading = '<div class="top"><h1 class="headline">{}</h1></div>'
    text = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS * 2)
    html = (
        f'<html lang="en"><head><title>Gates to open tonight</title>{ARTICLE}</head><body><main>'
        f"{opening}{heading.format('Gates to open tonight')}{text}{closing}"
        f"{further(opening, 'Choir sings in the square', heading, closing)}</main></body></html>"
    )
    found = extract_html(html, url="https://example.org/2026/03/01/gates-to-open-tonight").text
    assert all(paragraph in found for paragraph in PARAGRAPHS)
    assert "choir" not in found.lower()


def test_headings_of_sections_do_not_end_the_text() -> None:
    middle = "".join(f"<h2>Gate {n}</h2><p>{n}: {OTHER}</p>" for n in range(9))
    assert extract_html(around(middle)).text.count("The choir of the upper town") == 9


def test_a_short_text_among_many_links_is_no_list() -> None:
    links = "".join(f'<li><a href="/{n}">Shows and concerts in the towns of county {n}</a></li>' for n in range(60))
    html = (
        '<html lang="en"><head><title>Gates to open tonight</title></head><body><div class="sidebar"><ul>'
        f"{links}</ul></div><div class='content'><h1>Gates to open tonight</h1><p>{PARAGRAPHS[0]}</p></div></body>"
    )
    assert PARAGRAPHS[0] in extract_html(html, url="https://example.org/gates").text
