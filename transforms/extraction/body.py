"""The text of an article in the tree of a page.

Trafilatura's fast extractor does the main work, on a tree from which what is never article text has been taken away
first: that makes it faster and more precise. Where its result looks wrong (short, or little of what the page says in
paragraphs) others are asked too: trafilatura's full cascade, the containers that the found paragraphs share a class
with, and the JSON-LD ``articleBody``. `transforms.extraction.boilerplate` cleans the lines that are left.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

import trafilatura.utils
from lxml import etree
from lxml.html import HtmlElement, document_fromstring
from trafilatura import bare_extraction
from trafilatura.settings import Document, Extractor

from transforms.extraction import boilerplate
from transforms.extraction.dom import length_of, selector, text_of
from transforms.text.clean import clean_line, clean_text, unescape


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """Paragraphs of an article and how they were won.

    ``lede`` is the summary that the page shows, when it is the first of them; ``coverage`` the share of the page's
    paragraph text that they hold, in [0, 1]; ``links`` the share of link text in the page's text after its navigation
    was taken away.
    """

    paragraphs: tuple[str, ...]
    method: str
    fallback: str | None = None
    lede: str | None = None
    coverage: float = 1.0
    links: float = 0.0


# fmt: off
_NEVER: Final = frozenset({
    "script", "style", "noscript", "template", "svg", "iframe", "object", "embed", "applet", "canvas", "map",
    "audio", "video", "nav", "footer", "aside", "button", "input", "select", "option", "textarea", "label",
    "fieldset", "menu", "dialog", "head", "link", "meta", "base", "area", "param", "noframes", "frame", "frameset",
    "math", "rp", "rt", "form", "picture", "source", "track",
})
# fmt: on
"""Elements that hold no article text; some content systems wrap a whole page in a form, which then stays."""
_WRAPPERS: Final = frozenset({"form", "fieldset", "noscript", "label"})
_ALWAYS: Final = sorted(_NEVER - _WRAPPERS)
_FURNITURE: Final = re.compile(
    r"""(?:^|[\s_-])(?:
        related | recommend(?:ed|ations?)? | newsletters? | subscri(?:be|ption)s? | shar(?:e|ing) | social
      | breadcrumbs? | comments? | disqus | outbrain | taboola | advert(?:isement)? | sponsor(?:ed)?
      | promo(?:tion)? | popular | trending | most[_-]?read | read[_-]?more | author[_-]?(?:bio|box|info)
      | about[_-]?(?:the[_-])?author | bio | cookie | consent | gdpr | tags? | tag-?list | copyright | sign-?up
      | sidebar | up-?next | more-?(?:stories|news|articles|from) | see-?also | inline-?related | print-only
      | sr-only | visually-?hidden | screen-?reader(?:-text)?
    )(?:$|[\s_-])""",
    re.IGNORECASE | re.VERBOSE,
)
_JOINERS: Final = "\u200c\u200d"
_DROPPED: Final = "khabar-dropped"
_DECLARATION: Final = re.compile(r"^\s*<\?xml[^<>]{0,500}\?>")
_MARKABLE: Final = ("div", "section", "ul", "ol", "p", "span", "figure", "table", "li", "dl", "header")
_LINKED: Final = ("p", "li", "h2", "h3", "h4", "h5", "h6")
_MAX_FURNITURE: Final = 0.25
"""Share of a page's text, and 0.3 of its paragraphs, up to which an element's class name may condemn it."""
_BLOCKS: Final = ("p", "br", "div", "li", "h1", "h2", "h3", "h4", "blockquote", "tr")
_MAX_ELEMENTS: Final = 15_000
"""Elements of a stripped page up to which trafilatura is asked: its time grows with the square in places."""
_LONG: Final = 80
_SHORT_BODY: Final = 500
_LEDE: Final = (40, 700)
_COUNT: Any = etree.XPath("count(.//*)")
_LEDES: Final = selector(
    ".//*[self::p or self::h2 or self::div or self::span or self::strong or self::header]"
    "[starts-with(normalize-space(), $start)]"
)


def extract_body(
    tree: HtmlElement, *, titles: Sequence[str], stated_body: str | None, stated_lede: str | None
) -> Body | None:
    """Return the body of the page `tree`, which is stripped in place; None when there is no text.

    `titles` are the spellings of the page's title, `stated_body` and `stated_lede` what its metadata give as text and
    as summary.
    """
    _strip(tree)
    total, linked, paragraphs = _measure(tree)
    _drop_furniture(tree, total, sum(map(len, paragraphs)))
    _drop_link_blocks(tree, total)
    fallback = None
    if _COUNT(tree) > _MAX_ELEMENTS:
        method, coverage = "blocks", 1.0
        lines = _blocks(tree)
    else:
        method, lines = "trafilatura-fast", _trafilatura(tree, fast=True)
        coverage = _coverage(lines, paragraphs)
        best = _score(lines, coverage) + 0.05
        for name, candidate in _second_opinions(tree, lines, coverage, paragraphs):
            share = _coverage(candidate, paragraphs)
            if _score(candidate, share) > best:
                lines, coverage, best, fallback = candidate, share, _score(candidate, share), name
    lines = boilerplate.trim(lines, titles=titles)
    stated = boilerplate.trim(_lines(_plain(stated_body or "")), titles=titles)
    if sum(map(len, stated)) > max(200, 1.6 * sum(map(len, lines))):
        lines, fallback = stated, "json-ld"
    lede = _shown_lede(tree, stated_lede, lines) if stated_lede and fallback != "json-ld" else None
    if lede:
        lines = [lede, *lines]
    if not lines:
        return None
    return Body(
        paragraphs=tuple(lines),
        method=method,
        fallback=fallback,
        lede=lede,
        coverage=round(coverage, 3),
        links=round(linked / total, 3) if total else 0.0,
    )


def _lines(text: str) -> list[str]:
    return clean_text(text).split("\n") if text.strip() else []


def _plain(text: str) -> str:
    """Return a stated text without the markup and the entities that some sites leave in it."""
    text = clean_text(_DECLARATION.sub("", unescape(text)))
    if "</" not in text and "<br" not in text:
        return text
    try:
        tree = document_fromstring(text)
    except (etree.LxmlError, ValueError, AssertionError):
        return text
    for element in tree.iter(*_BLOCKS):
        element.tail = "\n" + (element.tail or "")
    return "".join(map(str, tree.itertext()))


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
    return _lines(found.text or "") if isinstance(found, Document) else []


def _blocks(tree: HtmlElement) -> list[str]:
    """Return the text of a page block by block, without judging it: for trees that are too large to be judged."""
    for element in tree.iter(*_BLOCKS):
        element.tail = "\n" + (element.tail or "")
    return _lines("".join(map(str, tree.itertext())))


def _strip(tree: HtmlElement) -> None:
    """Take elements that never hold article text out of `tree`."""
    for main in tree.iter("main"):
        # A button or menu that was never closed holds all that follows it.
        for around in main.iterancestors(*_NEVER):
            around.tag = "div"
    etree.strip_elements(tree, *_ALWAYS, with_tail=False)
    _drop(tree, [e for e in tree.iter(*_WRAPPERS) if next(e.iter("p", "h1"), None) is None])
    etree.strip_tags(tree, "img", "font", "wbr")


def _drop(tree: HtmlElement, elements: Iterable[HtmlElement]) -> None:
    """Remove elements, not the text after them; all at once, because joining texts one by one takes quadratic time."""
    for element in elements:
        element.tag = _DROPPED
    etree.strip_elements(tree, _DROPPED, with_tail=False)


def _measure(tree: HtmlElement) -> tuple[int, int, list[str]]:
    """Return the length of a page's text and of its links, and the paragraphs that are long and no link."""
    total = len(text_of(tree))
    linked = sum(length_of(link) for link in tree.iter("a"))
    paragraphs = []
    for element in tree.iter("p"):
        text = text_of(element)
        if len(text) >= _LONG and sum(length_of(link) for link in element.iter("a")) < 0.5 * len(text):
            paragraphs.append(text)
    return total, linked, list(dict.fromkeys(paragraphs))


@lru_cache(maxsize=8192)
def _is_furniture(names: str) -> bool:
    """Whether a class or id is one of parts beside the article; sites repeat their few hundred names many times."""
    return _FURNITURE.search(names) is not None


def _drop_furniture(tree: HtmlElement, total: int, paragraphs: int) -> None:
    """Drop elements whose class says that they stand beside the article, unless much of the page is in them."""
    dropped = []
    for element in tree.iter(*_MARKABLE):
        if not any(map(_is_furniture, (element.get("class") or "", element.get("id") or ""))):
            continue
        if element.getparent() is None:
            continue
        if length_of(element) > _MAX_FURNITURE * total or next(element.iter("h1"), None) is not None:
            continue
        if sum(length_of(p) for p in element.iter("p")) <= 0.3 * paragraphs:
            dropped.append(element)
    _drop(tree, dropped)


def _drop_link_blocks(tree: HtmlElement, total: int) -> None:
    """Drop paragraphs, headings and lists that only lead elsewhere, up to a share of the page's text."""
    left = 0.3 * total
    dropped = []
    for element in tree.iter(*_LINKED):
        link = next(element.iter("a"), None)
        if link is None or element.getparent() is None:
            continue
        text = text_of(element)
        if not text or len(text) > 400 or len(text) > left:
            continue
        linked = sum(len(text_of(a)) for a in element.iter("a"))
        label = linked >= 0.85 * len(text) and (
            text.isupper() or (element.tag != "li" and not boilerplate.ends_sentence(text))
        )
        if label or (linked >= 0.5 * len(text) and boilerplate.is_pointer(text)):
            dropped.append(element)
            left -= len(text)
    _drop(tree, dropped)
    dropped = []
    for element in tree.iter("ul", "ol"):
        items = [item for item in element if item.tag == "li"]
        if len(items) < 2 or element.getparent() is None or any(next(i.iter("a"), None) is None for i in items):
            continue
        length = len(text_of(element))
        if length and length <= left and sum(len(text_of(a)) for a in element.iter("a")) >= 0.7 * length:
            dropped.append(element)
            left -= length
    _drop(tree, dropped)


def _coverage(lines: Sequence[str], paragraphs: Sequence[str]) -> float:
    """Return the share of the page's long paragraphs (by length) that `lines` hold."""
    total = sum(map(len, paragraphs))
    if not total:
        return 1.0
    found = " ".join(lines).replace(" ", "")
    return sum(len(p) for p in paragraphs if p[: 2 * _LONG].replace(" ", "")[:60] in found) / total


def _litter(lines: Sequence[str]) -> float:
    """Return the share of a text that stands in short lines which end like labels, not like sentences."""
    total = sum(map(len, lines))
    short = sum(len(line) for line in lines if len(line) < _LONG and not boilerplate.ends_sentence(line))
    return short / total if total else 1.0


def _score(lines: Sequence[str], coverage: float) -> float:
    return coverage - 0.5 * _litter(lines) if lines else -1.0


def _second_opinions(
    tree: HtmlElement, lines: Sequence[str], coverage: float, paragraphs: list[str]
) -> Iterator[tuple[str, list[str]]]:
    """Yield other readings of the page where `lines` look wrong, by the name of their method."""
    if not lines:
        yield "paragraphs", paragraphs
    if sum(map(len, lines)) < _SHORT_BODY or _litter(lines) > 0.4:
        yield "trafilatura", _trafilatura(tree, fast=False)
    elif coverage < 0.6:
        yield "containers", _same_containers(tree, lines)


def _same_containers(tree: HtmlElement, lines: Sequence[str]) -> list[str]:
    """Return the paragraphs of all containers that look like the one in which `lines` were found.

    Some sites break a body into several containers, with advertisements between them.
    """
    found = {line[:60].replace(" ", "") for line in lines if len(line) >= _LONG}
    kinds: dict[tuple[str, str], int] = {}
    for element in tree.iter("p"):
        text = text_of(element)
        parent = element.getparent()
        if parent is not None and parent.get("class") and text[:60].replace(" ", "") in found:
            kind = (str(parent.tag), parent.get("class") or "")
            kinds[kind] = kinds.get(kind, 0) + len(text)
    if not kinds:
        return []
    tag, name = max(kinds, key=lambda kind: kinds[kind])
    containers = [e for e in tree.iter(tag) if e.get("class") == name]
    if len(containers) < 2:
        return []
    blocks = (block for c in containers for block in c.iter("p", "h2", "h3", "h4", "li", "blockquote"))
    texts = (clean_line(text_of(b)) for b in blocks if b.tag != "blockquote" or next(b.iter("p"), None) is None)
    return [text for text in dict.fromkeys(texts) if text]


def _shown_lede(tree: HtmlElement, stated: str, lines: Sequence[str]) -> str | None:
    """Return the summary that a page shows between headline and text, when the text lacks it."""
    lede = clean_line(stated)
    key = lede.rstrip("….")[:150]
    if not _LEDE[0] <= len(lede) <= _LEDE[1] or "".join(key.split()) in "".join("".join(lines).split()):
        return None
    for element in _LEDES(tree, start=key[: _LEDE[0]]):
        text = clean_line(text_of(element))
        if "".join(text.split()).startswith("".join(key.split())) and len(text) <= len(lede) + 200:
            return text
    return None
