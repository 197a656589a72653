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
        ("「橋を建て直す」と山田太郎氏は述べた。", "ja", "山田太郎"),
        ("“我们将重建这座大桥，”毛宁说。", "zh", "毛宁"),
        ("“אנחנו נבנה את הגשר מחדש”, אמר פיוריק.", "he", "פיוריק"),
        ("“Wij bouwen de brug opnieuw”, zegt Jan Jansen.", "nl", "Jan Jansen"),
        # An organisation, a subject of two verbs, a verb that no list knows, a sentence that leads to a colon.
        ("The World Bank said the bridge was “not safe enough”.", "en", "World Bank"),
        ("Karim Aziz will wait for the vote, but insisted that the bridge was “safe enough”.", "en", "Karim Aziz"),
        ("“The bridge is safe,” Karim Aziz thundered on Tuesday.", "en", "Karim Aziz"),
        ("„Die Brücke ist sicher“, erinnerte sich Ottilie Brandt später.", "de", "Ottilie Brandt"),
        ("Am Abend nahm Ottilie Brandt zu allen Fragen rund um den Bau Stellung: „Ja.“", "de", "Ottilie Brandt"),
        # Behind the name, and behind the term that is quoted.
        ("Karim Aziz zufolge ist die Brücke „völlig sicher“.", "de", "Karim Aziz"),
        ("Die Stadt müsse die Brücke „sofort und vollständig“ sperren, so Ottilie Brandt.", "de", "Ottilie Brandt"),
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


def test_reported_speech_goes_on() -> None:
    found = said("Ottilie Brandt warnte vor dem Winter. Die Brücke sei „nicht mehr sicher“.", "de")
    assert found == [("nicht mehr sicher", "Ottilie Brandt")]


@pytest.mark.parametrize(
    "text",
    [
        "“The bridge is safe,” Karim Aziz said on “State of the City” on Sunday. “We will not wait.”",
        "“The bridge is safe,” Karim Aziz said.\n“We will not wait.”",
    ],
)
def test_speech_goes_on_behind_its_verb(text: str) -> None:
    found = said(text, "en")
    assert (found[0][1], found[-1][1]) == ("Karim Aziz", "Karim Aziz")


def test_a_pronoun_means_who_spoke_last() -> None:
    text = "毛宁表示：“我们将重建这座大桥。”\n她说：“时间不多。”"
    assert [speaker for _, speaker in said(text, "zh")] == ["毛宁", "毛宁"]
