"""How long commands take to start: ``python -m benchmarks.start``.

`khabar run seeds` against `python -c "import apache_beam"`, which any Beam pipeline pays; `khabar stream`, from its
start to the commit of a record that waits in the topic, against a Beam pipeline of one step on a Prism of its own.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import orjson

from benchmarks.faults import KHABAR, Deployment
from benchmarks.figures import Figure, in_turns, ratio
from benchmarks.stream import settled, texts
from pipeline.services import Kafka

SEEDS = Path(__file__).parent.parent / "seeds"


def seconds(command: list[str]) -> float:
    """Return how long a command takes that must succeed."""
    began = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - began


def run_seeds(turns: int) -> Figure:
    """Measure `khabar run seeds` against the import of Beam."""
    with tempfile.TemporaryDirectory(prefix="khabar-start-") as folder:
        run = [KHABAR, "run", str(SEEDS), "--out", folder]
        bare = [sys.executable, "-c", "import apache_beam"]
        for command in (run, bare):
            seconds(command)
        pairs = in_turns(lambda _: seconds(run), lambda _: seconds(bare), turns)
    return ratio("start: `khabar run seeds` / `import apache_beam`", pairs, "s", goal=1.5, at_least=False, digits=2)


def stream_ready(kafka: Kafka, folder: Path, turns: int) -> Figure:
    """Measure `khabar stream` to its first commit, in seconds beyond the start of its runner."""

    def ours(turn: int) -> float:
        deployment = Deployment(kafka, kafka.bootstrap, f"ready-{turn}", folder, [])
        deployment.send([orjson.dumps(record) for record in texts(1)], 0)
        began = time.monotonic()
        stream = deployment.start()
        try:
            settled(deployment)
            return time.monotonic() - began
        finally:
            stream.terminate()
            stream.wait(120)

    pairs = in_turns(ours, lambda _: seconds([sys.executable, "-m", "benchmarks.start", "--bare-prism"]), turns)
    beyond = sorted(ready - runner for ready, runner in pairs)
    found = ratio("", pairs, "s", digits=2)
    return Figure(
        what="start: `khabar stream` to its first commit, beyond a pipeline of one step on Prism",
        value=beyond[len(beyond) // 2],
        unit="s",
        goal=5,
        at_least=False,
        sides=found.sides,
        low=beyond[0],
        high=beyond[-1],
        turns=turns,
    )


def bare_prism() -> None:
    """Run a pipeline of one step on a Prism, as the runner's own start."""
    import apache_beam as beam

    from pipeline.runners import beam_options
    from pipeline.runners.engine import Engine
    from pipeline.services import Prism

    with tempfile.TemporaryDirectory(prefix="khabar-prism-") as folder:
        prism = Prism(Path(folder), dies_with_parent=True)
        prism.start()
        try:
            p = beam_options.pipeline(Engine(runner="prism"), "bare", prism.job_endpoint, [])
            p | beam.Create([1]) | beam.Map(str)
            p.run().wait_until_finish()
        finally:
            prism.stop()


def measure(turns: int) -> Iterator[Figure]:
    """Yield both figures."""
    yield run_seeds(turns)
    with tempfile.TemporaryDirectory(prefix="khabar-start-") as name:
        kafka = Kafka(Path(name) / "kafka", dies_with_parent=True)
        kafka.start()
        try:
            yield stream_ready(kafka, Path(name), max(3, turns // 2))
        finally:
            kafka.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--bare-prism", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare_prism:
        bare_prism()
        return
    for figure in measure(options.turns):
        print(figure)


if __name__ == "__main__":
    main()
