"""When a page was published and last modified, by a cascade of evidence; nothing is invented.

Statements for machines come first (JSON-LD, meta elements, microdata), then the page's address, then what readers see
beside the headline. Whatever the evidence, `transforms.dates.parsing` reads it, and gives only what stands there.
"""

import datetime
import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, Final

from htmldate import find_date
from lxml import etree
from lxml.html import HtmlElement

from transforms.dates.parsing import ParsedDate, date_in_url, parse_date
from transforms.extraction.dom import names_of, selector, text_of, text_selector
from transforms.extraction.page import Moment
from transforms.extraction.structured import Structured
from transforms.text.tokens import ascii_digits


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
    r"|calendar|ticker|trending|archive|most|clock|today|(?<![a-z])nav",
    re.IGNORECASE,
)
_NOT_PUBLICATION: Final = selector(
    ".//meta[contains(@property, 'modif') or contains(@property, 'updated') or contains(@name, 'modif')"
    " or contains(@name, 'updated')] | .//*[contains(@class, 'comments') or contains(@id, 'comments')]"
    "[not(self::body)]"
)
_WITH_DIGITS: Final = text_selector(
    ".//text()[string-length() < 400 and (contains(., '20') or contains(., '199') or contains(., '٢٠') or"
    " contains(., '۱۴') or contains(., '13') or contains(., '14') or contains(., '25') or"
    " contains(translate(., '0123456789', '##########'), '.##'))]"
)
_YEAR: Final = re.compile(
    r"(?<!\d)(?:199\d|20[0-4]\d|25[4-9]\d|1[34]\d\d)(?!\d)|(?<![\d.])\d{1,2}\.\d{1,2}\.\d\d(?![\d.])"
)
_SILENT: Final = frozenset({"script", "style", "noscript", "option", "title", "template"})
_MAX_LINE: Final = 45
_COUNT: Any = etree.XPath("count(.//*)")
_MAX_TREE: Final = 6_000
_MAX_PAGE: Final = 1_000_000
_MAX_TEXT: Final = 160
_MAX_ELEMENTS: Final = 40
_BESIDE: Final = 6
"""Dates shown on the page among which the one beside the headline is looked for."""
_CLOSE: Final = 25
"""Elements after the headline that are the article's own, whatever their class."""
_BEFORE: Final = 60
"""Elements before the headline in which the article's own date can stand; farther up is the site's clock."""
_VAGUE: Final = re.compile(r"date|dc\.date|dcterms\.date|dc\.date\.\w+")
"""Names of meta elements that do not say what the date is of."""
_SLASHED: Final = re.compile(r"\d{1,2}/\d{1,2}/\d{4}")
_DIGIT: Final = re.compile(r"\d")
_SHORT_LABEL: Final = 15
_MAX_LABELLED: Final = 60
_STATES: Final = re.compile(
    r"\W*(?:(?:published|posted|written|issued|first published|(?:release|publication) date"
    r"|erschienen|erstellt|veröffentlicht|publiziert|erscheinungsdatum|datum"
    r"|publiée?|mise? en ligne|parue?|date de publication"
    r"|publicad[oa]|fecha|data|pubblicat[oa]|publicação|geplaatst|gepubliceerd|publicerad|publisert|udgivet|julkaistu"
    r"|opublikowano|publikováno|yayın(?:lanma)?(?: tarihi)?|diterbitkan|дата|опубликован[оа]?|опубліковано)\b"
    r"|نشر|(?:ال)?تاريخ|انتشار|تاریخ|発行|掲載|公開|发布|發布|日期|입력|등록|เผยแพร่)",
    re.IGNORECASE,
)
_OTHER_LABEL: Final = re.compile(
    r"\b(?:updated?|modified|changed|registered|joined|member since|born|stand|änderung|geändert|aktualisiert"
    r"|registriert|mitglied|geboren|mise? à jour|modifiée?|actualizad[oa]|aggiornat[oa]|atualizad[oa]|обновлен[оа]?"
    r"|güncelle\w*|copyright)\b|©|تحديث|بروزرسانی|更新|수정",
    re.IGNORECASE,
)
_DATELINE: Final = re.compile(r"[^\d\n]{2,30}\(\d{1,2}[./]\s?(?:\d{1,2}[./]|[^\W\d]+)\s?\d{4}\)")


def find_times(
    tree: HtmlElement,
    structured: Structured,
    *,
    url: str | None,
    language: str | None,
    day_first: bool | None = None,
    headline: HtmlElement | None = None,
) -> Times:
    """Return the times of a page, each from the first evidence that states one (a whole day before a month).

    `headline` is the element in which the page shows its title: readers find the date beside it.
    """
    published, source = _first(_published(tree, structured, url, headline), language, day_first)
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


def _published(
    tree: HtmlElement, structured: Structured, url: str | None, headline: HtmlElement | None
) -> Iterator[tuple[str, str | ParsedDate]]:
    for name in ("datePublished", "uploadDate", "dateCreated"):
        yield from (("json-ld", text) for text in structured.texts(name))
    stated = _meta(structured, _PUBLISHED, _MODIFIED)
    yield from (("meta", text) for name, text in stated if not _VAGUE.fullmatch(name))
    for element in _STATED(tree)[:_MAX_ELEMENTS]:
        if (element.get("itemprop") or "").lower() in {"datepublished", "datecreated", "date"}:
            yield "microdata", element.get("content") or element.get("datetime") or _text(element)
    shown = _shown(tree, url, structured.language, headline)
    for name, text in stated:
        if _VAGUE.fullmatch(name):
            yield _corrected(text, shown, structured.language)
    yield from shown


def _corrected(
    stated: str, shown: Iterator[tuple[str, str | ParsedDate]], language: str | None
) -> tuple[str, str | ParsedDate]:
    """Return a date that a page states without saying of what, or the one that it shows where that is better.

    Content systems write the day of the last change there; and some write the month first, whatever the language.
    """
    date = parse_date(stated, language=language)
    if date is not None and date.day is not None:
        for source, value in islice(shown, _BESIDE):
            other = parse_date(value, language=language) if isinstance(value, str) else value
            if other is None or other.day is None or source not in {"time-element", "text"}:
                continue
            exchanged = _SLASHED.match(stated) and f"{date.day[:5]}{date.day[8:]}-{date.day[5:7]}" == other.day
            return (source, value) if other.day < date.day or exchanged else ("meta", stated)
    return "meta", stated


def _shown(
    tree: HtmlElement, url: str | None, language: str | None, headline: HtmlElement | None
) -> Iterator[tuple[str, str | ParsedDate]]:
    """Yield what a page shows its readers and what its address says, the likeliest first."""
    page = _Layout(tree, headline)
    times = page.in_order(_TIME_ELEMENTS(tree)[:_MAX_ELEMENTS])
    for element in sorted(times, key=_is_change):
        yield "time-element", _time(element, language)
    address = date_in_url(url) if url else None
    if address:
        yield "url", address
    lines = _date_lines(tree, page)
    yield from (("text", line.text) for line in lines if line.labelled)
    for element in page.in_order(_MARKED(tree)[: 4 * _MAX_ELEMENTS]):
        text = _text(element)
        label, *rest = _DIGIT.split(text, maxsplit=1)
        if 4 < len(text) <= _MAX_TEXT and rest and not _OTHER_LABEL.search(label):
            yield "text", text
    yield from (("text", line.text) for line in lines if len(line.text) <= _MAX_LINE)
    if found := _by_htmldate(tree, url, language):
        yield "text", found
    yield from (("text", line.text) for line in lines if len(line.text) > _MAX_LINE)


def _is_change(element: HtmlElement) -> bool:
    """Whether a time element is named as that of the last change."""
    return _MODIFIED.search(f"{element.get('class')} {element.get('itemprop')} {element.get('id')}") is not None


class _Layout:
    """Where elements stand on a page, seen from its headline."""

    def __init__(self, tree: HtmlElement, headline: HtmlElement | None) -> None:
        self._tree = tree
        self._headline = headline

    @cached_property
    def _places(self) -> dict[HtmlElement, int]:
        return {element: place for place, element in enumerate(self._tree.iter())}

    def distance(self, element: HtmlElement) -> int:
        """Return how many elements after the headline one stands, less than 0 before it; 0 where there is none."""
        if self._headline is None:
            return 0
        return self._places[element] - self._places[self._headline]

    def belongs(self, element: HtmlElement) -> bool:
        """Whether an element can be the article's own: it is no clock above it and no part of teasers or comments."""
        distance = self.distance(element)
        return 0 < distance <= _CLOSE or (distance >= -_BEFORE and not _elsewhere(element))

    def in_order(self, elements: Iterable[HtmlElement]) -> list[HtmlElement]:
        """Return those of `elements` that can be the article's own, the ones after the headline first."""
        return sorted(filter(self.belongs, elements), key=lambda element: self.distance(element) < 0)


def _time(element: HtmlElement, language: str | None) -> str | ParsedDate:
    """Return what a time element says; where it shows readers another day than machines, what readers see."""
    stated: str | None = element.get("datetime") or element.get("title")
    text = _text(element)
    if not stated:
        return text
    read, seen = parse_date(stated, language=language), parse_date(text, language=language)
    if read is None or seen is None or read.day is None or seen.day is None:
        return stated
    apart = datetime.date.fromisoformat(read.day) - datetime.date.fromisoformat(seen.day)
    return text if abs(apart.days) > 1 else stated


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
        rf"|(?<![\d.])0?{day}\s?[-/._]\s?0?{month}\s?[-/._]\s?(?:{year}|{year % 100:02})(?!\.?\d)"
    )
    if re.search(numeric, page):
        return date
    named = (
        rf"(?<!\d)0?{day}(?!\d)[^<>\d]{{2,30}}{year}(?!\d)|[^\W\d]{{3,14}}\.?\s+0?{day}(?!\d)[^<>\d]{{1,8}}{year}(?!\d)"
    )
    written = (parse_date(match.group(), language=language) for match in islice(re.finditer(named, page), 20))
    return date if any(other is not None and other.day == date.day for other in written) else None


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    labelled: bool


def _date_lines(tree: HtmlElement, page: _Layout) -> list[_Line]:
    """Return short texts with a year in them, as written beside headlines, those after the headline first."""
    found: list[tuple[bool, _Line]] = []
    for node in _WITH_DIGITS(tree)[: 8 * _MAX_ELEMENTS]:
        text = " ".join(node.split())
        year = _YEAR.search(ascii_digits(text))
        element = node.getparent()
        if year is None or element is None or element.tag in _SILENT:
            continue
        label = _DIGIT.split(text, maxsplit=1)[0]
        if len(label) <= _SHORT_LABEL and not _STATES.match(label):
            label = f"{text_of(element, limit=60, joint=' ') if node.is_tail else _before(element)} {label}"
        labelled = len(text) <= _MAX_LABELLED and len(label) <= _MAX_LABELLED and _STATES.match(label) is not None
        if _OTHER_LABEL.search(label[-_MAX_LABELLED:]) or not (labelled or page.belongs(element)):
            continue
        if len(text) > _MAX_TEXT:
            if not _DATELINE.match(text):
                continue
            text = text[:_MAX_LINE]
        found.append((page.distance(element) < 0, _Line(text, labelled)))
    return [line for _, line in sorted(found, key=lambda entry: entry[0])]


def _before(element: HtmlElement) -> str:
    """Return the text that stands directly before an element, as a label does."""
    for _ in range(2):
        previous = element.getprevious()
        if previous is not None:
            return text_of(previous, limit=60, joint=" ")[:60] if not previous.tail or previous.tail.isspace() else ""
        parent = element.getparent()
        if parent is None or (parent.text and not parent.text.isspace()):
            return (parent.text or "")[-60:] if parent is not None else ""
        element = parent
    return ""


def _modified(tree: HtmlElement, structured: Structured) -> Iterator[tuple[str, str | ParsedDate]]:
    yield from (("json-ld", text) for text in structured.texts("dateModified"))
    yield from (("meta", text) for _, text in _meta(structured, _MODIFIED, None))
    for element in _STATED(tree)[:_MAX_ELEMENTS]:
        if (element.get("itemprop") or "").lower() == "datemodified":
            yield "microdata", element.get("content") or element.get("datetime") or _text(element)


def _meta(structured: Structured, wanted: re.Pattern[str], other: re.Pattern[str] | None) -> list[tuple[str, str]]:
    """Return names and contents of the meta elements with a name like `wanted` and not like `other`."""
    return [
        (name, text)
        for name, texts in structured.meta.items()
        if wanted.search(name) and not _NO_DATE.search(name) and not (other and other.search(name))
        for text in texts[:1]
    ]


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
