"""Which articles tell of the same event: what an article says of its event, and how like it is to a story.

What an article says are terms: stems of its words (pairs of characters where words are not separated), and, written
alike in all languages, keys of names, places by id, countries, figures and dates. A term weighs the more, the rarer it
is, in the language at large and in the recent stream (`transforms.dedup.rarity`). A story is represented by some of its
articles. Measures of their likeness go into a logistic model (`data/stories.json`, made by
``python -m benchmarks.train_stories``) whose answer is the log-odds that an article belongs to a story: one set of
weights for an article in one of the story's languages, one for other languages.
"""

import hashlib
import math
import re
import struct
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from operator import mul
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
VECTOR_NEUTRAL: Final = 44
LEXICAL_KEYS: Final = 10
NEUTRAL_KEYS: Final = 32
"""Of the heaviest terms so many find the stories that an article may belong to."""
NEUTRAL_POSTED: Final = 6
"""By so many neutral ones, and by all words that it looks for others by, an article is found."""
_FITTED_TO: Final = 500.0
_MOST_CROWD: Final = 3.0
"""The more articles, the more of them are alike by chance: with each doubling beyond so many the odds are halved."""
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
CAPITAL_WEIGHT: Final = 1.3
TITLE_WEIGHT: Final = 2.0

_ENTRY: Final = np.dtype([("key", "<u4"), ("weight", "<f4"), ("prior", "<f4"), ("flags", "u1")])
_STORED: Final = np.dtype([("key", "<u4"), ("weight", "<f2"), ("rarity", "<f2"), ("flags", "u1")])
_ROW: Final = struct.Struct("<IffB")
_OF_DIGITS: Final = 0.75
"""Weight of a number as written; one that was read as a figure counts by its value."""
_ARTICLE_WORDS: Final = 1200.0
_UNKNOWN_ZIPF: Final = 1.5
_NAME_ZIPF: Final = 3.4
"""A word without capitals may be a name when it is rarer than this."""
_STEM: Final = 6
_ARABIC_STEM: Final = 5
_ARABIC_PREFIXES: Final = ("وال", "بال", "كال", "فال", "لل", "ال")
_MIN_STEM: Final = 3
_ENGLISH_ENDINGS: Final = ("ies", "es", "s", "ed", "ing")
_MARKS: Final = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0e31-\u0e4e\u200c\u200d"
_WORD: Final = re.compile(rf"[^\W_]+(?:[{_MARKS}]+[^\W_]*)*")
_PLAIN_WORD: Final = re.compile(r"[^\W_]+")
_MARKED: Final = re.compile(f"[{_MARKS}]")
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
    """An article's terms with their weights, the heaviest first; words and neutral terms each have length 1."""

    language: str
    words: int
    keys: Keys
    weights: Floats
    rarity: Floats
    flags: npt.NDArray[np.uint8]
    title_norm: float
    """Length of the part of the words that is in the title."""
    neutral: int
    """Number of neutral terms."""
    has_place: bool
    crowd: float
    """How far the log-odds are lower because the stream has more articles than those that the model was fitted to."""
    order: npt.NDArray[np.intp]
    """What sorts `keys`."""
    aspects: Floats
    """What each term adds to each aspect of what is shared (`_Shared`)."""


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
    words, names, distinct = _words(text[:EXAMINED], title or "", code)
    neutral = _neutral(names, named, code, places, figures, dates)
    rows = [_ROW.pack(key, weight, math.exp(-rarity), flags) for _, key, weight, rarity, flags in words]
    rows += [_ROW.pack(key, weight, prior, flags | NEUTRAL) for key, (weight, prior, flags) in neutral.items()]
    return Sketch(code, distinct, b"".join(rows))


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
        key: surface for surface in _surfaces(f"{title or ''}\n{read}") for key, *_ in _READERS[code][surface].terms
    }
    written = {*spelled_names(read, code), *found.values(), *(word for name in named for word in name.split())}
    found.update({key: surface for surface in sorted(written) for key, *_ in _as_name(surface, code)})
    for place in places:
        if place.country_code:
            found[_hashed(f"c:{place.country_code}")] = place.country_code
        if place.geonames_id:
            found[_hashed(f"p:{place.geonames_id}")] = place.name
    found.update({_hashed(f"f:{figure.value:.12g}"): figure.text for figure in figures})
    found.update({_hashed(f"d:{mention.date}"): mention.date for mention in dates})
    return found


_Names = dict[int, list[float]]
"""Occurrences, weight and expected share by key."""


def _words(text: str, title: str, language: str) -> tuple[list[tuple[float, int, float, float, int]], _Names, int]:
    """Return the heaviest words, what may be names, and the number of distinct words.

    Of a word: its negative worth, key, weight, rarity in its language and flags.
    """
    read = _READERS[language]
    counts = Counter(_surfaces(text))
    inside: set[str] | None = None
    headline = dict.fromkeys(_surfaces(title))  # in their order: what iterates is the same in every process
    found: dict[int, list[Any]] = {}
    names: _Names = {}
    for name in spelled_names(text, language):
        _add_names(names, _as_name(name, language), 1)
    for surface in [*counts, *(surface for surface in headline if surface not in counts)]:
        word = read[surface]
        if not word.terms:
            continue
        occurrences = counts[surface]
        flags = TITLE if surface in headline else 0
        named = not word.cased
        if word.upper and surface.lower() not in counts:
            if inside is None:
                inside = set(_INSIDE.findall(text))
            if surface in inside or (not occurrences and not surface[1:].islower()):
                flags, named = flags | CAPITAL, True
        for key, rarity, number in word.terms:
            entry = found.get(key)
            if entry is None:
                found[key] = [occurrences, rarity, number | flags]
            else:
                entry[0] += occurrences
                entry[1] = min(entry[1], rarity)
                entry[2] |= flags
        if named and word.names:
            _add_names(names, word.names, occurrences or 1)
    weighed = []
    for key, (occurrences, rarity, flags) in found.items():
        weight = 1 + math.log(occurrences or 1)
        weight *= (CAPITAL_WEIGHT if flags & CAPITAL else 1) * (TITLE_WEIGHT if flags & TITLE else 1)
        weighed.append((-weight * rarity, key, weight, rarity, flags))
    weighed.sort()
    return weighed[:SKETCH_WORDS], names, len(found)


def _surfaces(text: str) -> list[str]:
    return (_WORD if _MARKED.search(text) else _PLAIN_WORD).findall(text)


def _add_names(names: _Names, found: Iterable[tuple[int, float, float]], occurrences: int) -> None:
    for key, weight, prior in found:
        entry = names.get(key)
        if entry is None:
            names[key] = [occurrences, weight, prior]
        else:
            entry[0] += occurrences


def _neutral(
    names: _Names,
    named: Iterable[str],
    language: str,
    places: Iterable[Place],
    figures: Iterable[Figure],
    dates: Iterable[DateMention],
) -> dict[int, tuple[float, float, int]]:
    """Return weight, expected share and flags by key of what is written alike in all languages."""
    sure = [entry for name in named for word in name.split() for entry in _NAMES[language, word]]
    _add_names(names, sure, 0)
    certain = {key for key, *_ in sure}
    found: dict[int, tuple[float, float, int]] = {}
    for key, (occurrences, weight, prior) in names.items():
        telling = weight * (1 + math.log(occurrences or 1)) * (1.5 if key in certain else 1)
        found[key] = (telling, prior, FIGURE if weight == _OF_DIGITS else NAME)
    for place in places:
        if place.kind == "country":
            found.setdefault(_hashed(f"c:{place.country_code}"), (0.6, 0.06, COUNTRY))
        elif place.geonames_id:
            found.setdefault(_hashed(f"p:{place.geonames_id}"), (1.2, 0.004, PLACE))
    for figure in figures:
        if math.isfinite(figure.value) and figure.value > 2:
            weight, prior = (1.3, 0.002) if _is_telling(figure.value) else (0.5, 0.05)
            found[_hashed(f"f:{figure.value:.12g}")] = (weight, prior, FIGURE)
    for mention in dates:
        if len(mention.date) >= len("2026-01-06"):
            found.setdefault(_hashed(f"d:{mention.date}"), (0.7, 0.02, 0))
    return found


def _as_name(word: str, language: str) -> tuple[tuple[int, float, float], ...]:
    """Return key, weight and expected share of what a word may be as a name."""
    keys = dict.fromkeys(key for form in bare_forms(word, language) if (key := _NAME_KEYS[form]))
    return tuple((_hashed(f"n:{key}"), min(1.0, (len(key) + 1) / 6), 10.0 ** -(0.4 * len(key) + 0.2)) for key in keys)


def _is_telling(figure: float) -> bool:
    """Small and round numbers, and what may be a year, are shared by chance."""
    if abs(figure) < 13 or (figure == int(figure) and 1900 <= figure <= 2100):
        return False
    return len(f"{figure:.15g}".rstrip("0")) > 1


_NAME_KEYS: Final = Memo(name_key, 200_000)


_NAMES: Final[Memo[tuple[str, str], tuple[tuple[int, float, float], ...]]] = Memo(
    lambda asked: _as_name(asked[1], asked[0]), 100_000
)


class _Word(NamedTuple):
    """A word as written."""

    terms: tuple[tuple[int, float, int], ...] = ()
    """Keys, rarity in the language, flags."""
    names: tuple[tuple[int, float, float], ...] = ()
    """Keys, weights and expected shares of what it may be as a name or a number."""
    upper: bool = False
    cased: bool = False
    """Whether its script has capitals, so that without one it is no name."""


class _Readers(dict[str, Memo[str, _Word]]):
    """Words as written, by language."""

    def __missing__(self, language: str) -> Memo[str, _Word]:
        memo = self[language] = Memo(lambda surface: _read(surface, language), 100_000)
        return memo


def _read(surface: str, language: str) -> _Word:
    frequencies = zipf(language)
    if _UNSPACED.match(surface):
        folded = fold(surface)
        pairs = [first + second for first, second in pairwise(folded)]
        return _Word(tuple((_hashed(f"{language}:{p}"), _rarity(frequencies.get(p, 2.5)), 0) for p in pairs))
    folded = fold(surface).replace(" ", "")
    if len(folded) < 2 or len(surface) > 40 or folded in _stop_words(language):
        return _Word()
    if folded.isdecimal():
        key = _hashed(f"{language}:{folded}")
        telling = ((_hashed(f"f:{float(folded):.12g}"), _OF_DIGITS, 0.03 if len(folded) < 3 else 0.01),)
        return _Word(((key, _rarity(3.0), NUMBER),), telling if len(folded) < 16 else ())
    rank = frequencies.get(folded, _UNKNOWN_ZIPF)
    cased = bool(_CASED.match(folded))
    may_be_name = rank < (_NAME_ZIPF if not cased or language in CAPITAL_NOUNS else math.inf)
    return _Word(
        ((_hashed(f"{language}:{_stem(folded, language)}"), _rarity(rank), 0),),
        _as_name(surface, language) if may_be_name else (),
        surface[0].isupper(),
        cased,
    )


_READERS: Final = _Readers()


def _rarity(rank: float) -> float:
    """Return −log of the share of articles that have a word, given its Zipf frequency."""
    return -math.log(min(0.7, 1 - math.exp(-(10 ** (rank - 9)) * _ARTICLE_WORDS)))


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
    crowd = min(_MOST_CROWD, math.log(max(1.0, rarity.total(found.language) / _FITTED_TO)))
    return _vector(found.language, found.words, keys, weights, rare, flags, crowd)


def _vector(
    language: str,
    words: int,
    keys: Keys,
    weights: Floats,
    rare: Floats,
    flags: npt.NDArray[np.uint8],
    crowd: float = 0.0,
) -> Vector:
    neutral = (flags & NEUTRAL) > 0
    lexical = ~neutral
    squares = weights * weights
    titles = lexical & ((flags & TITLE) > 0)
    country = (flags & COUNTRY) > 0
    place = (flags & PLACE) > 0
    aspects = np.empty((len(keys), len(_Shared._fields)), np.float32)
    for n, column in enumerate(
        (
            squares * lexical,
            squares * neutral,
            rare * lexical,
            rare * (lexical & ((flags & NUMBER) > 0)),
            rare * neutral,
            rare * ((flags & NAME) > 0),
            rare * ((flags & FIGURE) > 0),
            rare * place,
            rare * country,
            neutral & ~country,
        )
    ):
        aspects[:, n] = column
    return Vector(
        language,
        words,
        keys,
        weights,
        rare,
        flags,
        math.sqrt(float(squares[titles].sum())),
        int(neutral.sum()),
        bool(place.any()),
        crowd,
        np.argsort(keys),
        aspects,
    )


class SearchKeys(NamedTuple):
    """The rarest and heaviest terms of an article, by which it and a story are brought together."""

    searched: list[int]
    """By these the stories are found that the article may belong to."""
    posted: list[int]
    """By these, which are some of them, later articles find the one that it joined."""


def search_keys(article: Vector) -> SearchKeys:
    """Return by which terms an article is searched and found: writing costs more than reading."""
    neutral = (article.flags & NEUTRAL) > 0
    words = article.keys[~neutral][:LEXICAL_KEYS].tolist()  # the heaviest come first
    alike = article.keys[neutral][:NEUTRAL_KEYS].tolist()
    return SearchKeys(words + alike, words + alike[:NEUTRAL_POSTED])


# ---- stories ----


class Member(msgspec.Struct, array_like=True):
    """An article that represents its story."""

    uri: str
    title: str | None
    language: str
    words: int
    neutral: int
    has_place: bool
    title_norm: float
    terms: bytes
    """Rows of a numpy array."""
    likeness: float = 0.0
    """Sum of its likeness to the articles that joined later and before, `compared` in number."""
    compared: int = 0


Members = list[Member]
"""The articles that represent a story, in the order in which they joined."""

pack: Final = msgspec.msgpack.Encoder().encode
"""Returns the articles of a story as bytes."""
unpack: Final = msgspec.msgpack.Decoder(Members).decode
"""Returns the articles that `pack` packed."""


def member_of(article: Vector, uri: str, title: str | None) -> Member:
    """Return an article as it represents a story; its weights are rounded."""
    rows = np.empty(len(article.keys), _STORED)
    rows["key"], rows["weight"], rows["rarity"] = article.keys, article.weights, article.rarity
    rows["flags"] = article.flags
    return Member(
        uri=uri,
        title=title,
        language=article.language,
        words=article.words,
        neutral=article.neutral,
        has_place=article.has_place,
        title_norm=article.title_norm,
        terms=rows.tobytes(),
    )


def with_member(story: Members, new: Member, likenesses: Sequence[float]) -> Members:
    """Return the story with an article added, or put in the place of its earlier version.

    `likenesses` are those to the story's members in their order.
    """
    members = [
        msgspec.structs.replace(member, likeness=member.likeness + similarity, compared=member.compared + 1)
        for member, similarity in zip(story, likenesses, strict=True)
    ]
    new = msgspec.structs.replace(new, likeness=math.fsum(likenesses), compared=len(likenesses))
    at = next((n for n, member in enumerate(members) if member.uri == new.uri), None)
    if at is not None:
        members[at] = new
        return members
    if len(members) >= MAX_MEMBERS:
        del members[MAX_MEMBERS // 2]
    return [*members, new]


def together(a: Members, b: Members) -> Members:
    """Return the articles that represent two stories that are one: those of `a` first."""
    members = [*a, *b]
    half = MAX_MEMBERS // 2
    return members if len(members) <= MAX_MEMBERS else members[:half] + members[-half:]


def shared_terms(article: Vector, story: Members) -> list[int]:
    """Return the terms that the article shares with any article of a story, the most telling first."""
    worth = article.weights * article.rarity * np.isin(article.keys, _rows(story)["key"])
    order = np.argsort(-worth, kind="stable")
    return [int(article.keys[n]) for n in order if worth[n] > 0]


def vector_of(member: Member) -> Vector:
    """Return an article that represents a story as a vector."""
    rows = np.frombuffer(member.terms, _STORED)
    return _vector(
        member.language,
        member.words,
        rows["key"].astype(np.uint32),
        rows["weight"].astype(np.float32),
        rows["rarity"].astype(np.float32),
        rows["flags"].astype(np.uint8),
    )


def _rows(members: Members) -> npt.NDArray[Any]:
    return np.frombuffer(b"".join([member.terms for member in members]), _STORED)


def headline(story: Members) -> str | None:
    """Return the title of the most central of the articles that represent a story, the earlier one of equals."""
    titled = [member for member in story if member.title]
    best = max(titled, key=lambda m: m.likeness / m.compared if m.compared else 0.0, default=None)
    return best.title if best else None


# ---- likeness ----

SAME: Final = (
    "nearest", "mean", "covered", "shared rarity", "titles", "numbers", "neutral terms", "figures", "words",
    "words of the story", "articles",
)  # fmt: skip
"""Measures of the likeness of an article and a story in one of whose languages it is written."""
ACROSS: Final = (
    "nearest", "second", "mean", "covered", "shared rarity", "names", "figures", "places", "countries", "other places",
    "terms", "terms of the story", "articles",
)  # fmt: skip
"""Measures of the likeness of an article and a story in other languages."""


class Weights(msgspec.Struct, frozen=True):
    """A logistic model: weights by measure, in their order, and the log-odds from which on an article belongs."""

    measures: dict[str, float]
    constant: float
    threshold: float
    least: float = 0.0
    """Below this cosine to the nearest article nothing else counts."""

    def odds(self, values: Sequence[float]) -> float:
        """Return how far the log-odds exceed the threshold."""
        if values[0] < self.least:
            return -math.inf
        return math.fsum(map(mul, self.measures.values(), values)) + self.constant - self.threshold


class Model(msgspec.Struct, frozen=True):
    """The weights for each kind of comparison, and what days between an article and a story say, as log-odds."""

    same: Weights
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
    members = [member for story in stories for member in story]
    if not len(article.keys) or not members:
        return [Measured(None, None, [0.0] * len(story)) for story in stories]
    rows = _rows(members)
    keys, found_keys = article.keys[article.order], rows["key"]
    place = np.minimum(np.searchsorted(keys, found_keys), len(keys) - 1)
    hits = np.flatnonzero(keys[place] == found_keys)
    own = article.order[place[hits]]
    found = rows[hits]
    sizes = [len(member.terms) // _STORED.itemsize for member in members]
    whose = np.repeat(np.arange(len(members)), sizes)[hits]
    flags = article.flags[own] & found["flags"]
    product = article.weights[own] * found["weight"]
    neutral = (flags & NEUTRAL) > 0
    lexical, titles, alike = (
        np.bincount(whose, product * mask, len(members)).tolist()
        for mask in (~neutral, ~neutral & ((flags & TITLE) > 0), neutral)
    )
    # What is shared with any of the members of a story in the article's language, and with any in another.
    other_language = [member.language != article.language for member in members]
    kinds = np.array(
        [2 * number + other_language[n] for n, number in enumerate(n for n, story in enumerate(stories) for _ in story)]
    )
    covered = np.zeros((2 * len(stories), len(keys)), np.float32)
    covered[kinds[whose], own] = 1
    shared = (covered @ article.aspects).tolist()
    result = []
    first = 0
    for number, story in enumerate(stories):
        inside = range(first, first + len(story))
        same = [n for n in inside if not other_language[n]]
        other = [n for n in inside if other_language[n]]
        measured = Measured(None, None, [alike[n] if other_language[n] else lexical[n] for n in inside])
        if same:
            measured.same = _same(article, members, same, lexical, titles, alike, shared[2 * number])
        if other and shared[2 * number + 1][_TELLING] >= _MIN_TELLING:
            measured.across = _across(article, members, other, alike, shared[2 * number + 1])
        result.append(measured)
        first += len(story)
    return result


class _Shared(NamedTuple):
    """What an article shares with any of some members, summed by aspect."""

    covered_words: float
    covered_neutral: float
    words: float
    numbers: float
    neutral: float
    names: float
    figures: float
    places: float
    countries: float
    telling: float
    """Number of neutral terms other than countries."""


_TELLING: Final = _Shared._fields.index("telling")


def _same(
    article: Vector,
    members: Sequence[Member],
    kind: Sequence[int],
    lexical: Sequence[float],
    titles: Sequence[float],
    alike: Sequence[float],
    sums: Sequence[float],
) -> list[float]:
    shared = _Shared(*sums)
    nearest = [lexical[n] for n in kind]
    return [
        max(nearest),
        math.fsum(nearest) / len(nearest),
        shared.covered_words,
        math.log1p(shared.words),
        max(_part(titles[n], article.title_norm, members[n].title_norm) for n in kind),
        math.log1p(shared.numbers),
        max(alike[n] for n in kind),
        math.log1p(shared.figures),
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
        math.log1p(article.neutral),
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
    prior = model.days_apart[min(days_apart, len(model.days_apart) - 1)] - article.crowd
    if measured.same is not None:  # it says more than what is written alike in all languages
        return model.same.odds(measured.same) + prior
    if measured.across is not None:
        return model.across.odds(measured.across) + prior
    return -math.inf


def similarity(odds: float) -> float:
    """Return `log_odds` as a number in [0, 1]: one half at the threshold."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))
