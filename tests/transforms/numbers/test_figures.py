"""`find_figures`: numbers with what they count, their units, and the numbers that are none."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.dates.parsing import find_dates
from transforms.numbers.figures import find_figures


def found(text: str, language: str | None) -> list[tuple[float, str, str | None, str | None]]:
    taken = [mention.span for mention in find_dates(text, language, "2026-01-06")]
    return [(f.value, f.text, f.counted, f.unit) for f in find_figures(text, language, taken)]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("وتجاوزت 71 ألف شهيد و171 ألف جريح فلسطينيين", "ar",
         [(71000, "71 ألف", "شهيد", None), (171000, "171 ألف", "جريح", None)]),
        ("تناهز 10 ملايير درهم", "ar", [(10**10, "10 ملايير", None, "درهم")]),
        ("par 112 voix contre 80", "fr", [(112, "112", "voix", None)]),
        ("تتضمن 20 سؤالا، وخطة من 20 بندا", "ar", [(20, "20", "سؤالا", None), (20, "20", "بندا", None)]),
        ("بقيمة 5 مليارات دولار", "ar", [(5 * 10**9, "5 مليارات", None, "USD")]),
        ("بمليون دولار", "ar", [(10**6, "مليون", None, "USD")]),
        ("مليونين و500 ألف شخص", "ar", [(2500000, "مليونين و500 ألف", "شخص", None)]),
        ("مليون ونصف المليون لاجئ", "ar", [(1500000, "مليون ونصف المليون", "لاجئ", None)]),
        ("نصف مليون لاجئ", "ar", [(500000, "نصف مليون", "لاجئ", None)]),
        ("ألفي شخص", "ar", [(2000, "ألفي", "شخص", None)]),
        ("وثلاثة أشخاص", "ar", [(3, "ثلاثة", "أشخاص", None)]),
        ("خمسة وعشرين شخصا", "ar", [(25, "خمسة وعشرين", "شخصا", None)]),
        ("سقط قتيلان", "ar", [(2, "قتيلان", "قتيلان", None)]),
        ("٢٥٪ من السكان", "ar", [(25, "٢٥", None, "%")]),
        ("بنسبة 3,5 في المائة", "ar", [(3.5, "3,5", None, "%")]),
        ("على بعد 20 كيلومترا", "ar", [(20, "20", None, "km")]),
        ("قتل (17) شخصا", "ar", [(17, "17", "شخصا", None)]),
        ("خلال الـ12 عاما", "ar", [(12, "12", "عاما", None)]),
        ("1950 شخصا", "ar", [(1950, "1950", "شخصا", None)]),
        ("1.234.567 ليرة تركية", "ar", [(1234567, "1.234.567", None, "TRY")]),
        ("12,000 protesters marched", "en", [(12000, "12,000", "protesters", None)]),
        ("20 more people", "en", [(20, "20", "people", None)]),
        ("twenty-three Palestinian civilians", "en", [(23, "twenty-three", "Palestinian civilians", None)]),
        ("30 police officers", "en", [(30, "30", "police officers", None)]),
        ("a $5bn deal, £20m, US$ 50 billion", "en",
         [(5 * 10**9, "5bn", None, "USD"), (2 * 10**7, "20m", None, "GBP"), (5 * 10**10, "50 billion", None, "USD")]),
        ("two and a half million refugees", "en", [(2500000, "two and a half million", "refugees", None)]),
        ("half a million people", "en", [(500000, "half a million", "people", None)]),
        ("45% of 2,000 women", "en", [(45, "45", None, "%"), (2000, "2,000", "women", None)]),
        ("at 30°C over 5 km", "en", [(30, "30", None, "°C"), (5, "5", None, "km")]),
        ("10 crore people", "en", [(10**8, "10 crore", "people", None)]),
        ("3,2 Mio. Euro", "de", [(3200000, "3,2 Mio.", None, "EUR")]),
        ("12.000 Menschen und 20 israelische Geiseln", "de",
         [(12000, "12.000", "Menschen", None), (20, "20", "Geiseln", None)]),
        ("zwei Online-Vorträge", "de", [(2, "zwei", "Online-Vorträge", None)]),
        ("2 millions de personnes", "fr", [(2 * 10**6, "2 millions", "personnes", None)]),
        ("3 milliards d’euros", "fr", [(3 * 10**9, "3 milliards", None, "EUR")]),
        ("12 000 manifestants", "fr", [(12000, "12 000", "manifestants", None)]),
        ("3 mil millones de dólares", "es", [(3 * 10**9, "3 mil millones", None, "USD")]),
        ("três mil pessoas", "pt", [(3000, "três mil", "pessoas", None)]),
        ("5.000 persone", "it", [(5000, "5.000", "persone", None)]),
        ("yüzde 20, 3 bin 500 kişi", "tr", [(20, "20", None, "%"), (3500, "3 bin 500", "kişi", None)]),
        ("5 тыс. человек, 3,5 млрд рублей", "ru",
         [(5000, "5 тыс.", "человек", None), (35 * 10**8, "3,5 млрд", None, "RUB")]),
        ("۲۰ هزار نفر", "fa", [(20000, "۲۰ هزار", "نفر", None)]),
        ("5 लाख रुपये", "hi", [(500000, "5 लाख", None, "INR")]),
        ("3万5000人が死亡、1億2000万円", "ja",
         [(35000, "3万5000", "人", None), (12 * 10**7, "1億2000万", None, "JPY")]),
        ("50亿美元", "zh", [(5 * 10**9, "50亿", None, "USD")]),
        ("12만 명", "ko", [(120000, "12만", "명", None)]),
    ],
)  # fmt: skip
def test_figures(text: str, language: str, expected: list[tuple[float, str, str | None, str | None]]) -> None:
    assert found(text, language) == expected


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("two thirds of the residents", "en"),
        ("Zwei Drittel der Deutschen", "de"),
        ("deux tiers des députés", "fr"),
        ("القرار 2803 الصادر", "ar"),
        ("المادة 5 تنص", "ar"),
        ("وأصيب 20 بجروح", "ar"),
        ("الدورة الـ80 للجمعية", "ar"),
        ("الساعة 8 مساء", "ar"),
        ("لست أظنه", "ar"),
        ("في 29 سبتمبر 2025", "ar"),
        ("سلم اثنان أنفسهما", "ar"),
        ("COVID-19, F-16, G20, A320, H5N1, 4K", "en"),
        ("won 3-1 at 10:30, 5 p.m.", "en"),
        ("1st, 20th, the 20-year-old", "en"),
        ("Article 5 requires", "en"),
        ("in 2023 protests", "en"),
        ("Call 0532 123 45 67 or 15550100234 people", "en"),
        ("one person", "en"),
        ("iPhone 15 sales", "en"),
        ("1/2 and 192.168.0.1", "en"),
        ("تبلغ 78 مليار مليار برميل", "ar"),
        ("99 trillion trillion, 12,345,678,901,234,567,890 people", "en"),
        ("am 20. Tag um 20 Uhr", "de"),
        ("Mit dreißig hatte ich Kinder", "de"),
        ("la página 20 dice", "es"),
        ("第3回", "ja"),
    ],
)
def test_numbers_that_are_no_figures(text: str, language: str) -> None:
    assert found(text, language) == []


def test_nothing_is_found_in_what_is_taken() -> None:
    assert find_figures("20 people", "en", [(0, 2)]) == ()
    assert find_figures("20 people", "en", [(3, 9)]) != ()


@given(
    st.lists(
        st.one_of(
            st.sampled_from(["20", "1,000", "3.5", "$", "%", "million", "people", "ألف", "شخص", "و", "مليونين", "نصف",
                             "-", "(", ")", "and a half", "bn", "مليون", "three", "°", "万", "人", "1", "²"]),
            st.text(max_size=4),
        )
    ).map(" ".join),
    st.sampled_from(["ar", "en", "fr", "de", "es", "tr", "ru", "fa", "pt", "it", "zh", "ja", "ko", "xx", None]),
)  # fmt: skip
def test_spans_are_exact_ordered_and_apart(text: str, language: str | None) -> None:
    end = 0
    for figure in find_figures(text, language):
        assert figure.span[0] >= end
        assert text[figure.span[0] : figure.span[1]] == figure.text != ""
        assert figure.counted is None or figure.counted in text
        end = figure.span[1]


@pytest.mark.parametrize(
    "piece",
    ["1", "1.", "1,", "1 ", "123 ", "1-", "May ", "سبتمبر ", "three ", "and ", "و", "مليون ", "أ", "1万", "年", "("],
)
@pytest.mark.parametrize("language", ["ar", "en", "fr", "ja"])
def test_time_grows_with_the_length_only(piece: str, language: str) -> None:
    def seconds(length: int) -> float:
        text = (piece * length)[:length]
        begin = time.process_time()
        find_figures(text, language, [m.span for m in find_dates(text, language, "2026-01-06")])
        return time.process_time() - begin

    seconds(1000)
    assert seconds(40_000) < 5  # quadratic behaviour takes a minute here
