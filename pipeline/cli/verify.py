"""`khabar verify`: the audit of an output."""

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from pipeline.cli.options import say, with_connection


@click.command()
@click.argument("folder", required=False, metavar="[DIR]", type=click.Path(exists=True, file_okay=False))
@with_connection
@click.option(
    "--inputs", is_flag=True, envvar="KHABAR_INPUTS", help="Also that the files a run read are the same still."
)
@click.pass_context
def verify(context: click.Context, folder: str | None, connection: Any, topics: Any, inputs: bool) -> None:
    """Prove that no record is missing, repeated or changed, in the output of a run (DIR, else out) or in Kafka.

    Audits the topics when --bootstrap-servers is given and DIR is not. Exit status 1 and the place of the first
    violation when there is one.
    """
    from pipeline.errors import stopping
    from pipeline.operations.verify import verify_folder

    brokers = context.get_parameter_source("bootstrap_servers") is not ParameterSource.DEFAULT
    rest = ""
    with stopping(OSError):
        if brokers and folder is None:
            from pipeline.kafka.connection import require_answer
            from pipeline.operations.verify_kafka import verify_kafka

            require_answer(connection)
            found = verify_kafka(connection, topics)
            result, rest = found.audit, f"; {found.raw} raw records compared, {found.waiting} wait"
        else:
            result = verify_folder(Path(folder or "out"), with_inputs=inputs)
    counts = result.outcomes
    say(
        f"ok: {result.records} records of {result.sources} sources, each with one outcome "
        f"({counts.article} article, {counts.unchanged} unchanged, {counts.duplicate} duplicate, {counts.dead} dead)"
        f"{rest}; {_proof(result)}"
    )


def _proof(result: Any) -> str:
    """Return what was compared with digests, and what stands for all of it."""
    if not result.spans:
        return "the ledger holds nothing yet"
    if not result.digested:
        return "made by a version without digests: content was not compared"
    part = "" if result.digested == result.spans else f" of {result.digested} of {result.spans} spans"
    return f"content{part} as it was written, chain {result.chain[:16]}"
