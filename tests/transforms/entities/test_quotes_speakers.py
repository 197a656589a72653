"""Who says a quotation: names that no list knows, denials, what is told to somebody, colons, marks of other scripts."""

import pytest

from transforms.entities.quotes import find_quotes


def said(text: str, language: str) -> list[tuple[str, str | None]]:
    return [(quote.text, quote.speaker) for quote in find_quotes(text, language)]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        # He never said it, was told it, or denied it.
        ("Karim Aziz never said “the bridge is safe”.", "en", None),
        ("Karim Aziz was told “the bridge is safe” by officials.", "en", None),
        ("“The bridge is safe,” Karim Aziz was told by Ottilie Brandt.", "en", "Ottilie Brandt"),
        ("Karim Aziz denied that he had said “the bridge is safe”.", "en", None),
        ("Ottilie Brandt did not say “the bridge is safe”.", "en", None),
        ("Ottilie Brandt sagte nie „die Brücke ist völlig sicher“.", "de", None),
        ("Le ministre Paul Martin a nié avoir dit « le pont est parfaitement sûr ».", "fr", None),
        ("Juan Pérez nunca dijo «el puente es seguro para todos».", "es", None),
        ("ونفى محمد الخالدي أن يكون قد قال \"الجسر آمن\".", "ar", None),
        # Names beside the verb that no list knows, with office, form of address or apposition.
        ("“We will rebuild the bridge,” Ms. Tiegenbrook said.", "en", "Tiegenbrook"),
        ("“We will rebuild the bridge,” said Whit Ayresby, a pollster.", "en", "Whit Ayresby"),
        ("“We will rebuild,” Whit Ayresby, who was a pollster in Ohio, said.", "en", "Whit Ayresby"),
        ("„Wir bauen die Brücke wieder auf“, sagte Grünbichler am Montag.", "de", "Grünbichler"),
        # Colons.
        ("Grünbichler wörtlich: „Wir bauen die Brücke wieder auf.“", "de", "Grünbichler"),
        ("Tiegenbrook: “We will rebuild the bridge.”", "en", "Tiegenbrook"),
        # The object of the verb is no speaker.
        ("He says Tiegenbrook will “leave with momentum”.", "en", None),
        # Scripts without capitals.
        ("외교부 김민수 대변인은 “다리를 다시 짓겠다”고 말했다.", "ko", "김민수"),
        ("毛宁表示：“我们将重建这座大桥。”", "zh", "毛宁"),
        ("प्रवक्ता रमेश शर्मा ने कहा, \"हम पुल फिर बनाएंगे।\"", "hi", "रमेश शर्मा"),
    ],
)  # fmt: skip
def test_speakers(text: str, language: str, expected: str | None) -> None:
    assert [speaker for _, speaker in said(text, language)] == [expected]


def test_a_joined_quotation_has_the_same_speaker() -> None:
    found = said("Paul Ryan demands that all engage in “more listening to others” and “more learning.”", "en")
    assert len({speaker for _, speaker in found}) == 1


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Клуб «Челси» сыграет в четверг дома.", "ru"),
        ("Команда «Динамо Київ» виграла матч.", "uk"),
        ("Le journal « Le Monde » paraît le soir.", "fr"),
    ],
)
def test_a_name_in_guillemets_is_no_quotation(text: str, language: str) -> None:
    assert said(text, language) == []


def test_a_term_in_guillemets_is_one() -> None:
    assert [text for text, _ in said("Il parle de « guerre totale » depuis lundi.", "fr")] == ["guerre totale"]
