from itertools import pairwise, product

import numpy as np
import pytest

from transforms.entities.tagger.chain import ALLOWED, BEGINS, chain, label
from transforms.entities.tagger.layout import LABELS


def _enumerated(scores: np.ndarray, transitions: np.ndarray, start: np.ndarray) -> tuple[list[int], list[float]]:
    """The best labels of one sentence and their probabilities, by all sequences."""
    best, total, shares = (-np.inf, ()), 0.0, np.zeros_like(scores, dtype=float)
    for labels in product(range(len(LABELS)), repeat=len(scores)):
        pairs = list(pairwise(labels))
        if not BEGINS[labels[0]] or not all(ALLOWED[pair] for pair in pairs):
            continue
        value = start[labels[0]] + sum(transitions[pair] for pair in pairs)
        value += sum(scores[at, of] for at, of in enumerate(labels))
        best = max(best, (value, labels))
        total += np.exp(value)
        for at, of in enumerate(labels):
            shares[at, of] += np.exp(value)
    return list(best[1]), [shares[at, of] / total for at, of in enumerate(best[1])]


@pytest.mark.parametrize("seed", range(4))
def test_labels_and_probabilities_are_those_of_all_sequences(seed: int) -> None:
    random = np.random.default_rng(seed)
    transitions = random.normal(size=(len(LABELS), len(LABELS))).astype(np.float32)
    start = random.normal(size=len(LABELS)).astype(np.float32)
    lengths = (3, 1, 4, 2)
    rows = [np.zeros((2, len(LABELS)), np.float32)]
    for length in lengths:
        rows += [random.normal(scale=2, size=(length, len(LABELS))).astype(np.float32), rows[0]]
    scores = np.concatenate(rows)
    pads = np.concatenate([[True, True], *([*[False] * length, True, True] for length in lengths)])
    best, probability = label(scores, pads, chain(transitions, start))
    at = 2
    for length in lengths:
        expected, sure = _enumerated(scores[at : at + length], transitions, start)
        assert best[at : at + length].tolist() == expected
        assert probability[at : at + length] == pytest.approx(sure, abs=1e-4)
        at += length + 2
    assert not best[pads].any()


def test_tokens_that_are_hardly_names_part_a_sentence_without_changing_it() -> None:
    random = np.random.default_rng(7)
    weights = chain(random.normal(size=(len(LABELS),) * 2), random.normal(size=len(LABELS)))
    scores = random.normal(scale=2, size=(40, len(LABELS))).astype(np.float32)
    scores[5:38:4, 0] += 14
    pads = np.zeros(40, bool)
    pads[[0, 1, 38, 39]] = True
    best, probability = label(scores, pads, weights)
    assert not best[5:38:4].any()
    assert best.any()
    assert probability.min() > 0


def test_no_token_is_no_work() -> None:
    zeros = np.zeros((len(LABELS),) * 2)
    best, probability = label(np.zeros((2, len(LABELS)), np.float32), np.ones(2, bool), chain(zeros, zeros[0]))
    assert best.tolist() == [0, 0]
    assert probability.tolist() == [1, 1]
