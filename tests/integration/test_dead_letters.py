"""`khabar dead` against a real broker: listed, shown, run again once, with history."""

import subprocess
from typing import Any

import orjson

from tests.conftest import KHABAR
from tests.integration.conftest import Deploy, Deployment, StartStream, eventually


def dead(deployment: Deployment, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [KHABAR, "dead", *arguments, *deployment.arguments()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_dead_letters_are_run_again_once_and_keep_their_history(deploy: Deploy, start_stream: StartStream) -> None:
    deployment = deploy(partitions=1)
    deployment.send([b"good", b"poison 1", b"poison 2"])
    stream = start_stream(deployment)
    eventually(lambda: deployment.behind() == 0, "everything is processed")
    listed = dead(deployment, "list")
    assert listed.returncode == 0, listed.stderr
    first, _second = listed.stdout.splitlines()
    assert "invalid_record" in first
    assert f"{deployment.name}.raw/0/1" in first
    place = first.split()[0]

    again = dead(deployment, "redrive", place, "--job-name", deployment.name, "--wait", "60")
    assert again.returncode == 0, again.stderr
    assert again.stdout == "1 run again\ninvalid_record: 1 dead: invalid_record\n"
    repeated = dead(deployment, "redrive", place, "--job-name", deployment.name)
    assert repeated.stdout == "0 run again\n"

    rest = dead(deployment, "redrive", "--all", "--job-name", deployment.name, "--wait", "60")
    assert rest.stdout.startswith("2 run again\n")  # the second, and the new failure of the first
    eventually(lambda: deployment.behind() == 0, "everything is processed")
    assert stream.drain() == 0, stream.text()
    records: list[dict[str, Any]] = [orjson.loads(value) for value in deployment.values(deployment.topics.dead)]
    attempts = sorted(len(record["attempts"]) for record in records if "attempts" in record)
    assert attempts == [0, 0, 1, 1, 2]
    deployment.verify()

    unknown = dead(deployment, "show", "0/999")
    assert unknown.returncode == 1
    assert unknown.stderr.startswith("khabar: no dead letter 0/999")


def test_a_dead_letter_that_no_longer_fits_is_refused_and_the_others_go(
    deploy: Deploy, start_stream: StartStream
) -> None:
    """With its history a record is larger than it was: as large as the raw topic allowed, it cannot go again."""
    deployment = deploy(partitions=1)
    deployment.send([b"poison 1", b"poison" + b"x" * 9_999_850, b"poison 2"])
    stream = start_stream(deployment)
    eventually(lambda: deployment.behind() == 0, "everything is processed")
    done = dead(deployment, "redrive", "--all", "--job-name", deployment.name, "--wait", "60")
    assert done.returncode == 1
    assert done.stdout == "2 run again\ninvalid_record: 2 dead: invalid_record\n"
    assert "with its history it has" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert stream.drain() == 0, stream.text()
    deployment.verify()
