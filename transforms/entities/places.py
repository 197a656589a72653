"""The places that a text names: countries, territories, regions, capitals and cities, in the language of the text.

The tagger of the language says that a name is a place, the gazetteer which one (`place_mentions`). A place that the
gazetteer lacks is named as the text writes it, with the country that stands beside it: Smithville, Texas. Countries and
their demonyms are found by the gazetteer alone as well, as are places within the names of organisations. Where a
language has no tagger, rules decide.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

from schemas.records import Place
from transforms.entities.place_mentions import COMMON_KINDS, Candidate, candidates
from transforms.entities.place_names import Entry, home_countries
from transforms.entities.tagger import Tagged, rules_add, tag
from transforms.text.folding import fold
from transforms.text.languages import SPACELESS, primary
from transforms.text.wordlists import key, zipf

_COVERED: Final = 0.6
"""Share of a tagged name that a name of the gazetteer must cover to be what is meant: not Germany in West Germany."""
_KNOWN_POPULATION: Final = 100_000
"""A smaller city far from where the language is spoken needs its country, or another place of it, in the text."""
_BESIDE: Final = re.compile(r"(?:,|،| \(|、)? ?(?:in |im |en |en el |في |ب)?")
"""What stands between a town and the region or country that it is in."""
_COMMONEST: Final = 5.8
"""Zipf frequency of words that are no place unless the gazetteer knows a country, region or capital of that name."""
_UNKNOWN_KIND: Final = "place"
_ENDING: Final = re.compile(r"['’`].*$")


class _Located(NamedTuple):
    """A mention of a place: of the gazetteer, or of none and then perhaps with a country."""

    entry: Entry | None
    country_code: str | None
    start: int
    end: int
    confidence: float | None


def find_places(text: str, language: str | None) -> tuple[Place, ...]:
    """Return the places that `text` names, in the order in which they are first named.

    Args:
        text: clean text in NFC.
        language: BCP 47 code of the text; None looks for English names.
    """
    code = primary(language) or "en"
    found = candidates(text, code)
    tagged = tag(text, language)
    if tagged is None:
        located = [
            _Located(place.entry, place.entry.country_code, place.mention.start, place.mention.end, None)
            for place in found
            if place.certain
        ]
    else:
        agreed = _agreed(text, code, found, tagged, rules=rules_add(language, "place"))
        located = sorted(agreed, key=lambda mention: mention.start)
    places: dict[Entry | str, list[_Located]] = {}
    for mention in located:
        places.setdefault(mention.entry or fold(text[mention.start : mention.end]), []).append(mention)
    return tuple(_place(text, mentions) for mentions in places.values())


def _place(text: str, mentions: list[_Located]) -> Place:
    first, entry = mentions[0], mentions[0].entry
    written = text[first.start : first.end]
    sure = [mention.confidence for mention in mentions if mention.confidence is not None]
    return Place(
        name=entry.name if entry else written,
        text=written,
        country_code=next((mention.country_code for mention in mentions if mention.country_code), None),
        geonames_id=entry.geonames_id if entry else None,
        kind=entry.kind if entry else _UNKNOWN_KIND,
        count=len(mentions),
        spans=tuple((mention.start, mention.end) for mention in mentions),
        method="tagger" if sure else "rules",
        confidence=round(max(sure), 3) if sure else None,
    )


def _agreed(
    text: str, code: str, found: tuple[Candidate, ...], tagged: tuple[Tagged, ...], *, rules: bool
) -> Iterator[_Located]:
    """Yield the mentions of places that the tagger found, and those that only the gazetteer (or `rules`) can know."""
    starts = [place.mention.start for place in found]
    taken: set[int] = set()
    within: set[int] = set()
    for name in tagged:
        near = []
        at = bisect_left(starts, name.end) - 1
        while at >= 0 and found[at].mention.end > name.start:
            near.append(at)
            at -= 1
        if name.kind == "place":
            if _is_common_word(text[name.start : name.end], code) and all(
                found[at].entry.kind == "city" for at in near
            ):
                continue
            taken.update(near)
            yield _of_gazetteer(text, code, name, [found[at] for at in near]) or _of_text(text, name, found, starts)
        elif name.kind == "person":
            taken.update(at for at in near if not _is_country_before(found[at], name))
        else:
            within.update(near)
    for number, place in enumerate(found):
        known = rules or place.entry.kind == "country" or place.mention.names[0].demonym
        if number not in taken and place.certain and (known or number in within):
            yield _Located(place.entry, place.entry.country_code, place.mention.start, place.mention.end, None)


def _is_common_word(written: str, code: str) -> bool:
    """Whether a name is written like one of the commonest words of the language: Він (he), a city in Vietnam."""
    return code not in SPACELESS and zipf(code).get(key(written)) >= _COMMONEST


def _is_country_before(place: Candidate, person: Tagged) -> bool:
    """Whether a place is the country of an office, taken for the beginning of a name."""
    mention = place.mention
    return (
        place.certain and place.entry.kind == "country" and mention.start <= person.start and mention.end < person.end
    )


def _of_gazetteer(text: str, code: str, name: Tagged, near: list[Candidate]) -> _Located | None:
    """Return the place of the gazetteer that a tagged name stands for."""
    best = max(near, key=lambda place: _shared(place, name), default=None)
    if best is None or _shared(best, name) < _COVERED * (name.end - name.start) or not _is_meant(best, code):
        return None
    start, end = name.start, name.end
    mention = best.mention
    before, after = text[start : mention.start], text[mention.end : end]
    if mention.start < start or " " not in before:  # a longer name, or without particles: لبنان in بلبنان
        start = mention.start
    if mention.end > end or (after and not after[0].isalnum() and " " not in after):
        end = mention.end
    return _Located(best.entry, best.entry.country_code, start, end, name.confidence)


def _shared(place: Candidate, name: Tagged) -> int:
    return min(place.mention.end, name.end) - max(place.mention.start, name.start)


def _is_meant(place: Candidate, code: str) -> bool:
    """Whether the likeliest place of a name is certain enough, now that the name is a place's."""
    entry = place.entry
    return (
        place.certain
        or entry.kind in COMMON_KINDS
        or entry.kind == "capital"
        or entry.population >= _KNOWN_POPULATION
        or place.known
        or entry.country_code in home_countries(code)
    )


def _of_text(text: str, name: Tagged, found: tuple[Candidate, ...], starts: list[int]) -> _Located:
    """Return a place that the gazetteer lacks, in the country of the region or country that stands beside it."""
    end = name.end
    if ending := _ENDING.search(text, name.start + 1, end):
        end = ending.start() if ending.start() - name.start > 2 else end
    following = bisect_left(starts, name.end)
    country = None
    if following < len(found):
        place = found[following]
        between = _BESIDE.match(text, name.end)
        if (
            between
            and between.end() > name.end
            and between.end() == place.mention.start
            and place.entry.kind in COMMON_KINDS
            and not place.mention.names[0].demonym
        ):
            country = place.entry.country_code
    return _Located(None, country, name.start, end, name.confidence)


def country_codes(places: tuple[Place, ...]) -> tuple[str, ...]:
    """Return the countries of `places`, the one with most mentions first, the one named first before its equals."""
    counts: Counter[str] = Counter()
    for place in places:
        if place.country_code is not None:
            counts[place.country_code] += place.count
    return tuple(code for code, _ in counts.most_common())
