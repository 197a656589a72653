"""`khabar trends`: what rises, and which source goes quiet."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from pipeline import interrupts
from pipeline.cli.options import FILE, option, with_connection, with_metrics


@click.command()
@with_connection
@option("--job-name", "Name of the job; a second one of this name takes over.", default="khabar-trends")
@option("--since", "First day to expect something of.  [default: two weeks ago]", type=click.DateTime(["%Y-%m-%d"]))
@option("--prism", "Prism binary.  [default: one that is built once]", type=FILE)
@with_metrics
@option("--debug", "Show the runner's log and tracebacks.", is_flag=True)
def trends(
    connection: Any,
    topics: Any,
    job_name: str,
    since: datetime | None,
    prism: str | None,
    metrics_port: int | None,
    metrics_host: str,
    debug: bool,
) -> None:
    """Watch the output topics: what rises, and which source goes quiet or degrades.

    Reads PREFIX.articles and PREFIX.dead from their start and writes PREFIX.trends until it is stopped. What it writes
    replaces what it wrote before for the same hour and value, so it may be stopped and started at any time.
    """
    from pipeline.observe.health import serving
    from pipeline.runners.files import quiet_logs
    from pipeline.scratch import keep_temporary_files_together
    from pipeline.trends.job import TrendsJob

    interrupts.raise_soon()
    keep_temporary_files_together()
    if not debug:
        quiet_logs()
    first = (since or datetime.now(UTC) - timedelta(days=14)).replace(tzinfo=UTC)
    job = TrendsJob(connection, topics, job_name, since=first, prism=Path(prism) if prism else None)
    with serving(metrics_port, "trends", job.unready, metrics_host):
        try:
            job.run()
        except KeyboardInterrupt:
            return
