"""How a transform says that a record cannot be processed, and that a part of an article could not be read."""

import re
from collections.abc import Callable, Iterable
from typing import Final, ParamSpec, TypeVar

from schemas.reasons import Reason, Stage

P = ParamSpec("P")
T = TypeVar("T")
_FAILED: Final = re.compile(r"([a-z_]+) could not be read: \w+$")


class Rejected(Exception):
    """A record that can never succeed with this code; it becomes a dead letter with `stage` and `reason`.

    Errors of the network, the broker or a store are not of this kind: they are retried where they occur.
    """

    def __init__(self, stage: Stage, reason: Reason, message: str) -> None:
        super().__init__(stage, reason, message)
        self.stage = stage
        self.reason = reason
        self.message = message

    def __str__(self) -> str:
        return f"{self.reason}: {self.message}"


class Parts:
    """Reads the parts that only add something to an article: where one fails, its field stays empty.

    A failure is a bug all the same, so `notes` name the part and the kind of error; they end in ``extraction.notes``.
    """

    def __init__(self) -> None:
        self.notes: list[str] = []

    def read(self, part: str, otherwise: T, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `work` gives for the arguments, `otherwise` when it fails."""
        try:
            return work(*args, **kwargs)
        except (Rejected, MemoryError):
            raise
        except Exception as error:
            self.notes.append(f"{part} could not be read: {type(error).__name__}")
            return otherwise


def failed_parts(notes: Iterable[str]) -> list[str]:
    """Return the parts that `notes` of an extraction say could not be read."""
    return [found[1] for note in notes if (found := _FAILED.match(note))]
