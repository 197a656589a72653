import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.text.sentences import count_words, sentences


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "en",
            [
                "Mr. Smith met Dr. Jones on Jan. 5.",
                "It cost $3.5 million.",
                '"We won," he said.',
                '"Really?" he asked.',
            ],
        ),
        ("en", ["J. K. Rowling lives in the U.S. Senate.", "Wait... what?", "She left at 5 p.m. on Friday."]),
        ("de", ["Am 5. Mai kam z. B. Dr. Müller.", "Er sagte: „Wir gehen.“", "Dann ging er."]),
        ("fr", ["M. Macron a dit : « Oui. »", "Puis il est parti."]),
        ("es", ['El Sr. Pérez dijo: "¡Vamos!"', "¿Por qué?", "Nadie sabe."]),
        ("ru", ["А. С. Пушкин пришел.", "Т. е. так."]),
        ("tr", ["Prof. Dr. Ali Bey geldi.", '"Gel." dedi.']),
        ("ar", ["قال الرئيس.", 'ثم قال: "نعم."', "هل هذا صحيح؟", "بلغ 3.5 مليون."]),
        ("ar", ["قال د. محمد ذلك."]),
        ("ur", ["یہ ہے۔", "کیا وہ تھا؟", "ہاں۔"]),
        ("hi", ["यह है।", "वह था।"]),
        ("ja", ["彼は来た！", "「行きます。」と言った。", "はい。"]),
        ("zh", ["他说：“我们走。”", "真的吗？", "是的！"]),
        ("th", ["สวัสดีครับ"]),
    ],
)
def test_sentences(language: str, expected: list[str]) -> None:
    text = ("" if language in {"ja", "zh"} else " ").join(expected)
    assert [text[start:end] for start, end in sentences(text, language)] == expected


def test_a_paragraph_ends_a_sentence() -> None:
    text = "No full stop\nand lower case\n\nEnd"
    assert [text[start:end] for start, end in sentences(text)] == ["No full stop", "and lower case", "End"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("— … !", 0),
        ("Don't stop the 3.5 million-dollar U.S. plan.", 7),
        ("قال الرئيس إنّه 71 ألفًا", 5),
        ("می‌خواهد برود", 2),
        ("यह हिन्दी है", 3),
        ("这是新闻", 4),
        ("これはペン", 5),
        ("한국 뉴스", 2),
        ("สวัสดีชาวโลก", 3),
        ("AI技术 2026", 4),
    ],
)
def test_count_words(text: str, count: int) -> None:
    assert count_words(text) == count


@given(
    st.text(alphabet=st.sampled_from('aAбعあกว .!?。؟"“”«»\n1')) | st.text(),
    st.sampled_from([None, "ar", "de", "zh-Hant", "??"]),
)
def test_spans_are_ordered_stripped_and_lose_nothing(text: str, language: str | None) -> None:
    spans = sentences(text, language)
    assert all(text[start:end].strip() == text[start:end] != "" for start, end in spans)
    assert "\n" not in "".join(text[start:end] for start, end in spans)
    assert "".join("".join(text[start:end] for start, end in spans).split()) == "".join(text.split())
    assert count_words(text, language) >= 0
