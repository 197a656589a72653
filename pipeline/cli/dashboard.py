"""The commands that feed and show dashboards: `load`, `dashboard`, `trends`."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from pipeline import interrupts
from pipeline.cli.options import option, with_connection, with_metrics

_STORE_HELP = "sqlite:///PATH, duckdb:///PATH or postgresql://USER@HOST/DATABASE."
_FILE = click.Path(exists=True, dir_okay=False)
_FOLDER = click.Path(exists=True, file_okay=False)


def _status(text: str) -> None:
    """Show a passing line on a terminal."""
    if sys.stderr.isatty():
        click.echo(f"\r\033[K{text}", nl=False, err=True)


def _watch(done: int, total: int) -> None:
    _status(f"khabar: loading, {100 * done // max(total, 1)} %")


@click.command()
@click.argument("folder", required=False, metavar="[DIR]", type=_FOLDER)
@with_connection
@option("--store", f"Where to: {_STORE_HELP}", required=True)
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
            done = load_folder(Path(folder), Writer(database), _watch)
            if copy is not None:
                from pipeline.store.parquet import export

                export(database, copy)
            database.close()
            _status("")
            click.echo(
                f"{done.articles} articles, {done.duplicates} duplicates and unchanged, {done.dead} dead letters of "
                f"{folder} are in {store}"
            )
            return
        from pipeline.observe.health import serving
        from pipeline.observe.logs import log_to_stderr
        from pipeline.store.load_kafka import Follower, Progress

        log_to_stderr()

        def tell(progress: Progress) -> None:
            _status(f"khabar: {progress.loaded} loaded, {progress.behind} to go {progress.trouble}")

        follower = Follower(
            store, connection, topics, once=once, tell=tell, parquet=copy, parquet_seconds=parquet_seconds
        )
        with serving(metrics_port, "load", follower.unready, metrics_host):
            interrupts.raise_soon()
            try:
                follower.run()
            except KeyboardInterrupt:
                follower.stop.set()
        _status("")
        click.echo(f"{follower.loaded} messages loaded into {store}")
    except StoreError:
        _status("")
        raise


@click.command()
@click.argument("folder", required=False, metavar="[DIR]", type=click.Path(file_okay=False))
@with_connection
@option("--store", f"What to show instead of DIR: {_STORE_HELP}")
@option("--host", "Address to listen on.", default="127.0.0.1")
@option("--port", "Port to listen on; 0 takes a free one.", default=8000, type=click.IntRange(0, 65535))
@option("--token", "Ask for this token; better given by the variable.")
@option("--token-file", "File that holds the token.", type=_FILE)
@option("--behind-proxy", "Addresses or networks of the proxy that decides who may see it.", metavar="ADDRESS,...")
@option("--root-path", "Path under which the proxy shows it.", default="", metavar="/PATH")
@option("--host-name", "Further host name that browsers may use.", multiple=True)
@option("--allow-changes", "Let the page run dead letters again (Kafka).", is_flag=True)
@option("--job-name", "Name of the streaming job, for that.", default="khabar")
@click.pass_context
def dashboard(
    context: click.Context,
    folder: str | None,
    connection: Any,
    topics: Any,
    store: str | None,
    host: str,
    port: int,
    token: str | None,
    token_file: str | None,
    behind_proxy: str | None,
    root_path: str,
    host_name: tuple[str, ...],
    allow_changes: bool,
    job_name: str,
) -> None:
    """Show the output of a run (DIR, else out), or a store that `khabar load` keeps, as web pages.

    Only this machine can reach it unless --host says otherwise, which needs --token or --behind-proxy. It changes
    nothing unless --allow-changes is given.
    """
    from pipeline.dashboard.originals import from_files, from_kafka
    from pipeline.dashboard.serve import check_store, is_network, listen, serve
    from pipeline.runners.peers import is_loopback
    from pipeline.store import StoreError
    from pipeline.store.load_folder import store_of_folder

    if store is not None and folder is not None:
        raise click.UsageError("give DIR or --store, not both")
    if token_file is not None:
        token = token or Path(token_file).read_text("utf-8").strip()
        if not token:
            raise click.UsageError(f"--token-file {token_file} is empty")
    if not is_loopback(host) and not token and not behind_proxy:
        raise click.UsageError(
            f"--host {host} lets others in: give --token or --token-file, or --behind-proxy if a proxy guards it"
        )
    proxies = tuple(filter(None, (behind_proxy or "").replace(" ", "").split(",")))
    if wrong := [address for address in proxies if not is_network(address)]:
        raise click.UsageError(f"--behind-proxy {wrong[0]}: neither an address nor a network")
    if root_path and (not root_path.startswith("/") or root_path.endswith("/")):
        raise click.UsageError("--root-path begins with / and does not end with one")
    try:
        listening = listen(host, port)
        url = store if store is not None else store_of_folder(Path(folder or "out"), _watch)
        _status("")
        check_store(url)
        from pipeline.dashboard.app import Config

        redrive = None
        if allow_changes:
            from pipeline.dashboard.redrive import kafka_redrive

            redrive = kafka_redrive(connection, topics, job_name)
        hosts = ("localhost", "127.0.0.1", "[::1]", *host_name) if is_loopback(host) else ("*",)
        where = f"http://{host}:{listening.getsockname()[1]}{root_path}/"
        click.echo(f"khabar: the dashboard is at {where} (Ctrl-C ends it)", err=True)
        interrupts.raise_soon()
        try:
            serve(
                Config(
                    store_url=url,
                    token=token,
                    hosts=hosts,
                    redrive=redrive,
                    original=from_files() if store is None else from_kafka(connection),
                ),
                listening,
                root_path=root_path,
                proxies=proxies,
            )
        except KeyboardInterrupt:
            return
    except StoreError:
        _status("")
        raise


@click.command()
@with_connection
@option("--job-name", "Name of the job; a second one of this name takes over.", default="khabar-trends")
@option("--since", "First day to expect something of.  [default: two weeks ago]", type=click.DateTime(["%Y-%m-%d"]))
@option("--prism", "Prism binary.  [default: one that is built once]", type=_FILE)
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
