"""What the extraction reads from a tree of elements, typed."""

import re
from collections.abc import Callable
from typing import Any, Final, Protocol, cast

from lxml import etree
from lxml.html import HtmlElement

_STRING: Any = etree.XPath("string()", smart_strings=False)


def _string(element: HtmlElement) -> str:
    return cast(str, _STRING(element)) if len(element) else element.text or ""


class Text(Protocol):
    """A text node, as lxml gives them: a string that knows its element."""

    is_tail: bool
    """Whether it stands after its element, not in it."""

    def getparent(self) -> HtmlElement | None:
        """Return the element that the text stands in or after."""

    def split(self) -> list[str]:
        """Return the words, as `str.split`."""


def selector(xpath: str) -> Callable[..., list[HtmlElement]]:
    """Return a function that gives the elements of a tree that `xpath` selects, in document order.

    Its keyword arguments are the variables of `xpath`.
    """
    compiled: Any = etree.XPath(xpath)
    return cast(Callable[..., list[HtmlElement]], compiled)


def text_selector(xpath: str) -> Callable[[HtmlElement], list[Text]]:
    """Return a function that gives the text nodes of a tree that `xpath` selects; each knows its parent."""
    compiled: Any = etree.XPath(xpath)
    return cast(Callable[[HtmlElement], list[Text]], compiled)


def text_of(element: HtmlElement, *, limit: int | None = None, joint: str = "") -> str:
    """Return the text in `element` with single spaces, the texts in it joined by `joint`.

    Reading stops after about `limit` characters, so that a large element costs no more than a small one.
    """
    if limit is None and not joint:
        return " ".join(_string(element).split())
    parts: list[str] = []
    length = 0
    for text in element.itertext():
        parts.append(str(text))
        length += len(text)
        if limit is not None and length > limit:
            break
    return " ".join(joint.join(parts).split())


def length_of(element: HtmlElement) -> int:
    """Return the number of characters in `element`, spaces as they stand."""
    return len(_string(element))


# Content systems put an article's own topics into its class, where "category-popular" says nothing of the element.
_TOPICS: Final = re.compile(r"(?<!\S)(?:tag|category|cat|topic|editorial|keyword)-\S+")


def names_of(element: HtmlElement) -> str:
    """Return the class and the id of `element`, in which sites say what it is for."""
    return f"{_TOPICS.sub('', element.get('class') or '')} {element.get('id') or ''}"
