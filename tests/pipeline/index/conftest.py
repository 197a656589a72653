"""Every test of the index runs against both stores, each with a store of its own."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from pipeline.index import Index, open_index
from tests.postgres import postgres_server

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'index.sqlite'}"
    server: str = request.getfixturevalue("postgres")
    name = f"khabar_{next(_NUMBERS)}"
    with psycopg.connect(server.format("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.format(name)


@pytest.fixture
def index(url: str) -> Iterator[Index]:
    index = open_index(url)
    yield index
    index.close()
