"""Imported by the fork server of the sandbox, and only there: loads what every extraction process needs, once."""

import gc
import os
import signal
from types import FrameType

from pipeline import sandbox
from pipeline.forking import OWNER

_PARENT = int(os.environ.get(OWNER) or os.getppid())
sandbox.fork_server = os.getpid()


def _end_with_parent(_signum: int, _frame: FrameType | None) -> None:
    if os.getppid() != _PARENT:
        os._exit(1)


# The server notices that its parent is gone when it next waits for a request, which loading would put off for seconds.
# The system's own way (PDEATHSIG) is tied to the thread that started the server. Timers are not inherited by forks.
signal.signal(signal.SIGALRM, _end_with_parent)
signal.setitimer(signal.ITIMER_REAL, 0.5, 0.5)
_end_with_parent(0, None)  # it may have gone before this server came to here

gc.disable()  # nothing that is loaded becomes garbage, and looking for some would take a fifth of the time

from transforms.enrich import warm_up  # noqa: E402

warm_up()
# What is loaded stays: collecting it again and again costs time, and would unshare its memory from the fork server's.
gc.collect()
gc.freeze()
gc.enable()
# A page makes tens of thousands of objects and hardly a cycle: to look for some every 700 takes a fifth of the time.
gc.set_threshold(50_000, 20, 100)
