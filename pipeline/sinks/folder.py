"""Files in, files out: the source of `khabar run`, its sink in one process, and the folder that appears whole.

On a cluster the sink is another one, see `pipeline.sinks.parts`.
"""

import contextlib
import os
import secrets
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import apache_beam as beam
from apache_beam.io.restriction_trackers import OffsetRange, OffsetRestrictionTracker
from apache_beam.transforms.core import RestrictionProvider

from pipeline import errors as fatal
from pipeline.items import Gap, Item
from pipeline.ledger import SpanTally, count_outcome
from pipeline.observe.metrics import RECORDS_READ, RECORDS_SKIPPED
from pipeline.settings import Settings
from pipeline.sinks.parts import Settled, end_of_file
from pipeline.sources.formats.readers import FileReader, UnreadableError
from pipeline.sources.formats.streams import is_remote
from pipeline.sources.mapping import IDENTITY, FieldMapping
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


class _ReadFilesFn(beam.DoFn):  # type: ignore[misc]
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


class FolderWriter:
    """Writes outcomes and ledger as JSON Lines into the folder of an `OutputFolder` that is being filled."""

    def __init__(self, folder: Path) -> None:
        """Open the files of `folder`. Raises `JobStopped` when they cannot be written, here and later."""
        self._folder = folder
        self._tally: SpanTally | None = None
        self._files: dict[str, BinaryIO] = {name: (folder / name).open("ab") for name in OUTPUT_FILES}

    def add(self, item: Item) -> None:
        """Write the outcome of an item that follows those before, or begins another source."""
        with self._writing():
            if self._tally is None or self._tally.source != item.span.source:
                self._close_span()
                self._tally = SpanTally(item.span.source, item.span.start)
            self._tally.add(item)
            if isinstance(item.state, Gap):
                RECORDS_SKIPPED.labels(item.state.reason or "none").inc()
            else:
                self._write(OUTPUT_OF[type(item.state)], item.state)
                count_outcome(item.state)

    def end_span(self) -> None:
        """Write the ledger record of what was added since the last one."""
        with self._writing():
            self._close_span()
            for file in self._files.values():
                file.flush()

    def discard_span(self) -> None:
        """Forget what was added since the last ledger record."""
        self._tally = None

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            # What a full disk refused to take was reported already.
            with contextlib.suppress(OSError):
                file.close()

    def _writing(self) -> AbstractContextManager[None]:
        return fatal.stopping(OSError, doing=f"cannot write to {self._folder.parent}")

    def _close_span(self) -> None:
        if self._tally is not None:
            self._write(LEDGER, self._tally.ledger())
            self._tally = None

    def _write(self, name: str, record: Record) -> None:
        self._files[name].write(encode(record) + b"\n")


class _WriteFilesFn(beam.DoFn):  # type: ignore[misc]
    def __init__(self, folder: str) -> None:
        super().__init__()
        self._folder = folder

    def setup(self) -> None:
        self._writer = FolderWriter(Path(self._folder))

    def start_bundle(self) -> None:
        self._writer.discard_span()

    def process(self, item: Item) -> None:
        self._writer.add(item)

    def finish_bundle(self) -> None:
        self._writer.end_span()

    def teardown(self) -> None:
        self._writer.close()


class WriteFiles(beam.PTransform):  # type: ignore[misc]
    """Writes items whose state is an outcome or a gap into the folder of an `OutputFolder` that is being filled."""

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
