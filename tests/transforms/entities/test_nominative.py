"""The nominative of full names in Russian and Ukrainian."""

import pytest

from transforms.entities.nominative import nominative
from transforms.entities.people import find_people


@pytest.mark.parametrize(
    ("written", "language", "expected"),
    [
        ("Владимиром Стасовым", "ru", "Владимир Стасов"),
        ("Сергея Рахманинова", "ru", "Сергей Рахманинов"),
        ("Юрию Долгорукому", "ru", "Юрий Долгорукий"),
        ("Анны Павловой", "ru", "Анна Павлова"),
        ("Борису Николаевичу Громову", "ru", "Борис Николаевич Громов"),
        ("Дональдом Джонсоном", "ru", "Дональд Джонсон"),
        ("Андрія Іванчука", "uk", "Андрій Іванчук"),
        ("Миколи Мартиненка", "uk", "Микола Мартиненко"),
        ("Оленою Івановою", "uk", "Олена Іванова"),
        # In the nominative, of an unknown given name, in another language.
        ("Анна Павлова", "ru", "Анна Павлова"),
        ("Катерина Золотарьова", "uk", "Катерина Золотарьова"),
        ("Сэйдзи Маэхара", "ru", "Сэйдзи Маэхара"),
        ("Владимиром Стасовым", "de", "Владимиром Стасовым"),
    ],
)
def test_nominative(written: str, language: str, expected: str) -> None:
    assert nominative(written, language) == expected


def test_a_person_has_the_name_in_the_nominative_and_the_text_as_written() -> None:
    text = "Встреча с Владимиром Стасовым прошла в понедельник. Стасов остался доволен."
    (person,), _ = find_people(text, "ru")
    assert person.name == "Владимир Стасов"
    assert [text[slice(*span)] for span in person.spans] == ["Владимиром Стасовым", "Стасов"]


def test_the_form_of_the_text_comes_first() -> None:
    text = "Встреча с Петром Чайкой прошла в понедельник. Пётр Чайка остался доволен."
    (person,), _ = find_people(text, "ru")
    assert person.name == "Пётр Чайка"
