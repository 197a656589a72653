r"""Words and phrases that characterise a text, without supervision: what an editor would tag it with.

Candidates are, as whole units, the names that the record lists (people, organisations, places), and beside them the
words of at least three letters and the phrases of two or three words with no stop word, mark or name between them.
A candidate counts the more, the more often it occurs here and the rarer it is in its language at large (wordfreq, 40
languages); one in the title, or early in the text, counts more. What occurs once is a keyword only where the title (or,
without one, the beginning) has it, or a name does.

Stop words are those of stopwords-iso (58 languages), the commonest words of wordfreq, and the verbs of saying, offices
and forms of address of `names.toml`; dates and figures are passed over. There is no tagger: a word counts as a noun by
what its language shows, a capital in German, an article or preposition before it in Romance languages, the article
in Arabic; as a verb by what stands before it in English and by its endings in Russian, Ukrainian and Turkish.

Arabic particles written together with their word (وال, بال, لل, ب, ل, …), Korean ones behind it, and elided articles
(l', d') are cut off, for counting and for showing.

Chinese, Japanese, Thai, Lao, Khmer and Burmese put no space between words: there candidates are the runs of
characters that recur, neither beginning nor ending in a stop word.

A part of a phrase gives way to the phrase unless it occurs more than twice as often; of phrases that overlap, and of
forms of one word, the better stands for the others.
"""

import functools
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, NamedTuple

import regex

from schemas.records import Keyword, Organisation, Person, Place, Span
from transforms.entities.lexicon import lexicon, shared_words
from transforms.text.compiled import compiled_words, contents, release
from transforms.text.folding import fold
from transforms.text.languages import CAPITAL_NOUNS, primary, section
from transforms.text.memo import Memo
from transforms.text.wordlists import (
    Frequencies,
    compile_words,
    key,
    listed_as,
    stop_words,
    words_by_rarity,
    zipf,
    zipf_of,
)

_LETTERS: Final = 3
_PHRASE_WORDS: Final = 3
_EXAMINED: Final = 100_000
"""Characters that are looked at: what a text is about it says before."""
_EXAMINED_UNSPACED: Final = 20_000
_STOP_ZIPF: Final = 5.7
"""Words commoner than this (one in 2,000) characterise nothing."""
_MAX_ZIPF: Final = 8.0
_UNKNOWN_ZIPF: Final = 2.5
_PHRASE_BONUS: Final = 0.25
_EARLY_BONUS: Final = 0.5
_EARLY_CHARACTERS: Final = 400
_TITLE_FACTOR: Final = 1.5
_NAME_RARITY: Final = 4.5
"""Of a name, as if it were a word of a Zipf frequency of 3.5: names outnumber words, and should not crowd them out."""
_BEGINNING: Final = 400
"""Characters in which a name that occurs once, and without a title any word, can be a keyword."""
_LEAST: Final = 0.2
"""Share of the best one's score that a keyword must reach: rather few than bad ones."""
_SHORTEST_NAME: Final = {"en": 3, "de": 3, "fr": 3, "es": 3, "it": 3, "pt": 3}
_ADJECTIVE_FIRST: Final = frozenset(("en", "tr", "ru", "uk", "ko", "hi"))
_UNSPACED_LENGTHS: Final = {"zh": (2, 6), "ja": (2, 6), "th": (3, 12), "lo": (3, 12), "km": (3, 12), "my": (3, 12)}

_TOKEN: Final = regex.compile(r"[\p{L}\p{M}\p{N}]+(?:['’.\-‐\u200c·־][\p{L}\p{M}\p{N}]+)* *|[^\p{L}\p{M}\p{N} ] *| +")
"""A word or mark with the spaces after it; every character of a text is in one."""
_LONGEST_TOKEN: Final = 50
_TOKENS_KEPT: Final = 1 << 14
_RUN: Final = regex.compile(
    r"[\p{Han}々〆ヶ]+|[\p{Katakana}ー]{2,}|[\p{Thai}]+|[\p{Lao}]+|[\p{Khmer}]+|[\p{Myanmar}]+|[\p{Latin}]{3,}"
)
_WHOLE_RUN: Final = regex.compile(r"[\p{Katakana}ー\p{Latin}]")
_MARK: Final = regex.compile(r"\p{M}")
_ARABIC_DEMONYM: Final = regex.compile(r"(?:^ال\w+ي|(?<!سعود)يه|يون|يين|يات)$")
_ARABIC_ARTICLE: Final = regex.compile(r"[وف]?(?:لل|[بك]?ال)(?=\p{L}{3})")
_ELIDED: Final = regex.compile(
    r"(?:\p{L}|qu|jusqu|lorsqu|puisqu|(?:d|n|s|qu)?(?:a|e|u)ll|un|quest)['’](?=\p{L}{2})", regex.IGNORECASE
)
_SUFFIX: Final = regex.compile(r"['’]\p{L}{0,4}$")
_KOREAN_PARTICLE: Final = regex.compile(
    r"(?<=\p{Hangul}{2})(?:에서는|에서|에게|께서|으로|이라고|라고|까지|부터|은|는|이|가|을|를|의|에|와|과|로|도|만)$"
)
_KOREAN_VERB_ENDINGS: Final = ("다", "했", "하고", "하는", "하며", "된", "한")
_TURKISH_VERB: Final = regex.compile(
    r"(?:[dt][iu\u0131ü](?:ler|lar|k|m)?|[iuü]yor(?:lar|du)?|[ae]ca[kğ]\w*|[ae]ce[kğ]\w*|m[iuü]s|m[iuü]ş(?:t[iuü])?|[dt][iuü]ğ\w*|mak|mek|arak|erek)$"
)
"""Folded, that is with dotted i alone."""
_SLAVIC_ENDINGS: Final = (
    *((ending, ("",)) for ending in ("л", "ла", "ло", "ли", "ет", "ют", "м", "т", "в", "є", "ють", "ли")),
    *((ending, ("и", "е", "а", "я")) for ending in ("ит", "ят", "ат", "им", "ить", "ять", "ать", "ут", "уть")),
)


@dataclass(slots=True)
class _Candidate:
    """A word, phrase or name by its folded words, with how often it occurs in which spelling and where first."""

    words: tuple[str, ...]
    first: int
    spellings: dict[str, int]
    name: bool = False

    @property
    def count(self) -> int:
        return sum(self.spellings.values())

    @property
    def spelling(self) -> str:
        return max(self.spellings, key=self.spellings.__getitem__)  # the earliest of equals


@dataclass(slots=True)
class _Use:
    """How a word is used in the text: occurrences, those that show a noun, and those that show a verb."""

    count: int = 0
    noun: int = 0
    verb: int = 0


class _Word(NamedTuple):
    """A word by its key, with the span of what of it to show."""

    key: str
    start: int
    end: int


def find_keywords(
    text: str,
    title: str | None,
    language: str | None,
    limit: int = 10,
    names: Sequence[Person | Organisation | Place] = (),
    skipped: Iterable[Span] = (),
) -> tuple[Keyword, ...]:
    """Return at most `limit` keywords of `text`, as written most often, best first.

    `names` are what the text names, taken as whole units; the spans in `skipped` (dates, figures) hold no keyword.
    """
    code = primary(language)
    unspaced = code in _UNSPACED_LENGTHS
    examined = text[: _EXAMINED_UNSPACED if unspaced else _EXAMINED]
    named = _named(text, names, code)
    holes = sorted([span for name in names for span in name.spans] + list(skipped))
    pieces = _between(examined, holes)
    titled = _of_title(title, code, unspaced=unspaced) if title else frozenset()
    title_key = f" {fold(title)} " if title else ""
    if unspaced:
        found = _runs(examined, pieces, code, titled)
        kept = _without_parts(
            [c for c in found.values() if (c.count > 1 or c.words in titled) and _is_whole(c, code)], unspaced=True
        )
    else:
        uses: dict[str, _Use] = {}
        rows = _rows(examined, pieces, code, uses)
        terms = _phrases(examined, rows, titled, _BEGINNING if title is None else 0)
        kept = _without_parts([c for c in terms if _is_term(c, uses, code)], unspaced=False)
    frequencies = keyword_frequencies(code)

    def score(candidate: _Candidate) -> float:
        in_title = candidate.words in titled
        if candidate.name:
            rarity, phrase = _NAME_RARITY, 1.0
            in_title = bool(title_key) and (
                f" {fold(candidate.spelling)} " in title_key or (unspaced and candidate.spelling in (title or ""))
            )
        else:
            rarity = sum(_MAX_ZIPF - frequencies.get(word, _UNKNOWN_ZIPF) for word in candidate.words) / len(
                candidate.words
            )
            phrase = 1 + _PHRASE_BONUS * (len(candidate.words) - 1)
        early = 1 + _EARLY_BONUS / (1 + candidate.first / _EARLY_CHARACTERS)
        return math.log2(0.5 + candidate.count) * rarity * phrase * early * (_TITLE_FACTOR if in_title else 1)

    ranked = sorted(((score(c), c) for c in (*named, *kept)), key=lambda pair: (-pair[0], pair[1].first, pair[1].words))
    chosen: list[tuple[float, _Candidate]] = []
    for value, candidate in ranked[: limit * 8]:
        if len(chosen) == limit or (chosen and value < _LEAST * chosen[0][0]):
            break
        if not any(_overlap(candidate, better) for _, better in chosen):
            chosen.append((value, candidate))
    return tuple(Keyword(text=c.spelling, score=max(round(value / chosen[0][0], 3), 0.001)) for value, c in chosen)


def _named(text: str, names: Iterable[Person | Organisation | Place], code: str) -> list[_Candidate]:
    """Return the names that recur or stand at the beginning, a person under the full name, a place by its shortest."""
    found: dict[str, _Candidate] = {}
    stop = _stop_words(code)
    for name in names:
        if not name.spans or (len(name.spans) < 2 and name.spans[0][0] > _BEGINNING):
            continue
        written = Counter(text[start:end] for start, end in name.spans)
        if isinstance(name, Place):  # of country and demonym, لبنان and اللبناني, the country
            forms = [form for form in written if not _is_demonym(form, name, code)]
            if not forms:
                continue
            spelling = max(forms, key=lambda form: (written[form], -len(form), form))
        else:
            spelling = name.name
        folded = fold(spelling)
        if spelling not in text or len(folded) < _SHORTEST_NAME.get(code, 2) or folded in stop:
            continue
        candidate = found.get(folded)
        if candidate is None:
            words = tuple(folded.split())
            found[folded] = _Candidate(words, name.spans[0][0], {spelling: len(name.spans)}, name=True)
        else:
            candidate.spellings[spelling] = candidate.spellings.get(spelling, 0) + len(name.spans)
    return list(found.values())


def _is_demonym(spelling: str, place: Place, code: str) -> bool:
    """Whether `spelling` names the country `place` by its people: French, français, الفرنسية."""
    if place.kind not in ("country", "territory"):
        return False
    if code == "en":
        return " " not in spelling and spelling != place.name and not spelling.isupper()
    return spelling[:1].islower() or (code == "ar" and _ARABIC_DEMONYM.search(fold(spelling)) is not None)


def _between(text: str, holes: Iterable[Span]) -> list[Span]:
    """Return the spans of `text` between the sorted `holes`."""
    pieces: list[Span] = []
    at = 0
    for start, end in holes:
        if at < start < len(text):
            pieces.append((at, start))
        at = max(at, end)
    if at < len(text):
        pieces.append((at, len(text)))
    return pieces


def _overlap(candidate: _Candidate, better: _Candidate) -> bool:
    """Whether `candidate` says again what `better` says: a form of its word, a part of its name, a window over it."""
    one, other = candidate.words, better.words
    if len(one) == 1 and len(other) == 1:
        a, b = one[0], other[0]
        common = next((at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
        return common >= 4 and abs(len(a) - len(b)) <= 3 and common >= min(len(a), len(b)) - 2
    if candidate.name or better.name:
        return set(one) <= set(other) or set(other) <= set(one)
    if len(other) == 1 or len(one) == 1:
        return False
    if set(one) <= set(other) or set(other) <= set(one):
        return True
    return any(
        one[-length:] == other[:length] or other[-length:] == one[:length]
        for length in range(1, min(len(one), len(other)))
    )


def _is_whole(candidate: _Candidate, code: str) -> bool:
    """Whether a run of characters is a word, or recurs so often that it is no window over two."""
    word = candidate.words[0]
    return (
        not keyword_frequencies(code)
        or word in keyword_frequencies(code)
        or _WHOLE_RUN.match(word) is not None
        or (candidate.count > 2 and len(word) > 2)
    )


def _is_term(candidate: _Candidate, uses: dict[str, _Use], code: str) -> bool:
    """Whether a word, or the first and the last word of a phrase, can be nouns, and the word is no office."""
    words = candidate.words
    lexicon_ = lexicon(code)
    if len(words) == 1 and (lexicon_.is_head(words[0]) or (code == "ar" and lexicon_.is_head(f"ال{words[0]}"))):
        return False
    if code in CAPITAL_NOUNS:
        return candidate.spelling.rpartition(" ")[2][:1].isupper() and (
            len(words) == 1 or not (lexicon_.is_head(words[-1]) or lexicon_.is_head(words[0]))
        )
    if len(words) > 1 and (lexicon_.is_head(words[0]) or lexicon_.is_head(words[-1])):
        return False
    ends = words if len(words) == 1 else ((words[-1],) if code in _ADJECTIVE_FIRST else (words[0], words[-1]))
    return all(_is_noun(word, uses.get(word), code, alone=len(words) == 1) for word in ends)


def _is_noun(word: str, use: _Use | None, code: str, *, alone: bool) -> bool:
    use = use or _Use()
    if code == "ar":
        return use.noun > 0 or _takes_article(word)
    if _before(code, "nouns"):
        return use.noun > 0 or not alone
    if code == "en":
        if word.endswith(("ed", "ly")) and len(word) > 5 and alone and use.noun < use.count:
            return False
        return 2 * use.verb < max(use.count, 1) and not (use.count == 1 and word.endswith("ing") and alone)
    if code in ("ru", "uk"):
        return not _is_slavic_verb(word, code)
    if code == "tr":
        return _TURKISH_VERB.search(word) is None
    if code == "ko":
        return not word.endswith(_KOREAN_VERB_ENDINGS)
    return not (code == "fa" and word.startswith("مي") and len(word) > 4)


@functools.lru_cache(maxsize=1 << 14)
def _is_slavic_verb(word: str, code: str) -> bool:
    """Whether the infinitive of `word`, taken as a verb's form, is known: заявил, заявить."""
    frequencies = keyword_frequencies(code)
    reflexive = word.removesuffix("ся").removesuffix("сь")
    infinitive = "ть" if code == "ru" else "ти"
    if word.endswith(("ть", "ться", "тись")) and reflexive[:-2] + ("л" if code == "ru" else "в") in frequencies:
        return True
    return any(
        reflexive.endswith(ending)
        and len(reflexive) - len(ending) > 2
        and any(reflexive[: -len(ending)] + theme + infinitive in frequencies for theme in themes)
        for ending, themes in _SLAVIC_ENDINGS
    )


def _takes_article(word: str) -> bool:
    """Whether the Arabic `word` stands with the article at large, as nouns and adjectives do and verbs do not."""
    return f"ال{word}" in zipf("ar")


def _of_title(title: str, code: str, *, unspaced: bool) -> frozenset[tuple[str, ...]]:
    if unspaced:
        return frozenset(_runs(title, [(0, len(title))], code))
    rows = [[word.key for word in row] for row in _rows(title, [(0, len(title))], code, {})]
    return frozenset(
        tuple(row[start:end])
        for row in rows
        for start in range(len(row))
        for end in range(start + 1, min(start + _PHRASE_WORDS, len(row)) + 1)
    )


def warm_up(languages: Iterable[str] = ("ar", "en")) -> None:
    """Load the word lists of `languages`."""
    for language in languages:
        _stop_words(language)


def _phrases(
    text: str,
    rows: list[list[_Word]],
    titled: frozenset[tuple[str, ...]],
    beginning: int,
) -> list[_Candidate]:
    """Return the words and phrases of a text that recur, are `titled` or, of the words, stand before `beginning`."""
    words: dict[str, list[_Word]] = {}
    for row in rows:
        for word in row:
            words.setdefault(word[0], []).append(word)
    found = [
        _Candidate((key,), uses[0].start, _spellings(text, uses))
        for key, uses in words.items()
        if len(uses) > 1 or uses[0].start < beginning or (key,) in titled
    ]
    # Only a phrase of which every two words recur together, or are titled together, can itself recur or be titled.
    keys = [[word[0] for word in row] for row in rows]
    pairs: Counter[tuple[str, ...]] = Counter()
    for row_keys in keys:
        pairs.update(pairwise(row_keys))
    likely = {pair for pair, count in pairs.items() if count > 1} | titled
    phrases: dict[tuple[str, ...], list[_Word]] = {}
    for row, row_keys in zip(rows, keys, strict=True):
        for first, pair in enumerate(pairwise(row_keys)):
            for end in range(first + 2, min(first + _PHRASE_WORDS, len(row)) + 1):
                if (pair if end == first + 2 else (row_keys[end - 2], row_keys[end - 1])) not in likely:
                    break
                word = row[end - 1]
                phrases.setdefault(tuple(row_keys[first:end]), []).append(_Word(word.key, row[first].start, word.end))
    found += [
        _Candidate(phrase, uses[0].start, _spellings(text, uses))
        for phrase, uses in phrases.items()
        if len(uses) > 1 or phrase in titled
    ]
    return found


def _spellings(text: str, uses: list[_Word]) -> dict[str, int]:
    """Return how often each spelling occurs, in the order of the text."""
    return dict(Counter([text[word.start : word.end] for word in uses]))


class _Token(NamedTuple):
    """What a language says of a token by itself."""

    kind: Literal["mark", "stop", "word"]
    start: int
    """Where the word begins in it, behind particles."""
    end: int
    key: str
    whole: str
    """The token folded, with its particles."""
    noun: bool
    """Whether its particles or an elided article show a noun."""
    capital: bool
    before: Literal["noun", "verb", "any"]
    """What stands behind such a word."""
    elided: bool
    cut: bool
    """Whether something is cut off behind it that parts it from the next word."""


_NO_WORD: Final = _Token("mark", 0, 0, "", "", False, False, "any", False, False)


@functools.cache
def _tokens(code: str) -> Memo[str, _Token]:
    return Memo(functools.partial(_token, code), _TOKENS_KEPT)


def _token(code: str, written: str) -> _Token:
    token = written.rstrip(" ")
    if not token[:1].isalnum():
        return _NO_WORD
    start, end, elided = 0, len(token), False
    if "'" in token or "’" in token:
        if found := _ELIDED.match(token):
            start, elided = found.end(), True
        elif suffix := _SUFFIX.search(token):
            end -= len(suffix[0])
    elif code == "ko" and (particle := _KOREAN_PARTICLE.search(token)):
        end = particle.start()
    shown = token[start:end]
    whole = _folded(shown)
    key, offset = _bare(whole) if code == "ar" else (whole, 0)
    stop = _stop_words(code)
    is_stop = len(key) < _LETTERS or whole in stop or key in stop or shown.casefold() in stop
    if offset and len(whole) == end - start:
        start += offset if whole[offset - 2 : offset] != "ال" else offset - 2
    return _Token(
        kind="stop" if is_stop else "word",
        start=start,
        end=end,
        key=key,
        whole=whole,
        noun=elided or (code == "ar" and "ال" in whole[: len(whole) - len(key)]),
        capital=code != "ar" and token[0].isupper(),
        before="noun" if whole in _before(code, "nouns") else "verb" if whole in _before(code, "verbs") else "any",
        elided=elided,
        cut=end < len(token) and code != "ko",
    )


def _rows(text: str, pieces: Iterable[Span], code: str, uses: dict[str, _Use]) -> list[list[_Word]]:
    """Return the rows of words in `pieces` of `text` with no stop word and no mark between them; fill in `uses`."""
    tokens = _tokens(code)
    rows: list[list[_Word]] = []
    for piece_start, piece_end in pieces:
        row: list[_Word] = []
        last = _NO_WORD
        at = piece_start
        for written in _TOKEN.findall(text, piece_start, piece_end):
            token = tokens[written] if len(written) <= _LONGEST_TOKEN else _token(code, written)
            kind, start, end, key, _, noun, capital, _, elided, cut = token
            if row and (elided or kind != "word"):
                rows.append(row)
                row = []
            if kind == "word":
                use = uses.get(key)
                if use is None:
                    use = uses[key] = _Use()
                use.count += 1
                if noun or last.before == "noun" or (capital and last.whole):
                    use.noun += 1
                elif last.before == "verb":
                    use.verb += 1
                row.append(_Word(key, at + start, at + end))
                if cut:
                    rows.append(row)
                    row = []
            last = token
            at += len(written)
        if row:
            rows.append(row)
    return rows


@functools.lru_cache(maxsize=1 << 16)
def _folded(word: str) -> str:
    """Return `word` folded to one piece; nothing where digits outweigh the letters."""
    folded = fold(word).replace(" ", "")
    if any(map(str.isdigit, folded)) and not sum(map(str.isalpha, folded)) >= _LETTERS:
        return ""
    return folded


@functools.lru_cache(maxsize=1 << 15)
def _bare(word: str) -> tuple[str, int]:
    """Return the folded Arabic `word` without the particles before it, and how many letters they have.

    A single letter is a particle where the word with it takes no article and the rest does: بارتفاع, but بيان.
    """
    if (prefix := _ARABIC_ARTICLE.match(word)) is not None:
        rest = word[prefix.end() :]
        if prefix[0].endswith("لل") and not _takes_article(rest) and _takes_article(f"ل{rest}"):
            return f"ل{rest}", prefix.end() - 1  # للاعبين, for the players
        return rest, prefix.end()
    if len(word) > _LETTERS and word[0] in "وفبلك" and not _takes_article(word):
        for length in (1, 2):
            rest = word[length:]
            if len(rest) >= _LETTERS and _takes_article(rest) and (length == 1 or word[:2] in ("وب", "ول", "فل")):
                return rest, length
    return word, 0


def _runs(
    text: str, pieces: Iterable[Span], code: str, titled: Iterable[tuple[str, ...]] = ()
) -> dict[tuple[str, ...], _Candidate]:
    """Return the runs of characters of a text without spaces between words that recur, or are words or `titled`."""
    stop = _stop_words(code)
    frequencies = keyword_frequencies(code)
    known = frozenset(titled)
    shortest, longest = _UNSPACED_LENGTHS[code]
    found: dict[tuple[str, ...], _Candidate] = {}
    for piece in pieces:
        for match in _RUN.finditer(text, *piece):
            run, at = match[0], match.start()
            if _WHOLE_RUN.match(run):
                _count(found, (fold(run),), at, run)
                continue
            for start in range(len(run)):
                if _MARK.match(run, start) or run[start] in stop:
                    continue
                for end in range(start + shortest, min(start + longest, len(run)) + 1):
                    piece_ = run[start:end]
                    if run[end - 1] not in stop and not (end < len(run) and _MARK.match(run, end)):
                        _count(found, (piece_,), at + start, piece_)
    return {
        words: candidate
        for words, candidate in found.items()
        if words[0] not in stop
        and (words in known or candidate.count > 1 or words[0] in frequencies or _WHOLE_RUN.match(words[0]))
    }


def _count(found: dict[tuple[str, ...], _Candidate], words: tuple[str, ...], first: int, spelling: str) -> None:
    candidate = found.get(words)
    if candidate is None:
        found[words] = _Candidate(words, first, {spelling: 1})
    else:
        candidate.spellings[spelling] = candidate.spellings.get(spelling, 0) + 1


def _without_parts(candidates: list[_Candidate], *, unspaced: bool) -> list[_Candidate]:
    """Return `candidates` without those that are part of one that occurs at least half as often."""
    most: dict[tuple[str, ...], int] = {}
    for candidate in candidates:
        count = candidate.count
        for part in _parts(candidate.words, unspaced=unspaced):
            most[part] = max(most.get(part, 0), count)
    return [c for c in candidates if 2 * most.get(c.words, 0) < c.count]


def _parts(words: tuple[str, ...], *, unspaced: bool) -> Iterator[tuple[str, ...]]:
    whole = words[0] if unspaced else words
    for length in range(1, len(whole)):
        for start in range(len(whole) - length + 1):
            part = whole[start : start + length]
            yield (part,) if isinstance(part, str) else part


@functools.cache
def _before(language: str, kind: Literal["nouns", "verbs"]) -> frozenset[str]:
    """Return the words right after which a noun (or its adjective) stands, or a verb, folded."""
    return frozenset(map(fold, section(language, "keywords").get(f"before_{kind}", "").split()))


@functools.cache
def _stop_words(language: str) -> frozenset[str]:
    listed = stop_words(language)
    words = lexicon(language)
    return frozenset(
        (
            *map(_folded, listed),
            *map(fold, listed),
            *_common(language),
            *words.says,
            *words.according,
            *words.honorifics,
            *words.pronouns,
            *shared_words("days"),
            *shared_words("no_keywords"),
        )
    )


@functools.cache
def keyword_frequencies(language: str) -> Frequencies:
    """Return how common the words of `language` are by their key; Arabic ones by what is left without particles."""
    if language != "ar":
        return zipf(language)
    return Frequencies(compile_words(language, "bare-words-1", lambda word: _bare(word)[0]))


@functools.cache
def _common(language: str) -> frozenset[str]:
    """Return the keys of the words that are too common to say anything."""
    code = listed_as(language)
    if code is None:
        return frozenset()

    def common() -> Iterator[str]:
        for step, words in words_by_rarity(language):
            if zipf_of(step) < _STOP_ZIPF:
                break
            yield from (_bare(key(word))[0] if language == "ar" else key(word) for word in words)

    made_from = f"{contents('entities/keywords.py', 'text/folding.py')} {release('wordfreq')}"
    return compiled_words(f"common-words-{code}", common, made_from)
