"""`find_dates`: a weekday follows the tense of the verb nearest to it."""

import pytest

from transforms.dates.parsing import find_dates

PUBLISHED = "2026-01-07"  # a Wednesday
LAST_FRIDAY, NEXT_FRIDAY = "2026-01-02", "2026-01-09"


def dates(text: str, language: str) -> list[str]:
    return [mention.date for mention in find_dates(text, language, PUBLISHED)]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Am Freitag wird der Rat abstimmen.", "de"),
        ("Der Rat wird am Freitag abstimmen.", "de"),
        ("On Friday, the council will vote.", "en"),
        ("He said the council will vote on Friday.", "en"),
        ("Vendredi, le conseil se prononcera.", "fr"),
        ("Le texte sera voté vendredi.", "fr"),
        ("El viernes se celebrará la final.", "es"),
        ("El gobierno mantendrá el cierre hasta el viernes.", "es"),
        ("Venerdì il governo presenterà la legge.", "it"),
        ("Vrijdag zal de raad stemmen.", "nl"),
        ("Na sexta-feira, a câmara votará a lei.", "pt"),
        ("A lei será votada na sexta-feira.", "pt"),
    ],
)
def test_a_coming_weekday(text: str, language: str) -> None:
    assert dates(text, language) == [NEXT_FRIDAY]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("„Wir werden gewinnen“, sagte sie am Freitag.", "de"),
        ("“We will win,” she said on Friday.", "en"),
        ("On Friday the mayor said that he will resign.", "en"),
        ("On Friday police arrested a man and will question him.", "en"),
        ("The driver who was hurt on Friday will testify.", "en"),
        ("Le pont sera fermé, a annoncé la ville vendredi.", "fr"),
        ("El plan será aprobado, anunció el viernes.", "es"),
        ("Teherán cerró el paso el viernes.", "es"),
        ("Il piano sarà pronto, ha detto venerdì.", "it"),
        ("Het plan zal slagen, zei hij vrijdag.", "nl"),
        ("O plano será aprovado, anunciou na sexta-feira.", "pt"),
    ],
)
def test_a_past_weekday(text: str, language: str) -> None:
    assert dates(text, language) == [LAST_FRIDAY]


def test_this_weekday_of_a_coming_event_is_ahead() -> None:
    assert dates("El equipo jugará este lunes en casa.", "es") == ["2026-01-12"]


def test_a_day_in_words_beside_its_weekday() -> None:
    assert dates("O pagamento será terça-feira dia vinte e sete.", "pt") == ["2026-01-27"]


def test_a_capital_at_the_beginning_of_a_sentence_is_no_name() -> None:
    assert dates("Il pleut. Vendredi, le vent est tombé.", "fr") == [LAST_FRIDAY]
    assert dates("Domenica Rossi ha vinto.", "it") == []
