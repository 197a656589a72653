"""Flink's REST interface: what leaves nothing behind tries again."""

from typing import Any

import pytest

from pipeline.runners import flink


class Answers:
    """Stands for a job manager: each answer is an error, or the state of the job."""

    def __init__(self, *answers: str | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, method: str, path: str) -> Any:
        self.asked.append(method)
        if method == "PATCH":
            return {}
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        tasks = {"total": 2, "running": 1, "finished": 0}
        return {"jobs": [{"jid": "id", "name": "news-1a", "state": answer, "tasks": tasks}]}


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> flink.Cluster:
    monkeypatch.setattr(flink.time, "sleep", lambda _seconds: None)
    return flink.Cluster("http://localhost:1")


def test_a_job_works_when_all_of_its_tasks_run(cluster: flink.Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_ask", Answers("RUNNING"))
    assert cluster.jobs("news") == {"1a": flink.Job("id", "RUNNING", works=False)}


def test_a_job_is_cancelled_though_the_job_manager_does_not_answer_at_once(
    cluster: flink.Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = Answers(TimeoutError(), "RUNNING", ConnectionResetError(), "CANCELLING", "CANCELED")
    monkeypatch.setattr(cluster, "_ask", answers)
    assert cluster.leave("news", 60) == ""
    assert answers.asked.count("PATCH") == 1


@pytest.mark.parametrize(
    ("answer", "why"),
    [("RUNNING", "it has not ended after 0 s"), (TimeoutError(), "the job manager does not answer (TimeoutError)")],
)
def test_what_could_not_be_cancelled_is_said(
    cluster: flink.Cluster, monkeypatch: pytest.MonkeyPatch, answer: str | Exception, why: str
) -> None:
    monkeypatch.setattr(cluster, "_ask", Answers(answer))
    assert cluster.leave("news", 0) == why
