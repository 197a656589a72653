"""The reference page, made from the code so that it cannot drift: ``python -m pipeline.cli.reference`` writes it."""

from collections.abc import Iterator, Sequence
from inspect import cleandoc
from pathlib import Path
from typing import Final

import click
import msgspec

from pipeline.cli.main import main as command_line
from pipeline.observe import metrics
from schemas.jsonschema import RECORD_KINDS
from schemas.reasons import EXPLANATIONS

PAGE: Final = Path(__file__).parents[2] / "docs" / "reference.md"


def reference() -> str:
    """Return the page as Markdown: commands and options, dead-letter reasons, metrics, records."""
    parts = [*_commands(), *_reasons(), *_metrics(), *_records()]
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
    PAGE.write_text(reference(), encoding="utf-8")
