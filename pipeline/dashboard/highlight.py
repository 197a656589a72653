"""Cuts a text where the things found in it begin and end, so that a page can mark them, overlapping or not."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from schemas.records import Article, Span

KINDS: Final = ("place", "person", "organisation", "quote", "figure", "date")

_MAX_MARKS: Final = 20_000
_MAX_LABELS: Final = 4


@dataclass(frozen=True, slots=True)
class Mark:
    """Something found in a text."""

    kind: str
    label: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a text and what it is part of."""

    text: str
    kinds: tuple[str, ...] = ()
    label: str = ""


def marks_of(article: Article) -> list[Mark]:
    """Return what was found in the article's text, in reading order."""
    found = [
        mark for mark in islice(_all_marks(article), _MAX_MARKS) if 0 <= mark.start < mark.end <= len(article.text)
    ]
    return sorted(found, key=lambda mark: (mark.start, -mark.end, KINDS.index(mark.kind)))


def _all_marks(article: Article) -> Iterator[Mark]:
    def marks(kind: str, label: str, *spans: Span) -> Iterator[Mark]:
        for start, end in spans:
            yield Mark(kind, label, start, end)

    for place in article.places:
        country = f" ({place.country_code})" if place.country_code else ""
        yield from marks("place", f"{place.name}{country}, {place.kind}", *place.spans)
    for person in article.people:
        yield from marks("person", ", ".join(filter(None, (person.name, person.role))), *person.spans)
    for organisation in article.organisations:
        yield from marks("organisation", organisation.name, *organisation.spans)
    for quote in article.quotes:
        yield from marks("quote", f"said by {quote.speaker}" if quote.speaker else "quotation", quote.span)
    for figure in article.figures:
        counted = " ".join(filter(None, (f"{figure.value:,}", figure.unit, figure.counted)))
        yield from marks("figure", counted, figure.span)
    for date in article.dates_mentioned:
        yield from marks("date", date.date, date.span)


def paragraphs(text: str, marks: list[Mark]) -> list[list[Segment]]:
    """Return the paragraphs of `text`, each as segments whose texts together are the paragraph.

    A segment carries the kinds of all marks that cover it, and the labels of the first few.
    """
    result: list[list[Segment]] = [[]]
    for start, end, covering in _pieces(text, marks):
        kinds = tuple(kind for kind in KINDS if any(mark.kind == kind for mark in covering))
        label = "; ".join(dict.fromkeys(mark.label for mark in covering))
        for number, line in enumerate(text[start:end].split("\n")):
            if number:
                result.append([])
            if line:
                result[-1].append(Segment(line, kinds, label))
    return [segments for segments in result if segments]


def _pieces(text: str, marks: list[Mark]) -> Iterator[tuple[int, int, list[Mark]]]:
    """Yield the pieces between two places where a mark begins or ends, with at most `_MAX_LABELS` marks over each."""
    starts: dict[int, list[int]] = {}
    ends: dict[int, list[int]] = {}
    for number, mark in enumerate(marks):
        starts.setdefault(mark.start, []).append(number)
        ends.setdefault(mark.end, []).append(number)
    covering: dict[int, Mark] = {}
    before = 0
    for at in sorted({*starts, *ends, len(text)}):
        if at > before:
            yield before, at, list(islice(covering.values(), _MAX_LABELS))
        for number in ends.get(at, ()):
            del covering[number]
        for number in starts.get(at, ()):
            covering[number] = marks[number]
        before = at
