"""From output folders and output topics into a store."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from pipeline.sinks.publishing import finish_publishing
from pipeline.store.database import StoreError, open_database
from pipeline.store.schema import MIGRATIONS
from pipeline.store.writer import Stored, Writer
from schemas.codec import CodecError, decode
from schemas.records import Article, Dead, Duplicate, Ledger, Record

FILES: Final[dict[str, type[Record]]] = {
    "articles.jsonl": Article,
    "duplicates.jsonl": Duplicate,
    "dead.jsonl": Dead,
    "ledger.jsonl": Ledger,
}
_BATCH: Final = 2000
_BATCH_BYTES: Final = 32 * 1024 * 1024
_STORE_FILE: Final = ".dashboard.sqlite"


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many records were read, by what they are."""

    articles: int = 0
    duplicates: int = 0
    dead: int = 0
    ledger: int = 0


def load_folder(folder: Path, writer: Writer, watch: Callable[[int, int], None] = lambda done, total: None) -> Loaded:
    """Load the output of `khabar run`; `watch` is told bytes read and bytes in all.

    Raises:
        StoreError: the folder holds no finished run, a line is no record, or the store cannot be written.
    """
    _finish(folder)
    if not (folder / "ledger.jsonl").is_file():
        raise StoreError(f"{folder} holds no finished run: there is no ledger.jsonl")
    total = sum((folder / name).stat().st_size for name in FILES if (folder / name).is_file())
    done = 0
    counts: dict[str, int] = {}
    for name, kind in FILES.items():
        records = _records(folder / name, kind)
        while batch := list(_batch(records)):
            writer.write([Stored(record) for record, _ in batch])
            counts[name.partition(".")[0]] = counts.get(name.partition(".")[0], 0) + len(batch)
            done += sum(size for _, size in batch)
            watch(done, total)
    writer.optimise()
    return Loaded(**counts)


def _finish(folder: Path) -> None:
    try:
        finish_publishing(folder)
    except OSError as error:
        raise StoreError(f"{folder}: {error.strerror or error}") from error


def _batch(records: Iterator[tuple[Record, int]]) -> Iterator[tuple[Record, int]]:
    size = 0
    for record, length in islice(records, _BATCH):
        yield record, length
        size += length
        if size >= _BATCH_BYTES:
            return


def _records(path: Path, kind: type[Record]) -> Iterator[tuple[Record, int]]:
    if not path.is_file():
        raise StoreError(f"{path}: the file is missing")
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                record = decode(line, kind)
            except CodecError as error:
                raise StoreError(f"{path}:{number}: not a record: {error}") from error
            if not (isinstance(record, Ledger) and record.inputs is not None):  # the head tells of no span
                yield record, len(line)


def store_of_folder(folder: Path, watch: Callable[[int, int], None] = lambda done, total: None) -> str:
    """Return the URL of a store that holds exactly the run in `folder`; it is made when there is none, or an old one.

    The store stands beside the files it is made from, and is only a faster form of them.

    Raises:
        StoreError: the folder holds no finished run, or cannot be written.
    """
    _finish(folder)
    if not (folder / "ledger.jsonl").is_file():
        raise StoreError(f"{folder} holds no finished run: there is no ledger.jsonl (`khabar run PATH --out {folder}`)")
    path = folder / _STORE_FILE
    stamp_path = folder / f"{_STORE_FILE}.of"
    stamp = f"schema {len(MIGRATIONS)}\n" + "\n".join(
        f"{name} {s.st_size} {s.st_mtime_ns}" for name in FILES if (s := (folder / name).stat())
    )
    if path.is_file() and stamp_path.is_file() and stamp_path.read_text() == stamp:
        return f"sqlite:///{path}"
    try:
        for old in (stamp_path, path, *folder.glob(f"{_STORE_FILE}-*")):
            old.unlink(missing_ok=True)
        database = open_database(f"sqlite:///{path}")
        try:
            load_folder(folder, Writer(database), watch)
        finally:
            database.close()
        stamp_path.write_text(stamp)
    except OSError as error:
        raise StoreError(f"{folder}: {error.strerror or error}") from error
    return f"sqlite:///{path}"
