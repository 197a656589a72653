"""`parse_date` and `date_in_url`: every form of metadata, and what must not be read into it."""

from pathlib import Path

import pytest
from babel import localedata
from hypothesis import given
from hypothesis import strategies as st

from transforms.dates.names import lexicon
from transforms.dates.parsing import date_in_url, parse_date, plausible

DAY = "2026-01-06"


@pytest.mark.parametrize(
    ("value", "expected", "precision"),
    [
        ("2026-01-06T08:30:00+03:00", "2026-01-06T05:30:00Z", "second"),
        ("2026-01-06T08:30:00Z", "2026-01-06T08:30:00Z", "second"),
        ("2026-01-06T08:30Z", "2026-01-06T08:30:00Z", "minute"),
        ("2026-01-06T08:30:00.123456Z", "2026-01-06T08:30:00Z", "second"),
        ("20260106T083000Z", "2026-01-06T08:30:00Z", "second"),
        ("2020-05-05T10:00:00-0500", "2020-05-05T15:00:00Z", "second"),
        ("2026-01-06T08:30:00 EST", "2026-01-06T13:30:00Z", "second"),
        ("1767688200", "2026-01-06T08:30:00Z", "second"),
        ("1767688200000", "2026-01-06T08:30:00Z", "second"),
        ("Tue, 06 Jan 2026 08:30:00 +0100", "2026-01-06T07:30:00Z", "second"),
        ("Tue, 06 Jan 2026 08:30:00 GMT", "2026-01-06T08:30:00Z", "second"),
        ("Tue Jan 06 2026 08:30:00 GMT+0100 (CET)", "2026-01-06T07:30:00Z", "second"),
        ("Jan. 6, 2026 8:30 a.m. ET", "2026-01-06T13:30:00Z", "minute"),
        ("July 6, 2025 8:30 a.m. ET", "2025-07-06T12:30:00Z", "minute"),
        ("Published 3:30 PM EST, Wed January 6, 2021", "2021-01-06T20:30:00Z", "minute"),
        ("6 января 2026 г., 12:00 МСК", "2026-01-06T09:00:00Z", "minute"),
        ("الثلاثاء 6 يناير 2026 - 08:30 بتوقيت غرينتش", "2026-01-06T08:30:00Z", "minute"),
        ("2026-01", "2026-01", "month"),
        ("Jan 2026", "2026-01", "month"),
        ("2026", "2026", "year"),
    ],
)
def test_values_cut_to_their_precision(value: str, expected: str, precision: str) -> None:
    parsed = parse_date(value)
    assert parsed is not None
    assert (parsed.value, parsed.precision) == (expected, precision)


@pytest.mark.parametrize(
    ("value", "language"),
    [
        ("20260106", None),
        ("2026-W02-2", None),
        ("2026-006", None),
        ("2026-1-6", None),
        ("2026/01/06 08:30", None),
        ("06.01.2026, 14:30 Uhr", "de"),
        ("06.01.26", "de"),
        ("6 janvier 2026", None),
        ("mar. 6 janv. 2026", None),
        ("6. Januar 2026", None),
        ("6. Jänner 2026", "de-AT"),
        ("6 de enero de 2026", None),
        ("6 Ocak 2026", None),
        ("6-Jan-2026", None),
        ("January 6th, 2026", None),
        ("6 stycznia 2026", "pl"),
        ("6. siječnja 2026.", "hr"),
        ("6. tammikuuta 2026", "fi"),
        ("2026. január 6.", "hu"),
        ("2026 m. sausio 6 d.", "lt"),
        ("6 Ιανουαρίου 2026", "el"),
        ("ngày 6 tháng 1 năm 2026", "vi"),
        ("2026年1月6日", None),
        ("二〇二六年一月六日", "zh"),
        ("民國115年1月6日", None),
        ("令和8年1月6日", None),
        ("2026년 1월 6일", None),
        ("6 มกราคม 2569", None),
        ("6 ม.ค. 2569", "th"),
        ("๖ มกราคม ๒๕๖๙", None),
        ("6/1/2569", "th"),
        ("६ जनवरी २०२६", None),
        ("৬ জানুয়ারি ২০২৬", None),
        ("6 בינואר 2026", "he"),
        ("٦ يناير ٢٠٢٦", None),
        ("6 كانون الثاني 2026", None),
        ("6 جانفي 2026", None),
        ("6 يناير/ كانون الثاني 2026", None),
        ("6 يناير (كانون الثاني) 2026", "ar"),
        ("السادس من يناير 2026", "ar"),
        ("17 رجب 1447", None),
        ("17 رجب 1447 هـ", "ar"),
        ("1447/07/17 هـ", None),
        ("۱۶ دی ۱۴۰۴", None),
        ("۱۴۰۴/۱۰/۱۶", None),
        ("1404/10/16", "fa"),
    ],
)
def test_languages_and_calendars(value: str, language: str | None) -> None:
    parsed = parse_date(value, language=language)
    assert parsed is not None
    assert (parsed.value, parsed.precision, parsed.day) == (DAY, "day", DAY)


@pytest.mark.parametrize(
    ("value", "language", "day_first", "expected"),
    [
        ("03/04/2026", None, None, "2026"),
        ("03/04/2026", "en", None, "2026"),
        ("03/04/2026", "en-US", None, "2026-03-04"),
        ("03/04/2026", "en-GB", None, "2026-04-03"),
        ("03/04/2026", "fr", None, "2026-04-03"),
        ("03/04/2026", "fr", False, "2026-03-04"),
        ("03.04.2026", None, None, "2026-04-03"),
        ("13/04/2026", None, None, "2026-04-13"),
        ("04/13/2026", "de", None, "2026-04-13"),
        ("04/04/2026", None, None, "2026-04-04"),
    ],
)
def test_order_of_day_and_month(value: str, language: str | None, day_first: bool | None, expected: str) -> None:
    parsed = parse_date(value, language=language, day_first=day_first)
    assert parsed is not None
    assert parsed.value == expected


@pytest.mark.parametrize(
    "value",
    ["", "yesterday", "2 hours ago", "31 February 2026", "2026-02-30", "2026-13-01", "6 Xyzember 2026", "1/6/26",
     "123456", "99999999999", "6 January", "2026-W54-1", "2025-366", "version 2.0.1", "31 رمضان 1445 هـ"],
)  # fmt: skip
def test_nothing_is_invented(value: str) -> None:
    assert parse_date(value) is None
    assert parse_date(value, language="ar") is None


def test_names_that_differ_between_languages_need_the_language() -> None:
    assert parse_date("5. listopadu 2020") is None
    czech, croatian = parse_date("5. listopad 2020", language="cs"), parse_date("5. listopad 2020", language="hr")
    assert czech is not None
    assert croatian is not None
    assert (czech.value, croatian.value) == ("2020-11-05", "2020-10-05")


@pytest.mark.parametrize("value", ["2026-01-06 23:30:00", "06 January 2026 | 11:30 PM", "06.01.2026, 23:30 Uhr"])
def test_a_time_without_zone_leaves_the_day(value: str) -> None:
    parsed = parse_date(value)
    assert parsed is not None
    assert (parsed.value, parsed.precision) == (DAY, "day")


def test_the_day_as_written_survives_the_conversion_to_utc() -> None:
    parsed = parse_date("2026-01-06T00:30:00+03:00")
    assert parsed is not None
    assert (parsed.value, parsed.day) == ("2026-01-05T21:30:00Z", DAY)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/2026/01/06/story", "2026-01-06"),
        ("https://example.org/2026/jan/06/story", "2026-01-06"),
        ("https://example.org/world-20260106", "2026-01-06"),
        ("https://example.org/news/2026-01-06-story.html", "2026-01-06"),
        ("https://example.org/20260106/t20260106_1.html", "2026-01-06"),
        ("https://example.org/news/29-10-2026", "2026-10-29"),
        ("https://example.org/news/10-29-2026.html", "2026-10-29"),
        ("https://example.org/news/06-01-2026", None),
        ("https://example.org/2026/01/story", "2026-01"),
        ("https://example.org/review-of-2026-july-show", None),
        ("https://example.org/2026/story", None),
        ("https://example.org/story/201512345", None),
        ("https://example.org/2026/13/06/", None),
        ("https://example.org/2026/01/06/about-2025/12/31/", None),
        ("https://2026-01-06.example.org/story", None),
    ],
)
def test_date_in_url(url: str, expected: str | None) -> None:
    parsed = date_in_url(url)
    assert (parsed.value if parsed else None) == expected


def test_plausible() -> None:
    assert plausible("2026-01-06", latest="2026-01-07T00:00:00Z")
    assert plausible("2026", latest="2026-01-07")
    assert not plausible("2027-01", latest="2026-01-07")
    assert not plausible("1970-01-01", latest="2026-01-07")


@given(st.text(alphabet=st.one_of(st.sampled_from("0123456789-/.: TZ年月日janurywe٠١٢ينا"), st.characters())))
def test_never_raises(value: str) -> None:
    parsed = parse_date(value)
    assert parsed is None or parsed.value[:4].isdecimal()


@pytest.mark.parametrize("piece", ["1", "1.", "1/", "January ", "2026-01-", "١", "年", "1月"])
def test_hostile_length_is_read_in_no_time(piece: str) -> None:
    parse_date(piece * 1_000_000)
    date_in_url("https://example.org/" + piece * 1_000_000)


def test_a_language_has_the_same_names_whatever_was_read_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Babel gives a locale without names of its own those of the locale that was read before it."""
    found = []
    for before in ("de", "az"):
        monkeypatch.setenv("KHABAR_CACHE", str(tmp_path / before))
        lexicon.cache_clear()
        localedata._cache.clear()  # as in a new process
        for language in (before, "dv"):
            lexicon(language)
        found.append({path.name: path.read_bytes() for path in (tmp_path / before).glob("dates-dv-*")})
    lexicon.cache_clear()
    assert len(found[0]) == 1
    assert found[0] == found[1]
