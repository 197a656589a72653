"""What changed between two versions of an article, and how much it matters."""

import difflib
from dataclasses import dataclass
from typing import Any

from schemas.records import Change
from transforms.folding import fold


@dataclass(frozen=True, slots=True)
class Side:
    """Title and text of one version."""

    title: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """The class of a change and its JSON-able summary."""

    change: Change
    summary: dict[str, Any]


def compare(old: Side, new: Side) -> Revision:
    """Return what changed from `old` to `new`."""
    before, after = fold(old.text).split(), fold(new.text).split()
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    same = sum(block.size for block in matcher.get_matching_blocks())
    share = 1 - same / max(len(before), len(after), 1)
    return Revision(change="material" if share > 0.1 else "minor", summary={"share": round(share, 4)})
