"""Files as records: each byte of a file ends in a record, a skipped record with a stated reason, or a named failure.

What a file is, its suffix says (after the suffix of a compression); where the suffix says nothing known, its magic
number does, where that is unambiguous. Containers (tar, zip) hold files of the same kinds.
"""

import hashlib
import re
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final, cast

import orjson

from pipeline.items import Gap, Item, Origin, Span
from pipeline.observe.metrics import BYTES_READ
from pipeline.settings import PIPELINE_VERSION
from pipeline.sources.formats.archives import read_arc, read_warc
from pipeline.sources.formats.feeds import is_feed, read_feed
from pipeline.sources.formats.records import KEPT_OF_UNREADABLE, Damage, FileRecord, too_large
from pipeline.sources.formats.streams import (
    COMPRESSIONS,
    Content,
    StoredFile,
    UnreadableError,
    compression_of,
    file_system,
    is_remote,
)
from pipeline.sources.formats.tables import read_csv, read_parquet
from pipeline.sources.mapping import IDENTITY, FieldMapping
from schemas.reasons import Reason
from schemas.records import FileProvenance

__all__ = ["FileReader", "UnreadableError", "find_files", "stored_size"]

_TYPE_OF_SUFFIX: Final = {
    ".txt": "text/plain",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "application/xhtml+xml",
}
_KIND_OF_SUFFIX: Final = {
    **dict.fromkeys(_TYPE_OF_SUFFIX, "body"),
    ".json": "json",
    ".jsonl": "lines",
    ".ndjson": "lines",
    ".warc": "warc",
    ".wet": "warc",
    ".arc": "arc",
    ".parquet": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".tar": "tar",
    ".zip": "zip",
    ".rss": "feed",
    ".atom": "feed",
    ".rdf": "feed",
}
_TGZ: Final = {".tgz": ".gz", ".tbz2": ".bz2", ".txz": ".xz", ".tzst": ".zst"}
_NO_TEXT: Final = frozenset(
    [
        *(".avi", ".bmp", ".css", ".eot", ".gif", ".ico", ".jpeg", ".jpg", ".js", ".m4a", ".m4v", ".map", ".mov"),
        *(".mp3", ".mp4", ".mpeg", ".mpg", ".ogg", ".otf", ".png", ".svg", ".tif", ".tiff", ".ttf", ".wav", ".webm"),
        *(".webp", ".wma", ".wmv", ".woff", ".woff2"),
    ]
)
"""Suffixes of what pages are made of beside their text: by rule no articles."""
_SAMPLE: Final = 1024
_PIECE: Final = 1024 * 1024
_SHORT_FILE: Final = 1024 * 1024
_BLOCK: Final = 512
"""Of a tar file."""
_BLANK: Final = b" \t\r\n"
_STRUCTURE: Final = re.compile(rb'["\\{}\[\]]')


def find_files(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return the files that `paths` name, folders in sorted order, each file once, hidden ones left out.

    A file that is named itself is always taken; of folders also files of unknown kind are, to become dead letters.

    Raises:
        UnreadableError: a path does not exist, or cannot be looked at.
    """
    found: dict[str, str] = {}
    for path in paths:
        if is_remote(path):
            for file in _remote_files(path):
                found.setdefault(file, file)
            continue
        local = Path(path)
        if not local.exists():
            raise UnreadableError(f"cannot read {path}: No such file or directory")
        for entry in _files_below(local) if local.is_dir() else [local]:
            found.setdefault(str(entry.resolve()), str(entry))
    return tuple(found.values())


def stored_size(path: str) -> int:
    """Return the size of a file in bytes as stored; 0 where it is not known before reading."""
    try:
        if not is_remote(path):
            return Path(path).stat().st_size
        system, within = file_system(path)
        return int(system.size(within) or 0)
    except Exception:
        return 0  # what is wrong with the file, reading it will say


def _files_below(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise UnreadableError(f"cannot read {folder}: {error.strerror or error}") from error
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _files_below(entry)
        elif entry.is_file():
            yield entry


def _remote_files(path: str) -> list[str]:
    system, within = file_system(path)
    try:
        if not any(character in within for character in "*[") and system.isfile(within):
            return [path]
        matches = system.glob(within) if any(character in within for character in "*[") else [within]
        files = [file for match in matches for file in system.find(match)]
    except Exception as error:
        raise UnreadableError(f"cannot read {path}: {error}") from error
    if not files:
        raise UnreadableError(f"cannot read {path}: nothing there")
    return [str(system.unstrip_protocol(file)) for file in sorted(files)]


def _is_array_of_objects(data: bytes) -> bool:
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        return False
    return isinstance(value, list) and bool(value) and all(isinstance(element, dict) for element in value)


class FileReader:
    """Reads the records of one file, one after the other; counts what it has consumed of the stored bytes."""

    def __init__(
        self,
        path: str,
        *,
        max_record_bytes: int,
        skip: int = 0,
        mapping: FieldMapping = IDENTITY,
        name: str | None = None,
    ) -> None:
        """Open `path` at record number `skip`, which is found by reading; records call it `name`, else `path`.

        Raises:
            UnreadableError: the file cannot be opened.
        """
        self.path = name or path
        self.next_record = 0
        self._limit = max_record_bytes
        self._mapping = mapping
        self._reported = 0
        self._stored = StoredFile(path)
        self._records = self._whole_file()
        for _ in range(skip):
            if next(self._records, None) is None:
                break
            self.next_record += 1

    @property
    def bytes_total(self) -> int:
        """Size of the stored file."""
        return self._stored.size

    @property
    def bytes_read(self) -> int:
        """Stored bytes that have been consumed."""
        return self._stored.tell()

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

    def _item(self, number: int, record: FileRecord) -> Item:
        span = Span(source=self.path, start=number, end=number + 1)
        if record.skipped:
            return Item(span=span, origin=None, state=Gap(record.skipped))
        provenance = FileProvenance(
            path=self.path,
            record=number,
            content_sha256=hashlib.sha256(record.payload).hexdigest(),
            pipeline_version=PIPELINE_VERSION,
        )
        origin = Origin(
            payload=record.payload,
            payload_bytes=record.payload_bytes,
            headers=record.headers,
            provenance=provenance,
            failure=record.failure,
        )
        return Item(span=span, origin=origin, state=origin)

    def _report_progress(self) -> None:
        position = self._stored.tell()
        if position > self._reported:
            BYTES_READ.labels("file").inc(position - self._reported)
            self._reported = position

    def _whole_file(self) -> Iterator[FileRecord]:
        """Yield the records of the file, and last, where any part of it could not be read, the failure that says so."""
        damages: list[Damage] = []
        for found in self._file(self._stored, self.path):
            if isinstance(found, Damage):
                damages.append(found)
            else:
                yield found
        if damages:
            yield self._damaged(damages)

    def _damaged(self, damages: list[Damage]) -> FileRecord:
        places = "; ".join(f"{damage.place}: {damage.reason}" for damage in damages[:5])
        more = f"; and {len(damages) - 5} more" if len(damages) > 5 else ""
        message = f"{self.path} is damaged at {places}{more}"
        beginning = next((damage.beginning for damage in damages if damage.beginning), b"")
        return FileRecord(beginning, payload_bytes=self._stored.size, failure=(Reason.DAMAGED_ARCHIVE, message))

    def _file(self, stored: Any, name: str) -> Iterator[FileRecord | Damage]:
        """Yield the records of a stored file, or of a member of a container."""
        kind, compression, suffix = _kind_by_name(name)
        beginning = b""
        if kind in {None, "warc", "arc"}:
            beginning = stored.read(_SAMPLE)
            if isinstance(stored, StoredFile) and stored.seekable:
                stored.seek(0)
            else:
                stored = _Rejoined(beginning, stored)
            compression = compression or compression_of(beginning)
        content = Content(stored, compression)
        if kind is None:
            kind = _kind_by_magic(content)
        if kind is None and suffix in _NO_TEXT:
            yield FileRecord(skipped="not_text")
        elif kind is None:
            message = f"files of kind {suffix or 'without suffix'!r} are not read"
            size = stored.size if isinstance(stored, StoredFile) else None
            yield FileRecord(
                beginning[:KEPT_OF_UNREADABLE], payload_bytes=size, failure=(Reason.UNSUPPORTED_TYPE, message)
            )
        elif kind in {"parquet", "zip"}:
            yield from self._random_access(kind, stored, compression, name)
        else:
            yield from self._content(kind, content, suffix)

    def _content(self, kind: str, content: Content, suffix: str) -> Iterator[FileRecord | Damage]:
        match kind:
            case "body":
                yield from self._body(content, _TYPE_OF_SUFFIX[suffix])
            case "json":
                yield from self._json(content)
            case "lines":
                yield from self._lines(content)
            case "warc":
                yield from read_warc(content, self._limit)
            case "arc":
                yield from read_arc(content, self._limit)
            case "csv":
                yield from read_csv(content, self._mapping.apply, self._limit, tabs=suffix == ".tsv")
            case "feed":
                yield from read_feed(content, self._limit)
            case _:
                yield from self._tar(content)

    def _random_access(
        self, kind: str, stored: Any, compression: str | None, name: str
    ) -> Iterator[FileRecord | Damage]:
        if not isinstance(stored, StoredFile) or compression:
            message = f"{name}: a {kind} file is read by itself only, neither compressed nor within another file"
            yield FileRecord(failure=(Reason.UNSUPPORTED_TYPE, message))
        elif kind == "parquet":
            yield from read_parquet(stored, self._mapping.apply, self._limit)
        else:
            yield from self._zip(stored)

    def _body(self, content: Content, content_type: str) -> Iterator[FileRecord | Damage]:
        payload = content.read(self._limit + 1)
        if content.damage:
            yield _damage(content, payload)
        elif len(payload) <= self._limit:
            yield FileRecord(payload, headers=(("content-type", content_type),))
        else:
            yield too_large(payload, len(payload) + content.skip(2**62), self._limit)

    def _json(self, content: Content) -> Iterator[FileRecord | Damage]:
        """Yield the one record of a file, or the elements when it is an array of objects.

        A short file is an array only when all of it is one; else it is one record, broken as it may be. A long one, or
        one that is damaged as stored, is believed from its first byte, to save what can be saved of it.
        """
        start = content.peek(_SHORT_FILE + 1)
        begins = start.lstrip(_BLANK + b"\xef\xbb\xbf")
        cut_off = len(start) > _SHORT_FILE or content.damage is not None
        if begins.startswith(b"[") and (cut_off or _is_array_of_objects(begins)):
            content.read(len(start) - len(begins))
            yield from self._elements(content)
            return
        for found in self._body(content, "application/json"):
            yield self._mapped(found) if isinstance(found, FileRecord) else found

    def _elements(self, content: Content) -> Iterator[FileRecord | Damage]:
        """Yield the objects of an array as they are written, one in memory at a time."""
        content.read(1)
        held = bytearray()
        depth = scanned = 0
        quoted = ended = False
        while not ended and len(held) <= self._limit:
            match = _STRUCTURE.search(held, scanned)
            if match is None:
                scanned = len(held)
                piece = content.read(_PIECE // 16)
                if not piece:
                    break
                held += piece
            elif match[0] == b"\\":
                scanned = match.end() + 1
            elif match[0] == b'"':
                quoted, scanned = not quoted, match.end()
            elif quoted:
                scanned = match.end()
            elif depth == 0 and held[: match.start()].strip(_BLANK + b","):
                break  # an element that is no object
            elif match[0] in b"{[":
                if depth == 0:
                    del held[: match.start()]
                scanned = match.end() if depth else 1
                depth += 1
            elif depth > 1:
                depth, scanned = depth - 1, match.end()
            else:
                element = bytes(held[: match.end()])
                del held[: match.end()]
                ended, depth, scanned = depth == 0, 0, 0
                if not ended:
                    yield self._mapped(FileRecord(element))
        if content.damage:
            yield _damage(content, bytes(held))
            return
        size = len(held) + content.skip(2**62)
        if size > self._limit:
            yield too_large(bytes(held), size, self._limit)
        elif not ended:
            yield Damage(f"byte {content.position}", "the array of objects does not end well", bytes(held))
        elif held.strip(_BLANK):
            yield Damage(f"byte {content.position - len(held)}", "there is more behind the array", bytes(held))

    def _lines(self, content: Content) -> Iterator[FileRecord | Damage]:
        while True:
            start = content.position
            line = content.readline(self._limit + 1)
            size = len(line)
            while size > self._limit and not line.endswith(b"\n") and (more := content.readline(_PIECE)):
                size += len(more)
                if more.endswith(b"\n"):
                    break
            if content.damage:
                yield Damage(f"byte {start} of the content", str(content.damage), line[:KEPT_OF_UNREADABLE])
                return
            if not line:
                return
            if size > self._limit + 1:
                yield too_large(line, size, self._limit)
            elif payload := line.strip(_BLANK):
                yield self._mapped(FileRecord(payload))

    def _mapped(self, record: FileRecord) -> FileRecord:
        if self._mapping is IDENTITY or record.failure or record.skipped:
            return record
        return FileRecord(self._mapping.apply_to_json(record.payload), headers=record.headers)

    def _tar(self, content: Content) -> Iterator[FileRecord | Damage]:
        blocks = _TarBlocks(content)
        expected = 0
        try:
            # The library passes over what is no header; here that is noticed.
            with tarfile.open(fileobj=cast("Any", blocks), mode="r|", ignore_zeros=True) as tar:
                for member in tar:
                    # Members are not kept: an archive of millions of files must not fill the memory.
                    tar.members = []  # type: ignore[attr-defined]
                    if blocks.any_filled(expected, member.offset):
                        yield Damage(f"byte {expected} of the content", "no member begins here")
                    expected = member.offset_data + -(-member.size // _BLOCK) * _BLOCK
                    if member.isfile() and not _is_hidden(member.name):
                        file = tar.extractfile(member)
                        assert file is not None
                        yield from self._file(file, member.name)
        except (tarfile.TarError, EOFError) as error:
            yield Damage(place=f"byte {content.position} of the content", reason=str(content.damage or error))
            return
        if content.damage:
            yield _damage(content, b"")
        elif blocks.any_filled(expected, blocks.end) or blocks.end <= expected:
            yield Damage(f"byte {min(expected, content.position)} of the content", "the file has no end marker")

    def _zip(self, stored: StoredFile) -> Iterator[FileRecord | Damage]:
        try:
            with zipfile.ZipFile(stored.file) as archive:
                for member in archive.infolist():
                    if member.is_dir() or _is_hidden(member.filename):
                        continue
                    try:
                        with archive.open(member) as file:
                            yield from self._file(_ZipMember(file), member.filename)
                    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
                        yield Damage(place=f"byte {member.header_offset}, {member.filename}", reason=str(error))
        except zipfile.BadZipFile as error:
            yield Damage(place="the directory at its end", reason=str(error))


class _Rejoined:
    """A file whose beginning has been read already, put back in front of it."""

    def __init__(self, beginning: bytes, rest: Any) -> None:
        self._beginning = beginning
        self._rest = rest

    def read(self, size: int) -> bytes:
        if self._beginning:
            part, self._beginning = self._beginning[:size], self._beginning[size:]
            return part
        data: bytes = self._rest.read(size)
        return data


class _TarBlocks:
    """The blocks of a tar file as they are read, remembering since the last question which of them hold anything."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self._filled = bytearray()
        self._first = 0

    @property
    def end(self) -> int:
        """Position behind the last block read."""
        return (self._first + len(self._filled)) * _BLOCK

    def read(self, size: int) -> bytes:
        """Return `size` bytes, fewer at the end."""
        data = self._content.read(size)
        self._filled += bytes(bool(data[at : at + _BLOCK].strip(b"\0")) for at in range(0, len(data), _BLOCK))
        return data

    def any_filled(self, start: int, end: int) -> bool:
        """Whether any block from byte `start` to `end` is not all zeros; what lies before `end` is then forgotten."""
        flags = self._filled[max(0, start // _BLOCK - self._first) : max(0, end // _BLOCK - self._first)]
        forget = max(0, end // _BLOCK - self._first)
        del self._filled[:forget]
        self._first += forget
        return any(flags)


class _ZipMember:
    """A member of a ZIP file; its damage comes as zlib errors, which belong to the archive."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def read(self, size: int) -> bytes:
        import zlib

        try:
            data: bytes = self._file.read(size)
        except (zlib.error, EOFError) as error:
            raise zipfile.BadZipFile(str(error)) from error
        return data


def _damage(content: Content, beginning: bytes) -> Damage:
    return Damage(f"byte {content.position} of the content", str(content.damage), beginning[:KEPT_OF_UNREADABLE])


def _kind_by_name(name: str) -> tuple[str | None, str | None, str]:
    """Return what a file is, how it is compressed, and the suffix that says so."""
    suffixes = [suffix.lower() for suffix in PurePosixPath(name.partition("?")[0]).suffixes[-2:]]
    compression = None
    if suffixes and suffixes[-1] in _TGZ:
        return "tar", _TGZ[suffixes[-1]], suffixes[-1]
    if suffixes and suffixes[-1] in COMPRESSIONS:
        compression = suffixes.pop()
    suffix = suffixes[-1] if suffixes else ""
    return _KIND_OF_SUFFIX.get(suffix), compression, suffix


def _kind_by_magic(content: Content) -> str | None:
    """Return what content is where its first bytes leave no doubt."""
    beginning = content.peek(_SAMPLE)
    if beginning.startswith((b"WARC/0.", b"WARC/1.")):
        return "warc"
    if beginning.startswith(b"filedesc://"):
        return "arc"
    if beginning.startswith(b"PAR1"):
        return "parquet"
    if beginning.startswith(b"PK\x03\x04"):
        return "zip"
    if beginning[257:262] == b"ustar":
        return "tar"
    if beginning.lstrip(_BLANK + b"\xef\xbb\xbf").startswith(b"<?xml") and is_feed(beginning):
        return "feed"
    return None


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") and part != "." for part in PurePosixPath(name).parts)
