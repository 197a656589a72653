"""Small inputs that once ended a record: whatever an optional part is made of, the article comes out, and clean."""

import json
from typing import Any

import pytest

from schemas.codec import encode
from schemas.jsonschema import validate
from schemas.reasons import Reason
from schemas.records import Article, FileProvenance
from transforms.decode import decode
from transforms.enrich import enrich
from transforms.errors import Parts, Rejected, failed_parts
from transforms.exports.ninjs import to_ninjs
from transforms.extract import extract

NOWHERE = FileProvenance(path="", record=0, content_sha256="", pipeline_version="")
PROSE = "The minister said on Monday that the new law would come in spring, after two years of debate. " * 5


def article(**raw: Any) -> Article:
    found = enrich(extract(decode(json.dumps(raw).encode("utf-8", "surrogatepass"), {})), NOWHERE)
    encode(found)
    validate(found)
    assert failed_parts(found.extraction.notes) == []
    return found


def page(body: str = "", head: str = "") -> str:
    return f"<html><head><title>The law</title>{head}</head><body><h1>The law</h1><p>{PROSE}</p>{body}</body></html>"


def ld(**node: Any) -> str:
    return f"<script type='application/ld+json'>{json.dumps({'@type': 'NewsArticle', **node})}</script>"


def test_a_part_that_fails_leaves_its_field_empty_and_is_named() -> None:
    parts = Parts()
    assert parts.read("dates", None, int, "1") == 1
    assert parts.read("dates", None, int, "x") is None
    assert parts.read("image", "", lambda: 1 / 0) == ""
    assert parts.notes == ["dates could not be read: ValueError", "image could not be read: ZeroDivisionError"]
    assert failed_parts(["2 damaged characters", *parts.notes]) == ["dates", "image"]


@pytest.mark.parametrize("error", [MemoryError(), Rejected.__new__(Rejected)])
def test_what_decides_about_the_record_passes_through(error: Exception) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(type(error)):
        Parts().read("dates", None, fail)


def test_a_failing_part_costs_no_record(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise IndexError

    for name in ("find_authors", "find_times", "find_title", "read_structured", "page_type", "_image", "_tags"):
        monkeypatch.setattr(f"transforms.extraction.html.{name}", fail)
    for name in ("find_places", "find_people", "find_quotes", "find_figures", "find_keywords", "find_dates"):
        monkeypatch.setattr(f"transforms.enrich.{name}", fail)
    draft = extract(decode(json.dumps({"html": page(), "title": "The law"}).encode(), {}))
    found = enrich(draft, NOWHERE)
    validate(found)
    assert (found.text, found.title, found.places) == (PROSE.strip(), "The law", ())
    assert set(failed_parts(found.extraction.notes)) == {
        *("structured", "title", "authors", "dates", "page_type", "tags", "image"),
        *("places", "people", "quotes", "figures", "keywords"),
    }


@pytest.mark.parametrize(
    "time",
    ["12.5", "10.5", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "1e400", "²", "9" * 5000, "::", "-5"],
)
def test_no_time_kills_a_record(time: str) -> None:
    article(text=PROSE, published_at=time, fetched_at=time)
    article(html=page(f"<time datetime='{time}'>{time}</time>", ld(datePublished=time, dateModified=time)))
    article(html=page(head=f"<meta property='article:published_time' content='{time}'>"))


@pytest.mark.parametrize(
    "control",
    ["\x01", "\x0b", "\x0c", "\x1f", "\x7f", "&#11;", "&#x1F;", "&#0;", "\ufffe", "&#xFFFE;", "&#xD800;"],
)
def test_no_control_character_kills_a_record(control: str) -> None:
    for body in (
        "<form>x</form>{}after",
        "<label>x</label>{}",
        "<p class=related>x</p>{}",
        "<p>a{}b</p>",
        "<h2>{}</h2>",
    ):
        found = article(html=page(body.format(control)))
        assert not set(found.text) & set("\x01\x0b\x0c\x1f\x7f\ufffe\ud800")
    article(html=page(head=ld(articleBody=f"<p>{PROSE}{control}</p><br>{PROSE}" * 4)))
    article(text=f"{PROSE}{control}", title=control, source=control, authors=[control])


def test_a_stated_body_may_begin_with_a_declaration() -> None:
    stated = f"<?xml version='1.0' encoding='utf-8'?><p>{PROSE}</p><p>{PROSE}</p>"
    assert "xml" not in article(html=page(head=ld(articleBody=stated))).text


def test_references_of_any_length_are_read() -> None:
    endless = f"&#{'9' * 5000};"
    head = f"<meta name=author content='{endless}'><meta name=description content='&amp;#{'9' * 5000};'>"
    article(html=page(endless, head + ld(headline=endless, articleBody=endless, author={"name": endless})))
    article(text=PROSE, title=endless)


@pytest.mark.parametrize(
    "url",
    [
        "http://[",
        "http://℀.com/",
        "http://a:99999/",
        "http://a:b/",
        "//[",
        "http://[::1]]/",
        "javascript:x",
        "http://a b/",
    ],
)
def test_no_address_kills_a_record(url: str) -> None:
    head = f"<link rel=canonical href='{url}'><meta property='og:url' content='{url}'>{ld(image=url, url=url)}"
    found = article(html=page(head=head), url=url)
    assert found.image is None or found.image.startswith("http")
    article(html=page(head=head), url="https://example.com/a")


@pytest.mark.parametrize(
    ("image", "kept"),
    [
        ("https://example.com/a.jpg", "https://example.com/a.jpg"),
        ("/a.jpg", "https://example.com/a.jpg"),
        ("//cdn.example.com/a.jpg", "https://cdn.example.com/a.jpg"),
        ("javascript:alert(1)", None),
        ("data:image/png;base64,AAAA", None),
        ("https://example.com/" + "a" * 100_000, None),
        ("https://user:secret@example.com/a.jpg", "https://example.com/a.jpg"),
        ("https://example.com/\u202egpj.a", "https://example.com/gpj.a"),
        ("https://example.com/\ud800.jpg", "https://example.com/.jpg"),
    ],
)
def test_an_image_is_an_address_that_can_be_shown(image: str, kept: str | None) -> None:
    # A trailing comma, so that the lenient parser reads it: the other one refuses lone surrogates.
    script = ld(image=image).replace("}<", ",}<")
    assert article(html=page(head=script), url="https://example.com/news/1").image == kept


@pytest.mark.parametrize("image", ["https://[", "https://[x]/a.jpg", "https://℀.com/a.jpg"])
def test_an_image_that_is_no_address_is_none_on_a_page_without_one(image: str) -> None:
    found = article(html=page(head=ld(image=image)))
    assert found.image is None
    to_ninjs(found)


@pytest.mark.parametrize("chain", ["مئة و", "hundred and ", "vingt-", "einundzwanzig", "百万億", "twenty-one million "])
def test_chains_of_number_words_end(chain: str) -> None:
    article(text=chain * 1000)


def test_hints_and_addresses_come_out_clean() -> None:
    found = article(
        text=PROSE,
        title="Law &quot;comes&quot; &#8220;soon&#8221; \u202e",
        source="The\nDaily\u202e News",
        url="https://user:secret@example.com/\u202ea?b=1",
    )
    assert found.title == 'Law "comes" “soon”'
    assert found.source.name == "The Daily News"
    assert found.url == "https://example.com/a?b=1"


def test_no_reading_of_a_page_keeps_marks_of_direction() -> None:
    for words in (3, 60):
        line = "word \u202e" * words
        body = "".join(f"<div><p>{line} end of the line {n}.</p></div>" for n in range(30))
        assert "\u202e" not in article(html=f"<html><body>{body}</body></html>").text


@pytest.mark.parametrize("word", ["می\u200cخواهم", "क्\u200dष", "👨\u200d👩\u200d👧", "❤\ufe0f", "葛\U000e0100"])
def test_joiners_and_selectors_stay_in_a_page(word: str) -> None:
    assert word in article(html=page(f"<p>{PROSE} {word} {PROSE}</p>")).text
    assert (
        word
        in article(html=f"<html><body><p>Kurz: {word} und noch ein paar Wörter mehr, so ist es.</p></body></html>").text
    )


def test_a_news_flash_is_an_article() -> None:
    flash = "Earthquake of magnitude 6.1 off the coast of Chile"
    for raw in ({"text": flash}, {"html": f"<article>{flash}</article>"}, {"html": "<p>Fire &amp; flood</p>"}):
        title = "Fire & flood" if "Fire" in str(raw) else flash
        found = article(title=title, **raw)
        assert (found.title, found.text) == (title, title)


def test_a_record_without_a_body_says_which_fields_it_has() -> None:
    with pytest.raises(Rejected, match=r"found none among headline, content; .* --map text=NAME") as caught:
        decode(b'{"headline": "a", "content": "b"}', {})
    assert caught.value.reason == Reason.INVALID_RECORD


def test_a_page_without_an_article_says_what_it_may_be() -> None:
    with pytest.raises(Rejected, match="filled in by a script"):
        article(html="<html><body><div id=app></div></body></html>")
