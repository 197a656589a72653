"""Quotations of a text with their speakers: every passage in quotation marks, a quoted term as well as direct speech.

A quotation has a speaker where its sentence says so. The verb of saying stands right after it (``"…," said Merz``), or
before it in the same sentence. The subject of the verb is the name beside it, or the person last made a subject
when a pronoun or nothing stands there (``وأضاف: "…"``), as long as nobody else was named since and at most three
paragraphs lie between. A quotation that goes on after an attributed one, with no other words between but its own
verb's sentence, keeps the speaker. A quoted term of less than four words far from the verb has none.
"""

import bisect
from dataclasses import dataclass
from functools import cache
from typing import Final

import regex

from schemas.records import Quote, Span
from transforms.entities.lexicon import Lexicon, lexicon
from transforms.entities.named import Named
from transforms.entities.names import ARABIC_SCRIPT, find_names
from transforms.entities.quotation_marks import quoted_spans
from transforms.text.languages import CAPITAL_NOUNS, primary, section
from transforms.text.tokens import Words, keys, tokenize

_CARRIED_PARAGRAPHS: Final = 3
_SPEECH_WORDS: Final = 4
_VERB_AFTER: Final = 4
"""Words between the end of a quotation and its verb."""
_SUBJECT_DISTANCE: Final = 3
"""Words between a verb and its subject, the role aside."""
_SENTENCE_END: Final = regex.compile(
    r"(?<!\b(?:Mr|Mrs|Ms|Dr|Sen|Rep|Gov|Gen|Prof|Rev|St|Jr|Sr|Col|Lt|Sgt|\p{Lu}))[.!?؟。！？۔](?=\s|$|[\"“”«»‘’])|\n"
)
_LINE_END: Final = regex.compile(r"\n")
_INTRODUCES: Final = regex.compile(
    r"(?:[:：,،]|(?<!\p{L})(?:أن|إن|ان|بأن|بان|that|dass|que|qu['’]|che|что|که|como|as|is|was|als|como|comme))\s*$"
)
_PROCLITICS: Final = "وف"
_MARKS: Final = regex.compile(r"[\s\p{P}\p{S}]*")
_SHORT_DISTANCE: Final = 6
"""Words between a verb and a quoted term that is its own."""
_JOINING_WORDS: Final = 2
_NAME_IN_MARKS: Final = 4
"""Words of a name or title at most."""
_APPOSITION_WORDS: Final = 14
_NAME_WORDS: Final = 4
_BEFORE_NAME: Final = 3
"""Words of office in lower case between a verb and the name behind it."""
_RARE: Final = 4.9
_RARE_NOUN: Final = 3.6
"""Zipf frequencies below which a capitalised word is a name; nouns are written with capitals too in German."""
_COLON_WORDS: Final = 9
_COLON_DISTANCE: Final = 14
_MARKED_REST: Final = 24
_MARKED_LENGTH: Final = 24
_MARKED_WORDS: Final = 5
_DENIED: Final = 60
_COLON: Final = regex.compile(r"^[^.\n]{0,50}[:：]\s*[\"“«„]")
_CASELESS: Final = frozenset({"he", "hi", "zh", "ja", "ko", "th", "bn", "ta", "ur", "fa", "ar"})
_NO_OFFICE: Final = keys(
    "on by with from as that dass que che что що da до по du au nel en auf bei zu an is was to it if he"
)
"""What stands between a verb and a name that is not its subject."""
_NO_NAMES: Final = keys(
    "the a an it this that these those they we you i there what when while but and or if in on at for as so yet he she "
    "monday tuesday wednesday thursday friday saturday sunday er sie es der die das wir ich il elle on ils nous je "
    "el ella ellos la los las ele ela eles eu lui lei loro io он она они мы я він вона вони ми hij zij we ze ik o onlar"
)
_APPOSITION: Final = 90
_MANY_MENTIONS: Final = 8
"""Mentions of people among which nobody looks for the one meant."""


@dataclass(frozen=True, slots=True)
class _Saying:
    """A verb of saying at characters ``[start, end)`` and who says it (index of the person)."""

    start: int
    end: int
    speaker: int | None
    barred: bool = False
    """Whether nobody says what stands beside it: he never said it, was told it, or denied it."""


@dataclass(frozen=True, slots=True)
class _Wording:
    """What a language has beside its verbs of saying: denials, what is told to somebody, what marks a speaker."""

    says: frozenset[str]
    deny: frozenset[str]
    told: frozenset[str]
    be: frozenset[str]
    by: frozenset[str]
    negation: frozenset[str]
    after: tuple[str, ...]
    marker: tuple[str, ...]


@cache
def _wording(language: str) -> _Wording:
    listed = section(language, "quotes")

    def words(name: str) -> frozenset[str]:
        return keys(listed.get(name, ""))

    return _Wording(
        says=words("says"),
        deny=words("deny"),
        told=words("told"),
        be=words("be"),
        by=words("by"),
        negation=words("not"),
        after=tuple(listed.get("after", "").split()),
        marker=tuple(listed.get("marker", "").split()),
    )


def find_quotes(text: str, language: str | None, places: tuple[Span, ...] = ()) -> tuple[Quote, ...]:
    """Return the quotations of `text` in order, without their marks; `places` are the spans of places."""
    spans = quoted_spans(text)
    if not spans:
        return ()
    speakers = _Speakers(text, language, spans, places).of_quotes()
    return tuple(
        Quote(text=text[start:end], speaker=speaker, span=(start, end))
        for (start, end), speaker in zip(spans, speakers, strict=True)
        if speaker is not None or not is_name(text, start, end)
    )


def is_name(text: str, start: int, end: int) -> bool:
    """Whether what guillemets enclose is a name or a title, which nobody says: «Челси», «Le Monde».

    All its longer words begin with a capital, it ends as no sentence does, and no colon introduces it.
    """
    if text[start - 1 : start] != "«" and text[max(0, start - 2) : start].strip() != "«":
        return False
    inside = text[start:end].strip()
    words = inside.split()
    if not 0 < len(words) <= _NAME_IN_MARKS or inside[-1] in ".!?…," or not inside[0].isupper():
        return False
    if text[: start - 1].rstrip()[-1:] in (":", "：", ","):
        return False
    return len(words) == 1 or all(word[0].isupper() or len(word) <= _SHORT_WORD for word in words)


_SHORT_WORD: Final = 3


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
        self.wording = _wording(code)
        self.nouns = code in CAPITAL_NOUNS
        self.subject_first = code == "en"
        self.cased = code not in ARABIC_SCRIPT and code not in _CASELESS
        self.extra: list[str] = []
        """Speakers who are no known people, by the words that name them."""
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
        tokens, words, wording = self.tokens, self.words, self.wording
        says = (words.says | wording.says | wording.deny) if not wording.after else frozenset[str]()
        found: list[_Saying] = []
        last: tuple[int, int] | None = None  # the subject last named: where, who
        said = {
            word
            for word in set(tokens.key)
            if word in words.according
            or word in says
            or (self.arabic and word[:1] and word[0] in _PROCLITICS and word[1:] in says)
        }
        for index in [index for index, word in enumerate(tokens.key) if word in said]:
            source = tokens.key[index] in words.according
            start, end = tokens.start[index], tokens.end[index]
            if self.quoted(start):
                continue
            barred = self.barred(index, found)
            if barred:
                speaker = self.agent(index)
                found.append(_Saying(start, end, speaker, barred=speaker is None))
                continue
            speaker = self.subject(index, source=source)
            if speaker is None and self.cased:
                speaker = self.named_beside(index, source=source)
            if speaker is None and not source:
                if last is not None and self.carries(index, last):
                    speaker = last[1]
                elif self.has_pronoun(index):
                    speaker = self.lone_person(start)
            if speaker is not None:
                last = (end, speaker)
            found.append(_Saying(start, end, speaker))
        return found

    def barred(self, index: int, before: list[_Saying]) -> bool:
        """Whether the subject of the verb at token `index` does not say what stands beside it."""
        key, wording = self.key_of(index), self.wording
        around = self.tokens.key[max(0, index - 3) : index]
        if self.tokens.key[index + 1 : index + 2] and self.tokens.key[index + 1] in wording.negation:
            return True  # sagte nie
        if not wording.negation.isdisjoint(around) and self.joined(index, index - len(around)):
            return True
        if key in wording.told and not wording.be.isdisjoint(around):
            return True
        if key in wording.deny:
            following = self.text[self.tokens.end[index] :][:_DENIED]
            return not _COLON.search(following)
        last = before[-1] if before else None
        denied = last is not None and last.barred and self.text[last.start : last.end] != ""
        return denied and last is not None and last.end > self.sentence_start(self.tokens.start[index])

    def joined(self, index: int, first: int) -> bool:
        return not any(raw in '.!?;:"“”«»,،' for raw in self.tokens.raw[first:index])

    def key_of(self, index: int) -> str:
        key = self.tokens.key[index]
        known = self.words.says | self.wording.says | self.wording.deny
        return key[1:] if self.arabic and key not in known and key[:1] and key[0] in _PROCLITICS else key

    def agent(self, index: int) -> int | None:
        """Return the person by whom something is told: was told by Ottilie Brandt."""
        tokens = self.tokens
        for at in range(index + 1, min(index + 4, len(tokens.key))):
            if tokens.key[at] in self.wording.by:
                found = self.mention_after(tokens.end[at])
                return self.run_after(at) if found is None else found
        return None

    def named_beside(self, index: int, *, source: bool) -> int | None:
        """Return whom the capitals beside the verb at token `index` name, who is no known person."""
        before = None if source else self.run_before(index)
        if before is not None or (self.subject_first and not self.inverted(self.tokens.start[index])):
            return before
        return self.run_after(index)

    def run_before(self, index: int) -> int | None:
        tokens = self.tokens
        at = index - 1
        if at > 0 and tokens.raw[at] == ",":  # Whit Ayres, who was a pollster, said
            for comma in range(at - 1, max(0, at - _APPOSITION_WORDS), -1):
                if tokens.raw[comma] in (".", "!", "?", '"', "“", "”", ";", ":"):
                    return None
                if tokens.raw[comma] == ",":
                    at = comma - 1
                    break
            else:
                return None
        first = at
        while first >= 0 and first > at - _NAME_WORDS and self.may_name(first):
            first -= 1
        return self.name_of(first + 1, at + 1)

    def run_after(self, index: int) -> int | None:
        at = index + 1
        tokens = self.tokens
        for _ in range(_BEFORE_NAME):
            if at >= len(tokens.raw) or self.may_name(at) or not tokens.raw[at][0].isalpha() or not tokens.joined[at]:
                break
            if tokens.key[at] in self.words.links or tokens.key[at] in _NO_OFFICE:
                return None
            at += 1
        last = at
        while last < len(tokens.raw) and last < at + _NAME_WORDS and tokens.joined[last] and self.may_name(last):
            last += 1
        return self.name_of(at, last)

    def may_name(self, at: int) -> bool:
        raw, key = self.tokens.raw[at], self.tokens.key[at]
        return raw[0].isupper() and key not in self.words.pronouns and key not in _NO_NAMES

    def name_of(self, first: int, last: int) -> int | None:
        """Return the speaker whom tokens ``[first, last)`` name, without forms of address; None where there is none."""
        tokens, words = self.tokens, self.words
        while first < last and (tokens.key[first].strip(".") in words.honorifics or words.is_head(tokens.key[first])):
            first += 1
        if first >= last or self.quoted(tokens.start[first]):
            return None
        rare = [
            tokens.key[at] in words.given or words.zipf.get(tokens.key[at], 0) < (_RARE_NOUN if self.nouns else _RARE)
            for at in range(first, last)
        ]
        if not any(rare) or (self.nouns and not rare[-1]):
            return None
        name = self.text[tokens.start[first] : tokens.end[last - 1]]
        name = regex.sub(r"['’]s?$", "", name)
        for index, person in enumerate(self.people):
            if name in (person.name, person.name.rpartition(" ")[2]):
                return index
        if name not in self.extra:
            self.extra.append(name)
        return len(self.people) + self.extra.index(name)

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
        if preceding is None and self.subject_first and not self.inverted(start):
            return None  # says Cruz will "leave": the object
        return preceding if preceding is not None else following

    def inverted(self, start: int) -> bool:
        """Whether what is said stands right before the verb at character `start`, so that its subject follows it."""
        before = self.text[max(0, start - 4) : start].rstrip()
        return not before or before[-1] in "\"”»'’“,:—–\n"

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
        return [None if speaker is None else self.name(speaker) for speaker in found]

    def name(self, speaker: int) -> str:
        known = len(self.people)
        return self.people[speaker].name if speaker < known else self.extra[speaker - known]

    def of_quote(self, index: int, start: int, end: int) -> int | None:
        limit = self.quotes[index + 1][0] if index + 1 < len(self.quotes) else len(self.text)
        if is_name(self.text, start, end):
            after = self.saying_after(end, limit)
            if after is None or len(self.text[end : after.start].split()) > 2:
                return None
        before = self.saying_before(start, end)
        introduced = self.text[:start].rstrip("\"“”„«»‘’' ")[-1:] in (":", "：")
        if before is not None and (before.barred or (introduced and before.speaker is not None)):
            return before.speaker
        if introduced and (named := self.before_colon(start)) is not None:
            return named
        after = self.saying_after(end, limit)
        if after is not None:
            if after.barred:
                return None
            return after.speaker if after.speaker is not None else self.only_person(start)
        if before is not None:
            return before.speaker
        return self.marked(start, end, limit) if self.wording.after else None

    def before_colon(self, start: int) -> int | None:
        """Return whom a colon introduces, as in ``Koppelin wörtlich: „…“``."""
        floor = self.sentence_start(start)
        lead = self.text[floor:start].rstrip("\"“”„«»‘’': ：")
        if len(lead.split()) > _COLON_WORDS or not lead:
            return None
        first, last = bisect.bisect_left(self.starts, floor), bisect.bisect_left(self.starts, start)
        near = [m for m in self.mentions[first:last] if floor + len(lead) - m[2] < _COLON_DISTANCE or m[1] - floor < 3]
        if near:
            return near[-1][3]
        if not self.cased:
            return None
        at = bisect.bisect_left(self.tokens.start, floor + len(lead))
        return self.run_before(at) if at - bisect.bisect_left(self.tokens.start, floor) <= _COLON_WORDS else None

    def marked(self, start: int, end: int, limit: int) -> int | None:
        """Return whom a particle or the verb itself marks as the speaker: 毛宁说：“…”, 김 장관은 "…"라고 말했다."""
        wording = self.wording
        if not wording.after:
            return None
        floor = self.sentence_start(start)
        lead = self.text[floor:start].rstrip("\"“”„«»「『‘’'：:,，、 ")
        rest = self.text[end : min(limit, end + _MARKED_REST)]
        rest = regex.split(r"[.。!?\n]", rest, maxsplit=1)[0] if rest[:1] not in ".。" else rest
        if any(deny in lead[-6:] or deny in rest for deny in wording.deny):
            return None
        for verb in wording.after:
            if lead.endswith(verb) or (verb in rest and wording.marker):
                break
        else:
            return None
        for verb in sorted(wording.after, key=len, reverse=True):
            lead = lead.removesuffix(verb).rstrip(" ,，")
        phrase = regex.split(r"[,，、;；。:：\n]", lead)[-1].strip() if not wording.marker else self.marked_phrase(lead)
        known = [m[3] for m in self.mentions if floor <= m[1] < start]
        if known:
            return known[-1]
        words = phrase.split()
        if not phrase or len(phrase) > _MARKED_LENGTH or len(words) > _MARKED_WORDS or any(c.isdigit() for c in phrase):
            return None
        if phrase in self.words.pronouns or len(phrase) < 2:
            return None
        if phrase not in self.extra:
            self.extra.append(phrase)
        return len(self.people) + self.extra.index(phrase)

    def marked_phrase(self, lead: str) -> str:
        """Return the words before the last particle that marks a subject."""
        markers = sorted(self.wording.marker, key=len, reverse=True)
        pattern = "|".join(map(regex.escape, markers))
        spaced = " " in lead
        edge = r"(?=[\s,，]|$)" if spaced else r"(?=[、，,]|$)"
        gap = r"\s" if spaced and any("\u0900" <= c <= "\u097f" for c in lead) else ""
        found = None
        for match in regex.finditer(rf"{gap}(?:{pattern}){edge}", lead):
            found = match
            break
        if found is None:
            return ""
        return str(regex.split(r"[,，、;；。\n]", lead[: found.start()])[-1]).strip()

    def saying_before(self, start: int, end: int) -> _Saying | None:
        """Return the verb of saying before the quotation, in its sentence, when it is this that is said."""
        at = bisect.bisect_left(self.saying_starts, start) - 1
        if at < 0 or self.sayings[at].start < self.sentence_start(start):
            return None
        saying = self.sayings[at]
        between = self.text[saying.end : start]
        direct = _INTRODUCES.search(between[-12:].rstrip("\"“”„«»‘’' ")) is not None
        long = self.text[start:end].count(" ") >= _SPEECH_WORDS - 1
        near = len(between.split()) <= (1 if self.arabic else _SHORT_DISTANCE) and not any(m in between for m in ",،;")
        return saying if direct or long or near else None

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
        apposition = rest.count(",") == 2 and rest.rstrip().endswith(",") and saying.speaker is not None
        if "\n" in between or _SENTENCE_END.search(rest) or (any(m in rest for m in ",،;:") and not apposition):
            return None
        if regex.search(r"[.!?]", between[: len(between) - len(rest)].strip()[1:]) or len(rest) > _APPOSITION:
            return None
        mention = saying.speaker is not None and len(rest.split()) <= _VERB_AFTER + (
            _APPOSITION_WORDS if apposition else 6
        )
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
        if len(between.split()) <= _JOINING_WORDS and _SENTENCE_END.search(between) is None:
            return True  # "more listening" and "more learning"
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
