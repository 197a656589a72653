"""The ledger: what became of each span of a source, written by sinks and held against the outcomes by `khabar verify`.

A span's digest is the sum of the hashes of its outcomes, so those of a source add up whatever order they are read in:
an audit needs no more memory for a billion records than for one. Each record is chained to those before it.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable

import msgspec
import orjson

from pipeline.items import Gap, Item, Outcome
from pipeline.observe.metrics import ARTICLES, DEAD_LETTERS, OUTCOMES
from pipeline.settings import PIPELINE_VERSION
from schemas.records import Article, Dead, Input, Ledger, OutcomeCounts

_MODULUS = 2**256


class BrokenChainError(RuntimeError):
    """An item reached a sink without an outcome, or out of order; committing it would lose or repeat a record."""


def outcome_name(outcome: Outcome) -> str:
    """Return the ledger's name of an outcome: ``article``, ``unchanged``, ``duplicate`` or ``dead``."""
    if isinstance(outcome, Article):
        return "article"
    return "dead" if isinstance(outcome, Dead) else outcome.outcome


def hash_of(outcome: str, position: int, value: bytes) -> int:
    """Return the hash of an outcome, as it is written, of the record at `position`."""
    return int.from_bytes(hashlib.sha256(b"%b %d %b" % (outcome.encode(), position, value)).digest(), "big")


def digest_of(hashes: Iterable[int]) -> str:
    """Return the digest of outcomes with these hashes; the order does not matter."""
    return f"{sum(hashes) % _MODULUS:064x}"


def add_digests(digests: Iterable[str]) -> str:
    """Return the digest of all outcomes that are behind some digests together."""
    return digest_of(int(digest, 16) for digest in digests)


def chained(before: str, ledger: Ledger) -> str:
    """Return what `ledger.chain` must be after a record whose chain is `before`, empty for the first one."""
    said = [
        before,
        ledger.source,
        ledger.from_,
        ledger.to,
        ledger.records,
        msgspec.structs.asdict(ledger.outcomes),
        {str(reason): count for reason, count in ledger.reasons.items()},
        {str(reason): count for reason, count in ledger.skipped.items()},
        ledger.pipeline_version,
        ledger.digest,
        ledger.topic_id,
        [msgspec.structs.astuple(one) for one in ledger.inputs or ()],
    ]
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def head(inputs: tuple[Input, ...], last_chain: str) -> Ledger:
    """Return the record that begins a file's ledger: what was read, chained to the last one that follows."""
    first = Ledger(
        source="",
        from_=0,
        to=0,
        records=0,
        outcomes=OutcomeCounts(),
        reasons={},
        pipeline_version=PIPELINE_VERSION,
        inputs=inputs,
    )
    return msgspec.structs.replace(first, chain=chained(last_chain, first))


class SpanTally:
    """Adds up consecutive items of one source into one ledger record."""

    def __init__(self, source: str, start: int, *, chain: str = "", topic_id: str | None = None) -> None:
        """`chain` is that of the ledger record before, empty where there is none."""
        self._chain = chain
        self._topic_id = topic_id
        self._hash = 0
        self.source = source
        self.start = start
        self.end = start
        self._outcomes: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._skipped: Counter[str] = Counter()

    def add(self, item: Item, value: bytes = b"") -> None:
        """Add the item that follows, whose outcome is written as `value`.

        Raises:
            BrokenChainError: it does not follow, or has no outcome yet.
        """
        span = item.span
        if (span.source, span.start) != (self.source, self.end):
            raise BrokenChainError(f"{self.source} stands at {self.end}, the next span is {span}")
        if item.under_way:
            raise BrokenChainError(f"{span} has no outcome but {type(item.state).__name__}")
        self.end = span.end
        if isinstance(item.state, Gap):
            if item.state.reason:
                self._skipped[item.state.reason] += 1
            return
        name = outcome_name(item.state)
        self._outcomes[name] += 1
        self._hash += hash_of(name, span.end - 1, value)
        if isinstance(item.state, Dead):
            self._reasons[item.state.reason] += 1

    def ledger(self) -> Ledger:
        """Return the ledger record of the span so far."""
        ledger = Ledger(
            source=self.source,
            from_=self.start,
            to=self.end,
            records=self._outcomes.total(),
            outcomes=OutcomeCounts(**self._outcomes),
            reasons=dict(sorted(self._reasons.items())),
            skipped=dict(sorted(self._skipped.items())),
            pipeline_version=PIPELINE_VERSION,
            digest=digest_of([self._hash]),
            topic_id=self._topic_id,
        )
        return msgspec.structs.replace(ledger, chain=chained(self._chain, ledger))


def count_outcome(outcome: Outcome) -> None:
    """Add a committed outcome to the metrics."""
    OUTCOMES.labels(outcome_name(outcome)).inc()
    if isinstance(outcome, Dead):
        DEAD_LETTERS.labels(outcome.stage, outcome.reason).inc()
    elif isinstance(outcome, Article):
        ARTICLES.labels(outcome.language or "und").inc()
