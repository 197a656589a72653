"""The stages of the graph: each takes items in order and gives them back in order, finished ones untouched.

Three kinds of stage differ only in how they wait: `Inline` works at once, `Batched` gathers records for one round trip,
`Sandboxed` keeps several records under way in other processes. All of them have given everything back when their
bundle ends, so a bundle that commits is whole.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import apache_beam as beam
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import MIN_TIMESTAMP, Timestamp
from apache_beam.utils.windowed_value import WindowedValue

from pipeline.index import Decision, Observation, Probe
from pipeline.items import Item, dead_letter
from pipeline.metrics import SANDBOX_FAILURES
from pipeline.resources import INDEX, SANDBOX
from pipeline.sandbox import Chunk, Failure, Work, causes_of
from pipeline.settings import Settings
from schemas.reasons import Reason, Stage
from schemas.records import Article, Duplicate
from transforms.decode import RawArticle, decode
from transforms.enrich import enrich
from transforms.errors import Rejected
from transforms.extract import Draft, extract

_CHUNK_BYTES: Final = 32 * 1024
_CHUNK_RECORDS: Final = 32
_CHUNKS_PER_WORKER: Final = 4
_TOOK_PROCESS_DOWN: Final = frozenset({Reason.EXTRACT_TIMEOUT, Reason.EXTRACT_MEMORY, Reason.EXTRACT_CRASH})


class StageFn(ABC, beam.DoFn):  # type: ignore[misc]
    """A stage as Beam runs it. Subclasses say what `push` and `drain` give back."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings

    @abstractmethod
    def push(self, item: Item) -> Iterable[Item]:
        """Take one item; return those that are ready, in the order in which they came."""

    def drain(self) -> Iterable[Item]:
        """Return all items that are still held, in order."""
        return ()

    def start_bundle(self) -> None:
        self._timestamp = MIN_TIMESTAMP

    def process(self, item: Item, timestamp: Any = beam.DoFn.TimestampParam) -> Iterator[Item]:
        self._timestamp: Timestamp = timestamp
        yield from self.push(item)

    def finish_bundle(self) -> Iterator[WindowedValue]:
        for item in self.drain():
            yield WindowedValue(item, self._timestamp, (GlobalWindow(),))


class DecodeFn(StageFn):
    """`Origin` to `RawArticle`."""

    def push(self, item: Item) -> Iterable[Item]:
        if not item.under_way or item.origin is None:
            return (item,)
        origin = item.origin
        if origin.failure:
            reason, message = origin.failure
            return (item.with_state(dead_letter(origin, Stage.READ, reason, message)),)
        if len(origin.payload) > self.settings.max_record_bytes:
            message = f"{len(origin.payload)} bytes, the limit is {self.settings.max_record_bytes}"
            return (item.with_state(dead_letter(origin, Stage.DECODE, Reason.TOO_LARGE, message)),)
        try:
            return (item.with_state(decode(origin.payload, dict(origin.headers))),)
        except Rejected as error:
            return (
                item.with_state(
                    dead_letter(
                        origin,
                        error.stage,
                        error.reason,
                        error.message,
                        error_type=type(error).__name__,
                        causes=causes_of(error),
                    )
                ),
            )


class BatchedFn(StageFn):
    """A stage that answers many records in one call, here a round trip to the index."""

    def setup(self) -> None:
        self._held: list[Item] = []
        self.index = INDEX.acquire(self.settings)

    def teardown(self) -> None:
        INDEX.release(self.settings)

    def start_bundle(self) -> None:
        super().start_bundle()
        self._held = []

    @abstractmethod
    def answer(self, items: list[Item]) -> list[Any]:
        """Return the new state of each item, all of which are under way."""

    def push(self, item: Item) -> Iterable[Item]:
        self._held.append(item)
        return self.drain() if len(self._held) >= self.settings.index_batch else ()

    def drain(self) -> Iterable[Item]:
        held, self._held = self._held, []
        under_way = [item for item in held if item.under_way]
        states = iter(self.answer(under_way) if under_way else ())
        return [item.with_state(next(states)) if item.under_way else item for item in held]


@dataclass(slots=True)
class _Waiting:
    """An item and where its result will be: a place in a chunk, or nowhere when it has none to wait for."""

    item: Item
    chunk: Chunk | None = None
    place: int = 0


class SandboxedFn(StageFn):
    """A stage whose work runs in the sandbox, several chunks of records at a time, in order."""

    stage: Stage
    work: Work

    def setup(self) -> None:
        self.sandbox = SANDBOX.acquire(self.settings)

    def teardown(self) -> None:
        SANDBOX.release(self.settings)

    def start_bundle(self) -> None:
        super().start_bundle()
        self._waiting: deque[_Waiting] = deque()
        self._unsent: list[_Waiting] = []
        self._unsent_bytes = 0
        self._chunks_out: deque[Chunk] = deque()

    @abstractmethod
    def arguments(self, item: Item) -> tuple[Any, ...]:
        """Return what `work` takes for this item."""

    @abstractmethod
    def weight(self, item: Item) -> int:
        """Return roughly how many bytes this item has; chunks are cut by it."""

    def finished(self, item: Item, result: Any) -> Any:
        """Return the item's new state from the result of `work`."""
        return result

    def push(self, item: Item) -> Iterable[Item]:
        waiting = _Waiting(item)
        self._waiting.append(waiting)
        if item.under_way:
            self._unsent.append(waiting)
            self._unsent_bytes += self.weight(item)
            if self._unsent_bytes >= _CHUNK_BYTES or len(self._unsent) >= _CHUNK_RECORDS:
                self._send()
        return self._ready()

    def drain(self) -> Iterable[Item]:
        self._send()
        while self._waiting:
            yield self._take(self._waiting.popleft())

    def _send(self) -> None:
        if not self._unsent:
            return
        chunk = self.sandbox.submit(self.stage, self.work, [self.arguments(w.item) for w in self._unsent])
        for place, waiting in enumerate(self._unsent):
            waiting.chunk, waiting.place = chunk, place
        self._chunks_out.append(chunk)
        self._unsent, self._unsent_bytes = [], 0

    def _ready(self) -> Iterator[Item]:
        """Give back what is done at the head; wait for the oldest chunk only when enough of them are out."""
        while self._chunks_out and self._chunks_out[0].done:
            self._chunks_out.popleft()
        if len(self._chunks_out) > self.settings.workers * _CHUNKS_PER_WORKER:
            self._chunks_out.popleft().results()
        while self._waiting:
            head = self._waiting[0]
            if head.item.under_way and (head.chunk is None or not head.chunk.done):
                return
            yield self._take(self._waiting.popleft())

    def _take(self, waiting: _Waiting) -> Item:
        item = waiting.item
        if waiting.chunk is None:
            return item
        result = waiting.chunk.results()[waiting.place]
        if not isinstance(result, Failure):
            return item.with_state(self.finished(item, result))
        assert item.origin is not None
        if result.reason in _TOOK_PROCESS_DOWN:
            SANDBOX_FAILURES.labels(result.reason).inc()
        return item.with_state(
            dead_letter(
                item.origin,
                result.stage,
                result.reason,
                result.message,
                error_type=result.error_type,
                causes=result.causes,
                raw_id=getattr(item.state, "id", None) or getattr(item.state, "raw_id", None),
                url=getattr(item.state, "url", None),
            )
        )


def coordinates(item: Item) -> str:
    """Return the name under which the index knows where this record was read."""
    return f"{item.span.source}#{item.span.end - 1}"


class DedupeExactFn(BatchedFn):
    """`RawArticle` to itself, or to `unchanged` where the very same body was seen under the same identity."""

    def answer(self, items: list[Item]) -> list[Any]:
        raws: list[RawArticle] = [item.state for item in items]
        probes = [
            Probe(
                coordinates=coordinates(item),
                request_key=request_key(raw.url, raw.id),
                body_sha256=raw.body_sha256,
            )
            for item, raw in zip(items, raws, strict=True)
        ]
        return [
            raw if decision is None else repeated(item, decision, raw_id=raw.id, url=raw.url)
            for item, raw, decision in zip(items, raws, self.index.recall(probes), strict=True)
        ]


class ExtractFn(SandboxedFn):
    """`RawArticle` to `Draft`."""

    stage = Stage.EXTRACT
    work = staticmethod(extract)

    def arguments(self, item: Item) -> tuple[Any, ...]:
        return (item.state,)

    def weight(self, item: Item) -> int:
        raw: RawArticle = item.state
        return len(raw.body) * (2 if raw.kind == "text" else 8)


@dataclass(frozen=True, slots=True)
class News:
    """A draft that the index found to be new, or a new version."""

    draft: Draft
    decision: Decision


class DedupeFn(BatchedFn):
    """`Draft` to `News`, `duplicate` or `unchanged`."""

    def answer(self, items: list[Item]) -> list[Any]:
        drafts: list[Draft] = [item.state for item in items]
        observations = [self._observation(item, draft) for item, draft in zip(items, drafts, strict=True)]
        return [
            News(draft, decision)
            if decision.outcome == "article"
            else repeated(item, decision, raw_id=draft.raw_id, url=draft.url)
            for item, draft, decision in zip(items, drafts, self.index.observe(observations), strict=True)
        ]
