"""The data dictionary says what the store has; the docs' queries run."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.store import Database, Stored, Writer, open_database
from pipeline.store.dictionary import BEGIN, END, TABLES, VIEWS, markdown
from schemas.records import Quote
from tests.conftest import ROOT
from tests.support.news import article, dead, duplicate

DOCS = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n(.*?);\n```", DOCS, re.DOTALL)


@pytest.fixture(params=["sqlite", "duckdb", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    url = (
        str(request.getfixturevalue("postgres_url"))
        if request.param == "postgresql"
        else f"{request.param}:///{tmp_path}/store"
    )
    database = open_database(url)
    quote = (Quote(text="words", speaker="محمود عباس", span=(0, 5)),)
    records = [article(n, quotes=quote if n % 2 == 0 else ()) for n in range(60)]
    records.append(article(3, version=2, change="minor"))
    Writer(database).write([*map(Stored, records), Stored(duplicate(70, article(1))), Stored(dead(71))])
    yield database
    database.close()


def columns(database: Database, table: str) -> list[str]:
    if database.name == "sqlite":
        return [row[1] for row in database.query(f"PRAGMA table_info({table})")]
    sql = "SELECT column_name FROM information_schema.columns WHERE table_name = ? ORDER BY ordinal_position"
    return [row[0] for row in database.query(sql, (table,))]


def test_every_column_has_its_meaning(database: Database) -> None:
    for name, table in {**TABLES, **VIEWS}.items():
        assert set(columns(database, name)) == set(table.columns), name


def test_times_are_times_and_comments_are_kept(database: Database) -> None:
    if database.name == "sqlite":
        pytest.skip("SQLite has neither")
    kinds = dict(
        database.query("SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'articles'")  # type: ignore[arg-type]
    )
    assert {str(kinds[name]).lower() for name in kinds if name.endswith(("_at", "_time"))} == {
        "timestamp with time zone"
    }
    if database.name == "postgresql":
        sql = (
            "SELECT col_description('articles'::regclass, ordinal_position::int) FROM information_schema.columns WHERE"
        )
        found = database.query(f"{sql} table_name = 'articles' AND column_name = 'story'")
    else:
        found = database.query(
            "SELECT comment FROM duckdb_columns() WHERE table_name = 'articles' AND column_name = 'story'"
        )
    assert found == [(TABLES["articles"].columns["story"],)]


def test_the_panels_of_the_news_dashboard_find_something(postgres_url: str) -> None:
    database = open_database(postgres_url)
    Writer(database).write([Stored(article(n)) for n in range(20)])
    panels = json.loads((ROOT / "docs" / "monitoring" / "grafana-news.json").read_text(encoding="utf-8"))["panels"]
    for panel in panels:
        sql = re.sub(r"\$__timeFilter\((\w+)\)", r"\1 >= '2025-01-01'", panel["targets"][0]["rawSql"])
        assert database.query(sql) or panel["title"] == "Quotations", panel["title"]
    database.close()


def test_there_are_ten_queries() -> None:
    assert len(QUERIES) == 10


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.split("FROM")[1].split()[0])
def test_the_queries_of_the_docs_run_and_find(database: Database, query: str) -> None:
    if database.name == "sqlite":
        pytest.skip("its times are text")
    rows = database.query(query)
    assert rows or "article_people" in query or "INTERVAL" in query


def test_the_docs_have_the_present_dictionary() -> None:
    assert DOCS.partition(BEGIN)[2].partition(END)[0] == f"\n{markdown()}", "run python -m pipeline.store.dictionary"
