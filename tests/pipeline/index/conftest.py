"""Every test of the index runs against both stores, each with a store of its own."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest

from pipeline.index import Index, open_index
from transforms.dedup.stories import load_model

_NUMBERS = itertools.count()


@pytest.fixture
def new_postgres(postgres: str) -> Callable[[], str]:
    """Makes an empty database and returns its URL."""

    def new_database() -> str:
        name = f"khabar_{next(_NUMBERS)}"
        with psycopg.connect(postgres.format("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return postgres.format(name)

    return new_database


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes the URL of an index that does not exist yet."""
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path / f'index{next(_NUMBERS)}.sqlite'}"
    new_database: Callable[[], str] = request.getfixturevalue("new_postgres")
    return new_database


@pytest.fixture
def url(new_url: Callable[[], str]) -> str:
    return new_url()


@pytest.fixture
def new_index(new_url: Callable[[], str]) -> Iterator[Callable[[], Index]]:
    """Makes an empty index of the same kind."""
    opened: list[Index] = []

    def new() -> Index:
        opened.append(open_index(new_url()))
        return opened[-1]

    yield new
    for index in opened:
        index.close()


@pytest.fixture
def index(url: str) -> Iterator[Index]:
    index = open_index(url)
    yield index
    index.close()


@pytest.fixture
def lenient(url: str) -> Iterator[Index]:
    """An index in which stories are merged readily but opened readily too."""
    model = load_model()
    strict = msgspec.structs.replace(model.same, threshold=model.same.threshold + 8.5)
    index = open_index(url, model=msgspec.structs.replace(model, same=strict, merging=-9.0))
    yield index
    index.close()
