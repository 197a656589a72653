import base64
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.reasons import Reason
from transforms.decode import decode
from transforms.errors import Rejected


def reason(payload: bytes, headers: dict[str, str] | None = None) -> Reason:
    with pytest.raises(Rejected) as caught:
        decode(payload, headers or {})
    return caught.value.reason


def raw(**fields: Any) -> bytes:
    return orjson.dumps(fields)


def test_a_json_record() -> None:
    article = decode(raw(id="7", url="https://e.com/", text="خبر", title="t", authors=["a"], rating=5), {})
    assert (article.body, article.kind, article.id, article.url) == ("خبر", "text", "7", "https://e.com/")
    assert (article.title, article.authors, article.extra) == ("t", ("a",), {"rating": 5})


def test_original_bytes() -> None:
    article = decode(raw(html_base64=base64.b64encode(b"<p>\xe4").decode()), {})
    assert (article.body, article.kind) == (b"<p>\xe4", "html")


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [("text/html; charset=windows-1256", "html"), ("TEXT/PLAIN", "text"), ("application/xhtml+xml", "html")],
)
def test_a_bare_body_and_its_headers(content_type: str, kind: str) -> None:
    headers = {"content-type": content_type, "url": "https://e.com/x", "id": "9", "fetched-at": "2026-01-06T00:00:00Z"}
    article = decode(b"body", headers)
    assert (article.body, article.kind, article.url, article.id) == (b"body", kind, "https://e.com/x", "9")
    assert (article.content_type, article.fetched_at) == (content_type, "2026-01-06T00:00:00Z")


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"", Reason.INVALID_JSON),
        (b"{", Reason.INVALID_JSON),
        (b"plain text", Reason.INVALID_JSON),
        (b'{"text": NaN}', Reason.INVALID_JSON),
        (b'{"text": "\xff"}', Reason.INVALID_JSON),
        (b'{"text": "\\ud800"}', Reason.INVALID_JSON),
        (b"[" * 100_000, Reason.INVALID_JSON),
        (b"[]", Reason.INVALID_RECORD),
        (b"null", Reason.INVALID_RECORD),
        (b"{}", Reason.INVALID_RECORD),
        (b'{"text": "a", "html": "b"}', Reason.INVALID_RECORD),
        (b'{"text": 5}', Reason.INVALID_RECORD),
        (b'{"text": "a", "url": 5}', Reason.INVALID_RECORD),
        (b'{"html_base64": "*"}', Reason.INVALID_RECORD),
        (b'{"text": "x", "deep": ' + b"[" * 500 + b"]" * 500 + b"}", Reason.INVALID_RECORD),
        (b'{"text": ""}', Reason.EMPTY_CONTENT),
        (b'{"html": " \\n "}', Reason.EMPTY_CONTENT),
        (b'{"html_base64": ""}', Reason.EMPTY_CONTENT),
    ],
)
def test_what_is_refused(payload: bytes, expected: Reason) -> None:
    assert reason(payload) == expected


def test_a_bare_body_that_is_refused() -> None:
    assert reason(b" \n", {"content-type": "text/plain"}) == Reason.EMPTY_CONTENT
    assert reason(b"%PDF", {"content-type": "application/pdf"}) == Reason.UNSUPPORTED_TYPE


def test_null_is_absence_and_near_misses_lose_nothing() -> None:
    article = decode(raw(text="a", html=None, id=12, authors="One", published_at=1767657600, extra={"k": 1}, j=2), {})
    assert (article.id, article.authors, article.published_at) == ("12", ("One",), "1767657600")
    assert article.extra == {"k": 1, "j": 2}
    assert decode(raw(text="a", extra=[1], j=2), {}).extra == {"j": 2, "extra": [1]}


def test_a_byte_order_mark_before_json_is_no_fault() -> None:
    assert decode(b"\xef\xbb\xbf" + raw(text="a"), {}).body == "a"


@given(st.binary())
def test_any_bytes_are_decoded_or_refused(payload: bytes) -> None:
    try:
        decode(payload, {})
    except Rejected as error:
        assert error.reason in Reason


@given(st.text(min_size=1).filter(str.strip))
def test_the_body_hash_does_not_depend_on_the_envelope(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    assert decode(raw(text=text, id="1"), {}).body_sha256 == decode(raw(text=text, fetched_at="2026"), {}).body_sha256
