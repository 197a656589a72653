"""Kafka source: a splittable DoFn that reads each partition of the raw topic from the job's committed position.

A partition is one restriction that never ends by itself. `process` hands over after a bounded number of records, bytes
or time, or as soon as nothing more has arrived, and the runner resumes it; so bundles, and with them transactions and
latency, stay small. What was fetched ahead stays in this process between the calls; when the runner moves the partition
or loses state, the next call starts again from the committed position, and the sink drops what is below it.
"""

import contextlib
import hashlib
import logging
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any, Final

import apache_beam as beam
import msgspec
from apache_beam.io.restriction_trackers import OffsetRange, OffsetRestrictionTracker
from apache_beam.io.watermark_estimators import ManualWatermarkEstimator
from apache_beam.transforms.core import RestrictionProvider
from apache_beam.transforms.window import TimestampedValue
from apache_beam.utils.timestamp import Duration, Timestamp
from kafka import TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import AuthorizationError, OffsetOutOfRangeError

from pipeline.beam_classes import DoFn
from pipeline.errors import stopping
from pipeline.items import Gap, Item, Origin, Span
from pipeline.kafka.connection import ATTEMPTS_HEADER, KafkaJob, until_answered
from pipeline.kafka.control import Standing, Watch, acknowledge, watch
from pipeline.kafka.positions import settled_offset
from pipeline.kafka.shared_consumer import Fetched, shared_consumer
from pipeline.kafka.topic_ids import Beside
from pipeline.observe.metrics import BYTES_READ, RECORDS_READ
from pipeline.sources.formats.records import FAILURE_HEADER, ReadFailure
from schemas.reasons import Reason
from schemas.records import Attempt, KafkaProvenance

_LOGGER = logging.getLogger(__name__)

_NO_END: Final = 2**62
_FIRST_PAUSE: Final = 0.01
"""Seconds until an empty partition is looked at again; they double while it stays empty, up to `idle_seconds` …"""
_LOOK_COST: Final = 0.004
"""… or to as many times these seconds as partitions are read here: looks shall take a part of the time, not all."""
_LOOK_SECONDS: Final = 1.0
"""How soon the search for new partitions notices that the run ends."""
_GAP_SECONDS: Final = 1.0
"""How long a partition must be silent before a gap at its end is reported without a record behind it."""


class LostOffsetsError(RuntimeError):
    """The job's position is no longer in the topic: records were deleted, or never existed, where it has to go on."""


class _Positions(OffsetRestrictionTracker):  # type: ignore[misc]
    """Positions of a partition that grows for ever: only its rest can be split off, by a checkpoint."""

    def try_split(self, fraction_of_remainder: float) -> Any:
        return super().try_split(0) if fraction_of_remainder == 0 else None

    def is_bounded(self) -> bool:
        return False


class _FromStart(RestrictionProvider):  # type: ignore[misc]
    def initial_restriction(self, element: Any) -> OffsetRange:
        return OffsetRange(0, _NO_END)

    def create_tracker(self, restriction: OffsetRange) -> _Positions:
        return _Positions(restriction)

    def restriction_size(self, element: Any, restriction: OffsetRange) -> float:
        return 1.0  # how far the end is, only the broker knows

    def truncate(self, element: Any, restriction: OffsetRange) -> None:
        return None  # a runner that drains needs nothing more from here


class ReadFromKafka(beam.PTransform):  # type: ignore[misc]
    """Reads the raw topic: an `Item` with state `Origin` per record, one with a `Gap` where offsets end in no record.

    Items of a partition come in order; their event time is the message's timestamp.
    """

    def __init__(self, job: KafkaJob) -> None:
        super().__init__()
        self._job = job

    def expand(self, begin: Any) -> Any:
        return (
            begin
            | "Impulse" >> beam.Impulse()
            | "Partitions" >> beam.ParDo(_FindPartitionsFn(self._job))
            | "Records" >> beam.ParDo(_ReadPartitionFn(self._job)).with_output_types(Item)
        )


class _FindPartitionsFn(DoFn):
    """Emits the number of each partition once, also of those that are added while the job runs."""

    def __init__(self, job: KafkaJob) -> None:
        self._job = job
        self._next_look = 0.0

    @beam.DoFn.unbounded_per_element()  # type: ignore[untyped-decorator]
    def process(
        self,
        _impulse: bytes,
        tracker: Any = beam.DoFn.RestrictionParam(_FromStart()),  # noqa: B008
        watermark: Any = beam.DoFn.WatermarkEstimatorParam(ManualWatermarkEstimator.default_provider()),  # noqa: B008
    ) -> Iterator[int]:
        following = watch(self._job)
        following.wait(min(self._job.wait_seconds, self._next_look - time.monotonic()))
        if time.monotonic() >= self._next_look:
            for partition in range(tracker.current_restriction().start, self._count()):
                if not tracker.try_claim(partition):
                    return
                yield partition
            self._next_look = time.monotonic() + self._job.new_partitions_seconds
        if following.standing is not Standing.CURRENT:
            tracker.try_claim(_NO_END - 1)
            return
        _advance(watermark, time.time())
        tracker.defer_remainder(Duration(_LOOK_SECONDS))

    def _count(self) -> int:
        def ask() -> int:
            with contextlib.closing(self._job.connection.consumer()) as consumer:
                return len(consumer.partitions_for_topic(self._job.topics.raw))

        return until_answered(f"list the partitions of {self._job.topics.raw}", ask)


class _ReadPartitionFn(DoFn):
    def __init__(self, job: KafkaJob) -> None:
        self._job = job
        self._bundle_ends = 0.0
        self._bundle_waits = False

    def setup(self) -> None:
        logging.getLogger("kafka").setLevel(logging.ERROR)

    def start_bundle(self) -> None:
        self._bundle_ends = time.monotonic() + self._job.bundle_seconds
        self._bundle_waits = True

    @beam.DoFn.unbounded_per_element()  # type: ignore[untyped-decorator]
    def process(
        self,
        partition: int,
        tracker: Any = beam.DoFn.RestrictionParam(_FromStart()),  # noqa: B008
        watermark: Any = beam.DoFn.WatermarkEstimatorParam(ManualWatermarkEstimator.default_provider()),  # noqa: B008
    ) -> Iterator[Any]:
        job = self._job
        following = watch(job)
        # A bundle may hold many partitions: its time is theirs together, and none waits for what another has. They may
        # come in the same order each time, so one that was passed over has its turn in the next bundle.
        me = (job.name, job.run, partition)
        late = following.standing is Standing.CURRENT and time.monotonic() >= self._bundle_ends
        if late and me not in _PASSED_OVER:
            _PASSED_OVER.add(me)
            tracker.defer_remainder()
            return
        _PASSED_OVER.discard(me)
        reader = _borrow(job, partition)
        try:
            reader.stand_at(tracker.current_restriction().start)
            records = size = 0
            if self._bundle_waits:
                self._bundle_waits = False
                if not _PASSED_OVER:
                    reader.wait(following)
                self._bundle_ends = time.monotonic() + job.bundle_seconds
            while following.standing is Standing.CURRENT:
                record = reader.next()
                if record is None:
                    end = reader.silent_end() if records == 0 else None
                    if end is not None:
                        start = reader.position
                        if not tracker.try_claim(end - 1):
                            return
                        reader.position = end
                        gap = Item(
                            span=Span(source=job.source(partition), start=start, end=end), origin=None, state=Gap()
                        )
                        yield TimestampedValue(gap, watermark.current_watermark() or Timestamp(0))
                    _advance(watermark, time.time() - job.idle_watermark_seconds)
                    tracker.defer_remainder(Duration(reader.pause()))
                    return
                if not tracker.try_claim(record.offset):
                    reader.put_back(record)
                    return
                yield TimestampedValue(self._item(record, reader.position), Timestamp(micros=_micros(record)))
                reader.position = record.offset + 1
                records += 1
                size += len(record.value or b"")
                if records >= job.bundle_records or size >= job.bundle_bytes or time.monotonic() >= self._bundle_ends:
                    _advance(watermark, record.timestamp / 1000)
                    tracker.defer_remainder()
                    return
            # The run ends here. The runner resumes a partition only after the bundle before has been committed, so
            # nothing of it is under way; claim all that is left, so that the runner sees the partition done.
            if following.standing is Standing.DRAINING:
                acknowledge(job, partition)
            tracker.try_claim(_NO_END - 1)
        except BaseException:
            reader.close()
            raise
        finally:
            if records:
                RECORDS_READ.labels("kafka").inc(records)
                BYTES_READ.labels("kafka").inc(size)
            _give_back(job, reader)

    def _item(self, record: ConsumerRecord, start: int) -> Item:
        payload = record.value if record.value is not None else b""
        attempts: tuple[Attempt, ...] = ()
        headers = []
        for name, value in record.headers or ():
            text = (value or b"").decode("utf-8", "backslashreplace")
            if name.lower() == ATTEMPTS_HEADER:
                attempts = _attempts(text)
            else:
                headers.append((name.lower(), text))
        failure = None
        payload_bytes = None
        if read_failure := _read_failure(dict(headers).get(FAILURE_HEADER)):
            failure = (read_failure.reason, read_failure.message)
            payload_bytes = max(read_failure.payload_bytes, len(payload))
        if len(payload) > self._job.max_record_bytes:
            failure = (Reason.TOO_LARGE, f"{len(payload)} bytes; the limit is {self._job.max_record_bytes}")
        origin = Origin(
            payload=payload,
            payload_bytes=payload_bytes,
            headers=tuple(headers),
            timestamp_ms=record.timestamp if record.timestamp >= 0 else None,
            provenance=KafkaProvenance(
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                content_sha256=hashlib.sha256(payload).hexdigest(),
                pipeline_version=self._job.pipeline_version,
            ),
            attempts=attempts,
            failure=failure,
        )
        span = Span(source=self._job.source(record.partition), start=start, end=record.offset + 1)
        return Item(span=span, origin=origin, state=origin)


def _attempts(text: str) -> tuple[Attempt, ...]:
    try:
        return msgspec.json.decode(text, type=tuple[Attempt, ...])
    except msgspec.DecodeError:
        return ()  # anybody can write headers; a bad one is not a reason to refuse the record


def _read_failure(text: str | None) -> ReadFailure | None:
    try:
        return msgspec.json.decode(text, type=ReadFailure) if text else None
    except msgspec.DecodeError:
        return None


def _micros(record: ConsumerRecord) -> int:
    return max(int(record.timestamp), 0) * 1000


def _advance(watermark: Any, seconds: float) -> None:
    wanted = Timestamp(seconds)
    current = watermark.current_watermark()
    if current is None or wanted > current:
        watermark.set_watermark(wanted)


class _Reader:
    """Reads one partition. `position` is the end of what was handed out."""

    def __init__(self, job: KafkaJob, partition: int) -> None:
        self._job = job
        self._place = TopicPartition(job.topics.raw, partition)
        self._fetched: Fetched = deque()
        self._taken_back: ConsumerRecord | None = None
        self._silent_since: float | None = None
        self._pause = _FIRST_PAUSE
        self._stood_at = (-1, -1)
        self.partition = partition
        self.position = -1
        self.closed = False
        self._consumer = shared_consumer(job)

    def stand_at(self, start: int) -> None:
        """Make the next record the first one that is not settled, given where the runner believes to stand."""
        # As long as nothing was handed out the runner believes what it did at first, and what was fetched is good: to
        # seek again would drop it, each time before it is read.
        if start == self.position or (start, self.position) == self._stood_at:
            return
        found = settled_offset(self._job, self.partition)
        if found is None:
            committed = self._edge("beginning", self._place)
        else:
            committed, metadata = found
            Beside.decode(metadata).check(self._job, self._job.source(self.partition))
        # Below the committed position all is settled. Above it, the sink will say loudly that something is missing.
        self.position = max(start, committed)
        self._stood_at = (start, self.position)
        self._taken_back = None
        self._silent_since = None
        self._fetched = self._consumer.seek(self._place, self.position)

    def wait(self, following: Watch) -> None:
        """Wait for a record of any partition that is read here, unless the run ends."""
        if self._taken_back is None:
            seconds = self._job.wait_seconds
            with self._reading():
                self._consumer.wait(self._place, self._fetched, seconds, lambda: following.standing is Standing.CURRENT)

    def next(self) -> ConsumerRecord | None:
        """Return the next record, None when none has arrived."""
        record, self._taken_back = self._taken_back, None
        if record is None:
            with self._reading():
                record = self._consumer.next(self._place, self._fetched)
        if record is not None:
            self._silent_since = None
            self._pause = _FIRST_PAUSE
        return record

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        with stopping(LostOffsetsError, AuthorizationError, doing=f"cannot read {self._job.topics.raw}"):
            try:
                yield
            except OffsetOutOfRangeError as error:
                raise self._lost(error) from error

    def put_back(self, record: ConsumerRecord) -> None:
        """Take back a record that the runner did not want any more."""
        self._taken_back = record

    def silent_end(self) -> int | None:
        """Return where the partition ends, if offsets without records precede that end and nothing comes any more."""
        end = self._consumer.end(self._place, self._fetched) or 0
        if end <= self.position:
            return None
        now = time.monotonic()
        if self._silent_since is None:
            self._silent_since = now
        return end if now - self._silent_since >= _GAP_SECONDS else None

    def pause(self) -> float:
        """Return how long to leave the empty partition alone, in seconds."""
        pause = self._pause
        self._pause = min(pause * 2, max(self._job.idle_seconds, _LOOK_COST * len(self._consumer)))
        return pause

    def close(self) -> None:
        """Fetch nothing more of the partition."""
        if not self.closed:
            self.closed = True
            self._consumer.leave(self._place, self._fetched)

    def _edge(self, which: str, place: TopicPartition) -> int:
        return until_answered(f"find the {which} of {place}", lambda: self._consumer.edge(place, which))

    def _lost(self, error: OffsetOutOfRangeError) -> LostOffsetsError:
        """Return what is said of the partition that the error names: the consumer reads more than this one."""
        place, position = next(iter(error.args[0].items()))
        first, end = self._edge("beginning", place), self._edge("end", place)
        return LostOffsetsError(
            f"{place.topic}/{place.partition}: it holds offsets {first} to {end}, but the job "
            f"stands at {position}: records between were deleted before they were read, or the topic was created anew; "
            "docs/operations.md says how to go on"
        )


# A reader is used by one call at a time: a call borrows it, and one that failed does not give it back.
_READERS: dict[tuple[str, str, int], _Reader] = {}
_PASSED_OVER: set[tuple[str, str, int]] = set()
"""Partitions that the last bundle had no time for."""
_LOCK = threading.Lock()


def _borrow(job: KafkaJob, partition: int) -> _Reader:
    with _LOCK:
        reader = _READERS.pop((job.name, job.run, partition), None)
    return reader or _Reader(job, partition)


def _give_back(job: KafkaJob, reader: _Reader) -> None:
    if reader.closed:
        return
    with _LOCK:
        other = _READERS.pop((job.name, job.run, reader.partition), None)
        _READERS[job.name, job.run, reader.partition] = reader
    if other is not None:
        other.close()
