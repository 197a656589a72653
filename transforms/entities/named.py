"""A name in a text, and the person whom several of them name."""

from dataclasses import dataclass, field

from schemas.records import Span


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in full: tokens ``[first, last)``, characters ``[start, end)``, and the role with where it begins."""

    first: int
    last: int
    start: int
    end: int
    role: str | None
    lead: int
    confidence: float | None = None
    """How sure the tagger is of it; None where rules found it."""


@dataclass(slots=True)
class Named:
    """A person: the fullest name, the first role given, every mention, and where each begins with its role."""

    name: str
    role: str | None
    family: str
    given: str
    spans: list[Span] = field(default_factory=list)
    leads: list[int] = field(default_factory=list)
    confidence: float | None = None
    """How sure the tagger is of the surest mention; None where rules found all."""
