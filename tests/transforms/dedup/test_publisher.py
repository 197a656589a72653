import pytest

from transforms.dedup.publisher import publisher_of, salvaged_identity


@pytest.mark.parametrize(
    ("url", "publisher"),
    [
        ("https://www.bbc.co.uk/news/1", "bbc.co.uk"),
        ("https://m.example.com/a", "example.com"),
        ("https://edition.cnn.com/a", "cnn.com"),
        ("https://arabic.cnn.com/a", "arabic.cnn.com"),
        ("https://ar.wikinews.org/x", "ar.wikinews.org"),
        ("https://uk.reuters.com/x", "uk.reuters.com"),
        ("https://name.substack.com/p/x", "name.substack.com"),
        ("https://substack.com/@name/note/1", "substack.com/@name"),
        ("https://paper.blogspot.com/2025/01/x.html", "paper.blogspot.com"),
        ("https://someone.github.io/x", "someone.github.io"),
        ("https://someone.wordpress.com/x", "someone.wordpress.com"),
        ("https://medium.com/@writer/title-1", "medium.com/@writer"),
        ("https://medium.com/p/123", "medium.com"),
        ("https://writer.medium.com/title-1", "writer.medium.com"),
        ("https://t.me/newsroom/12", "t.me/newsroom"),
        ("https://t.me/s/newsroom/12", "t.me/newsroom"),
        ("https://x.com/Name/status/1", "x.com/name"),
        ("https://www.youtube.com/watch?v=1", "youtube.com"),
        ("https://www.youtube.com/@Name", "youtube.com/@name"),
        ("https://blog.naver.com/name/1", "blog.naver.com/name"),
        ("https://user:pass@www.example.com/x", "example.com"),
        ("http://127.0.0.1/x", "127.0.0.1"),
        ("http://[", None),
        ("urn:khabar:1", None),
        (None, None),
    ],
)
def test_who_publishes(url: str | None, publisher: str | None) -> None:
    assert publisher_of(url) == publisher


@pytest.mark.parametrize(
    ("payload", "headers", "found"),
    [
        (b'{"url": "https://a.example/\\u0627", "id": "7", "html": ', {}, ("https://a.example/\u0627", "7")),
        (b'{"url": 5}', {"url": "https://b.example/"}, ("https://b.example/", None)),
        (b"\xff\xfe", {}, (None, None)),
        (b'{"url": "\\q"}', {}, (None, None)),
    ],
)
def test_a_payload_that_cannot_be_decoded_still_names_itself(
    payload: bytes, headers: dict[str, str], found: tuple[str | None, str | None]
) -> None:
    assert salvaged_identity(payload, headers) == found
