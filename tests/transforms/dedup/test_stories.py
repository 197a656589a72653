import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.dedup.stories import (
    COMMON,
    MAX_FEATURES,
    PROFILE_FEATURES,
    belongs,
    features,
    joined,
    likeness,
    weighted,
)

NOTHING: dict[int, int] = {}


def keys(title: str, language: str) -> set[int]:
    return {feature.key for feature in features(language=language, title=title)}


@pytest.mark.parametrize(
    ("a", "b", "language"),
    [
        ("حريق في المستودع", "حريق بالمستودع", "ar"),
        ("والوزير يغادر القاهرة", "الوزير يغادر القاهره", "ar"),
        ("The Minister of Trade", "minister, trade", "en"),
        ("2026 الانتخابات", "انتخابات ٢٠٢٦", "ar"),
    ],
)
def test_titles_with_the_same_words_have_the_same_features(a: str, b: str, language: str) -> None:
    assert keys(a, language) == keys(b, language)


def test_words_without_spaces_go_in_pairs() -> None:
    assert keys("北京会议", "zh") & keys("会议在上海", "zh")


@pytest.mark.parametrize(
    ("figure", "count"), [(3, 0), (2026, 0), (1000, 0), (71_000, 1), (137, 1), (4.5, 0), (12_500, 1)]
)
def test_only_telling_figures_count(figure: float, count: int) -> None:
    assert len(features(language="en", title=None, figures=(figure,))) == count


@pytest.mark.parametrize(("date", "count"), [("2026-01-06", 1), ("2026-01", 0), ("2026", 0)])
def test_only_whole_dates_count(date: str, count: int) -> None:
    assert len(features(language="en", title=None, dates=(date,))) == count


def test_what_many_stories_have_says_nothing() -> None:
    found = features(language="en", title="Fire in warehouse")
    assert weighted(found, {feature.key: COMMON for feature in found}) == {}
    rare, common = weighted(found, NOTHING), weighted(found, {found[0].key: 30})
    assert rare[found[0].key][0] > common[found[0].key][0] > 0


def test_likeness() -> None:
    fire = weighted(features(language="en", title="Fire in Mecca warehouse kills workers"), NOTHING)
    same = weighted(features(language="en", title="Mecca warehouse fire: workers dead"), NOTHING)
    other = weighted(features(language="en", title="United win the cup"), NOTHING)
    assert likeness(fire, fire, same_language=True) == pytest.approx(1)
    assert belongs(likeness(fire, same, same_language=True), same_language=True)
    assert likeness(fire, other, same_language=True) == 0
    assert likeness(fire, fire, same_language=False) == 0, "words do not count across languages"


def test_across_languages_places_figures_and_dates_count() -> None:
    facts = {"places": (104515,), "countries": ("SA",), "figures": (137.0,), "dates": ("2026-01-05",)}
    english = weighted(features(language="en", title="Fire in Mecca", **facts), NOTHING)  # type: ignore[arg-type]
    arabic = weighted(features(language="ar", title="حريق في مكة", **facts), NOTHING)  # type: ignore[arg-type]
    similarity = likeness(english, arabic, same_language=False)
    assert similarity == pytest.approx(1)
    assert belongs(similarity, same_language=False)


def test_profiles_are_bounded() -> None:
    found = features(language="en", title=" ".join(f"word{n}" for n in range(500)))
    assert len(found) == MAX_FEATURES
    story = {n: (float(n), False) for n in range(PROFILE_FEATURES)}
    assert len(joined(story, {-1: (1000.0, True)})) == PROFILE_FEATURES
    assert joined(story, {-1: (1000.0, True)})[-1] == (1000.0, True)


@given(st.text(), st.lists(st.text()), st.lists(st.floats()))
def test_any_input_has_features(title: str, names: list[str], figures: list[float]) -> None:
    found = features(language="ar", title=title, people=names, keywords=names, figures=figures)
    assert found == features(language="ar", title=title, people=names, keywords=names, figures=figures)
    profile = weighted(found, NOTHING)
    assert likeness(profile, profile, same_language=True) <= 1 + 1e-9
