import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.extraction.plaintext import extract_text
from transforms.text.clean import clean_text

BODY = "The council met on Monday to decide about the new bridge.\n\nIt will be built in two years, the mayor said."


@pytest.mark.parametrize(
    ("line", "value", "standfirst"),
    [
        ("date 2026-01-06 • رئيس البلاد برر هذا الموقف", "2026-01-06", "رئيس البلاد برر هذا الموقف"),
        (" date 2026-01-06 •", "2026-01-06", None),
        ("Published: 6 January 2026", "2026-01-06", None),
        ("January 6, 2026", "2026-01-06", None),
        ("التاريخ: ٦ يناير ٢٠٢٦", "2026-01-06", None),
        ("Datum: 06.01.2026 | Der Rat tagte", "2026-01-06", "Der Rat tagte"),
        ("Дата: 6 января 2026", "2026-01-06", None),
    ],
)
def test_a_date_line_dates_the_text_and_leaves_it(line: str, value: str, standfirst: str | None) -> None:
    page = extract_text(f"{line}\n\n{BODY}", encoding="utf-8")
    assert page.published is not None
    assert (page.published.value, page.published.precision, page.published.source) == (value, "day", "date-line")
    assert page.text == "\n".join([*([standfirst] if standfirst else []), *BODY.split("\n\n")])
    assert page.standfirst == (standfirst is not None)
    assert page.lede == (standfirst or BODY.split("\n\n")[0])


@pytest.mark.parametrize(
    "line", ["Date palms grow here.", "In 2026 the bridge was closed.", "2026", "May 2026", "99/99/2026"]
)
def test_a_line_that_only_looks_like_a_date_stays(line: str) -> None:
    page = extract_text(f"{line}\n\n{BODY}", encoding="utf-8")
    assert page.published is None
    assert line in (page.text, page.title) or page.text.startswith(line)


def test_a_headline_is_the_title_and_leaves_the_text() -> None:
    page = extract_text(f"Council decides about bridge\n\n{BODY}", encoding="utf-8")
    assert (page.title, page.title_source) == ("Council decides about bridge", "heading")
    assert page.text == BODY.replace("\n\n", "\n")


def test_headline_and_date_line_in_either_order() -> None:
    for head in ("Council decides\n\n6 January 2026", "6 January 2026\n\nCouncil decides"):
        page = extract_text(f"{head}\n\n{BODY}", encoding="utf-8")
        assert page.title == "Council decides"
        assert page.published is not None
        assert page.text == BODY.replace("\n\n", "\n")


def test_a_sentence_is_no_headline() -> None:
    page = extract_text(BODY, encoding="utf-8")
    assert page.title is None
    assert page.text == BODY.replace("\n\n", "\n")


def test_the_producers_title_is_the_only_line_that_leaves() -> None:
    page = extract_text(f"Council decides\n\n{BODY}", encoding="utf-8", title="COUNCIL DECIDES")
    assert page.text == BODY.replace("\n\n", "\n")
    page = extract_text(f"Council decides\n\n{BODY}", encoding="utf-8", title="Something else")
    assert page.title is None
    assert page.text.startswith("Council decides\n")


def test_wrapped_lines_are_joined_and_short_ones_are_not() -> None:
    wrapped = (
        "The council met on Monday to decide about the new bridge over the\n"
        "river, which has been closed for two years because of damage to its\n"
        "pillars, and decided that it will be built anew at a cost of twelve\n"
        "million.\n\nIt will be built in two years."
    )
    assert extract_text(wrapped, encoding="utf-8").text.count("\n") == 1
    poem = "Roses are red\nViolets are blue\nSugar is sweet\nAnd so are you"
    assert extract_text(poem, encoding="utf-8").text.count("\n") == 3


@given(st.text())
def test_any_text_gives_clean_text(text: str) -> None:
    page = extract_text(text, encoding="utf-8")
    assert page.text == clean_text(page.text)


def test_hostile_texts_are_quick() -> None:
    for text in ("date " * 200_000, "\n" * 1_000_000, "date 2026-01-06 • " * 50_000, "x" * 1_000_000):
        assert extract_text(text, encoding="utf-8").method == "text"
