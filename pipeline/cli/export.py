"""`khabar export`: articles in another form."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from pipeline.cli.options import say
from pipeline.sinks.export import FORMS, write
from pipeline.sinks.export import export as export_folder
from transforms.analytics.facets import DIMENSIONS

_FILTERS = tuple(name for name in DIMENSIONS if name not in {"day", "change"})


def _with_filters(command: Any) -> Any:
    for name in reversed(_FILTERS):
        command = click.option(f"--{name}", name, help=f"Only articles with this {name}.")(command)
    return command


@click.command()
@click.argument("folder", required=False, metavar="[DIR]", type=click.Path(exists=True, file_okay=False))
@click.option("--store", envvar="KHABAR_STORE", help="A store instead of DIR.")
@click.option("--format", "kind", required=True, type=click.Choice(tuple(FORMS)), help="What to write.")
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
            say(f"written to {export_folder(place, kind, target)}")
            return
        from pipeline.store.load_folder import store_of_folder
        from pipeline.store.reader import Selection

        selection = Selection(
            query or "", given, f"{since:%Y-%m-%d}" if since else None, f"{until:%Y-%m-%d}" if until else None, changed
        )
        database = open_database(store or store_of_folder(place), read_only=True)
        try:
            rows = Reader(database).every(selection, only_latest=latest)
            say(f"written to {write(rows, kind, target or Path(FORMS[kind].file))}")
        finally:
            database.close()
