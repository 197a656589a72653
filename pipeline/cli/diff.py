"""`khabar diff`: what differs between two outputs."""

import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from pipeline.cli.options import Input, mapping_of, say, with_mapping
from pipeline.errors import visible_json


@click.command()
@click.argument("old", metavar="OLD", type=click.Path(exists=True, file_okay=False))
@click.argument("new", metavar="[NEW]", required=False, type=click.Path(exists=True, file_okay=False))
@click.option(
    "--rerun",
    multiple=True,
    metavar="PATH",
    type=Input(),
    help="Instead of NEW: run this archive through the code as it is now, once more for each PATH.",
)
@with_mapping
@click.option("--json", "as_json", is_flag=True, help="Print the differences as JSON.")
@click.option("--html", type=click.Path(dir_okay=False, writable=True), help="Write a page that shows them.")
@click.option("--examples", default=5, type=click.IntRange(0), help="Examples of each difference.")
@click.option("--exit-code", is_flag=True, help="Exit with status 1 when there are differences.")
def diff(
    old: str,
    new: str | None,
    rerun: tuple[str, ...],
    preset: str | None,
    map_: tuple[str, ...],
    as_json: bool,
    html: str | None,
    examples: int,
    exit_code: bool,
) -> None:
    """Show what differs between two outputs of the same archive.

    OLD and NEW are output folders of `khabar run`. With --rerun, NEW is what the code as it is now makes of the
    archive: this is how to judge a change before it is deployed.
    """
    if (new is None) == (not rerun):
        raise click.UsageError("give either NEW or --rerun PATH")
    import orjson

    from pipeline.operations.diff import diff_folders
    from pipeline.operations.diff_page import html_page, show

    if rerun:
        with tempfile.TemporaryDirectory(prefix="khabar-diff-") as folder:
            _run_again(rerun, Path(folder), mapping_of(preset, map_))
            found = diff_folders(Path(old), Path(folder), examples=examples)
        found.new = "the code as it is now"
    else:
        found = diff_folders(Path(old), Path(str(new)), examples=examples)
    if html:
        Path(html).write_text(html_page(found), encoding="utf-8")
    if as_json:
        click.echo(visible_json(orjson.dumps(found.as_dict(), option=orjson.OPT_INDENT_2).decode()))
    else:
        show(found, examples=min(examples, 2))
        if html:
            say(f"\nwritten to {html}")
    if exit_code and not found.same:
        sys.exit(1)


def _run_again(paths: tuple[str, ...], folder: Path, mapping: Any) -> None:
    from pipeline.observe.terminal import progress_bar
    from pipeline.runners.files import quiet_logs, run_files
    from pipeline.scratch import keep_temporary_files_together
    from pipeline.settings import Settings

    keep_temporary_files_together()
    quiet_logs()
    with progress_bar("diff") as watch:
        run_files(paths, folder, Settings(), watch, mapping=mapping)
