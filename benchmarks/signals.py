"""Signals at every moment of a command: how soon it ends, what it leaves behind, whether what it wrote is whole.

python -m benchmarks.signals run --signals 310
python -m benchmarks.signals stream load replay --signals 100
"""

import argparse
import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.faults import Deployment, mixed_records
from pipeline.kafka.topics import read_to_end
from pipeline.operations.verify import verify_folder
from pipeline.services import Kafka

ROOT = Path(__file__).resolve().parent.parent
KHABAR = str(Path(sys.executable).with_name("khabar"))
NUMBERS = (signal.SIGTERM, signal.SIGINT, signal.SIGKILL)
_MARK: Final = "KHABAR_SIGNALS"
"""Variable by which a command's processes are found, whatever sessions they are in."""
_PATIENCE_SECONDS: Final = 120
_LEFT_SECONDS: Final = 60
"""What is still there so long after an end has been left: on a busy machine a process needs a while to see its end."""


class Trial(ABC):
    """A command under signals."""

    @abstractmethod
    def arguments(self) -> list[str]:
        """Return the arguments of the next start."""

    def completed(self, process: subprocess.Popen[bytes]) -> None:
        """Return when a command that nobody disturbs has done its work."""
        assert process.wait() == 0

    def check(self, number: int, which: signal.Signals) -> None:  # noqa: B027
        """Raise when what is there after signal `number` is not whole."""

    @abstractmethod
    def finish(self) -> str:
        """Return what is there after the last signal. Raises when it is not what it should be."""


class Run(Trial):
    """`khabar run` over the seeds, into one folder again and again."""

    def __init__(self, folder: Path, _kafka: Kafka) -> None:
        self._out = folder / "out"
        self._hidden: set[str] = set()
        self._command = ["run", str(ROOT / "seeds"), "--out", str(self._out), "--workers", "1"]
        subprocess.run([KHABAR, *self._command], check=True, capture_output=True)

    def arguments(self) -> list[str]:
        return self._command

    def check(self, number: int, which: signal.Signals) -> None:
        verify_folder(self._out)
        hidden = {path.name for path in self._out.glob(".run-*")}
        new, self._hidden = hidden - self._hidden, hidden
        if which != signal.SIGKILL and new:  # the next run removes what one that was killed has left
            raise AssertionError(f"left {new}")

    def finish(self) -> str:
        return f"verify ok, {verify_folder(self._out).records} records"


class Stream(Trial):
    """`khabar stream` on Prism, with new records at each start."""

    def __init__(self, folder: Path, kafka: Kafka) -> None:
        self._deployment = Deployment(kafka, kafka.bootstrap, "stream", folder, [])
        self._records = list(mixed_records(50_000, 4))
        self._sent = 0

    def arguments(self) -> list[str]:
        self._deployment.send(self._records[self._sent : self._sent + 20], self._sent)
        self._sent += 20
        return self._deployment.arguments()

    def completed(self, process: subprocess.Popen[bytes]) -> None:
        while self._deployment.committed() < self._sent:
            assert process.poll() is None
            time.sleep(0.2)
        process.terminate()
        assert process.wait(_PATIENCE_SECONDS) == 0

    def finish(self) -> str:
        self.completed(self._deployment.start())
        outcomes = self._deployment.outcomes()
        assert len(outcomes) == self._sent, f"{len(outcomes)} outcomes of {self._sent} records"
        where = ["--bootstrap-servers", self._deployment.kafka.bootstrap, "--topic-prefix", "stream"]
        return subprocess.run([KHABAR, "verify", *where], check=True, capture_output=True, text=True).stdout.strip()


class Load(Trial):
    """`khabar load --once` of a stream's outcomes; a store that is complete is followed by a new one."""

    def __init__(self, folder: Path, kafka: Kafka) -> None:
        self._folder = folder
        self._kafka = kafka
        deployment = Deployment(kafka, kafka.bootstrap, "loaded", folder, [])
        deployment.send(list(mixed_records(3000, 5)), 0)
        stream = deployment.start()
        while deployment.committed() < 3000:
            assert stream.poll() is None
            time.sleep(0.5)
        stream.terminate()
        stream.wait(_PATIENCE_SECONDS)
        self._number = 0
        self._held = 0
        self._complete = self._after(subprocess.run([KHABAR, *self.arguments()], check=True, capture_output=True))

    @property
    def _store(self) -> Path:
        return self._folder / f"store-{self._number}.sqlite"

    def arguments(self) -> list[str]:
        where = ["--bootstrap-servers", self._kafka.bootstrap, "--topic-prefix", "loaded"]
        return ["load", *where, "--store", f"sqlite:///{self._store}", "--once"]

    def _after(self, _done: object = None) -> tuple[int, ...]:
        """Return how much a store holds, of a store that is whole."""
        if not self._store.exists():
            return ()
        with contextlib.closing(sqlite3.connect(self._store)) as store:
            assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            try:
                tables = ("positions", "articles", "duplicates", "dead")
                sums = [store.execute("SELECT coalesce(sum(position), 0) FROM positions").fetchone()[0]]
                return (*sums, *(store.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables))
            except sqlite3.OperationalError:
                return ()  # it had not made its tables

    def check(self, number: int, which: signal.Signals) -> None:
        now = self._after()
        held = now[0] if now else 0
        assert held >= self._held, f"the store held {self._held}, now {held}"
        self._held = held
        if number % 5 == 4:
            subprocess.run([KHABAR, *self.arguments()], check=True, capture_output=True)
            assert self._after() == self._complete, f"the store holds {self._after()}, not {self._complete}"
            self._number, self._held = self._number + 1, 0

    def finish(self) -> str:
        return f"{self._number} stores completed, each with {self._complete}"


class Replay(Trial):
    """`khabar replay` of some files; after some signals it is let end, and goes into new topics."""

    def __init__(self, folder: Path, kafka: Kafka) -> None:
        self._kafka = kafka
        self._archive = folder / "archive"
        self._archive.mkdir()
        self._records = [b'{"id":"%d","text":"Text of record %d"}' % (n, n) for n in range(4000)]
        for n in range(4):
            (self._archive / f"{n}.jsonl").write_bytes(b"\n".join(self._records[n::4]) + b"\n")
        self._number = 0
        self._parts = 0

    def arguments(self) -> list[str]:
        where = ["--bootstrap-servers", self._kafka.bootstrap, "--topic-prefix", f"replay{self._number}"]
        return ["replay", str(self._archive), *where, "--create-topics", "--partitions", "2"]

    def completed(self, process: subprocess.Popen[bytes]) -> None:
        super().completed(process)
        self._number += 1

    def check(self, number: int, which: signal.Signals) -> None:
        if number % 5 == 4:
            connection = Deployment(self._kafka, self._kafka.bootstrap, f"replay{self._number}", self._archive, [])
            there = sum(1 for _ in read_to_end(connection.connection, connection.topics.raw))
            self._parts += 0 < there < len(self._records)
            subprocess.run([KHABAR, *self.arguments()], check=True, capture_output=True)
            values = sorted(record.value for record in read_to_end(connection.connection, connection.topics.raw))
            assert values == sorted(self._records), f"{len(values)} messages of {len(self._records)} records"
            self._number += 1

    def finish(self) -> str:
        return f"{self._number} replays completed ({self._parts} of them from the middle), each record once"


TRIALS: Final[dict[str, Callable[[Path, Kafka], Trial]]] = {
    "run": Run,
    "stream": Stream,
    "load": Load,
    "replay": Replay,
}


def processes_of(mark: str) -> dict[int, str]:
    """Return the processes that a command has started, and their descendants, that still are there."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"{_MARK}={mark}\0".encode() in (folder / "environ").read_bytes():
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:200]
    return found


def start(trial: Trial, mark: str, tmp: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "TMPDIR": str(tmp), _MARK: mark}
    return subprocess.Popen(
        [KHABAR, *trial.arguments()],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def signals(trial: Trial, number_of: int, seconds: float, chance: random.Random, tmp: Path) -> list[str]:
    """Send signals at random moments of the first `seconds`; return what went wrong."""
    name = type(trial).__name__.lower()
    slowest, statuses, wrong = dict.fromkeys(NUMBERS, 0.0), Counter[str](), []
    for number in range(number_of):
        which = NUMBERS[number % len(NUMBERS)]
        mark = f"{os.getpid()}-{name}-{number}"
        process = start(trial, mark, tmp)
        time.sleep(chance.uniform(0, seconds))
        over = process.poll() is not None
        asked = time.monotonic()
        process.send_signal(which)
        try:
            status = process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            wrong.append(f"{number}: still there {_PATIENCE_SECONDS} s after {which.name}")
            os.killpg(process.pid, signal.SIGKILL)
            continue
        slowest[which] = max(slowest[which], time.monotonic() - asked)
        statuses["ended before" if over else f"{which.name}: {status}"] += 1
        deadline = time.monotonic() + _LEFT_SECONDS
        while (left := [*processes_of(mark).items(), *tmp.iterdir()]) and time.monotonic() < deadline:
            time.sleep(0.05)
        if left:
            wrong.append(f"{number}: {which.name} left {left}")
            shutil.rmtree(tmp)
            tmp.mkdir()
        try:
            trial.check(number, which)
        except Exception as error:
            wrong.append(f"{number}: {which.name}: {type(error).__name__}: {error}")
    ends = ", ".join(f"{which.name} {longest:.2f} s" for which, longest in slowest.items())
    print(f"{name}: {number_of} signals over {seconds:.1f} s; slowest end {ends}; {dict(sorted(statuses.items()))}")
    print(f"  load {os.getloadavg()[1]:.0f}; {len(wrong)} wrong; {trial.finish()}", *wrong, sep="\n  ", flush=True)
    return wrong


def length(trial: Trial, tmp: Path) -> float:
    """Return the seconds within which signals come: what a command takes that nobody disturbs, and a little more."""
    began = time.monotonic()
    trial.completed(start(trial, f"{os.getpid()}-length", tmp))
    return (time.monotonic() - began) * 1.05


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("commands", nargs="*", default=["run"], choices=list(TRIALS))
    parser.add_argument("--signals", type=int, default=310)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    wrong = []
    with tempfile.TemporaryDirectory(prefix="khabar-signals-") as name, contextlib.ExitStack() as closing:
        kafka = Kafka(Path(name) / "kafka", dies_with_parent=True)
        if set(options.commands) != {"run"}:
            kafka.start()
            closing.callback(kafka.stop)
        for command in options.commands:
            folder, tmp = Path(name) / command, Path(name) / f"{command}-tmp"
            folder.mkdir()
            tmp.mkdir()
            trial = TRIALS[command](folder, kafka)
            chance = random.Random(options.seed)
            wrong += signals(trial, options.signals, length(trial, tmp), chance, tmp)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
