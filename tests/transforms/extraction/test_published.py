import pytest
from lxml.html import document_fromstring

from transforms.extraction.html import extract_html
from transforms.extraction.published import find_times
from transforms.extraction.structured import read_structured

LD = '<script type="application/ld+json">{"@type": "NewsArticle", %s}</script>'


def times(html: str, url: str | None = None) -> tuple[str | None, str | None, str | None]:
    tree = document_fromstring(f"<html>{html}</html>")
    structured = read_structured(tree, url=url)
    found = find_times(tree, structured, url=url, language=structured.language)
    moment = found.published
    return (moment.value, moment.precision, moment.source) if moment else (None, None, None)


@pytest.mark.parametrize(
    ("html", "url", "expected"),
    [
        (LD % '"datePublished": "2026-01-06T09:30:00+01:00"', None, ("2026-01-06T08:30:00Z", "second", "json-ld")),
        (
            '<meta property="article:published_time" content="2026-01-06T08:30Z"><p>x',
            None,
            ("2026-01-06T08:30:00Z", "minute", "meta"),
        ),
        ('<p><span itemprop="datePublished" content="2026-01-06">x</span>', None, ("2026-01-06", "day", "microdata")),
        ('<body><time datetime="2026-01-06">yesterday</time>', None, ("2026-01-06", "day", "time-element")),
        ("<p>x", "https://example.org/2026/01/06/a.html", ("2026-01-06", "day", "url")),
        ('<html lang="de"><body><p class="date">6. Januar 2026</p>', None, ("2026-01-06", "day", "date-line")),
        ('<html lang="ar"><body><p class="date">٦ كانون الثاني ٢٠٢٦</p>', None, ("2026-01-06", "day", "date-line")),
        # JSON-LD comes before everything else, a day before a month.
        (
            LD % '"datePublished": "2026-01-06"' + '<meta name="date" content="2020-02-02">',
            None,
            ("2026-01-06", "day", "json-ld"),
        ),
        (
            '<meta name="date" content="2026-01"><body><time datetime="2026-01-06">x</time>',
            None,
            ("2026-01-06", "day", "time-element"),
        ),
        ("<p>x", "https://example.org/2026/01/a.html", ("2026-01", "month", "url")),
        # Nothing is invented: no date, a modification, a comment's date, an unreadable month.
        ("<p>x", None, (None, None, None)),
        ('<meta property="article:modified_time" content="2026-01-06"><p>x', None, (None, None, None)),
        ('<body><p>x</p><div class="comments"><time datetime="2026-01-06">x</time></div>', None, (None, None, None)),
    ],
)
def test_published(html: str, url: str | None, expected: tuple[str | None, str | None, str | None]) -> None:
    assert times(html, url) == expected


def test_modified_and_the_day_as_written() -> None:
    html = LD % '"datePublished": "2026-01-07T00:30:00+03:00", "dateModified": "2026-01-08T10:00:00Z"'
    tree = document_fromstring(html)
    found = find_times(tree, read_structured(tree), url=None, language=None)
    assert found.published is not None
    assert found.modified is not None
    assert found.published.value == "2026-01-06T21:30:00Z"
    assert found.day == "2026-01-07"
    assert found.modified.value == "2026-01-08T10:00:00Z"


ARTICLE = "<html lang='de'><head><title>Die Lage am Abend</title></head><body>%s</body></html>"
HEADLINE = "<h1>Die Lage am Abend</h1>"


@pytest.mark.parametrize(
    ("body", "day"),
    [
        # The clock of the site stands far above the headline.
        ("<div class='date'>7. Januar 2026</div>" + "<p>x</p>" * 80 + HEADLINE + "<p>5. Januar 2026</p>", "2026-01-05"),
        # A label says what a date is of, also in a part of the page that is not the article's.
        (HEADLINE + "<p>Letzte Änderung: 07.01.2026</p><p>Erschienen am: 05.01.2026</p>", "2026-01-05"),
        (HEADLINE + "<aside><dl><dt>Datum</dt><dd>05.01.2026</dd></dl></aside>", "2026-01-05"),
        (HEADLINE + "<aside><dl><dt>Registriert:</dt><dd>05.01.2026</dd></dl></aside>", None),
        # Readers see another day than the attribute has.
        (HEADLINE + "<time datetime='2026-01-09T10:00:00Z'>Erschienen am 5. Januar 2026</time>", "2026-01-05"),
        # A date of nothing in particular is often that of the last change.
        ("<meta name='date' content='2026-01-09'>" + HEADLINE + "<p class='date'>05.01.2026</p>", "2026-01-05"),
        ("<meta name='date' content='2026-01-05'>" + HEADLINE + "<p class='date'>09.01.2026</p>", "2026-01-05"),
        ("<meta name='date' content='11/01/2026 12:43'>" + HEADLINE + "<p class='date'>01.11.2026</p>", "2026-11-01"),
        # The topics of an article are no name of its element.
        ("<div class='post category-popular'>" + HEADLINE + "<p>5. Januar 2026</p></div>", "2026-01-05"),
        (HEADLINE + "<p>von Jane Doe, 5.1.26</p>", "2026-01-05"),
        (HEADLINE + "<p>Version 5.1.26.4 ist da</p>", None),
        ("<header><div class='clock'>7. Januar 2026</div></header><h2>Andere</h2><p>x</p>", None),
    ],
)
def test_dates_beside_the_headline(body: str, day: str | None) -> None:
    page = extract_html(ARTICLE % f"{body}<p>{'Ein Satz aus einem Bericht über die Lage des Landes. ' * 8}</p>")
    assert (page.published.value if page.published else None) == day
