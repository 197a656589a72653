"""The command line as a user meets it: output, exit status, one clear line for a mistake."""

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.cli.main import main
from tests.conftest import KHABAR, ROOT, Khabar

FILES = ("articles.jsonl", "duplicates.jsonl", "dead.jsonl", "ledger.jsonl")
MIXED = ROOT / "tests" / "golden" / "mixed.jsonl"


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in FILES}


@pytest.fixture(scope="module")
def output(khabar: Khabar, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `khabar run` makes of the mixed records."""
    out = tmp_path_factory.mktemp("mixed") / "out"
    done = khabar("run", MIXED.relative_to(ROOT), "--out", out, "--validate", cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    return out


@pytest.mark.parametrize("command", [[], *([name] for name in sorted(main.commands))])
def test_help(khabar: Khabar, command: list[str]) -> None:
    done = khabar(*command, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: khabar")


def test_help_does_not_load_beam() -> None:
    code = (
        "import sys; from pipeline.cli.main import main; loaded = list(main.commands.values()); "
        "sys.exit('apache_beam' in sys.modules or 'trafilatura' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_command_loads_no_other() -> None:
    code = (
        "import sys; from pipeline.cli.main import COMMANDS, main; main.commands['verify']; "
        "sys.exit(any(f'pipeline.cli.{name}' in sys.modules for name in COMMANDS if name != 'verify'))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_verify_passes_on_what_run_made(khabar: Khabar, output: Path) -> None:
    done = khabar("verify", output)
    assert done.returncode == 0
    assert done.stdout.startswith("ok: ")


def test_output_does_not_depend_on_time_or_workers(khabar: Khabar, output: Path, tmp_path: Path) -> None:
    for workers in (1, 3):
        out = tmp_path / str(workers)
        assert khabar("run", MIXED.relative_to(ROOT), "--out", out, "--workers", workers, cwd=ROOT).returncode == 0
        assert contents(out) == contents(output)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("change", ["removed", "repeated"])
def test_verify_finds_any_line_that_is_missing_or_repeated(
    khabar: Khabar, output: Path, tmp_path: Path, name: str, change: str
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(output, broken)
    lines = (broken / name).read_bytes().splitlines(keepends=True)
    assert lines
    (broken / name).write_bytes(b"".join(lines[:-1] if change == "removed" else [*lines, lines[-1]]))
    done = khabar("verify", broken)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert ".jsonl:" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["run"], 2, "Missing argument"),
        (["run", "no/such/file"], 2, "does not exist"),
        (["run", "seeds", "--wokers", "2"], 2, "No such option"),
        (["run", "seeds", "--workers", "0"], 2, "Invalid value for '--workers'"),
        (["run", "seeds", "--workers", "many"], 2, "not a valid integer"),
        (["rum"], 2, "No such command"),
        (["verify", "no/such/folder"], 2, "does not exist"),
        (["verify", "seeds"], 1, "holds no finished run"),
        (["run", "seeds", "--index", "mysql://x"], 1, "index"),
    ],
)
def test_a_users_mistake_has_one_clear_answer(
    khabar: Khabar, tmp_path: Path, arguments: list[str], status: int, message: str
) -> None:
    out = ["--out", str(tmp_path / "out")] if arguments[:2] == ["run", "seeds"] else []
    done = khabar(*arguments, *out, cwd=ROOT)
    assert (done.returncode, done.stdout) == (status, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out" / "ledger.jsonl").exists()


def test_options_come_from_the_environment_and_from_a_file(khabar: Khabar, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Ein Satz über den Rhein.", encoding="utf-8")
    done = khabar("run", "a.txt", cwd=tmp_path, env={**os.environ, "KHABAR_OUT": "from-environment"})
    assert done.returncode == 0
    assert (tmp_path / "from-environment" / "ledger.jsonl").exists()
    (tmp_path / "khabar.toml").write_text('[run]\nout = "from-file"\n', encoding="utf-8")
    assert khabar("run", "a.txt", cwd=tmp_path).returncode == 0
    assert (tmp_path / "from-file" / "ledger.jsonl").exists()


@pytest.mark.parametrize(
    ("toml", "message"),
    [("[run]\nouts = 'x'\n", "[run] has no option outs"), ("[rum]\n", "[rum] is no command"), ("x", "khabar.toml")],
)
def test_a_misspelt_configuration_is_refused(khabar: Khabar, tmp_path: Path, toml: str, message: str) -> None:
    (tmp_path / "khabar.toml").write_text(toml, encoding="utf-8")
    done = khabar("run", ".", cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr


def test_an_output_path_that_cannot_be_a_folder(khabar: Khabar, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    done = khabar("run", "seeds", "--out", tmp_path / "file" / "out", cwd=ROOT)
    assert done.returncode == 1
    assert "cannot write to" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_full_disk_stops_the_run_with_a_reason_and_keeps_the_last_output(khabar: Khabar, tmp_path: Path) -> None:
    """A limit on file size stands for the disk: the operating system refuses the same write in the same way."""
    out = tmp_path / "out"
    assert khabar("run", "seeds", "--out", out, cwd=ROOT).returncode == 0
    before = contents(out)
    endless = tmp_path / "endless.jsonl"
    os.mkfifo(endless)
    run = subprocess.Popen([KHABAR, "run", endless, "--out", out], stderr=subprocess.PIPE, text=True)
    # The pipe opens when the run has begun to read, and breaks when the run has stopped.
    with contextlib.suppress(BrokenPipeError), endless.open("wb") as pipe:
        resource.prlimit(run.pid, resource.RLIMIT_FSIZE, (4096, 4096))
        pipe.write((b"x" * 100 + b"\n") * 1000)
    _, errors = run.communicate(timeout=60)
    assert run.returncode == 1
    assert errors == f"khabar: cannot write to {out}: File too large; {out} is as it was\n"
    assert contents(out) == before
    assert not list(out.glob(".run-*"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_the_last_output_alone(khabar: Khabar, tmp_path: Path, number: int) -> None:
    out = tmp_path / "out"
    assert khabar("run", "seeds", "--out", out, cwd=ROOT).returncode == 0
    before = contents(out)
    endless = tmp_path / "endless.jsonl"
    os.mkfifo(endless)
    run = subprocess.Popen([KHABAR, "run", endless, "--out", out], stderr=subprocess.PIPE, text=True)
    with endless.open("wb") as pipe:  # opens when the run has begun to read
        pipe.write(b'{"text": "The run waits for more that never comes."}\n')
        pipe.flush()
        run.send_signal(number)
        _, errors = run.communicate(timeout=60)
    assert run.returncode == 1
    assert errors == f"khabar: interrupted; {out} is as it was\n"
    assert contents(out) == before
    assert not list(out.glob(".run-*"))


def test_a_killed_run_leaves_nothing_that_could_be_taken_for_whole(khabar: Khabar, tmp_path: Path) -> None:
    out = tmp_path / "out"
    endless = tmp_path / "endless.jsonl"
    os.mkfifo(endless)
    run = subprocess.Popen([KHABAR, "run", endless, "--out", out])
    with endless.open("wb"):
        run.kill()
        run.wait()
    assert khabar("verify", out).returncode == 1
    (tmp_path / "a.txt").write_text("Ein Satz über den Rhein.", encoding="utf-8")
    assert khabar("run", tmp_path / "a.txt", "--out", out).returncode == 0
    assert khabar("verify", out).returncode == 0
    assert not list(out.glob(".run-*"))


def test_an_empty_folder_is_said_to_be_empty(khabar: Khabar, tmp_path: Path) -> None:
    done = khabar("run", tmp_path, "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "no files in" in done.stderr
