import itertools

import psycopg
import pytest

_NUMBERS = itertools.count()


@pytest.fixture
def postgres_url(postgres: str) -> str:
    """A database of the test's own."""
    name = f"store_{next(_NUMBERS)}"
    with psycopg.connect(postgres.format("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return postgres.format(name)
