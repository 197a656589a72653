"""The progress line of `khabar stream`: on a terminal one line that is rewritten, in a log only what changes."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

from pipeline.stream import Progress


@contextmanager
def showing() -> Iterator[tuple[Callable[[Progress], None], Callable[[str], None]]]:
    """Give two functions: one shows progress, one says a line that stays."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield (lambda _progress: None), _say_dated(console)
        return
    with console.status("starting") as status:
        yield (lambda progress: status.update(line(progress))), _say_dated(console)


def line(progress: Progress) -> str:
    """Return the progress line: state, records a second, how far behind the end of the raw topic."""
    if progress.lag is None:
        return progress.state
    return f"{progress.state}: {progress.rate:,.0f} records/s, {progress.lag.behind:,} behind"


def _say_dated(console: Console) -> Callable[[str], None]:
    def say(text: str) -> None:
        console.print(f"{time.strftime('%H:%M:%S')} khabar: {text}", soft_wrap=True, markup=False)

    return say
