"""Gold pages and the metrics that compare an extraction with them.

A gold file is JSON lines (gzip): `id`, `url`, `html_base64` (original bytes) or `html`, and, where known, `text`,
`title`, `authors`, `date` (YYYY-MM-DD), `page_type`, `must` and `must_not` (what the text holds and lacks). Metrics:
article-extraction-benchmark's for bodies (multisets of 4-token shingles), equality after normalisation for the rest.
"""

import base64
import gzip
import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from transforms.dedup.identity import domain_of

SHINGLE = 4
FOLDS = 5
_TOKEN = re.compile(r"\w+")
_CHARACTERS = re.compile(r"\w")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_QUOTES = str.maketrans(
    {**dict.fromkeys("“”„‟«»″", '"'), **dict.fromkeys("‘’‚‛‹›′`´", "'"), **dict.fromkeys("‐‑‒–—", "-")}
)


@dataclass(frozen=True, slots=True)
class Gold:
    """One gold page; a field is None where the set does not know it."""

    id: str
    url: str | None
    html: bytes
    text: str | None
    title: str | None
    authors: tuple[str, ...] | None
    date: str | None
    knows_date: bool
    page_type: str = "article"
    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()

    @property
    def site(self) -> str:
        """The registrable domain of the page, else its id."""
        return domain_of(self.url) or self.id

    @property
    def fold(self) -> int:
        """The part of the pages that it is judged with: all pages of a site are in the same."""
        return int(hashlib.md5(self.site.encode(), usedforsecurity=False).hexdigest(), 16) % FOLDS


def gold_sets(folder: Path) -> dict[str, Path]:
    """Return the files of gold pages under `folder` by the name of their set.

    Raises:
        FileNotFoundError: there is no gold file under `folder`.
    """
    found = {}
    for path in sorted(folder.rglob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            if {"html_base64", "html"} & json.loads(next(lines, "{}")).keys():
                found[path.name.removesuffix(".jsonl.gz")] = path
    if not found:
        raise FileNotFoundError(f"no gold pages (*.jsonl.gz with html_base64 or html) under {folder}")
    return found


def read_gold(path: Path) -> Iterator[Gold]:
    """Yield the gold pages of one file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            page = json.loads(line)
            authors = page.get("authors")
            yield Gold(
                id=page.get("id") or f"{number}",
                url=page.get("url"),
                html=base64.b64decode(page["html_base64"]) if "html_base64" in page else page["html"].encode(),
                text=page.get("text"),
                title=page.get("title"),
                authors=None if authors is None else tuple(authors),
                date=page.get("date"),
                knows_date="date" in page,
                page_type=page.get("page_type", "article"),
                must=tuple(page.get("must", ())),
                must_not=tuple(page.get("must_not", ())),
            )


def tokens_of(gold: str) -> re.Pattern[str]:
    """Return what the tokens of a text are: words, characters where it is mostly Chinese, Japanese or Korean."""
    return _CHARACTERS if len(_CJK.findall(gold)) > 0.2 * len(gold) else _TOKEN


def body_scores(gold: str, found: str) -> tuple[float, float]:
    """Return precision and recall of a body by 4-shingles of words, of characters where the gold is CJK."""
    token = tokens_of(gold)
    true, ours = (_shingles(text, token) for text in (gold, found))
    common = (true & ours).total()
    return common / max(1, ours.total()), common / max(1, true.total())


def _shingles(text: str, token: re.Pattern[str]) -> Counter[tuple[str, ...]]:
    tokens = token.findall(text)
    if not tokens:
        return Counter()
    return Counter(tuple(tokens[i : i + SHINGLE]) for i in range(max(1, len(tokens) - SHINGLE + 1)))


def f1(precision: float, recall: float) -> float:
    """Return the harmonic mean."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def normal_title(title: str | None) -> str:
    """Return a title as titles are compared: NFKC, one kind of quotes and dashes, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", title or "").translate(_QUOTES).split())


def normal_names(names: tuple[str, ...]) -> frozenset[str]:
    """Return names as they are compared: a set, case and spaces folded."""
    return frozenset(" ".join(name.split()).casefold() for name in names)
