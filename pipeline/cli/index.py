"""`khabar index`: the care of the article index."""

import time
from typing import Final

import click

from pipeline.cli.options import opened_index, say, with_index

_SECONDS_A_DAY: Final = 86_400


@click.group()
def index() -> None:
    """Look after the article index."""


@index.command()
@with_index
def size(index: str) -> None:
    """Show how much the index holds."""
    with opened_index(index) as opened:
        for name, count in opened.statistics().items():
            say(f"{count:>14,}  {name}")


@index.command()
@click.option("--days", required=True, type=click.IntRange(1), help="Keep what was seen in the last DAYS days.")
@with_index
def expire(days: int, index: str) -> None:
    """Forget articles that were not seen for a while.

    An article that comes back later counts as new.
    """
    with opened_index(index) as opened:
        forgotten = opened.expire(int(time.time() // _SECONDS_A_DAY) - days)
    say(f"{forgotten} articles forgotten")
