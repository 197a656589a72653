"""Parts of a run on a cluster: written by bundles in any order, some twice, and put together as one process would."""

import re
from collections.abc import Iterable
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.testing.test_pipeline import TestPipeline as BeamTestPipeline

from benchmarks.pass_through import PassFn
from pipeline.items import Gap, Item, Origin, Span
from pipeline.ledger import BrokenChainError
from pipeline.settings import Settings
from pipeline.sinks.folder import FolderWriter, WriteFiles
from pipeline.sinks.parts import Settled, WriteParts, assemble, end_of_file
from pipeline.sinks.publishing import OUTPUT_FILES
from pipeline.sources.files import ReadFiles, Share
from schemas.records import FileProvenance

SETTINGS = Settings(workers=1, bundle_records=10)


def outcome(number: int, source: str = "a.jsonl") -> Item:
    """A record with its outcome; every seventh position holds none, every fifth a dead letter."""
    span = Span(source=source, start=number, end=number + 1)
    if number % 7 == 6:
        return Item(span=span, origin=None, state=Gap("robots_txt"))
    payload = b"poison" if number % 5 == 4 else b"%d" % number
    provenance = FileProvenance(path=source, record=number, content_sha256=f"{number}", pipeline_version="1")
    origin = Origin(payload=payload, provenance=provenance)
    (item,) = PassFn().process(Item(span=span, origin=origin, state=origin))
    return item  # type: ignore[no-any-return]


def write(settled: Settled, *bundles: Iterable[Item]) -> None:
    for bundle in bundles:
        with BeamTestPipeline() as p:
            p | beam.Create([list(bundle)]) | beam.FlatMap(lambda items: items) | WriteParts(settled)


def expected(folder: Path, items: Iterable[Item], span_records: int) -> dict[str, bytes]:
    folder.mkdir()
    writer = FolderWriter(folder)
    for number, item in enumerate(items, 1):
        writer.add(item)
        if number % span_records == 0:
            writer.end_span()
    writer.end_span()
    writer.close()
    return contents(folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in OUTPUT_FILES}


def assembled(settled: Settled, folder: Path, sources: tuple[str, ...], span_records: int = 10) -> dict[str, bytes]:
    folder.mkdir()
    writer = FolderWriter(folder)
    assemble(settled, sources, writer, span_records)
    writer.close()
    return contents(folder)


def items(first: int, end: int) -> list[Item]:
    return [outcome(number) for number in range(first, end)]


def test_bundles_that_ran_twice_or_overlap_count_once(tmp_path: Path) -> None:
    settled = Settled(str(tmp_path / "parts"))
    write(
        settled,
        [*items(20, 30), end_of_file("a.jsonl", 30)],
        items(0, 10),
        items(0, 10),  # the same bundle once more
        items(0, 14),  # and an attempt that cut its bundles elsewhere
        items(3, 5),
        items(10, 20),
        [outcome(0, "b.jsonl"), end_of_file("b.jsonl", 1), end_of_file("c.jsonl", 0)],
    )
    sources = ("b.jsonl", "a.jsonl", "c.jsonl")
    wanted = expected(tmp_path / "one", [outcome(0, "b.jsonl"), *items(0, 30)], 10)
    assert assembled(settled, tmp_path / "two", sources) == wanted
    assert wanted["duplicates.jsonl"]
    assert wanted["dead.jsonl"]


@pytest.mark.parametrize(
    ("bundles", "message"),
    [
        ([items(0, 5), [*items(7, 9), end_of_file("a.jsonl", 9)]], "records 5 to 7 are missing"),
        ([items(0, 5)], "end at record 5, the source was not read to its end"),
        ([], "end at record 0, the source was not read to its end"),
        ([items(0, 5), [end_of_file("a.jsonl", 9)]], "records 5 to 9 are missing"),
    ],
)
def test_what_is_missing_fails_the_run(tmp_path: Path, bundles: list[list[Item]], message: str) -> None:
    settled = Settled(str(tmp_path / "parts"))
    write(settled, *bundles)
    with pytest.raises(BrokenChainError, match=message):
        assembled(settled, tmp_path / "out", ("a.jsonl",))


def test_an_item_without_an_outcome_is_not_written(tmp_path: Path) -> None:
    provenance = FileProvenance(path="a", record=0, content_sha256="", pipeline_version="1")
    origin = Origin(payload=b"", provenance=provenance)
    with pytest.raises(Exception, match="no outcome but Origin"):
        write(Settled(str(tmp_path)), [Item(span=Span(source="a.jsonl", start=0, end=1), origin=origin, state=origin)])


@pytest.mark.parametrize("readers", [1, 3])
def test_shares_of_a_file_read_all_of_it_and_only_what_is_not_settled(tmp_path: Path, readers: int) -> None:
    names = ("a.jsonl", "empty.jsonl", "b.jsonl")
    for name, records in zip(names, (105, 0, 7), strict=True):
        lines = b"".join(b'{"text": "%d"}\n' % number for number in range(records))
        (tmp_path / name).write_bytes(lines)
    (tmp_path / "one").mkdir()
    paths = tuple(str(tmp_path / name) for name in names)
    with BeamTestPipeline() as p:
        p | ReadFiles((Share(paths=paths),), SETTINGS) | beam.ParDo(PassFn()) | WriteFiles(tmp_path / "one")

    settled = Settled(str(tmp_path / "parts"))
    shares = tuple(
        Share(paths=names, part=part, of=readers, folder=str(tmp_path), settled=settled) for part in range(readers)
    )

    def run() -> None:
        with BeamTestPipeline() as p:
            p | ReadFiles(shares, SETTINGS) | beam.ParDo(PassFn()) | WriteParts(settled)

    run()
    found = settled.parts("a.jsonl")
    assert sum(part.end - part.start for part in found) == 105
    assert found[-1].last
    lost = [part for part in found if part.start == 20]
    for part in lost:
        part.path.unlink()
    before = {part.path: part.path.stat().st_mtime_ns for part in settled.parts("a.jsonl") if part.end > part.start}
    run()
    assert {path: path.stat().st_mtime_ns for path in before if path.suffix != ".end"} == {
        path: time for path, time in before.items() if path.suffix != ".end"
    }
    made = assembled(settled, tmp_path / "two", names)
    given = {
        name: content.replace(str(tmp_path).encode() + b"/", b"")
        for name, content in contents(tmp_path / "one").items()
    }
    # The sources have other names here, so what is hashed differs.
    digests = re.compile(rb'"(digest|chain)":"[0-9a-f]{64}"')
    assert digests.sub(b"", made.pop("ledger.jsonl")) == digests.sub(b"", given.pop("ledger.jsonl"))
    assert made == given
