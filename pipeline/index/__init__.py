"""The article index: dedupe and revisions beyond the life of a job."""

import time
from collections.abc import Callable
from pathlib import Path

from pipeline.index.base import (
    Decision,
    IndexDamaged,
    IndexForbidden,
    IndexUnavailable,
    IndexUnusable,
    Observation,
    Probe,
    StoryArticle,
)
from pipeline.index.index import Index
from pipeline.index.report import Comparison, History
from pipeline.index.storage.sqlite import SqliteStore
from transforms.dedup.stories import Model

__all__ = [
    "Comparison",
    "Decision",
    "History",
    "Index",
    "IndexDamaged",
    "IndexForbidden",
    "IndexUnavailable",
    "IndexUnusable",
    "Observation",
    "Probe",
    "StoryArticle",
    "open_index",
]


def open_index(url: str, clock: Callable[[], float] = time.time, model: Model | None = None) -> Index:
    """Open the index at `url`, making it when there is none.

    ``sqlite:///relative/path``, ``sqlite:////absolute/path``; ``sqlite://`` or ``memory:`` in memory;
    ``postgresql://…`` as libpq reads it. `clock` (Unix seconds) tells the day by which retention counts; `model` says
    when an article belongs to a story, if not the one that comes with the program.

    Raises:
        ValueError: the URL is of no known kind.
        IndexUnavailable: the store cannot be reached or is locked.
        IndexForbidden: this user may not use it.
        IndexDamaged: what is there is no index, is damaged, or is of a newer schema.
    """
    if url in {"memory:", "sqlite://", "sqlite:///:memory:"}:
        return Index(SqliteStore(None), clock, model)
    if url.startswith("sqlite:///"):
        return Index(SqliteStore(Path(url.removeprefix("sqlite:///"))), clock, model)
    if url.startswith(("postgresql://", "postgres://")):
        from pipeline.index.storage.postgres import (
            PostgresStore,  # the driver loads libpq, which embedded runs do not need
        )

        return Index(PostgresStore(url), clock, model)
    raise ValueError(f"unknown kind of index: {url!r}; use sqlite:///PATH, memory: or postgresql://…")
