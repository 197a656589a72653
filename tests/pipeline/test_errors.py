"""What users must read comes out as one line, and nothing in it commands their terminal."""

import pytest
from kafka.errors import TopicAuthorizationFailedError

from pipeline.errors import Explained, JobStopped, explanation, visible
from pipeline.index import IndexDamaged, IndexUnavailable
from pipeline.operations.verify import Violation
from pipeline.services import ServiceError
from pipeline.sinks.kafka import GapError, WriteError
from pipeline.sources.formats.streams import UnreadableError
from pipeline.store import StoreError
from schemas.reasons import Reason, Stage
from transforms.errors import Rejected


@pytest.mark.parametrize(
    "kind", [JobStopped, ServiceError, StoreError, Violation, UnreadableError, IndexUnavailable, IndexDamaged]
)
def test_what_users_must_read_has_one_base_and_one_place(kind: type[Exception]) -> None:
    assert issubclass(kind, Explained)
    assert explanation(kind("why")) == ("why", 1)


def test_what_brokers_refuse_is_a_line_too() -> None:
    assert explanation(TopicAuthorizationFailedError("news.raw")) == (
        "Kafka: [Error 29] TopicAuthorizationFailedError: news.raw",
        1,
    )


@pytest.mark.parametrize(
    "error", [Rejected(Stage.DECODE, Reason.INVALID_JSON, "x"), GapError("x"), WriteError("x"), KeyError("x")], ids=repr
)
def test_what_is_rejected_retried_or_a_bug_is_not(error: Exception) -> None:
    assert explanation(error) is None


def test_control_characters_reach_no_terminal() -> None:
    assert visible("title\x1b]0;owned\x07 \x9b31m\nline\tcolumn") == "title\\x1b]0;owned\\x07 \\x9b31m\nline\tcolumn"
