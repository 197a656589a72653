"""Tables that are compiled once into files, and then shared by all processes through the system's page cache.

A table lies in the package (``transforms/data/compiled``, made when an image is built by ``python -m
transforms.compile``), else in the user's cache (``KHABAR_CACHE``, else ``$XDG_CACHE_HOME/khabar``), where the first
process that needs it puts it. Its name holds a digest of what it is made from, libraries and sources, so a new version
never reads an old file. A file appears whole, so two processes may build at once; one that is damaged all the same is
built anew. Where nothing can be written the table is kept in memory.
"""

import contextlib
import hashlib
import os
import re
import tempfile
import unicodedata
import zlib
from collections.abc import Callable, Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import marisa_trie
import msgspec

from transforms.text import weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

T = TypeVar("T")
Arrays = dict[str, "NDArray[Any]"]
_ROOM: Final = Path(__file__).parents[1]
PACKAGED: Final = _ROOM / "data" / "compiled"
_FORMAT: Final = "2"
_CHECKSUM_BYTES: Final = 4
_NAME: Final = re.compile(r"[\w-]{1,60}\.\w+", re.ASCII)
_DAMAGED: Final = (OSError, RuntimeError, ValueError)
"""What opening a file raises that is absent, cut off, or not what it should be."""


def compiled_table(
    name: str, layout: str, entries: Callable[[], Iterable[tuple[str, tuple[int, ...]]]], made_from: str
) -> marisa_trie.RecordTrie:
    """Return the table `name` of records by string, mapped from its file; compiled from `entries` if there is none.

    `layout` is the record's as in `struct`. `made_from` tells versions of the contents apart.
    """
    return _compiled(
        f"{name}-{_digest(layout, release('marisa-trie'), made_from)}.marisa",
        lambda: marisa_trie.RecordTrie(layout, entries()),
        _save_trie,
        lambda path: _open_trie(marisa_trie.RecordTrie(layout), path),
    )


def compiled_bytes(
    name: str, entries: Callable[[], Iterable[tuple[str, bytes]]], made_from: str
) -> marisa_trie.BytesTrie:
    """Return the table `name` of bytes by string, as `compiled_table` does."""
    return _compiled(
        f"{name}-{_digest('bytes', release('marisa-trie'), made_from)}.marisa",
        lambda: marisa_trie.BytesTrie(entries()),
        _save_trie,
        lambda path: _open_trie(marisa_trie.BytesTrie(), path),
    )


def compiled_words(name: str, words: Callable[[], Iterable[str]], made_from: str) -> frozenset[str]:
    """Return a set of words, read from the file `name`; for sets whose words are asked for all the time."""
    table = compiled_bytes(name, lambda: [("words", msgspec.msgpack.encode(sorted(set(words()))))], made_from)
    return msgspec.msgpack.decode(table["words"][0], type=frozenset[str])


def compiled_arrays(name: str, build: Callable[[], Arrays], made_from: str) -> Arrays:
    """Return named arrays, in the order of C, mapped from the file `name`; made by `build` if there is none.

    They carry no checksum: it would read at once all that is mapped so as to be read when it is needed.
    """
    return _compiled(
        f"{name}-{_digest('arrays', made_from)}.weights",
        build,
        lambda built, path: weights.save(path, weights.Weights({}, built)),
        lambda path: weights.load(path).arrays,
    )


@cache
def contents(*files: str) -> str:
    """Return a digest of `files` of `transforms`, sources or data: what is made from them changes when they do."""
    digest = hashlib.sha256()
    for file in files:
        text = (_ROOM / file).read_bytes()
        digest.update(f"{file} {len(text)}\n".encode() + text)
    return digest.hexdigest()


@cache
def release(*libraries: str) -> str:
    """Return the versions of `libraries`."""
    return " ".join(f"{library} {_version(library)}" for library in libraries)


_version = cache(version)


def _digest(*parts: str) -> str:
    text = " ".join((_FORMAT, unicodedata.unidata_version, *parts))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _compiled(file: str, build: Callable[[], T], save: Callable[[T, Path], None], open_: Callable[[Path], T]) -> T:
    if _NAME.fullmatch(file) is None:  # what a page says of itself leads to no file elsewhere
        return build()
    for folder in (PACKAGED, _cache()):
        with contextlib.suppress(*_DAMAGED):
            return open_(folder / file)
    built = build()
    with contextlib.suppress(*_DAMAGED):
        _put(_cache() / file, lambda partial: save(built, partial))
        return open_(_cache() / file)
    return built


def _cache() -> Path:
    if named := os.environ.get("KHABAR_CACHE"):
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return Path(base) / "khabar"


def _put(path: Path, save: Callable[[Path], None]) -> None:
    """Let a file appear whole, whoever else writes it, also when the machine stops right after."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        save(Path(partial))
        os.fchmod(handle, 0o644)  # of an image, whose user is not the one that built it
        os.fsync(handle)
        Path(partial).replace(path)
    finally:
        os.close(handle)
        Path(partial).unlink(missing_ok=True)


def _save_trie(trie: Any, path: Path) -> None:
    trie.save(str(path))
    checksum = zlib.crc32(path.read_bytes())
    with path.open("ab") as file:
        file.write(checksum.to_bytes(_CHECKSUM_BYTES, "little"))


def _open_trie(trie: Any, path: Path) -> Any:
    """Return `trie` mapped from a file that is as it was written: marisa itself sees only that bytes are missing."""
    written = path.read_bytes()
    if zlib.crc32(written[:-_CHECKSUM_BYTES]) != int.from_bytes(written[-_CHECKSUM_BYTES:], "little"):
        raise ValueError(f"{path} is damaged")
    return trie.mmap(str(path))
