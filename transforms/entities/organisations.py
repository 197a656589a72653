"""Where a text names organisations: by a table of names known everywhere, and by nouns that begin or end such names.

`transforms/data/organisations.toml` holds both. A name by its noun needs its own part (``Ministry of Defence``,
``Yale University``, ``وزارة الخارجية``); the noun alone is no name.
"""

import functools
from itertools import pairwise
from typing import Final

import regex

from schemas.records import Organisation, Span
from transforms.entities.lexicon import Lexicon, lexicon, shared_words
from transforms.entities.names import ARABIC_SCRIPT
from transforms.entities.organisation_words import OrganisationNouns, known_organisations, organisation_nouns
from transforms.entities.tagger import Tagged, rules_add, tag
from transforms.text.languages import primary
from transforms.text.memo import Memo
from transforms.text.tokens import Words, tokenize
from transforms.text.wordlists import key

_MOST_WORDS: Final = 6
_WORDS_KEPT: Final = 1 << 14
_BEGINS: Final = 1
_ENDS: Final = 2
_ARABIC_PLAIN: Final = shared_words("arabic_plain")
"""Adjectives that with a noun alone name nothing: the general authority, the supreme court (of which country?)."""
_ROYAL: Final = shared_words("royal")
_RELATIVE: Final = shared_words("complement_ends")
_VERB: Final = regex.compile(r"(?<!^де)(?:л|ла|ли|ло|ет|ит|ют|ат|ут|ся)$")
_TAIL: Final = regex.compile(r"['’]s?$")
_TURKISH_TAIL: Final = regex.compile(r"['’]\p{Ll}*$")
_WORD: Final = regex.compile(r"\p{L}+")
_ADJECTIVE_FIRST: Final = frozenset(("ru", "uk"))
"""Languages whose organisations begin with a capitalised adjective before the noun."""
_SLAVIC_ADJECTIVE: Final = regex.compile(
    r"(?<=\p{Cyrillic}{3})(?:ый|ий|ой|ого|его|ому|им|ым|ом|ая|ую|ое|ые|ых|іх|ої|ій|ою|а|у|е|і)$"
)
_GOVERNING: Final = frozenset(("of", "for"))
"""What joins a noun in the middle of a name to the rest; ``and`` joins another name."""
_GENITIVE: Final = frozenset(("ru",))
"""Languages that put a place behind the organisation that it is part of, without a preposition."""
_PARTICLES: Final = frozenset(("و", "ب", "ل", "ف", "ك", "وب", "ول"))
_ARABIC_ADJECTIVE: Final = regex.compile(
    r"^ال\p{L}+(?:ي|يه|يون|يين|ين)$|^ال(?:عام|عامه|علي|اعلي|عليا|متحده|متحد|حر|حره|وطن|مركز|دوليه?|شامل|امن|مسلح|مسلحه|مشترك|مشتركه|اسلام|احمر)\p{L}*$"
)


@functools.lru_cache(maxsize=2)
def find_organisations(text: str, language: str | None) -> tuple[Organisation, ...]:
    """Return the organisations of `text`, each with all its mentions, sorted by the first."""
    code = primary(language)
    tagged = tag(text, language)
    named: dict[str, list[Span]] = {}
    sure: dict[Span, float] = {}
    if tagged is None or rules_add(language, "organisation"):
        named = _by_rules(text, code)
    if tagged is not None:
        named = {
            spelling: free for spelling, spans in named.items() if (free := [s for s in spans if _is_free(s, tagged)])
        }
        for name, following in pairwise((*tagged, None)):
            if name is not None and name.kind == "organisation":
                _add_tagged(text, _with_place(text, name, following, code), code, named, sure)
    merged = _with_acronyms(_merge(named, text), text)
    found = [_organisation(name, sorted(spans), sure) for name, spans in merged]
    return tuple(sorted(found, key=lambda organisation: organisation.spans[0]))


def _organisation(name: str, spans: list[Span], sure: dict[Span, float]) -> Organisation:
    confidence = max((sure[span] for span in spans if span in sure), default=None)
    return Organisation(
        name=name,
        count=len(spans),
        spans=tuple(spans),
        method="rules" if confidence is None else "tagger",
        confidence=None if confidence is None else round(confidence, 3),
    )


def _is_free(span: Span, tagged: tuple[Tagged, ...]) -> bool:
    """Whether no tagged name overlaps `span`, but those of places within it."""
    start, end = span
    return not any(
        name.start < end and start < name.end and not (name.kind == "place" and start < name.start) for name in tagged
    )


def _with_place(text: str, name: Tagged, following: Tagged | None, code: str) -> Tagged:
    """Return `name` with the place that it governs, in the genitive right behind it: Арбитражный суд Москвы."""
    if code not in _GENITIVE or following is None or following.kind != "place":
        return name
    nouns = organisation_nouns(code)
    words = [key(word) for word in _WORD.findall(text[name.start : name.end])]
    head = any(word in nouns.before or word.startswith(nouns.stems) for word in words)
    return name._replace(end=following.end) if head and text[name.end : following.start] == " " else name


def _add_tagged(text: str, name: Tagged, code: str, named: dict[str, list[Span]], sure: dict[Span, float]) -> None:
    start, end = _trimmed(text, name.start, name.end, code)
    if start < end:
        spelling = key(text[start:end])
        if code in ARABIC_SCRIPT and text[start - 1 : start] == "ل" and text[start : start + 1] == "ل":
            spelling = f"ا{spelling}"
        named.setdefault(spelling or text[start:end], []).append((start, end))
        sure[start, end] = name.confidence


def _by_rules(text: str, code: str) -> dict[str, list[Span]]:
    """Return the mentions that the table of known names and the nouns of organisations find, by folded name."""
    tokens = tokenize(text)
    words, nouns = lexicon(code), organisation_nouns(code)
    arabic = code in ARABIC_SCRIPT
    named: dict[str, list[Span]] = {}
    after = 0
    for at in _candidates(tokens, code):
        if at < after or not tokens.raw[at][0].isalpha():
            continue
        found = _pattern_arabic(tokens, at, words, nouns) if arabic else _pattern_cased(tokens, at, words, nouns, code)
        known = _known_at(tokens, at, arabic=arabic)
        if known is not None and (found is None or known[1] >= found[1]):
            found = known
        if found is None:
            continue
        first, last, offset = found
        start, end = tokens.start[first] + offset, tokens.end[last - 1]
        if tail := _TAIL.search(tokens.raw[last - 1]):
            end -= len(tail[0])
        spelling = key(text[start:end])
        if arabic and offset and tokens.key[at].startswith("لل"):
            spelling = f"ال{spelling}"
        named.setdefault(spelling, []).append((start, end))
        after = last
    return named


def _trimmed(text: str, start: int, end: int, code: str) -> Span:
    """Return the span without what is written together with a name: Arabic particles, endings behind an apostrophe."""
    if code == "ar":
        word = text[start:end].split(maxsplit=1)[0]
        nouns = organisation_nouns(code)
        for offset in (1, 2):
            rest, before = key(word[offset:]), word[:offset]
            if before in _PARTICLES and (
                rest in nouns.before or rest in nouns.definite or rest in known_organisations()
            ):
                return start + offset, end
            if before in _PARTICLES and word[offset:].startswith("ال") and len(word) - offset > 3:
                return start + offset, end
        if word.startswith("لل") and len(word) > 4:
            return start + 1, end
    if (tail := _TAIL.search(text[start:end])) or (code == "tr" and (tail := _TURKISH_TAIL.search(text[start:end]))):
        end -= len(tail[0])
    return start, end


def _with_acronyms(named: list[tuple[str, list[Span]]], text: str) -> list[tuple[str, list[Span]]]:
    """Bring full names and acronyms together: by brackets behind the name, or by its initials."""
    ends = {end: name for name, spans in named for _, end in spans}
    owners: dict[str, str] = {}
    initials: dict[str, str] = {}
    for name, _ in named:
        words = [word for word in _WORD.findall(name) if word[0].isupper()]
        if len(words) > 1:
            initials.setdefault("".join(word[0] for word in words), name)
    for name, spans in named:
        if not (2 <= len(name) <= 8 and " " not in name):
            continue
        for start, _ in spans:
            before = ends.get(start - 2) if text[start - 2 : start] in (" (", " [") else None
            before = before or (ends.get(start - 1) if text[start - 1 : start] in ("(", "（") else None)
            if before is not None and len(before) > len(name):
                owners[name] = before
                break
        else:
            full = initials.get(name.replace(".", "")) if name.isupper() else None
            if full is not None:
                owners[name] = full
    together: dict[str, list[Span]] = {name: list(spans) for name, spans in named if name not in owners}
    for name, spans in named:
        if name in owners:
            together.setdefault(owners[name], []).extend(spans)
    return list(together.items())


def _candidates(tokens: Words, code: str) -> list[int]:
    """Return the tokens at which a name may begin: by themselves, or not far before a noun that ends names."""
    uses = list(map(_uses(code).__getitem__, tokens.key))
    found = {at for at, use in enumerate(uses) if use & _BEGINS}
    for at in [at for at, use in enumerate(uses) if use & _ENDS]:
        found.update(range(max(0, at - _MOST_WORDS + 1), at))
    return sorted(found)


@functools.cache
def _uses(code: str) -> Memo[str, int]:
    """Return what the words of a language do in names of organisations: `_BEGINS`, `_ENDS`, both or nothing."""
    return Memo(functools.partial(_arabic_use if code in ARABIC_SCRIPT else _cased_use, code), _WORDS_KEPT)


def _cased_use(code: str, word: str) -> int:
    begins = word in known_organisations() or any(_ends_and_begins(word, code))
    return _BEGINS * begins | _ENDS * (word in organisation_nouns(code).after)


def _arabic_use(code: str, word: str) -> int:
    nouns, known = organisation_nouns(code), known_organisations()
    begins = (
        any(word[offset:] in known for offset in (0, 1, 2))
        or (word.startswith("لل") and "ال" + word[2:] in known)
        or any(part in nouns.before or part in nouns.definite for part in (word, word[1:]))
    )
    return _BEGINS * begins


def _merge(named: dict[str, list[Span]], text: str) -> list[tuple[str, list[Span]]]:
    """Bring a name and its longer form with a noun before it together: حركة حماس and حماس."""
    merged: dict[str, list[Span]] = {}
    longest: dict[str, str] = {}
    for spelling in sorted(named, key=lambda s: (-len(s), s)):
        whole = text[slice(*named[spelling][0])]
        words = whole.split()
        owner = longest.get(key(words[-1])) if len(words) == 1 and len(spelling) > 2 else None
        if owner is not None:
            merged[owner].extend(named[spelling])
            continue
        merged[spelling] = list(named[spelling])
        if len(words) == 2:
            longest.setdefault(key(words[-1]), spelling)
    found: list[tuple[str, list[Span]]] = []
    for spelling, spans in merged.items():
        written = [text[start:end] for start, end in named[spelling]]
        name = next((name for name in written if key(name) == spelling), written[0])
        # The article of للأمم is merged with the particle before it: its name has it all the same.
        found.append((f"ال{name}" if spelling == key(f"ال{name}") else name, spans))
    return found


def _known_at(tokens: Words, at: int, *, arabic: bool) -> tuple[int, int, int] | None:
    word = tokens.key[at]
    for offset in (0, 1, 2) if arabic else (0,):
        if offset and (
            offset >= len(word)
            or word[:offset] not in {"و", "ب", "ل", "ف", "ك", "وب", "ول"}
            or not tokens.raw[at].startswith(word[:offset])
        ):
            continue
        for words, spelling in known_organisations().get(word[offset:], ()):
            last = at + len(words)
            if (
                last > len(tokens.raw)
                or tokens.key[at + 1 : last] != list(words[1:])
                or not all(tokens.joined[at + 1 : last])
            ):
                continue
            raw = tokens.raw[at]
            if arabic or (_TAIL.sub("", raw) == spelling if spelling else raw[0].isupper()):
                return at, last, offset
    if arabic and word.startswith("لل") and len(word) > 4:  # لل is ل and ال
        for words, _ in known_organisations().get("ال" + word[2:], ()):
            last = at + len(words)
            if tokens.key[at + 1 : last] == list(words[1:]) and all(tokens.joined[at + 1 : last]):
                return at, last, 2
    return None


@functools.lru_cache(maxsize=_WORDS_KEPT)
def _ends_and_begins(word: str, code: str) -> tuple[bool, bool]:
    """Return whether `word` is a compound that names an organisation, and whether it begins a name's complement."""
    nouns = organisation_nouns(code)
    return (
        any(word.endswith(e) and len(word) - len(e) > 2 for e in nouns.endings),
        word in nouns.before or any(word.startswith(s) and len(word) - len(s) <= 3 for s in nouns.stems),
    )


def _pattern_cased(
    tokens: Words, at: int, words: Lexicon, nouns: OrganisationNouns, code: str
) -> tuple[int, int, int] | None:
    raw, word = tokens.raw[at], tokens.key[at]
    capital = raw[0].isupper()
    if not capital and code in {"en", "de"}:
        return None
    ends, begins = _ends_and_begins(word, code)
    if capital and ends:
        return at, at + 1, 0
    if begins:
        last = _complement(tokens, at, words, nouns, code)
        first = _adjective_before(tokens, at) if code in _ADJECTIVE_FIRST else at
        if last or (first < at and first and tokens.joined[first] and tokens.raw[first - 1][0].isalpha()):
            return first, last or at + 1, 0
    if not capital or words.zipf.get(word, 0) > 5.6:
        return None
    last = at
    ending = 0
    while (
        last < len(tokens.raw)
        and last - at < _MOST_WORDS
        and (last == at or tokens.joined[last])
        and tokens.raw[last][0].isupper()
    ):
        if last > at and tokens.key[last] in nouns.after:
            ending = last + 1
        elif words.is_head(tokens.key[last]) and tokens.key[last] not in nouns.after and last > at:
            break
        if tokens.raw[last][-1] in "'’":
            break
        last += 1
    if not ending:
        return None
    if code == "de" and ending - at == 2 and words.zipf.get(word, 0) > 4.5:
        return None
    governs = ending < len(tokens.key) and tokens.key[ending] in _GOVERNING
    if governs and _ends_and_begins(tokens.key[ending - 1], code)[1]:  # Federal Bureau (of Investigation)
        ending = _complement(tokens, ending - 1, words, nouns, code) or ending
    return at, ending, 0


def _adjective_before(tokens: Words, at: int) -> int:
    """Return the token where the name begins whose noun is at `at`: (Верховный) суд, (Следственный) комитет."""
    first = at
    while (
        first
        and at - first < 2
        and tokens.joined[first]
        and tokens.raw[first - 1][0].isupper()
        and _SLAVIC_ADJECTIVE.search(tokens.raw[first - 1])
    ):
        first -= 1
    return first


def _complement(tokens: Words, at: int, words: Lexicon, nouns: OrganisationNouns, code: str) -> int:
    """Return the token after the complement of the noun at `at`, or 0 where there is none."""
    last = end = at + 1
    joined_by = False
    while last < len(tokens.raw) and tokens.joined[last] and last - at <= _MOST_WORDS:
        raw, word = tokens.raw[last], tokens.key[last]
        if word in nouns.joins:
            joined_by = True
        elif raw[0].isupper() and not words.is_head(word) and word not in words.given:
            if code in {"en", "de"} and not joined_by:
                return 0
            end = last + 1
        elif (
            code in {"ru", "uk"}
            and raw.islower()
            and tokens.key[at].startswith("министерств")
            and not _VERB.search(raw)
        ) or (code in {"fr", "es", "it", "pt"} and tokens.key[at].startswith("minist") and joined_by and end == at + 1):
            end = last + 1
        else:
            break
        last += 1
    return end if end > at + 1 else 0


def _pattern_arabic(tokens: Words, at: int, words: Lexicon, nouns: OrganisationNouns) -> tuple[int, int, int] | None:
    word = tokens.key[at]
    offset = 0
    if word not in nouns.before and word not in nouns.definite:
        if word[:1] not in "ولبفك" or len(word) < 4:
            return None
        if word[1:] in nouns.before or word[1:] in nouns.definite:
            offset, word = 1, word[1:]
        else:
            return None
    if tokens.raw[at].endswith("ى") and word == key("نادي"):
        return None  # نادى, he called
    last = at + 1
    if word in nouns.definite:
        while (
            last < len(tokens.raw)
            and tokens.joined[last]
            and last - at < 4
            and tokens.key[last] not in _RELATIVE
            and _ARABIC_ADJECTIVE.match(tokens.key[last])
        ):
            last += 1
        if last == at + 1 or (last == at + 2 and tokens.key[at + 1] in _ARABIC_PLAIN):
            return None
        return at, last, offset
    if last >= len(tokens.raw) or not tokens.joined[last]:
        return None
    own = tokens.key[last]
    if own in words.says or own in words.links or words.zipf.get(own, 0) > 6.0 or not own.isalpha():
        return None
    doubtful = word in nouns.doubtful
    if doubtful and (words.zipf.get(own, 0) > (4.2 if own.startswith("ال") else 2.0) or own in words.given):
        return None
    chain = own in nouns.before
    last += 1
    if chain and last < len(tokens.raw) and tokens.joined[last]:
        own = tokens.key[last]
        last += 1
    if not own.startswith("ال") and words.zipf.get(own, 0) > 4.4 and not chain:
        return None  # an indefinite noun: any company, a council of elders
    if (
        not own.startswith("ال")
        and last < len(tokens.raw)
        and tokens.joined[last]
        and tokens.key[last].startswith("ال")
        and tokens.key[last] not in _RELATIVE
    ):
        own = tokens.key[last]  # the construct goes on: شركة نفط الكويت
        last += 1
    while last < len(tokens.raw) and tokens.joined[last] and last - at < 5:
        following = tokens.key[last]
        if own in _ROYAL and (following in words.given or following == "بن"):
            last += 1
            continue
        if following in _RELATIVE or not (
            _ARABIC_ADJECTIVE.match(following)
            or (
                following.startswith("وال")
                and own.startswith("ال")
                and len(following) > 6
                and not following.endswith(("ين", "ون"))
            )
        ):
            break
        last += 1
    return at, last, offset
