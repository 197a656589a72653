"""`khabar worker-pool`: the workers of Flink's task managers."""

import click

from pipeline.cli.options import option, with_metrics


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
