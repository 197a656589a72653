"""The language, script and direction of a text.

The script comes first: many scripts write one language only, and the others leave few candidates. Among those decides
a sum of log-likelihoods: character n-grams (py3langid), how common the words are in each language (wordfreq), and
letters that only some alphabets have. Word frequencies carry short texts, n-grams carry long ones and languages
without a word list. `docs/decisions/language-detection.md` has the measurements.
"""

import math
import struct
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

import msgspec

from schemas.records import Direction
from transforms.text.compiled import compiled_bytes, contents, release
from transforms.text.languages import primary
from transforms.text.memo import Memo
from transforms.text.ngrams import ngrams
from transforms.text.wordlists import listed_as, words_by_rarity

_SAMPLE_LENGTH: Final = 1000
"""Characters that are looked at; longer texts give three pieces, because pages begin and end with foreign bits."""

_SCRIPT_CODES: Final = {
    "LATIN": "Latn",
    "CYRILLIC": "Cyrl",
    "ARABIC": "Arab",
    "HEBREW": "Hebr",
    "GREEK": "Grek",
    "ARMENIAN": "Armn",
    "GEORGIAN": "Geor",
    "ETHIOPIC": "Ethi",
    "DEVANAGARI": "Deva",
    "BENGALI": "Beng",
    "GURMUKHI": "Guru",
    "GUJARATI": "Gujr",
    "ORIYA": "Orya",
    "TAMIL": "Taml",
    "TELUGU": "Telu",
    "KANNADA": "Knda",
    "MALAYALAM": "Mlym",
    "SINHALA": "Sinh",
    "THAI": "Thai",
    "LAO": "Laoo",
    "TIBETAN": "Tibt",
    "MYANMAR": "Mymr",
    "KHMER": "Khmr",
    "MONGOLIAN": "Mong",
    "THAANA": "Thaa",
    "SYRIAC": "Syrc",
    "NKO": "Nkoo",
    "ADLAM": "Adlm",
    "TIFINAGH": "Tfng",
    "CHEROKEE": "Cher",
    "CJK": "Hani",
    "HIRAGANA": "Kana",
    "KATAKANA": "Kana",
    "HANGUL": "Hang",
    "BOPOMOFO": "Hani",
}
_RIGHT_TO_LEFT: Final = frozenset({"Arab", "Hebr", "Thaa", "Syrc", "Nkoo", "Adlm"})
_EAST_ASIAN: Final = frozenset({"Hani", "Kana", "Hang"})

# Latin letters are also the letters of markup, brands and sources' names, so another script wins from this share on.
_NON_LATIN_SHARE: Final = 0.25
_EAST_ASIAN_WEIGHT: Final = 2.5
"""A Han, kana or Hangul character says as much as this many letters."""
_KANA_SHARE: Final = 0.05
"""Japanese news has a third kana or more; Chinese text that quotes a Japanese name stays below this share."""

_ONE_LANGUAGE: Final = {
    "Grek": "el",
    "Armn": "hy",
    "Geor": "ka",
    "Guru": "pa",
    "Gujr": "gu",
    "Orya": "or",
    "Taml": "ta",
    "Telu": "te",
    "Knda": "kn",
    "Mlym": "ml",
    "Sinh": "si",
    "Thai": "th",
    "Laoo": "lo",
    "Tibt": "bo",
    "Mymr": "my",
    "Khmr": "km",
    "Mong": "mn",
    "Thaa": "dv",
    "Syrc": "syr",
    "Nkoo": "nqo",
    "Adlm": "ff",
    "Tfng": "zgh",
    "Cher": "chr",
}
_CANDIDATES_BY_SCRIPT: Final = {
    "Latn": (
        "af az bs ca cs cy da de en es et eu fi fr ga gl ha hr hu id ig is it ku lb lt lv ms mt nl no pl pt ro rw sk "
        "sl so sq sr sv sw tk tl tr uz vi xh yo zu"
    ),
    "Cyrl": "be bg kk ky mk mn ru sr tg tt uk uz",
    "Arab": "ar ckb fa ps sd ug ur",
    "Deva": "hi mr ne",
    "Beng": "as bn",
    "Hebr": "he yi",
    "Ethi": "am ti",
}
_CANDIDATES: Final = {script: tuple(codes.split()) for script, codes in _CANDIDATES_BY_SCRIPT.items()}
LANGUAGES: Final = tuple(
    sorted({"ja", "ko", "zh", *_ONE_LANGUAGE.values(), *(code for codes in _CANDIDATES.values() for code in codes)})
)
"""All languages that are told apart."""
# Languages with a small press next to a large relative: they must be the better reading by some margin.
_RARE: Final = "af as bs cy eu ga gl ig ku ky lb mt rw sd tk tt ug uz xh yi yo zu"
_RARE_PENALTY: Final = 1.0

# Letters that few alphabets of their script have. Each entry: letters, and the languages that write them.
_LETTERS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "Latn": (
        ("ə", "az"), ("ğı", "az tr"), ("ß", "de"), ("ñ", "es eu gl tl"), ("ãõ", "pt"), ("łńśź", "pl"), ("ąę", "lt pl"),
        ("ěřů", "cs"), ("ľĺŕ", "sk"), ("őű", "hu"), ("țșţ", "ro"), ("ðþ", "is"),
        ("ơưạảấầẩậắặẹếềểệịọốồổộớờợụủứừửữự", "vi"),
        ("ģķļņ", "lv"), ("ėįų", "lt"), ("ċġħ", "mt"), ("øæ", "da no"), ("å", "da fi no sv"), ("ŵŷ", "cy"),
        ("ň", "cs sk tk"),
        ("ëç", "fr nl pt sq tr ca"), ("đ", "bs hr sr vi"),
    ),
    "Cyrl": (
        ("їєґ", "uk"), ("ў", "be uz"), ("і", "be kk uk"), ("ыэ", "be kk ky mn ru tg tt"), ("ќѓѕ", "mk"), ("ћђ", "sr"),
        ("јљњџ", "mk sr"), ("ұ", "kk"), ("әһ", "kk tt"), ("ғқ", "kk tg uz"), ("ң", "kk ky tt"), ("өү", "kk ky mn tt"),
        ("җ", "tt"), ("ҷӣӯ", "tg"),
    ),
    "Arab": (
        ("ةإأ", "ar"), ("پچژگ", "ckb fa ps sd ug ur"), ("ٹڈڑںے", "ur"), ("ټډړڼښږځڅۍ", "ps"), ("ێڵڕڤ", "ckb"),
        ("ۆە", "ckb ug"), ("ۈۋڭ", "ug"), ("ٻڄڃڏڙڀٿٺڳڱڪ۽۾", "sd"),
    ),
    "Deva": (("ळ", "mr"),),
    "Beng": (("ৰৱ", "as"),),
    "Hebr": (("װױײ", "yi"),),
    "Ethi": (("ኣቐቑቒቓቔቕቖኸኹኺኻኼኽኾ", "ti"), ("አኧ", "am")),
}  # fmt: skip
_LETTER_WEIGHT: Final = 40.0
_LETTER_LIMIT: Final = 6.0

_NGRAM_WEIGHT: Final = 0.7
_NGRAM_FLOOR: Final = math.log(1e-30)
_WITHOUT_MODEL: Final = -4.0
"""n-gram score of a candidate that py3langid does not know: only its letters can make it the best."""
_WORD_WEIGHT: Final = 0.5
_WORD_FLOOR: Final = 6.5
"""Word frequencies are held as -log10; a word less common than 10^-6.5 says nothing."""
_WORD_LIMIT: Final = 5.3
"""Rarer words are not loaded: they cost memory and add nothing that was measured."""
_WITHOUT_LIST: Final = 0.65
"""What a word is worth, in powers of ten, to a candidate without a word list: less than a known one, more than none."""

_FUNCTION_WORDS: Final = {
    "af": """
        die het nie en in te van is om vir met dat sy hy wat aan op se deur by ook word oor was as ons hulle
        ek jy julle hom haar daar hierdie daardie maar of uit na sal moet kan tot toe nog baie meer onder
        tussen sedert omdat totdat egter asook gesê sê jaar jare ou nuwe mense waar wie hul hê wees teen
        wanneer terwyl asof eerste ander geen reeds
    """,
    "gl": """
        o a os as do da dos das no na nos nas ao aos á ás polo pola polos polas co coa cos coas un unha uns
        unhas e que non se máis pero como foi son é está están ten teñen moi tamén xa onte hoxe mañá despois
        desde dende ata cando onde porque segundo mentres todo todos toda todas outro outros ano anos eles
        elas ela el isto iso aquilo nin sen sobre entre foron será para por con ser este esta estes estas
        seu súa seus súas
    """,
    "sd": """
        جي جو جا جون کي تي آهي آهن هو هئي هئا ته سان لاءِ کان ڪري ڪيو ڪئي ويو وئي ويا چيو نه هن ان اهو اها
        جيڪو جيڪا جيڪي پر بعد وارو واري وارن ۾ ۽ هڪ ڪرڻ ٿي ٿيو ٿيندو اهي انهن هنن به
    """,
    "ti": """
        ናይ ካብ ኣብ እቲ እታ እቶም እዩ ኢዩ ነቲ ነታ ነቶም ድማ ከኣ ምስ ዝነበረ ኣሎ ኣለዎ ነበረ ነይሩ ኢሉ ኢላ እዚ እዛ እዞም ኩሉ ብዙሕ ግን ወይ ድሕሪ ቅድሚ
        ዘሎ ዘለዎ ክሳብ ብዛዕባ ኣይኮነን እውን ከምዘሎ ከም ሓደ ሓንቲ ዝብል ዝበለ ገሊጹ
    """,
    "am": """
        ነው ናቸው ውስጥ ላይ እና ግን ነበር ነበሩ ደግሞ በኋላ እንደ ወደ ስለ ይህ ይህን ያለ አንድ ሁሉ አቶ ተናግረዋል ገልጸዋል ብለዋል እንዲሁም መሆኑን ጋር ከ
        በ እስከ ሆነ ሲሆን ዓመት ዘንድ ማለት
    """,
}
"""The commonest words of languages that wordfreq has no list of; each is worth `_FUNCTION_WORD`."""
_FUNCTION_WORD: Final = 4.0
_FUNCTION_STEP: Final = 0xFFFF
"""Stands for it where the table of telling words has the rarity of a listed word."""
_GAIN: Final = struct.Struct("<BH")
_WORDS_KEPT: Final = 1 << 14
_GAJ: Final = (
    ("lj", "љ"),
    ("nj", "њ"),
    ("dž", "џ"),
    *zip("abvgdđežzijklmnoprstćufhcčš", "абвгдђежзијклмнопрстћуфхцчш", strict=True),
)

_HINT_WEIGHT: Final = 0.5
"""What a declared language adds: enough to decide between near-equals only."""


_SINDHI_SIGNS: Final = "۽۾"
"""The words "and" and "in", each written by a sign of its own."""


class _Scripts(dict[str, str | None]):
    """Character to ISO 15924 script of letters, None for others and for scripts that no news is written in."""

    def __missing__(self, character: str) -> str | None:
        script = None
        if character.isalpha() or unicodedata.category(character)[0] == "M" or character in _SINDHI_SIGNS:
            script = _SCRIPT_CODES.get(unicodedata.name(character, "").partition(" ")[0].partition("-")[0])
        self[character] = script
        return script


_SCRIPTS: Final = _Scripts()


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """Language of a text: BCP 47 code, confidence in [0, 1], ISO 15924 script, direction ``ltr`` or ``rtl``."""

    code: str | None
    confidence: float
    script: str | None
    direction: Direction


def detect(text: str, hint: str | None = None) -> Language:
    """Return the language of `text`; ``code`` is None and ``confidence`` 0 when there is no letter in it.

    Args:
        text: plain text of any length.
        hint: BCP 47 tag that the page declares; decides only between candidates that are nearly equal.
    """
    sample = _sample(text)
    counts = _script_counts(sample)
    main = _main_script(counts)
    if main is None:
        return Language(code=None, confidence=0.0, script=None, direction="ltr")
    hinted = primary(hint) or None
    if main in _EAST_ASIAN:
        code, confidence = _east_asian(counts, hinted)
    elif main in _ONE_LANGUAGE:
        code, confidence = _ONE_LANGUAGE[main], 1.0
    elif main in _CANDIDATES:
        code, confidence = _best_candidate(_letters_of(sample, main), main, hinted)
    else:
        return Language(code=None, confidence=0.0, script=main, direction=direction(main))
    return Language(code=code, confidence=confidence, script=_refine(main, code, sample), direction=direction(main))


def script_of(text: str) -> str | None:
    """Return the ISO 15924 script that most of `text` is written in, None when it has no letter.

    Japanese is ``Jpan``, Korean ``Kore``, Chinese ``Hans`` or ``Hant``.
    """
    sample = _sample(text)
    counts = _script_counts(sample)
    main = _main_script(counts)
    if main is None or main not in _EAST_ASIAN:
        return main
    return _refine(main, _east_asian(counts, None)[0], sample)


def direction(script: str | None) -> Direction:
    """Return the writing direction of an ISO 15924 script."""
    return "rtl" if script in _RIGHT_TO_LEFT else "ltr"


def warm_up() -> None:
    """Load the models of all scripts, so that the first text is as fast as the rest."""
    for script in _CANDIDATES:
        _word_gains(script)
    _ngrams()


def known_words(words: Collection[str], script: str) -> int:
    """Return how many of `words` (lower case) are known in the language of `script` that knows most of them."""
    gains = _word_gains(script).of
    known = Counter(code for word in words for code, _ in gains[word])
    return max(known.values(), default=0)


def _sample(text: str) -> str:
    if len(text) <= _SAMPLE_LENGTH:
        return text
    part = _SAMPLE_LENGTH // 4
    middle = len(text) // 2
    return f"{text[: 2 * part]} {text[middle : middle + part]} {text[-part:]}"


def _script_counts(text: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for character, count in Counter(text).items():
        script = _SCRIPTS[character]
        if script:
            counts[script] += count
    return counts


def _main_script(counts: Mapping[str, int]) -> str | None:
    weights: dict[str, float] = {}
    for script, count in counts.items():
        if script in _EAST_ASIAN:
            weights["Hani"] = weights.get("Hani", 0.0) + count * _EAST_ASIAN_WEIGHT
        else:
            weights[script] = weights.get(script, 0.0) + count
    if not weights:
        return None
    others = {script: weight for script, weight in weights.items() if script != "Latn"}
    if others:
        best = max(sorted(others), key=others.__getitem__)
        if others[best] >= _NON_LATIN_SHARE * sum(weights.values()):
            return best
    return max(sorted(weights), key=weights.__getitem__)


def _east_asian(counts: Mapping[str, int], hinted: str | None) -> tuple[str, float]:
    han, kana, hangul = (counts.get(script, 0) for script in ("Hani", "Kana", "Hang"))
    total = han + kana + hangul
    if hangul >= max(kana, 0.2 * total):
        return "ko", 1.0
    if kana >= _KANA_SHARE * total:
        return "ja", 1.0
    if hinted in ("ja", "ko") and total < 30:  # a headline may do without kana
        return hinted, 0.5
    return "zh", min(1.0, 0.5 + total / 40)


def _refine(main: str, code: str | None, text: str) -> str:
    if main not in _EAST_ASIAN:
        return main
    if code == "ja":
        return "Jpan"
    if code == "ko":
        return "Kore"
    # The older national character sets hold one form of each character: Big5 the traditional, GB 2312 the simplified.
    traditional = simplified = 0
    for character in text:
        if _SCRIPTS[character] == "Hani":
            in_big5, in_gb = _encodes(character, "big5"), _encodes(character, "gb2312")
            traditional += in_big5 and not in_gb
            simplified += in_gb and not in_big5
    return "Hant" if traditional > simplified else "Hans"


@cache
def _encodes(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _letters_of(text: str, script: str) -> str:
    """Return the words of `text` that are in `script`, in lower case, separated by single spaces."""
    kept = " ".join(text.translate(_kept(script)).split())
    return unicodedata.normalize("NFC", kept).lower().replace("i̇", "i")


class _Kept(dict[int, str]):
    """Code point to its character where that is of a script or a mark, else to a space, as `str.translate` reads it."""

    def __init__(self, script: str) -> None:
        super().__init__()
        self._script = script

    def __missing__(self, code_point: int) -> str:
        character = chr(code_point)
        is_kept = _SCRIPTS[character] == self._script or unicodedata.category(character) == "Mn"
        self[code_point] = found = character if is_kept else " "
        return found


@cache
def _kept(script: str) -> _Kept:
    return _Kept(script)


def _best_candidate(text: str, script: str, hinted: str | None) -> tuple[str, float]:
    candidates = _CANDIDATES[script]
    ngrams = _ngram_scores(text, candidates)
    words = _word_scores(text.split(), script)
    letters = _letter_scores(text, script)
    rare = _RARE.split()
    scores = {}
    for code in candidates:
        score = _NGRAM_WEIGHT * ngrams[code] + _WORD_WEIGHT * words[code] + letters.get(code, 0.0)
        score -= _RARE_PENALTY * (code in rare)
        score += _HINT_WEIGHT * (code == hinted)
        scores[code] = score
    best = max(candidates, key=scores.__getitem__)
    confidence = 1.0 / sum(math.exp(score - scores[best]) for score in scores.values())
    return best, round(confidence, 4)


def _ngram_scores(text: str, candidates: Iterable[str]) -> dict[str, float]:
    """Return the log-likelihood of each candidate, per square root of the length, relative to the best."""
    ranked = {code: max(math.log(p), _NGRAM_FLOOR) if p > 0 else _NGRAM_FLOOR for code, p in _ngrams().rank(text)}
    known = {code: ranked[code] for code in candidates if code in ranked}
    best = max(known.values())
    return {code: known[code] - best if code in known else _WITHOUT_MODEL for code in candidates}


def _word_scores(words: list[str], script: str) -> dict[str, float]:
    gains = _word_gains(script)
    totals = dict.fromkeys(gains.listed, 0.0) | dict.fromkeys(_FUNCTION_WORDS, _WITHOUT_LIST * len(words))
    for word, count in Counter(words).items():
        for code, gain in gains.of[word]:
            totals[code] += gain * count
    scale = math.log(10) / math.sqrt(len(words))
    return {code: totals.get(code, _WITHOUT_LIST * len(words)) * scale for code in _CANDIDATES[script]}


def _letter_scores(text: str, script: str) -> dict[str, float]:
    counts = Counter(text)
    scores: dict[str, float] = {}
    for letters, codes in _LETTERS[script]:
        share = sum(counts[letter] for letter in letters) / len(text)
        for code in codes.split():
            scores[code] = min(_LETTER_LIMIT, scores.get(code, 0.0) + _LETTER_WEIGHT * share)
    return scores


def _ngrams() -> Any:
    return ngrams(LANGUAGES)


def _cyrillic(word: str) -> str:
    """Return a word of Serbian in Cyrillic letters: the list has all its words in Latin ones."""
    for latin, cyrillic in _GAJ:
        word = word.replace(latin, cyrillic)
    return word


Gains = tuple[tuple[str, float], ...]


class _WordGains:
    """What each word speaks for among the candidates of a script.

    For a word these are pairs of a candidate and log10 of the word's frequency there, above that of unknown words.
    """

    def __init__(self, script: str) -> None:
        sources = contents("text/language.py", "text/wordlists.py")
        self._codes = _CANDIDATES[script]
        self._table = compiled_bytes(
            f"telling-{script}", lambda: _telling_words(script), f"{sources} {release('wordfreq')}"
        )
        self.listed = frozenset(code for code in self._codes if listed_as(code) is not None)
        """The candidates that have a word list."""
        self.of: Memo[str, Gains] = Memo(self._read, _WORDS_KEPT)

    def _read(self, word: str) -> Gains:
        found = self._table.get(word)
        if not found:
            return ()
        return tuple(
            (
                self._codes[number],
                _WORD_FLOOR - step / 100 if step != _FUNCTION_STEP else _FUNCTION_WORD - _WITHOUT_LIST,
            )
            for number, step in _GAIN.iter_unpack(found[0])
        )


_word_gains = cache(_WordGains)


def _telling_words(script: str) -> Iterator[tuple[str, bytes]]:
    """Yield the words that speak for candidates of `script`, with the candidate's number and the word's rarity."""
    gains: dict[str, bytes] = {}
    codes = _CANDIDATES[script]
    numbers_of: dict[str, list[int]] = {}
    for number, code in enumerate(codes):
        if (name := listed_as(code)) is not None:
            numbers_of.setdefault(name, []).append(number)
    for name, numbers in numbers_of.items():
        for step, words in words_by_rarity(name):
            if step / 100 > _WORD_LIMIT:
                break
            found = b"".join(_GAIN.pack(number, step) for number in numbers)
            for word in map(_cyrillic, words) if name == "sh" and script == "Cyrl" else words:
                gains[word] = gains.get(word, b"") + found
    for number, code in enumerate(codes):
        for word in _FUNCTION_WORDS.get(code, "").split():
            gains[word] = gains.get(word, b"") + _GAIN.pack(number, _FUNCTION_STEP)
    yield from gains.items()
