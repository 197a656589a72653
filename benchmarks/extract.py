"""Speed and memory of extraction beside other extractors, on the pages of gold files.

    python -m benchmarks.extract FOLDER [--set NAME] [--limit N] [--rounds N] [--only NAME] [--json]

Each extractor has a process of its own, which reads one page at a time, so that the peak of its memory is its own.
After a first pass over some pages, which is not counted, the extractors take turns, so that a busy machine is busy for
all of them; figures are medians over the rounds, in processor time of one core. A page that takes an extractor more
than ten seconds has failed.
Extractors that are not installed, or do not start, are named and left out (``pip install khabar[bench]`` brings all;
newspaper4k and goose3 need Pillow, which Khabar keeps out of its own environment).
"""

import gzip
import importlib.util
import json
import logging
import multiprocessing
import pickle
import resource
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import FrameType
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure
from benchmarks.gold import gold_sets, read_gold

Extract = Callable[[bytes, str | None], object]
REFERENCE = "trafilatura"
WARM = 10
"""Pages of the first pass."""
PATIENCE_S = 10.0
"""Processor time for a page: real ones take a tenth of a second, and one that takes a minute would hide all others."""


def khabar() -> Extract:
    import pipeline.sandbox.preload  # noqa: F401 - as an extraction process of the pipeline is loaded
    from transforms.extraction.html import extract_html

    signal.setitimer(signal.ITIMER_REAL, 0)  # with which a process of the pipeline notices that its owner is gone
    return lambda html, url: extract_html(html, url=url)


def trafilatura() -> Extract:
    from trafilatura import bare_extraction

    return lambda html, url: bare_extraction(html, url=url, with_metadata=True)


def trafilatura_fast() -> Extract:
    from trafilatura import bare_extraction

    return lambda html, url: bare_extraction(html, url=url, with_metadata=True, fast=True)


def readability() -> Extract:
    from readability import Document

    return lambda html, url: Document(html.decode("utf-8", "replace"), url=url).summary()


def resiliparse_text() -> Extract:
    from resiliparse.extract.html2text import extract_plain_text

    return lambda html, url: extract_plain_text(html.decode("utf-8", "replace"), main_content=True)


def goose() -> Extract:
    from goose3 import Goose

    reader = Goose({"enable_image_fetching": False})
    return lambda html, url: reader.extract(url=url, raw_html=html.decode("utf-8", "replace"))


def newspaper() -> Extract:
    from newspaper import Article

    def extract(html: bytes, url: str | None) -> object:
        article = Article(url or "http://example.org/", fetch_images=False)
        article.download(input_html=html.decode("utf-8", "replace"))
        article.parse()
        return article.text

    return extract


EXTRACTORS: dict[str, tuple[str, Callable[[], Extract]]] = {
    "khabar": ("transforms", khabar),
    REFERENCE: ("trafilatura", trafilatura),
    "trafilatura fast": ("trafilatura", trafilatura_fast),
    "readability-lxml (body only)": ("readability", readability),
    "resiliparse (body only)": ("resiliparse", resiliparse_text),
    "goose3": ("goose3", goose),
    "newspaper4k": ("newspaper", newspaper),
}
"""Name: module that must be there, and a function that gives the extractor ready to run."""

_extract: Extract
_place: Any = None
"""The page that this process is at, where its parent sees it: a library may end it without a word."""


def _share(place: Any) -> None:
    global _place
    _place = place
    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGPROF, _give_up)


def _give_up(_signum: int, _frame: FrameType | None) -> None:
    raise TimeoutError


def _start(name: str, spool: str) -> None:
    """Load the extractor, and run what is slow only once."""
    global _extract
    _extract = EXTRACTORS[name][1]()
    for number, (html, url) in enumerate(_pages(spool)):
        if number == WARM:
            break
        _try(html, url)


def _pages(spool: str) -> Iterator[tuple[bytes, str | None]]:
    with Path(spool).open("rb") as file:
        while True:
            try:
                _place.value, page = pickle.load(file)
            except EOFError:
                return
            yield page


def _try(html: bytes, url: str | None) -> bool:
    signal.setitimer(signal.ITIMER_PROF, PATIENCE_S)
    try:
        _extract(html, url)
    except Exception:
        return False
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return True


def _round(spool: str) -> tuple[float, int, int, int]:
    """Return seconds, pages, failures and the peak of memory (bytes) of one pass over the pages."""
    seconds, pages, failed = 0.0, 0, 0
    for html, url in _pages(spool):
        start = time.process_time()
        failed += not _try(html, url)
        seconds += time.process_time() - start
        pages += 1
    return seconds, pages, failed, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def compare(
    paths: list[Path], *, names: list[str], limit: int | None, rounds: int
) -> dict[str, dict[str, float | int]]:
    """Return pages per second, peak memory and failures of each extractor, and their ratios to the reference."""
    spawn = multiprocessing.get_context("spawn")
    places = {name: spawn.Value("i", 0) for name in names}
    pools = {
        name: ProcessPoolExecutor(1, mp_context=spawn, initializer=_share, initargs=(place,))
        for name, place in places.items()
    }
    results: dict[str, list[tuple[float, int, int, int]]] = {name: [] for name in names}
    with tempfile.NamedTemporaryFile() as spool:
        ids = _write(paths, spool, limit=limit)
        spool.flush()
        try:
            for number in range(rounds + 1):
                for name in [name for name in names if name in results]:
                    work = (_round, spool.name) if number else (_start, name, spool.name)
                    try:
                        done: Any = pools[name].submit(*work).result()
                    except BrokenProcessPool:
                        click.echo(f"{name} died on the page {ids[places[name].value]}", err=True)
                        del results[name]
                    except ImportError as error:
                        click.echo(f"{name} does not start: {error}", err=True)
                        del results[name]
                    else:
                        results[name] += [done] if number else []
        finally:
            for pool in pools.values():
                pool.shutdown(cancel_futures=True)
    if REFERENCE not in results:
        raise click.ClickException(f"no figures without {REFERENCE}")
    speeds = {name: statistics.median(pages / seconds for seconds, pages, _, _ in r) for name, r in results.items()}
    peaks = {name: max(peak for *_, peak in r) for name, r in results.items()}
    return {
        name: {
            "pages_per_second": round(speeds[name], 2),
            "speed_ratio": round(speeds[name] / speeds[REFERENCE], 3),
            "peak_memory_mb": round(peaks[name] / 2**20),
            "memory_ratio": round(peaks[name] / peaks[REFERENCE], 3),
            "failed": results[name][-1][2],
        }
        for name in results
    }


def _write(paths: list[Path], spool: Any, *, limit: int | None) -> list[str]:
    """Write the pages of gold files, `limit` of each spread over it, to `spool`, and return their names."""
    ids: list[str] = []
    for path in paths:
        step = max(1, sum(1 for _ in read_gold(path)) // limit) if limit else 1
        for number, gold in enumerate(read_gold(path)):
            if number % step == 0 and (not limit or number // step < limit):
                pickle.dump((len(ids), (gold.html, gold.url)), spool)
                ids.append(f"{path.name} {gold.id}")
    return ids


def against_bare(folder: Path, limit: int) -> list[Figure]:
    """Measure extraction against trafilatura with metadata on some pages of each set."""
    found = compare(list(gold_sets(folder).values()), names=["khabar", REFERENCE], limit=limit, rounds=3)
    ours, bare = found["khabar"], found[REFERENCE]
    return [
        Figure(
            what="extraction / bare trafilatura with metadata, processor time of one core",
            value=ours["speed_ratio"],
            sides=f"{ours['pages_per_second']} / {bare['pages_per_second']} pages/s",
            goal=2.2,
        ),
        Figure(
            what="extraction: peak memory / bare trafilatura",
            value=ours["memory_ratio"],
            sides=f"{ours['peak_memory_mb']} / {bare['peak_memory_mb']} MB",
        ),
    ]


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--set", "sets", multiple=True, help="Only this set (repeatable).")
@click.option(
    "--limit", type=click.IntRange(min=0), default=40, show_default=True, help="Pages of a set, spread over it; 0: all."
)
@click.option("--rounds", type=click.IntRange(min=3), default=3, show_default=True)
@click.option("--only", multiple=True, type=click.Choice(list(EXTRACTORS)), help="Only these beside trafilatura.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
def main(folder: Path, sets: tuple[str, ...], limit: int, rounds: int, only: tuple[str, ...], as_json: bool) -> None:
    """Print pages per second and peak memory of all extractors as ratios to trafilatura with metadata."""
    try:
        found = gold_sets(folder)
    except (FileNotFoundError, gzip.BadGzipFile) as error:
        raise click.ClickException(str(error)) from error
    if unknown := set(sets) - set(found):
        raise click.UsageError(f"no set {', '.join(sorted(unknown))}; there are {', '.join(found)}")
    wanted = [name for name in EXTRACTORS if not only or name in only or name == REFERENCE]
    names = [name for name in wanted if importlib.util.find_spec(EXTRACTORS[name][0])]
    for name in set(wanted) - set(names):
        click.echo(f"{name} is not installed", err=True)
    paths = [path for name, path in found.items() if not sets or name in sets]
    figures = compare(paths, names=names, limit=limit, rounds=rounds)
    if as_json:
        json.dump(figures, sys.stdout, indent=2)
        sys.stdout.write("\n")
        return
    table = Table("extractor", "pages/s", "speed ratio", "peak MB", "memory ratio", "failed")
    for name, row in figures.items():
        table.add_row(name, *(str(value) for value in row.values()))
    Console().print(table)


if __name__ == "__main__":
    main()
