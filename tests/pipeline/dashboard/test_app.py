"""Who gets in, what is refused, what a request can and cannot change."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pipeline.dashboard.app import Config, create_app
from pipeline.dashboard.security import Patience, ProxyGate, local_path, readable_address, web_address
from pipeline.store import Stored, StoreError, Writer, open_database
from pipeline.store.reader import DeadRow
from schemas.records import Source
from tests.support.news import article, dead, duplicate, kafka_provenance, ledger

HTML = {"accept": "text/html"}


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/store.sqlite"
    database = open_database(url)
    letter = Stored(dead(9, provenance=kafka_provenance(9)), None, "0/4")
    Writer(database).write([*(Stored(article(n)) for n in range(3)), letter])
    database.close()
    return url


def client(url: str, **options: object) -> TestClient:
    options.setdefault("patience", Patience(0, 0))
    return TestClient(create_app(Config(store_url=url, hosts=("testserver",), **options)), follow_redirects=False)  # type: ignore[arg-type]


def form_key(site: TestClient) -> str:
    return site.get("/dead/1").text.partition('name="key" value="')[2].partition('"')[0]


@pytest.fixture
def sent() -> list[DeadRow]:
    return []


@pytest.fixture
def changeable(url: str, sent: list[DeadRow]) -> Iterator[TestClient]:
    def redrive(rows: Sequence[DeadRow]) -> str:
        if len(sent) > 1:
            raise StoreError("Kafka does not answer")
        sent.extend(rows)
        return "Sent."

    with client(url, redrive=redrive) as site:
        yield site


def test_another_host_name_is_refused(url: str) -> None:
    with client(url) as site:
        assert site.get("/", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("path", ["/", "/explore", "/api/live", "/api/articles", "/article/1/record.json", "/metrics"])
def test_without_the_token_nothing_is_shown(url: str, path: str) -> None:
    with client(url, token="right") as site:
        assert site.get(path).status_code == 401
        assert site.get(path, headers={"authorization": "Bearer wrong"}).status_code == 401
        assert site.get(path, headers={"cookie": "khabar=right"}).status_code == 401
        assert site.get(path, headers={"authorization": "Bearer right"}).status_code == 200
        assert site.get(path, headers=HTML).headers["location"].startswith("/login?next=%2F")
        assert site.get("/health").status_code == 200


def test_the_token_opens_by_a_form(url: str) -> None:
    with client(url, token="right") as site:
        assert "asks for a token" in site.get("/login").text
        assert site.post("/login", data={"token": "wrong", "next": "/dead"}).status_code == 401
        answer = site.post("/login", data={"token": "right", "next": "/dead"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/dead")
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert "right" not in cookie
        assert site.get("/dead").status_code == 200


def test_read_only_unless_allowed(url: str) -> None:
    with client(url) as site:
        assert "Re-drive" not in site.get("/dead/1").text
        assert site.post("/dead/1/redrive", data={"key": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("headers", "right_key", "status"),
    [
        ({}, True, 200),
        ({"origin": "http://testserver"}, True, 200),
        ({"origin": "http://evil.example"}, True, 403),
        ({"origin": "null"}, True, 403),
        ({}, False, 403),
    ],
)
def test_only_own_forms_change_anything(
    changeable: TestClient, sent: list[DeadRow], headers: dict[str, str], right_key: bool, status: int
) -> None:
    key = form_key(changeable) if right_key else "guess"
    assert changeable.post("/dead/1/redrive", data={"key": key}, headers=headers).status_code == status
    assert len(sent) == (status == 200)


def test_a_redrive_that_fails_says_so(changeable: TestClient) -> None:
    answers = [changeable.post("/dead/1/redrive", data={"key": form_key(changeable)}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 502]
    assert "Kafka does not answer" in answers[2].text
    assert changeable.post("/dead/99/redrive", data={"key": form_key(changeable)}).status_code == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/explore?page=-1&q=%00%27%22", 200),
        ("/explore?page=99999999999999999999999", 200),
        ("/explore?country=%F0%9F%98%80&person=" + "x" * 5000, 200),
        ("/explore?since=x&until=2025-13-45", 200),
        ("/explore?since=0001-01-01&until=1000-01-01", 200),
        ("/explore?since=1000-01-01&until=9989-12-31", 200),
        ("/article/99", 404),
        ("/article/99999999999999999999", 404),
        ("/article?uri=none", 404),
        ("/article/1/changes", 404),
        ("/static/../app.py", 404),
        ("/dead/0", 404),
    ],
)
def test_odd_requests(url: str, path: str, status: int) -> None:
    with client(url) as site:
        answer = site.get(path, headers=HTML)
        assert answer.status_code == status
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_store_that_is_lost_is_one_clear_line(url: str, tmp_path: Path) -> None:
    with client(f"sqlite:///{tmp_path}/none.sqlite") as site:
        answer = site.get("/")
        assert (answer.status_code, answer.text.count("\n")) == (503, 1)
        assert site.get("/ready").status_code == 503
        assert site.get("/health").status_code == 200


def test_under_a_path_of_a_proxy_links_lead_there(url: str) -> None:
    app = create_app(Config(store_url=url, hosts=("testserver",), token="right"))
    with TestClient(app, root_path="/news", follow_redirects=False) as site:
        headers = {"authorization": "Bearer right", **HTML}
        page = site.get("/news/explore", headers=headers).text
        assert 'href="/news/article/3"' in page
        assert 'src="/news/static/app.js"' in page
        assert site.get("/news/", headers=HTML).headers["location"] == "/news/login?next=%2F"


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ("/dead?reason=x", "/dead?reason=x"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:x", "/"),
        ("/\t/evil.example", "/"),
        ("", "/"),
    ],
)
def test_local_path(wanted: str, given: str) -> None:
    assert local_path(wanted) == given


@pytest.mark.parametrize(
    ("url", "given"),
    [
        ("https://a.example/x", "https://a.example/x"),
        ("http://a.example", "http://a.example"),
        ("javascript:alert(1)", None),
        ("JaVaScRiPt:alert(1)", None),
        ("data:text/html,x", None),
        ("//a.example", None),
        ("http://[", None),
        (" javascript:x", None),
        ("", None),
        (None, None),
    ],
)
def test_web_address(url: str | None, given: str | None) -> None:
    assert web_address(url) == given


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/%D8%AE%D8%A8%D8%B1", "https://a.example/خبر"),
        ("https://a.example/%ff", "https://a.example/%ff"),
        ("https://a.example/%E2%80%AEgpj", "https://a.example/%E2%80%AEgpj"),
        ("https://a.example/a%20b", "https://a.example/a%20b"),
        ("urn:khabar:sha256:00", "urn:khabar:sha256:00"),
    ],
)
def test_addresses_are_shown_readable_but_never_with_hidden_characters(url: str, shown: str) -> None:
    assert readable_address(url) == shown


@pytest.mark.parametrize(
    ("minutes", "lag", "state", "said"),
    [
        (1, 0, "ok", ""),
        (30, 0, "silent", "No record for 30 min."),
        (30, 5, "stands", "No record for 30 min."),
        (1, 5, "ok", ""),
    ],
)
def test_live_is_not_green_while_nothing_runs(tmp_path: Path, minutes: int, lag: int, state: str, said: str) -> None:
    url = f"sqlite:///{tmp_path}/live.sqlite"
    writer = Writer(open_database(url))
    at = datetime(2025, 9, 1, 12, tzinfo=UTC)
    records = [article(0, provenance=kafka_provenance(0)), ledger(0, 1, "news.raw/0", article=1)]
    writer.write([Stored(record, f"{at:%Y-%m-%dT%H:%M:%SZ}") for record in records])
    writer.write_ends({"news.raw/0": 1 + lag})
    with client(url, now=lambda: at + timedelta(minutes=minutes)) as site:
        live = site.get("/api/live").json()
        assert (live["state"], live["lag"], live["silent_minutes"]) == (state, lag, minutes)
        page = site.get("/operations", headers=HTML).text
        assert f"state-{state}" in page
        assert said in page


def test_a_finished_run_is_no_stream_that_stands(url: str) -> None:
    with client(url) as site:
        assert site.get("/api/live").json()["is_stream"] is False


def test_nobody_is_said_to_be_well_where_nobody_watches(url: str) -> None:
    with client(url) as site:
        page = site.get("/signals", headers=HTML).text
        assert "Nobody watches" in page
        assert "Nothing has gone quiet" not in page


def test_wrong_tokens_wait_longer_each_time() -> None:
    patience = Patience(0.5, 8)
    assert [patience.delay(0) for _ in range(6)] == [0.5, 1, 2, 4, 8, 8]
    assert patience.delay(3600) == 0.5


def test_who_has_entered_can_leave(url: str) -> None:
    with client(url, token="right") as site:
        site.post("/login", data={"token": "right", "next": "/"})
        assert site.get("/").status_code == 200
        assert "Log out" in site.get("/", headers=HTML).text
        assert site.post("/logout", headers={"origin": "http://evil.example"}).status_code == 403
        assert site.post("/logout").headers["location"] == "/login"
        assert site.get("/").status_code == 401


@pytest.mark.parametrize(
    ("client_address", "has_token", "status"),
    [("10.1.2.3", False, 200), ("127.0.0.1", False, 200), ("10.9.0.1", False, 403), ("10.9.0.1", True, 200)],
)
def test_behind_a_proxy_only_the_proxy_is_heard(url: str, client_address: str, has_token: bool, status: int) -> None:
    app = create_app(Config(store_url=url, hosts=("testserver",)))
    gate = ProxyGate(app, ["10.1.0.0/16"], has_token=has_token)
    with TestClient(gate, client=(client_address, 1)) as site:
        assert site.get("/health").status_code == status


def test_language_and_zone_are_remembered(url: str) -> None:
    with client(url) as site:
        assert site.get("/settings?language=ar&zone=Asia/Riyadh&next=/explore").headers["location"] == "/explore"
        page = site.get("/explore", headers=HTML).text
        assert '<html lang="ar" dir="rtl">' in page
        assert "Asia/Riyadh" in page
        assert "2025-09-01 05:00" in page  # published at 02:00 UTC
        assert "2025-09-01 02:00 UTC" in page
        site.get("/settings?language=xx&zone=No/Where")
        assert "UTC" in site.get("/explore", headers=HTML).text


def test_a_title_without_end_and_towers_of_accents_stay_in_their_place(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/odd.sqlite"
    tower = "a" + "\u0301" * 500
    Writer(open_database(url)).write([Stored(article(1, title="x" * 100_000)), Stored(article(3, title=tower))])
    with client(url) as site:
        page = site.get("/explore", headers=HTML).text
        assert len(page) < 200_000
        assert "\u0301" * 5 not in page


def test_no_credentials_and_no_hidden_directions_are_shown(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/odd.sqlite"
    address = "https://user:secret@a.example/\u202egpj.exe"
    record = article(1, url=address, source=Source(domain=None, name="evil\u202ename"))
    Writer(open_database(url)).write([Stored(record), Stored(dead(9, url=address))])
    with client(url) as site:
        for path in ("/", "/explore", "/sources", "/dead", "/dead/1"):
            page = site.get(path, headers=HTML).text
            assert "secret" not in page.partition("<pre")[0]
            assert "\u202e" not in page.partition("<pre")[0], path
        shown = site.get("/article/1", headers=HTML).text.partition("The whole record")[0]
        assert "secret" not in shown
        assert "\u202e" not in shown


def test_one_article_is_one_article(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/one.sqlite"
    Writer(open_database(url)).write([Stored(article(1))])
    with client(url) as site:
        assert "1 articles" not in site.get("/explore", headers=HTML).text


def test_one_stray_date_does_not_set_the_range(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/stray.sqlite"
    records = [*(article(n) for n in range(600)), article(601, published_at="2031-01-01T00:00:00Z", fetched_at=None)]
    Writer(open_database(url)).write([Stored(record) for record in records])
    with client(url) as site:
        page = site.get("/explore", headers=HTML).text
        assert "2025-09-01</bdi> – <bdi>2025-09-25" in page
        assert "1 article outside this range." in page


def test_a_copy_is_shown_beside_its_original(url: str) -> None:
    database = open_database(url)
    Writer(database).write([Stored(duplicate(20, article(1)))])
    database.close()

    def original(read_from: str, position: int) -> str | None:
        return "Report 1 from Sudan.\nAnother paragraph." if position == 20 else None

    with client(url, original=original) as site:
        page = site.get("/duplicates/1", headers=HTML).text
        assert "<del>Second</del>" in page
        assert "<ins>Another</ins>" in page
    with client(url) as site:
        assert "not at hand" in site.get("/duplicates/1", headers=HTML).text


def test_a_group_is_sent_again_and_says_what_became_of_it(
    url: str, changeable: TestClient, sent: list[DeadRow]
) -> None:
    database = open_database(url)
    letters = [dead(n, provenance=kafka_provenance(n), url="https://a.example/x") for n in (20, 21)]
    Writer(database).write([Stored(letter, None, f"0/{n}") for n, letter in enumerate(letters, 5)])
    group = changeable.get("/dead?source=a.example&reason=no_content", headers=HTML).text
    assert "2 dead letters, of them sent again: 0" in group
    key = group.partition('name="key" value="')[2].partition('"')[0]
    form = {"key": key, "source": "a.example", "reason": "no_content"}
    assert changeable.post("/dead/redrive", data=form).status_code == 200
    assert {row.position for row in sent} == {20, 21}
    again = dead(31, provenance=kafka_provenance(31))
    Writer(database).write(
        [Stored(article(30, provenance=kafka_provenance(30))), Stored(again, None, "0/9")],
        redriven={"0/5": "0/30", "0/6": "0/31"},
    )
    page = changeable.get("/dead?source=a.example&reason=no_content", headers=HTML).text
    assert "of them sent again: 2" in page
    assert "an article</a>" in page
    assert "dead again</a>" in page
    database.close()
