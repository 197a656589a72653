"""Mutated files of every kind, and what must hold of any of them; for tests and `benchmarks.fuzz`."""

import bz2
import gzip
import html
import io
import lzma
import re
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Final

import lz4.frame
import orjson
import pyarrow as pa
import pyarrow.parquet
import zstandard

from pipeline.items import Gap
from pipeline.sources.reader import FileReader
from schemas.codec import encode
from schemas.jsonschema import validate
from schemas.reasons import Reason
from schemas.records import Article, FileProvenance
from transforms.decode import decode
from transforms.enrich import enrich_and_sketch
from transforms.errors import Rejected, failed_parts
from transforms.extract import extract

NOWHERE: Final = FileProvenance(path="", record=0, content_sha256="", pipeline_version="")
_PROSE: Final = (
    "The minister said on 6 January 2026 in Paris that twenty-one people had been brought home. “We are glad,” "
    "President Maria Keller told reporters. It cost €3.5 million, two thirds more than last year.",
    "أعلنت وزيرة الصحة التونسية سعاد المرزوقي، الخميس، وصول 250 ألف جرعة لقاح إلى مطار قرطاج. وقالت: «سنبدأ غدا».",
    "俄罗斯总统1月4日在莫斯科表示：“我们将投资3亿日元。”东京の新聞は三十五人が死亡したと伝えた。",
)
_NODE: Final = {
    "@context": "https://schema.org",
    "@type": "NewsArticle",
    "headline": "Brought home",
    "datePublished": "2026-01-06T08:30:00+01:00",
    "author": [{"@type": "Person", "name": "Ida Marsh"}],
    "image": {"url": "/a.jpg"},
    "articleBody": "<p>" + "</p><p>".join(_PROSE) + "</p>",
    "publisher": {"name": "The River Post"},
}
PAGE: Final = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Brought home - The River Post</title>'
    '<meta property="og:title" content="Brought home"><meta name="author" content="Ida Marsh">'
    '<link rel="canonical" href="https://example.com/2026/01/06/home">'
    '<meta property="og:image" content="https://a.b/c.jpg">'
    f'<script type="application/ld+json">{orjson.dumps(_NODE).decode()}</script></head><body>'
    '<nav><a href="/">Home</a></nav>'
    '<form><p class="search">x</p></form><article><h1>Brought home</h1><p class="byline">By Ida Marsh</p>'
    '<time datetime="2026-01-06T08:30:00+01:00">6 January 2026</time>'
    + "".join(f"<p>{text}</p>" for text in _PROSE * 2)
    + "<table><tr><td>1,000</td><td>km</td></tr></table><ul><li>one<li>two</ul><blockquote>«Quoted»</blockquote>"
    "</article><aside class=related><a href=/b>More</a></aside><footer>© 2026</footer></body></html>"
)
_RSS: Final = (
    '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Post</title><link>https://example.com/</link>'
    + "".join(
        f"<item><title>Item {n}</title><link>/{n}</link><guid>g{n}</guid><dc:creator>Ida</dc:creator>"
        f"<pubDate>Tue, 06 Jan 2026 0{n}:51:32 +0300</pubDate>"
        f"<description>{html.escape(_PROSE[0])}</description></item>"
        for n in range(3)
    )
    + "</channel></rss>"
)
_ATOM: Final = (
    '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://example.com/"><title>Post</title>'
    '<entry><id>tag:1</id><title>One</title><link href="one"/><updated>2026-01-02T03:04:05Z</updated>'
    f'<author><name>Ida</name></author><content type="html">&lt;p&gt;{_PROSE[0]}&lt;/p&gt;</content></entry></feed>'
)
_LINES: Final = b"".join(
    orjson.dumps({"id": str(n), "text": text, "title": f"T{n}"}) + b"\n" for n, text in enumerate(_PROSE)
)


def _warc() -> bytes:
    body = PAGE.encode()
    found = b""
    for number, (encoding, packed) in enumerate(
        [(b"", body), (b"gzip", gzip.compress(body, mtime=0)), (b"", b"no page")]
    ):
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
        block = head + (b"Content-Encoding: " + encoding + b"\r\n" if encoding else b"") + b"\r\n" + packed
        found += b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://example.com/%d\r\n" % number
        found += (
            b"WARC-Date: 2026-01-06T00:00:00Z\r\nContent-Type: application/http\r\nContent-Length: %d\r\n\r\n"
            % len(block)
        )
        found += block + b"\r\n\r\n"
    return found


def _arc() -> bytes:
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGE.encode()
    line = b"https://example.com/%d 1.2.3.4 20260106000000 text/html %d\n"
    return b"".join(line % (n, len(block)) + block + b"\n" for n in range(2))


def _tar() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, data in (("a/page.html", PAGE.encode()), ("lines.jsonl", _LINES), ("long" * 40 + ".txt", b"text")):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return file.getvalue()


def _zip(compression: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in (("a/page.html", PAGE), ("lines.jsonl", _LINES)):
            archive.writestr(zipfile.ZipInfo(name), data, compression)
    return file.getvalue()


def _parquet() -> bytes:
    file = io.BytesIO()
    columns = {
        "text": list(_PROSE),
        "title": ["a", "b", "c"],
        "published_at": pa.array([0, 1, 2], type=pa.timestamp("us", "UTC")),
    }
    pa.parquet.write_table(pa.table(columns), file, row_group_size=2)
    return file.getvalue()


def _csv(encoding: str) -> bytes:
    rows = "".join(f'"T{n}","{text.replace(chr(34), chr(34) * 2)}"\r\n' for n, text in enumerate(_PROSE))
    return f"title,text\r\n{rows}".encode(encoding, "replace")


FILES: Final[dict[str, Callable[[], bytes]]] = {
    "page.html": PAGE.encode,
    "page-16.html": lambda: PAGE.encode("utf-16"),
    "page-1256.html": lambda: PAGE.replace("utf-8", "windows-1256").encode("windows-1256", "xmlcharrefreplace"),
    "text.txt": "\n\n".join(_PROSE).encode,
    "lines.jsonl": lambda: _LINES,
    "array.json": lambda: b"[" + _LINES.replace(b"\n", b",")[:-1] + b"]",
    "lines.jsonl.gz": lambda: gzip.compress(_LINES, mtime=0) * 2,
    "lines.jsonl.bz2": lambda: bz2.compress(_LINES),
    "lines.jsonl.xz": lambda: lzma.compress(_LINES),
    "lines.jsonl.zst": lambda: zstandard.ZstdCompressor().compress(_LINES) * 2,
    "lines.jsonl.lz4": lambda: lz4.frame.compress(_LINES),
    "a.warc": _warc,
    "a.warc.gz": lambda: gzip.compress(_warc(), mtime=0) * 2,
    "a.arc": _arc,
    "a.tar": _tar,
    "a.tar.gz": lambda: gzip.compress(_tar(), mtime=0),
    "stored.zip": lambda: _zip(zipfile.ZIP_STORED),
    "deflated.zip": lambda: _zip(zipfile.ZIP_DEFLATED),
    "lzma.zip": lambda: _zip(zipfile.ZIP_LZMA),
    "a.parquet": _parquet,
    "a.csv": lambda: _csv("utf-8"),
    "wide.csv": lambda: _csv("utf-16"),
    "a.tsv": lambda: _csv("windows-1256").replace(b",", b"\t"),
    "a.rss": _RSS.encode,
    "a.atom": _ATOM.encode,
}
"""A sound file of each kind that is read, with the same bytes whenever it is made."""
_BITS: Final = (
    b"<",
    b">",
    b"&",
    b'"',
    b"'",
    b"=",
    b"/",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\0",
    b"\x0b",
    b"\x1f",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xef\xbf\xbe",
    b"\xe2\x80\xae",
    b"\xef\xbb\xbf",
    b"\n",
    b"\r\n\r\n",
    b"9" * 4400,
    b"&#" + b"9" * 4400 + b";",
    b"&#11;",
    b"&#xD800;",
    b"\\ud800",
    b"http://[",
    b"http://a:99999/",
    "http://℀.com/".encode(),
    b"9999-12-31T23:59:59-12:00",
    b"12.5",
    b"1970-01-01",
    b"0001-01-01T00:00:00+14:00",
    b"<form>",
    b"</form>",
    b"<p>",
    b"</p>",
    b"<div>",
    b"</html>",
    b"<table>",
    b"<li>",
    b"<script>",
    b"<!--",
    b"<![CDATA[",
    b"]]>",
    b"<?xml version='1.0' encoding='punycode'?>",
    b"</item>",
    b"<item>",
    b"<title>",
    b"null",
    b"1e400",
    b"-0",
    b"[[[[",
    "مئة و".encode() * 50,
    "«“„".encode(),
    b"WARC/1.0\r\n",
    b"Content-Length: 0\r\n",
    b"\x1f\x8b\x08",
    b"PK\x03\x04",
    b"javascript:x",
)


def mutated(random: Random, data: bytes) -> bytes:
    """Return `data` with a few bytes changed, cut out, doubled, moved or put in."""
    found = bytearray(data)
    for _ in range(random.randint(1, 6)):
        at = random.randrange(len(found) + 1)
        match random.randrange(7):
            case 0:
                found[at : at + 1] = bytes([random.randrange(256)])
            case 1:
                del found[at : at + random.randrange(1, 200)]
            case 2:
                found[at:at] = found[at : at + random.randrange(1, 400)]
            case 3:
                del found[at + 1 :]
            case 4:
                start = random.randrange(len(found) + 1)
                found[at:at] = found[start : start + random.randrange(1, 100)]
            case _:
                found[at:at] = random.choice(_BITS)
    return bytes(found)


def outcome_of(payload: bytes, headers: dict[str, str]) -> str:
    """Return what becomes of a record, after checking all that must hold of it. Raises `AssertionError`."""
    first, again = _made(payload, headers), _made(payload, headers)
    if isinstance(first, Rejected):
        assert isinstance(again, Rejected)
        assert (first.stage, first.reason, first.message) == (again.stage, again.reason, again.message)
        assert first.reason != Reason.INTERNAL_ERROR
        return str(first.reason)
    assert not isinstance(again, Rejected)
    assert encode(first) == encode(again), "two runs differ"
    validate(first)
    failed = failed_parts(first.extraction.notes)
    assert not failed, f"parts that could not be read: {failed}"
    _assert_spans(first)
    return "article"


def _made(payload: bytes, headers: dict[str, str]) -> Article | Rejected:
    try:
        return enrich_and_sketch(extract(decode(payload, headers)), NOWHERE).article
    except Rejected as error:
        return error


def _assert_spans(article: Article) -> None:
    text = article.text
    assert text
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]|\n\n", text), (
        "the text is not clean"
    )
    for figure in article.figures:
        assert text[slice(*figure.span)] == figure.text
    for date in article.dates_mentioned:
        assert text[slice(*date.span)] == date.text
    for quote in article.quotes:
        assert text[slice(*quote.span)] == quote.text
    for entity in (*article.places, *article.people, *article.organisations):
        assert all(0 <= start < end <= len(text) for start, end in entity.spans)


def records_of(path: Path) -> Iterator[tuple[bytes, dict[str, str]] | str]:
    """Yield the records of a file: payload and headers, or the reason why one is none."""
    reader = FileReader(str(path), max_record_bytes=4 * 1024 * 1024)
    try:
        for item in reader:
            if isinstance(item.state, Gap):
                yield f"skipped: {item.state.reason}"
            elif item.origin is not None and item.origin.failure:
                assert not _BUG.search(item.origin.failure[1]), item.origin.failure[1]
                yield str(item.origin.failure[0])
            else:
                assert item.origin is not None
                yield item.origin.payload, dict(item.origin.headers)
    finally:
        reader.close()


_BUG: Final = re.compile(r"\b(?:Attribute|Type|Key|Index|Assertion|Name|UnboundLocal|Recursion)Error\b")
"""What only a fault of our own code says."""


def outcomes_of(path: Path) -> list[str]:
    """Return the outcome of each record of a file, after checking it, and that reading again gives the same records."""
    found = list(records_of(path))
    assert found == list(records_of(path)), "two readings differ"
    return [record if isinstance(record, str) else outcome_of(*record) for record in found]
