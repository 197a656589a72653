"""An HTML page to its article: text, title, authors, times and what else the page says about it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree
from lxml.html import HtmlElement

from schemas.reasons import Reason, Stage
from transforms.dates import parsing as dates
from transforms.dedup.identity import canonical_url, clean_url, join_url
from transforms.errors import Parts, Rejected
from transforms.extraction.authors import Byline, find_authors
from transforms.extraction.blocks import read_blocks
from transforms.extraction.body import Body, extract_body, strip
from transforms.extraction.encoding import Decoded, to_text
from transforms.extraction.page import Page
from transforms.extraction.page_type import is_paid, page_type
from transforms.extraction.published import Times, find_times
from transforms.extraction.stated import data_scripts, stated_bodies, stated_entries
from transforms.extraction.structured import Structured, read_structured
from transforms.extraction.title import Heading, Title, find_title, read_headings, site_keys
from transforms.extraction.type_model import judge_type
from transforms.text.clean import clean_line, clean_text
from transforms.text.folding import fold

_MAX_PAGE: Final = 20_000_000
"""Characters above which a page is rejected before it is parsed: news pages have 0.1 to 3 million."""
_MAX_ATTRIBUTES: Final = 300
_MANY_ATTRIBUTES: Final = re.compile(
    r"<([A-Za-z][^\s/>]*+)"
    r"(?:[\s/]++[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>\"'][^\s>]*+)?+)?+)"
    f"{{{_MAX_ATTRIBUTES},}}+"
)
"""A tag with so many attributes that the parser, which compares each with all, would need minutes for it."""
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_CONTROLS: Final = bytes.maketrans(bytes({*range(0x20)} - {*b"\t\n\r"}), b" " * 29)
_NONCHARACTERS: Final = re.compile(b"\xef\xb7[\x90-\xaf]|\xef\xbf[\xbe\xbf]")
_CONTROL_NUMBERS: Final = re.compile(
    r"&#(?:0*(?:[1-8]|1[124-9]|2[0-9]|3[01]|6553[45]|6497[6-9]|6499\d|6500[0-7])"
    r"|[xX]0*(?:[1-8b-cB-C]|[eEfF]|1[0-9a-fA-F]|[fF]{3}[eEfF]|[fF][dD][dDeE][0-9a-fA-F]))(?![0-9a-fA-F]);?"
)
"""Characters, also by number, that the parser takes and its tree then refuses to hold."""
_ELEMENTS: Final = etree.ElementDefaultClassLookup(element=HtmlElement)
_WALL: Final = re.compile(r"(?:class|id)=[\"'][^\"'<>]*paywall", re.IGNORECASE)
_STUB: Final = 600
"""Characters of text up to which a page that names a paywall is looked at as what the wall leaves free."""
_MIN_TEXT: Final = 40
_MAX_TAGS: Final = 30
_NO_TEXT: Final = (
    "the page has no article text: it may be filled in by a script, stand behind a login, or be no article"
)
_NO_CONTENT: Final = {
    "section": "the page is a section page: a list of articles, not one",
    "error": "the page is an error page: the server said so in words, whatever status it sent",
    "consent": "the page is a consent page: it asks for consent, or whether a robot reads it",
}
"""What a page without an article may be, for whoever has to look for its text."""
_MAX_ADDRESS: Final = 2048
_ANY_PAGE: Final = "http://localhost/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A page as it was parsed, with what it says of itself."""

    decoded: Decoded | None
    source: str
    tree: HtmlElement
    structured: Structured
    headings: list[Heading]
    title: Title | None
    title_element: str | None
    site: str | None
    site_keys: frozenset[str]
    summary: str | None

    @property
    def spellings(self) -> list[str]:
        """The spellings of the title, the chosen one first."""
        stated = (self.title.text if self.title else None, self.title_element, self.structured.first("og:title"))
        return [text for text in (*stated, *(h.text for h in self.headings if h.is_main)) if text]


def read_page(
    body: bytes | str,
    *,
    url: str | None = None,
    content_type: str | None = None,
    encoding: str | None = None,
    parts: Parts | None = None,
) -> Reading:
    """Return the tree of a page and what it says of itself; arguments and exceptions as for `extract_html`."""
    parts = parts or Parts()
    decoded = to_text(body, content_type=content_type, encoding=encoding) if isinstance(body, bytes) else None
    source = decoded.text if decoded else str(body)
    tree = _parse(source)
    headings: list[Heading] = parts.read("headings", [], read_headings, tree)
    shown = [heading.text for heading in headings if heading.is_main]
    structured = parts.read("structured", Structured(), read_structured, tree, url=url, headings=shown)
    title_element = clean_line(tree.findtext(".//title") or "") or None
    site = structured.first("og:site_name", "application-name") or next(iter(structured.texts("publisher")), None)
    keys = parts.read("site", frozenset(), site_keys, structured, url, site)
    return Reading(
        decoded=decoded,
        source=source,
        tree=tree,
        structured=structured,
        headings=headings,
        title=parts.read(
            "title", None, find_title, structured, headings=headings, title_element=title_element, keys=keys
        ),
        title_element=title_element,
        site=site,
        site_keys=keys,
        summary=structured.text("description")
        or structured.first("og:description", "description", "twitter:description"),
    )


def extract_html(
    body: bytes | str,
    *,
    url: str | None = None,
    content_type: str | None = None,
    encoding: str | None = None,
    fetched_at: str | None = None,
) -> Page:
    """Return the article of a page.

    `url` is where the page was found; `content_type` and `encoding` are what its server and its producer say of the
    bytes, and may be wrong; a date after `fetched_at` (RFC 3339) is not believed.

    Raises:
        Rejected: `undecodable` (no text), `empty_content` (nothing in it), `too_large`, or `no_content` (no article in
            it: a section page, an error, a consent or robot check, or no text).
    """
    parts = Parts()
    read = read_page(body, url=url, content_type=content_type, encoding=encoding, parts=parts)
    tree, structured, title = read.tree, read.structured, read.title
    byline = parts.read("authors", Byline(), find_authors, tree, structured, site_names=read.site_keys)
    headline = _headline(read.headings, title.text) if title else None
    times = parts.read(
        "dates",
        Times(),
        find_times,
        tree,
        structured,
        url=url,
        language=structured.language,
        headline=headline,
        latest=fetched_at,
    )
    scripts = data_scripts(tree)
    strip(tree)
    blocks = read_blocks(tree)
    judged = parts.read("type_model", (0.0, "other"), judge_type, structured, blocks, url)
    found = extract_body(
        tree,
        blocks,
        titles=read.spellings,
        stated=stated_bodies(structured),
        entries=stated_entries(structured),
        scripts=scripts,
        summary=read.summary,
        other=judged[0],
    )
    lines = _lines(found)
    kind, rejected = parts.read(
        "page_type",
        ("article", False),
        page_type,
        structured,
        title=title.text if title else None,
        lines=lines,
        links=found.links if found else 0.0,
        url=url,
        dated=times.day is not None and times.published is not None and times.published.source in {"json-ld", "meta"},
        walled=sum(map(len, lines)) < _STUB and _WALL.search(read.source) is not None,
        judged=judged,
    )
    if found is None or rejected or sum(map(len, lines)) < _MIN_TEXT:
        raise Rejected(Stage.EXTRACT, Reason.NO_CONTENT, _NO_CONTENT.get(kind, _NO_TEXT) if rejected else _NO_TEXT)
    return Page(
        text="\n".join(lines),
        method=found.method,
        fallback=found.fallback,
        encoding=read.decoded.encoding if read.decoded else "unicode",
        title=title.text if title else None,
        title_source=title.source if title else None,
        lede=found.lede or read.summary,
        authors=byline.people,
        organisations=byline.organisations,
        published=times.published,
        modified=times.modified,
        canonical_url=parts.read(
            "canonical_url", None, canonical_url, structured.canonical or structured.first("og:url"), url
        ),
        site_name=read.site,
        section=structured.text("articleSection") or structured.first("article:section", "og:section", "section"),
        tags=parts.read("tags", (), _tags, structured),
        image=parts.read("image", None, _image, structured, url),
        language=structured.language,
        page_type=kind,
        quality=found.quality,
        notes=(*_notes(read.decoded, structured, kind, found), *parts.notes),
    )


def _lines(body: Body | None) -> tuple[str, ...]:
    """Return the paragraphs of a body, clean whatever reading of the page they come from."""
    text = clean_text("\n".join(body.paragraphs)) if body else ""
    return tuple(text.split("\n")) if text else ()


def _headline(headings: Sequence[Heading], title: str) -> HtmlElement | None:
    """Return the heading in which a page shows its title."""
    for heading in headings:
        if title in heading.text or (heading.text in title and len(heading.text) > len(title) / 2):
            return heading.element
    return None


def _parse(source: str) -> HtmlElement:
    """Return the tree of a page; what would take the parser too long is refused or cut first.

    Raises:
        Rejected: `too_large`, `empty_content`, or `no_content` for what no parser reads.
    """
    if len(source) > _MAX_PAGE:
        message = f"the page has {len(source)} characters, more than {_MAX_PAGE}"
        raise Rejected(Stage.EXTRACT, Reason.TOO_LARGE, message)
    if not source.strip():
        raise Rejected(Stage.EXTRACT, Reason.EMPTY_CONTENT, "the page is empty")
    if "\x00" in source:
        source = source.replace("\x00", "")
    source = _MANY_ATTRIBUTES.sub(r"<\1", _CONTROL_NUMBERS.sub(" ", source))
    try:
        data = source.encode("utf-8")
    except UnicodeEncodeError:
        data = _SURROGATES.sub("\ufffd", source).encode("utf-8")
    data = _NONCHARACTERS.sub(b" ", data.translate(_CONTROLS))
    # A parser is cheap, and reusing one keeps its dictionary of names growing.
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    # lxml.html chooses the class of each element in Python, a tenth of the time of a page. Forms and inputs need none.
    parser.set_element_class_lookup(_ELEMENTS)
    try:
        tree = etree.fromstring(data, parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise Rejected(Stage.EXTRACT, Reason.NO_CONTENT, f"the page cannot be parsed: {error}") from error
    if not isinstance(tree, HtmlElement):
        raise Rejected(Stage.EXTRACT, Reason.NO_CONTENT, "the page has no element")
    return _whole(tree)


def _whole(tree: HtmlElement) -> HtmlElement:
    """Return a tree with what follows the end of the page put into its body, as browsers do.

    The parser makes a document of its own of it, beside the first one, where nobody would look for it.
    """
    behind = list(tree.itersiblings("html"))
    if behind:
        body = tree.find("body")
        if body is None:
            body = etree.SubElement(tree, "body")
        for other in behind:
            for inner in other.iterchildren("body"):
                inner.tag = "div"
            other.tag = "div"
            body.append(other)
    return tree


def _tags(structured: Structured) -> tuple[str, ...]:
    stated = structured.texts("keywords") or [
        text for name in ("article:tag", "news_keywords", "keywords") for text in structured.meta.get(name, ())
    ]
    separator = re.compile(r"\s*[,;،；、]\s*")
    tags = (tag for text in stated[:_MAX_TAGS] for tag in separator.split(text) if 1 < len(tag) <= 80)
    return tuple({fold(tag): tag for tag in tags if fold(tag)}.values())[:_MAX_TAGS]


def _image(structured: Structured, url: str | None) -> str | None:
    stated: object = next(iter(structured.many("image")), None)
    if isinstance(stated, dict):
        stated = stated.get("url") or stated.get("contentUrl")
    if not isinstance(stated, str) or not stated:
        stated = structured.first("og:image", "og:image:url", "twitter:image")
    if not stated:
        return None
    address = join_url(url, clean_url(stated))
    if not address or len(address) > _MAX_ADDRESS or not address[:8].lower().startswith(("http://", "https://")):
        return None
    return join_url(_ANY_PAGE, address)


def _notes(decoded: Decoded | None, structured: Structured, kind: str, body: Body) -> Iterator[str]:
    if decoded and decoded.repaired:
        yield f"{decoded.repaired} damaged characters"
    if kind != "paywall" and is_paid(structured):
        yield "not free to read"
    yield from body.notes


def warm_up() -> None:
    """Pay for what is slow on first use, before the first page: tables of months, stop words, compiled rules."""
    dates.warm_up()
    sentence = "The first page of a process is not a real one, it is only there to load what later pages need. "
    page = (
        f'<html lang="en"><head><title>Warm up - Site</title></head><body><h1>Warm up</h1>'
        '<p class="byline">By Jane Doe</p>'
        f"<time>January 6, 2026</time><article><p>{sentence * 2}</p><p>{sentence}</p></article></body></html>"
    )
    extract_html(page, url="https://example.org/2026/01/06/warm-up.html")
    # Without a date and with little text, all second opinions are asked.
    extract_html(f"<html><body><h1>Warm up</h1><p>{sentence}</p></body></html>")
