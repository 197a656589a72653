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
        "-1": "أمس/بالأمس/البارحة/أمسه/الليلة الماضية",
        "0": "اليوم/هذا اليوم/هذا الصباح/هذا المساء/الليلة/مساء اليوم/صباح اليوم",
        "1": "غدا/غد/الغد/يوم غد/بكرة/بكرا",
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
        "ahead before": "بعد/خلال",
    },
    "en": {
        "-2": "day before yesterday/the day before yesterday",
        "-1": "yesterday/last night/yesterday night",
        "0": "later in the day/late in the day/today/tonight/this morning/this afternoon/this evening",
        "1": "tomorrow",
        "past": "last",
        "present": "this current",
        "future": "next coming upcoming",
        "day": "day/days",
        "week": "week/weeks",
        "month": "month/months",
        "year": "year/years",
        "ago after": "ago",
        "years": "year spring summer autumn fall winter mid early late",
        "years weak": "for through following at to of in since by until from during before after between",
        "months": "in since by until from during before after mid early late last next this of for and within to by",
        "not today": "until to s than",
        "coming": "will ll shall would scheduled",
        "ahead before": "in/within",
        "ahead after": "from now/later",
    },
    "fr": {
        "-2": "avant-hier",
        "-1": "hier/hier soir/la nuit dernière",
        "0": "aujourd'hui/aujourd’hui/ce matin/ce soir/cet après-midi/cette nuit",
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
        "years": "année an fin début été hiver printemps automne courant mi",
        "years weak": "de en depuis dès pour entre avant après à jusqu’en",
        "months": "en depuis fin début mi dès fin courant entre pour",
        "not today": "d",
        "coming": "",
        "ahead before": "dans/d’ici",
        "year 0": "année en cours",
        "month 0": "mois en cours",
    },
    "de": {
        "-2": "vorgestern",
        "-1": "gestrigen/gestrige/gestriger/gestern",
        "0": "heutigen/heutige/heutiger/heute",
        "1": "morgigen/morgige/morgen",
        "2": "übermorgen",
        "past": "letzten letzter letztes letzte vergangenen vergangener vergangenes vergangene vorigen "
        "voriger voriges letztem vergangenem vorigem vergangne",
        "present": "dieses diesen diesem dieser diese laufenden diesjährigen laufendes laufende",
        "future": "kommenden kommende kommender kommendes nächsten nächste nächster nächstes nächstem kommendem",
        "day": "tag/tage/tagen",
        "week": "woche/wochen",
        "month": "monat/monate/monaten/monats",
        "year": "jahr/jahre/jahren/jahres",
        "ago before": "vor",
        "years": "jahr jahre ende anfang mitte sommer winter herbst frühjahr frühling",
        "years weak": "seit bis von aus nach zwischen in für etwa vor",
        "months": "im seit ende anfang mitte bis von zum zwischen und für ab nach vor dieses",
        "not today": "bis von",
        "coming": "wird werden soll sollen will",
        "year 0": "heuer",
        "ahead before": "in/binnen",
        "past2": "vorletzten vorletztes vorletztem vorletzte vorletzter vorvergangenen",
    },
    "es": {
        "-2": "anteayer/antes de ayer",
        "-1": "ayer/anoche/día de ayer",
        "0": "hoy/esta noche/esta mañana/esta tarde/este mediodía/esta madrugada/día de hoy",
        "1": "mañana",
        "2": "pasado mañana",
        "past": "pasado pasada última último",
        "present": "este esta",
        "future": "próximo próxima entrante próximos próximas siguiente",
        "day": "día/días",
        "week": "semana/semanas",
        "month": "mes/meses",
        "year": "año/años",
        "ago before": "hace",
        "ago after": "atrás",
        "years": "año verano invierno otoño primavera finales principios mediados fines comienzos",
        "years weak": "de en desde hasta para entre antes después el del al",
        "months": "en desde hasta finales principios mediados entre y para antes de",
        "not today": "la de esta por",
        "coming": "prevista previsto previstas previstos",
        "ahead before": "dentro de/en",
        "month 1": "mes que viene/mes próximo",
        "year 1": "año que viene",
        "year 0": "año en curso",
        "month 0": "mes en curso",
        "month -1": "pasado mes",
    },
    "pt": {
        "-2": "anteontem",
        "-1": "ontem/ontem à noite",
        "0": "hoje/esta noite/esta manhã/nesta manhã/nesta noite/hoje à noite",
        "1": "amanhã",
        "past": "passado passada último última",
        "present": "este esta neste nesta deste desta nesse desse corrente",
        "future": "próximo próxima próximos próximas",
        "day": "dia/dias",
        "week": "semana/semanas",
        "month": "mês/meses",
        "year": "ano/anos",
        "ago before": "há",
        "ago after": "atrás",
        "years": "ano verão inverno primavera outono fim início meados",
        "years weak": "de em desde até entre para após antes ao o do no",
        "months": "em desde até entre para fim início final meados",
        "not today": "",
        "coming": "",
        "ahead before": "daqui a/dentro de/em",
        "2": "depois de amanhã",
        "month 1": "mês que vem",
        "year 1": "ano que vem",
        "year 0": "ano em curso",
    },
    "it": {
        "-2": "l'altro ieri/l’altro ieri/avantieri/altroieri",
        "-1": "ieri/ieri sera",
        "0": "oggi/stamattina/stasera/stanotte/questa mattina/questa sera",
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
        "years": "nel dal anno estate inverno autunno primavera fine inizio metà",
        "months": "a in da dal nel dello lo tra fra e per fine inizio metà entro",
        "not today": "",
        "coming": "",
        "ahead before": "tra/fra/entro",
        "year 0": "quest'anno/quest’anno/anno in corso",
        "month 0": "mese in corso",
    },
    "tr": {
        "-2": "önceki gün/evvelsi gün",
        "-1": "dün/dün gece/dün akşam",
        "0": "bugün/bu sabah/bu akşam/bu gece",
        "1": "yarın/yarınki",
        "past": "geçen geçtiğimiz",
        "present": "bu",
        "future": "gelecek önümüzdeki yaklaşan",
        "day": "gün/günü/günün",
        "week": "hafta/haftanın/haftaya/haftada/haftanin",
        "month": "ay/ayı/ayın/ayda/aya/ayında",
        "year": "yıl/sene/yılı/yılın/yılında/yıla/yılda/senesi/senenin/yıldan",
        "ago after": "önce/evvel",
        "years": "",
        "after year": "yılı yılında yılının yılından yılda yılına yıl yıllar yıllarında yılları",
        "months": "",
        "not today": "",
        "coming": "",
        "ahead after": "sonra/içinde",
        "after month": "ayı ayında ayının ayından",
    },
    "ru": {
        "-2": "позавчера",
        "-1": "вчера/накануне",
        "0": "сегодня",
        "1": "завтра",
        "2": "послезавтра",
        "past": "прошлый прошлая прошлое прошлого прошлом прошлую прошлой минувший минувшего минувшую "
        "минувшее прошлые прошлым прошлой прошедший прошедшего прошедшую",
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
        "coming": "будет будут состоится пройдет планируется",
        "ahead before": "через",
        "years weak": "до после с между",
        "year 0": "нынче",
        "past2": "позапрошлый позапрошлом позапрошлого позапрошлую позапрошлой",
    },
    "fa": {
        "-2": "پریروز",
        "-1": "دیروز/دیشب",
        "0": "امروز/امشب/امروز صبح",
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
        "years weak": "از تا بین",
        "ahead after": "بعد/دیگر/آینده",
        "year 0": "امسال",
        "year -1": "پارسال",
    },
    "uk": {
        "-2": "позавчора",
        "-1": "вчора/учора/напередодні",
        "0": "сьогодні",
        "1": "завтра",
        "2": "післязавтра",
        "past": "минулий минула минуле минулого минулому минулій минулої минулу минулі минулим",
        "present": "цей ця це цього цьому цій цієї цю поточного поточному",
        "future": "наступний наступна наступне наступного наступному наступній наступної наступну майбутнього "
        "майбутньому майбутній прийдешнього",
        "day": "день/дня/дні/днів",
        "week": "тиждень/тижня/тижні/тижнів/тижню",
        "month": "місяць/місяця/місяці/місяців/місяцю",
        "year": "рік/року/роки/років/році",
        "year -1": "торік",
        "year 0": "цьогоріч/цьогорік",
        "ago after": "тому",
        "ahead before": "через/за",
        "years": "",
        "years weak": "до після з від між по",
        "after year": "рік року роки років році р рр роком роках",
        "months": "у в з із зі до по від на кінці кінця початку середині за",
        "not today": "до",
        "coming": "буде будуть відбудеться пройде планується",
        "past2": "позаминулий позаминулого позаминулому позаминулої позаминулу",
    },
    "he": {
        "-2": "שלשום",
        "-1": "אתמול/אמש",
        "0": "היום/הערב/הבוקר/הלילה",
        "1": "מחר",
        "2": "מחרתיים",
        "past": "שעבר שעברה האחרון האחרונה הקודם הקודמת שחלף שחלפה",
        "present": "הזה הזאת הזו הנוכחי הנוכחית זה זו",
        "future": "הבא הבאה הקרוב הקרובה",
        "day": "יום/ימים/יומיים",
        "week": "שבוע/שבועות/השבוע",
        "month": "חודש/חודשים/החודש",
        "year": "שנה/שנים/השנה/שנת",
        "dual": "יומיים:day/שבועיים:week/חודשיים:month/שנתיים:year/שבוע:week1/חודש:month1/שנה:year1/יום:day1",
        "year -1": "אשתקד",
        "year 0": "השנה",
        "month 0": "החודש",
        "ago before": "לפני",
        "ahead before": "בעוד",
        "years": "שנת בשנת משנת לשנת בקיץ בחורף באביב בסתיו",
        "years weak": "ב מ ל עד מאז בין",
        "months": "חודש בחודש עד מאז סוף תחילת אמצע",
        "not today": "עד של",
        "coming": "צפוי צפויה יתקיים תתקיים אמור אמורה",
    },
    "hi": {
        "-1": "बीते कल/बीती रात/गत दिवस",
        "0": "आज",
        "1": "आने वाले कल",
        "past": "पिछले पिछला पिछली गत बीते विगत",
        "present": "इस यह वर्तमान मौजूदा",
        "future": "अगले अगला अगली आगामी आने वाले आने वाली",
        "day": "दिन/दिनों/दिवस",
        "week": "सप्ताह/हफ्ते/हफ़्ते/हफ्ता/हफ़्ता/सप्ताहों/हफ्तों",
        "month": "महीने/महीना/माह/महीनों",
        "year": "साल/वर्ष/सालों/वर्षों/बरस",
        "ago after": "पहले/पूर्व",
        "ahead after": "बाद/में",
        "years": "वर्ष साल सन सन्",
        "after year": "में के की का से तक ई ईस्वी ई॰ वर्ष साल और",
        "months": "",
        "after month": "में के की का से तक माह महीने को",
        "not today": "",
        "coming": "",
    },
    "nl": {
        "-2": "eergisteren",
        "-1": "gisteren/gisteravond/gisternacht/gisterenavond/gistermiddag/gisterochtend/vannacht/gisterennacht",
        "0": "vandaag/vanavond/vanmorgen/vanmiddag/vanochtend",
        "1": "morgen/morgenavond/morgenochtend/morgenmiddag",
        "2": "overmorgen",
        "past": "vorig vorige afgelopen voorbije verleden jongstleden laatstleden",
        "present": "deze dit huidige huidig",
        "future": "volgend volgende komend komende aanstaande aankomende eerstvolgende",
        "day": "dag/dagen",
        "week": "week/weken",
        "month": "maand/maanden",
        "year": "jaar/jaren",
        "ago after": "geleden",
        "ahead before": "over/binnen",
        "years": "jaar eind begin medio midden zomer winter herfst najaar voorjaar lente anno",
        "years weak": "in sinds tot van vanaf voor na tussen uit",
        "months": "in sinds tot van vanaf eind begin medio midden voor na tussen",
        "not today": "van tot",
        "coming": "zal zullen gaat gaan wordt worden",
        "past2": "voorlaatste eervorig eervorige",
    },
    "pl": {
        "-2": "przedwczoraj",
        "-1": "wczoraj",
        "0": "dziś/dzisiaj",
        "1": "jutro",
        "2": "pojutrze",
        "past": "ubiegły ubiegła ubiegłe ubiegłego ubiegłym ubiegłej ubiegłą zeszły zeszłego zeszłym zeszłej zeszłą "
        "miniony minionego minionym minionej minioną poprzedni poprzedniego poprzednim",
        "present": "ten tego tym tej tę bieżącego bieżącym",
        "future": "przyszły przyszłego przyszłym przyszłej przyszłą następny następnego następnym następnej",
        "day": "dzień/dni/dnia",
        "week": "tydzień/tygodnie/tygodni/tygodnia/tygodniu",
        "month": "miesiąc/miesiące/miesięcy/miesiąca/miesiącu",
        "year": "rok/roku/lata/lat",
        "ago after": "temu",
        "ahead before": "za",
        "years": "roku rok lata",
        "years weak": "do od po przed między",
        "after year": "r roku rok rokiem",
        "months": "w od do po przed końca początku połowie końcu",
        "not today": "do",
        "coming": "będzie będą odbędzie",
    },
    "sv": {
        "-2": "i förrgår",
        "-1": "i går/igår",
        "0": "i dag/idag/i kväll/ikväll/i morse",
        "1": "i morgon/imorgon",
        "2": "i övermorgon",
        "past": "förra",
        "present": "denna detta",
        "future": "nästa kommande",
        "day": "dag/dagar",
        "week": "vecka/veckor/veckan",
        "month": "månad/månader/månaden",
        "year": "år/året",
        "year -1": "i fjol/ifjol",
        "year 0": "i år",
        "ago after": "sedan",
        "ago before": "för",
        "ahead before": "om",
        "years": "år sommaren vintern hösten våren",
        "years weak": "sedan till från före efter mellan",
        "months": "i sedan till från mellan",
        "not today": "",
        "coming": "ska kommer",
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
    single: Names[tuple[Unit, int]]
    """Words that are a unit with its tense: heuer, торік."""
    ahead_before: Names[bool]
    ahead_after: Names[bool]
    after_month: frozenset[str]
    """What after a month's name makes it a date: postpositions and case endings."""
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
            for value, name in ((-2, "past2"), (-1, "past"), (0, "present"), (1, "future"))
            for key in sorted(keys(words.get(name, "")))
        },
        units=Names((name, unit) for unit in units for name in _split(words[unit])),
        counted_units=Names(_counted(words.get("dual", ""))),
        single=Names(
            (name, (unit, offset))
            for unit in units
            for offset in (-1, 0, 1)
            for name in _split(words.get(f"{unit} {offset}", ""))
        ),
        ahead_before=Names((name, True) for name in _split(words.get("ahead before", ""))),
        ahead_after=Names((name, True) for name in _split(words.get("ahead after", ""))),
        after_month=keys(words.get("after month", "")),
        ago_before=Names((name, True) for name in _split(words.get("ago before", ""))),
        ago_after=Names((name, True) for name in _split(words.get("ago after", ""))),
        before_year=keys(words["years"]),
        before_year_weak=keys(words.get("years weak", "")),
        after_year=keys(words.get("after year", "")),
        before_month=keys(words["months"]),
        not_before_today=keys(words["not today"]),
        coming=keys(words["coming"]),
    )
