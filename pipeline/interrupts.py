"""How a command ends on SIGTERM and Ctrl-C: at once and from its first moment, cleaned up, and never half-way.

Python's own way, an exception in the main thread, is lost when it lands in a callback, such as those that imports run;
then the command goes on. So the handler itself cleans up and ends the process.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_CLOSING_SECONDS: Final = 1.5
_SHOW_CURSOR: Final = "\x1b[?25h"
"""A progress bar may have hidden it."""

_cleanups: list[Callable[[], str | None]] = []
_holds: list[bool] = []
"""One entry for each `held` block that is open; True when a signal has come meanwhile."""


def end_at_once() -> None:
    """Make SIGTERM and Ctrl-C end this process: cleaned up, with one line and status 1."""
    for number in _SIGNALS:
        signal.signal(number, _end)


def _end(_number: int, _frame: FrameType | None) -> None:
    if _holds:
        _holds[-1] = True
        return
    if threading.current_thread() is threading.main_thread():
        for number in _SIGNALS:  # what is being cleaned up is not begun again
            signal.signal(number, signal.SIG_IGN)
    said = ""
    for cleanup in reversed(_cleanups):
        with contextlib.suppress(Exception):
            said = cleanup() or said
    shown = _SHOW_CURSOR if sys.stderr.isatty() else ""
    with contextlib.suppress(OSError):
        os.write(2, f"{shown}khabar: interrupted{said and '; '}{said}\n".encode())
    os._exit(1)


def raise_soon() -> None:
    """Make SIGTERM and Ctrl-C raise `KeyboardInterrupt`, for a command that has connections to close in good order.

    It ends within seconds all the same when the exception is lost, or when closing takes longer, or is asked twice.
    """
    for number in _SIGNALS:
        signal.signal(number, _raise)


def _raise(_number: int, _frame: FrameType | None) -> None:
    end_at_once()
    late = threading.Timer(_CLOSING_SECONDS, _end, (signal.SIGTERM, None))
    late.daemon = True
    late.start()
    raise KeyboardInterrupt


@contextlib.contextmanager
def cleaning(cleanup: Callable[[], str | None]) -> Iterator[None]:
    """Call `cleanup` when the process is ended inside the block; what it returns is said to the user."""
    _cleanups.append(cleanup)
    try:
        yield
    finally:
        _cleanups.remove(cleanup)


@contextlib.contextmanager
def held(*, unless: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Let no signal end the process inside the block, but after it, `unless` that is too late then."""
    _holds.append(False)
    try:
        yield
    finally:
        came = _holds.pop()
        if came and not unless():
            _end(signal.SIGTERM, None)
