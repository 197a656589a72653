"""Signals at every moment of `khabar run`: how soon it ends, what it leaves behind, whether the last output is whole.

python -m benchmarks.signals --signals 310
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pipeline.operations.verify import verify_folder

ROOT = Path(__file__).resolve().parent.parent
KHABAR = str(Path(sys.executable).with_name("khabar"))
NUMBERS = (signal.SIGTERM, signal.SIGINT, signal.SIGKILL)


def processes_of(session: int) -> set[int]:
    """Return the processes that still belong to the session of a command."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if int((folder / "stat").read_text().rpartition(")")[2].split()[3]) == session:
                found.add(int(folder.name))
        except OSError:
            continue
    return found


def run(out: Path, tmp: Path) -> subprocess.Popen[bytes]:
    command = [KHABAR, "run", str(ROOT / "seeds"), "--out", str(out), "--workers", "1"]
    environment = {**os.environ, "TMPDIR": str(tmp)}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--signals", type=int, default=310)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    folder = Path(tempfile.mkdtemp(prefix="signals-"))
    out, tmp = folder / "out", folder / "tmp"
    tmp.mkdir()
    began = time.monotonic()
    assert run(out, tmp).wait() == 0
    length = time.monotonic() - began
    slowest, statuses, wrong = 0.0, dict[int, int](), []
    for number in range(options.signals):
        process = run(out, tmp)
        which = NUMBERS[number % len(NUMBERS)]
        time.sleep(chance.uniform(0, length * 1.05))
        asked = time.monotonic()
        process.send_signal(which)
        try:
            status = process.wait(60)
        except subprocess.TimeoutExpired:
            wrong.append(f"{number}: still there 60 s after {which.name}")
            os.killpg(process.pid, signal.SIGKILL)
            continue
        slowest = max(slowest, time.monotonic() - asked)
        statuses[status] = statuses.get(status, 0) + 1
        deadline = time.monotonic() + 5
        while (left := [*processes_of(process.pid), *tmp.iterdir()]) and time.monotonic() < deadline:
            time.sleep(0.05)
        if left:
            wrong.append(f"{number}: {which.name} left {left}")
            shutil.rmtree(tmp)
            tmp.mkdir()
        if which != signal.SIGKILL and (hidden := [path.name for path in out.glob(".run-*")]):
            wrong.append(f"{number}: {which.name} left {hidden}")
        try:
            verify_folder(out)
        except Exception as error:
            wrong.append(f"{number}: {which.name}: {error}")
    print(f"{options.signals} signals over {length:.1f} s: slowest end {slowest:.2f} s, statuses {statuses}")
    for line in wrong:
        print(line)
    shutil.rmtree(folder)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
