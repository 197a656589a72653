"""The sample as a careful editor reads it: what `make run` must get right, said apart from the golden bytes."""

import re
from pathlib import Path

import pytest

from schemas.codec import decode
from schemas.records import Article, Span
from tests.conftest import ROOT, Khabar


@pytest.fixture(scope="module")
def article(khabar: Khabar, tmp_path_factory: pytest.TempPathFactory) -> Article:
    out = tmp_path_factory.mktemp("seed") / "out"
    assert khabar("run", "seeds", "--out", out, cwd=ROOT).returncode == 0
    assert (out / "dead.jsonl").read_bytes() == (out / "duplicates.jsonl").read_bytes() == b""
    (line,) = (out / "articles.jsonl").read_bytes().splitlines()
    return decode(line, Article)


def written(article: Article, span: Span) -> str:
    return article.text[slice(*span)]


def test_language_and_date(article: Article) -> None:
    assert (article.language, article.script, article.direction) == ("ar", "Arab", "rtl")
    assert (article.published_at, article.published_precision) == ("2026-01-06T00:00:00Z", "day")
    assert article.published_source == "date-line"


def test_the_date_line_is_not_in_the_text_and_all_the_rest_is(article: Article) -> None:
    (seed,) = Path(ROOT / "seeds").iterdir()
    paragraphs = [line.strip() for line in seed.read_text(encoding="utf-8").splitlines() if line.strip()]
    assert article.text.split("\n") == [paragraphs[0].removeprefix("date 2026-01-06 • "), *paragraphs[1:]]
    assert (article.title_source, article.lede) == ("derived", article.text.split("\n")[0])


def test_exactly_the_countries_that_it_names(article: Article) -> None:
    assert {place.country_code for place in article.places} == {"AZ", "PS", "US", "IL", "IQ", "XK", "AF"}
    cities = {place.name: place.country_code for place in article.places if place.kind in {"city", "capital"}}
    assert cities == {"Baku": "AZ", "Gaza": "PS", "Washington": "US", "Tel Aviv": "IL"}


def test_exactly_the_people_with_their_offices(article: Article) -> None:
    assert {person.name: person.role for person in article.people} == {
        "إلهام علييف": "الرئيس الأذربيجاني",
        "مايك والتز": "المندوب الأمريكي الدائم لدى الأمم المتحدة",
        "دونالد ترامب": "الرئيس الأمريكي",
    }


def test_every_quotation(article: Article) -> None:
    assert [quote.text for quote in article.quotes] == re.findall('"([^"]+)"', article.text)
    spoken = {quote.text: quote.speaker for quote in article.quotes}
    assert spoken["لسنا بصدد تعريض حياة وصحة الأذربيجانيين للخطر من أجل إرضاء أي طرف"] == "إلهام علييف"


def test_figures_and_what_they_count(article: Article) -> None:
    assert [(figure.value, figure.counted) for figure in article.figures] == [
        (20, "سؤالا"),
        (20, "بندا"),
        (71000, "شهيد"),
        (171000, "جريح"),
    ]


def test_dates_resolved_against_publication(article: Article) -> None:
    found = {mention.text: (mention.date, mention.precision) for mention in article.dates_mentioned}
    assert found == {
        "الثلاثاء": ("2026-01-06", "day"),
        "29 سبتمبر الماضي": ("2025-09-29", "day"),
        "10 أكتوبر المنصرم": ("2025-10-10", "day"),
        "8 أكتوبر 2023": ("2023-10-08", "day"),
    }


def test_spans_cover_what_they_speak_of(article: Article) -> None:
    for place in article.places:
        assert written(article, place.spans[0]) == place.text
        assert len(place.spans) == place.count
    for one in (*article.quotes, *article.figures, *article.dates_mentioned):
        assert written(article, one.span) == one.text
    for person in article.people:
        assert written(article, person.spans[0]) in person.name
