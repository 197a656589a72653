import pytest

from transforms.extraction.boilerplate import is_pointer, is_service, trim

BODY = [
    "The river rose by two metres in one night, and the old bridge had to be closed to all traffic.",
    "Nobody was hurt, said the mayor.",
]


@pytest.mark.parametrize(
    "line",
    [
        "Sign up for our newsletter",
        "© 2026 The Post. All rights reserved.",
        "Comments",
        "Comments (12)",
        "Advertisement",
        "Follow us on Twitter",
        "Tags: flood, bridge",
        "Abonnieren Sie unseren Newsletter",
        "Alle Rechte vorbehalten",
        "Abonnez-vous à notre lettre",
        "Все права защищены",
        "Подпишитесь на наш канал",
        "جميع الحقوق محفوظة",
        "اشترك في النشرة",
        "تابعونا على فيسبوك",
        "無断転載を禁じます",
        "版权所有",
        "무단 전재 및 재배포 금지",
    ],
)
def test_service_lines(line: str) -> None:
    assert is_service(line)
    assert trim([*BODY, line], titles=()) == BODY


@pytest.mark.parametrize(
    "line",
    [
        "Read more: The bridge in pictures",
        "Lesen Sie auch: Die Brücke in Bildern",
        "Lire aussi : le pont en images",
        "Lea también: el puente",
        "Leggi anche: il ponte",
        "Читайте также: мост",
        "اقرأ أيضا: الجسر في صور",
        "إقرأ أيضاً: الجسر",
        "بیشتر بخوانید: پل",
        "関連記事",
        "相关阅读",
        "İlgili Haberler",
        "Leia também: a ponte",
    ],
)
def test_pointers_at_the_end(line: str) -> None:
    assert is_pointer(line)
    assert trim([*BODY, line], titles=()) == BODY


@pytest.mark.parametrize(
    "line",
    [
        "The company said that a million people had signed up for the service.",
        "Customers subscribe because they trust the paper.",
        "He read more than a hundred letters before he answered.",
        "وقال الوزير إن جميع الحقوق ستعود إلى أصحابها قبل نهاية العام.",
        "Das Newsletter-Geschäft wächst.",
        "Sources: two officials said so.",
    ],
)
def test_sentences_of_an_article_stay(line: str) -> None:
    assert trim([BODY[0], line, BODY[1]], titles=()) == [BODY[0], line, BODY[1]]


def test_the_title_and_the_labels_before_it_go() -> None:
    lines = ["News", "Region", "Bridge closed", *BODY]
    assert trim(lines, titles=["BRIDGE CLOSED"]) == BODY


def test_paragraphs_before_the_title_stay() -> None:
    assert trim([BODY[0], "Bridge closed", BODY[1]], titles=["Bridge closed"]) == BODY


def test_a_heading_of_pointers_takes_what_follows_it() -> None:
    assert trim([*BODY, "More from The Post", "Old house sold", "New school opened"], titles=()) == BODY


def test_text_after_a_pointer_stays() -> None:
    lines = [BODY[0], "Read more", BODY[1], "The works will take a year, and the town will pay for them."]
    assert trim(lines, titles=())[-1] == lines[-1]


def test_takes_linear_time() -> None:
    assert trim(["x" * 100_000, *["a"] * 100_000], titles=["a"])
