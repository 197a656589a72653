"""What the index decides, on SQLite and on PostgreSQL alike."""

from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest

from pipeline.index import Decision, Index, open_index
from tests.support.index_records import edited, observation, probe, words

A, B, C = "https://a.example/1", "https://b.example/2", "https://c.example/3"


def one(index: Index, *args: object, **named: object) -> Decision:
    return index.observe([observation(*args, **named)])[0]  # type: ignore[arg-type]


def test_a_new_text_is_an_article(index: Index) -> None:
    assert one(index, words(1)) == Decision(outcome="article", uri=A, version=1, change="new")


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ({"uri": A}, ("unchanged", A, "content", 1.0)),
        ({"uri": A, "body": "other bytes"}, ("unchanged", A, "text", 1.0)),
        ({"uri": A, "request": "https://m.a.example/1"}, ("unchanged", A, "text", 1.0)),
        ({"uri": B}, ("duplicate", A, "exact", 1.0)),
    ],
)
def test_equal_texts(index: Index, second: dict[str, str], expected: tuple[object, ...]) -> None:
    one(index, words(1))
    decision = one(index, words(1), at="f#1", **second)
    assert (decision.outcome, decision.duplicate_of, decision.method, decision.similarity) == expected


def test_typography_is_no_change(index: Index) -> None:
    one(index, "قالَ الوزيرُ إنّ ١٢ شخصاً «قُتلوا»")
    assert one(index, 'قال الوزير ان 12 شخصا \u200f"قتلوا"', at="f#1").outcome == "unchanged"
    assert one(index, "قال الوزير ان 13 شخصا قتلوا", at="f#2").outcome == "article"


@pytest.mark.parametrize(("share", "outcome"), [(0.05, "duplicate"), (0.1, "duplicate"), (0.3, "article")])
def test_near_duplicates(index: Index, share: float, outcome: str) -> None:
    one(index, words(1))
    decision = one(index, edited(words(1), share), uri=B, at="f#1", source="b.example")
    assert decision.outcome == outcome
    if outcome == "duplicate":
        assert decision.duplicate_of == A
        assert decision.method == "minhash-jaccard"
        assert decision.similarity is not None and 0.7 <= decision.similarity < 1


def test_short_texts_are_only_duplicates_when_equal(index: Index) -> None:
    short = words(1, 20)
    one(index, short)
    assert one(index, edited(short, 0.05), uri=B, at="f#1").outcome == "article"
    assert one(index, short, uri=C, at="f#2").duplicate_of == A


def test_texts_without_letters_equal_nothing_but_themselves(index: Index) -> None:
    one(index, "— … —")
    assert one(index, "***", uri=B, at="f#1").outcome == "article"
    assert one(index, "!!!", uri=A, at="f#2").outcome == "unchanged"


def test_a_changed_text_is_a_version(index: Index) -> None:
    one(index, words(1))
    decision = one(index, edited(words(1), 0.2), at="f#1")
    assert (decision.outcome, decision.version, decision.change) == ("article", 2, "material")
    assert decision.changes is not None and decision.changes["against"] == 1
    assert decision.changes["share"] == pytest.approx(0.2)
    assert one(index, edited(words(1), 0.2), at="f#2").outcome == "unchanged"


def test_an_article_keeps_its_history_when_another_has_its_new_text(index: Index) -> None:
    revised = edited(words(1), 0.35)
    one(index, words(1))
    assert one(index, revised, uri=B, at="f#1", source="b.example").outcome == "article"
    decision = one(index, revised, at="f#2")
    assert (decision.outcome, decision.uri, decision.version) == ("article", A, 2)


def test_a_page_that_now_shows_another_article_is_its_duplicate(index: Index) -> None:
    one(index, words(1))
    one(index, words(2), uri=B, at="f#1")
    replaced = one(index, words(2), at="f#2")
    assert (replaced.outcome, replaced.duplicate_of, replaced.method) == ("duplicate", B, "exact")
    assert one(index, words(2), at="f#3") == replaced
    assert one(index, words(1), at="f#4").outcome == "unchanged"
    assert one(index, edited(words(1), 0.1), at="f#5").version == 2


def test_a_duplicate_that_becomes_its_own_article(index: Index) -> None:
    one(index, words(1))
    one(index, words(1), uri=B, at="f#1")
    decision = one(index, words(2), uri=B, at="f#2")
    assert (decision.outcome, decision.version, decision.change) == ("article", 1, "new")


def test_a_copy_of_an_earlier_version_is_a_duplicate(index: Index) -> None:
    one(index, words(1))
    one(index, words(2), at="f#1")
    assert one(index, words(1), uri=B, at="f#2").duplicate_of == A
    assert one(index, edited(words(1), 0.05), uri=C, at="f#3").duplicate_of == A


@pytest.mark.parametrize("field", ["fetched_at", "modified_at"])
def test_late_arrivals(index: Index, field: str) -> None:
    one(index, words(1), **{field: "2026-01-02T00:00:00Z"})
    late = one(index, edited(words(1), 0.2), at="f#1", **{field: "2026-01-01T00:00:00Z"})
    assert (late.outcome, late.version) == ("article", 2)
    assert late.changes is not None and late.changes["late"] is True
    # The current version is still the first that came.
    assert one(index, words(1), at="f#2", **{field: "2026-01-03T00:00:00Z"}).outcome == "unchanged"
    again = one(index, edited(words(1), 0.2), at="f#3", **{field: "2026-01-01T00:00:00Z"})
    assert again.outcome == "unchanged"


def test_a_page_that_returns_to_an_earlier_text(index: Index) -> None:
    old, new = words(1), edited(words(1), 0.2)
    one(index, old, fetched_at="2026-01-01T00:00:00Z")
    one(index, new, at="f#1", fetched_at="2026-01-02T00:00:00Z")
    assert one(index, old, at="f#2").outcome == "unchanged", "without a time it may be the first crawl again"
    returned = one(index, old, at="f#3", fetched_at="2026-01-03T00:00:00Z")
    assert (returned.outcome, returned.version) == ("article", 3)
    assert returned.changes is not None and returned.changes["returns_to"] == 1


def test_a_text_inside_a_longer_one_is_related(index: Index) -> None:
    wire = words(1, 100)
    one(index, wire)
    longer = one(index, f"{wire} {words(2, 60)}", uri=B, at="f#1", source="b.example")
    assert longer.outcome == "article"
    assert [(r.kind, r.uri, r.share) for r in longer.related] == [("contains", A, 1.0)]


def test_a_trivial_remainder_makes_a_duplicate(index: Index) -> None:
    wire = words(1, 28)
    one(index, wire)
    decision = one(index, f"{wire} {words(2, 11)}", uri=B, at="f#1", source="b.example")
    assert (decision.outcome, decision.method) == ("duplicate", "contains-trivial")


def test_what_recurs_in_a_source_makes_no_duplicates(index: Index) -> None:
    paragraph = words(99, 150)

    def article(n: int) -> Decision:
        text = f"{words(n, 20)}\n{paragraph}"
        return one(index, text, uri=f"https://a.example/{n}", at=f"f#{n}", title=f"Title {n}")

    article(0)
    decisions = [article(n) for n in range(1, 8)]
    assert decisions[0].outcome == "duplicate", "nothing is known of the source yet"
    assert [d.outcome for d in decisions[3:]] == ["article"] * 4
    copy = one(index, f"{words(7, 20)}\n{paragraph}\n{words(8, 3)}", uri=B, at="f#copy", title="Title 7")
    assert copy.duplicate_of == "https://a.example/7", "a true copy is still found"


def test_the_most_similar_article_is_the_original(index: Index) -> None:
    one(index, edited(words(1), 0.35, seed=1))
    one(index, words(1), uri=B, at="f#1", source="b.example")
    assert one(index, edited(words(1), 0.05), uri=C, at="f#2", source="c.example").duplicate_of == B


def test_a_text_that_was_found_a_copy_is_that_copy_again(index: Index) -> None:
    """Also where an original that is more like it came in between: the same text, the same answer."""
    near = edited(words(1), 0.125)
    nearer = f"{words(5, 10)} {' '.join(near.split()[10:])}"
    one(index, words(1))
    first = one(index, near, uri=B, at="f#1", source="b.example")
    assert one(index, nearer, uri=C, at="f#2", source="c.example").outcome == "article"
    again = one(index, near, uri="https://d.example/4", at="f#3", source="d.example")
    assert again == msgspec.structs.replace(first, uri="https://d.example/4")


def test_records_of_a_batch_are_decided_one_after_the_other(index: Index, new_index: Callable[[], Index]) -> None:
    texts = [words(1), words(2), words(1), edited(words(2), 0.05), edited(words(1), 0.2), words(1), words(3)]
    uris = [A, B, C, C, A, A, B]
    batch = [observation(t, uri=u, at=f"f#{n}", source=None) for n, (t, u) in enumerate(zip(texts, uris, strict=True))]
    together = index.observe(batch)
    other = new_index()
    assert together == [other.observe([record])[0] for record in batch]


def test_decisions_are_idempotent_by_coordinates(index: Index, url: str) -> None:
    batch = [
        observation(words(1)),
        observation(words(1), uri=B, at="f#1"),
        observation(edited(words(1), 0.2), at="f#2"),
        observation(words(1), at="f#3"),
    ]
    decisions = index.observe(batch)
    assert index.observe(batch) == decisions
    index.close()
    reopened = open_index(url)
    assert reopened.observe(batch[2:]) == decisions[2:]
    assert reopened.observe(batch) == decisions
    reopened.close()


def test_other_content_at_the_same_coordinates_is_another_record(index: Index) -> None:
    one(index, words(1))
    assert one(index, words(2)).version == 2


def test_recall_of_a_record_that_was_never_seen(index: Index) -> None:
    assert index.recall([probe(observation(words(1)))]) == [None]


def test_recall_answers_as_observe_would(index: Index, new_index: Callable[[], Index]) -> None:
    stream = [
        observation(words(1)),
        observation(words(1), uri=B, at="f#1"),
        observation(words(1), at="f#2"),
        observation(words(1), uri=B, at="f#3"),
        observation(edited(words(1), 0.2), at="f#4"),
        observation(words(1), at="f#5"),
        observation(words(1), at="f#6", fetched_at="2026-01-01T00:00:00Z"),
        observation("— …", uri=C, at="f#7"),
        observation("— …", uri=C, at="f#8"),
        observation(words(5), uri="urn:x", request="", at="f#9"),
        observation(words(5), uri="urn:x", request="", at="f#10"),
    ]
    other = new_index()
    plain = [other.observe([record])[0] for record in stream]
    answers = []
    shortened = 0
    for record in stream:
        recalled = index.recall([probe(record)])[0]
        shortened += recalled is not None
        answers.append(recalled or index.observe([record])[0])
    assert answers == plain
    assert shortened == 3


def test_recall_remembers_its_answer(index: Index) -> None:
    first = observation(words(1))
    index.observe([first])
    (answer,) = index.recall([probe(first, "f#1")])
    index.observe([observation(words(2), at="f#2")])
    assert index.recall([probe(first, "f#1")]) == [answer]
    assert index.observe([replace(first, coordinates="f#1")]) == [answer]


def test_recall_gives_articles_to_the_full_path_again(index: Index) -> None:
    first = observation(words(1))
    index.observe([first])
    assert index.recall([probe(first)]) == [None]


def test_recall_waits_for_records_under_way(index: Index) -> None:
    first, second = observation(words(1)), observation(words(2), at="f#1")
    index.observe([first])
    assert index.recall([probe(second), probe(first, "f#2")]) == [None, None]
    assert index.recall([probe(first, "f#3")]) == [None]
    index.observe([replace(first, coordinates="f#2"), replace(first, coordinates="f#3"), second])
    assert index.recall([probe(second, "f#4")])[0] is not None


def test_illegible_names_are_stored(index: Index) -> None:
    batch = [observation(words(1), uri="id:\0\ud800", at="f\udc80#0", title="\0\ud800", source="s\0")]
    assert index.observe(batch) == index.observe(batch)


def test_expiry_goes_by_the_last_sight(url: str) -> None:
    day = 20_000.0
    index = open_index(url, clock=lambda: day * 86_400)
    one(index, words(1))
    one(index, words(2), uri=B, at="f#1")
    one(index, words(4), uri="https://d.example/4", at="f#2")
    day = 20_010.0
    one(index, words(1), at="f#3")
    one(index, edited(words(2), 0.05), uri=C, at="f#4", source="c.example")
    assert index.expire(20_005) == 1
    assert one(index, words(1), at="f#5").outcome == "unchanged"
    assert one(index, words(2), uri=B, at="f#6").outcome == "unchanged", "a copy keeps its original alive"
    assert one(index, words(4), uri=C, at="f#7").version == 1
    before = index.statistics()
    assert index.expire(20_020) == 3
    assert {**index.statistics(), "bytes": 0, "source": 0} == dict.fromkeys(before, 0)
    index.close()


def test_both_stores_tell_the_same_history(index: Index) -> None:
    index.observe([observation(words(1)), observation(edited(words(1), 0.05), uri=B, at="f#1", source="b.example")])
    history = index.history(A)
    assert history is not None
    assert [copy.uri for copy in history.latest_duplicates] == [B]
    assert [told.coordinates for told in history.latest_decisions] == ["f#0"]
    assert index.compare(A, B).verdict == "duplicate"
    assert index.history("https://z.example/") is None
    assert index.compare(A, "https://z.example/").verdict == "unknown"
