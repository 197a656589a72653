"""What `khabar stream` shows: on a terminal one line that is rewritten, in a log what changes, and counts at times."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final, Literal

from pipeline.errors import visible
from pipeline.observe import logs
from pipeline.observe.console import Terminal
from pipeline.observe.logs import Say
from pipeline.runners.stream.meter import Progress

_COUNT_SECONDS: Final = 60.0
"""Time between lines of counts while records move …"""
_IDLE_COUNT_SECONDS: Final = 600.0
"""… and while none do."""


@contextmanager
def showing(log_format: Literal["text", "json"] = "text") -> Iterator[tuple[Callable[[Progress], None], Say]]:
    """Give two functions: one shows progress, one says a line that stays."""
    if log_format == "json":
        yield Counts(_say_json).show, _say_json
        return
    console = Terminal(stderr=True, highlight=False)
    say = _say_dated(console)
    if not console.is_terminal:
        yield Counts(say).show, say
        return
    with console.status("starting") as status:
        yield (lambda progress: status.update(line(progress))), say


def line(progress: Progress) -> str:
    """Return the progress line: state, records a second, how far behind the end of the raw topic."""
    if progress.lag is None:
        return progress.state
    return f"{progress.state}: {progress.rate:,.0f} records/s, {progress.lag.behind:,} behind"


class Counts:
    """Says now and then how many records were committed, how many wait, and where the job stands."""

    def __init__(self, say: Say, clock: Callable[[], float] = time.monotonic) -> None:
        self._say = say
        self._clock = clock
        self._told: tuple[float, int] | None = None
        """When the last line was said, and the sum of committed positions then."""

    def show(self, progress: Progress) -> None:
        """Take note of where the job stands now."""
        now, lag = self._clock(), progress.lag
        if lag is None:
            return
        if self._told is None:
            self._told = now, lag.committed
        seconds, moved = now - self._told[0], lag.committed - self._told[1]
        if seconds < (_COUNT_SECONDS if moved or lag.behind else _IDLE_COUNT_SECONDS):
            return
        self._told = now, lag.committed
        what = f"{moved:,} records in {seconds:.0f} s ({moved / seconds:,.1f}/s)" if moved else "nothing new"
        self._say(f"{progress.state}: {what}, {lag.committed:,} in all, {lag.behind:,} wait")


def _say_dated(console: Terminal) -> Say:
    def say(text: str, fields: Mapping[str, Any] = MappingProxyType({})) -> None:
        where = f" ({fields['source']}, offset {fields['position']})" if "position" in fields else ""
        console.print(f"{time.strftime('%H:%M:%S')} khabar: {visible(text)}{where}", soft_wrap=True, markup=False)

    return say


def _say_json(text: str, fields: Mapping[str, Any] = MappingProxyType({})) -> None:
    print(logs.line(text, fields), file=sys.stderr, flush=True)
