"""Temporary files that go with their process, however that ends: nothing of a run stays in ``/tmp``."""

import os
import subprocess
import tempfile
from typing import Final

_LONGEST: Final = 50
"""Characters of the folder for temporary files up to which sockets fit below it: their paths have room for 107."""
_REMOVE: Final = 'read -r _; rm -rf -- "$0"'
"""What the remover runs: its standard input ends when the process does that it waits for."""


def keep_temporary_files_together() -> None:
    """Put the temporary files of this process, and of those that it starts, into one folder that is removed after it.

    A small process waits for this one to be gone and removes the folder, since nobody cleans up after SIGKILL. Calling
    it again does nothing.
    """
    if _open:
        return
    base = tempfile.gettempdir()
    folder = tempfile.mkdtemp(prefix="khabar-", dir=base if len(base) <= _LONGEST else "/tmp")  # noqa: S108
    waiting, ours = os.pipe()
    subprocess.Popen(  # noqa: S603
        ["/bin/sh", "-c", _REMOVE, folder],
        stdin=waiting,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )
    os.close(waiting)
    _open.append(ours)
    tempfile.tempdir = folder
    os.environ["TMPDIR"] = folder


_open: Final[list[int]] = []
"""Ends of pipes that stay open as long as this process lives."""
