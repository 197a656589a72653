"""`khabar run`: files into a folder."""

from pathlib import Path
from typing import Any

import click

from pipeline.cli.options import Input, fail, mapping_of, option, with_engine, with_mapping, with_settings
from pipeline.sinks.export import FORMATS
from pipeline.sources.formats import in_words


@click.command()
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
    from pipeline.forking import start_fork_server
    from pipeline.scratch import keep_temporary_files_together

    keep_temporary_files_together()
    if engine is None:
        start_fork_server()
    from pipeline.errors import Explained
    from pipeline.observe.terminal import progress_bar, show_summary
    from pipeline.runners.files import quiet_logs, run_files

    mapping = mapping_of(preset, map_)
    wanted = (*formats, "parquet") if parquet else formats
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
        fail(f"{error}; {out} is as it was")
    except Exception as error:
        if debug:
            raise
        fail(f"{_last_line(error)}; {out} is as it was (--debug shows more)")
    show_summary(summary, Path(out))


run.help = (run.help or "").replace("FORMATS", in_words())


def _cluster(engine: Any, split_mb: int) -> Any:
    """Return where a run takes place; None for this process."""
    if engine is None:
        return None
    from pipeline.runners.cluster import Cluster

    engine.check()
    return Cluster(engine=engine, split_bytes=split_mb * 1024 * 1024)


def _last_line(error: BaseException) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[-1].strip() if lines else type(error).__name__
