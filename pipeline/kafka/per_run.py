"""What a process has once for each run of a job: a runner keeps several copies of a DoFn, and they share it."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from pipeline.kafka.connection import KafkaJob

T = TypeVar("T")


class OncePerRun(Generic[T]):
    """Returns for a run the one object that `make` makes of its job at the first call, whichever thread is first."""

    def __init__(self, make: Callable[[KafkaJob], T]) -> None:
        self._make = make
        self._made: dict[tuple[str, str], T] = {}
        self._lock = threading.Lock()

    def __call__(self, job: KafkaJob) -> T:
        with self._lock:
            key = (job.name, job.run)
            if key not in self._made:
                self._made[key] = self._make(job)
            return self._made[key]
