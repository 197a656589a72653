"""Finished articles in other forms: the formats of other standards as JSON Lines, and Parquet for analysis."""

import csv
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson

from schemas.codec import decode, encode
from schemas.records import Article

ARTICLES: Final = "articles.jsonl"
FORMATS: Final = ("ninjs", "schemaorg", "newsplease", "csv", "parquet")


def export(folder: Path, kind: str, target: Path | None = None) -> Path:
    """Write the articles of an output folder as `kind`, one of `FORMATS`; return where.

    Without `target` that is ``articles.KIND.jsonl`` (``articles.csv``), or the folder ``parquet``, beside
    ``articles.jsonl``.

    Raises:
        OSError: an article cannot be read or the target not be written.
        schemas.codec.CodecError: a line is no article.
    """
    newest = _newest_versions(folder / ARTICLES) if kind == "parquet" else {}
    rows = ((article, newest.get(article.uri, 1) == article.version) for article in read_articles(folder / ARTICLES))
    return write(rows, kind, target or folder / default_name(kind))


def default_name(kind: str) -> str:
    """Return what an export as `kind` is called."""
    return {"parquet": "parquet", "csv": "articles.csv", "jsonl": ARTICLES}.get(kind, f"articles.{kind}.jsonl")


def write(rows: Iterable[tuple[Article, bool]], kind: str, target: Path) -> Path:
    """Write articles, each with whether it is the latest version, as `kind`; return `target`."""
    if kind == "parquet":
        from pipeline.sinks.parquet import Row, write_parquet

        write_parquet((Row(article, latest) for article, latest in rows), target)
        return target
    if kind == "csv":
        from pipeline.sinks.csv import COLUMNS, article_values, csv_cell

        with target.open("w", encoding="utf-8-sig", newline="") as file:
            out = csv.writer(file)
            out.writerow(COLUMNS)
            for article, _ in rows:
                values = article_values(article)
                out.writerow([csv_cell(values[column]) for column in COLUMNS])
        return target
    convert = encode if kind == "jsonl" else _converter(kind)
    with target.open("wb") as lines:
        for article, _ in rows:
            converted = convert(article)
            lines.write((converted if isinstance(converted, bytes) else orjson.dumps(converted)) + b"\n")
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


def _converter(kind: str) -> Callable[[Article], dict[str, Any]]:
    if kind == "ninjs":
        from transforms.exports.ninjs import to_ninjs

        return to_ninjs
    if kind == "schemaorg":
        from transforms.exports.schemaorg import to_schemaorg

        return to_schemaorg
    if kind == "newsplease":
        from transforms.exports.newsplease import to_newsplease

        return to_newsplease
    raise ValueError(f"no format {kind!r}; there are {', '.join(FORMATS)}")
