"""`khabar explain`: why an article was decided as it was."""

import sys

import click

from pipeline.cli.options import opened_index, with_index


@click.command()
@click.argument("uri")
@click.argument("other", required=False, metavar="[URI]")
@with_index
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def explain(uri: str, other: str | None, index: str, as_json: bool) -> None:
    """Say why an article was decided as it was, or why two are, or are not, one.

    With one URI: its versions and what changed, its duplicates, its story, each decision with its numbers. With two:
    what they have in common and what was decided from it. A URI may be any spelling of the article's URL.
    """
    from pipeline.index import History
    from pipeline.observe.console import Terminal
    from pipeline.operations import explain as answers

    with opened_index(index) as opened:
        try:
            answer = answers.explain_pair(opened, uri, other) if other else answers.explain(opened, uri)
        except answers.UnknownArticle as error:
            raise click.ClickException(str(error)) from error
    if as_json:
        sys.stdout.buffer.write(answers.as_json(answer) + b"\n")
    elif isinstance(answer, History):
        Terminal(highlight=False).print(answers.render_history(answer))
    else:
        Terminal(highlight=False).print(answers.render_comparison(answer))
