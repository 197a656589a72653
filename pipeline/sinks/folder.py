"""Outcomes as files: the sink of `khabar run` in one process; `parts` is the one on a cluster."""

import contextlib
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO

import apache_beam as beam

from pipeline import errors as fatal
from pipeline.beam_classes import DoFn
from pipeline.items import Gap, Item
from pipeline.ledger import SpanTally, count_outcome
from pipeline.observe.metrics import RECORDS_SKIPPED
from pipeline.sinks.publishing import LEDGER, OUTPUT_FILES, OUTPUT_OF
from schemas.codec import encode


class FolderWriter:
    """Writes outcomes and ledger as JSON Lines into the folder of an `OutputFolder` that is being filled."""

    def __init__(self, folder: Path) -> None:
        """Open the files of `folder`. Raises `JobStopped` when they cannot be written, here and later."""
        self._folder = folder
        self._tally: SpanTally | None = None
        self._chain = ""
        self._files: dict[str, BinaryIO] = {name: (folder / name).open("ab") for name in OUTPUT_FILES}

    def add(self, item: Item) -> None:
        """Write the outcome of an item that follows those before, or begins another source."""
        with self._writing():
            if self._tally is None or self._tally.source != item.span.source:
                self._close_span()
                self._tally = SpanTally(item.span.source, item.span.start, chain=self._chain)
            value = b"" if isinstance(item.state, Gap) or item.under_way else item.encoded or encode(item.state)
            self._tally.add(item, value)
            if isinstance(item.state, Gap):
                RECORDS_SKIPPED.labels(item.state.reason or "none").inc()
            else:
                self._files[OUTPUT_OF[type(item.state)]].write(value + b"\n")
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
            ledger = self._tally.ledger()
            self._chain = ledger.chain or ""
            self._files[LEDGER].write(encode(ledger) + b"\n")
            self._tally = None


class _WriteFilesFn(DoFn):
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
