"""Names of months and weekdays, and the order of day and month, by language: CLDR through Babel, and what it lacks."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, Generic, Literal, TypeVar

from babel import Locale, UnknownLocaleError, localedata

from transforms.dates.calendars import Calendar
from transforms.text.tokens import Tokens, lex

Order = Literal["dmy", "mdy", "ymd"]

_WORLD: Final = (
    "af am ar az be bg bn bs ca cs cy da de el en es et eu fa fi fil fr ga gl gu he hi hr hu hy id is it ja ka kk km "
    "kn ko ky lo lt lv mk ml mn mr ms mt my nb ne nl pa pl ps pt ro ru si sk sl so sq sr sr_Latn sv sw ta te tg th tk "
    "tr uk ur uz vi zh"
)
"""Languages whose names are tried where the language is not known."""

_ALIASES: Final = {"no": "nb", "nn": "nb", "iw": "he", "tl": "fil", "in": "id", "sh": "sr_Latn", "mo": "ro"}


@dataclass(frozen=True, slots=True)
class Month:
    """A month by its number in its calendar; a `weak` name is also a common word, and needs a day beside it."""

    calendar: Calendar
    number: int
    weak: bool = False


def _months(names: str, calendar: Calendar = Calendar.GREGORIAN, *, weak: bool = False) -> dict[str, Month]:
    """Read the twelve months of a calendar, separated by commas, the forms of each by slashes."""
    months: dict[str, Month] = {}
    for number, forms in enumerate(names.split(","), 1):
        for form in forms.split("/"):
            if form.strip():
                months[form.strip()] = Month(calendar, number, weak)
    return months


def _inflected(stems: str, endings: str) -> dict[str, Month]:
    return _months(",".join("/".join(stem + ending for ending in endings.split()) for stem in stems.split()))


_HIJRI_ARABIC: Final = _months(
    "محرم/المحرم,صفر,ربيع الأول/ربيع أول/ربيع الاول,ربيع الآخر/ربيع الثاني/ربيع ثاني,"
    "جمادى الأولى/جمادى الأول/جماد الأول,جمادى الآخرة/جمادى الثانية/جمادى الآخر/جمادى الثاني/جماد الثاني/جماد الآخر,"
    "رجب,شعبان,رمضان,شوال,"
    "ذو القعدة/ذي القعدة/ذوالقعدة/ذيالقعدة,ذو الحجة/ذي الحجة/ذوالحجة/ذيالحجة",
    Calendar.HIJRI,
    weak=True,
)
_JALALI: Final = _months(
    "فروردین,اردیبهشت,خرداد,تیر,مرداد/امرداد,شهریور,مهر,آبان,آذر,دی,بهمن,اسفند", Calendar.JALALI, weak=True
)
_JALALI_AFGHAN: Final = _months(
    "حمل/وری,ثور/غویی,جوزا/غبرگولی,سرطان/چنگاښ,اسد/زمری,سنبله/وږی,میزان/تله,عقرب/لړم,قوس/لیندۍ,جدی/مرغومی,دلو/سلواغه,حوت/کب",
    Calendar.JALALI,
    weak=True,
)
_HIJRI_LATIN: Final = _months(
    "muharram/muharrem,safar/safer,rabi al-awwal/rabi' al-awwal/rabi al awwal/rabi i,rabi al-thani/rabi' al-thani/"
    "rabi al-akhir/rabi ii,jumada al-awwal/jumada al-ula/jumada i,jumada al-thani/jumada al-akhirah/jumada ii,"
    "rajab/recep,shaban/sha'ban/sha‘ban,ramadan/ramazan/ramadhan,shawwal/şevval,dhu al-qidah/dhu al-qadah/dhul qadah/"
    "zilkade,"
    "dhu al-hijjah/dhul hijjah/dhul-hijja/zilhicce",
    Calendar.HIJRI,
    weak=True,
)

_SOUTH_SLAVIC: Final = _months(
    "januaru/januara,februaru/februara,martu/marta,aprilu/aprila,maju/maja,junu/juna,julu/jula,avgustu/avgusta/augustu/"
    "augusta,septembru/septembra,oktobru/oktobra,novembru/novembra,decembru/decembra"
)

# CLDR gives the nominative and the form after a day only; in prose months stand in other cases too.
_ADDED: Final[Mapping[str, Mapping[str, Month]]] = {
    "ar": _HIJRI_ARABIC
    | _months(
        "كانون ثاني/ينايير/جانفي,شباط,آذار/اذار,نيسان/إبريل/أفريل,أيار/آيار,حزيران/يونية,تموز/يولية/يوليه,اب/أوت/غشت,"
        "أيلول/ايلول/سيبتمبر,تشرين أول/تشرين الاول/اكتوبر,تشرين ثاني/تشرين الثاني/نوفمبر,كانون أول/كانون الاول/ديسمبر"
    )
    # The Libyan months of 1986-2011 are words of every day: with a day and a year they are meant.
    | _months("أي النار,النوار,الربيع,الطير,الماء,الصيف,ناصر,هانيبال,الفاتح,التمور,الحرث,الكانون", weak=True),
    "fa": _JALALI
    | _JALALI_AFGHAN
    | _months(
        "جنوری/ژانویه,فبروری/فوریه,مارچ/مارس,اپریل/آوریل,می/مه,جون/ژوئن,جولای/ژوئیه,اگست/آگوست/اوت,سپتمبر/سپتامبر,"
        "اکتبر/اکتوبر,نومبر/نوامبر,دسمبر/دسامبر"
    )
    | _HIJRI_ARABIC,
    "ps": _JALALI_AFGHAN,
    "ur": _HIJRI_ARABIC,
    "ckb": _months(
        "کانوونی دووەم,شوبات,ئازار/ئادار,نیسان,ئایار,حوزەیران,تەمموز/تەممووز,"
        "ئاب,ئەیلوول,تشرینی یەکەم,تشرینی دووەم,کانوونی یەکەم"
    ),
    "en": _months(",,,,,,,,sept,,,") | _HIJRI_LATIN,
    "de": _months("jänner/jan,feber/feb,mrz/mär,apr,,jun,jul,aug,sept/sep,okt,nov,dez"),
    "fr": _months("janv,févr/fév/fevrier,,avr,,,juill/juil,aout,sept/sep,,,déc/decembre"),
    "es": _months(",,,,,,,,septiembre/setiembre/sept/set,,,"),
    "it": _months(",,,,,,,,sett,,,"),
    "tr": _HIJRI_LATIN,
    "ms": _HIJRI_LATIN,
    "id": _HIJRI_LATIN,
    "nl": _months(",,mrt,,,,,,sept,,,"),
    "ru": _months(
        "январе/январю/январем,феврале/февралю/февралем,марте/марту/мартом,апреле/апрелю/апрелем,мае/маю/маем,"
        "июне/июню/июнем,июле/июлю/июлем,августе/августу/августом,сентябре/сентябрю/сентябрем/сен/сент,"
        "октябре/октябрю/октябрем,ноябре/ноябрю/ноябрем,декабре/декабрю/декабрем"
    ),
    "uk": _months(
        "січні/січню/січнем,лютому/лютим,березні/березню/березнем,квітні/квітню/квітнем,травні/травню/травнем,"
        "червні/червню/червнем,липні/липню/липнем,серпні/серпню/серпнем,вересні/вересню/вереснем,"
        "жовтні/жовтню/жовтнем,листопаді/листопадом,грудні/грудню/груднем"
    ),
    "pl": _months(
        "styczniu/styczniem,lutym,marcu/marcem,kwietniu/kwietniem,maju/majem,czerwcu/czerwcem,lipcu/lipcem,"
        "sierpniu/sierpniem,wrześniu/wrześniem,październiku/październikiem,listopadzie/listopadem,grudniu/grudniem"
    ),
    "cs": _months(
        "lednu/lednem,únoru/únorem,březnu/březnem,dubnu/dubnem,květnu/květnem,červnu/červnem,červenci/červencem,"
        "srpnu/srpnem,září,říjnu/říjnem,listopadu/listopadem,prosinci/prosincem"
    ),
    "sk": _months("januári,februári,marci/marcom,apríli,máji,júni,júli,auguste,septembri,októbri,novembri,decembri"),
    "hr": _months(
        "siječnju,veljači,ožujku,travnju,svibnju,lipnju,srpnju,kolovozu,rujnu,listopadu,studenome/studenom,prosincu"
    ),
    "sr": _months(
        "јануару/јануара,фебруару/фебруара,марту/марта,априлу/априла,мају/маја,јуну/јуна,јулу/јула,августу/августа,"
        "септембру/септембра,октобру/октобра,новембру/новембра,децембру/децембра"
    ),
    "sr_Latn": _SOUTH_SLAVIC,
    "bs": _SOUTH_SLAVIC,
    "fi": _inflected(
        "tammikuu helmikuu maaliskuu huhtikuu toukokuu kesäkuu heinäkuu elokuu syyskuu lokakuu marraskuu joulukuu",
        "ta ssa sta hun n lla",
    ),
    "et": _inflected(
        "jaanuari veebruari märtsi aprilli mai juuni juuli augusti septembri oktoobri novembri detsembri", "s st ni l"
    ),
    "hu": _inflected(
        "január február március április május június július augusztus szeptember október november december",
        "ban ben i tól től ig ra re",
    ),
    "el": _months(
        "Ιανουάριο,Φεβρουάριο,Μάρτιο,Απρίλιο,Μάιο,Ιούνιο,Ιούλιο,Αύγουστο,Σεπτέμβριο,Οκτώβριο,Νοέμβριο,Δεκέμβριο"
    ),
    "lt": _months("sausį,vasarį,kovą,balandį,gegužę,birželį,liepą,rugpjūtį,rugsėjį,spalį,lapkritį,gruodį"),
    "lv": _months("janvārī,februārī,martā,aprīlī,maijā,jūnijā,jūlijā,augustā,septembrī,oktobrī,novembrī,decembrī"),
    "bn": _months("জানুয়ারি,ফেব্রুয়ারি,,,,,,,,,,"),
    "vi": _months(",".join(f"tháng {n}" for n in range(1, 13))),
    "th": _months("มค,กพ,มีค,เมย,พค,มิย,กค,สค,กย,ตค,พย,ธค"),
}

_ADDED_WEEKDAYS: Final[Mapping[str, Mapping[str, int]]] = {
    "ar": {"الإثنين": 0, "الثلثاء": 1, "الاربعاء": 2, "الأربعا": 2},
    "fa": {"سه شنبه": 1, "چهار شنبه": 2, "پنج شنبه": 3, "یک شنبه": 6, "دو شنبه": 0},
    "ru": {
        "понедельника": 0, "понедельнику": 0, "вторника": 1, "вторнику": 1, "среду": 2, "среды": 2, "среде": 2,
        "четверга": 3, "четвергу": 3, "пятницу": 4, "пятницы": 4, "пятнице": 4, "субботу": 5, "субботы": 5,
        "субботе": 5, "воскресенья": 6, "воскресенью": 6,
    },
    "uk": {
        "понеділка": 0, "понеділку": 0, "вівторка": 1, "вівторку": 1, "середу": 2, "середи": 2, "середі": 2,
        "четверга": 3, "п’ятницю": 4, "п’ятниці": 4, "суботу": 5, "суботи": 5, "суботі": 5, "неділю": 6, "неділі": 6,
    },
    "pl": {
        "poniedziałku": 0, "wtorku": 1, "środę": 2, "środy": 2, "czwartku": 3, "piątku": 4, "sobotę": 5, "soboty": 5,
        "niedzielę": 6, "niedzieli": 6,
    },
    "cs": {
        "úterka": 1, "středu": 2, "středy": 2, "čtvrtka": 3, "pátku": 4, "sobotu": 5, "soboty": 5, "neděli": 6,
        "neděle": 6,
    },
    "sv": {"måndags": 0, "tisdags": 1, "onsdags": 2, "torsdags": 3, "fredags": 4, "lördags": 5, "söndags": 6},
    "hi": {"बृहस्पतिवार": 3, "वीरवार": 3, "गुरूवार": 3, "इतवार": 6, "सोमवार": 0},
    "de": {"Sonnabend": 5},
}  # fmt: skip

_PARTS_OF_DAY: Final[Mapping[str, tuple[str, ...]]] = {
    "de": ("morgen", "vormittag", "mittag", "nachmittag", "abend", "nacht", "früh", "s"),
    "nl": ("ochtend", "morgen", "middag", "namiddag", "avond", "nacht"),
    "sv": ("en", "ens", "kväll", "skväll", "smorgon", "seftermiddag"),
    "da": ("en", "ens", "aften", "morgen"),
    "nb": ("en", "ens", "kveld", "morgen"),
}
"""What is written together with a weekday."""

Key = tuple[str, ...]
T = TypeVar("T")
_SKIPPED_IN_NAMES: Final = frozenset(".'’ʼ׳-‑־॰")


def name_key(name: str) -> Key:
    """Return the keys of the words and digits of `name`: what has to follow one another in a text to be this name."""
    return tuple(token.key for token in lex(name) if token.kind != "mark")


class Names(Generic[T]):
    """A dictionary of names of one or several words, asked at a position of a tokenised text."""

    def __init__(self, names: Iterable[tuple[str, T]]) -> None:
        by_first: dict[str, dict[Key, T]] = {}
        for name, value in names:
            key = name_key(name)
            if key:
                by_first.setdefault(key[0], {}).setdefault(key, value)
        self._by_first = {
            first: sorted(entries.items(), key=lambda entry: -len(entry[0])) for first, entries in by_first.items()
        }

    def __contains__(self, key: str) -> bool:
        """Tell whether a name begins with the word `key`."""
        return key in self._by_first

    def at(self, tokens: Tokens, index: int, first: str | None = None) -> tuple[T, int] | None:
        """Return what the longest name that begins at token `index` means, and the index of the token after it.

        `first` replaces the key of that token: the word without its prefix.
        """
        entries = self._by_first.get(tokens[index].key if first is None else first)
        if entries is None:
            return None
        for key, value in entries:
            after = _match(tokens, index, key)
            if after is not None:
                return value, after
        return None


def _match(tokens: Tokens, index: int, key: Key) -> int | None:
    """Return the index after the words of `key`, which begin at `index`, passing over marks of abbreviation."""
    at = index + 1
    for part in key[1:]:
        while at < len(tokens) and tokens[at].key in _SKIPPED_IN_NAMES and tokens[at].start == tokens[at - 1].end:
            at += 1
        if at >= len(tokens) or tokens[at].key != part or tokens[at].start > tokens[at - 1].end + 1:
            return None
        at += 1
    return at


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What a language calls months and weekdays (Monday is 0), and how it writes dates.

    ``order`` is None where the language alone does not decide: English writes both 3/4 and 4/3 for 3 April.
    """

    language: str | None
    months: Names[Month]
    weekdays: Names[int]
    order: Order | None
    months_capitalised: bool
    weekdays_capitalised: bool


def _locales(language: str) -> tuple[str, ...]:
    """Return the CLDR locales of a language, its own first."""
    variants = sorted(i for i in localedata.locale_identifiers() if i.startswith(language + "_"))
    if "_" not in language:  # Another script than the usual one is a language of its own here.
        variants = [i for i in variants if len(i.split("_")[1]) != 4]
    return (language, *variants)


def _cldr_names(locale: Locale, kind: Literal["months", "days"]) -> Iterable[tuple[str, int]]:
    data = getattr(locale, kind)
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            names: Mapping[int, str] = data.get(context, {}).get(width, {})
            for number, name in names.items():
                if any(c.isalpha() for c in name) and not _PLACEHOLDER.fullmatch(name):
                    yield name, number


_PLACEHOLDER: Final = re.compile(r"M\d\d|\d+\s?[月월]?")


def _language_key(language: str) -> str:
    """Return the Babel identifier of the language of a BCP 47 tag."""
    parts = language.replace("-", "_").split("_")
    base = parts[0].lower()
    base = _ALIASES.get(base, base)
    if base == "sr" and "latn" in (p.lower() for p in parts[1:]):
        return "sr_Latn"
    return base


def _order(language: str) -> Order | None:
    """Return the order that CLDR's short date of the language tag has; None for English without a territory."""
    tag = language.replace("-", "_")
    if tag.lower() == "en":
        return None
    try:
        pattern = Locale.parse(tag).date_formats["short"].pattern
    except (UnknownLocaleError, ValueError, KeyError, TypeError):
        base = _language_key(language)
        if base == "en" or not localedata.exists(base):
            return None
        pattern = Locale.parse(base).date_formats["short"].pattern
    order = "".join(dict.fromkeys(c.lower() for c in pattern if c in "dMy"))
    return order if order in ("dmy", "mdy", "ymd") else None  # type: ignore[return-value]


@cache
def _month_names(language: str) -> tuple[tuple[str, Month], ...]:
    names: dict[str, Month] = {}
    for identifier in _locales(language):
        if localedata.exists(identifier):
            for name, number in _cldr_names(Locale.parse(identifier), "months"):
                names.setdefault(name, Month(Calendar.GREGORIAN, number))
    for name, month in _ADDED.get(language, {}).items():
        names.setdefault(name, month)
    return tuple(names.items())


@cache
def _weekday_names(language: str) -> tuple[tuple[str, int], ...]:
    names: dict[str, int] = {}
    for identifier in _locales(language):
        if localedata.exists(identifier):
            for name, number in _cldr_names(Locale.parse(identifier), "days"):
                names.setdefault(name, number)
    for name, number in _ADDED_WEEKDAYS.get(language, {}).items():
        names.setdefault(name, number)
    parts = _PARTS_OF_DAY.get(language)
    if parts is not None:  # Mittwochabend, maandagochtend
        for name, number in tuple(names.items()):
            if len(name) > 3:
                for part in parts:
                    names.setdefault(name + part, number)
    return tuple(names.items())


@cache
def lexicon(language: str | None) -> Lexicon:
    """Return the lexicon of a BCP 47 language tag; without one, or for an unknown one, that of all languages.

    The lexicon of all languages leaves out names that mean different months in different languages (``listopad``).
    """
    key = _language_key(language) if language else ""
    if not language or not (localedata.exists(key) and _month_names(key)):
        return _world_lexicon()
    months, weekdays = _month_names(key), _weekday_names(key)
    return Lexicon(
        language=key,
        months=Names(months),
        weekdays=Names(weekdays),
        order=_order(language),
        months_capitalised=months[0][0][:1].isupper(),
        weekdays_capitalised=weekdays[0][0][:1].isupper() if weekdays else False,
    )


@cache
def _world_lexicon() -> Lexicon:
    meanings: dict[Key, set[tuple[Calendar, int]]] = {}
    months: dict[Key, tuple[str, Month]] = {}
    for language in _WORLD.split():
        for name, month in _month_names(language):
            key = name_key(name)
            meanings.setdefault(key, set()).add((month.calendar, month.number))
            months.setdefault(key, (name, month))
    return Lexicon(
        language=None,
        months=Names(months[key] for key, found in meanings.items() if len(found) == 1),
        weekdays=Names(()),
        order=None,
        months_capitalised=False,
        weekdays_capitalised=False,
    )


def warm_up() -> None:
    """Load the names of all languages, which the first date in an unknown language otherwise waits for."""
    _world_lexicon()
