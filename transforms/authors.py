"""Who wrote a page: people apart from agencies, newsrooms and the site itself."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from lxml.html import HtmlElement

from transforms.clean import clean_line
from transforms.dom import names_of, selector, text_of
from transforms.folding import fold
from transforms.structured import Structured
from transforms.wording import names, pattern


@dataclass(frozen=True, slots=True)
class Byline:
    """The people and the organisations that a page names as its authors, in its order, and the evidence."""

    people: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    source: str | None = None


_SPLIT: Final = re.compile(
    r"""\s*,\s+(?:and|und|et|y|e|и|و)\s+|\s*[;|•·\n／、，،؛&+]\s*|\s*,\s+|,(?=\S)|\s+/\s+|\s+[-–—]\s+
      |\s+(?:and|und|et|y|e|i|и|і|та|en|och|og|ja|ve|dan|với|và|és|a|și|και|with|mit|avec|con|و|ו)\s+(?=\S)""",
    re.IGNORECASE | re.VERBOSE,
)
_ARABIC_AND: Final = re.compile(r"(?<=[\u0621-\u064a])\s+و(?=[\u0621-\u064a]{2,}\s+[\u0621-\u064a]{2,})")
# Arabic given names that begin with waw, which is no "and" there.
_WAW_NAMES: Final = re.compile(
    r"^(?:و)(?:ليد|ائل|سام|سيم|فاء|جدي|جيه|رد|ردة|ديع|حيد|هيب|لاء|صفي|ضاح|اصف|جدان|داد|فيق|هبة|عد|سن|هاب)(?:\s|$)"
)
_BRACKETS: Final = re.compile(r"\s*[(\[（【][^)\]）】]*[)\]）】]")
_ADDRESS: Final = re.compile(r"https?://\S+|www\.\S+|\S+@\S+\.\w+|(?<!\w)@\w+")
_STAMP: Final = re.compile(
    r"\b(?:published|updated|posted|last (?:modified|updated)|veröffentlicht|aktualisiert|publié|mis à jour|publicado"
    r"|actualizado|pubblicato|aggiornato|опубликовано|обновлено)\b.*",
    re.IGNORECASE,
)
_ACRONYM: Final = re.compile(r"[A-ZÄÖÜ]{2,5}")
_DATE: Final = re.compile(r"\b(?:19|20)\d\d\b|\d{1,2}[:.]\d\d|\d{3,}")

_MARKED: Final = (
    selector(
        ".//*[@rel='author' or @itemprop='author' or contains(@href, '/author/') or contains(@href, '/autor/')]"
        "[not(self::link)]"
    ),
    selector(
        ".//*[contains(@class, 'author') or contains(@class, 'Author') or contains(@class, 'byline')"
        " or contains(@class, 'Byline') or contains(@class, 'autor') or contains(@id, 'author')"
        " or contains(@id, 'byline') or contains(@data-testid, 'byline')][not(self::body or self::html)]"
    ),
)
_ELSEWHERE: Final = re.compile(
    r"comment|related|teaser|sidebar|recommend|footer|promo|popular|widget|card|latest|newsletter|avatar|image|photo"
    r"|caption|copyright",
    re.IGNORECASE,
)
_MAX_BYLINE: Final = 160
_MAX_NAME: Final = 60
_MAX_AUTHORS: Final = 30


def split_names(values: Iterable[str], *, site_names: frozenset[str] = frozenset()) -> tuple[list[str], list[str]]:
    """Return the people and the organisations that byline texts name, in order, without repetition.

    `site_names` (folded, without spaces) are organisations whatever they look like. Staff, roles, places of a
    dateline, addresses and dates are left out.
    """
    prefix, agencies, generic = pattern("prefixes"), names("agencies"), names("generic")
    people: dict[str, str] = {}
    organisations: dict[str, str] = {}
    for value in values:
        text = _ADDRESS.sub(" ", _BRACKETS.sub("", clean_line(value)[:2000]))
        text = _STAMP.sub("", text)
        text = prefix.sub("", prefix.sub("", text))
        text = _ARABIC_AND.sub(lambda m: m.group() if _WAW_NAMES.match(m.string[m.start() :].strip()) else "؛", text)
        for part in _SPLIT.split(text)[: 2 * _MAX_AUTHORS]:
            name = prefix.sub("", part).strip(" .,:;-–—*_'\"|/")
            key = fold(name)
            compact = key.replace(" ", "")
            if not compact or key in generic or len(name) > _MAX_NAME or _DATE.search(name):
                continue
            if (
                key in agencies
                or compact in site_names
                or pattern("house_words").search(name)
                or _ACRONYM.fullmatch(name)
            ):
                if not pattern("role_words").search(name) or key in agencies or compact in site_names:
                    organisations.setdefault(key, name)
            elif _is_person(name):
                people.setdefault(key, name)
    return list(people.values())[:_MAX_AUTHORS], list(organisations.values())[:_MAX_AUTHORS]


def _is_person(name: str) -> bool:
    words = name.split()
    if len(words) > 7 or pattern("role_words").search(name) or not any(c.isalpha() for c in name):
        return False
    if len(words) == 1 and len(name) < 2:
        return False
    cased = [w for w in words if w[0].isalpha() and w[0].lower() != w[0].upper()]
    # Signs ("dan", "ssi") are people too; a longer run of small letters is a phrase.
    return not cased or any(w[0].isupper() for w in cased) or (len(words) == 1 and len(name) <= 5)


def find_authors(tree: HtmlElement, structured: Structured, *, site_names: frozenset[str] = frozenset()) -> Byline:
    """Return the authors of a page from the first evidence that names people; else the one that names a house."""
    house: Byline | None = None
    for source, values in _evidence(tree, structured):
        people, organisations = split_names(values, site_names=site_names)
        if people:
            return Byline(tuple(people), tuple(organisations), source)
        if organisations and house is None:
            house = Byline((), tuple(organisations), source)
    return house or Byline()


def _evidence(tree: HtmlElement, structured: Structured) -> Iterable[tuple[str, list[str]]]:
    yield "json-ld", [name for value in structured.many("author") if (name := _person(structured, value))]
    yield (
        "meta",
        [
            text
            for name in (
                "author",
                "article:author",
                "byl",
                "parsely-author",
                "sailthru.author",
                "dc.creator",
                "dcterms.creator",
            )
            for text in structured.meta.get(name, ())
            if "/" not in text or " " in text
        ][:_MAX_AUTHORS],
    )
    yield "json-ld", [name for value in structured.many("creator") if (name := _person(structured, value))]
    yield "heading", _bylines(tree)


def _person(structured: Structured, value: Any) -> str:
    node = structured.node_of(value)
    if node is None:
        return structured.name_of(value)
    name = structured.name_of(node)
    return "" if name.startswith("http") else name


def _bylines(tree: HtmlElement) -> list[str]:
    """Return the texts of elements that are marked as byline, from the first place of the page that has any."""
    for marked in _MARKED:
        texts: list[str] = []
        place: HtmlElement | None = None
        for element in marked(tree)[:60]:
            text = clean_line(text_of(element, limit=4 * _MAX_BYLINE, joint=" "))
            if not 3 < len(text) <= _MAX_BYLINE or _elsewhere(element):
                continue
            around = element.getparent()
            if place is not None and around is not place and place not in element.iterancestors():
                break
            if place is None:
                place = around
            texts.append(text)
        if texts and any(split_names(texts)):
            return texts
    return []


def _elsewhere(element: HtmlElement) -> bool:
    """Whether an element belongs to comments, teasers or other parts beside the article."""
    for depth, ancestor in enumerate((element, *element.iterancestors())):
        if depth > 12 or ancestor.tag in {"article", "main", "body"}:
            return False
        if ancestor.tag in {"footer", "aside", "nav"} or _ELSEWHERE.search(names_of(ancestor)):
            return True
    return False
