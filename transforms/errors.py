"""The one exception by which a transform says that a record cannot be processed."""

from schemas.reasons import Reason, Stage


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
