import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from transforms.dedup.rarity import CELLS, Rarity, next_refresh

KEYS = np.array([1, 2, 3], np.uint32)
NONE = np.array([], np.uint32)
PRIORS = np.full(3, 0.01, np.float32)


def test_what_is_counted_becomes_commoner_in_its_language() -> None:
    rarity = Rarity()
    before = rarity.of(KEYS, PRIORS, "en")
    rarity.count([("en", KEYS[:1], NONE)] * 50)
    after = rarity.of(KEYS, PRIORS, "en")
    assert after[0] < before[0] and after[1] > before[1]
    assert rarity.of(KEYS, PRIORS, "ar")[1] == before[1]


def test_counts_travel_as_bytes() -> None:
    rarity = Rarity()
    rarity.count([("en", KEYS, NONE), ("ar", NONE, KEYS)])
    again = Rarity.unpack(rarity.pack())
    assert again.articles == 2
    assert (again.of(KEYS, PRIORS, "en") == rarity.of(KEYS, PRIORS, "en")).all()
    again.count([("en", KEYS, NONE)])


def test_counts_never_overflow_and_fade() -> None:
    rarity = Rarity()
    one = ("en", KEYS[:1], NONE)
    rarity.count([one] * 200_000)
    common = rarity.of(KEYS, PRIORS, "en")
    assert common[0] < 0.01
    rarity.count([("en", KEYS[1:2], NONE)] * 200_000)
    assert rarity.of(KEYS, PRIORS, "en")[0] > 2
    assert len(rarity.pack()) < CELLS


@given(st.integers(0, 10**7))
def test_counts_are_taken_anew_ever_later_but_not_too_late(articles: int) -> None:
    assert 0 < next_refresh(articles) - articles <= 512
