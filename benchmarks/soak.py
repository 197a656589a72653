"""A stream that runs for hours: does anything grow, does anything restart by itself, is anything lost?

    python -m benchmarks.soak --hours 24 [--runner prism|flink] [--rate 20] [--kill-minutes 5] [--rows 24]

Mixed records come in at a steady rate through topics with short retention, while a part is killed every few minutes.
Each row is a part of the time: resident memory, threads and open files of all processes of the stream, temporary files,
size of the index, and the time from the sending of a record to its committed outcome. In the end every record must have
had one outcome, and no attempt may have ended but by a kill. Exit status 1 when that does not hold.
"""

import argparse
import contextlib
import math
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson
from kafka import KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError

from benchmarks.faults import PARTITIONS, Deployment, kill_one, mixed_records
from pipeline.services import Flink, Kafka

RETENTION_MS: Final = 10 * 60_000
DRAIN_SECONDS: Final = 180.0


@dataclass
class Outcomes:
    """Follows the output topics as a reader of committed records does, and counts the outcomes of each record."""

    deployment: Deployment
    sent: dict[tuple[int, int], float] = field(default_factory=dict)
    """When a record that has no outcome yet was sent, by partition and offset."""
    latencies: list[float] = field(default_factory=list)
    done: int = 0
    repeated: int = 0
    _early: Counter[tuple[int, int]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        threading.Thread(target=self._follow, name="outcomes", daemon=True).start()

    def was_sent(self, place: tuple[int, int], at: float) -> None:
        with self._lock:
            if self._early.pop(place, 0):
                self._settle(time.time() - at)
            else:
                self.sent[place] = at

    def _settle(self, seconds: float) -> None:
        self.done += 1
        self.latencies.append(seconds)

    def _follow(self) -> None:
        topics = self.deployment.topics
        places = [
            TopicPartition(topic, partition)
            for topic in (topics.articles, topics.duplicates, topics.dead)
            for partition in range(PARTITIONS)
        ]
        seen: Counter[tuple[int, int]] = Counter()
        while True:
            with (
                contextlib.suppress(KafkaError, OSError),
                contextlib.closing(self.deployment.connection.consumer(auto_offset_reset="earliest")) as consumer,
            ):
                consumer.assign(places)
                for place, stands in self._stands.items():
                    consumer.seek(place, stands)
                while True:
                    for place, records in consumer.poll(timeout_ms=200).items():
                        for record in records:
                            origin = orjson.loads(record.value)["provenance"]
                            self._take((origin["partition"], origin["offset"]), seen)
                        self._stands[place] = records[-1].offset + 1
            time.sleep(1)

    _stands: dict[TopicPartition, int] = field(default_factory=dict)

    def _take(self, place: tuple[int, int], seen: Counter[tuple[int, int]]) -> None:
        with self._lock:
            seen[place] += 1
            if seen[place] > 1:
                self.repeated += 1
            elif (at := self.sent.pop(place, None)) is not None:
                self._settle(time.time() - at)
            else:
                self._early[place] += 1

    def take_latencies(self) -> list[float]:
        with self._lock:
            taken, self.latencies = self.latencies, []
            return sorted(taken)


def family(pid: int) -> Iterator[int]:
    """Yield a process and all that it has started."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            parents.setdefault(parent, []).append(int(entry.name))
    waiting = [pid]
    while waiting:
        found = waiting.pop()
        yield found
        waiting += parents.get(found, [])


def usage(roots: list[int]) -> tuple[float, int, int, float]:
    """Return memory (MiB, shared pages once), threads, open files and processor seconds of process families."""
    memory = threads = files = 0
    seconds = 0.0
    for root in roots:
        for pid in family(root):
            with contextlib.suppress(OSError, ValueError):
                status = dict(
                    line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
                )
                memory += int(status["Pss"].split()[0])
                threads += sum(1 for _ in Path(f"/proc/{pid}/task").iterdir())
                files += sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                seconds += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return memory / 1024, threads, files, seconds


def folder_size(folder: Path) -> tuple[int, float]:
    """Return number and MiB of the files in a folder."""
    sizes = []
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            if path.is_file():
                sizes.append(path.stat().st_size)
    return len(sizes), sum(sizes) / 2**20


def shorten_retention(deployment: Deployment) -> None:
    """Let brokers delete what is older than ten minutes, in segments of a minute."""
    settings = {"retention.ms": str(RETENTION_MS), "segment.ms": "60000"}
    topics = (deployment.topics.raw, *deployment.topics.outputs)
    resources = [ConfigResource(ConfigResourceType.TOPIC, topic, configs=settings) for topic in topics]
    with contextlib.closing(deployment.connection.admin()) as admin:
        admin.alter_configs(resources)


class Soak:
    """One run."""

    def __init__(self, options: Any, folder: Path, kafka: Kafka, flink: Flink | None) -> None:
        self.options = options
        self.folder = folder
        self.kafka = kafka
        self.flink = flink
        extra = []
        if flink is not None:
            extra = ["--runner", "flink", "--job-endpoint", flink.job_endpoint, "--worker-pool", flink.worker_pool]
            extra += ["--flink-rest", flink.rest_url, "--parallelism", "2"]
        self.deployment = Deployment(kafka, kafka.bootstrap, "soak", folder, extra)
        self.outcomes = Outcomes(self.deployment)
        self.rng = random.Random(options.seed)
        self.victims = ["worker", "taskmanager-1", "job"] if flink is not None else ["job", "prism"]
        self.kills = 0
        self.produced = 0
        self.ended = threading.Event()

    def run(self) -> int:
        shorten_retention(self.deployment)
        os.environ["TMPDIR"] = str(self.folder / "tmp")
        (self.folder / "tmp").mkdir()
        stream = self.deployment.start()
        self.outcomes.start()
        threading.Thread(target=self._produce, name="producer", daemon=True).start()
        self._print_head()
        seconds = self.options.hours * 3600
        began = time.monotonic()
        next_kill = began + self.options.kill_minutes * 60
        for row in range(1, self.options.rows + 1):
            until = began + seconds * row / self.options.rows
            while time.monotonic() < until:
                if stream.poll() is not None:
                    print(f"the stream has ended with status {stream.poll()}\n{self._log()[-3000:]}")
                    return 1
                if self.options.kill_minutes and time.monotonic() >= next_kill:
                    next_kill = time.monotonic() + self.options.kill_minutes * 60
                    self.kills += kill_one(self.rng.choice(self.victims), stream, self.kafka, self.flink)
                time.sleep(1)
            self._print_row(stream, (time.monotonic() - began) / 3600)
        self.ended.set()
        deadline = time.monotonic() + DRAIN_SECONDS
        while self.outcomes.done < self.produced and time.monotonic() < deadline:
            time.sleep(1)
        stream.terminate()
        status = stream.wait(DRAIN_SECONDS)
        return self._judge(status)

    def _judge(self, status: int) -> int:
        lost = self.produced - self.outcomes.done
        again = self._log().count("starting again")
        print(
            f"{self.produced} records sent, {lost} without outcome, {self.outcomes.repeated} repeated; "
            f"{self.kills} kills, {again} attempts ended; drained with status {status}"
        )
        for line in re.findall(r".*starting again.*", self._log()):
            print(f"  {line}")
        allowed = self.kills if self.flink is None else math.inf  # Flink repairs most by itself
        return int(bool(lost or self.outcomes.repeated or status or again > allowed))

    def _log(self) -> str:
        return (self.folder / "soak.log").read_text("utf-8", "replace")

    def _produce(self) -> None:
        producer = KafkaProducer(bootstrap_servers=self.kafka.bootstrap, linger_ms=5, max_request_size=10_000_000)
        records = mixed_records(10**9, self.options.seed)
        began = time.monotonic()
        while not self.ended.is_set():
            due = int((time.monotonic() - began) * self.options.rate)
            while self.produced < due:
                self._send(producer, next(records))
            time.sleep(0.05)

    def _send(self, producer: KafkaProducer, record: bytes) -> None:
        sending = producer.send(self.deployment.topics.raw, value=record, partition=self.produced % PARTITIONS)
        at = time.time()
        sending.add_callback(lambda done: self.outcomes.was_sent((done.partition, done.offset), at))
        self.produced += 1

    def _print_head(self) -> None:
        names = ("hours", "sent", "behind", "kills", "MiB", "threads", "files", "core %", "tmp files", "tmp MiB")
        print("".join(f"{name:>10}" for name in (*names, "index MiB", "p50 s", "p95 s", "max s")), flush=True)
        self._spent: dict[str, float] = {"seconds": 0.0, "at": time.monotonic()}

    def _print_row(self, stream: subprocess.Popen[bytes], hours: float) -> None:
        roots = [stream.pid]
        if self.flink is not None:
            roots += [process.pid for process in self.flink.processes.values()]
        memory, threads, files, seconds = usage(roots)
        temporary, megabytes = folder_size(self.folder / "tmp")
        index = sum(path.stat().st_size for path in self.folder.glob("soak.sqlite*")) / 2**20
        found = self.outcomes.take_latencies() or [math.nan]
        p50, p95 = found[len(found) // 2], found[len(found) * 95 // 100]
        now = time.monotonic()
        core = 100 * max(seconds - self._spent["seconds"], 0.0) / (now - self._spent["at"])
        self._spent = {"seconds": seconds, "at": now}
        behind = self.produced - self.outcomes.done
        row: list[Any] = [f"{hours:.2f}", self.produced, behind, self.kills, f"{memory:.0f}", threads, files]
        row += [
            f"{core:.0f}",
            temporary,
            f"{megabytes:.1f}",
            f"{index:.1f}",
            f"{p50:.2f}",
            f"{p95:.2f}",
            f"{found[-1]:.1f}",
        ]
        print("".join(f"{value:>10}" for value in row), flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--runner", choices=["prism", "flink"], default="prism")
    parser.add_argument("--rate", type=float, default=20.0, help="records a second")
    parser.add_argument("--kill-minutes", type=float, default=5.0, help="time between kills; 0 for none")
    parser.add_argument("--rows", type=int, default=24, help="rows of the table")
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="khabar-soak-") as name:
        folder = Path(name)
        quick = {"log.retention.check.interval.ms": "30000", "log.segment.delete.delay.ms": "1000"}
        kafka = Kafka(folder / "kafka", overrides=quick, dies_with_parent=True)
        kafka.start()
        flink = Flink(folder / "flink", dies_with_parent=True) if options.runner == "flink" else None
        try:
            if flink is not None:
                flink.start()
            return Soak(options, folder, kafka, flink).run()
        finally:
            if flink is not None:
                flink.stop()
            kafka.stop()


if __name__ == "__main__":
    sys.exit(main())
