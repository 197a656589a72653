"""Which of the dates that a page shows its readers say when the text appeared: dates on lines of their own.

A line is what a block element shows, when that is short. It is no date line when it is a sentence, a heading, a
caption, a cell of a table or a teaser. Where a line has labels, each of its dates is what the label beside it says:
"Updated 20 November 2023. First published 14 February 2022."
"""

import functools
import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from itertools import islice
from typing import Final, Literal

from lxml import etree
from lxml.html import HtmlElement

from transforms.dates.parsing import ParsedDate, dates_in
from transforms.extraction.dom import Text
from transforms.text.tokens import ascii_digits

Label = Literal["published", "changed", "other", "plain"]
"""What a label says; a plain one, as Date or On, is one where nothing else stands in the line."""

MAX_LINE: Final = 160
"""Characters of a line with dates; more is a paragraph."""
_NEAR: Final = 60
"""Characters before a date in which its label stands."""
_CHILDREN: Final = 100
_MAX_OWN: Final = 60
"""Characters directly in a block that a layout has; more is running text with marked words."""
_MAX_WORDS: Final = 12
"""Words beside its dates and labels that a date line has: names, places, times."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_INLINE: Final = _set(
    "a abbr b bdi bdo big cite code data dfn em font i label mark q s small span strong sub sup time tt u var"
)
_HEADINGS: Final = _set("h1 h2 h3 h4 h5 h6")
_NO_LINE: Final = _set("figure figcaption caption th blockquote title button select")
_SENTENCE: Final = re.compile(r"[.!?。！？؟।]\W*$")
_ABBREVIATED: Final = re.compile(r"(?:\b(?:[ap]\.?m|uhr|hrs?|est|gmt|utc|cet)|\d|\b\w{1,4})\.\W*$", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_HIDDEN: Final = _set("script style noscript")
_DAY: Final = re.compile(
    r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d\d-\d\d|(?<!\d)\d{1,2}\.? [^\W\d_]{3,12}\.? \d{4}"
    r"|[^\W\d_]{3,12}\.? \d{1,2}, \d{4}|\d年"
)
"""What looks like a day, fast."""
_DATELINE: Final = re.compile(
    r"\s*(?P<place>[^\d\n.!?;:«»\"“”]{0,44}?)\(?(?:\d{1,2}[./-]\s?(?:\d{1,2}[./-]|[^\W\d_]+)\s?\d{4}|\d{4}[./-]\d\d?[./-]\d\d?"
    r"|\d{1,2}(?:er|º)?\.? (?:de )?[^\W\d_]{3,12}\.?(?:\s?/\s?[^\W\d_]{3,12}(?: [^\W\d_]{3,12})?)?,? (?:de )?\d{4}"
    r"|[^\W\d_]{3,12}\.? \d{1,2}, \d{4}|\d{4}年\d{1,2}月\d{1,2}日)\)?"
    r"[\s,،]*(?:\([^()\n]{2,40}\)|/[^/\n]{2,30}/)?\s*(?P<mark>[:：.•|–—-]|(?<=\)))"
)
_LETTER: Final = re.compile(r"[^\W\d_]")
_PLACE_WORDS: Final = 5
_LABEL_WORDS: Final = 5
_BARE: Final = 6
_BARE_UNCASED: Final = 1
_BARE_HEADING: Final = 2
_THIS: Final = re.compile(
    r"\bthis (?:article|story|post|piece|report|page|text|version)\b|\bdieser (?:artikel|beitrag|text)\b"
    r"|\bcet article\b|\beste (?:artículo|texto|artigo)\b|\bquesto articolo\b|\bdit artikel\b|\bbu (?:haber|yazı)\b"
    r"|هذا (?:المقال|الخبر)",
    re.IGNORECASE,
)


@functools.cache
def _labels() -> tuple[tuple[Label, re.Pattern[str]], ...]:
    lists = tomllib.loads((resources.files("transforms") / "data" / "date-labels.toml").read_text("utf-8"))

    def compiled(name: str) -> re.Pattern[str]:
        # Scripts without spaces and joined prefixes have no word boundaries that a pattern could ask for.
        words = "|".join(lists[name])
        return re.compile(rf"(?<![a-zà-ÿа-яα-ω])(?:{words})(?![a-zà-ÿа-яα-ω])", re.IGNORECASE)

    return ("published", compiled("published")), ("changed", compiled("changed")), ("other", compiled("other"))


@functools.cache
def _plain() -> re.Pattern[str]:
    lists = tomllib.loads((resources.files("transforms") / "data" / "date-labels.toml").read_text("utf-8"))
    return re.compile(rf"\W*(?:{'|'.join(lists['plain'])})\W*", re.IGNORECASE)


def label_of(text: str) -> Label | None:
    """Return what a label says that the date after it is of: its last word that says so decides."""
    text = text[-_NEAR:]
    best: tuple[int, int, Label] | None = None
    for kind, pattern in _labels():
        for match in pattern.finditer(text):
            place = (match.end(), -match.start(), kind)
            if best is None or place[:2] > best[:2]:
                best = place
    if best is not None:
        return best[2]
    return "plain" if text.strip() and _plain().fullmatch(text) else None


@dataclass(frozen=True, slots=True)
class DatedLine:
    """A line with the date of publication that it states or may state, and that of a change."""

    published: ParsedDate | None
    changed: ParsedDate | None
    labelled: bool
    """Whether a label says that `published` is that."""
    bare: bool = False
    """Whether hardly more stands in it: names, a place, a weekday."""


@functools.lru_cache(maxsize=512)
def read_line(text: str, *, language: str | None, day_first: bool | None = None, before: str = "") -> DatedLine:
    """Return what the dates of `text` say; `before` is what stands before it on the page, which may be its label.

    A line is asked for several times while its page is read: for each text in it, and where htmldate names its day.
    Without any label, the first date may be that of publication, unless the line is a sentence.
    """
    found = dates_in(text, language=language, day_first=day_first)
    labels: list[Label | None] = []
    end = 0
    for number, (start, stop, _) in enumerate(found):
        lead = text[end:start]
        labels.append(label_of(lead if number or lead.strip(" \t:：-–|•·") else _short(before)))
        end = stop
    labels = [_firm(label, text, found) for label in labels]
    behind = label_of(text[end:][:_NEAR]) if found and labels[0] is None else None
    if found and (not any(labels) or behind in ("published", "changed")):  # 2023年11月20日 更新 2022年2月14日 公開
        stops = [start for start, _, _ in found[1:]] + [len(text)]
        trailing = (label_of(text[stop:limit][:_NEAR]) for (_, stop, _), limit in zip(found, stops, strict=True))
        labels = [None if label in ("other", "plain") else label for label in trailing]
    published = [
        (date, opens_segment(text, number, found))
        for number, ((_, _, date), label) in enumerate(zip(found, labels, strict=True))
        if label == "published"
    ]
    changed = next((date for (_, _, date), label in zip(found, labels, strict=True) if label == "changed"), None)
    plain = [date for (_, _, date), label in zip(found, labels, strict=True) if label is None]
    spans = [(start, stop) for start, stop, _ in found]
    firm = [date for date, opens in published if opens] or (
        [date for date, _ in published] if not is_sentence(text, spans) or _THIS.search(text) else []
    )
    if firm:
        return DatedLine(min(firm, key=lambda date: date.value), changed, labelled=True)
    if plain and not published and not is_sentence(text, spans):
        return DatedLine(plain[0], changed, labelled=False, bare=is_bare(text, spans, _BARE))
    return DatedLine(None, changed, labelled=False)


def _short(before: str) -> str:
    """Return what stands before a line where it is short enough for a label."""
    return before if len(before.split()) <= _LABEL_WORDS and len(before) < _NEAR else ""


def dateline(text: str, *, language: str | None, day_first: bool | None = None) -> ParsedDate | None:
    """Return the day in the dateline with which a report begins: ``LONDON, July 4, 2025 (Reuters) -``."""
    opening = _DATELINE.match(ascii_digits(text[: 2 * _NEAR]))
    if opening is None:
        return None
    place = _WORD.findall(opening["place"])
    if len(place) > _PLACE_WORDS or sum(word[0].islower() for word in place) > 1:
        return None
    bracketed = text[: opening.start("mark")].rstrip().endswith(")")  # Karlsruhe, (12.11.2021). Traditionell …
    dashed = text[opening.end() :].lstrip().startswith(("-", "–", "—"))
    if place and opening["mark"] == "." and not bracketed and not dashed:
        return None  # the end of a sentence
    found = dates_in(text[: opening.end()], language=language, day_first=day_first)
    return found[0][2] if len(found) == 1 else None


def _firm(label: Label | None, text: str, found: list[tuple[int, int, ParsedDate]]) -> Label | None:
    """Return a label with a plain one decided."""
    if label != "plain":
        return label
    return "published" if is_bare(text, [(start, stop) for start, stop, _ in found], _BARE) else None


def opens_segment(text: str, number: int, found: list[tuple[int, int, ParsedDate]]) -> bool:
    """Whether what stands between the date before and this one begins with its label, as no sentence does."""
    begin = found[number - 1][1] if number else 0
    lead = text[begin : found[number][0]]
    letters = _LETTER.search(lead)
    if letters is None:
        return False
    return dict(_labels())["published"].match(lead, letters.start()) is not None


def is_bare(text: str, spans: list[tuple[int, int]], most: int) -> bool:
    """Whether beside dates a line has at most `most` words, and at most one that is no name where capitals tell."""
    words = _WORD.findall(_without(text, spans))
    common = sum(word[0].islower() for word in words)
    uncased = sum(not word[0].islower() and not word[0].isupper() for word in words)
    return len(words) <= most and common <= 1 and uncased <= _BARE_UNCASED and _SENTENCE.search(text) is None


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    for start, stop in reversed(spans):
        text = text[:start] + " " + text[stop:]
    return text


def is_sentence(text: str, spans: list[tuple[int, int]]) -> bool:
    """Whether a line says more than dates, labels, names and times."""
    words = _WORD.findall(_without(text, spans))
    if len(words) > _MAX_WORDS:
        return True
    ends = _SENTENCE.search(text) is not None and _ABBREVIATED.search(text) is None
    return len(words) > 1 and (ends or (_SENTENCE.search(text) is not None and len(words) > 3))


def block_of(element: HtmlElement) -> HtmlElement | None:
    """Return the block whose line the text in `element` belongs to; None where it is in running text."""
    block = element
    while block.tag in _INLINE:
        parent = block.getparent()
        if parent is None:
            break
        block = parent
    if len(line_of(block)) <= MAX_LINE:
        return block
    if block is element or _own(block) > _MAX_OWN:
        return None
    while element.getparent() is not None and element.getparent() is not block:
        parent = element.getparent()
        if len(line_of(parent)) > MAX_LINE:
            break
        element = parent
    return element


def is_barred(element: HtmlElement, language: str | None) -> bool:
    """Whether dates in `element` are of what they stand beside: in captions, headings with more words, data."""
    for depth, ancestor in enumerate((element, *element.iterancestors())):
        if ancestor.tag in _NO_LINE or (ancestor.tag in _HEADINGS and not _is_date(ancestor, language)):
            return True
        if ancestor.tag == "table":
            return _is_data(ancestor)
        if depth > 8:
            break
    return False


def _is_date(heading: HtmlElement, language: str | None) -> bool:
    """Whether a heading is a date, as blogs set above their entries, and no title."""
    text = line_of(heading)
    spans = [(start, stop) for start, stop, _ in dates_in(text, language=language)]
    most = 1 if heading.tag == "h1" else _BARE_HEADING + 2 * bool(spans and spans[0][0] < 2)
    return bool(spans) and is_bare(text, spans, most)


def _own(block: HtmlElement) -> int:
    """Return how many characters stand directly in `block`, among its first children: each date in it asks."""
    texts = [block.text or "", *(child.tail or "" for child in islice(block, _CHILDREN))]
    return sum(len(" ".join(text.split())) for text in texts)


def line_of(block: HtmlElement) -> str:
    """Return what `block` shows, up to a little more than the length of a line; scripts show nothing."""
    parts: list[str] = []
    length = 0
    for event, element in etree.iterwalk(block, events=("start", "end")):
        if event == "start":
            text = None if element.tag in _HIDDEN else element.text
        else:
            text = element.tail if element is not block else None
        if text:
            parts.append(text)
            length += len(text.strip())
            if length > MAX_LINE + 1:
                break
    return " ".join(" ".join(parts).split())


def stands_alone(node: Text) -> bool:
    """Whether a text node is a line of its own: before and after it blocks or breaks stand, no other words."""
    element = node.getparent()
    if element is None:
        return False
    before = element if node.is_tail else None
    after = element.getnext() if node.is_tail else next(iter(element), None)
    return all(beside is None or beside.tag not in _INLINE for beside in (before, after))


def _is_data(table: HtmlElement) -> bool:
    """Whether a table shows data, not a layout: days in several of its rows, or a heading beside them."""
    lines = ((row, line_of(row)) for row in islice(table.iter("tr"), 40))
    rows = [row for row, line in lines if len(line) <= MAX_LINE and _DAY.search(line) is not None]
    return len(rows) > 1 or any(next(row.iter("th"), None) is not None for row in rows)
