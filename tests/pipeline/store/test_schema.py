"""A store of an earlier version becomes one of this, and says what it said before."""

from pathlib import Path

import pytest

from pipeline.store import Reader, StoreError, Writer, open_database
from pipeline.store import schema as tables
from pipeline.store.reader import Counted, Selection
from schemas.codec import encode
from tests.support.news import article, dead


@pytest.fixture(params=["sqlite", "duckdb", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param != "postgresql":
        return f"{request.param}:///{tmp_path}/store"
    return str(request.getfixturevalue("postgres_url"))


def test_a_store_of_the_first_version_is_brought_up_to_date(url: str) -> None:
    database = open_database(url)
    with database.transaction():
        database.query("CREATE TABLE migrations (version INTEGER PRIMARY KEY)")
        database.run_script(tables._in_dialect(tables._FIRST, database.name))
        database.query("INSERT INTO migrations (version) VALUES (1)")
    for number in range(1, 9):
        record = article(number)
        row = (number, record.uri, 1, 1, "new", record.url, "example", record.language, "rtl", record.title, "", 3)
        times = (record.published_at, "minute", None, record.fetched_at, None, record.published_at)
        database.query(
            f"INSERT INTO articles VALUES ({', '.join('?' * 22)})", (*row, *times, "story:1", "seeds", number, "1.0")
        )
        database.query("INSERT INTO records VALUES (?, ?)", (number, encode(record).decode()))
    letter = dead(9, b'{"url": "https://a.example/x"}', url=None)
    database.query(
        "INSERT INTO dead VALUES (1, 'seeds', 9, 'decode', 'no_content', 'e', 'm', NULL, NULL, 3, 0, NULL, NULL,"
        " NULL, ?)",
        (encode(letter).decode(),),
    )
    with pytest.raises(StoreError, match="run `khabar load` once"):
        Reader(database)
    Writer(database)
    reader = Reader(database)
    assert reader.count(Selection()) == Counted(8, True)
    assert reader.count(Selection("Headline")).articles == 4
    assert reader.count(Selection(filters={"person": "محمود عباس"})).articles == 4
    assert [(story.articles, story.first_time) for story in reader.stories()] == [(8, "2025-09-01T01:00:00Z")]
    assert {row.source: (row.articles, row.dead) for row in reader.sources()} == {
        "example": (8, 0),
        "a.example": (0, 1),
    }
    assert reader.series(Selection()) == {"2025-09-01": 8}
    assert Writer(database).positions() == {}
    database.close()
