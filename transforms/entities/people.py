"""People and organisations that a text names."""

import msgspec

from schemas.records import Organisation, Person, Place, Span
from transforms.entities.lexicon import given_names, lexicon
from transforms.entities.names import find_names
from transforms.entities.organisations import find_organisations
from transforms.entities.tagger import rules_add


def find_people(
    text: str, language: str | None, *, places: tuple[Place, ...] = ()
) -> tuple[tuple[Person, ...], tuple[Organisation, ...]]:
    """Return the people and the organisations of `text`, each sorted by its first mention.

    A name inside an organisation's is no person, a place is neither.
    """
    place_spans = all_spans(places)
    known = frozenset(place_spans)
    organisations = tuple(o for o in find_organisations(text, language) if known.isdisjoint(o.spans))
    names = find_names(text, language, place_spans)
    if rules_add(language, "person"):
        organisations = _without(
            organisations, [span for named in names if named.confidence is None for span in named.spans]
        )
    taken = [span for organisation in organisations for span in organisation.spans]
    people = []
    for named in names:
        spans = _outside(named.spans, taken)
        # A name in full that is a place's is none; alone, the family name of somebody named in full is his.
        if spans and not any(span in known and text[slice(*span)] == named.name for span in spans):
            people.append(
                Person(
                    name=named.name,
                    role=named.role,
                    count=len(spans),
                    spans=tuple(spans),
                    method="rules" if named.confidence is None else "tagger",
                    confidence=named.confidence,
                )
            )
    people.sort(key=lambda person: person.spans[0])
    return tuple(people), organisations


def _without(organisations: tuple[Organisation, ...], people: list[Span]) -> tuple[Organisation, ...]:
    """Return `organisations` without those that the tagger found where rules found `people`."""
    return tuple(
        organisation
        for organisation in organisations
        if organisation.method == "rules" or len(_outside(list(organisation.spans), people)) == len(organisation.spans)
    )


def all_spans(places: tuple[Place, ...]) -> tuple[Span, ...]:
    """Return the spans of all `places`, sorted."""
    return tuple(sorted(span for place in places for span in place.spans))


def without_people(places: tuple[Place, ...], people: tuple[Person, ...], text: str) -> tuple[Place, ...]:
    """Return `places` without the mentions that are people's: Montenegro, where the text speaks of Luís Montenegro."""
    taken = [span for person in people for span in person.spans]
    found = []
    for place in places:
        spans = tuple(_outside(list(place.spans), taken))
        if len(spans) == len(place.spans):
            found.append(place)
        elif spans:
            found.append(msgspec.structs.replace(place, spans=spans, count=len(spans), text=text[slice(*spans[0])]))
    return tuple(found)


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
