"""Where a text names people: full names with the role beside them, and later mentions by family name alone.

A name needs a witness: a given name at its beginning, or an office, rank or form of address before it. In scripts with
capitals its words are capitalised; in Arabic script it ends where a word is no name by its form, its frequency in the
language, or its place after a name (الأسد). Names of one person are brought together by given and family name; a family
name alone belongs to the person first named with it.
"""

import bisect
import dataclasses
import functools
from collections.abc import Iterator
from typing import Final

import regex

from schemas.records import Span
from transforms.entities.lexicon import Lexicon, ambiguous_names, lexicon, organisation_words, shared_words
from transforms.entities.named import Mention, Named
from transforms.entities.names_unspaced import UNSPACED, unspaced_names
from transforms.entities.nominative import LANGUAGES as NOMINATIVE_LANGUAGES
from transforms.entities.nominative import is_nominative, nominative
from transforms.entities.tagger import Tagged, rules_add, tag
from transforms.entities.tagger.features import known_names
from transforms.text.languages import CAPITAL_NOUNS, primary
from transforms.text.tokens import Words, tokenize, word_key

ARABIC_SCRIPT: Final = frozenset(("ar", "fa", "ur", "ps", "ckb", "ug", "arz"))
_PARTICLES: Final = shared_words("particles")
_DAYS: Final = shared_words("days")
_ARABIC_PARTS: Final = shared_words("arabic_parts")
_ARABIC_TAILS: Final = shared_words("arabic_tails")
_ARABIC_FUNCTION_WORDS: Final = shared_words("arabic_function_words", fold=False)
_COMPLEMENT_ENDS: Final = shared_words("complement_ends")
_BEFORE_GOD: Final = shared_words("before_god")
_PLACE_BEGINNINGS: Final = shared_words("place_beginnings")
_ROYAL: Final = shared_words("royal")
_GENTILIC: Final = regex.compile(
    r"(?:an|ian|ean|ese|ish|ch|sh|ais|aise|ien|ienne|ain|aine|ois|oise|and|ande|ol|ole|ique|no|na|és|esa|ês|ense|eño|eña|ino|co|ca|eo|ea|"
    r"ий|ого|ому|им|ая|ой|ische|ischer|ischen|ischem|li|lı|ي|يه)$"
)
_FAMILY_ZIPF: Final = 5.0
"""Commoner words with the article are no family names, even behind an office and a given name."""
_ADJECTIVE: Final = regex.compile(
    r"(?:al|ale|el|elle|aire|ario|aria|if|ive|ivo|iva|ique|ico|ica|eur|eure|ier|iere|ado|ada|ato|ata)$"
)
"""Endings of the adjectives that stand behind an office in Romance languages: conseillère fédérale, fiscal general."""
_MOST_WORDS: Final = 5
_ROLE_WORDS: Final = 10
_ROLE_AFTER: Final = regex.compile(r" ?[,،] ?([^,،.;:()\"“”«»\n]{3,70})(?=[,،.;\n])")
_ARTICLE: Final = regex.compile(
    r"(?:the|a|an|der|die|das|ein|eine|le|la|les|l['’]|un|une|el|il|lo|o|os|as|uno|una|um|uma) ?(?<=[ '’])",
    regex.IGNORECASE,
)
_ARTICLES: Final = frozenset(
    (
        "the",
        "der",
        "die",
        "das",
        "den",
        "dem",
        "le",
        "la",
        "les",
        "l",
        "el",
        "los",
        "il",
        "lo",
        "i",
        "o",
        "a",
        "os",
        "as",
    )
)
_CASE_ENDING: Final = regex.compile(r"(?<=\p{Cyrillic}{3})(?:ого|ому|ой|ий|ая|ую|ым|им|ом|ем|ей|а|у|ы|и|е|я|ю|й|о)$")
_VERB: Final = regex.compile(r"(?<!^де)(?:л|ла|ли|ло|ет|ит|ют|ат|ут|ся)$(?<=\p{Cyrillic})")
"""The endings of Russian and Ukrainian verbs in the third person; дел, of affairs, is none."""
_LATIN_TAIL: Final = regex.compile(r"['’]s?$")


@functools.lru_cache(maxsize=2)
def find_names(text: str, language: str | None, places: tuple[Span, ...] = ()) -> tuple[Named, ...]:
    """Return the people that `text` names, by first mention; do not change them.

    `places` are the spans of places: a country between office and name belongs to the office.
    """
    code = primary(language)
    tagged = tag(text, language)
    people = None if tagged is None else [name for name in tagged if name.kind == "person"]
    if people is not None and code in UNSPACED:
        return unspaced_names(text, code, people)
    words = lexicon(code)
    tokens = tokenize(text)
    finder = (
        _ArabicFinder(text, tokens, words, places, code)
        if code in ARABIC_SCRIPT
        else _CasedFinder(text, tokens, words, places, code)
    )
    mentions = list(finder.mentions()) if people is None or finder.precise else []
    if tagged is not None and people is not None:
        # The family name of somebody named in full is his, even where it is a place's as well.
        finder.taken = frozenset(_tokens_in(tokens, tuple((n.start, n.end) for n in tagged if n.kind != "place")))
        whole = frozenset(_tokens_in(tokens, tuple((name.start, name.end) for name in tagged)))
        named = list(finder.tagged(people))
        rules_win = rules_add(language, "person")
        fuller = [mention for mention in mentions if rules_win or _completes(tokens, mention, named, whole)]
        mentions = [m for m in mentions if m not in fuller and whole.isdisjoint(range(m.first, m.last))]
        named = [
            part for part in named if not any(full.first < part.last and part.first < full.last for full in fuller)
        ]
        mentions = sorted((*mentions, *fuller, *named), key=lambda mention: mention.first)
    return _bring_together(text, tokens, mentions, finder)


def _completes(tokens: Words, full: Mention, named: list[Mention], whole: frozenset[int]) -> bool:
    """Whether the rules' `full` name goes on, with a particle, where the tagger's ends: Ursula (von der Leyen)."""
    ends = {part.last for part in named if part.first == full.first and part.last < full.last}
    people = {at for part in named for at in range(part.first, part.last)}
    return any(tokens.raw[end].islower() and not whole & set(range(end, full.last)) - people for end in ends)


class _Finder:
    """What the finders of both kinds of script share: roles."""

    precise = False
    """Whether the rules are as precise as a tagger, so that they add what it did not find."""

    def __init__(self, text: str, tokens: Words, words: Lexicon, places: tuple[Span, ...], code: str) -> None:
        self.places = frozenset(_tokens_in(tokens, places))
        self.text = text
        self.tokens = tokens
        self.words = words
        self.code = code
        self.given = words.given
        self.ambiguous = ambiguous_names()
        self.taken: frozenset[int] = frozenset()
        """Tokens that the tagger takes for part of a name; none of them is a family name alone."""

    def tagged(self, people: list[Tagged]) -> Iterator[Mention]:
        """Yield the mentions that the tagger found, with their roles."""
        starts = self.tokens.start
        for name in people:
            first = bisect.bisect_right(starts, name.start) - 1
            last = bisect.bisect_left(starts, name.end)
            first, last = self.trimmed(first, last)
            if first < last and not (last - first > 1 and self.tokens.key[last - 1] in organisation_words()):
                mention = self.mention(first, last, self.proclitic(first))
                yield dataclasses.replace(mention, confidence=round(name.confidence, 3))

    def trimmed(self, first: int, last: int) -> tuple[int, int]:
        """Return tokens ``[first, last)`` without forms of address, marks, and an ending behind an apostrophe."""
        tokens = self.tokens
        while first < last and (not tokens.raw[first][0].isalnum() or tokens.key[first] in self.words.honorifics):
            first += 1
        while first < last and not (tokens.raw[last - 1][0].isalnum()):
            last -= 1
        for at in range(first, last - 1):
            if tokens.raw[at][-1] in "'’" and tokens.raw[at + 1][0].islower():
                return first, at + 1
        return first, last

    def proclitic(self, first: int) -> int:
        """Return how many letters before the name are written together with it."""
        return 0

    def mention(self, first: int, last: int, offset: int = 0) -> Mention:
        """Return the name of tokens ``[first, last)``, less `offset` characters of particles, with its role."""
        start, end = self.tokens.start[first] + offset, self.tokens.end[last - 1]
        if tail := _LATIN_TAIL.search(self.tokens.raw[last - 1]):
            end -= len(tail[0])
        role = self.role_before(first) if not offset else None
        if role is not None:
            return Mention(first, last, start, end, self.text[role[0] : role[1]], role[0])
        before = self.role_before_comma(first, end)
        if before is not None:
            return Mention(first, last, start, end, self.text[before[0] : before[1]], before[0])
        return Mention(first, last, start, end, self.role_after(end), start)

    def role_before_comma(self, first: int, end: int) -> Span | None:
        """Return the office to which the name stands in apposition: the president of Mexico, Claudia Sheinbaum,."""
        tokens, words = self.tokens, self.words
        comma = first - 1
        if (
            comma < 1
            or tokens.raw[comma] != ","
            or tokens.start[first] - tokens.end[comma] != 1
            or not tokens.joined[comma]
            or self.text[end : end + 1] not in (",", ".", ";", ")", "\n")
        ):
            return None
        head = comma - 1
        floor = max(0, comma - _ROLE_WORDS)
        while head > floor and not words.is_head(tokens.key[head]):
            if not tokens.joined[head] or not self.in_complement(head, last=False):
                return None
            head -= 1
        if not words.is_head(tokens.key[head]) or (head < comma - 1 and not self.begins_complement(head + 1)):
            return None
        left = head
        while left > 0 and tokens.joined[left] and self.extends_role(left - 1):
            left -= 1
        if left and tokens.joined[left] and tokens.key[left - 1] not in _ARTICLES:
            return None
        return tokens.start[left], tokens.end[comma - 1]

    def role_before(self, first: int) -> Span | None:
        """Return where the role stands that ends right before token `first`."""
        tokens, words = self.tokens, self.words
        head = None
        at = first - 1
        floor = max(0, first - _ROLE_WORDS)
        while at >= floor and tokens.joined[at + 1]:
            if words.is_head(tokens.key[at]) or (bare := self.bare_head(at)):
                head = at
                break
            if not self.in_complement(at, last=at == first - 1):
                return None
            at -= 1
        if head is None or (head < first - 1 and not self.begins_complement(head + 1)):
            return None
        left = head
        while left > 0 and tokens.joined[left] and self.extends_role(left - 1):
            left -= 1
        start = tokens.start[left]
        if left == head and (bare := self.bare_head(head)):
            start += bare
        last = first - 1
        while last > head and tokens.key[last] in words.honorifics:
            last -= 1
        if last == head and tokens.key[head] in words.honorifics:
            return None
        return start, tokens.end[last]

    def role_after(self, end: int) -> str | None:
        """Return the role that follows in apposition: ``, chancellor of Germany,``."""
        match = _ROLE_AFTER.match(self.text, end)
        if match is None:
            return None
        role = match[1].strip()
        if article := _ARTICLE.match(role):
            role = role[article.end() :]
        keys = [word_key(word) for word in role.split()]
        head = next((i for i, word in enumerate(keys[:4]) if self.words.is_head(word)), None)
        if head is None or not self.words.says.isdisjoint(keys) or not self.words.links.isdisjoint(keys[:head]):
            return None
        words = role.split()
        while len(words) > head + 1 and (len(words[-1]) == 1 or word_key(words[-1]) in self.words.links):
            words.pop()  # cut off at the point of an abbreviation: of the U
        role = " ".join(words)
        return role if self.plain_apposition(role) else None

    def plain_apposition(self, role: str) -> bool:
        return True

    def bare_head(self, at: int) -> int:
        return 0

    def in_complement(self, at: int, *, last: bool) -> bool:
        raise NotImplementedError

    def begins_complement(self, at: int) -> bool:
        raise NotImplementedError

    def extends_role(self, at: int) -> bool:
        raise NotImplementedError

    def mentions(self) -> Iterator[Mention]:
        raise NotImplementedError

    def family_at(self, at: int) -> tuple[str, int, int] | None:
        """Return key, start and end of token `at` where it can be a family name alone."""
        raise NotImplementedError

    def base(self, word: str) -> str:
        return word


class _CasedFinder(_Finder):
    """Names in Latin, Cyrillic and Greek script."""

    precise = True

    def __init__(self, text: str, tokens: Words, words: Lexicon, places: tuple[Span, ...], code: str) -> None:
        super().__init__(text, tokens, words, places, code)
        self.capital_nouns = code in CAPITAL_NOUNS
        self.turkish = code == "tr"
        self.romance = code in ("fr", "es", "it", "pt")
        # In German, der, den and das are articles, but in names only behind von.
        self.particles = (
            _PARTICLES - frozenset(("der", "den", "das", "des", "du", "las", "do"))
            if self.capital_nouns
            else _PARTICLES
        )

    def mentions(self) -> Iterator[Mention]:
        tokens = self.tokens
        at, count = 0, len(tokens.raw)
        while at < count:
            if tokens.raw[at][0].isupper():
                last = self.name_at(at)
                if last:
                    yield self.mention(at, last)
                    at = last
                    continue
            at += 1

    def name_at(self, at: int) -> int:
        """Return the token after the name that begins at token `at`, or 0."""
        tokens, words = self.tokens, self.words
        word = tokens.key[at]
        announced = self.announced(at)
        if announced and at in self.places and self.begins_word(at + 1) and not self.is_given(word):
            return 0  # президент Казахстана Ерлан Сатпаев
        if (
            word in _PLACE_BEGINNINGS
            or (at > 0 and tokens.joined[at] and tokens.key[at - 1] in _PLACE_BEGINNINGS)
            or (self.blocks(at) and not (announced and self.is_given(word)))
        ):
            return 0
        if announced and not self.is_given(word) and self.given_follows(at):
            return 0  # the complement of the role: канцлером Германии Фридрихом Мерцем
        last = self.extend(at)
        length = last - at
        if self.begins_word(last) and tokens.key[last] in organisation_words():
            return 0  # the name of a building, a foundation, a prize
        if announced and not tokens.raw[at].isupper():
            return last if length > 1 or len(word) > 2 else 0
        if length < 2 or tokens.raw[last - 1].endswith("."):
            return 0
        if self.is_given(word):
            second = tokens.key[at + 1]
            doubtful = word in self.ambiguous and words.zipf.get(second, 0) > 4 and second not in self.given
            return 0 if doubtful and not self.beside_verb(at, last) else last
        if self.role_after(tokens.end[last - 1]) or (tokens.raw[at].endswith(".") and not self.role_free(at, last)):
            return last
        return 0

    def announced(self, at: int) -> bool:
        """Whether an office or form of address stands before token `at`, or before the country before it."""
        tokens, words = self.tokens, self.words
        before = at - 1
        while before > 0 and before in self.places and tokens.joined[before + 1] and at - before < 4:
            before -= 1
        if before < 0 or not all(tokens.joined[before + 1 : at + 1]):
            return False
        return words.is_head(tokens.key[before]) or (before == at - 1 and tokens.key[before] in words.honorifics)

    def beside_verb(self, at: int, last: int) -> bool:
        """Whether a verb of saying stands right before or after tokens ``[at, last)``."""
        tokens, says = self.tokens, self.words.says
        if at > 0 and tokens.joined[at] and tokens.key[at - 1] in says:
            return True
        return last < len(tokens.raw) and tokens.joined[last] and tokens.key[last] in says

    def given_follows(self, at: int) -> bool:
        """Whether one of the two tokens after `at` is a given name, and a name goes on after it."""
        return any(
            self.begins_word(next_) and self.is_given(self.tokens.key[next_]) and self.begins_word(next_ + 1)
            for next_ in ((at + 1,) if not self.begins_word(at + 1) else (at + 1, at + 2))
        )

    def begins_word(self, at: int) -> bool:
        """Whether token `at` follows on the one before it, with a capital."""
        tokens = self.tokens
        return at < len(tokens.raw) and tokens.joined[at] and tokens.raw[at][0].isupper()

    def role_free(self, at: int, last: int) -> bool:
        """Whether no role speaks for initials with a family name."""
        return self.role_before(at) is None and "CYRILLIC" not in _script(self.tokens.raw[at])

    def extend(self, at: int) -> int:
        tokens = self.tokens
        last = at + 1
        while last < len(tokens.raw) and tokens.joined[last] and last - at < _MOST_WORDS + 1:
            if tokens.raw[last - 1][-1] in "'’":
                break
            if tokens.raw[last][0].isupper():
                if tokens.key[last] in _PARTICLES and self.begins_word(last + 1) and not self.blocks(last + 1):
                    last += 2
                    continue
                if self.blocks(last) or (last - at > 1 and self.common(last)):
                    break
                last += 1
                continue
            after = last
            while (
                after - last < 3
                and after < len(tokens.raw)
                and tokens.joined[after]
                and tokens.raw[after] in self.particles
            ):
                after += 1
                if tokens.raw[after - 1] in ("von", "van") and tokens.raw[after : after + 1] in (["der"], ["den"]):
                    after += 1
            if after == last or after >= len(tokens.raw) or not tokens.joined[after]:
                break
            if not tokens.raw[after][0].isupper() or tokens.raw[after].isupper() or self.blocks(after):
                break
            if self.capital_nouns and self.common(after):
                break  # Thomas Langhoff von der Hochschule
            last = after + 1
        return last

    def is_given(self, word: str) -> bool:
        if word in self.given or self.base(word) in self.given:
            return True
        stem = _CASE_ENDING.sub("", word)
        return stem != word and (stem in self.given or stem + "й" in self.given or stem + "а" in self.given)

    def blocks(self, at: int) -> bool:
        """Whether token `at` can be no part of a name."""
        raw, word, words = self.tokens.raw[at], self.tokens.key[at], self.words
        if raw[-1] == "." and len(raw) == 2:
            return False
        if not raw[0].isalpha() or (raw.isupper() and len(raw) > 3) or word in _DAYS or word in organisation_words():
            return True
        if word in words.says or word in words.honorifics or (words.is_head(word) and word not in self.given):
            return True
        behind_given = at > 0 and self.tokens.joined[at] and self.tokens.key[at - 1] in self.given
        limit = 6.3 if behind_given and self.turkish else 5.5  # Özgür Özel
        return words.zipf.get(word, 0) > limit and word not in self.given

    def common(self, at: int) -> bool:
        word = self.tokens.key[at]
        return self.words.zipf.get(word, 0) > (4.4 if self.capital_nouns else 5.3) and word not in self.given

    def in_complement(self, at: int, *, last: bool) -> bool:
        raw, word, words = self.tokens.raw[at], self.tokens.key[at], self.words
        if word in words.links:
            return not last
        if raw[0].isupper():
            return not self.is_given(word)
        if not raw[0].isalpha() or _VERB.search(raw) or word in words.says:
            return False
        return words.zipf.get(word, 0) < 5.9 and len(words.zipf) > 0

    def begins_complement(self, at: int) -> bool:
        raw, word = self.tokens.raw[at], self.tokens.key[at]
        if word in self.words.links:
            return True
        if "CYRILLIC" in _script(raw):
            return True
        return raw[0].islower() and (
            _GENTILIC.search(raw) is not None or (self.romance and _ADJECTIVE.search(word) is not None)
        )

    def extends_role(self, at: int) -> bool:
        tokens = self.tokens
        raw, word = tokens.raw[at], tokens.key[at]
        if word in self.words.modifiers or self.words.is_head(word):
            return True
        if at in self.places and raw[0].isupper():
            return True
        if word in self.words.honorifics or word in _DAYS or self.words.zipf.get(word, 0) > 5.6:
            return False
        if raw[0].isupper() and not self.capital_nouns:
            begins = at == 0 or tokens.raw[at - 1][0] in '.!?:\n"“«»' or not tokens.joined[at]
            return (not begins or raw.isupper() or _GENTILIC.search(raw) is not None) and word not in self.given
        return len(raw) > 5 and raw.endswith(("ische", "ischer", "ischen", "ischem", "ский", "ского", "ская", "ской"))

    def plain_apposition(self, role: str) -> bool:
        words = role.split()
        head = next(i for i, word in enumerate(words) if self.words.is_head(word_key(word)))
        following = words[head + 1] if head + 1 < len(words) else ""
        return not (following[:1].isupper() and self.is_given(word_key(following)))

    def family_at(self, at: int) -> tuple[str, int, int] | None:
        tokens = self.tokens
        raw = tokens.raw[at]
        if not raw[0].isupper():
            return None
        if not self.capital_nouns:
            before, after = at - 1, at + 1
            if before >= 0 and tokens.joined[at] and tokens.raw[before][0].isupper() and not self.blocks(before):
                return None
            if (
                after < len(tokens.raw)
                and tokens.joined[after]
                and tokens.raw[after][0].isupper()
                and raw[-1] not in "'’"
                and (not self.blocks(after) or tokens.key[after] in organisation_words())
            ):
                return None
        end = tokens.end[at]
        if tail := _LATIN_TAIL.search(raw):
            end -= len(tail[0])
        return self.base(tokens.key[at]), tokens.start[at], end

    def base(self, word: str) -> str:
        return str(_CASE_ENDING.sub("", word)) if word[:1] >= "а" else word


class _ArabicFinder(_Finder):
    """Names in Arabic script."""

    def __init__(self, text: str, tokens: Words, words: Lexicon, places: tuple[Span, ...], code: str) -> None:
        super().__init__(text, tokens, words, places, code)
        self.arabic = code == "ar"
        self.stem_limit = 4.0 if code == "ar" else 9.0

    def mentions(self) -> Iterator[Mention]:
        tokens = self.tokens
        at, count = 0, len(tokens.raw)
        while at < count:
            found = self.name_at(at)
            if found is None:
                at += 1
                continue
            last, offset = found
            yield self.mention(at, last, offset)
            at = last

    def name_at(self, at: int) -> tuple[int, int] | None:
        tokens, words = self.tokens, self.words
        word = tokens.key[at]
        if not word or not tokens.raw[at][0].isalpha() or tokens.raw[at] in _ARABIC_FUNCTION_WORDS:
            return None
        named = word in self.given or word[1:] in self.given or word in _ARABIC_PARTS
        if not named and words.zipf.get(word, 0) >= 3.0:
            return None
        announced, royal = self.announced(at)
        if at in self.places and not announced and word not in self.given:
            return None
        offset = 0
        part = word in _ARABIC_PARTS and word not in {"بن", "ال", "ام"}
        if word.startswith("ال") and not announced:
            return None
        if word not in self.given and not part:
            if not announced and word[0] in "ولبفك" and len(word) > 4 and tokens.raw[at][1:] and word[1:] in self.given:
                offset, word = 1, word[1:]
            elif not (announced and self.unknown(at, 3.0)):
                return None
        official = announced or (
            not offset and word in self.given and word not in self.ambiguous and self.role_before(at) is not None
        )
        last, certain = self.extend(at, announced=official)
        if words.is_head(word) and not (announced and certain):
            return None
        if last - at > 1:
            if word in self.ambiguous and not announced and not certain and self.role_before(at) is None:
                return None
            if offset and not certain:
                return None
            return last, offset
        if announced and not offset and (royal or word in self.given) and word not in self.ambiguous:
            return last, 0
        if announced and self.unknown(at, 2.0) and len(word) > 3:
            return last, 0
        return None

    def announced(self, at: int) -> tuple[bool, bool]:
        """Return whether an office or form of address announces token `at`, and whether it takes a given name alone."""
        tokens, words = self.tokens, self.words
        before = at - 1
        adjectives = 0
        while before >= 0 and tokens.joined[before + 1] and adjectives < 4:
            word = tokens.key[before]
            if bare := self.bare_head(before):
                word = word[bare:]
            if words.is_head(word) or word in words.honorifics:
                if adjectives and not word.startswith("ال"):
                    return words.is_head(word) and adjectives > 0, False
                return True, (word in _ROYAL or word in words.honorifics) and not adjectives
            if not word.startswith("ال"):
                return False, False
            adjectives += 1
            before -= 1
        return False, False

    def extend(self, at: int, *, announced: bool) -> tuple[int, bool]:
        """Return the token after the name that begins at `at`, and whether its second word is certainly a name."""
        given = self.tokens.key[at] in self.given and self.tokens.key[at] not in self.ambiguous
        common = _FAMILY_ZIPF if announced and given else 4.3
        tokens = self.tokens
        last = at + 1
        certain = False
        if (
            tokens.key[at] in _ARABIC_PARTS
            and last < len(tokens.raw)
            and tokens.joined[last]
            and tokens.raw[last][0].isalpha()
        ):
            if self.words.zipf.get(tokens.key[last], 0) > 5.5 and tokens.key[last] not in self.given:
                return last, False
            last += 1
            certain = True
        words = 1
        while last < len(tokens.raw) and tokens.joined[last] and words < _MOST_WORDS:
            word = tokens.key[last]
            if not word or not tokens.raw[last][0].isalpha():
                break
            if word in _ARABIC_TAILS:
                if word == "الله" and tokens.key[last - 1] not in _BEFORE_GOD:
                    break
                last += 1
                certain = True
            elif word in _ARABIC_PARTS:
                if last + 1 >= len(tokens.raw) or not tokens.joined[last + 1] or self.closes(last + 1):
                    break
                if not tokens.raw[last + 1][0].isalpha():
                    break
                last += 2
                certain = True
            elif self.closes(last) or (words > 1 and self.words.is_head(word)):
                break
            elif word in self.given:
                if word.startswith("ال"):
                    return self.families(last + 1, common), True
                if word in self.ambiguous and words > 1 and self.words.zipf.get(word, 0) > 5.2:
                    break
                last += 1
                certain = certain or word not in self.ambiguous
            elif word.startswith("ال"):
                if (
                    self.words.zipf.get(word, 0) > common
                    or len(word) < 5
                    or word.startswith("الت")
                    or last in self.places
                ):
                    break
                return self.families(last + 1, common), certain or self.words.zipf.get(word, 0) < 3.0
            elif last in self.places:
                break
            elif self.unknown(last, (4.1 if announced else 3.4) if words == 1 else 2.6, foreign=announced):
                last += 1
            else:
                break
            words += 1
        return last, certain

    def families(self, at: int, common: float) -> int:
        """Return the token after the further family names at token `at`: الأحمد الجابر الصباح."""
        tokens = self.tokens
        floor = at
        while (
            common == _FAMILY_ZIPF
            and at < len(tokens.raw)
            and at - floor < 2
            and tokens.joined[at]
            and tokens.key[at].startswith("ال")
            and len(tokens.key[at]) > 4
            and at not in self.places
            and not self.closes(at)
            and tokens.key[at] not in _COMPLEMENT_ENDS
            and self.words.zipf.get(tokens.key[at], 0) <= common
        ):
            at += 1
        return at

    def closes(self, at: int) -> bool:
        """Whether token `at` ends a name before it."""
        word, words = self.tokens.key[at], self.words
        if self.tokens.raw[at] in _ARABIC_FUNCTION_WORDS or word in words.says or word in words.links:
            return True
        return words.is_head(word) and not (words.zipf.get(word, 0) < 4.9 and word in self.given)

    def unknown(self, at: int, limit: float, *, foreign: bool = False) -> bool:
        """Whether token `at` is too rare to be a word, and not one with particles or of a verb's form.

        In a `foreign` name, behind an office, what is no word at all may look like one with a suffix.
        """
        word, frequencies = self.tokens.key[at], self.words.zipf
        if not frequencies or len(word) < 3 or not word.isalpha() or frequencies.get(word, 0) >= limit:
            return False
        if word in self.words.says or word in self.words.honorifics or self.words.is_head(word):
            return False
        if word.startswith(("ال", "وال", "بال", "فال", "كال", "لل", "ولل", "سي", "ست")) or word.endswith(
            ("يين", "يون", "ات", "ها", "هم")
        ):
            return False
        if word[0] in "ولبفك" and len(word) > 3 and frequencies.get(word[1:], 0) >= 3.0:
            return False
        if foreign and word not in frequencies and word[0] not in "يتن":
            return True
        if word[0] in "يتن" and (
            frequencies.get("ي" + word[1:], 0) >= 2.5 or frequencies.get("ت" + word[1:], 0) >= 2.5
        ):
            return False
        # Suffixes of person: a rare form of a common word.
        common = max(self.stem_limit, frequencies.get(word, 0) + 1.5) if foreign else self.stem_limit
        return not any(
            word.endswith(s) and frequencies.get(word[: -len(s)], 0) >= common
            for s in ("ا", "ه", "ي", "ين", "ان", "وا")
        )

    def in_complement(self, at: int, *, last: bool) -> bool:
        word, words = self.tokens.key[at], self.words
        if not self.tokens.raw[at][0].isalpha():
            return False
        if word in _COMPLEMENT_ENDS or (self.arabic and word in self.given and word not in self.ambiguous):
            return False
        if word.startswith("ال") or word in words.links:
            return not (last and word in words.links and not word.startswith("ال"))
        if word in words.says or (word[:1] in "وف" and word[1:] in words.says) or word in words.pronouns:
            return False
        return words.zipf.get(word, 0) < (6.3 if self.arabic else 6.7)

    def begins_complement(self, at: int) -> bool:
        return True

    def proclitic(self, first: int) -> int:
        word, given, family = self.tokens.key[first], self.given, known_names("family")
        if word[:1] not in tuple("ولبفك") or word in given or word in family or len(word) < 4:
            return 0
        rest = word[1:]
        return int(rest in given or rest in family or (word[0] in "وف" and rest.startswith("ال")))

    def bare_head(self, at: int) -> int:
        word = self.tokens.key[at]
        return (
            1
            if len(word) > 4
            and word[0] in "ولبفك"
            and word[1:] in self.words.heads
            and len(self.tokens.raw[at]) == len(word)
            else 0
        )

    def extends_role(self, at: int) -> bool:
        word = self.tokens.key[at]
        return word in self.words.modifiers or (self.words.is_head(word) and not word.startswith("ال"))

    def family_at(self, at: int) -> tuple[str, int, int] | None:
        tokens = self.tokens
        word = tokens.key[at]
        return (word, tokens.start[at], tokens.end[at]) if word else None


def _tokens_in(tokens: Words, spans: tuple[Span, ...]) -> Iterator[int]:
    """Yield the tokens that begin within `spans`."""
    for start, end in spans:
        at = bisect.bisect_left(tokens.start, start)
        while at < len(tokens.start) and tokens.start[at] < end:
            yield at
            at += 1


@functools.lru_cache(maxsize=4096)
def _script(raw: str) -> str:
    return "CYRILLIC" if regex.search(r"\p{Cyrillic}", raw) else ""


def _bring_together(text: str, tokens: Words, mentions: list[Mention], finder: _Finder) -> tuple[Named, ...]:
    """Return the people of `mentions`, with later mentions by family name alone."""
    people: list[Named] = []
    by_family: dict[str, list[int]] = {}
    events: list[tuple[int, Mention | None, int]] = [(m.first, m, 0) for m in mentions]
    inside = {i for m in mentions for i in range(m.first, m.last)}
    families = {finder.base(tokens.key[m.last - 1]) for m in mentions}
    named = {
        word
        for word in (set(tokens.key) if families else ())
        if finder.base(word) in families or (len(word) > 4 and (word[1:] in families or word.rstrip("s") in families))
    }
    if named:
        inside |= finder.taken
        events += [(at, None, at) for at, word in enumerate(tokens.key) if word in named and at not in inside]
    events.sort(key=lambda event: event[0])
    late: list[tuple[str, int, int]] = []
    for _, mention, at in events:
        if mention is None:
            alone = _family_alone(finder, at, families)
            if alone is not None:
                word, start, end = alone
                candidates = by_family.get(word, [])
                if candidates:
                    people[candidates[0]].spans.append((start, end))
                    people[candidates[0]].leads.append(start)
                else:
                    late.append(alone)
            continue
        end = mention.end
        family = finder.base(tokens.key[mention.last - 1])
        if isinstance(finder, _CasedFinder) and finder.capital_nouns and family[-1:] == "s" and family[:-1] in families:
            family, end = family[:-1], end - 1  # a genitive: Hendels, beside Hendel
        name = text[mention.start : end]
        given = (
            finder.base(word_key(text[mention.start : tokens.end[mention.first]]))
            if mention.last - mention.first > 1
            else ""
        )
        index = _same_person(people, by_family.get(family, []), given)
        if index is None and not given:
            bearers = [number for number, known in enumerate(people) if known.given == family]
            index = bearers[0] if len(bearers) == 1 else None
        if index is None:
            index = len(people)
            people.append(Named(name, mention.role, family, given))
        person = people[index]
        if mention.confidence is not None:
            person.confidence = max(mention.confidence, person.confidence or 0.0)
        candidates = by_family.setdefault(family, [])
        if index not in candidates:
            candidates.append(index)
        if len(name.split()) > len(person.name.split()) or (not person.given and given):
            person.name, person.given = name, given
        person.role = person.role or mention.role
        person.spans.append((mention.start, end))
        person.leads.append(mention.lead)
    for word, start, end in late:
        candidates = by_family.get(word, [])
        if len(candidates) == 1:
            people[candidates[0]].spans.append((start, end))
            people[candidates[0]].leads.append(start)
    for person in people:
        order = sorted(range(len(person.spans)), key=lambda i: person.spans[i])
        person.spans, person.leads = [person.spans[i] for i in order], [person.leads[i] for i in order]
        if finder.code in NOMINATIVE_LANGUAGES:
            person.name = _nominative_of(text, person, finder.code)
    people.sort(key=lambda person: person.spans[0])
    return tuple(people)


def _nominative_of(text: str, person: Named, code: str) -> str:
    """Return the full name as the text has it in the nominative, else turned into it."""
    length = len(person.name.split())
    forms = [text[start:end] for start, end in person.spans]
    full = (form for form in forms if len(form.split()) == length > 1 and is_nominative(form, code))
    return next(full, None) or nominative(person.name, code)


def _family_alone(finder: _Finder, at: int, families: set[str]) -> tuple[str, int, int] | None:
    found = finder.family_at(at)
    if found is None:
        return None
    word, start, end = found
    common = finder.words.zipf.get(word, 0)
    if isinstance(finder, _ArabicFinder):
        if word not in families and word[0] in "ولبفك" and word[1:] in families:
            word, start = word[1:], start + 1
            common = finder.words.zipf.get(word, 0)
        said = at > 0 and finder.tokens.joined[at] and finder.words.says_arabic(finder.tokens.key[at - 1])
        limit = 5.0 if said else 4.6 if word in finder.given else 4.0
        if common > limit or word in finder.ambiguous:
            return None
    elif (
        word not in families
        and word.endswith("s")
        and word[:-1] in families
        and isinstance(finder, _CasedFinder)
        and finder.capital_nouns
    ):
        word, end = word[:-1], end - 1
    return (word, start, end) if word in families else None


def _same_person(people: list[Named], candidates: list[int], given: str) -> int | None:
    # A family name alone, as behind Mr., is the first bearer's; a full name rather the one last named.
    for index in reversed(candidates) if given else candidates:
        known = people[index].given
        if (
            not given
            or not known
            or given == known
            or ((len(given) == 1 or len(known) == 1) and given[:1] == known[:1])
        ):
            return index
    return None
