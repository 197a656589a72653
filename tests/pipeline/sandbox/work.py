"""Work for sandbox tests: what hostile input makes extraction do."""

import contextlib
import os
import time
from pathlib import Path

from schemas.reasons import Reason, Stage
from transforms.errors import Rejected


def double(number: int) -> int:
    return number * 2


def obey(command: str) -> str:
    if command.startswith("wait "):
        time.sleep(float(command.removeprefix("wait ")))
    if command.startswith("once "):
        _, marker, what = command.split(" ", 2)
        if not Path(marker).exists():
            Path(marker).touch()
            obey(what)
    match command:
        case "hang":
            while True:
                time.sleep(0.01)
        case "hang in a library that swallows exceptions":
            while True:
                with contextlib.suppress(Exception):
                    time.sleep(0.01)
        case "hang in C":
            sum(range(10**12))
        case "grow":
            return "x" * (4 * 1024**3)
        case "crash":
            os.kill(os.getpid(), 9)
        case "reject":
            raise Rejected(Stage.EXTRACT, Reason.NO_CONTENT, "nothing here")
        case "bug":
            try:
                {}["inner"]
            except KeyError as error:
                raise RuntimeError("a bug") from error
    return command


def process_id(_: int) -> int:
    return os.getpid()
