"""Kafka sink: outcomes, ledger and source position of a bundle in one transaction per source partition.

A `PartitionWriter` owns the transactional producer of one source partition and knows the committed position. It takes
a span only where that continues: what lies below has been settled before and is dropped, what lies above is a gap and
fails the bundle. So a bundle that runs twice has one effect, whatever the runner does.

Broker and client versions matter for the last corner: without KIP-890 a produce request that the network delayed can
land in a later transaction of the same producer. Brokers from 3.6 on refuse such a request; this sink never goes on
with a producer after an error whose effect it does not know, and `khabar verify` notices what slips through.
"""

import base64
import concurrent.futures
import contextlib
import logging
import threading
import time
from datetime import UTC, datetime
from typing import Any, Final

import apache_beam as beam
import msgspec
from kafka import KafkaProducer, TopicPartition
from kafka.errors import (
    AuthorizationError,
    InvalidProducerEpochError,
    InvalidRecordError,
    InvalidTimestampError,
    MessageSizeTooLargeError,
    ProducerFencedError,
)
from kafka.structs import OffsetAndMetadata

from pipeline.beam_classes import DoFn
from pipeline.errors import JobStopped, stopping
from pipeline.items import Gap, Item, Outcome, Span, dead_letter
from pipeline.kafka.connection import (
    SCHEMA_HEADER,
    TIME_HEADER,
    TOPIC_ID_HEADER,
    VERSION_HEADER,
    KafkaJob,
    impatient,
    quiet_clients,
    until_answered,
)
from pipeline.kafka.control import Standing, watch
from pipeline.kafka.positions import committed_offset
from pipeline.kafka.topic_ids import Beside, guard
from pipeline.ledger import SpanTally, count_outcome
from pipeline.observe.metrics import COMMIT_SECONDS
from schemas.codec import encode
from schemas.reasons import Reason, Stage
from schemas.records import SCHEMA_VERSION, Article, Dead, Duplicate, KafkaProvenance, Ledger, Record

_LOGGER = logging.getLogger(__name__)

_OVERHEAD: Final = 1024
"""Bytes of a message that are neither key nor value, generously."""


class GapError(RuntimeError):
    """A span does not continue the committed position: something between was not delivered to the sink."""


class WriteError(RuntimeError):
    """A transaction did not commit, or nobody knows whether it did; work starts again from the committed position."""


class SupersededError(RuntimeError):
    """Another run of the job writes this partition now; this one must end."""


class WriteToKafka(beam.PTransform):  # type: ignore[misc]
    """Writes items whose state is an outcome or a gap; one transaction per bundle and source partition."""

    def __init__(self, job: KafkaJob) -> None:
        super().__init__()
        self._job = job

    def expand(self, items: Any) -> Any:
        return items | "Transactions" >> beam.ParDo(_CommitFn(self._job)).with_output_types(tuple[bytes, bytes])


class _CommitFn(DoFn):
    def __init__(self, job: KafkaJob) -> None:
        self._job = job
        self._open: dict[int, PartitionWriter] = {}

    def setup(self) -> None:
        logging.getLogger("kafka").setLevel(logging.ERROR)

    def start_bundle(self) -> None:
        for writer in self._open.values():  # of a bundle that failed before its end
            writer.discard()
        self._open = {}

    def process(self, item: Item) -> None:
        partition = int(item.span.source.rpartition("/")[2])
        writer = self._open.get(partition)
        if writer is None:
            writer = self._open[partition] = _writer(self._job, partition)
        writer.add(item)

    def finish_bundle(self) -> None:
        writers = list(self._open.values())
        self._open = {}
        if len(writers) == 1:
            writers[0].commit()
            return
        # Commits of several partitions wait for the broker together; all have ended before the bundle does.
        done = [_COMMITTERS.submit(writer.commit) for writer in writers]
        concurrent.futures.wait(done)
        for future in done:
            future.result()

    def teardown(self) -> None:
        self.start_bundle()


_COMMITTERS: Final = concurrent.futures.ThreadPoolExecutor(max_workers=32, thread_name_prefix="kafka-commit")


class PartitionWriter:
    """Writes the outcomes of one source partition, one transaction at a time. Used by one bundle at a time."""

    def __init__(self, job: KafkaJob, partition: int) -> None:
        self._job = job
        self._source = TopicPartition(job.topics.raw, partition)
        self._name = job.source(partition)
        self._producer: KafkaProducer | None = None
        self._position: int | None = None
        """Committed position; None before the first commit of the job, which may start anywhere."""
        self._chain = ""
        """Of the last ledger record of the partition."""
        self._read_at = 0.0
        """When the last of the records had been read, at the latest."""
        self._tally: SpanTally | None = None
        self._outcomes: list[Outcome] = []
        self._sent: list[Any] = []

    def add(self, item: Item) -> None:
        """Send the outcome of `item`, in a transaction that is opened when there is none.

        Raises:
            GapError: the span does not continue the committed position.
            WriteError: the outcome cannot be sent.
            SupersededError: a later run of the job has taken over.
        """
        try:
            self._add(item)
        except (GapError, SupersededError, JobStopped):
            self.discard()
            raise
        except Exception as error:
            self.discard()
            raise self._failure(error) from error

    def _add(self, item: Item) -> None:
        producer = self._producer or self._start()
        tally = self._tally
        expected = self._position if tally is None else tally.end
        start, end = item.span.start, item.span.end
        if expected is None:
            expected = start
        if end <= expected:
            return  # settled before: this is a bundle that runs again
        if start > expected:
            raise GapError(f"{self._name}: offsets {expected} to {start} are missing before the span [{start}, {end})")
        if tally is None:
            producer.begin_transaction()
            tally = self._tally = SpanTally(self._name, expected, chain=self._chain, topic_id=self._job.topic_id)
        value = b""
        span = Span(source=self._name, start=expected, end=end)
        settled = Item(span=span, origin=item.origin, state=item.state)
        if not item.under_way and not isinstance(item.state, Gap):
            outcome, value = self._send_outcome(producer, item)
            settled = settled.with_state(outcome)
        tally.add(settled, value)
        self._read_at = time.monotonic()

    def _send_outcome(self, producer: KafkaProducer, item: Item) -> tuple[Outcome, bytes]:
        outcome: Outcome = item.state
        topic, key = self._address(outcome)
        value = item.encoded or encode(outcome)
        limit = self._job.max_message_bytes - _OVERHEAD - len(key)
        if len(value) > limit:
            outcome, value = self._cut(item, outcome, len(value), limit)
            topic, key = self._address(outcome)
        self._send(producer, topic, key, value, type(outcome))
        self._outcomes.append(outcome)
        return outcome, value

    def _cut(self, item: Item, outcome: Outcome, size: int, limit: int) -> tuple[Outcome, bytes]:
        """Return the dead letter that stands for an outcome of `size` bytes, more than a message may have."""
        if item.origin is None:
            raise ValueError(f"an outcome without its origin: {item.span}")
        if not isinstance(outcome, Dead):
            message = f"the {type(outcome).__name__.lower()} has {size} bytes; a message may have {limit}"
            outcome = dead_letter(item.origin, Stage.EMIT, Reason.TOO_LARGE, message)
        payload = base64.b64decode(outcome.payload_base64)
        empty = msgspec.structs.replace(outcome, payload_base64="", payload_truncated=True)
        room = (limit - len(encode(empty))) // 4 * 3
        if room < 0:  # headers or messages alone exceed it
            empty = msgspec.structs.replace(empty, headers=(), causes=(), message=outcome.message[:1000])
            room = (limit - len(encode(empty))) // 4 * 3
        text = base64.b64encode(payload[: max(room, 0)]).decode("ascii")
        cut = msgspec.structs.replace(empty, payload_base64=text, payload_truncated=len(payload) > room)
        return cut, encode(cut)

    def _address(self, outcome: Outcome) -> tuple[str, bytes]:
        topics = self._job.topics
        if isinstance(outcome, Article):
            return topics.articles, outcome.uri.encode()
        if isinstance(outcome, Duplicate):
            return topics.duplicates, outcome.duplicate_of.encode()
        place = outcome.provenance
        name = f"{place.topic}/{place.partition}/{place.offset}" if isinstance(place, KafkaProvenance) else self._name
        return topics.dead, name.encode()

    def _send(self, producer: KafkaProducer, topic: str, key: bytes, value: bytes, kind: type[Record]) -> None:
        headers = [
            (SCHEMA_HEADER, kind.__name__.lower().encode()),
            (VERSION_HEADER, str(SCHEMA_VERSION).encode()),
            (TIME_HEADER, datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z").encode()),
        ]
        if self._job.topic_id is not None:
            headers.append((TOPIC_ID_HEADER, self._job.topic_id.encode()))
        self._sent.append(producer.send(topic, value=value, key=key, headers=headers))

    def commit(self) -> None:
        """Commit the open transaction with its ledger record and the source position; nothing to do when none is open.

        Raises:
            WriteError: it did not commit, or nobody knows whether it did.
            SupersededError: a later run of the job has taken over.
        """
        if self._tally is None or self._producer is None:
            return
        try:
            with impatient(f"commit outcomes of {self._name}"), COMMIT_SECONDS.time():
                self._commit(self._producer, self._tally)
        except JobStopped:
            self.discard()
            raise
        except Exception as error:
            self.discard()
            raise self._failure(error) from error

    def _commit(self, producer: KafkaProducer, tally: SpanTally) -> None:
        ledger = tally.ledger()
        self._send(producer, self._job.topics.ledger, self._name.encode(), encode(ledger), Ledger)
        # Not left to the commit: after some errors the client renews its epoch by itself, forgets the transaction, and
        # reports an empty commit as a success.
        producer.flush()
        for sent in self._sent:
            sent.get(timeout=0)
        # A topic that was created anew while its records were under way is another one by now.
        guard(self._job).check(self._read_at)
        beside = Beside(topic_id=self._job.topic_id, chain=ledger.chain or "")
        position = OffsetAndMetadata(tally.end, beside.encode(), -1)
        producer.send_offsets_to_transaction({self._source: position}, self._job.name)
        producer.commit_transaction()
        for outcome in self._outcomes:
            count_outcome(outcome)
        self._position = tally.end
        self._chain = beside.chain
        self._close()

    def _start(self) -> KafkaProducer:
        """Return a new producer, which fences every earlier one, and learn the committed position."""
        if watch(self._job).standing is Standing.SUPERSEDED:
            raise SupersededError(f"{self._name}: another run of {self._job.name} has taken over")
        job = self._job

        def connect() -> KafkaProducer:
            return job.connection.transactional_producer(
                job.transactional_id(self._source.partition),
                transaction_timeout_ms=job.transaction_timeout_ms,
                max_request_size=job.max_message_bytes,
                batch_size=262_144,
                compression_type=job.compression,
            )

        self._producer = until_answered(f"open transactions for {self._name}", connect)
        found = committed_offset(job, self._source.partition)
        self._position, beside = (found[0], Beside.decode(found[1])) if found else (None, Beside())
        beside.check(job, self._name)
        self._chain = beside.chain
        return self._producer

    def discard(self) -> None:
        """Give up the open transaction and its producer; the next one aborts what the broker still holds open."""
        producer, self._producer = self._producer, None
        self._position = None
        self._close()
        if producer is not None:
            with quiet_clients(), contextlib.suppress(Exception):
                producer.close(timeout=0)

    def _close(self) -> None:
        self._tally = None
        self._outcomes = []
        self._sent = []

    def _failure(self, error: Exception) -> Exception:
        # What a user may not do is no failure that passes. The client tells it at once, or with whatever comes next.
        for refusal in (error, *error.args):
            if isinstance(refusal, AuthorizationError):
                name = self._job.transactional_id(self._source.partition)
                with stopping(
                    AuthorizationError, doing=f"cannot write outcomes of {self._name} in transactions {name}"
                ):
                    raise refusal
        if isinstance(error, (ProducerFencedError, InvalidProducerEpochError)):
            return SupersededError(f"{self._name}: a later producer has taken over ({type(error).__name__})")
        if isinstance(error, MessageSizeTooLargeError):
            return WriteError(f"{self._name}: the broker's message limit is below max_message_bytes: {error}")
        if isinstance(error, (InvalidTimestampError, InvalidRecordError)) and "imestamp" in str(error):
            now = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
            return WriteError(f"{self._name}: the broker refuses the time of this machine, {now}: a clock is wrong")
        return WriteError(f"{self._name}: the transaction did not commit: {type(error).__name__}: {error}")


_WRITERS: dict[tuple[str, str, int], PartitionWriter] = {}
_LOCK = threading.Lock()


def _writer(job: KafkaJob, partition: int) -> PartitionWriter:
    """Return this process's writer for a partition; bundles of one partition follow each other."""
    with _LOCK:
        key = (job.name, job.run, partition)
        if key not in _WRITERS:
            _WRITERS[key] = PartitionWriter(job, partition)
        return _WRITERS[key]
