import pytest

from pipeline.items import Gap, Item, Origin, Span, dead_letter
from pipeline.ledger import BrokenChainError, SpanTally
from schemas.reasons import Reason, Stage
from schemas.records import FileProvenance, OutcomeCounts


def item(start: int, end: int, *, done: bool = True, source: str = "f") -> Item:
    origin = Origin(
        payload=b"x", provenance=FileProvenance(path="f", record=start, content_sha256="", pipeline_version="1")
    )
    dead = dead_letter(origin, Stage.DECODE, Reason.INVALID_JSON, "why")
    return Item(span=Span(source=source, start=start, end=end), origin=origin, state=dead if done else origin)


def test_a_tally_adds_up_consecutive_items() -> None:
    tally = SpanTally("f", 3)
    tally.add(item(3, 4))
    tally.add(Item(span=Span(source="f", start=4, end=9), origin=None, state=Gap()))
    tally.add(item(9, 11))
    ledger = tally.ledger()
    assert (ledger.from_, ledger.to, ledger.records) == (3, 11, 2)
    assert ledger.outcomes == OutcomeCounts(dead=2)
    assert ledger.reasons == {"invalid_json": 2}


@pytest.mark.parametrize("broken", [item(5, 6), item(3, 4), item(4, 5, done=False), item(4, 5, source="g")], ids=str)
def test_a_broken_chain_is_never_committed(broken: Item) -> None:
    tally = SpanTally("f", 3)
    tally.add(item(3, 4))
    with pytest.raises(BrokenChainError):
        tally.add(broken)
