"""Quotations of a text with their speakers: every passage in quotation marks, a quoted term as well as direct speech.

A quotation has a speaker where its sentence says so. The verb of saying stands right after it (``"…," said Merz``),
or before it in the same sentence. The subject of the verb is the person or organisation beside it, the subject of the
verb before it (``and insisted``), or the person last made a subject when a pronoun or nothing stands there (``وأضاف:
"…"``), as long as nobody else was named since and at most three paragraphs lie between. Behind a quotation that ends
in a comma, any word beside a person is such a verb; a colon introduces what the only person of its sentence says;
verbs of reported speech (``er habe``) carry the speaker on. A quotation that goes on after an attributed one, with no
other words between but its own verb's sentence, keeps the speaker. A quoted term far from the verb has none where
others are named between. Where particles or the verb itself mark who speaks (hi, ja, ko, zh), what follows the
quotation is read before what stands before it.
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
from transforms.entities.organisations import find_organisations
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
_REPORTED: Final = 250
"""Characters between a verb of saying and a sentence that goes on with what was said."""
_VERB_FORM: Final = 2.7
"""Zipf frequency above which a form of a verb is one: unterstützt and unterstützen, to which unterstütze belongs."""
_CLAUSE_WORDS: Final = 12
"""Words between a verb with its subject and a term that it quotes, when nobody else is named between."""
_TITLE_WORDS: Final = 6
"""Words of a quoted term between two parts of one speech, at most."""
_COLON_WORDS: Final = 9
_COLON_DISTANCE: Final = 14
_MARKED_REST: Final = 40
_MARKED_LENGTH: Final = 24
_BEFORE_MARKED: Final = "\"“”„«»「」『』‘’'：:,，、 "
_MARKED_WORDS: Final = 5
_DENIED: Final = 60
_COLON: Final = regex.compile(r"^[^.\n]{0,50}[:：]\s*[\"“«„]")
_RARE_NAMES: Final = {"he": 3.7, "ar": 2.9, "fa": 0.0}
"""Languages without capitals, and the Zipf frequency below which their words beside a verb of saying are names."""
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
    according: frozenset[str]
    postposed: frozenset[str]
    """Those of `according` that stand behind the name: dem Bericht zufolge."""
    joins: frozenset[str]
    """What a verb may follow whose subject stands before an earlier one: and, but, who."""
    pronouns: frozenset[str]
    particle: str
    """What stands between a quotation and its speaker: 「…」と…"""
    no_name: frozenset[str]
    """Characters that names do not have, where words are not between spaces."""
    reported: frozenset[str]
    """Forms of verbs that mark a sentence as reported speech: er sei, er habe."""
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
        according=words("according"),
        postposed=words("postposed"),
        joins=words("joins"),
        pronouns=frozenset(listed.get("pronouns", "").split()),
        particle=listed.get("particle", ""),
        no_name=frozenset(listed.get("no_name", "")),
        reported=words("reported"),
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
_OPENING: Final = "\"“”„«»‘’'「『 \n"
"""Marks and space before a quotation."""
_BEHIND: Final = regex.compile(r"[\"“”„«»‘’']{1,2}(,?)\s*[—–-]?\s*")


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
        self.rare_names = code in _RARE_NAMES
        self.rare = _RARE_NAMES.get(code, 0.0)
        self.extra: list[str] = []
        """Speakers who are no known people, by the words that name them."""
        self.last_said: tuple[int, int] | None = None
        """Where the attributed quotation before ends, and who said it."""
        self.tokens: Words = tokenize(text)
        self.people: tuple[Named, ...] = find_names(text, language, places)
        self.pronouns = self.words.pronouns | self.wording.pronouns
        self.according = self.words.according | self.wording.according | self.wording.postposed
        mentions = sorted(
            (lead, span[0], span[1], index)
            for index, person in enumerate(self.people)
            for lead, span in zip(person.leads, person.spans, strict=True)
        )
        self.mentions = mentions
        self.starts = [mention[1] for mention in mentions]
        self.breaks: list[int] = [match.start() for match in _SENTENCE_END.finditer(text)]
        self.lines = [match.start() for match in _LINE_END.finditer(text)]
        self.bodies = self.find_bodies(language)
        self.sayings = self.find_sayings()
        self.saying_starts = [saying.start for saying in self.sayings]

    def find_bodies(self, language: str | None) -> list[tuple[int, int, str]]:
        """Return start, end and name of each mention of an organisation that is no person's name nor in a quotation."""
        return sorted(
            (start, end, organisation.name)
            for organisation in find_organisations(self.text, language)
            for start, end in organisation.spans
            if not self.quoted(start) and not self.people_between(start, end)
        )

    def people_between(self, start: int, end: int) -> list[int]:
        """Return whom the text names in ``[start, end)``, by their indices, in order and with repetitions."""
        first, last = bisect.bisect_left(self.starts, start), bisect.bisect_left(self.starts, end)
        return [mention[3] for mention in self.mentions[first:last]]

    def find_sayings(self) -> list[_Saying]:
        """Return the verbs of saying outside of quotations with their subjects, carried on where they have none."""
        tokens, words, wording = self.tokens, self.words, self.wording
        says = (words.says | wording.says | wording.deny) if not wording.after else frozenset[str]()
        found: list[_Saying] = []
        last: tuple[int, int] | None = None  # the subject last named: where, who
        said = {
            word
            for word in set(tokens.key)
            if word in self.according
            or word in says
            or (self.arabic and word[:1] and word[0] in _PROCLITICS and word[1:] in says)
        }
        for index in [index for index, word in enumerate(tokens.key) if word in said]:
            source = tokens.key[index] in self.according
            start, end = tokens.start[index], tokens.end[index]
            if self.quoted(start):
                continue
            barred = self.barred(index, found)
            if barred:
                speaker = self.agent(index)
                found.append(_Saying(start, end, speaker, barred=speaker is None))
                continue
            speaker = self.subject(index, source=source)
            if speaker is None:
                speaker = self.body_beside(index, source=source)
            if speaker is None and (self.cased or self.rare_names):
                speaker = self.named_beside(index, source=source)
            if speaker is None and not source:
                speaker = self.earlier_subject(index, found)
            if speaker is None and not source:
                if last is not None and self.carries(index, last):
                    speaker = last[1]
                elif self.has_pronoun(index) or (self.rare_names and self.bare(index)):
                    speaker = self.lone_person(start)
            if speaker is not None:
                last = (end, speaker)
            found.append(_Saying(start, end, speaker))
        return found

    def body_beside(self, index: int, *, source: bool) -> int | None:
        """Return the organisation named right beside the verb at token `index`."""
        start, end = self.tokens.start[index], self.tokens.end[index]
        at = bisect.bisect_left(self.bodies, (start,))
        if at and not (source and self.tokens.key[index] not in self.wording.postposed):
            between = self.text[self.bodies[at - 1][1] : start]
            if not _blocks(between, 1):
                return self.number_of(self.bodies[at - 1][2])
        if at < len(self.bodies) and (source or not self.subject_first or self.inverted(start)):
            between = self.text[end : self.bodies[at][0]]
            if not _blocks(between, 2 if source else 1):
                return self.number_of(self.bodies[at][2])
        return None

    def earlier_subject(self, index: int, before: list[_Saying]) -> int | None:
        """Return the subject of a verb behind ``and``, ``who`` or a comma: of the verb before, or the only person."""
        tokens = self.tokens
        start = tokens.start[index]
        floor = self.sentence_start(start)
        leading = tokens.key[index - 1] if index else ""
        if leading not in self.wording.joins and not (index and tokens.raw[index - 1] in (",", "،")):
            return None
        if before and before[-1].start >= floor and not before[-1].barred:
            return before[-1].speaker
        people = set(self.people_between(floor, start))
        return people.pop() if len(people) == 1 else None

    def number_of(self, name: str) -> int:
        """Return the index of a speaker who is no known person."""
        if name not in self.extra:
            self.extra.append(name)
        return len(self.people) + self.extra.index(name)

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
        postposed = self.tokens.key[index] in self.wording.postposed
        before = None if source and not postposed else self.run_before(index)
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
        if self.rare_names:
            known = key in self.words.says or key in self.wording.says or self.words.is_head(key)
            frequency = self.words.zipf.get(key, 0)
            rare = raw[0].isupper() or frequency < self.rare or (frequency < _RARE and key in self.words.given)
            return rare and raw[0].isalpha() and len(key) > 1 and not known and not self.words.says_arabic(key)
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
        return self.number_of(name)

    def quoted(self, at: int) -> bool:
        index = bisect.bisect_right(self.quote_starts, at) - 1
        return index >= 0 and at < self.quotes[index][1]

    def subject(self, index: int, *, source: bool) -> int | None:
        """Return the person named beside the verb at token `index`."""
        tokens = self.tokens
        start, end = tokens.start[index], tokens.end[index]
        following = self.mention_after(end)
        postposed = tokens.key[index] in self.wording.postposed
        preceding = None if source and not postposed else self.mention_before(start)
        if postposed and preceding is not None:
            return preceding
        if self.verb_first:
            return following if following is not None or preceding is None or not tokens.joined[index] else preceding
        if preceding is None and self.subject_first and not self.inverted(start):
            return None  # says Cruz will "leave": the object
        return preceding if preceding is not None else following

    def inverted(self, start: int) -> bool:
        """Whether what is said stands right before the verb at character `start`, so that its subject follows it."""
        before = self.text[max(0, start - 4) : start].rstrip()
        return not before or before[-1] in "\"”»'’“,:—–\n" or self.text[start].isupper()

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
        start = self.tokens.start[index]
        if bisect.bisect_left(self.lines, start) - bisect.bisect_left(self.lines, last[0]) > _CARRIED_PARAGRAPHS:
            return False
        first = bisect.bisect_left(self.starts, last[0])
        if any(self.mentions[at][3] != last[1] for at in range(first, bisect.bisect_left(self.starts, start))):
            return False
        return self.has_pronoun(index) or (self.rare_names and self.bare(index))

    def bare(self, index: int) -> bool:
        """Whether the verb at token `index` begins a clause and nothing that could be its subject follows."""
        tokens, words = self.tokens, self.words
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
        return not self.pronouns.isdisjoint(self.tokens.key[max(0, index - 2) : index + 3])

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
            if speaker is None:
                back = (at for at in range(index - 1, max(-1, index - 4), -1) if found[at] is not None)
                said = next((at for at in back if self.goes_on(at, index)), None)
                speaker = None if said is None else found[said]
            found.append(speaker)
            if speaker is not None:
                self.last_said = end, speaker
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
        introduced = self.text[:start].rstrip(_OPENING)[-1:] in (":", "：")
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
        if self.cased and (beside := self.beside(end, limit)) is not None:
            return beside
        if self.wording.reported and (speaker := self.reported(start, end)) is not None:
            return speaker
        return self.marked(start, end, limit) if self.wording.after else None

    def before_colon(self, start: int) -> int | None:
        """Return whom a colon introduces: ``Koppelin wörtlich: „…“``, or the only person of a longer sentence."""
        opening = len(self.text[:start].rstrip(_OPENING))
        floor = self.sentence_start(opening)
        lead = self.text[floor:opening].rstrip(":： ")
        if not lead:
            return None
        people = self.people_between(floor, opening)
        if len(lead.split()) > _COLON_WORDS:
            return people[0] if len(set(people)) == 1 else None
        first, last = bisect.bisect_left(self.starts, floor), bisect.bisect_left(self.starts, opening)
        near = [m for m in self.mentions[first:last] if floor + len(lead) - m[2] < _COLON_DISTANCE or m[1] - floor < 3]
        if near:
            return near[-1][3]
        if not self.cased:
            return None
        at = bisect.bisect_left(self.tokens.start, floor + len(lead))
        named = self.run_before(at) if at - bisect.bisect_left(self.tokens.start, floor) <= _COLON_WORDS else None
        return people[0] if named is None and len(set(people)) == 1 else named

    def beside(self, end: int, limit: int) -> int | None:
        """Return whom the text names with one word right behind a quotation that ends in a comma or a question.

        The word is a verb that no list knows: ``„…“, erinnerte sich Trotnow``, ``“…,” Toomey fumed``.
        """
        tail = _BEHIND.match(self.text, end)
        if tail is None or not (self.text[end - 1] in ",،?!" or tail[1]):
            return None
        at = bisect.bisect_left(self.tokens.start, tail.end())
        tokens = self.tokens
        for first in (at, at + 1, at + 2):
            if first >= len(tokens.start) or tokens.start[first] >= limit:
                return None
            if first > at and (not tokens.raw[first - 1].isalpha() or tokens.raw[first - 1][0].isupper()):
                return None
            found = bisect.bisect_left(self.mentions, (tokens.start[first],))
            if found < len(self.mentions) and self.mentions[found][0] == tokens.start[first]:
                _, _, stop, person = self.mentions[found]
                verb = bisect.bisect_left(tokens.start, stop) if first == at else at
                word = tokens.raw[verb] if verb < len(tokens.raw) else ""
                known = word.isalpha() and word[0].islower() and len(word) > _SHORT_WORD
                return person if known and tokens.key[verb] not in self.words.links else None
        return None

    def marked(self, start: int, end: int, limit: int) -> int | None:
        """Return whom a particle or the verb itself marks as the speaker: 毛宁说：“…”, 김 장관은 "…"라고 말했다.

        What follows the quotation is looked at first: 「…」とウェストは述べた, “…”，亚当斯说.
        """
        wording = self.wording
        floor = self.sentence_start(start)
        lead = self.text[floor:start].rstrip(_BEFORE_MARKED)
        rest = regex.split(r"[.。!?！？\n]", self.text[end : min(limit, end + _MARKED_REST)].lstrip(_BEFORE_MARKED))[0]
        if any(deny in lead[-6:] or deny in rest for deny in wording.deny):
            return None
        follows = min((at for verb in wording.after if (at := rest.find(verb)) >= 0), default=-1)
        if follows >= 0:
            begin = self.text.index(rest, end) if rest else end
            if people := self.people_between(begin, begin + follows + 1):
                return people[-1]
            phrase = rest[:follows]
            if wording.particle and phrase.startswith(wording.particle):
                phrase = (
                    regex.split("|".join(wording.marker), phrase.removeprefix(wording.particle))[0] + wording.marker[0]
                )
            if (said := self.phrase_said(phrase, start)) is not None:
                return said
        leads = lead.endswith(wording.after)
        if not leads and not (follows >= 0 and wording.marker):
            return None
        stripped = lead
        while stripped.endswith(wording.after):
            verb = max((verb for verb in wording.after if stripped.endswith(verb)), key=len)
            stripped = stripped.removesuffix(verb).rstrip(" ,，")
        clause = floor + max(map(stripped.rfind, "，,、")) + 1
        if people := self.people_between(floor if wording.marker else clause, start):
            return people[-1]
        return self.phrase_said(stripped, start)

    def phrase_said(self, phrase: str, start: int) -> int | None:
        """Return the speaker whom the end of `phrase` names; who was spoken of last, where it is a pronoun."""
        wording = self.wording
        if not wording.pronouns.isdisjoint(phrase.split()[-3:]):
            return self.last_named(start)
        if wording.marker:
            phrase = self.marked_phrase(phrase)
        phrase = regex.split(r"[,，、;；。:：\n\"“”「」]", phrase)[-1].strip(" 』”’")
        phrase = phrase.removeprefix(wording.particle) if wording.particle else phrase
        words = phrase.split()
        if not phrase:
            return None
        if phrase in wording.pronouns or words[-1] in wording.pronouns:
            return self.last_named(start)
        if len(phrase) > _MARKED_LENGTH or len(words) > _MARKED_WORDS or any(c.isdigit() for c in phrase):
            return None
        if len(phrase) < 2 or not wording.no_name.isdisjoint(phrase):
            return None
        return self.number_of(phrase)

    def last_named(self, start: int) -> int | None:
        """Return whom a pronoun before `start` means: the only person named near it, or who spoke last."""
        person = self.lone_person(start)
        if person is None and self.last_said is not None:
            at, speaker = self.last_said
            lines = bisect.bisect_left(self.lines, start) - bisect.bisect_left(self.lines, at)
            if lines <= _CARRIED_PARAGRAPHS and not set(self.people_between(at, start)) - {speaker}:
                return speaker
        return person

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
        clause = saying.speaker is not None and len(between.split()) <= _CLAUSE_WORDS and not self.arabic
        alone = (
            clause
            and not self.people_between(saying.end, start)
            and (self.nouns or not any(m in between for m in ",،;"))
        )
        return saying if direct or long or near or alone else None

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
        if "\n" in between or _SENTENCE_END.search(rest):
            return None
        if self.ends_clause(rest, end, saying):
            return saying  # müsse „…“ beenden, so Rice.
        if any(m in rest for m in ",،;:") and not apposition:
            return None
        if regex.search(r"[.!?]", between[: len(between) - len(rest)].strip()[1:]) or len(rest) > _APPOSITION:
            return None
        mention = saying.speaker is not None and len(rest.split()) <= _VERB_AFTER + (
            _APPOSITION_WORDS if apposition else 6
        )
        return saying if mention or len(rest.split()) <= _VERB_AFTER else None

    def ends_clause(self, rest: str, end: int, saying: _Saying) -> bool:
        """Whether `rest` of the clause around a quoted term leads, behind a comma, to a verb with its subject."""
        known = saying.speaker is not None and not self.people_between(end, saying.start)
        return known and rest.rstrip().endswith(",") and rest.count(",") == 1 and len(rest.split()) <= _CLAUSE_WORDS

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

    def goes_on(self, said: int, index: int) -> bool:
        """Whether quotation `index` continues the attributed one `said`, after the sentence of its verb.

        Between the two, quoted terms may stand: Sanders said on “State of the Union”.
        """
        end, start = self.quotes[said][1], self.quotes[index][0]
        terms = self.quotes[said + 1 : index]
        if any(self.text[first:last].count(" ") >= _TITLE_WORDS for first, last in terms):
            return False
        between = self.text[end:start]
        if not terms and _MARKS.fullmatch(between):
            return "\n" in between or len(between) < 4
        if not terms and len(between.split()) <= _JOINING_WORDS and _SENTENCE_END.search(between) is None:
            return True  # "more listening" and "more learning"
        body = between.rstrip("\"“”„«»‘’' \n")
        if "\n" in body or len(between) > 2 * _APPOSITION:
            return False
        if self.wording.after:
            return body.endswith((".", "。", "।")) and any(verb in between for verb in self.wording.after)
        saying = self.saying_after(end, start)
        begins = not self.text[start].islower()
        return body.endswith((".", ",")) and begins and saying is not None and not saying.barred

    def is_reported(self, at: int) -> bool:
        """Whether token `at` is a verb of reported speech: sei, habe, and by its forms unterstütze."""
        key, frequencies = self.tokens.key[at], self.words.zipf
        if key in self.wording.reported:
            return True
        stem = key[:-1]
        return (
            key.endswith("e")
            and self.tokens.raw[at][0].islower()
            and frequencies.get(key, 0) < _RARE
            and frequencies.get(stem + "t", 0) > _VERB_FORM
            and frequencies.get(stem + "en", 0) > _VERB_FORM
        )

    def reported(self, start: int, end: int) -> int | None:
        """Return who said the sentence around a quotation whose verbs mark it as reported: er habe „…“ gesehen."""
        floor = self.sentence_start(start)
        stop = next((at for at in self.breaks if at >= end), len(self.text))
        first, last = bisect.bisect_left(self.tokens.start, floor), bisect.bisect_left(self.tokens.start, stop)
        if not any(self.is_reported(at) for at in range(first, last)):
            return None
        at = bisect.bisect_left(self.saying_starts, floor) - 1
        if at < 0 or self.sayings[at].barred or floor - self.sayings[at].end > _REPORTED:
            return None
        saying = self.sayings[at]
        others = {*self.people_between(saying.end, floor), *self.people_between(floor, stop)} - {saying.speaker}
        return None if others or "\n" in self.text[saying.end : floor].strip() else saying.speaker


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
