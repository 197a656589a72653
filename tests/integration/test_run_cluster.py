"""`khabar run` on real runners: on Flink and Prism it makes what it makes by itself, also when a machine dies."""

import gzip
import json
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.errors import JobStopped
from pipeline.operations.verify import verify_folder
from pipeline.runners.cluster import Cluster
from pipeline.runners.engine import Engine
from pipeline.runners.files import run_files
from pipeline.services import Flink, fetch_prism
from pipeline.settings import Settings
from pipeline.sinks.publishing import OUTPUT_FILES
from tests.conftest import ROOT, Khabar
from tests.integration.conftest import PASS_THROUGH, eventually, nothing_is_left

ARCHIVES = (ROOT / "seeds", ROOT / "tests" / "golden" / "mixed.jsonl")


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Files of several kinds; what is in one of them is in no other one."""
    folder = tmp_path_factory.mktemp("archives")
    text = "The council of town number {0} met on day {0} to decide about bridge {0}, closed for {0} years. " * 3
    with gzip.open(folder / "lines.jsonl.gz", "wt") as lines:
        for number in range(40):
            lines.write(json.dumps({"id": f"{number}", "text": text.format(number * 7919)}) + "\n")
    (folder / "damaged.jsonl.gz").write_bytes((folder / "lines.jsonl.gz").read_bytes()[:20])
    with tarfile.open(folder / "seeds.tar", "w") as tar:
        tar.add(ROOT / "pyproject.toml", "settings.toml")
    (folder / "empty.jsonl").touch()
    return [*ARCHIVES, folder]


@pytest.fixture(scope="module")
def by_itself(archives: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("embedded") / "out"
    run_files(tuple(map(str, archives)), out, Settings())
    return contents(out)


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in OUTPUT_FILES}


def on_flink(flink: Flink) -> list[str]:
    where = ["--job-endpoint", flink.job_endpoint, "--worker-pool", flink.worker_pool, "--flink-rest", flink.rest_url]
    return ["--runner", "flink", *where, "--parallelism", "2"]


def test_flink_makes_what_one_process_makes_and_says_why_it_cannot(
    khabar: Khabar, flink: Flink, archives: list[Path], by_itself: dict[str, bytes], tmp_path: Path
) -> None:
    done = khabar("run", *archives, "--out", tmp_path / "out", *on_flink(flink))
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "out") == by_itself
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted([*OUTPUT_FILES, "index.sqlite"])
    assert khabar("verify", tmp_path / "out").returncode == 0

    (tmp_path / "no-index").write_text("not a database, but long enough for one to look at" * 100)
    refused = khabar(
        "run", *archives, "--out", tmp_path / "out", "--index", f"sqlite:///{tmp_path}/no-index", *on_flink(flink)
    )
    assert refused.returncode == 1
    assert refused.stderr.startswith("khabar: cannot open the article index: ")
    assert contents(tmp_path / "out") == by_itself


def test_prism_makes_what_one_process_makes(
    khabar: Khabar, archives: list[Path], by_itself: dict[str, bytes], tmp_path: Path
) -> None:
    done = khabar("run", *archives, "--out", tmp_path / "out", "--runner", "prism", "--prism", fetch_prism())
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "out") == by_itself


def cluster(flink: Flink, graph: str) -> Cluster:
    engine = Engine(
        runner="flink",
        job_endpoint=flink.job_endpoint,
        worker_pool=flink.worker_pool,
        flink_rest=flink.rest_url,
        parallelism=2,
    )
    return Cluster(
        engine=engine,
        split_bytes=1_000_000,
        graph=graph,
    )


def test_a_job_that_cannot_succeed_is_given_up_with_its_reason(flink: Flink, tmp_path: Path) -> None:
    others = flink.workers()
    where = cluster(flink, "tests.support.graphs:full_disk")
    with pytest.raises(JobStopped, match=r"^cannot write to /somewhere: No space left on device$"):
        run_files((str(ROOT / "seeds"),), tmp_path / "out", Settings(workers=1), cluster=where)
    assert list((tmp_path / "out").iterdir()) == []
    eventually(lambda: nothing_is_left(flink, others), "the job ends")


def test_a_task_manager_that_dies_changes_nothing(flink: Flink, tmp_path: Path) -> None:
    records = 30_000
    archive = tmp_path / "archive.jsonl"
    with archive.open("w") as lines:
        lines.writelines(json.dumps({"id": f"{number}", "text": "x" * 1000}) + "\n" for number in range(records))
    out = tmp_path / "out"
    with ThreadPoolExecutor(1) as threads:
        # The duplicates of this graph name no articles: with an index elsewhere they may be of an earlier run.
        index = f"sqlite:///{tmp_path / 'index.sqlite'}"
        settings = Settings(workers=1, bundle_records=100, index_url=index)
        where = cluster(flink, PASS_THROUGH)
        job = threads.submit(run_files, (str(archive),), out, settings, cluster=where)
        eventually(lambda: job.done() or any(out.glob(".run-*/parts/*/0*")), "the first part")
        assert not job.done(), job.result()
        flink.processes["taskmanager-1"].kill()
        flink.start_process("taskmanager-1")
        summary = job.result(240)
    assert (summary.records, summary.outcomes) == (records, {"duplicate": records})
    assert verify_folder(out).records == records
    with (out / "duplicates.jsonl").open("rb") as lines_out:
        assert [json.loads(line)["provenance"]["record"] for line in lines_out] == list(range(records))
