"""The model that tells articles from other pages by what a page is made of and what it says of itself.

A linear model reads tokens (names of elements, types in JSON-LD, names of meta elements, words of the address); its sum
is one of some fifty features for small boosted trees. Trained by `benchmarks.train_body` with the model of blocks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from transforms.dedup.identity import parts_of
from transforms.extraction.block_model import loaded_once, weights
from transforms.extraction.blocks import Blocks
from transforms.extraction.structured import Structured
from transforms.extraction.tokens import Weights, split_names, tokens_of_name
from transforms.extraction.trees import Floats, Trees

LABELS: Final = ("other", "forum", "product", "section")
"""What a page can be that is no article; of each one set of trees, the first says whether it is none at all."""
_KINDS: Final = (
    ("Article", "BlogPosting", "Report"),
    ("Product", "Offer", "ProductGroup", "AggregateOffer"),
    ("ItemList", "CollectionPage", "SearchResultsPage"),
    ("QAPage", "DiscussionForumPosting", "Question"),
    ("FAQPage",),
    ("BreadcrumbList",),
    ("LocalBusiness", "Service", "Organization"),
    ("VideoObject",),
    ("Recipe", "HowTo"),
    ("WebPage",),
)
_OG_TYPES: Final = {"article": 1.0, "website": 2.0, "product": 3.0, "og:product": 3.0, "blog": 4.0}
_METAS: Final = ("article:published_time", "article:modified_time", "article:section", "author", "product:price:amount")
_DATED: Final = re.compile(r"/(?:19|20)\d\d[/-]\d{1,2}")
_PRICE: Final = re.compile(r"[$€£¥₹]\s?\d|\d\s?(?:€|zł|kr|руб|₽)")
_WORDS: Final = re.compile(r"[a-z]{3,20}")
_LIKELY: Final = 0.5
"""Probability of being no article from which it is asked what a page is instead."""
_TAGS: Final = ("p", "li", "td", "div", "h2", "h3", "h4", "span", "pre")


def type_tokens(structured: Structured, blocks: Blocks, url: str | None) -> set[str]:
    """Return what a page is called in its own words: names of elements, types, meta names, words of its address."""
    names = {name for names in set(blocks.names) for name in split_names(names)}
    said = [f"<{tag}" for tag in set(blocks.tags)]
    said += [f"@type {kind}" for kind in structured.kinds[:30]]
    said += [f"meta {name}" for name in list(structured.meta)[:80]]
    said += [f"url {word}" for word in _WORDS.findall(parts_of(url).path.lower()[:200])]
    return set(said).union(*map(tokens_of_name, names))


def type_features(structured: Structured, blocks: Blocks, url: str | None, score: float) -> Floats:
    """Return the features of a page, one row; `score` is what its tokens say."""
    return np.array([[score, *_address(url), *_statements(structured), *_shape(blocks)]], dtype=np.float32)


def _address(url: str | None) -> Iterator[float]:
    parts = parts_of(url)
    path = [part for part in parts.path.split("/") if part]
    last = path[-1] if path else ""
    yield float(len(path))
    yield float(last.count("-") + last.count("_"))
    yield float(len(last))
    yield float(bool(re.search(r"\d{4,}", parts.path)))
    yield float(bool(_DATED.search(parts.path)))
    yield float(bool(parts.query))


def _statements(structured: Structured) -> Iterator[float]:
    for kinds in _KINDS:
        yield float(any(kind.endswith(kinds) for kind in structured.kinds))
    kind = (structured.first("og:type") or "").lower()
    yield _OG_TYPES.get(kind, 5.0 if kind else 0.0)
    for name in _METAS:
        yield float(name in structured.meta)
    yield float(bool(structured.article.get("datePublished")))
    yield float(bool(structured.article.get("author")))


def _shape(blocks: Blocks) -> Iterator[float]:
    lengths = np.fromiter(map(len, blocks.texts), dtype=np.float32, count=len(blocks.texts))
    total = max(1.0, float(lengths.sum()))
    links = np.array(blocks.links, dtype=np.float32)
    tags = [blocks.tags[node] for node in blocks.nodes]
    prose = (lengths > 80) & (links < 0.3 * lengths)
    ends = np.fromiter((text[-1:] in '.!?…。！？؟۔।"”»' for text in blocks.texts), dtype=np.bool_, count=len(lengths))
    yield np.log1p(len(lengths))
    yield np.log1p(total)
    yield float(links.sum()) / total
    yield float(sum(blocks.link_count)) / total * 100
    yield np.log1p(float(lengths[prose & ends].sum()))
    yield float(lengths[prose & ends].sum()) / total
    yield float(np.log1p((prose & ends).sum()))
    yield float(lengths[prose].mean()) if prose.any() else 0.0
    yield float(lengths.max(initial=0.0)) / total
    of_tag: dict[str, float] = dict.fromkeys(tags, 0.0)
    for length, tag in zip(lengths.tolist(), tags, strict=True):
        of_tag[tag] += length
    for tag in _TAGS:
        yield of_tag.get(tag, 0.0) / total
    for tag in ("h2", "h3", "li", "pre"):
        yield np.log1p(tags.count(tag))
    text = " ".join(blocks.texts)
    yield np.log1p(len(_PRICE.findall(text)))
    yield text.count("?") / total * 1000
    yield np.log1p(blocks.tags.count("table"))
    names: dict[str, int] = {}
    for node in blocks.nodes:
        name = blocks.names[node] or blocks.names[max(blocks.parents[node], 0)]
        names[name] = names.get(name, 0) + 1
    yield max(names.values(), default=0) / max(1, len(lengths))
    yield float(len(names)) / max(1, len(lengths))


@dataclass(frozen=True, slots=True)
class TypeModel:
    """Weights of tokens, and trees: whether a page is no article, and for each label whether it is that."""

    tokens: Weights[float]
    trees: tuple[Trees, ...]

    def score(self, tokens: set[str]) -> float:
        """Return what tokens say for a page that is no article."""
        return sum(map(self.tokens.__getitem__, tokens))

    def judge(self, structured: Structured, blocks: Blocks, url: str | None) -> tuple[float, str]:
        """Return the probability that a page is no article, and what it most probably is where that is likely."""
        row = type_features(structured, blocks, url, self.score(type_tokens(structured, blocks, url)))
        none, *labels = self.trees
        probability = float(none.probabilities(row)[0])
        if probability < _LIKELY:
            return probability, LABELS[0]
        found = [float(trees.probabilities(row)[0]) for trees in labels]
        best = max(range(len(found)), key=found.__getitem__)
        return probability, LABELS[best + 1] if found[best] > 0.5 else LABELS[0]


@loaded_once
def type_model() -> TypeModel:
    """Return the model, read once in a process."""
    arrays = weights()
    scale = float(arrays["scale"])
    return TypeModel(
        tokens=Weights(
            dict(zip(arrays["type_tokens"].tolist(), (arrays["type_weights"] * scale).tolist(), strict=True)), 0.0
        ),
        trees=tuple(Trees.read(arrays, f"type_{label}") for label in LABELS),
    )


def judge_type(structured: Structured, blocks: Blocks, url: str | None) -> tuple[float, str]:
    """Return the probability that a page is no article, and what it most probably is then."""
    return type_model().judge(structured, blocks, url) if blocks.texts else (0.0, LABELS[0])
