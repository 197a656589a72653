import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.text.clean import clean_line, clean_text


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("a\r\nb\rc\n\n\nd", "a\nb\nc\nd"),
        ("a\u2028b\u2029c\x85d", "a\nb\nc\nd"),
        ("  a \t\u00a0 b  ", "a b"),
        ("\u202bقال\u202c\u200f نعم", "قال نعم"),
        ("\ufeffa\x00b\x1bc", "abc"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("e\u0301", "é"),
        ("a\ud800b", "a\ufffdb"),
        ("\ufdd0\uffffx", "x"),
        (" \n \n ", ""),
    ],
)
def test_cases(raw: str, clean: str) -> None:
    assert clean_text(raw) == clean


def test_a_line_has_no_break() -> None:
    assert clean_line(" two\nlines ") == "two lines"


@given(st.text(st.characters()))
def test_clean_text_is_clean(text: str) -> None:
    clean = clean_text(text)
    assert clean_text(clean) == clean
    assert unicodedata.is_normalized("NFC", clean)
    clean.encode()
    assert all(line and line == line.strip(" ") for line in clean.split("\n")) or clean == ""
    assert not any(unicodedata.category(c) in {"Cc", "Cs"} and c != "\n" for c in clean)
