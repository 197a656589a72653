"""The title of a page: the right one of several, without the name of the site.

Everything that names the page votes: its headings, JSON-LD, meta elements, the title element. Equal statements add up,
so what a page says in most places wins; alone, the heading that agrees best with the others counts most.
"""

import html
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from lxml.html import HtmlElement

from transforms.dedup.identity import domain_of
from transforms.extraction.dom import text_of
from transforms.extraction.patterns import names
from transforms.extraction.structured import Structured
from transforms.text.clean import clean_line
from transforms.text.folding import fold

_SEPARATOR: Final = re.compile(r"\s+[|\-–—·•»«:¦/]{1,2}\s+|\s*[|｜]\s*|\u3000+|(?<=\w)_+(?=\w)")
_AFTER: Final = re.compile(r"\s*[|｜¦]|\s+[-–—·•»«]\s|\u3000")
_BEFORE: Final = re.compile(r"(?::|[|｜¦]|\s[-–—·•»«])\s*$")
_WEIGHT: Final[dict[str, float]] = {
    "heading": 2.6,
    "json-ld": 2.5,
    "meta": 1.5,
    "subheading": 1.2,
    "title-element": 0.8,
    "twitter": 0.5,
    "other": 0.5,
    "other-heading": 0.3,
}
"""Weight of a statement. Of several h1 elements only the one that shares most words with the rest has its full one."""
_KICKER: Final = re.compile(r"([^:|–—-]{3,60}?)(?:\s*[:|]|\s[-–—])\s+(.+)")
_MAX: Final = 400
_CUT: Final = re.compile(r"\s*(?:…|\.{3})$")
_WORD: Final = re.compile(r"[^\W_]+")
_SECTION: Final = 24
"""Characters up to which what stands before a site's name is a section."""
_SITE_WORDS: Final = 4
_MAX_HEADINGS: Final = 20
_LABEL: Final = 40
_PERMALINK: Final = re.compile(r"\s*[#¶§🔗]$|^[#¶§]+\s*")


@dataclass(frozen=True, slots=True)
class Title:
    """A title and where it stands: ``json-ld``, ``meta``, ``heading`` or ``title-element``."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading that a page shows: its element, its text, and its text without the labels at its ends."""

    element: HtmlElement
    text: str
    bare: tuple[str, ...] = ()

    @property
    def is_main(self) -> bool:
        """Whether it is an h1."""
        return bool(self.element.tag == "h1")


def read_headings(tree: HtmlElement) -> list[Heading]:
    """Return the first headings of a page of each level to h3, main ones first."""
    found = []
    for tag in ("h1", "h2", "h3"):
        for element in islice(tree.iter(tag), _MAX_HEADINGS):
            text = _PERMALINK.sub("", clean_line(text_of(element, limit=1000, joint=" ")))
            if text:
                found.append(Heading(element, text, tuple(_without_labels(element, text)) if tag == "h1" else ()))
    return found


def _without_labels(element: HtmlElement, text: str) -> Iterator[str]:
    """Yield the text of a heading without a short part in an element of its own: a kicker, a counter, a link."""
    for child in element.iter("span", "small", "a", "em", "strong", "div", "sup", "b", "i"):
        label = clean_line(text_of(child, limit=200, joint=" "))
        if not label or len(label) > _LABEL or len(label) > 0.7 * len(text):
            continue
        if text.startswith(label):
            yield text[len(label) :].lstrip(" :|-–—/·")
        elif text.endswith(label):
            yield text[: -len(label)].rstrip(" :|-–—/·")


def find_title(
    structured: Structured, *, headings: Sequence[Heading], title_element: str | None, keys: frozenset[str]
) -> Title | None:
    """Return the title of a page; `keys` are the names of its site."""
    named = [
        ("json-ld", structured.text("headline")),
        ("meta", structured.first("og:title")),
        ("title-element", title_element),
        ("twitter", structured.first("twitter:title")),
        ("other", structured.first("dc.title", "parsely-title", "sailthru.title", "title")),
    ]
    stated = [(source, _unescaped(value)[:_MAX]) for source, value in named if value]
    keys = keys | _sites_in_headings(headings, [value for _, value in stated])
    heads = [
        Title(text, source)
        for source, value in stated
        if (text := _without_site(value, keys)) and _key(text) not in keys and not _is_generic(text)
    ]
    shown = list(_shown(headings, heads, keys))
    first = [head for head in heads if head.source in {"json-ld", "meta"}]
    candidates = [*first, *shown, *(head for head in heads if head not in first)]
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
    return Title(text, _SOURCES.get(source, source))


_SOURCES: Final = {"twitter": "meta", "other": "meta", "subheading": "heading", "other-heading": "heading"}


def _unescaped(value: str) -> str:
    """Return a title as one clean line, entities read that were escaped once more than they should be."""
    for _ in range(2):
        if "&" not in value:
            break
        value = html.unescape(value)
    return clean_line(value)


def _is_generic(text: str) -> bool:
    """Whether a title says nothing of the page: "Home", "Untitled", "News details"."""
    return fold(text) in names("generic_titles")


def _shown(headings: Sequence[Heading], heads: Sequence[Title], keys: frozenset[str]) -> Iterator[Title]:
    """Yield the headings that can be the title: main ones, and lower ones where these say nothing or others agree."""
    words = Counter(word for head in heads for word in set(_words(head.text)))
    main = []
    for heading in headings:
        if not heading.is_main:
            continue
        text = _without_site(_unescaped(heading.text)[:_MAX], keys)
        text = next((bare for bare in heading.bare if any(_is_head(bare, head.text) for head in heads)), text)
        if text and _key(text) not in keys and not _is_generic(text):
            main.append(text)
    scores = [sum(words[word] for word in set(_words(text))) / (1 + len(set(_words(text)))) ** 0.5 for text in main]
    best = scores.index(max(scores)) if scores else -1
    for index, text in enumerate(main):
        alone = index == best and (scores[index] > 0 or not heads)
        yield Title(text, "heading" if alone else "other-heading")
    agreed = {_key(head.text) for head in heads}
    lower = [h for h in headings if not h.is_main]
    for heading in lower:
        if _key(heading.text) in agreed:
            yield Title(_unescaped(heading.text), "subheading")
            return
    if not heads and not main and lower:
        text = _unescaped(lower[0].text)[:_MAX]
        if _key(text) not in keys and not _is_generic(text):
            yield Title(text, "subheading")


def _is_head(bare: str, head: str) -> bool:
    """Whether what is left of a heading is a stated title, or that without what stands after a separator."""
    return _key(bare) == _key(head) or _is_part(bare, head, kicker=False)


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(text))


def _sites_in_headings(headings: Sequence[Heading], stated: Sequence[str]) -> frozenset[str]:
    """Return the names of a site that it shows as a heading: the short end of a title, which is no title elsewhere."""
    shown = {_key(heading.text) for heading in headings if heading.is_main}
    whole = {_key(text) for text in stated}
    found = set()
    for text in stated:
        marks = list(_SEPARATOR.finditer(text))
        if marks and len(text[marks[-1].end() :].split()) <= _SITE_WORDS and marks[-1].start() > len(text) / 2:
            found.add(_key(text[marks[-1].end() :]))
    return frozenset(found & shown - whole)


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
    """Return `title` without the site's name at its end or beginning, and without the section before that name."""
    while True:
        marks = list(_SEPARATOR.finditer(title))
        if not marks:
            return title
        if _names_site(title[marks[-1].end() :], names):
            title = title[: marks[-1].start()].strip()
            if len(marks) > 1 and marks[-1].group() == marks[-2].group() and _is_section(title, marks[-2].end()):
                title = title[: marks[-2].start()].strip()
        elif _names_site(title[: marks[0].start()], names):
            title = title[marks[0].end() :].strip()
        else:
            return title


def _is_section(title: str, start: int) -> bool:
    """Whether the last part of a title is a section: a word or two behind a title of several."""
    part = title[start:].strip()
    return 0 < len(part) <= _SECTION and len(part.split()) <= 2 and start > 2 * len(part)


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
