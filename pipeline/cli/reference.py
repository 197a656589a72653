"""Pages of docs made from the code, so that they cannot drift: ``python -m pipeline.cli.reference`` writes them."""

from collections.abc import Iterator, Sequence
from inspect import cleandoc
from pathlib import Path
from typing import Final

import click
import msgspec
from babel import Locale

from pipeline.cli.main import main as command_line
from pipeline.observe import metrics
from pipeline.sources.formats import FORMATS
from pipeline.sources.formats.streams import COMPRESSIONS
from schemas.jsonschema import RECORD_KINDS
from schemas.reasons import EXPLANATIONS
from transforms.text.languages import known_languages, sections_of
from transforms.text.wordlists import listed_as

_DOCS: Final = Path(__file__).parents[2] / "docs"
_SECTIONS: Final = {
    "names": "words about people and who speaks",
    "organisations": "nouns of organisations",
    "places": "words before places, demonyms",
    "keywords": "what stands before nouns and verbs",
    "numbers": "number words",
    "counted": "what a number counts",
    "units": "units and currencies",
    "dates": "months and weekdays beyond CLDR",
    "relative": "relative dates",
    "unspaced_dates": "relative dates without spaces",
}


def pages() -> dict[Path, str]:
    """Return each generated page with its text."""
    return {_DOCS / "reference.md": reference(), _DOCS / "languages.md": languages()}


def languages() -> str:
    """Return the page that says for each language which words it has, inherits and lacks."""
    rows = []
    for code in known_languages():
        found = sections_of(code)
        marks = ["" if name not in found else "●" if found[name] == code else f"as {found[name]}" for name in _SECTIONS]
        words = f"as {listed}" if (listed := listed_as(code)) not in (None, code) else "●" if listed else ""
        rows.append((f"`{code}`", Locale.parse(code).get_display_name("en") or code, *marks, words))
    meanings = [(f"`{name}`", meaning) for name, meaning in _SECTIONS.items()]
    parts = [
        "# Languages",
        "Written by `make reference`; do not edit.",
        "Each language has one file of its words, `transforms/data/languages/xx.toml`, in sections. ● means that it "
        "has the section, “as xx” that it inherits it, an empty cell that it has none: no other language's words are "
        "used instead. Months, weekdays and places come from Unicode CLDR and GeoNames for every language; `word list` "
        "says whether the frequencies of its words are known.",
        _table(("language", "name", *_SECTIONS, "word list"), rows),
        _table(("section", "what it holds"), meanings),
    ]
    return "\n\n".join(parts) + "\n"


def reference() -> str:
    """Return the page as Markdown: commands and options, formats of files, dead-letter reasons, metrics, records."""
    parts = [*_commands(), *_formats(), *_reasons(), *_metrics(), *_records()]
    return "# Reference\n\nWritten by `make reference`; do not edit.\n" + "".join(f"\n{part}\n" for part in parts)


def _commands() -> Iterator[str]:
    yield "## Commands"
    yield from _command("khabar", command_line)


def _command(name: str, command: click.Command) -> Iterator[str]:
    if isinstance(command, click.Group):
        for child in sorted(command.commands):
            yield from _command(f"{name} {child}", command.commands[child])
        return
    usage = " ".join(command.collect_usage_pieces(click.Context(command)))
    yield f"### `{name} {usage}`"
    yield cleandoc(command.help or "")
    rows = [
        (
            " / ".join([*parameter.opts, *parameter.secondary_opts]),
            _default(parameter),
            f"`{parameter.envvar}`" if parameter.envvar else "",
            parameter.help or "",
        )
        for parameter in command.params
        if isinstance(parameter, click.Option)
    ]
    if rows:
        yield _table(("option", "default", "variable", "meaning"), rows)


def _default(option: click.Option) -> str:
    default = option.default
    if option.is_flag or default is None or callable(default) or "Sentinel" in type(default).__name__:
        return ""
    return f"`{default}`"


def _formats() -> Iterator[str]:
    yield "## Formats of files"
    yield _table(
        ("format", "suffix", "one record is"),
        [(row.name, " ".join(f"`{suffix}`" for suffix in row.suffixes), row.records) for row in FORMATS],
    )
    compressed = " ".join(f"`{suffix}`" for suffix in sorted(COMPRESSIONS))
    alone = " and ".join(f"`{row.name}`" for row in FORMATS if row.by_position)
    yield f"All but {alone}, which are read from their end, may also be compressed: {compressed}."


def _reasons() -> Iterator[str]:
    yield "## Dead-letter reasons"
    rows = [(f"`{reason}`", meaning, remedy) for reason, (meaning, remedy) in EXPLANATIONS.items()]
    yield _table(("reason", "meaning", "what to do"), rows)


def _metrics() -> Iterator[str]:
    yield "## Metrics"
    rows = [
        (f"`{metric.name}`", metric.type, metric.documentation)
        for collector in metrics.collectors()
        for metric in collector.describe()
    ]
    yield _table(("metric", "type", "meaning"), sorted(rows))


def _records() -> Iterator[str]:
    yield "## Records"
    for name, kind in RECORD_KINDS.items():
        yield f"### {name}"
        yield cleandoc(kind.__doc__ or "")
        fields = msgspec.json.schema_components([kind])[1][kind.__name__]["properties"]
        yield _table(("field", "type"), [(f"`{field}`", _type(schema)) for field, schema in fields.items()])


def _type(schema: dict[str, object]) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(option) for option in schema["anyOf"])  # type: ignore[attr-defined]
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])  # type: ignore[attr-defined]
    if schema.get("type") == "array" and isinstance(schema.get("items"), dict):
        return f"array of {_type(schema['items'])}"  # type: ignore[arg-type]
    return str(schema.get("type", "any"))


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines
    )


if __name__ == "__main__":
    for page, text in pages().items():
        page.write_text(text, encoding="utf-8")
