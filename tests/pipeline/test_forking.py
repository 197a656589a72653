import subprocess
import sys

from tests.conftest import ROOT

_WARM_UP = "import sys; from transforms.enrich import warm_up; warm_up(); print(*sys.modules)"
_START_TWICE = """
import sys
from multiprocessing import forkserver
from pipeline.forking import start_fork_server

started = []
for _ in range(2):
    start_fork_server()
    started.append(forkserver._forkserver._forkserver_pid)
print(len(set(started)), "apache_beam" in sys.modules, sum("resource_tracker" in option for option in sys.warnoptions))
"""


def _run(code: str) -> list[str]:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()


def test_the_fork_server_starts_once_and_before_beam_is_loaded() -> None:
    assert _run(_START_TWICE) == ["1", "False", "1"]


def test_a_job_leaves_to_the_sandbox_what_only_its_work_needs() -> None:
    loaded = _run("import sys, pipeline.graph, pipeline.runners.files; print(*sys.modules)")
    only_work = {"trafilatura", "wordfreq", "transforms.enrich", "transforms.extract", "transforms.entities.tagger"}
    assert not only_work & set(loaded)


def test_what_is_compiled_is_read_without_its_sources() -> None:
    """Importing wordfreq alone would take a third of the fork server's start."""
    _run(_WARM_UP)  # compiles what this machine has not
    assert not {"wordfreq", "numpy.ma"} & set(_run(_WARM_UP))
