"""Numbers as languages write them: digits of all scripts, separators, number words and words of magnitude."""

import re
from functools import cache
from typing import Final, NamedTuple

import marisa_trie
import msgspec
from babel import Locale, UnknownLocaleError

from transforms.numbers.number_words import NumberWords
from transforms.text.compiled import compiled_bytes, contents, release
from transforms.text.language import LANGUAGES
from transforms.text.languages import primary
from transforms.text.tokens import Tokens, ascii_digits

Number = int | float

_SPACES: Final = "  \xa0\u202f\u2009"
NUMERAL: Final = re.compile(r"\d+(?:[.,٫٬،'’]\d+)*")
"""A number in digits as far as it is certain to be one; groups parted by spaces are for the reader to join."""

_GROUPED: Final = re.compile(r"\d{1,3}(?:\d{3})+")


class Separators(NamedTuple):
    """The decimal and grouping signs of a language; grouping spaces are all one space here."""

    decimal: str
    group: str


@cache
def separators(language: str | None) -> Separators:
    """Return the separators of a BCP 47 language tag (CLDR, for European digits); the English ones where unknown."""
    known = _known_separators().get(language or "en")
    return msgspec.msgpack.decode(known[0], type=Separators) if known else _cldr_separators(language or "en")


def _cldr_separators(language: str) -> Separators:
    try:
        symbols = Locale.parse(language.replace("-", "_")).number_symbols["latn"]
        decimal, group = str(symbols["decimal"]), str(symbols["group"])
    except (UnknownLocaleError, ValueError, KeyError, TypeError):
        return Separators(".", ",")
    return Separators(decimal, " " if group in _SPACES else group.replace("’", "'"))


@cache
def _known_separators() -> marisa_trie.BytesTrie:
    """Return the separators of the languages that texts are told to be in: two signs of CLDR's large files."""
    return compiled_bytes(
        "separators",
        lambda: ((language, msgspec.msgpack.encode(_cldr_separators(language))) for language in LANGUAGES),
        f"{contents('numbers/numerals.py', 'text/language.py')} {release('Babel')}",
    )


def parse_numeral(written: str, language: str | None = None) -> Number | None:
    """Return the value of a number in digits of any script; None when it is none, or could be two.

    ``1.234`` is 1234 in German, 1.234 in English, and nothing in Arabic, where the point is used for both.
    """
    digits = ascii_digits(written).replace("’", "'")
    if digits.isdecimal():
        return int(digits) if len(digits) <= 18 else None
    if len(digits) > 40:
        return None
    decimal, group = separators(language)
    digits = digits.replace("٬", group if group in ",." else "٬").replace("\xa0", " ").replace("\u202f", " ")
    arabic = "٫" in digits or "٬" in digits
    signs = [c for c in digits if not c.isdecimal()]
    if arabic:
        whole, _, fraction = digits.partition("٫")
        return _number(whole, fraction, "٬", optional_group=",")
    base = primary(language)
    digits, signs = digits.replace("،", ","), [s.replace("،", ",") for s in signs]
    if len(set(signs)) == 2 and signs[-1] != signs[0]:
        whole, _, fraction = digits.rpartition(signs[-1])
        return _number(whole, fraction, signs[0]) if len(set(signs[:-1])) == 1 and signs[-1] in ".," else None
    if len(set(signs)) > 2:
        return None
    sign = signs[0]
    if len(signs) > 1:
        return _number(digits, "", sign)
    whole, _, fraction = digits.partition(sign)
    if sign in " '":
        return _number(digits, "", sign)
    if len(fraction) != 3 or whole == "0" or len(whole) > 3:
        # Not a group: a decimal where the language, or everybody, writes it so.
        if sign == "," and decimal != "," and base not in ("ar", "fa", "ur", ""):
            return None
        return _number(whole, fraction, "")
    if base == "ar" and sign == ".":
        return None
    if sign == group:
        return _number(digits, "", sign)
    if sign == decimal:
        return _number(whole, fraction, "")
    # A foreign group sign (1,234 in French, 1.234 in Swiss German) is as likely as a foreign decimal sign.
    return _number(digits, "", sign) if group in " '" and sign == "." and decimal != "." else None


def _number(whole: str, fraction: str, group: str, *, optional_group: str = "") -> Number | None:
    """Join the parts of a number whose groups must be of three digits, or of two and a last of three (India)."""
    if optional_group and optional_group in whole:
        group = optional_group
    if group and group in whole:
        first, *rest = whole.split(group)
        if not (1 <= len(first) <= 3 and len(rest[-1]) == 3 and first != "0"):
            return None
        if not (all(len(r) == 3 for r in rest) or (len(first) <= 2 and all(len(r) == 2 for r in rest[:-1]))):
            return None
        whole = first + "".join(rest)
    if not whole.isdecimal() or (fraction and not fraction.isdecimal()) or len(whole) > 18:
        return None
    return float(f"{whole}.{fraction}") if fraction else int(whole)


def magnitude_at(tokens: Tokens, index: int, words: NumberWords) -> tuple[int, int] | None:
    """Return the product of the words of magnitude that begin at token `index` (``ألف مليون``), and the index after."""
    product, after = 1, index
    for _ in range(2):
        found = words.magnitudes.at(tokens, after) if after < len(tokens) else None
        if found is None:
            break
        product, after = product * found[0], found[1]
        word = tokens[after - 1]
        abbreviated = word.end - word.start <= 4  # Mio., тыс.
        if abbreviated and after < len(tokens) and tokens[after].key == "." and tokens[after].start == word.end:
            after += 1
    return (product, after) if after > index else None


def scaled(value: Number, magnitude: int) -> Number:
    """Return `value` times `magnitude`, whole where it is whole in decimal writing: 3.2 million is 3,200,000."""
    if isinstance(value, int):
        return value * magnitude
    product = round(value * magnitude, 6)
    return int(product) if product.is_integer() else product


def words_at(tokens: Tokens, index: int, words: NumberWords) -> tuple[int, int] | None:
    """Return the number that is written in words from token `index` on, and the index after it.

    Reads compounds and words of magnitude (``two hundred and five thousand``, ``مئة وخمسة وعشرون ألفا``), and one of a
    magnitude where its word says so (``mil doscientas``, ``ألف وخمسمئة``). A plural of magnitude alone (``thousands``)
    is no number; the Arabic dual (``مليونين``) is.
    """
    total, after, lowest = 0, index, 10**15
    while after < len(tokens) and after - index < 16:
        start = _after_join(tokens, after, words) if after > index else (after, None)
        if start is None:
            break
        at, key = start
        dual = words.duals.at(tokens, at, key)
        if dual is not None and dual[0] // 2 < lowest:
            total, lowest, after = total + dual[0], dual[0] // 2, dual[1]
            continue
        group = _below_thousand(tokens, at, key, words)
        if group is None:
            alone = words.single.at(tokens, at, key)
            if alone is None or alone[0] >= lowest:
                break
            total, lowest, after = total + alone[0], alone[0], alone[1]
            continue
        magnitude = magnitude_at(tokens, group[1], words)
        if magnitude is None:
            if lowest < 1000:
                break
            return total + group[0], group[1]
        if magnitude[0] >= lowest:
            break
        total, lowest, after = total + group[0] * magnitude[0], magnitude[0], magnitude[1]
    return (total, after) if after > index else None


def _after_join(tokens: Tokens, index: int, words: NumberWords) -> tuple[int, str | None] | None:
    """Return where the next number word stands, past a joining word, and its key without a joining prefix."""
    key = tokens[index].key
    if key in words.joining:
        return (index + 1, None) if index + 1 < len(tokens) else None
    if words.language in ("ar", "he"):
        return (index, key[1:]) if key[:1] in ("و", "ו") and len(key) > 2 else None
    return index, None


def _below_thousand(tokens: Tokens, index: int, key: str | None, words: NumberWords) -> tuple[int, int] | None:
    first = words.below_thousand.at(tokens, index, key)
    if first is None:
        hundred = words.hundred.at(tokens, index)
        if hundred is None or words.language == "en":
            return None
        first = hundred
    value, after = first
    while after < len(tokens):
        if value < 20 and (multiplied := words.hundred.at(tokens, after)):
            value, after = value * 100, multiplied[1]
            continue
        start = _after_join(tokens, after, words)
        if start is None or start[0] >= len(tokens):
            break
        following = words.below_thousand.at(tokens, start[0], start[1])
        if following is None:
            hundred = words.hundred.at(tokens, start[0]) if value == 0 else None
            if hundred is None:
                break
            following = hundred
        if not _adds_up(value, following[0], words.language):
            break
        value, after = value + following[0], following[1]
    return value, after


def _adds_up(value: int, part: int, language: str) -> bool:
    """Tell whether `part` may follow `value`: 100 and 25, 20 and 5, the Arabic 5 and 20, the French 60 and 13."""
    tail = value % 100
    if value >= 1000 and value % 1000 == 0:
        return 0 < part < 1000
    if tail == 0:
        return value >= 100 and 0 < part < 100
    if language == "ar":
        return 0 < tail < 10 and 20 <= part < 100
    if language == "fr" and tail in (60, 80):
        return 0 < part < 20
    return tail % 10 == 0 and (tail >= 20 or language == "tr") and 0 < part < 10
