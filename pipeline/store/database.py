"""Three databases behind one small interface. SQL is written once, with ``?`` for parameters and none in literals."""

import contextlib
import re
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from pipeline.errors import Explained

Row = tuple[Any, ...]

_BUSY_TIMEOUT_S: Final = 30.0
_CACHE_KIB: Final = 64 * 1024
_READER_CACHE_KIB: Final = 8 * 1024
"""There are several readers, and the operating system caches the file for all of them."""


class StoreError(Explained):
    """The store cannot be used, for a reason that a user can act on; the message is one clear line."""


class Database(ABC):
    """One connection, used by one thread at a time."""

    name: str
    """``sqlite``, ``postgresql`` or ``duckdb``."""

    @abstractmethod
    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Return all rows of a query; for a statement that returns nothing, an empty list.

        Times are ``YYYY-MM-DDTHH:MM:SSZ``, whatever type the database keeps them in.
        """

    @abstractmethod
    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement once for each row of parameters; rows that are inserted have different keys."""

    @abstractmethod
    def run_script(self, sql: str) -> None:
        """Run several statements without parameters, inside the transaction under way."""

    @abstractmethod
    def transaction(self) -> contextlib.AbstractContextManager[None]:
        """Commit what happens inside together, or nothing of it; one writer at a time."""

    @abstractmethod
    def close(self) -> None:
        """Close the connection."""


class SqliteDatabase(Database):
    """One file; readers go on while a writer commits (WAL)."""

    name = "sqlite"

    def __init__(self, path: str, *, read_only: bool = False) -> None:
        if read_only and not Path(path).is_file():
            raise StoreError(f"{path}: no such store")
        uri = f"{Path(path).absolute().as_uri()}{'?mode=ro' if read_only else ''}"
        try:
            self._connection = sqlite3.connect(
                uri, uri=True, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            if not read_only:
                self._connection.execute("PRAGMA journal_mode=WAL")
                self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.execute(f"PRAGMA cache_size=-{_READER_CACHE_KIB if read_only else _CACHE_KIB}")
            self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except sqlite3.Error as error:
            raise StoreError(f"{path}: {error}") from error

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        with self._clear_errors():
            return self._connection.execute(sql, parameters).fetchall()

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        with self._clear_errors():
            self._connection.executemany(sql, rows)

    def run_script(self, sql: str) -> None:
        for statement in sql.split(";\n"):
            if statement.strip():
                self.query(statement)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        with self._clear_errors():
            self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            with self._clear_errors():
                self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    @contextlib.contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(f"the store answers: {error}") from error

    def close(self) -> None:
        self._connection.close()


class PostgresDatabase(Database):
    """A PostgreSQL server, 14 or newer."""

    name = "postgresql"

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        import psycopg

        self._psycopg = psycopg
        try:
            self._connection: Any = psycopg.connect(url, autocommit=True, connect_timeout=10)
            self._connection.execute("SET TIME ZONE 'UTC'")
            self._connection.adapters.register_loader("timestamptz", _time_loader())
            self._connection.read_only = read_only or None
        except psycopg.Error as error:
            reason = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
            raise StoreError(f"cannot reach the store: {reason.removeprefix('connection failed: ')}") from error

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        with self._clear_errors():
            cursor = self._connection.execute(_numbered(sql), _clean(parameters))
            return cursor.fetchall() if cursor.description else []

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        with self._clear_errors(), self._connection.cursor() as cursor:
            cursor.executemany(_numbered(sql), [_clean(row) for row in rows])

    def run_script(self, sql: str) -> None:
        with self._clear_errors():
            self._connection.execute(sql)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        with self._clear_errors(), self._connection.transaction():
            # One loader at a time, so that identifiers and tallies follow from what is there.
            self._connection.execute("SELECT pg_advisory_xact_lock(hashtext('khabar store'))")
            yield

    @contextlib.contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except self._psycopg.Error as error:
            raise StoreError(f"the store answers: {_first_line(error)}") from error

    def close(self) -> None:
        self._connection.close()


class DuckDatabase(Database):
    """One DuckDB file, for analysis. While a process writes to it, no other may open it, not even to read."""

    name = "duckdb"

    def __init__(self, path: str, *, read_only: bool = False) -> None:
        import duckdb

        self._duckdb = duckdb
        if read_only and not Path(path).is_file():
            raise StoreError(f"{path}: no such store")
        try:
            self._connection = duckdb.connect(path, read_only=read_only)
            self._connection.execute("SET TimeZone = 'UTC'")
        except duckdb.Error as error:
            if holder := _LOCK_HOLDER.search(str(error)):
                raise StoreError(
                    f"{path}: process {holder[1]} has it open, and DuckDB lets no other in while one writes"
                ) from error
            raise StoreError(f"{path}: {_first_line(error)}") from error

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        with self._clear_errors():
            cursor = self._connection.execute(sql, list(parameters))
            if not cursor.description:
                return []
            rows: list[Row] = cursor.fetchall()
            if any(str(column[1]).startswith("TIMESTAMP") for column in cursor.description):
                return [tuple(_time_text(value) for value in row) for row in rows]
            return rows

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        import pyarrow as pa

        batch = list(rows)
        if not batch:
            return
        values = _VALUES.search(sql)
        with self._clear_errors():
            if not values:
                self._connection.executemany(sql, batch)
                return
            # A column at a time: row by row, DuckDB takes a hundred times as long.
            columns = [pa.array(column) for column in zip(*batch, strict=True)]
            table = pa.table(columns, names=[f"c{number}" for number in range(len(columns))])
            self._connection.register("batch", table)
            try:
                self._connection.execute(f"{sql[: values.start()]}SELECT * FROM batch{sql[values.end() :]}")
            finally:
                self._connection.unregister("batch")

    def run_script(self, sql: str) -> None:
        with self._clear_errors():
            self._connection.execute(sql)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        with self._clear_errors():
            self._connection.execute("BEGIN")
        try:
            yield
            with self._clear_errors():
                self._connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(self._duckdb.Error):  # a failed COMMIT has ended the transaction
                self._connection.execute("ROLLBACK")
            raise

    @contextlib.contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except self._duckdb.Error as error:
            raise StoreError(f"the store answers: {_first_line(error)}") from error

    def close(self) -> None:
        self._connection.close()


_LOCK_HOLDER: Final = re.compile(r"Conflicting lock is held .*?\(PID (\d+)\)")
_VALUES: Final = re.compile(r"VALUES \(\?(?:, \?)*\)")


def _time_text(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%S}Z".rjust(20, "0")
    return value


def _time_loader() -> Any:
    """Return what reads PostgreSQL's times: as text in UTC, of any year that it knows."""
    from psycopg.adapt import Loader

    class TimeLoader(Loader):
        def load(self, data: Any) -> str:
            text = bytes(data).decode()
            return f"{text[:10]}T{text[11:19]}Z"

    return TimeLoader


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _numbered(sql: str) -> str:
    return sql.replace("?", "%s")


def _clean(parameters: Sequence[Any]) -> tuple[Any, ...]:
    """PostgreSQL has no text with NUL."""
    return tuple(value.replace("\0", "\ufffd") if isinstance(value, str) else value for value in parameters)


_FILES: Final[dict[str, type[SqliteDatabase] | type[DuckDatabase]]] = {"sqlite": SqliteDatabase, "duckdb": DuckDatabase}


def open_database(url: str, *, read_only: bool = False) -> Database:
    """Connect to ``sqlite:///path``, ``duckdb:///path`` or ``postgresql://…``.

    Raises:
        StoreError: the URL is none of these, or the store cannot be opened.
    """
    scheme, separator, rest = url.partition("://")
    if separator and scheme in {"postgresql", "postgres"}:
        return PostgresDatabase(url, read_only=read_only)
    if scheme in _FILES and rest.startswith("/") and len(rest) > 1:
        return _FILES[scheme](unquote(rest[1:]), read_only=read_only)
    raise StoreError(f"{url}: a store is sqlite:///PATH, duckdb:///PATH or postgresql://USER@HOST/DATABASE")
