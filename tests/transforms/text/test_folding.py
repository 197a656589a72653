import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.text.folding import fold, fold_aligned

SAME = [
    ("الرَّئِيسُ الأذربيجانيّ", "الرئيس الاذربيجاني"),
    ("غـــزة", "غزه"),
    ("إلى الآن", "الي الان"),
    ("کتاب های فارسی", "كتاب هاي فارسي"),
    ("٢٠٢٦ ۲۰۲۶ २०२६", "2026 2026 2026"),
    ("هل؟ نعم، لا؛", "هل نعم لا"),
    ("\u202bقال\u202c \u200fنعم", "قال نعم"),
    ("ﷲ", "الله"),
    ("שָׁלוֹם", "שלום"),
    ("Straße", "STRASSE"),
    ("İstanbul DİYARBAKIR", "istanbul diyarbakır"),
    ("ΑΘΗΝΑ", "Αθήνα"),
    ("Ёлка", "елка"),
    ("ｶﾀｶﾅ １２", "カタカナ 12"),
    ("ﬁn", "FIN"),
    ("“don’t”", "don't"),
    ("cafe\u0301", "café"),
    ("so\u00adft hy\u200bphen", "soft hyphen"),
]
DIFFERENT = [("مدرسة", "مدرس"), ("más", "mas"), ("йод", "иод"), ("हिन्दी", "हन्द"), ("ไม่", "ไม")]


@pytest.mark.parametrize(("left", "right"), SAME)
def test_writings_of_the_same_text_fold_alike(left: str, right: str) -> None:
    assert fold(left) == fold(right)


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_different_words_stay_different(left: str, right: str) -> None:
    assert fold(left) != fold(right)


@pytest.mark.parametrize("text", ["", "!?", "🙂🙂", "\u0640\u0640", "\u064b\u064c", "\u200b\u200e", " — "])
def test_a_text_without_letters_and_digits_folds_to_nothing(text: str) -> None:
    assert fold(text) == ""


@given(st.text())
def test_folding_is_idempotent(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_folded_words_hold_no_separators(text: str) -> None:
    assert all(word.isprintable() and " " not in word for word in fold(text).split())


@given(st.text().map(lambda text: unicodedata.normalize("NFC", text)))
def test_aligned_folding_agrees_and_knows_its_origin(text: str) -> None:
    aligned = fold_aligned(text)
    for position in range(len(aligned.text)):
        start, end = aligned.span(position, position + 1)
        assert 0 <= start < end <= len(text)
        assert aligned.text[position] in fold_aligned(text[start:end]).text


def test_a_span_covers_the_marks_of_its_last_letter() -> None:
    text = "قالَ الرَّئِيسُ إلهام"
    aligned = fold_aligned(text)
    start = aligned.text.index("الرئيس")
    span = slice(*aligned.span(start, start + len("الرئيس")))
    assert text[span] == "الرَّئِيسُ"
