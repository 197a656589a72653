"""Exports against their standards: IPTC's schema for ninjs, schema.org's properties, news-please's own fields."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from schemas.records import Article, Extraction, FileProvenance, Keyword, Organisation, Person, Place, Source
from transforms.exports.newsplease import to_newsplease
from transforms.exports.ninjs import to_ninjs
from transforms.exports.schemaorg import to_schemaorg

NINJS: Final = Path(__file__).parent.parent / "standards" / "ninjs-schema_3.1.json"
FULL: Final = Article(
    uri="https://example.com/%D8%A3?id=1",
    version=2,
    change="minor",
    raw_id="g1",
    url="https://example.com/a?id=1&utm_source=x",
    canonical_url="https://example.com/a?id=1",
    source=Source(domain="example.com", name="وكالة"),
    language="ar",
    language_confidence=0.99,
    script="Arab",
    direction="rtl",
    title="عنوان",
    title_source="json-ld",
    lede="موجز",
    text="موجز\nنص الخبر",
    authors=("ليلى", "A. Writer"),
    word_count=3,
    char_count=13,
    published_at="2015-07-21T02:51:32Z",
    published_precision="second",
    published_source="json-ld",
    modified_at="2015-07-22T00:00:00Z",
    fetched_at="2015-07-23T01:02:03Z",
    section="سياسة",
    tags=("t",),
    image="https://example.com/صورة.jpg",
    places=(
        Place(
            name="Cairo", text="القاهرة", country_code="EG", geonames_id=360630, kind="city", count=1, spans=((0, 4),)
        ),
        Place(name="Egypt", text="مصر", country_code="EG", kind="country", count=1, spans=((0, 3),)),
    ),
    people=(Person(name="ليلى", role="وزيرة", count=1, spans=((0, 4),)),),
    organisations=(Organisation(name="الأمم المتحدة", count=1, spans=((0, 4),)),),
    keywords=(Keyword(text="خبر", score=1.0), Keyword(text="نص", score=0.001)),
    quotes=(),
    figures=(),
    dates_mentioned=(),
    extraction=Extraction(method="m", encoding="utf-8"),
    provenance=FileProvenance(path="a", record=0, content_sha256="0", pipeline_version="1"),
)
BARE: Final = msgspec.structs.replace(
    FULL,
    uri="urn:khabar:sha256:00",
    raw_id=None,
    url=None,
    canonical_url=None,
    source=Source(),
    language=None,
    title=None,
    lede=None,
    authors=(),
    published_at=None,
    published_precision=None,
    modified_at=None,
    fetched_at=None,
    section=None,
    image=None,
    places=(),
    people=(),
    organisations=(),
    keywords=(),
)


def only_day(article: Article, precision: Any) -> Article:
    return msgspec.structs.replace(
        article, published_at="2015-07-01T00:00:00Z", published_precision=precision, modified_at=None
    )


ARTICLES: Final = [FULL, BARE, only_day(FULL, "day"), only_day(FULL, "month"), only_day(FULL, "year")]


@pytest.fixture(scope="module")
def ninjs() -> Draft202012Validator:
    schema = json.loads(NINJS.read_text("utf-8"))
    return Draft202012Validator(schema, format_checker=FormatChecker())


@pytest.mark.parametrize("article", ARTICLES)
def test_ninjs_is_valid(ninjs: Draft202012Validator, article: Article) -> None:
    value = to_ninjs(article)
    assert [error.message for error in ninjs.iter_errors(value)] == []
    assert value["bodies"][0]["value"] == article.text


def test_the_schema_of_ninjs_refuses_what_is_not_in_it(ninjs: Draft202012Validator) -> None:
    assert not ninjs.is_valid({**to_ninjs(FULL), "surprise": 1})
    assert not ninjs.is_valid({**to_ninjs(FULL), "contentCreated": 1})


def test_ninjs_times_are_those_that_are_known() -> None:
    assert to_ninjs(FULL)["contentCreated"] == "2015-07-21T02:51:32Z"
    assert "contentCreated" not in to_ninjs(only_day(FULL, "month"))


# What schema.org says of the types used here: their properties, own or of a type above, and what these take.
PROPERTIES: Final[dict[str, dict[str, Any]]] = {
    "NewsArticle": {
        "identifier": str, "url": str, "mainEntityOfPage": str, "version": int, "inLanguage": str, "headline": str,
        "description": str, "articleBody": str, "articleSection": str, "wordCount": int, "author": ["Person"],
        "publisher": "NewsMediaOrganization", "datePublished": str, "dateModified": str, "image": str,
        "keywords": [str], "contentLocation": ["Place", "Country"], "mentions": ["Person", "Organization"],
    },
    "Person": {"name": str, "jobTitle": str},
    "Organization": {"name": str},
    "NewsMediaOrganization": {"name": str, "url": str},
    "Place": {"name": str, "alternateName": str, "address": "PostalAddress", "sameAs": str},
    "Country": {"name": str, "alternateName": str, "address": "PostalAddress", "sameAs": str},
    "PostalAddress": {"addressCountry": str},
}  # fmt: skip


def check(value: dict[str, Any]) -> None:
    for name, inner in value.items():
        if name.startswith("@"):
            continue
        expected = PROPERTIES[value["@type"]][name]
        for one in inner if isinstance(expected, list) else [inner]:
            kinds = expected if isinstance(expected, list) else [expected]
            if isinstance(one, dict):
                assert one["@type"] in kinds
                check(one)
            else:
                assert type(one) in kinds


@pytest.mark.parametrize("article", ARTICLES)
def test_schemaorg_has_known_properties_of_the_right_types(article: Article) -> None:
    value = to_schemaorg(article)
    assert (value["@context"], value["@type"], value["@id"]) == ("https://schema.org", "NewsArticle", article.uri)
    check(value)


@pytest.mark.parametrize(
    ("precision", "expected"),
    [("day", "2015-07-01"), ("month", "2015-07"), ("year", "2015"), ("second", "2015-07-01T00:00:00Z")],
)
def test_schemaorg_dates_are_as_precise_as_known(precision: str, expected: str) -> None:
    assert to_schemaorg(only_day(FULL, precision))["datePublished"] == expected


# The keys of `NewsArticle.get_serializable_dict()` of news-please 1.6.
NEWSPLEASE: Final = {
    "authors", "date_download", "date_modify", "date_publish", "description", "filename", "image_url", "language",
    "localpath", "maintext", "source_domain", "text", "title", "title_page", "title_rss", "url",
}  # fmt: skip


@pytest.mark.parametrize("article", ARTICLES)
def test_newsplease_has_its_fields_and_times(article: Article) -> None:
    value = to_newsplease(article)
    assert set(value) == NEWSPLEASE
    for name in ("date_download", "date_modify", "date_publish"):
        assert value[name] is None or datetime.strptime(value[name], "%Y-%m-%d %H:%M:%S")


@given(st.sampled_from([to_ninjs, to_schemaorg, to_newsplease]), st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_goes_through(export: Any, text: str) -> None:
    orjson.dumps(export(msgspec.structs.replace(FULL, text=text, title=text, authors=(text,))))
