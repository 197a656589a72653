"""What kind of page it is: an article, a special form of one, or no article at all.

The rule: a live blog, a gallery and what a paywall leaves free are articles, labelled so. An error page, a consent or
robot check, and a section or home page of little but links are no articles and are rejected as `no_content`. What a
model takes for a list, a product, a thread of a forum or another page that is no article keeps its text and comes out
with that label: a wrongly rejected article is lost, a wrongly labelled one is not.
"""

import re
from collections.abc import Sequence
from typing import Final, Literal, cast

from transforms.dedup.identity import path_of
from transforms.extraction.boilerplate import ends_sentence
from transforms.extraction.patterns import pattern
from transforms.extraction.structured import Structured

PageType = Literal[
    "article", "live_blog", "gallery", "paywall", "section", "product", "forum", "other", "error", "consent"
]

ARTICLES: Final = frozenset({"article", "live_blog", "gallery", "paywall"})
"""Articles and the special forms of one; the other types that are not rejected come out with their label."""

_LIVE: Final = re.compile(
    r"(?:^|[-/_.])(?:live-?(?:blog|ticker|updates?|berichte?|verslag|rapport)|en-(?:direct|vivo)|in-diretta|ao-vivo"
    r"|canli-(?:anlatim|blog))(?:[-/_.]|$)|^/live/|/live-news/",
    re.IGNORECASE,
)
_FREE: Final = frozenset({"true", "1", "yes", "http://schema.org/true", "https://schema.org/true"})
_NO_ARTICLE: Final = 0.9
"""Probability of being no article from which the model's label is believed."""
_SHORT: Final = 600
_STUB: Final = 1500
_PARAGRAPH: Final = 100


def page_type(
    structured: Structured,
    *,
    title: str | None,
    lines: Sequence[str],
    links: float,
    url: str | None,
    dated: bool,
    walled: bool = False,
    judged: tuple[float, str] = (0.0, "other"),
) -> tuple[PageType, bool]:
    """Return the kind of a page with the text `lines`, and whether it is rejected as no article.

    `judged` is what the model says (`transforms.extraction.type_model`): how probably it is no article, and what it is
    then. The model labels a page, and never rejects one: only the rules do.

    `links` is the share of link text in the text, `dated` whether its metadata give it a date, `walled` whether a
    short text stands beside an element that is named as a paywall (many sites have one on every page).
    """
    length = sum(map(len, lines))
    if length < _SHORT and title and pattern("error_title").search(title.lower()):
        return "error", True
    if length < 2 * _SHORT and _is_check(title, lines) and not _claims_article(structured):
        return "consent", True
    if "LiveBlogPosting" in structured.kinds or (url and _LIVE.search(path_of(url))):
        return "live_blog", False
    if not dated and not _claims_article(structured) and _is_list(structured, lines, links, url):
        return "section", True
    if length < _STUB and (is_paid(structured) or walled):
        return "paywall", False
    if length < _STUB and _is_gallery(structured):
        return "gallery", False
    probability, label = judged
    return (cast(PageType, label) if probability > _NO_ARTICLE else "article"), False


def is_paid(structured: Structured) -> bool:
    """Whether a page says that its text is not free to read."""
    free = structured.article.get("isAccessibleForFree")
    if isinstance(free, (bool, str)) and str(free).strip().lower() not in _FREE:
        return True
    tier = structured.first("article:content_tier", "og:content_tier", "content_tier")
    return tier is not None and tier.lower() in {"locked", "paid", "premium"}


def _claims_article(structured: Structured) -> bool:
    return (
        any(kind.endswith(("Article", "Posting")) for kind in structured.kinds)
        or (structured.first("og:type") or "").lower() in {"article", "news", "blog"}
        or structured.first("article:published_time") is not None
    )


def _is_check(title: str | None, lines: Sequence[str]) -> bool:
    found = sum(len(line) for line in (title or "", *lines) if pattern("check").search(line.lower()))
    return found > 0.4 * (sum(map(len, lines)) + len(title or ""))


def _is_list(structured: Structured, lines: Sequence[str], links: float, url: str | None) -> bool:
    listed = bool({"CollectionPage", "ItemList", "SearchResultsPage"} & set(structured.kinds))
    home = bool(url) and path_of(url or "") in {"", "/"}
    prose = sum(len(line) for line in lines if len(line) >= _PARAGRAPH and ends_sentence(line))
    return prose < 2 * _PARAGRAPH and (links > 0.7 or ((listed or home) and links > 0.4))


def _is_gallery(structured: Structured) -> bool:
    kinds = {"ImageGallery", "MediaGallery"} & set(structured.kinds)
    return bool(kinds) or (structured.first("og:type") or "").lower() in {"gallery", "article:gallery", "photo"}
