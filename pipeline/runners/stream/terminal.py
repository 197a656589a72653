"""The progress line of `khabar stream`: on a terminal one line that is rewritten, in a log only what changes."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Literal

from rich.console import Console

from pipeline.observe import logs
from pipeline.runners.stream.supervisor import Progress, Say


@contextmanager
def showing(log_format: Literal["text", "json"] = "text") -> Iterator[tuple[Callable[[Progress], None], Say]]:
    """Give two functions: one shows progress, one says a line that stays."""
    if log_format == "json":
        yield (lambda _progress: None), _say_json
        return
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


def _say_dated(console: Console) -> Say:
    def say(text: str, fields: Mapping[str, Any] = MappingProxyType({})) -> None:
        where = f" ({fields['source']}, offset {fields['position']})" if "position" in fields else ""
        console.print(f"{time.strftime('%H:%M:%S')} khabar: {text}{where}", soft_wrap=True, markup=False)

    return say


def _say_json(text: str, fields: Mapping[str, Any] = MappingProxyType({})) -> None:
    print(logs.line(text, fields), file=sys.stderr, flush=True)
