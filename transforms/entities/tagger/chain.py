"""The best labels of sentences and the probability of each label: Viterbi, and forwards and backwards.

All sentences go one step at a time together. A token that is hardly a name's by what is around it parts its sentence in
two, so that the steps are few.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from transforms.entities.tagger.layout import LABELS

Floats = NDArray[np.float32]
_CERTAIN: Final = 6.0
"""How much better than any other label O must be to part a sentence; what it changes is less than a thousandth."""
_NEVER: Final = -1e4

ALLOWED: Final = np.array(
    [[not after.startswith("I") or before[1:] == after[1:] != "" for after in LABELS] for before in LABELS]
)
"""Which label may follow which: I only its own B or I."""
BEGINS: Final = np.array([not label.startswith("I") for label in LABELS])


class Chain(NamedTuple):
    """Weights between labels, as logarithms, and their powers."""

    transitions: Floats
    start: Floats
    powers: Floats
    start_powers: Floats


def chain(transitions: NDArray[Any], start: NDArray[Any]) -> Chain:
    """Return the chain with these weights."""
    logs = np.where(ALLOWED, transitions, _NEVER).astype(np.float32)
    first = np.where(BEGINS, start, _NEVER).astype(np.float32)
    return Chain(logs, first, np.exp(logs), np.exp(first))


def label(scores: Floats, pads: NDArray[np.bool_], weights: Chain) -> tuple[NDArray[np.int64], Floats]:
    """Return the best label of each token and its probability.

    Args:
        scores: of each token and label.
        pads: which rows are no tokens; they part sentences.
        weights: between the labels.
    """
    best = np.zeros(len(scores), np.int64)
    probability = np.ones(len(scores), np.float32)
    outside = pads | (scores[:, 0] - scores[:, 1:].max(axis=1) > _CERTAIN)
    edges = np.flatnonzero(outside[1:] != outside[:-1]) + 1
    begins, ends = edges[::2], edges[1::2]  # the first and the last row are pads
    if not len(begins):
        return best, probability
    order = np.argsort(begins - ends, kind="stable")
    begins, ends = begins[order], ends[order]
    lengths = ends - begins
    counts = np.searchsorted(-lengths, -np.arange(lengths[0])).tolist()
    rows = np.concatenate([begins[:count] + step for step, count in enumerate(counts)])
    after_outside, before_outside = ~pads[begins - 1], ~pads[ends]
    first = np.where(after_outside[:, None], weights.transitions[0], weights.start)
    last = np.where(before_outside[:, None], weights.transitions[:, 0], np.float32(0))
    of_rows = scores[rows]
    labels = _viterbi(of_rows, counts, first, last, weights)
    best[rows] = labels
    probability[rows] = _probabilities(of_rows, counts, first, last, weights, labels)
    return best, probability


def _viterbi(scores: Floats, counts: list[int], first: Floats, last: Floats, weights: Chain) -> NDArray[np.int64]:
    """Return the best label of each row; rows stand step by step, `counts` of each, the longest part first."""
    transitions = np.ascontiguousarray(weights.transitions.T)  # the label before is the last axis
    back = np.zeros(scores.shape, np.int64)
    number = np.arange(counts[0])
    reached = scores[: counts[0]] + first
    final = reached + last
    at = counts[0]
    for count in counts[1:]:
        routes = reached[:count, None, :] + transitions
        back[at : at + count] = routes.argmax(axis=2)
        reached = routes.max(axis=2)
        reached += scores[at : at + count]
        np.add(reached, last[:count], out=final[:count])
        at += count
    labels = final.argmax(axis=1)
    found = np.empty(len(scores), np.int64)
    for count in reversed(counts):
        at -= count
        found[at : at + count] = labels[:count]
        labels[:count] = back[at : at + count][number[:count], labels[:count]]
    return found


def _probabilities(
    scores: Floats, counts: list[int], first: Floats, last: Floats, weights: Chain, labels: NDArray[np.int64]
) -> Floats:
    """Return the probability of the label of each row."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    forward, backward = np.empty_like(powers), np.empty_like(powers)
    reached = powers[: counts[0]] * np.exp(first)
    reached /= reached.sum(axis=1, keepdims=True)
    forward[: counts[0]] = reached
    at = counts[0]
    for count in counts[1:]:
        reached = reached[:count] @ weights.powers
        reached *= powers[at : at + count]
        reached /= reached.sum(axis=1, keepdims=True)
        forward[at : at + count] = reached
        at += count
    onward = np.exp(last)
    turned = np.ascontiguousarray(weights.powers.T)
    for count in reversed(counts):
        at -= count
        backward[at : at + count] = onward[:count]
        before = (onward[:count] * powers[at : at + count]) @ turned
        before /= before.sum(axis=1, keepdims=True)
        onward[:count] = before
    both = forward * backward
    found: Floats = both[np.arange(len(both)), labels] / both.sum(axis=1)
    return found
