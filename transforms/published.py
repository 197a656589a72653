"""When a page was published and last modified, by a cascade of evidence; nothing is invented.

Statements for machines come first (JSON-LD, meta elements, microdata), then the page's address, then what readers see
beside the headline. Whatever the evidence, `transforms.dates` reads it, and gives only what stands there.
"""

import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from htmldate import find_date
from lxml import etree
from lxml.html import HtmlElement

from transforms.dates import ParsedDate, date_in_url, parse_date
from transforms.dom import names_of, selector, text_of, text_selector
from transforms.lexing import ascii_digits
from transforms.page import Moment
from transforms.structured import Structured


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Times of a page; ``day`` is the calendar day of publication as written, before any conversion to UTC."""

    published: Moment | None = None
    modified: Moment | None = None
    day: str | None = None


_PUBLISHED: Final = re.compile(
    r"publi(?:sh|cation)|pub_?-?date|issued|^(?:dc\.|dcterms\.|sailthru\.|article[.:_])?date(?:_?time)?$|date[._-]?created"
    r"|^dc\.date|created|displaydate|original[_-]?date|release_?date|^timestamp$|pdate|posted|date_original|firstpub",
    re.IGNORECASE,
)
_MODIFIED: Final = re.compile(r"modif|update|revis|changed|dateline|lastmod", re.IGNORECASE)
_NO_DATE: Final = re.compile(
    r"publisher|expir|copyright|start|end|event|birth|valid|i18n|format|image|video", re.IGNORECASE
)
_STATED: Final = selector(".//*[@itemprop][contains(@itemprop, 'date') or contains(@itemprop, 'Date')]")
_TIME_ELEMENTS: Final = selector(".//time | .//abbr[contains(@class, 'published')] | .//relative-time")
_DATE_CLASSES: Final = (
    "date",
    "Date",
    "publish",
    "Publish",
    "time",
    "Time",
    "fecha",
    "datum",
    "meta",
    "byline",
    "posted",
    "info",
)
_DATE_IDS: Final = ("date", "publish", "datum", "fecha", "time")
_MARKED: Final = selector(
    ".//*["
    + " or ".join(
        [f"contains(@class, '{word}')" for word in _DATE_CLASSES] + [f"contains(@id, '{word}')" for word in _DATE_IDS]
    )
    + "][not(self::body or self::html or self::main or self::article)]"
)
_ELSEWHERE: Final = re.compile(
    r"comment|related|teaser|sidebar|recommend|footer|promo|popular|widget|latest|newsletter|copyright|reply|weather"
    r"|calendar|ticker|trending|archive|most",
    re.IGNORECASE,
)
_NOT_PUBLICATION: Final = selector(
    ".//meta[contains(@property, 'modif') or contains(@property, 'updated') or contains(@name, 'modif')"
    " or contains(@name, 'updated')] | .//*[contains(@class, 'comments') or contains(@id, 'comments')]"
    "[not(self::body)]"
)
_WITH_DIGITS: Final = text_selector(
    ".//text()[string-length() < 400 and (contains(., '20') or contains(., '199') or contains(., '٢٠') or"
    " contains(., '۱۴') or contains(., '13') or contains(., '14') or contains(., '25'))]"
)
_YEAR: Final = re.compile(r"(?<!\d)(?:199\d|20[0-4]\d|25[4-9]\d|1[34]\d\d)(?!\d)|(?<!\d)\d\d\.\d\d\.\d\d(?!\d)")
_SILENT: Final = frozenset({"script", "style", "noscript", "option", "title", "template"})
_MAX_LINE: Final = 45
_COUNT: Any = etree.XPath("count(.//*)")
_MAX_TREE: Final = 6_000
_MAX_PAGE: Final = 1_000_000
_MAX_TEXT: Final = 160
_MAX_ELEMENTS: Final = 40


def find_times(
    tree: HtmlElement, structured: Structured, *, url: str | None, language: str | None, day_first: bool | None = None
) -> Times:
    """Return the times of a page, each from the first evidence that states one (a whole day before a month)."""
    published, source = _first(_published(tree, structured, url), language, day_first)
    modified, modified_source = _first(_modified(tree, structured), language, day_first)
    return Times(
        published=_moment(published, source),
        modified=_moment(modified, modified_source),
        day=published.day if published else None,
    )


def _moment(date: ParsedDate | None, source: str) -> Moment | None:
    return Moment(value=date.value, precision=date.precision, source=source) if date else None


def _first(
    evidence: Iterable[tuple[str, str | ParsedDate]], language: str | None, day_first: bool | None
) -> tuple[ParsedDate | None, str]:
    vague: tuple[ParsedDate | None, str] = (None, "")
    for source, value in evidence:
        date = parse_date(value, language=language, day_first=day_first) if isinstance(value, str) else value
        if date is None or not "1990" <= date.value[:4] < "2100":
            continue
        if date.day:
            return date, source
        if vague[0] is None and source != "text":
            vague = (date, source)
    return vague


def _published(tree: HtmlElement, structured: Structured, url: str | None) -> Iterator[tuple[str, str | ParsedDate]]:
    for name in ("datePublished", "uploadDate", "dateCreated"):
        yield from (("json-ld", text) for text in structured.texts(name))
    yield from (("meta", text) for text in _meta(structured, _PUBLISHED, _MODIFIED))
    for element in _STATED(tree)[:_MAX_ELEMENTS]:
        if (element.get("itemprop") or "").lower() in {"datepublished", "datecreated", "date"}:
            yield "microdata", element.get("content") or element.get("datetime") or _text(element)
    yield from _beside_headline(tree)
    address = date_in_url(url) if url else None
    if address:
        yield "url", address
    for element in _MARKED(tree)[: 4 * _MAX_ELEMENTS]:
        text = _text(element)
        if 4 < len(text) <= _MAX_TEXT and any(c.isdigit() for c in text) and not _elsewhere(element):
            yield "text", text
    lines = _date_lines(tree)
    yield from (("text", text) for text in lines if len(text) <= _MAX_LINE)
    if found := _by_htmldate(tree, url, structured.language):
        yield "text", found
    yield from (("text", text) for text in lines if len(text) > _MAX_LINE)


def _by_htmldate(tree: HtmlElement, url: str | None, language: str | None) -> ParsedDate | None:
    """Return the day that htmldate finds, when it stands on the page or in its address as a whole date.

    It knows many layouts, but it also guesses: of a year, or of a month that it cannot read, it makes a first.
    """
    if _COUNT(tree) > _MAX_TREE:
        return None
    tree = deepcopy(tree)
    etree.strip_elements(tree, "script", "style", "svg", "iframe", "noscript", with_tail=False)
    for element in _NOT_PUBLICATION(tree):
        parent = element.getparent()
        if parent is not None:
            element.drop_tree()
    page = f"{url or ''}\n{etree.tostring(tree, encoding='unicode')[:_MAX_PAGE]}"
    found = find_date(tree, url=url, original_date=True, extensive_search=False)
    date = parse_date(found) if found else None
    if date is None or date.day is None:
        return None
    year, month, day = (int(part) for part in date.day.split("-"))
    numeric = (
        rf"(?<!\d){year}\s?[-/._年]\s?0?{month}\s?[-/._月]\s?0?{day}(?!\d)|(?<!\d){year}{month:02}{day:02}(?!\d)"
        rf"|(?<!\d)0?{day}\s?[-/._]\s?0?{month}\s?[-/._]\s?(?:{year}|{year % 100:02})(?!\d)"
    )
    if re.search(numeric, page):
        return date
    named = (
        rf"(?<!\d)0?{day}(?!\d)[^<>\d]{{2,30}}{year}(?!\d)|[^\W\d]{{3,14}}\.?\s+0?{day}(?!\d)[^<>\d]{{1,8}}{year}(?!\d)"
    )
    written = (parse_date(match.group(), language=language) for match in islice(re.finditer(named, page), 20))
    return date if any(other is not None and other.day == date.day for other in written) else None


def _date_lines(tree: HtmlElement) -> list[str]:
    """Return short texts with a year in them, as written beside headlines, in document order."""
    lines = []
    for node in _WITH_DIGITS(tree)[: 8 * _MAX_ELEMENTS]:
        text = " ".join(node.split())
        if _YEAR.search(ascii_digits(text)) and len(text) <= _MAX_TEXT:
            element = node.getparent()
            if element is not None and element.tag not in _SILENT and not _elsewhere(element):
                lines.append(text)
    return lines


def _modified(tree: HtmlElement, structured: Structured) -> Iterator[tuple[str, str | ParsedDate]]:
    yield from (("json-ld", text) for text in structured.texts("dateModified"))
    yield from (("meta", text) for text in _meta(structured, _MODIFIED, None))
    for element in _STATED(tree)[:_MAX_ELEMENTS]:
        if (element.get("itemprop") or "").lower() == "datemodified":
            yield "microdata", element.get("content") or element.get("datetime") or _text(element)


def _meta(structured: Structured, wanted: re.Pattern[str], other: re.Pattern[str] | None) -> list[str]:
    return [
        text
        for name, texts in structured.meta.items()
        if wanted.search(name) and not _NO_DATE.search(name) and not (other and other.search(name))
        for text in texts[:1]
    ]


def _beside_headline(tree: HtmlElement) -> Iterator[tuple[str, str]]:
    """Yield the time elements of the article, those after its headline first."""
    times = [e for e in _TIME_ELEMENTS(tree)[:_MAX_ELEMENTS] if not _elsewhere(e)]
    for element in sorted(
        times, key=lambda e: bool(_MODIFIED.search(f"{e.get('class')} {e.get('itemprop')} {e.get('id')}"))
    ):
        yield "time-element", element.get("datetime") or element.get("title") or _text(element)


def _text(element: HtmlElement) -> str:
    return text_of(element, limit=4 * _MAX_TEXT, joint=" ")


def _elsewhere(element: HtmlElement) -> bool:
    """Whether an element belongs to comments, teasers or other parts beside the article."""
    for depth, ancestor in enumerate((element, *element.iterancestors())):
        if depth > 14 or ancestor.tag in {"main", "body"}:
            return False
        if ancestor.tag in {"footer", "aside", "nav"} or _ELSEWHERE.search(names_of(ancestor)):
            return True
    return False
