"""Tar and ZIP files, arrays of JSON, what a file is, and paths that fsspec knows."""

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import fsspec
import pytest

from pipeline.sources.mapping import parse_mapping
from pipeline.sources.reader import UnreadableError, find_files, stored_size
from tests.support.reading import origins, outcomes

MEMBERS = {
    "site/index.html": b"<p>a</p>",
    "site/style.css": b"p {}",
    "site/.hidden.html": b"x",
    "dump.jsonl": b'{"text": "one"}\n{"text": "two"}\n',
    "more/dump.jsonl.gz": gzip.compress(b'{"text": "three"}\n'),
    "note.txt": "نص".encode(),
    "paper.pdf": b"%PDF",
}
OUTCOMES = ["article", "-not_text", "article", "article", "article", "article", "!unsupported_type"]
PAYLOADS = [b"<p>a</p>", b'{"text": "one"}', b'{"text": "two"}', b'{"text": "three"}', "نص".encode(), b"%PDF"]


def tar(mode: str = "w") -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:  # type: ignore[call-overload]
        folder = tarfile.TarInfo("site")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, data in MEMBERS.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return file.getvalue()


def zipped(compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, data in MEMBERS.items():
            archive.writestr(name, data)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.tar", tar()),
        ("a.tar.gz", tar("w:gz")),
        ("a.tgz", tar("w:gz")),
        ("a.tar.xz", tar("w:xz")),
        ("a.tar.bz2", tar("w:bz2")),
        ("a.zip", zipped()),
        ("a.zip", zipped(zipfile.ZIP_STORED)),
        ("unnamed", tar()),
        ("unnamed", zipped()),
    ],
)
def test_containers_hold_files_of_all_kinds(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    assert outcomes(tmp_path / name) == OUTCOMES
    assert [origin.payload for origin in origins(tmp_path / name)] == PAYLOADS


def test_a_truncated_tar_gives_what_is_whole_and_then_says_so(tmp_path: Path) -> None:
    data = tar()
    (tmp_path / "a.tar").write_bytes(data[: data.index(b"note.txt") + 100])
    assert outcomes(tmp_path / "a.tar") == [*OUTCOMES[:5], "!damaged_archive"]
    stored = tar("w:gz")
    (tmp_path / "a.tar.gz").write_bytes(stored[: len(stored) // 2])
    assert outcomes(tmp_path / "a.tar.gz")[-1] == "!damaged_archive"


def test_a_damaged_header_in_a_tar_costs_its_member(tmp_path: Path) -> None:
    data = tar()
    at = data.index(b"site/style.css")
    (tmp_path / "a.tar").write_bytes(data[:at] + b"\xff" * 300 + data[at + 300 :])
    assert outcomes(tmp_path / "a.tar") == ["article", *OUTCOMES[2:], "!damaged_archive"]


def test_tars_behind_one_another_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(tar() + tar())
    assert outcomes(tmp_path / "a.tar") == OUTCOMES * 2


def test_a_damaged_member_of_a_zip_file_costs_itself(tmp_path: Path) -> None:
    data = bytearray(zipped(zipfile.ZIP_STORED))
    data[data.index(b"<p>a</p>") + 3] = 0xFF
    (tmp_path / "a.zip").write_bytes(bytes(data))
    assert outcomes(tmp_path / "a.zip") == [*OUTCOMES[1:], "!damaged_archive"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'[{"text": "a"}, {"text": "b]}\\"{"},\n {"x": [{"y": 1}]}]\n', ["article"] * 3),
        (b'\xef\xbb\xbf [ {"text": "a"} ] ', ["article"]),
        (b"[]", ["article"]),
        (b"[{}", ["article"]),
        (b'{"text": "a"}', ["article"]),
        (b'[{"text": "a"}, {"text": "b"', ["article"]),
        (b'[{"text": "a"}, 5, {"text": "b"}]', ["article"]),
        (b'[{"text": "a"}] [', ["article"]),
        (b'[{"text": "' + b"a" * 2000 + b'"}]', ["!too_large"]),
    ],
)
def test_a_json_array_is_as_many_records(tmp_path: Path, content: bytes, expected: list[str]) -> None:
    (tmp_path / "a.json").write_bytes(content)
    assert outcomes(tmp_path / "a.json", limit=1000) == expected


def test_elements_keep_their_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'[{"a" :1.0,"b": "\\"\\\\"},{"c":"\\u0041"}]')
    assert [origin.payload for origin in origins(tmp_path / "a.json")] == [
        b'{"a" :1.0,"b": "\\"\\\\"}',
        b'{"c":"\\u0041"}',
    ]


def test_a_long_array_is_read_piece_by_piece(tmp_path: Path) -> None:
    element = b'{"text": "\\\\' + b"x" * 500 + b'"}'
    (tmp_path / "a.json").write_bytes(b"[" + b",".join([element] * 3000) + b"]")
    assert [origin.payload for origin in origins(tmp_path / "a.json")] == [element] * 3000


def test_remote_files_are_found_and_read() -> None:
    system = fsspec.filesystem("memory")
    for name, data in (("b/2.jsonl", b'{"body": "x"}\n'), ("b/1.jsonl.gz", gzip.compress(b'{"body": "y"}\n'))):
        system.pipe_file(f"/news/{name}", data)
    system.pipe_file("/news/a.zip", zipped())
    found = find_files(("memory://news/b", "memory://news/a.zip", "memory://news/b/*.gz"))
    assert found == ("memory:///news/b/1.jsonl.gz", "memory:///news/b/2.jsonl", "memory://news/a.zip")
    mapping = parse_mapping(None, ["text=body"])
    assert [origins(path, mapping=mapping)[0].payload for path in found[:2]] == [b'{"text":"y"}', b'{"text":"x"}']
    assert outcomes(found[2]) == OUTCOMES
    assert stored_size(found[1]) == 14


def test_local_paths_may_be_written_as_addresses(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"a")
    (found,) = find_files((f"file://{tmp_path}",))
    assert origins(found)[0].payload == b"a"


@pytest.mark.parametrize("path", ["memory://nothing/here", "no-such-scheme://x/y", "nothing-here"])
def test_what_is_not_there_is_one_clear_line(path: str) -> None:
    with pytest.raises(UnreadableError, match=f"cannot read {path}: "):
        find_files((path,))
