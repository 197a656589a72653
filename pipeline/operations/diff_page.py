"""A `Diff` as one HTML page that needs nothing else, and as a table for the terminal."""

from collections import Counter
from html import escape
from urllib.parse import unquote

from rich.table import Table
from rich.text import Text

from pipeline.observe.console import Terminal
from pipeline.observe.terminal import readable
from pipeline.operations.diff import Diff, Example

_STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent); }
body { font: 16px/1.5 system-ui, "Noto Sans", "Noto Naskh Arabic", sans-serif; margin: 2rem auto; max-width: 72rem;
  padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .6rem; text-align: start; vertical-align: top; }
td.n, th.n { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; }
details { margin: .75rem 0; } summary { cursor: pointer; }
del, ins { display: block; text-decoration: none; padding: .15rem .5rem; border-inline-start: .25rem solid; }
del { border-color: #c33; background: color-mix(in srgb, #c33 12%, transparent); }
ins { border-color: #2a7; background: color-mix(in srgb, #2a7 12%, transparent); }
small { opacity: .75; overflow-wrap: anywhere; }
"""


def html_page(diff: Diff) -> str:
    """Return the page. All text of records is escaped and takes the direction of its own letters."""
    parts = [
        "<!doctype html>\n<html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>",
        f"<title>{escape(diff.old)} – {escape(diff.new)}</title><style>{_STYLE}</style>",
        f"<h1>From <bdi>{escape(diff.old)}</bdi> to <bdi>{escape(diff.new)}</bdi></h1>",
        f"<p>{escape(headline(diff))}</p>",
    ]
    if diff.outcomes:
        parts.append("<h2>Outcomes that changed</h2>")
        for (old, new), outcomes in diff.sorted_outcomes():
            reasons = f" ({escape(_listed(outcomes.reasons))})" if outcomes.reasons else ""
            title = f"{escape(old)} → {escape(new)}: <b>{outcomes.count}</b>{reasons}"
            parts.append(_details(title, outcomes.examples))
    if diff.fields:
        parts.append("<h2>Fields that changed</h2>" + _field_table(diff))
        for name, changes in diff.sorted_fields():
            where = f"{escape(_listed(changes.by_language))}; {escape(_listed(changes.by_source))}"
            title = f"<b>{escape(name)}</b>: {changes.total} <small>{where}</small>"
            parts.append(_details(title, changes.examples))
    return "\n".join(parts) + "\n</html>\n"


def _field_table(diff: Diff) -> str:
    heads = "".join(f"<th class=n>{head}" for head in ("articles", "%", "changed", "appeared", "vanished"))
    rows = "".join(
        f"<tr><td>{escape(name)}"
        + "".join(
            f"<td class=n>{value}"
            for value in (c.total, _percent(c.total, diff.articles), c.changed, c.appeared, c.vanished)
        )
        for name, c in diff.sorted_fields()
    )
    return f"<table><tr><th>field{heads}{rows}</table>"


def _details(title: str, examples: list[Example]) -> str:
    shown = "".join(
        f"<p><small><bdi>{escape(_address(e))}</bdi> <bdi>{escape(e.source)}</bdi></small>"
        f"<del dir=auto>{escape(e.old)}</del><ins dir=auto>{escape(e.new)}</ins>"
        for e in examples
    )
    return f"<details><summary>{title}</summary>{shown}</details>"


def show(diff: Diff, *, examples: int = 2) -> None:
    """Print the differences."""
    console = Terminal(highlight=False)
    console.print(Text(headline(diff)))
    if diff.outcomes:
        console.print("\n[bold]outcomes that changed")
        for (old, new), outcomes in diff.sorted_outcomes():
            reasons = f"  ({_listed(outcomes.reasons)})" if outcomes.reasons else ""
            console.print(Text(f"  {outcomes.count:>6}  {old} → {new}{reasons}"))
            for example in outcomes.examples[:examples]:
                _show_example(console, example)
    if diff.fields:
        table = Table(box=None, pad_edge=False, title="\nfields that changed", title_justify="left")
        for head in ("field", "articles", "%", "changed", "appeared", "vanished", "languages", "sources"):
            table.add_column(head, justify="left" if head in {"field", "languages", "sources"} else "right")
        for name, c in diff.sorted_fields():
            counts = (c.total, _percent(c.total, diff.articles), c.changed, c.appeared, c.vanished)
            table.add_row(name, *map(str, counts), _listed(c.by_language, 3), _listed(c.by_source, 3))
        console.print(table)
        for name, changes in diff.sorted_fields():
            console.print(f"\n[bold]{name}")
            for example in changes.examples[:examples]:
                _show_example(console, example)


def headline(diff: Diff) -> str:
    """Return the differences in one sentence."""
    moved = sum(changes.count for changes in diff.outcomes.values())
    return (
        f"{diff.records} records, paired by {diff.paired_by}; {moved} with another outcome; "
        f"of {diff.articles} articles in both {diff.equal} are equal"
    )


def _show_example(console: Terminal, example: Example) -> None:
    console.print(Text(f"    {_address(example)}", style="dim"), soft_wrap=True)
    console.print(Text(f"    - {readable(example.old)}", style="red"), soft_wrap=True)
    console.print(Text(f"    + {readable(example.new)}", style="green"), soft_wrap=True)


def _address(example: Example) -> str:
    return unquote(example.uri) if example.uri else example.source


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}" if whole else ""


def _listed(counts: Counter[str], limit: int = 5) -> str:
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    rest = len(ordered) - limit
    return ", ".join(f"{name} {count}" for name, count in ordered[:limit]) + (f", {rest} more" if rest > 0 else "")
