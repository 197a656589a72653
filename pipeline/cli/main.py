"""The command line `khabar`. It loads only what a command needs, so that `--help` answers at once."""

import os
import sys
import threading
import tomllib
from pathlib import Path
from typing import Any, Final, NoReturn

import click
from click.core import ParameterSource

from pipeline.cli.archives import FORMATS, Input, diff, export, mapping_of, replay, with_mapping
from pipeline.cli.dashboard import dashboard, load, trends
from pipeline.cli.index import explain, index
from pipeline.cli.kafka import dead, stream, worker_pool
from pipeline.cli.options import option, with_connection, with_engine, with_settings
from pipeline.errors import explanation, visible
from pipeline.sources.formats import in_words

CONFIG_FILE: Final = "khabar.toml"
_CONTEXT: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100, "show_default": True}


class _Group(click.Group):
    """Turns what a user can act on into one line and the right exit status."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().main(*args, **kwargs)
        except KeyboardInterrupt:
            _fail("interrupted")
        except Exception as error:
            found = explanation(error)
            if found is None:
                raise
            _fail(*found)


@click.group(cls=_Group, context_settings=_CONTEXT)
@click.version_option(package_name="khabar")
@click.pass_context
def main(context: click.Context) -> None:
    """Khabar: raw news articles in, clean, deduplicated, enriched records out.

    Every option can also come from a KHABAR_* variable (--out: KHABAR_OUT) or from khabar.toml in the current folder
    (a table for each command).
    """
    context.default_map = _configuration(Path(CONFIG_FILE))


def _configuration(path: Path) -> dict[str, Any]:
    """Return the options in `path` by command, with names as click has them; a misspelt one is an error."""
    if not path.is_file():
        return {}
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise click.UsageError(f"{path}: {error}") from error
    options: dict[str, Any] = {}
    for name, table in tables.items():
        command = main.commands.get(name)
        if command is None or not isinstance(table, dict):
            raise click.UsageError(f"{path}: [{name}] is no command")
        known = {parameter.name for parameter in command.params if isinstance(parameter, click.Option)}
        options[name] = {key.replace("-", "_"): value for key, value in table.items()}
        if unknown := sorted(set(options[name]) - known):
            raise click.UsageError(f"{path}: [{name}] has no option {unknown[0]}")
    return options


def _fail(message: str, status: int = 1) -> NoReturn:
    click.echo(f"khabar: {visible(message)}", err=True)
    sys.stdout.flush()
    sys.stderr.flush()
    waiting = [one for one in threading.enumerate() if not one.daemon and one is not threading.current_thread()]
    if waiting:  # threads of the runner, for work that will not come
        os._exit(status)
    sys.exit(status)


@main.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=Input())
@with_mapping
@click.option("--out", default="out", type=click.Path(file_okay=False), envvar="KHABAR_OUT", help="Output folder.")
@with_settings
@click.option("--index", envvar="KHABAR_INDEX", help="Article index to use and keep.  [default: a new one in --out]")
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(FORMATS),
    envvar="KHABAR_FORMAT",
    help="Write the articles in this form as well.",
)
@click.option("--parquet", is_flag=True, envvar="KHABAR_PARQUET", help="Short for --format parquet.")
@with_engine("embedded", "prism", "flink")
@option("--split-mb", "On a cluster all readers share larger files.", default=64, type=click.IntRange(0))
@click.option(
    "--follow-links",
    is_flag=True,
    envvar="KHABAR_FOLLOW_LINKS",
    help="Follow symbolic links that lead out of a given folder.",
)
@click.option("--debug", is_flag=True, envvar="KHABAR_DEBUG", help="Show the runner's log and tracebacks.")
def run(
    paths: tuple[str, ...],
    preset: str | None,
    map_: tuple[str, ...],
    out: str,
    settings: Any,
    index: str | None,
    formats: tuple[str, ...],
    parquet: bool,
    follow_links: bool,
    debug: bool,
    engine: Any,
    split_mb: int,
) -> None:
    """Run files and folders through the pipeline into a folder.

    Reads FORMATS. A PATH may be an address such as s3://bucket/folder. Writes articles.jsonl, duplicates.jsonl,
    dead.jsonl and ledger.jsonl, in the order of the input.

    With --runner flink the workers of a cluster share the files; they, --out and an SQLite index must be on a file
    system that all of them see.
    """
    from pipeline.errors import Explained
    from pipeline.observe.terminal import progress_bar, show_summary
    from pipeline.runners.files import quiet_logs, run_files
    from pipeline.scratch import keep_temporary_files_together

    mapping = mapping_of(preset, map_)
    wanted = (*formats, "parquet") if parquet else formats
    keep_temporary_files_together()
    if not debug:
        quiet_logs()
    try:
        with progress_bar() as watch:
            summary = run_files(
                paths,
                Path(out),
                settings(index_url=index or "memory:"),
                watch,
                mapping=mapping,
                formats=tuple(dict.fromkeys(wanted)),
                cluster=_cluster(engine, split_mb),
                follow_links=follow_links,
            )
    except Explained as error:
        _fail(f"{error}; {out} is as it was")
    except Exception as error:
        if debug:
            raise
        _fail(f"{_last_line(error)}; {out} is as it was (--debug shows more)")
    show_summary(summary, Path(out))


run.help = (run.help or "").replace("FORMATS", in_words())


def _cluster(engine: Any, split_mb: int) -> Any:
    """Return where a run takes place; None for this process."""
    if engine is None:
        return None
    from pipeline.runners.cluster import Cluster

    engine.check()
    return Cluster(engine=engine, split_bytes=split_mb * 1024 * 1024)


@main.command()
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
    click.echo(
        f"ok: {result.records} records of {result.sources} sources, each with one outcome "
        f"({counts.article} article, {counts.unchanged} unchanged, {counts.duplicate} duplicate, {counts.dead} dead)"
        f"{rest}; {_proof(result)}"
    )


def _proof(result: Any) -> str:
    """Return what was compared with digests, and what stands for all of it."""
    if not result.digested:
        return "made by a version without digests: content was not compared"
    part = "" if result.digested == result.spans else f" of {result.digested} of {result.spans} spans"
    return f"content{part} as it was written, chain {result.chain[:16]}"


def _last_line(error: BaseException) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[-1].strip() if lines else type(error).__name__


main.add_command(stream)
main.add_command(worker_pool)
main.add_command(dead)
main.add_command(load)
main.add_command(dashboard)
main.add_command(trends)
main.add_command(replay)
main.add_command(diff)
main.add_command(export)
main.add_command(explain)
main.add_command(index)
