"""Numbers in digits and words, by language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.numbers.number_words import number_words
from transforms.numbers.numerals import parse_numeral, scaled, words_at
from transforms.text.tokens import lex


@pytest.mark.parametrize(
    ("written", "language", "value"),
    [
        ("1,234.5", "en", 1234.5),
        ("1.234,5", "de", 1234.5),
        ("1 234,5", "fr", 1234.5),
        ("١٬٢٣٤٫٥", "ar", 1234.5),
        ("١٬٢٣٤", "ar", 1234),
        ("1,23,456", "en", 123456),
        ("1.234", "de", 1234),
        ("1.234", "en", 1.234),
        ("1.234", "ar", None),
        ("1,234", "ar", 1234),
        ("12,5", "ar", 12.5),
        ("3,2", "de", 3.2),
        ("1,2", "en", None),
        ("1.2.3", "en", None),
        ("0.234", "de", 0.234),
        ("1'234", "de-CH", 1234),
        ("12.000", "tr", 12000),
        ("۱۲۳", "fa", 123),
        ("१२३", "hi", 123),
        ("9" * 30, "en", None),
    ],
)
def test_numerals(written: str, language: str, value: float | None) -> None:
    assert parse_numeral(written, language) == value


@pytest.mark.parametrize(
    ("written", "language", "value"),
    [
        ("two hundred and five thousand", "en", 205000),
        ("three million two hundred thousand", "en", 3200000),
        ("twenty-three", "en", 23),
        ("مئة وخمسة وعشرون ألفا", "ar", 125000),
        ("مليونين", "ar", 2000000),
        ("ثلاثة عشر", "ar", 13),
        ("quatre-vingt-treize", "fr", 93),
        ("soixante et onze", "fr", 71),
        ("deux cent mille", "fr", 200000),
        ("dreiundzwanzig", "de", 23),
        ("zweihundertfünfzig", "de", 250),
        ("treinta y cinco", "es", 35),
        ("двадцать пять", "ru", 25),
        ("بیست و پنج", "fa", 25),
        ("ventitré", "it", 23),
        ("duecentocinquanta", "it", 250),
        ("yüz elli bin", "tr", 150000),
        ("vinte e três mil", "pt", 23000),
    ],
)
def test_number_words(written: str, language: str, value: int) -> None:
    tokens = lex(written)
    assert words_at(tokens, 0, number_words(language)) == (value, len(tokens))


@pytest.mark.parametrize(
    ("written", "language"), [("thousands", "en"), ("آلاف", "ar"), ("people", "en"), ("milliers", "fr")]
)
def test_a_magnitude_alone_is_no_number(written: str, language: str) -> None:
    assert words_at(lex(written), 0, number_words(language)) is None


def test_scaling_keeps_decimal_writing() -> None:
    assert scaled(3.2, 10**6) == 3200000
    assert isinstance(scaled(3.2, 10**6), int)
    assert scaled(1.1, 10) == 11


@given(st.integers(0, 10**15), st.sampled_from(["en", "de", "fr", "ar", "hi"]))
def test_plain_digits_are_read_in_every_language(value: int, language: str) -> None:
    assert parse_numeral(str(value), language) == value


@given(st.text(alphabet=st.one_of(st.sampled_from("0123456789.,٫٬ '٣۴"), st.characters()), min_size=1))
def test_never_raises(written: str) -> None:
    value = parse_numeral(written, "en")
    assert value is None or value >= 0
