"""What the stores promise whatever is decided: one writer at a time, migrations, clear errors, nothing lost."""

import multiprocessing
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from pipeline.index import Decision, Index, IndexDamaged, IndexForbidden, IndexUnavailable, StoryArticle, open_index
from pipeline.index.storage import postgres, sqlite
from pipeline.index.storage.base import Store, Writes
from pipeline.index.storage.postgres import PostgresStore
from pipeline.index.storage.schema import MIGRATIONS, statements
from pipeline.index.storage.sqlite import SqliteStore
from tests.support.index_records import edited, observation, words
from transforms.dedup.stories import sketch


def store_at(url: str, lock_wait: float) -> Store:
    if url.startswith("sqlite"):
        return SqliteStore(Path(url.removeprefix("sqlite:///")), lock_wait=lock_wait)
    return PostgresStore(url, lock_wait=lock_wait)


@pytest.mark.parametrize("share", [0.0, 0.05], ids=["same", "near-same"])
def test_two_workers_that_see_one_text_at_once_have_one_original(
    url: str, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second asks when the first has decided but not stored: the moment in which both could win."""
    first_store = store_at(url, 30)
    first = Index(first_store)
    second = Index(store_at(url, 0.05))
    a = observation(words(1), uri="https://a.example/1", at="t/0#0", source="a.example")
    b = observation(edited(words(1), share), uri="https://b.example/2", at="t/1#0", source="b.example")
    decided, go_on = threading.Event(), threading.Event()
    write = first_store.write

    def held_back(writes: Writes, day: int) -> None:
        decided.set()
        assert go_on.wait(30)
        write(writes, day)

    monkeypatch.setattr(first_store, "write", held_back)
    answers: list[Decision] = []
    worker = threading.Thread(target=lambda: answers.extend(first.observe([a])))
    worker.start()
    assert decided.wait(30)
    with pytest.raises(IndexUnavailable):
        second.observe([b])
    go_on.set()
    worker.join(30)
    (later,) = second.observe([b])
    assert answers[0].outcome == "article"
    assert (later.outcome, later.duplicate_of) == ("duplicate", "https://a.example/1")
    first.close()
    second.close()


def observe_all(url: str, worker: int, texts: int) -> list[str]:
    index = open_index(url)
    outcomes = []
    for n in range(texts):
        uri = f"https://{worker}.example/{n}"
        text = edited(words(n), 0.05, seed=worker)
        record = observation(text, uri=uri, at=f"t/{worker}#{n}", source=f"{worker}.example")
        outcomes.append(index.observe([record])[0].outcome)
    index.close()
    return outcomes


def test_several_processes_share_an_index(url: str) -> None:
    open_index(url).close()
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        one, two = pool.starmap(observe_all, [(url, worker, 40) for worker in range(2)])
    assert [{a, b} for a, b in zip(one, two, strict=True)] == [{"article", "duplicate"}] * 40


def test_an_index_made_by_several_processes_at_once_is_made_once(url: str) -> None:
    failures: list[Exception] = []

    def open_and_close() -> None:
        try:
            open_index(url).close()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=open_and_close) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_failed_batch_leaves_nothing_behind(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    store: Store = index._store  # type: ignore[attr-defined]
    write = store.write

    def failing(writes: Writes, day: int) -> None:
        write(writes, day)
        raise KeyboardInterrupt

    before = index.statistics()
    with monkeypatch.context() as patch:
        patch.setattr(store, "write", failing)
        with pytest.raises(KeyboardInterrupt):
            index.observe([observation(words(1))])
    after = index.statistics()
    assert {**after, "bytes": 0} == {**before, "bytes": 0}
    assert index.observe([observation(words(1))])[0].outcome == "article"


def test_an_index_of_a_newer_schema_is_refused(url: str) -> None:
    open_index(url).close()
    newer = len(MIGRATIONS) + 1
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as database:
            database.execute(f"PRAGMA user_version = {newer}")
    else:
        with psycopg.connect(url) as connection:
            connection.execute(f"UPDATE index_schema SET version = {newer}")
    with pytest.raises(IndexDamaged, match="schema"):
        open_index(url)


def test_an_index_that_a_user_may_not_write_is_whole(url: str) -> None:
    """A missing right is said as such: nothing is damaged, and nobody should repair anything."""
    open_index(url).close()
    if url.startswith("sqlite"):
        index = open_index(url)
        index._store._db.execute("PRAGMA query_only = ON")  # root may write files that others may not
    else:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE ROLE reader LOGIN")
            connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
        with pytest.raises(IndexForbidden, match="permission denied"):
            open_index(url.replace("khabar@", "reader@"))
        return
    with pytest.raises(IndexForbidden, match="readonly"):
        index.observe([observation(words(1))])


ADDED = (
    ("story_term", "rare_terms", "rare_terms_waiting", "story", "story_member"),
    ("copy",),
    ("band_slice",),
    ("story", "story_feature", "story_member"),
)
"""The tables of the latest migrations, the last first; the last changed those of stories, which are made as before."""


@pytest.mark.parametrize("known", range(1, len(MIGRATIONS)))
def test_older_schemas_are_brought_up_to_date(url: str, known: int) -> None:
    index = open_index(url)
    decisions = index.observe([observation(words(1))])
    index.expire(0)  # stores all band keys, as older versions did
    index.close()
    store = store_at(url, 30)
    with store.transaction(exclusive=True):
        execute: Callable[[str], object] = store._db.execute  # type: ignore[attr-defined]
        for table in (table for tables in ADDED[: len(MIGRATIONS) - known] for table in tables):
            execute(f"DROP TABLE IF EXISTS {table}")
        types = (sqlite if url.startswith("sqlite") else postgres)._TYPES
        if 1 < known < len(MIGRATIONS):
            for statement in statements(MIGRATIONS[1], types):
                execute(statement)
        kept = "PRAGMA user_version = " if url.startswith("sqlite") else "UPDATE index_schema SET version = "
        execute(f"{kept}{known}")
    store.close()
    index = open_index(url)
    assert index.observe([observation(words(1))]) == decisions
    copy = observation(edited(words(1), 0.05), uri="https://b.example/1", at="f#1")
    assert index.observe([copy])[0].method == "minhash-jaccard"
    said = sketch(language="en", title=None, text="United won the cup final at Wembley.")
    article = StoryArticle(uri="u", version=1, event_at="2026-01-06", title=None, sketch=said)
    assert [story and story.uri for story in index.assign_stories([article])] == ["u"]
    index.close()


def test_a_file_that_is_no_index_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"not a database, but somebody's notes\n" * 100)
    with pytest.raises(IndexDamaged):
        open_index(f"sqlite:///{path}")
    assert path.read_bytes() == b"not a database, but somebody's notes\n" * 100
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE people (name TEXT)")
    with pytest.raises(IndexDamaged, match="not an article index"):
        open_index(f"sqlite:///{other}")


def test_a_damaged_sqlite_file_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    index = open_index(f"sqlite:///{path}")
    index.observe([observation(words(n), uri=f"https://a.example/{n}", at=f"f#{n}") for n in range(200)])
    index.close()
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    path.write_bytes(content)
    with pytest.raises(IndexDamaged):
        open_index(f"sqlite:///{path}").observe([observation(words(1))])


def test_a_sqlite_file_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(IndexUnavailable):
        open_index(f"sqlite:///{tmp_path / 'missing' / 'index.sqlite'}")


def test_a_lost_postgresql_connection_is_made_again(postgres: str, new_postgres: Callable[[], str]) -> None:
    url = new_postgres()
    index = open_index(url)
    index.observe([observation(words(1))])
    with psycopg.connect(postgres.format("postgres"), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'khabar-index'"
        )
    with pytest.raises(IndexUnavailable):
        index.observe([observation(words(2), at="f#1")])
    assert index.observe([observation(words(2), at="f#1")])[0].version == 2
    index.close()


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(IndexUnavailable):
        open_index("postgresql://khabar@/khabar?host=/nonexistent")


@pytest.mark.parametrize("url", ["", "mysql://x", "index.sqlite"])
def test_unknown_kinds_of_index(url: str) -> None:
    with pytest.raises(ValueError, match="unknown kind of index"):
        open_index(url)


@pytest.mark.parametrize("url", ["memory:", "sqlite://"])
def test_an_index_in_memory(url: str) -> None:
    index = open_index(url)
    assert index.observe([observation(words(1))])[0].outcome == "article"
    index.close()
