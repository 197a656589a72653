import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import CodecError, convert, decode, encode
from schemas.jsonschema import RECORD_KINDS
from schemas.records import Article, Ledger, OutcomeCounts, Raw
from tests.support.records import articles, ledgers


@given(articles)
def test_an_article_survives_the_codec(article: Article) -> None:
    assert decode(encode(article), Article) == article


@given(ledgers)
def test_a_ledger_survives_the_codec(ledger: Ledger) -> None:
    assert decode(encode(ledger), Ledger) == ledger


@given(articles)
def test_equal_records_have_equal_bytes(article: Article) -> None:
    assert encode(article) == encode(decode(encode(article), Article))
    assert b"\n" not in encode(article)


def test_fields_come_in_declaration_order_and_with_their_public_names() -> None:
    ledger = Ledger(
        source="news.raw/0", from_=3, to=5, records=2, outcomes=OutcomeCounts(dead=2), reasons={}, pipeline_version="1"
    )
    assert list(orjson.loads(encode(ledger))) == [
        "schema_version",
        "source",
        "from",
        "to",
        "records",
        "outcomes",
        "reasons",
        "skipped",
        "pipeline_version",
        "digest",
        "chain",
        "topic_id",
        "inputs",
    ]


def test_arabic_is_written_as_itself() -> None:
    assert "خبر" in encode(Raw(text="خبر")).decode()


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b'{"text": 5}', b'{"authors": "one"}'])
def test_what_is_no_record_is_refused(data: bytes) -> None:
    with pytest.raises(CodecError):
        decode(data, Raw)


def test_an_older_reader_takes_a_newer_record() -> None:
    assert convert({"text": "x", "field_of_the_future": 1}, Raw) == Raw(text="x")


@pytest.mark.parametrize("kind", RECORD_KINDS.values())
def test_records_are_frozen(kind: type) -> None:
    record = msgspec.convert({}, kind) if kind is Raw else None
    if record is not None:
        with pytest.raises(AttributeError):
            record.text = "x"
    assert kind.__struct_config__.frozen


@given(st.text())
def test_any_text_that_is_unicode_survives(text: str) -> None:
    raw = Raw(text=text.encode("utf-8", "replace").decode())
    assert decode(encode(raw), Raw) == raw
