import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.reasons import Reason
from tests.support import pages
from transforms.errors import Rejected
from transforms.extraction.html import extract_html

SENTENCE = (
    "The river rose by two metres in one night, and the old bridge had to be closed to all traffic until Friday. "
)
LD = '<script type="application/ld+json">{%s}</script>'
PARAGRAPHS = [SENTENCE * 2 + f"Paragraph {number} says no more than this." for number in range(6)]
HEAD = """<title>Bridge closed after flood | The Post</title><meta property="og:site_name" content="The Post">
<link rel="canonical" href="https://example.org/news/bridge?utm_source=x"><meta property="og:image" content="/b.jpg">
<meta property="article:section" content="Region"><meta name="news_keywords" content="flood, bridge">
<meta property="article:published_time" content="2026-01-06T08:30:00Z"><meta name="author" content="By Jane Doe">"""


def page(body: str, head: str = HEAD, lang: str = "en") -> str:
    return f'<!DOCTYPE html><html lang="{lang}"><head>{head}</head><body>{body}</body></html>'


def article(paragraphs: list[str] = PARAGRAPHS) -> str:
    return "<article><h1>Bridge closed after flood</h1>" + "".join(f"<p>{p}</p>" for p in paragraphs) + "</article>"


def rejection(html: str | bytes, url: str | None = None) -> Rejected:
    with pytest.raises(Rejected) as caught:
        extract_html(html, url=url)
    return caught.value


def test_everything_that_a_page_says() -> None:
    found = extract_html(page(article()), url="https://example.org/news/bridge?utm_source=x#top")
    assert found.text.split("\n") == PARAGRAPHS
    assert (found.title, found.authors, found.site_name) == ("Bridge closed after flood", ("Jane Doe",), "The Post")
    assert found.published is not None
    assert (found.published.value, found.published.source) == ("2026-01-06T08:30:00Z", "meta")
    assert found.canonical_url == "https://example.org/news/bridge"
    assert (found.section, found.tags, found.image) == ("Region", ("flood", "bridge"), "https://example.org/b.jpg")
    assert (found.language, found.page_type, found.method) == ("en", "article", "block-model")


def test_what_stands_around_an_article_is_left_out() -> None:
    around = page(
        '<nav><a href="/">Home</a></nav><div class="breadcrumbs">News > Region</div>'
        + article()[:-10]
        + '<p><a href="/b">Ten other bridges in pictures</a></p><ul><li><a href="/c">Old house sold</a></li>'
        '<li><a href="/d">New school opened</a></li></ul></article><div class="related"><p>Another story of the day, '
        "told at some length, which is not part of this one.</p></div><footer>© 2026 The Post</footer>"
    )
    assert extract_html(around).text.split("\n") == PARAGRAPHS


def test_a_body_that_is_broken_into_containers_is_put_together() -> None:
    parts = "".join(
        f'<div class="grid"><div class="chunk"><p>{p}</p><p>{q}</p></div><div class="ad-slot">Ad</div></div>'
        for p, q in zip(PARAGRAPHS[::2], PARAGRAPHS[1::2], strict=True)
    )
    assert extract_html(page(f"<h1>Bridge closed after flood</h1>{parts}")).text.split("\n") == PARAGRAPHS


def test_the_stated_body_stands_in_for_one_that_is_not_shown() -> None:
    body = "<p>".join(PARAGRAPHS)
    head = LD % f'"@type": "NewsArticle", "headline": "Bridge closed", "articleBody": "{body}"'
    found = extract_html(page("<p>Please wait while the story is loading.</p>", head))
    assert found.fallback == "stated"
    assert PARAGRAPHS[5] in found.text


def test_a_shown_summary_is_the_first_paragraph() -> None:
    lede = "High water has cut off the old town from the rest of the region."
    head = HEAD + f'<meta name="description" content="{lede}">'
    found = extract_html(page(f'<header><div class="standfirst">{lede}</div></header>' + article(), head))
    assert found.lede == lede
    assert found.text.split("\n")[0] == lede


@pytest.mark.parametrize("texts", [pages.ARABIC, pages.RUSSIAN, pages.JAPANESE, pages.THAI, pages.HEBREW, pages.KOREAN])
def test_articles_in_all_scripts(texts: tuple[str, ...]) -> None:
    body = "<article>" + "".join(f"<p>{text}</p>" for text in texts * 2) + "</article>"
    found = extract_html(page(body, "<title>x</title>", "und").encode())
    assert texts[0].strip() in found.text


LINKS = "".join(f'<div><a href="/{i}">Headline number {i} of the day</a></div>' for i in range(60))
NO_ARTICLES = [
    ("404 Not Found", "<p>The page that you are looking for is not here any more.</p>", None, "error"),
    ("الصفحة غير موجودة", "<p>عذرا، لم نجد الصفحة التي طلبتها في هذا الموقع اليوم.</p>", None, "error"),
    ("Seite nicht gefunden", "<p>Die Seite, die Sie suchen, gibt es leider nicht mehr.</p>", None, "error"),
    ("Page introuvable", "<p>La page que vous cherchez a été déplacée ou supprimée.</p>", None, "error"),
    ("Страница не найдена", "<p>К сожалению, такой страницы на этом сайте больше нет.</p>", None, "error"),
    ("Sayfa bulunamadı", "<p>Aradığınız sayfa taşınmış veya silinmiş olabilir, üzgünüz.</p>", None, "error"),
    ("صفحه مورد نظر یافت نشد", "<p>صفحه‌ای که به دنبال آن هستید دیگر در این سایت نیست.</p>", None, "error"),
    (
        "ページが見つかりません",
        "<p>お探しのページは移動または削除された可能性があります。トップページからお探しください。</p>",
        None,
        "error",
    ),
    ("404", "<p>This is not the page that you are looking for, we are sorry.</p>", None, "error"),
    ("The Post", "<p>Wir und unsere Partner verwenden auf dieser Website Cookies und Daten.</p>", None, "consent"),
    (
        "Le Journal",
        "<p>Nous et nos partenaires utilisons des cookies sur ce site et dans nos services.</p>",
        None,
        "consent",
    ),
    ("الموقع", "<p>نستخدم ملفات تعريف الارتباط في هذا الموقع لتحسين تجربتك كل يوم.</p>", None, "consent"),
    ("Security", "<p>Checking your browser before you can read the page you asked for.</p>", None, "consent"),
    ("أخبار اليوم", LINKS, "https://example.org/", "section"),
    ("Politik", LINKS, "https://example.org/politik/", "section"),
    ("Just a moment...", "<p>Please enable JavaScript and cookies to continue.</p>", None, "consent"),
    ("The Post", LINKS, "https://example.org/", "section"),
]


@pytest.mark.parametrize(("title", "body", "url", "what"), NO_ARTICLES)
def test_pages_that_are_no_articles_are_rejected(title: str, body: str, url: str | None, what: str) -> None:
    error = rejection(page(f"<h1>{title}</h1>{body}", f"<title>{title}</title>"), url)
    assert error.reason is Reason.NO_CONTENT
    assert what in error.message or "no article text" in error.message


@pytest.mark.parametrize(
    ("head", "url", "kind"),
    [
        (LD % '"@type": "LiveBlogPosting", "headline": "H"', None, "live_blog"),
        (HEAD, "https://example.org/news/live-blog/flood", "live_blog"),
        (HEAD, "https://example.org/fr/en-direct/inondation-123", "live_blog"),
        (HEAD, "https://example.org/liveticker-hochwasser.html", "live_blog"),
        (HEAD, "https://example.org/gundem/canli-anlatim/sel", "live_blog"),
        (LD % '"@type": "NewsArticle", "isAccessibleForFree": "False"', None, "paywall"),
        ('<meta property="article:content_tier" content="locked">', None, "paywall"),
        (LD % '"@type": ["NewsArticle", "ImageGallery"], "headline": "H"', None, "gallery"),
        ('<meta property="og:type" content="gallery">', None, "gallery"),
    ],
)
def test_special_articles_are_labelled(head: str, url: str | None, kind: str) -> None:
    assert extract_html(page(article(PARAGRAPHS[:3]), head), url=url).page_type == kind


def test_what_a_paywall_leaves_free_is_labelled() -> None:
    wall = '<div class="c-paywall__offer"><p>Subscribe to continue.</p></div>'
    assert extract_html(page(article(PARAGRAPHS[:1]) + wall)).page_type == "paywall"
    assert extract_html(page(article(PARAGRAPHS * 2) + wall)).page_type == "article"


def test_an_amp_page() -> None:
    head = HEAD + '<style amp-boilerplate>body{visibility:hidden}</style><script async src="v0.js"></script>'
    body = "<amp-sidebar id='s'><ul><li><a href='/a'>Home of the site</a></li></ul></amp-sidebar>" + article()[:-10]
    body += "<amp-ad width='300'></amp-ad><amp-img src='x.jpg' alt='A bridge'></amp-img></article>"
    found = extract_html(page(body, head).replace("<html ", "<html ⚡ "), url="https://example.org/amp/bridge")
    assert found.text.split("\n") == PARAGRAPHS
    assert found.canonical_url == "https://example.org/news/bridge"


def test_a_page_within_an_unclosed_button() -> None:
    found = extract_html(page(f"<header><button><span>Menu</span><main>{article()}</main></header>"))
    assert found.text.split("\n") == PARAGRAPHS


def test_a_long_article_behind_a_paywall_is_an_article_with_a_note() -> None:
    head = LD % '"@type": "NewsArticle", "isAccessibleForFree": false'
    found = extract_html(page(article(PARAGRAPHS * 3), head))
    assert (found.page_type, found.notes) == ("article", ("not free to read",))


def test_empty_binary_and_huge_bodies_are_rejected() -> None:
    assert rejection("  \n ").reason is Reason.EMPTY_CONTENT
    assert rejection(b"").reason is Reason.EMPTY_CONTENT
    assert rejection(b"%PDF-1.4 ...").reason is Reason.UNDECODABLE
    assert rejection("<p>" + "word " * 5_000_000).reason is Reason.TOO_LARGE


ATTRIBUTES = " ".join(f'a{i}="{i}"' for i in range(100_000))
ANGLES = " ".join(f'a{i}="<"' for i in range(100_000))


@pytest.mark.parametrize(
    "inside",
    [
        f"<div {ATTRIBUTES}>x</div>",
        f"<div {ANGLES}>x</div>",
        "".join(f"<p>{SENTENCE}</p>" for _ in range(80_000)),
        "<p>" + "<span>a</span> " * 80_000,
        "<p>x" * 100_000,
        "<div>" * 10_000 + "x",
        "<b>" * 10_000 + "x",
        "<ul><li>" * 10_000 + "x",
        "<p>" + "a" * 1_000_000,
        "<p>" + " " * 1_000_000 + "x",
        "<" * 500_000,
        "&" * 500_000,
        '<div class="' + "related " * 50_000 + '">x</div>',
        '<script type="application/ld+json">' + "[" * 100_000 + "</script>",
        "<h1>again</h1>" * 20_000,
        '<time datetime="2026-01-06">x</time>' * 20_000,
    ],
    ids=lambda inside: inside[:18],
)
def test_hostile_pages_take_seconds_at_most(inside: str) -> None:
    start = time.process_time()
    found = extract_html(page(article()[:-10] + inside))
    assert time.process_time() - start < 10
    assert PARAGRAPHS[0] in found.text


def test_entities_do_not_grow() -> None:
    entities = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12))
    assert (
        len(extract_html(f'<!DOCTYPE html [<!ENTITY a0 "ha">{entities}]>' + page(article() + "&a11;" * 100)).text)
        < 10_000
    )


def test_lone_surrogates_and_nuls_do_no_harm() -> None:
    found = extract_html(page(article().replace("river", "ri\ud800ver\x00", 1)))
    found.text.encode()
    assert PARAGRAPHS[1] in found.text


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=300))
def test_gives_a_page_or_rejects(text: str) -> None:
    for html in (text, f"<p>{text}</p>" * 5):
        try:
            found = extract_html(html)
        except Rejected:
            continue
        assert found == extract_html(html)
        assert found.text


@pytest.mark.parametrize("end", ["</body></html>", "</html>", "</body></html></body></html>"])
def test_what_follows_the_end_of_a_page_belongs_to_it(end: str) -> None:
    behind = '<script type="application/ld+json">{"@type": "NewsArticle", "author": {"name": "Ida Marsh"}}</script>'
    half = len(PARAGRAPHS) // 2
    first, last = ("".join(f"<p>{p}</p>" for p in part) for part in (PARAGRAPHS[:half], PARAGRAPHS[half:]))
    found = extract_html(f"<html><body>{first}{end}{last}{behind}</body></html>")
    assert found.authors == ("Ida Marsh",)
    assert PARAGRAPHS[-1] in found.text
