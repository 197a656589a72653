"""What Prism, Beam's local runner, needs of a graph that other runners do not."""

from typing import Any

import apache_beam as beam
from apache_beam.transforms.window import FixedWindows


class WithOutput(beam.PTransform):  # type: ignore[misc]
    """A sink with an output in which there is never anything.

    Prism (2.77) waits for the data and for the end of a bundle in one loop. Where a stage has no output its data counts
    as complete from the start, and the loop spins until the bundle ends: a core for each bundle under way.
    """

    def __init__(self, sink: beam.PTransform) -> None:
        super().__init__()
        self._sink = sink

    def expand(self, items: Any) -> Any:
        nothing = items | self._sink
        return nothing | "Windows" >> beam.WindowInto(FixedWindows(3600)) | "Nothing" >> beam.GroupByKey()
