"""The ledger: what became of each span of a source, written by sinks and believed by `khabar verify`."""

from collections import Counter

from pipeline.items import Gap, Item, Outcome
from pipeline.observe.metrics import ARTICLES, DEAD_LETTERS, OUTCOMES
from pipeline.settings import PIPELINE_VERSION
from schemas.records import Article, Dead, Ledger, OutcomeCounts


class BrokenChainError(RuntimeError):
    """An item reached a sink without an outcome, or out of order; committing it would lose or repeat a record."""


def outcome_name(outcome: Outcome) -> str:
    """Return the ledger's name of an outcome: ``article``, ``unchanged``, ``duplicate`` or ``dead``."""
    if isinstance(outcome, Article):
        return "article"
    return "dead" if isinstance(outcome, Dead) else outcome.outcome


class SpanTally:
    """Adds up consecutive items of one source into one ledger record."""

    def __init__(self, source: str, start: int) -> None:
        self.source = source
        self.start = start
        self.end = start
        self._outcomes: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._skipped: Counter[str] = Counter()

    def add(self, item: Item) -> None:
        """Add the item that follows. Raises `BrokenChainError` when it does not follow, or has no outcome yet."""
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
        self._outcomes[outcome_name(item.state)] += 1
        if isinstance(item.state, Dead):
            self._reasons[item.state.reason] += 1

    def ledger(self) -> Ledger:
        """Return the ledger record of the span so far."""
        return Ledger(
            source=self.source,
            from_=self.start,
            to=self.end,
            records=self._outcomes.total(),
            outcomes=OutcomeCounts(**self._outcomes),
            reasons=dict(sorted(self._reasons.items())),
            skipped=dict(sorted(self._skipped.items())),
            pipeline_version=PIPELINE_VERSION,
        )


def count_outcome(outcome: Outcome) -> None:
    """Add a committed outcome to the metrics."""
    OUTCOMES.labels(outcome_name(outcome)).inc()
    if isinstance(outcome, Dead):
        DEAD_LETTERS.labels(outcome.stage, outcome.reason).inc()
    elif isinstance(outcome, Article):
        ARTICLES.labels(outcome.language or "und").inc()
