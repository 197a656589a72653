"""Tables that are compiled once into files, and then shared by all processes through the system's page cache.

A table lies in the package (``transforms/data/compiled``, made when an image is built by ``python -m
transforms.text.wordlists``), else in the user's cache (``KHABAR_CACHE``, else ``$XDG_CACHE_HOME/khabar``), where the
first process that needs it puts it. Its name holds a digest of what it is made from, so a new version never reads an
old file; a file appears whole, so two processes may build at once. Where nothing can be written the table is kept in
memory.
"""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

import marisa_trie

PACKAGED: Final = Path(__file__).parents[1] / "data" / "compiled"
_FORMAT: Final = "1"


def compiled_table(
    name: str, layout: str, entries: Callable[[], Iterable[tuple[str, tuple[int, ...]]]], made_from: str
) -> marisa_trie.RecordTrie:
    """Return the table `name` of records by string, mapped from its file; compiled from `entries` if there is none.

    `layout` is the record's as in `struct`. `made_from` tells versions of the contents apart.
    """
    digest = hashlib.sha256(f"{_FORMAT} {layout} {version('marisa-trie')} {made_from}".encode()).hexdigest()[:16]
    file = f"{name}-{digest}.marisa"
    for folder in (PACKAGED, _cache()):
        with contextlib.suppress(OSError, RuntimeError):
            return marisa_trie.RecordTrie(layout).mmap(str(folder / file))
    table = marisa_trie.RecordTrie(layout, entries())
    with contextlib.suppress(OSError):
        _save(table, _cache() / file)
        return marisa_trie.RecordTrie(layout).mmap(str(_cache() / file))
    return table


@cache
def _cache() -> Path:
    if named := os.environ.get("KHABAR_CACHE"):
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    return Path(base) / "khabar"


def _save(table: marisa_trie.RecordTrie, path: Path) -> None:
    """Write a table so that it appears whole, whoever else writes it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    os.close(handle)
    try:
        table.save(partial)
        Path(partial).replace(path)
    finally:
        Path(partial).unlink(missing_ok=True)
