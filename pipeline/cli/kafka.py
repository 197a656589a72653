"""The commands that speak to Kafka: `stream`, `worker-pool` and `dead`."""

import contextlib
import sys
from pathlib import Path
from typing import Any, Literal

import click

from pipeline.cli.options import option, with_connection, with_engine, with_metrics, with_settings
from pipeline.errors import visible


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


@click.command("worker-pool")
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND...]")
@option("--host", "Address where task managers ask for workers; who reaches it runs code.", default="127.0.0.1")
@option("--port", "Port for that.", default=50000, type=click.IntRange(1, 65535))
@option("--allow-user", "User id of task managers on this machine, where it is another.", multiple=True, type=int)
@with_metrics
def worker_pool(
    command: tuple[str, ...],
    host: str,
    port: int,
    allow_user: tuple[int, ...],
    metrics_port: int | None,
    metrics_host: str,
) -> None:
    """Start the Python workers of Flink's task managers, until ended.

    Runs beside each task manager, on the same host; `khabar stream --worker-pool` names it. On this machine it works
    for this user, for root and for --allow-user alone. With a COMMAND it starts the task manager itself, and when one
    of the two ends, so does the other.
    """
    from pipeline.runners.worker_pool import run

    run(host, port, metrics_port, metrics_host, frozenset(allow_user), command)


@click.group()
def dead() -> None:
    """Dead letters: list them, show one, run them again."""


@dead.command("list")
@with_connection
@option("--reason", "Only those of this reason.")
@option("--all", "Also those that were run again.", is_flag=True)
def list_(connection: Any, topics: Any, reason: str | None, **options: Any) -> None:
    """List dead letters: place, reason, stage, where the record was read, message."""
    from pipeline.kafka.connection import require_answer
    from pipeline.operations.dead_letters import letters, markers

    require_answer(connection)
    done = markers(connection, topics)
    for found in letters(connection, topics, reason):
        marker = done.get(found.place)
        if marker is not None and not options["all"]:
            continue
        origin = found.dead.provenance
        where = "/".join(str(getattr(origin, name, "")) for name in ("topic", "partition", "offset"))
        again = f"  (run again as {marker.raw})" if marker else ""
        message = visible(" ".join(found.dead.message.split())[:120])
        click.echo(f"{found.place:<10} {found.dead.reason:<18} {found.dead.stage:<8} {where:<20} {message}{again}")


@dead.command()
@click.argument("place", metavar="PLACE")
@with_connection
@option("--payload", "Write the original bytes instead of the record.", is_flag=True)
def show(place: str, connection: Any, topics: Any, payload: bool) -> None:
    """Show the dead letter at PLACE, as `khabar dead list` names it."""
    import json

    from pipeline.kafka.connection import require_answer
    from pipeline.operations import dead_letters
    from schemas.codec import encode

    require_answer(connection)
    found = dead_letters.letter(connection, topics, place)
    if payload:
        sys.stdout.buffer.write(dead_letters.payload(connection, found))
    else:
        click.echo(json.dumps(json.loads(encode(found.dead)), indent=2, ensure_ascii=False))


@dead.command()
@click.argument("places", nargs=-1, metavar="[PLACE]...")
@with_connection
@option("--job-name", "Name of the streaming job.", default="khabar")
@option("--reason", "All of this reason.")
@option("--all", "All that were not run again yet.", is_flag=True)
@option("--wait", "Seconds to wait for their outcomes.", default=0.0, type=click.FloatRange(0))
def redrive(places: tuple[str, ...], connection: Any, topics: Any, **options: Any) -> None:
    """Run dead letters again: write them to the raw topic, each once, with their history.

    With --wait, says what became of them.
    """
    from pipeline.kafka.connection import KafkaJob, require_answer
    from pipeline.operations.dead_letters import fates, summary
    from pipeline.operations.dead_letters import redrive as run_again
    from pipeline.settings import PIPELINE_VERSION

    if not (places or options["reason"] or options["all"]):
        raise click.UsageError("name dead letters, or give --reason or --all")
    require_answer(connection)
    job = KafkaJob(
        name=options["job_name"], run="", connection=connection, topics=topics, pipeline_version=PIPELINE_VERSION
    )
    done = run_again(job, places=places, reason=options["reason"])
    click.echo(f"{len(done.sent)} run again")
    for place, why in done.refused.items():
        click.echo(f"{place} not: {why}", err=True)
    if options["wait"] and done.sent:
        outcomes = fates(connection, topics, done.sent, options["wait"])
        for reason, counts in summary(done.sent, outcomes).items():
            click.echo(f"{reason}: " + ", ".join(f"{count} {what}" for what, count in sorted(counts.items())))
    if done.refused:
        sys.exit(1)
