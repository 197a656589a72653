"""What a page says about itself in machine-readable form: JSON-LD (schema.org), OpenGraph and other meta elements."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from lxml.html import HtmlElement

from transforms.text.clean import clean_line, unescape

Node = dict[str, Any]

_MAX_SCRIPT: Final = 2_000_000
_MAX_NODES: Final = 5_000
_FAMILY_FIRST: Final = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
"""A letter of the scripts in which the family name stands first and no space behind it."""
_ARTICLE: Final = re.compile(r"(?:Article|BlogPosting|LiveBlogPosting|Report|AnalysisNews|OpinionNews|ClaimReview)$")
_PAGE: Final = frozenset({"WebPage", "ItemPage", "VideoObject", "NewsMediaObject", "Review", "Recipe", "Event"})
_INTO: Final = ("@graph", "mainEntity", "mainEntityOfPage", "subjectOf")
"""Properties that lead to the article of a page; others lead to related, listed and cited articles."""
_MAX_VALUES: Final = 100
"""Values in one script."""
_TOKEN: Final = re.compile(r'[",]|/\*|//')
_QUOTED: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_AFTER_COMMA: Final = re.compile(r",\s*+(?:[}\]]|$)")
_VALUE: Final = re.compile(r"[{\[]")
_WRAPPING: Final = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/)|(?:-->|//\s*\]\]>|\]\]>|;)\s*$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Structured:
    """Raw statements of a page, in document order; nothing is interpreted yet.

    ``article`` is the JSON-LD node of the page's article (or of the page itself), ``kinds`` the schema.org types of all
    top nodes, ``nodes`` those nodes by ``@id``, ``meta`` the contents of meta elements by
    name or property, lower-cased.
    """

    article: Node = field(default_factory=dict)
    kinds: tuple[str, ...] = ()
    nodes: dict[str, Node] = field(default_factory=dict)
    meta: dict[str, tuple[str, ...]] = field(default_factory=dict)
    canonical: str | None = None
    amp: str | None = None
    language: str | None = None

    def first(self, *names: str) -> str | None:
        """Return the first non-empty content of the meta elements `names`, in the order given."""
        return next((text for name in names for text in self.meta.get(name, ()) if text), None)

    def text(self, name: str) -> str | None:
        """Return a property of the article as one line of text."""
        return next(iter(self.texts(name)), None)

    def texts(self, name: str) -> list[str]:
        """Return a property of the article as lines of text: strings, or names of nodes."""
        return [line for value in _many(self.article.get(name)) if (line := self.name_of(value))]

    def name_of(self, value: Any) -> str:
        """Return the text of a string, or the name of a node or of the node that a reference leads to."""
        node = self.node_of(value)
        if node is not None:
            value = next((node[key] for key in ("name", "headline", "@value") if node.get(key)), "")
            value = next(iter(_many(value)), "") or _name_in_parts(node) or node.get("url", "")
        return clean_line(unescape(value)) if isinstance(value, str) else ""

    def node_of(self, value: Any) -> Node | None:
        """Return `value` as a node, references followed; None when it is none."""
        if not isinstance(value, dict):
            return None
        reference = value.get("@id")
        if isinstance(reference, str) and not value.get("name") and reference in self.nodes:
            return self.nodes[reference]
        return value

    def many(self, name: str) -> list[Any]:
        """Return the values of a property of the article as a list."""
        return _many(self.article.get(name))


def _name_in_parts(node: Node) -> str:
    """Return the name of a person whose given and family names are stated apart, in the order of its script."""
    parts = [next(iter(_many(node.get(key))), "") for key in ("givenName", "additionalName", "familyName")]
    given = [clean_line(part) for part in parts if isinstance(part, str) and part.strip()]
    if given and all(_FAMILY_FIRST.match(part) for part in given):
        return "".join(given[-1:] + given[:-1])
    return " ".join(given)


def read_structured(tree: HtmlElement, *, url: str | None = None, headings: Iterable[str] = ()) -> Structured:
    """Return what `tree` states about itself; never fails, whatever is written there."""
    meta: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        content = element.get("content")
        name = element.get("property") or element.get("name") or element.get("itemprop")
        if content and name and len(content) < 10_000:
            meta.setdefault(name.strip().lower(), []).append(clean_line(unescape(content)))
    canonical = amp = None
    for link in tree.iter("link"):
        relation = (link.get("rel") or "").lower()
        if relation == "canonical":
            canonical = canonical or link.get("href")
        elif relation == "amphtml":
            amp = amp or link.get("href")
    top = list(_nodes(tree))
    nodes = {node["@id"]: node for node in top if isinstance(node.get("@id"), str) and node.get("name")}
    return Structured(
        article=_main(top, {address for address in (canonical, url) if address}, set(headings)),
        kinds=tuple(dict.fromkeys(kind for node in top for kind in kinds(node))),
        nodes=nodes,
        meta={name: tuple(contents) for name, contents in meta.items()},
        canonical=canonical,
        amp=amp,
        language=_language(tree, meta),
    )


def _language(tree: HtmlElement, meta: dict[str, list[str]]) -> str | None:
    roots = (tree, next(tree.iter("html"), None), next(tree.iter("body"), None))
    declared = next((lang for e in roots if e is not None and (lang := e.get("lang") or e.get("xml:lang"))), None)
    for name in ("content-language", "language", "og:locale", "dc.language"):
        declared = declared or next(iter(meta.get(name, ())), None)
    tag = re.match(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*", (declared or "").strip())
    return tag.group().replace("_", "-") if tag else None


def kinds(node: Node) -> list[str]:
    """Return the schema.org types of a node, without the vocabulary's address."""
    return [kind.rsplit("/", 1)[-1] for kind in _many(node.get("@type")) if isinstance(kind, str)]


def _many(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]


def _nodes(tree: HtmlElement) -> Iterator[Node]:
    """Yield the nodes on the way to a page's article, in document order."""
    count = 0
    for script in tree.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower() or not script.text or len(script.text) > _MAX_SCRIPT:
            continue
        stack: list[Any] = [_parse(script.text)]
        while stack and count < _MAX_NODES:
            value = stack.pop()
            if isinstance(value, list):
                stack.extend(reversed(value))
            elif isinstance(value, dict):
                count += 1
                yield value
                stack.extend(value[name] for name in reversed(_INTO) if isinstance(value.get(name), (dict, list)))


def _parse(text: str) -> Any:
    """Return JSON as it is found in pages; see `_lenient` for what is forgiven."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        plain = _WRAPPING.sub("", _WRAPPING.sub("", text.lstrip("\ufeff\u200b \t\r\n")))
    for candidate in (plain, unescape(plain)):
        found = _values(_lenient(candidate))
        if found:
            return found[0] if len(found) == 1 else found
    return None


def _lenient(text: str) -> str:
    """Return JSON without what is no JSON: comments, commas before a closing bracket, escapes that do not exist.

    One pass, token by token, so that neither quotation marks nor comments that are never closed take long.
    """
    parts: list[str] = []
    at = 0
    while (token := _TOKEN.search(text, at)) is not None:
        start = token.start()
        parts.append(text[at:start])
        if token[0] == '"':
            string = _QUOTED.match(text, start)
            if string is None:
                at = start
                break
            parts.append(_ESCAPE.sub(_escape, string[0]) if "\\" in string[0] else string[0])
            at = string.end()
        elif token[0] == ",":
            behind = _AFTER_COMMA.match(text, start)
            parts.append("" if behind else ",")
            at = start + 1
        else:
            end = text.find("*/" if token[0] == "/*" else "\n", start + 2)
            at = len(text) if end < 0 else end + len(token[0]) * (token[0] == "/*")
    parts.append(text[at:])
    return "".join(parts)


def _escape(found: re.Match[str]) -> str:
    """Return an escape as JSON has it; one that does not exist stands for its character."""
    written = found[0]
    if written[1] in '"\\/bfnrt' or len(written) == 6:
        return written
    return f"\\u00{written[2:]}" if len(written) == 4 else written[1:]


def _values(text: str) -> list[Any]:
    """Return the values that stand one behind the other in `text`, as far as they can be read."""
    decoder = json.JSONDecoder(strict=False)
    found: list[Any] = []
    at = 0
    while len(found) < _MAX_VALUES and (start := _VALUE.search(text, at)) is not None:
        try:
            value, at = decoder.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            break
        found.append(value)
    return found


def _main(nodes: list[Node], addresses: set[str], headings: set[str]) -> Node:
    """Return the node of the page's article: the one that names this page, else the one with most to say."""
    best: Node = {}
    best_score = 0.0
    for node in nodes:
        types = kinds(node)
        if any(_ARTICLE.search(kind) for kind in types):
            score = 10.0
        elif any(kind in _PAGE for kind in types):
            score = 1.0
        else:
            continue
        page = node.get("mainEntityOfPage")
        stated = (node.get("url"), node.get("@id"), page.get("@id") if isinstance(page, dict) else page)
        score += 5 * any(isinstance(a, str) and a.split("#")[0] in addresses for a in stated)
        headline = node.get("headline") or node.get("name")
        score += 3 * (isinstance(headline, str) and clean_line(unescape(headline)) in headings)
        score += sum(bool(node.get(name)) for name in ("headline", "datePublished", "author", "articleBody")) / 2
        if "LiveBlogPosting" in types:
            score += 0.5
        if score > best_score:
            best, best_score = node, score
    return best
