from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.dates.parsing import find_dates
from transforms.entities.keywords import find_keywords
from transforms.entities.people import find_people
from transforms.entities.places import find_places


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        (
            "en",
            "The parliament passed the climate law on Friday. The climate law cuts emissions, and the parliament said "
            "that emissions would fall. Critics of the climate law had said that it was not enough.",
            {"climate law", "emissions", "parliament"},
        ),
        (
            "de",
            "Der Bundestag hat das Klimagesetz beschlossen. Das Klimagesetz senkt die Emissionen, und die Emissionen "
            "sind das Ziel. Der Bundestag war sich einig.",
            {"Klimagesetz", "Emissionen", "Bundestag"},
        ),
        (
            "ar",
            "أقر البرلمان قانون المناخ. "
            "وقال نواب إن قانون المناخ يخفض الانبعاثات، وإن للانبعاثات أثرا. والبرلمان منقسم.",
            {"قانون المناخ", "الانبعاثات"},
        ),
        (
            "fr",
            "L'inflation ralentit. Selon la banque, l'inflation baissera. D'inflation, on parle peu.",
            {"inflation"},
        ),
        (
            "zh",
            "中国国家主席习近平会见了美国总统特朗普。习近平表示，中美关系重要。特朗普说，美国希望合作。",
            {"特朗普", "习近平"},
        ),
        ("th", "นายกรัฐมนตรีไทยเดินทางไปเชียงใหม่ นายกรัฐมนตรีกล่าวว่าเชียงใหม่สวยงาม", {"นายกรัฐมนตรี", "เชียงใหม่"}),
    ],
)
def test_the_best_keywords(language: str, text: str, expected: set[str]) -> None:
    best = find_keywords(text, None, language, limit=4)
    assert expected <= {keyword.text for keyword in best}
    assert best[0].score == 1


def test_stop_words_numbers_and_short_words_are_none() -> None:
    assert find_keywords("The and of it is 2026, 3.5 and at ox by 100,000.", None, "en") == ()


def test_a_word_of_the_title_counts_more() -> None:
    text = "A storm hit. A flood came."
    assert find_keywords(text, "Flood", "en")[0].text == "flood"
    assert find_keywords(text, "Storm", "en")[0].text == "storm"


def test_a_part_of_a_phrase_gives_way_to_it() -> None:
    texts = [keyword.text for keyword in find_keywords("solar power grew. solar power fell.", None, "en")]
    assert texts[0] == "solar power"
    assert not {"solar", "power"} & set(texts)


NAMED: Final = [
    (
        "ar",
        "انتشال جثث بغزة",
        "انتشلت الطواقم جثثا بغزة، وقالت التونسية سعاد المرزوقي إن غزة تحتاج إلى المساعدات. "
        "ووصلت المساعدات للمشاركة في الإغاثة يوم الخميس.",
        {"غزة", "سعاد المرزوقي", "المساعدات"},
        {"بغزة", "انتشلت", "وصلت", "للمشاركة", "الخميس", "التونسية سعاد المرزوقي", "قالت"},
    ),
    (
        "tr",
        "Merkez Bankası faizi indirdi",
        "Cumhurbaşkanı Recep Tayyip Erdoğan dün konuştu. Erdoğan, bankanın faizi indirdiğini söyledi, dedi.",
        {"Recep Tayyip Erdoğan"},
        {"Cumhurbaşkanı Recep Tayyip", "Recep Tayyip", "Erdoğan", "dedi", "dün", "indirdi"},
    ),
    (
        "fr",
        "La Suisse réforme les retraites",
        "Le président de la Suisse, Paul Morel, a déclaré jeudi que la réforme des retraites entrerait en vigueur.",
        {"Suisse", "réforme", "retraites", "Paul Morel"},
        {"déclaré jeudi", "jeudi", "déclaré", "entrerait", "président"},
    ),
    (
        "de",
        "Bundestag beschließt Gesetz",
        "Der Bundestag hat am Donnerstag das Klimagesetz beschlossen. Das Klimagesetz gilt, sagte Olaf Scholz.",
        {"Bundestag", "Klimagesetz", "Olaf Scholz"},
        {"Donnerstag", "beschlossen", "sagte", "Scholz"},
    ),
    (
        "ru",
        "Казахстан увеличил добычу",
        "Президент Казахстана Ерлан Сатпаев заявил, что Казахстан увеличил добычу нефти. Добыча нефти выросла, "
        "заявил Сатпаев в среду.",
        {"Ерлан Сатпаев", "Казахстан"},
        {"Казахстана Ерлан", "заявил", "увеличил", "президент", "Президент"},
    ),
    (
        "ko",
        "이재명 대통령 회담",
        "이재명 대통령은 서울에서 회담했다. 대통령은 관계가 중요하다고 말했다.",
        {"이재명"},
        {"대통령은", "회담했다", "말했다"},
    ),
]


@pytest.mark.parametrize(("language", "title", "text", "expected", "excluded"), NAMED)
def test_names_are_keywords_as_wholes_and_verbs_and_fillers_are_none(
    language: str, title: str, text: str, expected: set[str], excluded: set[str]
) -> None:
    places = find_places(text, language)
    people, organisations = find_people(text, language, places=places)
    dates = [mention.span for mention in find_dates(text, language, "2026-03-12T00:00:00Z")]
    found = find_keywords(text, title, language, names=(*people, *organisations, *places), skipped=dates)
    texts = {keyword.text for keyword in found}
    assert expected <= texts
    assert not excluded & texts


def test_what_occurs_once_in_a_text_with_a_title_is_none() -> None:
    found = find_keywords("A dam broke. The dam was old, and a shepherd ran.", "Dam breaks", "en")
    assert [keyword.text for keyword in found] == ["dam"]


def test_limit() -> None:
    assert len(find_keywords("alpha, bravo, charlie, delta", None, None, limit=2)) == 2


@given(st.text(), st.none() | st.text(), st.sampled_from([None, "ar", "en", "zh", "ja", "th", "xx", "de-AT"]))
def test_keywords_are_passages_best_first(text: str, title: str | None, language: str | None) -> None:
    found = find_keywords(text, title, language)
    assert all(keyword.text in text for keyword in found)
    scores = [keyword.score for keyword in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
