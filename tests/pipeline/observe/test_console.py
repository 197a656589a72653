"""Nothing that comes from files, headers or the network commands a terminal."""

import ast
import io
import os
import pty
from pathlib import Path

import pytest
from rich.table import Table
from rich.text import Text

from pipeline.errors import visible_json
from pipeline.observe.console import Terminal
from tests.conftest import KHABAR, ROOT

EVIL = "\x1b]0;evil\x07\x9b31m\x1b[2J"
COMMANDS = (b"\x1b]0;", "\x9b".encode(), b"\x07", b"\x1b[2J")


def test_a_console_writes_control_characters_out() -> None:
    file = io.StringIO()
    console = Terminal(file=file, force_terminal=True, color_system="standard")
    table = Table(EVIL)
    table.add_row(Text(EVIL, style="red"))
    console.print(table)
    console.print(f"[bold]name[/bold] {EVIL}")
    shown = file.getvalue()
    assert not [command for command in COMMANDS if command in shown.encode()]
    assert "\\x1b" in shown
    assert "\x1b[31m" in shown  # what the console itself says is still said


def test_json_stays_the_same_json() -> None:
    assert visible_json('{"a": "\x9b\x7f"}') == '{"a": "\\u009b\\u007f"}'


def test_commands_print_through_what_writes_control_characters_out() -> None:
    found = []
    for path in sorted((ROOT / "pipeline").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                call = ast.unparse(node.func)
                if call == "Console" or (call == "click.echo" and "visible" not in ast.unparse(node)):
                    found.append(f"{path}:{node.lineno}")
    assert not found


def on_a_terminal(*arguments: str, cwd: Path) -> tuple[int, bytes]:
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        os.execv(KHABAR, [KHABAR, *arguments])
    shown = b""
    try:
        while some := os.read(terminal, 65536):
            shown += some
    except OSError:  # the other end is closed
        pass
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown


@pytest.mark.parametrize(
    "arguments",
    [
        ("replay", "in", "--dry-run"),
        ("verify", f"in/{EVIL}"),
        ("load", "in", "--store", EVIL),
        ("stream", "--index", "sqlite:///i", "--bootstrap-servers", f"127.0.0.1:1{EVIL}"),
        (EVIL,),
    ],
    ids=["replay", "verify", "load", "stream", "command"],
)
def test_file_names_and_records_command_no_terminal(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    record = '{"url": "https://a.example/1", "title": "\\u001b]0;evil\\u0007\\u009b31m", "text": "Some text."}\n'
    (folder / f"{EVIL}.jsonl").write_text(record)
    (folder / f"{EVIL}.zip").write_bytes(b"PK\x03\x04broken")
    (folder / f"{EVIL}.link").symlink_to("/etc/passwd")
    status, shown = on_a_terminal(*arguments, cwd=tmp_path)
    assert not [command for command in COMMANDS if command in shown]
    assert status == 0 if arguments[0] == "replay" else status in (1, 2)
    assert b"Traceback" not in shown


def test_names_in_a_configuration_command_no_terminal(tmp_path: Path) -> None:
    (tmp_path / "khabar.toml").write_text('[run]\n"evil\\u001b]0;evil\\u0007" = 1\n')
    status, shown = on_a_terminal("run", "in", "--out", "out", cwd=tmp_path)
    assert (status, b"\x1b]0;" in shown, b"has no option" in shown) == (2, False, True)
