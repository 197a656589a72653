"""The command line `khabar`. It loads only what a command needs, so that `--help` answers at once."""

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import click

from pipeline.cli.options import fail
from pipeline.errors import explanation, visible

COMMANDS: Final = (
    "run",
    "verify",
    "stream",
    "worker-pool",
    "dead",
    "load",
    "dashboard",
    "trends",
    "replay",
    "diff",
    "export",
    "explain",
    "index",
)
"""The commands. Each is a function in the module of its name, which is imported when the command is used or listed."""
CONFIG_FILE: Final = "khabar.toml"
_CONTEXT: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100, "show_default": True}


class _Commands(Mapping[str, click.Command]):
    """The commands by name, each imported when it is asked for."""

    def __getitem__(self, name: str) -> click.Command:
        if name not in COMMANDS:
            raise KeyError(name)
        attribute = name.replace("-", "_")
        command: click.Command = getattr(import_module(f"pipeline.cli.{attribute}"), attribute)
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


@contextmanager
def _harmless() -> Iterator[None]:
    """Make what click says of wrong options and files command no terminal."""
    try:
        yield
    except click.ClickException as error:
        error.message = visible(error.message)  # type: ignore[misc]
        raise


class _Group(click.Group):
    """Turns what a user can act on into one line and the right exit status."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with _harmless():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        with _harmless():
            return super().invoke(ctx)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().main(*args, **kwargs)
        except KeyboardInterrupt:
            fail("interrupted")
        except Exception as error:
            found = explanation(error)
            if found is None:
                raise
            fail(*found)


@click.group(cls=_Group, commands=_Commands(), context_settings=_CONTEXT)
@click.version_option(package_name="khabar")
@click.pass_context
def main(context: click.Context) -> None:
    """Khabar: raw news articles in, clean, deduplicated, enriched records out.

    Every option can also come from a KHABAR_* variable (--out: KHABAR_OUT) or from khabar.toml in the current folder
    (a table for each command).
    """
    context.default_map = _configuration(Path(CONFIG_FILE))


def _configuration(path: Path) -> dict[str, Any]:
    """Return the options in `path` by command, with names as click has them; a misspelt one is an error."""
    if not path.is_file():
        return {}
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise click.UsageError(f"{path}: {error}") from error
    options: dict[str, Any] = {}
    for name, table in tables.items():
        command = main.commands.get(name)
        if command is None or not isinstance(table, dict):
            raise click.UsageError(f"{path}: [{name}] is no command")
        known = {parameter.name for parameter in command.params if isinstance(parameter, click.Option)}
        options[name] = {key.replace("-", "_"): value for key, value in table.items()}
        if unknown := sorted(set(options[name]) - known):
            raise click.UsageError(f"{path}: [{name}] has no option {unknown[0]}")
    return options
