"""`find_dates`: absolute, partial and relative dates in running text, and what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.dates.parsing import find_dates

PUBLISHED = "2026-01-06"  # a Tuesday


def found(text: str, language: str | None, published: str | None = PUBLISHED) -> list[tuple[str, str]]:
    return [(mention.date, mention.text) for mention in find_dates(text, language, published)]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("أعلن في 29 سبتمبر الماضي، خطة", "ar", [("2025-09-29", "29 سبتمبر الماضي")]),
        ("وفي 10 أكتوبر المنصرم دخلت", "ar", [("2025-10-10", "10 أكتوبر المنصرم")]),
        ("بدءا من 8 أكتوبر 2023، وتجاوزت", "ar", [("2023-10-08", "8 أكتوبر 2023")]),
        ("المحلية، الثلاثاء، أن", "ar", [("2026-01-06", "الثلاثاء")]),
        ("يوم الثلاثاء الماضي", "ar", [("2025-12-30", "الثلاثاء الماضي")]),
        ("الخميس المقبل", "ar", [("2026-01-08", "الخميس المقبل")]),
        ("أول من أمس الأحد", "ar", [("2026-01-04", "أول من أمس الأحد")]),
        ("اليوم (الاثنين)، قال", "ar", [("2026-01-05", "اليوم (الاثنين)")]),
        ("في كانون الأول الماضي", "ar", [("2025-12", "كانون الأول الماضي")]),
        ("منذ يوم الجمعة", "ar", [("2026-01-02", "الجمعة")]),
        ("6 يناير/ كانون الثاني 2025", "ar", [("2025-01-06", "6 يناير/ كانون الثاني 2025")]),
        ("في 29 سبتمبر من العام الماضي", "ar", [("2025-09-29", "29 سبتمبر من العام الماضي")]),
        ("خلال الشهر الماضي", "ar", [("2025-12", "الشهر الماضي")]),
        ("العام الماضي", "ar", [("2025", "العام الماضي")]),
        ("قبل ثلاثة أيام", "ar", [("2026-01-03", "قبل ثلاثة أيام")]),
        ("قبل عامين", "ar", [("2024", "قبل عامين")]),
        ("السابع من أكتوبر 2023", "ar", [("2023-10-07", "السابع من أكتوبر 2023")]),
        ("من 3 إلى 5 مايو 2024", "ar", [("2024-05-03", "3"), ("2024-05-05", "5 مايو 2024")]),
        ("بين عامي 2014 و2016", "ar", [("2014", "2014"), ("2016", "2016")]),
        ("عام ٢٠٢٣", "ar", [("2023", "٢٠٢٣")]),
        ("15 رمضان 1446هـ", "ar", [("2025-03-15", "15 رمضان 1446هـ")]),
        ("8/9/1436هـ", "ar", [("2015-06-25", "8/9/1436هـ")]),
        ("on October 7, Hamas", "en", [("2025-10-07", "October 7")]),
        ("on Tuesday, January 6, 2026", "en", [("2026-01-06", "Tuesday, January 6, 2026")]),
        ("last Tuesday", "en", [("2025-12-30", "last Tuesday")]),
        ("He will speak on Friday.", "en", [("2026-01-09", "Friday")]),
        ("3-5 May 2024", "en", [("2024-05-03", "3"), ("2024-05-05", "5 May 2024")]),
        ("January 3-5, 2024", "en", [("2024-01-03", "January 3"), ("2024-01-05", "5, 2024")]),
        ("30 December – 5 January 2024", "en", [("2023-12-30", "30 December"), ("2024-01-05", "5 January 2024")]),
        ("three days ago", "en", [("2026-01-03", "three days ago")]),
        ("two months ago", "en", [("2025-11", "two months ago")]),
        ("May last year", "en", [("2025-05", "May last year")]),
        ("in May", "en", [("2025-05", "May")]),
        ("next month", "en", [("2026-02", "next month")]),
        ("in 2019, he", "en", [("2019", "2019")]),
        ("the day before yesterday", "en", [("2026-01-04", "the day before yesterday")]),
        ("on 15 January", "en", [("2026-01-15", "15 January")]),
        ("le 3 mai", "fr", [("2025-05-03", "3 mai")]),
        ("mardi dernier", "fr", [("2025-12-30", "mardi dernier")]),
        ("il y a trois jours, hier", "fr", [("2026-01-03", "il y a trois jours"), ("2026-01-05", "hier")]),
        ("im Mai 2023", "de", [("2023-05", "Mai 2023")]),
        ("vor zwei Wochen", "de", [("2025-12-23", "vor zwei Wochen")]),
        ("am kommenden Dienstag", "de", [("2026-01-13", "kommenden Dienstag")]),
        ("ayer, el martes pasado", "es", [("2026-01-05", "ayer"), ("2025-12-30", "martes pasado")]),
        ("hace tres años", "es", [("2023", "hace tres años")]),
        ("dün, geçen Salı", "tr", [("2026-01-05", "dün"), ("2025-12-30", "geçen Salı")]),
        ("2023 yılında", "tr", [("2023", "2023")]),
        ("вчера, 29 сентября", "ru", [("2026-01-05", "вчера"), ("2025-09-29", "29 сентября")]),
        ("в январе 2025 года", "ru", [("2025-01", "январе 2025")]),
        ("دیروز و ۱۶ دی ۱۴۰۴", "fa", [("2026-01-05", "دیروز"), ("2026-01-06", "۱۶ دی ۱۴۰۴")]),
        ("na segunda-feira", "pt", [("2026-01-05", "segunda-feira")]),
        ("tre giorni fa, ieri", "it", [("2026-01-03", "tre giorni fa"), ("2026-01-05", "ieri")]),
        ("昨天，上周二", "zh", [("2026-01-05", "昨天"), ("2025-12-30", "上周二")]),
        ("去年10月", "zh", [("2025-10", "去年10月")]),
        ("昨日、10月7日、2019年", "ja", [("2026-01-05", "昨日"), ("2025-10-07", "10月7日"), ("2019", "2019年")]),
        ("어제, 2025년 10월 7일", "ko", [("2026-01-05", "어제"), ("2025-10-07", "2025년 10월 7일")]),
        ("6 stycznia 2025", "pl", [("2025-01-06", "6 stycznia 2025")]),
        ("6 มกราคม 2568", "th", [("2025-01-06", "6 มกราคม 2568")]),
    ],
)
def test_dates_are_found_and_resolved(text: str, language: str, expected: list[tuple[str, str]]) -> None:
    assert found(text, language) == expected


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("اليوم التالي", "ar"),
        ("حتى اليوم", "ar"),
        ("قبل يومين من الانتخابات", "ar"),
        ("الأسبوع الماضي", "ar"),
        ("1950 شخصا", "ar"),
        ("عام 1436", "ar"),
        ("it may rain, they march on", "en"),
        ("until today", "en"),
        ("last week", "en"),
        ("the 1990s", "en"),
        ("in 2000 villages", "en"),
        ("1,950 people", "en"),
        ("on 9/11/2001", "en"),
        ("31 February 2024", "en"),
        ("in March", "en"),
        ("am Morgen", "de"),
        ("por la mañana", "es"),
        ("le Mars de la presse", "fr"),
        ("می گوید", "fa"),
        ("سه ماه گذشته", "fa"),
        ("سال ۱۴۰۴", "fa"),
        ("6日間", "ja"),
    ],
)
def test_what_is_no_date_or_not_certain_is_left_out(text: str, language: str) -> None:
    assert found(text, language) == []


@pytest.mark.parametrize("published", [None, "2026", "2026-01"])
def test_without_a_day_of_publication_only_absolute_dates_are_given(published: str | None) -> None:
    text = "yesterday, on Tuesday, 29 September, last year, in May, on 8 October 2023 and in 2019"
    assert found(text, "en", published) == [("2023-10-08", "8 October 2023"), ("2019", "2019")]


def test_a_time_of_publication_counts_by_its_day() -> None:
    assert found("yesterday", "en", "2026-01-06T08:30:00Z") == [("2026-01-05", "yesterday")]


@given(
    st.lists(
        st.one_of(
            st.sampled_from(["29", "2019", "سبتمبر", "الماضي", "و", "May", "last", "Tuesday", "-", "ago", "three",
                             "days", "قبل", "عام", ",", "(", ")", "أمس", "6日", "昨日", "year", "of", "الثلاثاء",
                             "1/2/2020"]),
            st.text(max_size=4),
        )
    ).map(" ".join),
    st.sampled_from(["ar", "en", "fr", "de", "es", "tr", "ru", "fa", "pt", "it", "zh", "ja", "ko", "xx", None]),
    st.sampled_from([None, "2026-01-06", "0001-01-01", "9999-12-31"]),
)  # fmt: skip
def test_spans_are_exact_ordered_and_apart(text: str, language: str | None, published: str | None) -> None:
    end = 0
    for mention in find_dates(text, language, published):
        assert mention.span[0] >= end
        assert text[mention.span[0] : mention.span[1]] == mention.text != ""
        assert len(mention.date) == {"day": 10, "month": 7, "year": 4}[mention.precision]
        end = mention.span[1]
