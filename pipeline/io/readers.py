"""Files as records: opening, decompressing and cutting them, with every byte ending in a record or a named failure."""

import bz2
import gzip
import hashlib
import io
import lzma
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import zstandard

from pipeline.items import Item, Origin, Span
from pipeline.metrics import BYTES_READ
from pipeline.settings import PIPELINE_VERSION
from schemas.reasons import Reason
from schemas.records import FileProvenance

_COMPRESSED: Final = {".gz": "gzip", ".zst": "zstd", ".bz2": "bzip2", ".xz": "xz"}
_TYPE_OF_SUFFIX: Final = {
    ".txt": "text/plain",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "application/xhtml+xml",
    ".json": "application/json",
}
_LINES_OF_JSON: Final = frozenset({".jsonl", ".ndjson"})
_DAMAGE: Final = (EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError, lzma.LZMAError, OSError)
_KEPT_OF_UNREADABLE: Final = 64 * 1024
"""Bytes that a dead letter keeps of a record too large to hold; its provenance leads to the rest."""
_BUFFER: Final = 1024 * 1024


class UnreadableError(Exception):
    """A file that the operating system does not let us read; the job stops, because nothing may be lost silently."""


@dataclass(frozen=True, slots=True)
class _Record:
    payload: bytes
    payload_bytes: int | None = None
    failure: tuple[Reason, str] | None = None


def find_files(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return the files that `paths` name, folders in sorted order, each file once, hidden ones left out.

    A file that is named itself is always taken; of folders also files of unknown kind are, to become dead letters.
    """
    found: dict[Path, str] = {}
    for path in map(Path, paths):
        files = [path] if not path.is_dir() else _files_below(path)
        for file in files:
            found.setdefault(file.resolve(), str(file))
    return tuple(found.values())


def _files_below(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _files_below(entry)
        elif entry.is_file():
            yield entry


class FileReader:
    """Reads the records of one file, one after the other; counts what it has consumed of the stored bytes."""

    def __init__(self, path: str, *, max_record_bytes: int, skip: int = 0) -> None:
        """Open `path` at record number `skip`, which is found by reading.

        Raises:
            UnreadableError: the file cannot be opened.
        """
        self.path = path
        self.next_record = 0
        self._max_bytes = max_record_bytes
        self._reported = 0
        try:
            self._stored: BinaryIO = Path(path).open("rb")  # noqa: SIM115 - closed by `close`
        except OSError as error:
            raise UnreadableError(f"cannot read {path}: {error.strerror or error}") from error
        suffixes = [suffix.lower() for suffix in Path(path).suffixes]
        compression = _COMPRESSED.get(suffixes[-1]) if suffixes else None
        if compression:
            suffixes.pop()
        self._kind = suffixes[-1] if suffixes else ""
        self._stream = _decompressed(self._stored, compression)
        self._headers: tuple[tuple[str, str], ...] = ()
        if self._kind in _TYPE_OF_SUFFIX:
            self._headers = (("content-type", _TYPE_OF_SUFFIX[self._kind]),)
        self._records = self._read()
        for _ in range(skip):
            next(self._records, None)
            self.next_record += 1

    def __iter__(self) -> Iterator[Item]:
        for record in self._records:
            number = self.next_record
            self.next_record += 1
            self._report_progress()
            yield self._item(number, record)
        self._report_progress()

    def close(self) -> None:
        """Close the file."""
        self._stored.close()

    def _item(self, number: int, record: _Record) -> Item:
        provenance = FileProvenance(
            path=self.path,
            record=number,
            content_sha256=hashlib.sha256(record.payload).hexdigest(),
            pipeline_version=PIPELINE_VERSION,
        )
        origin = Origin(
            payload=record.payload,
            payload_bytes=record.payload_bytes,
            headers=self._headers,
            provenance=provenance,
            failure=record.failure,
        )
        return Item(span=Span(source=self.path, start=number, end=number + 1), origin=origin, state=origin)

    def _report_progress(self) -> None:
        position = self._stored.tell()
        if position > self._reported:
            BYTES_READ.labels("file").inc(position - self._reported)
            self._reported = position

    def _read(self) -> Iterator[_Record]:
        if self._kind in _LINES_OF_JSON:
            yield from self._lines()
        elif self._kind in _TYPE_OF_SUFFIX:
            yield self._whole()
        else:
            kept = self._stored.read(_KEPT_OF_UNREADABLE)
            message = f"files of kind {self._kind or 'without suffix'!r} are not read"
            yield _Record(kept, Path(self.path).stat().st_size, (Reason.UNSUPPORTED_TYPE, message))

    def _whole(self) -> _Record:
        try:
            payload = self._stream.read(self._max_bytes + 1)
        except _DAMAGE as error:
            return self._damage(0, error)
        if len(payload) <= self._max_bytes:
            return _Record(payload)
        size = len(payload)
        while more := self._stream.read(_BUFFER):
            size += len(more)
        return self._too_large(payload, size)

    def _lines(self) -> Iterator[_Record]:
        position = 0
        while True:
            try:
                line = self._stream.readline(self._max_bytes + 1)
                size = len(line)
                if size > self._max_bytes and not line.endswith(b"\n"):
                    while (more := self._stream.readline(_BUFFER)) and not more.endswith(b"\n"):
                        size += len(more)
                    size += len(more)
            except _DAMAGE as error:
                yield self._damage(position, error)
                return
            if not line:
                return
            position += size
            if size > self._max_bytes + 1:
                yield self._too_large(line, size)
            elif payload := line.strip(b" \t\r\n"):
                yield _Record(payload)

    def _damage(self, position: int, error: Exception) -> _Record:
        message = f"{self.path} is damaged after {position} bytes of decompressed content: {error}"
        return _Record(b"", Path(self.path).stat().st_size, (Reason.DAMAGED_ARCHIVE, message))

    def _too_large(self, payload: bytes, size: int) -> _Record:
        message = f"{size} bytes, the limit is {self._max_bytes}"
        return _Record(payload[:_KEPT_OF_UNREADABLE], size, (Reason.TOO_LARGE, message))


def _decompressed(stored: BinaryIO, compression: str | None) -> BinaryIO:
    match compression:
        case "gzip":
            stream: BinaryIO = gzip.GzipFile(fileobj=stored)  # type: ignore[assignment]
        case "zstd":
            stream = zstandard.ZstdDecompressor().stream_reader(stored, read_across_frames=True)  # type: ignore[assignment]
        case "bzip2":
            stream = bz2.BZ2File(stored)
        case "xz":
            stream = lzma.LZMAFile(stored)
        case _:
            return stored
    return io.BufferedReader(stream, _BUFFER)  # type: ignore[type-var]
