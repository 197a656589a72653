"""The store on each database: what comes twice counts once, what is asked is found, counts are right."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from pipeline.store import Database, Reader, Stored, StoreError, Writer, open_database
from pipeline.store.load_folder import load_folder, store_of_folder
from pipeline.store.reader import Counted, Selection
from pipeline.store.writer import MovedError, TopicPosition
from schemas.records import Alarm, Ledger, Record, Story, Trend
from tests.support.news import article, dead, duplicate, kafka_provenance, ledger, write_run


@pytest.fixture(params=["sqlite", "duckdb", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param != "postgresql":
        return f"{request.param}:///{tmp_path}/store.{request.param}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = open_database(url)
    yield database
    database.close()


def write(database: Database, *records: Record, at: str | None = None) -> Reader:
    Writer(database).write([Stored(record, at) for record in records])
    return Reader(database)


def found(reader: Reader, query: str = "", **filters: str) -> list[str]:
    return [headline.title or "" for headline in reader.headlines(Selection(query, filters))]


def values(reader: Reader, dimension: str, **range_: str) -> dict[str, int]:
    return dict(reader.values(Selection(**range_), [dimension])[dimension])  # type: ignore[arg-type]


def contents(database: Database) -> dict[str, list[tuple[object, ...]]]:
    tables = {
        "articles": "uri, version, latest, title, event_time",
        "duplicates": "read_from, position, outcome",
        "dead": "read_from, position, reason",
        "ledger": "read_from, from_position, to_position",
        "audit": "read_from, position, ledger_article, stored_article, stored_dead, violation",
        "tallies": "unit, dimension, bucket, value, articles",
        "stories": "uri, articles, sources, languages, first_time, last_time",
        "sources": "source, articles, undated, duplicate, unchanged, dead, first_time, last_time",
        "quotes": "number, speaker, text",
    }
    return {name: sorted(database.query(f"SELECT {columns} FROM {name}"), key=repr) for name, columns in tables.items()}


def test_articles_come_newest_first_and_whole(database: Database) -> None:
    reader = write(database, *(article(n) for n in range(30)))
    page = reader.headlines(Selection())
    assert [headline.title for headline in page][:2] == [article(29).title, article(28).title]
    rest = reader.headlines(Selection(), page=2)
    assert len(page) + len(rest) == 30
    assert reader.article(page[0].id) == article(29)


@pytest.mark.parametrize(
    ("query", "filters", "expected"),
    [
        ("Headline", {}, {1, 3, 5, 7}),
        ("HEADLINE 3", {}, {3}),
        ('"second paragraph"', {}, {1, 3, 5, 7}),
        ('"paragraph second"', {}, set()),
        ("المُساعدات", {}, {0, 2, 4, 6}),
        ("لمساعدات غزه", {}, set()),
        ("والمساعدات غزه", {}, {0, 2, 4, 6}),
        ("السودان", {}, set()),
        ("", {"language": "ar"}, {0, 2, 4, 6}),
        ("", {"country": "FR"}, {3, 7}),
        ("", {"source": "example0.com", "language": "en"}, {5}),
        ("", {"person": "محمود عباس"}, {0, 2, 4, 6}),
        ("", {"topic": "Economy", "language": "en"}, {3}),
        ("", {"story": "story:1"}, {3, 4, 5}),
        ("", {"day": "2025-09-01"}, set(range(8))),
        ("غزة", {"country": "PS"}, {0, 4}),
        ("' OR 1=1 --", {}, set()),
        ("!!!", {}, set(range(8))),
    ],
)
def test_search_and_filters(database: Database, query: str, filters: dict[str, str], expected: set[int]) -> None:
    reader = write(database, *(article(n) for n in range(8)))
    if query == "السودان":
        expected = {n for n in range(8) if "السودان" in article(n).text}
    assert set(found(reader, query, **filters)) == {article(n).title for n in expected}


def test_text_without_spaces_is_found_by_a_part(database: Database) -> None:
    reader = write(database, article(1, text="東京都で地震がありました", title="速報"), article(3))
    assert found(reader, "地震") == ["速報"]
    assert found(reader, "震地") == []


def test_what_is_written_twice_counts_once(database: Database) -> None:
    records = [
        *(article(n) for n in range(5)),
        duplicate(5, article(0)),
        dead(6),
        ledger(0, 7, article=5, duplicate=1, dead=1),
    ]
    write(database, *records)
    before = contents(database)
    write(database, *records)
    write(database, *reversed(records))
    assert contents(database) == before
    (audit,) = Reader(database).audit()
    assert (audit.state, audit.stored) == ("ok", {"article": 5, "unchanged": 0, "duplicate": 1, "dead": 1})


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2), (2, 3, 1)])
def test_lists_and_tallies_show_the_latest_version(database: Database, order: tuple[int, ...], together: bool) -> None:
    versions = {
        n: article(1, version=n, change="new" if n == 1 else "material", title=f"Title {n}", language=f"l{n}")
        for n in order
    }
    batches = [list(versions.values())] if together else [[version] for version in versions.values()]
    for batch in batches:
        reader = write(database, *batch)
    assert found(reader) == ["Title 3"]
    assert found(reader, "Title") == ["Title 3"]
    assert values(reader, "language") == {"l3": 1}
    assert reader.count(Selection()) == Counted(1, True)
    assert [version.title for version in reader.versions(article(1).uri)] == ["Title 1", "Title 2", "Title 3"]
    assert database.query("SELECT version FROM revisions ORDER BY version") == [(2,), (3,)]


def test_a_version_with_other_content_replaces_the_stored_one(database: Database) -> None:
    write(database, article(1), article(2))
    reader = write(database, article(1, title="Other words", language="fr"))
    assert sorted(found(reader)) == sorted(["Other words", str(article(2).title)])
    assert found(reader, "Headline") == []
    assert values(reader, "language") == {"fr": 1, "ar": 1}
    assert database.query("SELECT sum(stored_article) FROM audit") == [(2,)]
    assert dict(database.query("SELECT uri, articles FROM stories")) == {"story:0": 2}  # type: ignore[arg-type]


def test_counts_equal_plain_sql(database: Database) -> None:
    articles = [article(n) for n in range(60)]
    articles += [msgspec.structs.replace(article(n), version=2, change="minor", language="tr") for n in range(0, 60, 7)]
    reader = write(database, *articles)
    for dimension in ("language", "source"):
        plain = database.query(f"SELECT {dimension}, count(*) FROM articles WHERE latest = 1 GROUP BY {dimension}")
        assert values(reader, dimension) == dict(plain)  # type: ignore[arg-type]
    plain = database.query(
        "SELECT m.value, count(*) FROM mentions m JOIN articles a ON a.id = m.article_id"
        " WHERE a.latest = 1 AND m.dimension = 'country' GROUP BY m.value"
    )
    assert values(reader, "country") == dict(plain)  # type: ignore[arg-type]
    days = reader.series(Selection(since="2025-09-01", until="2025-09-30"))
    assert sum(days.values()) == 60 == reader.count(Selection()).articles
    by_day = Counter(str(row[0])[:10] for row in database.query("SELECT event_time FROM articles WHERE latest = 1"))
    assert days == dict(by_day)
    assert (
        sum(values(reader, "source", since="2025-09-01", until="2025-09-02").values())
        == days["2025-09-01"] + days["2025-09-02"]
    )


def test_an_article_without_date_is_counted_but_in_no_hour(database: Database) -> None:
    reader = write(database, article(1, published_at=None, fetched_at=None), article(3, published_at="soon"))
    assert reader.count(Selection()) == Counted(2, True)
    assert reader.series(Selection(), "hour") == {"2025-09-01T03": 1}


@pytest.mark.parametrize(
    ("spans", "state"),
    [
        ([(0, 3), (3, 6)], "ok"),
        ([(0, 3), (4, 6)], "violated"),
        ([(0, 3), (2, 6)], "violated"),
        ([(0, 3)], "behind"),
        ([(0, 3), (3, 6), (6, 9)], "behind"),
    ],
)
def test_audit(database: Database, spans: list[tuple[int, int]], state: str) -> None:
    reader = write(database, *(article(n) for n in range(6)), *(ledger(a, b, article=b - a) for a, b in spans))
    (audit,) = reader.audit()
    assert audit.state == state


def test_positions_commit_with_the_records(database: Database) -> None:
    writer = Writer(database)
    writer.write([Stored(article(1))], [TopicPosition("news.articles", 0, 0, 5)])
    with pytest.raises(MovedError):
        writer.write([Stored(article(2))], [TopicPosition("news.articles", 0, 0, 6)])
    assert writer.positions() == {("news.articles", 0): 5}
    assert len(Reader(database).headlines(Selection())) == 1
    broken = msgspec.structs.replace(article(3), word_count=None)
    with pytest.raises(StoreError):
        writer.write([Stored(article(2)), Stored(broken)], [TopicPosition("news.articles", 0, 5, 7)])
    assert writer.positions() == {("news.articles", 0): 5}
    assert len(Reader(database).headlines(Selection())) == 1


def test_lag_flow_and_delays(database: Database) -> None:
    source = "news.raw/0"
    records = [article(n, provenance=kafka_provenance(n)) for n in range(3)]
    reader = write(database, *records, ledger(0, 3, source, article=3), at="2025-09-01T12:00:30.123Z")
    Writer(database).write_ends({source: 10})
    (audit,) = reader.audit()
    assert (audit.lag, audit.state) == (7, "ok")
    assert reader.flow("2025-09-01T11:59") == [("2025-09-01T12:00", "article", 3)]
    ((published, processed),) = database.query(
        "SELECT published_to_fetched_s, fetched_to_processed_s FROM delays WHERE id = 1"
    )
    assert float(published) == pytest.approx(1800, abs=0.1)
    assert float(processed) == pytest.approx(11.5 * 3600 + 30, abs=0.1)


def test_dead_letters_duplicates_and_stories(database: Database) -> None:
    reader = write(database, article(0), article(1), article(2), article(3), duplicate(4, article(0)), dead(5), dead(6))
    assert reader.dead_reasons() == [("no_content", 2)]
    letters = reader.dead_letters("no_content")
    assert [letter.position for letter in letters] == [6, 5]
    assert reader.dead_letters("too_large") == []
    row_and_record = reader.dead_letter(letters[0].id)
    assert row_and_record is not None
    assert row_and_record[1] == dead(6)
    assert [row.url for row in reader.duplicates(article(0).uri)] == ["https://copy.example/4"]
    assert [(story.uri, story.articles) for story in reader.stories()] == [("story:0", 3)]
    assert database.query("SELECT reason, records FROM dead_by_reason") == [("no_content", 2)]
    assert database.query("SELECT outcome, method, records FROM duplicates_by_method") == [("duplicate", "minhash", 1)]


def test_later_panes_replace_earlier_ones(database: Database) -> None:
    window = {"window_start": "2025-09-01T00:00:00Z", "window_seconds": 3600, "dimension": "country", "value": "SD"}
    write(database, Trend(**window, articles=3, burst=1.0), Trend(**window, articles=9, expected=2.0, burst=4.5))
    alarm = {**window, "kind": "volume", "observed": 0.0, "expected": 9.0, "message": "quiet"}
    reader = write(database, Alarm(**alarm, active=True), Alarm(**alarm, active=False))
    assert [(trend.articles, trend.burst) for trend in reader.bursts()] == [(9, 4.5)]
    assert [alarm.active for alarm in reader.alarms()] == [0]


def test_a_story_that_rises_is_called_by_its_newest_title(database: Database) -> None:
    window = {"window_start": "2025-09-01T00:00:00Z", "window_seconds": 3600, "articles": 9, "burst": 4.5}
    trends = [Trend(**window, dimension=name, value=value) for name, value in (("story", "story:0"), ("country", "SD"))]
    reader = write(database, article(0), article(1), *trends)
    titles = {trend.dimension: trend.title for trend in reader.bursts()}
    assert titles == {"story": article(1).title, "country": None}


def test_stories_that_turn_out_to_be_one_are_one(database: Database) -> None:
    def told(number: int, uri: str, merged: tuple[str, ...] = ()) -> Record:
        return article(number, story=Story(uri=uri, similarity=0.8, merged=merged))

    write(database, told(0, "a"), told(1, "a"), told(2, "b"), told(3, "b"), told(4, "c"))
    write(database, told(5, "b", ("a",)), told(6, "c", ("b",)))
    reader = write(database, told(7, "a"))  # another partition has not heard of it yet
    assert [(story.uri, story.articles) for story in reader.stories()] == [("c", 8)]
    for old in ("a", "b", "c"):
        story = reader.story(old)
        assert story is not None
        assert (story.uri, story.articles) == ("c", 8)
        assert len(reader.members(old)) == 8
        assert len(found(reader, story=old)) == 8
        assert len(found(reader, "Headline", story=old)) == 4
    before = contents(database)
    write(database, told(5, "b", ("a",)), told(7, "a"))
    assert contents(database) == before


def test_nul_characters_do_no_harm(database: Database) -> None:
    reader = write(database, article(1, title="a\0b"), dead(2, headers=(("x", "\0"),)))
    assert len(found(reader)) == len(reader.dead_letters()) == 1
    write(database, article(1, title="a\0b"))
    assert len(Reader(database).versions(article(1).uri)) == 1


def test_a_folder_becomes_a_store_that_follows_it(tmp_path: Path) -> None:
    folder = write_run(
        tmp_path / "out", [article(n) for n in range(3)], [duplicate(3, article(0), "unchanged")], [dead(4)]
    )
    url = store_of_folder(folder)
    database = open_database(url, read_only=True)
    (audit,) = Reader(database).audit()
    assert (audit.state, audit.stored) == ("ok", {"article": 3, "unchanged": 1, "duplicate": 0, "dead": 1})
    database.close()
    stamp = (folder / ".dashboard.sqlite").stat()
    assert store_of_folder(folder) == url
    assert (folder / ".dashboard.sqlite").stat().st_mtime_ns == stamp.st_mtime_ns
    write_run(folder, [article(n) for n in range(2)])
    database = open_database(store_of_folder(folder), read_only=True)
    assert Reader(database).count(Selection()) == Counted(2, True)
    database.close()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://x", "a store is"),
        ("/tmp/x.sqlite", "a store is"),
        ("sqlite:///no/such/folder/store", "unable to open"),
        ("postgresql://nobody@127.0.0.1:1/x", "cannot reach"),
    ],
)
def test_a_store_that_cannot_be_opened_says_so_in_one_line(url: str, message: str) -> None:
    with pytest.raises(StoreError, match=message) as caught:
        open_database(url)
    assert "\n" not in str(caught.value)


def test_a_duckdb_store_that_is_being_written_says_who_has_it(tmp_path: Path) -> None:
    url = f"duckdb:///{tmp_path}/store.duckdb"
    hold = f"from pipeline.store import open_database; d = open_database({url!r}); print('open', flush=True); input()"
    holder = subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"open\n"
    with pytest.raises(StoreError, match=rf"process {holder.pid} has it open, and DuckDB lets no other in"):
        open_database(url, read_only=True)
    holder.communicate(b"\n")


def test_a_folder_without_a_finished_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no finished run"):
        store_of_folder(tmp_path)
    folder = write_run(tmp_path / "out", [article(1)])
    (folder / "articles.jsonl").write_text("{}\n")
    with pytest.raises(StoreError, match=r"articles.jsonl:1: not a record"):
        store_of_folder(folder)
    database = open_database(f"sqlite:///{tmp_path}/other.sqlite")
    with pytest.raises(StoreError, match="no tables"):
        Reader(database)
    Writer(database)
    with pytest.raises(StoreError, match="no finished run"):
        load_folder(tmp_path, Writer(database))
    database.query("INSERT INTO migrations (version) VALUES (99)")
    with pytest.raises(StoreError, match="newer"):
        Reader(database)
    database.close()


def test_ledger_of_a_repeated_span_is_no_violation(database: Database) -> None:
    spans: list[Ledger] = [ledger(0, 3, article=3), ledger(3, 6, article=3)]
    write(database, *spans)
    (audit,) = write(database, *spans).audit()
    assert audit.violation is None
    assert audit.ledger["article"] == 6
