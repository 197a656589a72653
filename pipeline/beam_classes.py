"""Beam's classes as ours are made of them: the same, in less time to start."""

import pickle
from collections.abc import Iterable
from typing import Any, Final

import apache_beam as beam
from apache_beam.coders import PickleCoder, coder_impl, registry
from apache_beam.options.pipeline_options import PipelineOptions

from pipeline.items import Item

_ITEM_BYTES: Final = 10_000


class DoFn(beam.DoFn):  # type: ignore[misc]
    """A DoFn without state and timers.

    To find those, Beam asks `inspect` about every method of a DoFn, its own thirty included, ten times over while a
    pipeline is built and started: a tenth of what `khabar run` takes to start.
    """

    def __dir__(self) -> Iterable[str]:
        """Return the names under which Beam may look for state and timers."""
        return ("process", "start_bundle", "finish_bundle")


class Options(PipelineOptions):  # type: ignore[misc]
    """Options of a job that make each view of them once.

    Beam asks for some 140 views while a pipeline is built and started, and builds a parser of arguments for each:
    another tenth. All views of the same options share their values, so one of each kind is enough.
    """

    def view_as(self, cls: Any) -> Any:
        """Return the view of these options as `cls`."""
        views: dict[Any, Any] = self.__dict__.setdefault("_views", {})
        if cls not in views:
            views[cls] = super().view_as(cls)
        return views[cls]

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without the views, which are made again."""
        return {name: value for name, value in super().__getstate__().items() if name != "_views"}


class ItemCoder(PickleCoder):  # type: ignore[misc]
    """Pickles items where a runner keeps or moves them, which it never does within the chain.

    Beam's own coder does the same. But Beam also asks for the size of some fifty elements of each bundle behind each
    stage, which in a stream are all or every tenth, and would pickle pages and articles to know it.
    """

    def _create_impl(self) -> Any:
        return coder_impl.CallbackCoderImpl(_dumps, pickle.loads, _size_of)


def _dumps(item: Item) -> bytes:
    return pickle.dumps(item, pickle.HIGHEST_PROTOCOL)


def _size_of(_: Item) -> int:
    return _ITEM_BYTES


registry.register_coder(Item, ItemCoder)
