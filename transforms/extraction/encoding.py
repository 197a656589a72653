"""Bytes to text: one order of evidence, and repair of what is damaged instead of a page of garbage.

The order is: byte order mark; UTF-16 that shows by its NULs; valid UTF-8; UTF-8 with isolated damage; the encoding that
the transport or the page declares, where the text it gives is plausible; a statistical detector (uchardet). Between
Latin encodings known words decide. Labels are read as browsers read them (WHATWG: ``iso-8859-1`` is windows-1252,
``gb2312`` is GB18030, …).
"""

import codecs
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Final

import cchardet
import webencodings
from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding

from schemas.reasons import Reason, Stage
from transforms.errors import Rejected
from transforms.text.language import known_words


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, the WHATWG name of the encoding it was read in, and how many damaged places U+FFFD replaces."""

    text: str
    encoding: str
    repaired: int


_MAGIC: Final = (
    (b"%PDF-", "a PDF"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"RIFF", "a RIFF container (WebP, WAV, AVI)"),
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xfd7zXZ", "xz"),
    (b"BZh9", "bzip2"),
    (b"PK\x03\x04", "a ZIP container (Office, EPUB)"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"\x7fELF", "a program"),
    (b"OggS", "Ogg media"),
    (b"ID3", "MP3 audio"),
    (b"\x00\x00\x00\x1cftyp", "MP4 media"),
    (b"\x00\x00\x00 ftyp", "MP4 media"),
    (b"wOFF", "a font"),
    (b"wOF2", "a font"),
)
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8", "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "utf-32le"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "utf-32be"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16le"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16be"),
)
# Where Python's codec of a WHATWG encoding is narrower than the encoding, a wider one.
_CODECS: Final = {
    "shift_jis": "cp932",
    "euc-kr": "cp949",
    "big5": "big5hkscs",
    "gbk": "gb18030",
    "iso-8859-8-i": "iso-8859-8",
    "windows-874": "cp874",
    "macintosh": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "iso-2022-jp": "iso2022_jp_ext",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "koi8-r": "koi8-u",  # differs only in box drawing, which news does not use, and in the letters of Ukrainian
}
_SAMPLE: Final = 1 << 16
_META_WITHIN: Final = 1 << 14
_CHARSET: Final = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_META: Final = re.compile(rb"<meta\s[^<>]{0,300}?charset\s*=\s*[\"']?\s*([a-zA-Z0-9_.:-]{1,40})", re.IGNORECASE)
_TAGS: Final = re.compile(rb"<[^<>]*>")
_SPACES: Final = re.compile(rb"[\x00-\x20]+")
_CONTROLS: Final = bytes(set(range(0x20)) - set(b"\t\n\r\f\v\x1b")) + b"\x7f"
_ESCAPED_JAPANESE: Final = re.compile(rb"\x1b(?:\$[@B]|\$\([A-Z]|\([IJ])")
_NO_START: Final = frozenset([*range(0x80, 0xC2), *range(0xF5, 0x100)])
"""Bytes that no character of UTF-8 begins with."""
_REPAIR: Final = "khabar_repair"


def to_text(data: bytes, *, content_type: str | None = None, encoding: str | None = None, html: bool = True) -> Decoded:
    """Return `data` decoded; only what is damaged becomes U+FFFD.

    `content_type` is the transport's header, `encoding` a label that the producer gives; both may be wrong. `html`
    lets a meta element or an XML declaration speak.

    Raises:
        Rejected: `undecodable`, when the bytes are no text.
    """
    for magic, name in _MAGIC:
        if data.startswith(magic):
            raise Rejected(Stage.EXTRACT, Reason.UNDECODABLE, f"the body is {name}, not text")
    for mark, codec, name in _MARKS:
        if data.startswith(mark):
            return _decoded(data[len(mark) :], codec, name)
    if wide := _utf16_by_nuls(data[:_SAMPLE]):
        return _decoded(data, wide, wide.replace("16-", "16"))
    _reject_binary(data[:_SAMPLE])
    if data.isascii():
        if _ESCAPED_JAPANESE.search(data[: _SAMPLE * 4]):
            return _decoded(data, _CODECS["iso-2022-jp"], "iso-2022-jp")
        return Decoded(data.decode("ascii"), "utf-8", 0)
    declared = _declared(data, content_type, encoding, html)
    if decoded := _as_utf8(data, declared):
        return decoded
    sample = _sample(data, html)
    name = _latin(sample, _legacy(sample, [label for label in declared if label != "utf-8"]))
    return _decoded(data, _CODECS.get(name, name), name)


def codec_of(name: str) -> str:
    """Return Python's codec for an encoding by its WHATWG name."""
    return _CODECS.get(name, name)


def _decoded(data: bytes, codec: str, name: str) -> Decoded:
    text = data.decode(codec, "replace")
    return Decoded(text, name, text.count("\ufffd"))


def _utf16_by_nuls(sample: bytes) -> str | None:
    """Return the byte order of UTF-16 without a mark: the ASCII in it leaves NULs at every other place."""
    half = len(sample) // 2
    if half < 2:
        return None
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if max(even, odd) < 0.1 * half or min(even, odd) > 0.1 * max(even, odd):
        return None
    return "utf-16-be" if even > odd else "utf-16-le"


def _reject_binary(sample: bytes) -> None:
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if controls > 8 and controls > 0.02 * len(sample):
        share = controls / len(sample)
        raise Rejected(Stage.EXTRACT, Reason.UNDECODABLE, f"the body is binary: {share:.0%} control characters")


def _declared(data: bytes, content_type: str | None, encoding: str | None, html: bool) -> list[str]:
    """Return the declared encodings, the transport's first, without repetition."""
    labels = [encoding]
    if content_type:
        labels += [http_content_type_encoding(content_type), *_CHARSET.findall(content_type)]
    if html:
        # The library knows only the labels that Python has a codec for.
        found = _META.search(data[:_META_WITHIN])
        labels += [html_body_declared_encoding(data[:_META_WITHIN]), found[1].decode("ascii") if found else None]
    known = (webencodings.lookup(label.strip()) for label in labels if label)
    names = (found.name for found in known if found is not None)
    # A page whose label could be read byte by byte is not in UTF-16, whatever it says (as in the HTML standard).
    return list(dict.fromkeys("utf-8" if name.startswith("utf-16") else name for name in names))


def _repair(error: UnicodeError) -> tuple[str, int]:
    """Replace a damaged character as a whole: the byte in error and what it leaves of a character of four bytes."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    end = error.end
    while end < len(error.object) and end < error.start + 4 and error.object[end] in _NO_START:
        end += 1
    return "\ufffd", end


codecs.register_error(_REPAIR, _repair)


def _as_utf8(data: bytes, declared: list[str]) -> Decoded | None:
    """Return `data` as UTF-8, whole or with isolated damage; None when it is something else."""
    try:
        return Decoded(data.decode("utf-8"), "utf-8", 0)
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
    own = data.count(b"\xef\xbf\xbd")
    damaged = text.count("\ufffd") - own
    sound = len(text) - len(text.encode("ascii", "ignore")) - damaged - own
    cut_off = damaged == 1 and text.endswith("\ufffd")
    needed = 1 if "utf-8" in declared else 4
    if not cut_off and sound < needed * damaged:
        return None
    text = data.decode("utf-8", _REPAIR)
    return Decoded(text, "utf-8", text.count("\ufffd") - own)


# What most pages in Western languages say, and what servers say by default of pages that are something else.
_DEFAULT: Final = "windows-1252"
_WESTERN: Final = frozenset({"windows-1252", "iso-8859-15", "macintosh"})
_ENOUGH: Final = 30
"""Bytes above ASCII from which the detector is believed against a default label."""
_MARGIN: Final = 0.05
"""Oddity by which another encoding must be better than a declared one."""


def _sample(data: bytes, html: bool) -> bytes:
    """Return the beginning of the text in `data`, without the tags that would water down its statistics."""
    text = _TAGS.sub(b" ", data[: 16 * _SAMPLE]) if html else data[: 2 * _SAMPLE]
    return _SPACES.sub(b" ", text)[:_SAMPLE]


def _legacy(sample: bytes, declared: list[str]) -> str:
    """Return the single- or double-byte encoding of `sample`: the first candidate that no other beats clearly."""
    detected = _detected(sample)
    high = len(sample) - len(sample.decode("ascii", "ignore"))
    candidates = [name for name in declared if name != _DEFAULT]
    if detected and (high >= _ENOUGH or not declared) and not (_DEFAULT in declared and detected in _WESTERN):
        candidates.append(detected)
    candidates.append(_DEFAULT)
    oddities = {name: _oddity(sample, name) for name in candidates}
    limit = min(oddities.values()) + _MARGIN
    return next(name for name, oddity in oddities.items() if oddity <= limit)


# The Latin encodings that news is found in, and all that a label can name.
_LATIN: Final = ("windows-1252", "windows-1250", "iso-8859-2", "windows-1254", "windows-1257")
_ALL_LATIN: Final = frozenset(
    {*_LATIN, *(f"iso-8859-{part}" for part in (3, 4, 10, 13, 14, 15, 16)), "windows-1258", "macintosh"}
)
_WORDS: Final = re.compile(r"[^\W\d_]{3,30}")
_MORE_WORDS: Final = (2, 1.2)
"""By how many known words, and how many times as many, another Latin encoding must be better."""


def _latin(sample: bytes, name: str) -> str:
    """Return `name`, or the Latin encoding in which `sample` has clearly more words of one language.

    Latin encodings differ in letters that are all plausible: only words tell a Turkish "ş" from a Polish "ţ".
    """
    detected = _detected(sample)
    if name not in _ALL_LATIN or name == detected or {name, detected} <= _WESTERN:
        return name
    known = {other: _known_words(sample, other) for other in dict.fromkeys((name, *_LATIN))}
    best = max(known, key=lambda other: known[other])
    more, times = _MORE_WORDS
    return best if known[best] >= max(known[name] + more, times * known[name]) else name


def _known_words(sample: bytes, name: str) -> int:
    text = sample.decode(_CODECS.get(name, name), "replace")[: _SAMPLE // 4].lower().replace("i\u0307", "i")
    return known_words({word for word in _WORDS.findall(text) if not word.isascii()}, "Latn")


def _detected(sample: bytes) -> str | None:
    found = cchardet.detect(sample)
    label = found["encoding"]
    if not label or (found["confidence"] or 0) < 0.3:
        return None
    known = webencodings.lookup({"UHC": "euc-kr", "ISO-8859-11": "tis-620"}.get(label, label))
    return known.name if known is not None and not known.name.startswith("utf") else None


# The letters that make up most of any text in a script; text read in the wrong encoding consists of others.
_COMMON: Final = {
    "ARABIC": frozenset("اليمونرتبةعدسفهكقأح"),
    "CYRILLIC": frozenset("оеаинтсрвлкмдпуіяыьз"),
    "GREEK": frozenset("αοιετσνηυρπκμλςίόά"),
    "HEBREW": frozenset("יוהלאתרבמשנכ"),
    "HAN": frozenset(
        "的一是不了在人有我他这這个個们們中来來上大为為和国國地到以说說时時要就出会會可也你对對生能而子那得于於着著下自之年过過发發后後作里"
        "用道行所然家种種事成方多经經么麼去法学學如都同现現当當没沒动動面起看定天分还還进進好小部其些主样樣理心她本前开開但因只从從想实實日者"
        "新市月長高力問関係東京会社部表記報警察府県区"
    ),
}
_CHINESE: Final = frozenset({"gb18030", "gbk", "big5"})
_RARE: Final = {"ARABIC": 0.15, "CYRILLIC": 0.25, "GREEK": 0.25, "HEBREW": 0.35, "HAN": 0.9}
"""Share of other letters that the languages of a script have anyway."""


@cache
def _kind(character: str) -> str:
    """Return the script of a letter, a class of signs that are odd within words, or an empty string."""
    category = unicodedata.category(character)
    if character == "\ufffd" or category in {"Cc", "Co", "Cn"}:
        return "broken"
    name = unicodedata.name(character, "")
    if category in {"Lo", "Ll", "Lu", "Lm", "Mn"}:
        if name.startswith("HALFWIDTH"):
            return "broken"
        script = name.split(" ", 1)[0]
        return {"CJK": "HAN", "KATAKANA": "HIRAGANA", "KATAKANA-HIRAGANA": "HIRAGANA"}.get(script, script)
    return "sign" if category in {"Sc", "So", "Sm", "No", "Po", "Pi", "Pf"} and character > "\x7f" else ""


def _oddity(sample: bytes, name: str) -> float:
    """Return how unlike written language `sample` is in the encoding `name`: odd events by letter beyond ASCII."""
    text = sample.decode(_CODECS.get(name, name), "replace")[: _SAMPLE // 4]
    letters = odd = upper = 0.0
    scripts: Counter[str] = Counter()
    common: Counter[str] = Counter()
    before, before_kind, run = " ", "", 0
    for character in text:
        kind = _kind(character)
        foreign = character > "\x7f"
        run = run + 1 if foreign and kind == "LATIN" else 0
        if kind == "broken":
            odd += 2 * foreign
        elif kind == "sign":
            odd += 0.5 * (before_kind not in {"", "sign", "broken"} and character not in "·’")
        elif kind and (foreign or before > "\x7f"):
            mixed = before_kind not in {"", "sign", "broken", kind} and {kind, before_kind} != {"HAN", "HIRAGANA"}
            odd += mixed or run > 2 or (before.islower() and character.isupper())
        if foreign and kind not in {"", "sign", "broken"}:
            letters += 1
            upper += character.isupper()
            scripts[kind] += 1
            common[kind] += character.lower() in _COMMON.get(kind, "")
        before, before_kind = character, kind
    if not letters:
        return odd
    if name in _CHINESE and scripts["HIRAGANA"] > 0.1 * letters:
        return 1.0 + odd / letters  # Chinese encodings have kana too, but no text in them is Japanese.
    script, count = scripts.most_common(1)[0]
    rare = max(0.0, 1 - common[script] / count - _RARE[script]) if script in _COMMON else 0.0
    shouted = max(0.0, upper / letters - 0.5)
    return odd / letters + (4 * rare if script == "HAN" else rare) + shouted
