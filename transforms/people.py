"""People and organisations that a text names."""

from schemas.records import Organisation, Person, Place, Span
from transforms.lexicon import given_names, lexicon
from transforms.names import find_names
from transforms.organisations import find_organisations


def find_people(
    text: str, language: str | None, *, places: tuple[Place, ...] = ()
) -> tuple[tuple[Person, ...], tuple[Organisation, ...]]:
    """Return the people and the organisations of `text`, each sorted by its first mention.

    A name inside an organisation's is no person, a place is neither.
    """
    place_spans = {span for place in places for span in place.spans}
    organisations = tuple(o for o in find_organisations(text, language) if place_spans.isdisjoint(o.spans))
    taken = [span for organisation in organisations for span in organisation.spans]
    people = []
    for named in find_names(text, language):
        spans = _outside(named.spans, taken)
        if spans and place_spans.isdisjoint(spans):
            people.append(Person(name=named.name, role=named.role, count=len(spans), spans=tuple(spans)))
    people.sort(key=lambda person: person.spans[0])
    return tuple(people), organisations


def warm_up(language: str = "ar") -> None:
    """Load names and word lists."""
    given_names()
    lexicon(language)


def _outside(spans: list[Span], taken: list[Span]) -> list[Span]:
    """Return the sorted `spans` that do not overlap any of `taken`."""
    events = sorted([(span, False) for span in spans] + [(span, True) for span in taken])
    kept: list[Span] = []
    end = 0
    pending: Span | None = None
    for span, blocking in events:
        if pending is not None and not (blocking and span[0] < pending[1]):
            kept.append(pending)
        pending = None
        if blocking:
            end = max(end, span[1])
        elif span[0] >= end:
            pending = span
    if pending is not None:
        kept.append(pending)
    return kept
