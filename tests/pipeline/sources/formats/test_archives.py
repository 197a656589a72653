"""WARC and ARC files made with warcio, read by Khabar, and counted by fastwarc."""

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path

import brotli
import lz4.frame
import pytest
import zstandard
from fastwarc.warc import ArchiveIterator
from hypothesis import given
from hypothesis import strategies as st
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from pipeline.sources.formats.archives import read_warc
from pipeline.sources.formats.records import FileRecord
from pipeline.sources.formats.streams import Content
from tests.support.reading import items, origins, outcomes

PAGE = "<!DOCTYPE html><html><body><p>خبر عاجل من القاهرة</p></body></html>".encode()
DATE = "2021-03-04T05:06:07Z"


class Archive:
    """Writes WARC records one after the other."""

    def __init__(self, *, compressed: bool = False) -> None:
        self.file = io.BytesIO()
        self.writer = WARCWriter(self.file, gzip=compressed, warc_version="WARC/1.1")

    def add(
        self,
        kind: str,
        body: bytes = PAGE,
        *,
        url: str = "http://example.com/a",
        status: str = "200 OK",
        headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/html; charset=utf-8"),),
        warc: dict[str, str] | None = None,
        content_type: str | None = None,
    ) -> "Archive":
        http = None
        if kind in {"response", "revisit"}:
            http = StatusAndHeaders(status, list(headers), protocol="HTTP/1.1")
        elif kind == "request":
            http = StatusAndHeaders("GET / HTTP/1.1", [("Host", "example.com")], is_http_request=True)
        record = self.writer.create_warc_record(
            url,
            kind,
            payload=io.BytesIO(body),
            http_headers=http,
            warc_headers_dict={"WARC-Date": DATE, **(warc or {})},
            warc_content_type=content_type or "",
        )
        self.writer.write_record(record)
        return self

    def write(self, path: Path) -> Path:
        path.write_bytes(self.file.getvalue())
        return path


def site(*, compressed: bool = False) -> Archive:
    """One record of each kind that a crawl of a news site leaves."""
    archive = Archive(compressed=compressed)
    archive.writer.write_record(archive.writer.create_warcinfo_record("a.warc", {"software": "test"}))
    archive.add("request", b"")
    archive.add("response")
    archive.add("metadata", b"via: http://example.com/", content_type="application/warc-fields")
    archive.add("revisit", b"")
    archive.add("response", b"moved", status="301 Moved Permanently")
    archive.add("response", b"gone", status="404 Not Found")
    archive.add("response", b"\x89PNG", headers=(("Content-Type", "image/png"),), url="http://example.com/a.png")
    archive.add("response", b"User-agent: *", headers=(("Content-Type", "text/plain"),), url="http://e.com/robots.txt")
    archive.add("resource", PAGE, content_type="text/html", url="http://example.com/b")
    archive.add("conversion", "نص فقط".encode(), content_type="text/plain", url="http://example.com/c")
    archive.add("resource", b"\x00", content_type="image/gif")
    archive.add("response", b"10.0.0.1", url="dns:example.com", headers=(("Content-Type", "text/dns"),))
    return archive


SITE = [
    "-warcinfo",
    "-request",
    "article",
    "-metadata",
    "-revisit",
    "-status_not_200",
    "-status_not_200",
    "-not_text",
    "-robots_txt",
    "article",
    "article",
    "-not_text",
    "-not_web",
]


def recompressed(compress: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(compress(site().file.getvalue())) and None


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a.warc", lambda path: site().write(path)),
        ("a.warc.gz", lambda path: site(compressed=True).write(path)),
        ("a.warc.gz", recompressed(gzip.compress)),
        ("a.warc.zst", recompressed(zstandard.ZstdCompressor().compress)),
        ("a.warc.lz4", recompressed(lz4.frame.compress)),
        ("a.warc.bz2", recompressed(bz2.compress)),
        ("a.warc.xz", recompressed(lzma.compress)),
        ("no-suffix", lambda path: site().write(path)),
        ("a.warc", lambda path: site(compressed=True).write(path)),
        ("a.warc.gz.part", lambda path: site(compressed=True).write(path)),
    ],
)
def test_every_record_has_its_stated_outcome(tmp_path: Path, name: str, write: Callable[[Path], None]) -> None:
    write(tmp_path / name)
    assert outcomes(tmp_path / name) == SITE


@pytest.mark.parametrize("compressed", [False, True])
def test_as_many_records_as_an_independent_reader_finds(tmp_path: Path, compressed: bool) -> None:
    path = site(compressed=compressed).write(tmp_path / ("a.warc.gz" if compressed else "a.warc"))
    with path.open("rb") as file:
        assert len(items(path)) == sum(1 for _ in ArchiveIterator(file))


def test_a_response_is_a_bare_body_with_what_the_archive_says(tmp_path: Path) -> None:
    path = Archive().add("response", url="http://example.com/a b").write(tmp_path / "a.warc")
    (origin,) = origins(path)
    headers = dict(origin.headers)
    assert origin.payload == PAGE
    assert headers.pop("id").startswith("urn:uuid:")
    assert headers == {
        "content-type": "text/html; charset=utf-8",
        "url": "http://example.com/a%20b",
        "fetched-at": DATE,
    }


def chunked(body: bytes) -> bytes:
    return b"7;x=y\r\n" + body[:7] + b"\r\n" + f"{len(body) - 7:x}\r\n".encode() + body[7:] + b"\r\n0\r\n\r\n"


def raw_deflate(body: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(body) + compressor.flush()


@pytest.mark.parametrize(
    ("headers", "stored"),
    [
        ({"Transfer-Encoding": "chunked"}, chunked(PAGE)),
        ({"Transfer-Encoding": "chunked"}, PAGE),
        ({"Content-Encoding": "gzip"}, gzip.compress(PAGE, mtime=0)),
        ({"Content-Encoding": "x-gzip"}, gzip.compress(PAGE, mtime=0)),
        ({"Content-Encoding": "gzip"}, PAGE),
        ({"Content-Encoding": "deflate"}, zlib.compress(PAGE)),
        ({"Content-Encoding": "deflate"}, raw_deflate(PAGE)),
        ({"Content-Encoding": "deflate"}, PAGE),
        ({"Content-Encoding": "br"}, brotli.compress(PAGE)),
        ({"Content-Encoding": "br"}, PAGE),
        ({"Content-Encoding": "zstd"}, zstandard.ZstdCompressor().compress(PAGE)),
        ({"Content-Encoding": "gzip, br"}, brotli.compress(gzip.compress(PAGE, mtime=0))),
        ({"Transfer-Encoding": "chunked", "Content-Encoding": "gzip"}, chunked(gzip.compress(PAGE, mtime=0))),
        ({"Content-Encoding": "unheard-of"}, PAGE),
    ],
)
def test_bodies_are_decoded_as_far_as_they_are_encoded(tmp_path: Path, headers: dict[str, str], stored: bytes) -> None:
    said = (("Content-Type", "text/html"), *headers.items())
    (origin,) = origins(Archive().add("response", stored, headers=said).write(tmp_path / "a.warc"))
    assert origin.payload == PAGE
    assert "truncated" not in dict(origin.headers)


@pytest.mark.parametrize(
    ("archive", "truncated"),
    [
        (Archive().add("response", warc={"WARC-Truncated": "length"}), "length"),
        (Archive().add("response", warc={"WARC-Segment-Number": "1"}), "segmented"),
        (
            Archive().add(
                "response",
                gzip.compress(PAGE * 2000, mtime=0)[:-40],
                headers=(("Content-Type", "text/html"), ("Content-Encoding", "gzip")),
            ),
            "encoding",
        ),
    ],
)
def test_a_truncated_record_is_read_and_says_so(tmp_path: Path, archive: Archive, truncated: str) -> None:
    (origin,) = origins(archive.write(tmp_path / "a.warc"))
    assert origin.payload.startswith(PAGE)
    assert dict(origin.headers)["truncated"] == truncated


@pytest.mark.parametrize("content_type", ["", "application/octet-stream", "unknown/unknown"])
def test_a_body_of_unsaid_type_is_html_only_where_it_shows(tmp_path: Path, content_type: str) -> None:
    archive = Archive()
    for body in (PAGE, b"%PDF-1.4"):
        archive.add("response", body, headers=(("Content-Type", content_type),) if content_type else ())
    expected = ["-not_text", "-not_text"] if content_type == "unknown/unknown" else ["article", "-not_text"]
    assert outcomes(archive.write(tmp_path / "a.warc")) == expected


def test_a_bomb_or_a_body_beyond_the_limit_is_too_large_and_the_next_one_read(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(5_000_000), mtime=0)
    zipped = (("Content-Type", "text/html"), ("Content-Encoding", "gzip"))
    archive = Archive().add("response", bomb, headers=zipped).add("response", b"x" * 200_000).add("response")
    found = origins(archive.write(tmp_path / "a.warc"), limit=100_000)
    assert [bool(origin.failure) for origin in found] == [True, True, False]
    assert "too_large" in str(found[0].failure)
    assert found[1].payload_bytes == 200_000
    assert len(found[1].payload) < 100_000


def numbered(count: int, *, compressed: bool) -> bytes:
    archive = Archive(compressed=compressed)
    for number in range(count):
        archive.add("response", PAGE + b"%d" % number, url=f"http://example.com/{number}")
    return archive.file.getvalue()


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz", "a.warc.zst", "a.warc.lz4"])
@pytest.mark.parametrize("kind", ["cut", "overwritten"])
def test_damage_costs_what_it_hits_and_is_named_once_at_the_end(tmp_path: Path, name: str, kind: str) -> None:
    whole = numbered(1, compressed=False)
    compress: dict[str, Callable[[bytes], bytes]] = {
        "a.warc": bytes,
        "a.warc.gz": gzip.compress,
        "a.warc.zst": zstandard.ZstdCompressor().compress,
        "a.warc.lz4": lambda data: lz4.frame.compress(data, content_checksum=True),
    }
    members = [compress[name](whole.replace(b"/0", b"/%d" % number)) for number in range(9)]
    start = sum(map(len, members[:4]))
    if kind == "cut":
        del members[5:]
        members[4] = members[4][: len(members[4]) // 2]
    else:
        members[4] = members[4][:3] + b"\xff" * 60 + members[4][63:]
    data = b"".join(members)
    path = tmp_path / name
    path.write_bytes(data)
    *good, last = origins(path)
    urls = [dict(origin.headers)["url"].rpartition("/")[2] for origin in good]
    assert urls == (["0", "1", "2", "3"] if kind == "cut" else ["0", "1", "2", "3", "5", "6", "7", "8"])
    assert last.failure is not None
    reason, message = last.failure
    assert reason == "damaged_archive"
    assert str(path) in message
    assert f"byte {start}" in message
    assert last.payload_bytes == len(data)


def test_a_wrong_length_does_not_swallow_the_records_behind(tmp_path: Path) -> None:
    data = numbered(3, compressed=False)
    length = data.index(b"Content-Length: ", data.index(b"example.com/1"))
    end = data.index(b"\r\n", length)
    path = tmp_path / "a.warc"
    path.write_bytes(data[:length] + b"Content-Length: 20" + data[end:])
    assert outcomes(path) in (
        ["article", "article", "article", "!damaged_archive"],
        ["article", "-not_text", "article", "!damaged_archive"],
        ["article", "-not_web", "article", "!damaged_archive"],
    )


ARC_VERSION = b"1 1 InternetArchive\nURL IP-address Archive-date Content-type Archive-length\n"
ARC = b"filedesc://a.arc 0.0.0.0 20080430204825 text/plain %d\n" % len(ARC_VERSION) + ARC_VERSION + b"\n"


def arc_record(url: str, block: bytes, *, version: int = 1) -> bytes:
    rest = " 200 - - 0 a.arc" if version == 2 else ""
    return f"{url} 10.0.0.1 20080430204830 text/html{rest} {len(block)}\n".encode() + block + b"\n"


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_arc(tmp_path: Path, version: int, compress: Callable[[bytes], bytes]) -> None:
    response = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGE
    parts = [
        ARC,
        arc_record("http://example.com/a b", response, version=version),
        arc_record("dns:example.com", b"10.0.0.1", version=version),
        arc_record("http://example.com/404", b"HTTP/1.1 404 Not Found\r\n\r\n", version=version),
        arc_record("http://example.com/z", response, version=version),
    ]
    path = tmp_path / ("a.arc" if compress is bytes else "a.arc.gz")
    path.write_bytes(b"".join(map(compress, parts)))
    assert outcomes(path) == ["-arc_header", "article", "-not_web", "-status_not_200", "article"]
    first = origins(path)[0]
    assert (first.payload, dict(first.headers)["url"]) == (PAGE, "http://example.com/a%20b")
    assert dict(first.headers)["fetched-at"] == "2008-04-30T20:48:30Z"
    path.write_bytes(b"".join(map(compress, [*parts[:2], b"rubbish " * 200 + b"\n", *parts[2:]])))
    assert outcomes(path)[1:] == ["article", "-not_web", "-status_not_200", "article", "!damaged_archive"]


def test_a_zstandard_dictionary_at_the_beginning_is_used(tmp_path: Path) -> None:
    samples = [numbered(1, compressed=False).replace(b"/0", b"/%d" % n) for n in range(200)]
    dictionary = zstandard.train_dictionary(4096, samples)
    compress = zstandard.ZstdCompressor(dict_data=dictionary).compress
    for stored in (dictionary.as_bytes(), zstandard.ZstdCompressor().compress(dictionary.as_bytes())):
        frame = b"\x5d\x2a\x4d\x18" + len(stored).to_bytes(4, "little") + stored
        (tmp_path / "a.warc.zst").write_bytes(frame + b"".join(map(compress, samples[:20])))
        assert outcomes(tmp_path / "a.warc.zst") == ["article"] * 20


@given(st.binary(max_size=2000) | st.binary(max_size=300).map(lambda noise: numbered(2, compressed=False) + noise))
def test_any_bytes_are_read_without_an_exception(data: bytes) -> None:
    found = list(read_warc(Content(io.BytesIO(data)), 1000))
    assert all(not isinstance(record, FileRecord) or not record.failure or record.payload_bytes for record in found)
