import inspect
import pickle

import pytest
from apache_beam.options.pipeline_options import StandardOptions, StreamingOptions
from apache_beam.transforms.userstate import is_stateful_dofn

from pipeline.beam_classes import DoFn, Options


class _Fn(DoFn):
    def process(self, element: int) -> None:
        """Take it."""


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
