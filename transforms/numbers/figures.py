"""Figures: the numbers of a text with what they count or measure.

A number is a figure when something in the text says what it is a number of: a noun that it counts, a unit, or a word of
magnitude or grouping that nobody writes in a year, a score or a name. All else is left out, so that an editor can sign
the list.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from schemas.records import Figure, Span
from transforms.dates.grammar import PREFIX
from transforms.numbers.counted_words import CountedWords, counted_words, is_plural
from transforms.numbers.east_asian import find_east_asian_figures
from transforms.numbers.number_words import NumberWords, number_words
from transforms.numbers.numerals import NUMERAL, Number, magnitude_at, parse_numeral, scaled, separators, words_at
from transforms.numbers.units import (
    CURRENCIES,
    CURRENCY_SIGNS,
    DOLLARS,
    ISO_CODES,
    PERCENT,
    YEN_OR_YUAN,
    duration_words,
    unit_words,
)
from transforms.text.languages import primary
from transforms.text.memo import Memo
from transforms.text.phrases import Names
from transforms.text.tokens import Token, Tokens, keys, lex

_LABELS: Final = keys(
    "رقم المادة مادة المادتين القرار قرار القرارين صفحة الصفحة ص البند الفقرة فقرة الدورة الجلسة قناة الطريق الساعة "
    "ساعة عند "
    "مجموعة المركز الطابق القانون قانون الحلقة الجولة المرسوم المجموعة العدد الفصل الفئة المرحلة "
    "article articles art resolution no nos number numbers page pages p pp chapter chapters section sections route "
    "highway "
    "interstate flight phase part episode season volume vol room apollo version level tier type windows iphone boeing "
    "airbus area channel figure table step formula under line lane track unit ward gate pier terminal day week grade "
    "class "
    "az abs absatz s bd covid agenda bus proposition title act verse psalm rule amendment point district "
    "precinct round game week stage "
    "nummer nr artikel seite kapitel platz rang paragraf paragraph absatz gruppe liga kanal phase "
    "numéro n° nº chapitre alinéa artículo número página capítulo nº canal grupo artigo página capítulo "
    "articolo numero pagina capitolo madde maddesi no sayfa numara saat статья статьи номер страница глава "
    "пункт пункта № § # شماره ماده صفحه ساعت قطعنامه"
)
"""Words and signs before the number of a thing, not of things."""
_WORDS_KEPT: Final = 1 << 14
_HOURS: Final = keys("am pm uhr uur hrs gmt utc صباحا مساء ظهرا فجرا بتوقيت")
_ORDINAL_ENDINGS: Final = keys("st nd rd th er ère ère re e ème eme º ª o a ste de ter го й я ое ого му")
_DOTTED_ORDINALS: Final = keys("bs cs da de et fi hr hu is lv nb sk sl sr tr")
_JOINED_BEFORE: Final = keys("و ب ل ف ك ول وب فب")
"""Arabic prefixes that stand before digits without a space."""
_SUFFIXES: Final = {"k": 10**3, "m": 10**6, "mn": 10**6, "mln": 10**6, "b": 10**9, "bn": 10**9, "tn": 10**12}
"""Letters joined to an amount; without a currency ``m`` may be metres."""
_CERTAIN_SUFFIXES: Final = frozenset({"k", "bn", "mn", "mln", "tn"})
_MEASURE_SUFFIXES: Final = {
    "km": "km", "cm": "cm", "mm": "mm", "kg": "kg", "mg": "mg", "ha": "ha", "mph": "mph", "kwh": "kWh", "mw": "MW",
    "gw": "GW", "twh": "TWh", "gb": "GB", "tb": "TB", "km2": "km²", "m2": "m²", "m3": "m³", "ft": "ft",
}  # fmt: skip
_SPACE_GROUPED: Final = re.compile(r"\d{1,3}(?: \d{3})+(?![\d ]\d|\d)(?:,\d+(?!\d))?")
_DIGIT_HUNDREDS: Final = frozenset({"en", "de", "nl"})
"""Languages whose hundred is no coin: 3 hundred."""
_SIGN_WORDS: Final = keys("minus negative منفی ناقص سالب минус мінус eksi מינוס माइनस ऋण")
"""Signs in words before a number."""
_LESS: Final = keys("menos moins meno less")
"""Words that are a sign before percentages and degrees only."""
_BEFORE_LESS: Final = keys("al lo no por o más nada ou au du pas pelo ao um o per non niente than")
"""Before "menos" and "moins" that are no sign: at least."""
_AND: Final = keys("and und et y e en и і ו और और och og ve")
_CENTS: Final = keys(
    "cent cents cents centavos centavo céntimos céntimo centimes centime centesimi pence penny pennies копеек копейки "
    "копійок копійки центов цента центів אגורות סנט सेंट पैसे kuruş öre øre groszy euro-cent eurocent"
)
_HEBREW_PREFIX: Final = re.compile(r"ו?[בלמהכש]{1,2}|ו")
_ARABIC_PARTS: Final = keys("ثلث ثلثا ثلثي خمس سدس سبع ثمن تسع عشر ارباع اخماس ثلثان")
_OF_A: Final = keys("of a an de d un une di uno einer eines van een ' ’")
_NOTHING: Final = Token("mark", -9, -9, " ")
_FRACTION_WORDS: Final = keys(
    "third thirds quarter quarters half halves fifth fifths sixths eighths tenth tenths hundredths "
    "drittel viertel fünftel sechstel achtel zehntel tiers quart quarts cinquième cinquièmes dixième dixièmes "
    "tercio tercios terceras terceiras cuarto cuartos quinto quintos décimos terços quartos "
    "terzo terzi quarti quinti decimi трети третьих четверти четвертей пятых десятых چهارم سوم پنجم"
)
"""What a number before them counts is a part, no thing."""
_ARABIC_DUALS: Final = keys(
    "قتيلان قتيلين جريحان جريحين شهيدان شهيدين شخصان شخصين جنديان طفلان طفلين رجلان رجلين ضابطان ضابطين طالبين "
    "عنصران صاروخان صاروخين منزلان منزلين مصابان مدنيان مواطنان مسلحان فلسطينيان صحفيان صحافيان شرطيان عاملان"
)
"""Nouns that news counts in twos, where the form is not also a plural (``فلسطينيين``) or a name (``طالبان``)."""
_PLURAL_MODIFIERS: Final = keys("police women men sports arms news")
"""Plurals that stand before another one: police officers."""
_GERMAN_ADJECTIVE: Final = re.compile(r"\w{3,}(?:e|en|er|es|em)$")
_LONGEST_PLAIN: Final = 9
"""Digits of a number without separators; longer ones are telephone numbers and identifiers."""
_LARGEST: Final = 2**53 - 1
"""The largest whole number that every reader of JSON holds exactly (RFC 7493); beyond it texts have slips and names."""


@dataclass(frozen=True, slots=True)
class _Grammar:
    """What a language contributes to reading a figure."""

    language: str
    numbers: NumberWords
    units: Names[str]
    counted: CountedWords | None
    durations: Names[bool]
    spaces_group: bool

    def number_word_begins(self, key: str) -> bool:
        numbers = self.numbers
        return (
            key in numbers.below_thousand
            or key in numbers.duals
            or key in numbers.single
            or key in numbers.fractions
            or (key in numbers.hundred and self.language != "en")
        )


@dataclass(frozen=True, slots=True)
class _Amount:
    """A number at ``[start, end)`` of the text, and the index of the token after it.

    `explicit` says that its writing alone shows it to be an amount: with a magnitude, grouped, or with decimals.
    """

    value: Number
    start: int
    end: int
    after: int
    magnitude: bool
    explicit: bool


@cache
def _grammar(language: str | None) -> _Grammar:
    return _Grammar(
        language=primary(language),
        numbers=number_words(language),
        units=unit_words(language),
        counted=counted_words(language),
        durations=duration_words(language),
        spaces_group=separators(language).group == " ",
    )


def find_figures(text: str, language: str | None, taken: Sequence[Span] = ()) -> tuple[Figure, ...]:
    """Return the figures of `text` in order and without overlap; none touches a span in `taken` (dates).

    `language` is the BCP 47 tag of the text. A figure's ``text`` and ``span`` cover the number with its words of
    magnitude (``71 ألف``, ``3,2 Mio.``, ``5bn``), neither unit nor currency nor noun. ``counted`` is the noun as
    written, with the adjectives between where the language puts them before it; ``unit`` is ``%``, an ISO 4217 code
    or the symbol of a measure, or a currency's word where that is not one currency.
    """
    grammar = _grammar(language)
    tokens = lex(text)
    blocked = sorted(taken)
    found: list[Figure] = list(find_east_asian_figures(text, grammar.language, blocked))
    if found or grammar.language in ("zh", "ja", "ko"):
        return tuple(found)
    begins = _beginnings(language)
    free = next_blocked = 0
    for index in [at for at, token in enumerate(tokens) if begins[token[3]]]:
        if index < free:
            continue
        token = tokens[index]
        while next_blocked < len(blocked) and blocked[next_blocked][1] <= token.start:
            next_blocked += 1
        if next_blocked < len(blocked) and blocked[next_blocked][0] < token.end:
            continue
        if token.kind == "digits":
            amount, after = _in_digits(text, tokens, index, grammar)
        else:
            amount = _in_words(text, tokens, index, grammar)
            after = index + 1
        if amount is not None:
            overlaps = next_blocked < len(blocked) and blocked[next_blocked][0] < amount.end
            figure = None if overlaps else _figure(text, tokens, index, amount, grammar)
            after = max(after, amount.after)
            if figure is not None:
                found.append(figure)
                while after < len(tokens) and tokens[after].start < figure.span[1]:
                    after += 1  # its cents
        free = after
    return tuple(found)


@cache
def _beginnings(language: str | None) -> Memo[str, bool]:
    """Return for the keys of tokens whether a number may begin with them."""
    return Memo(lambda key: key.isdecimal() or (key[:1].isalnum() and _may_begin(language, key)), _WORDS_KEPT)


def _may_begin(language: str | None, key: str) -> bool:
    """Tell whether a number in words can begin with the word `key`, after an Arabic prefix too."""
    grammar = _grammar(language)
    if grammar.number_word_begins(key):
        return True
    if key in _SIGN_WORDS or key in _LESS:
        return True
    if grammar.language == "en":
        return key == "a"
    if grammar.language == "he" and key[:1] == "ו":
        return grammar.number_word_begins(key[1:])
    if grammar.language != "ar":
        return False
    stripped = key[prefix.end() :] if (prefix := PREFIX.match(key)) else key
    return grammar.number_word_begins(stripped) or key in _ARABIC_DUALS


# --- the number ----------------------------------------------------------------------------------------------------


def _in_digits(text: str, tokens: Tokens, index: int, grammar: _Grammar) -> tuple[_Amount | None, int]:
    """Return the amount whose digits begin at token `index`, or None; and the index after its digits in any case."""
    token = tokens[index]
    if index and tokens[index - 1].key in "-−" and tokens[index - 1].end == token.start and _is_sign(tokens, index - 1):
        negative, after = _in_digits(text, (*tokens[: index - 1], _NOTHING, *tokens[index:]), index, grammar)
        if negative is None or _unit_at(text, tokens, negative, index, grammar) is None:
            return None, after
        return replace(negative, value=-negative.value, start=tokens[index - 1].start), after
    match = _SPACE_GROUPED.match(text, token.start) if grammar.spaces_group else None
    if match is None:
        match = NUMERAL.match(text, token.start)
    if match is None:
        return None, index + 1
    written, end = match.group(), match.end()
    after = index + 1
    while after < len(tokens) and tokens[after].start < end:
        after += 1
    chain = after
    while (
        chain + 1 < len(tokens)
        and tokens[chain].end - tokens[chain].start == 1
        and (
            tokens[chain].start == tokens[chain - 1].end
            and tokens[chain].key in "-–/:x×−'"
            and tokens[chain + 1].kind == "digits"
            and tokens[chain + 1].start == tokens[chain].end
        )
    ):
        chain += 2  # A range, a score, a fraction, a clock time, or a telephone number: no one number.
    if chain > after:
        return None, chain
    if not _stands_free(text, tokens, index, after, grammar):
        return None, after
    if after < len(tokens) and tokens[after].key in _FRACTION_WORDS:
        return None, after
    value = parse_numeral(written, grammar.language)
    if value is None or (written.isdecimal() and len(written) > _LONGEST_PLAIN):
        return None, after
    if len(written) > 1 and written[0] in "0٠۰" and not isinstance(value, float):
        return None, after
    plain = written.isdecimal()
    factor, magnitude_end = 1, end
    if after < len(tokens):
        following = tokens[after]
        if following.start == end and following.kind == "word" and following.key.isascii():
            if following.key in _SUFFIXES:
                certain = following.key in _CERTAIN_SUFFIXES or _currency_before(tokens, index, grammar) is not None
                if not certain or (following.key == "k" and text[following.start] == "K" and value in (2, 4, 5, 8)):
                    return None, after + 1
                factor, magnitude_end, after = _SUFFIXES[following.key], following.end, after + 1
            elif following.key not in _MEASURE_SUFFIXES and following.key not in ISO_CODES:
                return None, after + 1
        else:
            hundred = grammar.numbers.hundred.at(tokens, after) if grammar.language in _DIGIT_HUNDREDS else None
            if hundred is not None and value < 100:  # 3 hundred thousand
                factor, after = hundred
                magnitude_end = tokens[after - 1].end
            magnitude = magnitude_at(tokens, after, grammar.numbers)
            if magnitude is not None:
                factor, after = factor * magnitude[0], magnitude[1]
                magnitude_end = tokens[after - 1].end
    total = scaled(value, factor)
    part = grammar.numbers.parts.at(tokens, after) if after < len(tokens) else None
    if part is not None:
        scale = magnitude_at(tokens, part[1], grammar.numbers) if factor == 1 else None
        if factor > 1 or scale is not None:
            factor, after = (factor, part[1]) if scale is None else scale
            total = scaled(value + part[0], factor)
            magnitude_end = tokens[after - 1].end
    is_year = plain and factor == 1 and len(written) == 4 and 1800 <= value < 2100
    amount = _Amount(
        value=total,
        start=token.start,
        end=magnitude_end,
        after=after,
        magnitude=factor > 1,
        explicit=factor > 1 or (not plain and value >= 1000),
    )
    if is_year and _unit_at(text, tokens, amount, index, grammar) is None:
        counts = grammar.language == "ar" and _is_accusative(tokens, after)
        return (amount if counts else None), after
    return _with_remainder(text, tokens, amount, factor, grammar), after


def _is_sign(tokens: Tokens, index: int) -> bool:
    """Tell whether the hyphen at token `index` begins a word, as a minus does."""
    before = tokens[index - 1] if index else None
    return before is None or before.end < tokens[index].start or before.key in "(["


def _with_remainder(text: str, tokens: Tokens, amount: _Amount, factor: int, grammar: _Grammar) -> _Amount:
    """Return `amount` with the smaller number that continues it: ``3 bin 500``, ``مليونين و500 ألف``."""
    at = amount.after
    if grammar.language == "ar":
        if at >= len(tokens) or tokens[at].key != "و":
            return amount
        at += 1
    if factor == 1 or at >= len(tokens) or tokens[at].kind != "digits" or tokens[at].start - amount.end > 2:
        return amount
    rest, _ = _in_digits(text, tokens, at, grammar)
    if rest is None or rest.value >= factor:
        return amount
    return replace(amount, value=amount.value + rest.value, end=rest.end, after=rest.after)


def _is_accusative(tokens: Tokens, index: int) -> bool:
    """Tell whether the Arabic word at token `index` has the ending that a number before it gives: ``1950 شخصا``."""
    return index < len(tokens) and len(tokens[index].key) > 3 and tokens[index].key.endswith("ا")


def _stands_free(text: str, tokens: Tokens, index: int, after: int, grammar: _Grammar) -> bool:
    """Tell whether the digits at tokens ``[index, after)`` are a number of their own, no part or name of a thing."""
    token = tokens[index]
    before = tokens[index - 1] if index else None
    if before is not None:
        joined = before.end == token.start
        if (
            before.key in _LABELS
            or before.key.removeprefix("و") in _LABELS
            or (before.key == "." and index > 1 and tokens[index - 2].key in _LABELS)
        ):
            return False
        if joined and before.kind == "word":
            if before.key.endswith("ال"):
                return _is_accusative(tokens, after)  # خلال الـ12 عاما, but the ordinal الدورة الـ80
            if before.key not in _JOINED_BEFORE and before.key not in ISO_CODES:
                return False
        elif (
            joined
            and before.key == "-"
            and grammar.language == "he"
            and _HEBREW_PREFIX.fullmatch(tokens[index - 2].key if index > 1 else "")
        ):
            return True  # ב-30 אחוזים
        elif joined and before.key in "-–−+.,،؛:/#@_&=*'’\\№§°^~|":
            return False
        elif before.kind == "digits" and token.start - before.end == 1:
            return False  # 0532 123 45 67
        elif before.key in ("#", "№", "§"):
            return False
    if after >= len(tokens):
        return True
    following = tokens[after]
    if following.start == tokens[after - 1].end:
        next_kind = tokens[after + 1].kind if after + 1 < len(tokens) else "mark"
        if following.key in _ORDINAL_ENDINGS or following.key in ("º", "ª"):
            return False
        if following.key in "-–'’:/_@" and next_kind != "mark" and tokens[after + 1].start == following.end:
            if following.key == "-" and next_kind == "word" and _measured_at(tokens, after + 1, grammar):
                return True  # a 45-acre farm
            return grammar.language == "tr" and following.key in "'’"
        if following.key == "." and (
            grammar.language in _DOTTED_ORDINALS and next_kind == "word" and after + 1 < len(tokens)
        ):
            return False
    elif following.kind == "digits" and following.start - tokens[after - 1].end == 1:
        return False
    is_half_of_day = following.key in ("a", "p") and text[following.end : following.end + 2] == ".m"
    return following.key not in _HOURS and not is_half_of_day


def _measured_at(tokens: Tokens, index: int, grammar: _Grammar) -> bool:
    return grammar.units.at(tokens, index) is not None


def _in_words(text: str, tokens: Tokens, index: int, grammar: _Grammar) -> _Amount | None:
    """Return the amount that is written in words from token `index` on."""
    token = tokens[index]
    if token.key in _SIGN_WORDS or token.key in _LESS:
        return _signed(text, tokens, index, grammar)
    before = tokens[index - 1] if index else None
    if before is not None and (before.key in _LABELS or (before.key in "-–’'" and before.end == token.start)):
        return None
    start, read = token.start, tokens
    if grammar.language in ("ar", "he"):
        if token.key in _ARABIC_DUALS and grammar.language == "ar":
            return _Amount(2, token.start, token.end, index, magnitude=False, explicit=False)
        if not grammar.number_word_begins(token.key):
            prefix = PREFIX.match(token.key)
            if prefix is None:
                return None
            start += prefix.end()
            stripped = token._replace(start=start, key=token.key[prefix.end() :])
            read = (*tokens[:index], stripped, *tokens[index + 1 : index + 20])
            if stripped.end - stripped.start != len(stripped.key):
                return None  # Vowel marks: where the prefix ends is not certain.
            if len(stripped.key) < 3 and prefix.group() not in ("و", "ו"):
                return None  # لست: I am not
    elif grammar.language == "en" and token.key == "a":
        if index + 1 >= len(tokens) or not _is_magnitude(tokens, index + 1, grammar):
            return _fraction_at(read, index, grammar)
        read = (*tokens[:index], token._replace(key="one"), *tokens[index + 1 : index + 20])
    fraction = _fraction_at(read, index, grammar, start)
    if fraction is not None:
        return fraction
    found_words = words_at(read, index, grammar.numbers)
    if found_words is None:
        return None
    value: Number = found_words[0]
    after = found_words[1]
    alone = grammar.numbers.single.at(read, index)
    bare = alone is not None and alone[1] == after and alone[0] == value
    magnitude = next((m for m in (10**12, 10**9, 10**6, 10**3) if value >= m), 1)
    part = grammar.numbers.parts.at(tokens, after) if after < len(tokens) else None
    if part is not None:
        scale = magnitude_at(tokens, part[1], grammar.numbers)
        if scale is not None and value < 1000:
            value, after, magnitude = scaled(value + part[0], scale[0]), scale[1], scale[0]
        elif magnitude == 1 or value % magnitude == 0:
            value, after = value + scaled(part[0], magnitude), part[1]
            bare = False
    if after < len(tokens) and tokens[after].key in _FRACTION_WORDS:
        return None  # two thirds are no two
    if (bare or token.key == "a") and _is_part_of(tokens, index):
        return None  # a third of a billion is no billion
    if value <= (2 if grammar.language == "ar" else 1):
        return None  # Articles, pronouns, and the Arabic اثنان, which follows its noun.
    amount = _Amount(value, start, tokens[after - 1].end, after, magnitude > 1, magnitude > 1 and not bare)
    whole = isinstance(value, int) and value % magnitude == 0
    return _with_remainder(text, tokens, amount, magnitude if whole else 1, grammar)


def _signed(text: str, tokens: Tokens, index: int, grammar: _Grammar) -> _Amount | None:
    """Read ``minus 2.5``, ``ناقص 2.5``, ``moins trois``; some words are signs before percentages and degrees only."""
    at = index + 1
    if at >= len(tokens) or tokens[at].start - tokens[index].end > 1 or tokens[at].key in _SIGN_WORDS:
        return None
    if tokens[at].key in _LESS or (index and tokens[index - 1].kind == "digits"):
        return None  # ten minus two
    if tokens[at].kind == "digits":
        amount, _ = _in_digits(text, tokens, at, grammar)
    elif grammar.number_word_begins(tokens[at].key):
        amount = _in_words(text, tokens, at, grammar)
    else:
        return None
    if amount is None or amount.value <= 0:
        return None
    if tokens[index].key in _LESS:
        unit = _unit_at(text, tokens, amount, at, grammar)
        if unit is None or not unit.startswith(("%", "°")) or (index and tokens[index - 1].key in _BEFORE_LESS):
            return None
    return replace(amount, value=-amount.value, start=tokens[index].start)


def _is_part_of(tokens: Tokens, index: int) -> bool:
    """Tell whether a word for a part stands before token `index`, past the words that join it to a magnitude."""
    for at in range(index - 1, max(-1, index - 5), -1):
        if tokens[at].key in _FRACTION_WORDS or tokens[at].key in _ARABIC_PARTS:
            return True
        if tokens[at].key not in _OF_A:
            return False
    return False


def _is_magnitude(tokens: Tokens, index: int, grammar: _Grammar) -> bool:
    if magnitude_at(tokens, index, grammar.numbers) is not None:
        return True
    return grammar.numbers.hundred.at(tokens, index) is not None


def _fraction_at(tokens: Tokens, index: int, grammar: _Grammar, start: int | None = None) -> _Amount | None:
    """Read a part of a magnitude: ``half a million``, ``un cuarto de millón``, ``ربع مليون``, ``डेढ़ लाख``."""
    found = grammar.numbers.fractions.at(tokens, index)
    if found is None or found[1] >= len(tokens):
        return None
    magnitude = magnitude_at(tokens, found[1], grammar.numbers)
    if magnitude is None:
        return None
    after = magnitude[1]
    begin = tokens[index].start if start is None else start
    return _Amount(scaled(found[0], magnitude[0]), begin, tokens[after - 1].end, after, magnitude=True, explicit=True)


# --- what it is a number of ----------------------------------------------------------------------------------------


def _figure(text: str, tokens: Tokens, index: int, amount: _Amount, grammar: _Grammar) -> Figure | None:
    """Return the figure of `amount`, whose first token is `index`; None when nothing says what it is a number of."""
    counted: str | None = None
    unit: str | None = None
    span = (amount.start, amount.end)
    if amount.after == index:  # An Arabic dual.
        counted = text[amount.start : amount.end]
    else:
        in_brackets = text[max(0, amount.start - 1) : amount.start] + text[amount.end : amount.end + 1] == "()"
        if in_brackets:  # The Saudi habit: قتل (17) شخصا
            amount = replace(amount, end=amount.end + 1, after=amount.after + 1)
        unit = _unit_at(text, tokens, amount, index, grammar)
        if unit is None and grammar.counted is not None:
            counted = _counted_at(text, tokens, amount, grammar.counted)
        if unit is None and counted is None:
            counted = _duration_at(text, tokens, amount, grammar)
    if unit is None and counted is None and not amount.explicit:
        return None
    if unit is not None and unit in CURRENCIES:
        amount, stop = _with_cents(tokens, amount, grammar)
        span = (span[0], stop or span[1])
    if amount.value > _LARGEST:
        return None
    return Figure(value=amount.value, text=text[slice(*span)], counted=counted, unit=unit, span=span)


def _with_cents(tokens: Tokens, amount: _Amount, grammar: _Grammar) -> tuple[_Amount, int | None]:
    """Return an amount of money with the cents that follow its currency: ``15 dollars and 20 cents``."""
    found = grammar.units.at(tokens, amount.after) if amount.after < len(tokens) else None
    if found is None or not isinstance(amount.value, int):
        return amount, None
    at = found[1] + 1 if found[1] < len(tokens) and tokens[found[1]].key in _AND else found[1]
    if at + 1 >= len(tokens):
        return amount, None
    if tokens[at].kind == "digits" and len(tokens[at].key) <= 2:
        cents, after = int(tokens[at].key), at + 1
    else:
        words = words_at(tokens, at, grammar.numbers)
        if words is None or words[0] > 99:
            return amount, None
        cents, after = words
    if after >= len(tokens) or tokens[after].key not in _CENTS:
        return amount, None
    return replace(amount, value=round(amount.value + cents / 100, 2)), tokens[after - 1].end


def _duration_at(text: str, tokens: Tokens, amount: _Amount, grammar: _Grammar) -> str | None:
    """Return the span of time that `amount` counts, as written: ``zes weken``, ``3-jarige`` has none."""
    at = amount.after
    if at >= len(tokens) or tokens[at].start - amount.end > 1:
        return None
    found = grammar.durations.at(tokens, at)
    return None if found is None else text[tokens[at].start : tokens[found[1] - 1].end]


def _currency_before(tokens: Tokens, index: int, grammar: _Grammar) -> str | None:
    """Return the currency whose sign or code stands before token `index`."""
    if index == 0:
        return None
    before = tokens[index - 1]
    gap = tokens[index].start - before.end
    if gap > 1:
        return None
    if before.key in ISO_CODES and before.kind == "word":
        return before.key.upper()
    if before.key not in CURRENCY_SIGNS:
        return None
    if before.key == "$":
        letters = tokens[index - 2].key if index > 1 and tokens[index - 2].end == before.start else ""
        return DOLLARS.get(letters) or _sign("$", grammar)
    return _sign(before.key, grammar)


def _unit_at(text: str, tokens: Tokens, amount: _Amount, index: int, grammar: _Grammar) -> str | None:
    """Return the unit of `amount`, from the signs before and after it or the words after it."""
    currency = _currency_before(tokens, index, grammar)
    if currency is not None:
        return currency
    if index and (tokens[index - 1].key in PERCENT or (grammar.language == "tr" and tokens[index - 1].key == "yüzde")):
        return "%"
    at = amount.after
    if at >= len(tokens) or tokens[at].start - amount.end > 1:
        return None
    token = tokens[at]
    if token.key in PERCENT:
        return "%"
    if token.key in CURRENCY_SIGNS:
        return _sign(token.key, grammar)
    if token.key == "°":
        scale = tokens[at + 1].key if at + 1 < len(tokens) and tokens[at + 1].start == token.end else ""
        return {"c": "°C", "f": "°F"}.get(scale, "°")
    if token.key in "-‑" and at + 1 < len(tokens) and token.start == amount.end == tokens[at + 1].start - 1:
        found = grammar.units.at(tokens, at + 1)
        return None if found is None else found[0]
    if token.kind != "word":
        return None
    if token.start == amount.end and token.key in _MEASURE_SUFFIXES:
        return _MEASURE_SUFFIXES[token.key]
    if token.key in ISO_CODES and text[token.start : token.end].isupper():
        return token.key.upper()
    if grammar.counted is not None and token.key in grammar.counted.of and at + 1 < len(tokens):
        at += 1  # 3 millions d’euros
        if tokens[at].key in "’'" and at + 1 < len(tokens):
            at += 1
    found = grammar.units.at(tokens, at)
    return None if found is None else found[0]


def _sign(sign: str, grammar: _Grammar) -> str:
    if sign in "¥￥":
        return YEN_OR_YUAN.get(grammar.language, CURRENCY_SIGNS[sign])
    return "$" if sign == "$" and grammar.language == "es" else CURRENCY_SIGNS[sign]


def _end_of_noun(tokens: Tokens, index: int, rules: CountedWords) -> int:
    """Return where the noun at token `index` ends: with its compound (Online-Vorträge, police officers)."""
    end = tokens[index].end
    while index + 2 < len(tokens) and tokens[index + 1].key in "-‑" and tokens[index + 1].start == end:
        if tokens[index + 2].start != tokens[index + 1].end or tokens[index + 2].kind != "word":
            break
        index += 2
        end = tokens[index].end
    if rules.language == "en" and tokens[index].key in _PLURAL_MODIFIERS and index + 1 < len(tokens):
        following = tokens[index + 1]
        if following.start - end == 1 and following.key not in rules.not_nouns and is_plural(following.key):
            end = following.end
    return end


def _counted_at(text: str, tokens: Tokens, amount: _Amount, rules: CountedWords) -> str | None:
    """Return the noun that `amount` counts, as written: the next words up to the noun, by the rules of the language."""
    at = amount.after
    end = amount.end
    first: int | None = None
    limit = min(len(tokens), at + (5 if rules.language == "en" else 4))
    while at < limit:
        token = tokens[at]
        if token.kind != "word" or token.start - end != 1:
            apostrophe = token.key in "’'" and token.start == end
            if not apostrophe:
                return None
            end, at = token.end - 1, at + 1  # d’habitants
            continue
        word = text[token.start : token.end]
        if first is None and (token.key in rules.skipped or token.key in rules.of):
            end, at = token.end, at + 1
            continue
        if token.key in rules.not_nouns:
            return None
        first = token.start if first is None else first
        if rules.is_noun(token.key, word, amount.value, magnitude=amount.magnitude):
            return text[first : _end_of_noun(tokens, at, rules)]
        if rules.language == "de":
            if not _GERMAN_ADJECTIVE.match(token.key):
                return None
            first = None  # Adjectives bend with the case, the noun is what is counted.
        elif rules.language != "en":
            return None
        end, at = token.end, at + 1
    return None
