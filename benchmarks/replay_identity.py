"""Do replay and stream, killed at random, make what `khabar run` makes? ``python -m benchmarks.replay_identity FILE``.

Runs the first records of a dump through `khabar run`, then sends them by `khabar replay` to a real broker and processes
them by `khabar stream`, each killed (SIGKILL) several times and started again. Prints how many outcomes of each kind
are equal but for where they were read; ends with status 1 when one is not. One partition keeps the order the same.
"""

import argparse
import contextlib
import itertools
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from pipeline.fatal import JobStopped
from pipeline.io.kafka_config import Connection
from pipeline.io.kafka_topics import read_to_end
from pipeline.io.readers import FileReader
from pipeline.mapping import IDENTITY, PRESETS
from pipeline.services import Kafka

KHABAR = str(Path(sys.executable).with_name("khabar"))


class Deployment:
    """A broker, and commands that work on it."""

    def __init__(self, folder: Path, kafka: Kafka) -> None:
        self.folder = folder
        self.where = ("--bootstrap-servers", kafka.bootstrap, "--create-topics", "--partitions", "1")
        self.connection = Connection(bootstrap_servers=(kafka.bootstrap,))
        self.kills = 0

    def read(self, topic: str) -> list[dict[str, Any]]:
        """Return the committed records of a topic as far as it exists."""
        with contextlib.suppress(JobStopped):
            return [{"at": record.offset, **json.loads(record.value)} for record in read_to_end(self.connection, topic)]
        return []

    def killed(self, command: list[str], done: Any, goals: list[float], chance: random.Random) -> None:
        """Run a command, kill it where `done()` passes each of `goals` and a little later, then let it finish."""
        for goal in [*goals, None]:
            with (self.folder / "log").open("a") as log:
                process = subprocess.Popen([KHABAR, *command, *self.where], stdout=log, stderr=log)
            while goal is not None and done() < goal and process.poll() is None:
                time.sleep(0.2)
            if goal is not None:
                time.sleep(chance.random())
                self.kills += process.poll() is None
                process.kill()
                process.wait()
                continue
            while done() < 1 and process.poll() is None:
                time.sleep(0.2)
            process.terminate()
            process.wait(120)


def comparable(record: dict[str, Any]) -> dict[str, Any]:
    headers = [header for header in record.get("headers", []) if header[0] != "khabar-replayed-from"]
    content = record["provenance"]["content_sha256"]
    return {
        **{name: value for name, value in record.items() if name != "at"},
        "provenance": content,
        "headers": headers,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--preset", choices=sorted(PRESETS))
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=5, help="of replay, and as many of stream")
    options = parser.parse_args()
    if not options.file.exists():
        parser.error(f"no such file: {options.file}; the evaluation data is not part of the project")
    chance = random.Random(7)
    mapping = PRESETS[options.preset] if options.preset else IDENTITY
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive = folder / "archive.jsonl"
        with (
            contextlib.closing(FileReader(str(options.file), max_record_bytes=2**25, mapping=mapping)) as reader,
            archive.open("wb") as lines,
        ):
            for item in itertools.islice(reader, options.records):
                lines.write((item.origin.payload if item.origin else b"") + b"\n")
        records = sum(1 for _ in archive.open("rb"))
        subprocess.run([KHABAR, "run", str(archive), "--out", str(folder / "out")], check=True, capture_output=True)
        kafka = Kafka(folder / "kafka")
        kafka.start()
        try:
            deployment = Deployment(folder, kafka)
            goals = sorted(chance.random() * 0.9 for _ in range(options.kills))
            replay = ["replay", str(archive), "--rate", str(max(records / 10, 50))]
            deployment.killed(replay, lambda: len(deployment.read("news.raw")) / records, goals, chance)
            sent = [record["at"] for record in deployment.read("news.raw")]
            stream = ["stream", "--index", f"sqlite:///{folder / 'index.sqlite'}"]
            settled = lambda: sum(record["records"] for record in deployment.read("news.ledger")) / records  # noqa: E731
            deployment.killed(stream, settled, goals, chance)
            print(f"{records} records, {len(sent)} messages, {deployment.kills} kills")
            equal = len(sent) == records
            for kind in ("articles", "duplicates", "dead"):
                ran = [comparable(json.loads(line)) for line in (folder / "out" / f"{kind}.jsonl").open("rb")]
                streamed = [comparable(record) for record in deployment.read(f"news.{kind}")]
                same = sum(one == other for one, other in zip(ran, streamed, strict=False))
                print(f"{kind:<12}{len(ran):>8} by run{len(streamed):>8} by stream{same:>8} equal")
                equal = equal and ran == streamed
        finally:
            kafka.stop()
    sys.exit(not equal)


if __name__ == "__main__":
    main()
