"""What a page shows as files: CSV, JSON and RSS."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Any, Final
from xml.sax.saxutils import escape

import orjson
from starlette.responses import Response

from pipeline.sinks.csv import csv_text

FORMATS: Final = ("csv", "json", "rss")
MOST_ROWS: Final = 5000
_NOT_IN_XML: Final = {code: None for code in range(32) if code not in (9, 10, 13)} | {0xFFFE: None, 0xFFFF: None}

Row = Mapping[str, Any]


def answer(kind: str, rows: Sequence[Row], columns: Sequence[str], name: str, *, title: str, address: str) -> Response:
    """Return rows in one of `FORMATS`; for RSS they have ``title``, ``url``, ``uri`` and ``event_time``."""
    if kind == "csv":
        # With a byte order mark, without which spreadsheets misread Arabic.
        return _file(f"\ufeff{csv_text(rows, columns)}".encode(), "text/csv; charset=utf-8", f"{name}.csv")
    if kind == "rss":
        return Response(rss(rows, title=title, address=address), media_type="application/rss+xml; charset=utf-8")
    return Response(orjson.dumps([{c: row.get(c) for c in columns} for row in rows]), media_type="application/json")


def _file(content: bytes, kind: str, name: str) -> Response:
    return Response(content, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})


def rss(rows: Iterable[Row], *, title: str, address: str) -> str:
    """Return articles as an RSS 2.0 feed."""
    items = []
    for row in rows:
        url = str(row.get("url") or "")
        parts = [
            f"<title>{_xml(row.get('title') or row.get('uri') or '')}</title>",
            f"<link>{_xml(url)}</link>" if url.startswith(("http://", "https://")) else "",
            f'<guid isPermaLink="false">{_xml(row.get("uri") or row.get("title") or "")}</guid>',
            f"<description>{_xml(row.get('lede') or '')}</description>" if row.get("lede") else "",
        ]
        if time := row.get("event_time"):
            parts.append(f"<pubDate>{format_datetime(datetime.fromisoformat(time))}</pubDate>")
        items.append(f"<item>{''.join(parts)}</item>")
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>'
        f"<title>{_xml(title)}</title><link>{_xml(address)}</link><description>{_xml(title)}</description>"
        f"{''.join(items)}</channel></rss>"
    )


def _xml(text: str) -> str:
    return escape(str(text).translate(_NOT_IN_XML))
