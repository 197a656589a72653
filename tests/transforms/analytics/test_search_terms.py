import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.analytics.search_terms import MAX_TERMS, query_phrases, search_terms


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Two Words, here", ["two", "words", "here"]),
        ("والسعودية للسعودية بالسعودية السعودية سعودية", ["سعوديه"] * 5),
        ("الله وله ال لله", ["الله", "وله", "ال", "لله"]),
        ("أُكِلَ ٢٠٢٥", ["اكل", "2025"]),
        ("東京都 and 駅", ["東京", "京都", "and", "駅"]),
        ("iPhone東京15", ["iphone", "東京", "15"]),
        ("ราคาทอง", ["รา", "าค", "คา", "าท", "ทอ", "อง"]),
        ("!!! …", []),
        ("", []),
    ],
)
def test_terms(text: str, terms: list[str]) -> None:
    assert search_terms(text) == terms


@pytest.mark.parametrize(
    ("query", "phrases"),
    [
        ("two words", [["two"], ["words"]]),
        ('"two words" more', [["two", "words"], ["more"]]),
        ("«قوة السلام» غزة", [["قوه", "سلام"], ["غزه"]]),
        ("東京都", [["東京", "京都"]]),
        ('" ', []),
    ],
)
def test_queries(query: str, phrases: list[list[str]]) -> None:
    assert query_phrases(query) == phrases


@given(st.text())
def test_terms_hold_nothing_that_a_query_language_reads(text: str) -> None:
    for term in search_terms(text):
        assert term
        assert not set(term) & set(" '\"*:()&|!<>\\\0")


@pytest.mark.parametrize("text", ["ا" * 1_000_000, "ال" * 500_000, "東" * 1_000_000, "a " * 1_000_000])
def test_hostile_texts_are_bounded(text: str) -> None:
    terms = search_terms(text)
    assert len(terms) <= MAX_TERMS
    assert all(len(term) <= 64 for term in terms)
