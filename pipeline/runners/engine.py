"""Where a job runs: on Prism, which is started for it, or on a Flink cluster."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.errors import JobStopped


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """The runner of a job, and how to reach its parts."""

    runner: Literal["prism", "flink"] = "prism"
    job_endpoint: str | None = None
    """``host:port`` of the job service; Prism is started when there is none, Flink needs one."""
    worker_pool: str | None = None
    """``host:port`` of the pool that starts Python workers for Flink."""
    flink_rest: str | None = None
    """Flink's REST address; with it a lost job is noticed at once, and nothing is left on the cluster."""
    prism: Path | None = None
    """Prism binary; without it the one that `make services` fetched, else the one that Beam fetches."""
    parallelism: int = 1
    """Parallel readers."""
    request_seconds: int = 300
    """Longest time that the job service may take for one answer."""

    def check(self) -> None:
        """Raise `JobStopped` for options that do not go together."""
        if self.runner == "flink" and not (self.job_endpoint and self.worker_pool):
            raise JobStopped("--runner flink needs --job-endpoint and --worker-pool (`make services` prints both)")
        given = {"--worker-pool": self.worker_pool, "--flink-rest": self.flink_rest}
        flinks = " and ".join(name for name, value in given.items() if value)
        if self.runner == "prism" and flinks:
            raise JobStopped(
                f"--runner prism does not go with {flinks}, which a Flink cluster has: give --runner flink, or leave "
                "them and --job-endpoint out (KHABAR_WORKER_POOL, KHABAR_FLINK_REST, KHABAR_JOB_ENDPOINT)"
            )
