"""The audit behind `khabar verify`: does the ledger account for every record, and every record for the ledger?

Per source the ledger's spans must follow one another without gap or overlap, the outcomes of a span must add up to its
records, and the outcomes that are really there must be the ones that the ledger counts, each position once.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from schemas.codec import CodecError, decode
from schemas.records import Article, Dead, Duplicate, FileProvenance, Ledger, OutcomeCounts, Record

R = TypeVar("R", bound=Record)


class Violation(Exception):
    """The first place where ledger and outcomes disagree; the message names it."""


@dataclass(slots=True)
class _Span:
    ledger: Ledger
    where: str
    found: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Source:
    starts: list[int] = field(default_factory=list)
    spans: list[_Span] = field(default_factory=list)
    seen: bytearray = field(default_factory=bytearray)
    """One byte for each position since the first span's start: 1 where an outcome was found."""


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What an audit without violation covered."""

    sources: int
    spans: int
    outcomes: OutcomeCounts

    @property
    def records(self) -> int:
        """Records in, which equals outcomes out."""
        return sum(msgspec.structs.astuple(self.outcomes))


class Audit:
    """Takes the whole ledger first, in order, then every outcome in any order, then is closed."""

    def __init__(self) -> None:
        self._sources: dict[str, _Source] = {}

    def add_ledger(self, ledger: Ledger, where: str, *, first_position: int | None = None) -> None:
        """Add a ledger record found at `where`; `first_position` is where its source must begin, if that is known."""
        source = self._sources.setdefault(ledger.source, _Source())
        counts = Counter(msgspec.structs.asdict(ledger.outcomes))
        place = f"{ledger.source} [{ledger.from_}, {ledger.to})"
        expected = source.spans[-1].ledger.to if source.spans else first_position
        if ledger.to < ledger.from_:
            raise Violation(f"{where}: {place} ends before it begins")
        if expected is not None and ledger.from_ > expected:
            raise Violation(f"{where}: {place} leaves a gap, {ledger.source} stood at {expected}")
        if expected is not None and ledger.from_ < expected:
            raise Violation(f"{where}: {place} overlaps, {ledger.source} stood at {expected} already")
        if counts.total() != ledger.records or ledger.records > ledger.to - ledger.from_:
            raise Violation(
                f"{where}: {place} holds {ledger.records} records, but its outcomes add up to {counts.total()}"
            )
        if sum(ledger.reasons.values()) != counts["dead"]:
            raise Violation(f"{where}: {place} counts {counts['dead']} dead, but its reasons do not add up to that")
        source.starts.append(ledger.from_)
        source.spans.append(_Span(ledger, where))

    def add_outcome(self, outcome: str, reason: str | None, source_name: str, position: int, where: str) -> None:
        """Add an outcome found at `where` for the record at `position` of a source."""
        place = f"{outcome} of {source_name}#{position}"
        source = self._sources.get(source_name)
        number = bisect_right(source.starts, position) - 1 if source else -1
        if source is None or number < 0 or position >= source.spans[number].ledger.to:
            raise Violation(f"{where}: {place} stands in no span of the ledger")
        at = position - source.starts[0]
        if at >= len(source.seen):
            source.seen.extend(bytes(max(at + 1 - len(source.seen), len(source.seen))))
        if source.seen[at]:
            raise Violation(f"{where}: {place} is repeated: this record had its outcome already")
        source.seen[at] = 1
        source.spans[number].found[outcome] += 1
        if reason is not None:
            source.spans[number].reasons[reason] += 1

    def has_outcome(self, source_name: str, position: int) -> bool:
        """Whether an outcome was found for the record at `position` of a source."""
        source = self._sources.get(source_name)
        at = position - source.starts[0] if source else -1
        return source is not None and 0 <= at < len(source.seen) and source.seen[at] == 1

    def close(self) -> AuditResult:
        """Compare what was found with what the ledger says. Raises `Violation` at the first difference."""
        total: Counter[str] = Counter()
        spans = 0
        for source in self._sources.values():
            for span in source.spans:
                self._compare(source, span)
                total.update(span.found)
                spans += 1
        return AuditResult(sources=len(self._sources), spans=spans, outcomes=OutcomeCounts(**total))

    def _compare(self, source: _Source, span: _Span) -> None:
        ledger = span.ledger
        place = f"{span.where}: {ledger.source} [{ledger.from_}, {ledger.to})"
        for outcome, counted in msgspec.structs.asdict(ledger.outcomes).items():
            found = span.found[outcome]
            if found != counted:
                missing = self._first_missing(source, ledger) if found < counted else ""
                raise Violation(f"{place} counts {counted} {outcome}, {found} found{missing}")
        if dict(span.reasons) != {reason: n for reason, n in ledger.reasons.items() if n}:
            raise Violation(f"{place} counts dead letters {ledger.reasons}, found {dict(sorted(span.reasons.items()))}")

    @staticmethod
    def _first_missing(source: _Source, ledger: Ledger) -> str:
        if ledger.records != ledger.to - ledger.from_:
            return ""
        for position in range(ledger.from_, ledger.to):
            at = position - source.starts[0]
            if at >= len(source.seen) or not source.seen[at]:
                return f"; the first record without outcome is {ledger.source}#{position}"
        return ""


_LEDGER: Final = "ledger.jsonl"


def verify_folder(folder: Path) -> AuditResult:
    """Audit the output folder of `khabar run`.

    Raises:
        Violation: a record is missing, repeated or not readable; the message starts with file and line.
        FileNotFoundError: the folder holds no finished run.
    """
    if not (folder / _LEDGER).is_file():
        raise FileNotFoundError(f"{folder} holds no finished run: there is no {_LEDGER}")
    audit = Audit()
    for ledger, where in _records(folder / _LEDGER, Ledger):
        accounted = ledger.records + sum(ledger.skipped.values())
        if accounted != ledger.to - ledger.from_:
            raise Violation(
                f"{where}: {ledger.source} [{ledger.from_}, {ledger.to}) accounts for {accounted} positions only"
            )
        audit.add_ledger(ledger, where, first_position=0)
    for article, where in _records(folder / "articles.jsonl", Article):
        _add(audit, "article", None, article, where)
    for duplicate, where in _records(folder / "duplicates.jsonl", Duplicate):
        _add(audit, duplicate.outcome, None, duplicate, where)
    for dead, where in _records(folder / "dead.jsonl", Dead):
        _add(audit, "dead", dead.reason, dead, where)
    return audit.close()


def _add(audit: Audit, outcome: str, reason: str | None, record: Article | Duplicate | Dead, where: str) -> None:
    provenance = record.provenance
    if not isinstance(provenance, FileProvenance):
        raise Violation(f"{where}: the record does not come from a file")
    audit.add_outcome(outcome, reason, provenance.path, provenance.record, where)


def _records(path: Path, kind: type[R]) -> Iterator[tuple[R, str]]:
    if not path.is_file():
        raise Violation(f"{path}: the file is missing")
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            where = f"{path}:{number}"
            try:
                yield decode(line, kind), where
            except CodecError as error:
                raise Violation(f"{where}: not a record: {error}") from error
