import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.reasons import Reason
from tests.support import pages
from transforms.errors import Rejected
from transforms.extraction.encoding import to_text

# Texts, and the encodings (WHATWG label, Python codec) that their languages are found in.
LEGACY = [
    (pages.ARABIC, [("windows-1256", "cp1256"), ("iso-8859-6", "iso8859_6")]),
    (
        pages.RUSSIAN,
        [("windows-1251", "cp1251"), ("koi8-r", "koi8_r"), ("iso-8859-5", "iso8859_5"), ("ibm866", "cp866")],
    ),
    (pages.UKRAINIAN, [("windows-1251", "cp1251"), ("koi8-u", "koi8_u")]),
    (pages.GREEK, [("iso-8859-7", "iso8859_7"), ("windows-1253", "cp1253")]),
    (pages.JAPANESE, [("shift_jis", "cp932"), ("euc-jp", "euc_jp"), ("iso-2022-jp", "iso2022_jp")]),
    (pages.CHINESE_SIMPLIFIED, [("gb18030", "gb18030"), ("gb2312", "gbk")]),
    (pages.CHINESE_TRADITIONAL, [("big5", "big5")]),
    (pages.KOREAN, [("euc-kr", "cp949")]),
    (pages.TURKISH, [("windows-1254", "cp1254"), ("iso-8859-9", "iso8859_9")]),
    (pages.HEBREW, [("windows-1255", "cp1255"), ("iso-8859-8", "iso8859_8")]),
    (pages.THAI, [("windows-874", "cp874"), ("tis-620", "tis_620")]),
    (pages.POLISH, [("windows-1250", "cp1250"), ("iso-8859-2", "iso8859_2")]),
    (pages.CZECH, [("windows-1250", "cp1250"), ("iso-8859-2", "iso8859_2")]),
    (pages.HUNGARIAN, [("windows-1250", "cp1250"), ("iso-8859-2", "iso8859_2")]),
    (pages.FRENCH, [("windows-1252", "cp1252")]),
    (pages.GERMAN, [("windows-1252", "cp1252"), ("iso-8859-1", "latin_1")]),
]
CASES = [
    pytest.param(text, label, codec, id=f"{label}-{text[:12]}")
    for texts, encodings in LEGACY
    for label, codec in encodings
    for text in texts
]
WRONG_LABELS = (
    "utf-8",
    "iso-8859-1",
    "windows-1256",
    "iso-8859-6",
    "windows-1251",
    "koi8-r",
    "shift_jis",
    "gb2312",
    "big5",
)
LATIN = {"windows-1250", "iso-8859-2", "windows-1254", "iso-8859-9", "windows-1252", "iso-8859-1"}
LATIN_CASES = [case for case in CASES if case.values[1] in LATIN]
WRONG_LATIN_LABELS = ("windows-1254", "windows-1257", "windows-1258", "iso-8859-3", "iso-8859-15")


def encoded(text: str, codec: str, charset: str | None = None) -> tuple[bytes, str]:
    """Return a page in `codec`, and the page as it must be read (without what the codec has no signs for)."""
    data = pages.page(text, charset).encode(codec, "ignore")
    return data, data.decode(codec)


@pytest.mark.parametrize(("text", "label", "codec"), CASES)
def test_reads_a_legacy_encoding_that_the_page_declares(text: str, label: str, codec: str) -> None:
    data, want = encoded(text, codec, label)
    assert to_text(data).text == want


@pytest.mark.parametrize(("text", "label", "codec"), CASES)
def test_reads_a_legacy_encoding_that_the_header_declares(text: str, label: str, codec: str) -> None:
    data, want = encoded(text, codec)
    assert to_text(data, content_type=f"text/html; charset={label}").text == want


@pytest.mark.parametrize(("text", "label", "codec"), CASES)
def test_reads_a_legacy_encoding_that_nothing_declares(text: str, label: str, codec: str) -> None:
    data, want = encoded(text, codec)
    assert to_text(data).text == want


@pytest.mark.parametrize(("text", "label", "codec"), CASES)
def test_reads_a_legacy_encoding_under_a_wrong_label(text: str, label: str, codec: str) -> None:
    for wrong in WRONG_LABELS:
        data, want = encoded(text, codec, wrong)
        assert to_text(data).text == want, wrong


@pytest.mark.parametrize(("text", "label", "codec"), LATIN_CASES)
def test_known_words_tell_latin_encodings_apart(text: str, label: str, codec: str) -> None:
    for wrong in WRONG_LATIN_LABELS:
        data, want = encoded(text, codec, wrong)
        assert to_text(data).text == want, wrong


@pytest.mark.parametrize("charset", [None, "utf-8", "windows-1256", "iso-8859-1", "utf-16"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_reads_unicode_whatever_the_label(charset: str | None, codec: str) -> None:
    for texts, _ in LEGACY:  # a label and a codec decide, whatever the text of a language
        page = pages.page(texts[0], charset)
        assert to_text(page.encode(codec)).text == page, texts[0][:20]


@pytest.mark.parametrize("text", [t for texts, _ in LEGACY[:-2] for t in texts])
@pytest.mark.parametrize("charset", [None, "utf-8", "windows-1256"])
def test_one_bad_byte_costs_one_character(text: str, charset: str | None) -> None:
    page = pages.page(text, charset).encode()
    start = page.index(text.encode())
    for place in range(start, start + 12):
        damaged = page[:place] + b"\xff" + page[place + 1 :]
        decoded = to_text(damaged)
        assert decoded.encoding == "utf-8"
        assert decoded.text.count("\ufffd") == decoded.repaired == 1
        assert decoded.text.replace("\ufffd", "")[-90:] == page.decode()[-90:]


@pytest.mark.parametrize("text", [t for texts, _ in LEGACY for t in texts])
def test_a_page_cut_within_a_character_loses_that_character(text: str) -> None:
    page = pages.page(text).encode()
    start = page.index(text.encode())
    for cut in range(start + 30, start + 36):
        decoded = to_text(page[:cut])
        assert decoded.encoding == "utf-8"
        assert decoded.text.removesuffix("\ufffd") == page[:cut].decode("utf-8", "ignore")


def test_replacement_characters_of_the_source_are_no_repair() -> None:
    assert to_text("un \ufffd caf\u00e9".encode()).repaired == 0


def test_smart_quotes_of_windows_in_an_english_page_that_says_utf8() -> None:
    data = b'<meta charset="utf-8"><p>It\x92s a \x93quoted\x94 word, and another one\x85</p>'
    assert "It’s a “quoted” word" in to_text(data).text


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3",
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        b"\xff\xd8\xff\xe0\x00\x10JFIF",
        gzip.compress(b"<p>text</p>", mtime=0),
        b"PK\x03\x04\x14\x00",
        bytes(range(256)) * 40,
        b"\x00" * 5000,
    ],
)
def test_rejects_what_is_no_text(data: bytes) -> None:
    with pytest.raises(Rejected) as caught:
        to_text(data)
    assert caught.value.reason is Reason.UNDECODABLE


@given(
    st.binary(max_size=400), st.sampled_from([None, "text/html; charset=big5", "text/html; charset=nonsense", ";;="])
)
def test_gives_text_or_rejects(data: bytes, content_type: str | None) -> None:
    try:
        decoded = to_text(data, content_type=content_type)
    except Rejected as rejected:
        assert rejected.reason is Reason.UNDECODABLE
    else:
        assert decoded == to_text(data, content_type=content_type)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=300))
def test_utf8_comes_back_as_it_was(text: str) -> None:
    assert to_text(text.encode(), html=False).text == text.removeprefix("\ufeff")


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        ("x-mac-cyrillic", "mac-cyrillic", "Городской совет проголосовал за открытие старой пристани."),
        ("windows-874", "cp874", "สภาเมืองลงมติเปิดท่าเรือเก่าอีกครั้งหลังจากสิบสองปี"),
        ("iso-8859-8-i", "iso-8859-8", "מועצת העיר הצביעה בעד פתיחת הנמל הישן מחדש."),
    ],
)
def test_labels_that_python_does_not_know_are_read(label: str, codec: str, text: str) -> None:
    page = f"<html><head><meta charset={label}></head><body><p>{text}</p></body></html>".encode(codec)
    assert text in to_text(page).text
    bare = (text * 3).encode(codec)
    assert to_text(bare, content_type=f'text/plain; charset="{label}"', html=False).text == text * 3
