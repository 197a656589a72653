"""Which articles tell of the same event: what an article says of its event, and how like it is to a story.

What an article says are terms: stems of its words (pairs of characters where words are not separated), and, written
alike in all languages, keys of names, places by id, countries, figures and dates. A term weighs the more, the rarer it
is, in the language at large and in the recent stream (`transforms.dedup.rarity`). A story is represented by some of its
articles. Measures of their likeness go into a logistic model (`data/stories.json`, made by
``python -m benchmarks.train_stories``) whose answer is the log-odds that an article belongs to a story: one set of
weights for an article in one of the story's languages, with and without capital letters, one for other languages.
"""

import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from schemas.records import DateMention, Figure, Place
from transforms.dedup.name_keys import bare_forms, name_key, spelled_names
from transforms.dedup.rarity import Floats, Keys, Rarity
from transforms.text.folding import fold
from transforms.text.languages import CAPITAL_NOUNS, primary
from transforms.text.memo import Memo
from transforms.text.wordlists import stop_words, zipf

WINDOW_DAYS: Final = 3
"""An article joins a story only within so many days of one of its articles."""
MAX_SPAN_DAYS: Final = 14
"""A story is over after so many days; what is told later of the same matter is another event."""
MAX_MEMBERS: Final = 12
"""Articles that represent a story: the first half for what it began with, the other half the latest."""
EXAMINED: Final = 6_000
"""Characters of a text that are read: news tells its event at the beginning."""
SKETCH_WORDS: Final = 80
VECTOR_WORDS: Final = 56
VECTOR_NEUTRAL: Final = 32
LEXICAL_KEYS: Final = 10
NEUTRAL_KEYS: Final = 6
"""Of the heaviest terms so many find the stories that an article may belong to."""
_MIN_TELLING: Final = 3
"""Across languages so many terms other than countries must be shared; a place counts as a name too."""
COMMON: Final = 64
"""Of the stories with a term the latest so many are looked at."""

CAPITAL: Final = 1
TITLE: Final = 2
NUMBER: Final = 4
NEUTRAL: Final = 8
NAME: Final = 16
PLACE: Final = 32
FIGURE: Final = 64
COUNTRY: Final = 128
"""Flags of a term."""

_ENTRY: Final = np.dtype([("key", "<u4"), ("weight", "<f4"), ("prior", "<f4"), ("flags", "u1")])
_STORED: Final = np.dtype([("key", "<u4"), ("weight", "<f2"), ("rarity", "<f2"), ("flags", "u1")])
_ARTICLE_WORDS: Final = 1200.0
_UNKNOWN_ZIPF: Final = 1.5
_NAME_ZIPF: Final = 4.0
"""A word without capitals may be a name when it is rarer than this."""
_STEM: Final = 6
_ARABIC_STEM: Final = 5
_ARABIC_PREFIXES: Final = ("وال", "بال", "كال", "فال", "لل", "ال")
_MIN_STEM: Final = 3
_ENGLISH_ENDINGS: Final = ("ies", "es", "s", "ed", "ing")
_MARKS: Final = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0e31-\u0e4e\u200c\u200d"
_WORD: Final = re.compile(rf"[^\W_]+(?:[{_MARKS}]+[^\W_]*)*")
_INSIDE: Final = re.compile(rf"(?:(?<=[^\W_] )|(?<=[^\W_], ))[^\W_]+(?:[{_MARKS}]+[^\W_]*)*")
"""A word that follows another within a sentence: its capital is its own."""
_UNSPACED: Final = re.compile("[\u0e00-\u109f\u1780-\u17ff\u3040-\u9fff\uf900-\ufaff]+")
_CASED: Final = re.compile("[a-z\u00df-\u024f\u0370-\u058f\u10a0-\u10ff\u1e00-\u1fff]")


class Sketch(msgspec.Struct, frozen=True):
    """What an article says of its event, as found without knowing the stream; `terms` are rows of a numpy array."""

    language: str
    words: int
    """Distinct words."""
    terms: bytes

    @property
    def size(self) -> int:
        """Number of terms."""
        return len(self.terms) // _ENTRY.itemsize


@dataclass(slots=True)
class Vector:
    """An article's terms with their weights; words and neutral terms each have length 1."""

    language: str
    words: int
    keys: Keys
    weights: Floats
    rarity: Floats
    flags: npt.NDArray[np.uint8]
    norms: tuple[float, float]
    """Length of the part of the words that is written with capitals, and of the part in the title."""
    has_place: bool


def sketch(
    *,
    language: str | None,
    title: str | None,
    text: str,
    named: Iterable[str] = (),
    places: Iterable[Place] = (),
    figures: Iterable[Figure] = (),
    dates: Iterable[DateMention] = (),
) -> Sketch:
    """Return what an article says of its event; `named` are the people and organisations that it names."""
    code = primary(language)
    read = text[:EXAMINED]
    words, names = _words(read, title or "", code)
    neutral = _neutral(names, named, code, places, figures, dates)
    heaviest = sorted(words.items(), key=lambda item: (item[1][1] * math.log(item[1][2]), item[0]))[:SKETCH_WORDS]
    rows = [(key, weight, prior, flags) for key, (_, weight, prior, flags) in heaviest]
    rows += [(key, weight, prior, flags | NEUTRAL) for key, (weight, prior, flags) in neutral.items()]
    return Sketch(code, len(words), np.array(rows, _ENTRY).tobytes())


def legible_terms(
    *,
    language: str | None,
    title: str | None,
    text: str,
    named: Iterable[str] = (),
    places: Iterable[Place] = (),
    figures: Iterable[Figure] = (),
    dates: Iterable[DateMention] = (),
) -> dict[int, str]:
    """Return how the article writes each term that `sketch` finds in it, for people to read."""
    code = primary(language)
    read = text[:EXAMINED]
    found = {
        key: surface
        for surface in {*_WORD.findall(read), *_WORD.findall(title or "")}
        for key, *_ in _READERS[code][surface]
    }
    _, names = _words(read, title or "", code)
    found.update({_hashed(f"n:{key}"): form for form in (*names, *_parts(named, code)) if (key := _NAME_KEYS[form])})
    for place in places:
        if place.country_code:
            found[_hashed(f"c:{place.country_code}")] = place.country_code
        if place.geonames_id:
            found[_hashed(f"p:{place.geonames_id}")] = place.name
    found.update({_hashed(f"f:{figure.value:.12g}"): figure.text for figure in figures})
    found.update({_hashed(f"d:{mention.date}"): mention.date for mention in dates})
    return found


_Words = dict[int, tuple[int, float, float, int]]


def _words(text: str, title: str, language: str) -> tuple[_Words, Counter[str]]:
    """Return occurrences, weight, expected share and flags by key of the words, and how often what may be names."""
    read = _READERS[language]
    counts = Counter(_WORD.findall(text))
    inside = set(_INSIDE.findall(text))
    headline = set(_WORD.findall(title))
    found: dict[int, list[Any]] = {}
    names = Counter(spelled_names(text, language))
    for surface in {**counts, **dict.fromkeys(headline)}:
        entries = read[surface]
        if not entries:
            continue
        capital = (
            surface[0].isupper()
            and surface.lower() not in counts
            and (surface in inside or (surface not in counts and not surface[1:].islower()))
        )
        titled = surface in headline
        for key, prior, flags, _ in entries:
            entry = found.get(key)
            if entry is None:
                entry = found[key] = [0, 0.0, prior, flags]
            entry[0] += counts.get(surface, 0)
            entry[2] = max(entry[2], prior)
            entry[3] |= (CAPITAL if capital else 0) | (TITLE if titled else 0)
        if entries[0][3] and (capital or not _CASED.match(surface.lower())):
            for form in bare_forms(surface, language):
                names[form] += counts.get(surface, 1)
    return {key: (n, _weight(n, flags), prior, flags) for key, (n, _, prior, flags) in found.items()}, names


def _weight(occurrences: int, flags: int) -> float:
    return (1 + math.log(max(occurrences, 1))) * (1.3 if flags & CAPITAL else 1) * (2 if flags & TITLE else 1)


def _neutral(
    names: Counter[str],
    named: Iterable[str],
    language: str,
    places: Iterable[Place],
    figures: Iterable[Figure],
    dates: Iterable[DateMention],
) -> dict[int, tuple[float, float, int]]:
    """Return weight, expected share and flags by key of what is written alike in all languages."""
    found: dict[int, tuple[float, float, int]] = {}
    by_key: Counter[str] = Counter()
    for name, occurrences in names.items():
        if key := _NAME_KEYS[name]:
            by_key[key] += occurrences
    sure = {
        key
        for name in named
        for word in name.split()
        for form in bare_forms(word, language)
        if (key := _NAME_KEYS[form])
    }
    for key in sorted(by_key.keys() | sure):
        weight = min(1.0, (len(key) + 1) / 6) * (1 + math.log(by_key[key] or 1)) * (1.5 if key in sure else 1)
        found.setdefault(_hashed(f"n:{key}"), (weight, 10.0 ** -(0.4 * len(key) + 0.2), NAME))
    for place in places:
        if place.kind == "country":
            found.setdefault(_hashed(f"c:{place.country_code}"), (0.6, 0.06, COUNTRY))
        elif place.geonames_id:
            found.setdefault(_hashed(f"p:{place.geonames_id}"), (1.2, 0.004, PLACE))
    for figure in figures:
        if math.isfinite(figure.value) and figure.value > 2:
            weight, prior = (1.3, 0.002) if _is_telling(figure.value) else (0.5, 0.05)
            found.setdefault(_hashed(f"f:{figure.value:.12g}"), (weight, prior, FIGURE))
    for mention in dates:
        if len(mention.date) >= len("2026-01-06"):
            found.setdefault(_hashed(f"d:{mention.date}"), (0.7, 0.02, 0))
    return found


def _parts(named: Iterable[str], language: str) -> list[str]:
    return [form for name in named for word in name.split() for form in bare_forms(word, language)]


def _is_telling(figure: float) -> bool:
    """Small and round numbers, and what may be a year, are shared by chance."""
    if abs(figure) < 13 or (figure == int(figure) and 1900 <= figure <= 2100):
        return False
    return len(f"{figure:.15g}".rstrip("0")) > 1


_NAME_KEYS: Final = Memo(name_key, 200_000)
_Read = tuple[tuple[int, float, int, bool], ...]


class _Readers(dict[str, Memo[str, _Read]]):
    """By language: keys, expected shares, flags of a word as written, and whether it may be a name."""

    def __missing__(self, language: str) -> Memo[str, _Read]:
        memo = self[language] = Memo(lambda surface: _read(surface, language), 100_000)
        return memo


def _read(surface: str, language: str) -> _Read:
    frequencies = zipf(language)
    if _UNSPACED.match(surface):
        folded = fold(surface)
        pairs = [first + second for first, second in pairwise(folded)]
        return tuple((_hashed(f"{language}:{p}"), _expected(frequencies.get(p, 2.5)), 0, False) for p in pairs)
    folded = fold(surface).replace(" ", "")
    if len(folded) < 2 or len(surface) > 40 or folded in _stop_words(language):
        return ()
    number = folded.isdecimal()
    rank = frequencies.get(folded, 3.0 if number else _UNKNOWN_ZIPF)
    key = _hashed(f"{language}:{_stem(folded, language)}")
    may_be_name = not number and (rank < _NAME_ZIPF or bool(_CASED.match(folded) and language not in CAPITAL_NOUNS))
    return ((key, _expected(rank), NUMBER if number else 0, may_be_name),)


_READERS: Final = _Readers()


def _expected(rank: float) -> float:
    """Return the share of articles that have a word, given its Zipf frequency."""
    return min(0.7, 1 - math.exp(-(10 ** (rank - 9)) * _ARTICLE_WORDS))


def _stem(word: str, language: str) -> str:
    """Return the beginning of a word, of Arabic ones without article and conjunction."""
    if "\u0600" <= word[0] <= "\u06ff":
        bare = word.removeprefix("و") if word.startswith(("وال", "ولل")) else word
        for prefix in _ARABIC_PREFIXES:
            if bare.startswith(prefix) and len(bare) - len(prefix) >= _MIN_STEM:
                bare = bare[len(prefix) :]
                break
        return bare[:_ARABIC_STEM]
    if language == "en":
        for ending in _ENGLISH_ENDINGS:
            if word.endswith(ending) and len(word) - len(ending) >= 4:
                word = word[: -len(ending)]
                break
    return word[:_STEM]


@cache
def _stop_words(language: str) -> frozenset[str]:
    return frozenset(folded for word in stop_words(language) if (folded := fold(word)))


def _hashed(name: str) -> int:
    digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return int.from_bytes(digest, "big")


# ---- weighing ----


def counted(found: Sketch) -> tuple[Keys, Keys]:
    """Return the keys of the words and of the neutral terms, as `Rarity.count` takes them."""
    terms = np.frombuffer(found.terms, _ENTRY)
    neutral = (terms["flags"] & NEUTRAL) > 0
    return terms["key"][~neutral], terms["key"][neutral]


def vector(found: Sketch, rarity: Rarity) -> Vector:
    """Return the article's terms weighted by how rare they are in the stream."""
    terms = np.frombuffer(found.terms, _ENTRY)
    neutral = (terms["flags"] & NEUTRAL) > 0
    parts = []
    for mask, language, kept in ((~neutral, found.language, VECTOR_WORDS), (neutral, "", VECTOR_NEUTRAL)):
        part = terms[mask]
        rare = rarity.of(part["key"], part["prior"], language)
        weights = part["weight"] * rare
        order = np.lexsort((part["key"], -weights))[:kept]
        weights = weights[order]
        length = float(np.sqrt(weights @ weights)) or 1.0
        parts.append((part["key"][order], weights / length, rare[order], part["flags"][order]))
    keys, weights, rare, flags = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return _vector(found.language, found.words, keys, weights, rare, flags)


def _vector(
    language: str, words: int, keys: Keys, weights: Floats, rare: Floats, flags: npt.NDArray[np.uint8]
) -> Vector:
    squares = weights * weights * ((flags & NEUTRAL) == 0)
    norms = tuple(math.sqrt(float(squares[(flags & flag) > 0].sum())) for flag in (CAPITAL, TITLE))
    return Vector(language, words, keys, weights, rare, flags, (norms[0], norms[1]), bool(((flags & PLACE) > 0).any()))


def search_keys(article: Vector) -> list[int]:
    """Return the rarest and heaviest terms, by which stories that the article may belong to are found."""
    neutral = (article.flags & NEUTRAL) > 0
    keys: list[int] = []
    for mask, kept in ((~neutral, LEXICAL_KEYS), (neutral, NEUTRAL_KEYS)):
        keys += article.keys[mask][:kept].tolist()  # the heaviest come first
    return keys


# ---- stories ----


class Member(msgspec.Struct, array_like=True):
    """An article that represents its story; its terms are the next `terms` entries of the story's."""

    uri: str
    title: str | None
    language: str
    words: int
    neutral: int
    has_place: bool
    norms: tuple[float, float]
    terms: int
    likeness: float = 0.0
    """Sum of its likeness to the articles that joined later and before, `compared` in number."""
    compared: int = 0


@dataclass(slots=True)
class Members:
    """The articles that represent a story, in the order in which they joined, and their terms one after the other."""

    members: list[Member]
    entries: npt.NDArray[Any]


NO_MEMBERS: Final = Members([], np.empty(0, _STORED))
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(tuple[list[Member], bytes]).decode


def pack(story: Members) -> bytes:
    """Return the articles of a story as bytes."""
    return _encode((story.members, story.entries.tobytes()))


def unpack(packed: bytes) -> Members:
    """Return the articles that `pack` packed."""
    members, entries = _decode(packed)
    return Members(members, np.frombuffer(entries, _STORED))


def with_member(story: Members, article: Vector, uri: str, title: str | None, likenesses: Sequence[float]) -> Members:
    """Return the story with an article added, or put in the place of its earlier version.

    `likenesses` are those to the story's members in their order.
    """
    members = [
        msgspec.structs.replace(member, likeness=member.likeness + similarity, compared=member.compared + 1)
        for member, similarity in zip(story.members, likenesses, strict=True)
    ]
    flags = article.flags
    neutral = (flags & NEUTRAL) > 0
    new = Member(
        uri=uri,
        title=title,
        language=article.language,
        words=article.words,
        neutral=int(neutral.sum()),
        has_place=article.has_place,
        norms=article.norms,
        terms=len(article.keys),
        likeness=math.fsum(likenesses),
        compared=len(likenesses),
    )
    rows = np.empty(len(article.keys), _STORED)
    rows["key"], rows["weight"], rows["rarity"], rows["flags"] = article.keys, article.weights, article.rarity, flags
    pieces = _pieces(story)
    at = next((n for n, member in enumerate(members) if member.uri == uri), None)
    if at is not None:
        members[at], pieces[at] = new, rows
    else:
        if len(members) >= MAX_MEMBERS:
            del members[MAX_MEMBERS // 2], pieces[MAX_MEMBERS // 2]
        members.append(new)
        pieces.append(rows)
    return Members(members, np.concatenate(pieces))


def without_member(story: Members, uri: str) -> Members:
    """Return the story without one of its articles."""
    kept = [(m, piece) for m, piece in zip(story.members, _pieces(story), strict=True) if m.uri != uri]
    return Members([m for m, _ in kept], np.concatenate([p for _, p in kept])) if kept else NO_MEMBERS


def shared_terms(article: Vector, story: Members) -> list[int]:
    """Return the terms that the article shares with any article of a story, the most telling first."""
    worth = article.weights * article.rarity * np.isin(article.keys, story.entries["key"])
    order = np.argsort(-worth, kind="stable")
    return [int(article.keys[n]) for n in order if worth[n] > 0]


def _pieces(story: Members) -> list[npt.NDArray[Any]]:
    ends = np.cumsum([member.terms for member in story.members]).tolist()
    return [story.entries[end - member.terms : end] for member, end in zip(story.members, ends, strict=True)]


def together(a: Members, b: Members) -> Members:
    """Return the articles that represent two stories that are one: those of `a` first."""
    members, pieces = [*a.members, *b.members], [*_pieces(a), *_pieces(b)]
    half = MAX_MEMBERS // 2
    if len(members) > MAX_MEMBERS:
        members, pieces = members[:half] + members[-half:], pieces[:half] + pieces[-half:]
    return Members(members, np.concatenate(pieces))


def vectors(story: Members) -> list[Vector]:
    """Return the articles that represent a story as vectors."""
    return [
        Vector(
            member.language,
            member.words,
            piece["key"].astype(np.uint32),
            piece["weight"].astype(np.float32),
            piece["rarity"].astype(np.float32),
            piece["flags"].copy(),
            member.norms,
            member.has_place,
        )
        for member, piece in zip(story.members, _pieces(story), strict=True)
    ]


def headline(story: Members) -> str | None:
    """Return the title of the most central of the articles that represent a story, the earlier one of equals."""
    titled = [member for member in story.members if member.title]
    best = max(titled, key=lambda m: m.likeness / m.compared if m.compared else 0.0, default=None)
    return best.title if best else None


# ---- likeness ----

SAME: Final = (
    "nearest", "second", "mean", "covered", "shared rarity", "capitals", "shared capitals", "titles", "numbers",
    "neutral terms", "figures", "places", "other places", "words", "words of the story", "articles",
)  # fmt: skip
"""Measures of the likeness of an article and a story in one of whose languages it is written."""
ACROSS: Final = (
    "nearest", "second", "mean", "covered", "shared rarity", "names", "figures", "places", "countries", "other places",
    "terms", "terms of the story", "articles",
)  # fmt: skip
"""Measures of the likeness of an article and a story in other languages."""


class Weights(msgspec.Struct, frozen=True):
    """A logistic model: weights by name of measure, and the log-odds from which on an article belongs to a story."""

    measures: dict[str, float]
    constant: float
    threshold: float

    def odds(self, names: Sequence[str], values: Sequence[float]) -> float:
        """Return how far the log-odds exceed the threshold."""
        product = math.fsum(self.measures.get(name, 0.0) * value for name, value in zip(names, values, strict=True))
        return product + self.constant - self.threshold


class Model(msgspec.Struct, frozen=True):
    """The weights for each kind of comparison, and what days between an article and a story say, as log-odds."""

    cased: Weights
    uncased: Weights
    across: Weights
    days_apart: tuple[float, ...]
    merging: float
    """How far beyond the threshold two stories must be like each other to be one."""


@cache
def load_model() -> Model:
    """Return the model that comes with the program."""
    return msgspec.json.decode((resources.files("transforms") / "data" / "stories.json").read_bytes(), type=Model)


@dataclass(slots=True)
class Measured:
    """Measures of an article and a story, in the order of `SAME` and `ACROSS`, None where no member is of the kind."""

    same: list[float] | None
    across: list[float] | None
    likenesses: list[float]
    """Cosine to each member."""


def measure(article: Vector, stories: Sequence[Members]) -> list[Measured]:
    """Return the measures of an article and each story."""
    members = [member for story in stories for member in story.members]
    if not len(article.keys) or not members:
        return [Measured(None, None, [0.0] * len(story.members)) for story in stories]
    entries = np.concatenate([story.entries for story in stories])
    order = np.argsort(article.keys)
    keys = article.keys[order]
    place = np.minimum(np.searchsorted(keys, entries["key"]), len(keys) - 1)
    hits = np.flatnonzero(keys[place] == entries["key"])
    own = order[place[hits]]
    found = entries[hits]
    whose = np.repeat(np.arange(len(members)), [member.terms for member in members])[hits]
    flags = article.flags[own] & found["flags"]
    product = article.weights[own] * found["weight"]
    neutral = (flags & NEUTRAL) > 0
    lexical, capitals, titles, alike = (
        np.bincount(whose, product * mask, len(members)).tolist()
        for mask in (
            ~neutral,
            ~neutral & ((flags & CAPITAL) > 0),
            ~neutral & ((flags & TITLE) > 0),
            neutral,
        )
    )
    # What is shared with any of the members of a story in the article's language, and with any in another.
    kinds = np.fromiter(
        (
            2 * number + (member.language != article.language)
            for number, story in enumerate(stories)
            for member in story.members
        ),
        np.intp,
        len(members),
    )
    covered = np.zeros((2 * len(stories), len(keys)), np.float32)
    covered[kinds[whose], own] = 1
    shared = (covered @ _aspects(article)).tolist()
    result = []
    first = 0
    for number, story in enumerate(stories):
        inside = range(first, first + len(story.members))
        same = [n for n in inside if members[n].language == article.language]
        other = [n for n in inside if members[n].language != article.language]
        measured = Measured(None, None, [(alike if n in other else lexical)[n] for n in inside])
        if same:
            measured.same = _same(article, members, same, lexical, capitals, titles, alike, shared[2 * number])
        if other and _Shared(*shared[2 * number + 1]).telling >= _MIN_TELLING:
            measured.across = _across(article, members, other, alike, shared[2 * number + 1])
        result.append(measured)
        first += len(story.members)
    return result


def _aspects(article: Vector) -> Floats:
    """Return, for each term, what it adds to each aspect of what is shared: squared weight, or rarity, by kind."""
    flags, rare = article.flags, article.rarity
    neutral = (flags & NEUTRAL) > 0
    squares = article.weights**2
    columns = (
        squares * ~neutral,
        squares * neutral,
        rare * ~neutral,
        rare * (~neutral & ((flags & CAPITAL) > 0)),
        rare * (~neutral & ((flags & NUMBER) > 0)),
        rare * neutral,
        rare * (neutral & ((flags & NAME) > 0)),
        rare * (neutral & ((flags & FIGURE) > 0)),
        rare * (neutral & ((flags & PLACE) > 0)),
        rare * (neutral & ((flags & COUNTRY) > 0)),
        neutral & ((flags & COUNTRY) == 0),
    )
    return np.stack(columns, axis=1)


class _Shared(NamedTuple):
    """What an article shares with any of some members, summed by aspect."""

    covered_words: float
    covered_neutral: float
    words: float
    capitals: float
    numbers: float
    neutral: float
    names: float
    figures: float
    places: float
    countries: float
    telling: float
    """Number of neutral terms other than countries."""


def _same(
    article: Vector,
    members: Sequence[Member],
    kind: Sequence[int],
    lexical: Sequence[float],
    capitals: Sequence[float],
    titles: Sequence[float],
    alike: Sequence[float],
    sums: Sequence[float],
) -> list[float]:
    shared = _Shared(*sums)
    nearest = sorted((lexical[n] for n in kind), reverse=True)
    return [
        nearest[0],
        nearest[min(1, len(nearest) - 1)],
        math.fsum(nearest) / len(nearest),
        shared.covered_words,
        math.log1p(shared.words),
        max(_part(capitals[n], article.norms[0], members[n].norms[0]) for n in kind),
        math.log1p(shared.capitals),
        max(_part(titles[n], article.norms[1], members[n].norms[1]) for n in kind),
        math.log1p(shared.numbers),
        max(alike[n] for n in kind),
        math.log1p(shared.figures),
        math.log1p(shared.places),
        _other_places(article, members, kind, shared),
        math.log1p(article.words),
        math.log1p(math.fsum(members[n].words for n in kind) / len(kind)),
        math.log(len(kind)),
    ]


def _across(
    article: Vector, members: Sequence[Member], kind: Sequence[int], alike: Sequence[float], sums: Sequence[float]
) -> list[float]:
    shared = _Shared(*sums)
    nearest = sorted((alike[n] for n in kind), reverse=True)
    return [
        nearest[0],
        nearest[min(1, len(nearest) - 1)],
        math.fsum(nearest) / len(nearest),
        shared.covered_neutral,
        math.log1p(shared.neutral),
        math.log1p(shared.names),
        math.log1p(shared.figures),
        math.log1p(shared.places),
        math.log1p(shared.countries),
        _other_places(article, members, kind, shared),
        math.log1p(float(((article.flags & NEUTRAL) > 0).sum())),
        math.log1p(math.fsum(members[n].neutral for n in kind) / len(kind)),
        math.log(len(kind)),
    ]


def _part(product: float, a: float, b: float) -> float:
    return product / (a * b) if a and b else 0.0


def _other_places(article: Vector, members: Sequence[Member], kind: Sequence[int], shared: _Shared) -> float:
    """Whether both name places below countries, and none in common."""
    return float(not shared.places and article.has_place and any(members[n].has_place for n in kind))


def log_odds(model: Model, article: Vector, measured: Measured, days_apart: int) -> float:
    """Return how far the log-odds that the article belongs to the story exceed the threshold; negative: it does not."""
    prior = model.days_apart[min(days_apart, len(model.days_apart) - 1)]
    if measured.same is not None:  # it says more than what is written alike in all languages
        return (model.cased if article.norms[0] else model.uncased).odds(SAME, measured.same) + prior
    if measured.across is not None:
        return model.across.odds(ACROSS, measured.across) + prior
    return -math.inf


def similarity(odds: float) -> float:
    """Return `log_odds` as a number in [0, 1]: one half at the threshold."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))
