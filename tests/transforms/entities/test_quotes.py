import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.entities.quotes import find_quotes


def spoken(text: str, language: str) -> list[tuple[str, str | None]]:
    return [(quote.text, quote.speaker) for quote in find_quotes(text, language)]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        (
            "en",
            '"We agree," Joe Biden said on Monday. "It works." He also said: "We go." Keir Starmer told us.',
            [("We agree,", "Joe Biden"), ("It works.", "Joe Biden"), ("We go.", "Joe Biden")],
        ),
        (
            "en",
            '"It is over," said Friedrich Merz, chancellor of Germany. "We won," he added.',
            [("It is over,", "Friedrich Merz"), ("We won,", "Friedrich Merz")],
        ),
        ("en", "President Donald Trump, a Republican, said: “Great.”", [("Great.", "Donald Trump")]),
        ("en", 'According to Marco Rubio, "the plan is good".', [("the plan is good", "Marco Rubio")]),
        (
            "de",
            "„Wir gehen“, sagte Friedrich Merz. Er fügte hinzu: „Und zwar bald.“ „So nicht“, so Olaf Scholz.",
            [("Wir gehen", "Friedrich Merz"), ("Und zwar bald.", "Friedrich Merz"), ("So nicht", "Olaf Scholz")],
        ),
        (
            "fr",
            "« Nous partons », a déclaré Emmanuel Macron. Selon Marine Le Pen, « rien ne va plus ».",
            [("Nous partons", "Emmanuel Macron"), ("rien ne va plus", "Marine Le Pen")],
        ),
        (
            "es",
            '"Nos vamos", dijo Javier Milei. Pedro Sánchez afirmó: "No es verdad".',
            [("Nos vamos", "Javier Milei"), ("No es verdad", "Pedro Sánchez")],
        ),
        ("tr", 'Recep Tayyip Erdoğan, "Biz hazırız" dedi.', [("Biz hazırız", "Recep Tayyip Erdoğan")]),
        ("ru", "«Мы готовы», — заявил Владимир Путин.", [("Мы готовы", "Владимир Путин")]),
        (
            "fa",
            "مسعود پزشکیان گفت: «ما آماده‌ایم». او افزود: «خواهیم رفت».",
            [("ما آماده‌ایم", "مسعود پزشکیان"), ("خواهیم رفت", "مسعود پزشکیان")],
        ),
        ("it", "«Andiamo via», ha detto Giorgia Meloni.", [("Andiamo via", "Giorgia Meloni")]),
        ("pt", '"Vamos embora", disse Fernando Haddad.', [("Vamos embora", "Fernando Haddad")]),
        (
            "ar",
            'قال وزير الخارجية الأمريكي ماركو روبيو: "نحن مستعدون".\nوأضاف: "سنذهب".\nومضى قائلا: "قريبا".',
            [("نحن مستعدون", "ماركو روبيو"), ("سنذهب", "ماركو روبيو"), ("قريبا", "ماركو روبيو")],
        ),
    ],
)
def test_speakers(language: str, text: str, expected: list[tuple[str, str | None]]) -> None:
    assert spoken(text, language) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", 'Joe Biden met Keir Starmer. "Yes, I think so," he said.', [("Yes, I think so,", None)]),
        ("en", 'Joe Biden said that he had come, with others, to the "deal".', [("deal", None)]),
        ("ar", 'قال ماركو روبيو إن بلاده ستذهب وستشارك في "قوة الاستقرار".', [("قوة الاستقرار", None)]),
        ("ar", 'قال ماركو روبيو ذلك، والتقى دونالد ترامب. وأضاف: "سنذهب".', [("سنذهب", None)]),
        ("en", '"Nobody knows who said this at all."', [("Nobody knows who said this at all.", None)]),
    ],
)
def test_no_speaker_where_the_text_does_not_say(
    language: str, text: str, expected: list[tuple[str, str | None]]
) -> None:
    assert spoken(text, language) == expected


def test_a_subject_is_carried_over_three_paragraphs_at_most() -> None:
    text = 'قال ماركو روبيو: "نعم".' + "\nكلام." * 4 + '\nوأضاف: "لا".'
    assert spoken(text, "ar") == [("نعم", "ماركو روبيو"), ("لا", None)]


@pytest.mark.parametrize(
    ("language", "text", "speakers"),
    [
        ("en", 'Grace Njeri heads the group. "We have waited seven years," she told reporters.', ["Grace Njeri"]),
        ("en", 'Grace Njeri met Joe Biden. "We have waited seven years," she told reporters.', [None]),
        ("en", 'Grace Njeri came.\nIt rained.\nIt stopped.\n"We have waited long enough," she said.', [None]),
        ("fr", "Bruno Le Maire juge la loi faible. « Il fallait aller plus loin », a-t-il ajouté.", ["Bruno Le Maire"]),
        ("fr", "« C'est un compromis raisonnable », explique-t-elle.", [None]),
        ("de", "Die Vorsitzende, Katharina Dröge, kritisierte das. „Wir hätten mehr erwartet“, sagte sie der Presse.",
         ["Katharina Dröge"]),
        ("ar", 'أعلن وزير الصحة فراس الأبيض خطة. وقال الأبيض في مؤتمر: "سنبدأ التنفيذ قريبا".', ["فراس الأبيض"]),
    ],
)  # fmt: skip
def test_a_pronoun_means_the_one_person_named_before(language: str, text: str, speakers: list[str | None]) -> None:
    assert [quote.speaker for quote in find_quotes(text, language)] == speakers


@given(
    st.lists(
        st.sampled_from(
            [
                "Joe Biden",
                "said",
                "he",
                ".",
                ",",
                '"',
                "“",
                "”",
                "«",
                "»",
                "\n",
                ":",
                "وأضاف",
                "قال",
                "إلهام علييف",
                "it",
            ]
        )
    ).map(" ".join)
    | st.text(),
    st.sampled_from([None, "ar", "en", "tr", "fa", "xx"]),
)
def test_spans(text: str, language: str | None) -> None:
    quotes = find_quotes(text, language)
    assert all(text[slice(*quote.span)] == quote.text for quote in quotes)
    assert [quote.span for quote in quotes] == sorted(quote.span for quote in quotes)
    assert all(quote.speaker is None or quote.speaker in text for quote in quotes)
