"""Outcomes as files: the sink of `khabar run` in one process, and the folder that appears whole.

On a cluster the sink is another one, see `pipeline.sinks.parts`.
"""

import contextlib
import os
import shutil
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO, Final

import apache_beam as beam

from pipeline import errors as fatal
from pipeline.items import Gap, Item
from pipeline.ledger import SpanTally, count_outcome
from pipeline.observe.metrics import RECORDS_SKIPPED
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
