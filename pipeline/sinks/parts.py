"""Parts: what the bundles of a run on a cluster write, and how they become the output that one process would write.

Bundles of such a run end in any order, on any worker, and some run twice. Each writes what it has of a source as one
file of its own, which appears whole. When the job is done, `assemble` goes through the parts in the order of the input
and takes of each what continues the source, as the Kafka sink does with its spans: what is there already is dropped,
and a gap fails the run.
"""

import os
import secrets
import shutil
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import apache_beam as beam
import orjson

from pipeline import errors as fatal
from pipeline.beam_classes import DoFn
from pipeline.items import Gap, Item, Span
from pipeline.ledger import BrokenChainError
from schemas.codec import decode, encode
from schemas.records import Article, Dead, Duplicate, Record

if TYPE_CHECKING:
    from pipeline.sinks.folder import FolderWriter

_LETTER_OF: Final[dict[type[Any], bytes]] = {Article: b"a", Duplicate: b"d", Dead: b"x", Gap: b"g"}
_KIND_OF: Final[dict[bytes, type[Record]]] = {b"a": Article, b"d": Duplicate, b"x": Dead}
_WHOLE: Final = ".end"
"""Suffix of a part that was written when its source had been read to the end."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of outcomes: positions ``[start, end)`` of a source."""

    path: Path
    start: int
    end: int

    @property
    def last(self) -> bool:
        """Whether the source ends where this part does."""
        return self.path.suffix == _WHOLE

    def items(self, source: str) -> Iterator[Item]:
        """Yield the items that were written, each with its outcome."""
        with self.path.open("rb") as lines:
            for line in lines:
                letter, start, end, record = line.rstrip(b"\n").split(b" ", 3)
                state = Gap(orjson.loads(record)) if letter == b"g" else decode(record, _KIND_OF[letter])
                yield Item(span=Span(source=source, start=int(start), end=int(end)), origin=None, state=state)


class Coverage:
    """Which positions of a source some parts cover."""

    def __init__(self, parts: list[Part]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for part in parts:  # in order of their starts
            if self._ends and part.start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], part.end)
            else:
                self._starts.append(part.start)
                self._ends.append(part.end)

    def covers(self, position: int) -> bool:
        """Whether the record at `position` has been written."""
        number = bisect_right(self._starts, position) - 1
        return number >= 0 and position < self._ends[number]


@dataclass(frozen=True, slots=True)
class Settled:
    """The parts of a run, in a folder that all its workers see."""

    folder: str

    def parts(self, source: str) -> list[Part]:
        """Return what is written of a source, in order, of parts with one start the longest first."""
        return parts_in(self.place(source))

    def of(self, source: str) -> Coverage:
        """Return what of a source need not be read again."""
        return Coverage(self.parts(source))

    def remove(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def place(self, source: str) -> Path:
        """Return the folder of a source's parts."""
        return Path(self.folder) / sha256(source.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def parts_in(folder: Path) -> list[Part]:
    """Return the parts in the folder of one source, in order."""
    found = []
    with suppress(FileNotFoundError):
        for path in folder.iterdir():
            if not path.name.startswith("."):
                start, _, end = path.stem.partition("-")
                found.append(Part(path, int(start), int(end)))
    return sorted(found, key=lambda part: (part.start, -part.end))


def end_of_file(source: str, records: int) -> Item:
    """Return the empty item that says how many records a source has."""
    return Item(span=Span(source=source, start=records, end=records), origin=None, state=Gap())


class _Writing:
    """A part that is being written, under a name that no reader looks at."""

    def __init__(self, folder: Path, item: Item) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.source = item.span.source
        self.start = self.end = item.span.start
        self._last = False
        self._path = folder / f".{secrets.token_hex(8)}"
        self._file: BinaryIO = self._path.open("wb")

    def add(self, item: Item) -> None:
        span, state = item.span, item.state
        if item.under_way:
            raise BrokenChainError(f"{span} has no outcome but {type(state).__name__}")
        record = orjson.dumps(state.reason) if isinstance(state, Gap) else item.encoded or encode(state)
        self._file.write(b"%b %d %d %b\n" % (_LETTER_OF[type(state)], span.start, span.end, record))
        self._last |= span.start == span.end
        self.end = span.end

    def end_writing(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def appear(self) -> None:
        """Give the part its name. One that a bundle wrote before is replaced by an equal one."""
        name = f"{self.start:012}-{self.end:012}{_WHOLE if self._last else ''}"
        self._path.rename(self._path.with_name(name))

    def discard(self) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)


class _WritePartsFn(DoFn):
    def __init__(self, settled: Settled) -> None:
        super().__init__()
        self._settled = settled
        self._written: list[_Writing] = []

    def start_bundle(self) -> None:
        for part in self._written:  # of a bundle that failed before its end
            part.discard()
        self._written = []

    def process(self, item: Item) -> None:
        with self._stopping():
            part = self._written[-1] if self._written else None
            if part is None or (part.source, part.end) != (item.span.source, item.span.start):
                if part is not None:
                    part.end_writing()
                part = _Writing(self._settled.place(item.span.source), item)
                self._written.append(part)
            part.add(item)

    def finish_bundle(self) -> None:
        with self._stopping():
            if self._written:
                self._written[-1].end_writing()
            for part in self._written:
                part.appear()
            self._written = []

    def teardown(self) -> None:
        self.start_bundle()

    def _stopping(self) -> Any:
        return fatal.stopping(OSError, doing=f"cannot write to {self._settled.folder}")


class WriteParts(beam.PTransform):  # type: ignore[misc]
    """Writes items whose state is an outcome or a gap as parts."""

    def __init__(self, settled: Settled) -> None:
        super().__init__()
        self._settled = settled

    def expand(self, items: Any) -> Any:
        return items | "Parts" >> beam.ParDo(_WritePartsFn(self._settled)).with_output_types(tuple[bytes, bytes])


def assemble(settled: Settled, sources: tuple[str, ...], writer: "FolderWriter", span_records: int) -> None:
    """Write the parts of all `sources` in their order, with a ledger record for every `span_records` positions.

    Parts are removed as they are taken over.

    Raises:
        BrokenChainError: the parts of a source leave a gap, or do not reach its end.
        JobStopped: the output cannot be written.
    """
    added = 0
    for source in sources:
        position, whole = 0, False
        for part in settled.parts(source):
            whole |= part.last
            if part.start > position:
                raise BrokenChainError(f"{source}: the outcomes of records {position} to {part.start} are missing")
            for item in part.items(source) if part.end > position else ():
                if item.span.start < position or item.span.start == item.span.end:
                    continue
                writer.add(item)
                position = item.span.end
                added += 1
                if added % span_records == 0:
                    writer.end_span()
            part.path.unlink()
        if not whole:
            raise BrokenChainError(
                f"{source}: the outcomes end at record {position}, the source was not read to its end"
            )
    writer.end_span()
