"""Train the block model of extraction from gold pages.

    python -m benchmarks.train_body FOLDER [--out FILE] [--folds DIR] [--ablate] [--limit N]

FOLDER holds gold files (see `benchmarks.gold`). The weights are written to FILE, the shipped ones by default; with
`--folds` also those of five models that did not see a fifth of the sites each, for `benchmarks.quality --folds DIR`.
`--ablate` writes nothing, and prints what a model is worth that knows less of a page.
The same pages give the same weights: seeds are fixed and one thread works. Needs lightgbm (``pip install
khabar[train]``), which the product does not.
"""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import numpy as np
import scipy.sparse as sparse
from scipy.optimize import minimize

from benchmarks.gold import FOLDS, SHINGLE, Gold, f1, gold_sets, read_gold, tokens_of
from transforms.errors import Rejected
from transforms.extraction import block_model
from transforms.extraction.block_model import LEVELS, Wording
from transforms.extraction.blocks import Blocks, read_blocks
from transforms.extraction.body import strip
from transforms.extraction.features import KINDS, Columns, features, own_columns
from transforms.extraction.html import read_page
from transforms.extraction.structured import Structured
from transforms.extraction.tokens import crc, name_tokens, word_tokens
from transforms.extraction.type_model import LABELS, type_features, type_tokens

SHIPPED = Path(block_model.__file__).parents[1] / "data" / "body_model.npz"
MIN_SITES = {"names": 6, "words": 10, "types": 8}
"""Sites that a token must stand on to have a weight, so that no site is learned by heart."""
RIDGE = 0.3
OTHER_PAGES = 0.4
"""Weight of a page that is no article beside one that is."""
TREES: dict[str, Any] = {
    "objective": "cross_entropy",
    "learning_rate": 0.08,
    "num_leaves": 24,
    "max_depth": 6,
    "min_data_in_leaf": 150,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "max_bin": 63,
    "num_threads": 1,
    "seed": 7,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
ROUNDS = 150
KEEP = 0.5
"""Probability above which a block counts as kept where models are compared."""
TYPE_LABELS = {
    "article": "article",
    "forum": "forum",
    "product": "product",
    "listing": "section",
    "collection": "section",
}
TYPE_TREES = (
    TREES
    | {"objective": "binary", "learning_rate": 0.06, "num_leaves": 8, "max_depth": 8}
    | {"min_data_in_leaf": 15, "bagging_fraction": 0.8, "max_bin": 255}
)
TYPE_ROUNDS = (80, 120)
TYPE_RIDGE = 0.02
TYPE_PARTS = 4
Token = tuple[int, str]


@dataclass(slots=True)
class Example:
    """A gold page with its blocks, the share of each that the gold holds, and what each counts."""

    gold: Gold
    structured: Structured
    blocks: Blocks
    columns: Columns
    labels: np.ndarray
    weights: np.ndarray


def examples(paths: Iterable[Path], *, limit: int | None = None) -> Iterator[Example]:
    """Yield the gold pages of files that have a text."""
    for path in paths:
        for number, gold in enumerate(read_gold(path)):
            if not gold.text or (limit and number >= limit):
                continue
            try:
                page = read_page(gold.html, url=gold.url)
            except Rejected:
                continue
            strip(page.tree)
            blocks = read_blocks(page.tree)
            if blocks.texts:
                columns = own_columns(
                    blocks, titles=page.spellings, summary=page.summary, stop_words=block_model.stop_words()
                )
                labels, lengths = label(gold.text, blocks.texts)
                yield Example(gold, page.structured, blocks, columns, labels, _weights(gold, lengths))


def label(gold: str, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return for each block the share of its 4-shingles that the gold text holds, and its number of tokens.

    Blocks of fewer tokens count when they are a line of the gold, and in part when they stand within one.
    """
    token = tokens_of(gold)
    tokens = token.findall(gold)
    grams = {n: {tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)} for n in range(1, SHINGLE + 1)}
    lines = {tuple(token.findall(line)) for line in gold.split("\n")}
    labels, lengths = [], []
    for text in texts:
        words = tuple(token.findall(text))
        lengths.append(len(words))
        if len(words) >= SHINGLE:
            shingles = [words[i : i + SHINGLE] in grams[SHINGLE] for i in range(len(words) - SHINGLE + 1)]
            labels.append(sum(shingles) / len(shingles))
        elif words in lines and words:
            labels.append(1.0)
        else:
            labels.append(0.7 if len(words) > 1 and words in grams[len(words)] else 0.0)
    return np.array(labels, dtype=np.float32), np.array(lengths, dtype=np.float32)


def _weights(gold: Gold, lengths: np.ndarray) -> np.ndarray:
    """Return what each block counts: its share of the page, and every page about the same."""
    true = max(30, len(tokens_of(gold.text or "").findall(gold.text or "")))
    share = np.minimum(lengths + 1, 80) / min(true, 2000)
    page = 1.0 if gold.page_type == "article" else OTHER_PAGES
    return page * share / max(1.0, float(share.sum()) / 2)


def name_features(example: Example) -> list[list[Token]]:
    """Return for each block the tokens of the names around it, with their level."""
    blocks = example.blocks
    rows = []
    for node, inline in zip(blocks.nodes, blocks.inline, strict=True):
        tokens: list[Token] = [(0, token) for token in sorted(name_tokens("span", inline))] if inline else []
        for level in range(1, LEVELS):
            if node < 0:
                break
            tokens += [(level, token) for token in sorted(name_tokens(blocks.tags[node], blocks.names[node]))]
            node = blocks.parents[node]
        rows.append(tokens)
    return rows


def word_features(example: Example) -> list[list[Token]]:
    """Return for each block the tokens of its wording."""
    return [[(0, token) for token in sorted(set(word_tokens(text)))] for text in example.blocks.texts]


class Corpus:
    """All examples, with their blocks one after the other and the tokens of each as a sparse matrix."""

    def __init__(self, found: Sequence[Example]) -> None:
        self.examples = found
        self.offsets = np.cumsum([0, *(len(e.labels) for e in found)])
        self.labels = np.concatenate([e.labels for e in found])
        self.weights = np.concatenate([e.weights for e in found])
        sites = np.unique([e.gold.site for e in found], return_inverse=True)[1]
        self.sites = np.repeat(sites, np.diff(self.offsets))
        self.tokens = {
            "names": self._tokens("names", (name_features(e) for e in found)),
            "words": self._tokens("words", (word_features(e) for e in found)),
        }

    def _tokens(self, kind: str, pages: Iterable[list[list[Token]]]) -> tuple[list[Token], Any]:
        ids: dict[Token, int] = {}
        columns: list[int] = []
        ends = [0]
        for page in pages:
            for row in page:
                columns.extend([ids.setdefault(token, len(ids)) for token in row])
                ends.append(len(columns))
        matrix = sparse.csr_matrix((np.ones(len(columns), dtype=np.float32), columns, ends), (len(ends) - 1, len(ids)))
        kept = np.flatnonzero(self.sites_of(matrix, np.arange(len(ends) - 1)) >= MIN_SITES[kind])
        keys = list(ids)
        return [keys[i] for i in kept], matrix[:, kept]

    def sites_of(self, matrix: Any, rows: np.ndarray) -> np.ndarray:
        """Return for each token the number of sites that have it in `rows`."""
        ones = np.ones(len(rows), dtype=np.float32)
        shape = (int(self.sites.max()) + 1, len(rows))
        present = sparse.csr_matrix((ones, (self.sites[rows], np.arange(len(rows)))), shape) @ matrix[rows]
        present.data[:] = 1
        return np.asarray(present.sum(axis=0)).ravel()

    def rows(self, pages: Iterable[int]) -> np.ndarray:
        """Return the blocks of `pages`."""
        return np.concatenate([np.arange(self.offsets[i], self.offsets[i + 1]) for i in pages])


def fit_linear(corpus: Corpus, kind: str, pages: Sequence[int]) -> dict[Token, float]:
    """Return the weights of a ridge logistic regression over the tokens that enough sites of `pages` have."""
    keys, matrix = corpus.tokens[kind]
    rows = corpus.rows(pages)
    kept = np.flatnonzero(corpus.sites_of(matrix, rows) >= MIN_SITES[kind])
    weights = corpus.weights[rows]
    found = logistic(matrix[rows][:, kept], corpus.labels[rows], weights / weights.mean(), RIDGE)
    return {keys[column]: float(weight) for column, weight in zip(kept, found, strict=True)}


def logistic(given: Any, labels: np.ndarray, weights: np.ndarray, ridge: float) -> np.ndarray:
    """Return the weights of a ridge logistic regression over the columns of a sparse matrix."""
    turned = given.T.tocsr()

    def loss(point: np.ndarray) -> tuple[float, np.ndarray]:
        logits = given @ point[:-1] + point[-1]
        errors = weights * (1 / (1 + np.exp(-np.clip(logits, -30, 30))) - labels)
        value = (weights * (np.logaddexp(0, logits) - labels * logits)).sum() + (point[:-1] ** 2).sum() / 2 / ridge
        return value, np.append(turned @ errors + point[:-1] / ridge, errors.sum())

    start = np.zeros(given.shape[1] + 1)
    return minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 40}).x[:-1]


SCALE = 1 / 32


def linear_models(corpus: Corpus, pages: Sequence[int]) -> Wording:
    """Return the linear models fitted to `pages`."""
    levels: defaultdict[int, list[float]] = defaultdict(lambda: [0.0] * LEVELS)
    for (level, token), weight in fit_linear(corpus, "names", pages).items():
        levels[crc(token)][level] = _rounded(weight)
    words = {crc(token): _rounded(weight) for (_, token), weight in fit_linear(corpus, "words", pages).items()}
    return Wording(
        {token: tuple(row) for token, row in levels.items() if any(row)}, {t: w for t, w in words.items() if w}
    )


def _rounded(weight: float) -> float:
    return float(np.clip(np.round(weight / SCALE), -127, 127)) * SCALE


def rows_of(example: Example, wording: Wording) -> np.ndarray:
    """Return the features of a page's blocks."""
    return features(example.blocks, example.columns, wording.name_scores, wording.word_score)


VARIANTS = ("div", "break", "table", "bare", "mixed")
VARIED = 0.3
"""Share of the training pages that are built in another way than they were, so that the model does not cling to `p`
and to names: gold pages are of the last ten years and mostly English, where other sites break lines in a cell."""


def varied(example: Example) -> Example:
    """Return a page as it is, or as another content system would have built it."""
    seed = hashlib.md5(("variant " + example.gold.id).encode(), usedforsecurity=False).digest()
    choice = int.from_bytes(seed[:4], "big") / 2**32 / VARIED
    if choice >= 1:
        return example
    variant = VARIANTS[int(choice * len(VARIANTS))]
    given = example.blocks
    tags, nodes, breaks = list(given.tags), list(given.nodes), list(given.breaks)
    names = given.names
    if variant == "bare":
        names = [""] * len(names)
    elif variant == "div":
        tags = ["div" if tag == "p" else tag for tag in tags]
    elif variant == "mixed":
        picks = np.random.default_rng(seed[4]).random(len(tags))
        tags = [
            ("div", "span", "x-p", "section")[int(c * 16)] if t == "p" and c < 0.25 else t
            for t, c in zip(tags, picks, strict=True)
        ]
    else:
        for index, node in enumerate(nodes):
            if tags[node] == "p" and given.parents[node] >= 0:
                nodes[index], breaks[index] = given.parents[node], True
        if variant == "table":
            layers = {"div", "section", "article", "main", "header", "aside"}
            cells = ("table", "tr", "td")
            tags = [cells[depth % 3] if tag in layers else tag for tag, depth in zip(tags, given.depths, strict=True)]
    blocks = replace(given, tags=tags, nodes=nodes, breaks=breaks, names=names)
    columns = dict(example.columns) | {
        "kind": np.array([KINDS.get(tags[node], 0) for node in nodes], dtype=np.float32),
        "breaks": np.array(breaks, dtype=np.float32),
    }
    return replace(example, blocks=blocks, columns=columns)


def fit(corpus: Corpus, pages: Sequence[int]) -> dict[str, Any]:
    """Return the arrays of a model of `pages`."""
    trees = fit_trees(corpus, pages, training_rows(corpus, pages, half_models(corpus, pages)))
    linear = linear_models(corpus, pages)
    names = sorted(linear.names)
    words = sorted(linear.words)
    return {
        "scale": np.float32(SCALE),
        "name_tokens": np.array(names, dtype=np.uint32),
        "name_weights": np.array([[round(w / SCALE) for w in linear.names[t]] for t in names], dtype=np.int8),
        "word_tokens": np.array(words, dtype=np.uint32),
        "word_weights": np.array([round(linear.words[t] / SCALE) for t in words], dtype=np.int8),
        **export(trees, "body"),
        **fit_types([corpus.examples[i] for i in pages]),
    }


Change = Callable[[Example, Wording], tuple[Example, Wording]]
"""What is changed in a page, and in what the linear models say of it, before its features are read."""


def _as_it_is(example: Example, wording: Wording) -> tuple[Example, Wording]:
    return example, wording


def half_models(corpus: Corpus, pages: Sequence[int]) -> tuple[Wording, Wording]:
    """Return the linear models of the one and the other half of the sites of `pages`."""
    halves = [[i for i in pages if _half(corpus.examples[i]) == part] for part in (0, 1)]
    return linear_models(corpus, halves[0]), linear_models(corpus, halves[1])


def _half(example: Example) -> int:
    return hashlib.md5(("half " + example.gold.site).encode(), usedforsecurity=False).digest()[0] % 2


def training_rows(
    corpus: Corpus, pages: Sequence[int], halves: tuple[Wording, Wording], change: Change = _as_it_is
) -> np.ndarray:
    """Return the features of the blocks of `pages`.

    What the linear models say of a training page comes from models that did not see its site, as it will for a new one.
    """
    read = (change(varied(e), halves[1 - _half(e)]) for e in (corpus.examples[i] for i in pages))
    return np.concatenate([rows_of(*example_and_wording) for example_and_wording in read])


def fit_trees(corpus: Corpus, pages: Sequence[int], table: np.ndarray) -> Any:
    """Return trees fitted to the features of `pages`."""
    import lightgbm

    rows = corpus.rows(pages)
    weights = corpus.weights[rows]
    data = lightgbm.Dataset(table, label=corpus.labels[rows], weight=weights / weights.mean())
    return lightgbm.train(TREES, data, ROUNDS)


LEFT_OUT: dict[str, tuple[str, ...]] = {
    "nothing": (),
    "title and summary": ("title_share", "title_equal", "summary_share"),
    "links": ("links", "link_count"),
    "punctuation, case, digits": ("punctuation", "sentences", "digits", "upper", "ends"),
    "stop words": ("stops",),
    "kinds of elements": ("kind",),
    "names of elements": (),
    "words of short blocks": (),
}
"""What a model is trained without, one after the other, to see what it is worth: columns of blocks, or what is said
below."""


def without(what: str) -> Change:
    """Return a change of a page after which a model knows nothing of `what`."""

    def change(example: Example, wording: Wording) -> tuple[Example, Wording]:
        nothing = {name: np.zeros_like(example.columns[name]) for name in LEFT_OUT[what]}
        changed = replace(example, columns=example.columns | nothing)
        if what == "kinds of elements":
            changed = replace(changed, blocks=replace(example.blocks, tags=["div"] * len(example.blocks.tags)))
        if what == "names of elements":
            return replace(changed, blocks=replace(example.blocks, names=[""] * len(example.blocks.names))), Wording(
                {}, wording.words
            )
        return changed, Wording(wording.names, {}) if what == "words of short blocks" else wording

    return change


def ablation(corpus: Corpus) -> Iterator[tuple[str, float, float]]:
    """Yield what models are trained without, and the F1 of their choice of blocks: in articles, in other pages.

    Trained on four folds, judged on the fifth; a block counts by its length and by how much of it the gold holds.
    """
    pages = range(len(corpus.examples))
    seen = [i for i in pages if corpus.examples[i].gold.fold]
    judged = [i for i in pages if not corpus.examples[i].gold.fold]
    halves, linear = half_models(corpus, seen), linear_models(corpus, seen)
    for what in LEFT_OUT:
        change = without(what)
        trees = fit_trees(corpus, seen, training_rows(corpus, seen, halves, change))
        scores: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
        for example in (corpus.examples[i] for i in judged):
            kept = trees.predict(rows_of(*change(example, linear))) > KEEP
            lengths = np.fromiter(map(len, example.blocks.texts), dtype=np.float64)
            right, true = (lengths * example.labels)[kept].sum(), (lengths * example.labels).sum()
            precision, recall = right / max(1.0, lengths[kept].sum()), right / max(1.0, true)
            scores[example.gold.page_type == "article"].append((precision, recall))
        articles, others = (f1(*np.mean(scores[kind] or [(0.0, 0.0)], axis=0)) for kind in (True, False))
        yield what, articles, others


def fit_types(found: Sequence[Example]) -> dict[str, Any]:
    """Return the arrays of a model that tells articles from other pages."""
    import lightgbm

    tokens = [sorted(type_tokens(e.structured, e.blocks, e.gold.url)) for e in found]
    parts = np.array([_part(f"type {e.gold.site}", TYPE_PARTS) for e in found])
    kinds = [TYPE_LABELS.get(e.gold.page_type, "other") for e in found]
    other = np.array([e.gold.page_type != "article" for e in found], dtype=np.float32)
    scores = np.zeros(len(found))
    for part in range(TYPE_PARTS):
        known = fit_tokens(tokens, found, other, np.flatnonzero(parts != part))
        for index in np.flatnonzero(parts == part):
            scores[index] = sum(known.get(crc(token), 0.0) for token in tokens[index])
    rows = np.concatenate(
        [type_features(e.structured, e.blocks, e.gold.url, s) for e, s in zip(found, scores, strict=True)]
    )
    weights = fit_tokens(tokens, found, other, np.arange(len(found)))
    arrays: dict[str, Any] = {
        "type_tokens": np.array(sorted(weights), dtype=np.uint32),
        "type_weights": np.array([round(weights[token] / SCALE) for token in sorted(weights)], dtype=np.int8),
    }
    for label in LABELS:
        truth = other if label == "other" else np.array([kind == label for kind in kinds], dtype=np.float32)
        trees = lightgbm.train(TYPE_TREES, lightgbm.Dataset(rows, label=truth), TYPE_ROUNDS[label == "other"])
        arrays |= export(trees, f"type_{label}")
    return arrays


def fit_tokens(
    tokens: Sequence[list[str]], found: Sequence[Example], truth: np.ndarray, pages: np.ndarray
) -> dict[int, float]:
    """Return the weights, rounded, of the tokens that enough sites of `pages` have."""
    sites: defaultdict[str, set[str]] = defaultdict(set)
    for page in pages:
        for token in tokens[page]:
            sites[token].add(found[page].gold.site)
    ids = {token: i for i, token in enumerate(sorted(t for t, s in sites.items() if len(s) >= MIN_SITES["types"]))}
    columns: list[int] = []
    ends = [0]
    for page in pages:
        columns.extend(ids[token] for token in tokens[page] if token in ids)
        ends.append(len(columns))
    matrix = sparse.csr_matrix((np.ones(len(columns)), columns, ends), (len(pages), len(ids)))
    found_weights = logistic(matrix, truth[pages], np.ones(len(pages)), TYPE_RIDGE)
    return {crc(t): w for t, i in ids.items() if (w := _rounded(float(found_weights[i])))}


def _part(key: str, parts: int) -> int:
    return int(hashlib.md5(key.encode(), usedforsecurity=False).hexdigest(), 16) % parts


def export(trees: Any, prefix: str) -> dict[str, Any]:
    """Return the trees of lightgbm as the arrays that `transforms.extraction.trees` reads."""
    feature: list[int] = []
    threshold: list[float] = []
    left: list[int] = []
    right: list[int] = []
    value: list[float] = []
    deepest = 0

    def add(node: dict[str, Any], depth: int) -> int:
        nonlocal deepest
        deepest = max(deepest, depth)
        at = len(feature)
        feature.append(node.get("split_feature", 0))
        threshold.append(_below(node["threshold"]) if "threshold" in node else 0.0)
        value.append(node.get("leaf_value", 0.0))
        left.append(at)
        right.append(at)
        if "left_child" in node:
            left[at] = add(node["left_child"], depth + 1)
            right[at] = add(node["right_child"], depth + 1)
        return at

    roots = [add(tree["tree_structure"], 0) for tree in trees.dump_model()["tree_info"]]
    return {
        f"{prefix}_feature": np.array(feature, dtype=np.int16),
        f"{prefix}_threshold": np.array(threshold, dtype=np.float32),
        f"{prefix}_left": np.array(left, dtype=np.int16),
        f"{prefix}_right": np.array(right, dtype=np.int16),
        f"{prefix}_value": np.array(value, dtype=np.float32),
        f"{prefix}_roots": np.array(roots, dtype=np.int16),
        f"{prefix}_depth": np.int16(deepest),
    }


def _below(threshold: float) -> float:
    """Return the largest 32-bit number not above `threshold`, which divides 32-bit features in the same way."""
    near = np.float32(threshold)
    return float(near if near <= threshold else np.nextafter(near, np.float32(-np.inf)))


def train(paths: Sequence[Path], *, out: Path, folds: Path | None, limit: int | None = None) -> dict[str, Any]:
    """Write the weights of a model of all pages to `out`, and those of each fold's to `folds`."""
    logging.disable(logging.CRITICAL)
    corpus = Corpus(list(examples(paths, limit=limit)))
    pages = range(len(corpus.examples))
    if folds:
        folds.mkdir(parents=True, exist_ok=True)
        for fold in range(FOLDS):
            arrays = fit(corpus, [i for i in pages if corpus.examples[i].gold.fold != fold])
            np.savez(folds / f"fold-{fold}.npz", **arrays)
            click.echo(f"fold {fold} done", err=True)
    arrays = fit(corpus, list(pages))
    np.savez(out, **arrays)
    return arrays


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), default=SHIPPED, help="The file that is written.")
@click.option("--folds", type=click.Path(path_type=Path), help="A folder for the models that judge each fold.")
@click.option("--ablate", is_flag=True, help="Print what each part of what a model knows is worth.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many pages of a set.")
def main(folder: Path, out: Path, folds: Path | None, ablate: bool, limit: int | None) -> None:
    """Train, and say what came out."""
    paths = [path for name, path in gold_sets(folder).items() if name != "htmldate"]
    if ablate:
        logging.disable(logging.CRITICAL)
        for what, articles, others in ablation(Corpus(list(examples(paths, limit=limit)))):
            click.echo(f"without {what}: articles {articles:.4f}, other pages {others:.4f}")
        return
    arrays = train(paths, out=out, folds=folds, limit=limit)
    click.echo(f"{out}: {out.stat().st_size // 1024} KB, {len(arrays['body_roots'])} trees")


if __name__ == "__main__":
    main()
