"""`khabar run`: files through the graph, in this process and its sandbox or on a cluster, into a folder."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pipeline import errors as fatal
from pipeline import interrupts
from pipeline.forking import start_fork_server
from pipeline.observe import metrics
from pipeline.settings import Settings
from pipeline.sinks.export import export
from pipeline.sources.mapping import IDENTITY, FieldMapping
from pipeline.sources.reader import UnreadableError, find_files, stored_size

if TYPE_CHECKING:
    from pipeline.runners.cluster import Cluster, ClusterRun
    from pipeline.sinks.publishing import OutputFolder

INDEX_FILE: Final = "index.sqlite"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """What a finished run made, counted by the sink."""

    files: int
    seconds: float
    outcomes: dict[str, int]
    reasons: dict[str, int]
    languages: dict[str, int]
    skipped: dict[str, int]

    @property
    def records(self) -> int:
        """Records read, each with one outcome."""
        return sum(self.outcomes.values())


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is, in stored bytes, and what it has made so far."""

    bytes_read: int
    bytes_total: int
    records: int


def run_files(
    paths: tuple[str, ...],
    out: Path,
    settings: Settings,
    watch: Callable[[Progress], None] | None = None,
    *,
    mapping: FieldMapping = IDENTITY,
    formats: tuple[str, ...] = (),
    cluster: "Cluster | None" = None,
    follow_links: bool = False,
) -> RunSummary:
    """Run the files that `paths` name through the graph into the folder `out`; `watch` is told of progress.

    `mapping` renames the fields of foreign dumps; `formats` are those of `pipeline.sinks.export` to write as well;
    without a `cluster` all work is done here. The output is put in place when all of it is there; until then `out`
    keeps what it holds.

    Raises:
        fatal.JobStopped: the run cannot be finished; nothing was put in place.
    """
    with fatal.stopping(UnreadableError, doing="cannot read the input"):
        files = find_files(paths, follow_links=follow_links)
    if not files:
        raise fatal.JobStopped(f"no files in {', '.join(paths)}")
    with fatal.stopping(OSError, doing=f"cannot write to {out}"):
        from pipeline.sinks.publishing import OutputFolder, write_head

        with interrupts.held():
            output = OutputFolder(out)
            cleaning = ExitStack()
            cleaning.enter_context(interrupts.cleaning(lambda: _discarded(output, out)))
    try:
        if settings.index_url == "memory:":
            settings = replace(settings, index_url=f"sqlite:///{output.staging / INDEX_FILE}")
        before = _counts()
        started = time.monotonic()
        job = _job(cluster, files, output.staging)
        with _progress(files, watch, job.progress), interrupts.cleaning(job.cancel):
            job.run(settings, mapping)
            with fatal.stopping(OSError, doing="cannot read the input again"):
                write_head(output.staging, files)
            for kind in formats:
                with fatal.stopping(OSError, doing=f"cannot write to {out}"):
                    export(output.staging, kind)
        seconds = time.monotonic() - started
        with fatal.stopping(OSError, doing=f"cannot write to {out}"), interrupts.held(unless=lambda: output.published):
            output.publish()
    finally:
        output.discard()
        cleaning.close()
    counts = {name: _difference(after, before[name]) for name, after in _counts().items()}
    return RunSummary(files=len(files), seconds=seconds, **counts)


def _discarded(output: "OutputFolder", out: Path) -> str:
    output.discard()
    return f"{out} is as it was"


def _job(cluster: "Cluster | None", files: tuple[str, ...], staging: Path) -> "_EmbeddedRun | ClusterRun":
    if cluster is None:
        return _EmbeddedRun(files, staging)
    from pipeline.runners.cluster import ClusterRun

    return ClusterRun(cluster, files, staging)


class _EmbeddedRun:
    """One run in this process."""

    def __init__(self, files: tuple[str, ...], staging: Path) -> None:
        self._files = files
        self._staging = staging
        self._read_before = sum(_by_label(metrics.BYTES_READ, "source_kind").values())
        self._records_before = sum(_by_label(metrics.OUTCOMES, "outcome").values())

    def run(self, settings: Settings, mapping: FieldMapping) -> None:
        # Beam takes long to import, and the fork server to load what it gives its processes: a process is waited for.
        start_fork_server()
        import apache_beam as beam
        from apache_beam.runners.portability.fn_api_runner import FnApiRunner

        from pipeline.beam_classes import Options
        from pipeline.graph import build
        from pipeline.index import IndexUnavailable, IndexUnusable
        from pipeline.resources import INDEX, SANDBOX
        from pipeline.sinks.folder import WriteFiles
        from pipeline.sources.files import ReadFiles, Share

        with fatal.stopping(BrokenExecutor, doing="the extraction processes cannot be started"):
            SANDBOX.acquire(settings)
        try:
            with fatal.stopping(ValueError, IndexUnavailable, IndexUnusable, doing="cannot open the article index"):
                INDEX.acquire(settings)
            try:
                p = beam.Pipeline(runner=FnApiRunner(), options=Options([]))
                source = ReadFiles((Share(paths=self._files),), settings, mapping)
                build(p, source, WriteFiles(self._staging), settings)
                p.run().wait_until_finish()
            except Exception as error:
                if stopped := fatal.first_cause():
                    raise stopped from error
                raise
            finally:
                INDEX.release(settings)
        finally:
            SANDBOX.release(settings)

    def cancel(self) -> None:
        """Nothing outlives this process."""

    def progress(self) -> tuple[int, int]:
        """Return the stored bytes that have been read, and the records that have an outcome."""
        read = sum(_by_label(metrics.BYTES_READ, "source_kind").values()) - self._read_before
        return read, sum(_by_label(metrics.OUTCOMES, "outcome").values()) - self._records_before


def _counts() -> dict[str, dict[str, int]]:
    return {
        "outcomes": _by_label(metrics.OUTCOMES, "outcome"),
        "reasons": _by_label(metrics.DEAD_LETTERS, "reason"),
        "languages": _by_label(metrics.ARTICLES, "language"),
        "skipped": _by_label(metrics.RECORDS_SKIPPED, "reason"),
    }


def _by_label(counter: Any, label: str) -> dict[str, int]:
    totals: dict[str, int] = {}
    for metric in counter.collect():
        for sample in metric.samples:
            if sample.name.endswith("_total"):
                totals[sample.labels[label]] = totals.get(sample.labels[label], 0) + int(sample.value)
    return totals


def _difference(after: dict[str, int], before: dict[str, int]) -> dict[str, int]:
    return {key: count - before.get(key, 0) for key, count in after.items() if count != before.get(key, 0)}


@contextlib.contextmanager
def _progress(
    files: tuple[str, ...], watch: Callable[[Progress], None] | None, look: Callable[[], tuple[int, int]]
) -> Iterator[None]:
    if watch is None:
        yield
        return
    total = sum(map(stored_size, files))
    finished = threading.Event()

    def tell() -> None:
        while not finished.wait(0.2):
            read, records = look()
            watch(Progress(read, total, records))

    teller = threading.Thread(target=tell, name="progress", daemon=True)
    teller.start()
    try:
        yield
    finally:
        finished.set()
        teller.join()


def quiet_logs() -> None:
    """Keep the runner's own logging off the terminal; what users must know is said by the command itself."""
    logging.getLogger().addHandler(logging.NullHandler())
    logging.getLogger().setLevel(logging.CRITICAL)
    logging.getLogger("apache_beam").setLevel(logging.CRITICAL)
