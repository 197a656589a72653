"""Opening and decompressing files, so that all content before a damage is read, and the damage has a place and a name.

A path is local, or any that fsspec knows (``s3://…``, ``gs://…``, ``https://…``, with that scheme's package installed).
"""

import bz2
import importlib
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol, cast

import zstandard

from pipeline.errors import Explained

_CHUNK: Final = 64 * 1024
_PIECE: Final = 1024 * 1024
"""Bytes that one call of a library may give at most."""
_ZSTD_SLICE: Final = 512
"""Stored bytes that Zstandard takes at a time: its interface has no limit, and four bytes may become 128 KiB."""
_MAX_XZ_MEMORY: Final = 256 * 1024 * 1024
_FREE: Final = 64 * 1024 * 1024
_MAX_RATIO: Final = 250
_MAX_SKIPPABLE: Final = 16 * 1024 * 1024
_ZSTD_DICTIONARY: Final = b"\x5d\x2a\x4d\x18"
"""Begins the frame in which a ``.warc.zst`` carries its dictionary (IIPC's "WARC compression with Zstandard")."""
_ZSTD_FRAME: Final = b"\x28\xb5\x2f\xfd"


class UnreadableError(Explained):
    """A file that the system does not let us read; the job stops, because nothing may be lost silently."""


class DamagedError(Exception):
    """Content that cannot be decompressed; the message says where in the stored file, and why."""


class Allowance:
    """What one stored file may become, with everything that is packed within it.

    News expands to ten times its stored size, a hundred times where pages repeat; a bomb to a thousand and more. It is
    counted in bytes and not in time, so that the same file always gives the same records.
    """

    def __init__(self, stored_bytes: int) -> None:
        self._stored = stored_bytes
        self._given = 0

    def take(self, size: int) -> bool:
        """Count `size` bytes of decompressed content; return whether they are still within what is allowed."""
        self._given += size
        return self._given <= _FREE + _MAX_RATIO * self._stored

    @property
    def refusal(self) -> str:
        """Why reading ends."""
        return f"it expands to more than {_MAX_RATIO} times its {self._stored} stored bytes, and is not read on"


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Decompressor(Protocol):
    """One compressed member: gives pieces of bounded size, whatever its bytes would become."""

    @property
    def eof(self) -> bool:
        """Whether the end of the member was reached."""

    @property
    def unused_data(self) -> bytes:
        """Bytes behind the end of the member."""

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """Yield what `data` adds to the content, at most some megabytes at a time."""


class _Zlib:
    """Deflate in the framing that `wbits` names."""

    def __init__(self, wbits: int) -> None:
        self._library = zlib.decompressobj(wbits)

    @property
    def eof(self) -> bool:
        return self._library.eof

    @property
    def unused_data(self) -> bytes:
        return self._library.unused_data

    def pieces(self, data: bytes) -> Iterator[bytes]:
        while data:
            yield self._library.decompress(data, _PIECE)
            data = self._library.unconsumed_tail


class _Buffered:
    """A library with the interface of Python's own: `max_length`, and `needs_input` once it holds nothing back."""

    def __init__(self, library: Any) -> None:
        self._library = library

    @property
    def eof(self) -> bool:
        return bool(self._library.eof)

    @property
    def unused_data(self) -> bytes:
        return self._library.unused_data or b""

    def pieces(self, data: bytes) -> Iterator[bytes]:
        piece = self._library.decompress(data, _PIECE)
        yield piece
        while piece and not self._library.eof and not self._library.needs_input:
            piece = self._library.decompress(b"", _PIECE)
            yield piece


class _Zstandard:
    def __init__(self, dictionary: bytes | None = None) -> None:
        known = zstandard.ZstdCompressionDict(dictionary) if dictionary is not None else None
        self._library = zstandard.ZstdDecompressor(dict_data=known).decompressobj()
        self._behind = b""

    @property
    def eof(self) -> bool:
        return bool(self._library.eof)

    @property
    def unused_data(self) -> bytes:
        return self._library.unused_data + self._behind if self.eof else b""

    def pieces(self, data: bytes) -> Iterator[bytes]:
        for at in range(0, len(data), _ZSTD_SLICE):
            yield self._library.decompress(data[at : at + _ZSTD_SLICE])
            if self._library.eof:
                self._behind = data[at + _ZSTD_SLICE :]
                return


class _Brotli:
    """Not a compression of files, only of HTTP bodies: it has neither magic number nor members."""

    unused_data = b""

    def __init__(self) -> None:
        self._library = importlib.import_module("brotli").Decompressor()

    @property
    def eof(self) -> bool:
        return bool(self._library.is_finished())

    def pieces(self, data: bytes) -> Iterator[bytes]:
        piece = self._library.process(data, output_buffer_limit=_PIECE)
        yield piece
        while piece and not self._library.is_finished():
            piece = self._library.process(b"", output_buffer_limit=_PIECE)
            yield piece


_DECOMPRESSORS: Final[dict[str, Callable[[], Decompressor]]] = {
    ".gz": lambda: _Zlib(zlib.MAX_WBITS | 16),
    ".zst": _Zstandard,
    ".lz4": lambda: _Buffered(importlib.import_module("lz4.frame").LZ4FrameDecompressor()),
    ".bz2": lambda: _Buffered(bz2.BZ2Decompressor()),
    ".xz": lambda: _Buffered(lzma.LZMADecompressor(memlimit=_MAX_XZ_MEMORY)),
    "zlib": lambda: _Zlib(zlib.MAX_WBITS),
    "deflate": lambda: _Zlib(-zlib.MAX_WBITS),
    "br": _Brotli,
}
_MAGIC: Final[dict[str, tuple[bytes, ...]]] = {
    ".gz": (b"\x1f\x8b\x08",),
    ".zst": (_ZSTD_FRAME, _ZSTD_DICTIONARY),
    ".lz4": (b"\x04\x22\x4d\x18",),
    ".bz2": (b"BZh",),
    ".xz": (b"\xfd7zXZ\x00",),
}
COMPRESSIONS: Final = frozenset(_MAGIC)


def decompressor(kind: str) -> Decompressor:
    """Return what undoes the compression that `kind` names: a suffix of files, or ``zlib``, ``deflate``, ``br``."""
    return _DECOMPRESSORS[kind]()


def is_remote(path: str) -> bool:
    """Whether `path` has a scheme, so that fsspec reads it."""
    return "://" in path


def file_system(path: str) -> tuple[Any, str]:
    """Return fsspec's file system for a remote path, and the path within it. Raises `UnreadableError`."""
    import fsspec

    try:
        system, within = fsspec.core.url_to_fs(path)
    except (ImportError, ValueError) as error:
        raise UnreadableError(f"cannot read {path}: {error}") from error
    return system, str(within)


class StoredFile:
    """The bytes of a file as stored. Every failure to read them is an `UnreadableError`, never damage."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._taken = 0
        self.file: BinaryIO
        try:
            if is_remote(path):
                system, within = file_system(path)
                self.file = system.open(within, "rb")
                self.size = int(system.size(within) or 0)
            else:
                self.file = Path(path).open("rb")  # noqa: SIM115 - closed by `close`
                self.size = Path(path).stat().st_size
            self._whole = is_remote(path) or self.file.seekable()
        except UnreadableError:
            raise
        except Exception as error:
            raise self._unreadable(error) from error

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, none at the end."""
        try:
            # From a pipe one read at a time: a signal that comes with its bytes would else wait for more of them.
            data = self.file.read(size) if self._whole else self.file.read1(size)  # type: ignore[attr-defined]
        except Exception as error:
            raise self._unreadable(error) from error
        self._taken += len(data)
        return data

    @property
    def seekable(self) -> bool:
        """Whether positions can be chosen; not those of a pipe."""
        return self.file.seekable()

    def seek(self, position: int) -> None:
        """Go to a position from the start."""
        try:
            self.file.seek(position)
        except Exception as error:
            raise self._unreadable(error) from error

    def tell(self) -> int:
        """Return the position of the next byte; where a reader of columns has closed the file, its end."""
        if self.file.closed:
            return self.size
        return self.file.tell() if self.seekable else self._taken

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def _unreadable(self, error: Exception) -> UnreadableError:
        detail = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
        return UnreadableError(f"cannot read {self.path}: {detail}")


def compression_of(beginning: bytes) -> str | None:
    """Return the suffix of the compression that `beginning` shows by its magic number."""
    return next((kind for kind, magics in _MAGIC.items() if beginning.startswith(magics)), None)


class Content:
    """The decompressed content of a file, read forward.

    Reading never raises for damage: it comes up short instead, and `damage` then says why, so that callers keep what
    they have. Looking ahead (`peek`) does not show it before its time.
    """

    def __init__(self, stored: _Readable, compression: str | None = None, allowance: Allowance | None = None) -> None:
        self._stored = stored
        self._compression = compression
        self._allowance = allowance
        self._chunks = self._decompress(0) if compression else _plain(stored)
        self._buffer = b""
        self._at = 0
        self.position = 0
        """Bytes of content before the next one."""
        self.member = 0
        """Where in the stored file the compressed member begins that was being read last."""
        self._damage: DamagedError | None = None
        self.refused = False
        """Whether the damage is that the content is larger than what is allowed."""

    @property
    def damage(self) -> DamagedError | None:
        """Why there is no more content, once all before it has been read."""
        return self._damage if self._at >= len(self._buffer) else None

    @property
    def breaks_off(self) -> bool:
        """Whether damage has been seen, be it behind bytes that have not been read yet."""
        return self._damage is not None

    @property
    def compressed(self) -> bool:
        """Whether positions in the content differ from those in the stored file."""
        return self._compression is not None

    def read(self, size: int = -1) -> bytes:
        """Return `size` bytes, fewer at the end or at damage; all there is for a negative size."""
        if 0 <= size <= len(self._buffer) - self._at:
            found = self._buffer[self._at : self._at + size]
        else:
            parts = [self._buffer[self._at :]]
            missing = size - len(parts[0]) if size >= 0 else -1
            self._buffer, self._at = b"", 0
            while missing != 0 and (chunk := self._next()):
                if 0 <= missing < len(chunk):
                    parts.append(chunk[:missing])
                    self._buffer, self._at = chunk, missing
                    missing = 0
                else:
                    parts.append(chunk)
                    missing -= len(chunk) if missing > 0 else 0
            found = b"".join(parts)
            self.position += len(found)
            return found
        self._at += len(found)
        self.position += len(found)
        return found

    def skip(self, size: int) -> int:
        """Read over `size` bytes without keeping them; return how many there were."""
        left = size
        while left and (part := self.read(min(left, _CHUNK))):
            left -= len(part)
        return size - left

    def readline(self, limit: int) -> bytes:
        r"""Return the bytes up to and with the next ``\n``, at most `limit` of them; none at the end."""
        end = self._buffer.find(b"\n", self._at, self._at + limit)
        if end >= 0 or len(self._buffer) - self._at >= limit:
            return self.read(end + 1 - self._at if end >= 0 else limit)
        parts = [self._buffer[self._at :]]
        size = len(parts[0])
        self._buffer, self._at = b"", 0
        while size < limit and (chunk := self._next()):
            end = chunk.find(b"\n", 0, limit - size)
            take = end + 1 if end >= 0 else min(len(chunk), limit - size)
            parts.append(chunk[:take])
            size += take
            if end >= 0 or take < len(chunk):
                self._buffer, self._at = chunk, take
                break
        self.position += size
        return b"".join(parts)

    def peek(self, size: int) -> bytes:
        """Return the next `size` bytes, fewer at the end, without moving on."""
        missing = size - (len(self._buffer) - self._at)
        if missing > 0:
            parts = [self._buffer[self._at :]]
            while missing > 0 and (chunk := self._next()):
                parts.append(chunk)
                missing -= len(chunk)
            self._buffer, self._at = b"".join(parts), 0
        return self._buffer[self._at : self._at + size]

    def skip_any(self, among: bytes) -> None:
        """Move on to the first byte that is none of `among`."""
        other = re.compile(b"[^%s]" % re.escape(among))
        while self.peek(1):
            found = other.search(self._buffer, self._at)
            at = found.start() if found else len(self._buffer)
            self.position += at - self._at
            self._at = at
            if found:
                return

    def find(self, pattern: re.Pattern[bytes], longest: int) -> bool:
        """Move on to where `pattern` next matches, with at most `longest` bytes; return False at the end."""
        while True:
            ahead = self.peek(_CHUNK + longest)
            if match := pattern.search(ahead):
                self.skip(match.start())
                return True
            if len(ahead) <= longest:
                self.skip(len(ahead))
                return False
            self.skip(len(ahead) - longest)

    def recover(self, beginnings: tuple[bytes, ...]) -> bool:
        """After damage, go on at the next compressed member whose content begins with one of `beginnings`.

        Returns:
            False when there is none, or the compression has no members to look for (``bz2``, ``xz``).
        """
        if self._damage is None or self.refused or self._compression not in {".gz", ".zst", ".lz4"}:
            return False
        if not isinstance(self._stored, StoredFile) or not self._stored.seekable:
            return False
        for position in self._candidates(self.member + 1):
            self._stored.seek(position)
            try:
                beginning = next(self._decompressor().pieces(self._stored.read(512)), b"")
            except (zlib.error, zstandard.ZstdError, RuntimeError):
                continue
            if beginning.startswith(beginnings):
                self._stored.seek(position)
                self._chunks, self._buffer, self._at, self._damage = self._decompress(position), b"", 0, None
                return True
        return False

    def _candidates(self, position: int) -> Iterator[int]:
        """Yield the stored positions from `position` on where a member may begin."""
        assert isinstance(self._stored, StoredFile) and self._compression
        magic = _MAGIC[self._compression][0]
        while True:
            self._stored.seek(position)
            data = self._stored.read(_CHUNK)
            if len(data) < len(magic):
                return
            at = data.find(magic)
            while at >= 0:
                yield position + at
                at = data.find(magic, at + 1)
            position += len(data) - len(magic) + 1

    def _next(self) -> bytes:
        if self._damage is not None:
            return b""
        try:
            return next(self._chunks, b"")
        except DamagedError as error:
            self._damage = error
            return b""

    def _decompressor(self, dictionary: bytes | None = None) -> Decompressor:
        if self._compression == ".zst":
            return _Zstandard(dictionary)
        return decompressor(cast("str", self._compression))

    def _decompress(self, position: int) -> Iterator[bytes]:
        """Yield the content of one member after the other, from a stored position that begins one."""
        dictionary: bytes | None = None
        decompressor: Decompressor | None = None
        taken = position
        # Small pieces, because their content may be several thousand times as large.
        while data := self._stored.read(16 * 1024):
            taken += len(data)
            while data:
                if decompressor is None:
                    # Zeros may follow the last member, as padding of tapes and blocks.
                    data = data.lstrip(b"\0")
                    if not data:
                        break
                    self.member = taken - len(data)
                    if self._compression == ".zst" and self.member == 0 and data.startswith(_ZSTD_DICTIONARY):
                        dictionary, data, taken = self._dictionary(data, taken)
                        continue
                    decompressor = self._decompressor(dictionary)
                try:
                    for chunk in decompressor.pieces(data):
                        if chunk:
                            self._allow(len(chunk))
                            yield chunk
                except (zlib.error, zstandard.ZstdError, lzma.LZMAError, OSError, EOFError, RuntimeError) as error:
                    raise DamagedError(f"the compressed data that begins at byte {self.member}: {error}") from error
                data = b""
                if decompressor.eof:
                    data, decompressor = decompressor.unused_data, None
        if decompressor is not None:
            raise DamagedError(
                f"the compressed data that begins at byte {self.member}: it ends at byte {taken}, before its end marker"
            )

    def _allow(self, size: int) -> None:
        if self._allowance is not None and not self._allowance.take(size):
            self.refused = True
            raise DamagedError(self._allowance.refusal)

    def _dictionary(self, data: bytes, taken: int) -> tuple[bytes, bytes, int]:
        """Return the dictionary that a file of Zstandard frames begins with, the data behind it, and what was read."""
        while len(data) < 8 and (more := self._stored.read(8 - len(data))):
            data, taken = data + more, taken + len(more)
        size = int.from_bytes(data[4:8], "little")
        if size > _MAX_SKIPPABLE:
            raise DamagedError(f"a dictionary of {size} bytes at byte 0")
        while len(data) < 8 + size and (more := self._stored.read(8 + size - len(data))):
            data, taken = data + more, taken + len(more)
        dictionary = data[8 : 8 + size]
        if dictionary.startswith(_ZSTD_FRAME):
            try:
                dictionary = zstandard.ZstdDecompressor().decompress(dictionary, max_output_size=_MAX_SKIPPABLE)
            except zstandard.ZstdError as error:
                raise DamagedError(f"the dictionary at byte 0: {error}") from error
        return dictionary, data[8 + size :], taken


def _plain(stored: _Readable) -> Iterator[bytes]:
    while data := stored.read(_CHUNK):
        yield data
