"""The commands that ask and tend the article index: `explain`, `index`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import click

from pipeline.cli.options import option

_SECONDS_A_DAY: Final = 86_400
_with_index = option(
    "--index", "The index: sqlite:///PATH or postgresql://...", default="sqlite:///out/index.sqlite", metavar="URL"
)


@contextmanager
def _opened(url: str) -> Iterator[Any]:
    from pathlib import Path

    from pipeline.index import open_index

    path = url.removeprefix("sqlite:///")
    if path != url and not Path(path).exists():
        raise click.ClickException(f"there is no index at {path}; `khabar run` makes one in its output folder")
    try:
        index = open_index(url)
        try:
            yield index
        finally:
            index.close()
    except ValueError as error:
        raise click.UsageError(str(error)) from error


@click.command()
@click.argument("uri")
@click.argument("other", required=False, metavar="[URI]")
@_with_index
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def explain(uri: str, other: str | None, index: str, as_json: bool) -> None:
    """Say why an article was decided as it was, or why two are, or are not, one.

    With one URI: its versions and what changed, its duplicates, its story, each decision with its numbers. With two:
    what they have in common and what was decided from it. A URI may be any spelling of the article's URL.
    """
    from rich.console import Console

    from pipeline.index import History
    from pipeline.operations import explain as answers

    with _opened(index) as opened:
        try:
            answer = answers.explain_pair(opened, uri, other) if other else answers.explain(opened, uri)
        except answers.UnknownArticle as error:
            raise click.ClickException(str(error)) from error
    if as_json:
        sys.stdout.buffer.write(answers.as_json(answer) + b"\n")
    elif isinstance(answer, History):
        Console(highlight=False).print(answers.render_history(answer))
    else:
        Console(highlight=False).print(answers.render_comparison(answer))


@click.group()
def index() -> None:
    """Look after the article index."""


@index.command()
@_with_index
def size(index: str) -> None:
    """Show how much the index holds."""
    with _opened(index) as opened:
        for name, count in opened.statistics().items():
            click.echo(f"{count:>14,}  {name}")


@index.command()
@click.option("--days", required=True, type=click.IntRange(1), help="Keep what was seen in the last DAYS days.")
@_with_index
def expire(days: int, index: str) -> None:
    """Forget articles that were not seen for a while.

    An article that comes back later counts as new.
    """
    import time

    with _opened(index) as opened:
        forgotten = opened.expire(int(time.time() // _SECONDS_A_DAY) - days)
    click.echo(f"{forgotten} articles forgotten")
