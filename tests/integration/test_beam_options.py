"""A job goes only to a job service of its own runner."""

from pathlib import Path

import pytest

from pipeline.errors import JobStopped
from pipeline.runners import beam_options
from pipeline.runners.engine import Engine
from pipeline.services import Flink, Prism


def test_a_job_for_flink_does_not_go_to_prism(tmp_path: Path) -> None:
    prism = Prism(tmp_path, dies_with_parent=True)
    prism.start()
    try:
        engine = Engine(runner="flink", job_endpoint=prism.job_endpoint, worker_pool="localhost:1")
        with pytest.raises(JobStopped, match="is not a Flink cluster's: --runner prism"):
            beam_options.pipeline(engine, "job", prism.job_endpoint, [])
        beam_options.pipeline(Engine(), "job", prism.job_endpoint, [])
    finally:
        prism.stop()


def test_a_job_for_prism_does_not_go_to_flink(flink: Flink) -> None:
    with pytest.raises(JobStopped, match="is a Flink cluster's: give --runner flink"):
        beam_options.pipeline(Engine(job_endpoint=flink.job_endpoint), "job", flink.job_endpoint, [])
    engine = Engine(runner="flink", job_endpoint=flink.job_endpoint, worker_pool=flink.worker_pool)
    beam_options.pipeline(engine, "job", flink.job_endpoint, [])
