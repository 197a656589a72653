import csv
import io
from xml.etree import ElementTree

import pytest

from pipeline.dashboard.exports import rss
from pipeline.sinks.csv import csv_text


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "\ufeff=1", "\r=1"])
def test_a_formula_is_text(value: str) -> None:
    ((_,), (cell,)) = csv.reader(io.StringIO(csv_text([{"a": value}], ["a"]), newline=""))
    assert cell.startswith("'")


def test_csv_keeps_text_numbers_and_lists() -> None:
    rows = list(csv.reader(io.StringIO(csv_text([{"a": 'x, "y"\nz', "b": -3, "c": ["ar", "en"], "d": None}], "abcd"))))
    assert rows == [list("abcd"), ['x, "y"\nz', "-3", "ar; en", ""]]


def test_a_feed_is_xml_whatever_a_title_holds() -> None:
    text = rss(
        [{"title": "<b>\0\x0b]]>", "uri": "u", "url": "javascript:x", "event_time": "2025-09-01T00:00:00Z"}],
        title="a & b",
        address="http://x/?a=1&b=2",
    )
    (item,) = ElementTree.fromstring(text).iter("item")
    assert item.findtext("title") == "<b>]]>"
    assert not item.findtext("link")
    assert item.findtext("pubDate") == "Mon, 01 Sep 2025 00:00:00 -0000" or "2025" in str(item.findtext("pubDate"))
