"""Memory and outcomes of the sandbox over many pages, hostile ones among them.

    python -m benchmarks.endurance FOLDER [--pages N] [--workers N] [--hostile-every N]

The pages of the gold files go round and round through supervised processes, as in a job. Each row is a twentieth of
the way: the resident memory of the processes and of the supervisor must stay flat, and every page has one outcome.
"""

import os
import statistics
from collections import Counter, deque
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Final

import click

from benchmarks.gold import gold_sets, read_gold
from pipeline.sandbox import Chunk, Failure, Sandbox
from schemas.reasons import Stage
from transforms.extraction.html import extract_html

_CHUNK: Final = 8
_ROWS: Final = 20
_ARTICLE: Final = f"<h1>Flood</h1>{'<p>The river rose by two metres in a single night, said the mayor.</p>' * 5}"


def hostile_pages() -> list[bytes]:
    """Return pages that are made to harm: attributes, elements, nesting, size, entities, surrogates."""
    attributes = " ".join(f'a{i}="{i}"' for i in range(100_000))
    entities = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12))
    return [
        f"{_ARTICLE}<div {attributes}>x</div>".encode(),
        f"{_ARTICLE}{'<p>One more line of the same text, and another.</p>' * 80_000}".encode(),
        f"{_ARTICLE}{'<div>' * 10_000}x".encode(),
        b"<p>" + b"word " * 10_000_000,
        f'<!DOCTYPE html [<!ENTITY a0 "ha">{entities}]>{_ARTICLE}{"&a11;" * 100}'.encode(),
        f"{_ARTICLE}<p>\ud800\udfff</p>".encode("utf-8", "surrogatepass"),
        b"\x00" * 100_000,
        b"",
    ]


def extract_here(page: bytes, url: str | None) -> tuple[int, int]:
    """Extract a page; return the process and its resident memory (bytes)."""
    extract_html(page, url=url)
    return os.getpid(), resident(os.getpid())


def resident(process: int) -> int:
    """Return the resident memory of a process in bytes."""
    pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _input(folder: Path, hostile_every: int) -> Iterator[tuple[bytes, str | None]]:
    pages = [(gold.html, gold.url) for path in gold_sets(folder).values() for gold in read_gold(path)]
    hostile = cycle(hostile_pages())
    for number, page in enumerate(cycle(pages), 1):
        yield (next(hostile), None) if hostile_every and number % hostile_every == 0 else page


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--pages", type=click.IntRange(min=_ROWS * _CHUNK), default=20_000, show_default=True)
@click.option("--workers", type=click.IntRange(min=1), default=len(os.sched_getaffinity(0)), show_default=True)
@click.option("--hostile-every", type=click.IntRange(min=0), default=200, show_default=True, help="0: none.")
def main(folder: Path, pages: int, workers: int, hostile_every: int) -> None:
    """Print a row for every twentieth of the pages, and the reasons of all failures."""
    names = ("pages", "processes", "median MB", "largest MB", "supervisor MB", "failures")
    click.echo("".join(f"{name:>14}" for name in names))
    sandbox = Sandbox(workers=workers, deadline_s=30, memory_mb=1024)
    source = _input(folder, hostile_every)
    waiting: deque[Chunk] = deque()
    reasons: Counter[str] = Counter()
    outcomes = 0
    try:
        for row in range(1, _ROWS + 1):
            memory: dict[int, int] = {}
            end = pages * row // _ROWS
            largest = 0
            while outcomes < end:
                while len(waiting) < 4 * workers:
                    waiting.append(sandbox.submit(Stage.EXTRACT, extract_here, list(islice(source, _CHUNK))))
                for result in waiting.popleft().results():
                    outcomes += 1
                    if isinstance(result, Failure):
                        reasons[result.reason] += 1
                    else:
                        memory[result[0]] = result[1]
                        largest = max(largest, result[1])
            figures = (statistics.median(memory.values()), largest, resident(os.getpid()))
            row_of = (outcomes, len(memory), *(round(figure / 2**20) for figure in figures), reasons.total())
            click.echo("".join(f"{figure:>14}" for figure in row_of))
    finally:
        sandbox.close()
    click.echo(", ".join(f"{reason}: {count}" for reason, count in reasons.most_common()) or "no failures")


if __name__ == "__main__":
    main()
