"""`khabar dead`: dead letters."""

import sys
from typing import Any

import click

from pipeline.cli.options import option, say, with_connection
from pipeline.errors import visible_json


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
        message = " ".join(found.dead.message.split())[:120]
        say(f"{found.place:<10} {found.dead.reason:<18} {found.dead.stage:<8} {where:<20} {message}{again}")


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
        click.echo(visible_json(json.dumps(json.loads(encode(found.dead)), indent=2, ensure_ascii=False)))


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
    say(f"{len(done.sent)} run again")
    for place, why in done.refused.items():
        say(f"{place} not: {why}", err=True)
    if options["wait"] and done.sent:
        outcomes = fates(connection, topics, done.sent, options["wait"])
        for reason, counts in summary(done.sent, outcomes).items():
            say(f"{reason}: " + ", ".join(f"{count} {what}" for what, count in sorted(counts.items())))
    if done.refused:
        sys.exit(1)
