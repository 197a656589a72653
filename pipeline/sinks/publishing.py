"""A folder whose files appear together and whole, or not at all, whatever ends the run and whoever shares the folder.

A run writes into a hidden folder beside the finished files and holds a lock (`flock`) on it, which the system gives up
for a process that dies, in whichever container. To publish is one rename: the hidden folder becomes `PUBLISHING`, and
from then on the new output is the one that counts. Its files are then moved into place, by this run or, when that is
killed meanwhile, by whoever looks next (`finish_publishing`).
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pipeline.ledger import head
from pipeline.sources.formats.streams import is_remote
from schemas.codec import decode, encode
from schemas.records import Article, Dead, Duplicate, Input, Ledger, Record

OUTPUT_OF: Final[dict[type[Record], str]] = {
    Article: "articles.jsonl",
    Duplicate: "duplicates.jsonl",
    Dead: "dead.jsonl",
}
LEDGER: Final = "ledger.jsonl"
OUTPUT_FILES: Final = (*OUTPUT_OF.values(), LEDGER)
ON_REQUEST: Final = ("parquet", "articles.ninjs.jsonl", "articles.schemaorg.jsonl", "articles.newsplease.jsonl")
"""What a run also writes when it is asked to; a later run that is not leaves none of it behind."""
PUBLISHING: Final = ".publishing"
_STAGING: Final = ".run-"
_ABSENT: Final = ".absent"
"""Names the files of an earlier run that have no successor in this one."""
_BESIDE: Final = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database; those of an earlier one would damage the one that takes its place."""
_REMOVE_SECONDS: Final = 2.0


def write_head(staging: Path, files: tuple[str, ...]) -> None:
    """Begin the ledger in `staging` with what was read: path, size, hash and positions of each file."""
    positions: dict[str, int] = {}
    chain = ""
    body = staging / LEDGER
    with body.open("rb") as lines:
        for line in lines:
            ledger = decode(line, Ledger)
            positions[ledger.source] = ledger.to
            chain = ledger.chain or ""
    inputs = tuple(_input(path, positions.get(path, 0)) for path in files)
    whole = staging / f".{LEDGER}"
    with whole.open("wb") as target, body.open("rb") as source:
        target.write(encode(head(inputs, chain)) + b"\n")
        shutil.copyfileobj(source, target)
    whole.replace(body)


def _input(path: str, positions: int) -> Input:
    if is_remote(path):
        return Input(path=path, bytes=None, sha256=None, positions=positions)
    with open(path, "rb") as file:  # noqa: PTH123 - a path may hold bytes that are no text
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Input(path=path, bytes=file.tell(), sha256=digest, positions=positions)


class OutputFolder:
    """The place that a run fills, and from which its files are published."""

    def __init__(self, folder: Path) -> None:
        """Make `folder` and a place in it to write to. Raises `OSError` when it cannot be written."""
        self._folder = folder
        self.published = False
        """Whether the new output is the one that counts; from then on nothing can be taken back."""
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            _finish(folder)
            for left_over in folder.glob(f"{_STAGING}*"):
                with contextlib.suppress(OSError):
                    lock = _lock(left_over, wait=False)
                    try:
                        _remove(left_over)
                    finally:
                        os.close(lock)
            self.staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=folder))
            self._lock = _lock(self.staging, wait=False)
        for name in OUTPUT_FILES:
            (self.staging / name).touch()

    def publish(self) -> None:
        """Put the finished files in place of those of an earlier run. Raises `OSError` before anything has changed."""
        for name in OUTPUT_FILES:
            with (self.staging / name).open("rb") as file:
                os.fsync(file.fileno())
        absent = [name for name in ON_REQUEST if not (self.staging / name).exists()]
        (self.staging / _ABSENT).write_text("\n".join(absent), "utf-8")
        _sync(self.staging)
        with _locked(self._folder):
            _finish(self._folder)
            self.published = True
            try:
                self.staging.rename(self._folder / PUBLISHING)
            except OSError:
                self.published = False
                raise
            _sync(self._folder)
            _finish(self._folder)

    def discard(self) -> None:
        """Remove what was written but not published, also while threads that are being ended still write."""
        deadline = time.monotonic() + _REMOVE_SECONDS
        while not self.published and self.staging.exists() and time.monotonic() < deadline:
            shutil.rmtree(self.staging, ignore_errors=True)


def finish_publishing(folder: Path) -> None:
    """Move files into place that a run had published when it was killed. Raises `OSError` when that cannot be done."""
    if (folder / PUBLISHING).is_dir():
        with _locked(folder):
            _finish(folder)


def _finish(folder: Path) -> None:
    """Move what is in `PUBLISHING` into place. It may be interrupted anywhere, and done again."""
    published = folder / PUBLISHING
    if published.is_symlink():  # no run makes one: what it leads to is nobody's output
        published.unlink()
    if not published.is_dir():
        return
    absent = published / _ABSENT
    if absent.exists():
        for name in absent.read_text("utf-8").split():
            _remove(folder / name)
        absent.unlink()
    for entry in sorted(published.iterdir(), key=lambda entry: (entry.name == LEDGER, entry.name)):
        _replace(entry, folder / entry.name)
    published.rmdir()
    _sync(folder)


def _replace(entry: Path, target: Path) -> None:
    if target.is_dir() and not target.is_symlink():
        _remove(target)
    if entry.suffix == ".sqlite":
        for ending in _BESIDE:
            target.with_name(target.name + ending).unlink(missing_ok=True)
    entry.replace(target)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Be the only one that makes, removes or publishes something in `folder`."""
    lock = _lock(folder, wait=True)
    try:
        yield
    finally:
        os.close(lock)


def _lock(folder: Path, *, wait: bool) -> int:
    """Lock a folder for as long as the returned descriptor is open. Raises `BlockingIOError` where another has it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(descriptor)
        raise
    except OSError as error:
        # A file system without locks: nobody can say that another run is dead, so nothing of it is touched.
        if not wait and error.errno not in (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS):
            os.close(descriptor)
            raise
    return descriptor


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
