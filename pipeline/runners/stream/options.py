"""What `khabar stream` was asked to do: its options, with the names that the command line gives them."""

import math
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pipeline.errors import JobStopped
from pipeline.kafka.connection import Connection, KafkaJob, Topics
from pipeline.kafka.topics import NewTopics
from pipeline.runners.engine import Engine
from pipeline.settings import PIPELINE_VERSION, Settings

_IDLE_SECONDS: Final = {"prism": 0.25, "flink": 1.0}
_WAIT_SECONDS: Final = {"prism": 0.05, "flink": 5.0}
"""On Flink, Beam before 2.76 keeps a little state for each hand-over of a reader, for ever (issue 27648): there,
readers wait longer before they hand over, and empty partitions are looked at less often."""
_CHECKPOINT_WAIT_SECONDS: Final = 1.0
"""A checkpoint waits for readers that wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamOptions:
    """What `khabar stream` was asked to do."""

    connection: Connection
    topics: Topics
    job_name: str
    engine: Engine
    settings: Settings
    new_topics: NewTopics | None
    """How to create topics that are missing; None does not."""
    checkpoint_seconds: float | None
    """Flink: time between checkpoints; the promise does not need them."""
    bundle_seconds: float
    max_message_bytes: int
    transaction_timeout: float
    compression: Literal["gzip", "snappy", "lz4", "zstd"] | None
    new_partitions_seconds: float
    begin_anew: bool
    """Read a raw topic that was deleted and created again from its beginning; without it that stops the job."""
    drain_timeout: float
    """Longest time that an orderly stop may take, in seconds."""
    stall_seconds: float
    """An attempt that commits nothing for so long, though records wait and brokers answer, is given up.

    Two minutes at least for its first commit, and twice as long after each attempt in a row that ended so, since a
    bundle of slow records may need it.
    """
    heartbeat: Path | None
    """File that is touched while the stream is ready, for health checks."""
    graph: str
    """The graph to run; benchmarks and tests have others."""
    debug: bool

    def check(self) -> None:
        """Raise `JobStopped` for options that do not go together."""
        self.engine.check()
        if self.settings.index_url == "memory:":
            raise JobStopped("a stream needs an article index that outlives it: --index sqlite:///… or postgresql://…")

    def job(self) -> KafkaJob:
        """Return the Kafka side of a new run."""
        return KafkaJob(
            name=self.job_name,
            run=secrets.token_hex(6),
            connection=self.connection,
            topics=self.topics,
            pipeline_version=PIPELINE_VERSION,
            bundle_records=self.settings.bundle_records,
            bundle_bytes=self.settings.bundle_bytes,
            bundle_seconds=self.bundle_seconds,
            max_record_bytes=self.settings.max_record_bytes,
            max_message_bytes=self.max_message_bytes,
            transaction_timeout_ms=int(self.transaction_timeout * 1000),
            compression=self.compression,
            new_partitions_seconds=self.new_partitions_seconds,
            idle_seconds=_IDLE_SECONDS[self.engine.runner],
            wait_seconds=min(
                _WAIT_SECONDS[self.engine.runner],
                math.inf if self.checkpoint_seconds is None else _CHECKPOINT_WAIT_SECONDS,
            ),
        )

    def describe(self) -> str:
        """Return in one line what will run where, without passwords."""
        where = {"prism": "Prism", "flink": f"Flink ({self.engine.job_endpoint})"}[self.engine.runner]
        index = re.sub(r"(://[^/@:]*):[^@/]*@", r"\1:…@", self.settings.index_url)
        brokers = ", ".join(self.connection.bootstrap_servers)
        return (
            f"khabar {PIPELINE_VERSION}: job {self.job_name} on {where} reads {self.topics.raw} at {brokers}; "
            f"index {index}"
        )
