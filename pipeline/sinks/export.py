"""Finished articles in other forms: the formats of other standards as JSON Lines, and Parquet for analysis."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson

from schemas.codec import decode
from schemas.records import Article

ARTICLES: Final = "articles.jsonl"
FORMATS: Final = ("ninjs", "schemaorg", "newsplease", "parquet")


def export(folder: Path, kind: str, target: Path | None = None) -> Path:
    """Write the articles of an output folder as `kind`, one of `FORMATS`; return where.

    Without `target` that is ``articles.KIND.jsonl``, or the folder ``parquet``, beside ``articles.jsonl``.

    Raises:
        OSError: an article cannot be read or the target not be written.
        schemas.codec.CodecError: a line is no article.
    """
    if kind == "parquet":
        from pipeline.sinks.parquet import Row, write_parquet

        target = target or folder / "parquet"
        newest = _newest_versions(folder / ARTICLES)
        rows = (
            Row(article, latest=newest.get(article.uri, 1) == article.version)
            for article in read_articles(folder / ARTICLES)
        )
        write_parquet(rows, target)
        return target
    target = target or folder / f"articles.{kind}.jsonl"
    convert = _converter(kind)
    with target.open("wb") as file:
        for article in read_articles(folder / ARTICLES):
            file.write(orjson.dumps(convert(article)) + b"\n")
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
