"""What a record becomes as a message, and when it is sent; tests/integration/test_replay.py has what needs a broker."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.items import Origin
from pipeline.kafka.connection import Connection
from pipeline.operations.replay import ORIGIN_HEADER, Message, ReplayOptions, _Pace, dry_run, event_time, message_of
from pipeline.sources.formats.records import FAILURE_HEADER
from schemas.reasons import Reason
from schemas.records import FileProvenance


def origin(payload: bytes, **more: Any) -> Origin:
    place = FileProvenance(path="a.warc", record=7, content_sha256="5ba1", pipeline_version="1")
    return Origin(payload=payload, provenance=place, **more)


def options(**more: Any) -> ReplayOptions:
    return ReplayOptions(connection=Connection(bootstrap_servers=("nowhere:1",)), **more)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2015-07-21T02:51:32Z", datetime(2015, 7, 21, 2, 51, 32, tzinfo=UTC)),
        ("2015-07-21T02:51:32+03:00", datetime(2015, 7, 20, 23, 51, 32, tzinfo=UTC)),
        ("2015-07-21 02:51:32", datetime(2015, 7, 21, 2, 51, 32, tzinfo=UTC)),
        ("2015-07-21", datetime(2015, 7, 21, tzinfo=UTC)),
        ("Tue, 21 Jul 2015 02:51:32 +0300", datetime(2015, 7, 20, 23, 51, 32, tzinfo=UTC)),
        ("1437447092", datetime(2015, 7, 21, 2, 51, 32, tzinfo=UTC)),
        ("1437447092000", datetime(2015, 7, 21, 2, 51, 32, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
        (None, None),
        ("9999-12-31T23:59:59-14:00", None),
    ],
)
def test_event_time(text: str | None, expected: datetime | None) -> None:
    assert event_time(text) == expected


@given(st.text())
def test_no_text_breaks_the_event_time(text: str) -> None:
    event_time(text)


@pytest.mark.parametrize(
    ("record", "key"),
    [
        (origin(b'{"url": "http://www.e.com/a?utm_source=x", "id": "1", "text": "t"}'), "http://www.e.com/a"),
        (origin(b'{"id": 5, "text": "t"}'), "urn:khabar:id:5"),
        (origin(b'{"text": "t"}'), "5ba1"),
        (origin(b"no json"), "5ba1"),
        (origin(b"[1]"), "5ba1"),
        (origin(b"<p>", headers=(("content-type", "text/html"), ("url", "http://e.com/b"))), "http://e.com/b"),
    ],
)
def test_messages_are_keyed_by_what_the_record_is(record: Origin, key: str) -> None:
    message = message_of(record)
    assert (message.key.decode(), message.value) == (key, record.payload)
    assert dict(message.headers)[ORIGIN_HEADER] == b"a.warc#7"


def test_published_comes_before_fetched() -> None:
    both = b'{"text": "t", "published_at": "2015-01-01", "fetched_at": "2016-01-01"}'
    assert message_of(origin(both)).event_time == datetime(2015, 1, 1, tzinfo=UTC)
    fetched = origin(b"<p>", headers=(("content-type", "text/html"), ("fetched-at", "2016-01-01T00:00:00Z")))
    assert message_of(fetched).event_time == datetime(2016, 1, 1, tzinfo=UTC)


def test_a_record_that_cannot_be_read_goes_with_its_reason() -> None:
    message = message_of(origin(b"begin", payload_bytes=99, failure=(Reason.TOO_LARGE, "99 bytes")))
    assert dict(message.headers)[FAILURE_HEADER] == b'{"reason":"too_large","message":"99 bytes","payload_bytes":99}'


class Clock:
    """Time that passes only when it is waited for."""

    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def sent_at(messages: list[Message], **pace: float) -> list[float]:
    clock = Clock()
    waits = _Pace(options(**pace), clock)
    times = []
    for message in messages:
        while (wait := waits.wait(message)) > 1e-9:
            waits.nap(min(wait, 0.2))
        times.append(round(clock.time - 100, 3))
    return times


def at(second: int | None) -> Message:
    moment = datetime(2015, 7, 21, 0, 0, second, tzinfo=UTC) if second is not None else None
    return Message(b"", b"", (), moment)


@pytest.mark.parametrize(
    ("seconds", "pace", "expected"),
    [
        ([0, 10, 30], {}, [0, 0, 0]),
        ([0, 0, 0, 0], {"rate": 2}, [0, 0.5, 1, 1.5]),
        ([0, 10, 30], {"speed": 1}, [0, 10, 30]),
        ([0, 10, 30], {"speed": 10}, [0, 1, 3]),
        ([0, None, 10, 5, 20], {"speed": 1}, [0, 0, 10, 10, 20]),
        ([0, 1, 1, 1], {"speed": 1, "rate": 1}, [0, 1, 2, 3]),
    ],
)
def test_records_are_sent_at_a_rate_or_as_they_were_recorded(
    seconds: list[int | None], pace: dict[str, float], expected: list[float]
) -> None:
    assert sent_at([at(second) for second in seconds], **pace) == expected


def test_a_dry_run_counts_and_shows_samples(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(
        b'{"id": "1", "title": "T", "text": "words", "published_at": "2015-07-21"}\n'
        b'{"id": "2", "text": "t", "published_at": "2016-01-01"}\n{"text": "t"}\n'
    )
    (tmp_path / "b.png").write_bytes(b"\x89PNG")
    (tmp_path / "c.jsonl.gz").write_bytes(b"not gzip")
    summary = dry_run((str(tmp_path),), options(), samples=1)
    assert (summary.files, summary.sent, summary.undated) == (3, 4, 1)
    assert (summary.earliest, summary.latest) == (
        datetime(2015, 7, 21, tzinfo=UTC),
        datetime(2016, 1, 1, tzinfo=UTC),
    )
    assert (summary.skipped, summary.unreadable) == ({"not_text": 1}, {"damaged_archive": 1})
    (sample,) = summary.samples
    assert (sample["from"], sample["title"], sample["text"]) == (f"{tmp_path / 'a.jsonl'}#0", "T", "words")
