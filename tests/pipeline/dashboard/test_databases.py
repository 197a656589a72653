"""Every page and answer is the same from SQLite, PostgreSQL and DuckDB."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from starlette.testclient import TestClient

from pipeline.dashboard.app import Config, create_app
from pipeline.store import Stored, Writer, open_database
from tests.support.newsroom import newsroom
from tests.support.postgres import postgres_server

PATHS = (
    *("/", "/?day=2025-09-14", "/stories", "/stories?order=sources&since=2025-09-03&until=2025-09-09"),
    *("/story?uri=story:flood-78", "/explore", "/explore?q=Flood*+OR+زلزال+-Egypt", "/explore?q=-flood"),
    *("/explore?country=DE&since=2025-09-02&until=2025-09-08", "/explore?person=mara+lindqvist&order=oldest"),
    *("/explore?order=loaded&changed=1", "/about?person=Mara+Lindqvist", "/about?country=DE&country=EG"),
    *("/about?source=nile-daily.example", "/about?place=Gaza,+PS", "/quotes", "/quotes?speaker=Wei+Zhang", "/sources"),
    *("/sources?order=seen", "/operations", "/signals", "/duplicates", "/duplicates/1", "/dead", "/dead/1"),
    *("/dead?reason=no_content", "/api/today?day=2025-09-14", "/api/stories?order=sources&limit=100"),
    *("/api/sources?limit=100", "/api/quotes?limit=50", "/api/values?dimension=story&country=DE&limit=50"),
    *("/api/values?dimension=keyword&limit=50", "/api/series?unit=hour&country=DE", "/api/articles?q=flood*&limit=50"),
)


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[TestClient]]:
    folder = tmp_path_factory.mktemp("databases")
    with postgres_server() as server:
        with psycopg.connect(server.format("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE newsroom")
        made = []
        for url in (f"sqlite:///{folder}/s", server.format("newsroom"), f"duckdb:///{folder}/d"):
            database = open_database(url)
            Writer(database).write([Stored(record) for record in newsroom()])
            database.close()
            config = Config(store_url=url, hosts=("testserver",), now=lambda: datetime(2025, 9, 15, tzinfo=UTC))
            made.append(TestClient(create_app(config), headers={"accept": "text/html"}))
        yield made
        for site in made:
            with site:  # closes the connections to the store
                pass


@pytest.mark.parametrize("path", PATHS)
def test_all_databases_answer_alike(sites: list[TestClient], path: str) -> None:
    answers = []
    for site in sites:
        found = site.get(path)
        assert found.status_code == 200, found.text
        text = re.sub(r'name="key" value="[^"]*"', "", found.text)
        answers.append(text)
    assert answers[0] == answers[1] == answers[2]
