"""A chain without any transform, to measure and test source and sink alone: each record becomes a small outcome."""

from collections.abc import Iterator
from typing import Final

import apache_beam as beam

from pipeline.beam_classes import DoFn
from pipeline.items import Item, Origin, dead_letter
from pipeline.settings import Settings
from schemas.reasons import Reason, Stage
from schemas.records import Duplicate

POISON: Final = b"poison"
"""A payload that begins like this becomes a dead letter."""


class PassFn(DoFn):
    """`Origin` to `Duplicate`, or to a dead letter."""

    def process(self, item: Item) -> Iterator[Item]:
        origin = item.state
        if not isinstance(origin, Origin):
            yield item
        elif origin.payload.startswith(POISON):
            yield item.with_state(dead_letter(origin, Stage.DECODE, Reason.INVALID_RECORD, "poison"))
        else:
            outcome = Duplicate(
                outcome="duplicate",
                uri=None,
                duplicate_of=origin.provenance.content_sha256,
                similarity=1.0,
                method="pass-through",
                raw_id=None,
                url=None,
                provenance=origin.provenance,
            )
            yield item.with_state(outcome)


def build(p: beam.Pipeline, source: beam.PTransform, sink: beam.PTransform, settings: Settings) -> None:
    """Stands in for `pipeline.graph.build`."""
    p | "Read" >> source | "Pass" >> beam.ParDo(PassFn()) | "Emit" >> sink
