"""What a second extraction process is worth: ``python -m benchmarks.workers``.

`khabar run` over the same pages with one and with two workers, in turns; what it takes for one page alone, its start,
is subtracted from both.
"""

import argparse
import tempfile
from pathlib import Path

import orjson

from benchmarks.faults import KHABAR
from benchmarks.figures import Figure, in_turns, ratio
from benchmarks.start import seconds
from benchmarks.stream import EVALDATA, pages


def second_worker(evaldata: Path, number: int, turns: int) -> Figure:
    """Measure pages a second with two workers against one."""
    with tempfile.TemporaryDirectory(prefix="khabar-workers-") as name:
        folder = Path(name)
        lines = [orjson.dumps(record) for record in pages(evaldata / "extraction" / "aeb.jsonl.gz", number + 1)]
        (folder / "one.jsonl").write_bytes(lines[0])
        (folder / "all.jsonl").write_bytes(b"\n".join(lines))

        def rate(workers: int) -> float:
            command = [KHABAR, "run", "--workers", str(workers), "--out", str(folder / "out")]
            start, whole = (seconds([*command, str(folder / file)]) for file in ("one.jsonl", "all.jsonl"))
            return number / (whole - start)

        pairs = in_turns(lambda _: rate(2), lambda _: rate(1), turns)
    return ratio("`khabar run` with two workers / one, HTML pages", pairs, "pages/s", goal=1.8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaldata", type=Path, default=EVALDATA)
    parser.add_argument("--pages", type=int, default=400)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    print(second_worker(options.evaldata, options.pages, options.turns))


if __name__ == "__main__":
    main()
