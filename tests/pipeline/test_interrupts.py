"""A signal ends a command wherever it lands: in an import's callback, in a block that must not be left half-way."""

import signal
import subprocess
import sys

import pytest

START = """
import os, signal, sys, weakref
from pipeline import interrupts, scratch
def strike():
    os.kill(os.getpid(), signal.Signals[sys.argv[1]])
"""
IN_A_CALLBACK = """
interrupts.{how}()
class Module: pass
module = Module()
callback = weakref.ref(module, lambda _: strike())
del module
import threading
threading.Event().wait(60)
print("went on")
"""
HELD = """
interrupts.end_at_once()
with interrupts.cleaning(lambda: "cleaned up"), interrupts.held():
    strike()
    print("finished", flush=True)
print("went on")
"""
TOO_LATE = """
interrupts.end_at_once()
with interrupts.held(unless=lambda: True):
    strike()
print("went on")
"""


def run(code: str, number: signal.Signals = signal.SIGTERM) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", START + code, number.name]
    return subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)


@pytest.mark.parametrize("how", ["end_at_once", "raise_soon"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_lands_in_a_callback_ends_the_process(how: str, number: signal.Signals) -> None:
    done = run(IN_A_CALLBACK.format(how=how), number)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("khabar: interrupted\n")


def test_a_signal_waits_for_the_end_of_a_block_and_cleans_up() -> None:
    done = run(HELD)
    assert (done.returncode, done.stdout) == (1, "finished\n")
    assert done.stderr == "khabar: interrupted; cleaned up\n"


def test_a_signal_that_comes_too_late_is_forgotten() -> None:
    assert run(TOO_LATE).stdout == "went on\n"


def test_temporary_files_go_with_a_process_that_is_killed(tmp_path: object) -> None:
    code = "scratch.keep_temporary_files_together()\nimport tempfile\nprint(tempfile.mkdtemp(), flush=True)\nstrike()\n"
    done = run(code, signal.SIGKILL)
    assert done.returncode == -signal.SIGKILL
    folder = done.stdout.strip()
    # The remover ends when it has removed everything; waiting for it is waiting for the name to go.
    waiting = 'while [ -e "$0" ]; do sleep 0.05; done'
    subprocess.run(["timeout", "30", "sh", "-c", waiting, folder], check=True)
