"""What sites put around and between the paragraphs of an article, told by its wording in many languages.

Each rule judges one line of extracted text. The lines it takes are calls to act (subscribe, follow, share, comment),
pointers to other articles, rights and credits: never a statement about the news.
"""

import re
from collections.abc import Sequence
from typing import Final

from transforms.extraction.patterns import pattern
from transforms.text.folding import fold

_SENTENCE_END: Final = re.compile(r"[.!?…。！？؟۔।။:;][\"”’»«)\]』」]*$")
_MAX_SERVICE: Final = 420
_SHORT: Final = 90
_BIOGRAPHY: Final = 300
_AROUND: Final = 8
_REPEATS: Final = 4


def is_service(line: str) -> bool:
    """Whether a line is a call to act, a notice of rights or a label of the site."""
    if len(line) > _MAX_SERVICE:
        return False
    lower = line.lower()
    return pattern("service_start").match(lower) is not None or pattern("service").search(lower) is not None


def is_pointer(line: str) -> bool:
    """Whether a line begins like one that leads to other articles ("Read more: …")."""
    return pattern("pointer").match(line[:_SHORT].lower()) is not None


def heads_beside(line: str) -> bool:
    """Whether a line is a heading over what readers say, over the author or over an offer."""
    return len(line) <= _SHORT and pattern("beside_heading").match(line.lower()) is not None


def ends_sentence(line: str) -> bool:
    """Whether a line ends as sentences do."""
    return _SENTENCE_END.search(line) is not None


def trim(lines: Sequence[str], *, titles: Sequence[str]) -> list[str]:
    """Return `lines` without boilerplate; `titles` are the spellings of the page's title."""
    kept = _without_head(list(lines), {fold(title) for title in titles})
    # In the middle of an article only short lines can be service texts; the longer ones stand around it.
    last = len(kept) - _AROUND
    kept = [
        line
        for position, line in enumerate(kept)
        if (2 <= position < last and len(line) > 2 * _SHORT) or not is_service(line)
    ]
    return _without_tail(kept)


def _without_head(lines: list[str], titles: set[str]) -> list[str]:
    """Drop the title where it is repeated before the text, and the labels before it."""
    for _ in range(_REPEATS):
        position = next((i for i, line in enumerate(lines[:10]) if fold(line) in titles), None)
        if position is None:
            break
        before = lines[:position]
        if all(len(other) <= 2 * _SHORT and not ends_sentence(other) for other in before):
            before = []
        lines = before + lines[position + 1 :]
    return lines


def _without_tail(lines: list[str]) -> list[str]:
    """Drop pointers and credits from the end, and what follows a heading of pointers there."""
    end = len(lines)
    for position in range(max(1, len(lines) - 14), len(lines)):
        line = lines[position]
        rest = lines[position + 1 :]
        if len(line) <= _SHORT and is_pointer(line) and rest and not any(map(_is_paragraph, rest)):
            end = position
            break
    while end > 1:
        line = lines[end - 1]
        if (
            pattern("credit").search(line.lower())
            or (len(line) <= _BIOGRAPHY and pattern("biography").match(line.lower()))
            or (is_pointer(line) and len(line) <= 2 * _SHORT)
            or (len(line) <= _SHORT and not ends_sentence(line) and line[:2] != "- " and _is_heading(lines, end - 1))
        ):
            end -= 1
        else:
            break
    return lines[:end]


def _is_paragraph(line: str) -> bool:
    return len(line) > 2 * _SHORT or ends_sentence(line)


def _is_heading(lines: list[str], position: int) -> bool:
    """Whether the last line stands like a heading without a text: short, after a line that ends a sentence."""
    return position > 2 and ends_sentence(lines[position - 1]) and len(lines[position].split()) <= 6
