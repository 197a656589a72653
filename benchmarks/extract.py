"""Speed and memory of extraction beside other extractors, on the pages of gold files.

    python -m benchmarks.extract FOLDER [--set NAME] [--limit N] [--rounds N] [--only NAME] [--json]

Each extractor has a process of its own. After a first pass over some pages, which is not counted, the extractors take
turns, so that a busy machine is busy for all of them; figures are medians over the rounds, in processor time of one
core.
Extractors that are not installed are named and left out (``pip install khabar[bench]`` brings all).
"""

import gzip
import importlib.util
import json
import logging
import multiprocessing
import resource
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure
from benchmarks.gold import gold_sets, read_gold

Extract = Callable[[bytes, str | None], object]
REFERENCE = "trafilatura"


def khabar() -> Extract:
    import pipeline.sandbox.preload  # noqa: F401 - as an extraction process of the pipeline is loaded
    from transforms.extraction.html import extract_html

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


def news_please() -> Extract:
    from newsplease import NewsPlease

    return lambda html, url: NewsPlease.from_html(
        html.decode("utf-8", "replace"), url=url or "http://example.org/", fetch_images=False
    )


EXTRACTORS: dict[str, tuple[str, Callable[[], Extract]]] = {
    "khabar": ("transforms", khabar),
    REFERENCE: ("trafilatura", trafilatura),
    "trafilatura fast": ("trafilatura", trafilatura_fast),
    "readability-lxml (body only)": ("readability", readability),
    "resiliparse (body only)": ("resiliparse", resiliparse_text),
    "goose3": ("goose3", goose),
    "newspaper4k": ("newspaper", newspaper),
    "news-please": ("newsplease", news_please),
}
"""Name: module that must be there, and a function that gives the extractor ready to run."""

_pages: list[tuple[bytes, str | None]] = []
_extract: Extract


def _start(name: str, paths: list[Path], limit: int | None) -> None:
    """Load the pages and the extractor in a fresh process, and run what is slow only once."""
    global _extract
    logging.disable(logging.CRITICAL)
    for path in paths:
        pages = [(gold.html, gold.url) for gold in read_gold(path)]
        step = max(1, len(pages) // limit) if limit else 1
        _pages.extend(pages[::step][:limit])
    _extract = EXTRACTORS[name][1]()
    for html, url in _pages[:10]:
        _try(html, url)


def _try(html: bytes, url: str | None) -> bool:
    try:
        _extract(html, url)
    except Exception:
        return False
    return True


def _round(_: int) -> tuple[float, int, int, int]:
    """Return seconds, pages, failures and the peak of memory (bytes) of one pass over the pages."""
    start = time.process_time()
    failed = sum(not _try(html, url) for html, url in _pages)
    seconds = time.process_time() - start
    return seconds, len(_pages), failed, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def compare(
    paths: list[Path], *, names: list[str], limit: int | None, rounds: int
) -> dict[str, dict[str, float | int]]:
    """Return pages per second, peak memory and failures of each extractor, and their ratios to the reference."""
    spawn = multiprocessing.get_context("spawn")
    pools = {
        name: ProcessPoolExecutor(1, mp_context=spawn, initializer=_start, initargs=(name, paths, limit))
        for name in names
    }
    results: dict[str, list[tuple[float, int, int, int]]] = {name: [] for name in names}
    try:
        for number in range(rounds):
            for name, pool in pools.items():
                results[name].append(pool.submit(_round, number).result())
    finally:
        for pool in pools.values():
            pool.shutdown(cancel_futures=True)
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
        for name in names
    }


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
@click.option("--limit", type=click.IntRange(min=1), help="At most so many pages of a set, spread over it.")
@click.option("--rounds", type=click.IntRange(min=3), default=3, show_default=True)
@click.option("--only", multiple=True, type=click.Choice(list(EXTRACTORS)), help="Only these beside trafilatura.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
def main(
    folder: Path, sets: tuple[str, ...], limit: int | None, rounds: int, only: tuple[str, ...], as_json: bool
) -> None:
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
