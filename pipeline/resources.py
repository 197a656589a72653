"""What all stages of one Beam worker process share: the sandbox and the article index.

A worker runs several copies of a stage at once. The first that asks opens the resource, the last that leaves closes it.
"""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Generic, TypeVar, cast

from pipeline.index import Index, open_index
from pipeline.sandbox import Sandbox
from pipeline.settings import Settings
from transforms.entities.ner import load_model

T = TypeVar("T")

_lock = threading.Lock()
_open: dict[tuple[str, Settings], tuple[Any, int]] = {}


class Shared(Generic[T]):
    """A resource of the process, held from `acquire` to `release`."""

    def __init__(self, name: str, make: Callable[[Settings], T], close: Callable[[T], None]) -> None:
        self._name = name
        self._make = make
        self._close = close

    def acquire(self, settings: Settings) -> T:
        """Return the resource for `settings`, opened if nobody holds it yet."""
        key = (self._name, settings)
        with _lock:
            resource, holders = _open.get(key, (None, 0))
            if holders == 0:
                resource = self._make(settings)
            _open[key] = (resource, holders + 1)
            return cast(T, resource)

    def release(self, settings: Settings) -> None:
        """Give the resource back; closes it when nobody holds it any more."""
        key = (self._name, settings)
        with _lock:
            if key not in _open:
                return
            resource, holders = _open.pop(key)
            if holders > 1:
                _open[key] = (resource, holders - 1)
            else:
                self._close(resource)


def _make_sandbox(settings: Settings) -> Sandbox:
    sandbox = Sandbox(
        workers=settings.workers,
        deadline_s=settings.deadline_s,
        memory_mb=settings.memory_mb,
        prepare=partial(load_model, settings.ner_model) if settings.ner_model else None,
    )
    sandbox.start()
    return sandbox


SANDBOX: Shared[Sandbox] = Shared("sandbox", _make_sandbox, Sandbox.close)
INDEX: Shared[Index] = Shared("index", lambda settings: open_index(settings.index_url), lambda index: index.close())
