"""Rows as CSV that a spreadsheet may open: no text of the network becomes a formula."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from schemas.records import Article
from transforms.analytics.facets import event_time, language_of, mentions_of, source_of

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
COLUMNS: Final = (
    *(
        "uri",
        "version",
        "change",
        "title",
        "source",
        "language",
        "url",
        "authors",
        "published_at",
        "published_precision",
    ),
    *(
        "modified_at",
        "fetched_at",
        "event_time",
        "word_count",
        "countries",
        "people",
        "organisations",
        "topics",
        "story",
    ),
    *("lede", "text"),
)
"""Of articles."""

Row = Mapping[str, Any]


def csv_text(rows: Iterable[Row], columns: Sequence[str]) -> str:
    """Return rows as CSV; a text that a spreadsheet would run as a formula gets an apostrophe before it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([csv_cell(row.get(column)) for column in columns])
    return out.getvalue()


def csv_cell(value: Any) -> Any:
    """Return one value as CSV holds it."""
    if isinstance(value, (list, tuple)):
        value = "; ".join(str(part) for part in value)
    if isinstance(value, str):
        value = value.replace("\0", "")
        if value.lstrip(" \u00a0\ufeff").startswith(_FORMULA):
            return f"'{value}"
    return value


def article_values(article: Article) -> dict[str, Any]:
    """Return an article as one row."""
    named: dict[str, list[str]] = {}
    for dimension, value in mentions_of(article):
        named.setdefault(dimension, []).append(value)
    return {
        **{name: getattr(article, name, None) for name in COLUMNS},
        "source": source_of(article),
        "language": language_of(article),
        "event_time": event_time(article, None),
        "countries": named.get("country", []),
        "people": named.get("person", []),
        "organisations": named.get("organisation", []),
        "topics": named.get("topic", []),
        "story": article.story.uri if article.story else None,
    }
