"""`khabar replay` against a real broker: once each, however often it is killed, started, or started twice."""

import contextlib
import json
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka.consumer.fetcher import ConsumerRecord

from pipeline.errors import JobStopped
from pipeline.kafka.connection import Connection
from pipeline.kafka.topics import header, read_to_end
from pipeline.operations.replay import ORIGIN_HEADER
from pipeline.services import Kafka
from pipeline.sources.formats.records import FAILURE_HEADER
from tests.conftest import KHABAR, ROOT, Khabar

RECORDS = 3000


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    broker = Kafka(tmp_path_factory.mktemp("kafka"))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    """Topics of each test's own."""
    return "".join(c if c.isalnum() else "-" for c in request.node.name)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "dump.jsonl"
    with path.open("w", encoding="utf-8") as lines:
        for number in range(RECORDS):
            day = f"2015-07-{1 + number // 100:02}T00:{number % 60:02}:00Z"
            record = {"id": f"{number % 1000}", "body": f"خبر رقم {number}", "published_at": day}
            lines.write(json.dumps(record, ensure_ascii=False) + "\n")
    return path


def arguments(kafka: Kafka, prefix: str, *more: object) -> list[str]:
    fixed = ("--map", "text=body", "--create-topics", "--partitions", 3)
    where = ("--bootstrap-servers", kafka.bootstrap, "--topic-prefix", prefix)
    return ["replay", *map(str, (*more, *fixed, *where))]


def raw(kafka: Kafka, prefix: str) -> list[ConsumerRecord]:
    return list(read_to_end(Connection(bootstrap_servers=(kafka.bootstrap,)), f"{prefix}.raw"))


def origins(records: list[ConsumerRecord]) -> Counter[str]:
    return Counter(str(header(record, ORIGIN_HEADER)) for record in records)


def expected(path: Path, records: int = RECORDS) -> Counter[str]:
    return Counter({f"{path}#{number}": 1 for number in range(records)})


def start(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen([KHABAR, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_messages(kafka: Kafka, prefix: str, number: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(JobStopped):
            if len(raw(kafka, prefix)) >= number:
                return
    raise AssertionError(f"{number} messages did not arrive: {process.communicate()}")


def test_records_are_sent_once_with_key_time_and_origin(
    khabar: Khabar, kafka: Kafka, prefix: str, archive: Path
) -> None:
    done = khabar(*arguments(kafka, prefix, archive))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{RECORDS} records sent to {prefix}.raw, of 1 files")
    records = raw(kafka, prefix)
    assert origins(records) == expected(archive)
    first = next(record for record in records if header(record, ORIGIN_HEADER) == f"{archive}#0")
    assert json.loads(first.value) == {"id": "0", "text": "خبر رقم 0", "published_at": "2015-07-01T00:00:00Z"}
    assert (first.key, first.timestamp) == (b"urn:khabar:id:0", 1435708800000)
    partitions: dict[bytes, set[int]] = {}
    for record in records:
        partitions.setdefault(record.key, set()).add(record.partition)
    assert {len(numbers) for numbers in partitions.values()} == {1}
    for key in (b"urn:khabar:id:0", b"urn:khabar:id:999"):
        numbers = [int(str(header(r, ORIGIN_HEADER)).rpartition("#")[2]) for r in records if r.key == key]
        assert numbers == sorted(numbers)

    again = khabar(*arguments(kafka, prefix, archive))
    assert again.stdout.startswith(f"0 records sent to {prefix}.raw, {RECORDS} sent before")
    assert len(raw(kafka, prefix)) == RECORDS
    assert khabar(*arguments(kafka, prefix, archive, "--again")).returncode == 0
    assert set(origins(raw(kafka, prefix)).values()) == {2}


def test_killed_at_any_moment_it_goes_on_without_a_second_copy(kafka: Kafka, prefix: str, archive: Path) -> None:
    for enough in (1, 700, 1500):
        process = start(arguments(kafka, prefix, archive, "--rate", 500))
        wait_for_messages(kafka, prefix, enough, process)
        process.kill()
        process.communicate()
    process = start(arguments(kafka, prefix, archive))
    out, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, "")
    assert "sent before" in out
    assert origins(raw(kafka, prefix)) == expected(archive)


def test_started_twice_the_later_one_goes_on_and_the_earlier_one_says_so(
    kafka: Kafka, prefix: str, archive: Path
) -> None:
    first = start(arguments(kafka, prefix, archive, "--rate", 20))  # so slow that it cannot be done before
    wait_for_messages(kafka, prefix, 1, first)
    second = start(arguments(kafka, prefix, archive))
    _, errors = second.communicate(timeout=120)
    assert (second.returncode, errors) == (0, "")
    _, errors = first.communicate(timeout=120)
    assert first.returncode == 1
    assert errors == (
        f"khabar: another replay into {prefix}.raw has taken over; start this one again when it is done\n"
    )
    assert origins(raw(kafka, prefix)) == expected(archive)


def test_a_file_that_grows_is_continued_and_one_that_changes_is_not(
    khabar: Khabar, kafka: Kafka, prefix: str, archive: Path
) -> None:
    assert khabar(*arguments(kafka, prefix, archive)).returncode == 0
    with archive.open("a", encoding="utf-8") as lines:
        lines.write('{"body": "one more"}\n')
    grown = khabar(*arguments(kafka, prefix, archive))
    assert grown.stdout.startswith(f"1 records sent to {prefix}.raw, {RECORDS} sent before")
    assert origins(raw(kafka, prefix)) == expected(archive, RECORDS + 1)
    archive.write_text(archive.read_text("utf-8").replace("رقم 5", "رقم 6"), "utf-8")
    changed = khabar(*arguments(kafka, prefix, archive))
    assert changed.returncode == 1
    assert changed.stderr == (
        f"khabar: {archive} has changed since {RECORDS + 1} records of it were replayed; "
        "--again sends the whole file anew\n"
    )
    assert len(raw(kafka, prefix)) == RECORDS + 1


def test_what_cannot_be_read_or_sent_whole_goes_as_its_reason(
    khabar: Khabar, kafka: Kafka, prefix: str, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl.gz").write_bytes(b"not gzip")
    (tmp_path / "in" / "b.txt").write_bytes(b"x" * 11_000_000)
    (tmp_path / "in" / "c.png").write_bytes(b"\x89PNG")
    done = khabar(*arguments(kafka, prefix, tmp_path / "in"))
    assert done.returncode == 0, done.stderr
    failures = {
        Path(str(header(record, ORIGIN_HEADER))).name: json.loads(str(header(record, FAILURE_HEADER)))
        for record in raw(kafka, prefix)
    }
    assert {name: failure["reason"] for name, failure in failures.items()} == {
        "a.jsonl.gz#0": "damaged_archive",
        "b.txt#0": "too_large",
    }
    assert failures["b.txt#0"]["payload_bytes"] == 11_000_000
    assert {record.timestamp for record in raw(kafka, prefix)} == {-1}


def test_messages_that_the_broker_would_delete_at_once_are_not_sent(
    khabar: Khabar, kafka: Kafka, prefix: str, archive: Path
) -> None:
    with contextlib.closing(Connection(bootstrap_servers=(kafka.bootstrap,)).admin()) as admin:
        topics: dict[str, Any] = {f"{prefix}.raw": {"num_partitions": 1, "configs": {"retention.ms": "604800000"}}}
        admin.create_topics(topics)
        admin.wait_for_topics(list(topics))
    refused = khabar(*arguments(kafka, prefix, archive))
    assert refused.returncode == 1
    assert "older than" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert raw(kafka, prefix) == []
    assert khabar(*arguments(kafka, prefix, archive, "--timestamps", "now")).returncode == 0
    assert origins(raw(kafka, prefix)) == expected(archive)


def without_place(record: dict[str, Any]) -> dict[str, Any]:
    """A record but for where it was read, which is a file in one case and Kafka in the other."""
    content = record["provenance"]["content_sha256"]
    headers = [header for header in record.get("headers", []) if header[0] != ORIGIN_HEADER]
    return {**record, "provenance": content, "headers": headers}


def outcomes_in_kafka(kafka: Kafka, prefix: str) -> dict[str, list[dict[str, Any]]]:
    connection = Connection(bootstrap_servers=(kafka.bootstrap,))
    found = {}
    for name in ("articles", "duplicates", "dead"):
        records = [json.loads(record.value) for record in read_to_end(connection, f"{prefix}.{name}")]
        found[name] = sorted(records, key=lambda record: int(record["provenance"]["offset"]))
    return found


def stream_until_settled(kafka: Kafka, prefix: str, index: Path, log: Path) -> None:
    """Run a streaming job until its ledger covers all raw records, and stop it."""
    command = ["stream", "--bootstrap-servers", kafka.bootstrap, "--topic-prefix", prefix, "--job-name", prefix]
    command += ["--index", f"sqlite:///{index}", "--create-topics", "--partitions", "1"]
    connection = Connection(bootstrap_servers=(kafka.bootstrap,))
    end = max(record.offset for record in raw(kafka, prefix)) + 1
    with log.open("w") as out:
        job = subprocess.Popen([KHABAR, *command], stdout=out, stderr=out)
        try:
            deadline = time.monotonic() + 180
            settled = 0
            while settled < end:
                assert time.monotonic() < deadline, log.read_text("utf-8")
                assert job.poll() is None, log.read_text("utf-8")
                with contextlib.suppress(JobStopped):
                    settled = max(
                        (json.loads(record.value)["to"] for record in read_to_end(connection, f"{prefix}.ledger")),
                        default=0,
                    )
        finally:
            job.send_signal(signal.SIGTERM)
            job.wait(60)


def test_replay_and_stream_make_what_run_makes_and_once_more_changes_nothing(
    khabar: Khabar, kafka: Kafka, prefix: str, tmp_path: Path
) -> None:
    prefix = prefix[:40]
    archives = [ROOT / "tests" / "golden" / "mixed.jsonl", ROOT / "seeds"]
    assert khabar("run", *archives, "--out", tmp_path / "out").returncode == 0
    fixed = ["--create-topics", "--partitions", 1, "--bootstrap-servers", kafka.bootstrap, "--topic-prefix", prefix]
    replay = ["replay", *archives, *fixed]
    assert khabar(*replay).returncode == 0
    stream_until_settled(kafka, prefix, tmp_path / "index.sqlite", tmp_path / "stream.log")
    streamed = outcomes_in_kafka(kafka, prefix)
    for name, records in streamed.items():
        lines = (tmp_path / "out" / f"{name}.jsonl").read_text("utf-8").splitlines()
        assert lines
        for line, record in zip(lines, records, strict=True):
            assert without_place(json.loads(line)) == without_place(record)

    assert khabar(*replay, "--again").returncode == 0
    stream_until_settled(kafka, prefix, tmp_path / "index.sqlite", tmp_path / "stream.log")
    twice = outcomes_in_kafka(kafka, prefix)
    assert twice["articles"] == streamed["articles"]
    assert len(twice["dead"]) == 2 * len(streamed["dead"])
    later = twice["duplicates"][len(streamed["duplicates"]) :]
    assert len(later) == len(streamed["articles"]) + len(streamed["duplicates"])
    assert {record["outcome"] for record in later} <= {"unchanged", "duplicate"}
    done = khabar("verify", "--bootstrap-servers", kafka.bootstrap, "--topic-prefix", prefix)
    assert done.returncode == 0, done.stderr
