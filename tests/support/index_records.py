"""Observations for tests, made from words."""

import hashlib
import random
import string

from pipeline.index import Observation, Probe
from transforms.dedup.fingerprint import fingerprint


def words(seed: int, count: int = 120) -> str:
    """Return a text of `count` words that shares no shingle with the text of another seed."""
    choose = random.Random(seed)
    return " ".join("".join(choose.choices(string.ascii_lowercase, k=7)) for _ in range(count))


def edited(text: str, share: float, seed: int = 1) -> str:
    """Return `text` with its last words, that share of all, replaced by others."""
    kept = text.split()
    new = round(len(kept) * share)
    return " ".join([*kept[: len(kept) - new], *words(seed + 10_000, new).split()]) if new else text


def observation(
    text: str,
    *,
    uri: str = "https://a.example/1",
    at: str = "f#0",
    body: str | None = None,
    request: str | None = None,
    title: str | None = "Title",
    source: str | None = "a.example",
    fetched_at: str | None = None,
    modified_at: str | None = None,
) -> Observation:
    return Observation(
        coordinates=at,
        request_key=uri if request is None else request,
        body_sha256=hashlib.sha256((text if body is None else body).encode()).hexdigest(),
        uri=uri,
        title=title,
        text=text,
        language="en",
        source=source,
        published_at=None,
        modified_at=modified_at,
        fetched_at=fetched_at,
        fingerprint=fingerprint(text),
    )


def probe(observed: Observation, at: str | None = None) -> Probe:
    return Probe(
        coordinates=observed.coordinates if at is None else at,
        request_key=observed.request_key,
        body_sha256=observed.body_sha256,
    )
