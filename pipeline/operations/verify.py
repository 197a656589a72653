"""Audits output: each record has exactly one outcome, and it is the one that was written, or the first place where not.

The ledger says what became of each span. In the output of a run (`verify_folder`) outcomes stand in the order of the
input, so ledger and outcomes are read side by side, a span at a time; in Kafka (`verify_kafka`) they stand in any
order, and what they add up to is compared. Neither needs more memory for more records.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from pipeline.errors import Explained
from pipeline.ledger import chained, digest_of, hash_of
from pipeline.sinks.publishing import LEDGER, OUTPUT_OF, finish_publishing
from schemas.codec import CodecError, decode
from schemas.records import Article, Dead, Duplicate, FileProvenance, Input, Ledger, OutcomeCounts, Record

R = TypeVar("R", bound=Record)
_INDEX: Final = "index.sqlite"


class Violation(Explained):
    """The first place where ledger and outcomes disagree; the message names it."""


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What an audit without violation covered."""

    sources: int
    spans: int
    outcomes: OutcomeCounts
    digested: int = 0
    """Of the spans, those whose outcomes were compared with a digest; earlier versions wrote none."""
    chain: str | None = None
    """Stands for everything that was audited: who keeps it elsewhere can tell whether the output is still the same."""

    @property
    def records(self) -> int:
        """Records in, which equals outcomes out."""
        return sum(msgspec.structs.astuple(self.outcomes))


def check_span(ledger: Ledger, where: str, expected: int | None) -> None:
    """Raise `Violation` unless a ledger record adds up and begins at `expected`, where its source stood."""
    counts = Counter(msgspec.structs.asdict(ledger.outcomes))
    place = f"{ledger.source} [{ledger.from_}, {ledger.to})"
    if ledger.to < ledger.from_:
        raise Violation(f"{where}: {place} ends before it begins")
    if expected is not None and ledger.from_ > expected:
        raise Violation(f"{where}: {place} leaves a gap, {ledger.source} stood at {expected}")
    if expected is not None and ledger.from_ < expected:
        raise Violation(f"{where}: {place} overlaps, {ledger.source} stood at {expected} already")
    if counts.total() != ledger.records or ledger.records > ledger.to - ledger.from_ or min(counts.values()) < 0:
        raise Violation(f"{where}: {place} holds {ledger.records} records, but its outcomes add up to {counts.total()}")
    if sum(ledger.reasons.values()) != counts["dead"]:
        raise Violation(f"{where}: {place} counts {counts['dead']} dead, but its reasons do not add up to that")


def check_chain(ledger: Ledger, where: str, before: str) -> str:
    """Return the chain after a ledger record that follows `before`; a record of an earlier version has none.

    Raises:
        Violation: it is not the record that was written there.
    """
    if ledger.chain is None and not before:
        return ""
    if ledger.chain != chained(before, ledger):
        raise Violation(f"{where}: the record, or one before it, is not the one that was written (chain)")
    return ledger.chain


@dataclass(slots=True)
class _Line:
    """An outcome as it stands in its file."""

    outcome: str
    reason: str | None
    source: str
    position: int
    value: bytes
    uri: str | None
    where: str


class _Outcomes:
    """One of the files of outcomes, read once from its start."""

    def __init__(self, path: Path, kind: type[Record]) -> None:
        self._lines = self._read(path, kind)
        self.next: _Line | None = next(self._lines, None)

    def of_span(self, ledger: Ledger) -> Iterator[_Line]:
        """Yield the lines that follow as far as they belong to a span."""
        while (line := self.next) and line.source == ledger.source and ledger.from_ <= line.position < ledger.to:
            yield line
            self.next = next(self._lines, None)

    @staticmethod
    def _read(path: Path, kind: type[Record]) -> Iterator[_Line]:
        for record, value, where in records(path, kind):
            assert isinstance(record, Article | Duplicate | Dead)
            place = record.provenance
            if not isinstance(place, FileProvenance):
                raise Violation(f"{where}: the record does not come from a file")
            outcome, reason, uri = "article", None, None
            if isinstance(record, Duplicate):
                outcome, uri = record.outcome, record.duplicate_of
            elif isinstance(record, Dead):
                outcome, reason = "dead", record.reason.value
            else:
                uri = record.uri
            yield _Line(outcome, reason, place.path, place.record, value, uri, where)


@dataclass(slots=True)
class _FolderAudit:
    folder: Path
    stands: dict[str, int] = field(default_factory=dict)
    """Where each source ends so far."""
    chain: str = ""
    spans: int = 0
    digested: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    targets: set[int] | None = None
    """Hashes of the articles that duplicates name and that were not met yet; None where they may be elsewhere."""

    def run(self) -> AuditResult:
        files = [_Outcomes(self.folder / name, kind) for kind, name in OUTPUT_OF.items()]
        first: tuple[Ledger, str] | None = None
        for number, (ledger, _, where) in enumerate(records(self.folder / LEDGER, Ledger)):
            if number == 0 and ledger.inputs is not None:
                first = ledger, where
                self.targets = self._targets()
                continue
            self._span(ledger, where, files)
        for file in files:
            if file.next is not None:
                line = file.next
                raise Violation(f"{line.where}: {_named(line)} stands in no span of the ledger, or not in its order")
        if first is not None:
            self._head(*first)
        elif self.chain or not self.spans:
            raise Violation(f"{self.folder / LEDGER}:1: the head is missing, which says what was read")
        if self.targets:
            self._missing_target(self.targets)
        return AuditResult(
            sources=len(self.stands),
            spans=self.spans,
            outcomes=OutcomeCounts(**self.outcomes),
            digested=self.digested,
            chain=first[0].chain if first else None,
        )

    def _span(self, ledger: Ledger, where: str, files: list[_Outcomes]) -> None:
        accounted = ledger.records + sum(ledger.skipped.values())
        if accounted != ledger.to - ledger.from_:
            place = f"{ledger.source} [{ledger.from_}, {ledger.to})"
            raise Violation(f"{where}: {place} accounts for {accounted} positions only")
        check_span(ledger, where, self.stands.get(ledger.source, 0))
        found: Counter[str] = Counter()
        reasons: Counter[str] = Counter()
        seen: set[int] = set()
        hashes = 0
        for file in files:
            last = -1
            for line in file.of_span(ledger):
                if line.position in seen:
                    raise Violation(f"{line.where}: {_named(line)} is repeated: this record had its outcome already")
                if line.position < last:
                    raise Violation(f"{line.where}: {_named(line)} does not stand in the order of the input")
                last = line.position
                seen.add(line.position)
                found[line.outcome] += 1
                if line.reason is not None:
                    reasons[line.reason] += 1
                if line.outcome == "article" and self.targets:
                    self.targets.discard(hash(line.uri))
                hashes += hash_of(line.outcome, line.position, line.value)
        self._compare(ledger, where, found, reasons, seen)
        if ledger.digest is not None:
            if digest_of([hashes]) != ledger.digest:
                place = f"{ledger.source} [{ledger.from_}, {ledger.to})"
                raise Violation(f"{where}: an outcome of {place} is not the one that was written (digest)")
            self.digested += 1
        self.chain = check_chain(ledger, where, self.chain)
        self.stands[ledger.source] = ledger.to
        self.spans += 1
        self.outcomes.update(found)

    @staticmethod
    def _compare(ledger: Ledger, where: str, found: Counter[str], reasons: Counter[str], seen: set[int]) -> None:
        place = f"{where}: {ledger.source} [{ledger.from_}, {ledger.to})"
        for outcome, counted in msgspec.structs.asdict(ledger.outcomes).items():
            if found[outcome] != counted:
                missing = ""
                if found[outcome] < counted and ledger.records == ledger.to - ledger.from_:
                    missing = f"; the first record without outcome is {ledger.source}#{_first_gap(seen, ledger.from_)}"
                raise Violation(f"{place} counts {counted} {outcome}, {found[outcome]} found{missing}")
        if dict(reasons) != {reason: n for reason, n in ledger.reasons.items() if n}:
            raise Violation(f"{place} counts dead letters {ledger.reasons}, found {dict(sorted(reasons.items()))}")

    def _head(self, ledger: Ledger, where: str) -> None:
        """Compare what was read with what became of it."""
        inputs = ledger.inputs or ()
        for one in inputs:
            covered = self.stands.get(one.path, 0)
            if covered != one.positions:
                raise Violation(f"{where}: {one.path} was read up to {one.positions}, the ledger covers {covered}")
        if unknown := sorted(self.stands.keys() - {one.path for one in inputs}):
            raise Violation(f"{where}: {unknown[0]} is in the ledger, but was not read")
        if ledger.chain != chained(self.chain, ledger):
            raise Violation(f"{where}: the head, or the end of the ledger, is not what was written (chain)")

    def _targets(self) -> set[int] | None:
        """Return the articles that duplicates name, where the run had an index of its own: else they may be older."""
        if not (self.folder / _INDEX).is_file():
            return None
        return {hash(record.duplicate_of) for record, _, _ in records(self.folder / OUTPUT_OF[Duplicate], Duplicate)}

    def _missing_target(self, missing: set[int]) -> None:
        for record, _, where in records(self.folder / OUTPUT_OF[Duplicate], Duplicate):
            if hash(record.duplicate_of) in missing:
                raise Violation(f"{where}: there is no article {record.duplicate_of}")


def _named(line: _Line) -> str:
    return f"{line.outcome} of {line.source}#{line.position}"


def _first_gap(seen: set[int], start: int) -> int:
    for position in sorted(seen):
        if position != start:
            break
        start += 1
    return start


def verify_folder(folder: Path, *, with_inputs: bool = False) -> AuditResult:
    """Audit the output folder of `khabar run`, `with_inputs` also whether the files that it read are still the same.

    Raises:
        Violation: a record is missing, repeated, changed or not readable; the message starts with file and line.
        FileNotFoundError: the folder holds no finished run.
    """
    finish_publishing(folder)
    if not (folder / LEDGER).is_file():
        raise FileNotFoundError(f"{folder} holds no finished run: there is no {LEDGER}")
    result = _FolderAudit(folder).run()
    if with_inputs:
        for ledger, _, where in records(folder / LEDGER, Ledger):
            for one in ledger.inputs or ():
                compare_input(one, where)
            break
    return result


def compare_input(one: Input, where: str) -> None:
    """Raise `Violation` unless a file is still the one that was read; a remote one is not looked at."""
    if one.sha256 is None:
        return
    try:
        with open(one.path, "rb") as file:  # noqa: PTH123 - a path may hold bytes that are no text
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Violation(f"{where}: {one.path} cannot be compared: {error.strerror}") from error
    if digest != one.sha256:
        raise Violation(f"{where}: {one.path} is not the file that was read")


def records(path: Path, kind: type[R]) -> Iterator[tuple[R, bytes, str]]:
    """Yield the records of a file, each with its line and where that is. Raises `Violation` for what is none."""
    if not path.is_file():
        raise Violation(f"{path}: the file is missing")
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            where = f"{path}:{number}"
            value = line.removesuffix(b"\n")
            try:
                yield decode(value, kind), value, where
            except CodecError as error:
                raise Violation(f"{where}: not a record: {error}") from error
