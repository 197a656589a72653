"""Speed and memory of reading archives: ``python -m benchmarks.replay speed|memory FILE``.

``speed`` compares `khabar run` over the first records of a dump with reading and decoding alone, and with extraction
alone on one core; by the clock, which other work on the machine distorts, and by the processor time of all processes.
``memory`` repeats the records of a dump to archives of growing size and reports the largest memory of a run over each:
through the whole chain of source and sink, with no transform between them.
"""

import argparse
import contextlib
import gzip
import itertools
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson

from pipeline.items import Item, Origin
from pipeline.settings import Settings, available_cores
from pipeline.sources.mapping import PRESETS, FieldMapping
from pipeline.sources.reader import FileReader

IDENTITY = FieldMapping(())


def items(path: Path, mapping: FieldMapping, limit: int | None = None) -> Iterator[Item]:
    reader = FileReader(str(path), max_record_bytes=32 * 1024 * 1024, mapping=mapping)
    yield from itertools.islice(reader, limit)
    reader.close()


def timed(work: Callable[[], int]) -> tuple[float, float]:
    """Return records per second of wall clock, and of processor time."""
    wall, processor = time.perf_counter(), time.process_time()
    number = work()
    return number / (time.perf_counter() - wall), number / (time.process_time() - processor)


def speed(path: Path, mapping: FieldMapping, records: int) -> None:
    from transforms.decode import decode
    from transforms.enrich import enrich, warm_up
    from transforms.errors import Rejected
    from transforms.extract import extract

    warm_up()
    origins: list[Origin] = [item.origin for item in items(path, mapping, records) if item.origin]

    def read() -> int:
        return sum(1 for _ in items(path, mapping, records))

    def read_and_decode() -> int:
        number = 0
        for item in items(path, mapping, records):
            number += 1
            if item.origin and not item.origin.failure:
                try:
                    decode(item.origin.payload, dict(item.origin.headers))
                except Rejected:
                    continue
        return number

    def transform(*, enriched: bool) -> int:
        for origin in origins:
            try:
                draft = extract(decode(origin.payload, dict(origin.headers)))
                if enriched:
                    enrich(draft, origin.provenance)
            except Rejected:
                continue
        return len(origins)

    with tempfile.TemporaryDirectory() as folder:
        sample = Path(folder) / "sample.jsonl"
        sample.write_bytes(b"".join(origin.payload + b"\n" for origin in origins))
        command = [str(Path(sys.executable).with_name("khabar")), "run", str(sample), "--out", f"{folder}/out"]
        started = time.perf_counter()
        output, used = measured(command)
        whole = len(origins) / (time.perf_counter() - started)
        stated = float(output.split("records/s")[0].split()[-1])
        empty = Path(folder) / "empty.jsonl"
        empty.touch()
        _, start = measured([*command[:2], str(empty), "--out", f"{folder}/empty"])
        spent = len(origins) / (used - start)
    rows = [
        ("reading alone, 1 core", *timed(read)),
        ("reading and decoding, 1 core", *timed(read_and_decode)),
        ("extraction alone, 1 core", *timed(lambda: transform(enriched=False))),
        ("extraction and enrichment, 1 core", *timed(lambda: transform(enriched=True))),
        (f"khabar run, {available_cores()} cores", stated, spent),
        ("  with its start", whole, len(origins) / used),
    ]
    print(f"{len(origins)} records of {path.name}; the last two columns: khabar run as a multiple of this")
    print(f"{'':<38}{'records/s':>10}{'per CPU s':>11}{'by clock':>10}{'by CPU':>8}")
    for name, rate, by_processor in rows:
        print(f"{name:<38}{rate:>10.0f}{by_processor:>11.0f}{stated / rate:>10.3f}{spent / by_processor:>8.3f}")


def measured(command: list[str]) -> tuple[str, float]:
    """Run a command; return its output and the processor seconds of it and all processes that it started."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    used: dict[int, int] = {}
    while process.poll() is None:
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                fields = stat.read_text().rpartition(")")[2].split()
                if int(fields[3]) == process.pid:
                    used[int(stat.parent.name)] = int(fields[11]) + int(fields[12])
        time.sleep(0.05)
    output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with status {process.returncode}")
    return output, sum(used.values()) / os.sysconf("SC_CLK_TCK")


def memory(path: Path, mapping: FieldMapping, sizes: list[int]) -> None:
    payloads = [item.origin.payload for item in items(path, mapping, 2000) if item.origin]
    print(f"{'records':>10}{'stored MB':>11}{'records/s':>11}{'largest memory MB':>19}")
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            archive = Path(folder) / f"{size}.jsonl.gz"
            with gzip.open(archive, "wb", compresslevel=1) as file:
                for number, payload in enumerate(itertools.islice(itertools.cycle(payloads), size)):
                    file.write(orjson.dumps({**orjson.loads(payload), "id": f"{number}"}) + b"\n")
            command = [sys.executable, "-m", "benchmarks.replay", "pass", str(archive)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            print(f"{size:>10}{archive.stat().st_size / 1e6:>11.1f}{done.stdout.rstrip()}", flush=True)
            archive.unlink()


def pass_through(path: Path) -> None:
    """Run one archive through source and sink; print records per second and the largest memory."""
    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions
    from apache_beam.runners.portability.fn_api_runner import FnApiRunner

    from benchmarks.pass_through import build
    from pipeline.sinks.folder import WriteFiles
    from pipeline.sources.files import ReadFiles, Share

    settings = Settings()
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        p = beam.Pipeline(runner=FnApiRunner(), options=PipelineOptions([]))
        build(p, ReadFiles((Share(paths=(str(path),)),), settings), WriteFiles(Path(folder)), settings)
        p.run().wait_until_finish()
        seconds = time.perf_counter() - started
        with (Path(folder) / "duplicates.jsonl").open("rb") as lines:
            records = sum(1 for _ in lines)
    print(f"{records / seconds:>11.0f}{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:>19.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("speed", "memory", "pass"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--preset", choices=sorted(PRESETS), help="field names of the dump")
    parser.add_argument("--records", type=int, default=1000, help="speed: how many")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], help="memory: how many")
    options = parser.parse_args()
    if not options.file.exists():
        parser.error(f"no such file: {options.file}; the evaluation data is not part of the project")
    mapping = PRESETS[options.preset] if options.preset else IDENTITY
    if options.what == "speed":
        speed(options.file, mapping, options.records)
    elif options.what == "memory":
        memory(options.file, mapping, options.sizes)
    else:
        pass_through(options.file)


if __name__ == "__main__":
    main()
