"""Opening and decompressing files, so that all content before a damage is read, and the damage has a place and a name.

A path is local, or any that fsspec knows (``s3://…``, ``gs://…``, ``https://…``, with that scheme's package installed).
"""

import bz2
import importlib
import lzma
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol, cast

import zstandard

_CHUNK: Final = 64 * 1024
_MAX_SKIPPABLE: Final = 16 * 1024 * 1024
_ZSTD_DICTIONARY: Final = b"\x5d\x2a\x4d\x18"
"""Begins the frame in which a ``.warc.zst`` carries its dictionary (IIPC's "WARC compression with Zstandard")."""
_ZSTD_FRAME: Final = b"\x28\xb5\x2f\xfd"


class UnreadableError(Exception):
    """A file that the system does not let us read; the job stops, because nothing may be lost silently."""


class DamagedError(Exception):
    """Content that cannot be decompressed; the message says where in the stored file, and why."""


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Decompressor(Protocol):
    eof: bool
    unused_data: bytes

    def decompress(self, data: bytes, /) -> bytes: ...


def _lz4() -> _Decompressor:
    return cast("_Decompressor", importlib.import_module("lz4.frame").LZ4FrameDecompressor())


_DECOMPRESSORS: Final[dict[str, Callable[[], Any]]] = {
    ".gz": lambda: zlib.decompressobj(wbits=zlib.MAX_WBITS | 16),
    ".zst": lambda: zstandard.ZstdDecompressor().decompressobj(),
    ".lz4": _lz4,
    ".bz2": bz2.BZ2Decompressor,
    ".xz": lzma.LZMADecompressor,
}
_MAGIC: Final[dict[str, tuple[bytes, ...]]] = {
    ".gz": (b"\x1f\x8b\x08",),
    ".zst": (_ZSTD_FRAME, _ZSTD_DICTIONARY),
    ".lz4": (b"\x04\x22\x4d\x18",),
    ".bz2": (b"BZh",),
    ".xz": (b"\xfd7zXZ\x00",),
}
COMPRESSIONS: Final = frozenset(_DECOMPRESSORS)


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
        except UnreadableError:
            raise
        except Exception as error:
            raise self._unreadable(error) from error

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, none at the end."""
        try:
            data = self.file.read(size)
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
    they have.
    """

    def __init__(self, stored: _Readable, compression: str | None = None) -> None:
        self._stored = stored
        self._compression = compression
        self._chunks = self._decompress(0) if compression else _plain(stored)
        self._buffer = b""
        self._at = 0
        self.position = 0
        """Bytes of content before the next one."""
        self.member = 0
        """Where in the stored file the compressed member begins that was being read last."""
        self.damage: DamagedError | None = None

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
        while len(self._buffer) - self._at < size and (chunk := self._next()):
            self._buffer, self._at = self._buffer[self._at :] + chunk, 0
        return self._buffer[self._at : self._at + size]

    def recover(self, beginnings: tuple[bytes, ...]) -> bool:
        """After damage, go on at the next compressed member whose content begins with one of `beginnings`.

        Returns:
            False when there is none, or the compression has no members to look for (``bz2``, ``xz``).
        """
        if self.damage is None or self._compression not in {".gz", ".zst", ".lz4"}:
            return False
        if not isinstance(self._stored, StoredFile) or not self._stored.seekable:
            return False
        for position in self._candidates(self.member + 1):
            self._stored.seek(position)
            start = self._decompressor()
            try:
                beginning = start.decompress(self._stored.read(512))
            except (zlib.error, zstandard.ZstdError, RuntimeError):
                continue
            if beginning.startswith(beginnings):
                self._stored.seek(position)
                self._chunks, self._buffer, self._at, self.damage = self._decompress(position), b"", 0, None
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
        if self.damage is not None:
            return b""
        try:
            return next(self._chunks, b"")
        except DamagedError as error:
            self.damage = error
            return b""

    def _decompressor(self, dictionary: bytes | None = None) -> _Decompressor:
        if self._compression == ".zst" and dictionary is not None:
            known = zstandard.ZstdCompressionDict(dictionary)
            return cast("_Decompressor", zstandard.ZstdDecompressor(dict_data=known).decompressobj())
        return cast("_Decompressor", _DECOMPRESSORS[cast("str", self._compression)]())

    def _decompress(self, position: int) -> Iterator[bytes]:
        """Yield the content of one member after the other, from a stored position that begins one."""
        dictionary: bytes | None = None
        decompressor: _Decompressor | None = None
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
                    chunk = decompressor.decompress(data)
                except (zlib.error, zstandard.ZstdError, lzma.LZMAError, OSError, EOFError, RuntimeError) as error:
                    raise DamagedError(f"the compressed data that begins at byte {self.member}: {error}") from error
                if chunk:
                    yield chunk
                data = b""
                if decompressor.eof:
                    data, decompressor = decompressor.unused_data or b"", None
        if decompressor is not None:
            raise DamagedError(
                f"the compressed data that begins at byte {self.member}: it ends at byte {taken}, before its end marker"
            )

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
