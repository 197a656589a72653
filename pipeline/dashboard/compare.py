"""Two versions of a text side by side: paragraphs are aligned first, then words within those that differ."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

_TOKEN: Final = re.compile(r"\w+|\s+|[^\w\s]")
_MAX_PARAGRAPHS: Final = 2000
_MAX_WORK: Final = 1_000_000
"""Pairs of words beyond which a paragraph is shown as wholly changed."""

Run = tuple[bool, str]
"""Whether a stretch of text differs from the other side, and the stretch."""


@dataclass(frozen=True, slots=True)
class Row:
    """Paragraphs that face each other; a side without one is empty."""

    old: tuple[Run, ...]
    new: tuple[Run, ...]
    changed: bool


def side_by_side(old: str, new: str) -> list[Row]:
    """Return the rows of a comparison of two texts."""
    before, after = old.split("\n"), new.split("\n")
    if max(len(before), len(after)) > _MAX_PARAGRAPHS:
        before, after = [old], [new]
    rows: list[Row] = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            rows.extend(Row(((False, line),), ((False, line),), False) for line in before[a:b])
            continue
        for number in range(max(b - a, d - c)):
            left = before[a + number] if a + number < b else ""
            right = after[c + number] if c + number < d else ""
            rows.append(_changed_row(left, right))
    return rows


def _changed_row(old: str, new: str) -> Row:
    left, right = _TOKEN.findall(old), _TOKEN.findall(new)
    if not left or not right or len(left) * len(right) > _MAX_WORK:
        return Row(_runs([(True, old)]), _runs([(True, new)]), True)
    codes = SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    return Row(
        _runs([(tag != "equal", "".join(left[a:b])) for tag, a, b, _, _ in codes]),
        _runs([(tag != "equal", "".join(right[c:d])) for tag, _, _, c, d in codes]),
        True,
    )


def _runs(runs: Sequence[Run]) -> tuple[Run, ...]:
    return tuple(run for run in runs if run[1])
