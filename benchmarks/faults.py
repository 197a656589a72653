"""Kill everything at random moments and compare with an undisturbed run: ``python -m benchmarks.faults``.

Feeds mixed records (HTML pages, texts, duplicates, revisions, broken ones) through `khabar stream` while it kills and
freezes job processes, Prism, Flink's processes and the broker, and cuts or silences the network between job and broker,
at moments that a seed decides. Then `khabar verify` must pass, a `read_committed` reader must see each offset's outcome
once, and the outcomes must equal those of a run that nobody disturbed.
"""

import argparse
import contextlib
import math
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from kafka import KafkaProducer

from pipeline.kafka.connection import Connection, KafkaJob, Topics, until_answered
from pipeline.kafka.topics import NewTopics, lag, prepare, read_to_end
from pipeline.services import Flink, Kafka, die_with_parent, free_port
from tests.support.relay import Relay

KHABAR = str(Path(sys.executable).with_name("khabar"))
PARTITIONS = 4


def mixed_records(number: int, seed: int) -> Iterator[bytes]:
    """Yield `number` raw records: texts, pages, 15 % duplicates, 10 % revisions, 10 % broken.

    What belongs together lies in one partition (the record's number modulo `PARTITIONS`): across partitions, which of
    two equal texts is the original depends on which is observed first. Each partition's news is of another month, and
    makes stories of its own; but how rare a term is, and so how like two articles are, depends on the order over all.
    """
    rng = random.Random(seed)
    english = "council budget harbour market minister school river".split()  # noqa: SIM905
    words = [*english, *"قال الوزير اليوم إن المشروع يبدأ قريبا".split()]  # noqa: SIM905
    kept: list[list[dict[str, str]]] = [[] for _ in range(PARTITIONS)]
    for n in range(number):
        draw = rng.random()
        mine = kept[n % PARTITIONS]
        if draw < 0.10:
            yield rng.choice([b"{broken", b"[]", b'{"id":"empty","text":""}', b"\xff\xfe\x00", b'{"text": 3}'])
        elif draw < 0.25 and mine:
            yield orjson.dumps({**rng.choice(mine), "url": f"https://mirror{n % 7}.example/copy/{n}"})
        elif draw < 0.35 and mine:
            again = rng.choice(mine)
            update = f"Update {n}: {' '.join(rng.choices(words, k=14))}."
            if "text" in again:
                yield orjson.dumps({**again, "text": f"{again['text']}\n\n{update}"})
            else:
                yield orjson.dumps({**again, "html": again["html"].replace("</article>", f"<p>{update}</p></article>")})
        else:
            sentences = [f"{' '.join(rng.choices(words, k=14))} {n}.{k}." for k in range(rng.randrange(3, 9))]
            month = n % PARTITIONS * 2 + 1
            record = {"url": f"https://news{n % 50}.example/{n}", "published_at": f"2026-{month:02}-10T12:00:00Z"}
            if draw < 0.55:
                body = "".join(f"<p>{sentence}</p>" for sentence in sentences)
                head = f"<html><head><title>Report {n}</title></head>"
                record["html"] = f"{head}<body><article><h1>Report {n}</h1>{body}</article></body></html>"
            else:
                record["text"] = f"Report {n}\n\n" + "\n\n".join(sentences)
            if len(mine) < 200:
                mine.append(record)
            yield orjson.dumps(record)


@dataclass
class Deployment:
    """Topics, job and the process of one run."""

    kafka: Kafka
    reached_at: str
    """Where the job finds the broker."""
    name: str
    folder: Path
    extra: list[str]

    def __post_init__(self) -> None:
        self.connection = Connection(bootstrap_servers=(self.kafka.bootstrap,))
        self.topics = Topics.with_prefix(self.name)
        self.job = KafkaJob(
            name=self.name, run="", connection=self.connection, topics=self.topics, pipeline_version="benchmark"
        )
        prepare(self.job, NewTopics(partitions=PARTITIONS))

    def arguments(self) -> list[str]:
        """Return command and options of the stream."""
        where = ["--bootstrap-servers", self.reached_at, "--topic-prefix", self.name, "--job-name", self.name]
        index = ["--index", f"sqlite:///{self.folder / self.name}.sqlite"]
        return ["stream", *where, *index, "--transaction-timeout", "10", *self.extra]

    def start(self) -> subprocess.Popen[bytes]:
        with (self.folder / f"{self.name}.log").open("ab") as log:
            return subprocess.Popen(
                [KHABAR, *self.arguments()],
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )

    def send(self, records: list[bytes], first: int) -> None:
        producer = KafkaProducer(bootstrap_servers=self.kafka.bootstrap, linger_ms=10, max_request_size=10_000_000)
        for n, record in enumerate(records, first):
            producer.send(self.topics.raw, value=record, partition=n % PARTITIONS)
        producer.flush()
        producer.close()

    def committed(self) -> int:
        return until_answered("measure", lambda: lag(self.job)).committed

    def outcomes(self) -> dict[tuple[int, int], tuple[str, dict[str, Any]]]:
        """Return kind and content of each offset's outcome. Raises `AssertionError` when one is there twice.

        The content is the record without what names the topic it was read from.
        """
        found: dict[tuple[int, int], tuple[str, dict[str, Any]]] = {}
        for topic in (self.topics.articles, self.topics.duplicates, self.topics.dead):
            for record in read_to_end(self.connection, topic):
                value = orjson.loads(record.value)
                place = value["provenance"]["partition"], value["provenance"]["offset"]
                assert place not in found, f"{place} has two outcomes"
                kind = f"{topic.rpartition('.')[2]} {value.get('reason') or value.get('outcome') or ''}".strip()
                value["provenance"].pop("topic")
                found[place] = kind, value
        return found


def children(pid: int) -> dict[str, int]:
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == pid:
                command = (entry / "cmdline").read_bytes()
                found["job" if b"pipeline.runners.stream.job" in command else "prism"] = int(entry.name)
    return found


class Faults:
    """What can befall a stream: its parts are killed or frozen, its network is cut or silent."""

    def __init__(self, rng: random.Random, kafka: Kafka, flink: Flink | None) -> None:
        self._rng = rng
        self._kafka = kafka
        self._flink = flink
        self.relay = Relay(_add_listener(kafka))
        _advertise(kafka, self.relay.port)
        killed = ["job", "job", "prism", "prism", "broker"]
        frozen = ["job", "job", "prism", "broker"]
        if flink is not None:
            killed = ["worker", "worker", "taskmanager-1", "taskmanager-1", "jobmanager", "jobserver", "job", "broker"]
            frozen = ["worker", "worker", "taskmanager-1", "jobmanager", "job", "broker"]
        self._kinds = [*(f"kill {name}" for name in killed), *(f"freeze {name}" for name in frozen)]
        self._kinds += ["cut network", "cut network", "silence network", "silence network"]
        self.done: Counter[str] = Counter()

    def strike(self, stream: subprocess.Popen[bytes]) -> None:
        """Do one thing of the list, if there is what it is done to."""
        kind = self._rng.choice(self._kinds)
        what, _, victim = kind.partition(" ")
        # Most are short; every fifth is longer than a transaction may last.
        seconds = self._rng.uniform(0.3, 3.0) if self._rng.random() < 0.8 else self._rng.uniform(10.0, 13.0)
        if what == "kill":
            hit = self._kill(victim, stream)
        elif what == "freeze":
            hit = self._freeze(victim, stream, seconds)
        else:
            hit = True
            (self.relay.cut if what == "cut" else self.relay.silence)()
            time.sleep(seconds)
            self.relay.mend()
        self.done[kind] += hit

    def _processes(self, victim: str, stream: subprocess.Popen[bytes]) -> list[int]:
        if victim == "broker":
            return [self._kafka.process.pid]
        if victim in ("job", "prism"):
            return [pid for name, pid in children(stream.pid).items() if name == victim]
        assert self._flink is not None
        return self._flink.workers() if victim == "worker" else [self._flink.processes[victim].pid]

    def _freeze(self, victim: str, stream: subprocess.Popen[bytes], seconds: float) -> bool:
        stopped = []
        for pid in self._processes(victim, stream):
            # With the processes that it has started, or without them.
            send = os.killpg if victim == "job" and self._rng.random() < 0.5 else os.kill
            with contextlib.suppress(ProcessLookupError):
                send(pid, signal.SIGSTOP)
                stopped.append((send, pid))
        time.sleep(seconds if stopped else 0)
        for send, pid in stopped:
            with contextlib.suppress(ProcessLookupError):
                send(pid, signal.SIGCONT)
        return bool(stopped)

    def _kill(self, victim: str, stream: subprocess.Popen[bytes]) -> bool:
        if victim == "broker":
            self._kafka.process.kill()
            time.sleep(1)
            self._kafka.start()
            return True
        if self._flink is not None and victim in self._flink.processes:
            self._flink.processes[victim].kill()
            self._flink.start_process(victim)
            return True
        found = self._processes(victim, stream)
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return bool(found)


def _add_listener(kafka: Kafka) -> int:
    """Give a broker that has not started a second listener, for the job alone; return its port."""
    port = free_port()
    kafka.overrides |= {
        "listeners": f"{kafka.properties()['listeners']},JOB://127.0.0.1:{port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,JOB:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
    }
    return port


def _advertise(kafka: Kafka, port: int) -> None:
    """Let the broker tell who asks at the job's listener that it is found at `port`."""
    kafka.overrides["advertised.listeners"] = f"PLAINTEXT://{kafka.bootstrap},JOB://127.0.0.1:{port}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--records", type=int, default=30_000)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--runner", choices=["prism", "flink"], default="prism")
    parser.add_argument("--pass-through", action="store_true", help="without transforms: source and sink alone")
    parser.add_argument("--between", type=float, default=6.0, help="longest time of work between two kills, seconds")
    parser.add_argument("--burst", type=int, default=2, help="most kills in a row before the job is let work again")
    parser.add_argument("--minutes", type=float, default=math.inf, help="no more kills, and records, after this time")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="khabar-faults-") as name:
        folder = Path(name)
        kafka = Kafka(folder / "kafka", dies_with_parent=True)
        flink = None
        if options.runner == "flink":
            flink = Flink(folder / "flink", dies_with_parent=True)
        faults = Faults(rng, kafka, flink)
        kafka.start()
        extra = ["--graph", "benchmarks.pass_through:build"] if options.pass_through else []
        if flink is not None:
            flink.start()
            extra += ["--runner", "flink", "--job-endpoint", flink.job_endpoint, "--worker-pool", flink.worker_pool]
            extra += ["--flink-rest", flink.rest_url, "--parallelism", "2"]
        reached_at = f"127.0.0.1:{faults.relay.port}"
        try:
            return _run(options, rng, Deployment(kafka, reached_at, "disturbed", folder, extra), faults)
        finally:
            if flink is not None:
                flink.stop()
            kafka.stop()


def _run(options: argparse.Namespace, rng: random.Random, disturbed: Deployment, faults: Faults) -> int:
    records = list(mixed_records(options.records, options.seed))
    stream = disturbed.start()
    sent = 0
    began = time.monotonic()
    moved_at, stood = time.monotonic(), 0
    while faults.done.total() < options.kills and time.monotonic() - began < options.minutes * 60:
        share = min(len(records), len(records) * (faults.done.total() + 1) // options.kills)
        if sent < share:
            disturbed.send(records[sent:share], sent)
            sent = share
        # Two of three first ones hit a job that works, the others one that is still recovering.
        if rng.random() < 0.67:
            _wait_until_it_moves(disturbed, stood, sent, 120)
        time.sleep(rng.uniform(0.2, options.between))
        for _ in range(rng.randint(1, options.burst)):
            if faults.done.total() < options.kills:
                faults.strike(stream)
                time.sleep(rng.uniform(0, 1))
        now = disturbed.committed()
        if now > stood:
            moved_at, stood = time.monotonic(), now
        done = faults.done.total()
        print(f"{time.monotonic() - began:6.0f} s  {done:3} kills  {now:6} of {sent} committed", flush=True)
        if stream.poll() is not None or time.monotonic() - moved_at > 600:
            print((disturbed.folder / "disturbed.log").read_text()[-3000:])
            return 1
    if time.monotonic() - began < options.minutes * 60:
        disturbed.send(records[sent:], sent)
    else:
        records = records[:sent]
    _settle(disturbed)
    stream.terminate()
    status = stream.wait(120)
    print(f"{faults.done.total()} kills: {dict(sorted(faults.done.items()))}; drained with status {status}", flush=True)

    calm = Deployment(disturbed.kafka, disturbed.reached_at, "calm", disturbed.folder, disturbed.extra)
    calm.send(records, 0)
    stream = calm.start()
    _settle(calm)
    stream.terminate()
    stream.wait(120)
    good = status == 0
    for deployment in (disturbed, calm):
        where = ["--bootstrap-servers", deployment.kafka.bootstrap, "--topic-prefix", deployment.name]
        verified = subprocess.run([KHABAR, "verify", *where], capture_output=True, text=True, check=False)
        print(f"{deployment.name}: {verified.stdout.strip() or verified.stderr.strip()}")
        good = good and verified.returncode == 0
    one, other = disturbed.outcomes(), calm.outcomes()
    per_kind = [Counter(kind for kind, _ in found.values()) for found in (one, other)]
    print(f"disturbed {dict(sorted(per_kind[0].items()))}")
    print(f"calm      {dict(sorted(per_kind[1].items()))}")
    differing: Counter[str] = Counter()
    for place, (kind, value) in other.items():
        its_kind, its_value = one.get(place, ("", {}))
        if its_kind != kind:
            differing["kind"] += 1
        differing.update(name for name in value.keys() | its_value.keys() if value.get(name) != its_value.get(name))
    stories = differing.pop("story", 0) if PARTITIONS > 1 else 0
    print(f"{len(one)} offsets with one outcome each; differing from the undisturbed run: {dict(differing) or 'none'}")
    if stories:
        print(f"{stories} articles are in another story, or nearer to it, as the order over partitions has it")
    return 0 if good and not differing and len(one) == len(other) == len(records) else 1


def _wait_until_it_moves(deployment: Deployment, position: int, end: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while position < end and deployment.committed() <= position and time.monotonic() < deadline:
        time.sleep(0.2)


def _settle(deployment: Deployment) -> None:
    while until_answered("measure", lambda: lag(deployment.job)).behind:
        time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main())
