"""`khabar stream` on Prism and a real broker: the seeds, orderly stops, and everything that can die."""

import os
import signal
import subprocess
import time
from pathlib import Path

import orjson
import pytest
from kafka import KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.admin import NewPartitions

from pipeline.kafka.topics import partitions, read_to_end
from pipeline.services import Kafka
from tests.conftest import KHABAR, ROOT, Khabar
from tests.integration.conftest import Deploy, Deployment, StartStream, eventually, has_ended, payloads

SEEDS = sorted((ROOT / "seeds").glob("*.txt"))
MIXED = (ROOT / "tests" / "golden" / "mixed.jsonl").read_bytes().splitlines()


def settled(deployment: Deployment) -> None:
    eventually(lambda: deployment.behind() == 0, "everything is processed")


def without_provenance(lines: list[bytes]) -> list[dict[str, object]]:
    records = [orjson.loads(line) for line in lines]
    for record in records:
        record.pop("provenance")
        for name in ("payload_base64", "payload_bytes"):  # the bytes are the transport's: a line, or a message
            record.pop(name, None)
        if "text" in record and not str(record.get("raw_id")).endswith(".txt"):
            # Without a date of its own a record is as old as its message, and stories are of one time.
            record.pop("story")
    return records


def test_records_come_out_as_khabar_run_gives_them(
    deploy: Deploy, start_stream: StartStream, khabar: Khabar, tmp_path: Path
) -> None:
    deployment = deploy(partitions=1)
    texts = [orjson.dumps({"id": path.name, "text": path.read_text("utf-8")}) for path in SEEDS]
    records = [*texts, *MIXED]
    archive = tmp_path / "records.jsonl"
    archive.write_bytes(b"".join(record + b"\n" for record in records))
    assert khabar("run", archive, "--out", tmp_path / "out").returncode == 0
    deployment.send(records)
    stream = start_stream(deployment, graph="pipeline.graph:build")
    settled(deployment)
    assert stream.drain() == 0, stream.text()
    topics = deployment.topics
    for topic, name in ((topics.articles, "articles"), (topics.duplicates, "duplicates"), (topics.dead, "dead")):
        expected = (tmp_path / "out" / f"{name}.jsonl").read_bytes().splitlines()
        given, wanted = without_provenance(deployment.values(topic)), without_provenance(expected)
        assert len(given) == len(wanted)
        for one, other in zip(given, wanted, strict=True):
            assert {key: one[key] for key in one if one[key] != other[key]} == {}, (one, other)
    assert deployment.verify().startswith(f"ok: {len(records)} records of 1 sources")


def test_sigterm_commits_what_was_read_and_a_new_start_goes_on(deploy: Deploy, start_stream: StartStream) -> None:
    deployment = deploy()
    deployment.send(payloads(30_000))
    stream = start_stream(deployment)
    eventually(lambda: deployment.behind() < 30_000, "the first transaction")
    assert stream.drain() == 0, stream.text()
    assert "all that was read is committed" in stream.text()
    deployment.verify()
    deployment.send(payloads(1000, first=30_000))
    again = start_stream(deployment)
    settled(deployment)
    assert again.drain() == 0, again.text()
    assert deployment.verify().startswith("ok: 31000 records of 2 sources")


def test_job_process_prism_and_broker_may_die(deploy: Deploy, start_stream: StartStream, kafka: Kafka) -> None:
    deployment = deploy()
    stream = start_stream(deployment, "--transaction-timeout", 10)
    sent = 0
    for victim in ("job", "prism", "broker", "broker at rest", "job"):
        before = deployment.committed()
        deployment.send(payloads(8000, first=sent))
        sent += 8000
        if victim != "broker at rest":
            eventually(lambda before=before: deployment.committed() > before, "some of it is committed")  # type: ignore[misc]
        if victim.startswith("broker"):
            kafka.process.kill()
            kafka.start()
        else:
            os.kill(stream.children()[victim], signal.SIGKILL)
    settled(deployment)
    assert stream.drain() == 0, stream.text()
    assert deployment.verify().startswith(f"ok: {sent} records of 2 sources")
    assert len({orjson.loads(line)["duplicate_of"] for line in deployment.values(deployment.topics.duplicates)}) == sent


def test_an_attempt_that_stands_still_is_replaced(deploy: Deploy, start_stream: StartStream) -> None:
    deployment = deploy()
    deployment.send(payloads(2000))
    stream = start_stream(deployment, "--stall-seconds", 10)
    eventually(lambda: deployment.behind() < 2000, "the first transaction")
    os.kill(stream.children()["prism"], signal.SIGSTOP)
    deployment.send(payloads(2000, first=2000))
    eventually(lambda: "nothing was committed for" in stream.text(), "it is noticed", 60)
    settled(deployment)
    assert stream.drain() == 0, stream.text()
    assert deployment.verify().startswith("ok: 4000 records of 2 sources")


def test_the_deadline_of_a_request_is_not_that_of_the_job(deploy: Deploy, start_stream: StartStream) -> None:
    deployment = deploy()
    stream = start_stream(deployment, "--request-seconds", 5)
    eventually(lambda: "ready: the job runs" in stream.text(), "the job runs")
    watched_until = time.monotonic() + 15
    eventually(lambda: time.monotonic() > watched_until or "starting again" in stream.text(), "it is watched")
    assert "starting again" not in stream.text()
    deployment.send(payloads(100))
    settled(deployment)
    assert stream.drain() == 0, stream.text()
    assert "starting again" not in stream.text()
    assert deployment.verify().startswith("ok: 100 records of 2 sources")


def test_a_killed_command_leaves_nothing_behind(deploy: Deploy, start_stream: StartStream) -> None:
    deployment = deploy()
    deployment.send(payloads(20_000))
    stream = start_stream(deployment)
    eventually(lambda: deployment.behind() < 20_000, "the first transaction")
    children = stream.children()
    assert set(children) == {"job", "prism"}
    stream.process.kill()
    stream.process.wait()
    eventually(lambda: all(map(has_ended, children.values())), "its children end")
    start_stream(deployment)
    settled(deployment)
    assert deployment.verify().startswith("ok: 20000 records of 2 sources")


def test_a_paused_worker_that_wakes_commits_nothing(deploy: Deploy, start_stream: StartStream) -> None:
    deployment = deploy()
    deployment.send(payloads(40_000))
    zombie = start_stream(deployment)
    eventually(lambda: deployment.behind() < 40_000, "the first transaction")
    family = [zombie.process.pid, *zombie.children().values()]
    for pid in family:
        os.kill(pid, signal.SIGSTOP)
    paused_at = deployment.committed()
    deployment.send(payloads(1000, first=40_000))
    successor = start_stream(deployment)
    eventually(lambda: deployment.committed() > paused_at, "the successor takes over")
    for pid in reversed(family):
        os.kill(pid, signal.SIGCONT)
    assert zombie.wait() == 1
    assert "has taken over" in zombie.text()
    settled(deployment)
    assert successor.drain() == 0, successor.text()
    assert deployment.verify().startswith("ok: 41000 records of 2 sources")


def test_gaps_of_compaction_and_transactions(deploy: Deploy, start_stream: StartStream) -> None:
    deployment = deploy(partitions=1)
    raw = deployment.topics.raw
    producer = KafkaProducer(bootstrap_servers=deployment.kafka.bootstrap, transactional_id=f"{deployment.name}-feed")
    producer.init_transactions()
    for number in range(30):
        producer.begin_transaction()
        for payload in payloads(3, first=number * 3):
            producer.send(raw, value=payload)
        if number % 3 == 1:
            producer.flush()
            producer.abort_transaction()
        else:
            producer.commit_transaction()
    stream = start_stream(deployment)
    settled(deployment)  # also past the marker at the end, which is no record
    # A second transaction that ends in nothing: the position follows, and comes to rest.
    producer.begin_transaction()
    producer.send(raw, value=b"never")
    producer.flush()
    producer.abort_transaction()
    producer.close()
    settled(deployment)
    ledger = len(deployment.values(deployment.topics.ledger))
    deployment.send(payloads(1, first=1000))
    settled(deployment)
    assert stream.drain() == 0, stream.text()
    assert len(deployment.values(deployment.topics.ledger)) == ledger + 1
    assert deployment.verify().startswith("ok: 61 records of 1 sources")


def test_new_partitions_are_picked_up(deploy: Deploy, start_stream: StartStream) -> None:
    deployment = deploy(partitions=1)
    deployment.send(payloads(100))
    stream = start_stream(deployment, "--new-partitions-seconds", 1)
    settled(deployment)
    admin = deployment.connection.admin()
    admin.create_partitions({deployment.topics.raw: NewPartitions(total_count=3)})
    admin.close()
    eventually(lambda: len(partitions(deployment.connection, deployment.topics.raw)) == 3, "the partitions are there")
    deployment.partitions = 3
    deployment.close()  # the test's producer would take minutes to notice
    deployment.send(payloads(300, first=100))
    settled(deployment)
    assert stream.drain() == 0, stream.text()
    assert deployment.verify().startswith("ok: 400 records of 3 sources")


def test_a_poison_record_delays_its_partition_no_longer_than_its_deadline(
    deploy: Deploy, start_stream: StartStream
) -> None:
    deployment = deploy(partitions=1)
    deep = "<div>" * 200_000  # takes a parser down or holds it up
    poison = orjson.dumps({"id": "poison", "html": f"<html><body>{deep}"})
    good = [orjson.dumps({"id": str(n), "text": f"Report {n}\n\nThe council met on day {n}."}) for n in range(200)]
    deployment.send([*good[:100], poison, *good[100:]])
    stream = start_stream(deployment, "--deadline", 3, graph="pipeline.graph:build")
    settled(deployment)
    assert stream.drain() == 0, stream.text()
    assert deployment.verify().startswith("ok: 201 records of 1 sources")


def test_a_record_beyond_the_message_limit_is_a_dead_letter_with_its_beginning(
    deploy: Deploy, start_stream: StartStream
) -> None:
    deployment = deploy(partitions=1)
    huge = b"poison" + bytes(range(256)) * 4000
    deployment.send([b"before", huge, b"after"])
    stream = start_stream(deployment, "--max-message-bytes", 200_000)
    settled(deployment)
    assert stream.drain() == 0, stream.text()
    (record,) = read_to_end(deployment.connection, deployment.topics.dead)
    dead = orjson.loads(record.value)
    assert dead["payload_truncated"] is True
    assert dead["payload_bytes"] == len(huge)
    assert 150_000 < len(record.value) <= 200_000
    shown = subprocess.run(
        [KHABAR, "dead", "show", f"{record.partition}/{record.offset}", "--payload", *deployment.arguments()],
        capture_output=True,
        check=True,
    )
    assert shown.stdout == huge
    assert deployment.verify().startswith("ok: 3 records of 1 sources")


def test_lost_offsets_stop_the_job_with_one_line(deploy: Deploy, start_stream: StartStream) -> None:
    deployment = deploy(partitions=1)
    deployment.send(payloads(100))
    stream = start_stream(deployment)
    settled(deployment)
    assert stream.drain() == 0, stream.text()
    deployment.send(payloads(100, first=100))
    admin = deployment.connection.admin()
    place = partitions(deployment.connection, deployment.topics.raw)[0]
    admin.delete_records({place: 150})
    admin.close()
    again = start_stream(deployment)
    assert again.wait() == 1
    assert "deleted before they were read" in again.text()
    assert "Traceback" not in again.text()


def test_forgotten_positions_come_back_from_the_ledger(deploy: Deploy, start_stream: StartStream) -> None:
    deployment = deploy()
    deployment.send(payloads(1000))
    stream = start_stream(deployment)
    settled(deployment)
    assert stream.drain() == 0, stream.text()
    admin = deployment.connection.admin()
    admin.delete_groups([deployment.name])  # what brokers do to the positions of a job that rests for too long
    admin.close()
    again = start_stream(deployment)
    settled(deployment)
    assert again.drain() == 0, again.text()
    assert "restored from the ledger" in again.text()
    assert deployment.verify().startswith("ok: 1000 records of 2 sources")


def test_a_broker_that_is_not_there_is_waited_for_with_a_reason(deploy: Deploy, start_stream: StartStream) -> None:
    deployment = deploy()
    stream = start_stream(deployment, "--bootstrap-servers", "127.0.0.1:1")
    eventually(lambda: "waiting for Kafka at 127.0.0.1:1" in stream.text(), "the reason is shown")
    assert stream.drain() == 0
    assert "Traceback" not in stream.text()


def test_missing_topics_are_one_clear_line(khabar: Khabar, kafka: Kafka) -> None:
    where = ("--bootstrap-servers", kafka.bootstrap, "--topic-prefix", "nowhere", "--index", "sqlite:///x")
    done = khabar("stream", *where)
    assert done.returncode == 1
    assert "no topic nowhere.raw" in done.stderr
    assert "--create-topics" in done.stderr
    assert "Traceback" not in done.stderr


def test_many_partitions_in_one_job_commit_soon(deploy: Deploy, start_stream: StartStream) -> None:
    """Bundles end by their time, however many partitions they hold, and no partition waits for empty ones."""
    deployment = deploy(partitions=300)
    deployment.send(payloads(300))
    stream = start_stream(deployment)
    eventually(lambda: "ready" in stream.text(), "the job runs")
    eventually(lambda: deployment.committed() > 0, "the first commit", 30)
    eventually(lambda: deployment.behind() == 0, "everything is processed")
    assert stream.drain() == 0, stream.text()


def test_a_stream_says_that_its_prism_is_being_built_and_stops_meanwhile(
    deploy: Deploy, start_stream: StartStream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = tmp_path / "began"
    go = tmp_path / "bin" / "go"
    go.parent.mkdir()
    go.write_text(f"#!/bin/sh\necho $$ >{began}.new && mv {began}.new {began}\nexec sleep 1000\n")
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{go.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("KHABAR_SERVICES_CACHE", str(tmp_path / "cache"))
    stream = start_stream(deploy())
    eventually(began.exists, "Prism is being built")
    assert stream.drain() == 0
    assert "it is fetched now, once" in stream.text()
    eventually(lambda: has_ended(int(began.read_text())), "what builds it has ended")


def test_a_process_that_died_between_its_position_and_its_commit_is_not_waited_for(
    deploy: Deploy, start_stream: StartStream
) -> None:
    deployment = deploy(partitions=2)
    deployment.send(payloads(40))
    job = deployment.job
    # Brokers would end what it left open after a quarter of an hour.
    dead = job.connection.transactional_producer(job.transactional_id(1), transaction_timeout_ms=900_000)
    dead.begin_transaction()
    dead.send(job.topics.articles, value=b"{}", key=b"of the dead").get(timeout=30)
    position = {TopicPartition(job.topics.raw, 1): OffsetAndMetadata(5, "", -1)}
    dead.send_offsets_to_transaction(position, job.name)
    stream = start_stream(deployment)
    settled(deployment)
    assert stream.drain() == 0
    dead.close(timeout=0)
    deployment.verify()
