"""The walk of docs/dashboard.md: five questions, each answered in at most three clicks, on the made newsroom.

With KHABAR_SCREENSHOTS=docs/images the screenshots of the docs are made anew.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from selenium.webdriver.common.by import By

from pipeline.dashboard.app import Config
from pipeline.store import Stored, Writer, open_database
from tests.browser.conftest import DESKTOP, PHONE, Browser
from tests.support.dashboard import running
from tests.support.newsroom import newsroom

NOW = datetime(2025, 9, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    url = f"sqlite:///{tmp_path_factory.mktemp('walk')}/store.sqlite"
    Writer(open_database(url)).write([Stored(record) for record in newsroom()])
    with running(Config(store_url=url, now=lambda: NOW)) as address:
        yield address


class Walk:
    """Clicks, and counts them."""

    def __init__(self, browser: Browser, site: str, *, size: tuple[int, int] = DESKTOP, dark: bool = False) -> None:
        self.browser = browser
        self.clicks = 0
        browser.show(site, size, dark=dark)

    def click(self, text: str) -> None:
        found = self.browser.chrome.find_elements(By.PARTIAL_LINK_TEXT, text)
        assert found, f"no link {text}"
        self.browser.run("arguments[0].click()", found[0])
        self.clicks += 1

    @property
    def text(self) -> str:
        return self.browser.chrome.find_element(By.TAG_NAME, "main").text

    def keep(self, name: str) -> None:
        self.browser.run("scrollTo(0, 0)")
        self.browser.screenshot(f"walk-{name}")


def test_what_happened_today(browser: Browser, site: str) -> None:
    walk = Walk(browser, site)
    assert walk.text.index("Floods in Germany") < walk.text.index("Names that rise")
    assert "Mara Lindqvist" in walk.text
    assert "harbour-wire.example" in walk.text
    walk.keep("today")
    assert walk.clicks == 0


def test_how_a_story_developed_and_who_was_first(browser: Browser, site: str) -> None:
    walk = Walk(browser, site)
    walk.click("Floods in Germany")
    assert "first, rhine-courier.example" in walk.text
    steps = [e.text for e in browser.chrome.find_elements(By.CSS_SELECTOR, ".timeline .meta")]
    assert "rhine-courier.example" in steps[0]
    assert steps[0].startswith("first")
    assert steps[1].startswith("+")
    assert "Figures that changed" in walk.text
    walk.keep("story")
    assert walk.clicks == 1


def test_what_is_said_about_a_person_over_time(browser: Browser, site: str) -> None:
    walk = Walk(browser, site)
    walk.click("Mara Lindqvist")
    assert "Mentions over time" in walk.text
    walk.keep("person")
    walk.click("All articles")
    assert "articles" in browser.chrome.find_element(By.TAG_NAME, "h1").text
    walk.keep("explore")
    assert walk.clicks <= 3


def test_who_is_quoted(browser: Browser, site: str) -> None:
    walk = Walk(browser, site)
    walk.click("Mara Lindqvist")
    walk.click("All quotations")
    assert "Quotations by Mara Lindqvist" in walk.text
    assert browser.chrome.find_elements(By.TAG_NAME, "blockquote")
    walk.keep("quotes")
    assert walk.clicks <= 3


def test_which_source_went_quiet(browser: Browser, site: str) -> None:
    walk = Walk(browser, site)
    walk.click("Sources")
    silent = browser.chrome.find_element(By.CSS_SELECTOR, "main .warning").text
    assert "nile-daily.example" in silent
    walk.keep("sources")
    walk.click("nile-daily.example")
    assert "Quiet since" in walk.text
    walk.keep("source")
    assert walk.clicks <= 3


def test_the_same_in_arabic_on_a_phone_in_the_dark(browser: Browser, site: str) -> None:
    browser.show(f"{site}/settings?language=ar&next=/")
    try:
        walk = Walk(browser, site, size=PHONE, dark=True)
        walk.click("الفيضانات في ألمانيا")
        assert "الأول, rhine-courier.example" in walk.text.replace("\u2068", "").replace("\u2069", "")
        walk.keep("story-arabic-phone")
    finally:
        browser.chrome.delete_all_cookies()
