"""`khabar replay`: archives into Kafka."""

import os
import sys
from typing import Any, NoReturn

import click

from pipeline import interrupts
from pipeline.cli.options import Input, mapping_of, say, with_connection, with_mapping


class _Speed(click.ParamType[float]):
    """`recorded`, or a multiple of it."""

    name = "speed"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the multiple of the recorded speed."""
        if value == "recorded":
            return 1.0
        speed: float = click.FloatRange(min=0, min_open=True).convert(value, param, ctx)
        return speed


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=Input())
@with_mapping
@with_connection
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), envvar="KHABAR_RATE", help="Records per second.")
@click.option(
    "--speed",
    type=_Speed(),
    metavar="recorded|N",
    envvar="KHABAR_SPEED",
    help="Send records as far apart as they were published or fetched, or N times as fast.",
)
@click.option("--dry-run", is_flag=True, help="Count, show samples, and send nothing; needs no broker.")
@click.option("--samples", default=5, type=click.IntRange(0), help="Records that --dry-run shows.")
@click.option("--again", is_flag=True, help="Send files anew that were sent before.")
@click.option(
    "--timestamps",
    default="event",
    type=click.Choice(("event", "now")),
    envvar="KHABAR_TIMESTAMPS",
    help="Message timestamps: when an article was published or fetched, or the time of sending.",
)
@click.option("--max-record-mb", default=32, type=click.IntRange(1), envvar="KHABAR_MAX_RECORD_MB", help="See run.")
@click.option("--follow-links", is_flag=True, envvar="KHABAR_FOLLOW_LINKS", help="See run.")
@click.option("--create-topics", is_flag=True, envvar="KHABAR_CREATE_TOPICS", help="Create the raw topic if missing.")
@click.option(
    "--partitions", default=8, type=click.IntRange(1), envvar="KHABAR_PARTITIONS", help="Of a created raw topic."
)
def replay(
    paths: tuple[str, ...],
    preset: str | None,
    map_: tuple[str, ...],
    connection: Any,
    topics: Any,
    dry_run: bool,
    samples: int,
    max_record_mb: int,
    create_topics: bool,
    partitions: int,
    **options: Any,
) -> None:
    """Send the records of archives to the raw topic, each once.

    Reads what `khabar run` reads. What has been sent is kept in the topic PREFIX.replays: a replay that was killed goes
    on where it stood, one that is started twice sends nothing twice.
    """
    from pipeline.kafka.connection import require_answer
    from pipeline.kafka.topics import NewTopics
    from pipeline.observe.terminal import progress_bar, show_replay
    from pipeline.operations import replay as replays
    from pipeline.scratch import keep_temporary_files_together

    interrupts.raise_soon()
    keep_temporary_files_together()
    wanted = replays.ReplayOptions(
        connection=connection,
        topics=topics,
        mapping=mapping_of(preset, map_),
        max_record_bytes=max_record_mb * 1024 * 1024,
        create_topics=NewTopics(partitions=partitions) if create_topics else None,
        **options,
    )
    try:
        with progress_bar("replay") as watch:
            if dry_run:
                summary = replays.dry_run(paths, wanted, samples=samples, watch=watch)
            else:
                require_answer(connection)
                summary = replays.replay(paths, wanted, watch=watch)
    except KeyboardInterrupt:
        _leave("interrupted; what was sent is kept, start it again to go on")
    show_replay(summary, topics.raw, dry_run=dry_run)


def _leave(message: str) -> NoReturn:
    """Say in one line what is wrong and end at once: a producer that was fenced never closes."""
    say(f"khabar: {message}", err=True)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1)
