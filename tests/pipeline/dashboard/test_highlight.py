import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dashboard.compare import side_by_side
from pipeline.dashboard.highlight import Mark, marks_of, paragraphs
from schemas.records import Quote
from tests.support.news import article


def shown(text: str, marks: list[Mark]) -> list[list[tuple[str, tuple[str, ...]]]]:
    return [[(segment.text, segment.kinds) for segment in segments] for segments in paragraphs(text, marks)]


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ([], [[("abcdef", ())]]),
        ([Mark("place", "p", 1, 3)], [[("a", ()), ("bc", ("place",)), ("def", ())]]),
        (
            [Mark("quote", "q", 0, 6), Mark("place", "p", 2, 4)],
            [[("ab", ("quote",)), ("cd", ("place", "quote")), ("ef", ("quote",))]],
        ),
        (
            [Mark("place", "p", 0, 4), Mark("date", "d", 2, 6)],
            [[("ab", ("place",)), ("cd", ("place", "date")), ("ef", ("date",))]],
        ),
    ],
)
def test_overlapping_marks(marks: list[Mark], expected: list[list[tuple[str, tuple[str, ...]]]]) -> None:
    assert shown("abcdef", marks) == expected


def test_a_mark_may_cross_paragraphs() -> None:
    assert shown("ab\n\ncd", [Mark("quote", "q", 1, 5)]) == [
        [("a", ()), ("b", ("quote",))],
        [("c", ("quote",)), ("d", ())],
    ]


def test_spans_outside_the_text_are_left_out() -> None:
    spans = ((-1, 3), (5, 5), (7, 2), (0, 10**9))
    broken = msgspec.structs.replace(article(1), places=(), quotes=tuple(Quote(text="x", span=span) for span in spans))
    assert marks_of(broken) == []


texts = st.text("ab \nغزة", max_size=40)
marks = st.lists(
    st.builds(
        Mark,
        kind=st.sampled_from(["place", "quote", "date"]),
        label=st.just("l"),
        start=st.integers(0, 40),
        end=st.integers(0, 40),
    ),
    max_size=8,
)


@given(texts, marks)
def test_nothing_of_the_text_is_lost_or_moved(text: str, found: list[Mark]) -> None:
    found = [mark for mark in found if mark.start < mark.end <= len(text)]
    lines = ["".join(segment.text for segment in segments) for segments in paragraphs(text, found)]
    assert lines == [line for line in text.split("\n") if line]
    for kind in ("place", "quote", "date"):
        covered = {at for mark in found if mark.kind == kind for at in range(mark.start, mark.end)}
        shown_ = "".join(s.text for segments in paragraphs(text, found) for s in segments if kind in s.kinds)
        assert shown_ == "".join(text[at] for at in sorted(covered) if text[at] != "\n")


def test_many_marks_over_one_place_are_no_trouble() -> None:
    text = "x" * 50_000
    found = [Mark("quote", f"{n}", n, 50_000 - n) for n in range(20_000)]
    assert sum(len(segment.text) for segments in paragraphs(text, found) for segment in segments) == 50_000


@given(texts, texts)
def test_both_sides_stay_whole(old: str, new: str) -> None:
    rows = side_by_side(old, new)
    left = [text for row in rows if (text := "".join(part for _, part in row.old))]
    right = [text for row in rows if (text := "".join(part for _, part in row.new))]
    assert left == [line for line in old.split("\n") if line]
    assert right == [line for line in new.split("\n") if line]
    assert any(row.changed for row in rows) == (old != new)


def test_words_that_changed_are_marked() -> None:
    (row,) = side_by_side("قتل 5 أشخاص", "قتل 7 أشخاص")
    assert row.old == ((False, "قتل "), (True, "5"), (False, " أشخاص"))
    assert row.new == ((False, "قتل "), (True, "7"), (False, " أشخاص"))
