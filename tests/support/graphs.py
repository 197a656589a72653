"""Graphs that fail as real ones may."""

from typing import Any

import apache_beam as beam

from pipeline.errors import stopping
from pipeline.items import Item
from pipeline.settings import Settings


class FullDiskFn(beam.DoFn):  # type: ignore[misc]
    """Takes no item: what a worker that cannot write does with each."""

    def process(self, item: Item) -> None:
        with stopping(OSError, doing="cannot write to /somewhere"):
            raise OSError(28, "No space left on device")


def full_disk(p: beam.Pipeline, source: beam.PTransform, sink: beam.PTransform, settings: Settings) -> None:
    """Stands in for `pipeline.graph.build`."""
    p | "Read" >> source | "Fail" >> beam.ParDo(FullDiskFn()).with_output_types(Any) | "Emit" >> sink
