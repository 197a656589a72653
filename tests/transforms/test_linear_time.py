"""No function takes time that grows faster than its input: measured by the steps that Python counts, never by a clock.

Steps are the calls and lines of our own code and of libraries in Python, and the characters that regular expressions
and libraries in C are given.
"""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from transforms.errors import Rejected
from transforms.extraction.authors import split_names
from transforms.extraction.html import extract_html
from transforms.numbers.figures import find_figures
from transforms.text.sentences import sentences

PROSE = "<p>The storm reached the coast on Monday, the weather service said, and hundreds left their homes.</p>" * 3
PAGE = "<html><head><title>The storm</title></head><body><h1>The storm</h1><article>{}{}</article></body></html>"
HTML = [
    *(
        "<form>a</form>x",
        "<label>a</label>x",
        "<noscript>a</noscript>x",
        "<aside>a</aside>b",
        "<div class=related>a</div>x",
    ),
    *(
        "<p class=byline>By A B</p>",
        "<p>",
        "<p>a",
        "<div>",
        "<li>a",
        "<a href=a>b</a>",
        "<br>",
        "</html>a",
        "<h2>a</h2>",
    ),
    *(
        "<span class=date>January 6, 2026</span>",
        "<meta name=author content='A B'>",
        "&amp;",
        "<table><tr><td>",
        "<b><i>",
    ),
]


def steps(work: Callable[[], Any]) -> int:
    """Return how many lines of Python `work` runs."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    except Rejected:
        pass
    finally:
        sys.settrace(before)
    return count


def assert_linear(work: Callable[[str], Any], unit: str, size: int) -> None:
    small, large = (unit * (n // len(unit)) for n in (size, 4 * size))
    work(small)  # caches and tables of first use
    work(large)
    # Four times the input: 4 × the steps are linear, 16 × are quadratic.
    assert steps(lambda: work(large + " ")) <= 8 * steps(lambda: work(small + " ")) + 2_000


@pytest.mark.parametrize("unit", HTML)
def test_pages(unit: str) -> None:
    assert_linear(lambda text: extract_html(PAGE.format(PROSE, text), url="https://example.com/a"), unit, 2_000)


@pytest.mark.parametrize("unit", ["@", "a@", "A B, ", "By A ", "(", "a.b ", "www."])
def test_authors(unit: str) -> None:
    assert_linear(lambda text: split_names([text]), unit, 400)


@pytest.mark.parametrize(
    ("unit", "language"),
    [("مئة و", "ar"), ("hundred and ", "en"), ("vingt-", "fr"), ("百万", "ja"), ("1,", "en"), ("half a ", "en")],
)
def test_figures(unit: str, language: str) -> None:
    assert_linear(lambda text: find_figures(text, language), unit, 1_000)


@pytest.mark.parametrize("unit", ["«", "“a ", "a. ", "中。", "(a ", "„a“ "])
def test_sentences(unit: str) -> None:
    assert_linear(lambda text: sentences(text, "en"), unit, 4_000)


def test_the_library_of_sentences_sees_pieces_only(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr(
        "transforms.text.sentences.get_sentence_boundaries", lambda code, text: seen.append(len(text)) or []
    )
    sentences("“a " * 10_000, "en")
    assert max(seen) <= 4_000
    assert sum(seen) == 30_000


@pytest.mark.parametrize("separator", [" ", "/", "\t", "\x0c", "< ", '" ', " ="])
def test_a_tag_of_many_attributes_is_cut_before_it_is_parsed(separator: str) -> None:
    from transforms.extraction.html import _MANY_ATTRIBUTES

    tag = f"<p {separator.join(f'a{number}' for number in range(5_000))}>"
    assert len(_MANY_ATTRIBUTES.sub(r"<\1", tag)) < 10
