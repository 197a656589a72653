"""Plain text as an article: wire copy and text files, with what their first lines say (date, headline, standfirst)."""

import itertools
import re
from dataclasses import dataclass
from typing import Final

from transforms.dates.parsing import parse_date
from transforms.extraction.date_lines import dateline, read_line
from transforms.extraction.page import Moment, Page
from transforms.text.clean import clean_line, clean_text
from transforms.text.folding import fold

_MAX_HEAD_LINES: Final = 4
_MAX_DATE: Final = 60
_MAX_HEADLINE: Final = 160
_LINE_BREAK: Final = re.compile(r"\r\n|[\n\r\v\f\x85\u2028\u2029]")
_WORD: Final = re.compile(r"\w")
# ``date 2026-01-06 • text``, ``Published: 6 January 2026``, ``التاريخ: 6 يناير 2026``: the label makes it a date line.
_DATE_LINE: Final = re.compile(
    r"""^\s*(?:date|dated|published(?:\ (?:on|at))?|publication\ date|posted(?:\ on)?|datum|stand
        |veröffentlicht(?:\ am)?|publié(?:\ le)?|fecha|publicado(?:\ el|\ em)?|data
        |pubblicato(?:\ il)?|tarih|дата|опубликовано
        |التاريخ|تاريخ(?:\ النشر)?|نشر(?:\ في)?|تاریخ|תאריך|日期|日付|날짜|दिनांक)
        \s*[::]?\s+(?P<date>[^•|·–—]{4,60}?)\s*(?:(?:[•|·–—]|\s-\s)\s*(?P<rest>.*))?$""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_SENTENCE_END: Final = tuple('.!?…؟۔。！？।:;,،؛»”"')
_MIN_BREAKS: Final = 3
_WRAPPED_SHARE: Final = 0.9
_WRAP_WIDTH: Final = range(40, 121)


@dataclass(slots=True)
class _Head:
    """What the first lines say before the text begins."""

    published: Moment | None = None
    title: str | None = None
    standfirst: str | None = None


def extract_text(text: str, *, encoding: str, title: str | None = None, notes: tuple[str, ...] = ()) -> Page:
    """Return the article in a plain text, of which `title` is the headline where its producer gave one.

    Blank lines separate paragraphs; lines that were wrapped at a fixed width are joined again. A date line at the top
    gives ``published`` and leaves the text, what follows it on the same line is the standfirst and opens the text. A
    first line that looks like a headline is the title, unless the producer gave one: then only that very line leaves.
    """
    blocks = _blocks(text)
    head = _Head()
    _read_head(blocks, head, fold(title or ""))
    paragraphs = _paragraphs(blocks)
    if not paragraphs and head.title and not head.standfirst:
        paragraphs = [head.title]  # a news flash is its headline
    if head.published is None and paragraphs and (day := dateline(paragraphs[0], language=None)):
        head.published = Moment(value=day.value, precision=day.precision, source="text")
    if head.standfirst:
        paragraphs.insert(0, head.standfirst)
    return Page(
        text="\n".join(paragraphs),
        method="text",
        encoding=encoding,
        title=head.title,
        title_source="heading" if head.title else None,
        standfirst=head.standfirst is not None,
        lede=head.standfirst or (paragraphs[0] if paragraphs else None),
        published=head.published,
        notes=notes,
    )


def _blocks(text: str) -> list[list[str]]:
    """Return the clean, non-empty lines of `text`, in blocks that blank lines separate."""
    blocks: list[list[str]] = [[]]
    for line in _LINE_BREAK.split(text):
        clean = clean_line(line)
        if clean:
            blocks[-1].append(clean)
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]


def _read_head(blocks: list[list[str]], head: _Head, known_title: str) -> None:
    """Take date line, headline and standfirst off the front of `blocks`."""
    for _ in range(_MAX_HEAD_LINES):
        if not blocks:
            return
        line = blocks[0][0]
        if head.published is None and (dated := _date_line(line)):
            head.published, head.standfirst = dated
        elif head.title is None and (fold(line) == known_title if known_title else _is_headline(blocks)):
            head.title = line
        else:
            return
        del blocks[0][0]
        if not blocks[0]:
            del blocks[0]
        if head.standfirst:
            return


def _date_line(line: str) -> tuple[Moment, str | None] | None:
    match = _DATE_LINE.match(line)
    if match:
        date, rest = match["date"], match["rest"]
    elif len(line) <= _MAX_DATE and any(c.isdigit() for c in line):
        stated = read_line(line, language=None)
        if stated.published is None or not (stated.labelled or stated.bare):
            return None  # a headline or a sentence that names a day
        date, rest = line, None
    else:
        return None
    parsed = parse_date(date)
    if parsed is None or parsed.precision in {"year", "month"}:
        return None
    return Moment(value=parsed.value, precision=parsed.precision, source="date-line"), clean_line(rest or "") or None


def _is_headline(blocks: list[list[str]]) -> bool:
    """A headline stands alone or on top, is short, ends like no sentence, and longer text follows it."""
    line = blocks[0][0]
    following = " ".join(line for block in [blocks[0][1:], *blocks[1:4]] for line in block)
    alone = len(blocks[0]) == 1 and len(blocks) > 1
    return (
        alone
        and len(line) <= _MAX_HEADLINE
        and not line.endswith(_SENTENCE_END)
        and _WORD.search(line) is not None
        and len(following) > max(80, len(line))
    )


def _paragraphs(blocks: list[list[str]]) -> list[str]:
    if not _is_wrapped(blocks):
        return [line for block in blocks for line in block]
    return [clean_text(" ".join(block)) for block in blocks]


def _is_wrapped(blocks: list[list[str]]) -> bool:
    """Whether line breaks within blocks come from wrapping: the next line's first word would not have fitted."""
    breaks = [(line, after) for block in blocks for line, after in itertools.pairwise(block)]
    if len(breaks) < _MIN_BREAKS:
        return False
    width = max(len(line) for block in blocks for line in block)
    if width not in _WRAP_WIDTH:
        return False
    forced = sum(len(line) + 1 + len(after.split(" ", 1)[0]) > width for line, after in breaks)
    return forced >= _WRAPPED_SHARE * len(breaks)
