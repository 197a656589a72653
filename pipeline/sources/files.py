"""Files in: the source of `khabar run`, on one machine or shared out among the workers of a cluster."""

import contextlib
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import apache_beam as beam
from apache_beam.io.restriction_trackers import OffsetRange, OffsetRestrictionTracker
from apache_beam.transforms.core import RestrictionProvider

from pipeline import errors as fatal
from pipeline.beam_classes import DoFn
from pipeline.items import Item
from pipeline.observe.metrics import RECORDS_READ
from pipeline.settings import Settings
from pipeline.sinks.parts import Settled, end_of_file
from pipeline.sources.formats.streams import is_remote
from pipeline.sources.mapping import IDENTITY, FieldMapping
from pipeline.sources.reader import FileReader, UnreadableError

_FILE_SHIFT: Final = 40
_END: Final = 2**62
"""A position is ``file number << 40 | record number``, so that positions grow in reading order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one reader reads: of the records of `paths` every block whose number is `part`, counted modulo `of`.

    All readers of a file pass over the records of the others. That costs next to nothing beside extraction, and works
    for every kind of file, compressed or not, without a change of record numbers.
    """

    paths: tuple[str, ...]
    """As they were given: they name the sources."""
    part: int = 0
    of: int = 1
    folder: str = ""
    """Where relative paths lead from; empty for the current folder."""
    settled: Settled | None = None
    """What earlier attempts of a job have written, to be passed over; such a job is also told where files end."""


class _BundleTracker(OffsetRestrictionTracker):  # type: ignore[misc]
    """Lets the reader stop for the end of a bundle, and nobody else divide a share: its order is the output's."""

    def try_split(self, fraction_of_remainder: float) -> tuple[OffsetRange, OffsetRange] | None:
        split: tuple[OffsetRange, OffsetRange] | None = super().try_split(0) if fraction_of_remainder == 0 else None
        return split


class _ReadingOrder(RestrictionProvider):  # type: ignore[misc]
    def initial_restriction(self, element: Share) -> OffsetRange:
        return OffsetRange(0, _END)

    def create_tracker(self, restriction: OffsetRange) -> _BundleTracker:
        return _BundleTracker(restriction)

    def restriction_size(self, element: Share, restriction: OffsetRange) -> int:
        return 1


class _ReadFilesFn(DoFn):
    """Reads the files of a share in order, in bundles; between two bundles the open file is kept where it stands."""

    def __init__(self, settings: Settings, mapping: FieldMapping) -> None:
        super().__init__()
        self._settings = settings
        self._mapping = mapping
        self._run = secrets.token_hex(8)

    def process(
        self,
        share: Share,
        tracker: Any = beam.DoFn.RestrictionParam(_ReadingOrder()),  # noqa: B008 - Beam's way to declare it
    ) -> Iterator[Item]:
        block = self._settings.bundle_records
        position = tracker.current_restriction().start
        records = size = 0
        for number in range(position >> _FILE_SHIFT, len(share.paths)):
            first = position & ((1 << _FILE_SHIFT) - 1) if number == position >> _FILE_SHIFT else 0
            path = share.paths[number]
            settled = share.settled.of(path) if share.settled else None
            with contextlib.ExitStack() as closing:
                reader = self._reader_at(share, number, first)
                closing.callback(reader.close)
                for item in reader:
                    place = item.span.start
                    if place // block % share.of != share.part or (settled and settled.covers(place)):
                        continue
                    if not tracker.try_claim(number << _FILE_SHIFT | place):
                        return
                    records += 1
                    size += len(item.origin.payload) if item.origin else 0
                    if item.origin:
                        RECORDS_READ.labels("file").inc()
                    yield item
                    if records >= block or size >= self._settings.bundle_bytes:
                        tracker.defer_remainder()
                        closing.pop_all()
                        self._keep(share, number, reader)
                        return
                if settled:
                    yield end_of_file(path, reader.next_record)
        tracker.try_claim(_END - 1)

    def _reader_at(self, share: Share, number: int, record: int) -> FileReader:
        with _LOCK:
            if kept := _KEPT.pop((self._run, share, number << _FILE_SHIFT | record), None):
                return kept
        path = share.paths[number]
        with fatal.stopping(UnreadableError):
            return FileReader(
                path if is_remote(path) else str(Path(share.folder) / path),
                name=path,
                max_record_bytes=self._settings.max_record_bytes,
                skip=record,
                mapping=self._mapping,
            )

    def _keep(self, share: Share, number: int, reader: FileReader) -> None:
        """Keep a reader for the next bundle, whichever copy of this object gets it."""
        with _LOCK:
            _KEPT[self._run, share, number << _FILE_SHIFT | reader.next_record] = reader

    def teardown(self) -> None:
        with _LOCK:
            for place in [place for place in _KEPT if place[0] == self._run]:
                _KEPT.pop(place).close()


_KEPT: Final[dict[tuple[str, Share, int], FileReader]] = {}
"""Readers of this process between two bundles, by where they stand."""
_LOCK: Final = threading.Lock()


class ReadFiles(beam.PTransform):  # type: ignore[misc]
    """Reads files as items whose state is an `Origin`: each share in order, several shares side by side."""

    def __init__(self, shares: tuple[Share, ...], settings: Settings, mapping: FieldMapping = IDENTITY) -> None:
        super().__init__()
        self._shares = shares
        self._settings = settings
        self._mapping = mapping

    def expand(self, begin: Any) -> Any:
        read = _ReadFilesFn(self._settings, self._mapping)
        return begin | "Shares" >> beam.Create(self._shares) | "Records" >> beam.ParDo(read)
