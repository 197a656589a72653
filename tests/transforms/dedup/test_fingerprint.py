import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.dedup.fingerprint import (
    BANDS,
    MAX_PARAGRAPHS,
    MAX_SHINGLES,
    MIN_TOKENS,
    SCHEME,
    fingerprint,
    jaccard,
    overlap,
    tokens_of,
    unpack,
)

VOCALISED = "قَالَ الوَزِيرُ إِنَّ الحُكُومَةَ سَتُعِيدُ بِنَاءَ المَدْرَسَةِ فِي القَرْيَةِ"
BARE = "قال الوزير إن الحكومة ستعيد بناء المدرسة في القرية"
OTHER_VOCALISED = "أَعْلَنَ المُدِيرُ أَنَّ الشَّرِكَةَ أَغْلَقَتْ مَصْنَعَهَا عَلَى السَّاحِلِ أَمْسِ"


def similarity(a: str, b: str) -> float:
    return jaccard(unpack(fingerprint(a).shingles), unpack(fingerprint(b).shingles))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (VOCALISED, BARE),
        ("أعلنت الأمم المتحدة إجلاء ٢٠ شخصاً", "اعلنت الامم المتحده اجلاء 20 شخصا"),
        ("الـمـديـنـة الـكـبـيـرة", "المدينة الكبيرة"),
        ("على مدى عامين", "علي مدي عامين"),
        ("\u200fالقدس\u200e: «خبر عاجل»", "القدس - خبر عاجل"),
        ("در سال ۱۴۰۴ کتاب", "در سال 1404 كتاب"),
        ("یہ کہانی ۵ دن پرانی ہے", "يه كهاني 5 دن پراني هے"),
        ("בְּרֵאשִׁית בָּרָא", "בראשית ברא"),
        ("ΑΘΉΝΑ Σήμερα", "Αθηνα σημερα"),
        ("Всё ещё идёт", "все еще идет"),
        ("２０２６年１月６日、東京で", "2026年1月6日 東京で"),
        ("Cafe\u0301 “quoted” – text", 'CAFÉ "quoted" - text'),
        ("१२ लोग", "12 लोग"),
        ("১২ জন", "12 জন"),
        ("๑๒ คน", "12 คน"),
        ("בית־ספר בִּירוּשָׁלַיִם", "בית ספר בירושלים"),
        ("ہندوستان کی خبر", "هندوستان کي خبر"),
        ("می\u200cرود", "میرود"),
        ("한국", "\u1112\u1161\u11ab\u1100\u116e\u11a8"),
        ("ΟΔΟΣ", "οδός"),
        ("Việt Nam", "Vie\u0323\u0302t Nam"),
        ("ГРАФ", "граф"),
        ("カタカナ", "ｶﾀｶﾅ"),
    ],
)
def test_writings_of_one_text_have_one_fingerprint(a: str, b: str) -> None:
    assert fingerprint(a).text_hash == fingerprint(b).text_hash
    assert fingerprint(a).shingles == fingerprint(b).shingles


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (VOCALISED, OTHER_VOCALISED),
        ("قتل 12 شخصا", "قتل 13 شخصا"),
        ("第一次会议在北京举行", "第一次会议在上海举行"),
        ("นายกรัฐมนตรีเดินทางไปเชียงใหม่", "นายกรัฐมนตรีเดินทางไปภูเก็ต"),
        ("resume", "résumé"),
        ("سال ۱۴۰۴", "سال ۱۴۰۵"),
        ("خبر لاہور", "خبر کراچی"),
        ("בית בירושלים", "בית בחיפה"),
        ("हिन्दी", "हिन्दू"),
        ("বাংলা খবর", "বাংলা খাবার"),
        ("ข่าว", "ขาว"),
        ("한국", "한글"),
        ("αγορά", "αγορές"),
        ("мой", "мои"),
        ("東京", "京東"),
        ("peña", "pena"),
        ("", ""),
        ("— …", "***"),
    ],
)
def test_different_texts_have_different_fingerprints(a: str, b: str) -> None:
    one, two = fingerprint(a), fingerprint(b)
    assert not one.text_hash or one.text_hash != two.text_hash
    assert similarity(a, b) < 1


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("قال الوزير", ["قال", "الوزير"]),
        ("第一次", ["第", "一", "次"]),
        ("東京タワー2026", ["東", "京", "タ", "ワ", "ー", "2026"]),
        ("ที่นี่", ["ที่", "นี่"]),
        ("서울 시청", ["서울", "시청"]),
        ("ကြည့်", ["ကြ", "ည့်"]),
        ("हिन्दी समाचार", ["हिन्दी", "समाचार"]),
        ("abc中文 def", ["abc", "中", "文", "def"]),
    ],
)
def test_tokens_follow_the_script(text: str, tokens: list[str]) -> None:
    assert tokens_of(text) == tokens


def test_edited_texts_without_spaces_are_alike() -> None:
    text = "政府在周二宣布了一项新的计划旨在改善首都的公共交通并减少未来十年的空气污染部长们表示该计划将耗资数十亿元"
    assert similarity(text, text.replace("周二", "周三")) > 0.7
    assert fingerprint(text).bands


def test_short_texts_have_no_bands() -> None:
    text = " ".join(f"word{'abcdefghijklmnopqrstuvwxyz'[n]}" for n in range(MIN_TOKENS))
    assert len(fingerprint(text).bands) == BANDS
    assert fingerprint(text.rpartition(" ")[0]).bands == ()


def test_nothing_is_left_of_marks() -> None:
    empty = fingerprint("— \u200f … ")
    assert (empty.text_hash, empty.tokens, empty.shingles, empty.bands) == ("", 0, b"", ())


def test_the_scheme_and_its_values_stay() -> None:
    """Stored fingerprints are compared with new ones: a change here needs a new scheme."""
    print_ = fingerprint("one two three four five six seven")
    assert SCHEME == "w5-rminhash2-12x3"
    assert unpack(print_.shingles).tolist() == [1069509, 402560856, 1925359130]
    assert fingerprint(" ".join(["one two three four five six seven"] * 4)).bands[0] == 9158940319952703580


def test_paragraphs_carry_the_shingles_that_begin_in_them() -> None:
    print_ = fingerprint("one two three four five six\nmenu\nseven eight nine ten eleven")
    assert len(print_.paragraphs) == 2
    assert print_.paragraphs[0] == fingerprint("One, two, three: four five six!").paragraphs[0]
    found = np.union1d(*map(unpack, print_.paragraph_shingles))
    assert set(found) < set(unpack(print_.shingles))


def test_long_texts_are_sampled_evenly() -> None:
    words = [f"{n:x}" for n in range(20_000)]
    a, b = " ".join(words), " ".join(words[4000:])
    assert len(unpack(fingerprint(a).shingles)) == MAX_SHINGLES
    assert similarity(a, b) == pytest.approx(0.8, abs=0.02)
    inside = " ".join(words[:2000])
    common, of_inside, _ = overlap(unpack(fingerprint(inside).shingles), unpack(fingerprint(a).shingles))
    assert common == of_inside > 300


@pytest.mark.parametrize(
    "text", ["a" * 3_000_000, "a " * 1_000_000, "\n" * 3_000_000, "中" * 1_000_000, "ab\n" * 500_000], ids=len
)
def test_hostile_texts_are_read_in_linear_time(text: str) -> None:
    started = time.process_time()
    print_ = fingerprint(text)
    assert time.process_time() - started < 20
    assert len(print_.paragraphs) <= MAX_PARAGRAPHS
    assert len(print_.shingles) <= MAX_SHINGLES * 4


@given(st.text())
def test_any_text_has_a_fingerprint(text: str) -> None:
    print_ = fingerprint(text)
    assert print_ == fingerprint(text)
    assert list(unpack(print_.shingles)) == sorted(set(unpack(print_.shingles)))
    assert bool(print_.text_hash) == bool(print_.tokens) == bool(print_.shingles)


@given(st.lists(st.integers(0, 60)), st.lists(st.integers(0, 60)))
def test_jaccard_is_that_of_sets(a: list[int], b: list[int]) -> None:
    one, two = (np.array(sorted(set(values)), dtype="<u4") for values in (a, b))
    expected = len(set(a) & set(b)) / len(set(a) | set(b)) if set(a) & set(b) else 0.0
    assert jaccard(one, two) == expected
