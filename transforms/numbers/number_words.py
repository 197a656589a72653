"""Number words by language: those below a thousand, and the words of magnitude that multiply a number.

Lists give values in order, separated by commas, the forms of each by slashes. Words that are common in another sense
(French ``neuf``, new) are as good as any here: only what they count makes them numbers, see
`transforms.numbers.figures`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from transforms.dates.names import Names

_UNITS: Final[Mapping[str, str]] = {
    "ar": "صفر,واحد/واحدة,اثنان/اثنين/اثنتان/اثنتين/إثنان/إثنين,ثلاثة/ثلاث,أربعة/أربع,خمسة/خمس,ستة/ست,سبعة/سبع,"
    "ثمانية/ثماني/ثمان,تسعة/تسع,عشرة/عشر,أحد عشر/إحدى عشرة,اثنا عشر/اثني عشر/اثنتا عشرة/اثنتي عشرة/إثنا عشر/إثني عشر,"
    "ثلاثة عشر/ثلاث عشرة,أربعة عشر/أربع عشرة,خمسة عشر/خمس عشرة,ستة عشر/ست عشرة,سبعة عشر/سبع عشرة,"
    "ثمانية عشر/ثماني عشرة,تسعة عشر/تسع عشرة",
    "en": "zero,one,two,three,four,five,six,seven,eight,nine,ten,eleven,twelve,thirteen,fourteen,fifteen,sixteen,"
    "seventeen,eighteen,nineteen",
    "fr": "zéro,un/une,deux,trois,quatre,cinq,six,sept,huit,neuf,dix,onze,douze,treize,quatorze,quinze,seize,"
    "dix-sept,dix-huit,dix-neuf",
    "de": "null,ein/eine/einen/einem/einer/eins,zwei,drei,vier,fünf,sechs,sieben,acht,neun,zehn,elf,zwölf,dreizehn,"
    "vierzehn,fünfzehn,sechzehn,siebzehn,achtzehn,neunzehn",
    "es": "cero,uno/una/un,dos,tres,cuatro,cinco,seis,siete,ocho,nueve,diez,once,doce,trece,catorce,quince,dieciséis,"
    "diecisiete,dieciocho,diecinueve,veinte,veintiuno/veintiún/veintiuna,veintidós,veintitrés,veinticuatro,"
    "veinticinco,veintiséis,veintisiete,veintiocho,veintinueve",
    "pt": "zero,um/uma,dois/duas,três,quatro,cinco,seis,sete,oito,nove,dez,onze,doze,treze,catorze/quatorze,quinze,"
    "dezesseis/dezasseis,dezessete/dezassete,dezoito,dezenove/dezanove",
    "it": "zero,uno/una/un,due,tre,quattro,cinque,sei,sette,otto,nove,dieci,undici,dodici,tredici,quattordici,quindici,"
    "sedici,diciassette,diciotto,diciannove",
    "tr": "sıfır,bir,iki,üç,dört,beş,altı,yedi,sekiz,dokuz",
    "ru": "ноль,один/одна/одно/одного/одной,два/две/двух/двумя/двум,три/трех/тремя/трем,четыре/четырех/четырем,"
    "пять/пяти/пятью,шесть/шести/шестью,семь/семи/семью,восемь/восьми,девять/девяти,десять/десяти/десятью,"
    "одиннадцать/одиннадцати,двенадцать/двенадцати,тринадцать/тринадцати,четырнадцать/четырнадцати,"
    "пятнадцать/пятнадцати,шестнадцать/шестнадцати,семнадцать/семнадцати,восемнадцать/восемнадцати,"
    "девятнадцать/девятнадцати",
    "fa": "صفر,یک,دو,سه,چهار,پنج,شش,هفت,هشت,نه,ده,یازده,دوازده,سیزده,چهارده,پانزده/پانزده,شانزده,هفده,هجده/هیجده,نوزده",
}
"""From zero upwards."""

_TENS: Final[Mapping[str, str]] = {
    "ar": "عشرون/عشرين,ثلاثون/ثلاثين,أربعون/أربعين,خمسون/خمسين,ستون/ستين,سبعون/سبعين,ثمانون/ثمانين,تسعون/تسعين",
    "en": "twenty,thirty,forty,fifty,sixty,seventy,eighty,ninety",
    "fr": "vingt,trente,quarante,cinquante,soixante,septante,quatre-vingt/quatre-vingts/huitante,nonante",
    "de": "zwanzig,dreißig/dreissig,vierzig,fünfzig,sechzig,siebzig,achtzig,neunzig",
    "es": ",treinta,cuarenta,cincuenta,sesenta,setenta,ochenta,noventa",
    "pt": "vinte,trinta,quarenta,cinquenta,sessenta,setenta,oitenta,noventa",
    "it": "venti,trenta,quaranta,cinquanta,sessanta,settanta,ottanta,novanta",
    "tr": "yirmi,otuz,kırk,elli,altmış,yetmiş,seksen,doksan",
    "ru": "двадцать/двадцати,тридцать/тридцати,сорок/сорока,пятьдесят/пятидесяти,шестьдесят/шестидесяти,"
    "семьдесят/семидесяти,восемьдесят/восьмидесяти,девяносто/девяноста",
    "fa": "بیست,سی,چهل,پنجاه,شصت,هفتاد,هشتاد,نود",
}
"""From twenty upwards."""

_HUNDREDS: Final[Mapping[str, str]] = {
    "ar": "مئة/مائة,مئتان/مئتين/مئتي/مائتان/مائتين/مائتي,ثلاثمئة/ثلاثمائة/ثلاث مئة/ثلاث مائة,أربعمئة/أربعمائة/أربع مئة,"
    "خمسمئة/خمسمائة/خمس مئة,ستمئة/ستمائة/ست مئة,سبعمئة/سبعمائة/سبع مئة,ثمانمئة/ثمانمائة/ثماني مئة,"
    "تسعمئة/تسعمائة/تسع مئة",
    "es": "cien/ciento,doscientos/doscientas,trescientos/trescientas,cuatrocientos/cuatrocientas,quinientos/quinientas,"
    "seiscientos/seiscientas,setecientos/setecientas,ochocientos/ochocientas,novecientos/novecientas",
    "pt": "cem/cento,duzentos/duzentas,trezentos/trezentas,quatrocentos/quatrocentas,quinhentos/quinhentas,"
    "seiscentos/seiscentas,setecentos/setecentas,oitocentos/oitocentas,novecentos/novecentas",
    "ru": "сто/ста,двести/двухсот,триста/трехсот,четыреста/четырехсот,пятьсот/пятисот,шестьсот/шестисот,"
    "семьсот/семисот,восемьсот/восьмисот,девятьсот/девятисот",
    "fa": "صد/یکصد,دویست,سیصد,چهارصد,پانصد,ششصد,هفتصد,هشتصد,نهصد",
    "it": "cento,duecento,trecento,quattrocento,cinquecento,seicento,settecento,ottocento,novecento",
}
"""From one hundred upwards, where they are words of their own."""

_HUNDRED: Final[Mapping[str, str]] = {"en": "hundred", "fr": "cent/cents", "tr": "yüz", "de": "hundert"}
"""The word that a number before it multiplies."""

_JOINING: Final[Mapping[str, frozenset[str]]] = {
    "en": frozenset({"and", "-"}),
    "fr": frozenset({"et", "-"}),
    "es": frozenset({"y"}),
    "pt": frozenset({"e"}),
    "fa": frozenset({"و"}),
}

_MAGNITUDES: Final[Mapping[str, Mapping[str, int]]] = {
    "ar": {
        "ألف": 10**3, "آلاف": 10**3, "الاف": 10**3, "ألفا": 10**3, "آلف": 10**3,
        "مليون": 10**6, "ملايين": 10**6, "مليونا": 10**6, "مليار": 10**9, "مليارات": 10**9, "ملايير": 10**9,
        "مليارا": 10**9, "بليون": 10**9,
        "بلايين": 10**9, "تريليون": 10**12, "تريليونات": 10**12, "ترليون": 10**12, "تريليونا": 10**12,
    },
    "en": {
        "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "millions": 10**6, "billions": 10**9,
        "lakh": 10**5, "lakhs": 10**5, "crore": 10**7, "crores": 10**7, "mln": 10**6, "bn": 10**9, "tn": 10**12,
    },
    "fr": {
        "mille": 10**3, "milliers": 10**3, "million": 10**6, "millions": 10**6, "milliard": 10**9, "milliards": 10**9,
        "billion": 10**12, "billions": 10**12,
    },
    "de": {
        "tausend": 10**3, "tsd": 10**3, "million": 10**6, "millionen": 10**6, "mio": 10**6, "milliarde": 10**9,
        "milliarden": 10**9, "mrd": 10**9, "billion": 10**12, "billionen": 10**12,
    },
    "es": {
        "mil millones": 10**9, "mil": 10**3, "millón": 10**6, "millones": 10**6, "millardos": 10**9, "billón": 10**12,
        "billones": 10**12,
    },
    "pt": {
        "mil milhões": 10**9, "mil": 10**3, "milhão": 10**6, "milhões": 10**6, "mi": 10**6, "bilhão": 10**9,
        "bilhões": 10**9, "bi": 10**9, "trilhão": 10**12, "trilhões": 10**12,
    },
    "it": {
        "mila": 10**3, "mille": 10**3, "milione": 10**6, "milioni": 10**6, "mln": 10**6, "miliardo": 10**9,
        "miliardi": 10**9, "mld": 10**9,
    },
    "tr": {"bin": 10**3, "milyon": 10**6, "milyar": 10**9, "trilyon": 10**12},
    "ru": {
        "тыс": 10**3, "тысяч": 10**3, "тысячи": 10**3, "тысяча": 10**3, "тысячу": 10**3, "тысячам": 10**3,
        "млн": 10**6, "миллион": 10**6, "миллиона": 10**6, "миллионов": 10**6, "млрд": 10**9, "миллиард": 10**9,
        "миллиарда": 10**9, "миллиардов": 10**9, "трлн": 10**12, "триллион": 10**12, "триллиона": 10**12,
        "триллионов": 10**12,
    },
    "uk": {
        "тис": 10**3, "тисяч": 10**3, "тисячі": 10**3, "тисяча": 10**3, "млн": 10**6, "мільйон": 10**6,
        "мільйони": 10**6, "мільйонів": 10**6, "млрд": 10**9, "мільярд": 10**9, "мільярди": 10**9, "мільярдів": 10**9,
    },
    "fa": {"هزار": 10**3, "میلیون": 10**6, "میلیارد": 10**9, "تریلیون": 10**12},
    "ur": {"ہزار": 10**3, "لاکھ": 10**5, "کروڑ": 10**7, "ملین": 10**6, "ارب": 10**9},
    "hi": {"हजार": 10**3, "हज़ार": 10**3, "लाख": 10**5, "करोड़": 10**7, "अरब": 10**9},
    "bn": {"হাজার": 10**3, "লাখ": 10**5, "লক্ষ": 10**5, "কোটি": 10**7},
    "nl": {"duizend": 10**3, "miljoen": 10**6, "mln": 10**6, "miljard": 10**9, "mrd": 10**9},
    "pl": {
        "tys": 10**3, "tysiąc": 10**3, "tysiące": 10**3, "tysięcy": 10**3, "mln": 10**6, "milion": 10**6,
        "miliony": 10**6,
        "milionów": 10**6, "mld": 10**9, "miliard": 10**9, "miliardy": 10**9, "miliardów": 10**9,
    },
    "sv": {"tusen": 10**3, "miljon": 10**6, "miljoner": 10**6, "miljard": 10**9, "miljarder": 10**9},
    "id": {"ribu": 10**3, "juta": 10**6, "miliar": 10**9, "triliun": 10**12},
    "he": {"אלף": 10**3, "אלפים": 10**3, "מיליון": 10**6, "מיליוני": 10**6, "מיליארד": 10**9},
}  # fmt: skip

_DUALS: Final[Mapping[str, int]] = {
    "ألفان": 2 * 10**3, "ألفين": 2 * 10**3, "ألفي": 2 * 10**3, "مليونان": 2 * 10**6,
    "مليونين": 2 * 10**6, "مليوني": 2 * 10**6, "ملياران": 2 * 10**9, "مليارين": 2 * 10**9,
    "ملياري": 2 * 10**9, "تريليونان": 2 * 10**12, "تريليوني": 2 * 10**12,
}  # fmt: skip
"""Arabic duals: the word is two of its magnitude."""


@dataclass(frozen=True, slots=True)
class NumberWords:
    """The number words of a language; ``below_thousand`` are those that add up, ``hundred`` the one that multiplies."""

    language: str
    below_thousand: Names[int]
    hundred: Names[int]
    magnitudes: Names[int]
    duals: Names[int]
    joining: frozenset[str]


def _listed(words: str, first: int, step: int) -> Iterator[tuple[str, int]]:
    for position, forms in enumerate(words.split(",")):
        for form in forms.split("/"):
            if form:
                yield form, first + position * step


def _compounds(language: str) -> Iterator[tuple[str, int]]:
    """Yield the German and Italian numbers below 1000 that are written as one word."""
    units = {n: w for w, n in reversed(list(_listed(_UNITS[language], 0, 1)))}
    tens = {n: w for w, n in reversed(list(_listed(_TENS[language], 20, 10)))}
    below_hundred = dict(units)
    for ten, word in tens.items():
        below_hundred[ten] = word
        for unit in range(1, 10):
            if language == "de":
                below_hundred[ten + unit] = ("ein" if unit == 1 else units[unit]) + "und" + word
            else:
                below_hundred[ten + unit] = (word[:-1] if unit in (1, 8) else word) + (
                    "tré" if unit == 3 else units[unit]
                )
    for number, word in below_hundred.items():
        if number > 20:
            yield word, number
    hundred = "hundert" if language == "de" else "cento"
    for count in range(1, 10):
        prefixes = {1: ("", "ein") if language == "de" else ("",)}.get(count, (units[count],))
        for prefix in prefixes:
            for rest, word in [(0, ""), *((n, w) for n, w in below_hundred.items() if n)]:
                yield prefix + hundred + ("eins" if rest == 1 and language == "de" else word), count * 100 + rest


@cache
def number_words(language: str | None) -> NumberWords:
    """Return the number words of a BCP 47 language tag; of an unknown language, those of English magnitude only."""
    base = (language or "").replace("_", "-").split("-")[0].lower()
    words: list[tuple[str, int]] = []
    if base in _UNITS:
        words += _listed(_UNITS[base], 0, 1)
        words += _listed(_TENS[base], 20, 10)
        words += _listed(_HUNDREDS.get(base, ""), 100, 100)
    if base in ("de", "it"):
        words += _compounds(base)
    if base == "tr":
        words.append(("on", 10))
    return NumberWords(
        language=base,
        below_thousand=Names(words),
        hundred=Names(_listed(_HUNDRED.get(base, ""), 100, 0)),
        magnitudes=Names(_MAGNITUDES.get(base, _MAGNITUDES["en"]).items()),
        duals=Names(_DUALS.items() if base == "ar" else ()),
        joining=_JOINING.get(base, frozenset()),
    )
