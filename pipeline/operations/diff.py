"""`khabar diff`: what changed between two outputs of the same archive, field by field."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

from pipeline.errors import JobStopped, stopping
from pipeline.sinks.publishing import finish_publishing

OUTPUTS: Final = {"articles.jsonl": "article", "duplicates.jsonl": None, "dead.jsonl": "dead"}
_NOT_COMPARED: Final = frozenset({"provenance", "schema_version"})
"""Where and by which version a record was made is no difference of content."""
_NAMED: Final = {
    "places": ("name", "country_code"),
    "people": ("name",),
    "organisations": ("name",),
    "keywords": ("text",),
    "quotes": ("text",),
    "figures": ("text",),
    "dates_mentioned": ("text",),
}
"""Lists whose elements have a name: their differences are shown as elements gone and come."""
_CONTEXT: Final = 40
_SHOWN: Final = 160
_MISSING: Final = "missing"

Key = bytes


@dataclass(frozen=True, slots=True)
class Example:
    """One difference: where the record is from, and what stood there before and stands there now."""

    source: str
    uri: str | None
    old: str
    new: str


@dataclass(slots=True)
class FieldChanges:
    """Differences of one field over all articles that are in both outputs."""

    changed: int = 0
    """Both have a value, another one."""
    appeared: int = 0
    vanished: int = 0
    by_source: Counter[str] = field(default_factory=Counter)
    by_language: Counter[str] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Articles in which the field differs."""
        return self.changed + self.appeared + self.vanished


@dataclass(slots=True)
class OutcomeChanges:
    """Records whose outcome is another one, such as dead before and an article now."""

    count: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)


@dataclass(slots=True)
class Diff:
    """All differences between two outputs."""

    old: str
    new: str
    paired_by: str
    records: int = 0
    """Records in either output."""
    articles: int = 0
    """Articles in both."""
    equal: int = 0
    """Of those, articles without any difference."""
    outcomes: dict[tuple[str, str], OutcomeChanges] = field(default_factory=dict)
    fields: dict[str, FieldChanges] = field(default_factory=dict)
    sources: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not self.outcomes and not self.fields

    def as_dict(self) -> dict[str, Any]:
        """Return the differences as JSON has them, the largest first."""
        return {
            "old": self.old,
            "new": self.new,
            "paired_by": self.paired_by,
            "records": self.records,
            "articles_in_both": self.articles,
            "articles_equal": self.equal,
            "outcomes": [
                {
                    "old": old,
                    "new": new,
                    "count": changes.count,
                    "reasons": dict(changes.reasons.most_common()),
                    "examples": [_example(example) for example in changes.examples],
                }
                for (old, new), changes in self.sorted_outcomes()
            ],
            "fields": [
                {
                    "field": name,
                    "total": changes.total,
                    "changed": changes.changed,
                    "appeared": changes.appeared,
                    "vanished": changes.vanished,
                    "by_source": dict(_ordered(changes.by_source)),
                    "by_language": dict(_ordered(changes.by_language)),
                    "examples": [_example(example) for example in changes.examples],
                }
                for name, changes in self.sorted_fields()
            ],
            "sources": dict(_ordered(self.sources)),
            "languages": dict(_ordered(self.languages)),
        }

    def sorted_outcomes(self) -> list[tuple[tuple[str, str], OutcomeChanges]]:
        """Return the changes of outcome, the most frequent first."""
        return sorted(self.outcomes.items(), key=lambda entry: (-entry[1].count, entry[0]))

    def sorted_fields(self) -> list[tuple[str, FieldChanges]]:
        """Return the fields that differ, the most frequent first."""
        return sorted(self.fields.items(), key=lambda entry: (-entry[1].total, entry[0]))


def diff_folders(old: Path, new: Path, *, examples: int = 5) -> Diff:
    """Compare two output folders of `khabar run`.

    Records are paired by the place in the archive that they come from; where the two outputs have hardly any place in
    common (an archive that moved, or Kafka), by their content. In memory are some 150 bytes for each record.

    Raises:
        JobStopped: a folder holds no finished run, or a line is no record.
    """
    for folder in (old, new):
        with stopping(OSError, doing=f"cannot finish what is in {folder}"):
            finish_publishing(folder)
        if not (folder / "ledger.jsonl").is_file():
            raise JobStopped(f"{folder} holds no finished run: there is no ledger.jsonl")
    for paired_by, key in (("place in the archive", _by_place), ("content", _by_content)):
        with _Stored(old, key) as before, _Stored(new, key) as after:
            common = len(before.places.keys() & after.places.keys())
            if paired_by == "content" or common * 2 >= min(len(before.places), len(after.places)):
                return _compare(before, after, Diff(str(old), str(new), paired_by), examples)
    raise AssertionError("one of the two pairs them")


class _Stored:
    """The records of an output folder by key, read from the files when they are asked for."""

    def __init__(self, folder: Path, key: Callable[[dict[str, Any]], str]) -> None:
        self._files: dict[str, BinaryIO] = {}
        self.places: dict[Key, tuple[str, int]] = {}
        repeated: Counter[str] = Counter()
        for name in OUTPUTS:
            path = folder / name
            file = self._files[name] = path.open("rb")
            position = 0
            for number, line in enumerate(file, 1):
                text = key(_loads(line, f"{path}:{number}"))
                # Equal keys are paired in their order.
                repeated[text] += 1
                digest = hashlib.blake2b(f"{text}\0{repeated[text]}".encode(), digest_size=16).digest()
                self.places[digest] = (name, position)
                position += len(line)

    def __enter__(self) -> "_Stored":
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files.values():
            file.close()

    def outcome_and_record(self, key: Key) -> tuple[str, dict[str, Any]]:
        """Return the outcome under `key`, `missing` and nothing when there is none."""
        if key not in self.places:
            return _MISSING, {}
        name, position = self.places[key]
        file = self._files[name]
        file.seek(position)
        record = _loads(file.readline(), name)
        return OUTPUTS[name] or str(record.get("outcome")), record


def _loads(line: bytes, where: str) -> dict[str, Any]:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise JobStopped(f"{where}: not a record: {error}") from error
    if not isinstance(record, dict):
        raise JobStopped(f"{where}: not a record")
    return record


def _by_place(record: dict[str, Any]) -> str:
    return _place(record)


def _by_content(record: dict[str, Any]) -> str:
    return str(record.get("provenance", {}).get("content_sha256"))


def _compare(before: _Stored, after: _Stored, diff: Diff, examples: int) -> Diff:
    for key in _in_order(before, after):
        old_outcome, old = before.outcome_and_record(key)
        new_outcome, new = after.outcome_and_record(key)
        diff.records += 1
        if old_outcome != new_outcome:
            _compare_outcomes(diff, (old_outcome, old), (new_outcome, new), examples)
        elif old_outcome == "article":
            _compare_articles(diff, old, new, examples)
        elif old.get("duplicate_of") != new.get("duplicate_of") or old.get("reason") != new.get("reason"):
            _compare_outcomes(diff, (old_outcome, old), (new_outcome, new), examples)
    return diff


def _in_order(before: _Stored, after: _Stored) -> Iterator[Key]:
    yield from before.places
    yield from (key for key in after.places if key not in before.places)


def _compare_outcomes(
    diff: Diff, old: tuple[str, dict[str, Any]], new: tuple[str, dict[str, Any]], examples: int
) -> None:
    changes = diff.outcomes.setdefault((old[0], new[0]), OutcomeChanges())
    changes.count += 1
    for outcome, record in (new, old):
        if outcome == "dead":
            changes.reasons[str(record.get("reason"))] += 1
            break
    if len(changes.examples) < examples:
        record = new[1] or old[1]
        changes.examples.append(Example(_place(record), _uri(record), _said(*old), _said(*new)))


def _said(outcome: str, record: dict[str, Any]) -> str:
    if outcome == "dead":
        return _short(f"{record.get('reason')}: {record.get('message')}")
    if outcome in {"duplicate", "unchanged"}:
        return _short(f"{outcome} of {record.get('duplicate_of')} ({record.get('method')}, {record.get('similarity')})")
    return _short(f"{record.get('title') or record.get('text', '')}") if record else "no record"


def _compare_articles(diff: Diff, old: dict[str, Any], new: dict[str, Any], examples: int) -> None:
    diff.articles += 1
    source = str((new.get("source") or {}).get("domain") or (new.get("source") or {}).get("name") or "unknown")
    language = str(new.get("language") or "und")
    diff.sources[source] += 1
    diff.languages[language] += 1
    differing = [
        name for name in dict.fromkeys((*old, *new)) if name not in _NOT_COMPARED and old.get(name) != new.get(name)
    ]
    diff.equal += not differing
    for name in differing:
        changes = diff.fields.setdefault(name, FieldChanges())
        was, now = old.get(name), new.get(name)
        if _is_nothing(was):
            changes.appeared += 1
        elif _is_nothing(now):
            changes.vanished += 1
        else:
            changes.changed += 1
        changes.by_source[source] += 1
        changes.by_language[language] += 1
        if len(changes.examples) < examples:
            changes.examples.append(Example(_place(new), _uri(new), *_both(name, was, now)))


def _is_nothing(value: Any) -> bool:
    return value is None or value == "" or value == [] or value == {}


def _both(name: str, old: Any, new: Any) -> tuple[str, str]:
    """Return what to show of two values: around their first difference, or the elements that only one has."""
    if name in _NAMED and isinstance(old, list) and isinstance(new, list):
        was, now = ([_element(name, value) for value in values] for values in (old, new))
        gone, come = list((Counter(was) - Counter(now)).elements()), list((Counter(now) - Counter(was)).elements())
        if gone or come:
            return _short(", ".join(gone) or "–"), _short(", ".join(come) or "–")
    one, other = _text(old), _text(new)
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start = max(0, start - _CONTEXT)
    if name in _NAMED and start:
        start = max(one.rfind("{", 0, start + 1), 0)
    return _short(one, start), _short(other, start)


def _element(name: str, value: Any) -> str:
    return " ".join(str(value.get(part)) for part in _NAMED[name]) if isinstance(value, dict) else str(value)


def _text(value: Any) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _short(text: str, start: int = 0) -> str:
    part = " ".join(text[start : start + _SHOWN].split()) or "–"
    return ("…" if start else "") + part + ("…" if start + _SHOWN < len(text) else "")


def _place(record: dict[str, Any]) -> str:
    place = record.get("provenance", {})
    if place.get("kind") == "kafka":
        return f"{place.get('topic')}/{place.get('partition')}#{place.get('offset')}"
    return f"{place.get('path')}#{place.get('record')}"


def _uri(record: dict[str, Any]) -> str | None:
    return record.get("uri") or record.get("url")


def _example(example: Example) -> dict[str, str | None]:
    return {"record": example.source, "uri": example.uri, "old": example.old, "new": example.new}


def _ordered(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
