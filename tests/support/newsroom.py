"""A newsroom that never was: fourteen days, sixteen languages, forty-nine sources, as the output of a run.

Records are made, not processed: events with their articles, later reports with higher figures, quotations, corrections,
copies and dead letters, always the same for the same options. So the truth is known: the newest event is a flood that
*Rhine Courier* reports first, *Nile Daily* goes quiet three days before the end, *Harbour Wire* is new on the last day,
and Mara Lindqvist rises. The walk in docs/dashboard.md and the tests of its pages use it.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
from babel import Locale

from pipeline.items import Origin, dead_letter
from schemas.codec import encode
from schemas.reasons import Reason, Stage
from schemas.records import (
    Article,
    Dead,
    Duplicate,
    Extraction,
    Figure,
    FileProvenance,
    Keyword,
    Ledger,
    Organisation,
    OutcomeCounts,
    Person,
    Place,
    Quote,
    Record,
    Source,
    Story,
)


@dataclass(frozen=True, slots=True)
class _Words:
    """How a language reports: kinds of events by ``|``, title, sentences, what is said by ``|``, who is counted."""

    kinds: str
    title: str
    opening: str
    more: str
    saying: str
    quotes: str
    counted: str


_WORDS: Final = {
    "ar": _Words(
        "الفيضانات|الزلزال|المحادثات|الإضراب",
        "{kind} في {country}: {n} شخصًا متضررًا",
        "أعلنت السلطات في {country} أن {n} شخصًا تضرروا بسبب {kind}.",
        "وتتابع فرق الطوارئ عملها منذ صباح اليوم.",
        "قالت {person}: «{quote}».",
        "لن نترك أحدًا وحده|نحتاج إلى وقت أطول",
        "شخصًا",
    ),
    "en": _Words(
        "Floods|Earthquake|Talks|Strike",
        "{kind} in {country}: {n} people affected",
        "Authorities in {country} say that {n} people are affected by the {kind_}.",
        "Emergency teams have been at work since the morning.",
        "“{quote},” said {person}.",
        "We will leave nobody alone|We need more time",
        "people",
    ),
    "fr": _Words(
        "Inondations|Séisme|Pourparlers|Grève",
        "{kind} : {country}, {n} personnes touchées",
        "Les autorités ({country}) annoncent que {n} personnes sont touchées : {kind_}.",
        "Les secours travaillent depuis le matin.",
        "« {quote} », a déclaré {person}.",
        "Nous ne laisserons personne seul|Il nous faut plus de temps",
        "personnes",
    ),
    "de": _Words(
        "Hochwasser|Erdbeben|Gespräche|Streik",
        "{kind} in {country}: {n} Menschen betroffen",
        "Die Behörden ({country}) melden {n} Betroffene: {kind}.",
        "Die Einsatzkräfte arbeiten seit dem Morgen.",
        "„{quote}“, sagte {person}.",
        "Wir lassen niemanden allein|Wir brauchen mehr Zeit",
        "Menschen",
    ),
    "es": _Words(
        "Inundaciones|Terremoto|Negociaciones|Huelga",
        "{kind} en {country}: {n} personas afectadas",
        "Las autoridades de {country} informan de {n} personas afectadas: {kind_}.",
        "Los equipos de emergencia trabajan desde la mañana.",
        "«{quote}», dijo {person}.",
        "No dejaremos a nadie solo|Necesitamos más tiempo",
        "personas",
    ),
    "pt": _Words(
        "Inundações|Terremoto|Negociações|Greve",
        "{kind}: {country} tem {n} pessoas afetadas",
        "As autoridades ({country}) informam que {n} pessoas foram afetadas: {kind_}.",
        "As equipes trabalham desde a manhã.",
        "“{quote}”, disse {person}.",
        "Não deixaremos ninguém sozinho|Precisamos de mais tempo",
        "pessoas",
    ),
    "it": _Words(
        "Alluvione|Terremoto|Colloqui|Sciopero",
        "{kind} in {country}: {n} persone colpite",
        "Le autorità ({country}) parlano di {n} persone colpite: {kind_}.",
        "I soccorsi lavorano dal mattino.",
        "«{quote}», ha detto {person}.",
        "Non lasceremo solo nessuno|Ci serve più tempo",
        "persone",
    ),
    "tr": _Words(
        "Sel|Deprem|Görüşmeler|Grev",
        "{country}: {kind}, {n} kişi etkilendi",
        "Yetkililer ({country}) {n} kişinin etkilendiğini açıkladı: {kind_}.",
        "Ekipler sabahtan beri çalışıyor.",
        "{person}, “{quote}” dedi.",
        "Kimseyi yalnız bırakmayacağız|Daha çok zamana ihtiyacımız var",
        "kişi",
    ),
    "ru": _Words(
        "Наводнение|Землетрясение|Переговоры|Забастовка",
        "{kind}: {country}, пострадали {n} человек",
        "Власти ({country}) сообщают: пострадали {n} человек, {kind_}.",
        "Спасатели работают с утра.",
        "«{quote}», — сказала {person}.",
        "Мы никого не оставим|Нам нужно больше времени",
        "человек",
    ),
    "uk": _Words(
        "Повінь|Землетрус|Переговори|Страйк",
        "{kind}: {country}, постраждали {n} людей",
        "Влада ({country}) повідомляє: постраждали {n} людей, {kind_}.",
        "Рятувальники працюють від ранку.",
        "«{quote}», — сказала {person}.",
        "Ми нікого не залишимо|Нам потрібно більше часу",
        "людей",
    ),
    "fa": _Words(
        "سیل|زلزله|مذاکرات|اعتصاب",
        "{kind} در {country}: {n} نفر آسیب دیدند",
        "مقام\u200cهای {country} می\u200cگویند {n} نفر از {kind} آسیب دیده\u200cاند.",
        "گروه\u200cهای امدادی از صبح مشغول کارند.",
        "{person} گفت: «{quote}».",
        "هیچ\u200cکس را تنها نمی\u200cگذاریم|به زمان بیشتری نیاز داریم",
        "نفر",
    ),
    "ur": _Words(
        "سیلاب|زلزلہ|مذاکرات|ہڑتال",
        "{country} میں {kind}: {n} افراد متاثر",
        "{country} کے حکام کے مطابق {kind} سے {n} افراد متاثر ہوئے۔",
        "امدادی ٹیمیں صبح سے کام کر رہی ہیں۔",
        "{person} نے کہا: ”{quote}“۔",
        "ہم کسی کو اکیلا نہیں چھوڑیں گے|ہمیں مزید وقت چاہیے",
        "افراد",
    ),
    "hi": _Words(
        "बाढ़|भूकंप|वार्ता|हड़ताल",
        "{country} में {kind}: {n} लोग प्रभावित",
        "{country} के अधिकारियों के अनुसार {kind} से {n} लोग प्रभावित हुए।",
        "बचाव दल सुबह से काम कर रहे हैं।",
        "{person} ने कहा, “{quote}”।",
        "हम किसी को अकेला नहीं छोड़ेंगे|हमें और समय चाहिए",
        "लोग",
    ),
    "zh": _Words(
        "洪水|地震|谈判|罢工",
        "{country}{kind}：{n}人受影响",
        "{country}当局表示，{kind}影响{n}人。",
        "救援人员从早上起一直在工作。",
        "{person}说：“{quote}”。",
        "我们不会丢下任何人|我们需要更多时间",
        "人",
    ),
    "ja": _Words(
        "洪水|地震|協議|ストライキ",
        "{country}の{kind}：{n}人に影響",
        "{country}当局によると、{kind}で{n}人が影響を受けた。",
        "救助隊は朝から活動している。",
        "{person}は「{quote}」と述べた。",
        "誰も一人にしない|もっと時間が必要だ",
        "人",
    ),
    "id": _Words(
        "Banjir|Gempa|Perundingan|Mogok",
        "{kind} di {country}: {n} orang terdampak",
        "Pihak berwenang di {country} menyatakan {n} orang terdampak {kind_}.",
        "Tim darurat bekerja sejak pagi.",
        "“{quote},” kata {person}.",
        "Kami tidak akan meninggalkan siapa pun|Kami perlu lebih banyak waktu",
        "orang",
    ),
}

_PEOPLE: Final = (
    *("Mara Lindqvist", "Samir Haddad", "Elena Petrova", "João Almeida", "Aylin Demir", "Wei Zhang", "Priya Nair"),
    *("Tomás Rivera", "Hanna Kovács", "Yusuf Diallo", "Keiko Tanaka", "Pierre Lambert"),
)
_RISING: Final = _PEOPLE[0]
_ORGANISATIONS: Final = ("Red Crescent", "United Nations", "World Bank", "European Commission", "African Union")
_COUNTRIES: Final = ("SD", "EG", "PS", "FR", "DE", "TR", "UA", "BR", "ID", "JP", "IN", "PK", "MX", "IT", "NG", "ES")
_CITIES: Final = {
    "SD": "Khartoum",
    "EG": "Cairo",
    "PS": "Gaza",
    "FR": "Lyon",
    "DE": "Cologne",
    "TR": "İzmir",
    "UA": "Kyiv",
}
_KINDS: Final = ("flood", "earthquake", "talks", "strike")
_FIRST_SOURCE: Final = "rhine-courier.example"
_QUIET_SOURCE: Final = "nile-daily.example"
_NEW_SOURCE: Final = "harbour-wire.example"
_NAMES: Final = {_FIRST_SOURCE: "Rhine Courier", _QUIET_SOURCE: "Nile Daily", _NEW_SOURCE: "Harbour Wire"}
_EVENTS_A_DAY: Final = 6


@dataclass(frozen=True, slots=True)
class _Event:
    number: int
    at: datetime
    kind: int
    country: str
    person: str
    affected: int
    reports: int


def _sources() -> dict[str, str]:
    """Return the sources with their languages."""
    named = {_FIRST_SOURCE: "de", _QUIET_SOURCE: "ar"}
    for language in _WORDS:
        for number in range(3):
            if sum(known == language for known in named.values()) < 3:
                named.setdefault(f"{language}-paper-{number + 1}.example", language)
    return named


def _events(days: int, last: datetime, draw: random.Random) -> list[_Event]:
    events = []
    for number in range(days * _EVENTS_A_DAY):
        at = last - timedelta(days=days) + timedelta(hours=24 * (number + draw.random()) / _EVENTS_A_DAY)
        is_last_day = number >= (days - 1) * _EVENTS_A_DAY
        person = _RISING if is_last_day and number % 2 else draw.choice(_PEOPLE[1:])
        reports = min(3 + int(draw.paretovariate(0.9)), 40)
        events.append(
            _Event(number, at, draw.randrange(4), draw.choice(_COUNTRIES), person, draw.randrange(20, 400), reports)
        )
    # The one that the walk follows: large, in the last day, with a first source that is known.
    at = last - timedelta(hours=16)
    events[-_EVENTS_A_DAY] = replace(events[-_EVENTS_A_DAY], at=at, kind=0, country="DE", person=_RISING, reports=46)
    return events


def _article(event: _Event, source: str, language: str, at: datetime, affected: int, place: FileProvenance) -> Article:
    words = _WORDS[language]
    locale = Locale(language)
    country = str(locale.territories[event.country])
    kind = words.kinds.split("|")[event.kind]
    quote = words.quotes.split("|")[event.number % 2]
    parts = {
        "country": country,
        "n": affected,
        "kind": kind,
        "kind_": kind.lower(),
        "person": event.person,
        "quote": quote,
    }
    lines = [text.format(**parts) for text in (words.opening, words.more, words.saying)]
    text = "\n".join(lines)
    direction = "rtl" if language in {"ar", "fa", "ur"} else "ltr"
    time = f"{at:%Y-%m-%dT%H:%M:%SZ}"

    def span(found: str) -> tuple[int, int]:
        start = text.index(found)
        return start, start + len(found)

    places = [
        Place(
            name=str(Locale("en").territories[event.country]),
            text=country,
            country_code=event.country,
            kind="country",
            count=1,
            spans=(span(country),),
        )
    ]
    if city := _CITIES.get(event.country):
        places.append(
            Place(name=city, text=country, country_code=event.country, kind="city", count=1, spans=(span(country),))
        )
    return Article(
        uri=f"https://{source}/{event.number}-{place.record}",
        version=1,
        change="new",
        url=f"https://{source}/{event.number}-{place.record}",
        source=Source(domain=source, name=_NAMES.get(source)),
        language=language,
        language_confidence=0.99,
        script={
            "ar": "Arab",
            "fa": "Arab",
            "ur": "Arab",
            "ru": "Cyrl",
            "uk": "Cyrl",
            "hi": "Deva",
            "zh": "Hans",
            "ja": "Jpan",
        }.get(language, "Latn"),
        direction=direction,  # type: ignore[arg-type]
        title=words.title.format(**parts),
        title_source="json-ld",
        lede=lines[0],
        text=text,
        authors=(),
        word_count=len(text.split()),
        char_count=len(text),
        published_at=time,
        published_precision="minute",
        published_source="json-ld",
        modified_at=None,
        fetched_at=f"{at + timedelta(minutes=4 + event.number % 9):%Y-%m-%dT%H:%M:%SZ}",
        section=("World", "Economy", "Politics", "Science")[event.kind],
        places=tuple(places),
        people=(Person(name=event.person, count=1, spans=(span(event.person),)),),
        organisations=(Organisation(name=_ORGANISATIONS[event.number % 5], count=1, spans=()),),
        keywords=(Keyword(text=kind, score=1.0), Keyword(text=country, score=0.6)),
        quotes=(Quote(text=quote, speaker=event.person, span=span(quote)),),
        figures=(Figure(value=affected, text=str(affected), counted=words.counted, span=span(str(affected))),),
        dates_mentioned=(),
        story=Story(uri=f"story:{_KINDS[event.kind]}-{event.number}", similarity=0.9),
        extraction=Extraction(method="made", encoding="utf-8"),
        provenance=place,
    )


def newsroom(days: int = 14, last: datetime | None = None) -> list[Record]:
    """Return all records in the order in which they came, the ledger last."""
    draw = random.Random(2025)
    last = last or datetime(2025, 9, 15, tzinfo=UTC)
    sources = _sources()
    planned: list[tuple[datetime, _Event, str, int]] = []
    for event in _events(days, last, draw):
        names = draw.sample(sorted(sources), min(event.reports, len(sources)))
        if event.reports == 46:
            names = [_FIRST_SOURCE, *(name for name in names if name != _FIRST_SOURCE)]
            names.insert(3, _NEW_SOURCE)
        if _QUIET_SOURCE not in names:  # it writes about everything, until it does not
            names.insert(1, _QUIET_SOURCE)
        at, affected = event.at, event.affected
        for number, name in enumerate(names):
            if number:
                at += timedelta(minutes=draw.expovariate(1 / 25))
                affected += draw.choice((0, 0, 3, 12))
            planned.append((at, event, name, affected))
    quiet_from = last - timedelta(days=3)
    kept = [p for p in planned if p[0] < last and not (p[2] == _QUIET_SOURCE and p[0] >= quiet_from)]
    return list(_records(sorted(kept, key=lambda p: (p[0], p[1].number, p[2])), sources, draw))


def _records(
    planned: list[tuple[datetime, _Event, str, int]], sources: dict[str, str], draw: random.Random
) -> Iterator[Record]:
    position = 0
    counts = {"article": 0, "duplicate": 0, "dead": 0}

    def place() -> FileProvenance:
        nonlocal position
        position += 1
        return FileProvenance(path="newsroom.jsonl", record=position - 1, content_sha256="0" * 64, pipeline_version="1")

    for at, event, source, affected in planned:
        article = _article(event, source, sources.get(source, "en"), at, affected, place())
        counts["article"] += 1
        yield article
        chance = draw.random()
        if chance < 0.05:
            changed = msgspec.structs.replace(
                article,
                version=2,
                change="material",
                changes={"numbers": {"added": [str(affected + 5)], "removed": [str(affected)]}},
                text=article.text.replace(str(affected), str(affected + 5)),
                title=(article.title or "").replace(str(affected), str(affected + 5)),
                modified_at=f"{at + timedelta(minutes=50):%Y-%m-%dT%H:%M:%SZ}",
                provenance=place(),
            )
            counts["article"] += 1
            yield changed
        elif chance < 0.15:
            copy = f"https://copies-{draw.randrange(3)}.example/{article.provenance.record}"  # type: ignore[union-attr]
            counts["duplicate"] += 1
            yield Duplicate(
                outcome="duplicate",
                uri=copy,
                duplicate_of=article.uri,
                similarity=round(0.85 + draw.random() * 0.15, 3),
                method="minhash",
                raw_id=None,
                url=copy,
                provenance=place(),
            )
        elif chance < 0.18:
            counts["dead"] += 1
            yield _dead(f"https://{source}/broken/{position}", place())
    yield Ledger(
        source="newsroom.jsonl",
        from_=0,
        to=position,
        records=position,
        outcomes=OutcomeCounts(**counts),
        reasons={"no_content": counts["dead"]},
        pipeline_version="1",
    )


def _dead(url: str, place: FileProvenance) -> Dead:
    origin = Origin(payload=f'{{"url": "{url}", "html": "<p>"}}'.encode(), headers=(), provenance=place)
    return dead_letter(origin, Stage.EXTRACT, Reason.NO_CONTENT, "the page has no text")


def write(folder: Path, records: list[Record]) -> None:
    """Write records as the output folder of a run."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, kind in (("articles", Article), ("duplicates", Duplicate), ("dead", Dead), ("ledger", Ledger)):
        lines = [encode(record) + b"\n" for record in records if isinstance(record, kind)]
        (folder / f"{name}.jsonl").write_bytes(b"".join(lines))
