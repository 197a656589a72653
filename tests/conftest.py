import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parent.parent

# Machines are shared: no deadline for an example, and the same examples every time.
settings.register_profile("khabar", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("khabar")

KHABAR = str(Path(sys.executable).with_name("khabar"))
Khabar = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def khabar() -> Khabar:
    """Run the real command line in a process of its own."""

    def run(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [KHABAR, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
            **options,  # type: ignore[call-overload]
        )

    return run
