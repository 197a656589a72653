"""Stages by themselves and as the graph: order, outcomes that pass, and the stop when everything fails."""

from collections.abc import Iterator

import apache_beam as beam
import msgspec
import orjson
import pytest
from apache_beam.testing.test_pipeline import TestPipeline as BeamTestPipeline
from apache_beam.testing.util import assert_that, equal_to

from pipeline import errors as fatal
from pipeline.graph import Process
from pipeline.items import Gap, Item, Origin, Span, dead_letter
from pipeline.ledger import outcome_name
from pipeline.settings import Settings
from pipeline.stages import CheckFn, DecodeFn
from schemas.reasons import Reason, Stage
from schemas.records import Dead, FileProvenance
from transforms.decode import RawArticle

SETTINGS = Settings(workers=1)


def item(number: int, payload: bytes, **origin: object) -> Item:
    provenance = FileProvenance(path="f", record=number, content_sha256="", pipeline_version="1")
    read = Origin(payload=payload, provenance=provenance, **origin)  # type: ignore[arg-type]
    return Item(span=Span(source="f", start=number, end=number + 1), origin=read, state=read)


def failed(number: int, reason: Reason) -> Item:
    one = item(number, b"x")
    assert one.origin is not None
    return one.with_state(dead_letter(one.origin, Stage.EXTRACT, reason, "why"))


@pytest.fixture
def no_earlier_stop() -> Iterator[None]:
    fatal.forget()
    yield
    fatal.forget()


def test_decode_makes_raw_articles_and_dead_letters() -> None:
    stage = DecodeFn(Settings(max_record_bytes=100))
    good, bad, large, unread = (
        next(iter(stage.push(one))).state
        for one in (
            item(0, b'{"text": "a"}'),
            item(1, b"{"),
            item(2, b"x" * 101),
            item(3, b"", failure=(Reason.DAMAGED_ARCHIVE, "broken off")),
        )
    )
    assert isinstance(good, RawArticle)
    assert [(dead.stage, dead.reason) for dead in (bad, large, unread)] == [
        (Stage.DECODE, Reason.INVALID_JSON),
        (Stage.DECODE, Reason.TOO_LARGE),
        (Stage.READ, Reason.DAMAGED_ARCHIVE),
    ]


def test_outcomes_and_gaps_pass_untouched() -> None:
    stage = DecodeFn(SETTINGS)
    gap = Item(span=Span(source="f", start=0, end=9), origin=None, state=Gap())
    dead = failed(1, Reason.NO_CONTENT)
    assert [*stage.push(gap), *stage.push(dead)] == [gap, dead]


@pytest.mark.usefixtures("no_earlier_stop")
def test_a_job_in_which_most_records_fail_with_bugs_stops() -> None:
    stage = CheckFn(SETTINGS)
    stage.setup()
    with pytest.raises(fatal.JobStopped, match=r"100% of the last 50 records failed with an internal error.*f#49: why"):
        for number in range(200):
            list(stage.push(failed(number, Reason.INTERNAL_ERROR)))
    assert isinstance(fatal.first_cause(), fatal.JobStopped)


@pytest.mark.usefixtures("no_earlier_stop")
def test_a_job_with_few_bugs_or_many_bad_records_goes_on() -> None:
    stage = CheckFn(SETTINGS)
    stage.setup()
    for number in range(400):
        reason = Reason.INTERNAL_ERROR if number % 3 == 0 else Reason.INVALID_JSON
        assert list(stage.push(failed(number, reason)))
    assert fatal.first_cause() is None


def test_validation_turns_what_does_not_fit_the_schema_into_a_dead_letter() -> None:
    stage = CheckFn(Settings(validate=True))
    stage.setup()
    one = failed(0, Reason.NO_CONTENT)
    assert [item.state for item in stage.push(one)] == [one.state]
    broken = Dead(**{**{f: getattr(one.state, f) for f in one.state.__struct_fields__}, "payload_bytes": "many"})
    (checked,) = stage.push(one.with_state(broken))
    assert (checked.state.stage, checked.state.reason) == (Stage.EMIT, Reason.INTERNAL_ERROR)


@pytest.mark.parametrize("value", [2**64, "\ud800"])
def test_an_outcome_that_json_cannot_hold_is_a_dead_letter_not_the_end_of_the_job(value: object) -> None:
    stage = CheckFn(SETTINGS)
    stage.setup()
    one = failed(0, Reason.NO_CONTENT)
    broken = msgspec.structs.replace(one.state, payload_bytes=value)
    (checked,) = stage.push(one.with_state(broken))
    assert checked.state.message.startswith("cannot be written as JSON")
    assert (checked.state.stage, checked.state.reason) == (Stage.EMIT, Reason.INTERNAL_ERROR)


def spans_and_outcomes(one: Item) -> tuple[int, str]:
    return one.span.start, "gap" if isinstance(one.state, Gap) else outcome_name(one.state)


def test_the_graph_gives_every_item_back_with_its_outcome_in_order() -> None:
    text = "The council met on Monday to decide about the new bridge over the river, which was closed two years ago."
    payloads = [
        orjson.dumps({"id": "1", "text": text}),
        b"{",
        orjson.dumps({"id": "2", "text": text}),
        orjson.dumps({"id": "1", "text": text}),
        orjson.dumps({"id": "3", "text": "!"}),
    ]
    items = [item(number, payload) for number, payload in enumerate(payloads)]
    items.append(Item(span=Span(source="f", start=5, end=7), origin=None, state=Gap()))
    with BeamTestPipeline() as p:
        found = p | beam.Create([items]) | beam.FlatMap(lambda all_: all_) | Process(SETTINGS)
        assert_that(
            found | beam.Map(spans_and_outcomes),
            equal_to([(0, "article"), (1, "dead"), (2, "duplicate"), (3, "unchanged"), (4, "dead"), (5, "gap")]),
        )
