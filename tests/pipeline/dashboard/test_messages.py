"""The interface speaks Arabic wherever it speaks English."""

import re
from string import Formatter

import pytest

from pipeline.dashboard.articles import sentences
from pipeline.dashboard.messages import ARABIC, NOUNS, counted
from tests.conftest import ROOT
from transforms.analytics.facets import DIMENSIONS

TEMPLATES = sorted((ROOT / "pipeline" / "dashboard" / "templates").iterdir())


def words_of(text: str) -> set[str]:
    found = set(re.findall(r"\bt\('([^']*)'", text))
    for table in re.findall(r"\bt\(\{(.*?)\}[\[.]", text):
        found |= set(re.findall(r": '([^']*)'", table))
    return found


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_word_of_a_template_has_arabic(path: object) -> None:
    assert words_of(path.read_text(encoding="utf-8")) - set(ARABIC) == set()  # type: ignore[attr-defined]


def test_words_that_are_made_elsewhere_have_arabic() -> None:
    made = {*DIMENSIONS, *(d.plural.capitalize() for d in DIMENSIONS.values() if d.values == "several")}
    made |= {"hour", "day", "week", "month", "year", "Today", "Stories", "Explore", "Sources", "Operations"}
    made |= {
        sentence for sentence, _ in sentences({"words_added": 1, "x_removed": 2, "n": {"added": [1], "removed": [2]}})
    }
    assert made - set(ARABIC) == set()


def test_translations_have_the_same_gaps() -> None:
    def gaps(text: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    assert {english for english, arabic in ARABIC.items() if gaps(english) != gaps(arabic)} == set()


@pytest.mark.parametrize(
    ("language", "number", "shown"),
    [
        ("en", 0, "0 articles"),
        ("en", 1, "1 article"),
        ("en", 2, "2 articles"),
        ("ar", 1, "مقال واحد"),
        ("ar", 2, "مقالان"),
        ("ar", 5, "5 مقالات"),
        ("ar", 11, "11 مقالًا"),
        ("ar", 100, "100 مقال"),
    ],
)
def test_numbers_agree_with_their_nouns(language: str, number: int, shown: str) -> None:
    assert counted(language, number, "article", str(number)) == shown


def test_both_languages_know_the_same_nouns() -> None:
    assert set(NOUNS["en"]) == set(NOUNS["ar"])
