"""What a model sees of a page's blocks: about eighty numbers for each, from itself, its neighbours and its containers.

Everything is relative or bounded, and nothing names a site or a language.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from transforms.extraction.blocks import Blocks
from transforms.extraction.characters import CAPITAL, DIGIT, END, PUNCTUATION, SPACE, WIDE, count_characters
from transforms.extraction.tokens import WORD, words_of

Matrix = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float32]
Columns = dict[str, npt.NDArray[np.float32]]
NameScores = tuple[float, float, float, float]
Scores = Callable[[str, str], NameScores]
"""Tag and names of an element to what they say of a block: within its line, around it, two and three elements up."""

KINDS: Final = {
    "p": 1, "h1": 2, "h2": 3, "h3": 4, "h4": 5, "h5": 5, "h6": 5, "li": 6, "td": 7, "th": 7, "blockquote": 8,
    "figcaption": 9, "caption": 9, "dt": 10, "dd": 10, "pre": 11, "div": 12, "section": 13, "article": 14,
    "header": 15, "footer": 15, "aside": 15, "nav": 15, "span": 16, "button": 17, "summary": 18, "legend": 18,
}  # fmt: skip
_AROUND: Final = {
    "li": 1, "td": 2, "th": 2, "figure": 4, "blockquote": 8, "article": 16, "main": 32, "header": 64, "footer": 128,
    "aside": 256, "form": 512, "nav": 1024, "table": 2048, "section": 4096,
}  # fmt: skip
_BESIDE: Final = re.compile(
    r"""(?:^|[\s_#@-])(?:
        related | recommend(?:ed|ations?)? | newsletters? | subscri(?:be|ption)s? | shar(?:e|ing) | social
      | breadcrumbs? | comment-?(?:s|list|section|body|content|text)? | disqus | responses? | replies | outbrain
      | taboola | advert(?:isement)? | sponsor(?:ed)? | promo(?:tion)? | popular | trending | most[_-]?read
      | read[_-]?more | author[_-]?(?:bio|box|info) | about[_-]?(?:the[_-])?author | bio | cookie | consent | gdpr
      | tags? | tag-?list | copyright | sign-?up | sidebar | up-?next | more-?(?:stories|news|articles|from)
      | see-?also | inline-?related | print-only | sr-only | visually-?hidden | screen-?reader(?:-text)? | paywall
      | caption | credit | teaser | widget | footer | navigation | menu | gallery | hidden
    )(?:$|[\s_-])""",
    re.IGNORECASE | re.VERBOSE,
)
_LABEL: Final = -1.5
"""Score of a block's wording under which it is a label of the site."""
_END: Final = re.compile(r"[.!?…。！？؟۔।][\"”’»«)\]』」]*$")
_MANY_WORDS: Final = 200
_NEIGHBOURS: Final = (-2, -1, 1, 2)
_WIDE_WEIGHT: Final = 2.5


def features(
    blocks: Blocks,
    columns: Columns,
    names: Scores,
    wording: Callable[[str], float],
) -> Matrix:
    """Return the features of `blocks`, a row each.

    `columns` are what `own_columns` gives for them, `names` and `wording` the linear models of names and of words.
    """
    worded = np.array([wording(text) for text in blocks.texts], dtype=np.float32)
    n = len(blocks.texts)
    nodes = np.array(blocks.nodes, dtype=np.int64)
    chars, words, links, ends = columns["chars"], columns["words"], columns["links"], columns["ends"]
    total = max(1.0, float(chars.sum()))
    density = columns["links"] / np.maximum(chars, 1)
    plain = chars - np.minimum(links, chars)

    parents, paths = _elements(blocks, names)
    own = paths[nodes]
    inline = np.array([names("span", name)[0] if name else 0.0 for name in blocks.inline], dtype=np.float32)
    name_sum = own[:, 0] + inline

    out: list[npt.NDArray[np.floating]] = [
        np.log1p(chars),
        np.log1p(words),
        density,
        columns["link_count"],
        columns["strong"] / np.maximum(chars, 1),
        columns["breaks"],
        columns["punctuation"] / np.maximum(words, 1),
        columns["sentences"] / np.maximum(words, 1) * 10,
        columns["digits"] / np.maximum(chars, 1),
        columns["upper"] / np.maximum(words, 1),
        columns["stops"] / np.maximum(words, 1),
        ends,
        columns["kind"],
        worded,
        columns["title_share"],
        columns["title_equal"],
        columns["summary_share"],
        columns["repeats"],
        chars / np.maximum(words, 1),
        inline,
        *own.T,
        name_sum,
    ]

    # Where in the page: in blocks, in characters, from the title, before and after long prose.
    index = np.arange(n, dtype=np.float32)
    done = np.cumsum(plain)
    at_title = _title_index(columns)
    prose = plain * (ends > 0) * (words > 15)
    before, all_prose = np.cumsum(prose) - prose, max(1.0, float(prose.sum()))
    out += [
        index / max(1, n - 1),
        done / total,
        np.clip(index - at_title, -30, 100),
        np.sign(index - at_title),
        (done - done[at_title]) / total,
        before / all_prose,
        (all_prose - before - prose) / all_prose,
        np.minimum(n - index, 60),
        prose / all_prose,
    ]

    # Neighbours, and how dense the text is around.
    prose_like = np.log1p(plain) * (1 - density)
    for step in _NEIGHBOURS:
        out += [
            _shift(np.log1p(chars), step),
            _shift(density, step),
            _shift(name_sum, step),
            _shift(worded, step),
            _shift(ends, step),
        ]
        out.append(_shift(nodes.astype(np.float32), step) == nodes)
    for width in (3, 8):
        out += [_mean(prose_like, width), _mean(name_sum, width), _mean(worded, width)]

    # Containers: the parent of the block's element, and that one's.
    parent, grandparent = parents[nodes], parents[np.maximum(parents[nodes], 0)]
    for container in (nodes, parent, grandparent):
        key = np.maximum(container, 0)
        sums = [np.bincount(key, weights=v, minlength=len(parents))[key] for v in (chars, links, prose, np.ones(n))]
        out += [
            np.log1p(sums[0]),
            sums[1] / np.maximum(sums[0], 1),
            sums[2] / np.maximum(sums[0], 1),
            sums[2] / all_prose,
            np.log1p(sums[3]),
        ]
    # Elements of the same name: the text in all of them.
    alike = _ids([f"{tag} {name}" for tag, name in zip(blocks.tags, blocks.names, strict=True)])
    for key in (alike[nodes], alike[np.maximum(parent, 0)]):
        held = np.bincount(key, weights=prose)[key]
        text = np.bincount(key, weights=chars)[key]
        out += [held / all_prose, held / np.maximum(text, 1), np.log1p(np.bincount(key)[key])]
    around, depth = _around(blocks)
    flags = around[nodes]
    out += [(flags & bit > 0).astype(np.float32) for bit in sorted(set(_AROUND.values()))]
    out += [depth[nodes].astype(np.float32), _article_share(blocks, around, nodes, prose, all_prose)]
    out += _sections(columns, worded, index, at_title)
    outer = beside(blocks)
    inside = np.where(outer >= 0, outer, len(outer))[nodes]
    held = np.bincount(inside, weights=prose, minlength=len(outer) + 1)[inside]
    out += [(inside < len(outer)).astype(np.float32), np.where(inside < len(outer), held / all_prose, -1.0)]
    out += [np.full(n, v, dtype=np.float32) for v in (math.log1p(n), math.log1p(all_prose), all_prose / total)]
    return np.column_stack(out).astype(np.float32)


def own_columns(blocks: Blocks, *, titles: Sequence[str], summary: str | None, stop_words: frozenset[str]) -> Columns:
    """Return what each block is by itself, column by column; `titles` are the spellings of the page's title."""
    texts = blocks.texts
    counts = count_characters(texts)
    lengths = np.fromiter(map(len, texts), dtype=np.float64, count=len(texts))
    wide = counts[WIDE] > 0.3 * lengths
    words = np.where(wide, np.maximum(counts[SPACE] + 1, counts[WIDE] // 2), counts[SPACE] + 1)
    scale = np.where(wide, _WIDE_WEIGHT, 1.0)
    said = np.array(list(_likeness(texts, titles, summary)), dtype=np.float32).reshape(-1, 3)
    repeats = Counter(texts)
    columns = {
        "chars": lengths * scale,
        "words": words,
        "links": np.array(blocks.links) * scale,
        "link_count": blocks.link_count,
        "strong": np.array(blocks.strong) * scale,
        "breaks": blocks.breaks,
        "punctuation": counts[PUNCTUATION],
        "sentences": counts[END],
        "digits": counts[DIGIT],
        "upper": counts[CAPITAL],
        "stops": [_stops(text, count, stop_words) for text, count in zip(texts, words.tolist(), strict=True)],
        "ends": [_END.search(text[-12:]) is not None for text in texts],
        "kind": [KINDS.get(blocks.tags[node], 0) for node in blocks.nodes],
        "title_share": said[:, 0],
        "title_equal": said[:, 1],
        "summary_share": said[:, 2],
        "repeats": [min(repeats[text], 5) for text in texts],
    }
    return {name: np.asarray(values, dtype=np.float32) for name, values in columns.items()}


def _stops(text: str, count: int, stop_words: frozenset[str]) -> float:
    """Return the number of stop words; of many words an estimate, by how many different ones there are."""
    words = text.lower().split()
    if count < _MANY_WORDS:
        return sum(map(stop_words.__contains__, words))
    return _MANY_WORDS * len(stop_words.intersection(words)) / 300


def _likeness(texts: Sequence[str], titles: Sequence[str], summary: str | None) -> Iterator[tuple[float, float, float]]:
    """Yield for each text its likeness to the title, whether it is the title, and its likeness to the summary."""
    heads = list(dict.fromkeys(frozenset(WORD.findall(title.lower())) for title in titles[:4] if title))
    any_head: frozenset[str] = frozenset().union(*heads)
    lede = frozenset(WORD.findall((summary or "").lower()))
    for text in texts:
        length = len(text)
        share = equal = lede_share = 0.0
        if length < 400 and heads:
            short = text.lower().split(maxsplit=3)
            tokens = frozenset(short if len(short) < 3 else words_of(text))
            if not any_head.isdisjoint(tokens):
                share = max(len(tokens & head) / len(tokens | head) for head in heads if head)
                equal = float(share > 0.85)
        if lede and 20 < length < 700:
            tokens = frozenset(words_of(text))
            lede_share = len(tokens & lede) / max(1, min(len(lede), len(tokens)))
        yield share, equal, lede_share


def _elements(blocks: Blocks, names: Scores) -> tuple[npt.NDArray[np.int64], Matrix]:
    """Return the parent of each element, and the scores of its names, of its parents' and of the whole path."""
    parents = np.array(blocks.parents, dtype=np.int64)
    scores = np.array([names(t, n) for t, n in zip(blocks.tags, blocks.names, strict=True)], dtype=np.float32)
    paths: list[tuple[float, float, float]] = []
    """For each element the lowest and the highest score on the way to it, and their sum."""
    for parent, score in zip(blocks.parents, scores[:, 2].tolist(), strict=True):
        low, high, total = paths[parent] if parent >= 0 else (score, score, 0.0)
        paths.append((min(low, score), max(high, score), total + score))
    up = np.maximum(parents, 0)
    second = np.where(parents >= 0, scores[up, 2], 0)
    third = np.where(parents[up] >= 0, scores[np.maximum(parents[up], 0), 3], 0)
    together = scores[:, 1] + second + third
    return parents, np.column_stack([together, scores[:, 1], second, third, np.array(paths)]).astype(np.float32)


def _title_index(columns: Columns) -> int:
    """Return the block that shows the title: the first heading that equals it, or the most like it."""
    headings = (columns["kind"] >= 2) & (columns["kind"] <= 5)
    score = columns["title_share"] + 0.5 * headings + 0.5 * (columns["kind"] == 2)
    best = int(np.argmax(score))
    return best if score[best] > 0.6 else 0


def _sections(columns: Columns, worded: Floats, index: Floats, at_title: int) -> list[npt.NDArray[np.floating]]:
    """Return what the heading above each block says, how far above it stands, and what labels were passed before."""
    heading = (columns["kind"] >= 2) & (columns["kind"] <= 5) & (index > at_title)
    last = np.maximum.accumulate(np.where(heading, index, -1)).astype(np.int64)
    above = last >= 0
    said = np.where(above, worded[np.maximum(last, 0)], 0.0)
    after = np.where(index > at_title, worded, 0.0)
    return [
        said,
        np.where(above, np.minimum(index - last, 50), -1.0),
        np.minimum.accumulate(after),
        np.log1p(np.cumsum(after < _LABEL)),
    ]


@lru_cache(maxsize=16384)
def _is_beside(names: str) -> bool:
    """Whether a class or id is one of parts beside the article; sites repeat their few hundred names many times."""
    return _BESIDE.search(names) is not None


def beside(blocks: Blocks) -> npt.NDArray[np.int64]:
    """Return for each element the outermost one around it that is named as a part beside the article, or -1."""
    found: list[int] = []
    for index, (name, parent) in enumerate(zip(blocks.names, blocks.parents, strict=True)):
        outer = found[parent] if parent >= 0 else -1
        found.append(index if outer < 0 and name and _is_beside(name) else outer)
    return np.array(found, dtype=np.int64)


def articles(blocks: Blocks) -> npt.NDArray[np.int64]:
    """Return for each element the outermost `article` around it, or -1."""
    found: list[int] = []
    for index, (tag, parent) in enumerate(zip(blocks.tags, blocks.parents, strict=True)):
        outer = found[parent] if parent >= 0 else -1
        found.append(index if outer < 0 and tag == "article" else outer)
    return np.array(found, dtype=np.int64)


def _shift(values: npt.NDArray[np.floating], step: int) -> npt.NDArray[np.floating]:
    """Return for each block the value of the one `step` further on, -1 beyond the ends."""
    out = np.full(len(values), -1.0, dtype=np.float32)
    if abs(step) < len(values):
        if step > 0:
            out[:-step] = values[step:]
        else:
            out[-step:] = values[:step]
    return out


def _mean(values: npt.NDArray[np.floating], width: int) -> npt.NDArray[np.floating]:
    """Return the mean over the blocks up to `width` before and after."""
    sums = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    n = len(values)
    start = np.maximum(np.arange(n) - width, 0)
    end = np.minimum(np.arange(n) + width + 1, n)
    means: npt.NDArray[np.floating] = (sums[end] - sums[start]) / (end - start)
    return means


def _ids(keys: list[str]) -> npt.NDArray[np.int64]:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)


def _around(blocks: Blocks) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return for each element the containers that it stands in, as bits, and its depth up to 30."""
    bits: list[int] = []
    for tag, parent in zip(blocks.tags, blocks.parents, strict=True):
        bits.append((bits[parent] if parent >= 0 else 0) | _AROUND.get(tag, 0))
    return np.array(bits, dtype=np.int64), np.minimum(np.array(blocks.depths, dtype=np.int64), 30)


def _article_share(
    blocks: Blocks,
    around: npt.NDArray[np.int64],
    nodes: npt.NDArray[np.int64],
    prose: npt.NDArray[np.floating],
    all_prose: float,
) -> npt.NDArray[np.floating]:
    """Return the share of the page's prose that stands in the same outermost `article` as a block, -1 in none."""
    key = articles(blocks)[nodes] + 1
    held = np.bincount(key, weights=prose)[key] / all_prose
    return np.where(key > 0, held, -1.0)
