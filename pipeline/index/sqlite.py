"""The index in one SQLite file (or in memory): safe for several processes on one machine."""

import sqlite3
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import zstandard

from pipeline.index.base import IndexDamaged, IndexUnavailable
from pipeline.index.schema import MIGRATIONS, statements
from pipeline.index.store import CANDIDATES_PER_BAND, Alias, Decided, Identity, Request, Store, Version, Writes

_TYPES: Final = {"integer": "INTEGER", "real": "REAL", "blob": "BLOB", "clustered": " WITHOUT ROWID"}
_LOCK_WAIT_SECONDS: Final = 30.0
_APPLICATION_ID: Final = 0x4B686162  # "Khab": tells an index from other SQLite files
_CHUNK: Final = 500
"""Values of one IN list; SQLite's limit on variables was 999 for long."""
IDENTITY_COLUMNS: Final = (
    "id, uri, source, versions, current_version, alias_text, alias_version, alias_similarity, alias_method, last_seen"
)
VERSION_COLUMNS: Final = (
    "v.id, v.identity_id, i.uri, i.source, v.number, v.text_hash, v.scheme, v.tokens, v.shingles, v.title,"
    " v.published_at, v.modified_at, v.fetched_at"
)


class SqliteStore(Store):
    """Rows in SQLite, in WAL mode; writers wait for each other.

    Raises:
        IndexUnavailable: the file cannot be opened, or is locked for longer than `lock_wait` seconds.
        IndexDamaged: the file is no index, is damaged, or is of a newer schema.
    """

    def __init__(self, path: Path | None, *, lock_wait: float = _LOCK_WAIT_SECONDS) -> None:
        with _errors():
            self._db = sqlite3.connect(
                str(path) if path else ":memory:", timeout=lock_wait, isolation_level=None, check_same_thread=False
            )
        try:
            with _errors():
                self._db.execute("PRAGMA cache_size = -65536")
                if path:
                    self._db.execute("PRAGMA journal_mode = WAL")
                    self._db.execute("PRAGMA synchronous = NORMAL")
                    self._db.execute("PRAGMA wal_autocheckpoint = 8192")
                    self._db.execute("PRAGMA mmap_size = 17179869184")
                self._migrate()
        except BaseException:
            self._db.close()
            raise
        self._compressor = zstandard.ZstdCompressor(level=3)
        self._decompressor = zstandard.ZstdDecompressor()

    def _migrate(self) -> None:
        if self._schema_version() == len(MIGRATIONS):
            return
        with self.transaction(exclusive=True):
            done = self._schema_version()
            if done > len(MIGRATIONS):
                raise IndexDamaged(f"the index has schema {done}, this version of Khabar knows {len(MIGRATIONS)}")
            if done == 0 and self._db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
                raise IndexDamaged("the file is an SQLite database but not an article index")
            for migration in MIGRATIONS[done:]:
                for statement in statements(migration, _TYPES):
                    self._db.execute(statement)
            self._db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            self._db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    def _schema_version(self) -> int:
        (application,) = self._db.execute("PRAGMA application_id").fetchone()
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        return int(version) if application == _APPLICATION_ID else 0

    @contextmanager
    def transaction(self, *, exclusive: bool) -> Iterator[None]:
        with _errors():
            self._db.execute("BEGIN IMMEDIATE" if exclusive else "BEGIN")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _select(self, sql: str, values: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of `sql`, in which ``(?)`` stands for the list of `values`."""
        pending = list(values)
        for start in range(0, len(pending), _CHUNK):
            chunk = pending[start : start + _CHUNK]
            yield from self._db.execute(sql.replace("(?)", f"({','.join('?' * len(chunk))})"), chunk)

    def decisions(self, coordinates: Sequence[str]) -> dict[str, Decided]:
        rows = self._select(
            "SELECT coordinates, body, identity_id, decision FROM decision WHERE coordinates IN (?)", coordinates
        )
        return {c: Decided(body=b, identity_id=i, decision=d.encode()) for c, b, i, d in rows}

    def requests(self, keys: Sequence[bytes]) -> dict[bytes, Request]:
        rows = self._select("SELECT key, body, identity_id, text_hash FROM request WHERE key IN (?)", keys)
        return {k: Request(body=b, identity_id=i, text=t) for k, b, i, t in rows}

    def identities(self, uris: Iterable[str]) -> list[Identity]:
        return [_identity(r) for r in self._select(f"SELECT {IDENTITY_COLUMNS} FROM identity WHERE uri IN (?)", uris)]

    def identities_by_id(self, ids: Iterable[int]) -> list[Identity]:
        return [_identity(r) for r in self._select(f"SELECT {IDENTITY_COLUMNS} FROM identity WHERE id IN (?)", ids)]

    def versions_with_text(self, texts: Iterable[bytes]) -> list[Version]:
        sql = (
            f"SELECT {VERSION_COLUMNS} FROM version v JOIN identity i ON i.id = v.identity_id WHERE v.text_hash IN (?)"
        )
        return sorted((_version(row) for row in self._select(sql, texts)), key=lambda version: version.id)

    def candidates(self, bands: Sequence[int]) -> dict[int, list[int]]:
        cursor = self._db.cursor()
        found = {}
        sql = f"SELECT version_id FROM band WHERE key = ? ORDER BY version_id DESC LIMIT {CANDIDATES_PER_BAND}"
        for band in bands:
            if rows := cursor.execute(sql, (band,)).fetchall():
                found[band] = [version_id for (version_id,) in reversed(rows)]
        return found

    def versions(self, ids: Iterable[int]) -> list[Version]:
        sql = f"SELECT {VERSION_COLUMNS} FROM version v JOIN identity i ON i.id = v.identity_id WHERE v.id IN (?)"
        return [_version(row) for row in self._select(sql, ids)]

    def contents(self, version_ids: Iterable[int]) -> dict[int, str]:
        rows = self._select("SELECT id, content FROM version WHERE content IS NOT NULL AND id IN (?)", version_ids)
        return {i: self._decompressor.decompress(c).decode("utf-8", "surrogatepass") for i, c in rows}

    def sources(self, domains: Iterable[str]) -> dict[str, bytes]:
        return dict(self._select("SELECT domain, recurring FROM source WHERE domain IN (?)", domains))  # type: ignore[arg-type]

    def last_ids(self) -> tuple[int, int]:
        sql = "SELECT coalesce((SELECT max(id) FROM identity), 0), coalesce((SELECT max(id) FROM version), 0)"
        identity_id, version_id = self._db.execute(sql).fetchone()
        return identity_id, version_id

    def write(self, writes: Writes, day: int) -> None:
        db = self._db
        db.executemany(
            f"INSERT INTO identity ({IDENTITY_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET"
            " versions = excluded.versions, current_version = excluded.current_version,"
            " alias_text = excluded.alias_text, alias_version = excluded.alias_version,"
            " alias_similarity = excluded.alias_similarity, alias_method = excluded.alias_method,"
            " last_seen = excluded.last_seen",
            [identity_row(identity) for identity in writes.identities.values()],
        )
        db.executemany(
            "INSERT INTO version VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            [version_row(new, day, self._compressor) for new in writes.versions],
        )
        db.executemany(
            "INSERT OR IGNORE INTO band VALUES (?,?)",
            sorted((band, new.version.id) for new in writes.versions for band in new.bands),
        )
        db.executemany(
            "INSERT OR REPLACE INTO request VALUES (?,?,?,?)",
            [(key, r.body, r.identity_id, r.text) for key, r in writes.requests.items()],
        )
        db.executemany(
            "INSERT OR REPLACE INTO decision VALUES (?,?,?,?,?)",
            [(c, d.body, d.identity_id, d.decision.decode(), day) for c, d in writes.decisions.items()],
        )
        db.executemany("INSERT OR REPLACE INTO source VALUES (?,?)", writes.sources.items())

    def expire(self, before_day: int) -> int:
        raise NotImplementedError

    def statistics(self) -> dict[str, int]:
        tables = ("identity", "version", "band", "request", "decision", "source")
        counts = {t: int(self._db.execute(f"SELECT count(*) FROM {t}").fetchone()[0]) for t in tables}
        (pages,) = self._db.execute("PRAGMA page_count").fetchone()
        (size,) = self._db.execute("PRAGMA page_size").fetchone()
        return {**counts, "bytes": pages * size}

    def close(self) -> None:
        self._db.close()


@contextmanager
def _errors() -> Iterator[None]:
    """Turn SQLite's errors into the index's own."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise IndexUnavailable(f"the SQLite index cannot be used now: {error}") from error
    except sqlite3.DatabaseError as error:
        raise IndexDamaged(f"the SQLite index is damaged: {error}") from error


def _identity(row: tuple[Any, ...]) -> Identity:
    id_, uri, source, versions, current, text, version_id, similarity, method, last_seen = row
    alias = Alias(text=text, version_id=version_id, similarity=similarity, method=method) if text is not None else None
    return Identity(
        id=id_, uri=uri, source=source, versions=versions, current=current, alias=alias, last_seen=last_seen
    )


def identity_row(identity: Identity) -> tuple[Any, ...]:
    """Return the values of an identity in the order of `IDENTITY_COLUMNS`."""
    alias = identity.alias
    return (
        identity.id,
        identity.uri,
        identity.source,
        identity.versions,
        identity.current,
        *((alias.text, alias.version_id, alias.similarity, alias.method) if alias else (None,) * 4),
        identity.last_seen,
    )


def _version(row: tuple[Any, ...]) -> Version:
    names = Version.__slots__
    return Version(**dict(zip(names, row, strict=True)))


def version_row(new: Any, day: int, compressor: zstandard.ZstdCompressor) -> tuple[Any, ...]:
    """Return the values of a version in the order of its table's columns."""
    version = new.version
    return (
        version.id,
        version.identity_id,
        version.number,
        new.change,
        new.changes,
        new.related,
        version.title,
        new.language,
        version.published_at,
        version.modified_at,
        version.fetched_at,
        new.coordinates,
        day,
        version.scheme,
        version.tokens,
        version.text,
        version.shingles,
        array("q", new.bands).tobytes() if sys.byteorder == "little" else b"",
        compressor.compress(new.content.encode("utf-8", "surrogatepass")),
    )
