"""`khabar dashboard`: a store as web pages."""

from pathlib import Path
from typing import Any

import click

from pipeline import interrupts
from pipeline.cli.options import FILE, STORE_HELP, option, say, show_loading, show_status, with_connection


@click.command()
@click.argument("folder", required=False, metavar="[DIR]", type=click.Path(file_okay=False))
@with_connection
@option("--store", f"What to show instead of DIR: {STORE_HELP}")
@option("--host", "Address to listen on.", default="127.0.0.1")
@option("--port", "Port to listen on; 0 takes a free one.", default=8000, type=click.IntRange(0, 65535))
@option("--token", "Ask for this token; better given by the variable.")
@option("--token-file", "File that holds the token.", type=FILE)
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
        url = store if store is not None else store_of_folder(Path(folder or "out"), show_loading)
        show_status("")
        check_store(url)
        from pipeline.dashboard.app import Config

        redrive = None
        if allow_changes:
            from pipeline.dashboard.redrive import kafka_redrive

            redrive = kafka_redrive(connection, topics, job_name)
        hosts = ("localhost", "127.0.0.1", "[::1]", *host_name) if is_loopback(host) else ("*",)
        where = f"http://{host}:{listening.getsockname()[1]}{root_path}/"
        say(f"khabar: the dashboard is at {where} (Ctrl-C ends it)", err=True)
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
        show_status("")
        raise
