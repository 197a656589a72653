"""The text of a raw record, read again where it was read first: a duplicate's own text is in no record."""

import contextlib
from collections.abc import Callable
from typing import Any, Final

from kafka import TopicPartition
from kafka.errors import KafkaError
from lxml import etree, html

from pipeline.errors import JobStopped
from pipeline.items import Origin
from pipeline.kafka.connection import Connection
from pipeline.sources.reader import FileReader
from transforms.decode import RawArticle, decode
from transforms.errors import Rejected

Originals = Callable[[str, int], str | None]
"""Finds the text of the raw record at a place; None where it cannot be had any more."""

_MOST_RECORDS: Final = 20_000
"""Records of a file that are passed over to reach one."""
_MOST_BYTES: Final = 4 << 20
_WAIT_MS: Final = 3000
_NO_TEXT: Final = ("script", "style", "noscript", "template", "svg", "nav", "header", "footer", "aside", "form")
_BLOCKS: Final = ("p", "h1", "h2", "h3", "h4", "li", "blockquote", "td", "pre")


def from_files() -> Originals:
    """Return what reads records of files, as long as these stand where they stood."""

    def text_at(read_from: str, position: int) -> str | None:
        if position >= _MOST_RECORDS:
            return None
        try:
            with contextlib.closing(FileReader(read_from, max_record_bytes=_MOST_BYTES, skip=position)) as reader:
                item = next(iter(reader), None)
        except (JobStopped, OSError, ValueError):
            return None
        return _text_of(item.state) if item is not None and isinstance(item.state, Origin) else None

    return text_at


def from_kafka(connection: Connection) -> Originals:
    """Return what reads records of raw topics, as long as these keep them."""

    def text_at(read_from: str, position: int) -> str | None:
        topic, _, partition = read_from.rpartition("/")
        if not topic or not partition.isdecimal():
            return None
        place = TopicPartition(topic, int(partition))
        try:
            with contextlib.closing(connection.consumer(max_poll_records=1)) as consumer:
                consumer.assign([place])
                consumer.seek(place, position)
                for message in consumer.poll(timeout_ms=_WAIT_MS).get(place, ()):
                    if message.offset == position:
                        headers = {name: (value or b"").decode("utf-8", "replace") for name, value in message.headers}
                        return text_of(message.value or b"", headers)
        except (JobStopped, KafkaError, OSError):
            return None
        return None

    return text_at


def _text_of(origin: Origin) -> str | None:
    return text_of(origin.payload, dict(origin.headers))


def text_of(payload: bytes, headers: dict[str, str]) -> str | None:
    """Return the text of a payload: as it is, or of HTML what its paragraphs say."""
    if len(payload) > _MOST_BYTES:
        return None
    try:
        raw = decode(payload, headers)
    except Rejected:
        return None
    if raw.kind == "text":
        return raw.body if isinstance(raw.body, str) else raw.body.decode("utf-8", "replace")
    return _text_of_html(raw)


def _text_of_html(raw: RawArticle) -> str | None:
    tree: Any
    parser = html.HTMLParser(encoding=raw.encoding or "utf-8" if isinstance(raw.body, bytes) else None)
    try:
        tree = html.document_fromstring(raw.body, parser=parser)
    except (etree.LxmlError, ValueError, LookupError):
        return None
    for element in list(tree.iter(*_NO_TEXT)):
        element.drop_tree()
    blocks = [element for element in tree.iter(*_BLOCKS) if not any(True for _ in element.iterdescendants(*_BLOCKS))]
    lines = [" ".join(element.text_content().split()) for element in blocks]
    return "\n".join(line for line in lines if line) or None
