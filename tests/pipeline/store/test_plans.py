"""Lists come from an index in the order in which they are shown, however large the store is."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from pipeline.store import Database, Reader, Stored, Writer, open_database
from pipeline.store.database import Row
from pipeline.store.reader import Selection
from tests.support.newsroom import newsroom

LISTS: dict[str, Callable[[Reader], Any]] = {
    "everything": lambda reader: reader.headlines(Selection()),
    "a language": lambda reader: reader.headlines(Selection(filters={"language": "ar"})),
    "a source in a range": lambda reader: reader.headlines(
        Selection(filters={"source": "nile-daily.example"}, since="2025-09-02")
    ),
    "changed": lambda reader: reader.headlines(Selection(is_changed=True)),
    "stories, newest": lambda reader: reader.stories(),
    "stories, most articles": lambda reader: reader.stories(order="articles"),
    "stories, most sources": lambda reader: reader.stories(order="sources"),
    "the newest time": lambda reader: reader.newest_time("2025-09-15T00:00:00Z"),
    "how a source publishes": lambda reader: reader.rhythm("nile-daily.example", "2025-09-15T00:00:00Z"),
    "the commonest people": lambda reader: reader.values(Selection(), ["person"]),
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('plans')}/store"
    else:
        url = str(request.getfixturevalue("postgres")).format("postgres")
    database = open_database(url)
    writer = Writer(database)
    writer.write([Stored(record) for record in newsroom(6)])
    writer.optimise()
    if database.name == "postgresql":  # a small table is sooner read than looked up
        for what in ("seqscan", "bitmapscan", "sort", "incremental_sort"):
            database.query(f"SET enable_{what} = off")
    yield database
    database.close()


@pytest.mark.parametrize("name", LISTS)
def test_nothing_is_put_in_order_by_reading_it_all(
    database: Database, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    asked: list[tuple[str, Sequence[Any]]] = []
    ask = database.query

    def query(sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        asked.append((sql, parameters))
        return ask(sql, parameters)

    reader = Reader(database)
    monkeypatch.setattr(database, "query", query)
    LISTS[name](reader)
    monkeypatch.undo()
    assert asked
    for sql, parameters in asked:
        explain = "EXPLAIN" if database.name == "postgresql" else "EXPLAIN QUERY PLAN"
        plan = " | ".join(str(row[-1]).strip() for row in database.query(f"{explain} {sql}", parameters))
        assert "Sort" not in plan, plan
        assert "Seq Scan" not in plan, plan
        assert "TEMP B-TREE" not in plan, plan
