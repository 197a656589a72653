import itertools
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.records import Organisation, Person, Place
from transforms.entities.people import find_people, without_people
from transforms.entities.places import find_places

PEOPLE: Final = [
    (
        "en",
        "President Joe Biden met Prime Minister Keir Starmer. Friedrich Merz, Chancellor of Germany, was absent. "
        "US Secretary of State Marco Rubio spoke. Ursula von der Leyen called Xi Jinping. Biden left.",
        [
            ("Joe Biden", "President", 2),
            ("Keir Starmer", "Prime Minister", 1),
            ("Friedrich Merz", "Chancellor of Germany", 1),
            ("Marco Rubio", "US Secretary of State", 1),
            ("Ursula von der Leyen", None, 1),
            ("Xi Jinping", None, 1),
        ],
    ),
    (
        "de",
        "Bundeskanzler Friedrich Merz traf den ukrainischen Präsidenten Wolodymyr Selenskyj. Olaf Scholz, "
        "früherer Kanzler, schwieg. Merz sagte nichts.",
        [
            ("Friedrich Merz", "Bundeskanzler", 2),
            ("Wolodymyr Selenskyj", "ukrainischen Präsidenten", 1),
            ("Olaf Scholz", "früherer Kanzler", 1),
        ],
    ),
    (
        "fr",
        "Le ministre des Affaires étrangères Jean-Noël Barrot a rencontré le président français Emmanuel Macron. "
        "M. Barrot a salué le président Macron.",
        [("Jean-Noël Barrot", "ministre des Affaires étrangères", 2), ("Emmanuel Macron", "président français", 2)],
    ),
    (
        "es",
        "El presidente Javier Milei habló con el presidente del Gobierno Pedro Sánchez. Milei dijo que no.",
        [("Javier Milei", "presidente", 2), ("Pedro Sánchez", "presidente del Gobierno", 1)],
    ),
    (
        "tr",
        "Cumhurbaşkanı Recep Tayyip Erdoğan, Dışişleri Bakanı Hakan Fidan ile görüştü. Erdoğan'ın sözleri.",
        [("Recep Tayyip Erdoğan", "Cumhurbaşkanı", 2), ("Hakan Fidan", "Dışişleri Bakanı", 1)],
    ),
    (
        "ru",
        "Президент Владимир Путин заявил об этом. Министр иностранных дел РФ Сергей Лавров согласен с Путиным.",
        [("Владимир Путин", "Президент", 2), ("Сергей Лавров", "Министр иностранных дел РФ", 1)],
    ),
    (
        "fa",
        "رئیس‌جمهور مسعود پزشکیان گفت. عباس عراقچی، وزیر امور خارجه ایران، افزود. پزشکیان رفت.",
        [("مسعود پزشکیان", "رئیس‌جمهور", 2), ("عباس عراقچی", "وزیر امور خارجه ایران", 1)],
    ),
    (
        "it",
        "La presidente del Consiglio Giorgia Meloni ha visto il presidente Sergio Mattarella. Meloni è partita.",
        [("Giorgia Meloni", "presidente del Consiglio", 2), ("Sergio Mattarella", "presidente", 1)],
    ),
    (
        "pt",
        "O presidente Luiz Inácio Lula da Silva falou. O ministro da Fazenda Fernando Haddad ouviu. Haddad saiu.",
        [("Luiz Inácio Lula da Silva", "presidente", 1), ("Fernando Haddad", "ministro da Fazenda", 2)],
    ),
    (
        "ar",
        "قال الرئيس الأذربيجاني إلهام علييف إن بلاده لا تعتزم ذلك. ونفى علييف ما صدر عن المندوب الأمريكي الدائم لدى "
        "الأمم المتحدة مايك والتز.",
        [
            ("إلهام علييف", "الرئيس الأذربيجاني", 2),
            ("مايك والتز", "المندوب الأمريكي الدائم لدى الأمم المتحدة", 1),
        ],
    ),
    (
        "ar",
        "التقى الملك سلمان بن عبدالعزيز وزير الخارجية الأمريكي ماركو روبيو "
        "والرئيس السوري أحمد الشرع. وسجل محمد صلاح هدفين.",
        [
            ("سلمان بن عبدالعزيز", "الملك", 1),
            ("ماركو روبيو", "وزير الخارجية الأمريكي", 1),
            ("أحمد الشرع", "الرئيس السوري", 1),
            ("محمد صلاح", None, 1),
        ],
    ),
]


@pytest.mark.parametrize(("language", "text", "expected"), PEOPLE)
def test_people(language: str, text: str, expected: list[tuple[str, str | None, int]]) -> None:
    people, _ = find_people(text, language)
    assert [(person.name, person.role, person.count) for person in people] == expected


WITH_PLACES: Final = [
    ("ru", "Президент Казахстана Ерлан Сатпаев прибыл.", [("Ерлан Сатпаев", "Президент Казахстана")]),
    ("uk", "Він зустрівся з президентом Польщі Каролем Навроцьким.", [("Каролем Навроцьким", "президентом Польщі")]),
    ("fa", "رئیس‌جمهور ایران مسعود پزشکیان آمد.", [("مسعود پزشکیان", "رئیس‌جمهور ایران")]),
    ("fa", "با رئیس‌جمهور روسیه ولادیمیر پوتین دیدار کرد.", [("ولادیمیر پوتین", "رئیس‌جمهور روسیه")]),
    ("en", "Kenyan President William Ruto left.", [("William Ruto", "Kenyan President")]),
    ("en", "He met the president of Mexico, Claudia Sheinbaum, there.", [("Claudia Sheinbaum", "president of Mexico")]),
    ("en", "The finance minister, John Mbadi, declined.", [("John Mbadi", "finance minister")]),
    ("en", "The Rep. Park Cannon and Gov. Brian Kemp left.", [("Park Cannon", "Rep."), ("Brian Kemp", "Gov.")]),
    ("fr", "Le président de la Suisse, Paul Morel, est venu.", [("Paul Morel", "président de la Suisse")]),
    ("fr", "La conseillère fédérale Karin Keller est venue.", [("Karin Keller", "conseillère fédérale")]),
    ("de", "Der Präsident von Frankreich, Emmanuel Macron, kam.", [("Emmanuel Macron", "Präsident von Frankreich")]),
    ("de", "Das sagte Thomas Langhoff von der Hochschule.", [("Thomas Langhoff", None)]),
    ("es", "La presidenta de México, Claudia Sheinbaum, llegó.", [("Claudia Sheinbaum", "presidenta de México")]),
    ("pt", "O primeiro-ministro de Portugal, Luís Montenegro, saiu.",
     [("Luís Montenegro", "primeiro-ministro de Portugal")]),
    ("tr", "Türkiye Cumhurbaşkanı Recep Tayyip Erdoğan geldi.", [("Recep Tayyip Erdoğan", "Türkiye Cumhurbaşkanı")]),
    ("tr", "CHP Genel Başkanı Özgür Özel konuştu.", [("Özgür Özel", "CHP Genel Başkanı")]),
    ("ar", "استقبل الرئيس المكسيكي السابق إنريكي بينيا نييتو وفدا.",
     [("إنريكي بينيا نييتو", "الرئيس المكسيكي السابق")]),
    ("ar", "قالت ممثلة المنظمة في لبنان ديما حداد إن الوضع صعب.", [("ديما حداد", "ممثلة المنظمة في لبنان")]),
    ("ar", "أعلن وزير الصحة فراس الأبيض خطة.", [("فراس الأبيض", "وزير الصحة")]),
    ("ar", "والتقى وزير الخارجية الفرنسي جان نويل بارو وفدا.", [("جان نويل بارو", "وزير الخارجية الفرنسي")]),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "expected"), WITH_PLACES)
def test_the_country_belongs_to_the_office(language: str, text: str, expected: list[tuple[str, str | None]]) -> None:
    people, _ = find_people(text, language, places=find_places(text, language))
    assert [(person.name, person.role) for person in people] == expected


def test_a_family_name_is_no_place() -> None:
    text = "O ministro Luís Montenegro chegou. Montenegro falou em Lisboa."
    places = find_places(text, "pt")
    people, _ = find_people(text, "pt", places=places)
    assert [(person.name, person.count) for person in people] == [("Luís Montenegro", 2)]
    assert [place.name for place in without_people(places, people, text)] == ["Lisbon"]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("ar", "وقعت شركة نفط الكويت اتفاقا.", ["شركة نفط الكويت"]),
        ("en", "Yale University and the Ministry of Defence told Reuters that Apple Inc. left the UN.",
         ["Yale University", "Ministry of Defence", "Reuters", "Apple Inc", "UN"]),
        ("de", "Das Bundesinnenministerium, die Konrad-Adenauer-Stiftung und die Nato.",
         ["Bundesinnenministerium", "Konrad-Adenauer-Stiftung", "Nato"]),
        ("fr", "Le ministère de la Défense et l'Union européenne.", ["ministère de la Défense", "Union européenne"]),
        ("es", "El Ministerio de Defensa y la ONU.", ["Ministerio de Defensa", "ONU"]),
        ("tr", "Milli Savunma Bakanlığı ve NATO açıkladı.", ["Milli Savunma Bakanlığı", "NATO"]),
        ("ru", "Министерство обороны России сообщило ООН.", ["Министерство обороны России", "ООН"]),
        ("ru", "Арбитражный суд Москвы отложил дело, а Следственный комитет ждёт, что решит Верховный суд.",
         ["Арбитражный суд Москвы", "Следственный комитет", "Верховный суд"]),
        ("fa", "سازمان ملل متحد گفت.", ["سازمان ملل متحد"]),
        ("ar", "أعلنت وزارة الخارجية الأمريكية لدى الأمم المتحدة أن حركة حماس وافقت، وردت حماس وجامعة القاهرة.",
         ["وزارة الخارجية الأمريكية", "الأمم المتحدة", "حركة حماس", "جامعة القاهرة"]),
    ],
)  # fmt: skip
def test_organisations(language: str, text: str, expected: list[str]) -> None:
    _, organisations = find_people(text, language)
    assert [organisation.name for organisation in organisations] == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "The World Health Organization (WHO) met. The WHO agreed.", [("World Health Organization", 3)]),
        ("en", "The Federal Bureau of Investigation (FBI) waits.", [("Federal Bureau of Investigation", 2)]),
        (
            "en",
            "The International Committee of the Red Cross (ICRC) said the ICRC left.",
            [("International Committee of the Red Cross", 3)],
        ),
        ("fr", "L'Organisation mondiale de la santé (OMS) et l'OMS.", [("Organisation mondiale de la santé", 3)]),
    ],
)
def test_full_name_and_acronym_are_one(language: str, text: str, expected: list[tuple[str, int]]) -> None:
    _, organisations = find_people(text, language)
    assert [(organisation.name, organisation.count) for organisation in organisations] == expected


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "John F. Kennedy Airport closed. The Victoria Falls and Trump Tower stayed open on Monday."),
        ("en", "Will Congress act in April? The White House said no."),
        ("de", "Die Polizei meldet einen Unfall im Park. Der Täter floh."),
        ("ar", "يعتمد هذا على الشروع في العمل، غير المقبولة نور الشمس، وبعد صلاة الفجر."),
    ],
)
def test_what_is_no_person(language: str, text: str) -> None:
    assert find_people(text, language)[0] == ()


def test_a_place_is_neither() -> None:
    text = "Paul Martin went to Santa Maria."
    place = Place(name="Paul Martin", text="Paul Martin", country_code="FR", kind="city", count=1, spans=((0, 11),))
    assert find_people(text, "en", places=(place,))[0] == ()


def test_names_are_looked_for_in_a_bounded_part() -> None:
    text = "Joe Biden " + "word " * 60_000 + "Keir Starmer"
    people, _ = find_people(text, "en")
    assert [person.name for person in people] == ["Joe Biden"]


@given(
    st.lists(
        st.sampled_from(
            [
                "President",
                "Joe",
                "Biden",
                "J.",
                "'",
                "-",
                ",",
                ".",
                "\n",
                "van",
                "de",
                "O'Brien",
                "الرئيس",
                "إلهام",
                "علييف",
                "وقال",
                "بن",
                "عبد",
                "Министр",
                "Иван",
            ]
        )
    ).map(" ".join)
    | st.text(),
    st.sampled_from([None, "ar", "en", "de", "ru", "fa", "zh", "xx"]),
)
def test_spans(text: str, language: str | None) -> None:
    people, organisations = find_people(text, language)
    named: list[Person | Organisation] = [*people, *organisations]
    for found in named:
        assert found.count == len(found.spans) > 0
        assert list(found.spans) == sorted(found.spans)
        assert all(text[start:end].strip() == text[start:end] != "" for start, end in found.spans)
        assert found.name in text
        assert found.role is None or found.role in text
    spans = sorted(span for found in named for span in found.spans)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))
