"""All ratios in one table, in about fifteen minutes: ``python -m benchmarks.summary``.

Calls the single benchmarks, shortened, one after the other, and writes figures, goals and verdicts with machine and
load into `docs/performance.md`. A measurement that cannot be made is said there, and the others are made all the same.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from benchmarks import dedupe, enrich, extract, start, stream, workers
from benchmarks.figures import Figure
from pipeline.settings import PIPELINE_VERSION, available_cores

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- summary -->", "<!-- /summary -->"
HEAD = ("measured", "sides", "figure", "goal", "verdict", "load")
Measurement = Callable[[], Iterable[Figure]]


def measurements(evaldata: Path) -> dict[str, Measurement]:
    """Return the measurements by name, each shortened to a minute or two on an idle machine of two cores."""
    short = "--turns 3 --page-number 450 --text-number 1500 --pass-number 30000 --memory-records 50000"
    streaming = stream.parser().parse_args(["--evaldata", str(evaldata), *short.split()])
    return {
        "start": partial(start.measure, 5),
        "stream": partial(stream.measure, "abcde", streaming),
        "workers": lambda: [workers.second_worker(evaldata, 200, 2)],
        "extract": partial(extract.against_bare, evaldata / "extraction", 30),
        "memory": lambda: [enrich.private_memory(evaldata)],
        "index": partial(dedupe.growth, 10_000, 100_000),
    }


def row(figure: Figure) -> str:
    """Return a line of the table; the last column is the load of the machine when the figure was there."""
    return "| " + " | ".join((*figure.cells(), f"{os.getloadavg()[0]:.1f}")) + " |"


def machine() -> str:
    """Return what the figures were measured on."""
    models = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    where = f"{available_cores()} cores ({models[0] if models else platform.machine()}), {memory / 2**20:.0f} GB"
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"{when}, {where}, {platform.system()}, Python {platform.python_version()}, khabar {PIPELINE_VERSION}"


def _lines(path: str) -> list[str]:
    return Path(path).read_text("utf-8").splitlines() if Path(path).exists() else []


def write(table: list[str]) -> None:
    """Put the table into the page."""
    text = PAGE.read_text(encoding="utf-8")
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    PAGE.write_text("\n".join([f"{before}{BEGIN}", *table, f"{END}{after}"]), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaldata", type=Path, default=stream.EVALDATA)
    parser.add_argument("--only", action="append", choices=list(measurements(stream.EVALDATA)))
    parser.add_argument("--dry", action="store_true", help="print the table alone")
    options = parser.parse_args()
    if not options.evaldata.is_dir():
        parser.error(f"no such folder: {options.evaldata}")
    began, load = time.monotonic(), os.getloadavg()[0]
    table = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    failed = []
    for name, measure in measurements(options.evaldata).items():
        if options.only and name not in options.only:
            continue
        try:
            for figure in measure():
                table.append(row(figure))
                print(table[-1], flush=True)
        except Exception as error:
            failed.append(f"{name}: {type(error).__name__}: {error}")
            print(failed[-1], file=sys.stderr)
    minutes = (time.monotonic() - began) / 60
    table += ["", f"{machine()}; {minutes:.0f} minutes, load {load:.1f} at the beginning."]
    table += ["", *(f"Not measured: {reason}" for reason in failed)] if failed else []
    if not options.dry:
        write(table)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
