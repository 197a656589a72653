"""The real services for the tests: one broker and one Flink cluster for the session, streams as a user starts them.

A missing toolchain fails these tests; it never skips them.
"""

import contextlib
import os
import re
import signal
import subprocess
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest
from kafka import KafkaProducer, OffsetAndMetadata, TopicPartition

from pipeline.kafka.connection import Connection, KafkaJob, Topics, until_answered
from pipeline.kafka.topics import NewTopics, lag, prepare, read_to_end
from pipeline.runners.flink import FINAL_STATES
from pipeline.services import Flink, Kafka
from tests.conftest import KHABAR, ROOT

PASS_THROUGH = "benchmarks.pass_through:build"
BAD_TIMES = 240.0
"""Seconds that anything here may take before the test fails."""


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    broker = Kafka(tmp_path_factory.mktemp("kafka"), quick_start=True, dies_with_parent=True)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def flink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flink]:
    """One cluster for all tests: they kill its parts and start them again, and no job of theirs may stay on it."""
    cluster = Flink(tmp_path_factory.mktemp("flink"), quick_start=True, dies_with_parent=True)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def eventually(holds: Callable[[], bool], what: str, seconds: float = BAD_TIMES) -> None:
    """Return when `holds` is true; fail the test when it does not come true."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.1)


def has_ended(pid: int) -> bool:
    """Whether a process is gone, or a zombie that nobody reaps: a container without init never does."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def nothing_is_left(flink: Flink, others: list[int]) -> bool:
    """Whether no job is on the cluster, nor any Python worker but the `others` that were there before.

    Beam forgets a worker whose job was begun anew while its task started (after a killed task manager, now and then);
    it ends with the task manager.
    """
    states = {job["state"] for job in flink.rest("/jobs/overview")["jobs"]}
    return states <= FINAL_STATES and set(flink.workers()) <= set(others)


@dataclass
class Deployment:
    """Topics of a test's own, on the session's broker."""

    kafka: Kafka
    name: str
    partitions: int = 2
    _producer: KafkaProducer | None = None

    def __post_init__(self) -> None:
        prepare(self.job, NewTopics(partitions=self.partitions))

    @property
    def connection(self) -> Connection:
        return Connection(bootstrap_servers=(self.kafka.bootstrap,))

    @property
    def topics(self) -> Topics:
        return Topics.with_prefix(self.name)

    @property
    def job(self) -> KafkaJob:
        return KafkaJob(
            name=self.name, run="test", connection=self.connection, topics=self.topics, pipeline_version="test"
        )

    def send(self, payloads: list[bytes], partition: int | None = None) -> None:
        """Write raw records, over the partitions in turn, and wait until the broker has them."""
        if self._producer is None:
            self._producer = KafkaProducer(
                bootstrap_servers=self.kafka.bootstrap, linger_ms=5, max_request_size=20_000_000
            )
        for number, payload in enumerate(payloads):
            where = number % self.partitions if partition is None else partition
            self._producer.send(self.topics.raw, value=payload, partition=where)
        self._producer.flush()

    def behind(self) -> int:
        return until_answered("measure the lag", lambda: lag(self.job)).behind

    def committed(self) -> int:
        return until_answered("measure the position", lambda: lag(self.job)).committed

    def set_position(self, offset: int) -> None:
        """Set the job's position in the first partition, as an operator does it."""
        place = TopicPartition(self.topics.raw, 0)

        def alter() -> None:
            with contextlib.closing(self.connection.admin()) as admin:
                admin.alter_group_offsets(self.name, {place: OffsetAndMetadata(offset, "", -1)})

        until_answered("set a position", alter)

    def values(self, topic: str) -> list[bytes]:
        return [record.value for record in read_to_end(self.connection, topic)]

    def arguments(self) -> list[str]:
        return ["--bootstrap-servers", self.kafka.bootstrap, "--topic-prefix", self.name]

    def verify(self) -> str:
        """Return what `khabar verify` says; fails the test unless it passes."""
        done = subprocess.run(
            [KHABAR, "verify", *self.arguments()], capture_output=True, text=True, timeout=BAD_TIMES, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def close(self) -> None:
        if self._producer is not None:
            self._producer.close()
            self._producer = None


class Deploy(Protocol):
    def __call__(self, partitions: int = 2) -> Deployment: ...


@pytest.fixture
def deploy(kafka: Kafka, request: pytest.FixtureRequest) -> Iterator[Deploy]:
    """Make topics for this test."""
    made: list[Deployment] = []

    def make(partitions: int = 2) -> Deployment:
        # A name is cut to what a topic may have; the number keeps the variants of a test apart.
        full = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower())
        name = f"{full[:50]}-{zlib.crc32(full.encode()):x}"
        made.append(Deployment(kafka, f"{name}-{len(made)}", partitions))
        return made[-1]

    yield make
    for deployment in made:
        deployment.close()


@dataclass
class Stream:
    """A `khabar stream` in a process of its own."""

    log: Path
    arguments: list[str]
    process: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [KHABAR, "stream", *self.arguments], stdout=log, stderr=log, cwd=ROOT, start_new_session=True
            )

    def text(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def children(self) -> dict[str, int]:
        """Return the process ids of the job process (``job``) and of Prism (``prism``)."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                if parent == self.process.pid:
                    found["job" if "pipeline.runners.stream.job" in command else "prism"] = int(folder.name)
        return found

    def wait(self, seconds: float = BAD_TIMES) -> int:
        return self.process.wait(seconds)

    def drain(self) -> int:
        """Ask for an orderly stop; return the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        for pid in self.children().values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        self.process.wait(10)


class StartStream(Protocol):
    def __call__(self, deployment: Deployment, *arguments: object, graph: str = PASS_THROUGH) -> Stream: ...


@pytest.fixture
def start_stream(tmp_path: Path) -> Iterator[StartStream]:
    """Start `khabar stream`; whatever still runs when the test ends is ended."""
    started: list[Stream] = []

    def start(deployment: Deployment, *arguments: object, graph: str = PASS_THROUGH) -> Stream:
        index = ["--index", f"sqlite:///{tmp_path / 'index.sqlite'}"]
        name = ["--job-name", deployment.name, "--graph", graph]
        more = [str(argument) for argument in arguments]
        log = tmp_path / f"stream-{len(started)}.log"
        started.append(Stream(log, [*deployment.arguments(), *index, *name, *more]))
        return started[-1]

    yield start
    for stream in started:
        stream.kill()
        print(stream.text())


def payloads(number: int, *, first: int = 0) -> list[bytes]:
    """Return records of 200 bytes to a few kilobytes that differ from each other."""
    return [b"%d " % n + b"x" * (200 + n * 37 % 3000) for n in range(first, first + number)]
