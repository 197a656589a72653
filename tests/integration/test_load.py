"""The loader against a real stream: killed again and again, the store holds exactly what the topics hold."""

import json
import os
import re
import signal
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from pipeline.store import Reader, StoreError, open_database
from tests.conftest import KHABAR
from tests.integration.conftest import Deploy, Deployment, StartStream, eventually
from tests.postgres import postgres_server

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


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/store.sqlite"
        return
    with postgres_server() as server:
        with psycopg.connect(server.format("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE store")
        yield server.format("store")


def load(deployment: Deployment, url: str, *more: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([KHABAR, "load", "--store", url, *deployment.arguments(), *more], start_new_session=True)


def loaded(url: str) -> int:
    try:
        database = open_database(url, read_only=True)
    except StoreError:
        return 0
    try:
        return int(database.query("SELECT coalesce(sum(position), 0) FROM positions")[0][0])
    except StoreError:
        return 0  # the loader has not made its tables yet
    finally:
        database.close()


def test_after_any_kill_the_store_equals_verify_and_a_dead_letter_is_redriven(
    deploy: Deploy, start_stream: StartStream, url: str
) -> None:
    deployment = deploy()
    stream = start_stream(deployment, "--workers", 1, "--bundle-records", 20, graph="pipeline.graph:build")
    records = raw_records()
    for part in range(3):
        loader = load(deployment, url)
        before = loaded(url)
        deployment.send(records[part::3])
        eventually(lambda: loaded(url) > before, "the loader commits")  # noqa: B023
        os.killpg(loader.pid, signal.SIGKILL)
        loader.wait()
    eventually(lambda: deployment.behind() == 0, "the stream has settled")
    stream.drain()
    assert load(deployment, url, "--once").wait() == 0

    verified = deployment.verify()
    counts = {
        name: int(re.search(rf"(\d+) {name}", verified)[1]) for name in ("article", "unchanged", "duplicate", "dead")
    }  # type: ignore[index]
    assert sum(counts.values()) == len(records)
    assert counts["dead"] == BROKEN
    database = open_database(url, read_only=True)
    assert database.query("SELECT count(*) FROM articles") == [(counts["article"],)]
    assert database.query("SELECT count(*) FROM records") == [(counts["article"],)]
    assert database.query("SELECT count(*) FROM dead") == [(counts["dead"],)]
    by_outcome = dict(database.query("SELECT outcome, count(*) FROM duplicates GROUP BY outcome"))  # type: ignore[arg-type]
    assert by_outcome == {name: counts[name] for name in ("unchanged", "duplicate") if counts[name]}
    audit = Reader(database).audit()
    assert {row.state for row in audit} == {"ok"}
    assert {name: sum(row.stored[name] for row in audit) for name in counts} == counts
    assert sum(row.lag for row in audit) == 0
    assert sum(n for _, _, n in Reader(database).flow("")) == len(records)
    place = str(database.query("SELECT min(place) FROM dead")[0][0])
    ((id_,),) = database.query("SELECT id FROM dead WHERE place = ?", (place,))
    database.close()

    command = [KHABAR, "dashboard", "--store", url, "--port", "0", "--allow-changes", *deployment.arguments()]
    dashboard = subprocess.Popen([*command, "--job-name", deployment.name], stderr=subprocess.PIPE, text=True)
    try:
        assert dashboard.stderr is not None
        site = re.search(r"http://[\d.:]+", dashboard.stderr.readline())
        assert site is not None
        with urllib.request.urlopen(f"{site[0]}/api/live") as answer:
            live = json.load(answer)
        assert (live["outcomes"], live["state"]) == (counts, "ok")
        with urllib.request.urlopen(f"{site[0]}/dead/{id_}") as answer:
            key = re.search(r'name="key" value="([^"]+)"', answer.read().decode())
        assert key is not None
        form = urllib.parse.urlencode({"key": key[1]}).encode()
        with urllib.request.urlopen(f"{site[0]}/dead/{id_}/redrive", form) as answer:
            assert "Sent to the raw topic again" in answer.read().decode()
        with urllib.request.urlopen(f"{site[0]}/dead/{id_}/redrive", form) as answer:
            assert "run again before" in answer.read().decode()
    finally:
        dashboard.terminate()
        dashboard.wait()
    assert len(deployment.values(deployment.topics.raw)) == len(records) + 1
    assert load(deployment, url, "--once").wait() == 0
    database = open_database(url, read_only=True)
    assert database.query("SELECT count(redriven) FROM dead") == [(1,)]
    assert sum(row.lag for row in Reader(database).audit()) >= 1
    database.close()
