import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.postgres import postgres_server

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


SERVICES = ("kafka", "flink", "postgres", "chromium")
"""Fixtures that start a real service, each once a process; what uses one has a marker of its name, and ``service``."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by the services that they use, and keep together what shares something costly.

    Two processes run the tests side by side. A file stays in one of them; so does all that needs the Flink cluster.
    """
    for item in items:
        used = {service for service in SERVICES if service in getattr(item, "fixturenames", ())}
        parameters = getattr(item, "callspec", None)
        if parameters is not None and "postgresql" in parameters.params.values():
            used.add("postgres")
        for service in used:
            item.add_marker(service)
        if used:
            item.add_marker("service")
        item.add_marker(pytest.mark.xdist_group("flink" if "flink" in used else item.path.relative_to(ROOT).as_posix()))


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """One PostgreSQL server: its URL with ``{}`` for the name of a database."""
    with postgres_server() as url:
        yield url
