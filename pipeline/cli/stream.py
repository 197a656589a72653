"""`khabar stream`: Kafka to Kafka."""

import contextlib
import sys
from pathlib import Path
from typing import Any, Literal

import click

from pipeline.cli.options import option, with_connection, with_engine, with_metrics, with_settings


@click.command()
@with_connection
@option("--job-name", "Consumer group; a second stream of this name takes over.", default="khabar")
@with_engine("prism", "flink")
@option("--index", "Article index: sqlite:///PATH or postgresql://...", required=True)
@option("--create-topics", "Create the topics that are missing.", is_flag=True)
@option("--partitions", "Of created topics: bounds the parallelism.", default=8, type=click.IntRange(1))
@option("--replication", "Of created topics.  [default: the brokers']", default=-1, type=int, show_default=False)
@with_settings
@option("--max-message-bytes", "Largest message to write.", default=10_000_000, type=click.IntRange(10_000))
@option("--bundle-records", "Records in one transaction, at most.", default=500, type=click.IntRange(1))
@option("--bundle-seconds", "Seconds of reading for one transaction.", default=1.0, type=click.FloatRange(0.01))
@option("--new-partitions-seconds", "Between looks for new ones.", default=30.0, type=click.FloatRange(1))
@option("--transaction-timeout", "Seconds until brokers end one.", default=60.0, type=click.FloatRange(5, 900))
@option("--compression", "Of what is written.", type=click.Choice(("gzip", "snappy", "lz4", "zstd")))
@option("--begin-anew", "Read a raw topic that was created anew from its beginning.", is_flag=True)
@option("--drain-timeout", "Seconds that an orderly stop may take.", default=60.0, type=click.FloatRange(1))
@option("--stall-seconds", "Without a commit, until a new attempt.", default=300.0, type=click.FloatRange(10))
@option("--checkpoint-seconds", "Flink: time between checkpoints.  [default: none]", type=click.FloatRange(1))
@option("--heartbeat", "File to touch while the stream is ready.", type=click.Path(dir_okay=False, path_type=Path))
@with_metrics
@option("--log-format", "Of what is said on standard error.", default="text", type=click.Choice(("text", "json")))
@option("--graph", "Graph to run instead, for benchmarks.", default="pipeline.graph:build", hidden=True)
@option("--debug", "Show the runner's log and tracebacks.", is_flag=True)
def stream(metrics_port: int | None, **options: Any) -> None:
    """Kafka in, Kafka out, exactly once, until stopped.

    Reads PREFIX.raw and writes PREFIX.articles, PREFIX.duplicates, PREFIX.dead and PREFIX.ledger. SIGTERM or Ctrl-C
    stops in good order: nothing new is read, what was read is committed. A second one stops at once; nothing is lost
    then either. Lost brokers are waited for.
    """
    from pipeline.observe import health
    from pipeline.scratch import keep_temporary_files_together

    keep_temporary_files_together()
    with health.shared_folder() if metrics_port is not None else contextlib.nullcontext():
        status = _stream(metrics_port, **options)
    sys.exit(status)


def _stream(
    metrics_port: int | None,
    *,
    metrics_host: str,
    log_format: Literal["text", "json"],
    settings: Any,
    index: str,
    bundle_records: int,
    create_topics: bool,
    partitions: int,
    replication: int,
    **options: Any,
) -> int:
    from pipeline.kafka.topics import NewTopics
    from pipeline.observe import health
    from pipeline.runners.stream.options import StreamOptions
    from pipeline.runners.stream.supervisor import Supervisor
    from pipeline.runners.stream.terminal import showing

    wanted = StreamOptions(
        settings=settings(index_url=index, bundle_records=bundle_records),
        new_topics=NewTopics(partitions=partitions, replication=replication) if create_topics else None,
        **options,
    )
    with showing(log_format) as (show, say):
        supervisor = Supervisor(wanted, show, say)
        with health.serving(metrics_port, "stream", supervisor.unready, metrics_host, supervisor.unwell):
            return supervisor.run()
