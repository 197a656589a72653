"""The stages of the graph: each takes items in order and gives them back in order, finished ones untouched.

Three kinds of stage differ only in how they wait: `Inline` works at once, `Batched` gathers records for one round trip,
`Sandboxed` keeps several records under way in other processes. All of them have given everything back when their
bundle ends, so a bundle that commits is whole.
"""

import logging
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import apache_beam as beam
import msgspec
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import MIN_TIMESTAMP, Timestamp
from apache_beam.utils.windowed_value import WindowedValue

from pipeline import errors as fatal
from pipeline.beam_classes import DoFn
from pipeline.index import (
    Decision,
    IndexUnavailable,
    IndexUnusable,
    Observation,
    Probe,
    StoryArticle,
)
from pipeline.items import Item, Origin, dead_letter
from pipeline.observe.metrics import PARTS_FAILED, SANDBOX_FAILURES, STAGE_RECORDS, STAGE_SECONDS
from pipeline.resources import INDEX, SANDBOX
from pipeline.sandbox import Chunk, Failure, Work, causes_of, work
from pipeline.settings import Settings
from schemas.codec import encode
from schemas.jsonschema import validate
from schemas.reasons import Reason, Stage
from schemas.records import Dead, Duplicate
from transforms.analytics.facets import source_of
from transforms.decode import RawArticle, decode
from transforms.dedup.identity import request_key
from transforms.draft import Draft, Enriched
from transforms.errors import Rejected, failed_parts

_CHUNK_BYTES: Final = 32 * 1024
_CHUNK_RECORDS: Final = 32
_CHUNKS_PER_WORKER: Final = 4
_RECENT_OUTCOMES: Final = 200
_ENOUGH_OUTCOMES: Final = 50
_TOOK_PROCESS_DOWN: Final = frozenset({Reason.EXTRACT_TIMEOUT, Reason.EXTRACT_MEMORY, Reason.EXTRACT_CRASH})


_log = logging.getLogger("khabar")
_INDEX_PATIENCE: Final = 300.0
"""Seconds for which an index that cannot be reached is asked again."""
_LONGEST_PAUSE: Final = 10.0

Q = TypeVar("Q")
A = TypeVar("A")


class StageFn(ABC, DoFn):
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
        self._timestamp: Timestamp = MIN_TIMESTAMP

    def process(self, item: Item, timestamp: Any = beam.DoFn.TimestampParam) -> Iterator[Item]:
        self._timestamp = timestamp
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
            return (self._dead(item, origin, error, error.stage, error.reason, error.message),)
        except Exception as error:  # as in the sandbox: any bug becomes one dead letter, with its payload
            return (self._dead(item, origin, error, Stage.DECODE, Reason.INTERNAL_ERROR, str(error)),)

    @staticmethod
    def _dead(item: Item, origin: Origin, error: Exception, stage: Stage, reason: Reason, message: str) -> Item:
        kind, causes = type(error).__name__, causes_of(error)
        return item.with_state(dead_letter(origin, stage, reason, message, error_type=kind, causes=causes))


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

    def ask(self, question: Callable[[Sequence[Q]], list[A]], records: Sequence[Q]) -> list[A]:
        """Ask the index, patiently while it cannot be reached: that is no fault of the records."""
        STAGE_RECORDS.labels(question.__name__).inc(len(records))
        with fatal.stopping(IndexUnavailable, IndexUnusable, doing="the article index"):
            pause, deadline = 0.1, time.monotonic() + _INDEX_PATIENCE
            while True:
                try:
                    with STAGE_SECONDS.labels(question.__name__).time():
                        return question(records)
                except IndexUnavailable as error:
                    if time.monotonic() + pause > deadline:
                        raise
                    _log.warning("The article index cannot be reached, asking again in %.1f s: %s", pause, error)
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)


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
        STAGE_RECORDS.labels(self.stage).inc(len(self._unsent))
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
            where = {"source": item.span.source, "position": item.span.end - 1, "stage": result.stage}
            _log.warning("A record took its process down: %s", result.message, extra={**where, "reason": result.reason})
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


def repeated(item: Item, decision: Decision, raw: RawArticle | Draft) -> Duplicate:
    """Return the outcome of a record that adds no article."""
    assert item.origin is not None
    assert decision.outcome != "article"
    assert decision.duplicate_of is not None
    assert decision.similarity is not None
    assert decision.method is not None
    return Duplicate(
        outcome=decision.outcome,
        uri=decision.uri,
        duplicate_of=decision.duplicate_of,
        similarity=decision.similarity,
        method=decision.method,
        raw_id=raw.raw_id if isinstance(raw, Draft) else raw.id,
        url=raw.url,
        provenance=item.origin.provenance,
    )


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
            raw if decision is None else repeated(item, decision, raw)
            for item, raw, decision in zip(items, raws, self.ask(self.index.recall, probes), strict=True)
        ]


class ExtractFn(SandboxedFn):
    """`RawArticle` to `Draft`."""

    stage = Stage.EXTRACT
    work = staticmethod(work.extract)

    def arguments(self, item: Item) -> tuple[Any, ...]:
        return (item.state,)

    def weight(self, item: Item) -> int:
        raw: RawArticle = item.state
        return len(raw.body) * (2 if raw.kind == "text" else 8)

    def finished(self, item: Item, result: Any) -> Any:
        count_failed_parts(result.extraction.notes)
        return result


def count_failed_parts(notes: tuple[str, ...]) -> None:
    """Count the parts that the notes of an extraction say could not be read: each of them is a bug."""
    for part in failed_parts(notes):
        PARTS_FAILED.labels(part).inc()


@dataclass(frozen=True, slots=True)
class News:
    """A draft that the index found to be new, or a new version."""

    draft: Draft
    decision: Decision


def observation(item: Item, draft: Draft) -> Observation:
    """Return what the index is told of an extracted record."""
    return Observation(
        coordinates=coordinates(item),
        request_key=draft.request_key,
        body_sha256=draft.body_sha256,
        uri=draft.uri,
        title=draft.title,
        text=draft.text,
        language=draft.language.code,
        source=draft.source.domain,
        published_at=draft.published.timestamp if draft.published else None,
        modified_at=draft.modified.timestamp if draft.modified else None,
        # Not the transport's time: a record sent again would pass for a later crawl.
        fetched_at=draft.fetched_at,
        fingerprint=draft.fingerprint,
    )


class DedupeFn(BatchedFn):
    """`Draft` to `News`, `duplicate` or `unchanged`."""

    def answer(self, items: list[Item]) -> list[Any]:
        drafts: list[Draft] = [item.state for item in items]
        observations = [observation(item, draft) for item, draft in zip(items, drafts, strict=True)]
        return [
            News(draft, decision) if decision.outcome == "article" else repeated(item, decision, draft)
            for item, draft, decision in zip(items, drafts, self.ask(self.index.observe, observations), strict=True)
        ]


class EnrichFn(SandboxedFn):
    """`News` to `Enriched`."""

    stage = Stage.ENRICH
    work = staticmethod(work.enrich_and_sketch)

    def arguments(self, item: Item) -> tuple[Any, ...]:
        assert item.origin is not None
        news: News = item.state
        decision = news.decision
        return (
            news.draft,
            item.origin.provenance,
            decision.version,
            decision.change,
            decision.changes,
            decision.related,
            self.settings.ner_model,
            self.settings.research_names,
        )

    def weight(self, item: Item) -> int:
        news: News = item.state
        return len(news.draft.text) * 2

    def finished(self, item: Item, result: Any) -> Any:
        news: News = item.state
        count_failed_parts(result.article.extraction.notes[len(news.draft.extraction.notes) :])
        return result


class GroupStoriesFn(BatchedFn):
    """`Enriched` to `Article`, with its story."""

    def answer(self, items: list[Item]) -> list[Any]:
        articles = [story_article(item, item.state) for item in items]
        stories = self.ask(self.index.assign_stories, articles)
        return [
            msgspec.structs.replace(item.state.article, story=story) for item, story in zip(items, stories, strict=True)
        ]


def story_article(item: Item, enriched: Enriched) -> StoryArticle:
    """Return what the index needs to know of an article to find its story."""
    article = enriched.article
    return StoryArticle(
        uri=article.uri,
        version=article.version,
        event_at=article.published_at or article.fetched_at or _transport_time(item),
        title=article.title,
        source=source_of(article),
        language=article.language,
        places=tuple(dict.fromkeys(place.name for place in article.places)),
        people=tuple(person.name for person in article.people),
        sketch=enriched.sketch,
    )


def _transport_time(item: Item) -> str | None:
    milliseconds = item.origin.timestamp_ms if item.origin else None
    if milliseconds is None or milliseconds < 0:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):  # beyond the year 9999
        return None


class CheckFn(StageFn):
    """Outcomes to themselves: the last look before the sink.

    A record that cannot be written is a dead letter here, so that it does not take its job down in the sink. Validates
    records on request, and stops a job in which most records fail with errors that nobody foresaw: a bug, or a broken
    installation, should not turn a whole stream into dead letters.
    """

    def setup(self) -> None:
        self._recent: deque[bool] = deque(maxlen=_RECENT_OUTCOMES)

    def push(self, item: Item) -> Iterable[Item]:
        if item.origin is None:
            return (item,)
        item = self._checked(item, item.origin)
        self._recent.append(isinstance(item.state, Dead) and item.state.reason == Reason.INTERNAL_ERROR)
        if len(self._recent) >= _ENOUGH_OUTCOMES:
            share = sum(self._recent) / len(self._recent)
            with fatal.stopping():
                if share > self.settings.internal_error_rate:
                    raise fatal.JobStopped(
                        f"{share:.0%} of the last {len(self._recent)} records failed with an internal error; "
                        f"the last one at {coordinates(item)}: {getattr(item.state, 'message', '')}"
                    )
        return (item,)

    def _checked(self, item: Item, origin: Origin) -> Item:
        try:
            encoded = encode(item.state)
            message = _misfit(item.state) if self.settings.validate else None
        except (TypeError, ValueError) as error:
            message = f"cannot be written as JSON: {error}"
        if message is None:
            return Item(span=item.span, origin=item.origin, state=item.state, encoded=encoded)
        return item.with_state(dead_letter(origin, Stage.EMIT, Reason.INTERNAL_ERROR, message))


def _misfit(record: Any) -> str | None:
    """Return where a record is not what its schema says; None where it is."""
    from jsonschema import ValidationError  # takes long to import, and few jobs ask for it

    try:
        validate(record)
    except ValidationError as error:
        return f"not what the schema says: {error.json_path}: {error.message}"
    return None
