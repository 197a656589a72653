"""What users must read: one base of such exceptions, and the one place that makes a line and an exit status of them.

Other exceptions are other things. `transforms.errors.Rejected` is an outcome of a record. Errors of brokers, databases
and networks are retried where they occur. What is left is a bug, and shows a traceback.

An exception loses its type on the way through a runner, so the first reason that stopped a job is kept here as well.
"""

import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Explained(Exception):
    """Something that a user can act on; the message is one clear line."""

    exit_status = 1


def explanation(error: BaseException) -> tuple[str, int] | None:
    """Return the line and the exit status by which a command ends with `error`; None for a bug."""
    if isinstance(error, Explained):
        return visible(str(error)), error.exit_status
    kafka = sys.modules.get("kafka.errors")  # who has not imported it has none of its errors
    if kafka is not None and isinstance(error, kafka.KafkaError):
        return visible(f"Kafka: {error}"), 1
    return None


def visible(text: str) -> str:
    """Return `text` with control characters written out: what came from the network commands no terminal."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def visible_json(text: str) -> str:
    """Return JSON text that is the same JSON, with the control characters that JSON allows in strings written out."""
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class JobStopped(Explained):
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
