"""Who wrote a page: people apart from agencies, newsrooms and the site itself."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree
from lxml.html import HtmlElement

from transforms.clean import clean_line
from transforms.folding import fold
from transforms.structured import Structured


@dataclass(frozen=True, slots=True)
class Byline:
    """The people and the organisations that a page names as its authors, in its order, and the evidence."""

    people: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    source: str | None = None


_PREFIX: Final = re.compile(
    r"""^\s*(?:
        (?:(?:written|reported|posted|published|words|text|story|report|edited|photos?|interview)\s+)?by(?=[\s:])
      | (?:auth?or(?:in|en|es|s|e|a|i)?|auteure?s?|autore|autrice|redactor|yazar|penulis|tác\ giả|автор(?:ы|и)?|συντάκτης|記者|文|作者|责任编辑|기자)(?=[\s:：/／])
      | (?:ein(?:e)?\s+\w+\s+)?von(?=[\s:]) | par(?=[\s:]) | por(?=[\s:]) | di(?=\s) | da(?=\s) | door(?=[\s:]) | av(?=[\s:])
      | af(?=[\s:]) | przez(?=\s) | текст(?=\s*:) | беседовал[аи]?(?=\s) | от(?=\s)
      | (?:بقلم|كتبت|كتبه|كتب|إعداد|اعداد|تقرير|الكاتب|الكاتبة|المؤلف|نویسنده|تحریر|مصنف)(?=[\s:：/])
      | מאת(?=[\s:])
    )[\s:：/／]*""",
    re.IGNORECASE | re.VERBOSE,
)
_SPLIT: Final = re.compile(
    r"""\s*,\s+(?:and|und|et|y|e|и|و)\s+|\s*[;|•·\n／、，،؛&+]\s*|\s*,\s+|,(?=\S)|\s+/\s+|\s+[-–—]\s+
      |\s+(?:and|und|et|y|e|i|и|і|та|en|och|og|ja|ve|dan|với|và|és|a|și|και|with|mit|avec|con|و|ו)\s+(?=\S)""",
    re.IGNORECASE | re.VERBOSE,
)
_ARABIC_AND: Final = re.compile(r"(?<=[\u0621-\u064a])\s+و(?=[\u0621-\u064a]{2,}\s+[\u0621-\u064a]{2,})")
# Arabic given names that begin with waw, which is no "and" there.
_WAW_NAMES: Final = re.compile(
    r"^(?:و)(?:ليد|ائل|سام|سيم|فاء|جدي|جيه|رد|ردة|ديع|حيد|هيب|لاء|صفي|ضاح|اصف|جدان|داد|فيق|هبة|عد|سن|هاب)(?:\s|$)"
)
_BRACKETS: Final = re.compile(r"\s*[(\[（【][^)\]）】]*[)\]）】]")
_ADDRESS: Final = re.compile(r"https?://\S+|www\.\S+|\S+@\S+\.\w+|(?<!\w)@\w+")
_DATE: Final = re.compile(r"\b(?:19|20)\d\d\b|\d{1,2}[:.]\d\d|\d{3,}")

# Agencies by their names and signs, compared folded.
_AGENCIES: Final = frozenset(
    fold(name)
    for name in """AFP|AFP Deutschland|Agence France-Presse|AP|The Associated Press|Associated Press|Reuters|Thomson Reuters|dpa|dpa-AFX|dpa-infocom
    |APA|SDA|Keystone-SDA|ANSA|AGI|Adnkronos|EFE|Europa Press|Agencias|Lusa|Belga|ANP|NTB|TT|Ritzau|STT|PAP|ČTK|CTK|MTI|Agerpres|BTA|Tanjug|Hina|STA|BNS
    |UPI|PA|PA Media|Press Association|AAP|PTI|ANI|IANS|UNI|Kyodo|Kyodo News|Jiji|共同通信|時事通信|時事|共同|Xinhua|新华社|新華社|中新社|中新网|中新網|中央社|Yonhap|연합뉴스|뉴시스|뉴스1
    |TASS|ТАСС|Interfax|Интерфакс|RIA Novosti|РИА Новости|Sputnik|Спутник|Укринформ|Ukrinform|УНІАН|БелТА|BelTA|AA|Anadolu|Anadolu Agency|Anadolu Ajansı|İHA|DHA|ANKA
    |رويترز|فرانس برس|أ ف ب|ا ف ب|أ.ف.ب|د ب أ|د.ب.أ|أسوشيتد برس|أسوشيتدبرس|أ ب|وكالات|الوكالات|وكالة الأنباء|واس|وام|قنا|كونا|بترا|سانا|سبأ|وفا|بنا|الأناضول|الاناضول
    |شينخوا|سبوتنيك|أ ش أ|أ.ش.أ|وكالة أنباء الشرق الأوسط|إرنا|إيسنا|فارس|تسنيم|مهر|ایسنا|ایرنا|IRNA|ISNA|WAM|SPA|QNA|KUNA|SANA|WAFA|Petra|MENA|epd|KNA|sid|CNN Wire|Bloomberg|Bloomberg News
    |Dow Jones|Dow Jones Newswires|Antara|Bernama|VNA|TTXVN|GNA|NAN|APS|MAP|TAP|APO|ATS|Canadian Press|The Canadian Press|La Presse Canadienne|Press Trust of India|agencies|agences|Agenturen|agenzie|агентства""".split("|")
)
# Words that make a name the name of a house, a desk or a team.
_HOUSE: Final = re.compile(
    r"""(?<!\w)(?:
        news(?:room|desk|wires?)?|agency|agence|agencia|agenzia|agentur|press|media|redaktion|redaktionen|redacción|redaccion|redazione|rédaction|redacao
      |redação|redactie|redaksi|redakcja|redakce|redakcia|szerkesztőség|redacția|редакция|редакція|σύνταξη|editors?|editorial|staff|team|desk|bureau|correspondents?|reporters?
      |newspaper|magazine|zeitung|online|gmbh|inc|ltd|llc|tv|radio|network|publishing|verlag|web|admin|administrator|webmaster|contributors?|guest|wire|report
      |وكالة|وكالات|صحيفة|قناة|موقع|تحرير|فريق|قسم|جريدة|مراسلون|نيوز|خبرگزاری|تحریریه|سرویس|گروه|ニュース|編集部|新聞社|新聞|通信|通讯社|記者團|编辑部|新闻|뉴스|편집부|סוכנויות|מערכת|ข่าว|กองบรรณาธิการ
    )(?!\w)|新聞社$|編集部$|新闻网$|\.(?:com|de|net|org|at|ch|fr|it|es|co|uk|ru|tr|ir|cn|jp|news)$""",
    re.IGNORECASE | re.VERBOSE,
)
_GENERIC: Final = frozenset(
    fold(name)
    for name in """staff|staff writer|staff writers|staff reporter|staff reporters|news staff|admin|administrator|editor|editors|the editors|editorial|editorial team|editorial staff|editorial board
    |redaktion|die redaktion|online-redaktion|redaction|la rédaction|rédaction|redacción|redaccion|redazione|la redazione|redação|redactie|redakcja|redakce|редакция|редакція|newsroom|news desk|web desk
    |online desk|national desk|our correspondent|our reporter|correspondent|reporter|special correspondent|guest|guest author|guest contributor|contributor|unknown|anonymous|author|autor|webmaster|user|root
    |هيئة التحرير|التحرير|فريق التحرير|المحرر|محرر|مراسل|مراسلنا|خاص|غرفة الأخبار|قسم الأخبار|編集部|記者|编辑|編輯|기자|本报讯|本報訊|team|none|null|undefined|n/a|by""".split("|")
)
# What stands after a name and says what the person does.
_ROLE: Final = re.compile(
    r"""(?<!\w)(?:editor|reporter|correspondent|writer|journalist|columnist|analyst|producer|director|professor|contributor|chief|head|presenter|photographer
      |redakteur(?:in)?|reporter(?:in)?|korrespondent(?:in)?|chefredakteur(?:in)?|autor(?:in)?|leiter(?:in)?|fotograf(?:in)?|volontär(?:in)?|journaliste?|rédacteur|rédactrice|correspondante?
      |redactor|redactora|corresponsal|periodista|giornalista|inviat[oa]|redattore|muhabir[i]?|корреспондент|журналист|обозреватель|редактор|مراسل|مراسلة|محرر|محررة|صحفي|صحافي|كاتب|رئيس|مدير)(?!\w)""",
    re.IGNORECASE | re.VERBOSE,
)
_MARKED: Final = (
    etree.XPath(".//*[@rel='author' or @itemprop='author' or contains(@href, '/author/') or contains(@href, '/autor/')][not(self::link)]"),
    etree.XPath(
        ".//*[contains(@class, 'author') or contains(@class, 'Author') or contains(@class, 'byline')"
        " or contains(@class, 'Byline') or contains(@class, 'autor') or contains(@id, 'author')"
        " or contains(@id, 'byline') or contains(@data-testid, 'byline')][not(self::body or self::html)]"
    ),
)
_ELSEWHERE: Final = re.compile(
    r"comment|related|teaser|sidebar|recommend|footer|promo|popular|widget|card|latest|newsletter|avatar|image|photo|caption|copyright",
    re.IGNORECASE,
)
_MAX_BYLINE: Final = 160
_MAX_NAME: Final = 60
_MAX_AUTHORS: Final = 30


def split_names(values: Iterable[str], *, site_names: frozenset[str] = frozenset()) -> tuple[list[str], list[str]]:
    """Return the people and the organisations that byline texts name, in order, without repetition.

    `site_names` (folded, without spaces) are organisations whatever they look like. Staff, roles, places of a
    dateline, addresses and dates are left out.
    """
    people: dict[str, str] = {}
    organisations: dict[str, str] = {}
    for value in values:
        text = _ADDRESS.sub(" ", _BRACKETS.sub("", clean_line(value)[:2000]))
        text = _PREFIX.sub("", _PREFIX.sub("", text))
        text = _ARABIC_AND.sub(lambda m: m.group() if _WAW_NAMES.match(m.string[m.start() :].strip()) else "؛", text)
        for part in _SPLIT.split(text)[: 2 * _MAX_AUTHORS]:
            name = _PREFIX.sub("", part).strip(" .,:;-–—*_'\"|/")
            key = fold(name)
            compact = key.replace(" ", "")
            if not compact or key in _GENERIC or len(name) > _MAX_NAME or _DATE.search(name):
                continue
            if key in _AGENCIES or compact in site_names or _HOUSE.search(name):
                if not _ROLE.search(name) or key in _AGENCIES or compact in site_names:
                    organisations.setdefault(key, name)
            elif _is_person(name):
                people.setdefault(key, name)
    return list(people.values())[:_MAX_AUTHORS], list(organisations.values())[:_MAX_AUTHORS]


def _is_person(name: str) -> bool:
    words = name.split()
    if len(words) > 7 or _ROLE.search(name) or not any(c.isalpha() for c in name):
        return False
    if len(words) == 1 and len(name) < 2:
        return False
    cased = [w for w in words if w[0].isalpha() and w[0].lower() != w[0].upper()]
    # Signs ("dan", "ssi") are people too; a longer run of small letters is a phrase.
    return not cased or any(w[0].isupper() for w in cased) or (len(words) == 1 and len(name) <= 5)


def find_authors(tree: HtmlElement, structured: Structured, *, site_names: frozenset[str] = frozenset()) -> Byline:
    """Return the authors of a page from the first evidence that names people; else the one that names a house."""
    house: Byline | None = None
    for source, values in _evidence(tree, structured):
        people, organisations = split_names(values, site_names=site_names)
        if people:
            return Byline(tuple(people), tuple(organisations), source)
        if organisations and house is None:
            house = Byline((), tuple(organisations), source)
    return house or Byline()


def _evidence(tree: HtmlElement, structured: Structured) -> Iterable[tuple[str, list[str]]]:
    yield "json-ld", [name for value in structured.many("author") if (name := _person(structured, value))]
    yield (
        "meta",
        [
            text
            for name in ("author", "article:author", "byl", "parsely-author", "sailthru.author", "dc.creator", "dcterms.creator")
            for text in structured.meta.get(name, ())
            if "/" not in text or " " in text
        ][:_MAX_AUTHORS],
    )
    yield "json-ld", [name for value in structured.many("creator") if (name := _person(structured, value))]
    yield "heading", _bylines(tree)


def _person(structured: Structured, value: Any) -> str:
    node = structured.node_of(value)
    if node is None:
        return structured.name_of(value)
    name = structured.name_of(node)
    return "" if name.startswith("http") else name


def _bylines(tree: HtmlElement) -> list[str]:
    """Return the texts of elements that are marked as byline, from the first place of the page that has any."""
    for marked in _MARKED:
        texts: list[str] = []
        place: HtmlElement | None = None
        for element in marked(tree)[:60]:
            text = clean_line(" ".join(element.itertext()))
            if not 3 < len(text) <= _MAX_BYLINE or _elsewhere(element):
                continue
            around = element.getparent()
            if place is not None and around is not place and place not in element.iterancestors():
                break
            if place is None:
                place = around
            texts.append(text)
        if texts and any(split_names(texts)):
            return texts
    return []


def _elsewhere(element: HtmlElement) -> bool:
    """Whether an element belongs to comments, teasers or other parts beside the article."""
    for depth, ancestor in enumerate((element, *element.iterancestors())):
        if depth > 12 or ancestor.tag in {"article", "main", "body"}:
            return False
        if ancestor.tag in {"footer", "aside", "nav"} or _ELSEWHERE.search(f"{ancestor.get('class')} {ancestor.get('id')}"):
            return True
    return False
