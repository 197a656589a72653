"""Quotations of a text with their speakers: every passage in quotation marks, a quoted term as well as direct speech.

A quotation has a speaker where its sentence says so. The verb of saying stands right after it (``"…," said Merz``), or
before it in the same sentence. The subject of the verb is the name beside it, or the person last made a subject
when a pronoun or nothing stands there (``وأضاف: "…"``), as long as nobody else was named since and at most three
paragraphs lie between. A quotation that goes on after an attributed one, with no other words between but its own
verb's sentence, keeps the speaker. A quoted term of less than four words far from the verb has none.
"""

import bisect
from dataclasses import dataclass
from typing import Final

import regex

from schemas.records import Quote, Span
from transforms.entities.lexicon import Lexicon, lexicon
from transforms.entities.named import Named
from transforms.entities.names import ARABIC_SCRIPT, find_names
from transforms.entities.quotation_marks import quoted_spans
from transforms.text.languages import primary
from transforms.text.tokens import Words, tokenize

_CARRIED_PARAGRAPHS: Final = 3
_SPEECH_WORDS: Final = 4
_VERB_AFTER: Final = 4
"""Words between the end of a quotation and its verb."""
_SUBJECT_DISTANCE: Final = 3
"""Words between a verb and its subject, the role aside."""
_SENTENCE_END: Final = regex.compile(r"[.!?؟。！？۔](?=\s|$|[\"“”«»‘’])|\n")
_LINE_END: Final = regex.compile(r"\n")
_INTRODUCES: Final = regex.compile(
    r"(?:[:：,،]|(?<!\p{L})(?:أن|إن|ان|بأن|بان|that|dass|que|qu['’]|che|что|که|como|as|is|was|als|como|comme))\s*$"
)
_PROCLITICS: Final = "وف"
_MARKS: Final = regex.compile(r"[\s\p{P}\p{S}]*")
_APPOSITION: Final = 90
_MANY_MENTIONS: Final = 8
"""Mentions of people among which nobody looks for the one meant."""


@dataclass(frozen=True, slots=True)
class _Saying:
    """A verb of saying at characters ``[start, end)`` and who says it (index of the person)."""

    start: int
    end: int
    speaker: int | None


def find_quotes(text: str, language: str | None, places: tuple[Span, ...] = ()) -> tuple[Quote, ...]:
    """Return the quotations of `text` in order, without their marks; `places` are the spans of places."""
    spans = quoted_spans(text)
    if not spans:
        return ()
    speakers = _Speakers(text, language, spans, places).of_quotes()
    return tuple(
        Quote(text=text[start:end], speaker=speaker, span=(start, end))
        for (start, end), speaker in zip(spans, speakers, strict=True)
    )


class _Speakers:
    """Who says what in one text."""

    def __init__(self, text: str, language: str | None, quotes: tuple[Span, ...], places: tuple[Span, ...]) -> None:
        code = primary(language)
        self.text = text
        self.quotes = quotes
        self.quote_starts = [start for start, _ in quotes]
        self.verb_first = code == "ar"
        self.arabic = code in ARABIC_SCRIPT
        self.words: Lexicon = lexicon(code)
        self.tokens: Words = tokenize(text)
        self.people: tuple[Named, ...] = find_names(text, language, places)
        mentions = sorted(
            (lead, span[0], span[1], index)
            for index, person in enumerate(self.people)
            for lead, span in zip(person.leads, person.spans, strict=True)
        )
        self.mentions = mentions
        self.starts = [mention[1] for mention in mentions]
        self.breaks: list[int] = [match.start() for match in _SENTENCE_END.finditer(text)]
        self.lines = [match.start() for match in _LINE_END.finditer(text)]
        self.sayings = self.find_sayings()
        self.saying_starts = [saying.start for saying in self.sayings]

    def find_sayings(self) -> list[_Saying]:
        """Return the verbs of saying outside of quotations with their subjects, carried on where they have none."""
        tokens, words = self.tokens, self.words
        found: list[_Saying] = []
        last: tuple[int, int] | None = None  # the subject last named: where, who
        said = {
            word
            for word in set(tokens.key)
            if word in words.according
            or word in words.says
            or (self.arabic and word[:1] and word[0] in _PROCLITICS and word[1:] in words.says)
        }
        for index in [index for index, word in enumerate(tokens.key) if word in said]:
            source = tokens.key[index] in words.according
            start, end = tokens.start[index], tokens.end[index]
            if self.quoted(start):
                continue
            speaker = self.subject(index, source=source)
            if speaker is None and not source:
                if last is not None and self.carries(index, last):
                    speaker = last[1]
                elif self.has_pronoun(index):
                    speaker = self.lone_person(start)
            if speaker is not None:
                last = (end, speaker)
            found.append(_Saying(start, end, speaker))
        return found

    def quoted(self, at: int) -> bool:
        index = bisect.bisect_right(self.quote_starts, at) - 1
        return index >= 0 and at < self.quotes[index][1]

    def subject(self, index: int, *, source: bool) -> int | None:
        """Return the person named beside the verb at token `index`."""
        tokens = self.tokens
        start, end = tokens.start[index], tokens.end[index]
        following = self.mention_after(end)
        preceding = None if source else self.mention_before(start)
        if self.verb_first:
            return following if following is not None or preceding is None or not tokens.joined[index] else preceding
        return preceding if preceding is not None else following

    def mention_after(self, end: int) -> int | None:
        at = bisect.bisect_left(self.starts, end)
        if at == len(self.mentions):
            return None
        lead, start, _, person = self.mentions[at]
        between = self.text[end : max(end, lead)]
        if len(between) > _APPOSITION or _blocks(between, _SUBJECT_DISTANCE - 1) or self.quoted(start):
            return None
        return person

    def mention_before(self, start: int) -> int | None:
        at = bisect.bisect_left(self.starts, start) - 1
        if at < 0:
            return None
        _, begin, end, person = self.mentions[at]
        between = self.text[end:start]
        if self.quoted(begin) or len(between) > _APPOSITION + 10 or "\n" in between or "." in between or '"' in between:
            return None
        if between.count(",") == 2 and between.lstrip("'’s").startswith(",") and between.rstrip().endswith(","):
            return person  # Friedrich Merz, Chancellor of Germany, said
        if between == ", " and self.text[begin - 2 : begin] == ", ":
            return person  # Die Vorsitzende, Katharina Dröge, sagte
        return None if _blocks(between, _SUBJECT_DISTANCE) else person

    def carries(self, index: int, last: tuple[int, int]) -> bool:
        """Whether the verb at token `index` continues with the subject `last`."""
        tokens, words = self.tokens, self.words
        start = tokens.start[index]
        if bisect.bisect_left(self.lines, start) - bisect.bisect_left(self.lines, last[0]) > _CARRIED_PARAGRAPHS:
            return False
        first = bisect.bisect_left(self.starts, last[0])
        if any(self.mentions[at][3] != last[1] for at in range(first, bisect.bisect_left(self.starts, start))):
            return False
        if self.has_pronoun(index):
            return True
        if not self.arabic:
            return False
        # A bare verb: nothing that could be its subject follows.
        begins = (
            index == 0
            or not tokens.joined[index]
            or tokens.raw[index][0] in _PROCLITICS
            or tokens.key[index].endswith("ا")
        )
        following = self.text[tokens.end[index] : tokens.end[index] + 6].lstrip()
        word = tokens.key[index + 1] if index + 1 < len(tokens.key) else ""
        bare = (
            following[:1] in ':"«“”،'
            or word in _AFTER_BARE_VERB
            or word in words.says
            or (word[:1] in "ب" and len(word) > 3)
        )
        return begins and bare

    def has_pronoun(self, index: int) -> bool:
        """Whether a pronoun is the subject of the verb at token `index`."""
        return not self.words.pronouns.isdisjoint(self.tokens.key[max(0, index - 2) : index + 3])

    def lone_person(self, start: int) -> int | None:
        """Return the one person whom the paragraph names before `start`, or it and the one before together."""
        line = bisect.bisect_left(self.lines, start)
        last = bisect.bisect_left(self.starts, start)
        for back in (1, 2):
            floor = self.lines[line - back] if line >= back else 0
            first = bisect.bisect_left(self.starts, floor)
            if first < last:
                people = {self.mentions[at][3] for at in range(first, min(last, first + _MANY_MENTIONS))}
                return people.pop() if len(people) == 1 and last - first < _MANY_MENTIONS else None
        return None

    def of_quotes(self) -> list[str | None]:
        found: list[int | None] = []
        for index, (start, end) in enumerate(self.quotes):
            speaker = self.of_quote(index, start, end)
            if speaker is None and index and found[-1] is not None and self.goes_on(self.quotes[index - 1][1], start):
                speaker = found[-1]
            found.append(speaker)
        return [None if speaker is None else self.people[speaker].name for speaker in found]

    def of_quote(self, index: int, start: int, end: int) -> int | None:
        limit = self.quotes[index + 1][0] if index + 1 < len(self.quotes) else len(self.text)
        before = self.saying_before(start, end)
        if before is not None and self.text[before.end : start].rstrip("\"“”„«»‘’' ").endswith((":", "：")):
            return before.speaker
        after = self.saying_after(end, limit)
        if after is not None:
            return after.speaker if after.speaker is not None else self.only_person(start)
        return before.speaker if before is not None else None

    def saying_before(self, start: int, end: int) -> _Saying | None:
        """Return the verb of saying before the quotation, in its sentence, when it is this that is said."""
        at = bisect.bisect_left(self.saying_starts, start) - 1
        if at < 0 or self.sayings[at].start < self.sentence_start(start):
            return None
        saying = self.sayings[at]
        between = self.text[saying.end : start]
        direct = _INTRODUCES.search(between[-12:].rstrip("\"“”„«»‘’' ")) is not None
        long = self.text[start:end].count(" ") >= _SPEECH_WORDS - 1
        return saying if direct or long or len(between.split()) <= 1 else None

    def saying_after(self, end: int, limit: int) -> _Saying | None:
        """Return the verb of saying that follows the quotation that ends at `end` in the same sentence."""
        at = bisect.bisect_left(self.saying_starts, end)
        if at == len(self.sayings) or self.sayings[at].start >= limit:
            return None
        saying = self.sayings[at]
        between = self.text[end : saying.start]
        if (
            self.arabic
            and self.verb_first
            and saying.start > end
            and between.strip(" \"“”«»،,'") == ""
            and (self.text[saying.start] in _PROCLITICS)
        ):
            return None  # "…"، وأضاف begins the next clause
        marks = _MARKS.match(between)
        rest = between[marks.end() :] if marks else between
        if self.text[end - 1] in ".。" and rest[:1].isupper():
            return None  # a sentence of its own
        if "\n" in between or _SENTENCE_END.search(rest) or any(mark in rest for mark in ",،;:"):
            return None
        if regex.search(r"[.!?]", between[: len(between) - len(rest)].strip()[1:]) or len(rest) > _APPOSITION:
            return None
        mention = saying.speaker is not None and len(rest.split()) <= _VERB_AFTER + 6
        return saying if mention or len(rest.split()) <= _VERB_AFTER else None

    def only_person(self, start: int) -> int | None:
        """Return the one person whom the sentence names before `start`: Turkish and Persian put the verb last."""
        floor = self.sentence_start(start)
        first, last = bisect.bisect_left(self.starts, floor), bisect.bisect_left(self.starts, start)
        people = {self.mentions[at][3] for at in range(first, last)}
        return people.pop() if len(people) == 1 and last - first < 4 else None

    def sentence_start(self, at: int) -> int:
        """Return where the sentence that goes on at `at` begins; ends of sentences within quotations do not count."""
        index = bisect.bisect_left(self.breaks, at - 1) - 1
        for _ in range(3):
            if index < 0:
                return 0
            if self.text[self.breaks[index]] == "\n" or not self.quoted(self.breaks[index]):
                return self.breaks[index] + 1
            index -= 1
        return self.breaks[index] + 1 if index >= 0 else 0

    def goes_on(self, end: int, start: int) -> bool:
        """Whether the quotation at `start` continues the one before, after the sentence of its verb."""
        between = self.text[end:start]
        if _MARKS.fullmatch(between):
            return "\n" in between or len(between) < 4
        if "\n" in between or len(between) > 2 * _APPOSITION:
            return False
        body = between.rstrip("\"“”„«»‘’' ")
        return body.endswith((".", ",")) and self.text[start].isupper() and bool(self.saying_after(end, start))


_AFTER_BARE_VERB: Final = frozenset(
    (
        "ان",
        "انه",
        "انها",
        "بان",
        "الي",
        "في",
        "قايلا",
        "قايله",
        "قائلا",
        "قائله",
        "كه",
        "خلال",
        "علي",
        "عبر",
        "ايضا",
        "هذا",
        "ذلك",
        "لدي",
    )
)


def _blocks(between: str, words: int) -> bool:
    """Whether `between` keeps a verb and a name from belonging together."""
    return any(mark in between for mark in '.!?؟\n;:"“”«»،,(') or len(between.split()) > words
