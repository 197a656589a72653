"""Band keys that wait in memory: found all the same, by every process, and stored in turn."""

from collections.abc import Callable

import pytest

from pipeline.index import Decision, Observation, open_index
from pipeline.index.lsh_buffer import SLICES
from tests.support.index_records import edited, observation, words
from transforms.dedup.fingerprint import BANDS


@pytest.fixture(params=[0, 60, 10**9])
def limit(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """So many keys may wait: none, those of five versions, all."""
    limit: int = request.param
    monkeypatch.setattr("pipeline.index.lsh_buffer.MAX_FRESH", limit)
    return limit


def record(n: int) -> Observation:
    """Every other record is a near-copy of one that is 20 records older."""
    text = words(n) if n % 2 or n < 20 else edited(words(n - 19), 0.05, seed=n)
    return observation(text, uri=f"https://{n}.example/", at=f"f#{n}", source=f"{n}.example", title=f"Title {n}")


def test_processes_that_take_turns_decide_like_one(url: str, limit: int) -> None:
    alone = open_index("memory:")
    expected = [alone.observe([record(n)])[0] for n in range(60)]
    indexes = [open_index(url), open_index(url)]
    decisions: list[Decision] = []
    for start in range(0, 60, 3):
        index = indexes[(start // 3) % 2]
        decisions += index.observe([record(n) for n in range(start, start + 3)])
        if start == 30:
            indexes[0].close()
            indexes[0] = open_index(url)
    assert decisions == expected
    articles = sum(decision.outcome == "article" for decision in decisions)
    assert 0 < articles < 60
    stored = indexes[0].statistics()["band"]
    assert articles * BANDS - limit <= stored <= (articles * BANDS if limit < articles * BANDS else 0)
    for index in indexes:
        index.close()


def test_what_expired_is_forgotten_by_every_process(url: str, limit: int) -> None:
    day = 20_000.0
    one, two = (open_index(url, clock=lambda: day * 86_400) for _ in range(2))
    one.observe([record(n) for n in range(10)])
    two.observe([record(n) for n in range(10, 20)])
    day = 20_010.0
    assert two.expire(20_005) == 20
    (again,) = one.observe([observation(edited(words(5), 0.05), uri="https://z.example/", at="z#0")])
    assert again.outcome == "article"
    (copy,) = two.observe([observation(edited(words(5), 0.1), uri="https://y.example/", at="y#0")])
    assert copy.duplicate_of == "https://z.example/", "new versions are not taken for those that expired"
    one.expire(20_011)
    assert one.statistics()["band"] == 0
    one.close()
    two.close()


def test_a_failed_batch_leaves_no_keys_behind(url: str, limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    index = open_index(url)

    def failing(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(index._store, "write", failing)  # type: ignore[attr-defined]
        with pytest.raises(KeyboardInterrupt):
            index.observe([record(1)])
    assert index.observe([record(3)])[0].outcome == "article"
    copy = observation(edited(words(1), 0.05), uri="https://z.example/", at="z#0")
    assert index.observe([copy])[0].outcome == "article"
    index.close()


def test_ranges_are_stored_in_turn(new_url: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.index.lsh_buffer.MAX_FRESH", 2 * SLICES)
    index = open_index(new_url())
    index.observe([observation(words(n), uri=f"https://{n}.example/", at=f"f#{n}") for n in range(60)])
    marks = index._store.band_marks()  # type: ignore[attr-defined]
    assert len(marks) == SLICES
    assert {0, 60} == set(marks.values()), "some ranges are stored, others wait"
    index.close()
