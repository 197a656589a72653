import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.records import Figure, Place
from transforms.dedup.rarity import Rarity
from transforms.dedup.stories import (
    ACROSS,
    CAPITAL,
    FIGURE,
    MAX_MEMBERS,
    NAME,
    PLACE,
    SAME,
    VECTOR_NEUTRAL,
    VECTOR_WORDS,
    Members,
    Vector,
    counted,
    headline,
    legible_terms,
    load_model,
    log_odds,
    measure,
    member_of,
    pack,
    search_keys,
    shared_terms,
    similarity,
    sketch,
    together,
    unpack,
    vector,
    vector_of,
    with_member,
)

FIRE = (
    "Three workers died when a fire swept a warehouse in the Shisha district of Mecca on Monday. Civil defence teams "
    "under Colonel Khalid Omar brought the blaze under control after 137 minutes, a spokesman said."
)
SAME_FIRE = (
    "A blaze at a Mecca warehouse killed three workers on Monday. Firefighters needed 137 minutes, Colonel Khalid Omar "
    "of civil defence said; the warehouse in Shisha held furniture."
)
MATCH = (
    "United won the cup after extra time at Wembley on Saturday. Jane Doe scored twice for the visitors, and the coach "
    "praised her team in front of a record crowd of supporters."
)


def weighed(text: str, language: str = "en", title: str | None = None, **said: object) -> Vector:
    return vector(sketch(language=language, title=title, text=text, **said), Rarity())  # type: ignore[arg-type]


def story(*texts: str) -> Members:
    members: Members = []
    for number, text in enumerate(texts):
        found = weighed(text)
        likenesses = measure(found, [members])[0].likenesses
        members = with_member(members, member_of(found, f"u{number}", f"Title {number}"), likenesses)
    return members


def odds(text: str, members: Members, language: str = "en", days_apart: int = 0) -> float:
    found = weighed(text, language)
    return log_odds(load_model(), found, measure(found, [members])[0], days_apart)


def figure(value: float) -> Figure:
    return Figure(value=value, text=str(value), span=(0, 1))


def place(id_: int, name: str = "Mecca", kind: str = "city") -> Place:
    return Place(name=name, text=name, country_code="SA", geonames_id=id_, kind=kind, count=1, spans=((0, 1),))


@pytest.mark.parametrize(
    ("a", "b", "language"),
    [
        ("حريق في المستودع", "حريق بالمستودع", "ar"),
        ("والوزير يغادر القاهرة", "الوزير يغادر القاهره", "ar"),
        ("The Ministers of Trade", "minister, trade", "en"),
        ("2026 الانتخابات", "انتخابات ٢٠٢٦", "ar"),
    ],
)
def test_texts_with_the_same_words_have_the_same_terms(a: str, b: str, language: str) -> None:
    def words(text: str) -> set[int]:
        return set(counted(sketch(language=language, title=None, text=text))[0].tolist())

    assert words(a) == words(b)


def test_words_without_spaces_go_in_pairs() -> None:
    first, second = (
        set(counted(sketch(language="zh", title=None, text=t))[0].tolist()) for t in ("北京会议", "会议在上海")
    )
    assert first & second


def test_a_capital_counts_within_a_sentence_only() -> None:
    found = weighed("Yesterday the mayor met Macron. Nobody saw them.")
    capitals = found.keys[(found.flags & CAPITAL) > 0].tolist()
    names = legible_terms(language="en", title=None, text="Yesterday the mayor met Macron. Nobody saw them.")
    assert [names[key] for key in capitals] == ["Macron"]


def test_what_is_alike_in_all_languages() -> None:
    said = {"places": (place(104515),), "figures": (figure(137.0), figure(3.0))}
    english = weighed("A fire in Mecca", **said)
    arabic = weighed("حريق في مكة", "ar", **said)
    for flag, count in ((PLACE, 1), (FIGURE, 2)):
        of_english, of_arabic = (set(v.keys[(v.flags & flag) > 0].tolist()) for v in (english, arabic))
        assert of_english == of_arabic and len(of_english) == count


def test_names_are_alike_in_all_scripts() -> None:
    latin, cyrillic, arabic = (
        {int(k) for k, f in zip(v.keys, v.flags, strict=True) if f & NAME}
        for v in (
            weighed("Reporters met Kavanaugh in Tlatelolco."),
            weighed("Репортёры встретили Кавано в Тлателолко.", "ru"),
            weighed("التقى الصحفيون في تلاتيلولكو", "ar"),
        )
    )
    assert latin & cyrillic & arabic


def test_the_model_knows_the_measures_in_their_order() -> None:
    model = load_model()
    assert tuple(model.same.measures) == SAME
    assert tuple(model.across.measures) == ACROSS


def test_the_rarer_a_term_the_more_it_weighs() -> None:
    rarity = Rarity()
    said = sketch(language="en", title=None, text="warehouse furniture")
    before = vector(said, rarity)
    other = sketch(language="en", title=None, text="furniture")
    rarity.count([("en", *counted(other))] * 500)
    after = vector(said, rarity)
    names = legible_terms(language="en", title=None, text="warehouse furniture")
    assert {names[int(key)] for key in before.keys} == {"warehouse", "furniture"}
    assert names[int(after.keys[0])] == "warehouse" and after.weights[0] > before.weights.min()


def test_an_article_belongs_to_the_story_of_its_event() -> None:
    members = story(FIRE)
    assert odds(SAME_FIRE, members) > 0 > odds(MATCH, members)
    assert odds(SAME_FIRE, members) > odds(SAME_FIRE, members, days_apart=3)
    assert similarity(odds(SAME_FIRE, members)) > 0.5 > similarity(odds(MATCH, members))


def test_without_anything_in_common_an_article_belongs_nowhere() -> None:
    assert log_odds(load_model(), weighed(""), measure(weighed(""), [story(FIRE)])[0], 0) == -np.inf


def test_measuring_many_stories_at_once_changes_nothing() -> None:
    stories = [story(FIRE), story(MATCH, SAME_FIRE), story(MATCH)]
    found = weighed(SAME_FIRE)
    assert measure(found, stories) == [measure(found, [one])[0] for one in stories]


def test_stories_are_bounded_and_keep_how_they_began() -> None:
    members: Members = []
    for number in range(40):
        found = weighed(f"{FIRE} word{number}")
        members = with_member(members, member_of(found, f"u{number}", None), [0.0] * len(members))
    kept = [member.uri for member in members]
    half = MAX_MEMBERS // 2
    assert kept == [f"u{n}" for n in (*range(half), *range(40 - half, 40))]
    long = weighed(" ".join(f"Word{n}x" for n in range(2000)), places=[place(n) for n in range(200)])
    assert len(long.keys) <= VECTOR_WORDS + VECTOR_NEUTRAL
    searched, posted = search_keys(long)
    assert len(searched) == len(set(searched)) <= 42 and set(posted) < set(searched)


def test_a_version_takes_the_place_of_the_one_before() -> None:
    members = story(FIRE, MATCH)
    revised = with_member(members, member_of(weighed(SAME_FIRE), "u0", "New"), [1.0, 0.0])
    assert [member.title for member in revised] == ["New", "Title 1"]


def test_stories_travel_as_bytes() -> None:
    members = story(FIRE, MATCH)
    assert unpack(pack(members)) == members
    assert unpack(pack([])) == []
    again, found = vector_of(unpack(pack(members))[0]), weighed(FIRE)
    assert (again.keys == found.keys).all() and np.allclose(again.weights, found.weights, atol=0.001)


def test_the_articles_of_two_stories_that_are_one() -> None:
    members = story(FIRE, MATCH)
    assert together(members[:1], members[1:]) == members
    many = together(members * 5, members * 4)
    assert len(many) == MAX_MEMBERS


def test_the_most_central_article_gives_the_title() -> None:
    assert headline([]) is None
    assert headline(story(MATCH)) == "Title 0"
    assert headline(story(MATCH, FIRE, SAME_FIRE)) in {"Title 1", "Title 2"}


def test_what_is_shared_can_be_told() -> None:
    shared = shared_terms(weighed(SAME_FIRE), story(FIRE))
    names = legible_terms(language="en", title=None, text=SAME_FIRE)
    assert {"Mecca", "Shisha"} <= {names[key] for key in shared if key in names}


@given(st.text(), st.text(), st.sampled_from(["en", "ar", "zh", "ja", "ko", "he", "de", "und", None]))
def test_any_text_has_a_sketch(text: str, title: str, language: str | None) -> None:
    found = sketch(language=language, title=title, text=text, named=[title], figures=[figure(float("inf"))])
    assert found == sketch(language=language, title=title, text=text, named=[title], figures=[figure(float("inf"))])
    weighed_twice = vector(found, Rarity())
    members = [member_of(weighed_twice, "u", title)]
    measured = measure(weighed_twice, [members])[0]
    assert all(-0.01 <= likeness <= 1.01 for likeness in measured.likenesses)


def test_every_process_makes_the_same_sketch() -> None:
    """Python orders sets of words anew in each process; a sketch must not depend on it."""
    code = (
        "from transforms.dedup.stories import sketch;"
        "made = [sketch(language=language, title=title, text=text) for language, title, text in ("
        "('en', 'Gale Warning Closes Holyhead Harbour And Dublin Ferries', 'Nothing sailed today.'),"
        "('ja', '', 'ウクライナとポーランドとルーマニアとハンガリーとスロバキアの首脳'),"
        "('zh', '', '乌克兰总统泽连斯基和波兰总理图斯克在阿姆斯特丹'))];"
        "print(made)"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(outputs) == 1
