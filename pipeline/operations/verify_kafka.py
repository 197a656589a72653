"""`khabar verify` for Kafka: ledger, outcomes and raw records, as a `read_committed` reader of the topics sees them.

Outcomes stand in any order, so they are added up: how many of each kind and reason, the sum of their hashes, and the
sum of what they say of their raw records. Where a source does not add up the topics are read again to name the place.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, TypeVar

import msgspec
from kafka import TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from pipeline.kafka.connection import SCHEMA_HEADER, TOPIC_ID_HEADER, Connection, Topics, until_answered
from pipeline.kafka.topic_ids import topic_ids
from pipeline.kafka.topics import header, partitions, read_to_end
from pipeline.ledger import add_digests, digest_of, hash_of
from pipeline.operations.verify import AuditResult, Violation, check_chain, check_span
from schemas.codec import CodecError, decode
from schemas.records import Article, Dead, Duplicate, KafkaProvenance, Ledger, OutcomeCounts, Record

R = TypeVar("R", bound=Record)

_KINDS: Final[dict[str, type[Article] | type[Duplicate] | type[Dead]]] = {
    "article": Article,
    "duplicate": Duplicate,
    "dead": Dead,
}
_LATER: Final = 100_000
"""Outcomes of spans that were committed while the audit read; more of them are not kept, only counted."""


@dataclass(frozen=True, slots=True)
class KafkaAuditResult:
    """What the audit covered, and how many raw records no ledger span covers yet."""

    audit: AuditResult
    raw: int
    """Raw records that are still in their topic and that the ledger covers; their content was compared."""
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """An outcome in its topic."""

    outcome: str
    reason: str | None
    source: str
    topic_id: str | None
    position: int
    content: str
    value: bytes
    where: str


@dataclass(slots=True)
class _Source:
    """What the ledger says of a partition of one raw topic, and what the outcomes add up to."""

    name: str
    topic_id: str | None
    where: str
    start: int
    end: int = 0
    chain: str = ""
    spans: int = 0
    digested: int = 0
    digest_from: int | None = None
    """Where the first span with a digest begins; earlier versions wrote none."""
    digest: str = ""
    said: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    found_reasons: Counter[str] = field(default_factory=Counter)
    hashes: int = 0
    contents: int = 0
    """Sum over the outcomes whose raw record is still there, of what they say of its content."""

    def add_ledger(self, ledger: Ledger, where: str) -> None:
        check_span(ledger, where, self.end if self.spans else None)
        self.chain = check_chain(ledger, where, self.chain)
        self.end = ledger.to
        self.topic_id = self.topic_id or ledger.topic_id
        self.spans += 1
        self.said.update(msgspec.structs.asdict(ledger.outcomes))
        self.reasons.update(ledger.reasons)
        if ledger.digest is not None:
            self.digested += 1
            self.digest_from = ledger.from_ if self.digest_from is None else self.digest_from
            self.digest = add_digests([self.digest or "0", ledger.digest])

    def add_outcome(self, found: _Found, raw_start: int) -> None:
        self.found[found.outcome] += 1
        if found.reason is not None:
            self.found_reasons[found.reason] += 1
        if self.digest_from is not None and found.position >= self.digest_from:
            self.hashes += hash_of(found.outcome, found.position, found.value)
        if found.position >= raw_start:
            self.contents += _content(found.position, found.content)

    @property
    def adds_up(self) -> bool:
        """Whether the outcomes are those that the ledger says."""
        counts = +self.found == +self.said and +self.found_reasons == +self.reasons
        return counts and (self.digest_from is None or digest_of([self.hashes]) == self.digest)


class _Ledgers:
    """The ledger as far as it has been read: each source, and again for each topic that its name has stood for."""

    def __init__(self, connection: Connection, topics: Topics) -> None:
        self._connection = connection
        self._topic = topics.ledger
        self._positions: dict[TopicPartition, int] = {}
        self.sources: defaultdict[str, list[_Source]] = defaultdict(list)
        self.ends: dict[tuple[str, str | None], int] = {}

    def read(self, *, later: bool = False) -> None:
        """Read what the topic holds beyond the last call; what came `later` only says how far the ledger is now."""
        for record in read_to_end(self._connection, self._topic, self._positions):
            ledger = _decode(record, Ledger)
            if later:
                self.ends[ledger.source, ledger.topic_id] = ledger.to
                continue
            known = self.sources[ledger.source]
            other = known and known[-1].topic_id and ledger.topic_id and known[-1].topic_id != ledger.topic_id
            if not known or other:
                known.append(_Source(ledger.source, ledger.topic_id, _place(record), ledger.from_))
            known[-1].add_ledger(ledger, _place(record))

    def of(self, found: _Found) -> _Source | None:
        """Return the source that an outcome belongs to, None where there is none."""
        known = self.sources.get(found.source, [])
        if len(known) == 1 or found.topic_id is None:
            first = known[0] if known else None
            same = first is None or found.topic_id is None or first.topic_id in (None, found.topic_id)
            return first if same else None
        return next((source for source in known if source.topic_id == found.topic_id), None)


def verify_kafka(connection: Connection, topics: Topics) -> KafkaAuditResult:
    """Audit the topics of a deployment, also while its job runs.

    Raises:
        Violation: a record is missing, repeated, changed or not readable; the message starts with topic, partition and
            offset.
        JobStopped: a topic does not exist.
    """
    ledgers = _Ledgers(connection, topics)
    ledgers.read()
    raw = _Raw(connection, topics)
    raw.check_sources(ledgers)
    later: list[_Found] = []
    for found in _outcomes(connection, topics):
        source = ledgers.of(found)
        if source is None or found.position >= source.end:
            later = [*later[-_LATER:], found] if len(later) < _LATER else later
            continue
        if found.position < source.start:
            raise Violation(f"{found.where}: {_named(found)} stands in no span of the ledger")
        source.add_outcome(found, raw.start_of(source))
    # Outcomes that were committed after the ledger was read stand in spans that were committed with them.
    ledgers.read(later=True)
    for found in later:
        if found.position >= ledgers.ends.get((found.source, found.topic_id), 0):
            raise Violation(f"{found.where}: {_named(found)} stands in no span of the ledger")
    sources = [source for known in ledgers.sources.values() for source in known]
    for source in sources:
        if not source.adds_up:
            _first_violation(connection, topics, source)
    covered, waiting = raw.compare(ledgers)
    total: Counter[str] = Counter()
    for source in sources:
        total.update(source.found)
    chains = hashlib.sha256("".join(sorted(f"{source.name} {source.chain}\n" for source in sources)).encode())
    audit = AuditResult(
        sources=len(ledgers.sources),
        spans=sum(source.spans for source in sources),
        outcomes=OutcomeCounts(**total),
        digested=sum(source.digested for source in sources),
        chain=chains.hexdigest(),
    )
    return KafkaAuditResult(audit, covered, waiting)


class _Raw:
    """The raw topic: which partitions it has, where they begin and end, and what their records hold."""

    def __init__(self, connection: Connection, topics: Topics) -> None:
        self._connection = connection
        self._topics = topics
        places = partitions(connection, topics.raw)
        with connection.consumer(isolation_level="read_uncommitted") as consumer:
            self._starts = until_answered("find the start", lambda: consumer.beginning_offsets(places))
            self._ends = until_answered("find the end", lambda: consumer.end_offsets(places))
        found = until_answered("read topic ids", lambda: topic_ids(connection, [topics.raw]))
        self._topic_id = found.get(topics.raw)

    def _is_now(self, source: _Source) -> bool:
        return source.topic_id is None or source.topic_id == self._topic_id

    def _at(self, source: _Source) -> TopicPartition:
        topic, _, partition = source.name.rpartition("/")
        return TopicPartition(topic, int(partition))

    def check_sources(self, ledgers: _Ledgers) -> None:
        """Raise `Violation` for a source that is no partition of the topic, or that is covered beyond its end."""
        sources = [known[-1] for known in ledgers.sources.values()]
        is_read = any(self._is_now(source) for source in sources)
        for source in sources:
            if not self._is_now(source):
                if is_read:  # --begin-anew, and nothing of this partition has come yet
                    continue
                raise Violation(
                    f"{source.where}: {source.name} was read from a topic that is another one now (its id was "
                    f"{source.topic_id}, now {self._topic_id}): nothing of what {self._topics.raw} holds was processed"
                )
            place = self._at(source)
            if place not in self._ends:
                raise Violation(f"{source.where}: there is no {source.name}")
            end = self._ends[place]
            if source.end > end:
                raise Violation(f"{source.where}: the ledger covers {source.name} to {source.end}, it ends at {end}")

    def start_of(self, source: _Source) -> int:
        """Return the first offset that the topic still holds; beyond all where it was another topic."""
        return self._starts[self._at(source)] if self._is_now(source) else 2**63

    def compare(self, ledgers: _Ledgers) -> tuple[int, int]:
        """Hold the outcomes against the raw records that are still there; return how many were, and how many wait."""
        covered = waiting = 0
        contents: Counter[str] = Counter()
        known = {name: sources[-1] for name, sources in ledgers.sources.items() if self._is_now(sources[-1])}
        for record in read_to_end(self._connection, self._topics.raw):
            source = known.get(f"{record.topic}/{record.partition}")
            if source is None or record.offset >= source.end:
                waiting += 1
            elif record.offset >= source.start:  # else before the job's time
                covered += 1
                contents[source.name] += _content(record.offset, _sha256(record))
        for name, source in known.items():
            if contents[name] != source.contents:
                self._first_difference(source)
        return covered, waiting

    def _first_difference(self, source: _Source) -> None:
        """Raise `Violation` for the first raw record that its outcome does not stand for.

        There is none where records are gone from the middle of the topic, as compaction does it.
        """
        said = {
            found.position: (found.content, found.where)
            for found in _outcomes(self._connection, self._topics)
            if found.source == source.name and found.topic_id in (None, source.topic_id)
        }
        place = self._at(source)
        for record in read_to_end(self._connection, self._topics.raw):
            if record.partition != place.partition or not source.start <= record.offset < source.end:
                continue
            content, where = said.get(record.offset, (None, ""))
            if content is None:
                raise Violation(f"{_place(record)}: the ledger covers this record, but it has no outcome")
            if content != _sha256(record):
                raise Violation(f"{where}: the outcome is of another record than {_place(record)} (content_sha256)")


def _first_violation(connection: Connection, topics: Topics, source: _Source) -> None:
    """Raise `Violation` for the first span of a source whose outcomes are not those that the ledger says."""
    seen: dict[int, _Found] = {}
    for found in _outcomes(connection, topics):
        if found.source != source.name or found.topic_id not in (None, source.topic_id):
            continue
        if found.position in seen:
            raise Violation(f"{found.where}: {_named(found)} is repeated: this record had its outcome already")
        seen[found.position] = found
    for record in read_to_end(connection, topics.ledger):
        ledger = _decode(record, Ledger)
        if ledger.source != source.name or ledger.topic_id not in (None, source.topic_id):
            continue
        place = f"{_place(record)}: {ledger.source} [{ledger.from_}, {ledger.to})"
        there = [found for position, found in seen.items() if ledger.from_ <= position < ledger.to]
        counts = Counter(found.outcome for found in there)
        for outcome, counted in msgspec.structs.asdict(ledger.outcomes).items():
            if counts[outcome] != counted:
                missing = ""
                if counts[outcome] < counted and ledger.records == ledger.to - ledger.from_:
                    positions = {found.position for found in there}
                    first = next(at for at in range(ledger.from_, ledger.to + 1) if at not in positions)
                    missing = f"; the first record without outcome is {ledger.source}#{first}"
                raise Violation(f"{place} counts {counted} {outcome}, {counts[outcome]} found{missing}")
        reasons = Counter(found.reason for found in there if found.reason)
        if reasons != +Counter(ledger.reasons):
            raise Violation(f"{place} counts dead letters {ledger.reasons}, found {dict(sorted(reasons.items()))}")
        hashes = (hash_of(found.outcome, found.position, found.value) for found in there)
        if ledger.digest is not None and digest_of(hashes) != ledger.digest:
            raise Violation(f"{place}: an outcome is not the one that was written (digest)")
    raise Violation(f"{source.where}: the outcomes of {source.name} do not add up to what the ledger says")


def _outcomes(connection: Connection, topics: Topics) -> Iterator[_Found]:
    """Yield the outcomes of all topics. Raises `Violation` for what is none, or does not belong where it stands."""
    expected = {topics.articles: {"article"}, topics.duplicates: {"duplicate"}, topics.dead: {"dead", "redriven"}}
    for topic, kinds in expected.items():
        for record in read_to_end(connection, topic):
            schema = header(record, SCHEMA_HEADER)
            if schema not in {"redriven", *_KINDS}:
                raise Violation(f"{_place(record)}: a message that no job wrote (schema {schema})")
            if schema not in kinds:
                raise Violation(f"{_place(record)}: a message of schema {schema} does not belong into this topic")
            if schema != "redriven":
                yield _outcome(record, _decode(record, _KINDS[schema]))


def _outcome(record: ConsumerRecord, value: Article | Duplicate | Dead) -> _Found:
    place = value.provenance
    if not isinstance(place, KafkaProvenance):
        raise Violation(f"{_place(record)}: the record does not come from Kafka")
    outcome = "article"
    if isinstance(value, Duplicate):
        outcome = value.outcome
    elif isinstance(value, Dead):
        outcome = "dead"
    return _Found(
        outcome=outcome,
        reason=value.reason.value if isinstance(value, Dead) else None,
        source=f"{place.topic}/{place.partition}",
        topic_id=header(record, TOPIC_ID_HEADER),
        position=place.offset,
        content=place.content_sha256,
        value=record.value or b"",
        where=_place(record),
    )


def _content(position: int, sha256: str) -> int:
    return hash_of("content", position, sha256.encode())


def _sha256(record: ConsumerRecord) -> str:
    return hashlib.sha256(record.value or b"").hexdigest()


def _named(found: _Found) -> str:
    return f"{found.outcome} of {found.source}#{found.position}"


def _decode(record: ConsumerRecord, kind: type[R]) -> R:
    try:
        return decode(record.value or b"", kind)
    except CodecError as error:
        raise Violation(f"{_place(record)}: not a record: {error}") from error


def _place(record: ConsumerRecord) -> str:
    return f"{record.topic}/{record.partition}#{record.offset}"
