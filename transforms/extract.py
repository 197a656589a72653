"""From a raw article to a draft: its text and metadata, its language, its identity and its fingerprint."""

import re
from dataclasses import replace
from typing import Final

from schemas.reasons import Reason, Stage
from schemas.records import Extraction, Source
from transforms.dates.parsing import parse_date, read_hint
from transforms.decode import RawArticle
from transforms.dedup.fingerprint import fingerprint
from transforms.dedup.identity import article_uri, canonical_url, request_key
from transforms.dedup.publisher import publisher_of
from transforms.draft import Draft
from transforms.errors import Parts, Rejected
from transforms.extraction.authors import split_names
from transforms.extraction.encoding import to_text
from transforms.extraction.html import extract_html
from transforms.extraction.page import Moment, Page
from transforms.extraction.plaintext import extract_text
from transforms.text.clean import clean_line, unescape
from transforms.text.folding import fold
from transforms.text.language import Language, detect
from transforms.text.sentences import sentences

_WEAK: Final = frozenset({"text", "page-data"})
"""Evidence in a page that is weaker than what its producer says of the date of publication."""
_TITLE_LENGTH: Final = 120
_FLASH_BYTES: Final = 4_000
_TAG: Final = re.compile(r"<[^<>]*>")


def extract(raw: RawArticle) -> Draft:
    """Return the draft of `raw`. Evidence in the body wins over the producer's hints; each value names its source.

    Raises:
        Rejected: `undecodable`, `empty_content` or `no_content`.
    """
    parts = Parts()
    page = _page(raw)
    if not fold(page.text):
        raise Rejected(Stage.EXTRACT, Reason.NO_CONTENT, "the extracted text has no letter and no digit")
    nothing = Language(code=None, confidence=0.0, script=None, direction="ltr")
    language = parts.read("language", nothing, detect, page.text, page.language or raw.language)
    page = _with_hints(page, raw, language.code, parts)
    canonical = parts.read("canonical_url", None, canonical_url, page.canonical_url, raw.url)
    return Draft(
        uri=article_uri(canonical, raw.id, page.text),
        request_key=request_key(raw.url, raw.id),
        body_sha256=raw.body_sha256,
        raw_id=raw.id,
        url=raw.url,
        canonical_url=canonical,
        source=Source(
            domain=parts.read("source", None, publisher_of, canonical or raw.url),
            name=page.site_name or clean_line(raw.source or "") or None,
        ),
        language=language,
        title=page.title,
        title_source=page.title_source,
        lede=page.lede,
        text=page.text,
        authors=page.authors,
        desks=page.organisations,
        published=page.published,
        modified=page.modified,
        fetched_at=parts.read("fetched_at", None, _time, raw.fetched_at),
        section=page.section,
        tags=page.tags,
        image=page.image,
        extraction=Extraction(
            method=page.method,
            encoding=page.encoding,
            fallback=page.fallback,
            page_type=page.page_type,
            quality=page.quality,
            notes=(*page.notes, *parts.notes),
        ),
        extra=raw.extra,
        fingerprint=fingerprint(page.text),
    )


def _page(raw: RawArticle) -> Page:
    if raw.kind == "html":
        try:
            return extract_html(
                raw.body,
                url=raw.url,
                content_type=raw.content_type,
                encoding=raw.encoding,
                fetched_at=_time(raw.fetched_at),
            )
        except Rejected as error:
            if error.reason != Reason.NO_CONTENT or not _is_flash(raw):
                raise
            return extract_text(clean_line(unescape(raw.title or "")), encoding="unicode", title=raw.title)
    if isinstance(raw.body, str):
        return extract_text(raw.body, encoding="utf-8", title=raw.title)
    decoded = to_text(raw.body, content_type=raw.content_type, encoding=raw.encoding, html=False)
    notes = (f"{decoded.repaired} damaged characters replaced",) if decoded.repaired else ()
    return extract_text(decoded.text, encoding=decoded.encoding, title=raw.title, notes=notes)


def _is_flash(raw: RawArticle) -> bool:
    """Whether a short page says its title and no more."""
    if not raw.title or len(raw.body) > _FLASH_BYTES:
        return False
    body = raw.body if isinstance(raw.body, str) else raw.body.decode("utf-8", "replace")
    text = fold(unescape(_TAG.sub(" ", body)))
    return bool(text) and text == fold(unescape(raw.title))


def _with_hints(page: Page, raw: RawArticle, language: str | None, parts: Parts) -> Page:
    """Return `page` with the producer's hints where the body says nothing, and with a title made from its text."""
    if not page.title and raw.title and (title := clean_line(unescape(raw.title))):
        page = replace(page, title=title, title_source="hint")
    if not page.title and (made := parts.read("title", None, _derived_title, page)):
        page = replace(page, title=made, title_source="derived")
    if not page.authors and not page.organisations and raw.authors:
        lines = [line for hint in raw.authors for line in hint.splitlines()]
        site = frozenset({fold(raw.source).replace(" ", "")} if raw.source else ())
        people, houses = parts.read("authors", ([], []), split_names, lines, site_names=site, language=language)
        page = replace(page, authors=tuple(people), organisations=tuple(houses))
    if raw.published_at and (page.published is None or page.published.source in _WEAK):
        latest = _time(raw.fetched_at)
        hint = parts.read("dates", None, read_hint, raw.published_at, language=language, latest=latest)
        if hint is not None:
            page = replace(page, published=Moment(value=hint.value, precision=hint.precision, source="hint"))
    return page


def _derived_title(page: Page) -> str | None:
    """Return the first sentence of the text proper, cut at a word where it is long.

    A standfirst is passed over when more follows: it is written to be read below a headline, not in its place.
    """
    paragraphs = page.text.split("\n")
    first = paragraphs[1] if page.standfirst and len(paragraphs) > 1 else paragraphs[0]
    start, end = next(iter(sentences(first)), (0, len(first)))
    sentence = first[start:end].strip()
    if len(sentence) <= _TITLE_LENGTH:
        return sentence.rstrip(".。") or None
    cut = sentence[:_TITLE_LENGTH]
    return f"{cut.rpartition(' ')[0] or cut}…"


def _time(value: str | None) -> str | None:
    parsed = parse_date(value) if value else None
    return Moment(value=parsed.value, precision=parsed.precision, source="hint").timestamp if parsed else None
