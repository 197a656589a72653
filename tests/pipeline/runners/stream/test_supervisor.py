"""What a stream says of itself in each state, and when: readiness, health, and the lines of its log."""

import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from click.testing import CliRunner

from pipeline.cli.main import main
from pipeline.errors import JobStopped
from pipeline.kafka.topics import Lag
from pipeline.runners.stream.meter import Progress
from pipeline.runners.stream.options import StreamOptions
from pipeline.runners.stream.supervisor import Supervisor, Waiting
from pipeline.runners.stream.terminal import Counts


@dataclass
class Running:
    """Stands for an attempt and its meter, as far as readiness looks at them."""

    running: bool = True
    silent_seconds: float = 0.0
    waited_seconds: float = 0.0
    age: float = 1.0

    def runs(self) -> bool:
        return self.running

    def waits_for(self) -> str:
        return "the job service at localhost:8099 has not taken the job"

    def silent(self) -> float:
        return self.silent_seconds

    def waited(self) -> float:
        return self.waited_seconds


@dataclass
class Log:
    lines: list[str] = field(default_factory=list)

    def __call__(self, text: str, fields: Any = None) -> None:
        self.lines.append(text)


def options(*engine: str) -> StreamOptions:
    """Return what the command line makes of `engine`."""
    made: list[StreamOptions] = []

    def take(self: Supervisor, wanted: StreamOptions, show: Any, say: Any) -> None:
        made.append(wanted)
        raise JobStopped("enough")

    index = "postgresql://khabar:secret@postgres/khabar"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Supervisor, "__init__", take)
        CliRunner().invoke(main, ["stream", "--bootstrap-servers", "kafka:9092", "--index", index, *engine])
    return made[0]


def supervisor(state: Running | None) -> Supervisor:
    found = Supervisor(options(), lambda _progress: None, Log())
    if state is not None:
        found._waiting.over()
        found._attempt = found._meter = state  # type: ignore[assignment]
    return found


def test_it_is_not_ready_before_a_job_runs() -> None:
    assert supervisor(None).unready() == "the job is starting"


def test_it_is_ready_while_the_job_runs_and_nothing_waits() -> None:
    assert supervisor(Running()).unready() is None


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (Running(running=False), "the job does not run: the job service at localhost:8099 has not taken the job"),
        (Running(silent_seconds=16), "Kafka has not answered for 16 s"),
        (Running(waited_seconds=61), "nothing was committed for 61 s though records wait"),
    ],
)
def test_it_is_not_ready_while_the_job_does_not_do_its_work(state: Running, why: str) -> None:
    assert supervisor(state).unready() == why


def test_a_short_wait_of_records_is_ordinary() -> None:
    assert supervisor(Running(waited_seconds=20)).unready() is None


def test_a_job_that_cannot_be_submitted_for_two_minutes_is_unhealthy_and_says_why() -> None:
    found = supervisor(Running(running=False))
    assert found.unwell() is None
    found._ran_at -= 121
    assert found.unwell() == (
        "no job has run for 121 s: the job does not run: the job service at localhost:8099 has not taken the job"
    )


def test_brokers_that_are_away_are_no_illness() -> None:
    found = supervisor(Running(silent_seconds=600))
    found._report_running(Running())  # type: ignore[arg-type]
    assert found.unready() is not None
    assert found.unwell() is None


def test_what_is_waited_for_is_said_after_ten_seconds_and_then_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    log, now = Log(), [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    waiting = Waiting(log)
    said = []
    for second in range(100):
        now[0] = 100.0 + second
        waiting.on("waiting for Kafka at kafka:9092", ": refused")
        if len(log.lines) > len(said):
            said.append(second)
            log.lines[len(said) :] = []
    assert said == [10, 70]
    assert log.lines[0] == "waiting for Kafka at kafka:9092: refused (10 s so far)"
    waiting.over()
    assert waiting.reason == ""


def test_the_log_counts_now_and_then() -> None:
    log, now = Log(), [0.0]
    counts = Counts(log, lambda: now[0])

    def progress(committed: int, behind: int) -> Progress:
        lag = Lag(
            committed=committed, sources={"raw/0": behind}, positions={"raw/0": committed}, partitions=frozenset({0})
        )
        return Progress("running", lag)

    for second in range(1300):
        now[0] = float(second)
        counts.show(progress(min(second, 90) * 10, 5 if second < 90 else 0))
    assert log.lines == [
        "running: 600 records in 60 s (10.0/s), 600 in all, 5 wait",
        "running: 300 records in 60 s (5.0/s), 900 in all, 0 wait",
        "running: nothing new, 900 in all, 0 wait",
    ]


def test_the_first_line_says_what_runs_where_without_passwords() -> None:
    first = options("--runner=flink", "--job-endpoint=jobserver:8099", "--worker-pool=localhost:1").describe()
    assert "on Flink (jobserver:8099) reads news.raw at kafka:9092" in first
    assert "secret" not in first
    assert "postgresql://khabar:…@postgres/khabar" in first


def test_options_of_a_flink_cluster_are_refused_for_prism() -> None:
    with pytest.raises(JobStopped, match="--runner prism does not go with --worker-pool and --flink-rest"):
        options("--worker-pool=localhost:1", "--flink-rest=http://localhost:2").check()
