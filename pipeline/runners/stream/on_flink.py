"""How the job of an attempt stands on its Flink cluster: whether it runs steadily, and why it does not.

Flink starts a job that fails again and again, for ever, and calls it RUNNING in between. What counts here as running
has run for a while with all of its tasks, without a failure.
"""

import math
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from pipeline.errors import JobStopped, cause_in
from pipeline.observe.logs import Say
from pipeline.runners import flink

_STEADY_SECONDS: Final = 5.0
"""A job that has run for so long without a failure runs."""
_SILENT_SECONDS: Final = 15.0
"""A job manager that has not answered for so long knows nothing of its job."""
_OFTEN: Final = 3
"""A job that has failed so often …"""
_OFTEN_SECONDS: Final = 60.0
"""… in this time fails again and again, whatever it does in between; a reason is not said again before that time."""


class OnFlink:
    """One submission of a job, as Flink's REST interface tells of it; `look` is called every second or so."""

    def __init__(
        self,
        cluster: flink.Cluster,
        name: str,
        run: str,
        is_superseded: Callable[[str], bool],
        say: Say,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`is_superseded` says whether another run has taken over from the one that it is given."""
        self._cluster = cluster
        self._is_superseded = is_superseded
        self._name, self._run = name, run
        self._say = say
        self._now = now
        self._state = ""
        self._heard_at = now()
        self._works_since = math.inf
        self._last_failure = 0
        """When the job failed last, by Flink's clock."""
        self._failed_at: deque[float] = deque(maxlen=_OFTEN)
        self._reason = ""
        self._said: dict[str, float] = {}
        self.began = False
        """Whether all tasks of the job were ever seen to run."""
        self.lost = ""
        """Why there is no job any more."""
        self.stopped: JobStopped | None = None
        """Why another start of the job cannot help: a worker has said so."""

    def look(self) -> None:
        """Ask the cluster. Raises one of `flink.ERRORS` while it does not answer."""
        jobs = self._cluster.jobs(self._name)
        job = jobs.pop(self._run, None)
        self._cancel_superseded(jobs)
        failures = self._cluster.failures(job.id) if job is not None else []
        self._heard_at = self._now()
        if job is None:
            if self._state:  # a job manager that was started anew knows nothing of the job
                self.lost = "the job manager was started anew and does not know the job"
            return
        self._state = job.state
        self.stopped = next(filter(None, (cause_in(failure.text) for failure in failures)), None)
        if job.state in flink.FINAL_STATES:
            self.lost = f"Flink says that the job is {job.state.lower()}"
        failed = self._take(failures)
        if failed or not job.works:
            self._works_since = math.inf
        else:
            self._works_since = min(self._works_since, self._heard_at)
            self.began = True

    def _cancel_superseded(self, others: dict[str, flink.Job]) -> None:
        """Cancel submissions that came late: their readers have stopped for good, but they would keep their slots.

        A job server goes on with what it was given by a process that was ended meanwhile.
        """
        for run, job in others.items():
            if job.state not in flink.FINAL_STATES and self._is_superseded(run):
                self._cluster.cancel_one(job)

    def _take(self, failures: list[flink.Failure]) -> bool:
        """Take note of failures, of which the newest comes first; return whether there was a new one."""
        new = [failure for failure in failures if failure.at > self._last_failure]
        if not new:
            return False
        self._last_failure, self._reason = new[0].at, new[0].reason
        self._failed_at.extend(self._heard_at for _ in new)
        if self.stopped is None and self._heard_at - self._said.get(self._reason, -math.inf) > _OFTEN_SECONDS:
            self._said = {self._reason: self._heard_at}
            self._say(f"Flink starts the job again: {self._reason}")
        return True

    def _fails_often(self) -> bool:
        return len(self._failed_at) == _OFTEN and self._now() - self._failed_at[0] < _OFTEN_SECONDS

    def _is_silent(self) -> bool:
        return self._now() - self._heard_at > _SILENT_SECONDS

    def runs(self) -> bool:
        """Whether the job has run steadily until now."""
        steady = self._now() - self._works_since >= _STEADY_SECONDS
        return steady and not self._fails_often() and not self._is_silent()

    def waits_for(self) -> str:
        """Return why the job does not run."""
        if self._is_silent():
            return "Flink's job manager does not answer"
        if self._fails_often():
            return f"Flink starts the job again and again, the last time because of: {self._reason}"
        if self._works_since < math.inf:
            return "Flink has just started the job"
        why = f", after: {self._reason}" if self._reason else ""
        if self._state == "RUNNING":
            return f"Flink is starting the tasks of the job{why}"
        return f"Flink says that the job is {self._state.lower() or 'unknown'}{why}"
