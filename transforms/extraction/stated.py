"""Texts that a page states for machines: bodies in JSON-LD, entries of live blogs, the data of the page's own scripts.

They are asked for only when little or nothing is shown.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import orjson
from lxml import etree
from lxml.html import HtmlElement, document_fromstring

from transforms.extraction.structured import Structured
from transforms.text.clean import clean_text, unescape

_BLOCKS: Final = ("p", "br", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "tr")
_MAX_SCRIPT: Final = 3_000_000
_MIN_SCRIPT: Final = 300
_MAX_VALUES: Final = 100_000
_DECLARATION: Final = re.compile(r"^\s*<\?xml[^<>]{0,500}\?>")
_PROSE: Final = 60
_JSON: Final = re.compile(r"^\s*(?:(?:window|self|globalThis)?[.\[]?[\w.$\"'\]\[]{1,60}\s*=\s*)?(?=[{\[])")
_SENTENCE: Final = re.compile(r"\w[.!?…。！？؟۔।][\"”’»)\]]*\s*$")


def plain(text: str) -> str:
    """Return a stated text without the markup and the entities that some sites leave in it."""
    text = clean_text(_DECLARATION.sub("", unescape(text)))
    if "</" not in text and "<br" not in text and "<p>" not in text:
        return text
    try:
        tree = document_fromstring(text)
    except (etree.LxmlError, ValueError, AssertionError):
        return text
    for element in tree.iter(*_BLOCKS):
        element.tail = "\n" + (element.tail or "")
    return "".join(map(str, tree.itertext()))


def stated_bodies(structured: Structured) -> list[str]:
    """Return the texts that JSON-LD gives as that of the article."""
    return [plain(text) for text in structured.many("articleBody") if isinstance(text, str)]


def stated_entries(structured: Structured) -> list[str]:
    """Return the entries of a live blog in JSON-LD, in their order, as one text; none when it has none."""
    entries = [_entry(update) for update in structured.many("liveBlogUpdate") if isinstance(update, dict)]
    return ["\n".join(entries)] if entries else []


def _entry(update: dict[str, Any]) -> str:
    """Return the heading and the text of a live blog's entry."""
    texts = [update.get("headline"), update.get("articleBody") or update.get("description")]
    return "\n".join(dict.fromkeys(plain(text).strip() for text in texts if isinstance(text, str)))


def data_scripts(tree: HtmlElement) -> list[HtmlElement]:
    """Return the scripts of a page that hold data, such as the state from which it is drawn."""
    return [
        script
        for script in tree.iter("script")
        if script.text
        and _MIN_SCRIPT <= len(script.text) <= _MAX_SCRIPT
        and "ld+json" not in (script.get("type") or "")
        and ("json" in (script.get("type") or "") or _JSON.match(script.text))
    ]


def data_bodies(scripts: Sequence[HtmlElement]) -> list[str]:
    """Return the longest text in each data script: one long string, or the strings of one list."""
    found = []
    for script in scripts:
        value = _parse(script.text or "")
        texts = list(_texts(value)) if value is not None else []
        if texts:
            found.append(max(texts, key=len))
    return found


def _parse(text: str) -> Any:
    start = _JSON.match(text)
    try:
        return orjson.loads(text[start.end() if start else 0 :].strip().removesuffix(";"))
    except orjson.JSONDecodeError:
        return None


def _texts(root: Any) -> Iterator[str]:
    """Yield what in a value could be the text of an article: strings of several paragraphs, lists of paragraphs."""
    stack = [root]
    count = 0
    while stack and count < _MAX_VALUES:
        value = stack.pop()
        count += 1
        if isinstance(value, str):
            if len(value) >= _PROSE and ("<p" in value or "\n" in value or len(value) > 4 * _PROSE):
                text = plain(value)
                if _is_prose(text):
                    yield text
        elif isinstance(value, dict):
            stack.extend(value.values())
        elif isinstance(value, list):
            parts = [part for item in value if (part := _paragraph(item))]
            if len(parts) > 1 and any(map(_is_prose, parts)):
                yield "\n".join(parts)
            stack.extend(value)


def _paragraph(item: Any) -> str | None:
    """Return the text of a list's entry when it is one paragraph: a string, or the only prose of a small object."""
    if isinstance(item, str):
        text = plain(item)
        return text if _is_prose(text) else None
    if isinstance(item, dict):
        texts = [plain(v) for v in item.values() if isinstance(v, str)]
        for child in item.values():
            if isinstance(child, dict):
                texts += [plain(v) for v in child.values() if isinstance(v, str)]
        return max((t for t in texts if _is_prose(t)), key=len, default=None)
    return None


def _is_prose(text: str) -> bool:
    """Whether a string is written for readers: long, of words, and ending as sentences do."""
    return len(text) >= _PROSE and _SENTENCE.search(text) is not None and not text.lstrip().startswith(("{", "[", "<"))
