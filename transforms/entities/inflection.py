"""Written forms of place names and demonyms: how languages inflect them, and which words of a text may be one.

Names are indexed by the folded words of their *base* form; a word of a text is looked up as each of its *readings*:
itself, and what remains without a proclitic (Arabic, Hebrew) or a case ending. Folding is `transforms.text.folding`'s.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

Reading = tuple[str, int]
"""A folded word without its proclitics and endings, and how many letters of proclitics were before it."""

_SLAVIC_CYRILLIC: Final = (
    "ами ями ого его ому ему ыми ими ой ей ою ею ом ем ам ям ах ях ов ев ий ый ая яя ое ее ые ие ых их ую юю ым им "
    "ої ію ії ій ів ові еві а я о е у ю ы и ь й і ї та то те ът ят"
)
_SLAVIC_LATIN: Final = (
    "ami ach ach ech ich ych ego emu ymi imi ymi ách ích ého ému ých ým ím ou em om ům ow ów owi ie ii ia iu "
    "u a e y i o ę ą ě í á é ý em ov om ama ima og oj"
)
_ENDINGS_BY_LANGUAGES: Final = {
    "ru uk be bg sr mk": _SLAVIC_CYRILLIC,
    "pl cs sk hr bs sl": _SLAVIC_LATIN,
    "en de sv da no nl": "s",
    "tr": (
        "lar ler lari leri larin lerin larda lerde lara lere lardan lerden larla lerle "
        "da de ta te dan den tan ten nin nun nün in un ün ya ye yi yu yü i u ü a e"
    ),
    "az": "lar lər da də dan dən nin nun nün in un ün ya yə a ə i u ü",
    "fi": "n ssa ssä sta stä an än en in on un yn lla llä lta ltä lle ksi a ä na nä",
    "hu": (
        "ban ben ba be ból ből ra re ról ről on en ön nak nek ig hoz hez höz tól től nál nél val vel ot et öt at t i"
    ),
    "el": "σ ς ν",
    "et": "s st sse l lt le ga ni na ks t",
    "ro": "ul ului i ei ii a iei",
    "fa": "ها هاي هايي ي يي",
    "ko": (
        "은 는 이 가 을 를 의 에 에서 에게 로 으로 와 과 도 만 인 인들 측 군 산 계 발 부터 까지 "
        "에는 에도 에서는 이나 나 라는 서"
    ),
}
_ENDINGS: Final = {
    language: frozenset(endings.split())
    for languages, endings in _ENDINGS_BY_LANGUAGES.items()
    for language in languages.split()
}
_BASE_LENGTH: Final = 3
"""Letters that must remain when an ending is taken off."""
_FINAL_VOWELS: Final = {
    **dict.fromkeys(("ru", "uk", "be", "bg", "sr", "mk"), "аяоеуюыиьйії"),
    **dict.fromkeys(("pl", "cs", "sk", "hr", "bs", "sl"), "aeoyiíěáéý"),
    "ro": "a",
    "fi": "a",
}


def bases(word: str, language: str | None) -> tuple[str, ...]:
    """Return the forms under which the folded `word` of a name is indexed: itself, and the stems of its cases."""
    finals = _FINAL_VOWELS.get(language or "", "")
    found = [word]
    if len(word) > _BASE_LENGTH and word[-1] in finals:
        found.append(word[:-1])
        if len(word) > _BASE_LENGTH + 2 and word[-2] in finals:  # adjectives: саудовская
            found.append(word[:-2])
    if language == "uk" and word.endswith(("ів", "їв")):  # Харків, Харкова; Київ, Києва
        found.append(word[:-2] + ("ов" if word[-2] == "і" else "єв"))
    return tuple(found)


def readings(language: str | None) -> Callable[[str], tuple[Reading, ...]]:
    """Return the function that lists the readings of a folded word in `language`, likeliest first."""
    if language == "ar":
        return _arabic
    if language == "he":
        return _hebrew
    endings = _ENDINGS.get(language or "")
    if not endings:
        return _plain
    longest = max(map(len, endings))
    shortest = _BASE_LENGTH if language != "ko" else 2

    @lru_cache(maxsize=50_000)
    def inflected(word: str) -> tuple[Reading, ...]:
        found = [(word, 0)]
        for length in range(1, min(longest, len(word) - shortest) + 1):
            if word[-length:] in endings:
                found.append((word[:-length], 0))
        return tuple(found)

    return inflected


def _plain(word: str) -> tuple[Reading, ...]:
    return ((word, 0),)


@lru_cache(maxsize=50_000)
def _arabic(word: str) -> tuple[Reading, ...]:
    found = [(word, 0)]
    if len(word) < 4:
        return tuple(found)
    starts = [(word, 0)]
    if word[0] in "وف":
        starts.append((word[1:], 1))
        found.append((word[1:], 1))
    for start, taken in starts:
        if start[:2] == "لل":
            found.append(("ال" + start[2:], taken + 2))
        if start[0] in "بكل" and len(start) >= 4:
            found.append((start[1:], taken + 1))
    return tuple(found)


def _hebrew(word: str) -> tuple[Reading, ...]:
    found = [(word, 0)]
    taken = 0
    while taken < 3 and len(word) - taken > 2 and word[taken] in "הובלמשכ":
        taken += 1
        found.append((word[taken:], taken))
    return tuple(found)


def demonym_forms(word: str, language: str) -> Iterator[str]:
    """Yield the written forms of the demonym `word` as its data file lists it (an underscore is a space)."""
    word = word.replace("_", " ")
    yield from _FORMS.get(language, _as_listed)(word)


def _as_listed(word: str) -> Iterator[str]:
    yield word


def _english(word: str) -> Iterator[str]:
    yield word
    if not word.endswith(("ese", "ish", "sh", "ch", "men", "women", "s")):
        yield word + "s"


def _arabic_nisba(word: str) -> Iterator[str]:
    if word.startswith("="):
        yield word[1:]
        if not word.startswith("=ال"):
            yield "ال" + word[1:]
        return
    first, _, second = word.partition(" ")
    if second:  # compounds: كوريا الجنوبية -> كوري جنوبي, الكوري الجنوبي; جنوب أفريقيا -> جنوب أفريقي
        if first.endswith("يا"):
            stem, direction = first[:-2], second.removeprefix("ال").removesuffix("ية")
            for ending in ("ي", "ية", "يين", "يون", "يات"):
                yield f"{stem}{ending} {direction}{ending}"
                yield f"ال{stem}{ending} ال{direction}{ending}"
        else:
            for ending in _NISBA_ENDINGS:
                yield f"{first} {second}{ending}"
                yield f"ال{first} {second}{ending}"
                yield f"ال{first} ال{second}{ending}"
        return
    for ending in _NISBA_ENDINGS:
        yield word + ending
        yield "ال" + word + ending


_NISBA_ENDINGS: Final = ("ي", "ية", "يا", "يين", "يون", "يان", "يتان", "يتين", "يات")


def _german(word: str) -> Iterator[str]:
    if word.endswith(("isch", "deutsch")):
        for ending in ("", "e", "en", "em", "er", "es"):
            yield word + ending
            yield word[0].upper() + word[1:] + ending
        return
    yield word
    if word.endswith("e"):
        yield from (word + "n", word[:-1] + "in", word[:-1] + "innen", word + "r")
    elif word.endswith("in"):
        yield word + "nen"
    elif word.endswith("er"):
        yield from (word + "n", word + "s", word + "in", word + "innen")
    else:
        yield from (word + "s", word + "en", word + "in", word + "innen")


def _french(word: str) -> Iterator[str]:
    if word.endswith("en"):
        forms: tuple[str, ...] = (word, word + "s", word + "ne", word + "nes")
    elif word.endswith(("e", "é", "è")):
        forms = (word, word + "s")
    elif word.endswith("s"):
        forms = (word, word + "e", word + "es")
    else:
        forms = (word, word + "s", word + "e", word + "es")
    yield from forms


def _spanish(word: str) -> Iterator[str]:
    if word.endswith("o"):
        forms: tuple[str, ...] = (word, word[:-1] + "a", word + "s", word[:-1] + "as")
    elif word.endswith(("és", "án", "ón")):
        plain = word[:-2] + {"é": "e", "á": "a", "ó": "o"}[word[-2]] + word[-1]
        forms = (word, plain + "a", plain + "es", plain + "as")
    elif word.endswith("ol"):
        forms = (word, word + "a", word + "es", word + "as")
    elif word.endswith("í"):
        forms = (word, word + "es", word + "s")
    else:
        forms = (word, word + "s")
    yield from forms


def _italian(word: str) -> Iterator[str]:
    yield word
    if word.endswith(("co", "go")):
        yield from (word[:-1] + "a", word[:-1] + "hi", word[:-1] + "he", word[:-1] + "i")
    elif word.endswith("o"):
        yield from (word[:-1] + "a", word[:-1] + "i", word[:-1] + "e")
    elif word.endswith("a"):
        yield from (word[:-1] + "i", word[:-1] + "e")
    else:
        yield word[:-1] + "i"


def _portuguese(word: str) -> Iterator[str]:
    yield word
    if word.endswith("ês"):
        yield from (word[:-2] + ending for ending in ("esa", "eses", "esas"))
    elif word.endswith("ão"):
        yield from (word[:-2] + ending for ending in ("ã", "ães", "ãos", "ões", "ãs"))
    elif word.endswith("ol"):
        yield from (word + "a", word[:-2] + "óis", word + "as")
    elif word.endswith("eu"):
        yield from (word[:-2] + "eia", word + "s", word[:-2] + "eias")
    elif word.endswith("o"):
        yield from (word[:-1] + "a", word + "s", word[:-1] + "as")
    else:
        yield word + ("es" if word.endswith(("r", "l")) else "s")


def _dutch(word: str) -> Iterator[str]:
    yield word
    if word.endswith("ees"):
        yield word[:-3] + "ese"
    elif word.endswith(("aar", "aan", "er", "ër")):
        yield from (word + "s", word[:-2] + word[-1] + "en" if word[-3] == "a" else word + "s")
    elif word.endswith("s"):
        yield word + "e"
    else:
        yield from (word + "en", word + "s")
    if word.endswith("isch"):
        yield word + "e"


def _hebrew_nisba(word: str) -> Iterator[str]:
    if word.startswith("="):
        yield word[1:]
        return
    for article in ("", "ה"):
        first, space, last = word.rpartition(" ")
        for ending in ("", "ת", "ם", "ים", "ות"):
            yield f"{article}{first}{space}{last}{ending}"


_FORMS: Final[dict[str, Callable[[str], Iterator[str]]]] = {
    "en": _english,
    "ar": _arabic_nisba,
    "de": _german,
    "fr": _french,
    "es": _spanish,
    "it": _italian,
    "pt": _portuguese,
    "nl": _dutch,
    "he": _hebrew_nisba,
}
