"""`khabar replay`: archives into the raw topic, each record once, however often the command is killed or started.

What has been sent is known by a ledger of its own, the topic ``<prefix>.replays``: one record per file, written in the
same transaction as the messages it counts. The producer of a raw topic has one transactional id, so a command that
starts later fences one that still runs, ends what it left open, and goes on from the ledger. The ledger also
holds a hash over the records sent; a file whose records changed since is not continued in silence.
"""

import contextlib
import hashlib
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import accumulate, islice
from pathlib import Path
from typing import Any, Final, Literal, Protocol

import msgspec
import orjson
from kafka import KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic
from kafka.errors import (
    IllegalStateError,
    InvalidProducerEpochError,
    KafkaError,
    ProducerFencedError,
    TopicAlreadyExistsError,
)

from pipeline.errors import JobStopped
from pipeline.items import Gap, Item, Origin
from pipeline.kafka.connection import PERMANENT_ERRORS, Connection, Topics, impatient, quiet_clients, until_answered
from pipeline.kafka.topics import NewTopics, read_to_end
from pipeline.runners.files import Progress
from pipeline.settings import PIPELINE_VERSION
from pipeline.sources.formats.records import FAILURE_HEADER, ReadFailure
from pipeline.sources.formats.streams import is_remote
from pipeline.sources.mapping import IDENTITY, FieldMapping
from pipeline.sources.reader import FileReader, UnreadableError, find_files, stored_size
from schemas.codec import decode, encode
from schemas.reasons import Reason
from schemas.records import FileProvenance, Record
from transforms.dedup.identity import request_key

ORIGIN_HEADER: Final = "khabar-replayed-from"
"""``path#record`` of the archive that a raw message comes from."""

_HOLDER: Final = "holder"
"""Ledger key of the run that writes to the raw topic; no path, which are all absolute."""
_OVERHEAD: Final = 4096
"""Bytes of a message that are neither key nor value, generously."""
_KEPT: Final = 64 * 1024
_FUTURE: Final = timedelta(minutes=30)
"""Brokers refuse timestamps that lie further ahead than an hour (``message.timestamp.after.max.ms``)."""
_NO_TIME: Final = -1
_NAP_SECONDS: Final = 0.2
_VAIN_SESSIONS: Final = 10
"""Producers in a row that commit nothing before the command gives up."""
_CLOSE_SECONDS: Final = 5.0
_ANNOUNCE_SECONDS: Final = 15.0
_AN_AGE_MS: Final = 10**13


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOptions:
    """What `khabar replay` was asked to do."""

    connection: Connection
    topics: Topics = field(default_factory=Topics)
    mapping: FieldMapping = IDENTITY
    max_record_bytes: int = 32 * 1024 * 1024
    rate: float | None = None
    """Records per second, at most."""
    speed: float | None = None
    """Times the recorded speed: 1 sends records as far apart as their event times are, 60 an hour in a minute."""
    again: bool = False
    """Send files anew that the ledger says are sent."""
    timestamps: Literal["event", "now"] = "event"
    create_topics: NewTopics | None = None
    follow_links: bool = False
    """Whether links that lead out of a folder are followed."""
    batch_records: int = 1000
    batch_bytes: int = 8 * 1024 * 1024
    batch_seconds: float = 1.0


@dataclass(slots=True)
class ReplaySummary:
    """What a replay did, or a dry run would do."""

    files: int = 0
    sent: int = 0
    before: int = 0
    """Records that earlier replays had sent."""
    unreadable: Counter[str] = field(default_factory=Counter)
    """Records among those sent that can only become dead letters, by reason."""
    skipped: Counter[str] = field(default_factory=Counter)
    earliest: datetime | None = None
    latest: datetime | None = None
    undated: int = 0
    samples: list[dict[str, str]] = field(default_factory=list)


class Mark(Record, frozen=True, kw_only=True):
    """Ledger record of one file: `positions` of it are settled, `sent` of them as messages."""

    path: str
    positions: int
    sent: int
    digest: str
    """Hash over the settled records, each chained to those before."""
    pipeline_version: str


class _Holder(Record, frozen=True, kw_only=True):
    """Ledger record that names the process which writes to the raw topic now."""

    run: str


@dataclass(frozen=True, slots=True)
class Message:
    """A record as it goes to the raw topic."""

    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    event_time: datetime | None


class Clock(Protocol):
    """Time as pacing needs it; tests have their own."""

    def now(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class _RealClock:
    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def dry_run(
    paths: tuple[str, ...],
    options: ReplayOptions,
    *,
    samples: int = 5,
    watch: Callable[[Progress], None] | None = None,
) -> ReplaySummary:
    """Read everything and send nothing; return counts, the range of event times and the first records."""
    summary = ReplaySummary()
    files = _files(paths, options.follow_links)
    done, total = 0, sum(map(stored_size, files))
    for path in files:
        with _reading(path, options) as reader:
            summary.files += 1
            for item in reader:
                message = message_of(item.origin) if item.origin else None
                _count(summary, item, message)
                if message and item.origin and not item.origin.failure and len(summary.samples) < samples:
                    summary.samples.append(_sample(message))
                if watch and item.span.end % 100 == 0:
                    watch(Progress(done + reader.bytes_read, total, summary.sent))
            done += reader.bytes_total
    return summary


def replay(
    paths: tuple[str, ...],
    options: ReplayOptions,
    *,
    watch: Callable[[Progress], None] | None = None,
    clock: Clock | None = None,
) -> ReplaySummary:
    """Send the records of the files that `paths` name to the raw topic, those that were not sent before.

    Raises:
        JobStopped: it cannot go on, for a reason that a user can act on; what was sent is in the ledger.
    """
    return _Replay(_files(paths, options.follow_links), options, watch, clock or _RealClock()).run()


def message_of(origin: Origin) -> Message:
    """Return a record as a message: keyed by its identity, so that all versions of an article share a partition."""
    provenance = origin.provenance
    headers = [(name, value.encode()) for name, value in origin.headers]
    headers.append((ORIGIN_HEADER, _place(origin).encode()))
    if origin.failure:
        reason, message = origin.failure
        size = origin.payload_bytes if origin.payload_bytes is not None else len(origin.payload)
        failure = ReadFailure(reason=reason, message=message, payload_bytes=size)
        headers.append((FAILURE_HEADER, msgspec.json.encode(failure)))
    url, raw_id, times = _identity(origin)
    key = request_key(url, raw_id) or provenance.content_sha256
    return Message(key.encode(), origin.payload, tuple(headers), _first_time(times))


def event_time(text: str | None) -> datetime | None:
    """Return a time of a raw article (ISO 8601, RFC 2822 or Unix seconds), in UTC; None when it is none of these."""
    if not text:
        return None
    text = text.strip()
    try:
        if text.isascii() and text.isdigit() and 8 < len(text) <= 13:
            return datetime.fromtimestamp(int(text) / (1000 if len(text) > 11 else 1), UTC)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        return None


def _place(origin: Origin) -> str:
    assert isinstance(origin.provenance, FileProvenance)
    return f"{origin.provenance.path}#{origin.provenance.record}"


def _identity(origin: Origin) -> tuple[str | None, str | None, tuple[str | None, ...]]:
    """Return URL, id and times of a record, as far as it says them where they are looked for first."""
    headers = dict(origin.headers)
    if headers.get("content-type", "").partition(";")[0].strip() not in {"", "application/json"} or origin.failure:
        return headers.get("url"), headers.get("id"), (headers.get("fetched-at"),)
    try:
        raw = orjson.loads(origin.payload.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        return None, None, ()
    if not isinstance(raw, dict):
        return None, None, ()
    texts = {
        name: str(raw[name]) if isinstance(raw.get(name), (str, int)) else None
        for name in ("url", "id", "published_at", "fetched_at")
    }
    return texts["url"], texts["id"], (texts["published_at"], texts["fetched_at"])


def _first_time(times: Iterable[str | None]) -> datetime | None:
    return next((moment for moment in map(event_time, times) if moment is not None), None)


def _files(paths: tuple[str, ...], follow_links: bool) -> tuple[str, ...]:
    try:
        files = find_files(paths, follow_links=follow_links)
    except UnreadableError as error:
        raise JobStopped(str(error)) from error
    if not files:
        raise JobStopped(f"no files in {', '.join(paths)}")
    return files


@contextlib.contextmanager
def _reading(path: str, options: ReplayOptions) -> Iterator[FileReader]:
    try:
        with contextlib.closing(
            FileReader(path, max_record_bytes=options.max_record_bytes, mapping=options.mapping)
        ) as reader:
            yield reader
    except UnreadableError as error:
        raise JobStopped(str(error)) from error


def _count(summary: ReplaySummary, item: Item, message: Message | None) -> None:
    if isinstance(item.state, Gap) or message is None or item.origin is None:
        summary.skipped[item.state.reason or "none"] += 1
        return
    summary.sent += 1
    if item.origin.failure:
        summary.unreadable[item.origin.failure[0].value] += 1
    elif message.event_time is None:
        summary.undated += 1
    else:
        summary.earliest = min(summary.earliest or message.event_time, message.event_time)
        summary.latest = max(summary.latest or message.event_time, message.event_time)


def _sample(message: Message) -> dict[str, str]:
    sample = {
        "from": next(value.decode() for name, value in message.headers if name == ORIGIN_HEADER),
        "key": message.key.decode(),
        "time": message.event_time.isoformat() if message.event_time else "no time",
        "bytes": str(len(message.value)),
    }
    with contextlib.suppress(orjson.JSONDecodeError):
        raw = orjson.loads(message.value)
        if isinstance(raw, dict):
            sample["fields"] = ", ".join(sorted(raw))
            sample["title"] = str(raw.get("title") or "")
            sample["text"] = " ".join(str(raw.get("text") or "").split())[:160]
    return sample


def _chain(digest: bytes, item: Item) -> bytes:
    """Return the hash over the records up to and with `item`."""
    if isinstance(item.state, Gap):
        what = (item.state.reason or "").encode()
    else:
        assert item.origin is not None
        what = bytes.fromhex(item.origin.provenance.content_sha256)
    return hashlib.sha256(digest + what).digest()


class _Replay:
    """One run of the command."""

    def __init__(
        self,
        files: tuple[str, ...],
        options: ReplayOptions,
        watch: Callable[[Progress], None] | None,
        clock: Clock,
    ) -> None:
        self._files = files
        self._options = options
        self._watch = watch
        self._pace = _Pace(options, clock)
        self._run = secrets.token_hex(8)
        self._topic = options.topics.raw
        self._ledger = options.topics.replays
        self._summary = ReplaySummary()
        self._holds = False
        """Whether the ledger has named this run as the one that writes."""
        self._begun: set[str] = set()
        """Files of which this run has committed something, by their names in the ledger."""
        self._seen: set[str] = set()
        sizes = [stored_size(path) for path in files]
        self._size_before = dict(zip(files, accumulate(sizes, initial=0), strict=False))
        self._size = sum(sizes)
        self._limit, self._oldest = until_answered(f"look at {self._topic}", self._prepare)

    def run(self) -> ReplaySummary:
        """Send everything, with one producer after the other where brokers fail."""
        failures, sent = 0, 0
        while True:
            try:
                self._session()
            except (ProducerFencedError, InvalidProducerEpochError, IllegalStateError) as error:
                # Either a later replay has taken over, or the brokers ended a transaction that took too long.
                if self._read_ledger()[1] != self._run:
                    raise JobStopped(
                        f"another replay into {self._topic} has taken over; start this one again when it is done"
                    ) from error
                failure: Exception = error
            except PERMANENT_ERRORS:
                raise
            except KafkaError as error:
                failure = error
            else:
                return self._summary
            # What the transaction came to, the ledger tells the next session.
            failures, sent = (failures + 1 if sent == self._summary.sent else 1), self._summary.sent
            if failures >= _VAIN_SESSIONS:
                raise JobStopped(f"cannot write to {self._topic}: {type(failure).__name__}: {failure}") from failure

    def _prepare(self) -> tuple[int, datetime | None]:
        """Make sure of the topics; return the message limit, and the time before which brokers delete messages."""
        create = self._options.create_topics
        with contextlib.closing(self._options.connection.admin()) as admin:
            with contextlib.closing(self._options.connection.consumer()) as consumer:
                existing = set(consumer.topics())
            wanted = []
            if self._ledger not in existing:
                wanted.append(NewTopic(self._ledger, 1, -1, topic_configs={"cleanup.policy": "compact"}))
            if self._topic not in existing:
                if create is None:
                    raise JobStopped(
                        f"no topic {self._topic}, or none that this user may see; --create-topics makes it"
                    )
                settings = {"retention.ms": "-1", "max.message.bytes": "10000000"}
                wanted.append(NewTopic(self._topic, create.partitions, create.replication, topic_configs=settings))
            if wanted:
                with contextlib.suppress(TopicAlreadyExistsError):
                    admin.create_topics(wanted)
                admin.wait_for_topics([topic.name for topic in wanted])
            resource = ConfigResource(ConfigResourceType.TOPIC, self._topic)
            found = admin.describe_configs([resource], config_filter="all")
        setting = {name: value["value"] for name, value in found["topic"][self._topic].items()}
        retention = int(setting["retention.ms"])
        expires = "delete" in setting["cleanup.policy"] and setting["message.timestamp.type"] == "CreateTime"
        oldest = datetime.now(UTC) - timedelta(milliseconds=min(retention, _AN_AGE_MS))
        return int(setting["max.message.bytes"]), oldest if expires and retention >= 0 else None

    def _session(self) -> None:
        """Send what is left with one producer; raises when it is lost."""
        if not self._holds:
            until_answered(f"take over {self._topic}", self._announce)
        elif self._read_ledger()[1] != self._run:
            raise ProducerFencedError("the ledger names another replay")
        producer = until_answered(f"open transactions for {self._topic}", self._producer)
        batch = _Batch(producer, self._ledger, self._options)
        try:
            batch.mark(self._holder_key, _Holder(run=self._run))
            self._commit(batch)
            self._holds = True
            marks, _ = self._read_ledger()
            for path in self._files:
                self._file(batch, path, marks)
            self._commit(batch)
        except BaseException:
            batch.abort()
            with quiet_clients(), contextlib.suppress(Exception):
                producer.close(timeout=_CLOSE_SECONDS)
            raise
        producer.close()

    def _announce(self) -> None:
        """Name this run in the ledger, before its transactions end those of an earlier one.

        An earlier one asks the ledger why they ended: were this one not in it by then, it would open new ones, and end
        this one's in turn.
        """
        options = self._options.connection.options()
        with contextlib.closing(KafkaProducer(**options, allow_auto_create_topics=False)) as producer:
            sent = producer.send(self._ledger, key=self._holder_key.encode(), value=encode(_Holder(run=self._run)))
            sent.get(timeout=_ANNOUNCE_SECONDS)

    @property
    def _holder_key(self) -> str:
        return f"{self._topic} {_HOLDER}"

    def _producer(self) -> KafkaProducer:
        return self._options.connection.transactional_producer(
            f"khabar.replay.{self._topic}",
            transaction_timeout_ms=60_000,
            max_request_size=self._limit,
            batch_size=min(262_144, self._limit // 2),
        )

    def _read_ledger(self) -> tuple[dict[str, Mark], str | None]:
        """Return what is settled of each file, and which run writes to the raw topic."""
        marks: dict[str, Mark] = {}
        holder = None
        for record in read_to_end(self._options.connection, self._ledger):
            topic, _, name = (record.key or b"").decode().partition(" ")
            if topic == self._topic and name == _HOLDER:
                holder = decode(record.value, _Holder).run
            elif topic == self._topic:
                marks[name] = decode(record.value, Mark)
        return marks, holder

    def _file(self, batch: "_Batch", path: str, marks: dict[str, Mark]) -> None:
        """Send what the ledger says is left of a file."""
        name = _name(path, self._options.mapping)
        mark = marks.get(name)
        if self._options.again and name not in self._begun:
            mark = None
        with _reading(path, self._options) as reader:
            items = iter(reader)
            digest, positions, sent = self._skip(path, items, mark)
            if name not in self._seen:
                self._seen.add(name)
                self._summary.files += 1
                self._summary.before += sent
            for item in items:
                message = message_of(item.origin) if item.origin else None
                while (wait := self._pace.wait(message)) > 0:
                    if batch.items and (wait > _NAP_SECONDS or batch.full):
                        self._commit(batch, path, reader)
                    self._pace.nap(min(wait, _NAP_SECONDS))
                digest, positions = _chain(digest, item), positions + 1
                if message is not None and item.origin is not None:
                    sent += 1
                    batch.send(self._topic, *self._fitting(message, item.origin))
                batch.items.append((name, item, message))
                batch.mark(f"{self._topic} {name}", self._mark(path, positions, sent, digest))
                if batch.full:
                    self._commit(batch, path, reader)
            if mark is None and not positions:
                batch.mark(f"{self._topic} {name}", self._mark(path, 0, 0, b""))

    def _skip(self, path: str, items: Iterator[Item], mark: Mark | None) -> tuple[bytes, int, int]:
        """Go over what is settled, and make sure that it is what was sent then."""
        if mark is None:
            return b"", 0, 0
        digest = b""
        skipped = 0
        for item in islice(items, mark.positions):
            digest = _chain(digest, item)
            skipped += 1
        if skipped < mark.positions or digest.hex() != mark.digest:
            raise JobStopped(
                f"{path} has changed since {mark.sent} records of it were replayed; --again sends the whole file anew"
            )
        return digest, mark.positions, mark.sent

    @staticmethod
    def _mark(path: str, positions: int, sent: int, digest: bytes) -> Mark:
        return Mark(path=path, positions=positions, sent=sent, digest=digest.hex(), pipeline_version=PIPELINE_VERSION)

    def _commit(self, batch: "_Batch", path: str | None = None, reader: FileReader | None = None) -> None:
        with impatient(f"commit what was sent to {self._topic}"):
            settled = batch.commit()
        for name, item, message in settled:
            self._begun.add(name)
            _count(self._summary, item, message)
        if self._watch and path and reader:
            done = self._size_before[path] + reader.bytes_read
            self._watch(Progress(done, self._size, self._summary.sent))

    def _fitting(self, message: Message, origin: Origin) -> tuple[Message, int]:
        """Return a message that the topic takes, and its timestamp: one too large is cut and says so."""
        size = len(message.value) + len(message.key) + sum(len(n) + len(v) for n, v in message.headers) + _OVERHEAD
        if size > self._limit:
            kept = max(0, min(_KEPT, self._limit - 2 * _OVERHEAD))
            why = f"{len(message.value)} bytes, the topic {self._topic} takes {self._limit}"
            cut = msgspec.structs.replace(
                origin,
                payload=origin.payload[:kept],
                payload_bytes=origin.payload_bytes or len(origin.payload),
                failure=origin.failure or (Reason.TOO_LARGE, why),
                headers=tuple((name, value[:200]) for name, value in origin.headers[:8]),
            )
            message = replace(message_of(cut), key=message.key[:1000], event_time=message.event_time)
        return message, self._timestamp(message.event_time, origin)

    def _timestamp(self, moment: datetime | None, origin: Origin) -> int:
        """Return the event time as a message timestamp, Kafka's "no time" where there is none that brokers take.

        The time of sending would be an event time too, and make a replay differ from a run over the same archive.
        """
        if moment is None or moment.year < 1970 or moment > datetime.now(UTC) + _FUTURE:
            return _NO_TIME
        if self._options.timestamps == "now":
            return int(time.time() * 1000)
        if self._oldest is not None and moment < self._oldest:
            raise JobStopped(
                f"{_place(origin)} is of {moment:%Y-%m-%d}, older than {self._topic} keeps messages; it would be gone "
                f"before a job reads it: set retention.ms=-1 on the topic, or replay with --timestamps now"
            )
        return int(moment.timestamp() * 1000)


class _Batch:
    """The messages of one transaction, with the ledger records that say so."""

    def __init__(self, producer: KafkaProducer, ledger: str, options: ReplayOptions) -> None:
        self._producer = producer
        self._ledger = ledger
        self._options = options
        self._marks: dict[str, Record] = {}
        self._sent: list[Any] = []
        self._bytes = 0
        self._begun = 0.0
        self._open = False
        self.items: list[tuple[str, Item, Message | None]] = []

    @property
    def full(self) -> bool:
        """Whether it is time to commit."""
        return (
            len(self.items) >= self._options.batch_records
            or self._bytes >= self._options.batch_bytes
            or (self._open and time.monotonic() - self._begun >= self._options.batch_seconds)
        )

    def send(self, topic: str, message: Message, timestamp_ms: int) -> None:
        """Add a message."""
        self._begin()
        self._bytes += len(message.value)
        self._sent.append(
            self._producer.send(
                topic, key=message.key, value=message.value, headers=list(message.headers), timestamp_ms=timestamp_ms
            )
        )

    def mark(self, key: str, record: Record) -> None:
        """Set what the ledger will say; of several records with one key only the last is written."""
        self._marks[key] = record

    def commit(self) -> list[tuple[str, Item, Message | None]]:
        """Commit messages and ledger together; return what that settles."""
        if self._marks:
            self._begin()
            for key, record in self._marks.items():
                self._sent.append(self._producer.send(self._ledger, key=key.encode(), value=encode(record)))
            # Not left to the commit, which after some errors is an empty one that succeeds (see `kafka_sink`).
            self._producer.flush()
            for sent in self._sent:
                sent.get(timeout=0)
            self._producer.commit_transaction()
        settled = self.items
        self.items, self._sent, self._marks, self._bytes, self._open = [], [], {}, 0, False
        return settled

    def abort(self) -> None:
        """Give up what is not committed."""
        if self._open:
            with quiet_clients(), contextlib.suppress(Exception):
                self._producer.abort_transaction()

    def _begin(self) -> None:
        if not self._open:
            self._producer.begin_transaction()
            self._open, self._begun = True, time.monotonic()


class _Pace:
    """When the next record may be sent: at a rate, or as far behind the first one as its event time says."""

    def __init__(self, options: ReplayOptions, clock: Clock) -> None:
        self._rate = options.rate
        self._speed = options.speed
        self._clock = clock
        self._start: float | None = None
        self._asked = 0
        self._last: Message | None = None
        self._first_event: datetime | None = None

    def wait(self, message: Message | None) -> float:
        """Return the seconds until `message` may be sent; asked again for the same one until it is none."""
        if message is None or (self._rate is None and self._speed is None):
            return 0.0
        now = self._clock.now()
        if self._start is None:
            self._start = now
        if message is not self._last:
            self._last = message
            self._asked += 1
        due = self._start
        if self._rate is not None:
            due += (self._asked - 1) / self._rate
        if self._speed is not None and message.event_time is not None:
            self._first_event = self._first_event or message.event_time
            due = max(due, self._start + (message.event_time - self._first_event).total_seconds() / self._speed)
        return due - now

    def nap(self, seconds: float) -> None:
        """Wait."""
        self._clock.sleep(seconds)


def _name(path: str, mapping: FieldMapping) -> str:
    """Return the ledger's name for a file as it is read: the same file under another mapping is another replay."""
    where = path if is_remote(path) else str(Path(path).resolve())
    if mapping == IDENTITY:
        return where
    return f"{where} {hashlib.sha256(repr(mapping.pairs).encode()).hexdigest()[:16]}"
