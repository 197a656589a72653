"""Files that would end a run, fill the memory or never be done: each costs what it hits, and nothing else."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import brotli
import pyarrow as pa
import pyarrow.parquet
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.formats import streams
from pipeline.sources.reader import FileReader, find_files
from tests.support.reading import origins, outcomes

ZEROS = bytes(1 << 20)
PAGE = b"<html><p>text</p></html>"


def warc(*, url: bytes = b"http://a.example/", body: bytes = PAGE, headers: bytes = b"", length: bytes = b"") -> bytes:
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + headers + b"\r\n" + body
    return (
        b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: " + url + b"\r\nContent-Length: "
        b"" + (length or b"%d" % len(block)) + b"\r\n\r\n" + block + b"\r\n\r\n"
    )


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits of bombs that small files reach."""
    monkeypatch.setattr(streams, "_FREE", 1 << 18)


@pytest.mark.parametrize(
    ("name", "compress"),
    [
        ("a.jsonl.gz", gzip.compress),
        ("a.jsonl.bz2", bz2.compress),
        ("a.jsonl.xz", lzma.compress),
        ("a.jsonl.zst", zstandard.ZstdCompressor().compress),
        ("a.warc.gz", gzip.compress),
        ("a.csv.gz", gzip.compress),
    ],
)
@pytest.mark.usefixtures("strict")
def test_a_bomb_is_one_dead_letter_that_says_so(tmp_path: Path, name: str, compress: Callable[[bytes], bytes]) -> None:
    (tmp_path / name).write_bytes(compress(ZEROS if "csv" not in name else b"a,b\n" * (1 << 18)))
    *_, last = origins(tmp_path / name)
    assert last.failure is not None
    assert "times its" in last.failure[1]


@pytest.mark.usefixtures("strict")
def test_a_bomb_in_a_zip_file_ends_it(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"{number}.txt", ZEROS)
    (tmp_path / "a.zip").write_bytes(file.getvalue())
    assert outcomes(tmp_path / "a.zip", limit=1000) == ["!too_large", "!damaged_archive"]


@pytest.mark.usefixtures("strict")
def test_a_small_file_cannot_become_millions_of_records(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b"{}\n" * 100_000))
    found = outcomes(tmp_path / "a.jsonl.gz")
    assert len(found) < 2_000
    assert found[-1] == "!damaged_archive"


def test_what_repeats_as_much_as_news_does_is_no_bomb(tmp_path: Path) -> None:
    lines = b'{"text": "The same words as in the line before, again and again"}\n' * 20_000
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(lines))
    assert outcomes(tmp_path / "a.jsonl.gz") == ["article"] * 20_000


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [("br", brotli.compress), ("gzip", gzip.compress), ("zstd", zstandard.ZstdCompressor().compress)],
)
def test_a_bomb_as_the_body_of_a_response_is_too_large(
    tmp_path: Path, encoding: str, compress: Callable[[bytes], bytes]
) -> None:
    bomb = compress(ZEROS * 4)
    (tmp_path / "a.warc").write_bytes(warc(body=bomb, headers=f"Content-Encoding: {encoding}\r\n".encode()) + warc())
    assert outcomes(tmp_path / "a.warc") == ["!too_large", "article"]


@pytest.mark.parametrize("url", ["http://℀.com/", "http://[::1", "http://a:99999/", "http://[", "//", "x y"])
def test_any_address_is_read(tmp_path: Path, url: str) -> None:
    (tmp_path / "a.warc").write_bytes(warc(url=url.encode()) + warc())
    assert outcomes(tmp_path / "a.warc") == ["article", "article"]


@pytest.mark.parametrize("length", [b"9" * 4301, b"-1", b"1e3", "١".encode()])
def test_a_length_that_is_none_costs_its_record(tmp_path: Path, length: bytes) -> None:
    (tmp_path / "a.warc").write_bytes(warc(length=length) + warc())
    assert outcomes(tmp_path / "a.warc") == ["article", "!damaged_archive"]


def test_a_length_of_an_arc_file_too() -> None:
    from pipeline.sources.formats.archives import read_arc
    from pipeline.sources.formats.records import Damage

    line = b"http://a/ 1.2.3.4 20260101000000 text/html "
    body = b"HTTP/1.1 200 OK\r\n\r\n<html>"
    data = line + b"9" * 4301 + b"\n" + line + b"%d\n" % len(body) + body
    found = list(read_arc(streams.Content(io.BytesIO(data)), 1000))
    assert [isinstance(one, Damage) for one in found] == [True, False]


def test_members_of_one_byte_are_read_in_linear_time() -> None:
    members = gzip.compress(b"a") * 20_000
    content = streams.Content(io.BytesIO(members), ".gz")
    assert content.peek(10_000) == b"a" * 10_000
    assert content.read() == b"a" * 20_000


def test_damage_is_not_seen_before_what_lies_before_it_is_read() -> None:
    content = streams.Content(io.BytesIO(gzip.compress(b"whole") + b"no member"), ".gz")
    assert content.peek(100) == b"whole"
    assert (content.damage, content.breaks_off) == (None, True)
    assert content.read() == b"whole"
    assert content.damage is not None


def test_containers_within_one_another_have_a_limit(tmp_path: Path) -> None:
    data, name = b'{"text": "a"}', "a.json"
    for number in range(400):
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w") as archive:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        data, name = gzip.compress(file.getvalue(), 1), f"{number}.tar.gz"
        if number == 3:
            (tmp_path / name).write_bytes(data)
            assert outcomes(tmp_path / name) == ["article"]
    (tmp_path / name).write_bytes(data)
    assert outcomes(tmp_path / name) == ["!damaged_archive"]


def sparse_header() -> bytes:
    header = bytearray(tarfile.TarInfo("sparse.txt").tobuf())
    header[156:157] = b"S"
    header[148:156] = b"%06o\0 " % (sum(header[:148]) + 256 + sum(header[156:]))
    return bytes(header)


def test_a_sparse_member_of_a_tar_costs_itself(tmp_path: Path) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        member = tarfile.TarInfo("a.txt")
        member.size = 1
        archive.addfile(member, io.BytesIO(b"a"))
    (tmp_path / "a.tar").write_bytes(sparse_header() + file.getvalue())
    assert outcomes(tmp_path / "a.tar") == ["article", "!damaged_archive"]


@pytest.mark.parametrize("format", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_long_names_of_a_tar_are_read(tmp_path: Path, format: int) -> None:  # noqa: A002
    name = "news/" + "a" * (90 if format == tarfile.USTAR_FORMAT else 300) + "é.html"
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=format) as archive:
        member = tarfile.TarInfo(name)
        member.size = len(PAGE)
        archive.addfile(member, io.BytesIO(PAGE))
    (tmp_path / "a.tar").write_bytes(file.getvalue())
    (origin,) = origins(tmp_path / "a.tar")
    assert (origin.payload, dict(origin.headers)) == (PAGE, {"content-type": "text/html"})


def column(kind: pa.DataType, *values: int) -> pa.Array:
    integers = pa.array(values, type=pa.int64() if kind.bit_width == 64 else pa.int32())
    return pa.Array.from_buffers(kind, len(values), [None, integers.buffers()[1]])


TEXT = pa.Array.from_buffers(pa.string(), 3, pa.array([b"a", b"\xff", b"c"]).buffers())


@pytest.mark.parametrize(
    ("values", "bad"),
    [
        (column(pa.date32(), 0, 10**8, 1), [1]),
        (column(pa.timestamp("s"), 0, 10**15, 1), [1]),
        (column(pa.timestamp("us", "UTC"), 0, 2**63 - 1, 1), [1]),
        (column(pa.timestamp("us", "Mars/Base"), 0, 1, 2), [0, 1, 2]),
        (column(pa.duration("s"), 0, 2**62, 1), [1]),
        (column(pa.time64("us"), 0, 2**62, 1), [1]),
        (TEXT, [1]),
    ],
)
def test_a_value_of_a_column_that_cannot_be_read_costs_its_row(
    tmp_path: Path, values: pa.Array, bad: list[int]
) -> None:
    pa.parquet.write_table(pa.table({"text": ["x", "y", "z"], "value": values}), tmp_path / "a.parquet")
    expected = ["!invalid_record" if row in bad else "article" for row in range(3)]
    assert outcomes(tmp_path / "a.parquet") == expected
    failed = origins(tmp_path / "a.parquet")[bad[0]]
    assert failed.failure is not None
    assert failed.failure[1].startswith(f"row {bad[0]}: column value: ")


def test_a_damaged_group_of_rows_costs_itself(tmp_path: Path) -> None:
    table = pa.table({"text": [f"text {number} of many" for number in range(9)]})
    pa.parquet.write_table(table, tmp_path / "a.parquet", row_group_size=3, compression="gzip", use_dictionary=False)
    data = bytearray((tmp_path / "a.parquet").read_bytes())
    second = pa.parquet.ParquetFile(tmp_path / "a.parquet").metadata.row_group(1).column(0).data_page_offset
    data[second + 40 : second + 60] = b"\xff" * 20
    (tmp_path / "a.parquet").write_bytes(data)
    assert outcomes(tmp_path / "a.parquet") == ["article"] * 6 + ["!damaged_archive"]


@pytest.mark.parametrize("data", [ZEROS, b"\x89PNG\r\n\x1a\n" + bytes(range(256)), b"PK\x03\x04" + ZEROS])
def test_a_binary_csv_is_one_dead_letter(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    assert outcomes(tmp_path / "a.csv") == ["!undecodable"]


@pytest.mark.parametrize("row", [b"x" * 5000 + b"\n", b'"' + b"x" * 5000 + b'"\n', b'a,"' + b"x\n" * 300 + b'"\n'])
def test_a_row_of_a_csv_that_is_too_large_is_one_dead_letter(tmp_path: Path, row: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(b"title,text\n" + row + b"b,c\n")
    found = outcomes(tmp_path / "a.csv", limit=500)
    assert (found[0], found[-1], found.count("!too_large")) == ("!too_large", "article", 1)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "windows-1256", "cp874", "mac-cyrillic"])
def test_a_csv_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    text = {"cp874": "ข่าวภาษาไทยวันนี้ ", "mac-cyrillic": "Новости дня из города "}.get(
        encoding, "أخبار اليوم من المدينة "
    )
    (tmp_path / "a.csv").write_bytes(f'title,text\r\nA,"{text * 20}\nx"\r\n'.encode(encoding))
    assert outcomes(tmp_path / "a.csv") == ["article"]


def test_links_are_followed_within_a_folder_only(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    folder = tmp_path / "folder"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    (folder / "sub" / "out.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "sub" / "in.txt").symlink_to(folder / "a.txt")
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "gone").symlink_to(folder / "nothing")
    assert find_files((str(folder),)) == (str(folder / "a.txt"),)
    assert find_files((str(folder / "sub"),)) == ()
    assert find_files((str(folder),), follow_links=True) == (
        str(folder / "a.txt"),
        str(folder / "sub" / "out.txt"),
    )


def test_a_name_that_is_no_utf_8_is_written_in_ascii(tmp_path: Path) -> None:
    path = bytes(tmp_path) + b"/caf\xe9.txt"
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(b"text")
    (name,) = find_files((str(tmp_path),))
    reader = FileReader(name, max_record_bytes=1000)
    (item,) = list(reader)
    reader.close()
    assert item.span.source == f"{tmp_path}/caf\\xe9.txt"


SAMPLES: dict[str, bytes] = {
    "a.warc": warc() * 2,
    "a.warc.gz": gzip.compress(warc()) * 2,
    "a.csv": b'title,text\na,"b\nc"\n',
    "a.json": b'[{"text": "a"}, {"text": "b"}]',
    "a.jsonl.bz2": bz2.compress(b'{"text": "a"}\n'),
    "a.jsonl.xz": lzma.compress(b'{"text": "a"}\n'),
    "a.rss": b"<?xml version='1.0'?><rss><channel><item><title>a</title><link>b</link></item></channel></rss>",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mutated")


@given(
    st.sampled_from(sorted(SAMPLES)),
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from(["set", "cut", "add"]), st.binary(max_size=8)), max_size=4),
)
def test_any_damage_gives_records_and_at_most_one_failure_more(
    folder: Path, name: str, edits: list[tuple[float, str, bytes]]
) -> None:
    data = bytearray(SAMPLES[name])
    for where, what, new in edits:
        at = int(where * len(data))
        data[at : at + (len(new) if what == "set" else 9 if what == "cut" else 0)] = b"" if what == "cut" else new
    (folder / name).write_bytes(data)
    first, again = outcomes(folder / name), outcomes(folder / name)
    assert first == again
    assert first.count("!damaged_archive") <= 1
