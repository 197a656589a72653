"""What people see, in a real browser."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from pipeline.dashboard.app import Config
from pipeline.store import Stored, Writer, open_database
from pipeline.store.load_folder import store_of_folder
from pipeline.store.reader import DeadRow
from schemas.codec import decode
from schemas.records import Alarm, Article, Quote, Record, Source, Trend
from tests.browser.conftest import DESKTOP, PHONE, Browser
from tests.conftest import ROOT
from tests.support.dashboard import running
from tests.support.news import article, dead, duplicate, kafka_provenance, ledger

EVIL = '"><script>window.hacked=1</script><img src=x onerror="window.hacked=1">\'-${window.hacked=1}'
SCRIPT_URL = "javascript:window.hacked=1"
NOW = datetime.now(UTC).replace(microsecond=0)


def evil_article(number: int) -> Article:
    return article(
        number,
        uri=f"evil:{EVIL}",
        url=SCRIPT_URL,
        canonical_url="data:text/html,<script>window.hacked=1</script>",
        title=EVIL,
        lede=EVIL,
        text=f"{EVIL}\n{EVIL}",
        authors=(EVIL,),
        section=EVIL,
        source=Source(domain=None, name=EVIL),
        language='en" onload="window.hacked=1',
        direction="ltr",
        extra={EVIL: EVIL},
        places=(),
        people=(),
        keywords=(),
        quotes=(Quote(text=EVIL, speaker=EVIL, span=(0, len(EVIL))),),
    )


def newsroom() -> list[Record]:
    """Enough of everything, of the last days, that every page has something to show."""
    records: list[Record] = []
    for n in range(40):
        at = f"{NOW - timedelta(hours=3 * (40 - n)):%Y-%m-%dT%H:%M:%SZ}"
        records.append(article(n, published_at=at, fetched_at=at, provenance=kafka_provenance(n)))
    first = article(1)
    changed = msgspec.structs.replace(
        first,
        version=2,
        change="material",
        changes={"words_added": 1, "numbers": {"added": ["829"], "removed": []}, "title": {"from": "a", "to": EVIL}},
        title="Headline 1, corrected",
        text=first.text.replace("Second", "Another"),
        provenance=kafka_provenance(40),
    )
    records += [changed, duplicate(41, article(1), provenance=kafka_provenance(41))]
    payload = f'{{"html": "<p>{EVIL}", "url": "{SCRIPT_URL}"}}'.encode()
    records += [dead(42, payload, message=f"nothing to read {EVIL}", url=SCRIPT_URL, provenance=kafka_provenance(42))]
    records += [dead(n, provenance=kafka_provenance(n)) for n in range(43, 46)]
    records.append(msgspec.structs.replace(evil_article(46), provenance=kafka_provenance(46)))
    records.append(ledger(0, 47, "news.raw/0", article=42, duplicate=1, dead=4))
    window = f"{NOW:%Y-%m-%dT%H:00:00Z}"
    records.append(
        Trend(
            window_start=window, window_seconds=3600, dimension="country", value="SD", articles=30, expected=4, burst=6
        )
    )
    records.append(
        Alarm(
            window_start=window,
            window_seconds=3600,
            kind="volume",
            dimension="source",
            value="example3.com",
            observed=0,
            expected=12,
            active=True,
            message="0 articles in the last hours, 12 expected",
        )
    )
    return records


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('store')}/store.sqlite"
    write(url, newsroom())
    return url


def write(url: str, records: list[Record]) -> None:
    database = open_database(url)
    at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    Writer(database).write([Stored(record, at, f"0/{number}") for number, record in enumerate(records)])
    Writer(database).write_ends({"news.raw/0": 60})
    database.close()


@pytest.fixture(scope="module")
def sent() -> list[DeadRow]:
    return []


@pytest.fixture(scope="module")
def site(store: str, sent: list[DeadRow]) -> Iterator[str]:
    def redrive(rows: Sequence[DeadRow]) -> str:
        sent.extend(rows)
        return "Sent to the raw topic again, as news.raw/0/99."

    with running(Config(store_url=store, redrive=redrive)) as address:
        yield address


def identity(url: str, sql: str) -> int:
    database = open_database(url, read_only=True)
    ((id_,),) = database.query(sql)
    database.close()
    return int(id_)


PAGES = (
    "/",
    "/stories",
    "/story?uri=story:2",
    "/explore",
    "/explore?q=غزة&language=ar",
    "/about?country=SD",
    "/about?person=محمود عباس",
    "/about?country=SD&country=FR",
    "/quotes",
    "/quotes?speaker=محمود عباس",
    "/sources",
    "/article/1",
    "/article/{changed}",
    "/article/{changed}/changes",
    "/article/{evil}",
    "/operations",
    "/signals",
    "/duplicates",
    "/duplicates/1",
    "/dead",
    "/dead?source=&reason=no_content",
    "/dead/1",
    "/nothing-here",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_at_every_width(
    browser: Browser, site: str, store: str, path: str, size: tuple[int, int], scheme: str
) -> None:
    path = path.format(
        changed=identity(store, "SELECT id FROM articles WHERE version = 2"),
        evil=identity(store, "SELECT id FROM articles WHERE uri LIKE 'evil%'"),
    )
    browser.show(site + path, size, dark=scheme == "dark")
    name = path.partition("?")[0].strip("/").replace("/", "-") or "today"
    if "?" in path:
        name += "-" + "-".join(part.partition("=")[2] for part in path.partition("?")[2].split("&"))
    browser.screenshot(f"{name}-{'phone' if size == PHONE else 'desktop'}-{scheme}")
    width = browser.run("return document.scrollingElement.scrollWidth")
    assert width == size[0], "the page is wider than the screen"
    assert browser.run("return window.hacked") is None
    assert browser.faults() == []
    complaints = [line for line in browser.complaints() if path != "/nothing-here" or "404" not in line]
    assert complaints == []
    assert browser.run("return document.querySelectorAll('h1').length") == 1
    for landmark in ("header", "nav[aria-label]", "main", "footer", "[role=search]"):
        assert browser.run("return document.querySelectorAll(arguments[0]).length", landmark) == 1


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("path", ["/", "/article/1", "/dead", "/explore", "/operations", "/article/{changed}/changes"])
def test_contrast(browser: Browser, site: str, store: str, path: str, dark: bool) -> None:
    """Text stands out from what is behind it by 4.5 to 1, as WCAG 2 AA asks."""
    changed = identity(store, "SELECT id FROM articles WHERE version = 2")
    browser.show(site + path.format(changed=changed), dark=dark)
    low = browser.run(
        """
        const parse = (c) => (c.match(/[\\d.]+/g) || []).map(Number);
        const light = ([r, g, b]) => { const f = [r, g, b].map((v) => { v /= 255;
            return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
            return 0.2126 * f[0] + 0.7152 * f[1] + 0.0722 * f[2]; };
        const behind = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
            if (c.length === 3 || c[3] > 0.5) return c; } return [255, 255, 255]; };
        const found = [];
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) { const node = walker.currentNode, e = node.parentElement;
            if (!node.data.trim() || !e.checkVisibility() || e.closest('.hidden, .skip, svg, script')) continue;
            const a = light(parse(getComputedStyle(e).color)), b = light(behind(e));
            const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            if (ratio < 4.5) found.push(`${node.data.trim().slice(0, 30)}: ${ratio.toFixed(2)}`); }
        return found;
        """
    )
    assert low == []


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real Arabic sample, through the real command."""
    out = tmp_path_factory.mktemp("sample") / "out"
    command = [Path(sys.executable).with_name("khabar"), "run", ROOT / "seeds", "--out", out, "--workers", "1"]
    subprocess.run(command, check=True, capture_output=True)
    return out


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_arabic_sample_is_right_to_left_with_its_highlights(
    browser: Browser, sample: Path, size: tuple[int, int]
) -> None:
    record = decode((sample / "articles.jsonl").read_bytes().splitlines()[0], Article)
    with running(Config(store_url=store_of_folder(sample))) as site:
        browser.show(f"{site}/article/1", size)
        browser.screenshot(f"sample-{'phone' if size == PHONE else 'desktop'}")
        text = browser.chrome.find_element(By.ID, "text")
        assert text.value_of_css_property("direction") == "rtl"
        assert browser.run("return document.querySelector('article').lang") == "ar"
        # Arabic begins at the right: the first character stands right of the last one of its line.
        assert browser.run(
            "const p = document.querySelector('#text p'), r = document.createRange();"
            "const w = document.createTreeWalker(p, NodeFilter.SHOW_TEXT), first = w.nextNode();"
            "r.setStart(first, 0); r.setEnd(first, 1); const a = r.getBoundingClientRect();"
            "return a.right > p.getBoundingClientRect().right - 4"
        )
        shown = browser.run("return [...document.querySelectorAll('#text p')].map(p => p.textContent)")
        assert shown == [line for line in record.text.split("\n") if line]
        spans = {
            "place": [span for place in record.places for span in place.spans],
            "person": [span for person in record.people for span in person.spans],
            "quote": [quote.span for quote in record.quotes],
            "figure": [figure.span for figure in record.figures],
            "date": [date.span for date in record.dates_mentioned],
        }
        assert spans["place"]
        for kind, expected in spans.items():
            marked = str(
                browser.run(
                    "const marks = [...document.querySelectorAll('#text mark.' + arguments[0])];"
                    "return marks.map(m => m.textContent).join('')",
                    kind,
                )
            )
            covered = sorted({at for start, end in expected for at in range(start, end)})
            assert marked == "".join(record.text[at] for at in covered if record.text[at] != "\n")
        assert browser.complaints() == []


def test_highlights_are_faint_until_asked_for(browser: Browser, site: str) -> None:
    browser.show(f"{site}/article/1")
    mark = browser.chrome.find_element(By.CSS_SELECTOR, "#text mark.place")
    plain = mark.value_of_css_property("background-color")
    assert plain == "rgba(0, 0, 0, 0)"
    browser.chrome.find_element(By.CSS_SELECTOR, "[data-toggle=place]").click()
    assert mark.value_of_css_property("background-color") != plain
    browser.show(f"{site}/article/3")
    mark = browser.chrome.find_element(By.CSS_SELECTOR, "#text mark.place")
    assert mark.value_of_css_property("background-color") != plain
    browser.run("localStorage.clear()")


@pytest.mark.parametrize(
    "path", ["/article/{evil}", "/explore", "/explore?q={q}", "/dead/1", "/dead", "/quotes", "/sources", "/"]
)
def test_text_from_the_network_stays_text(browser: Browser, site: str, store: str, path: str) -> None:
    evil = identity(store, "SELECT id FROM articles WHERE uri LIKE 'evil%'")
    browser.show(site + path.format(evil=evil, q=EVIL))
    if path == "/article/{evil}":
        assert browser.chrome.find_element(By.ID, "title").text == EVIL
        browser.screenshot("injection")
    links = browser.run("return [...document.links].map(a => a.protocol)")
    assert set(links) <= {"http:", "https:"}  # type: ignore[call-overload]
    assert browser.run("return document.querySelectorAll('main script, main img, [onerror], [onload]').length") == 0
    assert browser.run("return window.hacked") is None
    assert browser.complaints() == []


def test_the_policy_stops_a_script_that_escaping_let_through(browser: Browser, site: str) -> None:
    browser.show(site)
    browser.run(
        "const s = document.createElement('div'); s.innerHTML = '<img src=x onerror=\"window.hacked=1\">';"
        "document.body.append(s); const t = document.createElement('script'); t.textContent = 'window.hacked=1';"
        "document.body.append(t);"
    )
    WebDriverWait(browser.chrome, 20).until(lambda _: any("Content Security Policy" in c for c in browser.complaints()))
    assert browser.run("return window.hacked") is None


def test_a_dead_letter_is_viewed_and_redriven(browser: Browser, site: str, sent: list[DeadRow]) -> None:
    browser.show(f"{site}/dead")
    browser.chrome.find_element(By.PARTIAL_LINK_TEXT, "not known: no_content").click()
    browser.chrome.find_element(By.PARTIAL_LINK_TEXT, "record 45").click()
    assert '{"html": "<p>"}' in browser.chrome.find_element(By.CSS_SELECTOR, ".payload").text
    browser.screenshot("dead-letter")
    browser.chrome.find_element(By.CSS_SELECTOR, "button.primary").click()
    WebDriverWait(browser.chrome, 20).until(
        lambda chrome: "Sent to the raw topic" in chrome.find_element(By.CSS_SELECTOR, "main [role=status]").text
    )
    browser.screenshot("dead-letter-redriven")
    assert [(row.read_from, row.position) for row in sent] == [("news.raw/0", 45)]
    browser.show(f"{site}/dead")
    browser.chrome.find_element(By.PARTIAL_LINK_TEXT, "not known: no_content").click()
    browser.chrome.find_element(By.CSS_SELECTOR, "button.primary").click()
    WebDriverWait(browser.chrome, 20).until(
        lambda chrome: "Sent to the raw topic" in chrome.find_element(By.CSS_SELECTOR, "main [role=status]").text
    )
    assert {row.position for row in sent[1:]} == {42, 43, 44, 45}


def test_the_live_page_follows_the_store(browser: Browser, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/live.sqlite"
    write(url, [article(0, provenance=kafka_provenance(0)), ledger(0, 1, "news.raw/0", article=1)])
    with running(Config(store_url=url)) as site:
        browser.show(f"{site}/operations")

        def reads(css: str, text: str) -> None:
            WebDriverWait(browser.chrome, 30).until(
                lambda chrome: text in str(browser.run("return document.querySelector(arguments[0]).textContent", css))
            )

        reads("[href$='order=loaded'] .value", "1")
        more = [article(n, provenance=kafka_provenance(n)) for n in range(1, 31)]
        write(url, [*more, ledger(1, 31, "news.raw/0", article=30)])
        reads("[href$='order=loaded'] .value", "31")
        reads("#lag", "29")
        write(url, [ledger(40, 41, "news.raw/0", article=0)])
        reads("#state", "The ledger is broken.")
        reads("#state", "gap")
        browser.screenshot("operations-violated")


def test_the_whole_interface_in_arabic(browser: Browser, site: str) -> None:
    browser.show(f"{site}/settings?language=ar&next=/")
    try:
        for path in ("/", "/stories", "/explore", "/about?country=SD", "/sources", "/operations", "/dead"):
            for size in (DESKTOP, PHONE):
                browser.show(site + path, size, dark=size == PHONE)
                assert browser.run("return [document.documentElement.lang, document.dir]") == ["ar", "rtl"]
                assert browser.run("return document.scrollingElement.scrollWidth") == size[0]
                assert browser.faults() == []
                name = path.partition("?")[0].strip("/") or "today"
                browser.screenshot(f"arabic-{name}-{'phone' if size == PHONE else 'desktop'}")
        assert "استكشاف" in browser.chrome.find_element(By.TAG_NAME, "nav").text
    finally:
        browser.chrome.delete_all_cookies()


def test_keyboard(browser: Browser, site: str) -> None:
    browser.show(f"{site}/explore")
    body = browser.chrome.find_element(By.TAG_NAME, "body")
    body.send_keys(Keys.TAB)
    focused = browser.chrome.switch_to.active_element
    assert focused.text == "Skip to content"
    focused.send_keys(Keys.ENTER)
    assert browser.run("return document.activeElement.id") == "main"
    browser.chrome.switch_to.active_element.send_keys(Keys.TAB)
    outline = browser.run("return getComputedStyle(document.activeElement).outlineWidth")
    assert outline == "3px"
    search = browser.chrome.find_element(By.ID, "q")
    search.send_keys("غزة", Keys.ENTER)
    WebDriverWait(browser.chrome, 20).until(lambda chrome: "q=" in chrome.current_url)
    assert browser.chrome.find_elements(By.CSS_SELECTOR, ".headline")


def test_light_and_dark_can_be_chosen(browser: Browser, site: str) -> None:
    browser.show(f"{site}/explore")
    before = browser.run("return getComputedStyle(document.body).backgroundColor")
    browser.chrome.find_element(By.ID, "theme").click()
    assert browser.run("return getComputedStyle(document.body).backgroundColor") != before
    browser.show(f"{site}/explore")
    assert browser.run("return getComputedStyle(document.body).backgroundColor") != before
    browser.chrome.find_element(By.ID, "theme").click()
    assert browser.run("return getComputedStyle(document.body).backgroundColor") == before
    browser.run("localStorage.clear()")
