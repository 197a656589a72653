import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.reading import origins, outcomes

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
     xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>وكالة</title><language>ar</language>
<item><title>خبر &lt;b&gt;أول&lt;/b&gt;</title><link>https://example.com/1</link><guid isPermaLink="false">g1</guid>
<pubDate>Tue, 21 Jul 2015 02:51:32 +0300</pubDate><dc:creator>ليلى</dc:creator><category>سياسة</category>
<description>موجز</description><content:encoded><![CDATA[<p>النص الكامل للخبر.</p>]]></content:encoded></item>
<item><title>ثان</title><link>https://example.com/2</link><description>نص بلا وسوم</description></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Site</title>
<entry><id>tag:example.com,2020:1</id><title>One</title><link href="https://example.com/one"/>
<updated>2020-01-02T03:04:05Z</updated><author><name>A. Writer</name></author>
<content type="html">&lt;p&gt;Body &amp;amp; more&lt;/p&gt;</content></entry></feed>"""


def test_rss(tmp_path: Path) -> None:
    (tmp_path / "a.rss").write_text(RSS, "utf-8")
    first, second = (json.loads(origin.payload) for origin in origins(tmp_path / "a.rss"))
    assert first == {
        "id": "g1",
        "url": "https://example.com/1",
        "html": "<article><p>النص الكامل للخبر.</p></article>",
        "title": "خبر أول",
        "authors": ["ليلى"],
        "published_at": "2015-07-20T23:51:32Z",
        "language": "ar",
        "source": "وكالة",
        "extra": {"tags": ["سياسة"]},
    }
    assert second["text"] == "نص بلا وسوم"


@pytest.mark.parametrize("name", ["a.atom", "feed", "a.xml"])
def test_atom_by_its_suffix_or_root(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('<?xml version="1.0"?>' + ATOM, "utf-8")
    (found,) = (json.loads(origin.payload) for origin in origins(tmp_path / name))
    assert found["id"] == "tag:example.com,2020:1"
    assert found["html"] == "<article><p>Body &amp; more</p></article>"
    assert (found["published_at"], found["authors"]) == ("2020-01-02T03:04:05Z", ["A. Writer"])


def test_a_feed_that_breaks_off_gives_what_is_there_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.rss").write_text(RSS[: RSS.index("<item><title>ثان")], "utf-8")
    assert outcomes(tmp_path / "a.rss") == ["article", "!damaged_archive"]


def test_other_xml_is_not_a_feed(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<?xml version='1.0'?><html/>", "utf-8")
    assert outcomes(tmp_path / "a.xml") == ["!unsupported_type"]


def feed(item: str, *, channel: str = "<link>https://example.com/news/</link>", head: str = "") -> bytes:
    namespaces = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    return (
        f'<?xml version="1.0"?>{head}<rss {namespaces}><channel>{channel}<item>{item}</item></channel></rss>'.encode()
    )


def raw(tmp_path: Path, data: bytes) -> dict[str, Any]:
    (tmp_path / "a.rss").write_bytes(data)
    (origin,) = origins(tmp_path / "a.rss")
    found: dict[str, Any] = json.loads(origin.payload)
    return found


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("1529926896", "2018-06-25T11:41:36Z"),
        ("1529926896000", "2018-06-25T11:41:36Z"),
        ("Mon, 25 Jun 2018", "2018-06-25"),
        ("25 Jun 18 11:41", "2018-06-25T11:41:00Z"),
        ("Mon, 25 Jun 2018 11:41:36", "2018-06-25T11:41:36Z"),
        ("Mon, 25 Jun 2018 11:41:36 EST", "2018-06-25T16:41:36Z"),
        ("Mon, 25 Jun 2018 11:41:36 MSK", "2018-06-25T08:41:36Z"),
        ("Mon, 25 Jun 2018 11:41:36 Europe/Berlin", "2018-06-25T09:41:36Z"),
        ("Mon, 25 Jun 2018 11:41:36 GMT+3", "2018-06-25T08:41:36Z"),
        ("Mon, 25 Jun 2018 11:41:36 -0400 (EDT)", "2018-06-25T15:41:36Z"),
        ("Mon Jun 25 11:41:36 GMT 2018", "2018-06-25T11:41:36Z"),
        ("الاثنين، 25 يونيو 2018 11:41:36 +0300", "2018-06-25T08:41:36Z"),
        ("Пн, 25 июн 2018 11:41:36 +0300", "2018-06-25T08:41:36Z"),
        ("Lun, 25 juin 2018 11:41:36 +0200", "2018-06-25T09:41:36Z"),
        ("2018-06-25", "2018-06-25"),
        ("1397/04/04 10:20", "2018-06-25"),
        ("1439/10/11", "2018-06-25"),
        ("Thu, 01 Jan 1970 00:00:00 +0000", None),
        ("0001-01-01T00:00:00Z", None),
        ("Mon, 31 Feb 2018 10:00 GMT", None),
        ("yesterday", None),
        ("9" * 5000, None),
        ("Mon, 25 Jun 2018 11:41:36 +9999", "2018-06-25"),
    ],
)
def test_times_are_what_they_say_and_no_more(tmp_path: Path, text: str, time: str | None) -> None:
    found = raw(tmp_path, feed(f"<title>a</title><pubDate>{text}</pubDate>"))
    assert found.get("published_at") == time


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("<link>/40</link>", "https://example.com/40"),
        ("<link>40.html?a=1&amp;b=2</link>", "https://example.com/news/40.html?a=1&b=2"),
        ("<guid>https://example.com/40</guid>", "https://example.com/40"),
        ('<guid isPermaLink="false">https://example.com/40</guid>', None),
        ("<link>http://[</link>", "http://["),
        ("<link>//[</link>", "//["),
    ],
)
def test_links_are_resolved_against_the_channels(tmp_path: Path, link: str, url: str | None) -> None:
    assert raw(tmp_path, feed(f"<title>a</title>{link}")).get("url") == url


@pytest.mark.parametrize(
    ("description", "field", "body"),
    [
        ("&lt;![CDATA[Text of the news.]]&gt;", "text", "Text of the news."),
        (
            "&amp;lt;p&amp;gt;Text &amp;amp;amp; more&amp;lt;/p&amp;gt;",
            "html",
            "<article><p>Text &amp; more</p></article>",
        ),
        ("<p>Text <b>in</b> markup<br/></p>", "html", "<article><p>Text <b>in</b> markup<br></p></article>"),
        ("caf&eacute; &nbsp; &unknown; &#0; &#x110000; x", "text", "café \xa0 &unknown; \ufffd \ufffd x"),
        ("a &lt; b", "text", "a < b"),
    ],
)
def test_bodies_are_what_was_meant(tmp_path: Path, description: str, field: str, body: str) -> None:
    found = raw(tmp_path, feed(f"<title>a</title><description>{description}</description>"))
    if "unknown" in body:  # an entity that does not exist is markup to those who look for any
        field, body = "html", f"<article>{body}</article>"
    assert found[field] == body


def test_titles_are_unescaped_and_on_one_line(tmp_path: Path) -> None:
    title = "<title>AT&amp;amp;T\n &amp;quot;wins&amp;quot; &lt;b&gt;big&lt;/b&gt;</title>"
    assert raw(tmp_path, feed(title))["title"] == 'AT&T "wins" big'


@pytest.mark.parametrize(
    "damage",
    [
        "<item><title>open",
        "<item " + " ".join(f"a{n}='1'" for n in range(50_000)) + ">",
        "&#" + "9" * 5000 + ";",
        "<title>" * 3000,
        "<item><title>" * 3000,
        "\x00\x0b",
        "<![CDATA[" * 1000,
        "<a:b xmlns:a='http://['>",
    ],
)
def test_no_item_costs_the_others(tmp_path: Path, damage: str) -> None:
    whole = feed("<title>first</title><link>https://example.com/1</link>").decode()
    (tmp_path / "a.rss").write_text(whole.replace("</item>", f"</item>{damage}"), "utf-8")
    assert outcomes(tmp_path / "a.rss")[0] == "article"


@pytest.mark.parametrize("encoding", ["punycode", "utf-7", "nonsense", "utf-16", "idna"])
def test_any_declared_encoding_is_no_more_than_a_hint(tmp_path: Path, encoding: str) -> None:
    data = feed("<title>Überall</title>").replace(b'version="1.0"', f'version="1.0" encoding="{encoding}"'.encode())
    assert raw(tmp_path, data)["title"] == "Überall"


def test_entities_of_a_document_are_never_resolved(tmp_path: Path) -> None:
    head = '<!DOCTYPE rss [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
    assert raw(tmp_path, feed("<title>x &b; &c; y</title>", head=head))["title"] == "x &b; &c; y"
