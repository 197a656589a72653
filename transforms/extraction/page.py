"""What extraction wins from a body, whatever its kind; every value with the evidence it rests on."""

from dataclasses import dataclass

import msgspec

from schemas.records import Precision


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """A time with its precision and its evidence.

    ``value`` is RFC 3339 in UTC, cut where the evidence ends: ``2026-01-06T08:30:00Z`` (second; minute has ``:00``
    seconds), ``2026-01-06`` (day), ``2026-01`` (month), ``2026`` (year). ``source`` names the evidence: ``json-ld``,
    ``meta``, ``time-element``, ``url``, ``text``, ``dateline``, ``hint``, …
    """

    value: str
    precision: Precision
    source: str

    @property
    def timestamp(self) -> str:
        """The moment as a full RFC 3339 time: what the evidence leaves open is filled with its beginning."""
        if self.precision in {"second", "minute"}:
            return self.value
        return f"{self.value}{'-01-01'[len(self.value) - 4 :]}T00:00:00Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    r"""The text of a body and what the body says about it.

    ``text`` holds paragraphs separated by ``\n``, clean (see `transforms.text.clean`). ``method`` and ``fallback`` say
    which extractor won it, ``encoding`` how its bytes were read, ``page_type`` what kind of page it is (``article``,
    ``live_blog``, ``gallery``, ``paywall``, ``section``, ``error``, ``consent``), ``quality`` in [0, 1] how far
    the text can be trusted, ``notes`` what was unusual.
    """

    text: str
    method: str
    encoding: str
    title: str | None = None
    title_source: str | None = None
    lede: str | None = None
    standfirst: bool = False
    """Whether the lede is a line that a headline once stood above; it then opens `text` too."""
    authors: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    """Agencies and desks that the byline names instead of, or beside, people."""
    published: Moment | None = None
    modified: Moment | None = None
    canonical_url: str | None = None
    site_name: str | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    image: str | None = None
    language: str | None = None
    """BCP 47 tag that the page declares; a hint only."""
    fallback: str | None = None
    page_type: str | None = None
    quality: float | None = None
    notes: tuple[str, ...] = ()
