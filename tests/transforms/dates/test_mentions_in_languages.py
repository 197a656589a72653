"""`find_dates` in the case and postposition languages: relative days, weeks, weekdays, bare months and bare years."""

import pytest

from transforms.dates.parsing import find_dates

PUBLISHED = "2026-01-07"  # a Wednesday


def found(text: str, language: str) -> list[tuple[str, str]]:
    return [(mention.date, mention.text) for mention in find_dates(text, language, PUBLISHED)]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Уряд ухвалив рішення позавчора, а минулої п'ятниці виступив міністр.", "uk",
         [("2026-01-05", "позавчора"), ("2026-01-02", "минулої п'ятниці")]),
        ("Торік у грудні, три дні тому і через два тижні.", "uk",
         [("2025", "Торік"), ("2025-12", "грудні"), ("2026-01-04", "три дні тому"), ("2026-01-21", "через два тижні")]),
        ("Він народився двадцять першого березня 1951 року.", "uk", [("1951-03-21", "двадцять першого березня 1951")]),
        ("הישיבה תתקיים מחר, והוועדה התכנסה לפני שבועיים.", "he",
         [("2026-01-08", "מחר"), ("2025-12-24", "לפני שבועיים")]),
        ("בשנת 1967, בחודש שעבר וביום שני", "he",
         [("1967", "1967"), ("2025-12", "בחודש שעבר"), ("2026-01-05", "וביום שני")]),
        ("पिछले साल, तीन महीने पहले और अगले सोमवार", "hi",
         [("2025", "पिछले साल"), ("2025-10", "तीन महीने पहले"), ("2026-01-12", "अगले सोमवार")]),
        ("वह 1998 में आए", "hi", [("1998", "1998")]),
        ("Vorige week donderdag, gisteravond en over drie weken", "nl",
         [("2026-01-01", "Vorige week donderdag"), ("2026-01-06", "gisteravond"), ("2026-01-28", "over drie weken")]),
        ("Op drieëntwintig april tweeduizend negentien trad hij af; in 1987 ook.", "nl",
         [("2019-04-23", "drieëntwintig april tweeduizend negentien"), ("1987", "1987")]),
        ("Geçen hafta salı, 1999'da ve iki ay önce", "tr",
         [("2025-12-30", "Geçen hafta salı"), ("1999", "1999"), ("2025-11", "iki ay önce")]),
        ("No ano que vem, na próxima segunda e daqui a dez dias", "pt",
         [("2027", "ano que vem"), ("2026-01-12", "próxima segunda"), ("2026-01-17", "daqui a dez dias")]),
        ("L'année dernière, dans trois semaines, mercredi 14", "fr",
         [("2025", "année dernière"), ("2026-01-28", "dans trois semaines"), ("2026-01-14", "mercredi 14")]),
        ("Heuer, am Montagabend, vom 3. bis zum 9. März 2025 und am 4. 11. 1989", "de",
         [("2026", "Heuer"), ("2026-01-05", "Montagabend"), ("2025-03-03", "3"), ("2025-03-09", "9. März 2025"),
          ("1989-11-04", "4. 11. 1989")]),
        ("Zwischen 1973 und 1988 lebte sie dort; 1990 zog sie fort.", "de",
         [("1973", "1973"), ("1988", "1988"), ("1990", "1990")]),
        ("Между 1973 и 1988 годами; тридцатого мая 1990 года; позапрошлым летом", "ru",
         [("1973", "1973"), ("1988", "1988"), ("1990-05-30", "тридцатого мая 1990")]),
        ("W zeszłym roku, przedwczoraj i za dwa tygodnie", "pl",
         [("2025", "zeszłym roku"), ("2026-01-05", "przedwczoraj"), ("2026-01-21", "za dwa tygodnie")]),
        ("I går, förra veckan på torsdag, i fjol", "sv",
         [("2026-01-06", "I går"), ("2026-01-01", "förra veckan på torsdag"), ("2025", "i fjol")]),
        ("Tuesday of last week, next week Friday, two days after tomorrow", "en",
         [("2025-12-30", "Tuesday of last week"), ("2026-01-16", "next week Friday"),
          ("2026-01-10", "two days after tomorrow")]),
        ("on the twenty-second of May 2020, in nineteen eighty-nine, on the 3rd", "en",
         [("2020-05-22", "twenty-second of May 2020"), ("1989", "nineteen eighty-nine"), ("2026-01-03", "3rd")]),
        ("Stocks fell after the 1987 crash, and the 1990 invasion followed.", "en",
         [("1987", "1987"), ("1990", "1990")]),
        ("El próximo mes, el 3 de mayo de dos mil doce y el año en curso", "es",
         [("2026-02", "próximo mes"), ("2012-05-03", "3 de mayo de dos mil doce"), ("2026", "año en curso")]),
        ("Il 2 giugno 1946, l'anno scorso e tra due mesi", "it",
         [("1946-06-02", "2 giugno 1946"), ("2025", "anno scorso"), ("2026-03", "tra due mesi")]),
    ],
)  # fmt: skip
def test_dates_of_more_languages(text: str, language: str, expected: list[tuple[str, str]]) -> None:
    assert found(text, language) == expected


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Er zählte 1950 Menschen und über 1980 Euro.", "de"),
        ("about 1950 people in room 2012", "en"),
        ("حضر 1950 شخصا", "ar"),
        ("было 1950 человек", "ru"),
        ("They played in 3/4 time, version 10.12.20 of the score.", "en"),
        ("Le 20 heures de la télévision", "fr"),
    ],
)
def test_amounts_are_no_years(text: str, language: str) -> None:
    assert found(text, language) == []


@pytest.mark.parametrize(
    ("written", "language"),
    [
        ("23/Sep/2020", "fr"),
        ("Sep-23-2020", "en"),
        ("2020/Sep/23", "fr"),
        ("23-septembre-2020", "fr"),
        ("2020-September-23", "de"),
        ("23 09 2020", "fr"),
    ],
)
def test_parts_joined_by_marks_in_any_order(written: str, language: str) -> None:
    found = find_dates(f"X {written}.", language, None)
    assert [(mention.date, mention.text) for mention in found] == [("2020-09-23", written)]


@pytest.mark.parametrize("text", ["Tel. 030 18 08 1978", "18 08 1978 33", "45 18 1978", "a/b/2020", "7-Zip-2020"])
def test_numbers_that_are_no_date_of_joined_parts(text: str) -> None:
    assert not any(mention.precision == "day" for mention in find_dates(text, "fr", None))
