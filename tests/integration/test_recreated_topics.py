"""A raw topic that is deleted and created again: none of its records is passed over without status 1."""

import contextlib
from pathlib import Path

import pytest
from kafka.errors import KafkaError

from pipeline.kafka.topics import NewTopics, prepare
from tests.conftest import Khabar
from tests.integration.conftest import Deploy, Deployment, StartStream, eventually, payloads

ANEW = "was deleted and created anew"


def recreate(deployment: Deployment, records: list[bytes], partitions: int | None = None) -> None:
    delete(deployment, deployment.topics.raw)
    deployment.partitions = partitions or deployment.partitions
    prepare(deployment.job, NewTopics(partitions=deployment.partitions))
    deployment.close()
    deployment.send(records)


def delete(deployment: Deployment, topic: str) -> None:
    with contextlib.closing(deployment.connection.admin()) as admin:
        admin.delete_topics([topic])

        def gone() -> bool:
            with contextlib.suppress(KafkaError):
                return topic not in admin.list_topics()
            return False

        eventually(gone, f"{topic} is gone")


def with_ten_processed(deploy: Deploy, start_stream: StartStream, partitions: int) -> Deployment:
    """Return a deployment whose stream has processed ten records and was stopped."""
    deployment = deploy(partitions)
    deployment.send(payloads(10))
    stream = start_stream(deployment)
    eventually(lambda: deployment.committed() == 10, "the first ten are processed")
    assert stream.drain() == 0, stream.text()
    return deployment


@pytest.mark.parametrize("records", [4, 40], ids=["shorter", "longer"])
def test_a_topic_that_was_created_anew_while_the_job_was_away_stops_it(
    deploy: Deploy, start_stream: StartStream, khabar: Khabar, records: int
) -> None:
    deployment = with_ten_processed(deploy, start_stream, partitions=1)
    deployment.verify()

    recreate(deployment, payloads(records, first=100))
    again = start_stream(deployment)
    assert again.wait() == 1
    assert ANEW in again.text()
    verified = khabar("verify", *deployment.arguments())
    assert verified.returncode == 1
    assert "another one now" in verified.stderr

    anew = start_stream(deployment, "--begin-anew")
    eventually(lambda: deployment.behind() == 0 and deployment.committed() == records, "all of the new are processed")
    assert anew.drain() == 0, anew.text()
    assert deployment.verify().startswith(f"ok: {10 + records} records")


@pytest.mark.parametrize("partitions", [1, 3], ids=["fewer", "more"])
def test_a_topic_that_was_created_anew_with_other_partitions_stops_the_job(
    deploy: Deploy, start_stream: StartStream, partitions: int
) -> None:
    deployment = with_ten_processed(deploy, start_stream, partitions=2)
    recreate(deployment, [], partitions)
    deployment.send(payloads(12, first=100), partition=0)
    again = start_stream(deployment)
    assert again.wait() == 1
    assert ANEW in again.text()
    anew = start_stream(deployment, "--begin-anew")
    eventually(lambda: deployment.behind() == 0 and deployment.committed() == 12, "all of the new are processed")
    assert anew.drain() == 0, anew.text()
    assert deployment.verify().startswith("ok: 22 records")  # of partitions of the old topic nothing is expected


def test_a_position_that_was_set_back_by_hand_stops_the_job_before_anything_has_a_second_outcome(
    deploy: Deploy, start_stream: StartStream
) -> None:
    deployment = with_ten_processed(deploy, start_stream, partitions=1)
    deployment.set_position(3)
    again = start_stream(deployment)
    assert again.wait() == 1
    assert "was set back to 3, but all before 10 has its outcomes" in again.text()

    deployment.set_position(10)
    deployment.send(payloads(10, first=10))
    on = start_stream(deployment)
    eventually(lambda: deployment.committed() == 20, "all are processed")
    assert on.drain() == 0, on.text()


def test_a_position_that_was_set_beyond_records_is_said_and_found(
    deploy: Deploy, start_stream: StartStream, khabar: Khabar
) -> None:
    deployment = with_ten_processed(deploy, start_stream, partitions=1)
    deployment.send(payloads(10, first=10))
    deployment.set_position(15)
    again = start_stream(deployment)
    eventually(lambda: deployment.committed() == 20, "the rest is processed")
    assert again.drain() == 0, again.text()
    assert "was set to 15 by hand: nothing from 10 on to there is processed" in again.text()
    verified = khabar("verify", *deployment.arguments())
    assert verified.returncode == 1
    assert "leaves a gap" in verified.stderr


@pytest.mark.parametrize("records", [4, 40], ids=["shorter", "longer"])
def test_a_topic_that_is_created_anew_while_the_job_runs_stops_it(
    deploy: Deploy, start_stream: StartStream, records: int
) -> None:
    deployment = deploy(partitions=1)
    deployment.send(payloads(10))
    stream = start_stream(deployment)
    eventually(lambda: deployment.committed() == 10, "the first ten are processed")
    recreate(deployment, payloads(records, first=100))
    assert stream.wait() == 1
    assert ANEW in stream.text() or "is gone" in stream.text()
    anew = start_stream(deployment, "--begin-anew")
    eventually(lambda: deployment.committed() == records, "all of the new are processed")
    assert anew.drain() == 0, anew.text()
    assert deployment.verify().startswith(f"ok: {10 + records} records")


@pytest.mark.parametrize("which", ["raw", "articles"])
def test_a_topic_that_vanishes_stops_the_job(
    deploy: Deploy, start_stream: StartStream, which: str, tmp_path: Path
) -> None:
    deployment = deploy(partitions=1)
    deployment.send(payloads(3))
    stream = start_stream(deployment)
    eventually(lambda: deployment.committed() == 3, "the first are processed")
    topic = getattr(deployment.topics, which)
    delete(deployment, topic)
    assert stream.wait(60) == 1
    assert f"{topic} is gone" in stream.text()
