"""Words by which news places a date relative to its publication, by language."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from transforms.dates.names import Names
from transforms.text.tokens import keys

Unit = Literal["day", "week", "month", "year"]

# Each entry: days as offset to the day of publication; past, present and future adjectives and the units they go with;
# what stands before or after "N units" for "N units ago"; what makes a number after it a year, a month name a date.
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "ar": {
        "-2": "أول أمس/أول من أمس/أمس الأول/قبل أمس",
        "-1": "أمس/بالأمس/البارحة/أمسه",
        "0": "اليوم/هذا اليوم",
        "1": "غدا/غد/الغد",
        "2": "بعد غد",
        "past": "الماضي الماضية المنصرم المنصرمة الفائت الفائتة السابق السابقة",
        "present": "الجاري الجارية الحالي الحالية هذا هذه",
        "future": "المقبل المقبلة القادم القادمة التالي",
        "day": "يوم/أيام/يوما",
        "week": "أسبوع/أسابيع/الأسبوع/أسبوعا",
        "month": "شهر/أشهر/شهور/الشهر/شهرا",
        "year": "عام/سنة/أعوام/سنوات/العام/السنة/عاما/سنين",
        "dual": "يومين:day/أسبوعين:week/شهرين:month/عامين:year/سنتين:year/يوم:day1/شهر:month1/عام:year1/"
        "سنة:year1/أسبوع:week1",
        "ago before": "قبل/منذ",
        "years": "عام العام سنة لعام للعام لسنة عامي لعامي بعام وعام صيف شتاء ربيع خريف موسم مطلع نهاية بداية أواخر "
        "أوائل منتصف",
        "years weak": "في منذ حتى من إلى بين وفي",
        "months": "في خلال منذ مطلع أواخر أوائل منتصف نهاية بداية حتى شهر وفي",
        "not today": "حتى ذات ذلك نفس طوال خلال منتصف لغاية هذا في طيلة إلى",
        "coming": "سوف",
    },
    "en": {
        "-2": "day before yesterday/the day before yesterday",
        "-1": "yesterday",
        "0": "today/tonight",
        "1": "tomorrow",
        "past": "last",
        "present": "this",
        "future": "next coming upcoming",
        "day": "day/days",
        "week": "week/weeks",
        "month": "month/months",
        "year": "year/years",
        "ago after": "ago",
        "years": "year spring summer autumn fall winter mid early late",
        "years weak": "of in since by until from during before after between",
        "months": "in since by until from during before after mid early late last next this of",
        "not today": "until to of as s than",
        "coming": "will ll shall would",
    },
    "fr": {
        "-2": "avant-hier",
        "-1": "hier",
        "0": "aujourd'hui/aujourd’hui",
        "1": "demain",
        "2": "après-demain",
        "past": "dernier dernière passé passée écoulé",
        "present": "ce cette",
        "future": "prochain prochaine",
        "day": "jour/jours",
        "week": "semaine/semaines",
        "month": "mois",
        "year": "an/ans/année/années",
        "ago before": "il y a/voici/voilà",
        "years": "année an fin début été hiver printemps automne",
        "years weak": "de en depuis dès",
        "months": "en depuis fin début mi dès fin courant",
        "not today": "d",
        "coming": "",
    },
    "de": {
        "-2": "vorgestern",
        "-1": "gestern",
        "0": "heute",
        "1": "morgen",
        "2": "übermorgen",
        "past": "letzten letzter letztes letzte vergangenen vergangener vergangenes vergangene vorigen voriger voriges",
        "present": "dieses diesen diesem dieser diese laufenden",
        "future": "kommenden kommende kommender kommendes nächsten nächste nächster nächstes",
        "day": "tag/tage/tagen",
        "week": "woche/wochen",
        "month": "monat/monate/monaten/monats",
        "year": "jahr/jahre/jahren/jahres",
        "ago before": "vor",
        "years": "jahr jahre ende anfang mitte sommer winter herbst frühjahr frühling",
        "years weak": "seit bis",
        "months": "im seit ende anfang mitte bis",
        "not today": "bis von",
        "coming": "",
    },
    "es": {
        "-2": "anteayer/antes de ayer",
        "-1": "ayer",
        "0": "hoy",
        "1": "mañana",
        "2": "pasado mañana",
        "past": "pasado pasada",
        "present": "este esta",
        "future": "próximo próxima entrante",
        "day": "día/días",
        "week": "semana/semanas",
        "month": "mes/meses",
        "year": "año/años",
        "ago before": "hace",
        "ago after": "atrás",
        "years": "año verano invierno otoño primavera",
        "years weak": "de en desde hasta",
        "months": "en desde hasta finales principios mediados",
        "not today": "la de esta por",
        "coming": "",
    },
    "pt": {
        "-2": "anteontem",
        "-1": "ontem",
        "0": "hoje",
        "1": "amanhã",
        "past": "passado passada último última",
        "present": "este esta neste nesta deste desta",
        "future": "próximo próxima",
        "day": "dia/dias",
        "week": "semana/semanas",
        "month": "mês/meses",
        "year": "ano/anos",
        "ago before": "há",
        "ago after": "atrás",
        "years": "ano verão inverno",
        "years weak": "de em desde até",
        "months": "em desde até",
        "not today": "",
        "coming": "",
    },
    "it": {
        "-2": "l'altro ieri/l’altro ieri/avantieri/altroieri",
        "-1": "ieri",
        "0": "oggi",
        "1": "domani",
        "2": "dopodomani",
        "past": "scorso scorsa passato passata",
        "present": "questo questa",
        "future": "prossimo prossima",
        "day": "giorno/giorni",
        "week": "settimana/settimane",
        "month": "mese/mesi",
        "year": "anno/anni",
        "ago after": "fa",
        "years": "nel dal anno estate inverno autunno primavera",
        "months": "a in da dal nel dello lo",
        "not today": "",
        "coming": "",
    },
    "tr": {
        "-2": "önceki gün/evvelsi gün",
        "-1": "dün",
        "0": "bugün",
        "1": "yarın",
        "past": "geçen geçtiğimiz",
        "present": "bu",
        "future": "gelecek önümüzdeki",
        "day": "gün",
        "week": "hafta",
        "month": "ay",
        "year": "yıl/sene",
        "ago after": "önce/evvel",
        "years": "",
        "after year": "yılı yılında yılının yılından yılda yılına",
        "months": "",
        "not today": "",
        "coming": "",
    },
    "ru": {
        "-2": "позавчера",
        "-1": "вчера/накануне",
        "0": "сегодня",
        "1": "завтра",
        "2": "послезавтра",
        "past": "прошлый прошлая прошлое прошлого прошлом прошлую прошлой минувший минувшего минувшую минувшее",
        "present": "этот этого этом эту этой текущего текущий",
        "future": "следующий следующего следующем следующую следующей будущего будущем",
        "day": "день/дня/дней",
        "week": "неделю/недели/недель/неделе",
        "month": "месяц/месяца/месяцев/месяце",
        "year": "год/года/лет/году",
        "ago after": "назад",
        "years": "",
        "after year": "год года году годом г гг годы годах",
        "months": "в с до конце начале середине конца начала",
        "not today": "до",
        "coming": "",
    },
    "fa": {
        "-2": "پریروز",
        "-1": "دیروز",
        "0": "امروز",
        "1": "فردا",
        "2": "پس فردا",
        "past": "گذشته پیش قبل",
        "present": "جاری این",
        "future": "آینده",
        "day": "روز",
        "week": "هفته",
        "month": "ماه",
        "year": "سال",
        "ago after": "پیش/قبل",
        "years": "سال",
        "months": "در از تا ماه",
        "not today": "تا به",
        "coming": "",
    },
}


@dataclass(frozen=True, slots=True)
class RelativeWords:
    """The relative words of a language; sets hold the keys of tokens."""

    days: Names[int]
    tense: Mapping[str, int]
    """-1 for last, 0 for this, 1 for next."""
    units: Names[Unit]
    counted_units: Names[tuple[int, Unit]]
    """Arabic units that hold their number: two months, a year."""
    ago_before: Names[bool]
    ago_after: Names[bool]
    before_year: frozenset[str]
    before_year_weak: frozenset[str]
    """Prepositions that stand before other numbers too."""
    after_year: frozenset[str]
    before_month: frozenset[str]
    not_before_today: frozenset[str]
    coming: frozenset[str]


def _split(words: str) -> list[str]:
    return [word for word in words.split("/") if word]


def _counted(words: str) -> Iterator[tuple[str, tuple[int, Unit]]]:
    for entry in _split(words):
        word, _, unit = entry.partition(":")
        name: Unit = "day" if "day" in unit else "week" if "week" in unit else "month" if "month" in unit else "year"
        yield word, (1 if unit.endswith("1") else 2, name)


@cache
def relative_words(language: str | None) -> RelativeWords | None:
    """Return the relative words of a BCP 47 language tag; None where they are not known."""
    words = _WORDS.get((language or "").replace("_", "-").split("-")[0].lower())
    if words is None:
        return None
    units: tuple[Unit, ...] = ("day", "week", "month", "year")
    return RelativeWords(
        days=Names((name, offset) for offset in range(-2, 3) for name in _split(words.get(str(offset), ""))),
        tense={
            key: value
            for value, name in ((-1, "past"), (0, "present"), (1, "future"))
            for key in sorted(keys(words[name]))
        },
        units=Names((name, unit) for unit in units for name in _split(words[unit])),
        counted_units=Names(_counted(words.get("dual", ""))),
        ago_before=Names((name, True) for name in _split(words.get("ago before", ""))),
        ago_after=Names((name, True) for name in _split(words.get("ago after", ""))),
        before_year=keys(words["years"]),
        before_year_weak=keys(words.get("years weak", "")),
        after_year=keys(words.get("after year", "")),
        before_month=keys(words["months"]),
        not_before_today=keys(words["not today"]),
        coming=keys(words["coming"]),
    )
