"""Files as records: opening, decompressing and cutting them, with every byte ending in a record or a named failure."""

import bz2
import hashlib
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import zstandard

from pipeline.items import Item, Origin, Span
from pipeline.metrics import BYTES_READ
from pipeline.settings import PIPELINE_VERSION
from schemas.reasons import Reason
from schemas.records import FileProvenance

_DECOMPRESSORS: Final[dict[str, Callable[[], Any]]] = {
    ".gz": lambda: zlib.decompressobj(wbits=zlib.MAX_WBITS | 16),
    ".zst": lambda: zstandard.ZstdDecompressor().decompressobj(),
    ".bz2": bz2.BZ2Decompressor,
    ".xz": lzma.LZMADecompressor,
}
_TYPE_OF_SUFFIX: Final = {
    ".txt": "text/plain",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "application/xhtml+xml",
    ".json": "application/json",
}
_LINES_OF_JSON: Final = frozenset({".jsonl", ".ndjson"})
_DAMAGE: Final = (EOFError, zlib.error, zstandard.ZstdError, lzma.LZMAError, OSError)
_COMPRESSED_CHUNK: Final = 16 * 1024
"""Small, because its content may be several thousand times as large."""
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
        self._stream = self._stored
        if suffixes and suffixes[-1] in _DECOMPRESSORS:
            self._stream = io.BufferedReader(_Decompressed(self._stored, suffixes.pop()), _BUFFER)
        self._kind = suffixes[-1] if suffixes else ""
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
        if not self._stored.seekable():  # a pipe does not know how far it is
            return
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


class _Decompressed(io.RawIOBase):
    """The content of a compressed file, member after member; damage is raised only when all before it was read.

    The standard library's readers lose what they had decompressed when they find the damage.
    """

    def __init__(self, stored: BinaryIO, compression: str) -> None:
        self._content = _decompress(stored, _DECOMPRESSORS[compression])
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            chunk = next(self._content, None)
            if chunk is None:
                return 0
            self._left = chunk
        given = self._left[: len(buffer)]
        buffer[: len(given)] = given
        self._left = self._left[len(given) :]
        return len(given)


def _decompress(stored: BinaryIO, make: Callable[[], Any]) -> Iterator[bytes]:
    decompressor: Any = None
    while data := stored.read(_COMPRESSED_CHUNK):
        while data:
            if decompressor is None:
                # Zeros may follow the last member, as padding of tapes and blocks.
                data = data.lstrip(b"\0")
                if not data:
                    break
                decompressor = make()
            yield decompressor.decompress(data)
            data = b""
            if decompressor.eof:
                data, decompressor = decompressor.unused_data, None
    if decompressor is not None:
        raise EOFError("the compressed data ends before its end marker")
