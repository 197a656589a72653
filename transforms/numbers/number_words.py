"""Number words by language: those below a thousand, and the words of magnitude that multiply a number.

Lists give values in order, separated by commas, the forms of each by slashes. Words that are common in another sense
(French ``neuf``, new) are as good as any here: only what they count makes them numbers, see
`transforms.numbers.figures`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from transforms.dates.names import Names, name_key
from transforms.text.tokens import Tokens, keys

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
    "nl": "nul,een/één,twee,drie,vier,vijf,zes,zeven,acht,negen,tien,elf,twaalf,dertien,veertien,vijftien,zestien,"
    "zeventien,achttien,negentien",
    "uk": "нуль,один/одна/одне/одного/однієї/одну,два/дві/двох/двом/двома,три/трьох/трьом/трьома,"
    "чотири/чотирьох/чотирьом/чотирма,п'ять/п'яти/п'ятьох/п'ятьма,шість/шести/шістьох,сім/семи/сімох,"
    "вісім/восьми/вісьмох,дев'ять/дев'яти/дев'ятьох,десять/десяти/десятьох,одинадцять/одинадцяти,"
    "дванадцять/дванадцяти,тринадцять/тринадцяти,чотирнадцять/чотирнадцяти,п'ятнадцять/п'ятнадцяти,"
    "шістнадцять/шістнадцяти,сімнадцять/сімнадцяти,вісімнадцять/вісімнадцяти,дев'ятнадцять/дев'ятнадцяти",
    "he": "אפס,אחד/אחת,שניים/שתיים/שני/שתי,שלושה/שלוש/שלושת,ארבעה/ארבע/ארבעת,חמישה/חמש/חמשת,שישה/שש/ששת,"
    "שבעה/שבע/שבעת,שמונה/שמונת,תשעה/תשע/תשעת,עשרה/עשר/עשרת,אחד עשר/אחת עשרה,"
    "שנים עשר/שניים עשר/שתים עשרה/שתיים עשרה,שלושה עשר/שלוש עשרה,ארבעה עשר/ארבע עשרה,חמישה עשר/חמש עשרה,"
    "שישה עשר/שש עשרה,שבעה עשר/שבע עשרה,שמונה עשר/שמונה עשרה,תשעה עשר/תשע עשרה",
    "hi": "शून्य,एक,दो,तीन,चार,पांच/पाँच,छह/छः/छे/छ,सात,आठ,नौ,दस,ग्यारह,बारह,तेरह,चौदह,पंद्रह/पन्द्रह,सोलह,सत्रह,अठारह,"
    "उन्नीस,बीस,इक्कीस,बाईस/बाइस,तेईस/तेइस,चौबीस,पच्चीस,छब्बीस,सत्ताईस/सत्ताइस,अट्ठाईस/अट्ठाइस/अठाईस,उनतीस,तीस,"
    "इकतीस,बत्तीस,तैंतीस,चौंतीस,पैंतीस,छत्तीस,सैंतीस,अड़तीस,उनतालीस,चालीस,इकतालीस,बयालीस,तैंतालीस,चौवालीस/चवालीस,"
    "पैंतालीस,छियालीस,सैंतालीस,अड़तालीस,उनचास,पचास,इक्यावन,बावन,तिरपन,चौवन,पचपन,छप्पन,सत्तावन,अट्ठावन/अठावन,उनसठ,"
    "साठ,इकसठ,बासठ,तिरसठ,चौंसठ,पैंसठ,छियासठ,सड़सठ,अड़सठ,उनहत्तर,सत्तर,इकहत्तर,बहत्तर,तिहत्तर,चौहत्तर,पचहत्तर,छिहत्तर,"
    "सतहत्तर,अठहत्तर,उन्यासी/उनासी,अस्सी,इक्यासी,बयासी,तिरासी,चौरासी,पचासी,छियासी,सत्तासी,अट्ठासी/अठासी,नवासी,नब्बे,"
    "इक्यानवे,बानवे,तिरानवे,चौरानवे,पचानवे/पंचानवे,छियानवे,सत्तानवे,अट्ठानवे/अठानवे,निन्यानवे",
    "pl": "zero,jeden/jedna/jedno/jednego/jednej,dwa/dwie/dwóch/dwu/dwoma,trzy/trzech,cztery/czterech,pięć/pięciu,"
    "sześć/sześciu,siedem/siedmiu,osiem/ośmiu,dziewięć/dziewięciu,dziesięć/dziesięciu,jedenaście/jedenastu,"
    "dwanaście/dwunastu,trzynaście/trzynastu,czternaście/czternastu,piętnaście/piętnastu,szesnaście/szesnastu,"
    "siedemnaście/siedemnastu,osiemnaście/osiemnastu,dziewiętnaście/dziewiętnastu",
    "sv": "noll,en/ett,två,tre,fyra,fem,sex,sju,åtta,nio,tio,elva,tolv,tretton,fjorton,femton,sexton,sjutton,arton,"
    "nitton",
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
    "nl": "twintig,dertig,veertig,vijftig,zestig,zeventig,tachtig,negentig",
    "uk": "двадцять/двадцяти,тридцять/тридцяти,сорок/сорока,п'ятдесят/п'ятдесяти,шістдесят/шістдесяти,"
    "сімдесят/сімдесяти,вісімдесят/вісімдесяти,дев'яносто/дев'яноста",
    "he": "עשרים,שלושים,ארבעים,חמישים,שישים,שבעים,שמונים,תשעים",
    "hi": "",
    "pl": "dwadzieścia/dwudziestu,trzydzieści/trzydziestu,czterdzieści/czterdziestu,pięćdziesiąt/pięćdziesięciu,"
    "sześćdziesiąt/sześćdziesięciu,siedemdziesiąt/siedemdziesięciu,osiemdziesiąt/osiemdziesięciu,"
    "dziewięćdziesiąt/dziewięćdziesięciu",
    "sv": "tjugo,trettio,fyrtio,femtio,sextio,sjuttio,åttio,nittio",
}
"""From twenty upwards."""

_HUNDREDS: Final[Mapping[str, str]] = {
    "ar": "مئة/مائة,مئتا/مائتا/مئتان/مئتين/مئتي/مائتان/مائتين/مائتي,ثلاثمئة/ثلاثمائة/ثلاث مئة/ثلاث "
    "مائة,أربعمئة/أربعمائة/أربع مئة/أربع مائة,"
    "خمسمئة/خمسمائة/خمس مئة/خمس مائة,ستمئة/ستمائة/ست مئة/ست مائة,سبعمئة/سبعمائة/سبع مئة/سبع مائة,ثمانمئة/"
    "ثمانمائة/ثماني مئة/ثماني مائة/ثمانيمائة,"
    "تسعمئة/تسعمائة/تسع مئة/تسع مائة",
    "es": "cien/ciento,doscientos/doscientas,trescientos/trescientas,cuatrocientos/cuatrocientas,quinientos/quinientas,"
    "seiscientos/seiscientas,setecientos/setecientas,ochocientos/ochocientas,novecientos/novecientas",
    "pt": "cem/cento,duzentos/duzentas,trezentos/trezentas,quatrocentos/quatrocentas,quinhentos/quinhentas,"
    "seiscentos/seiscentas,setecentos/setecentas,oitocentos/oitocentas,novecentos/novecentas",
    "ru": "сто/ста,двести/двухсот,триста/трехсот,четыреста/четырехсот,пятьсот/пятисот,шестьсот/шестисот,"
    "семьсот/семисот,восемьсот/восьмисот,девятьсот/девятисот",
    "fa": "صد/یکصد,دویست,سیصد,چهارصد,پانصد,ششصد,هفتصد,هشتصد,نهصد",
    "it": "cento,duecento,trecento,quattrocento,cinquecento,seicento,settecento,ottocento,novecento",
    "uk": "сто/ста,двісті/двохсот,триста/трьохсот,чотириста/чотирьохсот,п'ятсот/п'ятисот,шістсот/шестисот,"
    "сімсот/семисот,вісімсот/восьмисот,дев'ятсот/дев'ятисот",
    "he": "מאה,מאתיים,שלוש מאות,ארבע מאות,חמש מאות,שש מאות,שבע מאות,שמונה מאות,תשע מאות",
    "pl": "sto/stu,dwieście/dwustu,trzysta/trzystu,czterysta/czterystu,pięćset/pięciuset,sześćset/sześciuset,"
    "siedemset/siedmiuset,osiemset/ośmiuset,dziewięćset/dziewięciuset",
}
"""From one hundred upwards, where they are words of their own."""

_HUNDRED: Final[Mapping[str, str]] = {
    "en": "hundred",
    "fr": "cent/cents",
    "tr": "yüz",
    "de": "hundert",
    "nl": "honderd",
    "hi": "सौ",
    "sv": "hundra",
}
"""The word that a number before it multiplies."""

_JOINING: Final[Mapping[str, frozenset[str]]] = {
    "en": frozenset({"and", "-"}),
    "fr": frozenset({"et", "-"}),
    "es": frozenset({"y"}),
    "pt": frozenset({"e"}),
    "fa": frozenset({"و"}),
}

_ORDINALS: Final[Mapping[str, str]] = {
    "en": "first,second,third,fourth,fifth,sixth,seventh,eighth,ninth,tenth,eleventh,twelfth,thirteenth,fourteenth,"
    "fifteenth,sixteenth,seventeenth,eighteenth,nineteenth,twentieth,,,,,,,,,,thirtieth",
    "de": "ersten/erste/erster,zweiten/zweite/zweiter,dritten/dritte/dritter,vierten/vierte/vierter,"
    "fünften/fünfte/fünfter,sechsten/sechste/sechster,siebten/siebte/siebenten,achten/achte/achter,"
    "neunten/neunte/neunter,zehnten/zehnte/zehnter,elften/elfte/elfter,zwölften/zwölfte/zwölfter,"
    "dreizehnten,vierzehnten,fünfzehnten,sechzehnten,siebzehnten,achtzehnten,neunzehnten,zwanzigsten,"
    "einundzwanzigsten,zweiundzwanzigsten,dreiundzwanzigsten,vierundzwanzigsten,fünfundzwanzigsten,"
    "sechsundzwanzigsten,siebenundzwanzigsten,achtundzwanzigsten,neunundzwanzigsten,dreißigsten,einunddreißigsten",
    "nl": "eerste,tweede,derde,vierde,vijfde,zesde,zevende,achtste,negende,tiende,elfde,twaalfde,dertiende,veertiende,"
    "vijftiende,zestiende,zeventiende,achttiende,negentiende,twintigste,eenentwintigste,tweeëntwintigste,"
    "drieëntwintigste,vierentwintigste,vijfentwintigste,zesentwintigste,zevenentwintigste,achtentwintigste,"
    "negenentwintigste,dertigste,eenendertigste",
    "ru": "первое/первого,второе/второго,третье/третьего,четвертое/четвертого,пятое/пятого,шестое/шестого,"
    "седьмое/седьмого,восьмое/восьмого,девятое/девятого,десятое/десятого,одиннадцатое/одиннадцатого,"
    "двенадцатое/двенадцатого,тринадцатое/тринадцатого,четырнадцатое/четырнадцатого,пятнадцатое/пятнадцатого,"
    "шестнадцатое/шестнадцатого,семнадцатое/семнадцатого,восемнадцатое/восемнадцатого,"
    "девятнадцатое/девятнадцатого,двадцатое/двадцатого,,,,,,,,,,тридцатое/тридцатого",
    "uk": "перше/першого,друге/другого,третє/третього,четверте/четвертого,п'яте/п'ятого,шосте/шостого,сьоме/сьомого,"
    "восьме/восьмого,дев'яте/дев'ятого,десяте/десятого,одинадцяте/одинадцятого,дванадцяте/дванадцятого,"
    "тринадцяте/тринадцятого,чотирнадцяте/чотирнадцятого,п'ятнадцяте/п'ятнадцятого,шістнадцяте/шістнадцятого,"
    "сімнадцяте/сімнадцятого,вісімнадцяте/вісімнадцятого,дев'ятнадцяте/дев'ятнадцятого,двадцяте/двадцятого,"
    ",,,,,,,,,тридцяте/тридцятого",
    "es": "primero,,,,,,,,,,,,,,",
    "pl": "pierwszego/pierwszy,drugiego,trzeciego,czwartego,piątego,szóstego,siódmego,ósmego,dziewiątego,dziesiątego,"
    "jedenastego,dwunastego,trzynastego,czternastego,piętnastego,szesnastego,siedemnastego,osiemnastego,"
    "dziewiętnastego,dwudziestego,,,,,,,,,,trzydziestego",
    "sv": "första,andra,tredje,fjärde,femte,sjätte,sjunde,åttonde,nionde,tionde,elfte,tolfte,trettonde,fjortonde,"
    "femtonde,sextonde,sjuttonde,artonde,nittonde,tjugonde,tjugoförsta,tjugoandra,tjugotredje,tjugofjärde,tjugofemte,"
    "tjugosjätte,tjugosjunde,tjugoåttonde,tjugonionde,trettionde,trettioförsta",
}
"""From the first to the thirty-first, as days of a month; what is missing is a ten with a unit behind it."""

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
        "mil milhões": 10**9, "mil": 10**3, "milhão": 10**6, "milhões": 10**6, "milhoes": 10**6, "milhao": 10**6,
        "mi": 10**6, "bilhão": 10**9,
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
        "тис": 10**3, "тисяч": 10**3, "тисячі": 10**3, "тисяча": 10**3, "тисячу": 10**3, "мільйона": 10**6,
        "мільярда": 10**9, "трлн": 10**12, "трильйон": 10**12, "трильйона": 10**12, "трильйонів": 10**12,
        "млн": 10**6, "мільйон": 10**6,
        "мільйони": 10**6, "мільйонів": 10**6, "млрд": 10**9, "мільярд": 10**9, "мільярди": 10**9, "мільярдів": 10**9,
    },
    "fa": {"هزار": 10**3, "میلیون": 10**6, "میلیارد": 10**9, "تریلیون": 10**12},
    "ur": {"ہزار": 10**3, "لاکھ": 10**5, "کروڑ": 10**7, "ملین": 10**6, "ارب": 10**9},
    "hi": {"हजार": 10**3, "हज़ार": 10**3, "लाख": 10**5, "करोड़": 10**7, "अरब": 10**9, "मिलियन": 10**6, "बिलियन": 10**9,
           "ट्रिलियन": 10**12, "खरब": 10**11},
    "bn": {"হাজার": 10**3, "লাখ": 10**5, "লক্ষ": 10**5, "কোটি": 10**7},
    "nl": {
        "duizend": 10**3, "miljoen": 10**6, "mln": 10**6, "miljard": 10**9, "mrd": 10**9, "mld": 10**9,
        "biljoen": 10**12,
    },
    "pl": {
        "tys": 10**3, "tysiąc": 10**3, "tysiące": 10**3, "tysięcy": 10**3, "mln": 10**6, "milion": 10**6,
        "miliony": 10**6,
        "milionów": 10**6, "mld": 10**9, "miliard": 10**9, "miliardy": 10**9, "miliardów": 10**9,
    },
    "sv": {"tusen": 10**3, "miljon": 10**6, "miljoner": 10**6, "miljard": 10**9, "miljarder": 10**9},
    "id": {"ribu": 10**3, "juta": 10**6, "miliar": 10**9, "triliun": 10**12},
    "he": {"אלף": 10**3, "אלפים": 10**3, "מיליון": 10**6, "מיליוני": 10**6, "מיליארד": 10**9,
           "מיליארדי": 10**9, "טריליון": 10**12, "אלפי": 10**3},
}  # fmt: skip

_DUALS: Final[Mapping[str, int]] = {
    "ألفان": 2 * 10**3, "ألفين": 2 * 10**3, "ألفي": 2 * 10**3, "مليونان": 2 * 10**6,
    "مليونين": 2 * 10**6, "مليوني": 2 * 10**6, "ملياران": 2 * 10**9, "مليارين": 2 * 10**9,
    "ملياري": 2 * 10**9, "تريليونان": 2 * 10**12, "تريليوني": 2 * 10**12,
}  # fmt: skip
"""Arabic duals: the word is two of its magnitude."""


_SINGLE: Final[Mapping[str, str]] = {
    "ar": "ألف مليون مليار بليون تريليون ألفا مليونا مليارا",
    "es": "mil",
    "pt": "mil",
    "fr": "mille",
    "it": "mille",
    "tr": "bin",
    "fa": "هزار",
    "ru": "тысяча тысячу миллион миллиард",
    "uk": "тисяча тисячу мільйон мільярд",
    "de": "tausend",
    "nl": "duizend",
    "pl": "tysiąc milion miliard",
    "sv": "tusen",
    "he": "אלף מיליון מיליארד",
    "hi": "हजार हज़ार लाख करोड़",
}
"""Words of magnitude that are one of it where no number stands before them: ``mil doscientas``, ``тысяча двести``."""
_FRACTIONS: Final[Mapping[str, str]] = {
    "en": "half a/half:.5,a quarter of a/quarter of a/a quarter:.25,three quarters of a/three-quarters of a:.75",
    "de": "eine halbe/einer halben/halbe/halben:.5,eine viertel/einer viertel/viertel:.25,dreiviertel/drei viertel:.75,"
    "anderthalb/eineinhalb/anderthalbe:1.5,zweieinhalb:2.5,dreieinhalb:3.5,viereinhalb:4.5,fünfeinhalb:5.5,"
    "sechseinhalb:6.5,siebeneinhalb:7.5,achteinhalb:8.5,neuneinhalb:9.5",
    "fr": "un demi/une demi/demi/la moitié d'un:.5,un quart de/un quart d'un:.25,trois quarts de/trois quarts d'un:.75",
    "es": "medio/media:.5,un cuarto de:.25,tres cuartos de:.75",
    "pt": "meio/meia:.5,um quarto de:.25,três quartos de:.75",
    "it": "mezzo/mezza:.5,un quarto di:.25,tre quarti di:.75",
    "nl": "een half/een halve/half/halve:.5,een kwart/kwart:.25,driekwart/drie kwart:.75,anderhalf/anderhalve:1.5",
    "ru": "половина/половину/пол:.5,четверть/четверти:.25,три четверти:.75,полтора/полторы/полутора:1.5",
    "uk": "половина/половину/пів:.5,чверть/чверті:.25,три чверті:.75,півтора/півтори:1.5",
    "pl": "pół/połowa/połowę:.5,ćwierć:.25,trzy czwarte:.75,półtora/półtorej:1.5",
    "tr": "yarım:.5,çeyrek:.25",
    "fa": "نیم:.5,یک چهارم:.25",
    "he": "חצי:.5,רבע:.25,שלושת רבעי:.75",
    "ar": "نصف:.5,ربع:.25,ثلاثة أرباع:.75",
    "sv": "en halv/halv:.5,en kvarts:.25,en och en halv/halvannan:1.5",
    "hi": "आधा/आधे/आधी:.5,डेढ़/डेढ:1.5,ढाई:2.5,सवा:1.25",
}
"""Parts of a magnitude, as they stand before it."""
_AND_A_PART: Final[Mapping[str, str]] = {
    "en": "and a half:.5,and a quarter:.25,and three quarters:.75",
    "de": "und eine halbe/und einer halben/einhalb:.5",
    "fr": "et demi/et demie:.5,et quart/et un quart:.25",
    "es": "y medio/y media:.5,y cuarto:.25",
    "pt": "e meio/e meia:.5,e um quarto:.25",
    "it": "e mezzo/e mezza:.5",
    "nl": "en een half/en een halve/en half:.5",
    "ru": "с половиной:.5,с четвертью:.25",
    "uk": "з половиною/із половиною:.5,з чвертю:.25",
    "pl": "i pół:.5",
    "tr": "buçuk:.5",
    "fa": "و نیم/ونیم:.5",
    "he": "וחצי:.5,ורבע:.25",
    "ar": "ونصف المليون/ونصف المليار/ونصف الألف/ونصف مليون/ونصف مليار/ونصف:.5,وربع المليون/وربع المليار/وربع:.25",
    "sv": "och en halv:.5",
}
"""Parts that a number, or its word of magnitude, has behind it."""


def _parts(words: str) -> Iterator[tuple[str, float]]:
    for entry in words.split(","):
        names, _, value = entry.partition(":")
        if value:
            yield from ((name, float(value)) for name in names.split("/"))


@dataclass(frozen=True, slots=True)
class NumberWords:
    """The number words of a language; ``below_thousand`` are those that add up, ``hundred`` the one that multiplies."""

    language: str
    below_thousand: Names[int]
    hundred: Names[int]
    magnitudes: Names[int]
    duals: Names[int]
    joining: frozenset[str]
    ordinals: Names[int]
    """Days of a month."""
    single: Names[int]
    """Words of magnitude that are one of it where they stand alone."""
    fractions: Names[float]
    """Parts of a word of magnitude that follows."""
    parts: Names[float]
    """Parts of the number before them, or of its magnitude."""


def _listed(words: str, first: int, step: int) -> Iterator[tuple[str, int]]:
    for position, forms in enumerate(words.split(",")):
        for form in forms.split("/"):
            if form:
                yield form, first + position * step


def _compounds(language: str) -> Iterator[tuple[str, int]]:
    """Yield the German, Dutch, Italian and Swedish numbers that are written as one word, below two thousand."""
    units = {n: w for w, n in reversed(list(_listed(_UNITS[language], 0, 1)))}
    tens = {n: w for w, n in reversed(list(_listed(_TENS[language], 20, 10)))}
    below_hundred = dict(units)
    for ten, word in tens.items():
        below_hundred[ten] = word
        for unit in range(1, 10):
            below_hundred[ten + unit] = _two_digits(language, units[unit], word, unit)
    hundred, _, one = _JOINED[language]
    for count in range(1, 20 if language != "it" else 10):
        if count == 10:
            continue
        prefixes = ("", one) if count == 1 and language in ("de", "sv") else ("" if count == 1 else units[count],)
        for prefix in prefixes:
            for rest, word in [(0, ""), *((n, w) for n, w in below_hundred.items() if n)]:
                joined = prefix + hundred + ("eins" if rest == 1 and language == "de" else word)
                yield joined, count * 100 + rest
                if language == "nl" and 0 < rest < 13:
                    yield prefix + hundred + "en" + word, count * 100 + rest
    for number, word in below_hundred.items():
        if number > 20:
            yield word, number


class _Joined(Names[int]):
    """Number words with those that are written as one word with a thousand in them: ``zweitausendfünfzehn``."""

    def __init__(self, names: Iterable[tuple[str, int]], thousands: Iterable[str]) -> None:
        listed = list(names)
        super().__init__(listed)
        self._values = {key[0]: value for name, value in listed if len(key := name_key(name)) == 1}
        self._thousands = tuple(keys(" ".join(thousands)))

    def __contains__(self, key: str) -> bool:
        return super().__contains__(key) or self._value(key) is not None

    def at(self, tokens: Tokens, index: int, first: str | None = None) -> tuple[int, int] | None:
        found = super().at(tokens, index, first)
        if found is None:
            value = self._value(tokens[index].key if first is None else first)
            found = None if value is None else (value, index + 1)
        return found

    def _value(self, key: str) -> int | None:
        for thousand in self._thousands:
            left, found, right = key.partition(thousand)
            if not found or not (left or right):
                continue
            count = self._values.get(left) if left else 1
            rest = self._values.get(right) if right else 0
            if count is not None and rest is not None and 0 < count < 1000 and rest < 1000:
                return count * 1000 + rest
        return None


_JOINED: Final[Mapping[str, tuple[str, str, str]]] = {
    "de": ("hundert", "tausend", "ein"),
    "it": ("cento", "mila mille", ""),
    "nl": ("honderd", "duizend", ""),
    "sv": ("hundra", "tusen", "ett"),
}
"""The hundred and the thousand in a word, and the one before them."""


def _two_digits(language: str, unit_word: str, ten_word: str, unit: int) -> str:
    if language == "de":
        return ("ein" if unit == 1 else unit_word) + "und" + ten_word
    if language == "nl":
        return unit_word + ("ën" if unit_word.endswith("e") else "en") + ten_word
    if language == "sv":
        return ten_word + ("ett" if unit == 1 else unit_word)
    return (ten_word[:-1] if unit in (1, 8) else ten_word) + ("tré" if unit == 3 else unit_word)


def _magnitudes_alone(language: str) -> Iterator[tuple[str, int]]:
    for word in _SINGLE.get(language, "").split():
        yield word, _MAGNITUDES[language].get(word) or 10**3


@cache
def number_words(language: str | None) -> NumberWords:
    """Return the number words of a BCP 47 language tag; of an unknown language, those of English magnitude only."""
    base = (language or "").replace("_", "-").split("-")[0].lower()
    words: list[tuple[str, int]] = []
    if base in _UNITS:
        words += _listed(_UNITS[base], 0, 1)
        words += _listed(_TENS[base], 20, 10)
        words += _listed(_HUNDREDS.get(base, ""), 100, 100)
    if base in _JOINED:
        words += _compounds(base)
    if base == "tr":
        words.append(("on", 10))
    return NumberWords(
        language=base,
        below_thousand=_Joined(words, _JOINED[base][1].split()) if base in _JOINED else Names(words),
        hundred=Names(_listed(_HUNDRED.get(base, ""), 100, 0)),
        magnitudes=Names(_MAGNITUDES.get(base, _MAGNITUDES["en"]).items()),
        duals=Names(_DUALS.items() if base == "ar" else ()),
        joining=_JOINING.get(base, frozenset()),
        single=Names(_magnitudes_alone(base)),
        fractions=Names(_parts(_FRACTIONS.get(base, ""))),
        parts=Names(_parts(_AND_A_PART.get(base, ""))),
        ordinals=Names(_listed(_ORDINALS.get(base, ""), 1, 1)),
    )
