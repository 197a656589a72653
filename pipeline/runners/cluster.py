"""`khabar run --runner flink|prism`: the same files through the same graph, on the workers of a cluster.

The files are shared out among readers, the sink writes parts (`pipeline.sinks.parts`), and when the job is done this
process makes of them what one process would have written. Input, output and an SQLite index must be on a file system
that this process and all workers see under the same names.
"""

import contextlib
import importlib
import secrets
import sqlite3
import tempfile
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from pipeline import errors as fatal
from pipeline import services
from pipeline.runners import flink
from pipeline.runners.engine import Engine
from pipeline.settings import Settings
from pipeline.sinks.parts import Settled, WriteParts, assemble, parts_in
from pipeline.sources.mapping import FieldMapping
from pipeline.sources.reader import stored_size

_SHARES_PER_READER: Final = 4
"""Small files are read together, in so many shares for each parallel reader that all of them end at about one time."""
_ATTEMPTS: Final = 5
"""Failures after which a job is given up; what was written before is not done again after any of them."""
_LOOK_SECONDS: Final = 1.0
_CANCEL_SECONDS: Final = 10.0
_SQLITE: Final = "sqlite:///"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Where a run takes place when it is not in this process."""

    engine: Engine
    split_bytes: int = 64 * 1024 * 1024
    """Files with more stored bytes are read by all readers; which copy in such a file is the original is then open."""
    graph: str = "pipeline.graph:build"
    """The graph to run; benchmarks and tests have others."""


class ClusterRun:
    """One run on a cluster."""

    def __init__(self, cluster: Cluster, files: tuple[str, ...], staging: Path) -> None:
        self._cluster = cluster
        self._files = files
        self._staging = staging.resolve()
        self._settled = Settled(str(self._staging / "parts"))
        self._name = f"khabar-run-{secrets.token_hex(6)}"
        self._sizes = {self._settled.place(path): stored_size(path) for path in files}
        self._done: set[Path] = set()
        self._records: dict[Path, int] = {}
        self._result: Any = None
        self._stopped: fatal.JobStopped | None = None
        self._ended = threading.Event()
        self._prism: services.Prism | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        """Of Prism, on a path that is short enough for a socket."""

    def run(self, settings: Settings, mapping: FieldMapping) -> None:
        """Run the graph and write the output files into the staging folder.

        Raises:
            JobStopped: for a reason that a user can act on.
        """
        from pipeline.index import IndexUnavailable, IndexUnusable, open_index
        from pipeline.runners import beam_options
        from pipeline.runners.prism import WithOutput
        from pipeline.sinks.folder import FolderWriter
        from pipeline.sources.files import ReadFiles

        settings = replace(settings, index_url=_absolute(settings.index_url))
        with fatal.stopping(ValueError, IndexUnavailable, IndexUnusable, doing="cannot open the article index"):
            open_index(settings.index_url).close()
        module, _, name = self._cluster.graph.partition(":")
        build = getattr(importlib.import_module(module), name)
        try:
            engine = self._cluster.engine
            more = beam_options.batch(engine, _ATTEMPTS)
            p = beam_options.pipeline(engine, f"{self._name}-0", self._endpoint(), more)
            sink = WriteParts(self._settled) if engine.runner == "flink" else WithOutput(WriteParts(self._settled))
            build(p, ReadFiles(self._shares(), settings, mapping), sink, settings)
            self._result = p.run()
            if self._cluster.engine.flink_rest is not None:
                cluster = flink.Cluster(self._cluster.engine.flink_rest)
                threading.Thread(target=self._look_after, args=(cluster,), name="flink-job", daemon=True).start()
            state = self._result.wait_until_finish()
        except Exception as error:
            self.cancel()
            if stopped := self._stopped or fatal.first_cause() or fatal.cause_in(str(error)):
                raise stopped from error
            raise
        finally:
            self._ended.set()
            self._end_prism()
        if state != "DONE":
            raise self._stopped or RuntimeError(f"the runner ended the job: {state}")
        writer = FolderWriter(self._staging)
        with contextlib.closing(writer):
            assemble(self._settled, self._files, writer, settings.bundle_records)
        _complete(settings.index_url)
        self._settled.remove()

    def _look_after(self, cluster: flink.Cluster) -> None:
        """Cancel the job when it fails for a reason that will stay, or too often: Flink starts it again for ever."""
        while not self._ended.wait(_LOOK_SECONDS):
            with contextlib.suppress(*flink.ERRORS):
                failures = [fail for job in cluster.jobs(self._name).values() for fail in cluster.failures(job.id)]
                self._stopped = next(filter(None, (fatal.cause_in(failure.text) for failure in failures)), None)
                if self._stopped is None and len(failures) >= _ATTEMPTS:
                    self._stopped = fatal.JobStopped(
                        f"the job failed {len(failures)} times; the last time: {failures[0].reason}"
                    )
                if self._stopped is not None:
                    self.cancel()
                    return

    def cancel(self) -> None:
        """End the job, wherever it still runs."""
        if self._result is not None:
            with contextlib.suppress(Exception):  # the job service may be gone
                self._result.cancel()
        if self._cluster.engine.flink_rest is not None:
            flink.Cluster(self._cluster.engine.flink_rest).leave(self._name, _CANCEL_SECONDS)
        self._end_prism()

    def _end_prism(self) -> None:
        if self._prism is not None:
            self._prism.stop()
        if self._folder is not None:
            self._folder.cleanup()

    def progress(self) -> tuple[int, int]:
        """Return the stored bytes of the files that are done, and the records that are."""
        with contextlib.suppress(FileNotFoundError):
            for folder in Path(self._settled.folder).iterdir():
                if folder not in self._done:
                    parts = parts_in(folder)
                    self._records[folder] = sum(part.end - part.start for part in parts)
                    if parts and parts[-1].last and parts[-1].end == self._records[folder]:
                        self._done.add(folder)
        return sum(self._sizes[folder] for folder in self._done), sum(self._records.values())

    def _endpoint(self) -> str:
        if self._cluster.engine.job_endpoint is not None:
            return self._cluster.engine.job_endpoint
        with fatal.stopping(services.ServiceError, doing="cannot start Prism"):
            self._folder = tempfile.TemporaryDirectory(prefix="khabar-")
            folder = Path(self._folder.name)
            self._prism = services.Prism(folder, binary=self._cluster.engine.prism, dies_with_parent=True)
            self._prism.start()
        return self._prism.job_endpoint

    def _shares(self) -> tuple[Any, ...]:
        """Share the files out: small ones together, in their order, large ones to all readers."""
        from pipeline.sources.files import Share

        cluster = self._cluster
        sizes = {path: stored_size(path) for path in self._files}
        enough = min(cluster.split_bytes, sum(sizes.values()) / (cluster.engine.parallelism * _SHARES_PER_READER))
        shares: list[Share] = []
        together: list[str] = []
        held = 0

        def share(paths: tuple[str, ...], part: int = 0, of: int = 1) -> None:
            if paths:
                shares.append(Share(paths=paths, part=part, of=of, folder=str(Path.cwd()), settled=self._settled))

        for path, size in sizes.items():
            if size > cluster.split_bytes:
                for part in range(cluster.engine.parallelism):
                    share((path,), part, cluster.engine.parallelism)
                continue
            together.append(path)
            held += size
            if held >= enough:
                share(tuple(together))
                together, held = [], 0
        share(tuple(together))
        return tuple(shares)


def _absolute(index_url: str) -> str:
    """Return the URL of an index as workers can open it, which have other current folders."""
    if not index_url.startswith(_SQLITE):
        return index_url
    return f"{_SQLITE}{Path(index_url.removeprefix(_SQLITE)).resolve()}"


def _complete(index_url: str) -> None:
    """Bring what workers, which may still have it open, left in the log of an SQLite index into its file."""
    if index_url.startswith(_SQLITE):
        with contextlib.closing(sqlite3.connect(index_url.removeprefix(_SQLITE))) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
