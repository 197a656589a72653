"""Where a text may name a place: every name of the gazetteer in it, and which place rules alone would take it for.

A demonym (French, الفرنسيون) is a mention of its country. What names may stand for several places or for no place is
decided by these rules:

1. The longest name wins: South Sudan is not Sudan, and phrases such as New York Times or صلاة المغرب name no place.
2. Where the script has capitals, a name must be written with one; US must be written US.
3. Between places of one name decide, in this order of weight: what follows after a comma (Paris, Texas); the kind, as
   a country outweighs its namesakes; the other mentions of the candidate's country and of its neighbours; population.
   So Georgia is the state where the text speaks of the United States only, and عمان is Amman where it speaks of Jordan.
4. A city of a million, a capital or a country stands for itself. A city of 400,000 does where nothing speaks
   against it. A smaller one (100,000 where the language is spoken) needs its country, or another place of it, named
   elsewhere; the smallest also need a preposition before them, or their region or country after a comma.
5. A name that is also an ordinary word or a name of people (``ambiguous-names.txt``) needs a word before it that
   announces a place (city of X, مدينة X); large places with a capital letter only need to stand alone.
6. After a first name or a title it is a surname (Michael Jordan, خالد المصري), there and everywhere else in the text.
7. A demonym that is the name of a language (in English; اللغة الإنجليزية) is not counted.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final, NamedTuple

from schemas.records import Span
from transforms.entities.gazetteer import Beginning, Gazetteer, Node, gazetteer
from transforms.entities.place_names import Entry, Name, data_lines, home_countries, neighbours
from transforms.text.folding import fold, fold_aligned
from transforms.text.languages import CAPITAL_NOUNS, section
from transforms.text.tokens import Token, lex

_PIECE: Final = 5_000
"""Characters that are looked at together; paragraphs are rarely longer. It bounds the work on hostile input."""
_WORD: Final = re.compile(r"\S+")
_NAME_WORDS: Final = 7
_CERTAIN_POPULATION: Final = 1_000_000
_LARGE_POPULATION: Final = 400_000
_HOME_POPULATION: Final = 100_000
COMMON_KINDS: Final = frozenset({"country", "territory", "region"})
_ARABIC_PROCLITICS: Final = ("و", "ف", "ب", "ك", "ل")
_STAYS: Final = frozenset(" -–‐‑'’ʼ\u00a0\u200c\u200f\u200e")
"""Marks that may stand between the words of one name."""

_LANGUAGE_WORDS: Final = (
    "language languages speak speaks spoken speaking fluent اللغة لغة باللغة واللغة للغة باللغتين langue sprache auf "
    "lengua idioma زبان язык языке на lingua língua"
)
_ORGANISATION_WORDS: Final = (
    "times post journal herald tribune globe chronicle gazette guardian mirror mail united fc cf ac sc airways "
    "airlines rovers wanderers albion hotspur rangers university college street avenue road boulevard hotel hilton"
)
_DIRECTIONS: Final = (
    "east west north south central greater downtown upper lower inner outer new old northern southern eastern western "
    "nord sud est ouest ost süd norte sur este oeste"
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A name as it stands in the text, with the places it may stand for and what is around it."""

    start: int
    end: int
    names: tuple[Name, ...]
    before: str
    """The folded word before, when nothing but spaces is between; else empty."""
    after: str
    capital_before: bool
    """Whether that word has a capital and does not begin a sentence."""
    capital_after: bool
    comma_after: bool
    hyphenated: bool
    """Whether a hyphen joins it to the word before."""
    prefixed: bool
    """Whether a proclitic stands before it in the same word."""
    key: str


class Candidate(NamedTuple):
    """A name of the gazetteer in a text, the likeliest place of that name, and whether rules take it for the place."""

    mention: Mention
    entry: Entry
    certain: bool
    known: bool
    """Whether the text names the place's country, or another place of it, as well."""


@lru_cache(maxsize=2)
def candidates(text: str, language: str) -> tuple[Candidate, ...]:
    """Return the names of places in `text`, in NFC, by the gazetteer of `language` (primary subtag, ISO 639-1)."""
    names = gazetteer(language)
    if names.spaceless:
        mentions = [mention for piece in _pieces(text) for mention in _scan_characters(text, piece, names)]
    else:
        mentions = list(_scan(text, _words(text), names))
    return tuple(
        Candidate(mention, *decision)
        for mention, decision in zip(mentions, _decide(text, mentions, language), strict=True)
    )


def _pieces(text: str) -> Iterator[Span]:
    """Yield the spans of the paragraphs, cut at a space where they are very long."""
    start = 0
    while start < len(text):
        end = text.find("\n", start, start + _PIECE)
        if end < 0:
            end = min(len(text), start + _PIECE)
            if end < len(text):
                space = text.rfind(" ", start + _PIECE // 2, end)
                end = space if space > 0 else end
        if end > start:
            yield start, end
        start = max(end, start + 1) if end < len(text) and text[end] not in "\n " else end + 1


def _words(text: str) -> list[Token]:
    """Return the words and numbers of `text`, each of one folded word."""
    words = [token for token in lex(text) if token[0] != "mark"]
    if any(" " in word[3] for word in words):  # a letter that folds to a space, as the Ukrainian apostrophe
        words = [part for word in words for part in (_parts(text, word) if " " in word[3] else (word,))]
    return words


def _parts(text: str, word: Token) -> Iterator[Token]:
    folded = fold_aligned(text[word.start : word.end])
    for match in _WORD.finditer(folded.text):
        start, end = folded.span(match.start(), match.end())
        yield Token(word.kind, word.start + start, word.start + end, match[0])


def _scan(text: str, words: list[Token], names: Gazetteer) -> Iterator[Mention]:
    beginnings = names.beginnings
    end = 0
    for first, word in enumerate(words):
        if first < end or not (begun := beginnings[word[3]]):
            continue
        match = _longest(text, words, first, begun, names)
        if match is not None:
            found, count, span = match
            if found[0].entry is not None:
                yield _mention(text, words, first, count, span, found)
            end = first + count


def _longest(
    text: str, words: list[Token], first: int, begun: tuple[Beginning, ...], names: Gazetteer
) -> tuple[tuple[Name, ...], int, Span] | None:
    """Return the names that begin at word `first` with most words, the number of words, and their span in `text`."""
    best: tuple[tuple[Name, ...], int, Span] | None = None
    for reading, taken, node in begun:
        for last, final, tail in _walk(text, words, first, node, reading, names):
            count = last - first + 1
            if best is not None and count <= best[1]:
                continue
            span = _without(text, words[first], taken, 0)[0], _without(text, words[last], 0, tail)[1]
            fitting = _fitting(text, span, final.names)
            if fitting:
                best = fitting, count, span
    return best


def _without(text: str, word: Token, before: int, after: int) -> Span:
    """Return the span of `word` without so many folded letters at its beginning and its end."""
    if not before and not after:
        return word.start, word.end
    if len(word.key) == word.end - word.start:
        return word.start + before, word.end - after
    start, end = fold_aligned(text[word.start : word.end]).span(before, len(word.key) - after)
    return word.start + start, word.start + end


def _walk(
    text: str, words: list[Token], first: int, node: Node, reading: str, names: Gazetteer
) -> Iterator[tuple[int, Node, int]]:
    """Yield (last word, node, letters of the last word that are no part of the name) for each name from `node` on."""
    particle = names.language == "ko"
    tail = len(words[first].key) - len(reading) if particle else 0
    level = [(first, node, tail)]
    for _ in range(_NAME_WORDS):
        for last, current, rest in level:
            if current.names:
                yield last, current, rest
        following = []
        for last, current, _rest in level:
            if not current.continues or last + 1 >= len(words) or not _joined(text, words[last], words[last + 1]):
                continue
            word = words[last + 1].key
            for other, taken in names.readings(word):
                child = None if taken else names.following(current, other)
                if child is not None:
                    following.append((last + 1, child, len(word) - len(other) if particle else 0))
        if not following:
            return
        level = following


def _joined(text: str, left: Token, right: Token) -> bool:
    gap = text[left.end : right.start]
    if _STAYS.issuperset(gap):
        return True
    if "\n" in gap:
        return False
    # U.S., D.C., St. Louis; ארה"ב
    return gap.strip() in (".", '"', "״", "׳") and (left.end - left.start <= 2 or gap in ('"', "״", "׳"))


def _fitting(text: str, span: Span, names: tuple[Name, ...]) -> tuple[Name, ...]:
    """Return those of `names` that may be written as the text writes them."""
    written = text[span[0] : span[1]]
    letters = [c for c in written if c.isalpha()]
    if not letters:
        return ()
    fitting = []
    for name in names:
        if name.acronym and not all(c.isupper() for c in letters):
            continue
        if name.capital and letters[0].islower():
            continue
        if name.entry is None:
            return (name,)
        fitting.append(name)
    return tuple(fitting)


def _mention(text: str, words: list[Token], first: int, count: int, span: Span, names: tuple[Name, ...]) -> Mention:
    last = first + count - 1
    before = after = ""
    capital_before = capital_after = comma_after = hyphenated = False
    if first and "\n" not in (gap := text[words[first - 1].end : words[first].start]):
        previous = words[first - 1]
        hyphenated = gap in ("-", "‐", "‑")
        spaced = not gap.strip(" \u00a0")
        abbreviated = gap.strip() == "." and previous.end - previous.start <= 4
        if hyphenated or spaced or abbreviated:
            before = previous.key
            if text[previous.start].isupper():
                lead = text[max(0, previous.start - 3) : previous.start].rpartition("\n")[2].rstrip(" \"'“„«(")
                capital_before = bool(lead) and lead[-1] not in ".!?:•–—-"
    if last + 1 < len(words) and "\n" not in (gap := text[words[last].end : words[last + 1].start]):
        if not gap.strip(" \u00a0"):
            after = words[last + 1].key
            capital_after = text[words[last + 1].start].isupper()
        comma_after = gap.strip() in (",", "،", "(")
    prefixed = span[0] > 0 and text[span[0] - 1].isalpha()
    key = words[first].key if count == 1 else fold(text[words[first].start : words[last].end])
    return Mention(
        span[0], span[1], names, before, after, capital_before, capital_after, comma_after, hyphenated, prefixed, key
    )


def _scan_characters(text: str, piece: Span, names: Gazetteer) -> Iterator[Mention]:
    """Find names in text without word spaces. A name in kana must be a whole run of kana."""
    base = piece[0]
    folded = fold_aligned(text[piece[0] : piece[1]])
    squeezed = folded.text
    for start, end, listed in _runs(squeezed, names):
        if _katakana(squeezed[start : start + 1]) and start and _katakana(squeezed[start - 1]):
            continue
        if _katakana(squeezed[end - 1 : end]) and end < len(squeezed) and _katakana(squeezed[end]):
            continue
        if squeezed[start].isascii() and (
            (start and squeezed[start - 1].isalnum() and squeezed[start - 1].isascii())
            or (end < len(squeezed) and squeezed[end].isalnum() and squeezed[end].isascii())
        ):
            continue
        span_start, span_end = folded.span(start, end)
        span = base + span_start, base + span_end
        fitting = _fitting(text, span, listed)
        if fitting and fitting[0].entry is not None:
            yield Mention(span[0], span[1], fitting, "", "", False, False, False, False, False, squeezed[start:end])


def _runs(text: str, names: Gazetteer) -> Iterator[tuple[int, int, tuple[Name, ...]]]:
    """Yield the longest names in a folded text from left to right, none within another."""
    start = 0
    while start < len(text):
        found = names.longest(text, start)
        if found is None:
            start += 1
        else:
            listed, end = found
            yield start, end, listed
            start = end


def _katakana(character: str) -> bool:
    return "\u30a1" <= character <= "\u30ff" and character != "・"


@cache
def _listed(listed: str) -> frozenset[str]:
    return frozenset(map(fold, listed.split()))


@cache
def _announcing(language: str, nouns_only: bool) -> frozenset[str]:
    """Return the nouns, and else the prepositions too, that announce the name of a place; nouns are the stronger."""
    words = section(language, "places")
    return _listed(words.get("nouns", "") + ("" if nouns_only else " " + words.get("prepositions", "")))


@cache
def _first_names() -> frozenset[str]:
    lines = data_lines("first-names.txt")
    return frozenset(fold(word) for line in lines for word in line.partition(":")[2].split())


def _entries(mention: Mention) -> Iterator[tuple[Name, Entry]]:
    for name in mention.names:
        if name.entry is not None:
            yield name, name.entry


def _decide(text: str, mentions: list[Mention], language: str) -> Iterator[tuple[Entry, bool, bool]]:
    """Yield each mention's likeliest place, whether rules alone take it for that, whether its country is named."""
    evidence = _evidence(mentions, COMMON_KINDS | {"capital", "city"})
    within = _evidence(mentions, frozenset({"region", "city"}))
    surnames = {mention.key for mention in mentions if mention.names[0].capital and _is_surname(mention)}
    for number, mention in enumerate(mentions):
        following = mentions[number + 1] if number + 1 < len(mentions) else None
        if not (mention.comma_after and following and following.start - mention.end <= 3):
            following = None
        named = list(_entries(mention))
        weights = [_weight(name, entry, evidence, within, following) for name, entry in named]
        name, entry = named[weights.index(max(weights))]
        doubtful = mention.key in surnames and (name.ambiguous or entry.kind not in COMMON_KINDS) and following is None
        no_place = (
            doubtful
            or _is_surname(mention)
            or _is_language(mention)
            or _is_feminine(text, mention)
            or mention.after in _listed(_ORGANISATION_WORDS)
        )
        certain = not no_place and _certain_enough(mention, name, entry, evidence, following, language)
        yield entry, certain, evidence[entry.country_code] > 0


def _evidence(mentions: list[Mention], kinds: frozenset[str]) -> Counter[str]:
    """Return how often each country is meant by a mention, of a place of these kinds, that means no other."""
    evidence: Counter[str] = Counter()
    for mention in mentions:
        if _is_surname(mention):
            continue
        meant = [(name, entry) for name, entry in _entries(mention) if not (name.ambiguous and entry.kind == "city")]
        if len({entry.country_code for _, entry in meant}) > 1:
            # A large place outweighs its far smaller namesakes.
            meant = [(name, entry) for name, entry in meant if name.demonym or _is_large(entry)]
        codes = {entry.country_code for _, entry in meant}
        if len(codes) != 1 or any(name.ambiguous for name, _ in meant):
            continue
        if any(
            entry.kind in kinds and (entry.kind != "city" or entry.population >= _LARGE_POPULATION)
            for _, entry in meant
        ):
            evidence.update(codes)
    return evidence


def _is_large(entry: Entry) -> bool:
    return entry.kind != "city" or entry.population >= _CERTAIN_POPULATION


def _weight(
    name: Name, entry: Entry, evidence: Counter[str], within: Counter[str], following: Mention | None
) -> tuple[float, int]:
    if entry.kind == "country":
        weight = 6.0
    elif entry.kind == "capital":
        weight = 5.6
    elif entry.kind == "city":
        weight = math.log10(max(entry.population, 10)) - 2.0
    elif entry.kind == "territory":
        weight = 5.5
    else:
        weight = 4.5
    # A region is meant where the text is about its country from the inside: it names other regions or cities of it.
    counted = within if entry.kind == "region" else evidence
    weight += min(3.0, 1.5 * counted[entry.country_code])
    near = neighbours().get(entry.country_code, frozenset())
    weight += min(1.0, 0.5 * sum(evidence[code] for code in near))
    weight -= 0.5 * (not name.trusted)
    if following is not None and entry.kind == "city":
        for _, other in _entries(following):
            same_region = other.region == entry.region if other.kind == "region" and other.region else True
            if other.kind in COMMON_KINDS and other.country_code == entry.country_code and same_region:
                weight += 8.0
                break
    return weight, entry.population


def _certain_enough(
    mention: Mention, name: Name, entry: Entry, evidence: Counter[str], following: Mention | None, language: str
) -> bool:
    named_as_place = mention.before in _announcing(language, True)
    announced = mention.before in _announcing(language, False)
    located = following is not None and any(
        other.kind in COMMON_KINDS and other.country_code == entry.country_code for _, other in _entries(following)
    )
    known = evidence[entry.country_code] > 0
    cased = name.capital
    crowded = cased and (
        (mention.capital_before and mention.before not in _listed(_DIRECTIONS) and language not in CAPITAL_NOUNS)
        or (mention.capital_after and language not in CAPITAL_NOUNS)
    )
    if located or name.demonym:
        return True
    if entry.kind in COMMON_KINDS:
        return not name.ambiguous or known or named_as_place or (cased and not crowded)
    large = _is_large(entry)
    if name.ambiguous:
        if large and cased:
            return not crowded
        return named_as_place and (known or large)
    if large:
        return not mention.hyphenated or not crowded
    if crowded and not (announced and known):
        return False
    if entry.population >= _LARGE_POPULATION:
        return True
    at_home = entry.country_code in home_countries(language)
    if at_home and name.trusted and entry.population >= _HOME_POPULATION * (2 if language == "en" else 1):
        return True
    if entry.population >= (_HOME_POPULATION // 2 if at_home else _HOME_POPULATION):
        return known or (announced and name.trusted)
    return known and announced


def _is_surname(mention: Mention) -> bool:
    initial = len(mention.before) == 1 and mention.capital_before and mention.names[0].capital
    names = _first_names()
    proclitic = mention.before[:1] in _ARABIC_PROCLITICS and mention.before[1:] in names
    if initial or not (mention.before in names or proclitic):
        return initial
    if mention.names[0].capital:
        return True
    if mention.prefixed:  # "King Abdullah in Jeddah", بجدة
        return False
    return all(name.demonym or name.ambiguous or not _is_large(entry) for name, entry in _entries(mention))


def _is_feminine(text: str, mention: Mention) -> bool:
    """Whether a nisba ends in alef maksura, and so is another word (اليمنى, the right hand), not اليمني.

    Egyptian writers use that letter for final yeh everywhere; then فى is in their text.
    """
    return text[mention.end - 1] == "ى" and any(name.demonym for name in mention.names) and "فى" not in text


def _is_language(mention: Mention) -> bool:
    if not all(name.demonym for name in mention.names):
        return False
    return mention.before in _listed(_LANGUAGE_WORDS) or (mention.before == "in" and not mention.after)
