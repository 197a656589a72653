import multiprocessing
from collections.abc import Callable, Iterator
from multiprocessing.synchronize import Barrier
from pathlib import Path

import numpy as np
import pytest

from transforms.text.compiled import compiled_arrays, compiled_bytes, compiled_table

_ENTRIES = [(f"word{number}", number.to_bytes(3, "little")) for number in range(5000)]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("KHABAR_CACHE", str(folder))
    return folder


def _built(built: list[str], name: str = "one") -> Callable[[], Iterator[tuple[str, bytes]]]:
    def entries() -> Iterator[tuple[str, bytes]]:
        built.append(name)
        return iter(_ENTRIES)

    return entries


def test_a_table_is_compiled_once_and_then_mapped(cache: Path) -> None:
    built: list[str] = []
    for _ in range(2):
        table = compiled_bytes("words", _built(built), "1")
        assert table["word77"] == [(77).to_bytes(3, "little")]
        assert "word5000" not in table
    assert built == ["one"]
    assert len(list(cache.iterdir())) == 1


def test_records_and_arrays_come_back_as_they_were_made() -> None:
    numbers = {"rows": np.arange(12, dtype=np.uint16).reshape(3, 4), "names": np.array(["ar", "de"])}
    for _ in range(2):
        assert compiled_table("steps", "<HB", lambda: [("x", (500, 7))], "1")["x"] == [(500, 7)]
        found = compiled_arrays("numbers", lambda: numbers, "1")
        assert {name: array.tolist() for name, array in found.items()} == {
            name: array.tolist() for name, array in numbers.items()
        }


def test_the_same_table_is_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = []
    for name in ("a", "b"):
        monkeypatch.setenv("KHABAR_CACHE", str(tmp_path / name))
        compiled_bytes("words", lambda: _ENTRIES, "1")
        files += list((tmp_path / name).iterdir())
    assert files[0].name == files[1].name
    assert files[0].read_bytes() == files[1].read_bytes()


def test_another_version_reads_no_old_file() -> None:
    built: list[str] = []
    for version in ("1", "2", "1"):
        compiled_bytes("words", _built(built, version), version)
    assert built == ["1", "2"]


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _zeroed(data: bytes) -> bytes:
    """Return a file of which the machine wrote the length, but not all of the content, before it stopped."""
    return _cut(data) + bytes(len(data) - len(data) // 2)


def _flipped(data: bytes) -> bytes:
    return data[:-200] + bytes([data[-200] ^ 1]) + data[-199:]


@pytest.mark.parametrize("damage", [_cut, _zeroed, _flipped, lambda data: b"", lambda data: data[:10]])
def test_a_damaged_file_is_built_anew(cache: Path, damage: Callable[[bytes], bytes]) -> None:
    compiled_bytes("words", lambda: _ENTRIES, "1")
    (file,) = cache.iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    built: list[str] = []
    table = compiled_bytes("words", _built(built), "1")
    assert built == ["one"]
    assert all(table[word] == [value] for word, value in _ENTRIES)
    assert file.read_bytes() == whole


def test_arrays_that_were_cut_off_are_built_anew(cache: Path) -> None:
    numbers = {"rows": np.arange(1000)}
    compiled_arrays("numbers", lambda: numbers, "1")
    (file,) = cache.iterdir()
    whole = file.read_bytes()
    for length in (0, 10, 100, len(whole) - 1):
        file.write_bytes(whole[:length])
        assert compiled_arrays("numbers", lambda: numbers, "1")["rows"].tolist() == list(range(1000))
        assert file.read_bytes() == whole


def test_without_a_place_to_write_the_table_is_kept_in_memory(cache: Path) -> None:
    cache.write_text("a file where the folder should be")
    built: list[str] = []
    assert compiled_bytes("words", _built(built), "1")["word77"] == [(77).to_bytes(3, "little")]
    assert compiled_arrays("numbers", lambda: {"one": np.ones(3)}, "1")["one"].tolist() == [1, 1, 1]
    assert built == ["one"]


@pytest.mark.parametrize("name", ["../words", "a/b", "..", "x" * 500, "wörter", "a\0b"])
def test_a_name_that_is_none_of_ours_leads_to_no_file(tmp_path: Path, name: str) -> None:
    assert compiled_bytes(name, lambda: _ENTRIES, "1")["word0"] == [b"\0\0\0"]
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_table_that_fails_to_build_leaves_nothing(cache: Path) -> None:
    def entries() -> Iterator[tuple[str, bytes]]:
        yield from _ENTRIES
        raise LookupError("no list")

    with pytest.raises(LookupError):
        compiled_bytes("words", entries, "1")
    assert not cache.exists()


def _build_together(together: Barrier) -> None:
    def entries() -> Iterator[tuple[str, bytes]]:
        yield from _ENTRIES
        together.wait()  # until the other has built its own

    table = compiled_bytes("words", entries, "1")
    assert table["word4999"] == [(4999).to_bytes(3, "little")]


def test_two_processes_may_build_at_once(cache: Path) -> None:
    context = multiprocessing.get_context("fork")
    together = context.Barrier(2, timeout=60)
    processes = [context.Process(target=_build_together, args=(together,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    (file,) = cache.iterdir()
    assert not file.name.startswith(".")
    assert compiled_bytes("words", list, "1")["word0"] == [b"\0\0\0"]
