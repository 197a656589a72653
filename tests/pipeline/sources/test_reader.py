import bz2
import gzip
import lzma
from pathlib import Path

import pytest
import zstandard

from pipeline.items import Origin
from pipeline.sources.reader import FileReader, UnreadableError, find_files
from schemas.reasons import Reason

LINES = b'{"text": "one"}\n\n{"text": "two"}\r\n{"text": "three"}'


def read(path: Path, *, max_record_bytes: int = 1000, skip: int = 0) -> list[Origin]:
    reader = FileReader(str(path), max_record_bytes=max_record_bytes, skip=skip)
    try:
        return [item.origin for item in reader if item.origin]
    finally:
        reader.close()


@pytest.mark.parametrize(
    ("suffix", "compress"),
    [
        ("", bytes),
        (".gz", gzip.compress),
        (".zst", zstandard.ZstdCompressor().compress),
        (".bz2", bz2.compress),
        (".xz", lzma.compress),
    ],
)
def test_lines_are_records_however_they_are_stored(tmp_path: Path, suffix: str, compress: type[bytes]) -> None:
    path = tmp_path / f"a.jsonl{suffix}"
    path.write_bytes(compress(LINES))
    origins = read(path)
    assert [origin.payload for origin in origins] == [b'{"text": "one"}', b'{"text": "two"}', b'{"text": "three"}']
    assert [(o.provenance.path, o.provenance.record) for o in origins] == [(str(path), n) for n in range(3)]


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_members_and_frames_follow_one_another(tmp_path: Path, suffix: str) -> None:
    compress = gzip.compress if suffix == ".gz" else zstandard.ZstdCompressor().compress
    path = tmp_path / f"a.jsonl{suffix}"
    path.write_bytes(compress(b'{"a": 1}\n') + compress(b'{"b": 2}\n'))
    assert [origin.payload for origin in read(path)] == [b'{"a": 1}', b'{"b": 2}']


@pytest.mark.parametrize(("name", "content_type"), [("a.txt", "text/plain"), ("a.HTML", "text/html")])
def test_a_body_is_one_record(tmp_path: Path, name: str, content_type: str) -> None:
    (tmp_path / name).write_bytes(b"body\n\n")
    (origin,) = read(tmp_path / name)
    assert (origin.payload, dict(origin.headers)) == (b"body\n\n", {"content-type": content_type})


def test_a_truncated_archive_gives_what_is_readable_and_then_says_where_it_broke(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    whole = b"".join(b'{"text": "%d"}\n' % (n * 7919 % 10007) for n in range(2000))
    path.write_bytes(gzip.compress(whole)[:-2000])
    *good, last = read(path)
    assert len(good) > 100
    assert b"\n".join(o.payload for o in good) == whole[: sum(len(o.payload) + 1 for o in good) - 1]
    assert last.failure is not None
    assert last.failure[0] == Reason.DAMAGED_ARCHIVE
    assert str(path) in last.failure[1]


def test_a_file_that_is_not_what_its_suffix_says(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(b"not gzip")
    (origin,) = read(path)
    assert origin.failure is not None
    assert origin.failure[0] == Reason.DAMAGED_ARCHIVE


@pytest.mark.parametrize("name", ["a.jsonl", "a.txt"])
def test_a_record_too_large_is_named_and_the_next_one_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b'"' + b"x" * 5000 + b'"\n' + (b'{"text": "next"}\n' if name == "a.jsonl" else b""))
    first, *rest = read(path, max_record_bytes=1000)
    assert first.failure is not None
    assert first.failure[0] == Reason.TOO_LARGE
    assert first.payload_bytes == 5003
    assert [o.payload for o in rest] == ([b'{"text": "next"}'] if name == "a.jsonl" else [])


def test_a_record_of_exactly_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"x" * 1000 + b"\n" + b"y" * 1000)
    assert [o.failure for o in read(path, max_record_bytes=1000)] == [None, None]


def test_unknown_files_are_dead_letters(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    (origin,) = read(tmp_path / "a.pdf")
    assert origin.failure is not None
    assert (origin.failure[0], origin.payload) == (Reason.UNSUPPORTED_TYPE, b"%PDF")


def test_reading_goes_on_where_it_stood(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(LINES)
    assert [(o.payload, o.provenance.record) for o in read(path, skip=2)] == [(b'{"text": "three"}', 2)]


def test_a_missing_file_has_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match=r"cannot read .*nothing\.txt: No such file or directory"):
        FileReader(str(tmp_path / "nothing.txt"), max_record_bytes=10)


def test_folders_are_walked_in_order_and_each_file_taken_once(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.html", "a/.hidden", ".git/x", "c.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "link.txt").symlink_to(tmp_path / "b.txt")
    found = find_files((str(tmp_path / "c.jsonl"), str(tmp_path), str(tmp_path / "b.txt")))
    assert [str(Path(f).relative_to(tmp_path)) for f in found] == ["c.jsonl", "a/z.html", "b.txt"]
