"""Files as records: each byte of a file ends in a record, a skipped record with a stated reason, or a named failure."""

import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pipeline.items import Gap, Item, Origin, Span
from pipeline.observe.metrics import BYTES_READ
from pipeline.settings import PIPELINE_VERSION
from pipeline.sources.formats import NO_TEXT, format_by_content, format_by_name
from pipeline.sources.formats.opened import Opened, Readable
from pipeline.sources.formats.records import KEPT_OF_UNREADABLE, Damage, FileRecord
from pipeline.sources.formats.streams import (
    Allowance,
    Content,
    DamagedError,
    StoredFile,
    UnreadableError,
    compression_of,
    file_system,
    is_remote,
)
from pipeline.sources.mapping import IDENTITY, FieldMapping
from schemas.reasons import Reason
from schemas.records import FileProvenance

__all__ = ["FileReader", "UnreadableError", "find_files", "readable_path", "stored_size"]

_SAMPLE: Final = 1024
_MAX_DEPTH: Final = 5
"""Containers within one another that are opened."""
_NAMED_DAMAGES: Final = 5
_RECORD_COST: Final = 256
"""Bytes that a record counts for beside its own, so that a small file cannot become millions of empty records."""
_MAX_MESSAGE: Final = 500
_log = logging.getLogger("khabar")


def find_files(paths: tuple[str, ...], *, follow_links: bool = False) -> tuple[str, ...]:
    """Return the files that `paths` name, folders in sorted order, each file once, hidden ones left out.

    A file that is named itself is always taken; of folders also files of unknown kind are, to become dead letters. A
    link in a folder is followed to files within that folder, and with `follow_links` to any file.

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
        try:
            if not local.exists():
                raise UnreadableError(f"cannot read {readable_path(path)}: No such file or directory")
            root = None if follow_links else local.resolve()
            for entry in _files_below(local, root) if local.is_dir() else [local]:
                found.setdefault(str(entry.resolve()), str(entry))
        except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a name that no file can have
            detail = (error.strerror if isinstance(error, OSError) else None) or error
            raise UnreadableError(f"cannot read {readable_path(path)}: {detail}") from error
    return tuple(found.values())


def readable_path(path: str) -> str:
    r"""Return a path as text that can be written: bytes of a name that are no UTF-8 as ``\xhh``."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def stored_size(path: str) -> int:
    """Return the size of a file in bytes as stored; 0 where it is not known before reading."""
    try:
        if not is_remote(path):
            return Path(path).stat().st_size
        system, within = file_system(path)
        return int(system.size(within) or 0)
    except Exception:
        return 0  # what is wrong with the file, reading it will say


def _files_below(folder: Path, root: Path | None) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise UnreadableError(f"cannot read {readable_path(str(folder))}: {error.strerror or error}") from error
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_symlink() and not _leads_within(entry, root):
            _log.warning(
                "%s is a link that leads out of the folder or nowhere, and is not followed", readable_path(str(entry))
            )
        elif entry.is_dir() and not entry.is_symlink():
            yield from _files_below(entry, root)
        elif entry.is_file():
            yield entry


def _leads_within(link: Path, root: Path | None) -> bool:
    """Whether a link leads to something within the folder `root`, or anywhere where that is None."""
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):  # nothing there, or a loop
        return False
    return root is None or target.is_relative_to(root)


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
        self.path = readable_path(name or path)
        self.next_record = 0
        self._limit = max_record_bytes
        self._mapping = mapping
        self._reported = 0
        self._stored = StoredFile(path)
        self._allowance = Allowance(self._stored.size)
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
        count = 0
        for found in self._file(self._stored, self.path, depth=0):
            refused = False
            if not isinstance(found, Damage):
                yield found
                refused = not self._allowance.take(_RECORD_COST)
                if not refused:
                    continue
                found = Damage(f"record {self.next_record}", self._allowance.refusal)
            count += 1
            if count <= _NAMED_DAMAGES or not any(damage.beginning for damage in damages):
                damages = [*damages[:_NAMED_DAMAGES], found]
            if refused:
                break
        if damages:
            yield self._damaged(damages, count)

    def _damaged(self, damages: list[Damage], count: int) -> FileRecord:
        named = damages[:_NAMED_DAMAGES]
        places = "; ".join(f"{damage.place}: {damage.reason}" for damage in named)
        more = f"; and {count - len(named)} more" if count > len(named) else ""
        message = f"{self.path} is damaged at {places}{more}"
        beginning = next((damage.beginning for damage in damages if damage.beginning), b"")
        return FileRecord(beginning, payload_bytes=self._stored.size, failure=(Reason.DAMAGED_ARCHIVE, message))

    def _file(self, stored: Readable, name: str, depth: int) -> Iterator[FileRecord | Damage]:
        """Yield the records of a stored file, or of a member of a container; whatever is wrong with it is damage."""
        within = f"{name}, " if depth else ""
        if depth > _MAX_DEPTH:
            yield Damage(name, f"containers within one another are opened {_MAX_DEPTH} deep")
            return
        try:
            for found in self._found(stored, name, depth):
                if isinstance(found, Damage):
                    found = Damage(within + found.place, found.reason, found.beginning)
                yield found
        except UnreadableError:
            raise
        except Exception as error:  # what the parsers of formats raise, and so a fault of the file
            where = f"{within}byte {self._stored.tell()} of the file"
            kind = "" if isinstance(error, DamagedError) else f"{type(error).__name__}: "
            yield Damage(where, f"{kind}{error}"[:_MAX_MESSAGE])

    def _found(self, stored: Readable, name: str, depth: int) -> Iterator[FileRecord | Damage]:
        found, compression, suffix = format_by_name(name)
        beginning = b""
        if found is None or found.sniffed:
            beginning = stored.read(_SAMPLE)
            if isinstance(stored, StoredFile) and stored.seekable:
                stored.seek(0)
            else:
                stored = _Rejoined(beginning, stored)
            compression = compression or compression_of(beginning)
        content = Content(stored, compression, self._allowance)
        found = found or format_by_content(content.peek(_SAMPLE))
        if found is None and suffix in NO_TEXT:
            yield FileRecord(skipped="not_text")
        elif found is None:
            message = f"files of kind {suffix or 'without suffix'!r} are not read"
            size = stored.size if isinstance(stored, StoredFile) else None
            yield FileRecord(
                beginning[:KEPT_OF_UNREADABLE], payload_bytes=size, failure=(Reason.UNSUPPORTED_TYPE, message)
            )
        elif found.by_position and (compression or not isinstance(stored, StoredFile)):
            message = f"{name}: a {found.name} file is read by itself only, neither compressed nor within another file"
            yield FileRecord(failure=(Reason.UNSUPPORTED_TYPE, message))
        else:
            yield from found.read(
                Opened(
                    suffix=suffix,
                    stored=self._stored,
                    content=content,
                    limit=self._limit,
                    mapping=self._mapping,
                    allowance=self._allowance,
                    member=lambda member, member_name: self._file(member, member_name, depth + 1),
                )
            )


class _Rejoined:
    """A file whose beginning has been read already, put back in front of it."""

    def __init__(self, beginning: bytes, rest: Readable) -> None:
        self._beginning = beginning
        self._rest = rest

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, none at the end."""
        if self._beginning:
            part, self._beginning = self._beginning[:size], self._beginning[size:]
            return part
        return self._rest.read(size)
