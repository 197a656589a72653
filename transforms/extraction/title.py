"""The title of a page: the right one of several, without the name of the site."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from transforms.dedup.identity import domain_of
from transforms.extraction.structured import Structured
from transforms.text.clean import clean_line
from transforms.text.folding import fold

_SEPARATOR: Final = re.compile(r"\s+[|\-–—·•»«:¦]{1,2}\s+|\s*[|｜]\s*|\u3000+")
_AFTER: Final = re.compile(r"\s*[|｜¦]|\s+[-–—·•»«]\s|\u3000")
_BEFORE: Final = re.compile(r"(?::|[|｜¦]|\s[-–—·•»«])\s*$")
_WEIGHT: Final[dict[str, float]] = {
    "json-ld": 2.5,
    "meta": 1.5,
    "heading": 1.2,
    "title-element": 0.8,
    "twitter": 0.5,
    "other": 0.5,
}
"""Weight of a statement; equal statements add up, so what a page says everywhere wins."""
_KICKER: Final = re.compile(r"([^:|–—-]{3,60}?)(?:\s*[:|]|\s[-–—])\s+(.+)")
_MAX: Final = 400
_CUT: Final = re.compile(r"\s*(?:…|\.{3})$")


@dataclass(frozen=True, slots=True)
class Title:
    """A title and where it stands: ``json-ld``, ``meta``, ``heading`` or ``title-element``."""

    text: str
    source: str


def find_title(
    structured: Structured, *, headings: Sequence[str], title_element: str | None, keys: frozenset[str]
) -> Title | None:
    """Return the title of a page; `headings` are its h1 elements, `keys` the names of its site."""
    stated = [
        ("json-ld", structured.text("headline")),
        ("meta", structured.first("og:title")),
        *(("heading", heading) for heading in headings),
        ("title-element", title_element),
        ("twitter", structured.first("twitter:title")),
        ("other", structured.first("dc.title", "parsely-title", "sailthru.title", "title")),
    ]
    candidates = [
        Title(text, source)
        for source, value in stated
        if value and (text := _without_site(clean_line(value)[:_MAX], keys)) and _key(text) not in keys
    ]
    if not candidates:
        return None
    shortened = [_shortest_form(title, candidates) for title in candidates]
    votes: defaultdict[str, float] = defaultdict(float)
    spellings: defaultdict[str, float] = defaultdict(float)
    for title, short in zip(candidates, shortened, strict=True):
        votes[_key(short)] += _WEIGHT[title.source]
        spellings[short] += _WEIGHT[title.source]
    best = max(votes, key=lambda key: votes[key])
    # Of spellings that differ in marks only, the one that stands in most places.
    written = Counter(shortened)
    text = max((s for s in spellings if _key(s) == best), key=lambda s: (written[s], spellings[s]))
    source = next(title.source for title, short in zip(candidates, shortened, strict=True) if _key(short) == best)
    return Title(text, "meta" if source in {"twitter", "other"} else source)


def _shortest_form(title: Title, others: Sequence[Title]) -> str:
    """Return a title completed where it was cut, without the section or kicker that another statement leaves out."""
    text = title.text
    if _CUT.search(text):
        start = _CUT.sub("", text)
        text = next((o.text for o in others if o.text.startswith(start) and not _CUT.search(o.text)), text)
    # The headline in JSON-LD is without kickers, or means what it has there.
    if all(other.source != "json-ld" for other in others) and (
        rest := next((rest for other in others if (rest := _common_rest(text, other.text))), None)
    ):
        return rest
    for other in others:
        # A heading may lack a kicker that merely stands in an element of its own; a stated title lacks it on purpose.
        if _is_part(other.text, text, kicker=other.source in {"json-ld", "meta"}):
            text = other.text
    return text


def _common_rest(one: str, other: str) -> str | None:
    """Return what two titles share behind two different kickers."""
    first, second = (_KICKER.match(title) for title in (one, other))
    if first is None or second is None or _key(first[1]) == _key(second[1]) or first[2] != second[2]:
        return None
    rest = first[2]
    return rest if len(rest) >= 12 and len(rest.split()) > 2 else None


def site_keys(structured: Structured, url: str | None, site: str | None) -> frozenset[str]:
    """Return the names of a page's site, folded and without spaces."""
    domain = domain_of(url) or ""
    names = [
        site,
        structured.first("og:site_name", "application-name", "apple-mobile-web-app-title", "publisher"),
        *structured.texts("publisher"),
        domain,
        domain.split(".")[0],
    ]
    return frozenset(key for name in names if name and (key := _key(name)))


def _key(text: str) -> str:
    return fold(text).replace(" ", "")


def _without_site(title: str, names: frozenset[str]) -> str:
    """Return `title` without the site's name at its end or beginning."""
    while True:
        marks = list(_SEPARATOR.finditer(title))
        if not marks:
            return title
        if _names_site(title[marks[-1].end() :], names):
            title = title[: marks[-1].start()].strip()
        elif _names_site(title[: marks[0].start()], names):
            title = title[marks[0].end() :].strip()
        else:
            return title


def _names_site(part: str, names: frozenset[str]) -> bool:
    key = _key(part)
    if not key or key in names:
        return True
    # "CBC News" of "CBC", "Der Standard" of derstandard.at
    return len(key) > 2 and any(
        (key.startswith(name) or key.endswith(name) or name.startswith(key) or name.endswith(key))
        and min(len(key), len(name)) >= 3
        and len(part.split()) <= 4
        for name in names
    )


def _is_part(part: str, title: str, *, kicker: bool) -> bool:
    """Whether `part` is `title` without what stands after a separator (a section, a site) or before one (a kicker)."""
    if len(part) >= len(title) or len(part) < 0.4 * len(title) or len(part) < 12:
        return False
    if title.startswith(part):
        return _AFTER.match(title, len(part)) is not None
    return kicker and title.endswith(part) and _BEFORE.search(title[: -len(part)]) is not None
