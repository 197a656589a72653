import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.analytics.search_terms import MAX_TERMS, Phrase, parse_query, search_terms, snippet


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


def written(query: str) -> str:
    """A query as it was understood: alternatives by ``/``, excluded ones after ``-``."""

    def phrase(found: Phrase) -> str:
        return "+".join(found.terms) + ("*" if found.is_prefix else "")

    parsed = parse_query(query)
    return " ".join(
        [
            *("/".join(map(phrase, group)) for group in parsed.groups),
            *(f"-{phrase(found)}" for found in parsed.excluded),
        ]
    )


@pytest.mark.parametrize(
    ("query", "understood"),
    [
        ("two words", "two words"),
        ('"two words" more', "two+words more"),
        ("«قوة السلام» غزة", "قوه+سلام غزه"),
        ("東京都", "東京+京都"),
        ('" ', ""),
        ("Gaza OR غزة aid", "gaza/غزه aid"),
        ("a OR b OR c", "a/b/c"),
        ("OR", ""),
        ("OR a OR", "a"),
        ("or", "or"),
        ("gaza -aid", "gaza -aid"),
        ('-"two words" x', "x -two+words"),
        ("−aid", "-aid"),
        ("well-known -", "well+known"),
        ("ministr*", "ministr*"),
        ("المساعد*", "مساعد*"),
        ("a OR -b", "a -b"),
        ("* -- OR", ""),
    ],
)
def test_queries(query: str, understood: str) -> None:
    assert written(query) == understood


@pytest.mark.parametrize(
    ("text", "query", "found"),
    [
        ("Aid for Gaza waits.", "gaza", ["Gaza"]),
        ("تنتظر غزّة المساعدات", "مساعدات غزه", ["غزّة", "المساعدات"]),
        ("Ministers and ministries", "minist*", ["Ministers", "ministries"]),
        ("東京都で地震がありました", "地震", ["地震"]),
        ("Nothing", "gaza", []),
        ("Nothing", "-gaza", []),
    ],
)
def test_snippets_show_what_was_found(text: str, query: str, found: list[str]) -> None:
    pieces = snippet(text, parse_query(query))
    assert [piece for is_found, piece in pieces if is_found] == found
    assert not found or "".join(piece for _, piece in pieces) == text


def test_a_snippet_of_a_long_text_is_a_stretch_around_the_first_word_found() -> None:
    pieces = snippet("word " * 500 + "needle " + "word " * 500, parse_query("needle"))
    shown = "".join(piece for _, piece in pieces)
    assert "needle" in shown
    assert len(shown) < 260
    assert shown.startswith("… ")
    assert shown.endswith(" …")


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
