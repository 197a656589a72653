from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.entities.gazetteer import gazetteer
from transforms.entities.places import country_codes, find_places

SEEDS = Path(__file__).parents[3] / "seeds"

# language, text, "country:kind:written" of each place in order, first mentions only
CASES = [
    (
        "ar",
        "التقى الرئيس الفرنسي نظيره المصري في القاهرة. ورفضت واشنطن ذلك، فيما وصل الإيرانيون إلى جنيف.",
        "FR:country:الفرنسي EG:country:المصري EG:capital:القاهرة US:capital:واشنطن IR:country:الإيرانيون CH:city:جنيف",
    ),
    ("ar", "سافر وفد من لبنان وسوريا للعراق وبالكويت.",
     "LB:country:لبنان SY:country:سوريا IQ:country:عراق KW:country:الكويت"),
    ("ar", "وصل القتال إلى قطاع غزة ثم إلى غزة نفسها.", "PS:region:قطاع_غزة PS:city:غزة"),
    ("ar", "زار أميركا وغينيا الاستوائية وجنوب السودان.",
     "US:country:أميركا GQ:country:غينيا_الاستوائية SS:country:جنوب_السودان"),
    ("ar", "رئيس كوريا الجنوبية والجيش الكوري الجنوبي", "KR:country:كوريا_الجنوبية"),
    ("ar", "قال وزير الخارجية الأردني إن عمان ترفض ذلك.", "JO:country:الأردني JO:capital:عمان"),
    ("ar", "قال مسؤول عماني في مسقط إن عمان ترحب بذلك.", "OM:country:عماني OM:capital:مسقط"),
    ("ar", "رفع يده اليمنى وتحدث باللغة الإنجليزية.", ""),
    ("ar", "قال خالد المصري لمحمد العراقي إن الخبر صحيح وإن الثورة مستمرة.", ""),
    ("ar", "أمريكا اللاتينية ونهر الأردن وصحيفة واشنطن بوست", ""),
    (
        "en",
        "The French president met Germans in Kyiv; the U.S. and the UK, like Ivory Coast, objected.",
        "FR:country:French DE:country:Germans UA:capital:Kyiv US:country:U.S GB:country:UK CI:country:Ivory_Coast",
    ),
    ("en", "South Sudan is not Sudan.", "SS:country:South_Sudan SD:country:Sudan"),
    ("en", "The New York Times and the Washington Post reported it.", ""),
    ("en", "They roasted a turkey and china broke; let us go.", ""),
    ("en", "Turkey and China spoke to us.", "TR:country:Turkey CN:country:China"),
    ("en", "Michael Jordan scored. Later Jordan left the court.", ""),
    ("en", "The king of Jordan spoke in Amman.", "JO:country:Jordan JO:capital:Amman"),
    ("en", "Georgia and Armenia signed. Russia protested in Tbilisi.",
     "GE:country:Georgia AM:country:Armenia RU:country:Russia GE:capital:Tbilisi"),
    ("en", "Voters in Georgia, Florida and Texas go to the polls.",
     "US:region:Georgia US:region:Florida US:region:Texas"),
    ("en", "He was born in Paris, Texas.", "US:city:Paris US:region:Texas"),
    ("en", "She moved to Paris.", "FR:capital:Paris"),
    ("en", "In Reading he was reading; it was a Nice day in March.", ""),
    ("en", "He said it in French.", ""),
    ("en", "US OFFICIALS ARRIVE", "US:country:US"),
    (
        "de",
        "Deutschlands Kanzler traf in Köln Österreicher, Türkinnen und ägyptische Minister der US-Regierung "
        "aus Bayern.",
        "DE:country:Deutschlands DE:city:Köln AT:country:Österreicher TR:country:Türkinnen EG:country:ägyptische "
        "US:country:US DE:region:Bayern",
    ),
    ("de", "Die Deutsche Bank, Bayern München und das gute Essen dabei.", ""),
    (
        "fr",
        "Des Marocaines et des Égyptiens ont manifesté à Genève, à Pékin et aux États-Unis.",
        "MA:country:Marocaines EG:country:Égyptiens CH:city:Genève CN:capital:Pékin US:country:États-Unis",
    ),
    (
        "es",
        "Las españolas y los franceses llegaron a Nueva York desde Países Bajos; un alemán, a la Franja de Gaza.",
        "ES:country:españolas FR:country:franceses US:city:Nueva_York NL:country:Países_Bajos DE:country:alemán "
        "PS:region:Franja_de_Gaza",
    ),
    (
        "tr",
        "Türkiye'nin başkenti Ankara'da ABD'li ve Iraklı bakanlar, Fransızlar ve Ruslar Almanya'yı eleştirdi.",
        "TR:country:Türkiye TR:capital:Ankara US:country:ABD'li IQ:country:Iraklı FR:country:Fransızlar "
        "RU:country:Ruslar DE:country:Almanya",
    ),
    (
        "ru",
        "Президент России прибыл в Киев. Власти Саудовской Аравии и Соединённых Штатов; американские военные; "
        "израильтяне.",
        "RU:country:России UA:capital:Киев SA:country:Саудовской_Аравии US:country:Соединённых_Штатов "
        "IL:country:израильтяне",
    ),
    (
        "fa",
        "رئیس جمهور ایران با همتای ترکیه‌ای و آمریکایی‌ها در تهران دیدار کرد. نوار غزه.",
        "IR:country:ایران TR:country:ترکیه‌ای US:country:آمریکایی‌ها IR:capital:تهران PS:region:نوار_غزه",
    ),
    (
        "he",
        'ראש ממשלת ישראל נפגש בוושינגטון עם נשיא ארה"ב. הפגנות בתל אביב ובירושלים.',
        'IL:country:ישראל US:capital:וושינגטון US:country:ארה"ב IL:city:תל_אביב IL:city:ירושלים',
    ),
    ("zh", "中国国家主席在北京会见了法国总统和巴勒斯坦人。",
     "CN:country:中国 CN:capital:北京 FR:country:法国 PS:country:巴勒斯坦"),
    ("ja", "日本の首相は東京でアメリカの大統領と会談した。ガザ地区。",
     "JP:country:日本 JP:capital:東京 US:country:アメリカ PS:region:ガザ地区"),
    ("ko", "한국 대통령은 서울에서 미국 대통령과 회담했다.", "KR:country:한국 KR:capital:서울 US:country:미국"),
    ("hi", "भारत के प्रधानमंत्री ने मुंबई में अमेरिका के राष्ट्रपति से मुलाकात की।",
     "IN:country:भारत IN:city:मुंबई US:country:अमेरिका"),
    ("pt", "O presidente do Brasil viajou a Lisboa e aos Estados Unidos.",
     "BR:country:Brasil PT:capital:Lisboa US:country:Estados_Unidos"),
    ("it", "Il presidente degli Stati Uniti è a Milano, Parigi e Londra.",
     "US:country:Stati_Uniti IT:city:Milano FR:capital:Parigi GB:capital:Londra"),
    ("uk", "Президент України прибув до Києва; Росія атакувала Харків.",
     "UA:country:України UA:capital:Києва RU:country:Росія UA:city:Харків"),
    ("th", "นายกรัฐมนตรีไทยพบกับประธานาธิบดีสหรัฐอเมริกา", "TH:country:ไทย US:country:สหรัฐอเมริกา"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "expected"), CASES)
def test_places(language: str, text: str, expected: str) -> None:
    found = [
        f"{place.country_code}:{place.kind}:{place.text.replace(' ', '_')}" for place in find_places(text, language)
    ]
    assert found == expected.split()


def test_the_sample_names_seven_countries() -> None:
    (sample,) = SEEDS.glob("*.txt")
    places = find_places(sample.read_text(encoding="utf-8"), "ar")
    assert set(country_codes(places)) == {"AZ", "PS", "US", "IL", "IQ", "XK", "AF"}
    assert country_codes(places)[0] == "AZ"


def test_a_place_has_its_english_name_and_identifiers() -> None:
    (place,) = find_places("باكو", "ar")
    assert (place.name, place.country_code, place.kind, place.count, place.spans) == (
        "Baku",
        "AZ",
        "capital",
        1,
        ((0, 4),),
    )
    assert place.geonames_id == 587084


def test_demonyms_and_names_of_a_country_are_one_place() -> None:
    text = "France said so. The French agreed, and Frenchmen too."
    (place,) = find_places(text, "en")
    assert [text[start:end] for start, end in place.spans] == ["France", "French", "Frenchmen"]
    assert (place.name, place.text, place.count) == ("France", "France", 3)


def test_marks_inside_a_word_stay_in_its_span() -> None:
    text = "في مِصْر والـسـودان"
    assert [text[start:end] for place in find_places(text, "ar") for start, end in place.spans] == ["مِصْر", "الـسـودان"]


def test_a_name_does_not_cross_a_sentence() -> None:
    assert [place.name for place in find_places("They flew South. Sudan was next.", "en")] == ["Sudan"]


def test_country_codes_go_by_number_of_mentions() -> None:
    assert country_codes(find_places("Italy, Spain, Spain. Madrid.", "en")) == ("ES", "IT")


@pytest.mark.parametrize("unit", ["a", "ع ", "London ", "New ", "中国", "U.S. ", "\u0301", "غزة"])
@pytest.mark.parametrize("language", ["en", "ar", "zh"])
def test_hostile_repetition_is_linear(unit: str, language: str) -> None:
    find_places(unit * 20_000, language)


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(["London", "غزة", "ب", "США", "中国", "New", "York", ",", ".", " ", "\n", "İ", "\u0301", "x"])
    ),
    st.sampled_from(["en", "ar", "ru", "zh", "tr", "ko", "he", None, "xx", "zh-Hant"]),
)
def test_spans_are_sorted_disjoint_and_hold_the_text(pieces: list[str], language: str | None) -> None:
    text = "".join(pieces)
    places = find_places(text, language)
    assert places == find_places(text, language)
    spans = sorted(span for place in places for span in place.spans)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))
    assert [place.spans[0] for place in places] == sorted(place.spans[0] for place in places)
    for place in places:
        assert place.count == len(place.spans)
        assert list(place.spans) == sorted(place.spans)
        assert place.text == text[slice(*place.spans[0])] != ""


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    find_places(text, "en")
    find_places(text, "ja")


def test_a_language_that_nobody_speaks_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KHABAR_CACHE", str(tmp_path / "cache"))
    for code in ("qxq", "../evil"):
        assert gazetteer(code).node("berlin") is not None
    assert not [path for path in tmp_path.rglob("*") if "qxq" in path.name or "evil" in path.name]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("it", "I soldati russi e le truppe ucraine, gli svizzeri e la cancelliera tedesca.", "CH DE RU UA"),
        ("pt", "Os soldados alemães, as tropas francesas e os espanhóis.", "DE ES FR"),
        ("nl", "De Franse president, de Duitsers en Amerikaanse troepen.", "DE FR US"),
        ("uk", "Українські військові, російського президента, німці й поляків.", "DE PL RU UA"),
        ("he", "הנשיא האמריקאי והצבא הרוסי, חיילים ישראלים ופלסטינים", "IL PS RU US"),
        ("hi", "अमेरिकी राष्ट्रपति और पाकिस्तानी सेना", "PK US"),
        ("ja", "日本人とフランス人", "FR JP"),
        ("zh", "中国人和美国人", "CN US"),
    ],
)
def test_adjectives_and_inhabitants_are_their_countries(language: str, text: str, expected: str) -> None:
    assert " ".join(sorted(str(place.country_code) for place in find_places(text, language))) == expected


def test_one_of_the_commonest_words_is_no_city() -> None:
    assert find_places("Він зустрівся з журналістами.", "uk") == ()
