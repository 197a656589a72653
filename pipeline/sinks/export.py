"""Finished articles in other forms: one table, from which writing, options and reference page come.

To add a form: a function that writes it, and a row in `FORMS`. Writers import what they need when they are used: others
do not need it.
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import orjson

from schemas.codec import decode, encode
from schemas.records import Article

ARTICLES: Final = "articles.jsonl"
Rows = Iterable[tuple[Article, bool]]
"""Articles, each with whether it is the latest version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What articles can be written as."""

    name: str
    file: str
    """What it is called, beside ``articles.jsonl``; a folder for some."""
    write: Callable[[Rows, Path], None]
    marks_latest: bool = False
    """Whether it says which version is the latest."""


def _write_ninjs(rows: Rows, target: Path) -> None:
    from transforms.exports.ninjs import to_ninjs

    _write_lines((orjson.dumps(to_ninjs(article)) for article, _ in rows), target)


def _write_schemaorg(rows: Rows, target: Path) -> None:
    from transforms.exports.schemaorg import to_schemaorg

    _write_lines((orjson.dumps(to_schemaorg(article)) for article, _ in rows), target)


def _write_newsplease(rows: Rows, target: Path) -> None:
    from transforms.exports.newsplease import to_newsplease

    _write_lines((orjson.dumps(to_newsplease(article)) for article, _ in rows), target)


def _write_jsonl(rows: Rows, target: Path) -> None:
    _write_lines((encode(article) for article, _ in rows), target)


def _write_lines(lines: Iterable[bytes], target: Path) -> None:
    with target.open("wb") as file:
        for line in lines:
            file.write(line + b"\n")


def _write_csv(rows: Rows, target: Path) -> None:
    from pipeline.sinks.csv import COLUMNS, article_values, csv_cell

    with target.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow(COLUMNS)
        for article, _ in rows:
            values = article_values(article)
            out.writerow([csv_cell(values[column]) for column in COLUMNS])


def _write_parquet(rows: Rows, target: Path) -> None:
    from pipeline.sinks.parquet import Row, write_parquet

    write_parquet((Row(article, latest) for article, latest in rows), target)


FORMS: Final = {
    form.name: form
    for form in (
        Form(name="ninjs", file="articles.ninjs.jsonl", write=_write_ninjs),
        Form(name="schemaorg", file="articles.schemaorg.jsonl", write=_write_schemaorg),
        Form(name="newsplease", file="articles.newsplease.jsonl", write=_write_newsplease),
        Form(name="csv", file="articles.csv", write=_write_csv),
        Form(name="parquet", file="parquet", write=_write_parquet, marks_latest=True),
        Form(name="jsonl", file=ARTICLES, write=_write_jsonl),
    )
}
FORMATS: Final = tuple(name for name, form in FORMS.items() if form.file != ARTICLES)
"""What a run can write beside its own output."""


def export(folder: Path, kind: str, target: Path | None = None) -> Path:
    """Write the articles of an output folder as `kind`, one of `FORMATS`; return where.

    Without `target` that is the file of the form, beside ``articles.jsonl``.

    Raises:
        OSError: an article cannot be read or the target not be written.
        schemas.codec.CodecError: a line is no article.
    """
    form = FORMS[kind]
    newest = _newest_versions(folder / ARTICLES) if form.marks_latest else {}
    rows = ((article, newest.get(article.uri, 1) == article.version) for article in read_articles(folder / ARTICLES))
    return write(rows, kind, target or folder / form.file)


def write(rows: Rows, kind: str, target: Path) -> Path:
    """Write articles as `kind`, one of `FORMS`; return `target`."""
    FORMS[kind].write(rows, target)
    return target


def read_articles(path: Path) -> Iterator[Article]:
    """Yield the articles of a JSON Lines file."""
    with path.open("rb") as lines:
        for line in lines:
            yield decode(line, Article)


class _Version(msgspec.Struct):
    uri: str
    version: int


def _newest_versions(path: Path) -> dict[str, int]:
    """Return the newest version of the articles that have more than one."""
    newest: dict[str, int] = {}
    decoder = msgspec.json.Decoder(_Version)
    with path.open("rb") as lines:
        for line in lines:
            found = decoder.decode(line)
            if found.version > newest.get(found.uri, 1):
                newest[found.uri] = found.version
    return newest
