import inspect
import pickle
from collections.abc import Iterator

import apache_beam as beam
import pytest
from apache_beam.coders import registry
from apache_beam.options.pipeline_options import StandardOptions, StreamingOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.transforms.userstate import is_stateful_dofn

from pipeline.beam_classes import DoFn, Options
from pipeline.items import Gap, Item, Span

ITEM = Item(span=Span(source="a", start=0, end=1), origin=None, state=Gap(reason="image"))


class _Fn(DoFn):
    def process(self, element: int) -> None:
        """Take it."""


class _ItemsFn(DoFn):
    def process(self, element: bytes) -> Iterator[Item]:
        yield from [ITEM] * 20


class _SameFn(DoFn):
    def process(self, element: Item) -> Iterator[Item]:
        yield element


class _LastFn(DoFn):
    def process(self, element: Item) -> None:
        assert element is ITEM


def test_beam_examines_only_the_methods_that_could_have_a_state(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    signature = inspect.signature
    monkeypatch.setattr(inspect, "signature", lambda f: (asked.append(f.__name__), signature(f))[1])
    assert not is_stateful_dofn(_Fn())
    assert sorted(asked) == ["finish_bundle", "process", "start_bundle"]


def test_options_have_one_view_of_a_kind_and_all_share_their_values() -> None:
    options = Options(["--streaming"])
    view = options.view_as(StandardOptions)
    assert view is options.view_as(StandardOptions)
    assert view.streaming
    view.streaming = False
    assert not options.view_as(StreamingOptions).view_as(StandardOptions).streaming


def test_options_can_be_pickled_after_they_were_viewed() -> None:
    options = Options(["--streaming"])
    options.view_as(StandardOptions)
    again = pickle.loads(pickle.dumps(options))
    assert again.view_as(StandardOptions).streaming
    assert again.view_as(StandardOptions) is again.view_as(StandardOptions)


def test_beam_does_not_pickle_items_to_know_their_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.beam_classes.pickle.dumps", lambda *_: pytest.fail("an item was pickled"))
    p = beam.Pipeline(runner=FnApiRunner(), options=Options([]))
    p | beam.Impulse() | beam.ParDo(_ItemsFn()) | beam.ParDo(_SameFn()) | beam.ParDo(_LastFn())
    p.run().wait_until_finish()


def test_items_come_back_as_they_were_where_a_runner_moves_them() -> None:
    coder = registry.get_coder(Item)
    assert coder.decode(coder.encode(ITEM)) == ITEM
