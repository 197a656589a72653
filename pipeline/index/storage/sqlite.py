"""The index in one SQLite file (or in memory): safe for several processes on one machine."""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from pipeline.index.base import IndexDamaged, IndexForbidden, IndexUnavailable
from pipeline.index.storage.base import CANDIDATES_PER_BAND, Window, Writes
from pipeline.index.storage.rows import (
    IDENTITY_COLUMNS,
    IDENTITY_UPDATE,
    MEMBER_COLUMNS,
    STORY_COLUMNS,
    STORY_UPDATE,
    TABLES,
    copy_row,
    identity_row,
    membership_row,
    story_row,
    unpack_bands,
    version_row,
)
from pipeline.index.storage.schema import MIGRATIONS, statements
from pipeline.index.storage.tables import TableStore
from transforms.dedup.stories import COMMON

_TYPES: Final = {"integer": "INTEGER", "real": "REAL", "blob": "BLOB", "clustered": " WITHOUT ROWID"}
_LOCK_WAIT_SECONDS: Final = 30.0
_APPLICATION_ID: Final = 0x4B686162  # "Khab": tells an index from other SQLite files
_CHUNK: Final = 500
"""Values of one IN list; SQLite's limit on variables was 999 for long."""


class SqliteStore(TableStore):
    """Rows in SQLite, in WAL mode; writers wait for each other.

    Raises:
        IndexUnavailable: the file cannot be opened, or is locked for longer than `lock_wait` seconds.
        IndexForbidden: this user may not write it.
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
                    self._enter_wal(lock_wait)
                    self._db.execute("PRAGMA synchronous = NORMAL")
                    self._db.execute("PRAGMA wal_autocheckpoint = 8192")
                self._migrate()
        except BaseException:
            self._db.close()
            raise

    def _enter_wal(self, lock_wait: float) -> None:
        """Switch to WAL; unlike a transaction, SQLite does not wait for a lock here when others open the file too."""
        deadline = time.monotonic() + lock_wait
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                return

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

    def among(self, sql: str, values: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
        pending = list(values)
        for start in range(0, len(pending), _CHUNK):
            chunk = pending[start : start + _CHUNK]
            yield from self._db.execute(sql.replace("(?)", f"({','.join('?' * len(chunk))})"), chunk)

    def candidates(self, bands: Sequence[int]) -> dict[int, list[int]]:
        cursor = self._db.cursor()
        found = {}
        sql = f"SELECT version_id FROM band WHERE key = ? ORDER BY version_id DESC LIMIT {CANDIDATES_PER_BAND}"
        for band in bands:
            if rows := cursor.execute(sql, (band,)).fetchall():
                found[band] = [version_id for (version_id,) in reversed(rows)]
        return found

    def stories_with(self, windows: Sequence[Window]) -> dict[Window, list[tuple[int, int]]]:
        cursor = self._db.cursor()
        sql = (
            "SELECT day, story_id FROM story_term WHERE key = ? AND day BETWEEN ? AND ?"
            f" ORDER BY day DESC, story_id DESC LIMIT {COMMON}"
        )
        return {window: rows for window in windows if (rows := cursor.execute(sql, window).fetchall())}

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._db.execute(sql, values).fetchall()

    def write(self, writes: Writes, day: int) -> None:
        self._many(
            f"INSERT INTO identity ({IDENTITY_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?)"
            f" ON CONFLICT (id) DO UPDATE SET {IDENTITY_UPDATE}",
            [identity_row(identity) for identity in writes.identities.values()],
        )
        self._many(
            "INSERT INTO version VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            [version_row(new, day) for new in writes.versions],
        )
        self._many("UPDATE version SET content = NULL WHERE id = ?", [(i,) for i in sorted(writes.superseded)])
        self._many(
            "UPDATE identity SET last_seen = ? WHERE id = ? AND last_seen < ?",
            [(day, identity_id, day) for identity_id in sorted(writes.seen)],
        )
        self._many("INSERT OR IGNORE INTO band VALUES (?,?)", writes.bands)
        self._many("INSERT OR REPLACE INTO band_slice VALUES (?,?)", list(writes.band_marks.items()))
        self._many("INSERT OR IGNORE INTO copy VALUES (?,?,?,?)", [copy_row(alias) for alias in writes.copies.values()])
        self._many(
            "INSERT OR REPLACE INTO request VALUES (?,?,?,?)",
            [(key, r.body, r.identity_id, r.text) for key, r in writes.requests.items()],
        )
        self._many(
            "INSERT OR REPLACE INTO decision VALUES (?,?,?,?,?)",
            [(c, d.body, d.identity_id, d.decision.decode(), day) for c, d in writes.decisions.items()],
        )
        self._many("INSERT OR REPLACE INTO source VALUES (?,?)", list(writes.sources.items()))
        self._many(
            f"INSERT INTO story ({STORY_COLUMNS}, last_seen) VALUES (?,?,?,?,?,?,?,?,?,?)"
            f" ON CONFLICT (id) DO UPDATE SET {STORY_UPDATE}",
            [story_row(story, day) for story in writes.stories.values()],
        )
        self._many(
            "UPDATE story SET merged_into = ? WHERE merged_into = ?",
            [(survivor, gone) for gone, survivor in writes.merged_stories.items()],
        )
        self._many("INSERT OR IGNORE INTO story_term VALUES (?,?,?)", sorted(writes.story_terms))
        self._many(
            f"INSERT INTO story_member ({MEMBER_COLUMNS}) VALUES (?,?,?,?,?,?,?,?)",
            [membership_row(member) for member in writes.memberships],
        )
        if rare := writes.rare_terms:
            if rare.counts is not None:
                self._db.execute("UPDATE rare_terms SET counts = ?", (rare.counts,))
                self._db.execute("DELETE FROM rare_terms_waiting")
            if rare.waiting is not None:
                self._db.execute("INSERT INTO rare_terms_waiting VALUES (?,?)", (rare.articles, rare.waiting))
            self._db.execute("UPDATE rare_terms SET taken = ?, articles = ?", (rare.taken, rare.articles))

    def _many(self, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            self._db.executemany(sql, rows)

    def expire(self, before_day: int) -> int:
        db = self._db
        gone = "SELECT id FROM identity WHERE last_seen < ?"
        articles = db.execute(
            f"SELECT count(*) FROM ({gone}) WHERE id IN (SELECT identity_id FROM version)", (before_day,)
        )
        (count,) = articles.fetchone()
        for version_id, bands in db.execute(
            f"SELECT id, bands FROM version WHERE identity_id IN ({gone})", (before_day,)
        ):
            db.executemany(
                "DELETE FROM band WHERE key = ? AND version_id = ?", [(b, version_id) for b in unpack_bands(bands)]
            )
        db.execute(
            f"DELETE FROM copy WHERE version_id IN (SELECT id FROM version WHERE identity_id IN ({gone}))",
            (before_day,),
        )
        for table in ("version", "request", "decision"):
            db.execute(f"DELETE FROM {table} WHERE identity_id IN ({gone})", (before_day,))
        db.execute("DELETE FROM decision WHERE observed < ?", (before_day,))
        db.execute("DELETE FROM identity WHERE last_seen < ?", (before_day,))
        db.execute("CREATE TEMP TABLE IF NOT EXISTS gone_story (id INTEGER PRIMARY KEY)")
        db.execute("DELETE FROM gone_story")
        db.execute("INSERT INTO gone_story SELECT id FROM story WHERE last_seen < ?", (before_day,))
        for table in ("story_term", "story_member"):
            db.execute(f"DELETE FROM {table} WHERE story_id IN (SELECT id FROM gone_story)")
        db.execute("DELETE FROM story WHERE last_seen < ?", (before_day,))
        return int(count)

    def statistics(self) -> dict[str, int]:
        counts = {t: int(self._db.execute(f"SELECT count(*) FROM {t}").fetchone()[0]) for t in TABLES}
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
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
            raise IndexForbidden(f"this user may not write the SQLite index: {error}") from error
        raise IndexUnavailable(f"the SQLite index cannot be used now: {error}") from error
    except sqlite3.DatabaseError as error:
        raise IndexDamaged(f"the SQLite index is damaged: {error}") from error
