"""Do replay and stream, killed at random, make what `khabar run` makes? ``python -m benchmarks.replay_identity FILE``.

Runs the records of a dump through `khabar run`, then sends them by `khabar replay` to a real broker and processes them
by `khabar stream`, each killed (SIGKILL) several times and started again. Then replays everything once more.

With one partition the order is the same, so every outcome has to be: prints how many of each kind are equal but for
where they were read. With several, which of two copies is the original depends on which was read first; compared then
is that each record has one outcome, and which are said to be of one article. The second replay may add no article
and change nothing in the index but note what it was asked. Ends with status 1 when something of this does not hold.
"""

import argparse
import contextlib
import itertools
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pipeline.errors import JobStopped
from pipeline.kafka.connection import Connection, KafkaJob
from pipeline.kafka.topics import lag, read_to_end
from pipeline.operations.replay import ORIGIN_HEADER
from pipeline.services import Kafka
from pipeline.sources.mapping import IDENTITY, PRESETS, FieldMapping
from pipeline.sources.reader import FileReader

KHABAR = str(Path(sys.executable).with_name("khabar"))
KINDS = ("articles", "duplicates", "dead")
Outcomes = dict[str, list[dict[str, Any]]]


class Deployment:
    """A broker, and commands that work on it."""

    def __init__(self, folder: Path, kafka: Kafka, partitions: int) -> None:
        self.folder = folder
        self.where = ("--bootstrap-servers", kafka.bootstrap, "--create-topics", "--partitions", str(partitions))
        self.job = KafkaJob(
            name="khabar",
            run="",
            connection=Connection(bootstrap_servers=(kafka.bootstrap,)),
            pipeline_version="",
        )
        self.kills = 0

    def read(self, topic: str) -> list[dict[str, Any]]:
        """Return the committed records of a topic as far as it exists."""
        with contextlib.suppress(JobStopped):
            return [json.loads(record.value) for record in read_to_end(self.job.connection, topic)]
        return []

    def outcomes(self) -> Outcomes:
        """Return the outcomes, by topic."""
        return {kind: [comparable(record) for record in self.read(f"news.{kind}")] for kind in KINDS}

    def offsets(self) -> tuple[int, int]:
        """Return how many offsets of the raw topic are settled, and how many there are."""
        with contextlib.suppress(Exception):  # no topic, or no broker that answers, for now
            now = lag(self.job)
            return now.committed, now.committed + now.behind
        return 0, 0

    def killed(self, command: list[str], done: Callable[[], float], goals: list[float], chance: random.Random) -> float:
        """Run a command, kill it where `done()` passes each of `goals` and a little later, then let it finish.

        Returns the seconds that it took.
        """
        started = time.monotonic()
        for goal in goals:
            process = self.start(command)
            while done() < goal and process.poll() is None:
                time.sleep(0.2)
            time.sleep(chance.random())
            self.kills += process.poll() is None
            process.kill()
            process.wait()
        process = self.start(command)
        while done() < 1 and process.poll() is None:
            time.sleep(0.5)
        if command[0] == "stream":
            process.terminate()
        if process.wait(300):
            raise SystemExit((self.folder / "log").read_text("utf-8"))
        return time.monotonic() - started

    def start(self, command: list[str]) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("a") as log:
            return subprocess.Popen([KHABAR, *command, *self.where], stdout=log, stderr=log)


def comparable(record: dict[str, Any]) -> dict[str, Any]:
    headers = [header for header in record.get("headers", []) if header[0] != ORIGIN_HEADER]
    return {**record, "provenance": record["provenance"]["content_sha256"], "headers": headers}


def articles_of(outcomes: Outcomes) -> dict[str, frozenset[str]]:
    """Return for each content which contents are of the same article, by the decisions in `outcomes`."""
    root: dict[str, str] = {}
    for record in outcomes["articles"]:
        root[record["provenance"]] = record["uri"]
    for record in outcomes["duplicates"]:
        root.setdefault(record["provenance"], record["duplicate_of"])
    members: dict[str, set[str]] = defaultdict(set)
    for content, uri in root.items():
        members[uri].add(content)
    return {content: frozenset(members[uri]) for content, uri in root.items()}


def state(index: Path) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield every row of an index."""
    with contextlib.closing(sqlite3.connect(f"file:{index}?mode=ro", uri=True)) as database:
        for (table,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
        ).fetchall():
            for row in database.execute(f"SELECT * FROM {table}"):
                yield table, row


def cut(file: Path, mapping: FieldMapping, limit: int, archive: Path) -> int:
    """Write the first records of a dump as JSON Lines; return their number."""
    with (
        contextlib.closing(FileReader(str(file), max_record_bytes=2**25, mapping=mapping)) as reader,
        archive.open("wb") as lines,
    ):
        number = 0
        for item in itertools.islice(reader, limit):
            lines.write((item.origin.payload if item.origin else b"") + b"\n")
            number += 1
    return number


def compare_in_order(ran: Outcomes, streamed: Outcomes) -> bool:
    for kind in KINDS:
        same = sum(one == other for one, other in zip(ran[kind], streamed[kind], strict=False))
        print(f"{kind:<12}{len(ran[kind]):>8} by run{len(streamed[kind]):>8} by stream{same:>8} equal")
    return ran == streamed


def compare_as_sets(ran: Outcomes, streamed: Outcomes) -> bool:
    def contents(outcomes: Outcomes) -> Counter[str]:
        return Counter(record["provenance"] for kind in KINDS for record in outcomes[kind])

    for kind in KINDS:
        print(f"{kind:<12}{len(ran[kind]):>8} by run{len(streamed[kind]):>8} by stream")
    one, other = articles_of(ran), articles_of(streamed)
    same = sum(members == other.get(content) for content, members in one.items())
    print(f"{len(one)} contents in an article, {same} of them with the very same others")
    return contents(ran) == contents(streamed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--preset", choices=sorted(PRESETS))
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=5, help="of replay, and as many of stream")
    parser.add_argument("--partitions", type=int, default=1)
    parser.add_argument("--seed", type=int, default=7, help="of the moments at which processes are killed")
    options = parser.parse_args()
    if not options.file.exists():
        parser.error(f"no such file: {options.file}; the evaluation data is not part of the project")
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive = folder / "archive.jsonl"
        records = cut(options.file, PRESETS[options.preset] if options.preset else IDENTITY, options.records, archive)
        started = time.monotonic()
        # Beside the rest, with which it shares nothing but the processors.
        run = subprocess.Popen([KHABAR, "run", str(archive), "--out", str(folder / "out")], stdout=subprocess.DEVNULL)

        def ran() -> Outcomes:
            if run.wait():
                raise SystemExit("khabar run failed")
            print(f"{records} records by run, {time.monotonic() - started:.0f} s after the start", flush=True)
            return {
                kind: [comparable(json.loads(line)) for line in (folder / "out" / f"{kind}.jsonl").open("rb")]
                for kind in KINDS
            }

        kafka = Kafka(folder / "kafka")
        kafka.start()
        try:
            holds = against_kafka(Deployment(folder, kafka, options.partitions), ran, records, options, chance)
        finally:
            kafka.stop()
            run.kill()
            run.wait()
    sys.exit(not holds)


def against_kafka(
    deployment: Deployment,
    ran: Callable[[], Outcomes],
    records: int,
    options: argparse.Namespace,
    chance: random.Random,
) -> bool:
    """Replay and stream twice; print what differs and return whether nothing does that must not."""
    folder = deployment.folder
    goals = sorted(chance.random() * 0.9 for _ in range(options.kills))
    replay = ["replay", str(folder / "archive.jsonl"), "--rate", str(max(records / 10, 50))]
    index = folder / "index.sqlite"
    stream = ["stream", "--index", f"sqlite:///{index}"]

    def share() -> float:
        settled, there = deployment.offsets()
        return settled / there if there else 0.0

    seconds = deployment.killed(replay, lambda: deployment.offsets()[1] / records * 0.99, goals, chance)
    sent = len(deployment.read("news.raw"))
    print(f"{sent} messages by replay in {seconds:.0f} s, {deployment.kills} kills", flush=True)
    holds = sent == records
    seconds = deployment.killed(stream, share, goals, chance)
    print(f"processed by stream in {seconds:.0f} s, {deployment.kills} kills by now", flush=True)
    first, before = deployment.outcomes(), set(state(index))
    holds &= (compare_in_order if options.partitions == 1 else compare_as_sets)(ran(), first)

    deployment.killed(replay, lambda: 1.0, [], chance)
    nothing = len(deployment.read("news.raw")) - sent
    deployment.killed([*replay[:2], "--again"], lambda: 1.0, [], chance)
    deployment.killed(stream, share, [], chance)
    second, after = deployment.outcomes(), set(state(index))
    added = {kind: len(second[kind]) - len(first[kind]) for kind in KINDS}
    gone, come = Counter(table for table, _ in before - after), Counter(table for table, _ in after - before)
    print(f"replayed once more: {nothing} messages; with --again, outcomes added: {added}")
    print(f"rows of the index that are gone: {dict(gone) or 'none'}; that have come: {dict(come) or 'none'}")
    verified = subprocess.run([KHABAR, "verify", *deployment.where[:2]], capture_output=True, text=True, check=False)
    print((verified.stdout + verified.stderr).strip())
    return (
        holds
        and nothing == 0
        and (added["articles"], added["dead"]) == (0, len(first["dead"]))
        and not gone
        and set(come) <= {"decision"}
        and verified.returncode == 0
    )


if __name__ == "__main__":
    main()
