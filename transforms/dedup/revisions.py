"""What changed between two versions of an article, and how much it matters.

Words are compared folded, so white space, bidi marks, vowel marks and typography never count. The classes:

* ``cosmetic``: single words spelt a little differently, joined or parted; nothing else.
* ``material``: numbers, quotations or the title changed, the page says that it was corrected or withdrawn, or at
  least a tenth of the words changed.
* ``minor``: anything between.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal, NamedTuple

import regex

from schemas.records import Change
from transforms.dedup.fingerprint import tokens_of
from transforms.entities.quotation_marks import quoted_spans
from transforms.text.folding import fold
from transforms.text.tokens import ascii_digits, lex

MATERIAL_SHARE: Final = 0.1
"""From this share of changed words on a change is material, whatever the words are."""
_ALIGNED_WORDS: Final = 8_000
"""Where more words than this lie between the common beginning and end, changes are counted but not aligned."""
_LISTED: Final = 5
_SNIPPET: Final = 200
_NUMBER: Final = regex.compile(r"\d++(?:[.,:/٫٬’']\d++)*+")
_NOTICE_WORDS: Final = 4
"""A notice that is one word or two stands within so many words of the beginning of its paragraph."""

Notice = Literal["retraction", "correction", "update"]

_NOTICES: Final[tuple[tuple[Notice, tuple[str, ...]], ...]] = (
    (
        "retraction",
        (
            "retraction", "retracted", "withdrawn", "mandatory kill", "سحب الخبر", "الغاء الخبر", "سحب المقال",
            "يلغى الخبر", "rétractation", "zurückgezogen", "retractación", "retratação", "ritrattazione",
            "опровержение", "снято с публикации", "撤稿", "撤回", "철회", "geri çekildi", "خبر حذف شد",
        ),
    ),
    (
        "correction",
        (
            "correction", "corrections", "corrected", "clarification", "editor s note", "editors note", "erratum",
            "errata", "corrigendum", "تصحيح", "تصويب", "تنويه", "توضيح", "استدراك", "rectificatif", "rectification",
            "précision", "korrektur", "berichtigung", "richtigstellung", "anmerkung der redaktion", "corrección",
            "fe de errores", "fe de erratas", "rectificación", "correção", "correzione", "rettifica",
            "errata corrige", "rectificatie", "rättelse", "rettelse", "oikaisu", "sprostowanie", "düzeltme",
            "اصلاحیه", "تصحیح", "תיקון", "הבהרה", "исправление", "уточнение", "поправка", "更正", "勘误", "勘誤",
            "訂正", "정정", "바로잡습니다", "διόρθωση", "सुधार", "koreksi", "ralat", "đính chính",
        ),
    ),
    (
        "update",
        ("update", "updated", "تحديث", "mise à jour", "aktualisiert", "actualización", "atualização", "aggiornamento",
         "güncelleme", "обновлено", "به روز رسانی", "עדכון", "更新", "업데이트"),
    ),
)  # fmt: skip
_SENTENCES: Final[tuple[tuple[Notice, tuple[str, ...]], ...]] = (
    ("retraction", ("has been retracted", "has been withdrawn", "we have withdrawn", "تم سحب هذا الخبر")),
    (
        "correction",
        (
            "an earlier version of this", "a previous version of this", "was amended on", "has been amended",
            "has been corrected", "was corrected", "نسخه سابقه من هذا", "تم تصحيح", "une version précédente de cet",
            "une première version de cet", "in einer früheren version", "una versión anterior de",
        ),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Side:
    """Title and text of one version."""

    title: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """The class of a change and its JSON-able summary.

    `summary` has ``share`` (changed words, of the longer version's), ``words_added``, ``words_removed``, and where they
    apply ``title`` (``from``, ``to``), ``numbers`` and ``quotes`` (``added``, ``removed``), ``notice`` (``kind``,
    ``text``), and the first passages ``added`` and ``removed``, shortened.
    """

    change: Change
    summary: dict[str, Any]


class _Word(NamedTuple):
    key: str
    start: int
    end: int


def compare(old: Side, new: Side) -> Revision:
    """Return what changed from `old` to `new`."""
    before, after = _words(old.text), _words(new.text)
    changes = _changes([word.key for word in before], [word.key for word in after])
    removed = sum(change.old_end - change.old_start for change in changes)
    added = sum(change.new_end - change.new_start for change in changes)
    share = max(removed, added) / max(len(before), len(after), 1)
    summary: dict[str, Any] = {"share": round(share, 4), "words_added": added, "words_removed": removed}
    material = share >= MATERIAL_SHARE
    if old.title and new.title and fold(old.title) != fold(new.title):
        summary["title"] = {"from": old.title, "to": new.title}
        material = True
    for name, of_old, of_new in (
        ("numbers", _numbers(old.text), _numbers(new.text)),
        ("quotes", _quotes(old.text), _quotes(new.text)),
    ):
        if difference := _difference(of_old, of_new):
            summary[name] = difference
            material = True
    if notice := _notice(old.text, new.text):
        kind, text = notice
        summary["notice"] = {"kind": kind, "text": text[:_SNIPPET]}
        material = material or kind != "update"
    cosmetic = not material and all(_is_spelling(change, before, after) for change in changes)
    passages = (
        ("added", [new.text[after[c.new_start].start : after[c.new_end - 1].end] for c in changes if c.new_any]),
        ("removed", [old.text[before[c.old_start].start : before[c.old_end - 1].end] for c in changes if c.old_any]),
    )
    for name, found in passages:
        if found:
            summary[name] = [passage[:_SNIPPET] for passage in found[:_LISTED]]
    return Revision(change="material" if material else "cosmetic" if cosmetic else "minor", summary=summary)


class _Change(NamedTuple):
    """Words ``[old_start, old_end)`` became ``[new_start, new_end)``; one of the two may be empty."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int

    @property
    def old_any(self) -> bool:
        return self.old_end > self.old_start

    @property
    def new_any(self) -> bool:
        return self.new_end > self.new_start


def _words(text: str) -> list[_Word]:
    """Return the words of `text`, folded; characters where words are not separated."""
    words: list[_Word] = []
    for token in lex(text):
        if token.kind == "mark":
            continue
        key = token.key if token.kind == "digits" else fold(token.key)
        parts = tokens_of(key)
        if len(parts) == 1:
            words.append(_Word(key, token.start, token.end))
        else:
            single = [(fold(text[at]), at) for at in range(token.start, token.end)]
            words.extend(_Word(key, at, at + 1) for key, at in single if key)
    return words


def _changes(before: Sequence[str], after: Sequence[str]) -> list[_Change]:
    start = 0
    shorter = min(len(before), len(after))
    while start < shorter and before[start] == after[start]:
        start += 1
    end = 0
    while end < shorter - start and before[-1 - end] == after[-1 - end]:
        end += 1
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    if not old and not new:
        return []
    if max(len(old), len(new)) > _ALIGNED_WORDS:
        return [_Change(start, start + len(old), start, start + len(new))]
    from rapidfuzz.distance import LCSseq  # for versions that differ: a run seldom has any

    changes: list[_Change] = []
    for operation in LCSseq.opcodes(old, new):
        if operation.tag == "equal":
            continue
        old_start, old_end = operation.src_start + start, operation.src_end + start
        new_start, new_end = operation.dest_start + start, operation.dest_end + start
        if changes and changes[-1].old_end == old_start and changes[-1].new_end == new_start:
            last = changes.pop()
            old_start, new_start = last.old_start, last.new_start
        changes.append(_Change(old_start, old_end, new_start, new_end))
    return changes


def _is_spelling(change: _Change, before: Sequence[_Word], after: Sequence[_Word]) -> bool:
    """Whether the words became the same or nearly the same letters."""
    old = [word.key for word in before[change.old_start : change.old_end]]
    new = [word.key for word in after[change.new_start : change.new_end]]
    if not old or not new or any(key.isdigit() for key in (*old, *new)):
        return False
    if "".join(old) == "".join(new):
        return True
    from rapidfuzz.distance import Levenshtein

    return len(old) == len(new) and all(
        min(len(a), len(b)) >= 4 and Levenshtein.distance(a, b, score_cutoff=1) <= 1
        for a, b in zip(old, new, strict=True)
    )


def _numbers(text: str) -> Counter[str]:
    return Counter(ascii_digits(number) for number in _NUMBER.findall(text))


def _quotes(text: str) -> dict[str, str]:
    """Return the quotations of `text` by their folded form."""
    return {folded: text[start:end] for start, end in quoted_spans(text) if (folded := fold(text[start:end]))}


def _difference(old: Counter[str] | dict[str, str], new: Counter[str] | dict[str, str]) -> dict[str, list[str]] | None:
    """Return what only one side has, in its order: keys of counters, values of dicts."""

    def only(a: Counter[str] | dict[str, str], b: Counter[str] | dict[str, str]) -> list[str]:
        if isinstance(a, Counter):
            return [key for key in a if key not in b][:_LISTED]
        return [value[:_SNIPPET] for key, value in a.items() if key not in b][:_LISTED]

    added, removed = only(new, old), only(old, new)
    return {"added": added, "removed": removed} if added or removed else None


def _notice(old: str, new: str) -> tuple[Notice, str] | None:
    """Return the first notice of the gravest kind in a paragraph that only the new version has."""
    known = {fold(paragraph) for paragraph in old.split("\n")}
    found: dict[Notice, str] = {}
    for paragraph in new.split("\n"):
        folded = fold(paragraph[: 4 * _SNIPPET])
        if folded and fold(paragraph) not in known and (kind := _notice_kind(folded)):
            found.setdefault(kind, paragraph)
    return next(((kind, found[kind]) for kind, _ in _NOTICES if kind in found), None)


def _notice_kind(folded: str) -> Notice | None:
    beginning = f" {' '.join(folded.split()[:_NOTICE_WORDS])} "
    whole = f" {folded} "
    unspaced = " " not in folded
    for table, within in ((_folded_notices(), beginning), (_folded_sentences(), whole)):
        for kind, terms in table:
            if any(f" {term} " in within or (unspaced and within.startswith(f" {term}")) for term in terms):
                return kind
    return None


def _folded(table: Iterable[tuple[Notice, tuple[str, ...]]]) -> tuple[tuple[Notice, tuple[str, ...]], ...]:
    return tuple((kind, tuple(fold(term) for term in terms)) for kind, terms in table)


@cache
def _folded_notices() -> tuple[tuple[Notice, tuple[str, ...]], ...]:
    return _folded(_NOTICES)


@cache
def _folded_sentences() -> tuple[tuple[Notice, tuple[str, ...]], ...]:
    return _folded(_SENTENCES)
