"""Who wrote a page: people apart from agencies, newsrooms and the site itself."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from lxml.html import HtmlElement

from transforms.extraction.dom import names_of, selector, text_of
from transforms.extraction.patterns import names, pattern
from transforms.extraction.structured import Structured
from transforms.text.clean import clean_line
from transforms.text.folding import fold


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
_ADDRESS: Final = re.compile(r"https?://\S+|www\.\S+|[^\s@]{1,100}@[^\s@]{1,200}\.\w+|(?<!\w)@\w+")
_STAMP: Final = re.compile(
    r"\b(?:published|updated|posted|last (?:modified|updated)|veröffentlicht|aktualisiert|publié|mis à jour|publicado"
    r"|actualizado|pubblicato|aggiornato|опубликовано|обновлено)\b.*",
    re.IGNORECASE,
)
_NAMED_SITE: Final = re.compile(r"\s*(.{2,60}?)\s*\((?:https?://)?(?:www\.)?[\w-]+(?:\.[\w-]+)+/?\)\s*")
"""A name with its address, as a site gives its own."""
_SOURCE: Final = re.compile(
    r"\s*(?:quellen?|sources?|fuentes?|fonti?e?|kaynak|источники?|المصدر|منبع|来源|來源|出典)\s*[:：]\s*", re.IGNORECASE
)
_SIGNS: Final = re.compile(r"[a-zäöü]{2,5}(?:/[a-zäöü]{2,5})+")
"""Signs of a house and of its writers, as agencies' desks put them."""
_MARKS: Final = re.compile(r"[:?!？！…“”„«»]")
_ACRONYM: Final = re.compile(r"[A-ZÄÖÜ]{2,5}")
_DATE: Final = re.compile(r"\b(?:19|20)\d\d\b|\d{1,2}[:.]\d\d|\d{3,}")

_FOLDER: Final = re.compile(
    r"/(?:authors?|autor(?:en|es|i)?|auteurs?|redakteure|journalist|profiles?|contributors?|yazar(?:lar)?)/"
)
"""Folders of addresses in which sites keep the pages of their authors."""
_LINKED: Final = selector(
    "(.//@rel[. = 'author'] | .//@itemprop[. = 'author'] | .//@href[contains(., '/aut') or contains(., '/redakteure/')"
    " or contains(., '/journalist/') or contains(., '/profile') or contains(., '/contributor')"
    " or contains(., '/yazar')])/parent::*[not(self::link)]"
)
_NAMED: Final = selector(
    "(.//@class[contains(., 'uthor') or contains(., 'byline') or contains(., 'Byline') or contains(., 'autor')]"
    " | .//@id[contains(., 'author') or contains(., 'byline')] | .//@data-testid[contains(., 'byline')])"
    "/parent::*[not(self::body or self::html)]"
)
_LABELS: Final = ("strong", "b", "dt", "th", "td", "span", "div", "p", "li", "label", "h4", "h5", "em", "small")
_LABEL: Final = re.compile(
    r"\s*(?:aut(?:h?or|eur|ore)(?:in|en|innen|rice|es|s|a|as|i)?(?:\s*[/(:]\s*-?(?:in|en|innen|autor|rice|s|n|a|as)\)?)*"
    r"|автор(?:ы|и)?|yazar|(?:ال)?كاتبة?|(?:ال)?مؤلف|نویسنده|作者|記者|记者|기자)\s*[:：]?\s*",
    re.IGNORECASE,
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
        if site := _NAMED_SITE.fullmatch(value[:200]):
            organisations.setdefault(fold(site[1]), site[1])
            continue
        source = _SOURCE.match(value)
        text = _ADDRESS.sub(" ", _BRACKETS.sub("", clean_line(value[source.end() if source else 0 :])[:2000]))
        text = _STAMP.sub("", text)
        text = prefix.sub("", prefix.sub("", text))
        text = _ARABIC_AND.sub(lambda m: m.group() if _WAW_NAMES.match(m.string[m.start() :].strip()) else "؛", text)
        house = False
        for part in _parts(text, agencies):
            name = prefix.sub("", part).strip(" .,:;-–—*_'\"|/")
            key = fold(name)
            compact = key.replace(" ", "")
            if not compact or key in generic or len(name) > _MAX_NAME or _DATE.search(name):
                continue
            if (
                source is not None
                or key in agencies
                or compact in site_names
                or pattern("house_words").search(name)
                or _ACRONYM.fullmatch(name)
            ):
                if not pattern("role_words").search(name) or key in agencies or compact in site_names:
                    organisations.setdefault(key, name)
                house = True
            elif _is_person(name) and not (house and _is_place(name)):
                people.setdefault(key, name)
    return list(people.values())[:_MAX_AUTHORS], list(organisations.values())[:_MAX_AUTHORS]


def _parts(text: str, agencies: frozenset[str]) -> Iterator[str]:
    """Yield what a byline text lists; signs joined by a slash stay together unless an agency is among them."""
    for part in _SPLIT.split(text)[: 2 * _MAX_AUTHORS]:
        pieces = part.strip().split("/")
        apart = len(pieces) > 1 and (any(fold(p) in agencies for p in pieces) or all(" " in p.strip() for p in pieces))
        yield from pieces if apart else [part]


def _is_place(name: str) -> bool:
    """Whether a name behind that of a house is the house's place: people have two names there, or a sign."""
    return " " not in name and name[:1].isupper() and not name.isupper()


def _is_person(name: str) -> bool:
    words = name.split()
    if len(words) > 7 or pattern("role_words").search(name) or not any(c.isalpha() for c in name):
        return False
    if _MARKS.search(name) or (len(words) > 2 and any(w.islower() and len(w) > 4 and w.isalpha() for w in words[1:])):
        return False  # a sentence: the small words of names (de, von der, bint) are short
    if len(words) == 1 and len(name) < 2:
        return False
    cased = [w for w in words if w[0].isalpha() and w[0].lower() != w[0].upper()]
    # Signs ("dan", "ssi") are people too; a longer run of small letters is a phrase.
    short = len(words) == 1 and (len(name) <= 5 or _SIGNS.fullmatch(name) is not None)
    return not cased or any(w[0].isupper() for w in cased) or short


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
    yield "label", _labelled(tree)


def _person(structured: Structured, value: Any) -> str:
    node = structured.node_of(value)
    if node is None:
        return structured.name_of(value)
    name = structured.name_of(node)
    return "" if name.startswith("http") else name


def _bylines(tree: HtmlElement) -> list[str]:
    """Return the texts of elements that are marked as byline, from the first place of the page that has any."""
    for marked in (_author_links, _NAMED):
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


def _author_links(tree: HtmlElement) -> list[HtmlElement]:
    """Return the elements that are marked as author, and the links to authors' pages."""
    return [
        element
        for element in _LINKED(tree)
        if "author" in {element.get("rel"), element.get("itemprop")} or _FOLDER.search(element.get("href") or "")
    ]


def _labelled(tree: HtmlElement) -> list[str]:
    """Return the texts that follow a label ("Author", "Autorin/Autor") in its element or in the one around it."""
    for element in tree.iter(*_LABELS):
        label = element.text
        if not label or len(label) > _MAX_NAME or not _LABEL.fullmatch(label):
            continue
        label = " ".join(label.split())
        for around in (element, *islice(element.iterancestors(), 1)):
            text = clean_line(text_of(around, limit=4 * _MAX_BYLINE, joint=" "))
            if text.startswith(label) and len(label) < len(text) <= _MAX_BYLINE and not _elsewhere(around):
                return [text[len(label) :]]
    return []


def _elsewhere(element: HtmlElement) -> bool:
    """Whether an element belongs to comments, teasers or other parts beside the article."""
    for depth, ancestor in enumerate((element, *element.iterancestors())):
        if depth > 12 or ancestor.tag in {"article", "main", "body"}:
            return False
        if ancestor.tag in {"footer", "aside", "nav"} or _ELSEWHERE.search(names_of(ancestor)):
            return True
    return False
