import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.entities.quotation_marks import quoted_spans


def quoted(text: str) -> list[str]:
    return [text[start:end] for start, end in quoted_spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('He said "we won" and "they lost".', ["we won", "they lost"]),
        ("“We won,” he said. “They ‘lost’ it.”", ["We won,", "They ‘lost’ it."]),
        ("Er sagte: „Wir gehen.“ Dann »nein« und «ja» und ‚so‘.", ["Wir gehen.", "nein", "ja", "so"]),
        ("Il a dit : « Oui, nous partons. » et «\u202fnon\u202f».", ["Oui, nous partons.", "non"]),
        ("Vi säger ”hej” och ”då”. Hän sanoi »moi».", ["hej", "då", "moi"]),
        ("Powiedział: „Tak, «może» jutro”.", ["Tak, «może» jutro"]),
        ("Ali \"Gel\"in dedi. ''Merhaba'' dedi.", ["Gel", "Merhaba"]),
        ("«Он сказал: «Да»», — и ушёл", ["Он сказал: «Да»"]),
        ('قال "نعم"، و"لا".. وبـ"الضرب" ول«الأمم»', ["نعم", "لا", "الضرب", "الأمم"]),
        ("قال: ” إن الأندية” وأضاف ”نعم“ و “لا”", ["إن الأندية", "نعم", "لا"]),
        ('צה"ל אמר "שלום לכם" ו"נחזור" רמטכ״ל', ["שלום לכם", "נחזור"]),
        ("「はい。『いいえ』と」と言った。", ["はい。『いいえ』と"]),
        ("他说：“我们走。”读《红楼梦》。报道说：《好的》", ["我们走。", "好的"]),
        ('(“foo”) ["bar"] „Test" und “foo"', ["foo", "bar", "Test", "foo"]),
    ],
)
def test_marks_of_many_scripts(text: str, expected: list[str]) -> None:
    assert quoted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'We won,' he said. It's the workers' right. 'Don't go,' they said.", ["We won,", "Don't go,"]),
        (
            "The ‘terrorists’ came. ‘The workers’ rights are gone,’ he said.",
            ["terrorists", "The workers’ rights are gone,"],
        ),
        ("Rock 'n' roll of the ‘90s, 'tis Cincinnati’s l’été.", []),
        ("‘I told him “no” twice,’ he said.", ["I told him “no” twice,"]),
    ],
)
def test_single_marks_are_no_apostrophes(text: str, expected: list[str]) -> None:
    assert quoted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"First paragraph.\n"Second one."\nNext "one" ok.', ["First paragraph.", "Second one.", "one"]),
        ('"Never closed.\nNext "one" ok.', ["one"]),
        ('"A. "B" c "D" e', ["B", "D"]),
        ('"foo "bar" baz"', ['foo "bar" baz']),
        ('12" pipe is "long" and 5\'10" tall', ["long"]),
        ('"" "." « » “…”', []),
    ],
)
def test_what_does_not_pair(text: str, expected: list[str]) -> None:
    assert quoted(text) == expected


@given(st.text(alphabet=st.sampled_from("aAب1א「」『』《》«»‹›“”„‟‘’‚\"'<>`״ .:,\n")) | st.text())
def test_spans_are_ordered_within_a_paragraph_and_stripped(text: str) -> None:
    end = 0
    for start, stop in quoted_spans(text):
        assert end <= start < stop <= len(text)
        assert text[start:stop].strip() == text[start:stop]
        assert "\n" not in text[start:stop]
        end = stop
