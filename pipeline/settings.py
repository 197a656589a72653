"""The settings of a job: parsed once, checked once, frozen, and carried into every stage."""

import os
from dataclasses import dataclass, field
from importlib.metadata import version

PIPELINE_VERSION = version("khabar")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What stages need to know, whatever the source, the sink and the runner."""

    workers: int = field(default_factory=lambda: available_cores())
    """Extraction processes behind each Beam worker."""
    deadline_s: float = 20.0
    """Longest time that extraction or enrichment of one record may take, in seconds."""
    memory_mb: int = 1024
    """Memory that one extraction process may allocate beyond what it starts with, in MiB."""
    max_record_bytes: int = 32 * 1024 * 1024
    """A larger record is a dead letter `too_large`."""
    index_url: str = "memory:"
    """Where the article index lives: ``memory:``, ``sqlite:///path`` or ``postgresql://…``."""
    bundle_records: int = 1000
    """A source hands over to the sink after this many records …"""
    bundle_bytes: int = 64 * 1024 * 1024
    """… or this many bytes."""
    index_batch: int = 64
    """Records that share one round trip to the index."""
    ner_model: str | None = None
    """Folder or package of a spaCy model that finds further people and organisations."""
    research_names: bool = False
    """Use taggers whose training data forbids commercial use, where they are better than the free ones."""
    validate: bool = False
    """Check every outgoing record against its JSON Schema."""
    internal_error_rate: float = 0.5
    """The job stops when more than this share of recent records fails with `internal_error`."""


def available_cores() -> int:
    """Return the number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
