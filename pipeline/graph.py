"""The whole graph, on one screen."""

from dataclasses import dataclass
from typing import Any

import apache_beam as beam

from pipeline.settings import Settings
from pipeline.stages import CheckFn, DecodeFn, DedupeExactFn, DedupeFn, EnrichFn, ExtractFn, GroupStoriesFn


@dataclass
class Process(beam.PTransform):  # type: ignore[misc]
    """Takes items whose state is an `Origin`; gives the same items back, in order, each with its outcome."""

    settings: Settings

    def expand(self, items: Any) -> Any:
        return (
            items
            | "Decode" >> beam.ParDo(DecodeFn(self.settings))
            | "DedupeExact" >> beam.ParDo(DedupeExactFn(self.settings))
            | "Extract" >> beam.ParDo(ExtractFn(self.settings))
            | "Dedupe" >> beam.ParDo(DedupeFn(self.settings))
            | "Enrich" >> beam.ParDo(EnrichFn(self.settings))
            | "GroupStories" >> beam.ParDo(GroupStoriesFn(self.settings))
            | "Check" >> beam.ParDo(CheckFn(self.settings))
        )


def build(p: beam.Pipeline, source: beam.PTransform, sink: beam.PTransform, settings: Settings) -> None:
    """Wire a source of items and a sink of outcomes to the chain between them.

    One straight chain: no tags, no flatten, no shuffle. So every runner fuses it into one stage, items keep their order
    and the sink sees every span of the source.
    """
    p | "Read" >> source | "Process" >> Process(settings) | "Emit" >> sink
