"""Tar and ZIP files: the files within them, each read by what it is; what is damaged costs its member only."""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from pipeline.sources.formats.opened import Opened
from pipeline.sources.formats.records import Damage, FileRecord
from pipeline.sources.formats.streams import Allowance, Content, DamagedError

_BLOCK: Final = 512
"""Of a tar file."""
_CHECKSUM: Final = slice(148, 156)
_MAX_NUMBER: Final = 2**60
_MAX_NAME: Final = 1024 * 1024
"""Bytes of a long name or of a pax header; longer ones are passed over, and their member keeps its short name."""
_PAX_FIELD: Final = re.compile(rb"(\d{1,7}) ([^=\n]{1,200})=")
_FILES: Final = b"07\0"
_LONG_NAME, _LONG_LINK, _PAX, _PAX_GLOBAL, _SOLARIS_PAX, _SPARSE = b"L", b"K", b"x", b"g", b"X", b"S"
_ZEROS: Final = bytes(_BLOCK)


@dataclass(slots=True)
class _Member:
    """What a header of a tar file says."""

    name: str
    size: int
    kind: bytes
    extended: bool = False
    """Whether blocks that list the parts of a sparse file follow."""


def read_tar(opened: Opened) -> Iterator[FileRecord | Damage]:
    """Yield the records of the files in a tar file, in order.

    It is read forward, header by header. Where no header stands reading goes on at the next one, and what lies between
    is named as one damage.
    """
    content = opened.content
    name: str | None = None
    size: int | None = None
    sparse = ended = False
    lost = 0
    while len(block := content.read(_BLOCK)) == _BLOCK:
        start = content.position - _BLOCK
        if block == _ZEROS:
            ended = True
            continue
        member = _header(block)
        if member is None:
            if not lost:
                yield Damage(f"byte {start} of the content", "no member begins here", block)
            lost += 1
            continue
        lost, ended = 0, False
        body = _Part(content, member.size)
        if member.kind in {_LONG_NAME, _PAX, _SOLARIS_PAX}:
            data = body.read(member.size) if member.size <= _MAX_NAME else b""
            if member.kind == _LONG_NAME:
                name = _text(data.split(b"\0", 1)[0]) or name
            else:
                said = _pax(data)
                name, size = said.name or name, said.size if said.size is not None else size
                sparse = sparse or said.sparse
        elif member.kind not in {_LONG_LINK, _PAX_GLOBAL}:
            member.name, member.size = name or member.name, member.size if size is None else size
            body = _Part(content, member.size)
            if sparse or member.kind == _SPARSE:
                yield Damage(f"byte {start} of the content, {member.name}", "sparse files are not read")
                while member.extended and len(more := content.read(_BLOCK)) == _BLOCK:
                    member.extended = bool(more[504])
            elif member.kind in _FILES and not member.name.endswith("/") and not is_hidden(member.name):
                yield from opened.member(body, member.name)
            name = size = None
            sparse = False
        body.finish()
        if content.damage or body.left:
            break
    if content.damage:
        yield Damage(f"byte {content.position} of the content", str(content.damage))
    elif not ended:
        yield Damage(f"byte {content.position} of the content", "the file has no end marker")


def _header(block: bytes) -> _Member | None:
    """Return what a block says as a header of a member, None when its checksum does not say that it is one."""
    stated = _number(block[_CHECKSUM])
    sums = {sum(block[:148]) + 256 + sum(block[156:])}
    if any(byte > 127 for byte in block):  # some programs add signed characters
        sums.add(sum(byte - 256 * (byte > 127) for byte in block[:148] + block[156:]) + 256)
    size = _number(block[124:136])
    if stated not in sums or size is None or size < 0:
        return None
    name = _text(block[:100].split(b"\0", 1)[0])
    kind = block[156:157]
    if block[257:263] == b"ustar\0" and (prefix := _text(block[345:500].split(b"\0", 1)[0])):
        name = f"{prefix}/{name}"
    # Links and devices have no content, whatever their size says.
    return _Member(name, 0 if kind in b"123456" else size, kind, extended=kind == _SPARSE and bool(block[482]))


def _number(field: bytes) -> int | None:
    """Return a number of a header, in octal digits or in GNU's binary form; None when it is none."""
    if field[:1] in {b"\x80", b"\xff"}:
        value = int.from_bytes(field[1:], "big")
        return value if field[:1] == b"\x80" and value < _MAX_NUMBER else None
    digits = field.split(b"\0", 1)[0].strip()
    try:
        return int(digits or b"0", 8)
    except ValueError:
        return None


@dataclass(slots=True)
class _Extended:
    """What an extended header says of the next member."""

    name: str | None = None
    size: int | None = None
    sparse: bool = False


def _pax(data: bytes) -> _Extended:
    said = _Extended()
    at = 0
    while field := _PAX_FIELD.match(data, at):
        length = int(field[1])
        if length <= field.end() - at:
            break
        value = data[field.end() : at + length - 1]
        if field[2] in {b"path", b"GNU.sparse.name"}:
            said.name = _text(value) or said.name
        elif field[2] == b"size" and value.isdigit() and len(value) <= 18:
            said.size = int(value)
        said.sparse = said.sparse or field[2].startswith(b"GNU.sparse.")
        at += length
    return said


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


class _Part:
    """The bytes of one member, which readers of files take for a file."""

    def __init__(self, content: Content, size: int) -> None:
        self._content = content
        self._padding = -size % _BLOCK
        self.left = size
        """Bytes that have not been read, or that are missing."""

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, none at the end."""
        data = self._content.read(min(size, self.left))
        self.left -= len(data)
        return data

    def finish(self) -> None:
        """Go to the block behind the member."""
        self.left -= self._content.skip(self.left)
        self._content.skip(self._padding)


def read_zip(opened: Opened) -> Iterator[FileRecord | Damage]:
    """Yield the records of the files in a ZIP file, in the order of its directory."""
    try:
        archive = zipfile.ZipFile(opened.stored.file)
        members = archive.infolist()
    except Exception as error:  # the library raises what the parser of each field raises
        yield Damage("the directory at its end", _said(error))
        return
    with archive:
        for member in members:
            name = member.filename.encode("utf-8", "backslashreplace").decode("utf-8")
            if member.filename.endswith("/") or is_hidden(name):
                continue
            place = f"byte {member.header_offset}, {name}"
            try:
                file = archive.open(member)
            except Exception as error:
                yield Damage(place, _said(error))
                continue
            with file:
                part = _ZipMember(file, opened.allowance)
                yield from opened.member(part, name)
            if part.refused:
                yield Damage(place, opened.allowance.refusal)
                return


class _ZipMember:
    """A member of a ZIP file, whose damage is that of compressed data, whatever its compression raises."""

    def __init__(self, file: Any, allowance: Allowance) -> None:
        self._file = file
        self._allowance = allowance
        self.refused = False

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, none at the end. Raises `DamagedError`."""
        try:
            data: bytes = self._file.read(size)
        except Exception as error:
            raise DamagedError(_said(error)) from error
        self.refused = not self._allowance.take(len(data))
        if self.refused:
            raise DamagedError(self._allowance.refusal)
        return data


def _said(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__


def is_hidden(name: str) -> bool:
    """Whether a path leads through a hidden file or folder."""
    return any(part.startswith(".") and part not in {".", ".."} for part in PurePosixPath(name).parts)
