"""Why a job stopped: an exception loses its type on the way through a runner, so what users must read is kept here."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class JobStopped(Exception):
    """The job cannot go on, for a reason that a user can act on; the message is one clear line."""


_lock = threading.Lock()
_first: list[JobStopped] = []


def first_cause() -> JobStopped | None:
    """Return the first reason that stopped the job of this process, if one was given."""
    return _first[0] if _first else None


def cause_in(text: str) -> JobStopped | None:
    """Return the reason that stopped a job in another process, from the runner's account of its failure."""
    found = re.search(rf"{JobStopped.__name__}: (.+)", text)
    return JobStopped(re.sub(r" \[while running .*|\\n.*", "", found[1]).strip()) if found else None


def forget() -> None:
    """Forget the reason, for a process that starts another job."""
    with _lock:
        _first.clear()


@contextmanager
def stopping(*errors: type[Exception], doing: str | None = None) -> Iterator[None]:
    """Turn `errors` into `JobStopped`, saying what was being done where their message does not."""
    try:
        yield
    except JobStopped as error:
        _remember(error)
        raise
    except errors as error:
        detail = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        stopped = JobStopped(f"{doing}: {detail}" if doing else detail)
        _remember(stopped)
        raise stopped from error


def _remember(error: JobStopped) -> None:
    with _lock:
        if not _first:
            _first.append(error)
