"""The places that a text names: countries, territories, regions, capitals and cities, in the language of the text.

`place_mentions` finds the names of the gazetteer and which place each stands for.
"""

from collections import Counter

from schemas.records import Place, Span
from transforms.entities import gazetteer as gazetteers
from transforms.entities.gazetteer import Entry
from transforms.entities.place_mentions import candidates
from transforms.text.languages import primary


def find_places(text: str, language: str | None) -> tuple[Place, ...]:
    """Return the places that `text` names, in the order in which they are first named.

    Args:
        text: clean text in NFC.
        language: BCP 47 code of the text; None looks for English names.
    """
    code = primary(language) or "en"
    found: dict[Entry, list[Span]] = {}
    for mention, entry, certain in candidates(text, code):
        if certain:
            found.setdefault(entry, []).append((mention.start, mention.end))
    return tuple(
        Place(
            name=entry.name,
            text=text[spans[0][0] : spans[0][1]],
            country_code=entry.country_code,
            geonames_id=entry.geonames_id,
            kind=entry.kind,
            count=len(spans),
            spans=tuple(spans),
        )
        for entry, spans in found.items()
    )


def country_codes(places: tuple[Place, ...]) -> tuple[str, ...]:
    """Return the countries of `places`, the one with most mentions first, the one named first before its equals."""
    counts: Counter[str] = Counter()
    for place in places:
        counts[place.country_code] += place.count
    return tuple(code for code, _ in counts.most_common())


def warm_up(languages: tuple[str, ...] = ("ar", "en")) -> None:
    """Build the gazetteers of `languages` before the first text waits for them."""
    gazetteers.warm_up(languages)
