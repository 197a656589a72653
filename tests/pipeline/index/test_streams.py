"""Properties of whole streams: repeated, shuffled, cut into batches anyhow, recalled or not."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pipeline.index import Decision, Index, Observation, open_index
from tests.support.index_records import edited, observation, probe, words

WINDOW = 12

story = st.tuples(st.integers(0, 3), st.integers(0, 2))
"""A page, and how often its text was edited before."""
streams = st.lists(story, min_size=1, max_size=15)


def records(stream: list[tuple[int, int]]) -> list[Observation]:
    """Return crawls of pages whose texts are unlike each other, an hour apart."""
    return [
        observation(
            edited(words(page), 0.2, seed=edit) if edit else words(page),
            uri=f"https://a.example/{page}",
            at=f"t/0#{hour}",
            title=f"Page {page}",
            fetched_at=f"2026-01-{1 + hour // 24:02}T{hour % 24:02}:00:00Z",
        )
        for hour, (page, edit) in enumerate(stream)
    ]


def sent_three_times(plain: list[Observation], shuffle: random.Random | None) -> list[Observation]:
    """Return each record three times under coordinates of its own, shuffled within a window or one after the other."""
    copies = [replace(record, coordinates=f"{record.coordinates}.{copy}") for record in plain for copy in range(3)]
    if shuffle:
        places = [(n + shuffle.uniform(0, WINDOW), n) for n in range(len(copies))]
        copies = [copies[n] for _, n in sorted(places)]
    return copies


def batches(observations: list[Observation], cut: random.Random) -> Iterator[list[Observation]]:
    start = 0
    while start < len(observations):
        size = cut.randrange(1, 8)
        yield observations[start : start + size]
        start += size


def run(index: Index, observations: list[Observation], cut: random.Random, *, recall: bool = False) -> list[Decision]:
    decisions: list[Decision] = []
    for batch in batches(observations, cut):
        recalled = index.recall([probe(record) for record in batch]) if recall else [None] * len(batch)
        decided = iter(index.observe([r for r, known in zip(batch, recalled, strict=True) if known is None]))
        decisions += [known or next(decided) for known in recalled]
    return decisions


def articles(observations: list[Observation], decisions: list[Decision]) -> set[tuple[str, int | None, str]]:
    pairs = zip(observations, decisions, strict=True)
    return {(d.uri, d.version, o.text) for o, d in pairs if d.outcome == "article"}


def without_versions(found: set[tuple[str, int | None, str]]) -> set[tuple[str, str]]:
    return {(uri, text) for uri, _, text in found}


@given(streams, st.randoms(use_true_random=False))
def test_a_stream_sent_three_times_has_the_same_articles_and_versions(
    stream: list[tuple[int, int]], cut: random.Random
) -> None:
    plain = records(stream)
    copies = sent_three_times(plain, None)
    expected = articles(plain, run(open_index("memory:"), plain, cut))
    assert articles(copies, run(open_index("memory:"), copies, cut)) == expected
    assert articles(copies, run(open_index("memory:"), copies, cut, recall=True)) == expected


@given(streams, st.randoms(use_true_random=False))
def test_shuffling_it_within_a_window_changes_numbers_at_most(
    stream: list[tuple[int, int]], choose: random.Random
) -> None:
    """Versions are numbered as they come; which texts of which pages are articles does not depend on the order."""
    plain = records(stream)
    copies = sent_three_times(plain, choose)
    expected = without_versions(articles(plain, run(open_index("memory:"), plain, choose)))
    assert without_versions(articles(copies, run(open_index("memory:"), copies, choose))) == expected
    index = open_index("memory:")
    decisions = run(index, copies, choose, recall=True)
    assert without_versions(articles(copies, decisions)) == expected
    # What each page shows last, as its crawls tell, is current whatever came last: seeing it again is no news.
    for record in {record.uri: record for record in plain}.values():
        (again,) = index.observe([replace(record, coordinates=f"again {record.uri}")])
        assert again.outcome == "unchanged"


def test_each_store_decides_on_a_stream_sent_three_times_as_on_the_plain_one(new_index: Callable[[], Index]) -> None:
    """Revisions, and copies of them on another site, whose first crawl follows that of their originals."""
    choose = random.Random(5)
    plain = records([(page, edit) for edit in range(3) for page in range(4)] * 2)
    plain += [
        observation(
            edited(words(page), 0.05, seed=50 + n % 2),
            uri=f"https://copy{n % 2}.example/{page}",
            at=f"t/1#{page}.{n}",
            source=f"copy{n % 2}.example",
            title=f"Page {page}",
        )
        for n in range(4)
        for page in range(4)
    ]
    copies = sent_three_times(plain, choose)
    decided = run(new_index(), plain, choose)
    again = run(new_index(), copies, choose, recall=True)
    assert {(d.uri, d.duplicate_of) for d in decided if d.outcome == "duplicate"} == {
        (f"https://copy{n}.example/{page}", f"https://a.example/{page}") for n in range(2) for page in range(4)
    }
    assert without_versions(articles(copies, again)) == without_versions(articles(plain, decided))
    for outcome in ("article", "duplicate"):
        found = {(d.uri, d.version, d.duplicate_of) for d in again if d.outcome == outcome}
        assert found == {(d.uri, d.version, d.duplicate_of) for d in decided if d.outcome == outcome}


@given(streams, st.randoms(use_true_random=False))
def test_neither_batches_nor_recall_nor_repetition_change_a_decision(
    stream: list[tuple[int, int]], choose: random.Random
) -> None:
    copies = sent_three_times(records(stream), choose)
    single = open_index("memory:")
    one_by_one = [single.observe([record])[0] for record in copies]
    index = open_index("memory:")
    assert run(index, copies, choose) == one_by_one
    assert run(index, copies, choose) == one_by_one, "the same source again"
    assert run(open_index("memory:"), copies, choose, recall=True) == one_by_one


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2), st.integers(0, 3)), min_size=1, max_size=25),
    st.randoms(use_true_random=False),
)
def test_copies_on_many_pages_are_decided_alike_in_any_batches(
    stream: list[tuple[int, int, int]], choose: random.Random
) -> None:
    """Pages take each other's texts, edited a little or much."""
    sent = [
        observation(
            edited(words(text), (0, 0.05, 0.3)[edit], seed=text),
            uri=f"https://{page % 3}.example/{page}",
            at=f"t/0#{n}",
            source=f"{page % 3}.example",
            title=f"Title {text}",
        )
        for n, (page, edit, text) in enumerate(stream)
    ]
    single = open_index("memory:")
    one_by_one = [single.observe([record])[0] for record in sent]
    assert run(open_index("memory:"), sent, choose, recall=True) == one_by_one
    originals = {d.uri for d in one_by_one if d.outcome == "article"}
    assert all(d.duplicate_of in originals for d in one_by_one if d.outcome != "article")
