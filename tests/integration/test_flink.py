"""`khabar stream` on a real Flink cluster: drain, recovery of each process, with and without checkpoints."""

import os
import re
import signal
import subprocess

from pipeline.services import Flink
from pipeline.services.fetch import tool
from tests.integration.conftest import Deploy, StartStream, eventually, nothing_is_left, payloads


def arguments(flink: Flink, parallelism: int = 2) -> list[str]:
    where = ["--job-endpoint", flink.job_endpoint, "--worker-pool", flink.worker_pool, "--flink-rest", flink.rest_url]
    return ["--runner", "flink", *where, "--parallelism", str(parallelism), "--transaction-timeout", "10"]


def heap_state(flink: Flink) -> tuple[int, int]:
    """Return how many maps the states of jobs have on the task manager's heap, and how many states there are."""
    command = [tool("jcmd", "count objects"), str(flink.processes["taskmanager-1"].pid), "GC.class_histogram"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    kinds = ("CopyOnWriteStateMap", "CopyOnWriteStateTable")
    found = [re.search(rf": +(\d+) +\d+ +[\w.]+\.heap\.{kind}(?: |$)", text, re.MULTILINE) for kind in kinds]
    maps, states = (int(match[1]) if match else 0 for match in found)
    return maps, states


def test_every_process_may_die_and_the_job_is_drained(deploy: Deploy, start_stream: StartStream, flink: Flink) -> None:
    others = flink.workers()
    deployment = deploy()
    stream = start_stream(deployment, *arguments(flink))
    sent = 0
    for victim in ("worker", "taskmanager-1", "jobmanager", "jobserver"):
        before = deployment.committed()
        deployment.send(payloads(6000, first=sent))
        sent += 6000
        eventually(lambda before=before: deployment.committed() > before, f"some is committed before {victim} dies")  # type: ignore[misc]
        if victim == "worker":
            for pid in flink.workers():
                os.kill(pid, signal.SIGKILL)
        else:
            flink.processes[victim].kill()
            flink.start_process(victim)
    eventually(lambda: deployment.behind() == 0, "everything is processed")
    # Beam makes state for each hand-over of a reader and never drops it: let that be one map, not one of each of 64.
    seen = [0, 0]

    def have_handed_over() -> bool:
        seen[:] = heap_state(flink)
        return seen[1] > 20

    eventually(have_handed_over, "readers have handed over")
    assert seen[0] < 2 * seen[1]
    assert stream.drain() == 0, stream.text()
    eventually(lambda: nothing_is_left(flink, others), "jobs and workers end", 20)
    assert deployment.verify().startswith(f"ok: {sent} records of 2 sources")


def test_a_killed_driver_is_succeeded_with_other_parallelism_and_without_checkpoints(
    deploy: Deploy, start_stream: StartStream, flink: Flink
) -> None:
    others = flink.workers()
    deployment = deploy()
    deployment.send(payloads(20_000))
    first = start_stream(deployment, *arguments(flink, parallelism=1), "--checkpoint-seconds", "10")
    eventually(lambda: deployment.behind() < 20_000, "the first transaction")
    first.kill()  # the job goes on without its driver
    second = start_stream(deployment, *arguments(flink, parallelism=2))
    deployment.send(payloads(4000, first=20_000))
    eventually(lambda: deployment.behind() == 0, "everything is processed")
    assert second.drain() == 0, second.text()
    deployment.send(payloads(1000, first=24_000))
    third = start_stream(deployment, *arguments(flink, parallelism=1))
    eventually(lambda: deployment.behind() == 0, "everything is processed")
    assert third.drain() == 0, third.text()
    eventually(lambda: nothing_is_left(flink, others), "jobs and workers end", 20)
    assert deployment.verify().startswith("ok: 25000 records of 2 sources")


def test_a_job_that_cannot_go_on_ends_with_its_reason(deploy: Deploy, start_stream: StartStream, flink: Flink) -> None:
    others = flink.workers()
    deployment = deploy()
    deployment.send(payloads(10))
    stream = start_stream(deployment, *arguments(flink), graph="tests.support.graphs:full_disk")
    assert stream.wait() == 1
    assert stream.text().splitlines()[-1].endswith("cannot write to /somewhere: No space left on device")
    eventually(lambda: nothing_is_left(flink, others), "jobs and workers end", 20)
