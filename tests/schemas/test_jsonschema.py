import jsonschema
import orjson
import pytest
from hypothesis import given

from schemas.codec import encode
from schemas.jsonschema import RECORD_KINDS, schema_bytes, schema_of, validate
from schemas.records import Article
from tests.conftest import ROOT
from tests.support.records import articles


@pytest.mark.parametrize("name", RECORD_KINDS)
def test_the_schema_file_is_what_the_types_give(name: str) -> None:
    stored = ROOT / "schemas" / "json" / f"{name}.schema.json"
    assert stored.read_bytes() == schema_bytes(name), "run `make schemas`"


def test_no_schema_file_without_a_type() -> None:
    names = {path.name.removesuffix(".schema.json") for path in (ROOT / "schemas" / "json").iterdir()}
    assert names == set(RECORD_KINDS)


@pytest.mark.parametrize("name", RECORD_KINDS)
def test_the_schema_is_valid_itself(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema_of(name))


@given(articles)
def test_every_article_fits_its_schema(article: Article) -> None:
    validate(article)


@given(articles)
def test_a_broken_article_does_not(article: Article) -> None:
    value = orjson.loads(encode(article))
    value["version"] = "first"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema_of("article")).validate(value)
