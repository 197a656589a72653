"""When a page was published and last modified, by a cascade of evidence; nothing is invented.

Statements for machines come first (JSON-LD, meta elements, microdata), then the page's address, then what readers see
beside the headline. Whatever the evidence, `transforms.dates.parsing` reads it, and gives only what stands there.
"""

import datetime
import re
from collections.abc import Iterable, Iterator
from copy import copy, deepcopy
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, tee
from typing import Any, Final

from htmldate import find_date
from lxml import etree
from lxml.html import HtmlElement

from transforms.dates.parsing import ParsedDate, believed, date_in_url, parse_date
from transforms.extraction.date_lines import (
    MAX_LINE,
    DatedLine,
    block_of,
    dateline,
    is_barred,
    label_of,
    line_of,
    read_line,
    stands_alone,
)
from transforms.extraction.dom import Text, names_of, selector, text_of, text_selector
from transforms.extraction.page import Moment
from transforms.extraction.patterns import pattern
from transforms.extraction.structured import Structured, kinds
from transforms.text.tokens import ascii_digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Times of a page; ``day`` is the calendar day of publication as written, before any conversion to UTC."""

    published: Moment | None = None
    modified: Moment | None = None
    day: str | None = None


_PUBLISHED: Final = re.compile(
    r"publi(?:sh|cation)|pub_?-?date|reg_?-?date|issued|^(?:dc\.|dcterms\.|sailthru\.|article[.:_])?date(?:_?time)?$|date[._-]?created"
    r"|^dc\.date|created|displaydate|uploaded|original[_-]?date|release_?date|^timestamp$|pdate|posted|date_original|firstpub",
    re.IGNORECASE,
)
_MODIFIED: Final = re.compile(r"modif|update|revis|changed|dateline|lastmod", re.IGNORECASE)
_NO_DATE: Final = re.compile(
    r"publisher|expir|copyright|start|end|event|birth|valid|i18n|format|image|video", re.IGNORECASE
)
_FOREIGN: Final = re.compile(
    r"(?<![a-z-])comments?(?![a-z]|-?(?:count|link))|(?<![a-z])(?:bio|reply)(?![a-z])", re.IGNORECASE
)
"""In the names of an element near the headline: that it is somebody else's."""
_THIS_TEXT: Final = re.compile(r"\s*(?:This|Dieser|Cet|Este|Questo|Dit|Bu|هذا) \w+")
_STATED: Final = selector(".//*[@itemprop][contains(@itemprop, 'date') or contains(@itemprop, 'Date')]")
_TIME_ELEMENTS: Final = selector(".//time | .//abbr[contains(@class, 'published')] | .//relative-time")
_MARKS: Final = re.compile(
    r"date|publish|time(?!line)|fecha|datum|(?<![a-z])meta|byline|posted|info|data(?![-a-z])|tarih", re.IGNORECASE
)
"""In the class or id of an element: that it shows a date, or the lines below a headline."""
_ELSEWHERE: Final = re.compile(
    r"comment|related|teaser|sidebar|recommend|footer|promo(?!ted)|popular|widget|latest|newsletter|copyright|reply|weather"
    r"|(?<![a-z])bio(?![a-z])|disclaimer|read-?(?:more|next|also)|see-?also|more-|-more(?![a-z])|video-(?:list|item)"
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
_COUNT: Any = etree.XPath("count(.//*)")
_MAX_TREE: Final = 6_000
_MAX_TEXT: Final = 160
_MAX_ELEMENTS: Final = 40
_MAX_SCRIPT: Final = 400_000
_DATA: Final = re.compile(
    r"\"(?:date_?published|published_?(?:date|at|time|on)|publish_?(?:date|time)|publication_?date|pub_?date"
    r"|first_?published)\"\s*:\s*\"(?P<value>\d{4}-\d\d-\d\d[^\"]{0,20})\"",
    re.IGNORECASE,
)
_MOST_SHOWN: Final = 24
_PARAGRAPH: Final = 120
"""Characters of the first paragraph of a text, at least."""
_TITLE_WORDS: Final = 4
_UNSPACED: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
_ITEMS: Final = frozenset({"li", "tr", "dd", "dt"})
_APART_TAGS: Final = frozenset({"footer", "aside", "nav", "figure", "figcaption", "video"})
_OTHER_ITEM: Final = re.compile(r"Comment|VideoObject|ImageObject|Review|Person|Event|Product|Offer", re.IGNORECASE)
_STATED_NAMES: Final = ("datePublished", "uploadDate", "dateCreated")
_FOR_MACHINES: Final = frozenset({"json-ld", "meta", "microdata"})
_BESIDE: Final = 6
"""Dates shown on the page among which the one beside the headline is looked for."""
_CLOSE: Final = 25
"""Elements after the headline that are the article's own, whatever their class."""
_BEFORE: Final = 60
"""Elements before the headline in which the article's own date can stand; farther up is the site's clock."""
_VAGUE: Final = re.compile(r"date|dc\.date|dcterms\.date|dc\.date\.\w+")
"""Names of meta elements that do not say what the date is of."""
_SLASHED: Final = re.compile(r"(?<!\d)\d{1,2}([/.-])\d{1,2}\1\d{4}(?!\d)")
Evidence = tuple[str, str | ParsedDate]
"""Where a value stood, and the value."""
_DIGIT: Final = re.compile(r"\d")


def find_times(
    tree: HtmlElement,
    structured: Structured,
    *,
    url: str | None,
    language: str | None,
    day_first: bool | None = None,
    headline: HtmlElement | None = None,
    latest: str | None = None,
) -> Times:
    """Return the times of a page, each from the first evidence that states one (a whole day before a month).

    `headline` is the element in which the page shows its title: readers find the date beside it. `latest` is when the
    page was fetched (RFC 3339): what lies after it is not believed.
    """
    shown = _Shown(tree, structured, url, headline, day_first, latest)
    reading = _Reading(language, day_first, latest)
    published, source = reading.first(_published(tree, structured, shown))
    # What readers see of a change is looked for only where the publication was too: to read all lines takes its time.
    visible = shown if source not in _FOR_MACHINES else None
    modified, modified_source = reading.first(_modified(tree, structured, visible))
    return Times(
        published=_moment(published, source),
        modified=_moment(modified, modified_source),
        day=published.day if published else None,
    )


def _moment(date: ParsedDate | None, source: str) -> Moment | None:
    return Moment(value=date.value, precision=date.precision, source=source) if date else None


@dataclass(frozen=True, slots=True)
class _Reading:
    """How the evidence is read: in which language and order, and up to when it is believed."""

    language: str | None
    day_first: bool | None
    latest: str | None

    def first(self, evidence: Iterable[Evidence]) -> tuple[ParsedDate | None, str]:
        """Return the first whole day of the evidence, else the first month or year, and its source."""
        vague: tuple[ParsedDate | None, str] = (None, "")
        for source, value in evidence:
            date = self.read(value) if isinstance(value, str) else believed(value, self.latest)
            if date is None or not "1990" <= date.value[:4] < "2100":
                continue
            if date.day:
                return date, source
            if vague[0] is None and source not in ("text", "date-line"):
                vague = (date, source)
        return vague

    def read(self, value: str) -> ParsedDate | None:
        """Return what `value` states; where day and month could be exchanged, what can be believed decides."""
        date = parse_date(value, language=self.language, day_first=self.day_first)
        if self.latest is None or self.day_first is not None or not _SLASHED.search(value):
            return believed(date, self.latest)
        if date is not None and date.day is not None and believed(date, self.latest) is not None:
            return believed(date, self.latest)
        orders = {
            read.value: read
            for first in (True, False)
            if (read := believed(parse_date(value, language=self.language, day_first=first), self.latest))
        }
        return next(iter(orders.values())) if len(orders) == 1 else None


def _published(tree: HtmlElement, structured: Structured, shown: "_Shown") -> Iterator[Evidence]:
    names = ("datePublished", "dateCreated") if shown.shows_other(structured) else _STATED_NAMES
    for name in names:
        yield from (("json-ld", text) for text in structured.texts(name))
    stated = _meta(structured, _PUBLISHED, _MODIFIED)
    yield from (("meta", text) for name, text in stated if not _VAGUE.fullmatch(name))
    for element in _STATED(tree)[:_MAX_ELEMENTS]:
        if (element.get("itemprop") or "").lower() in {"datepublished", "datecreated", "date"} and not _of_other(
            element
        ):
            yield "microdata", element.get("content") or element.get("datetime") or _text(element)
    # Looked for one by one, and only once: to read the whole page for the last of them takes its time.
    (seen,) = tee(islice(shown.published(), _MOST_SHOWN), 1)
    for name, text in stated:
        if _VAGUE.fullmatch(name):
            yield _corrected(text, copy(seen), structured.language)
    yield from seen


def _of_other(element: HtmlElement) -> bool:
    """Whether an element is a statement about a comment, a video or another thing than the page's text."""
    return any(
        _OTHER_ITEM.search(ancestor.get("itemtype") or "") is not None
        for ancestor in islice(element.iterancestors(), 12)
    )


def _corrected(stated: str, shown: Iterable[Evidence], language: str | None) -> Evidence:
    """Return a date that a page states without saying of what, or the one that it shows where that is better.

    Content systems write the day of the last change there; and some write the month first, whatever the language.
    """
    date = parse_date(stated, language=language)
    if date is not None and date.day is not None:
        for source, value in islice(shown, _BESIDE):
            other = parse_date(value, language=language) if isinstance(value, str) else value
            if other is None or other.day is None or source not in {"time-element", "date-line"}:
                continue
            exchanged = _SLASHED.match(stated) and f"{date.day[:5]}{date.day[8:]}-{date.day[5:7]}" == other.day
            return (source, value) if other.day < date.day or exchanged else ("meta", stated)
    return "meta", stated


class _Shown:
    """What a page shows its readers, and what its address says."""

    def __init__(
        self,
        tree: HtmlElement,
        structured: Structured,
        url: str | None,
        headline: HtmlElement | None,
        day_first: bool | None,
        latest: str | None,
    ) -> None:
        self._latest = latest
        self._tree = tree
        self._url = url
        self._language = structured.language
        self._day_first = day_first
        self._headline = headline
        self._page = _Layout(tree, headline)
        self._footers: list[ParsedDate] = []
        """Days of a change that the page states away from its text, met while its lines are read."""

    def shows_other(self, structured: Structured) -> bool:
        """Whether the page's main node is a video that has another name than the page."""
        if "VideoObject" not in kinds(structured.article) or self._headline is None:
            return False
        name, headline = structured.text("name") or structured.text("headline"), _text(self._headline)
        return name is not None and name not in headline and headline not in name

    def published(self) -> Iterator[Evidence]:
        """Yield what may be the day of publication, the likeliest first."""
        for element in self._times:
            if self._label(element) != "changed":
                yield "time-element", _time(element, self._language)
        address = date_in_url(self._url) if self._url else None
        if address:
            yield "url", address
        lines = self._lines
        yield from (("date-line", line.published) for line, _, _ in lines if line.labelled and line.published)
        for wanted in (True, False):  # named so by their class, or near the headline
            yield from (
                ("date-line", line.published)
                for line, marked, _ in lines
                if marked is wanted and not line.labelled and line.published
            )
        yield from (("text", text) for text in self._datelines)
        if found := self._by_htmldate():
            yield "date-line", found
        yield from (("page-data", text) for text in self._data)
        # A page that states the day of its last change only has at least appeared by then.
        yield from self.changed()
        yield from (("date-line", changed) for changed in self._footers)

    def changed(self) -> Iterator[Evidence]:
        """Yield what the page says of its last change."""
        yield from (("time-element", _time(e, self._language)) for e in self._times if self._label(e) == "changed")
        yield from (("date-line", line.changed) for line, _, _ in self._lines if line.changed)

    @cached_property
    def _times(self) -> list[HtmlElement]:
        times = self._page.in_order(_TIME_ELEMENTS(self._tree)[:_MAX_ELEMENTS])
        return sorted(times, key=lambda element: self._label(element) == "changed")

    def _label(self, element: HtmlElement) -> str | None:
        """Return what a time element is the time of, by its name, its text or what stands before it."""
        if _MODIFIED.search(f"{element.get('class')} {element.get('itemprop')} {element.get('id')}") is not None:
            return "changed"
        return label_of(_DIGIT.split(_text(element), maxsplit=1)[0]) or label_of(_before(element))

    @cached_property
    def _lines(self) -> list[tuple[DatedLine, bool, int]]:
        """The lines with dates that can be the article's own, those after the headline first."""
        found: list[tuple[bool, int, DatedLine, bool, int]] = []
        blocks: set[HtmlElement] = set()
        for number, node in enumerate(self._with_digits):
            element = _holder(node)
            if element is None or element.tag in _SILENT or _YEAR.search(ascii_digits(str(node))) is None:
                continue
            line_and_block = self._line_at(node, element)
            if line_and_block is None or line_and_block[1] in blocks:
                continue
            line, block = line_and_block
            blocks.add(block)
            if line.published is None and line.changed is None:
                continue
            if not line.labelled and not self._is_own(block, line):
                if line.changed is not None:
                    self._footers.append(line.changed)
                continue
            distance = self._page.distance(block)
            found.append((distance < 0, number, line, _is_marked(block), distance))
        return [(line, marked, distance) for _, _, line, marked, distance in sorted(found, key=lambda f: f[:2])]

    def _line_at(self, node: Text, element: HtmlElement) -> tuple[DatedLine, HtmlElement] | None:
        """Return the line that a text node in `element` belongs to, and its block."""
        if is_barred(element, self._language):
            return None
        block = block_of(element)
        if block is not None:
            text = line_of(block)
            line = read_line(text, language=self._language, day_first=self._day_first, before=_before(block))
            if line.published is None and line.changed is None and _SLASHED.search(text):
                line = self._ordered(text) or line
            if line.published is not None or line.changed is not None:
                return line, block
        words = " ".join(node.split())
        if (stands_alone(node) and read_line(words, language=self._language).bare) or _THIS_TEXT.match(
            str(node)
        ):  # This article was published on …, and more
            text = " ".join(node.split())[:MAX_LINE]
            before = "" if node.is_tail else _before(element)
            return read_line(text, language=self._language, day_first=self._day_first, before=before), element
        return None

    def _ordered(self, text: str) -> DatedLine | None:
        """Read a line whose day and month could be exchanged, where only one order can be believed."""
        read = (read_line(text, language=self._language, day_first=first) for first in (True, False))
        likely = [line for line in read if line.published and believed(line.published, self._latest)]
        days = {line.published.day for line in likely if line.published}
        return likely[0] if self._latest and len(days) == 1 else None

    def _is_own(self, block: HtmlElement, line: DatedLine) -> bool:
        """Whether a line without a label can be the article's: near its headline, or a bare date anywhere in it."""
        if not self._page.belongs(block) or _is_teaser(block, self._headline):
            return False
        return line.bare or _is_marked(block) or self._page.distance(block) <= self._page.opening

    @cached_property
    def _data(self) -> list[str]:
        """The day of publication in the data of the page's own scripts, where all that they state is one day."""
        days: dict[str, str] = {}
        for script in islice(self._tree.iter("script"), 60):
            text = script.text or ""
            if len(text) > _MAX_SCRIPT or "ld+json" in (script.get("type") or ""):
                continue
            for match in islice(_DATA.finditer(text), 20):
                days[match["value"][:10]] = match["value"]
        return list(days.values()) if len(days) == 1 else []

    @cached_property
    def _datelines(self) -> list[ParsedDate]:
        """The days in the beginnings of paragraphs with the place and day of a report: KABUL (12.03.2026) …."""
        found = []
        for node in self._with_digits:
            element = _holder(node)
            if element is None or element.tag in _SILENT:
                continue
            day = dateline(" ".join(node.split()), language=self._language, day_first=self._day_first)
            if day is not None and self._page.belongs(element) and not is_barred(element, self._language):
                found.append(day)
        return found

    @cached_property
    def _with_digits(self) -> list[Text]:
        return _WITH_DIGITS(self._tree)[: 8 * _MAX_ELEMENTS]

    def _by_htmldate(self) -> ParsedDate | None:
        """Return the day that htmldate finds, when a line of the page that may say so states it.

        It knows many layouts, but it also guesses: of a year, or of a month that it cannot read, it makes a first.
        """
        if _COUNT(self._tree) > _MAX_TREE:
            return None
        tree = deepcopy(self._tree)
        etree.strip_elements(tree, "script", "style", "svg", "iframe", "noscript", with_tail=False)
        for element in _NOT_PUBLICATION(tree):
            parent = element.getparent()
            if parent is not None:
                element.drop_tree()
        found = find_date(tree, url=self._url, original_date=True, extensive_search=False)
        date = parse_date(found) if found else None
        if date is None or date.day is None:
            return None
        for element in islice(tree.iter("abbr"), _MAX_ELEMENTS):
            named = parse_date(element.get("title") or "", language=self._language)
            if named is not None and named.day == date.day and not _is_foreign(element):
                return date
        for node in _WITH_DIGITS(tree)[: 8 * _MAX_ELEMENTS]:
            element = _holder(node)
            if element is None or element.tag in _SILENT or _is_foreign(element):
                continue
            found_line = self._line_at(node, element)
            stated = found_line[0].published if found_line is not None else None
            if stated is not None and stated.day == date.day:
                return date
        return None


def _holder(node: Text) -> HtmlElement | None:
    """Return the element that a text node stands in."""
    element = node.getparent()
    if element is not None and node.is_tail and (parent := element.getparent()) is not None:
        return parent
    return element


def _is_foreign(element: HtmlElement) -> bool:
    return any(_FOREIGN.search(names_of(ancestor)) for ancestor in islice((element, *element.iterancestors()), 10))


def _is_marked(block: HtmlElement) -> bool:
    """Whether the class or id of a block, or of what is around or in it, names a date or the lines of a byline."""
    near = (block, *islice(block.iterancestors(), 2), *islice(block.iterdescendants(), 6))
    return any(_MARKS.search(f"{e.get('class') or ''} {e.get('id') or ''}") for e in near if isinstance(e.tag, str))


def _is_teaser(block: HtmlElement, headline: HtmlElement | None) -> bool:
    """Whether a block stands with a link to another text in an item of a list, or in a small part of the page."""
    inside = set(headline.iterancestors()) if headline is not None else set()
    for ancestor in islice((block, *block.iterancestors()), 4):
        if ancestor in inside or ancestor.tag in ("body", "main", "html"):
            return False
        if not any(_leads_on(link) and link is not headline for link in islice(ancestor.iter("a"), 8)):
            continue
        return ancestor.tag in _ITEMS or _is_repeated(ancestor) or len(line_of(ancestor)) <= MAX_LINE
    return False


def _leads_on(link: HtmlElement) -> bool:
    """Whether a link bears the title of another text: several words, where names of authors and sections are few."""
    text = text_of(link, limit=200, joint=" ")
    return len(text.split()) >= _TITLE_WORDS or len(_UNSPACED.findall(text)) >= 2 * _TITLE_WORDS


def _is_repeated(element: HtmlElement) -> bool:
    """Whether an element has a sibling of its kind, as items of lists have."""
    kind = (element.tag, element.get("class"))
    return any(
        (sibling.tag, sibling.get("class")) == kind
        for sibling in (element.getprevious(), element.getnext())
        if sibling is not None
    )


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
        return self.distance(element) >= -_BEFORE and not self._apart(element)

    def _apart(self, element: HtmlElement) -> bool:
        """Whether an element belongs to comments, teasers or other parts that the headline does not stand in."""
        close = 0 < self.distance(element) <= _CLOSE
        for depth, ancestor in enumerate((element, *element.iterancestors())):
            if depth > 14 or ancestor.tag in {"main", "body"} or ancestor in self._around:
                return False
            names = names_of(ancestor)
            if close:  # sites call the lines below a headline sidebar, teaser or aside too
                apart = _FOREIGN.search(names) is not None or (
                    (ancestor.tag in _APART_TAGS or _ELSEWHERE.search(names) is not None)
                    and _is_teaser(ancestor, self._headline)
                )
            else:
                apart = ancestor.tag in _APART_TAGS or _ELSEWHERE.search(names) is not None
            if apart or (ancestor.tag in ("li", "ul", "ol") and self._is_listed(element, ancestor)):
                return True
        return False

    def _is_listed(self, element: HtmlElement, ancestor: HtmlElement) -> bool:
        """Whether the list around an element is one of other texts."""
        return _is_teaser(element, self._headline) or _is_pointed(ancestor)

    @cached_property
    def _around(self) -> set[HtmlElement]:
        return set(self._headline.iterancestors()) if self._headline is not None else set()

    @cached_property
    def opening(self) -> int:
        """How far after the headline the first paragraph of the text stands; before it stand byline and date."""
        if self._headline is None:
            return _CLOSE
        for element, place in self._places.items():
            distance = place - self._places[self._headline]
            if distance > 0 and element.tag in ("p", "div") and len((element.text or "").strip()) > _PARAGRAPH:
                return distance
        return _CLOSE

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


def _is_pointed(block: HtmlElement) -> bool:
    """Whether a list stands under a heading that leads to other texts: Read also, اقرأ أيضا."""
    before = _before(block)
    return bool(before) and pattern("pointer").match(before.lower()) is not None


def _modified(tree: HtmlElement, structured: Structured, shown: "_Shown | None") -> Iterator[Evidence]:
    yield from (("json-ld", text) for text in structured.texts("dateModified"))
    yield from (("meta", text) for _, text in _meta(structured, _MODIFIED, None))
    for element in _STATED(tree)[:_MAX_ELEMENTS]:
        if (element.get("itemprop") or "").lower() == "datemodified":
            yield "microdata", element.get("content") or element.get("datetime") or _text(element)
    if shown is not None:
        yield from shown.changed()


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
        if ancestor.tag in _APART_TAGS or _ELSEWHERE.search(names_of(ancestor)):
            return True
    return False
