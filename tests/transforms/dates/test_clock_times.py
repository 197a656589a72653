"""`find_dates`: a bare time of the clock is the day of publication, where the text names no other day for it."""

import pytest

from transforms.dates.parsing import find_dates

PUBLISHED = "2026-01-07"  # a Wednesday


def found(text: str, language: str, published: str | None = PUBLISHED) -> list[tuple[str, str, str]]:
    return [(mention.date, mention.precision, mention.text) for mention in find_dates(text, language, published)]


@pytest.mark.parametrize(
    ("text", "language", "times"),
    [
        ("Die Lesung beginnt um 19 Uhr im Rathaus.", "de", ["19 Uhr"]),
        ("Flohmarkt, Turnhalle, 14.30-18 Uhr. Chorprobe, Aula, 20.15 Uhr.", "de", ["14.30-18 Uhr", "20.15 Uhr"]),
        ("The gates open at 5 pm and close at 11:30 p.m.", "en", ["5 pm", "11:30 p.m."]),
        ("The signal was lost at 08:15 GMT.", "en", ["08:15 GMT"]),
        ("Le marché ouvre à 8 heures, le concert commence à 20 h 30.", "fr", ["8 heures", "20 h 30"]),
        ("El desfile sale a las 17:30 de la plaza y llega a las 19 horas.", "es", ["17:30", "19 horas"]),
        ("Il corteo parte alle ore 15 e arriva alle 17.45.", "it", ["ore 15", "17.45"]),
        ("De wedstrijd begint om 20.45 uur.", "nl", ["20.45 uur"]),
        ("A sessão começa às 21h30.", "pt", ["21h30"]),
        ("Matchen börjar klockan 19.00.", "sv", ["19.00"]),
        ("Mecz zacznie się o godz. 20.45.", "pl", ["20.45"]),
        ("Заседание начнется в 9:30.", "ru", ["9:30"]),
        ("Засідання почнеться о 9:30.", "uk", ["9:30"]),
        ("Toplantı saat 14.30'da başlayacak.", "tr", ["14.30"]),
    ],
)
def test_a_time_of_the_clock_is_the_day_of_publication(text: str, language: str, times: list[str]) -> None:
    assert found(text, language) == [(PUBLISHED, "day", time) for time in times]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Die Sitzung dauerte 17 Stunden, er besitzt 3 Uhren und sieht die 20-Uhr-Nachrichten.", "de"),
        ("It took two hours, cost 5.30 dollars and ended 2:1 at 12:30 a mile.", "en"),
        ("La gare est à 2 heures de Paris, elle a couru en 2h30, limité à 10 heures par semaine.", "fr"),
        ("Ayudó a las 17 familias y volvió a las 12 horas de salir.", "es"),
        ("Dopo 17 ore di lavoro i pasti alle 17 famiglie costano 12.50 euro.", "it"),
        ("Hij werkte 8 uur, rond 8 uur per dag, en reed 2.30 uur.", "nl"),
        ("Às 17 famílias, às 24 horas seguintes.", "pt"),
        ("Матч закончился со счетом 2:1 через 17 часов.", "ru"),
    ],
)
def test_durations_scores_and_prices_are_no_times(text: str, language: str) -> None:
    assert found(text, language) == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Der Laden ist täglich von 8 bis 18 Uhr offen.", "de"),
        ("The museum opens every day at 9 am.", "en"),
        ("La messe a lieu tous les jours à 18 heures.", "fr"),
        ("Misa cada día a las 19 horas.", "es"),
        ("Elke dag om 9 uur.", "nl"),
    ],
)
def test_times_of_many_days_are_left_out(text: str, language: str) -> None:
    assert found(text, language) == []


@pytest.mark.parametrize(
    ("text", "language", "date"),
    [
        ("Am Montag um 17 Uhr brannte es.", "de", "2026-01-05"),
        ("Am Montag brannte es im Hafen. Um 17 Uhr kam die Feuerwehr.", "de", "2026-01-05"),
        ("He was seen on 3 May 2024. At 5 pm he left.", "en", "2024-05-03"),
        ("Hier, il a plu. À 17 heures, le match a commencé.", "fr", "2026-01-06"),
        ("Ayer llovió. A las 17 horas empezó el partido.", "es", "2026-01-06"),
    ],
)
def test_a_time_belongs_to_the_date_that_is_named(text: str, language: str, date: str) -> None:
    assert [mention[0] for mention in found(text, language)] == [date]


def test_today_before_leaves_the_time_to_the_day_of_publication() -> None:
    assert [m[:1] + m[2:] for m in found("Heute tagt der Rat. Um 17 Uhr spricht sie.", "de")] == [
        (PUBLISHED, "Heute"), (PUBLISHED, "17 Uhr"),
    ]  # fmt: skip


def test_an_entry_of_a_programme_has_its_own_day() -> None:
    programme = "Am Montag begann die Reihe. " + "Neues vom Chor und vom Verein der Gärten im Tal. " * 12
    assert len(found(programme + "Konzert, Stadthalle, 20 Uhr.", "de")) == 2
    assert len(found(programme + "Das Konzert beginnt um 20 Uhr.", "de")) == 1


def test_without_a_day_of_publication_a_time_is_no_date() -> None:
    assert found("Die Lesung beginnt um 19 Uhr.", "de", None) == []
