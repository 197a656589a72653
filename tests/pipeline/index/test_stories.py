"""Stories across batches, on SQLite and on PostgreSQL alike."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.index import Index, StoryArticle, open_index
from schemas.records import Figure, Place, Story
from transforms.dedup.stories import sketch

MECCA = Place(name="Mecca", text="Mecca", country_code="SA", geonames_id=104515, kind="city", count=1, spans=((0, 1),))
MINUTES = Figure(value=137, text="137", span=(0, 1))


def told(
    text: str,
    uri: str,
    *,
    language: str = "en",
    title: str | None = None,
    event_at: str | None = "2026-01-06T08:30:00Z",
    version: int = 1,
    source: str | None = None,
    people: tuple[str, ...] = (),
    **said: Any,
) -> StoryArticle:
    return StoryArticle(
        uri=uri,
        version=version,
        event_at=event_at,
        title=title,
        source=source or uri.split("/")[2] if "//" in uri else None,
        language=language,
        places=tuple(place.name for place in said.get("places", ())),
        people=people,
        sketch=sketch(language=language, title=title, text=text, named=people, **said),
    )


FIRE = told(
    "Three workers died when a fire swept a warehouse in the Shisha district of Mecca on Monday. Civil defence teams "
    "under Colonel Khalid Omar brought the blaze under control after 137 minutes, a spokesman said.",
    "https://a.example/fire",
    title="Warehouse fire in Mecca kills three workers",
    places=(MECCA,),
    figures=(MINUTES,),
    people=("Khalid Omar",),
)
SAME_FIRE = told(
    "A blaze at a Mecca warehouse killed three workers on Monday. Firefighters needed 137 minutes, Colonel Khalid Omar "
    "of civil defence said; the warehouse in Shisha held furniture.",
    "https://b.example/mecca",
    title="Three dead as fire sweeps Mecca warehouse",
    event_at="2026-01-07T10:00:00Z",
    places=(MECCA,),
    figures=(MINUTES,),
    people=("Khalid Omar",),
)
FIRE_IN_SPANISH = told(
    "Tres trabajadores murieron cuando un incendio arrasó un almacén en el distrito de Shisha, en Mecca. El coronel "
    "Khalid Omar dijo que se necesitaron 137 minutos.",
    "https://c.example/incendio",
    language="es",
    places=(MECCA,),
    figures=(MINUTES,),
    people=("Khalid Omar",),
)
MATCH = told(
    "United won the cup after extra time at Wembley on Saturday. Jane Doe scored twice for the visitors, and the coach "
    "praised her team in front of a record crowd of supporters.",
    "https://a.example/match",
    title="United win the cup after extra time",
    event_at="2026-01-06",
)


def one(index: Index, article: StoryArticle) -> Story:
    (story,) = index.assign_stories([article])
    assert story is not None
    return story


def test_articles_on_one_event_share_its_story(index: Index) -> None:
    first, second, other = index.assign_stories([FIRE, SAME_FIRE, MATCH])
    assert first is not None and second is not None and other is not None
    assert first.uri == second.uri == FIRE.uri
    assert (first.similarity, first.articles, first.title) == (1.0, 1, FIRE.title)
    assert 0.5 <= second.similarity < 1 and second.articles == 2
    assert (other.uri, other.articles) == (MATCH.uri, 1)


def test_stories_cross_languages_by_names_places_and_figures(index: Index) -> None:
    assert one(index, FIRE).uri == one(index, FIRE_IN_SPANISH).uri


def test_a_country_alone_carries_no_story_across_languages(index: Index) -> None:
    country = replace_kind(MECCA)
    one(
        index,
        told("A minister spoke in the capital about the coming budget.", "https://a.example/1", places=(country,)),
    )
    other = told("Un ministro habló del fútbol en la ciudad.", "https://b.example/2", language="es", places=(country,))
    assert one(index, other).uri == other.uri


def replace_kind(place: Place) -> Place:
    return Place(name="Saudi Arabia", text="x", country_code="SA", kind="country", count=1, spans=place.spans)


def test_stories_end(index: Index) -> None:
    index.assign_stories([FIRE])
    assert one(index, replace(SAME_FIRE, event_at="2026-01-10T00:00:00Z")).uri == SAME_FIRE.uri


def test_a_story_lasts_no_longer_than_its_span_however_it_is_fed(index: Index) -> None:
    stories = [
        one(index, replace(FIRE, uri=f"https://a.example/{day}", event_at=f"2026-01-{day:02}T08:00:00Z")).uri
        for day in range(1, 29)
    ]
    assert len(set(stories)) == 2
    assert stories[:15] == ["https://a.example/1"] * 15


def test_a_chain_of_articles_each_like_the_one_before_is_no_story(index: Index) -> None:
    """Each article shares half of its words with the one before; a story must not drift from what it began with."""
    words = [f"{a}{b}{c}ton" for a in "bdfgklmnprst" for b in "aeiou" for c in "bdfgklmnprst"]
    stories = [
        one(index, told(" ".join(words[n * 10 : n * 10 + 20]), f"https://a.example/{n}", language="en")).uri
        for n in range(60)
    ]
    longest = max(stories.count(uri) for uri in stories)
    assert longest < 20


@pytest.mark.parametrize("event_at", [None, "2026-01", "nonsense"])
def test_without_a_day_there_is_no_story(index: Index, event_at: str | None) -> None:
    assert index.assign_stories([replace(FIRE, event_at=event_at)]) == [None]


def test_without_terms_there_is_no_story(index: Index) -> None:
    assert index.assign_stories([told("A", "u")]) == [None]


def test_answers_are_the_same_again_and_however_batches_are_cut(
    index: Index, url: str, new_index: Callable[[], Index]
) -> None:
    articles = [FIRE, MATCH, SAME_FIRE, FIRE, FIRE_IN_SPANISH]
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
    story = one(index, revised)
    assert (story.uri, story.articles) == (FIRE.uri, 1) and story.similarity < 0.5
    assert one(index, revised) == story


BOTH = told(
    "The port strike in Haifa and the ferry strike in Ashdod are one: dock workers under Amir Levi and sailors under "
    "Dana Cohen stopped work over pensions, unions said. Cranes stand idle, ferries stay moored.",
    "https://c.example/both",
    title="Dock workers and sailors strike over pensions",
)
DOCKS = (
    "Dock workers in Haifa under Amir Levi stopped work over pensions. Cranes stand idle in the port strike, unions "
    "said, and ferries stay moored."
)
SAILORS = (
    "Sailors in Ashdod under Dana Cohen stopped work over pensions. Ferries stay moored in the ferry strike, unions "
    "said, and cranes stand idle."
)


def merging(index: Index) -> list[Story | None]:
    """Return the answers to articles of which the last shows that two stories are one."""
    return index.assign_stories(
        [
            replace(told(DOCKS, "https://a.example/docks"), title="Docks"),
            replace(told(SAILORS, "https://b.example/sailors"), title="Sailors"),
            BOTH,
        ]
    )


def test_stories_that_grow_together_are_merged_and_the_record_tells(lenient: Index) -> None:
    docks, sailors, both = merging(lenient)
    assert docks is not None and sailors is not None and both is not None
    assert docks.uri != sailors.uri
    assert (both.uri, both.merged, both.articles) == (docks.uri, (sailors.uri,), 3)
    assert merging(lenient) == [docks, sailors, both]
    later = one(lenient, told(SAILORS, "https://d.example/later"))
    assert (later.uri, later.articles, later.merged) == (docks.uri, 4, ())
    history = lenient.statistics()
    assert history["story"] == 2


def test_stories_expire(url: str) -> None:
    day = 20_000
    index = open_index(url, clock=lambda: day * 86_400)
    index.assign_stories([FIRE])
    day = 20_010
    index.expire(20_005)
    assert one(index, SAME_FIRE).uri == SAME_FIRE.uri
    index.expire(20_011)
    assert {**index.statistics(), "bytes": 0} == dict.fromkeys(index.statistics(), 0)
    index.close()


WORDS = [
    f"{a}{b}{c}" for a in ("bar", "kel", "mon", "tir", "vos") for b in ("da", "fi", "lu") for c in ("ck", "nd", "rg")
]
streams = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 6), st.integers(1, 3)), min_size=1, max_size=24)
"""The event, what of it is told, and the day."""


@given(streams, st.integers(1, 7))
def test_neither_batches_nor_repetition_nor_who_asks_change_a_story(
    stream: list[tuple[int, int, int]], size: int
) -> None:
    articles = [
        told(
            " ".join(WORDS[event * 7 + part : event * 7 + part + 6]).title(),
            f"https://{n % 3}.example/{n % 17}",
            version=1 + n // 17,
            event_at=f"2026-01-0{day}T00:00:00Z",
            title=f"Event {event}",
        )
        for n, (event, part, day) in enumerate(stream)
    ]
    single = open_index("memory:")
    expected = [single.assign_stories([article])[0] for article in articles]
    index = open_index("memory:")
    batches = [articles[start : start + size] for start in range(0, len(articles), size)]
    for _ in range(2):
        assert [story for batch in batches for story in index.assign_stories(batch)] == expected


def test_two_processes_in_turns_find_what_one_finds(url: str, new_index: Callable[[], Index]) -> None:
    articles = [
        told(
            " ".join(WORDS[(n * 5) % 30 : (n * 5) % 30 + 9]).title(),
            f"https://{n % 3}.example/{n}",
            event_at=f"2026-01-0{1 + n // 40}T00:00:00Z",
        )
        for n in range(120)
    ]
    alone = new_index()
    expected = [story for n in range(0, 120, 8) for story in alone.assign_stories(articles[n : n + 8])]
    two = [open_index(url), open_index(url)]
    found = [story for n in range(0, 120, 3) for story in two[n % 2].assign_stories(articles[n : n + 3])]
    assert found == expected
    for index in two:
        index.close()


def test_a_batch_that_failed_leaves_no_trace(
    index: Index, new_index: Callable[[], Index], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a kill: what was under way is asked again and answered as if nothing had been."""
    expected = [one(new_index(), FIRE)]
    store = index._store
    write = store.write

    def failing(writes: Any, day: int) -> None:
        write(writes, day)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store, "write", failing)
        with pytest.raises(KeyboardInterrupt):
            index.assign_stories([MATCH, SAME_FIRE])
    assert index.assign_stories([FIRE]) == expected
