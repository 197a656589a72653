"""Files in, files out: the source and the sink of `khabar run`."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO, Final

import apache_beam as beam
from apache_beam.io.restriction_trackers import OffsetRange, OffsetRestrictionTracker
from apache_beam.transforms.core import RestrictionProvider

from pipeline import fatal
from pipeline.io.readers import FileReader, UnreadableError
from pipeline.items import Gap, Item
from pipeline.ledger import SpanTally, count_outcome
from pipeline.mapping import IDENTITY, FieldMapping
from pipeline.metrics import RECORDS_READ, RECORDS_SKIPPED
from pipeline.settings import Settings
from schemas.codec import encode
from schemas.records import Article, Dead, Duplicate, Record

OUTPUT_OF: Final[dict[type[Record], str]] = {
    Article: "articles.jsonl",
    Duplicate: "duplicates.jsonl",
    Dead: "dead.jsonl",
}
LEDGER: Final = "ledger.jsonl"
OUTPUT_FILES: Final = (*OUTPUT_OF.values(), LEDGER)
ON_REQUEST: Final = ("parquet", "articles.ninjs.jsonl", "articles.schemaorg.jsonl", "articles.newsplease.jsonl")
"""What a run also writes when it is asked to; a later run that is not leaves none of it behind."""

_FILE_SHIFT: Final = 40
_END: Final = 2**62
"""A position is ``file number << 40 | record number``, so that positions grow in reading order."""


class _BundleTracker(OffsetRestrictionTracker):  # type: ignore[misc]
    """Lets the reader stop for the end of a bundle, and nobody else divide the files: their order is the output's."""

    def try_split(self, fraction_of_remainder: float) -> tuple[OffsetRange, OffsetRange] | None:
        split: tuple[OffsetRange, OffsetRange] | None = super().try_split(0) if fraction_of_remainder == 0 else None
        return split


class _ReadingOrder(RestrictionProvider):  # type: ignore[misc]
    def initial_restriction(self, element: tuple[str, ...]) -> OffsetRange:
        return OffsetRange(0, _END)

    def create_tracker(self, restriction: OffsetRange) -> _BundleTracker:
        return _BundleTracker(restriction)

    def restriction_size(self, element: tuple[str, ...], restriction: OffsetRange) -> int:
        return 1


class _ReadFilesFn(beam.DoFn):  # type: ignore[misc]
    """Reads a list of files in order, in bundles; between two bundles it keeps the open file where it stands."""

    def __init__(self, settings: Settings, mapping: FieldMapping) -> None:
        super().__init__()
        self._settings = settings
        self._mapping = mapping
        self._reader: FileReader | None = None
        self._standing = -1

    def process(
        self,
        paths: tuple[str, ...],
        tracker: Any = beam.DoFn.RestrictionParam(_ReadingOrder()),  # noqa: B008 - Beam's way to declare it
    ) -> Iterator[Item]:
        position = tracker.current_restriction().start
        records = size = 0
        for number in range(position >> _FILE_SHIFT, len(paths)):
            first = position & ((1 << _FILE_SHIFT) - 1) if number == position >> _FILE_SHIFT else 0
            reader = self._reader_at(number << _FILE_SHIFT | first, paths[number], first)
            for item in reader:
                if not tracker.try_claim(number << _FILE_SHIFT | item.span.start):
                    return
                records += 1
                size += len(item.origin.payload) if item.origin else 0
                if item.origin:
                    RECORDS_READ.labels("file").inc()
                yield item
                self._standing = number << _FILE_SHIFT | item.span.end
                if records >= self._settings.bundle_records or size >= self._settings.bundle_bytes:
                    tracker.defer_remainder()
                    return
            self._close()
        tracker.try_claim(_END - 1)

    def _reader_at(self, position: int, path: str, record: int) -> FileReader:
        if self._reader is None or self._standing != position:
            self._close()
            with fatal.stopping(UnreadableError):
                self._reader = FileReader(
                    path, max_record_bytes=self._settings.max_record_bytes, skip=record, mapping=self._mapping
                )
            self._standing = position
        return self._reader

    def _close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def teardown(self) -> None:
        self._close()


class ReadFiles(beam.PTransform):  # type: ignore[misc]
    """Reads files, in the order given, as items whose state is an `Origin`."""

    def __init__(self, paths: tuple[str, ...], settings: Settings, mapping: FieldMapping = IDENTITY) -> None:
        super().__init__()
        self._paths = paths
        self._settings = settings
        self._mapping = mapping

    def expand(self, begin: Any) -> Any:
        read = _ReadFilesFn(self._settings, self._mapping)
        return begin | "Files" >> beam.Create([self._paths]) | "Records" >> beam.ParDo(read)


class _WriteFilesFn(beam.DoFn):  # type: ignore[misc]
    def __init__(self, folder: str) -> None:
        super().__init__()
        self._folder = folder
        self._files: dict[str, BinaryIO] = {}

    def setup(self) -> None:
        self._files = {name: (Path(self._folder) / name).open("ab") for name in OUTPUT_FILES}

    def start_bundle(self) -> None:
        self._tally: SpanTally | None = None

    def process(self, item: Item) -> None:
        with self._writing():
            self._add(item)

    def _add(self, item: Item) -> None:
        if self._tally is None or self._tally.source != item.span.source:
            self._close_span()
            self._tally = SpanTally(item.span.source, item.span.start)
        self._tally.add(item)
        if isinstance(item.state, Gap):
            RECORDS_SKIPPED.labels(item.state.reason or "none").inc()
        else:
            self._write(OUTPUT_OF[type(item.state)], item.state)
            count_outcome(item.state)

    def finish_bundle(self) -> None:
        with self._writing():
            self._close_span()
            for file in self._files.values():
                file.flush()

    def teardown(self) -> None:
        for file in self._files.values():
            # What a full disk refused to take was reported already.
            with contextlib.suppress(OSError):
                file.close()

    def _writing(self) -> AbstractContextManager[None]:
        return fatal.stopping(OSError, doing=f"cannot write to {Path(self._folder).parent}")

    def _close_span(self) -> None:
        if self._tally is not None:
            self._write(LEDGER, self._tally.ledger())
            self._tally = None

    def _write(self, name: str, record: Record) -> None:
        self._files[name].write(encode(record) + b"\n")


class WriteFiles(beam.PTransform):  # type: ignore[misc]
    """Writes outcomes and ledger as JSON Lines into the folder of an `OutputFolder` that is being filled."""

    def __init__(self, staging: Path) -> None:
        super().__init__()
        self._staging = str(staging)

    def expand(self, items: Any) -> Any:
        return items | "Files" >> beam.ParDo(_WriteFilesFn(self._staging))


class OutputFolder:
    """A folder whose files appear together and whole, or not at all.

    Files are written into a hidden folder beside them and moved at the end. The ledger leaves first and comes last: a
    folder without one holds no finished run, whatever moment a run is killed at.
    """

    def __init__(self, folder: Path) -> None:
        """Make `folder` and a place in it to write to. Raises `OSError` when it cannot be written."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for left_over in folder.glob(".run-*"):
            if not _is_running(int(left_over.name.split("-")[1])):
                shutil.rmtree(left_over, ignore_errors=True)
        self.staging = Path(tempfile.mkdtemp(prefix=f".run-{os.getpid()}-", dir=folder))
        for name in OUTPUT_FILES:
            (self.staging / name).touch()

    def publish(self) -> None:
        """Put the finished files in place of those of an earlier run."""
        for name in OUTPUT_FILES:
            with (self.staging / name).open("rb") as file:
                os.fsync(file.fileno())
        (self._folder / LEDGER).unlink(missing_ok=True)
        for name in ON_REQUEST:
            _remove(self._folder / name)
        for entry in sorted(self.staging.iterdir(), key=lambda entry: entry.name == LEDGER):
            entry.replace(self._folder / entry.name)
        self.discard()

    def discard(self) -> None:
        """Remove what was written but not published."""
        shutil.rmtree(self.staging, ignore_errors=True)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
