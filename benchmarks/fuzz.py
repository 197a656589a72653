"""Mutate files of every kind for a while: ``python -m benchmarks.fuzz --seconds 3600 [--seed 0] [--pages FILE]``.

Each file is read twice and each of its records made into an article twice; `tests.support.mutations` says what must
hold. Prints how many records had which outcome by kind of file, and for each failure the seed that gives it again.
"""

import argparse
import base64
import gzip
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from random import Random

import orjson

from tests.support.mutations import FILES, mutated, outcomes_of


def pages(path: Path) -> dict[str, Callable[[], bytes]]:
    """Return the pages of a gold set as files to mutate."""
    found: dict[str, Callable[[], bytes]] = {}
    with gzip.open(path) as file:
        for number, line in enumerate(file):
            page = orjson.loads(line)
            data = base64.b64decode(page["html_base64"]) if "html_base64" in page else page["html"].encode()
            found[f"gold-{number}.html"] = lambda data=data: data  # type: ignore[misc]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pages", type=Path, help="a gold set whose pages are mutated too")
    options = parser.parse_args()
    files = FILES | (pages(options.pages) if options.pages else {})
    names = sorted(files)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    failures: Counter[str] = Counter()
    slowest = (0.0, "")
    end = time.monotonic() + options.seconds
    number = options.seed
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < end:
            number += 1
            random = Random(number)
            name = random.choice(names)
            kind = "gold page" if name.startswith("gold-") else name
            path = Path(folder) / name
            path.write_bytes(mutated(random, files[name]()))
            started = time.process_time()
            try:
                counts[kind].update(outcomes_of(path))
            except Exception as error:
                said = f"{kind}: {type(error).__name__}: {str(error).splitlines()[0][:150] if str(error) else ''}"
                failures[said] += 1
                print(f"FAILED seed {number}: {said}", flush=True)
            slowest = max(slowest, (time.process_time() - started, f"seed {number}, {kind}"))
            counts[kind]["files"] += 1
            path.unlink()
    for kind in sorted(counts):
        print(f"{kind:16} {', '.join(f'{count} {what}' for what, count in counts[kind].most_common())}")
    print(
        f"{number - options.seed} files, {sum(failures.values())} failures; slowest {slowest[0]:.1f} s ({slowest[1]})"
    )
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
