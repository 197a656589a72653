"""The fork server of the sandbox: it loads what its processes need once, beside the start of the job itself."""

import os
import sys
from multiprocessing import forkserver, get_context
from multiprocessing.context import ForkServerContext
from typing import Final

OWNER: Final = "_KHABAR_SANDBOX_OWNER"
"""Environment variable that tells the fork server which process it belongs to."""
_QUIET: Final = "ignore:resource_tracker:UserWarning"


def start_fork_server() -> ForkServerContext:
    """Let the fork server of this process start, if it has not; return the context that makes processes of it.

    It takes a second of processor time to be ready, so a command that will need it calls this before it imports what
    is large. It ends with this process.
    """
    # Semaphores are unlinked as soon as they are made, so a process that is ended at once leaves none behind; its
    # resource tracker would warn of them all the same. It takes these options from here when it starts.
    if _QUIET not in sys.warnoptions:
        sys.warnoptions.append(_QUIET)
    os.environ[OWNER] = str(os.getpid())
    context = get_context("forkserver")
    context.set_forkserver_preload(["pipeline.sandbox.preload"])
    forkserver.ensure_running()
    return context
