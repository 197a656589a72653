"""The commands that work on archives and finished output: `replay`, `diff` and `export`."""

import os
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NoReturn

import click

from pipeline import interrupts
from pipeline.cli.options import with_connection
from transforms.analytics.facets import DIMENSIONS

FORMATS: Final = ("ninjs", "schemaorg", "newsplease", "csv", "parquet")
_PRESETS: Final = ("ccnews", "eventregistry", "newsplease", "saudinewsnet")
_MAPPING: Final = (
    click.option(
        "--preset", type=click.Choice(_PRESETS), envvar="KHABAR_PRESET", help="Field names of a known kind of dump."
    ),
    click.option(
        "--map",
        "map_",
        multiple=True,
        metavar="FIELD=NAME,...",
        help="Take a raw field from another one (text=body,source=site.name); FIELD= drops it.",
    ),
)


class Input(click.ParamType[str]):
    """A file or folder that exists, or an address that fsspec reads (``s3://…``)."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the path; the command fails with status 2 when there is nothing."""
        if "://" in str(value):
            return str(value)
        return str(click.Path(exists=True, readable=True).convert(value, param, ctx))


def with_mapping(command: Any) -> Any:
    """Give a command the options of field mapping; it is called with `preset` and `map_`."""
    for option in reversed(_MAPPING):
        command = option(command)
    return command


def mapping_of(preset: str | None, pairs: tuple[str, ...]) -> Any:
    """Return the `FieldMapping` that the options describe."""
    from pipeline.sources.mapping import MappingError, parse_mapping

    try:
        return parse_mapping(preset, pairs)
    except MappingError as error:
        raise click.UsageError(str(error)) from error


class _Speed(click.ParamType[float]):
    """`recorded`, or a multiple of it."""

    name = "speed"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the multiple of the recorded speed."""
        if value == "recorded":
            return 1.0
        speed: float = click.FloatRange(min=0, min_open=True).convert(value, param, ctx)
        return speed


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=Input())
@with_mapping
@with_connection
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), envvar="KHABAR_RATE", help="Records per second.")
@click.option(
    "--speed",
    type=_Speed(),
    metavar="recorded|N",
    envvar="KHABAR_SPEED",
    help="Send records as far apart as they were published or fetched, or N times as fast.",
)
@click.option("--dry-run", is_flag=True, help="Count, show samples, and send nothing; needs no broker.")
@click.option("--samples", default=5, type=click.IntRange(0), help="Records that --dry-run shows.")
@click.option("--again", is_flag=True, help="Send files anew that were sent before.")
@click.option(
    "--timestamps",
    default="event",
    type=click.Choice(("event", "now")),
    envvar="KHABAR_TIMESTAMPS",
    help="Message timestamps: when an article was published or fetched, or the time of sending.",
)
@click.option("--max-record-mb", default=32, type=click.IntRange(1), envvar="KHABAR_MAX_RECORD_MB", help="See run.")
@click.option("--follow-links", is_flag=True, envvar="KHABAR_FOLLOW_LINKS", help="See run.")
@click.option("--create-topics", is_flag=True, envvar="KHABAR_CREATE_TOPICS", help="Create the raw topic if missing.")
@click.option(
    "--partitions", default=8, type=click.IntRange(1), envvar="KHABAR_PARTITIONS", help="Of a created raw topic."
)
def replay(
    paths: tuple[str, ...],
    preset: str | None,
    map_: tuple[str, ...],
    connection: Any,
    topics: Any,
    dry_run: bool,
    samples: int,
    max_record_mb: int,
    create_topics: bool,
    partitions: int,
    **options: Any,
) -> None:
    """Send the records of archives to the raw topic, each once.

    Reads what `khabar run` reads. What has been sent is kept in the topic PREFIX.replays: a replay that was killed goes
    on where it stood, one that is started twice sends nothing twice.
    """
    from pipeline.kafka.connection import require_answer
    from pipeline.kafka.topics import NewTopics
    from pipeline.observe.terminal import progress_bar, show_replay
    from pipeline.operations import replay as replays
    from pipeline.scratch import keep_temporary_files_together

    interrupts.raise_soon()
    keep_temporary_files_together()
    wanted = replays.ReplayOptions(
        connection=connection,
        topics=topics,
        mapping=mapping_of(preset, map_),
        max_record_bytes=max_record_mb * 1024 * 1024,
        create_topics=NewTopics(partitions=partitions) if create_topics else None,
        **options,
    )
    try:
        with progress_bar("replay") as watch:
            if dry_run:
                summary = replays.dry_run(paths, wanted, samples=samples, watch=watch)
            else:
                require_answer(connection)
                summary = replays.replay(paths, wanted, watch=watch)
    except KeyboardInterrupt:
        _leave("interrupted; what was sent is kept, start it again to go on")
    show_replay(summary, topics.raw, dry_run=dry_run)


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
        click.echo(orjson.dumps(found.as_dict(), option=orjson.OPT_INDENT_2).decode())
    else:
        show(found, examples=min(examples, 2))
        if html:
            click.echo(f"\nwritten to {html}")
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


_FILTERS = tuple(name for name in DIMENSIONS if name not in {"day", "change"})


def _with_filters(command: Any) -> Any:
    for name in reversed(_FILTERS):
        command = click.option(f"--{name}", name, help=f"Only articles with this {name}.")(command)
    return command


@click.command()
@click.argument("folder", required=False, metavar="[DIR]", type=click.Path(exists=True, file_okay=False))
@click.option("--store", envvar="KHABAR_STORE", help="A store instead of DIR.")
@click.option("--format", "kind", required=True, type=click.Choice((*FORMATS, "jsonl")), help="What to write.")
@click.option(
    "--to", type=click.Path(), help="File or, for parquet, folder.  [default: beside articles.jsonl, or here]"
)
@click.option("--latest", is_flag=True, help="Only the newest version of each article.")
@click.option("--query", help="Only articles that this search finds.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="First day of the event time, UTC.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day.")
@click.option("--changed", is_flag=True, help="Only articles that were changed after their first version.")
@_with_filters
def export(
    folder: str | None,
    store: str | None,
    kind: str,
    to: str | None,
    latest: bool,
    query: str | None,
    since: datetime | None,
    until: datetime | None,
    changed: bool,
    **filters: str | None,
) -> None:
    """Write articles of a run (DIR, else out) or of a store: as another standard, CSV, or Parquet by day.

    With filters, or from a store, they are those that the dashboard shows for the same selection.
    """
    from pipeline.errors import stopping
    from pipeline.sinks.export import default_name, write
    from pipeline.sinks.export import export as export_folder
    from pipeline.store import Reader, StoreError, open_database
    from schemas.codec import CodecError

    if store is not None and folder is not None:
        raise click.UsageError("give DIR or --store, not both")
    given = {name: value for name, value in filters.items() if value}
    target = Path(to) if to else None
    place = Path(folder or "out")
    with stopping(OSError, CodecError, StoreError, doing=f"cannot export {store or place}"):
        if store is None and kind != "jsonl" and not (given or latest or query or since or until or changed):
            if not place.is_dir():
                raise click.UsageError(f"there is no folder {place}")
            click.echo(f"written to {export_folder(place, kind, target)}")
            return
        from pipeline.store.load_folder import store_of_folder
        from pipeline.store.reader import Selection

        selection = Selection(
            query or "", given, f"{since:%Y-%m-%d}" if since else None, f"{until:%Y-%m-%d}" if until else None, changed
        )
        database = open_database(store or store_of_folder(place), read_only=True)
        try:
            rows = Reader(database).every(selection, only_latest=latest)
            click.echo(f"written to {write(rows, kind, target or Path(default_name(kind)))}")
        finally:
            database.close()


def _leave(message: str) -> NoReturn:
    """Say in one line what is wrong and end at once: a producer that was fenced never closes."""
    click.echo(f"khabar: {message}", err=True)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1)
