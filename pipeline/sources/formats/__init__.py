"""The formats of files: one table, from which reading, help, reference page and tests come.

What a file is, its suffix says (after the suffix of a compression); where the suffix says nothing known, its first
bytes do, where they leave no doubt. To add a format: a function that reads it, and a row here. Some readers are
imported when the first file of their kind is met: they need libraries that others do not.
"""

from pathlib import PurePosixPath
from typing import Final

from pipeline.sources.formats.archives import read_arc, read_warc
from pipeline.sources.formats.containers import read_tar, read_zip
from pipeline.sources.formats.json import BODIES, read_body, read_json, read_lines
from pipeline.sources.formats.opened import Format, Found, Opened
from pipeline.sources.formats.streams import COMPRESSIONS


def _warc(opened: Opened) -> Found:
    return read_warc(opened.content, opened.limit)


def _arc(opened: Opened) -> Found:
    return read_arc(opened.content, opened.limit)


def _parquet(opened: Opened) -> Found:
    from pipeline.sources.formats.tables import read_parquet

    return read_parquet(opened.stored, opened.mapping.apply, opened.limit, opened.allowance)


def _csv(opened: Opened) -> Found:
    from pipeline.sources.formats.tables import read_csv

    return read_csv(opened.content, opened.mapping.apply, opened.limit, tabs=opened.suffix == ".tsv")


def _feed(opened: Opened) -> Found:
    from pipeline.sources.formats.feeds import read_feed

    return read_feed(opened.content, opened.limit)


def _is_feed(beginning: bytes) -> bool:
    from pipeline.sources.formats.feeds import is_feed

    return is_feed(beginning)


FORMATS: Final = (
    Format(name="body", suffixes=BODIES, records="the file, a text or a page", read=read_body),
    Format(name="json", suffixes=(".json",), records="the object, or each object of an array", read=read_json),
    Format(name="lines", suffixes=(".jsonl", ".ndjson"), records="a line, which is a JSON object", read=read_lines),
    Format(
        name="warc",
        suffixes=(".warc", ".wet"),
        records="a record of the archive",
        read=_warc,
        begins=lambda start: start.startswith((b"WARC/0.", b"WARC/1.")),
        sniffed=True,
    ),
    Format(
        name="arc",
        suffixes=(".arc",),
        records="a record of the archive",
        read=_arc,
        begins=lambda start: start.startswith(b"filedesc://"),
        sniffed=True,
    ),
    Format(
        name="parquet",
        suffixes=(".parquet",),
        records="a row",
        read=_parquet,
        begins=lambda start: start.startswith(b"PAR1"),
        by_position=True,
    ),
    Format(
        name="csv",
        suffixes=(".csv", ".tsv"),
        records="a row below the header; values stay the text that they are",
        read=_csv,
    ),
    Format(
        name="zip",
        suffixes=(".zip",),
        records="each record of each file in it",
        read=read_zip,
        begins=lambda start: start.startswith(b"PK\x03\x04"),
        by_position=True,
    ),
    Format(
        name="tar",
        suffixes=(".tar", ".tgz", ".tbz2", ".txz", ".tzst"),
        records="each record of each file in it",
        read=read_tar,
        begins=lambda start: start[257:262] == b"ustar",
    ),
    Format(
        name="feed",
        suffixes=(".rss", ".atom", ".rdf"),
        records="an item or entry of RSS or Atom; also of an `.xml` with such a root",
        read=_feed,
        begins=_is_feed,
    ),
)
"""In the order in which first bytes are looked at."""
NO_TEXT: Final = frozenset(
    [
        *(".avi", ".bmp", ".css", ".eot", ".gif", ".ico", ".jpeg", ".jpg", ".js", ".m4a", ".m4v", ".map", ".mov"),
        *(".mp3", ".mp4", ".mpeg", ".mpg", ".ogg", ".otf", ".png", ".svg", ".tif", ".tiff", ".ttf", ".wav", ".webm"),
        *(".webp", ".wma", ".wmv", ".woff", ".woff2"),
    ]
)
"""Suffixes of what pages are made of beside their text: by rule no articles."""
_OF_SUFFIX: Final = {suffix: row for row in FORMATS for suffix in row.suffixes}
_COMPRESSED: Final = {".tgz": ".gz", ".tbz2": ".bz2", ".txz": ".xz", ".tzst": ".zst"}


def format_by_name(name: str) -> tuple[Format | None, str | None, str]:
    """Return what a file is, how it is compressed, and the suffix that says so."""
    suffixes = [suffix.lower() for suffix in PurePosixPath(name.partition("?")[0]).suffixes[-2:]]
    compression = None
    if suffixes and suffixes[-1] in COMPRESSIONS:
        compression = suffixes.pop()
    suffix = suffixes[-1] if suffixes else ""
    return _OF_SUFFIX.get(suffix), _COMPRESSED.get(suffix, compression), suffix


def format_by_content(beginning: bytes) -> Format | None:
    """Return what a file is where its first kilobyte leaves no doubt."""
    return next((row for row in FORMATS if row.begins is not None and row.begins(beginning)), None)


def in_words() -> str:
    """Return which files are read, for the help of commands."""
    alone = [suffix for row in FORMATS if row.by_position for suffix in row.suffixes]
    streamed = [suffix for row in FORMATS if not row.by_position for suffix in row.suffixes]
    *most, last = sorted(COMPRESSIONS)
    return f"{', '.join(streamed)}, each also {', '.join(most)} or {last}; and {' and '.join(alone)}"
