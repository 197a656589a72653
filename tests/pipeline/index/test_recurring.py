import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.index.recurring import RECURS, Recurring

LINE = 7


def met(titles: list[str]) -> Recurring:
    memory = Recurring(b"")
    for title in titles:
        memory.note([LINE], title)
    return memory


@pytest.mark.parametrize(
    ("titles", "recurs"),
    [([], False), (["a"], False), (["a", "b"], False), (["a", "a", "a", "a"], False), (["a", "b", "c"], True)],
)
def test_a_paragraph_under_different_titles_recurs(titles: list[str], recurs: bool) -> None:
    assert met(titles).recurs(LINE) is recurs
    assert Recurring(met(titles).pack()).recurs(LINE) is recurs


def test_what_recurs_is_remembered_longer_than_what_was_met_once() -> None:
    memory = met(["a", "b", "c"])
    for number in range(100, 2000):
        memory.note([number], f"Title {number}")
    assert memory.recurs(LINE)
    assert len(memory.pack()) == len(Recurring(memory.pack()).pack()) == 256 * 14


def test_counts_end_somewhere() -> None:
    memory = met([str(n) for n in range(0x10000 + RECURS)])
    assert Recurring(memory.pack()).recurs(LINE)


@given(st.lists(st.tuples(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=5), st.text()), max_size=30))
def test_packing_keeps_everything(notes: list[tuple[list[int], str]]) -> None:
    kept, packed = Recurring(b""), b""
    for paragraphs, title in notes:
        kept.note(paragraphs, title)
        again = Recurring(packed)
        again.note(paragraphs, title)
        packed = again.pack()
    assert packed == kept.pack()
