"""One selection, one truth: every number of a page, an export and the API equals plain SQL over the tables."""

import csv
import io
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from pipeline.dashboard.app import Config, create_app
from pipeline.dashboard.wording import number
from pipeline.store import Database, Stored, Writer, open_database
from tests.support.newsroom import newsroom

NOW = datetime(2025, 9, 15, tzinfo=UTC)
SELECTIONS = [
    {},
    {"language": "ar"},
    {"country": "DE"},
    {"person": "Mara Lindqvist"},
    {"place": "Gaza, PS"},
    {"source": "nile-daily.example"},
    {"language": "fr", "country": "EG"},
    {"country": "TR", "organisation": "Red Crescent", "topic": "World"},
    {"since": "2025-09-03", "until": "2025-09-05"},
    {"language": "ru", "since": "2025-09-10"},
    {"person": "Wei Zhang", "until": "2025-09-06"},
    {"changed": "1"},
    {"changed": "1", "language": "de"},
    {"country": "AQ"},
]


@dataclass
class Site:
    client: TestClient
    database: Database


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    url = f"sqlite:///{tmp_path_factory.mktemp('truth')}/store.sqlite"
    writer = Writer(open_database(url))
    records = newsroom()
    random.Random(1).shuffle(records)  # as they are loaded is not as they were published
    for at in range(0, len(records), 100):
        writer.write([Stored(record) for record in records[at : at + 100]])
    config = Config(store_url=url, hosts=("testserver",), now=lambda: NOW)
    with TestClient(create_app(config), headers={"accept": "text/html"}) as client:
        yield Site(client, open_database(url))


def rows(site: Site, selection: dict[str, str]) -> list[tuple[Any, ...]]:
    """The articles of a selection as (id, day, language, source, story), by plain SQL."""
    where, parameters = ["latest = 1"], []
    for name, value in selection.items():
        if name in {"language", "source"}:
            where.append(f"{name} = ?")
        elif name == "changed":
            where.append("version > 1")
            continue
        elif name in {"since", "until"}:
            where.append(f"substr(event_time, 1, 10) {'>=' if name == 'since' else '<='} ?")
        else:
            where.append("id IN (SELECT article_id FROM mentions WHERE dimension = ? AND value = ?)")
            parameters.append(name)
        parameters.append(value)
    sql = f"SELECT id, substr(event_time, 1, 10), language, source, story FROM articles WHERE {' AND '.join(where)}"
    return site.database.query(sql, parameters)


def tally(values: list[Any]) -> dict[Any, int]:
    return {value: values.count(value) for value in set(values) if value is not None}


def answer(site: Site, path: str, **parameters: Any) -> Any:
    found = site.client.get(path, params=parameters)
    assert found.status_code == 200, found.text
    return found.json() if "json" in found.headers["content-type"] else found.text


@pytest.mark.parametrize("selection", SELECTIONS, ids=lambda s: "-".join(s.values()) or "all")
def test_heading_chart_values_list_and_exports_count_the_same(site: Site, selection: dict[str, str]) -> None:
    expected = rows(site, selection)
    listed = answer(site, "/api/articles", limit=500, **selection)
    assert (listed["hits"], listed["hits_exact"]) == (len(expected), True)
    assert len(listed["articles"]) == min(len(expected), 500)
    times = [row["event_time"] for row in listed["articles"]]
    assert times == sorted(times, reverse=True)
    series = answer(site, "/api/series", **selection)["series"]
    assert {row["day"]: row["articles"] for row in series} == tally([row[1] for row in expected])
    ids = ", ".join(str(row[0]) for row in expected) or "0"
    for dimension in ("language", "source", "story", "country", "person", "organisation", "topic", "place"):
        values = answer(site, "/api/values", dimension=dimension, limit=500, **selection)["values"]
        if dimension in {"language", "source", "story"}:
            plain = tally([row[{"language": 2, "source": 3, "story": 4}[dimension]] for row in expected])
        else:
            sql = f"SELECT value, count(*) FROM mentions WHERE dimension = ? AND article_id IN ({ids}) GROUP BY value"
            plain = dict(site.database.query(sql, (dimension,)))  # type: ignore[arg-type]
        assert {row["value"]: row["articles"] for row in values} == plain, dimension
    exported = list(csv.DictReader(io.StringIO(answer(site, "/explore", format="csv", **selection).lstrip("\ufeff"))))
    assert len(exported) == len(expected)


@pytest.mark.parametrize("selection", SELECTIONS, ids=lambda s: "-".join(s.values()) or "all")
def test_the_page_itself_shows_these_numbers(site: Site, selection: dict[str, str]) -> None:
    expected = rows(site, selection)
    page = answer(site, "/explore", **selection)
    heading = re.search(r"<h1>(.*?)</h1>", page, re.DOTALL)
    assert heading is not None
    noun = "article" if len(expected) == 1 else "articles"
    assert f"{number(len(expected))} {noun}" in heading[1]
    bars = [
        int(n.replace("\u202f", ""))
        for n in re.findall(r'<rect class="back".*?<title>[^<]*: ([\d\u202f]+)</title>', page)
    ]
    outside = re.search(r"([\d\u202f]+) articles? outside", page)
    assert sum(bars) + (int(outside[1]) if outside else 0) == len(expected)
    languages = tally([row[2] for row in expected])
    shown = re.search(r"<h3>Languages</h3>(.*?)</section>", page, re.DOTALL)
    counts = (
        [int(n.replace("\u202f", "")) for n in re.findall(r'class="count">([\d\u202f]+)<', shown[1])] if shown else []
    )
    assert sorted(counts) == sorted(languages.values())
    ids = ", ".join(str(row[0]) for row in expected) or "0"
    sql = f"SELECT count(DISTINCT value) FROM mentions WHERE dimension = 'country' AND article_id IN ({ids})"
    ((countries,),) = site.database.query(sql)
    assert len(re.findall(r"<path class=\"s[1-5]", page)) + page.count("<circle") == countries


def test_stories_have_their_latest_articles_by_publication(site: Site) -> None:
    plain = site.database.query(
        "SELECT story, count(*), count(DISTINCT source), count(DISTINCT language), min(event_time), max(event_time)"
        " FROM articles WHERE latest = 1 GROUP BY story HAVING count(*) > 1"
    )
    found = answer(site, "/api/stories", order="sources", limit=500)["stories"]
    keys = ("uri", "articles", "sources", "languages", "first_time", "last_time")
    assert {tuple(story[key] for key in keys) for story in found} == set(plain)
    story = answer(site, "/api/story", uri=found[0]["uri"])
    times = [member["event_time"] for member in story["members"]]
    assert times == sorted(times)
    assert story["first_source"] == story["members"][0]["source"]
    sql = "SELECT count(*) FROM duplicates WHERE duplicate_of IN (SELECT uri FROM articles WHERE story = ?)"
    copies = site.database.query(sql, (found[0]["uri"],))
    assert sum(len(member["copies"]) for member in story["members"]) == copies[0][0]


def test_today_knows_what_is_large_rising_new_and_silent(site: Site) -> None:
    day = answer(site, "/api/today", day="2025-09-14")
    where = "latest = 1 AND substr(event_time, 1, 10) = '2025-09-14'"
    ((articles,),) = site.database.query(f"SELECT count(*) FROM articles WHERE {where}")
    assert day["articles"] == articles
    plain = site.database.query(
        f"SELECT story, count(*), count(DISTINCT source) FROM articles WHERE {where} GROUP BY story HAVING count(*) > 1"
        " ORDER BY 3 DESC, 2 DESC, 1 LIMIT 10"
    )
    assert [(s["uri"], s["articles"], s["sources"]) for s in day["stories"]] == plain
    assert day["rising"][0]["value"] == "Mara Lindqvist"
    for name in day["rising"]:
        assert name["articles"] >= 5
        assert name["sources"] >= 3
    assert [source["source"] for source in day["new_sources"]] == ["harbour-wire.example"]
    assert "nile-daily.example" in {source["source"] for source in day["silent_sources"]}


def test_sources_and_quotes(site: Site) -> None:
    found = {row["source"]: row for row in answer(site, "/api/sources", limit=500)["sources"]}
    for source, articles, undated in site.database.query(
        "SELECT source, count(*), sum(published_at IS NULL) FROM articles WHERE latest = 1 GROUP BY source"
    ):
        assert (found[source]["articles"], found[source]["undated"]) == (articles, undated)
    for source, dead in site.database.query("SELECT source, count(*) FROM dead GROUP BY source"):
        assert found[source]["dead"] == dead
    quotes = answer(site, "/api/quotes", speaker="mara lindqvist", limit=500)["quotes"]
    ((plain,),) = site.database.query(
        "SELECT count(*) FROM quotes q JOIN articles a ON a.id = q.article_id"
        " WHERE a.latest = 1 AND speaker = 'Mara Lindqvist'"
    )
    assert len(quotes) == plain > 20


def test_pages_are_small(site: Site) -> None:
    story = answer(site, "/api/stories", order="sources")["stories"][0]["uri"]
    for path in (
        "/",
        "/stories",
        f"/story?uri={story}",
        "/explore",
        "/about?country=DE",
        "/sources",
        "/quotes",
        "/operations",
    ):
        with site.client.stream("GET", path, headers={"accept-encoding": "gzip"}) as response:
            assert sum(len(part) for part in response.iter_raw()) < 100_000, path


def test_the_api_is_what_openapi_says(site: Site) -> None:
    description = answer(site, "/api/openapi.json")
    assert set(description["paths"]) >= {"/articles", "/series", "/values", "/stories", "/today", "/quotes", "/sources"}
    for path, operations in description["paths"].items():
        needed = {"uri": answer(site, "/api/stories")["stories"][0]["uri"], "dimension": "country"}
        given = {p["name"]: needed[p["name"]] for p in operations["get"]["parameters"] if p["name"] in needed}
        if path == "/article":
            given = {"uri": answer(site, "/api/articles")["articles"][0]["uri"]}
        assert site.client.get(f"/api{path}", params=given).status_code == 200, path
