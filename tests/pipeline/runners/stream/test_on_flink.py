"""When a job on Flink counts as running, and what is said of one that does not."""

from typing import Any

import pytest

from pipeline.runners import flink
from pipeline.runners.stream.on_flink import OnFlink

PYTHON = """org.apache.flink.runtime.JobException: Recovery is suppressed by …
\tat org.apache.flink.runtime.executiongraph.failover.flip1.ExecutionFailureHandler.handleFailure(Handler.java:139)
Caused by: java.lang.RuntimeException: Error received from SDK harness for 4: Traceback (most recent call last):
  File "pipeline/sinks/kafka.py", line 1, in process
    raise KafkaError("no leader")
kafka.errors.KafkaError: no leader [while running 'Emit']

\tat org.apache.beam.runners.fnexecution.control.FnApiControlClient.handle(FnApiControlClient.java:180)
\t... 1 more
"""
JAVA = "java.lang.IllegalStateException: broken\n\tat org.apache.Some.method(Some.java:1)\n"
STOPPED = JAVA.replace("broken", "pipeline.errors.JobStopped: the disk is full [while running 'Emit']")


class Cluster:
    """Stands for Flink's REST interface."""

    def __init__(self) -> None:
        self.state, self.works, self.known = "RUNNING", True, True
        self.failed: list[flink.Failure] = []
        self.others: dict[str, flink.Job] = {}
        self.cancelled: list[str] = []

    def jobs(self, name: str) -> dict[str, flink.Job]:
        return ({"1a": flink.Job("id", self.state, self.works)} if self.known else {}) | self.others

    def cancel_one(self, job: flink.Job) -> None:
        self.cancelled.append(job.id)

    def failures(self, job: str) -> list[flink.Failure]:
        return self.failed[:16]

    def fail(self, at: int, text: str = JAVA) -> None:
        self.failed.insert(0, flink.Failure(at, text))


class Watched:
    """A job that is looked at once a second."""

    def __init__(self) -> None:
        self.cluster, self.log, self.seconds = Cluster(), [], 0.0  # type: ignore[var-annotated]

        def say(text: str, fields: Any = None) -> None:
            self.log.append(text)

        self.job = OnFlink(self.cluster, "job", "1a", "0b".__eq__, say, lambda: self.seconds)  # type: ignore[arg-type]

    def look(self, times: int = 1) -> bool:
        for _ in range(times):
            self.seconds += 1
            self.job.look()
        return self.job.runs()


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_a_job_runs_when_all_of_its_tasks_have_run_for_a_while(watched: Watched) -> None:
    watched.cluster.works = False
    assert not watched.look(10)
    assert not watched.job.began
    assert watched.job.waits_for() == "Flink is starting the tasks of the job"
    watched.cluster.works = True
    assert not watched.look(5)
    assert watched.job.began
    assert watched.job.waits_for() == "Flink has just started the job"
    assert watched.look()


def test_a_failure_between_two_looks_counts_though_both_see_it_running(watched: Watched) -> None:
    assert watched.look(10)
    watched.cluster.fail(1)
    assert not watched.look(5)
    assert watched.look(2)
    assert watched.log == ["Flink starts the job again: java.lang.IllegalStateException: broken"]


def test_a_job_that_fails_again_and_again_does_not_run_whatever_it_does_in_between(watched: Watched) -> None:
    for failure in range(1, 6):
        watched.cluster.fail(failure, PYTHON)
        watched.look(8)
    assert not watched.job.runs()
    reason = "kafka.errors.KafkaError: no leader [while running 'Emit']"
    assert watched.job.waits_for() == f"Flink starts the job again and again, the last time because of: {reason}"
    assert watched.log == [f"Flink starts the job again: {reason}"]  # once a minute
    assert watched.look(60)


def test_a_job_manager_that_does_not_answer_knows_of_no_running_job(watched: Watched) -> None:
    assert watched.look(10)
    watched.seconds += 16
    assert not watched.job.runs()
    assert watched.job.waits_for() == "Flink's job manager does not answer"


def test_a_job_that_the_cluster_no_longer_knows_or_has_ended_is_lost(watched: Watched) -> None:
    watched.cluster.known = False
    watched.look()
    assert watched.job.lost == ""  # it has not been submitted
    watched.cluster.known = True
    watched.cluster.state = "FAILED"
    watched.look()
    assert watched.job.lost == "Flink says that the job is failed"
    watched.cluster.known = False
    watched.look()
    assert watched.job.lost == "the job manager was started anew and does not know the job"


def test_a_reason_that_stays_is_taken_from_the_worker_and_no_new_start_is_announced(watched: Watched) -> None:
    watched.cluster.fail(1, STOPPED)
    watched.look()
    assert str(watched.job.stopped) == "the disk is full"
    assert watched.log == []


def test_a_submission_that_came_late_is_cancelled_and_a_successor_is_not(watched: Watched) -> None:
    watched.cluster.others = {
        "0b": flink.Job("late", "RUNNING", works=True),
        "2c": flink.Job("successor", "RUNNING", works=True),
    }
    watched.look()
    watched.cluster.others["0b"] = flink.Job("late", "CANCELED", works=False)
    watched.look()
    assert watched.cluster.cancelled == ["late"]
