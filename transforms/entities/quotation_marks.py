r"""Where quotation marks of any script enclose text.

Each paragraph stands for itself, because an unclosed mark must not swallow the rest of a text. Marks pair within
their family (straight, curly, guillemets, corner brackets, …) by what stands around them and by what is open, so the
same code reads “…”, „…“, »…«, «…», ”…”, the reversed ”…“ of much Arabic text, and spaces inside. The outermost
pair is the quotation. Rules for what does not fit:

* A paragraph that opens a mark and does not close it, when the next paragraph opens with the same mark again, is quoted
  to its end: speech of several paragraphs. Any other unclosed mark is ignored.
* Inner marks of the same kind nest where they balance in the paragraph; else each opening mark starts anew.
* Single marks count outside of double ones only, at the edges of words, where they are no apostrophes.
* 《…》 names a work, unless a colon introduces it or its content ends as a sentence does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import regex

from schemas.records import Span

Family = Literal["straight", "curly", "guillemet", "corner", "white-corner", "title", "hebrew"]
Context = Literal["open", "close", "either", "none"]

_FAMILY: Final[dict[str, Family]] = {
    **dict.fromkeys(('"', "＂", "''", "``", "″"), "straight"),
    **dict.fromkeys("“”„‟〝〞〟", "curly"),
    **dict.fromkeys(("«", "»", "<<", ">>"), "guillemet"),
    **dict.fromkeys("「」﹁﹂", "corner"),
    **dict.fromkeys("『』﹃﹄", "white-corner"),
    **dict.fromkeys("《》", "title"),
    "״": "hebrew",
}
_OPENS: Final = frozenset(("“", "„", "‟", "〝", "«", "<<", "「", "﹁", "『", "﹃", "《", "``"))
_CLOSES: Final = frozenset(("”", "〞", "〟", "»", ">>", "」", "﹂", "』", "﹄", "》"))
_ONE_WAY: Final = frozenset("「」﹁﹂『』﹃﹄《》〝〞〟„")
_MARK: Final = regex.compile(r"<<|>>|''|``|[\"＂″“”„‟〝〞〟«»「」﹁﹂『』﹃﹄《》״]")
_SINGLE: Final = regex.compile(r"['‘’‚‛‹›]")
# Arabic particles that are written together with the mark that follows: و"نحن", بـ«الضرب», لـ "نا".
_PROCLITIC: Final = regex.compile(r"(?<![\p{L}\p{M}])[وف]?(?:[بلك]|ال|[بك]ال|لل)?ـ*$")
_PROCLITIC_LENGTH: Final = 6
_ELISION: Final = regex.compile(
    r"(?:s|t|n|m|d|re|ll|ve|em|tis|twas|til|till|cause|round|bout|n)\b|\d\ds?\b", regex.IGNORECASE
)
_SENTENCE_END: Final = "。！？.!?…"


@dataclass(frozen=True, slots=True)
class _Mark:
    start: int
    end: int
    text: str
    family: Family
    context: Context


def quoted_spans(text: str) -> tuple[Span, ...]:
    """Return the spans between outermost quotation marks, without space at their edges, in order of the text."""
    found: list[Span] = []
    start = 0
    paragraphs = text.split("\n")
    for index, paragraph in enumerate(paragraphs):
        following = next((p for p in paragraphs[index + 1 : index + 3] if p), "")
        doubles = _outermost(paragraph, following)
        for begin, end in _with_singles(paragraph, doubles):
            inner = paragraph[begin:end]
            stripped = inner.strip()
            if any(map(str.isalnum, stripped)):
                begin += start + len(inner) - len(inner.lstrip())
                found.append((begin, begin + len(stripped)))
        start += len(paragraph) + 1
    return tuple(found)


def _outermost(paragraph: str, following: str) -> list[tuple[Span, Span]]:
    """Return (inner, outer) spans of the double marks of `paragraph`; `following` is the paragraph after it."""
    marks = list(_marks(paragraph))
    if not marks:
        return []
    found: list[tuple[Span, Span]] = []
    at = 0
    nesting = True
    dead: set[Family] = set()
    while at < len(marks):
        opener = marks[at]
        if opener.family in dead or not _may_open(opener):
            at += 1
            continue
        close = _closer(marks, at, nesting=nesting)
        if close is not None:
            closer = marks[close]
            if opener.family != "title" or _is_speech(paragraph, opener, closer):
                found.append(((opener.end, closer.start), (opener.start, closer.end)))
            at = close + 1
        elif nesting:
            nesting = False  # this paragraph's marks do not balance: no nesting in what is left of it
        else:
            restart = next((i for i in range(at + 1, len(marks)) if _reopens(marks[i], opener)), None)
            if restart is not None:
                at = restart
            elif following.startswith(opener.text):
                found.append(((opener.end, len(paragraph)), (opener.start, len(paragraph))))
                break
            else:
                dead.add(opener.family)
                at += 1
    return found


def _marks(paragraph: str) -> Iterator[_Mark]:
    for match in _MARK.finditer(paragraph):
        start, end = match.span()
        mark = match[0]
        context = _context(paragraph, start, end)
        if context != "none" or mark in _OPENS or mark in _CLOSES:
            yield _Mark(start, end, mark, _FAMILY[mark], context)


def _context(paragraph: str, start: int, end: int) -> Context:
    """Return what a mark can be by the characters around it; ``none`` inside an acronym such as צה"ל."""
    before = paragraph[start - 1] if start else " "
    after = paragraph[end] if end < len(paragraph) else " "
    word_before, word_after = before.isalnum(), after.isalnum()
    if word_before and word_after:
        if _is_hebrew(before) and _is_hebrew(after):
            # An acronym has its mark before the last letter; else it follows a prefix of one letter: ו"נחזור".
            prefix = start < 2 or not paragraph[start - 2].isalnum()
            return "open" if prefix and _is_hebrew(paragraph[end + 1 : end + 2] or " ") else "none"
        if _is_unspaced(before) or _is_unspaced(after):
            return "either"
        return "open" if _proclitic(paragraph, start) else "close"
    if before == "ـ" or (word_before and not after.isspace() and _proclitic(paragraph, start)):
        return "open"
    space_before = before.isspace() or before in "([{—–:،/"
    space_after = after.isspace() or after in ")]},.;:!?،؛؟。，"
    if space_before != space_after:
        return "open" if space_before else "close"
    if before.isspace() and after.isspace() and paragraph[max(0, start - 2) : start - 1] in (":", "："):
        return "open"
    if word_before:
        return "close"
    return "open" if word_after and not before.isspace() and before not in ".!?…،,؟。！？，" else "either"


def _proclitic(paragraph: str, end: int) -> bool:
    before = paragraph[max(0, end - _PROCLITIC_LENGTH) : end]
    return "\u0600" <= before[-1] <= "\u06ff" and _PROCLITIC.search(before) is not None


def _is_hebrew(character: str) -> bool:
    return "\u0590" <= character <= "\u05ff"


def _is_unspaced(character: str) -> bool:
    return "\u0e00" <= character <= "\u0eff" or "\u2e80" <= character <= "\u9fff" or "\uac00" <= character <= "\ud7af"


def _may_open(mark: _Mark) -> bool:
    if mark.text in _ONE_WAY:
        return mark.text in _OPENS
    if mark.context == "either":
        return mark.text not in _CLOSES
    return mark.context == "open" or (mark.text in _OPENS and mark.context == "none")


def _reopens(mark: _Mark, opener: _Mark) -> bool:
    return mark.family == opener.family and _may_open(mark)


def _closer(marks: list[_Mark], at: int, *, nesting: bool) -> int | None:
    """Return the index of the mark that closes ``marks[at]``."""
    opener = marks[at]
    depth = 1
    for index in range(at + 1, len(marks)):
        mark = marks[index]
        if _closes(mark, opener):
            depth -= 1
            if depth == 0:
                return index
        elif _reopens(mark, opener):
            if not nesting:
                return None
            depth += 1
    return None


def _closes(mark: _Mark, opener: _Mark) -> bool:
    same = mark.family == opener.family
    if mark.text in _ONE_WAY:
        return same and mark.text in _CLOSES
    if not same:
        # “…" and „…" are common slips.
        return {mark.family, opener.family} == {"straight", "curly"} and mark.context == "close"
    if mark.family == "straight" or mark.family == "hebrew":
        return mark.context in {"close", "either"}
    if mark.context == "open":
        return False
    if opener.text in _CLOSES:  # »…«, ”…”, ”…“
        return mark.context == "close" or mark.text in _OPENS
    return mark.text in _CLOSES or mark.context == "close" or opener.text == "„"


def _is_speech(paragraph: str, opener: _Mark, closer: _Mark) -> bool:
    before = paragraph[max(0, opener.start - 2) : opener.start].rstrip()
    return before.endswith((":", "：")) or paragraph[closer.start - 1] in _SENTENCE_END


def _with_singles(paragraph: str, doubles: list[tuple[Span, Span]]) -> list[Span]:
    """Return the inner spans of `doubles` and of pairs of single marks around or beside them."""
    pairs: list[tuple[Span, Span]] = []
    opener: int | None = None
    maybe: int | None = None  # a mark after s: the end of the quotation, or of a plural possessive
    for start, may_open, may_close, possessive in _single_marks(paragraph, doubles):
        if may_open:
            if opener is not None and maybe is not None:
                pairs.append(((opener + 1, maybe), (opener, maybe + 1)))
            opener, maybe = start, None
        elif may_close and opener is not None:
            if possessive:
                maybe = start if maybe is None else maybe
            else:
                pairs.append(((opener + 1, start), (opener, start + 1)))
                opener = maybe = None
    if opener is not None and maybe is not None:
        pairs.append(((opener + 1, maybe), (opener, maybe + 1)))
    if not pairs:
        return [inner for inner, _ in doubles]
    outermost: list[Span] = []
    end = 0
    for inner, outer in sorted(pairs + doubles, key=lambda pair: pair[1]):
        if outer[0] >= end:
            outermost.append(inner)
            end = outer[1]
    return outermost


def _single_marks(paragraph: str, doubles: list[tuple[Span, Span]]) -> Iterator[tuple[int, bool, bool, bool]]:
    """Yield position, may open, may close, may be a possessive of the single marks outside of `doubles`."""
    pending = iter(doubles)
    inside = next(pending, None)
    for match in _SINGLE.finditer(paragraph):
        at = match.start()
        while inside is not None and inside[1][1] <= at:
            inside = next(pending, None)
        if inside is not None and inside[1][0] <= at:
            continue
        before = paragraph[at - 1] if at else " "
        after = paragraph[at + 1] if at + 1 < len(paragraph) else " "
        mark = match[0]
        starts = (
            not before.isalnum()
            and before not in "'’"
            and not after.isspace()
            and after not in ",.;:!?)'"
            and (mark != "’" or before.isspace())
            and not _ELISION.match(paragraph, at + 1)
        )
        may_open = starts and (mark in "'‘‚‛‹" or (mark == "›" and before.isspace()))
        may_close = not may_open and not before.isspace() and not after.isalnum() and mark not in "‚"
        possessive = before in "sS" and after.isspace() and paragraph[at + 2 : at + 3].islower()
        yield at, may_open, may_close, possessive
