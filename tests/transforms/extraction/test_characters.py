import pytest

from transforms.extraction import characters
from transforms.extraction.characters import CAPITAL, DIGIT, END, PUNCTUATION, SPACE, WIDE, count_characters

TEXTS = [
    "Two Words, and 3 more: NATO.",
    "",
    "人民日报，2024年！",
    "𝐀 mathematical capital 😀, \ud83d half of a pair",
    "١٢ رقم؟",
    "Ünder",
    "กา๑",
]
EXPECTED = {
    SPACE: [5, 0, 0, 8, 1, 0, 0],
    PUNCTUATION: [2, 0, 1, 1, 0, 0, 0],
    END: [1, 0, 1, 0, 1, 0, 0],
    DIGIT: [1, 0, 4, 0, 2, 0, 1],
    WIDE: [0, 0, 5, 0, 0, 0, 3],
    CAPITAL: [3, 0, 0, 1, 0, 1, 0],
}


@pytest.mark.parametrize("at_a_time", [1, 20, 1 << 20])
def test_characters_are_counted_by_kind(monkeypatch: pytest.MonkeyPatch, at_a_time: int) -> None:
    monkeypatch.setattr(characters, "_CHARACTERS", at_a_time)
    counts = count_characters(TEXTS)
    assert {kind: counts[kind].tolist() for kind in EXPECTED} == EXPECTED


def test_no_texts_have_no_characters() -> None:
    assert count_characters([]).shape == (7, 0)
