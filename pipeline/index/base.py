"""The article index: what it is asked, what it answers, and how it fails.

An `Index` remembers every article, every version and every decision beyond the life of a job. It is asked in batches,
before extraction (`recall`), after it (`observe`) and after enrichment (`assign_stories`), and may be asked why
(`pipeline.operations.explain`). The rules of deciding are in `pipeline.index.decide`, the same for every store.
"""

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from pipeline.errors import Explained
from schemas.records import Change, Related
from transforms.dedup.fingerprint import Fingerprint
from transforms.dedup.stories import Sketch

Outcome = Literal["article", "unchanged", "duplicate"]


class IndexUnavailable(Explained):
    """The store cannot be reached or is locked; nothing was stored, and the same call may be made again."""


class IndexUnusable(Explained):
    """Making the call again cannot help."""


class IndexDamaged(IndexUnusable):
    """The store is not an index, is damaged, or was made by a newer version."""


class IndexForbidden(IndexUnusable):
    """The store may be whole, but this user may not use it, or it takes no writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What is known of a record before its extraction."""

    coordinates: str
    """Where the record was read."""
    request_key: str
    """Its identity as far as known: the normalised URL, else the producer's id, else empty."""
    body_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What is known of a record after its extraction. Times are RFC 3339 in UTC, cut where they are not known."""

    coordinates: str
    request_key: str
    body_sha256: str
    uri: str
    title: str | None
    text: str
    language: str | None
    source: str | None
    """Domain of the publisher."""
    published_at: str | None
    modified_at: str | None = None
    fetched_at: str | None
    fingerprint: Fingerprint


class Decision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a record is. For an article, `version`, `change` and `changes` say what is new in it.

    For `unchanged`, `duplicate_of` is the uri itself; for `duplicate` it is the original's. `method` says how the
    likeness was found: ``content`` (same body), ``text`` (same folded text), ``exact`` (same folded text, other uri),
    ``minhash-jaccard``, ``contains-trivial``. `similarity` is the verified likeness in [0, 1].
    """

    outcome: Outcome
    uri: str
    version: int | None = None
    change: Change | None = None
    changes: dict[str, Any] | None = None
    duplicate_of: str | None = None
    similarity: float | None = None
    method: str | None = None
    related: tuple[Related, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryArticle:
    """What the index needs to know of an article to find its story."""

    uri: str
    version: int
    event_at: str | None
    """RFC 3339 in UTC; without it an article joins no story."""
    title: str | None
    source: str | None = None
    language: str | None = None
    places: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    sketch: Sketch
