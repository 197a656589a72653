"""What Khabar reads from archives, against two independent readers: ``python -m benchmarks.archives FOLDER``."""

import argparse
import contextlib
import io
import logging
from collections import Counter
from pathlib import Path

from fastwarc.warc import ArchiveIterator
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from pipeline.items import Gap
from pipeline.sources.reader import FileReader, find_files


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of WARC and ARC files")
    folder: Path = parser.parse_args().folder
    if not folder.is_dir():
        parser.error(f"{folder} is no folder; the evaluation data is not part of the project")
    logging.disable(logging.CRITICAL)
    agree = whole = 0
    print(f"{'file':<52}{'records':>8}{'fastwarc':>10}{'warcio':>8}  outcomes")
    for path in find_files((str(folder),)):
        outcomes, damage = read(path)
        records = outcomes.total() - bool(damage)
        others = count(path, fastwarc_records), count(path, warcio_records)
        shown = ", ".join(f"{name} {number}" for name, number in sorted(outcomes.items()))
        print(f"{Path(path).name:<52}{records:>8}{others[0]:>10}{others[1]:>8}  {shown}")
        if damage:
            print(f"    {damage.replace(path, Path(path).name)}")
        else:
            whole += 1
            agree += str(records) in others
    print(f"{whole} files without damage, of which {agree} have the count of an independent reader")


def read(path: str) -> tuple[Counter[str], str]:
    """Return the records of a file by outcome, and what is damaged."""
    outcomes: Counter[str] = Counter()
    damage = ""
    with contextlib.closing(FileReader(path, max_record_bytes=32 * 1024 * 1024)) as reader:
        for item in reader:
            if isinstance(item.state, Gap):
                outcomes[f"{item.state.reason} skipped"] += 1
            elif item.origin and item.origin.failure:
                outcomes[item.origin.failure[0]] += 1
                damage = item.origin.failure[1]
            else:
                outcomes["RAW ARTICLE"] += 1
    return outcomes, damage


def count(path: str, records: object) -> str:
    """Return how many records a library finds, with a mark where it ended in an error."""
    number = 0
    with open(path, "rb") as file, contextlib.redirect_stderr(io.StringIO()):  # noqa: PTH123
        try:
            for _ in records(file):  # type: ignore[operator]
                number += 1
        except Exception:
            return f"{number} !"
    return str(number)


def fastwarc_records(file: object) -> object:
    """Records as fastwarc finds them; it reads no ARC."""
    return ArchiveIterator(file, parse_http=False)


def warcio_records(file: object) -> object:
    """Records as warcio finds them; it reads neither zst nor lz4."""
    return WarcioIterator(file)


if __name__ == "__main__":
    main()
