"""What a record is between the stages: an article that was extracted, and one that was enriched.

They are kept apart from the stages, so that a process that only hands them on loads neither.
"""

from typing import Any

import msgspec

from schemas.records import Article, Extraction, Source
from transforms.dedup.fingerprint import Fingerprint
from transforms.dedup.stories import Sketch
from transforms.extraction.page import Moment
from transforms.text.language import Language


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """An extracted article before it is known whether it is news."""

    uri: str
    request_key: str
    body_sha256: str
    raw_id: str | None
    url: str | None
    canonical_url: str | None
    source: Source
    language: Language
    title: str | None
    title_source: str | None
    lede: str | None
    text: str
    authors: tuple[str, ...]
    desks: tuple[str, ...]
    """Organisations that the byline names."""
    published: Moment | None
    modified: Moment | None
    fetched_at: str | None
    section: str | None
    tags: tuple[str, ...]
    image: str | None
    extraction: Extraction
    extra: dict[str, Any] | None
    fingerprint: Fingerprint


class Enriched(msgspec.Struct, frozen=True):
    """An article that has no story yet, with what its story is found by."""

    article: Article
    sketch: Sketch
