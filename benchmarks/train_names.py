"""Train the taggers of names: ``python -m benchmarks.train_names FOLDER [LANG…]``.

FOLDER holds a file ``LANG.jsonl.gz`` for each language: lines with ``text``, ``entities`` (``start``, ``end`` and
``type``: place, person, organisation or other), ``source`` and ``licence``. Two taggers come of it: ``free`` from the
sources whose licence allows any use, ``research`` from all of them where others are among them. A fifth of the
documents is kept apart to choose how sure a name must be; then the tagger is trained on all. A language without free
texts learns from those of others (``--from en,de``) what does not depend on words; its own only judge. The same data
give the same weights.

A linear-chain conditional random field (OWL-QN, L1 and L2). A word's scores are a product of its attributes and their
weights, the same for all its occurrences, so that an iteration costs as much as the words that differ. Needs SciPy.
"""

import argparse
import gzip
import json
from bisect import bisect_right
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from transforms.entities.tagger import Tagger, Weights, weight_files, weights_folder
from transforms.entities.tagger.chain import ALLOWED, BEGINS
from transforms.entities.tagger.features import attributes, shape_class
from transforms.entities.tagger.layout import (
    COLUMN_ROWS,
    KINDS,
    LABELS,
    OFFSETS,
    PAD,
    attribute_key,
    column_rows,
    gram_keys,
    lay_out,
    word_number,
)
from transforms.entities.tagger.tokens import Tokens, read_tokens

FREE = ("CC BY 4.0", "CC BY 3.0", "CC BY 2.5", "CC BY-SA 4.0", "CC BY-SA 3.0", "CC0", "MIT", "Apache-2.0", "BSD")
"""Licences under which a source's weights may be used for anything."""
MACHINE_MADE = "made by machine"
"""What the name of a source says whose labels nobody has checked."""
HALF = (MACHINE_MADE, "reviews")
"""Sources whose texts count half, and do not judge where there are others: unchecked, or far from news."""
TARGETS = {"place": 0.86, "person": 0.76, "organisation": 0.76}
"""Precision that the documents kept apart must show; more of it is traded for recall, but not half of the recall."""
DOUBT = 0.1
"""How much less precision is asked for where nobody has checked the labels that judge."""
MACHINE_MADE_TEXTS = 350
"""At most so many machine-made texts are used beside checked ones."""
UNREACHED = 0.5
"""How sure a name must be where no threshold reaches the target."""
RAREST_ATTRIBUTE, RAREST_GRAM = 2, 3
L1, L2, ITERATIONS = 0.12, 0.05, 45
SMALLEST = 0.004
"""Weights below it are left out of the file."""
WIDE = ("ja", "ko", "zh")
"""Languages whose tokens are so short that three of them make a gram, too."""
SIZE = len(LABELS)


class Document(NamedTuple):
    language: str
    tokens: Tokens
    labels: list[int]
    weight: float
    gold: list[tuple[int, int, str]]
    source: str
    licence: str

    @property
    def free(self) -> bool:
        return self.licence in FREE


def read(folder: Path, language: str) -> list[Document]:
    """Return the documents of a language."""
    documents = []
    with gzip.open(folder / f"{language}.jsonl.gz", "rt", encoding="utf-8") as file:
        lines = list(map(json.loads, file))
    checked = any(MACHINE_MADE not in line["source"] for line in lines)
    machine_made = 0
    for line in lines:
        machine_made += MACHINE_MADE in line["source"]
        if MACHINE_MADE in line["source"] and checked and machine_made > MACHINE_MADE_TEXTS:
            continue
        tokens = read_tokens(line["text"], language)
        if tokens.starts:
            gold = [(e["start"], e["end"], e["type"]) for e in line["entities"]]
            weight = 0.5 if any(mark in line["source"] for mark in HALF) else 1.0
            labels = mark(tokens, gold)
            documents.append(Document(language, tokens, labels, weight, gold, line["source"], line["licence"]))
    return documents


def sources_of(documents: list[Document]) -> list[dict[str, Any]]:
    """Return the sources of `documents` with their licences and how many texts and names each gave."""
    sources: dict[tuple[str, str, str], dict[str, Any]] = {}
    for document in documents:
        language, source, licence = of = document.language, document.source, document.licence
        entry = {"language": language, "source": source, "licence": licence, "texts": 0, "names": 0}
        entry = sources.setdefault(of, entry)
        entry["texts"] += 1
        entry["names"] += len(document.gold)
    return list(sources.values())


def mark(tokens: Tokens, gold: list[tuple[int, int, str]]) -> list[int]:
    """Return the labels of `tokens` for the names in `gold`."""
    labels = [0] * len(tokens.starts)
    for start, end, kind in gold:
        at, first = bisect_right(tokens.ends, start), True
        while at < len(labels) and tokens.starts[at] < end:
            labels[at] = 1 + 2 * KINDS.index(kind) + (not first)
            at, first = at + 1, False
    for at in tokens.sentences:
        if labels[at] and labels[at] % 2 == 0:
            labels[at] -= 1
    return labels


class Corpus:
    """The rows of all documents, one after the other, and the classes of each."""

    def __init__(self, documents: list[Document], language: str) -> None:
        words: list[tuple[str, str, str]] = []
        labels, weights, layouts = [], [], []
        for document in documents:
            tokens = document.tokens
            layout = lay_out(tokens)
            tags = tokens.tags or [""] * len(tokens.words)
            words += [
                (PAD, "", "") if at < 0 else (tokens.words[at], tags[at], document.language)
                for at in layout.token.tolist()
            ]
            labels.append(np.where(layout.token < 0, 0, np.array(document.labels)[layout.token]))
            weights.append(np.full(len(layout.token), document.weight, np.float32))
            layouts.append(layout)
        joined = type(layouts[0])(*(np.concatenate(parts) for parts in zip(*layouts, strict=True)))
        self.words = words
        self.labels = np.concatenate(labels)
        self.weights = np.concatenate(weights)
        self.pads = joined.token < 0
        self.count = len(words)
        shapes = np.array([0 if word == PAD else shape_class(word) for word, *_ in words])
        self.columns = column_rows(joined, shapes)
        numbers = np.array([word_number(word if of == language else PAD) for word, _, of in words], np.uint32)
        lengths_of_grams = ((2, 3) if language in WIDE else (2,)) if numbers.any() else ()
        self.grams = {length: gram_keys(numbers, length) for length in lengths_of_grams}
        edges = np.flatnonzero(self.pads[1:] != self.pads[:-1]) + 1
        begins, ends = edges[::2], edges[1::2]
        order = np.argsort(begins - ends, kind="stable")
        begins, lengths = begins[order], (ends - begins)[order]
        self.begins = begins
        self.steps = [begins[: np.searchsorted(-lengths, -step)] + step for step in range(lengths[0])]


class Features:
    """The matrices of a corpus: words by attributes, rows by words, rows by columns and grams.

    Words of another language than `own_words` have only the attributes that are common to languages.
    """

    def __init__(self, corpus: Corpus, own_words: str | None) -> None:
        numbers: dict[tuple[str, str, str], int] = {}
        ids = np.array([numbers.setdefault(word, len(numbers)) for word in corpus.words])
        counts = np.bincount(ids)
        own: Counter[str] = Counter()
        shared: Counter[str] = Counter()
        of_words = []
        for (word, tag, language), count in zip(numbers, counts, strict=True):
            found = ([], [PAD]) if word == PAD else attributes(word, tag, language)
            if language != own_words:
                found = tuple([name for name in names if is_common(name)] for names in found)
            of_words.append(found)
            for kind, names in ((own, found[0]), (shared, found[1])):
                for name in names:
                    kind[name] += int(count)
        self.own = [name for name, count in own.items() if count >= RAREST_ATTRIBUTE]
        self.shared = [name for name, count in shared.items() if count >= RAREST_ATTRIBUTE]
        matrices = [
            incidence([names[side] for names in of_words], listed) for side, listed in ((0, self.own), (1, self.shared))
        ]
        rows = np.arange(corpus.count)
        self.by_word = []  # (words by attributes, its transpose, the word of each row, words by rows)
        for place, offset in enumerate((*OFFSETS[:1], *OFFSETS)):
            matrix = matrices[place > 0]
            at = np.clip(rows + offset, 0, corpus.count - 1)
            self.by_word.append((matrix, matrix.T.tocsr(), ids[at], selection(ids[at], len(numbers))))
        self.columns = [selection(column, COLUMN_ROWS) for column in corpus.columns.T]
        self.column_ids = corpus.columns
        self.gram_keys: dict[int, Any] = {}
        self.grams = []  # (length, place, gram of each row, grams by rows)
        for length, keys in corpus.grams.items():
            listed, times = np.unique(keys[~corpus.pads], return_counts=True)
            listed = listed[times >= RAREST_GRAM]
            self.gram_keys[length] = listed
            at = np.minimum(np.searchsorted(listed, keys), len(listed) - 1)
            gram = np.where(listed[at] == keys, at, len(listed))
            for back in range(length):
                moved = np.concatenate([gram[back:], np.full(back, len(listed))])
                self.grams.append((length, back, moved, selection(moved, len(listed) + 1)))


def incidence(of_words: list[list[str]], listed: list[str]) -> csr_matrix:
    numbers = {name: number for number, name in enumerate(listed)}
    rows, columns = [], []
    for row, names in enumerate(of_words):
        for name in names:
            if (column := numbers.get(name)) is not None:
                rows.append(row)
                columns.append(column)
    return csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=(len(of_words), len(listed)))


def selection(ids: Any, rows: int) -> csr_matrix:
    """Return the matrix that adds up, for each of `rows`, what stands at the places with its number."""
    return csr_matrix((np.ones(len(ids), np.float32), (ids, np.arange(len(ids)))), shape=(rows, len(ids)))


class Objective:
    """The negative log-likelihood of a corpus with its gradient, as a function of all weights in one vector."""

    def __init__(self, corpus: Corpus, features: Features) -> None:
        self.corpus, self.features = corpus, features
        self.sizes = [matrix.shape[1] for matrix, *_ in features.by_word]
        self.sizes += [COLUMN_ROWS, *(selected.shape[0] for *_, selected in features.grams), SIZE, 1]
        self.length = sum(self.sizes) * SIZE
        labels, weights = corpus.labels, corpus.weights
        truth = np.zeros((corpus.count, SIZE), np.float32)
        truth[np.arange(corpus.count), labels] = 1
        self.real = np.where(corpus.pads, 0, weights).astype(np.float32)
        self.truth = truth * self.real[:, None]
        follows = np.flatnonzero(~corpus.pads[1:] & ~corpus.pads[:-1]) + 1
        self.pairs = np.zeros((SIZE, SIZE))
        np.add.at(self.pairs, (labels[follows - 1], labels[follows]), weights[follows])
        self.first = self.truth[corpus.begins].sum(axis=0)

    def parts(self, vector: Any) -> list[Any]:
        found, at = [], 0
        for size in self.sizes:
            found.append(vector[at : at + size * SIZE].reshape(size, SIZE))
            at += size * SIZE
        return found

    def scores(self, parts: list[Any]) -> Any:
        features = self.features
        total = np.zeros((self.corpus.count, SIZE), np.float32)
        for part, (matrix, _, ids, _) in zip(parts, features.by_word, strict=False):
            total += (matrix @ part)[ids]
        at = len(features.by_word)
        for ids in features.column_ids.T:
            total += parts[at][ids]
        for part, (_, _, ids, _) in zip(parts[at + 1 :], features.grams, strict=False):
            total += part[ids]
        return total

    def __call__(self, vector: Any) -> tuple[float, Any]:
        parts = self.parts(vector)
        scores = self.scores(parts)
        marginals, pairs, partition = self.forward_backward(scores, parts[-2], parts[-1][0])
        value = partition - float((scores * self.truth).sum())
        value -= float((parts[-2] * self.pairs).sum()) + float((parts[-1][0] * self.first).sum())
        rest = marginals * self.real[:, None] - self.truth
        gradient = [turned @ (selected @ rest) for _, turned, _, selected in self.features.by_word]
        gradient.append(sum(selected @ rest for selected in self.features.columns))
        gradient += [selected @ rest for *_, selected in self.features.grams]
        gradient += [pairs - self.pairs, rest[self.corpus.begins].sum(axis=0)]
        flat = np.concatenate([np.asarray(part, np.float32).ravel() for part in gradient])
        return value + 0.5 * L2 * float(vector @ vector), flat + L2 * vector

    def forward_backward(self, scores: Any, transitions: Any, start: Any) -> tuple[Any, Any, float]:
        corpus, real = self.corpus, self.real
        highest = scores.max(axis=1, keepdims=True)
        powers = np.exp(scores - highest)
        steps = np.where(ALLOWED, np.exp(np.clip(transitions, -30, 30)), 0).astype(np.float32)
        begin = np.where(BEGINS, np.exp(np.clip(start, -30, 30)), 0).astype(np.float32)
        forward, scale = np.zeros_like(powers), np.ones(corpus.count, np.float32)
        reached: Any = None
        for step, at in enumerate(corpus.steps):
            reached = powers[at] * begin if step == 0 else (reached[: len(at)] @ steps) * powers[at]
            scale[at] = reached.sum(axis=1)
            reached /= scale[at][:, None]
            forward[at] = reached
        backward, pairs = np.ones_like(powers), np.zeros((SIZE, SIZE))
        for step in range(len(corpus.steps) - 1, 0, -1):
            at = corpus.steps[step]
            onward = powers[at] * backward[at] / scale[at][:, None]
            backward[at - 1] = onward @ steps.T
            pairs += (forward[at - 1] * real[at][:, None]).T @ onward * steps
        marginals = forward * backward
        marginals /= np.maximum(marginals.sum(axis=1, keepdims=True), 1e-30)
        return marginals, pairs, float(((np.log(scale) + highest[:, 0]) * real).sum())


def minimise(objective: Objective, penalty: Any, *, remembered: int = 6) -> Any:
    """Return the weights that OWL-QN finds: L-BFGS that keeps to one orthant a step (Andrew and Gao, 2007)."""
    vector = np.zeros(objective.length, np.float32)
    value, gradient = objective(vector)
    total = value
    moves: list[tuple[Any, Any, float]] = []
    still = 0
    for _ in range(ITERATIONS):
        slope = pseudo_gradient(vector, gradient, penalty)
        direction = two_loops(slope, moves)
        direction[direction * slope <= 0] = 0
        direction = -direction
        orthant = np.where(vector != 0, np.sign(vector), -np.sign(slope))
        length = 1.0 if moves else 1.0 / max(1e-8, float(np.sqrt(slope @ slope)))
        for _ in range(12):
            tried = vector + np.float32(length) * direction
            tried[tried * orthant < 0] = 0
            value, changed = objective(tried)
            reached = value + float((penalty * np.abs(tried)).sum())
            if reached <= total + 1e-4 * float(slope @ (tried - vector)):
                break
            length *= 0.5
        else:
            break
        step, difference = tried - vector, changed - gradient
        curvature = float(step @ difference)
        if curvature > 1e-10:
            moves = [*moves[1 - remembered :], (step, difference, 1 / curvature)]
        still = still + 1 if (total - reached) / max(1, abs(reached)) < 2e-4 else 0
        vector, gradient, total = tried, changed, reached
        if still >= 3:
            break
    return vector


def pseudo_gradient(vector: Any, gradient: Any, penalty: Any) -> Any:
    up, down = gradient + penalty, gradient - penalty
    at_zero = np.where(up < 0, up, np.where(down > 0, down, 0))
    return np.where(vector > 0, up, np.where(vector < 0, down, at_zero)).astype(np.float32)


def two_loops(slope: Any, moves: list[tuple[Any, Any, float]]) -> Any:
    direction, factors = slope.copy(), []
    for step, difference, inverse in reversed(moves):
        factor = inverse * float(step @ direction)
        factors.append(factor)
        direction -= factor * difference
    if moves:
        _, difference, inverse = moves[-1]
        direction *= 1 / (inverse * float(difference @ difference))
    for (step, difference, inverse), factor in zip(moves, reversed(factors), strict=True):
        direction += step * (factor - inverse * float(difference @ direction))
    return direction


def is_common(attribute: str) -> bool:
    """Whether an attribute means the same in other languages: not the letters of a word."""
    kind, is_letters, _ = attribute.partition("=")
    return not is_letters or kind in ("sh", "l")


def train(documents: list[Document], language: str) -> dict[str, Any]:
    """Return the arrays of the tagger for `language` that `documents` give.

    Those in other languages teach only what holds in this one too: shapes, lists and the gazetteer, no words.
    """
    corpus = Corpus(documents, language)
    features = Features(corpus, language)
    objective = Objective(corpus, features)
    penalty = np.full(objective.length, L1, np.float32)
    penalty[-(SIZE + 1) * SIZE :] = 0
    parts = objective.parts(minimise(objective, penalty))
    return arrays_of(parts, features)


def arrays_of(parts: list[Any], features: Features) -> dict[str, Any]:
    rows: dict[int, dict[int, float]] = {}
    for place, part in enumerate(parts[: len(features.by_word)]):
        names, slot = (features.own, 0) if place == 0 else (features.shared, (place - 1) * SIZE)
        for name, at in zip(*np.nonzero(np.abs(part) >= SMALLEST), strict=True):
            row = rows.setdefault(attribute_key(names[name]), {})
            row[slot + int(at)] = row.get(slot + int(at), 0.0) + float(part[name, at])
    keys = sorted(rows)
    arrays = {
        "keys": np.array(keys, np.uint32),
        "begins": np.cumsum([0, *(len(rows[key]) for key in keys)]).astype(np.uint32),
        "slots": np.array([slot for key in keys for slot in sorted(rows[key])], np.uint8),
        "values": np.array([rows[key][slot] for key in keys for slot in sorted(rows[key])], np.float16),
        "columns": parts[len(features.by_word)].astype(np.float16),
    }
    of_grams = iter(parts[len(features.by_word) + 1 :])
    for length, listed in features.gram_keys.items():
        values = np.stack([next(of_grams)[:-1] for _ in range(length)], axis=1)
        kept = np.abs(values).max(axis=(1, 2)) >= 10 * SMALLEST
        arrays[f"grams{length}_keys"] = listed[kept]
        arrays[f"grams{length}"] = values[kept].astype(np.float16)
    return {**arrays, "transitions": parts[-2].astype(np.float32), "start": parts[-1][0].astype(np.float32)}


def weights_of(language: str, arrays: dict[str, Any], **header: Any) -> Weights:
    return Weights({"language": language, "labels": LABELS, "thresholds": {}, **header}, arrays)


def judge(arrays: dict[str, Any], kept: list[Document], language: str) -> dict[str, dict[str, float]]:
    """Return for each kind the threshold that the documents kept apart ask for, and what it gives.

    A place in the name of an organisation, and what the gold calls something else, is neither right nor wrong.
    """
    tagger = Tagger(weights_of(language, arrays))
    found: dict[str, list[tuple[float, bool]]] = {kind: [] for kind in TARGETS}
    total: Counter[str] = Counter()
    doubt = DOUBT if all(MACHINE_MADE in document.source for document in kept) else 0.0
    for document in kept:
        true = set(document.gold)
        other: dict[str, list[tuple[int, int]]] = {kind: [] for kind in TARGETS}
        for start, end, kind in document.gold:
            for neutral in TARGETS if kind == "other" else ("place",) if kind == "organisation" else ():
                other[neutral].append((start, end))
        total.update(kind for _, _, kind in document.gold)
        for start, end, kind, confidence in tagger.names(document.tokens):
            if kind in found and not any(start < b and a < end for a, b in other[kind]):
                found[kind].append((confidence, (start, end, kind) in true))
    chosen = {}
    for kind, names in found.items():
        rows = []
        for threshold in np.arange(0.3, 0.96, 0.05):
            right = [correct for confidence, correct in names if confidence >= threshold]
            precision, recall = sum(right) / max(1, len(right)), sum(right) / max(1, total[kind])
            f1 = 2 * precision * recall / max(1e-9, precision + recall)
            rows.append((f1, precision, recall, round(float(threshold), 2)))
        useful = max(recall for _, _, recall, _ in rows) / 2
        enough = [row for row in rows if row[1] >= TARGETS[kind] - doubt and row[2] >= useful]
        f1, precision, recall, threshold = max(enough or [row for row in rows if row[-1] == UNREACHED])
        chosen[kind] = {"threshold": threshold, "precision": precision, "recall": recall, "f1": f1}
    return chosen


@cache
def of_others(folder: Path, donors: tuple[str, ...]) -> tuple[list[Document], dict[str, Any]]:
    """Return the free documents of `donors` and the tagger that they give for any other language."""
    documents = [document for donor in donors for document in read(folder, donor) if document.free]
    return documents, train(documents, "")


def make(
    folder: Path, language: str, kind: str, out: Path, *, donors: list[str], rules: list[str], quick: bool
) -> None:
    """Write the weights of a language, learned from its own documents or from those of `donors`."""
    own = read(folder, language)
    best = max(document.weight for document in own)
    kept = [document for document in own if document.weight == best][::5]
    apart = set(map(id, kept))
    if donors:
        documents, arrays = of_others(folder, tuple(donors))
    else:
        documents = [document for document in own if document.free or kind == "research"]
        if not documents:
            print(f"{language} {kind}: no source")
            return
        arrays = train([document for document in documents if id(document) not in apart], language)
    judged = judge(arrays, kept, language)
    if not quick and not donors:
        arrays = train(documents, language)
    header: dict[str, Any] = {
        "sources": sources_of(documents),
        "learned_from": donors or [language],
        "rules": rules,
        "thresholds": {name: values["threshold"] for name, values in judged.items()},
        "held_out": {
            name: {figure: round(value, 3) for figure, value in values.items()} for name, values in judged.items()
        },
    }
    path = out / kind / f"{language}.weights"
    path.parent.mkdir(parents=True, exist_ok=True)
    weight_files.save(path, weights_of(language, arrays, **header))
    row = " ".join(
        f"{name} {v['precision']:.2f}/{v['recall']:.2f}/{v['f1']:.2f} at {v['threshold']:.2f};"
        for name, v in judged.items()
    )
    print(f"{language} {kind}: {path.stat().st_size / 1e6:.2f} MB, {len(documents)} texts; {row}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("languages", nargs="*", metavar="LANG")
    parser.add_argument("--out", type=Path, default=weights_folder(), help="where the folders free and research are")
    parser.add_argument(
        "--quick", action="store_true", help="keep the tagger that has not seen the documents kept apart"
    )
    parser.add_argument("--only", choices=("free", "research"))
    parser.add_argument(
        "--from", dest="donors", default="", metavar="LANG,LANG", help="learn from the free texts of other languages"
    )
    parser.add_argument(
        "--rules", default="", metavar="KIND,KIND", help="kinds of which rules add what the tagger did not find"
    )
    options = parser.parse_args()
    donors = options.donors.split(",") if options.donors else []
    languages = options.languages or sorted(path.name.partition(".")[0] for path in options.folder.glob("*.jsonl.gz"))
    for language in languages:
        with gzip.open(options.folder / f"{language}.jsonl.gz", "rt", encoding="utf-8") as lines:
            all_free = all(json.loads(line)["licence"] in FREE for line in lines)
        for kind in ("free", "research"):
            if options.only in (None, kind) and not (kind == "research" and (all_free or donors)):
                make(
                    options.folder,
                    language,
                    kind,
                    options.out,
                    donors=donors,
                    rules=[rule for rule in options.rules.split(",") if rule],
                    quick=options.quick,
                )


if __name__ == "__main__":
    main()
