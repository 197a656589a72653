import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.keywords import find_keywords


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


def test_limit() -> None:
    assert len(find_keywords("alpha, bravo, charlie, delta", None, None, limit=2)) == 2


@given(st.text(), st.none() | st.text(), st.sampled_from([None, "ar", "en", "zh", "ja", "th", "xx", "de-AT"]))
def test_keywords_are_passages_best_first(text: str, title: str | None, language: str | None) -> None:
    found = find_keywords(text, title, language)
    assert all(keyword.text in text for keyword in found)
    scores = [keyword.score for keyword in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
