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
    steps = [begins[: np.searchsorted(-lengths, -step)] + step for step in range(lengths[0])]
    after_outside, before_outside = ~pads[begins - 1], ~pads[ends]
    first = np.where(after_outside[:, None], weights.transitions[0], weights.start)
    last = np.where(before_outside[:, None], weights.transitions[:, 0], np.float32(0))
    _viterbi(scores, steps, lengths, first, last, weights, best)
    _probabilities(scores, steps, lengths, first, last, weights, best, probability)
    return best, probability


def _viterbi(
    scores: Floats, steps: list[Any], lengths: Any, first: Floats, last: Floats, weights: Chain, best: Any
) -> None:
    reached = scores[steps[0]] + first
    final = reached + last
    back = []
    for step in range(1, len(steps)):
        at = steps[step]
        routes = reached[: len(at), :, None] + weights.transitions
        back.append(routes.argmax(axis=1))
        reached = routes.max(axis=1) + scores[at]
        final[: len(at)] = reached + last[: len(at)]
    labels = final.argmax(axis=1)
    for step in range(len(steps) - 1, 0, -1):
        at = steps[step]
        best[at] = labels[: len(at)]
        labels[: len(at)] = np.take_along_axis(back[step - 1], labels[: len(at), None], 1)[:, 0]
    best[steps[0]] = labels


def _probabilities(
    scores: Floats, steps: list[Any], lengths: Any, first: Floats, last: Floats, weights: Chain, best: Any, found: Any
) -> None:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    forward = []
    reached = powers[steps[0]] * np.exp(first)
    for step, at in enumerate(steps):
        if step:
            reached = (reached[: len(at)] @ weights.powers) * powers[at]
        reached /= reached.sum(axis=1, keepdims=True)
        forward.append(reached)
    backward = np.exp(last)
    for step in range(len(steps) - 1, -1, -1):
        at = steps[step]
        both = forward[step] * backward[: len(at)]
        found[at] = both[np.arange(len(at)), best[at]] / both.sum(axis=1)
        if step:
            onward = (powers[at] * backward[: len(at)]) @ weights.powers.T
            backward[: len(at)] = onward / onward.sum(axis=1, keepdims=True)
