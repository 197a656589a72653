"""The items that travel from source to sink: a span of a source with a record under way, or its final outcome.

Nothing leaves the chain. The sink sees every span, so it can prove that none is missing.
"""

import base64
from typing import Any

import msgspec

from schemas.reasons import Reason, Stage
from schemas.records import Article, Attempt, Dead, Duplicate, FileProvenance, KafkaProvenance

Outcome = Article | Duplicate | Dead


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Positions ``[start, end)`` of one source.

    ``start`` is where the reader stood before the record, so spans tile the source even where its positions have gaps.
    """

    source: str
    """Ledger name of the source: ``topic/partition`` for Kafka, the path for a file."""
    start: int
    end: int


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """A record as it was read, untouched: what a dead letter needs to run it again."""

    payload: bytes
    headers: tuple[tuple[str, str], ...] = ()
    """Names in lower case; bytes that are not UTF-8 are escaped with backslashes."""
    timestamp_ms: int | None = None
    """The transport's own time of the record (Kafka message timestamp), Unix milliseconds."""
    provenance: FileProvenance | KafkaProvenance
    attempts: tuple[Attempt, ...] = ()
    """Earlier failures of the same record, when it comes from a re-driven dead letter."""
    payload_bytes: int | None = None
    """True size where `payload` holds only the beginning of the record."""
    failure: tuple[Reason, str] | None = None
    """Set by the source when the record can be named but not read (too large, damaged archive)."""


class Gap(msgspec.Struct, frozen=True):
    """Marks a span without a record: offsets that compaction removed or that transaction markers take.

    A record of an archive that by rule is no article (a request, an image) is one too, with the `reason`.
    """

    reason: str | None = None


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One span and what has become of it so far."""

    span: Span
    origin: Origin | None
    """None for a gap only."""
    state: Any
    """What the last stage made of the record (each stage names the type it takes), an `Outcome`, or a `Gap`."""
    encoded: bytes | None = None
    """The outcome as it is written, once it has been encoded."""

    @property
    def under_way(self) -> bool:
        """Whether later stages have work to do on this item."""
        return not isinstance(self.state, (Article, Duplicate, Dead, Gap))

    def with_state(self, state: Any) -> "Item":
        """Return this item with a new state."""
        return Item(span=self.span, origin=self.origin, state=state)


def dead_letter(
    origin: Origin,
    stage: Stage,
    reason: Reason,
    message: str,
    *,
    error_type: str = "Rejected",
    causes: tuple[str, ...] = (),
    raw_id: str | None = None,
    url: str | None = None,
) -> Dead:
    """Return the dead letter of a record that failed in `stage`.

    Where the record could not be decoded, the payload may still say which one it was.
    """
    if url is None or raw_id is None:
        from transforms.dedup.publisher import salvaged_identity  # loads much, and few records come here

        found = salvaged_identity(origin.payload, dict(origin.headers))
        url, raw_id = url or found[0], raw_id or found[1]
    return Dead(
        stage=stage,
        reason=reason,
        error_type=error_type,
        message=message,
        causes=causes,
        payload_base64=base64.b64encode(origin.payload).decode("ascii"),
        payload_bytes=origin.payload_bytes or len(origin.payload),
        payload_truncated=(origin.payload_bytes or 0) > len(origin.payload),
        headers=origin.headers,
        raw_id=raw_id,
        url=url,
        provenance=origin.provenance,
        attempts=origin.attempts,
    )
