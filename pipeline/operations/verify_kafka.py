"""`khabar verify` for Kafka: the same audit as for files, over what a `read_committed` reader of the topics sees."""

from dataclasses import dataclass
from typing import TypeVar

from kafka import TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from pipeline.kafka.connection import SCHEMA_HEADER, Connection, Topics
from pipeline.kafka.topics import header, read_to_end
from pipeline.operations.verify import Audit, AuditResult, Violation
from schemas.codec import CodecError, decode
from schemas.records import Article, Dead, Duplicate, KafkaProvenance, Ledger, Record

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class KafkaAuditResult:
    """What the audit covered, and how many raw records no ledger span covers yet."""

    audit: AuditResult
    raw: int
    """Raw records that are still in their topic and that the ledger covers."""
    waiting: int


class _Ledgers:
    """The ledger as far as it has been read: where each source begins and ends."""

    def __init__(self, connection: Connection, topics: Topics) -> None:
        self._connection = connection
        self._topic = topics.ledger
        self._positions: dict[TopicPartition, int] = {}
        self.starts: dict[str, int] = {}
        self.ends: dict[str, int] = {}

    def read(self, audit: Audit | None) -> None:
        """Read what the topic holds beyond the last call, into `audit` if one is given."""
        for record in read_to_end(self._connection, self._topic, self._positions):
            ledger = _decode(record, Ledger)
            if audit is not None:
                audit.add_ledger(ledger, _place(record))
            self.starts.setdefault(ledger.source, ledger.from_)
            self.ends[ledger.source] = ledger.to


def verify_kafka(connection: Connection, topics: Topics) -> KafkaAuditResult:
    """Audit the topics of a deployment, also while its job runs.

    Raises:
        Violation: a record is missing, repeated or not readable; the message starts with topic, partition and offset.
        JobStopped: a topic does not exist.
    """
    audit = Audit()
    ledgers = _Ledgers(connection, topics)
    ledgers.read(audit)
    covered = dict(ledgers.ends)
    later: list[tuple[str, int, str]] = []
    for topic in (topics.articles, topics.duplicates, topics.dead):
        for record in read_to_end(connection, topic):
            found = _outcome(record)
            if found is None:
                continue
            outcome, reason, provenance = found
            source = f"{provenance.topic}/{provenance.partition}"
            if provenance.offset >= covered.get(source, 0):
                later.append((source, provenance.offset, f"{_place(record)}: {outcome}"))
            else:
                audit.add_outcome(outcome, reason, source, provenance.offset, _place(record))
    # Outcomes that were committed after the ledger was read stand in spans that were committed with them.
    ledgers.read(None)
    for source, position, what in later:
        if position >= ledgers.ends.get(source, 0):
            raise Violation(f"{what} of {source}#{position} stands in no span of the ledger")
    result = audit.close()
    raw, waiting = _compare_with_raw(connection, topics, audit, ledgers.starts, covered)
    return KafkaAuditResult(result, raw, waiting)


def _compare_with_raw(
    connection: Connection, topics: Topics, audit: Audit, starts: dict[str, int], ends: dict[str, int]
) -> tuple[int, int]:
    """Look for each raw record that is still there: covered ones have an outcome, the others wait."""
    covered = waiting = 0
    for record in read_to_end(connection, topics.raw):
        source = f"{record.topic}/{record.partition}"
        if record.offset >= ends.get(source, 0):
            waiting += 1
            continue
        if record.offset < starts[source]:
            continue  # before the job's time
        covered += 1
        if not audit.has_outcome(source, record.offset):
            raise Violation(f"{_place(record)}: the ledger covers this record, but it has no outcome")
    return covered, waiting


def _outcome(record: ConsumerRecord) -> tuple[str, str | None, KafkaProvenance] | None:
    """Return outcome, reason and source of a record of an output topic, None for what is no outcome."""
    schema = header(record, SCHEMA_HEADER)
    outcome: tuple[str, str | None]
    value: Article | Duplicate | Dead
    if schema == "article":
        value, outcome = _decode(record, Article), ("article", None)
    elif schema == "duplicate":
        value = _decode(record, Duplicate)
        outcome = (value.outcome, None)
    elif schema == "dead":
        value = _decode(record, Dead)
        outcome = ("dead", value.reason.value)
    elif schema == "redriven":
        return None
    else:
        raise Violation(f"{_place(record)}: a message that no job wrote (schema {schema})")
    if not isinstance(value.provenance, KafkaProvenance):
        raise Violation(f"{_place(record)}: the record does not come from Kafka")
    return *outcome, value.provenance


def _decode(record: ConsumerRecord, kind: type[R]) -> R:
    try:
        return decode(record.value or b"", kind)
    except CodecError as error:
        raise Violation(f"{_place(record)}: not a record: {error}") from error


def _place(record: ConsumerRecord) -> str:
    return f"{record.topic}/{record.partition}#{record.offset}"
