import pytest

from transforms.dates.relative import relative_words
from transforms.entities.lexicon import lexicon
from transforms.entities.organisations import find_organisations
from transforms.numbers.figures import find_figures
from transforms.text.languages import known_languages, primary, section, sections_of
from transforms.text.wordlists import zipf


@pytest.mark.parametrize(
    ("tag", "code"),
    [("pt_BR", "pt"), ("ZH-Hant", "zh"), ("en", "en"), ("iw", "he"), ("in-ID", "id"), ("", ""), (None, "")],
)
def test_the_primary_language_of_any_tag(tag: str | None, code: str) -> None:
    assert primary(tag) == code


def test_a_language_inherits_only_what_its_file_says() -> None:
    assert section("no", "units") == section("nb", "units")
    assert sections_of("no")["units"] == "nb"
    assert section("sw", "units") == {}
    inherited = {
        (code, source) for code in known_languages() for source in sections_of(code).values() if source != code
    }
    assert inherited == {("no", "nb"), ("nn", "nb")}


@pytest.mark.parametrize("code", [*known_languages(), "sw", "xx"])
def test_no_language_uses_the_words_of_another_one_in_silence(code: str) -> None:
    """English words in a text of another language announce nothing."""
    found = sections_of(code)
    if "names" not in found:
        words = lexicon(code)
        assert not words.heads | words.says | words.links | words.honorifics
    if "organisations" not in found:
        found_here = find_organisations("Ministry of Qwertz, Asdf University", code)
        assert all(organisation.method == "tagger" for organisation in found_here)
    if "relative" not in found:
        assert relative_words(code) is None
    if "numbers" not in found:
        assert 12_000_000 not in [figure.value for figure in find_figures("12 million", code)]


@pytest.mark.parametrize("code", ["no", "sr", "hr", "bs", "tl"])
def test_languages_that_are_listed_under_another_code_have_their_words(code: str) -> None:
    assert len(zipf(code)) > 20_000
