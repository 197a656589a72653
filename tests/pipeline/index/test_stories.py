"""Stories across batches, on SQLite and on PostgreSQL alike."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pipeline.index import Index, StoryFeatures, open_index

FIRE = StoryFeatures(
    uri="https://a.example/fire",
    version=1,
    language="en",
    event_at="2026-01-06T08:30:00Z",
    title="Warehouse fire in Mecca kills three workers",
    countries=("SA",),
    places=(104515,),
    people=("Khalid Omar",),
    figures=(137.0,),
    dates=("2026-01-05",),
    keywords=("warehouse", "fire", "civil defence"),
)
SAME_FIRE = replace(
    FIRE,
    uri="https://b.example/mecca",
    title="Three dead as fire sweeps Mecca warehouse",
    event_at="2026-01-07T10:00:00Z",
    keywords=("fire", "warehouse", "rescue"),
)
FIRE_IN_ARABIC = replace(
    FIRE,
    uri="https://c.example/حريق",
    language="ar",
    title="مصرع ثلاثة عمال في حريق مستودع بمكة",
    people=("خالد عمر",),
    keywords=("حريق", "مستودع"),
)
MATCH = StoryFeatures(
    uri="https://a.example/match",
    version=1,
    language="en",
    event_at="2026-01-06",
    title="United win the cup after extra time",
    countries=("GB",),
    places=(2643743,),
    people=("Jane Doe",),
    keywords=("cup", "final", "extra time"),
)


def test_articles_on_one_event_share_its_story(index: Index) -> None:
    first, second, other = index.assign_stories([FIRE, SAME_FIRE, MATCH])
    assert first is not None and second is not None and other is not None
    assert first.uri == second.uri == FIRE.uri
    assert (first.similarity, other.uri) == (1.0, MATCH.uri)
    assert 0.36 <= second.similarity < 1


def test_stories_cross_languages_by_places_figures_and_dates(index: Index) -> None:
    first, arabic = index.assign_stories([FIRE, FIRE_IN_ARABIC])
    assert first is not None and arabic is not None and arabic.uri == first.uri


def test_a_country_alone_carries_no_story_across_languages(index: Index) -> None:
    index.assign_stories([FIRE])
    (elsewhere,) = index.assign_stories(
        [replace(FIRE_IN_ARABIC, uri="https://c.example/2", figures=(), dates=(), places=())]
    )
    assert elsewhere is not None and elsewhere.uri == "https://c.example/2"


def test_stories_end(index: Index) -> None:
    index.assign_stories([FIRE])
    later = replace(SAME_FIRE, event_at="2026-01-10T00:00:00Z")
    (story,) = index.assign_stories([later])
    assert story is not None and story.uri == later.uri


@pytest.mark.parametrize("event_at", [None, "2026-01", "nonsense"])
def test_without_a_day_there_is_no_story(index: Index, event_at: str | None) -> None:
    assert index.assign_stories([replace(FIRE, event_at=event_at)]) == [None]


def test_without_features_there_is_no_story(index: Index) -> None:
    assert index.assign_stories(
        [StoryFeatures(uri="u", version=1, language="en", event_at="2026-01-06", title="A")]
    ) == [None]


def test_answers_are_the_same_again_and_however_batches_are_cut(
    index: Index, url: str, new_index: Callable[[], Index]
) -> None:
    articles = [FIRE, MATCH, SAME_FIRE, FIRE, FIRE_IN_ARABIC]
    stories = index.assign_stories(articles)
    other = new_index()
    assert [other.assign_stories([article])[0] for article in articles] == stories
    index.close()
    reopened = open_index(url)
    assert reopened.assign_stories(articles[2:]) == stories[2:]
    reopened.close()


def test_a_version_stays_in_the_story_of_the_article(index: Index) -> None:
    index.assign_stories([FIRE])
    revised = replace(MATCH, uri=FIRE.uri, version=2)
    (story,) = index.assign_stories([revised])
    assert story is not None and (story.uri, story.similarity) == (FIRE.uri, 0.0)
    assert index.assign_stories([revised]) == [story]


def test_stories_expire(url: str) -> None:
    day = 20_000
    index = open_index(url, clock=lambda: day * 86_400)
    index.assign_stories([FIRE])
    day = 20_010
    index.expire(20_005)
    assert index.assign_stories([SAME_FIRE]) != index.assign_stories([FIRE])
    index.expire(20_011)
    assert {**index.statistics(), "bytes": 0} == dict.fromkeys(index.statistics(), 0)
    index.close()
