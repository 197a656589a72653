import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.dedup import identity
from transforms.dedup.identity import article_uri, canonical_url, domain_of, normalise_url, request_key

SAME_AS = {
    "https://example.com/news/1": [
        "HTTPS://Example.COM/news/1",
        "https://example.com:443/news/1",
        "https://example.com/news/1#comments",
        "https://example.com/news/1?utm_source=x&utm_medium=y",
        "https://example.com/news/1?fbclid=abc&gclid=def",
        "https://m.example.com/news/1",
        "https://mobile.example.com/news/1",
        "https://amp.example.com/news/1",
        "https://example.com/amp/news/1",
        "https://example.com/news/1/amp/",
        "https://example.com/news/1/amp",
        "https://example.com/news/1.amp",
        "https://example.com/news/1?amp=1",
        "https://example.com/news/1?outputType=amp",
        "https://user:password@example.com/news/1",
        "https://example.com/old/../news/./1",
        "https://example.com/news/1;jsessionid=0A1B",
        "https://example-com.cdn.ampproject.org/c/s/example.com/news/1/amp",
        "  https://example.com/news/1\n",
    ],
    "https://example.com/?a=1&b=2": ["https://example.com?b=2&a=1", "https://example.com/?b=2&utm_term=&a=1"],
    "https://example.com/%D8%AE%D8%A8%D8%B1": ["https://example.com/خبر", "https://example.com/%d8%ae%d8%a8%d8%b1"],
    "https://example.com/#!/story/1": [
        "https://example.com#!/story/1",
        "https://m.example.com/?utm_source=x#!/story/1",
    ],
    "https://xn--mgbh0fb.xn--kgbechtv/x": ["https://مثال.إختبار/x"],
    "https://example.com/story-1.html": [
        "https://example.com/story-1.amp.html",
        "https://example.com/story-1_amp.html",
    ],
}
DIFFERENT = [
    ("https://example.com/a", "https://example.com/b"),
    ("https://example.com/?id=1", "https://example.com/?id=2"),
    ("https://example.com/#!/story/1", "https://example.com/#!/story/2"),
    ("https://example.com/champ", "https://example.com/ch"),
    ("https://example.com/?sid=7", "https://example.com/"),
    ("https://example.com/?output=print", "https://example.com/"),
    ("https://m.com/x", "https://com/x"),
]
NO_URL = ["", "x", "javascript:alert(1)", "//example.com/x", "http://[::1", "http://", "ftp://example.com/x"]


@pytest.mark.parametrize(("normal", "spelling"), [(n, s) for n, spellings in SAME_AS.items() for s in spellings])
def test_spellings_of_one_address(normal: str, spelling: str) -> None:
    assert normalise_url(spelling) == normal


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_different_addresses(left: str, right: str) -> None:
    assert normalise_url(left) != normalise_url(right)


@pytest.mark.parametrize("url", NO_URL)
def test_no_address(url: str) -> None:
    assert normalise_url(url) is None


@given(st.text() | st.text().map(lambda tail: f"https://example.com/{tail}"))
def test_never_raises_and_is_idempotent(url: str) -> None:
    normal = normalise_url(url)
    assert normal is None or normalise_url(normal) == normal


@pytest.mark.parametrize(
    ("declared", "url", "expected"),
    [
        ("https://example.com/a", "https://www.example.com/b?x=1", "https://example.com/a"),
        ("/a", "https://example.com/b", "https://example.com/a"),
        ("https://other.org/a", "https://example.com/b", "https://example.com/b"),
        ("https://example.com/", "https://example.com/b", "https://example.com/b"),
        ("https://example.com/a", None, "https://example.com/a"),
        (None, "https://m.example.com/b", "https://example.com/b"),
        ("not a url", None, None),
        (None, None, None),
    ],
)
def test_a_declared_canonical_is_believed_only_where_it_can_be(
    declared: str | None, url: str | None, expected: str | None
) -> None:
    assert canonical_url(declared, url) == expected


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://news.bbc.co.uk/x", "bbc.co.uk"),
        ("https://www.example.com/", "example.com"),
        ("http://localhost/x", "localhost"),
        (None, None),
    ],
)
def test_domain(url: str | None, domain: str | None) -> None:
    assert domain_of(url) == domain


def test_identity_falls_back_from_url_to_id_to_text() -> None:
    assert article_uri("https://example.com/a", "7", "x") == "https://example.com/a"
    assert article_uri(None, "a/7", "x") == "urn:khabar:id:a%2F7" == request_key(None, "a/7")
    assert article_uri(None, None, "قَالَ") == article_uri(None, None, "قال")
    assert article_uri(None, None, "قال") != article_uri(None, None, "نفى")
    assert request_key(None, None) == ""


def test_plain_addresses_come_out_as_if_every_part_had_been_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    choose = random.Random(1)
    hosts = (
        "a.com",
        "m.x.de",
        "www.m.b.org",
        "en.m.wikipedia.org",
        "x-y.co.uk",
        "amp.z.io",
        "foo-.com",
        "a.cdn.ampproject.org",
    )
    pieces = ("/", "/", "a", "Z", "0", "-", "_", "~", ".", "amp", "/amp", ".html", "index", ";sid=1", "..", "%41", "é")
    urls = [
        f"http{choose.choice(('', 's'))}://{choose.choice(hosts)}"
        + "".join(choose.choices(pieces, k=choose.randrange(12)))
        for n in range(3000)
    ]
    plain = [url for url in urls if identity._PLAIN.fullmatch(url)]
    assert len(plain) > 200
    short = [normalise_url(url) for url in plain]
    monkeypatch.setattr(identity, "_PLAIN", re.compile("(?!)"))
    assert short == [normalise_url(url) for url in plain]


@pytest.mark.parametrize("path", ["a" * 4000, "a-" * 2000, "a." * 2000, "a/" * 2000])
def test_a_long_address_takes_no_longer_for_what_ends_it(path: str) -> None:
    assert normalise_url(f"https://example.com/{path}%41") == f"https://example.com/{path}A"
