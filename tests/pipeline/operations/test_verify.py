"""The audit must see every single loss and repetition; each test breaks one thing in output that is right."""

from pathlib import Path

import msgspec
import pytest

from pipeline.items import Origin, dead_letter
from pipeline.operations.verify import Audit, Violation, verify_folder
from schemas.codec import encode
from schemas.reasons import Reason, Stage
from schemas.records import Duplicate, FileProvenance, Ledger, OutcomeCounts

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


def test_spans_may_be_sparse_where_offsets_have_gaps() -> None:
    audit = Audit()
    sparse = Ledger(
        source="news.raw/0",
        from_=10,
        to=20,
        records=2,
        outcomes=OutcomeCounts(article=2),
        reasons={},
        pipeline_version="1",
    )
    audit.add_ledger(sparse, "here")
    audit.add_outcome("article", None, "news.raw/0", 12, "here")
    audit.add_outcome("article", None, "news.raw/0", 19, "here")
    assert audit.close().records == 2


@pytest.mark.parametrize(
    ("start", "end", "message"), [(2, 5, "overlaps"), (4, 6, "leaves a gap"), (3, 2, "ends before it begins")]
)
def test_spans_tile(start: int, end: int, message: str) -> None:
    audit = Audit()
    audit.add_ledger(ledger("a", 0, 3, article=3), "first")
    with pytest.raises(Violation, match=message):
        audit.add_ledger(ledger("a", start, end, article=end - start), "second")


def test_the_first_span_begins_at_the_beginning() -> None:
    with pytest.raises(Violation, match="leaves a gap"):
        Audit().add_ledger(ledger("a", 1, 3, article=2), "here", first_position=0)


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
