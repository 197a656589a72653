"""Who wrote a page: people apart from agencies, newsrooms and the site itself."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from lxml.html import HtmlElement

from transforms.entities.gazetteer import gazetteer
from transforms.entities.lexicon import given_names
from transforms.extraction.dom import names_of, selector, text_of
from transforms.extraction.patterns import names, pattern
from transforms.extraction.structured import Structured
from transforms.text.clean import clean_line
from transforms.text.folding import fold
from transforms.text.languages import primary
from transforms.text.wordlists import key


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
_LIST: Final = re.compile(r"\s*[\[{(]\s*[\[{(\"'].*[\])}]\s*|\s*\[.*\]\s*", re.DOTALL)
_QUOTED: Final = re.compile(r""""((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'""")
_NAME_KEY: Final = re.compile(r"[\"']name[\"']\s*:\s*(?=[\"'])")
_NOTHING: Final = frozenset({"nan", "NaN", "NaT", "<NA>", "None", "null", "NULL", "N/A"})
"""What programs write where there is no value; "NAN" is an agency."""
_EDITING: Final = re.compile(
    r"(?:^|[;,.(\n،؛–—|-]|\s(?:and|und|et|y|e|и|و))\s*(?:(?:additional\s+)?editing\s+by|edited\s+by|édité\s+par|edici[oó]n\s+de|editado\s+por"
    r"|bearbeitet\s+von|redigiert\s+von|a\s+cura\s+editoriale\s+di|edição\s+de|redigerad\s+av|под\s+редакцией|редактировал[аи]?"
    r"|ویرایش|(?<!\w)تحرير(?=\s*[:：]?\s+\S+\s+\S+))(?=[\s:：]).*?(?=;|؛|\||$)"
    r"|\s+للنشرة\s+العربية",
    re.IGNORECASE,
)
"""Credits of those who edited: they are no authors."""
_PLACED: Final = re.compile(
    r"(?:^|(?<=\w\w)\.?\s+)(?:in|à|em|w|we|v|в|во|из|aus|من|في|در|از|for|für|para|pour)\s+(?=[^\W\d_]).*$"
)
"""A place or a paper behind a name with its preposition, "Jane Doe in London", in small letters as no name has it."""
_SUFFIX: Final = re.compile(r"\s*,\s*(Sr|Jr|II|III|IV)(?:\.|(?!\w))")
_DEGREE: Final = re.compile(
    r"\s*,\s*(?:M\.?D\.?|Ph\.?\s?D\.?|D\.?Phil\.?|M\.?[AS]\.?|B\.?[AS]\.?|M\.?B\.?A\.?|[BM]\.?Sc\.?|J\.?D\.?|LL\.?[BMD]\.?|M\.?P\.?H\.?"
    r"|R\.?N\.?|D\.?D\.?S\.?|D\.?O\.?|D\.C\.|Ed\.?D\.?|Psy\.?D\.?|Esq\.?|C\.?P\.?A\.?|CSc\.?|DrSc\.?|DiS\.?"
    r"|Dipl\.-\w+\.?|к\. ?\w\. ?н\.)"
    r"(?![\w'])|(?<=\w)\s+(?:Ph\.?\s?D\.?|M\.D\.|J\.D\.|CSc\.|DrSc\.)(?![\w'])"
)
_SWAPPED: Final = re.compile(r"\s*([^\W\d_][\w'’-]+)\s*[,،]\s*([^\W\d_][\w'’-]+\.?(?:\s+[^\W\d_]\.)*)\s*")
"""A family name, a comma and given names: "Doe, Jane M.\""""
_ASIDE: Final = re.compile(r"[,،/|(–—-]")
_BRACKETS: Final = re.compile(r"\s*[(\[（【][^)\]）】]*[)\]）】]")
_ADDRESS: Final = re.compile(r"https?://\S+|www\.\S+|<?[^\s@<]{1,100}@[^\s@>]{1,200}\.\w+>?|(?<!\w)@\w+")
_REPORTER: Final = re.compile(r"\s*(?:기자|특파원|記者|记者|特派員)(?=\s*(?:$|[,;、，]))|\s+\S{2,6}[报報]道$")
"""Titles behind a name, and the Chinese "reports from"."""
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
_SCRIPTS: Final = {
    "ar": "\u0600\u06ff",
    "ru": "\u0400\u04ff",
    "he": "\u0590\u05ff",
    "el": "\u0370\u03ff",
    "hi": "\u0900\u097f",
}
"""The first and the last letter of scripts and the language in which their places are looked up."""
_UNCASED: Final = re.compile(r"[\u0590-\u06ff\u0900-\u0dff\u10a0-\u10ff\u1200-\u137f]")
"""A letter of a script that has no capitals but spaces between words."""
_MAX_BYLINE: Final = 160
_MAX_NAME: Final = 60
_MAX_AUTHORS: Final = 30


def split_names(
    values: Iterable[str], *, site_names: frozenset[str] = frozenset(), language: str | None = None
) -> tuple[list[str], list[str]]:
    """Return the people and the organisations that byline texts name, in order, without repetition.

    `site_names` (folded, without spaces) are organisations whatever they look like. `language` says in which language
    places are looked up beside that of the script. Staff, roles, places of a
    dateline, addresses and dates are left out.
    """
    prefix, agencies, generic = pattern("prefixes"), names("agencies"), names("generic")
    people: dict[str, str] = {}
    organisations: dict[str, str] = {}
    for value in _singles(values):
        if site := _NAMED_SITE.fullmatch(value[:200]):
            organisations.setdefault(fold(site[1]), site[1])
            continue
        source = _SOURCE.match(value)
        text = _ADDRESS.sub(" ", _BRACKETS.sub("", clean_line(value[source.end() if source else 0 :])[:2000]))
        text = _STAMP.sub("", text)
        text = _DEGREE.sub("", _SUFFIX.sub(r" \1", _EDITING.sub("", text)))
        text = prefix.sub("", prefix.sub("", _REPORTER.sub("", text)))
        text = "; ".join(_in_order(segment, site_names, language) for segment in text.split(";"))
        text = _ARABIC_AND.sub(lambda m: m.group() if _WAW_NAMES.match(m.string[m.start() :].strip()) else "؛", text)
        house = named = placed = False
        for part, mark, more in _parts(text, agencies):
            place, colon, behind = part.partition(":")
            part = behind if colon and _is_known_place(place.strip(), language) else part
            cut, trimmed = _PLACED.subn("", prefix.sub("", part))
            name = cut.strip(" .,:;-–—*_'\"|/")
            # After a comma there may be one more author: only what was said before makes a place of the word.
            placed = placed or trimmed > 0
            apart = placed or mark.strip() != ","
            folded = fold(name)
            compact = folded.replace(" ", "")
            if not compact or name in _NOTHING or folded in generic or len(name) > _MAX_NAME or _DATE.search(name):
                continue
            if (
                source is not None
                or folded in agencies
                or compact in site_names
                or pattern("house_words").search(name)
                or _ACRONYM.fullmatch(name)
                or (named and _ASIDE.search(mark) and pattern("paper_words").search(name))
            ):
                if not pattern("role_words").search(name) or folded in agencies or compact in site_names:
                    organisations.setdefault(folded, name)
                house = True
            elif house and _is_place(name):
                continue
            elif (house or (named and apart) or (more and not people)) and _is_known_place(name, language):
                placed = True
            elif _is_person(name) and not (named and apart and _is_aside(name, mark)):
                people.setdefault(folded, name)
                named = named or " " in name
    return list(people.values())[:_MAX_AUTHORS], list(organisations.values())[:_MAX_AUTHORS]


def _singles(values: Iterable[str]) -> Iterator[str]:
    """Yield the values, and those in a list that a program has written as one ("['A', 'B']")."""
    for value in values:
        if value.strip() in _NOTHING:
            continue
        if len(value) > 2000 or not _LIST.fullmatch(value):
            yield value
            continue
        named = [quoted for key in _NAME_KEY.finditer(value) if (quoted := _QUOTED.match(value, key.end()))]
        found = named or list(_QUOTED.finditer(value))
        yield from [q[1] or q[2] or "" for q in found] or [value.strip()[1:-1]]


def _in_order(text: str, site_names: frozenset[str], language: str | None) -> str:
    """Return a text that is a family name, a comma and given names with the given names first."""
    swapped = _SWAPPED.fullmatch(text)
    if not swapped or not all(_names_a_person(name, site_names) for name in swapped.groups()):
        return text
    given = [key(name.split()[0]) in given_names() for name in swapped.groups()]
    if given[0] > given[1]:
        return text  # two people by their given names, or one and a place
    if not given[1] and (
        _UNCASED.match(swapped[1]) or any(_is_known_place(name, language) for name in swapped.groups())
    ):
        return text
    return f"{swapped[2]} {swapped[1]}"


def _names_a_person(name: str, site_names: frozenset[str]) -> bool:
    """Whether a name beside a comma may be a part of a person's: no house, no role, no sign."""
    folded = fold(name)
    return (
        ((name[0].isupper() or _UNCASED.match(name) is not None) and not _ACRONYM.fullmatch(name))
        and not (folded in names("agencies") | names("generic") or folded.replace(" ", "") in site_names)
        and not any(pattern(words).search(name) for words in ("house_words", "role_words", "paper_words"))
    )


def _parts(text: str, agencies: frozenset[str]) -> Iterator[tuple[str, str, bool]]:
    """Yield what a byline text lists, with the mark before it and whether more follows.

    Signs joined by a slash stay together unless an agency is among them.
    """
    start, mark = 0, ""
    for end in [*islice(_SPLIT.finditer(text), 2 * _MAX_AUTHORS - 1), None]:
        part = text[start : end.start() if end else len(text)]
        pieces = part.strip().split("/")
        apart = len(pieces) > 1 and (any(fold(p) in agencies for p in pieces) or all(" " in p.strip() for p in pieces))
        for piece in pieces if apart else [part]:
            yield piece, mark, end is not None
        if end:
            start, mark = end.end(), end.group()


def _is_known_place(name: str, language: str | None) -> bool:
    """Whether a name is that of a place in `language` or in the language that its script is read for."""
    if not name[:1].isalpha() or name[:1].islower() or len(name) < 3:
        return False
    script = next((code for code, letters in _SCRIPTS.items() if letters[0] <= name[0] <= letters[1]), "en")
    return any(_is_listed(fold(name).split(), code) for code in dict.fromkeys((script, primary(language) or script)))


def _is_listed(words: list[str], language: str) -> bool:
    node = gazetteer(language).node(" ".join(words))
    if node is None:
        return False
    return any(found.entry is not None and not found.demonym for found in node.names)


def _is_aside(name: str, mark: str) -> bool:
    """Whether one word behind a person's full name and a mark is where that person is, or nobody."""
    return (
        " " not in name
        and _ASIDE.search(mark) is not None
        and "/" not in name
        and (name[0].isupper() or _UNCASED.match(name) is not None)
        and not name.isupper()
    )


def _is_place(name: str) -> bool:
    """Whether a name behind that of a house is the house's place: people have two names there, or a sign."""
    return " " not in name and name[:1].isupper() and not name.isupper()


def _is_person(name: str) -> bool:
    words = name.split()
    if words[-1:] and words[-1].lower() == "by":
        return False  # a credit whose name stands elsewhere
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
        people, organisations = split_names(values, site_names=site_names, language=structured.language)
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
            texts.append(_apart(element) or text)
        if texts and any(split_names(texts)):
            return texts
    return []


def _apart(element: HtmlElement) -> str | None:
    """Return the texts of an element's children with marks between, where each is more than a part of a name."""
    texts = [clean_line(text_of(child, limit=4 * _MAX_BYLINE, joint=" ")) for child in element.iterchildren("*")]
    texts = [text for text in texts if text]
    loose = (element.text or "").strip() or any((child.tail or "").strip() for child in element)
    if len(texts) < 2 or loose or not all(" " in text for text in texts):
        return None
    return " | ".join(texts)


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
