"""What people see in a terminal: progress, summaries, and text of both directions."""

import itertools
import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bidi.algorithm import get_display
from rich.table import Table
from rich.text import Text

from pipeline.errors import visible
from pipeline.observe.console import Terminal
from pipeline.runners.files import Progress as RunProgress
from pipeline.runners.files import RunSummary
from schemas.codec import decode
from schemas.records import Article

if TYPE_CHECKING:
    from pipeline.operations.replay import ReplaySummary

_SHOWN_ARTICLES: Final = 5
_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"
# Terminals that show characters in the order in which they come; the others reorder right-to-left text themselves.
_WITHOUT_BIDI: Final = ("XTERM_VERSION", "ALACRITTY_WINDOW_ID", "KITTY_WINDOW_ID", "WT_SESSION")


def readable(text: str) -> str:
    """Return `text` so that right-to-left parts read right on this terminal, whatever stands around them."""
    if not sys.stdout.isatty():
        return text
    text = visible(text)
    if any(name in os.environ for name in _WITHOUT_BIDI) or os.environ.get("TERM") == "linux":
        return str(get_display(text))
    return f"{_FIRST_STRONG_ISOLATE}{text}{_POP_ISOLATE}"


@contextmanager
def progress_bar(command: str = "run") -> Iterator[Callable[[RunProgress], None] | None]:
    """Give a function that shows the progress of a command, or None where nobody watches."""
    console = Terminal(stderr=True)
    if not console.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    with Progress(
        TextColumn(f"[bold]khabar {command}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[records]} records"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task("read", total=None, records=0)
        yield lambda p: bar.update(task, completed=p.bytes_read, total=p.bytes_total, records=p.records)


def show_summary(summary: RunSummary, out: Path) -> None:
    """Print what a run made: outcomes, reasons of dead letters, languages, speed and the first articles."""
    console = Terminal(highlight=False)
    rate = summary.records / summary.seconds if summary.seconds else 0
    console.print(
        f"{summary.records} records of {summary.files} files in {summary.seconds:.1f} s, {rate:.1f} records/s",
    )
    table = Table(box=None, show_header=False, pad_edge=False)
    for outcome in ("article", "unchanged", "duplicate", "dead"):
        details = _listed(summary.languages if outcome == "article" else summary.reasons if outcome == "dead" else {})
        table.add_row(f"  {outcome}", Text(str(summary.outcomes.get(outcome, 0)), justify="right"), f"  {details}")
    if summary.skipped:
        table.add_row(
            "  skipped", Text(str(sum(summary.skipped.values())), justify="right"), f"  {_listed(summary.skipped)}"
        )
    console.print(table)
    for line in _first_articles(out / "articles.jsonl"):
        console.print(Text(line, no_wrap=True, overflow="ellipsis"), soft_wrap=not console.is_terminal)
    console.print(f"written to {out}{os.sep}")
    console.print(f"look at it in the browser: khabar dashboard {shlex.quote(str(out))}", soft_wrap=True)


def show_replay(summary: "ReplaySummary", topic: str, *, dry_run: bool) -> None:
    """Print what a replay sent, or what a dry run found and its first records."""
    console = Terminal(highlight=False, soft_wrap=True)
    verb = f"to send to {topic}" if dry_run else f"sent to {topic}"
    before = f", {summary.before} sent before" if summary.before else ""
    console.print(f"{summary.sent} records {verb}{before}, of {summary.files} files")
    if summary.earliest and summary.latest:
        undated = f", {summary.undated} without a time" if summary.undated else ""
        console.print(f"  from {summary.earliest:%Y-%m-%d %H:%M} to {summary.latest:%Y-%m-%d %H:%M} UTC{undated}")
    if summary.unreadable:
        console.print(f"  cannot be read  {summary.unreadable.total()}  {_listed(summary.unreadable)}")
    if summary.skipped:
        console.print(f"  skipped  {summary.skipped.total()}  {_listed(summary.skipped)}")
    for sample in summary.samples:
        console.print(Text(f"\n{sample.pop('from')}"))
        for name, value in sample.items():
            if value:
                console.print(Text(f"  {name:<7} {readable(value) if name in {'title', 'text'} else value}"))


def _listed(counts: dict[str, int], limit: int = 8) -> str:
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    rest = len(ordered) - limit
    return ", ".join(f"{name} {count}" for name, count in ordered[:limit]) + (f", {rest} more" if rest > 0 else "")


def _first_articles(path: Path) -> Iterator[str]:
    with path.open("rb") as lines:
        for line in itertools.islice(lines, _SHOWN_ARTICLES):
            article = decode(line, Article)
            date = (article.published_at or "no date")[:10]
            yield f"  {date:<10}  {article.language or '??':<3}  {readable(article.title or article.uri)}"
