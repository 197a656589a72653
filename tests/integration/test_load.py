"""The loader against a real stream: killed again and again, each store holds exactly what the topics hold."""

import json
import os
import re
import signal
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pyarrow.parquet as pq
import pytest

from pipeline.store import Reader, StoreError, open_database
from pipeline.store.reader import Selection
from tests.conftest import KHABAR
from tests.integration.conftest import Deploy, Deployment, StartStream, eventually
from tests.support.postgres import postgres_server

GOOD, BROKEN, AGAIN = 240, 20, 30


def raw_records() -> list[bytes]:
    """Return articles, dead letters, copies under other addresses and unchanged ones, mixed."""
    subjects = [
        "bridge",
        "school",
        "election",
        "harvest",
        "museum",
        "river",
        "factory",
        "stadium",
        "hospital",
        "railway",
    ]
    records = []
    for n in range(GOOD):
        body = " ".join(
            f"The {subjects[(n + k * 7) % 10]} number {n * 31 + k} was opened in place {n * 17 + k}." for k in range(12)
        )
        records.append(
            {"url": f"https://www.example{n % 7}.com/{n}", "text": body, "published_at": f"2025-09-{1 + n % 28:02}"}
        )
    copies = [{**record, "url": f"https://copy.example.org/{n}"} for n, record in enumerate(records[:AGAIN])]
    lines = [json.dumps(record).encode() for record in [*records, *copies, *records[:AGAIN]]]
    return [*lines[:GOOD], *([b'{"text": '] * BROKEN), *lines[GOOD:]]


@dataclass(frozen=True, slots=True)
class Loading:
    """A store and the loader that fills it, in a process of its own."""

    url: str
    arguments: tuple[str, ...]

    def start(self, *more: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([KHABAR, "load", "--store", self.url, *self.arguments, *more], start_new_session=True)

    def loaded(self) -> int:
        """Return how many records are to be seen from outside while the loader runs."""
        try:
            database = open_database(self.url, read_only=True)
        except StoreError:
            return 0
        try:
            return int(database.query("SELECT coalesce(sum(position), 0) FROM positions")[0][0])
        except StoreError:
            return 0  # the loader has not made its tables yet
        finally:
            database.close()


@dataclass(frozen=True, slots=True)
class DuckLoading(Loading):
    """DuckDB lets nobody else in, so Parquet files are what is seen."""

    parquet: Path

    def loaded(self) -> int:
        return sum(rows(self.parquet, table) for table in ("articles", "duplicates", "dead", "ledger"))


def rows(parquet: Path, table: str) -> int:
    files = list((parquet / table).glob("*/part-0.parquet"))
    return sum(pq.read_metadata(path).num_rows for path in files)


@pytest.fixture
def postgres_url() -> Iterator[str]:
    with postgres_server() as server:
        with psycopg.connect(server.format("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE store")
        yield server.format("store")


def test_after_any_kill_each_store_equals_verify_and_a_dead_letter_is_redriven(
    deploy: Deploy, start_stream: StartStream, postgres_url: str, tmp_path: Path
) -> None:
    deployment = deploy()
    stream = start_stream(deployment, "--workers", 1, "--bundle-records", 20, graph="pipeline.graph:build")
    arguments, parquet = deployment.arguments(), tmp_path / "parquet"
    stores = [
        Loading(f"sqlite:///{tmp_path}/store.sqlite", (*arguments,)),
        Loading(postgres_url, (*arguments,)),
        DuckLoading(
            f"duckdb:///{tmp_path}/store.duckdb",
            (*arguments, "--parquet", str(parquet), "--parquet-seconds", "0"),
            parquet,
        ),
    ]
    records = raw_records()
    for part in range(3):
        before = [store.loaded() for store in stores]
        loaders = [store.start() for store in stores]
        deployment.send(records[part::3])
        for store, seen in zip(stores, before, strict=True):
            eventually(lambda: store.loaded() > seen, f"the loader commits to {store.url}")  # noqa: B023
        for loader in loaders:
            os.killpg(loader.pid, signal.SIGKILL)
            loader.wait()
    eventually(lambda: deployment.behind() == 0, "the stream has settled")
    stream.drain()

    verified = deployment.verify()
    counts = {
        name: int(re.search(rf"(\d+) {name}", verified)[1]) for name in ("article", "unchanged", "duplicate", "dead")
    }  # type: ignore[index]
    assert sum(counts.values()) == len(records)
    assert counts["dead"] == BROKEN
    for loader in [store.start("--once") for store in stores]:
        assert loader.wait() == 0
    for store in stores:
        equals(store.url, counts, len(records))
        with dashboard(store.url) as site, urllib.request.urlopen(f"{site}/api/live") as answer:
            live = json.load(answer)
        assert (live["outcomes"], live["stored"], live["state"]) == (counts, counts, "ok")
    assert rows(parquet, "articles") == counts["article"]
    assert rows(parquet, "duplicates") == counts["duplicate"] + counts["unchanged"]
    assert rows(parquet, "dead") == counts["dead"]

    redrive(deployment, stores[1].url)
    assert len(deployment.values(deployment.topics.raw)) == len(records) + 1
    assert stores[1].start("--once").wait() == 0
    database = open_database(stores[1].url, read_only=True)
    assert database.query("SELECT count(redriven) FROM dead") == [(1,)]
    assert sum(row.lag for row in Reader(database).audit()) >= 1
    database.close()


def equals(url: str, counts: dict[str, int], records: int) -> None:
    """Make sure that plain counts of a store and what the dashboard shows are what `khabar verify` counts."""
    database = open_database(url, read_only=True)
    assert database.query("SELECT count(*) FROM articles") == [(counts["article"],)]
    assert database.query("SELECT count(*) FROM records") == [(counts["article"],)]
    assert database.query("SELECT count(*) FROM dead") == [(counts["dead"],)]
    by_outcome = dict(database.query("SELECT outcome, count(*) FROM duplicates GROUP BY outcome"))  # type: ignore[arg-type]
    assert by_outcome == {name: counts[name] for name in ("unchanged", "duplicate") if counts[name]}
    ((latest,),) = database.query("SELECT count(*) FROM articles WHERE latest = 1")
    reader = Reader(database)
    assert reader.count(Selection()).articles == latest
    audit = reader.audit()
    assert {row.state for row in audit} == {"ok"}
    assert {name: sum(row.stored[name] for row in audit) for name in counts} == counts
    assert sum(row.lag for row in audit) == 0
    assert sum(n for _, _, n in reader.flow("")) == records
    database.close()


@contextmanager
def dashboard(url: str, *more: str) -> Iterator[str]:
    command = [KHABAR, "dashboard", "--store", url, "--port", "0", *more]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        site = re.search(r"http://[\d.:]+", process.stderr.readline())
        assert site is not None
        yield site[0]
    finally:
        process.terminate()
        process.wait()


def redrive(deployment: Deployment, url: str) -> None:
    """Send a dead letter again from its page; a second time it is refused."""
    database = open_database(url, read_only=True)
    ((id_,),) = database.query("SELECT min(id) FROM dead")
    database.close()
    with dashboard(url, "--allow-changes", *deployment.arguments(), "--job-name", deployment.name) as site:
        with urllib.request.urlopen(f"{site}/dead/{id_}") as answer:
            key = re.search(r'name="key" value="([^"]+)"', answer.read().decode())
        assert key is not None
        form = urllib.parse.urlencode({"key": key[1]}).encode()
        with urllib.request.urlopen(f"{site}/dead/{id_}/redrive", form) as answer:
            assert "Sent to the raw topic again" in answer.read().decode()
        with urllib.request.urlopen(f"{site}/dead/{id_}/redrive", form) as answer:
            assert "run again before" in answer.read().decode()
