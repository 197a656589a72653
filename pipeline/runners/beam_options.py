"""The options that Beam jobs of Khabar run with: built here for every job, and nowhere else."""

from collections.abc import Sequence
from typing import Any, Final

import apache_beam as beam
import grpc
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability.api import beam_job_api_pb2, beam_job_api_pb2_grpc
from apache_beam.runners.portability.portable_runner import JobServiceHandle, PortableRunner

from pipeline.beam_classes import Options
from pipeline.errors import JobStopped
from pipeline.runners.engine import Engine
from pipeline.runners.prism import PrivatePrismRunner

_FOR_EVER: Final = 2**63 - 1
_RETRY_MS: Final = 1000
_FLINK_BUNDLE_MS: Final = 20
"""How soon Flink ends a bundle whose readers have handed over; its default of a second would be idle time."""
_FLINKS_OWN: Final = "flink_master"
"""An option that only a job server of Flink has."""


def pipeline(engine: Engine, name: str, endpoint: str, more: Sequence[str]) -> beam.Pipeline:
    """Return an empty pipeline that will run on `engine`, whose job service is at `endpoint`, with `more` arguments.

    Raises:
        JobStopped: the job service is that of another runner.
    """
    _refuse_another_runner(engine, endpoint)
    runner = _Prism() if engine.runner == "prism" else _Portable()
    return beam.Pipeline(runner=runner, options=Options([*arguments(engine, name, endpoint), *more]))


def arguments(engine: Engine, name: str, endpoint: str) -> list[str]:
    """Return the arguments that every job on `engine` has, whatever it does."""
    common = [f"--job_name={name}", f"--job_endpoint={endpoint}", f"--job_server_timeout={engine.request_seconds}"]
    if engine.runner == "prism":
        return [*common, "--environment_type=LOOPBACK"]
    return [
        *common,
        "--environment_type=EXTERNAL",
        f"--environment_config={engine.worker_pool}",
        f"--parallelism={engine.parallelism}",
        # Beam (2.56, issue 27648) makes new state for each time a reader hands over and never drops it, once for each
        # of Flink's key groups: by default 128 of them, and 40 KB; so a task manager of 640 MB is full within the hour.
        f"--max_parallelism={engine.parallelism}",
        f"--execution_retry_delay={_RETRY_MS}",
    ]


def streaming(engine: Engine, checkpoint_seconds: float | None = None) -> list[str]:
    """Return the further arguments of a job that reads for ever."""
    if engine.runner == "prism":
        return ["--streaming"]
    found = [
        "--streaming",
        f"--max_bundle_time_mills={_FLINK_BUNDLE_MS}",
        # A source that ended would make Flink resume the readers without a pause, and never end the job.
        f"--shutdown_sources_after_idle_ms={_FOR_EVER}",
        f"--number_of_execution_retries={2**31 - 1}",
    ]
    if checkpoint_seconds is not None:
        found.append(f"--checkpointing_interval={int(checkpoint_seconds * 1000)}")
    return found


def batch(engine: Engine, attempts: int) -> list[str]:
    """Return the further arguments of a job that ends by itself, or after `attempts` failures."""
    return [] if engine.runner == "prism" else [f"--number_of_execution_retries={attempts}"]


class _Handle(JobServiceHandle):  # type: ignore[misc]
    """Beam's dealings with a job service, with a deadline for requests alone.

    Beam (2.77) gives that deadline to the streams that follow the job as well, so a job whose state does not change for
    so long, as a stream's never does, would be taken for lost.
    """

    def run(self, preparation_id: str) -> Any:
        self.timeout = None
        return super().run(preparation_id)


class _Portable(PortableRunner):  # type: ignore[misc]
    def create_job_service_handle(self, job_service: Any, options: PipelineOptions) -> JobServiceHandle:
        return _Handle(job_service, options)


class _Prism(PrivatePrismRunner):
    def create_job_service_handle(self, job_service: Any, options: PipelineOptions) -> JobServiceHandle:
        return _Handle(job_service, options, retain_unknown_options=True)


def _refuse_another_runner(engine: Engine, endpoint: str) -> None:
    """Raise `JobStopped` where a job for Prism would go to Flink's job server, or the other way round.

    A job server takes both and then waits for ever for workers that cannot come. One that does not answer is no news
    here: submitting says so.
    """
    with grpc.insecure_channel(endpoint) as channel:
        try:
            answer = beam_job_api_pb2_grpc.JobServiceStub(channel).DescribePipelineOptions(
                beam_job_api_pb2.DescribePipelineOptionsRequest(), timeout=engine.request_seconds, wait_for_ready=True
            )
        except grpc.RpcError:
            return
    is_flink = any(option.name == _FLINKS_OWN for option in answer.options)
    if is_flink and engine.runner == "prism":
        raise JobStopped(
            f"the job service at {endpoint} is a Flink cluster's: give --runner flink, or leave --job-endpoint "
            "(KHABAR_JOB_ENDPOINT) out for a Prism of this command's own"
        )
    if not is_flink and engine.runner == "flink":
        raise JobStopped(f"the job service at {endpoint} is not a Flink cluster's: --runner prism, or another endpoint")
