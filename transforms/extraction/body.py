"""The text of an article in the tree of a page.

What never holds text is stripped in C, the rest is read as blocks, and a model says which of them are the article
(`transforms.extraction.block_model`). Where it is unsure of much, trafilatura's fast extractor votes on the blocks in
question; where little comes out or much is in doubt, its full cascade is asked, and what the page states elsewhere
(`transforms.extraction.stated`). `transforms.extraction.boilerplate` cleans the lines that are left. A text is never
lost: when the readings disagree, the longest sound one is kept, and its quality says so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import trafilatura.utils
from lxml import etree
from lxml.html import HtmlElement
from trafilatura import bare_extraction
from trafilatura.settings import Document, Extractor

from transforms.extraction import boilerplate
from transforms.extraction.block_model import block_model
from transforms.extraction.blocks import Blocks
from transforms.extraction.dom import length_of
from transforms.extraction.features import articles, beside
from transforms.extraction.stated import data_bodies
from transforms.extraction.trees import Floats
from transforms.text.clean import clean_text
from transforms.text.folding import fold

_COUNT: Any = etree.XPath("count(.//*)")
Keep = npt.NDArray[np.bool_]
Reached = tuple[tuple[float, ...], tuple[float, ...]]
"""Promised F1, ascending, and the F1 that was reached where it was promised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """Paragraphs of an article and how they were won.

    ``lede`` is the summary that the page states, when the text begins with it; ``quality`` the F1 that is to be
    expected against a careful reader's choice, in [0, 1]; ``links`` the share of link text in the blocks chosen, in all
    where none is; ``notes`` what is doubtful.
    """

    paragraphs: tuple[str, ...]
    method: str
    fallback: str | None = None
    lede: str | None = None
    quality: float = 0.0
    links: float = 0.0
    notes: tuple[str, ...] = ()


# fmt: off
_NEVER: Final = frozenset({
    "script", "style", "noscript", "template", "svg", "iframe", "object", "embed", "applet", "canvas", "map",
    "audio", "video", "nav", "footer", "button", "input", "select", "option", "textarea", "fieldset", "menu",
    "dialog", "head", "link", "meta", "base", "area", "param", "noframes", "frame", "frameset", "math", "rp", "rt",
    "form",
})
# fmt: on
"""Elements that hold no article text."""
_WRAPPERS: Final = ("form", "fieldset", "noscript")
"""Elements that some content systems put around a whole page: they stay when they hold a paragraph."""
_MISNAMED: Final = {"nav": 5, "footer": 5, "menu": 3, "dialog": 3}
"""Elements that stay when they hold so many paragraphs: their name is wrong."""
_ALWAYS: Final = sorted(_NEVER - set(_WRAPPERS))
_DROPPED: Final = "khabar-dropped"
_JOINERS: Final = "\u200c\u200d"
_MAX_ELEMENTS: Final = 15_000
"""Elements of a stripped page up to which trafilatura is asked: its time grows with the square in places."""
_LONG: Final = 80
_KEEP: Final = 0.5
_OTHER: Final = 0.5
"""Probability of being no article from which a page is read as one that is none."""
_KEEP_OTHER: Final = 0.3
"""Probability from which a block of a page that is probably no article stays: text is spread more thinly there."""
_UNSURE: Final = (0.2, 0.8)
_MUCH: Final = 0.25
"""Share of unsure text from which trafilatura votes. It was made for articles: of other pages it is not asked."""
_VOTE: Final = 0.5
"""What its vote weighs beside the model's probability."""
_LITTLE: Final = 200
"""Characters of text under which other readings are asked."""
_STUB: Final = 600
"""Characters of text under which a page's own data and the stated entries of a live blog are read."""
_STATED: Final = 3.0
"""How many times as long a text that is stated for machines must be to stand for the one that is shown."""
_SOUND: Final = 0.4
"""Share of a reading in short lines that end like labels, from which it is a list and no text."""
_SMALL: Final = 0.25
_PARAGRAPH: Final = 150
_ARTICLES: Final = (
    (0.0, 0.441, 0.733, 0.822, 0.872, 0.91, 0.941, 0.96, 0.974, 0.984, 0.992),
    (0.0, 0.58, 0.853, 0.886, 0.888, 0.922, 0.922, 0.95, 0.964, 0.979, 0.989),
)
_OTHERS: Final = ((0.0, 0.533, 0.74, 0.82, 0.865, 0.909), (0.0, 0.412, 0.629, 0.716, 0.795, 0.906))
"""The F1 that probabilities promise for an article and for another page, and below each the mean that pages of sites
not seen in training reached (folds by site)."""
_SURE: Final = 0.99
"""The highest quality: no choice among a page's blocks is certain."""
_POSSIBLE: Final = 0.05
_LINKED: Final = 0.85
_HEADING: Final = 90
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_CELL: Final = 200
_KEY: Final = 60


def extract_body(
    tree: HtmlElement,
    blocks: Blocks,
    *,
    titles: Sequence[str],
    stated: Sequence[str] = (),
    entries: Sequence[str] = (),
    scripts: Sequence[HtmlElement] = (),
    summary: str | None = None,
    other: float = 0.0,
) -> Body | None:
    """Return the body of the page with the stripped `tree` and its `blocks`; None when there is no text.

    `titles` are the spellings of the page's title, `stated` the texts that it states for machines, `entries` those of
    a live blog, `scripts` those with its data, `summary` the summary that it states; `other` is the probability that
    it is no article.
    """
    lines: list[str] = []
    fallback, quality, links, left_out = None, 0.0, 0.0, 0
    if blocks.texts:
        found = block_model().probabilities(blocks, titles=titles, summary=summary)
        lengths = np.fromiter(map(len, blocks.texts), dtype=np.float32, count=len(blocks.texts))
        small = _COUNT(tree) <= _MAX_ELEMENTS
        is_article = other < _OTHER
        found[_under_heading(blocks, found) | _named_beside(blocks, found)] = 0.0
        if (shown := _shown_summary(blocks, found, summary)) is not None:
            found[shown] = max(found[shown], 0.6)
        if is_article:
            found[_of_further_articles(blocks, found, titles)] = 0.0
        keep = _without_links_at_the_end(blocks, found > _KEEP) if is_article else found > _KEEP_OTHER
        unsure = (found > _UNSURE[0]) & (found < _UNSURE[1])
        if small and is_article and lengths[unsure].sum() > _MUCH * lengths[keep | unsure].sum():
            fallback = "trafilatura-fast"
            voted = (1 - _VOTE) * found + _VOTE * _holds(_trafilatura(tree, fast=True), blocks)
            keep = np.where(unsure, voted > _KEEP, keep)
        keep = _with_whole_rows(blocks, _with_like_headings(blocks, found, keep))
        chosen = keep if keep.any() else ~keep
        links = float(np.array(blocks.links)[chosen].sum() / lengths[chosen].sum())
        lines = boilerplate.trim(_assemble(blocks, keep), titles=titles)
        left_out = _left_out(blocks, found, keep)
        quality = _expected(found, keep, lengths, _ARTICLES if is_article else _OTHERS)
        if small and _length(lines) < _LITTLE:
            for name, reading in _other_readings(tree, blocks):
                text = boilerplate.trim(reading, titles=titles)
                if _litter(text) < _SOUND and _length(text) > (max(_LITTLE, 2 * _length(lines)) if lines else 0):
                    lines, fallback, quality = text, name, min(quality, 0.5)
                    break
    texts = [*stated, *((*entries, *data_bodies(scripts)) if _length(lines) < _STUB else ())]
    best = max((boilerplate.trim(_clean(text), titles=titles) for text in texts), key=_length, default=[])
    if _length(best) > max(_LITTLE / 2, _STATED * _length(lines)):
        lines, fallback = best, "stated"
        quality = 0.9
    if not lines:
        return None
    return Body(
        paragraphs=tuple(lines),
        method="block-model",
        fallback=fallback,
        lede=lines[0] if summary and _same_start(lines[0], summary) else None,
        quality=min(round(quality, 2), _SURE),
        links=round(links, 3),
        notes=(f"{left_out} doubtful paragraphs left out",) if left_out and fallback != "stated" else (),
    )


def strip(tree: HtmlElement) -> None:
    """Take elements that never hold article text out of `tree`."""
    for inner in tree.iter("main", "h1", "article"):
        # A button or menu that was never closed holds all that follows it.
        for around in inner.iterancestors(*_NEVER):
            around.tag = "div"
    for element in list(tree.iter(*_MISNAMED)):
        if sum(length_of(p) >= _LONG for p in element.iter("p")) >= _MISNAMED[str(element.tag)]:
            element.tag = "div"
    etree.strip_elements(tree, *_ALWAYS, with_tail=False)
    # All at once: joining the texts around them one by one takes quadratic time.
    for element in [e for e in tree.iter(*_WRAPPERS) if next(e.iter("p", "h1"), None) is None]:
        element.tag = _DROPPED
    etree.strip_elements(tree, _DROPPED, with_tail=False)
    etree.strip_tags(tree, "img", "font", "wbr", "source", "track", "picture")


def _assemble(blocks: Blocks, keep: Keep) -> list[str]:
    """Return the lines of the blocks kept: items of lists with a dash, rows of tables on one line.

    A paragraph that a page shows twice, for screens of two sizes, is there once.
    """
    kept = np.flatnonzero(keep).tolist()
    places = [_place(blocks, blocks.nodes[index]) for index in kept]
    rows: dict[int, list[int]] = {}
    for index, (_, _, row) in zip(kept, places, strict=True):
        if row >= 0:
            rows.setdefault(row, []).append(index)
    cells = {index: cell for index, (_, cell, _) in zip(kept, places, strict=True)}
    flat = {row for row, members in rows.items() if _is_data_row(blocks, members, cells)}
    lines: list[str] = []
    seen: set[str] = set()
    items: set[int] = set()
    for index, (item, _, row) in zip(kept, places, strict=True):
        text = blocks.texts[index]
        if row in flat:
            if rows[row][0] == index:
                lines.append(" | ".join(blocks.texts[member] for member in rows[row]))
            continue
        if len(text) >= _LONG:
            if text in seen:
                continue
            seen.add(text)
        if item >= 0 and item not in items:
            items.add(item)
            text = f"- {text}"
        lines.append(text)
    return _clean("\n".join(lines))


def _named_beside(blocks: Blocks, found: Floats) -> Keep:
    """Return which unsure blocks stand in a small element that is named as a part beside the article."""
    outer = beside(blocks)[blocks.nodes]
    lengths = np.array([len(text) for text in blocks.texts], dtype=np.float64)
    inside = np.bincount(outer + 1, weights=lengths)[outer + 1]
    named: Keep = (outer >= 0) & (found < _UNSURE[1]) & (inside < _SMALL * lengths.sum())
    return named


def _under_heading(blocks: Blocks, found: Floats) -> Keep:
    """Return which blocks stand under a heading of readers' comments, of the author or of an offer.

    That is what follows it in its container, up to the next heading of its kind. A heading that stands before most of
    the text is not believed.
    """
    out = np.zeros(len(found), dtype=np.bool_)
    lengths = np.array([len(text) for text in blocks.texts]) * (found > _KEEP)
    before, total = np.cumsum(lengths), lengths.sum()
    for index, text in enumerate(blocks.texts):
        if len(text) > _HEADING or 2 * before[index] < total or not boilerplate.heads_beside(text):
            continue
        tag, container = blocks.tags[blocks.nodes[index]], blocks.parents[blocks.nodes[index]]
        out[index] = True
        for after in range(index + 1, len(found)):
            node = blocks.nodes[after]
            if (blocks.tags[node] == tag and tag in _HEADINGS) or not _within(blocks, node, container):
                break
            out[after] = True
    return out


def _of_further_articles(blocks: Blocks, found: Floats, titles: Sequence[str]) -> Keep:
    """Return which blocks are of other articles that follow on the page, as sites load them for readers who scroll on.

    They begin at a heading that is named and placed as the headline is, or stand in an `article` of their own behind
    the one that holds more of the text than all others.
    """
    lengths = np.array([len(text) for text in blocks.texts], dtype=np.float64) * (found > _KEEP)
    roots = articles(blocks)[blocks.nodes]
    held = np.bincount(roots + 1, weights=lengths)
    held[0] = 0.0
    most = int(np.argmax(held)) - 1
    out: Keep = np.zeros(len(found), dtype=np.bool_)
    if held[most + 1] > max(_STUB, held.sum() / 2):
        out |= roots > most
    headline = fold(titles[0]) if titles else ""
    heads = [i for i, node in enumerate(blocks.nodes) if blocks.tags[node] in _HEADINGS and blocks.names[node]]
    shown = next((index for index in heads if fold(blocks.texts[index]) == headline), None)
    if shown is not None:
        read = np.cumsum(lengths)
        like = (i for i in heads if i > shown and _heads_alike(blocks, blocks.nodes[shown], blocks.nodes[i]))
        long_after = (i for i in like if read[i] - read[shown] > _STUB and fold(blocks.texts[i]) != headline)
        out[next(long_after, len(out)) :] = True
    return out


def _heads_alike(blocks: Blocks, first: int, second: int) -> bool:
    """Whether two headings have the same tag and names, and stand in elements of the same."""
    up, down = blocks.parents[first], blocks.parents[second]
    return all(
        blocks.tags[one] == blocks.tags[other] and blocks.names[one] == blocks.names[other]
        for one, other in ((first, second), (up, down))
    )


def _shown_summary(blocks: Blocks, found: Floats, summary: str | None) -> int | None:
    """Return the block that shows the stated summary before the text, if the model does not exclude it."""
    if not summary or len(summary) < _KEY * 2 // 3:
        return None
    first = int(np.argmax(found > _KEEP))
    for index in range(first):
        text = blocks.texts[index]
        if found[index] > _POSSIBLE and len(text) <= 2 * len(summary) + _KEY and _same_start(text, summary):
            return index
    return None


def _with_like_headings(blocks: Blocks, found: Floats, keep: Keep) -> Keep:
    """Return `keep` with the doubtful headings of entries, as live blogs have them, where those of others are kept.

    An entry is an element with one heading and kept text behind it; entries are alike when their elements are.
    """
    heads = [i for i in np.flatnonzero(keep[1:]).tolist() if blocks.tags[blocks.nodes[i]] in _HEADINGS - {"h1"}]
    parents = [blocks.parents[blocks.nodes[index]] for index in heads]
    own = [blocks.tags[blocks.nodes[index]] for index in heads]
    kinds = [(tag, blocks.tags[parent], blocks.parents[parent]) for tag, parent in zip(own, parents, strict=True)]
    entries: dict[tuple[str, str, int], set[int]] = {}
    for index, parent, kind in zip(heads, parents, kinds, strict=True):
        if keep[index]:
            entries.setdefault(kind, set()).add(parent)
    out = keep.copy()
    for index, parent, kind in zip(heads, parents, kinds, strict=True):
        others = entries.get(kind, set())
        if found[index] > _UNSURE[0] and len(others) - (parent in others) > 1 and len(blocks.texts[index]) <= _HEADING:
            out[index] = True
    return out


def _with_whole_rows(blocks: Blocks, keep: Keep) -> Keep:
    """Return `keep` with all cells of a row of short values of which one is kept: names without figures say little."""
    if "tr" not in blocks.tags:
        return keep
    rows: dict[int, list[int]] = {}
    cells: dict[int, int] = {}
    for index, node in enumerate(blocks.nodes):
        _, cells[index], row = _place(blocks, node)
        if row >= 0:
            rows.setdefault(row, []).append(index)
    out = keep.copy()
    for members in rows.values():
        if keep[members].any() and _is_data_row(blocks, members, cells):
            out[members] = True
    return out


def _without_links_at_the_end(blocks: Blocks, keep: Keep) -> Keep:
    """Return `keep` without the blocks at its end that are nothing but links to other pages."""
    out = keep.copy()
    for index in np.flatnonzero(keep)[:0:-1].tolist():
        text = blocks.texts[index]
        if blocks.links[index] < _LINKED * len(text) or boilerplate.ends_sentence(text):
            break
        out[index] = False
    return out


def _left_out(blocks: Blocks, found: Floats, keep: Keep) -> int:
    """Return the number of long paragraphs that are not in the text although they might belong to it."""
    doubtful = np.flatnonzero(~keep & (found > _UNSURE[0])).tolist()
    return sum(
        len(blocks.texts[index]) >= _PARAGRAPH
        and 2 * blocks.links[index] < len(blocks.texts[index])
        and boilerplate.ends_sentence(blocks.texts[index])
        for index in doubtful
    )


def _within(blocks: Blocks, node: int, container: int) -> bool:
    while node > container:
        node = blocks.parents[node]
    return node == container


def _place(blocks: Blocks, node: int) -> tuple[int, int, int]:
    """Return the list item, the cell and the row that an element stands in, -1 where it stands in none."""
    item = cell = -1
    while node >= 0:
        tag = blocks.tags[node]
        if tag == "li" and item < 0 and cell < 0:
            item = node
        elif tag in ("td", "th") and cell < 0:
            cell = node
        elif tag == "tr":
            return item, cell, node
        node = blocks.parents[node]
    return item, cell, -1


def _is_data_row(blocks: Blocks, members: list[int], cells: dict[int, int]) -> bool:
    """Whether a table's row is a line of short values; layouts put paragraphs into cells."""
    found = [cells[member] for member in members]
    return len(found) > 1 and len(set(found)) == len(found) and all(len(blocks.texts[m]) < _CELL for m in members)


def _clean(text: str) -> list[str]:
    return clean_text(text).split("\n") if text.strip() else []


def _length(lines: Sequence[str]) -> int:
    return sum(map(len, lines))


def _expected(found: Floats, keep: Keep, lengths: Floats, reached: Reached) -> float:
    """Return the F1 to expect for the blocks kept: what the probabilities promise, by what such promises were worth."""
    weighted = found * lengths
    right, kept, true = float(weighted[keep].sum()), float(lengths[keep].sum()), float(weighted.sum())
    return float(np.interp(2 * right / (kept + true), *reached)) if kept + true else 0.0


def _holds(lines: Sequence[str], blocks: Blocks) -> Keep:
    """Return which blocks stand in a reading of the page."""
    text = "".join("".join(lines).split())
    return np.array(["".join(block[: 2 * _KEY].split())[:_KEY] in text for block in blocks.texts], dtype=np.bool_)


def _kept(character: str) -> str:
    """Return a character as it belongs into a text; trafilatura's own rule drops what is not printed.

    Persian, the scripts of India and emoji are spelt with joiners, which are not printed.
    """
    return character if character.isprintable() or character.isspace() or character in _JOINERS else ""


trafilatura.utils.return_printables_and_spaces = lru_cache(maxsize=2**14)(_kept)


@cache
def _options(fast: bool) -> Extractor:
    """Return trafilatura's options, which it else reads from its configuration for every page."""
    return Extractor(output_format="python", fast=fast, precision=not fast, comments=False)


def _trafilatura(tree: HtmlElement, *, fast: bool) -> list[str]:
    found = bare_extraction(tree, options=_options(fast))
    return _clean(found.text or "") if isinstance(found, Document) else []


def _other_readings(tree: HtmlElement, blocks: Blocks) -> Iterator[tuple[str, list[str]]]:
    """Yield what else could be the text of a page, by the name of its method."""
    yield "trafilatura", _trafilatura(tree, fast=False)
    prose = [len(t) >= _LONG and 2 * n < len(t) for t, n in zip(blocks.texts, blocks.links, strict=True)]
    yield "paragraphs", _assemble(blocks, np.array(prose, dtype=np.bool_))


def _litter(lines: Sequence[str]) -> float:
    """Return the share of a text that stands in short lines which end like labels, not like sentences."""
    total = _length(lines)
    short = sum(len(line) for line in lines if len(line) < _LONG and not boilerplate.ends_sentence(line))
    return short / total if total else 1.0


def _same_start(line: str, summary: str) -> bool:
    key = "".join(summary.rstrip("….").split())[:_KEY]
    return bool(key) and "".join(line.split()).startswith(key)
