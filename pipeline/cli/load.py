"""`khabar load`: an output into a store."""

import logging
from pathlib import Path
from typing import Any

import click

from pipeline import interrupts
from pipeline.cli.options import STORE_HELP, option, say, show_loading, show_status, with_connection, with_metrics


@click.command()
@click.argument("folder", required=False, metavar="[DIR]", type=click.Path(exists=True, file_okay=False))
@with_connection
@option("--store", f"Where to: {STORE_HELP}", required=True)
@option("--parquet", "DuckDB: keep a copy here as Parquet files by date.", type=click.Path(file_okay=False))
@option("--parquet-seconds", "From Kafka: how old that copy may be.", default=60.0, type=click.FloatRange(0))
@option("--once", "From Kafka: end when the store has what is there now.", is_flag=True)
@with_metrics
@click.pass_context
def load(
    context: click.Context,
    folder: str | None,
    connection: Any,
    topics: Any,
    store: str,
    parquet: str | None,
    parquet_seconds: float,
    once: bool,
    metrics_port: int | None,
    metrics_host: str,
) -> None:
    """Load the output of a run (DIR), or the output topics of Kafka, into a store for dashboards and analysis.

    From Kafka it goes on until it is stopped. What is loaded twice counts once; after any kill the store holds exactly
    what was committed. Nothing else can open a DuckDB store meanwhile: --parquet is what others read.
    """
    from pipeline.store import StoreError, Writer, open_database

    if parquet is not None and not store.startswith("duckdb:"):
        raise click.UsageError("--parquet copies a DuckDB store: --store duckdb:///PATH")
    copy = Path(parquet) if parquet is not None else None

    try:
        if folder is not None:
            from pipeline.store.load_folder import load_folder

            database = open_database(store)
            done = load_folder(Path(folder), Writer(database), show_loading)
            if copy is not None:
                from pipeline.store.parquet import export

                export(database, copy)
            database.close()
            show_status("")
            say(
                f"{done.articles} articles, {done.duplicates} duplicates and unchanged, {done.dead} dead letters of "
                f"{folder} are in {store}"
            )
            return
        from pipeline.observe.health import serving
        from pipeline.observe.logs import log_to_stderr
        from pipeline.store.load_kafka import Follower, Progress

        log_to_stderr()
        logging.getLogger("kafka").setLevel(logging.CRITICAL)  # its errors come as exceptions, and are said once

        def tell(progress: Progress) -> None:
            show_status(f"khabar: {progress.loaded} loaded, {progress.behind} to go {progress.trouble}")

        follower = Follower(
            store, connection, topics, once=once, tell=tell, parquet=copy, parquet_seconds=parquet_seconds
        )
        with serving(metrics_port, "load", follower.unready, metrics_host):
            interrupts.raise_soon()
            try:
                follower.run()
            except KeyboardInterrupt:
                follower.stop.set()
        show_status("")
        say(f"{follower.loaded} messages loaded into {store}")
    except StoreError:
        show_status("")
        raise
