"""Who gets in, what is refused, what a request can and cannot change."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from pipeline.dashboard.app import Config, create_app
from pipeline.dashboard.security import Patience, local_path, readable_address, web_address
from pipeline.store import Stored, StoreError, Writer, open_database
from pipeline.store.reader import DeadRow
from tests.support.news import article, dead, kafka_provenance

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
