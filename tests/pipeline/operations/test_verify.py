"""The audit must see every single loss and repetition; each test breaks one thing in output that is right."""

import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import orjson
import pytest

from pipeline.items import Origin, dead_letter
from pipeline.operations.verify import Violation, check_span, compare_input, verify_folder
from schemas.codec import decode, encode
from schemas.reasons import Reason, Stage
from schemas.records import Duplicate, FileProvenance, Ledger, OutcomeCounts
from tests.conftest import Khabar

FILES = ("articles.jsonl", "duplicates.jsonl", "dead.jsonl", "ledger.jsonl")


def provenance(path: str, record: int) -> FileProvenance:
    return FileProvenance(path=path, record=record, content_sha256="", pipeline_version="1")


def ledger(source: str, start: int, end: int, **outcomes: int) -> Ledger:
    reasons = {"no_content": outcomes["dead"]} if "dead" in outcomes else {}
    return Ledger(
        source=source,
        from_=start,
        to=end,
        records=end - start,
        outcomes=OutcomeCounts(**outcomes),
        reasons=reasons,
        pipeline_version="1",
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two spans of one source: three duplicates, one unchanged, two dead."""
    duplicates = [
        Duplicate(
            outcome="unchanged" if record == 1 else "duplicate",
            uri="u",
            duplicate_of="o",
            similarity=1.0,
            method="exact",
            raw_id=None,
            url=None,
            provenance=provenance("a", record),
        )
        for record in (0, 1, 3, 4)
    ]
    dead = [
        dead_letter(Origin(payload=b"x", provenance=provenance("a", record)), Stage.EXTRACT, Reason.NO_CONTENT, "m")
        for record in (2, 5)
    ]
    spans = [ledger("a", 0, 3, duplicate=1, unchanged=1, dead=1), ledger("a", 3, 6, duplicate=2, dead=1)]
    for name, records in zip(FILES, ([], duplicates, dead, spans), strict=True):
        (tmp_path / name).write_bytes(b"".join(encode(record) + b"\n" for record in records))
    return tmp_path


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def test_whole_output_passes(folder: Path) -> None:
    result = verify_folder(folder)
    assert (result.records, result.sources, result.spans) == (6, 1, 2)
    assert result.outcomes == OutcomeCounts(unchanged=1, duplicate=3, dead=2)


@pytest.mark.parametrize(("name", "count"), [("duplicates.jsonl", 4), ("dead.jsonl", 2), ("ledger.jsonl", 2)])
@pytest.mark.parametrize("repeat", [True, False], ids=["repeated", "removed"])
def test_every_line_counts(folder: Path, name: str, count: int, repeat: bool) -> None:
    whole = lines(folder / name)
    assert len(whole) == count
    for number in range(count):
        changed = whole[: number + 1] + whole[number:] if repeat else whole[:number] + whole[number + 1 :]
        (folder / name).write_bytes(b"".join(changed))
        with pytest.raises(Violation, match=r"\.jsonl:\d+: .*a"):
            verify_folder(folder)


def test_the_first_missing_record_is_named(folder: Path) -> None:
    (folder / "duplicates.jsonl").write_bytes(b"".join(lines(folder / "duplicates.jsonl")[:3]))
    with pytest.raises(Violation, match=r"ledger\.jsonl:2: .*the first record without outcome is a#4"):
        verify_folder(folder)


def test_a_repeated_record_is_named(folder: Path) -> None:
    (folder / "dead.jsonl").write_bytes(b"".join(lines(folder / "dead.jsonl")[:1] * 2))
    with pytest.raises(Violation, match=r"dead\.jsonl:2: dead of a#2 is repeated"):
        verify_folder(folder)


def test_a_line_that_is_cut_short_is_named(folder: Path) -> None:
    (folder / "dead.jsonl").write_bytes((folder / "dead.jsonl").read_bytes()[:-20])
    with pytest.raises(Violation, match=r"dead\.jsonl:2: not a record"):
        verify_folder(folder)


def test_a_reason_that_changed_is_found(folder: Path) -> None:
    path = folder / "dead.jsonl"
    path.write_bytes(path.read_bytes().replace(b"no_content", b"too_large"))
    with pytest.raises(Violation, match="counts dead letters"):
        verify_folder(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_found(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises((Violation, FileNotFoundError), match=name):
        verify_folder(folder)


@pytest.mark.parametrize(
    ("start", "end", "message"), [(2, 5, "overlaps"), (4, 6, "leaves a gap"), (3, 2, "ends before it begins")]
)
def test_spans_tile(start: int, end: int, message: str) -> None:
    with pytest.raises(Violation, match=message):
        check_span(ledger("a", start, end, article=end - start), "second", 3)


def test_the_first_span_begins_at_the_beginning() -> None:
    with pytest.raises(Violation, match="leaves a gap"):
        check_span(ledger("a", 1, 3, article=2), "here", 0)


def test_positions_of_a_file_are_outcomes_or_skipped_for_a_reason(folder: Path) -> None:
    """One more position, a record of an archive that is no article, is right; one without any account is not."""
    spans = lines(folder / "ledger.jsonl")
    more = ledger("a", 6, 7)
    for skipped, message in (({"request": 1}, None), ({}, "accounts for 0 positions only")):
        last = encode(msgspec.structs.replace(more, records=0, skipped=skipped)) + b"\n"
        (folder / "ledger.jsonl").write_bytes(b"".join([*spans, last]))
        if message is None:
            assert verify_folder(folder).records == 6
        else:
            with pytest.raises(Violation, match=message):
                verify_folder(folder)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, khabar: Khabar) -> Path:
    """The output of a real run: articles, one that came again, a copy, dead letters, two sources and an empty one."""
    folder = tmp_path_factory.mktemp("run")
    text = "The council of town %d decided to close the old bridge number %d for repairs until the end of the year. "
    given: dict[str, tuple[int, ...]] = {"a": (0, 1, 2, 0), "b": (3, 4, 1, 5), "c": ()}
    for name, numbers in given.items():
        records = [{"id": f"{name}{n}", "text": text % (n * 7919, n * 104729) * 3} for n in numbers]
        broken = [b"{\n"] if numbers else []
        (folder / f"{name}.jsonl").write_bytes(b"".join([*(orjson.dumps(one) + b"\n" for one in records), *broken]))
    inputs = [folder / f"{name}.jsonl" for name in given]
    done = khabar("run", *inputs, "--out", folder / "out", "--workers", "1")
    assert done.returncode == 0, done.stderr
    return folder


def test_the_output_of_a_run_passes_and_stands_for_its_input(run: Path, tmp_path: Path) -> None:
    result = verify_folder(run / "out", with_inputs=True)
    assert result.records == 10
    assert result.digested == result.spans > 0
    assert result.chain


def test_an_input_that_changed_since_is_found(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(run / "out", out)
    other = tmp_path / "other.jsonl"
    other.write_bytes((run / "a.jsonl").read_bytes() + b" ")
    head = decode(lines(out / "ledger.jsonl")[0], Ledger)
    assert head.inputs is not None
    with pytest.raises(Violation, match=r"other.jsonl is not the file that was read"):
        compare_input(msgspec.structs.replace(head.inputs[0], path=str(other)), "here")


def swap(found: list[bytes]) -> list[bytes]:
    return [found[1], found[0], *found[2:]]


def swap_provenance(found: list[bytes]) -> list[bytes]:
    one, other = orjson.loads(found[0]), orjson.loads(found[1])
    one["provenance"], other["provenance"] = other["provenance"], one["provenance"]
    return [orjson.dumps(one) + b"\n", orjson.dumps(other) + b"\n", *found[2:]]


def without_last(out: Path) -> None:
    """Remove the last record of the last source, and say so in the ledger."""
    (out / "dead.jsonl").write_bytes(b"".join(lines(out / "dead.jsonl")[:-1]))
    spans = lines(out / "ledger.jsonl")
    last = orjson.loads(spans[-1])
    last.update(to=last["to"] - 1, records=last["records"] - 1, reasons={})
    last["outcomes"]["dead"] -= 1
    (out / "ledger.jsonl").write_bytes(b"".join([*spans[:-1], orjson.dumps(last) + b"\n"]))


def without_source(out: Path) -> None:
    """Remove a whole source, everywhere."""
    for name in FILES:
        kept = [line for line in lines(out / name) if b'b.jsonl"' not in line or b'"inputs":[' in line]
        (out / name).write_bytes(b"".join(kept))


def emptied(out: Path) -> None:
    for name in FILES:
        (out / name).write_bytes(b"")


def edited(name: str, change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Path], None]:
    def tamper(out: Path) -> None:
        (out / name).write_bytes(b"".join(change(lines(out / name))))

    return tamper


def replaced(name: str, old: bytes, new: bytes) -> Callable[[Path], None]:
    return edited(name, lambda found: [found[0].replace(old, new), *found[1:]])


TAMPERING: dict[str, Callable[[Path], None]] = {
    "a changed byte": replaced("articles.jsonl", b"council", b"councix"),
    "a changed byte of a dead letter": replaced("dead.jsonl", b'"payload_base64":"e', b'"payload_base64":"f'),
    "swapped lines": edited("articles.jsonl", swap),
    "swapped provenance": edited("articles.jsonl", swap_provenance),
    "another original": replaced("duplicates.jsonl", b'"duplicate_of":"', b'"duplicate_of":"x'),
    "another count": replaced("ledger.jsonl", b'"positions":5', b'"positions":4'),
    "a ledger record gone": edited("ledger.jsonl", lambda found: found[:-1]),
    "the head gone": edited("ledger.jsonl", lambda found: found[1:]),
    "the last record gone": without_last,
    "a source gone": without_source,
    "all files emptied": emptied,
}


@pytest.mark.parametrize("how", TAMPERING)
def test_tampering_is_found(run: Path, tmp_path: Path, how: str) -> None:
    out = tmp_path / "out"
    shutil.copytree(run / "out", out)
    TAMPERING[how](out)
    assert any((out / name).read_bytes() != (run / "out" / name).read_bytes() for name in FILES)
    with pytest.raises(Violation, match=r"\.jsonl"):
        verify_folder(out)


def test_a_position_beyond_all_measure_needs_no_memory(folder: Path) -> None:
    spans = lines(folder / "ledger.jsonl")
    far = msgspec.structs.replace(
        ledger("a", 6, 10**12), records=0, outcomes=OutcomeCounts(), skipped={"request": 10**12 - 6}
    )
    (folder / "ledger.jsonl").write_bytes(b"".join([*spans, encode(far) + b"\n"]))
    assert verify_folder(folder).records == 6
