"""The index in PostgreSQL: shared by workers on several machines, and open to dashboards."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import psycopg

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

_TYPES: Final = {"integer": "BIGINT", "real": "DOUBLE PRECISION", "blob": "BYTEA", "clustered": ""}
_LOCK_WAIT_SECONDS: Final = 30.0
_LOCK: Final = 0x4B686162
"""First key of the advisory lock; the second is the schema, so that indexes in one database do not wait for another."""


class PostgresStore(TableStore):
    """Rows in PostgreSQL. An advisory lock lets one batch decide at a time, in all processes of the database.

    A connection that was lost is made again by the next transaction.

    Raises:
        IndexUnavailable: the server cannot be reached, or the lock is taken for longer than `lock_wait` seconds.
        IndexForbidden: the user lacks a right, or the server takes no writes.
        IndexDamaged: the tables are of a newer schema, are missing, or the server reports corruption.
    """

    def __init__(self, url: str, *, lock_wait: float = _LOCK_WAIT_SECONDS) -> None:
        self._url = url
        self._lock_wait = lock_wait
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None
        with _errors():
            self._connect()
            try:
                self._migrate()
            except BaseException:
                self.close()
                raise

    @property
    def _db(self) -> psycopg.Connection[tuple[Any, ...]]:
        assert self._connection is not None
        return self._connection

    def _connect(self) -> None:
        self._connection = psycopg.connect(self._url, autocommit=True, application_name="khabar-index")
        self._connection.execute("SELECT set_config('lock_timeout', %s, false)", (f"{int(self._lock_wait * 1000)}ms",))

    def _migrate(self) -> None:
        with self._db.transaction():
            self._lock()
            self._db.execute("CREATE TABLE IF NOT EXISTS index_schema (version INTEGER NOT NULL)")
            row = self._db.execute("SELECT version FROM index_schema").fetchone()
            done = row[0] if row else 0
            if done > len(MIGRATIONS):
                raise IndexDamaged(f"the index has schema {done}, this version of Khabar knows {len(MIGRATIONS)}")
            for migration in MIGRATIONS[done:]:
                for statement in statements(migration, _TYPES):
                    self._execute(statement)
            self._db.execute("DELETE FROM index_schema")
            self._db.execute("INSERT INTO index_schema VALUES (%s)", (len(MIGRATIONS),))

    def _lock(self) -> None:
        self._db.execute("SELECT pg_advisory_xact_lock(%s, hashtext(current_schema()))", (_LOCK,))

    @contextmanager
    def transaction(self, *, exclusive: bool) -> Iterator[None]:
        with _errors():
            if self._connection is None or self._connection.closed:
                self._connect()
            with self._db.transaction():
                if exclusive:
                    self._lock()
                yield

    def _execute(self, sql: str, *values: Any) -> psycopg.Cursor[tuple[Any, ...]]:
        """Run one of this module's own statements, for which the driver wants literal strings."""
        return self._db.execute(sql.encode(), values)

    def among(self, sql: str, values: Iterable[Any]) -> list[tuple[Any, ...]]:
        array = list(values)
        return self._execute(sql.replace("IN (?)", "= ANY(%s)"), array).fetchall() if array else []

    def candidates(self, bands: Sequence[int]) -> dict[int, list[int]]:
        sql = (
            "SELECT wanted.key, found.version_id FROM unnest(%s::bigint[]) AS wanted (key) CROSS JOIN LATERAL"
            " (SELECT version_id FROM band WHERE band.key = wanted.key"
            f" ORDER BY version_id DESC LIMIT {CANDIDATES_PER_BAND}) AS found ORDER BY found.version_id"
        )
        candidates: dict[int, list[int]] = {}
        for key, version_id in self.among(sql, bands):
            candidates.setdefault(key, []).append(version_id)
        return candidates

    def stories_with(self, windows: Sequence[Window]) -> dict[Window, list[tuple[int, int]]]:
        sql = (
            "SELECT wanted.key, wanted.low, wanted.high, found.day, found.story_id"
            " FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS wanted (key, low, high) CROSS JOIN LATERAL"
            " (SELECT day, story_id FROM story_term WHERE story_term.key = wanted.key"
            " AND day BETWEEN wanted.low AND wanted.high"
            f" ORDER BY day DESC, story_id DESC LIMIT {COMMON}) AS found"
        )
        distinct = list(dict.fromkeys(windows))
        columns = [[window[n] for window in distinct] for n in range(3)]
        found: dict[Window, list[tuple[int, int]]] = {}
        for key, low, high, day, story_id in self._execute(sql, *columns):
            found.setdefault(Window(key, low, high), []).append((day, story_id))
        return found

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._execute(sql.replace("?", "%s"), *values).fetchall()

    def write(self, writes: Writes, day: int) -> None:
        # Long lists of small rows go as arrays, in one statement; the others in one pipeline.
        with self._db.pipeline(), self._db.cursor() as cursor:
            if writes.identities:
                cursor.executemany(
                    f"INSERT INTO identity ({IDENTITY_COLUMNS}) VALUES ({_marks(10)})"
                    f" ON CONFLICT (id) DO UPDATE SET {IDENTITY_UPDATE}".encode(),
                    [identity_row(identity) for identity in writes.identities.values()],
                )
            if writes.versions:
                cursor.executemany(
                    f"INSERT INTO version VALUES ({_marks(19)})".encode(),
                    [version_row(new, day) for new in writes.versions],
                )
            if writes.bands:
                cursor.execute(
                    "INSERT INTO band SELECT * FROM unnest(%s::bigint[], %s::bigint[]) ON CONFLICT DO NOTHING",
                    [[band for band, _ in writes.bands], [version_id for _, version_id in writes.bands]],
                )
            if writes.band_marks:
                cursor.execute(
                    "INSERT INTO band_slice SELECT * FROM unnest(%s::int[], %s::bigint[])"
                    " ON CONFLICT (slice) DO UPDATE SET through = excluded.through",
                    [list(writes.band_marks), list(writes.band_marks.values())],
                )
            if writes.superseded:
                cursor.execute("UPDATE version SET content = NULL WHERE id = ANY(%s)", [sorted(writes.superseded)])
            if writes.seen:
                cursor.execute(
                    "UPDATE identity SET last_seen = %s WHERE id = ANY(%s) AND last_seen < %s",
                    [day, sorted(writes.seen), day],
                )
            if writes.copies:
                cursor.executemany(
                    f"INSERT INTO copy VALUES ({_marks(4)}) ON CONFLICT DO NOTHING".encode(),
                    [copy_row(alias) for alias in writes.copies.values()],
                )
            if writes.requests:
                requests = writes.requests
                cursor.execute(
                    "INSERT INTO request SELECT * FROM unnest(%s::bytea[], %s::bytea[], %s::bigint[], %s::bytea[])"
                    " ON CONFLICT (key) DO UPDATE SET body = excluded.body, identity_id = excluded.identity_id,"
                    " text_hash = excluded.text_hash",
                    [
                        list(requests),
                        [r.body for r in requests.values()],
                        [r.identity_id for r in requests.values()],
                        [r.text for r in requests.values()],
                    ],
                )
            if writes.decisions:
                decisions = writes.decisions
                cursor.execute(
                    "INSERT INTO decision"
                    " SELECT *, %s::int FROM unnest(%s::text[], %s::bytea[], %s::bigint[], %s::text[])"
                    " ON CONFLICT (coordinates) DO UPDATE SET body = excluded.body,"
                    " identity_id = excluded.identity_id, decision = excluded.decision, observed = excluded.observed",
                    [
                        day,
                        list(decisions),
                        [d.body for d in decisions.values()],
                        [d.identity_id for d in decisions.values()],
                        [d.decision.decode() for d in decisions.values()],
                    ],
                )
            if writes.sources:
                cursor.execute(
                    "INSERT INTO source SELECT * FROM unnest(%s::text[], %s::bytea[])"
                    " ON CONFLICT (domain) DO UPDATE SET recurring = excluded.recurring",
                    [list(writes.sources), list(writes.sources.values())],
                )

            if writes.stories:
                rows = [story_row(story, day) for story in writes.stories.values()]
                cursor.execute(
                    f"INSERT INTO story ({STORY_COLUMNS}, last_seen) SELECT * FROM unnest(%s::bigint[], %s::text[],"
                    " %s::int[], %s::int[], %s::int[], %s::text[], %s::bigint[], %s::text[], %s::bytea[], %s::int[])"
                    f" ON CONFLICT (id) DO UPDATE SET {STORY_UPDATE}".encode(),
                    [list(column) for column in zip(*rows, strict=True)],
                )
            for gone, survivor in writes.merged_stories.items():
                cursor.execute("UPDATE story SET merged_into = %s WHERE merged_into = %s", [survivor, gone])
            if writes.story_terms:
                entries = sorted(writes.story_terms)
                cursor.execute(
                    "INSERT INTO story_term SELECT * FROM unnest(%s::bigint[], %s::int[], %s::bigint[])"
                    " ON CONFLICT DO NOTHING",
                    [[entry[n] for entry in entries] for n in range(3)],
                )
            if writes.memberships:
                rows = [membership_row(member) for member in writes.memberships]
                cursor.execute(
                    f"INSERT INTO story_member ({MEMBER_COLUMNS}) SELECT * FROM unnest(%s::text[], %s::int[],"
                    " %s::bigint[], %s::float8[], %s::int[], %s::bigint[], %s::text[], %s::text[])".encode(),
                    [list(column) for column in zip(*rows, strict=True)],
                )
            if rare := writes.rare_terms:
                if rare.counts is not None:
                    cursor.execute("UPDATE rare_terms SET counts = %s", [rare.counts])
                    cursor.execute("DELETE FROM rare_terms_waiting")
                if rare.waiting is not None:
                    cursor.execute("INSERT INTO rare_terms_waiting VALUES (%s, %s)", [rare.articles, rare.waiting])
                cursor.execute("UPDATE rare_terms SET taken = %s, articles = %s", [rare.taken, rare.articles])

    def expire(self, before_day: int) -> int:
        gone = [i for (i,) in self._execute("SELECT id FROM identity WHERE last_seen < %s", before_day).fetchall()]
        versions = self.among("SELECT id, identity_id, bands FROM version WHERE identity_id = ANY(%s)", gone)
        bands = [(band, version_id) for version_id, _, packed in versions for band in unpack_bands(packed)]
        self._execute(
            "DELETE FROM band USING unnest(%s::bigint[], %s::bigint[]) AS old (key, version_id)"
            " WHERE band.key = old.key AND band.version_id = old.version_id",
            [band for band, _ in bands],
            [version_id for _, version_id in bands],
        )
        self._execute("DELETE FROM copy WHERE version_id = ANY(%s)", [version_id for version_id, _, _ in versions])
        for table in ("version", "request", "decision"):
            self._execute(f"DELETE FROM {table} WHERE identity_id = ANY(%s)", gone)
        self._execute("DELETE FROM decision WHERE observed < %s", before_day)
        self._execute("DELETE FROM identity WHERE id = ANY(%s)", gone)
        stories = [i for (i,) in self._execute("SELECT id FROM story WHERE last_seen < %s", before_day).fetchall()]
        for table, column in (("story_term", "story_id"), ("story_member", "story_id"), ("story", "id")):
            self._execute(f"DELETE FROM {table} WHERE {column} = ANY(%s)", stories)
        return len({identity_id for _, identity_id, _ in versions})

    def statistics(self) -> dict[str, int]:
        counts = {}
        size = 0
        for table in TABLES:
            row = self._execute(f"SELECT count(*), pg_total_relation_size('{table}'::regclass) FROM {table}").fetchone()
            assert row is not None
            counts[table] = row[0]
            size += row[1]
        return {**counts, "bytes": size}

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


def _marks(columns: int) -> str:
    return ", ".join(["%s"] * columns)


@contextmanager
def _errors() -> Iterator[None]:
    """Turn the driver's errors into the index's own."""
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise IndexUnavailable(f"the PostgreSQL index cannot be used now: {_line(error)}") from error
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction) as error:
        raise IndexForbidden(f"this user may not write the PostgreSQL index: {_line(error)}") from error
    except psycopg.Error as error:
        raise IndexDamaged(f"the PostgreSQL index is damaged: {_line(error)}") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
