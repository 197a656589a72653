"""A real Chromium. Screenshots are kept in the folder that KHABAR_SCREENSHOTS names, else in the test's own."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--force-prefers-reduced-motion",
)
_AXE = Path(__file__).parent / "vendor" / "axe.min.js"
INSTALL = "Chromium is needed: apt-get install -y chromium chromium-driver"
DESKTOP = (1300, 900)
PHONE = (390, 844)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    assert browser and driver, INSTALL
    options = ChromeOptions()
    options.binary_location = browser
    for flag in (*_FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = Chrome(options=options, service=ChromeService(driver))
    chrome.set_page_load_timeout(60)
    yield chrome
    chrome.quit()


class Browser:
    """A page at a given width, in light or dark."""

    def __init__(self, chrome: Chrome, folder: Path) -> None:
        self.chrome = chrome
        self._folder = folder

    def show(self, address: str, size: tuple[int, int] = DESKTOP, *, dark: bool = False) -> None:
        self.chrome.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE},
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        self.chrome.get_log("browser")
        self.chrome.get(address)

    def screenshot(self, name: str) -> None:
        assert self.chrome.save_screenshot(str(self._folder / f"{name}.png"))

    def run(self, script: str, *arguments: object) -> object:
        return self.chrome.execute_script(script, *arguments)

    def faults(self) -> list[str]:
        """Return what axe finds wrong for people who do not see, or see badly, or have no mouse: serious and worse."""
        self.chrome.execute_cdp_cmd("Runtime.evaluate", {"expression": _AXE.read_text(encoding="utf-8")})
        self.chrome.set_script_timeout(60)
        found = self.chrome.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],"
            " resultTypes: ['violations']}).then(r => done(r.violations.filter(v => ['serious', 'critical']"
            ".includes(v.impact)).flatMap(v => v.nodes.map(n => v.id + ': ' + n.html.slice(0, 160)))),"
            " e => done([String(e)]))"
        )
        return list(found)

    def complaints(self) -> list[str]:
        """Return what the browser complained about since the page was opened: scripts refused, errors, lost files."""
        return [entry["message"] for entry in self.chrome.get_log("browser")]


@pytest.fixture
def browser(chromium: Chrome, tmp_path: Path) -> Browser:
    kept = os.environ.get("KHABAR_SCREENSHOTS")
    folder = Path(kept) if kept else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    return Browser(chromium, folder)
