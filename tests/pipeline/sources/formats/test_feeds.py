import json
from pathlib import Path

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
