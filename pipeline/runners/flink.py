"""Flink's REST interface, as far as `khabar stream` needs it: which jobs of a name are there, and to cancel them."""

import http.client
import json
import re
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pipeline.errors import visible

FINAL_STATES: Final = frozenset({"FINISHED", "CANCELED", "FAILED"})
_TIMEOUT_SECONDS: Final = 5.0
_RETRY_SECONDS: Final = 0.5
_REASON_CHARACTERS: Final = 500

ERRORS: Final = (OSError, ValueError, KeyError, http.client.HTTPException)
"""What a job manager that is down, starting or ending makes of a request."""


@dataclass(frozen=True, slots=True)
class Job:
    """A submission of a job."""

    id: str
    state: str
    works: bool
    """Whether all of its tasks run; Flink says RUNNING of a job whose tasks are only starting, too."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What made a job fail once."""

    at: int
    """Milliseconds, by Flink's clock."""
    text: str
    """Java's account of it, and in it, where a Python worker failed, Python's."""

    @property
    def reason(self) -> str:
        """The line that says what happened: the last one of the innermost cause, before Java's calls."""
        cause = self.text.rpartition("Caused by: ")[2]
        lines = [line.strip() for line in cause.partition("\n\tat ")[0].splitlines() if line.strip()]
        return visible(lines[-1][:_REASON_CHARACTERS]) if lines else "a failure without a reason"


class Cluster:
    """A Flink cluster. Every method raises one of `ERRORS` while the job manager does not answer."""

    def __init__(self, url: str) -> None:
        """`url` is the address of the REST interface, such as ``http://localhost:8081``."""
        self._url = url.rstrip("/")

    def jobs(self, name: str) -> dict[str, Job]:
        """Return the submissions of a job, which are named ``<name>-<run>``, by their run."""
        pattern = re.compile(re.escape(name) + r"-([0-9a-f]+)")
        found = self._ask("GET", "/jobs/overview")["jobs"]
        named = ((pattern.fullmatch(entry["name"]), entry) for entry in found)
        return {match[1]: _job(entry) for match, entry in named if match}

    def failures(self, job: str) -> list[Failure]:
        """Return what made a job fail, by its id: the newest failure first, as many as Flink keeps (16)."""
        found = self._ask("GET", f"/jobs/{job}/exceptions")["exceptionHistory"]["entries"]
        return [Failure(int(entry["timestamp"]), str(entry["stacktrace"])) for entry in found]

    def free_slots(self) -> int:
        """Return how many parallel readers the cluster could start now."""
        return int(self._ask("GET", "/overview")["slots-available"])

    def cancel(self, name: str, seconds: float) -> bool:
        """Cancel all submissions of a job and wait until they have ended; False when some have not after `seconds`."""
        deadline = time.monotonic() + seconds
        while running := list(self._running(name)):
            for job in running:
                self.cancel_one(job)
            if time.monotonic() > deadline:
                return False
            time.sleep(0.2)
        return True

    def cancel_one(self, job: Job) -> None:
        """Tell a submission to end, unless it does already."""
        if job.state not in ("CANCELLING", "FAILING", *FINAL_STATES):
            self._ask("PATCH", f"/jobs/{job.id}?mode=cancel")

    def leave(self, name: str, seconds: float) -> str:
        """Cancel as `cancel` does, and try again while the job manager does not answer; return why that failed, if so.

        It raises nothing: for those who end and have nobody after them who would look again.
        """
        deadline = time.monotonic() + seconds
        while True:
            try:
                ended = self.cancel(name, deadline - time.monotonic())
            except ERRORS as error:
                if time.monotonic() > deadline:
                    return f"the job manager does not answer ({type(error).__name__})"
                time.sleep(_RETRY_SECONDS)
            else:
                return "" if ended else f"it has not ended after {seconds:.0f} s"

    def _running(self, name: str) -> Iterator[Job]:
        return (job for job in self.jobs(name).values() if job.state not in FINAL_STATES)

    def _ask(self, method: str, path: str) -> Any:
        request = urllib.request.Request(self._url + path, method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
            return json.load(answer)


def _job(entry: dict[str, Any]) -> Job:
    tasks = entry["tasks"]
    works = entry["state"] == "RUNNING" and tasks["running"] + tasks["finished"] == tasks["total"]
    return Job(entry["jid"], entry["state"], works)
