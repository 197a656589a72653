"""The blocks of a page: its runs of text between the borders of elements, with what a reader or a model sees of each.

A block ends where a block-level element begins or ends, and at a line break. Elements within a line (links, emphasis,
spans) do not end one, unless they stand like a paragraph: a span or an element of the page's own making with no text
beside it.
"""

from dataclasses import dataclass, field
from typing import Final

from lxml import etree
from lxml.html import HtmlElement

# fmt: off
_INLINE: Final = frozenset({
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins",
    "kbd", "label", "mark", "nobr", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt",
    "u", "var", "ruby", "rb", "amp-link", "u1", "img", "wbr",
})
_BLOCK: Final = frozenset({
    "html", "body", "address", "article", "aside", "blockquote", "caption", "center", "col", "colgroup", "dd",
    "details",
    "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6",
    "header", "hgroup", "hr", "legend", "li", "main", "menu", "nav", "ol", "p", "pre", "section", "summary", "table",
    "tbody", "td", "tfoot", "th", "thead", "tr", "ul", "dialog", "button", "optgroup", "option", "select",
})
# fmt: on
_EMPHASIS: Final = frozenset({"b", "strong", "em", "i", "u", "mark"})


@dataclass(slots=True)
class Blocks:
    """The blocks of a page and the elements that they stand in, column by column.

    Columns of blocks: ``texts`` (single spaces), ``nodes`` (index of the block-level element), ``inline`` (names of the
    first element within the line), ``links`` (characters in links), ``link_count``, ``strong`` (characters in
    emphasis), ``breaks`` (whether a line break began it). Columns of elements: ``tags``, ``names`` (class, id and
    property as one string), ``parents`` (index, -1 for the root), ``depths``.
    """

    texts: list[str] = field(default_factory=list)
    nodes: list[int] = field(default_factory=list)
    inline: list[str] = field(default_factory=list)
    links: list[int] = field(default_factory=list)
    link_count: list[int] = field(default_factory=list)
    strong: list[int] = field(default_factory=list)
    breaks: list[bool] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)


def names_of(element: HtmlElement) -> str:
    """Return what an element is called: its class, id and property."""
    get = element.get
    name = get("class") or ""
    if other := get("id"):
        name = f"{name} #{other}"
    if other := get("itemprop"):
        name = f"{name} @{other}"
    return name


class _Reader:
    """Builds blocks from the events of a walk through a tree."""

    def __init__(self) -> None:
        self.blocks = Blocks()
        self.stack: list[int] = []
        self.parts: list[str] = []
        self.broken = False
        self.linked = self.links = self.strength = self.strong = self.link_count = 0
        self.first: HtmlElement | None = None

    def text(self, text: str) -> None:
        self.parts.append(text)
        if self.linked:
            self.links += len(text)
        if self.strength:
            self.strong += len(text)

    def flush(self) -> None:
        """End the block that is being read; asked only where it has begun."""
        text = " ".join("".join(self.parts).split())
        self.parts.clear()
        if text:
            blocks = self.blocks
            blocks.texts.append(text)
            blocks.nodes.append(self.stack[-1])
            blocks.inline.append(names_of(self.first) if self.first is not None else "")
            blocks.links.append(min(self.links, len(text)))
            blocks.link_count.append(self.link_count)
            blocks.strong.append(min(self.strong, len(text)))
            blocks.breaks.append(self.broken)
            self.first = None
            self.broken = False
        self.links = self.strong = self.link_count = 0

    def enter(self, element: HtmlElement, tag: str) -> None:
        if self.parts:
            self.flush()
        blocks, stack = self.blocks, self.stack
        blocks.tags.append(tag)
        blocks.names.append(names_of(element))
        blocks.parents.append(stack[-1] if stack else -1)
        blocks.depths.append(len(stack))
        stack.append(len(blocks.tags) - 1)

    def leave(self) -> None:
        if self.parts:
            self.flush()
        self.stack.pop()


def _stands_alone(element: HtmlElement) -> bool:
    """Whether an element has no text beside it in its parent, as paragraphs have none."""
    if element.tail and not element.tail.isspace():
        return False
    previous = element.getprevious()
    if previous is not None:
        before = previous.tail
    else:
        parent = element.getparent()
        before = parent.text if parent is not None else None
    return not before or before.isspace()


def read_blocks(tree: HtmlElement) -> Blocks:
    """Return the blocks of `tree` in document order."""
    reader = _Reader()
    parts, stack = reader.parts, reader.stack
    flags: list[bool] = []
    """Of the open elements within lines and of unknown ones: whether they are read as blocks."""
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        tag = element.tag
        if event == "start":
            if tag in _BLOCK:
                reader.enter(element, tag)
            elif tag == "br":
                if parts:
                    reader.flush()
                reader.broken = True
                continue
            elif tag in _INLINE:
                if tag == "span" and stack and _is_paragraph(element):
                    reader.enter(element, tag)
                    flags.append(True)
                else:
                    flags.append(False)
                    if tag == "a":
                        reader.linked += 1
                        reader.link_count += 1
                    elif tag in _EMPHASIS:
                        reader.strength += 1
                    if reader.first is None and not parts:
                        reader.first = element
            elif not stack or _stands_alone(element):
                reader.enter(element, tag)
                flags.append(True)
            else:
                flags.append(False)
            text = element.text
            if text and (parts or not text.isspace()):
                reader.text(text)
        else:
            if tag in _BLOCK:
                reader.leave()
            elif tag == "br":
                pass
            elif flags.pop():
                reader.leave()
            elif tag == "a":
                reader.linked -= 1
            elif tag in _EMPHASIS:
                reader.strength -= 1
            tail = element.tail
            if tail and stack and (parts or not tail.isspace()):
                reader.text(tail)
    return reader.blocks


_HOLDERS: Final = frozenset({"div", "section", "article", "main", "td", "center", "body"})
_PARAGRAPH: Final = 60


def _is_paragraph(span: HtmlElement) -> bool:
    """Whether a span stands for a paragraph: beside others in a container, alone, long, and a sentence."""
    parent = span.getparent()
    if parent is None or parent.tag not in _HOLDERS or len(parent) < 2 or not _stands_alone(span):
        return False
    text = "".join(span.itertext()).strip()
    return len(text) >= _PARAGRAPH and text[-1] in '.!?…。！？؟۔।"”»'
