"""Explanations: every decision can be told, for people and as JSON."""

import json

import pytest
from rich.console import Console, RenderableType

from pipeline.index import Index, StoryArticle, open_index
from pipeline.operations.explain import (
    UnknownArticle,
    as_json,
    explain,
    explain_pair,
    render_comparison,
    render_history,
)
from tests.support.index_records import edited, observation, words
from transforms.dedup.stories import sketch

A, B, C, D = (f"https://{name}.example/1" for name in "abcd")


@pytest.fixture
def index() -> Index:
    index = open_index("memory:")
    index.observe(
        [
            observation(words(1), at="f#0"),
            observation(edited(words(1), 0.05), uri=B, at="f#1", source="b.example"),
            observation(f"Correction: it is wrong.\n{edited(words(1), 0.2)}", at="f#2", title="[bold]Other"),
            observation(words(3), uri=C, at="f#3"),
            observation(f"{words(3)} {words(4, 90)}", uri=D, at="f#4", source="d.example"),
            observation(words(3), uri=C, at="f#5"),
        ]
    )
    said = sketch(
        language="en", title="Warehouse blaze in Mecca", text="Omar Khalid saw seven workers leave the blaze."
    )
    index.assign_stories(
        [
            StoryArticle(
                uri=uri,
                version=1,
                language="en",
                event_at="2026-01-06T10:00:00Z",
                title="Warehouse blaze in Mecca",
                source=uri.split("/")[2],
                places=("Mecca",),
                people=("Omar Khalid",),
                sketch=said,
            )
            for uri in (A, C)
        ]
    )
    return index


def told(what: RenderableType) -> str:
    console = Console(width=200, record=True, file=None, quiet=False)
    with console.capture() as capture:
        console.print(what)
    return capture.get()


def test_history(index: Index) -> None:
    history = explain(index, A)
    assert [(v.version, v.change, v.current) for v in history.versions] == [(1, "new", False), (2, "material", True)]
    assert [(c.uri, c.version, c.method) for c in history.latest_duplicates] == [(B, 1, "minhash-jaccard")]
    assert (history.duplicates, history.decisions) == (1, 2)
    assert history.story is not None
    assert (history.story.uri, history.story.articles, history.story.nearest) == (A, 2, C)
    assert (history.story.first_source, history.story.sources) == ("a.example", 2)
    assert (history.story.places, history.story.people) == (("Mecca",), ("Omar Khalid",))
    assert history.latest_in_story == (A, C)
    text = told(render_history(history))
    for expected in ("version 2: material", "current", "correction: Correction: it is wrong.", "[bold]Other", B, "f#2"):
        assert expected in text


def test_history_of_a_duplicate(index: Index) -> None:
    history = explain(index, B)
    assert history.versions == ()
    assert history.duplicate_of is not None and history.duplicate_of.original == A
    assert f"duplicate of version 1 of {A}" in told(render_history(history))


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("%D8%AE%D8%A8%D8%B1/caf%C3%A9", "خبر/café"),
        ("100%25-%2F", "100%25-%2F"),
        ("%E2%80%AEx", "%E2%80%AEx"),
        ("%D8", "%D8"),
    ],
    ids=["letters", "signs of the address", "a mark that turns the line", "no text"],
)
def test_addresses_are_shown_in_letters_and_understood_so(index: Index, path: str, shown: str) -> None:
    uri = f"https://e.example/{path}"
    index.observe([observation(words(9), uri=uri, at="f#9", source="e.example")])
    assert f"https://e.example/{shown}" in told(render_history(explain(index, uri)))
    assert json.loads(as_json(explain(index, f"https://e.example/{shown}")))["uri"] == uri


def test_any_spelling_of_a_url_is_understood(index: Index) -> None:
    assert explain(index, "HTTPS://A.example:443/1?utm_source=x#top").uri == A


def test_unknown_articles(index: Index) -> None:
    with pytest.raises(UnknownArticle, match="never seen"):
        explain(index, "https://z.example/1")
    with pytest.raises(UnknownArticle):
        explain_pair(index, A, "https://z.example/1")


@pytest.mark.parametrize(
    ("a", "b", "verdict", "reason"),
    [
        (A, B, "duplicate", "similarity 0."),
        (B, A, "duplicate", "version 1 of https://a.example/1"),
        (A, A, "same article", "one uri"),
        (A, C, "different", "below 0.7 (no shared band)"),
        (C, D, "contained-in", "100% of the smaller text"),
        (D, C, "contains", "100% of the smaller text"),
        (B, C, "different", "no text to measure"),
    ],
)
def test_pairs(index: Index, a: str, b: str, verdict: str, reason: str) -> None:
    comparison = explain_pair(index, a, b)
    assert comparison.verdict == verdict
    assert reason in comparison.reason
    assert verdict in told(render_comparison(comparison))


def test_measures_of_a_pair(index: Index) -> None:
    comparison = explain_pair(index, C, D)
    assert comparison.containment == 1
    assert comparison.shingles == (116, 206)
    assert comparison.jaccard == pytest.approx(116 / 206, abs=0.0001)
    assert comparison.story is not None and comparison.story.same_story is None
    story = explain_pair(index, A, C).story
    assert story is not None and story.same_story is True and story.days_apart == 0
    assert story.similarity is not None and "shared rarity" in story.measures
    assert "each by its likeness to others" in told(render_comparison(explain_pair(index, A, C)))


def test_why_two_articles_are_not_in_one_story(index: Index) -> None:
    said = sketch(language="en", title=None, text="United won the cup final at Wembley after extra time.")
    index.assign_stories([StoryArticle(uri=D, version=1, event_at="2026-01-20", title=None, sketch=said)])
    story = explain_pair(index, A, D).story
    assert story is not None and story.same_story is False and "14 days apart" in story.reason


def test_json(index: Index) -> None:
    history = json.loads(as_json(explain(index, A)))
    assert history["versions"][1]["changes"]["notice"]["kind"] == "correction"
    assert history["latest_decisions"][0]["decision"]["outcome"] == "article"
    assert json.loads(as_json(explain_pair(index, A, B)))["verdict"] == "duplicate"
