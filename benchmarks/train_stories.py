"""Train and measure how stories hold together: ``python -m benchmarks.train_stories ../shared/evaldata/entities``.

From the gold events (`stories/`: BASIL with its dates and with its events moved into ten days, ECB+; `ntrex/`: the same
articles in 16 languages) the weights of `transforms/data/stories.json` are fitted and written with ``--write``. The
table is of folds: an event is grouped by weights that were fitted without it, in the stream of all events of its set,
by the index itself. ``--ablation`` leaves out each kind of evidence in turn, ``--without MEASURE`` measures.

NTREX's gold takes each of its articles for an event, though several are on one: the column that says so counts pairs
of those articles neither way.
"""

import argparse
import gzip
import itertools
import json
import pickle
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import md5
from pathlib import Path
from typing import Any, Final, NamedTuple
from unittest.mock import patch

import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table

from pipeline.index.base import StoryArticle
from pipeline.index.index import Index
from pipeline.index.rare_terms import RareTerms
from pipeline.index.storage.sqlite import SqliteStore
from schemas.records import Article, FileProvenance
from transforms.decode import RawArticle
from transforms.dedup import rarity, stories
from transforms.dedup.stories import ACROSS, SAME, Members, Model, Weights
from transforms.enrich import enrich, sketch_of
from transforms.extract import extract

FOLDS: Final = 5
BATCH: Final = 64
THRESHOLDS: Final = {"same": -1.0, "across": -1.0}
"""Log-odds from which on an article belongs to a story; chosen where precision of the folds is still high."""
DAYS_APART: Final = (0.0, -0.5, -1.5, -2.5)
"""Not fitted: each gold event has days of its own, which a model finds at once. See docs/decisions/stories.md."""
MERGING: Final = 1.0
PENALTY: Final = 3.0
SHARES: Final = {"background": 300}
"""What the examples of a set weigh together, if not 100 where they are of one event and 1,000 where they are not."""
BACKGROUND: Final = 1500
"""Articles of the real stream."""
LEAST: Final = {"same": 0.2, "across": 0.0}
"""Of pairs of one gold event 19 of 20 in BASIL and ECB+ are nearer to an article of the story than .23; in a real
stream nearly nothing below is on one event, however much else speaks for it."""
TOLD_TWICE: Final = 0.2
"""NTREX holds several articles on some events, but each is gold for itself: English ones that are so like each other
are no examples of different events."""
NEITHER_WAY: Final = "ntrex (told twice counts neither way)"
EVIDENCE: Final = {
    "names": stories.NAME,
    "places": stories.PLACE,
    "countries": stories.COUNTRY,
    "figures": stories.FIGURE | stories.NUMBER,
    "dates": 0,
    "weight of titles": stories.TITLE,
    "weight of capitals": stories.CAPITAL,
    "rarity in the language": 0,
    "rarity in the stream": 0,
}
"""Kinds of evidence with the flags of their terms, where they have one."""
USUAL: Final = rarity.PRIOR_ARTICLES
NEVER: Final = 1e9
"""So many articles known in advance that those of the stream do not count."""


class Row(NamedTuple):
    """An article compared with a story."""

    set: str
    kind: str
    measures: list[float]
    same: bool
    event: str
    other: str
    """Event of the story."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An article with the event that it is about."""

    event: str
    article: StoryArticle


def documents(folder: Path) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield set, id, event, time and text."""
    for path in sorted(folder.glob("stories/*.jsonl.gz")):
        for d in _lines(path):
            names = {"basil": ("published_at", "compressed_at"), "ecb+": ("published_at",)}[d["source"]]
            for name in names:
                moved = " moved" if name == "compressed_at" else ""
                yield d["source"] + moved, d["id"], d["event"], d[name], d["text"]
    for path in sorted(folder.glob("ntrex/*.jsonl.gz")):
        for d in _lines(path):
            yield "ntrex", f"{d['id']}-{d['language']}", d["id"], d["published_at"], "\n".join(d["sentences"])


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def told(folder: Path, cache: Path | None) -> dict[str, list[tuple[str, Article]]]:
    """Return event and article by set, in the order of the stream."""
    if cache and cache.exists():
        return pickle.loads(cache.read_bytes())  # type: ignore[no-any-return]
    nowhere = FileProvenance(path="", record=0, content_sha256="", pipeline_version="")
    sets: dict[str, list[tuple[str, str, str, Article]]] = defaultdict(list)
    for number, (name, id_, event, time, text) in enumerate(documents(folder)):
        draft = extract(RawArticle(body=text, kind="text", id=id_, published_at=time))
        order = f"{number:09}" if name == "ntrex" else time
        sets[name].append((order, id_, event, enrich(draft, nowhere)))
    found = {name: [(event, a) for _, _, event, a in sorted(rows, key=lambda r: r[:2])] for name, rows in sets.items()}
    if cache:
        cache.write_bytes(pickle.dumps(found))
    return found


def sketched(articles: Sequence[tuple[str, Article]], *, cased: bool = True) -> list[Told]:
    """Return the articles as the index takes them, written without capitals on request."""
    result = []
    for event, article in articles:
        if not cased:
            article = msgspec.structs.replace(
                article, text=article.text.lower(), title=(article.title or "").lower() or None
            )
        assert article.raw_id
        found = StoryArticle(
            uri=article.raw_id,
            version=1,
            event_at=article.published_at,
            title=article.title,
            language=article.language,
            sketch=sketch_of(article),
        )
        result.append(Told(event=event, article=found))
    return result


def rows_of(name: str, stream: Sequence[Told]) -> list[Row]:
    """Return the measures of each article and each story before it, where every article is in its event's story."""
    rare, known, rows = RareTerms(), {}, []  # type: RareTerms, dict[str, Members], list[Row]
    twins = told_twice(stream) if name == "ntrex" else frozenset()
    for entry in stream:
        found = stories.vector(entry.article.sketch, rare.rarity)
        rare.add(entry.article.sketch)
        measured = stories.measure(found, list(known.values())) if known else []
        likenesses: list[float] = []
        for event, likeness in zip(known, measured, strict=True):
            if event == entry.event:
                likenesses = likeness.likenesses
            if frozenset((event, entry.event)) in twins:
                continue
            for kind, values in (("same", likeness.same), ("across", likeness.across)):
                if values is not None and (event == entry.event or max(values[:4]) > 0):
                    rows.append(Row(name, kind, values, event == entry.event, entry.event, event))
        new = stories.member_of(found, entry.article.uri, entry.article.title)
        known[entry.event] = stories.with_member(known.get(entry.event, []), new, likenesses)
    return rows


def background(folder: Path, evidence: str | None = None) -> list[Row]:
    """Return comparisons of real articles of two days with those before that share most of their rare terms.

    The gold events are few and unlike each other; a real stream has a hundred Eid feasts and share prices of one day.
    Which of its articles are on one event is not known, but where the words are as little alike as `LEAST` hardly any
    are, whatever else speaks for it: these are examples of different events. A kind of `evidence` is left out.
    """
    with gzip.open(folder / "arabic" / "saudinewsnet.jsonl.gz", "rt", encoding="utf-8") as lines:
        found = sorted(map(json.loads, lines), key=lambda a: (a["date_extracted"], a["url"]))[:BACKGROUND]
    rare, rows = RareTerms(), []  # type: RareTerms, list[Row]
    members: list[Members] = []
    by_term: dict[int, list[int]] = defaultdict(list)
    for number, article in enumerate(found):
        sketch = stories.sketch(language="ar", title=article["title"], text=article["content"])
        if evidence:
            sketch = without_evidence(sketch, evidence)
        vector = stories.vector(sketch, rare.rarity)
        rare.add(sketch)
        weights = dict(zip(vector.keys.tolist(), (vector.weights * vector.rarity).tolist(), strict=True))
        shared: Counter[int] = Counter()
        keys = stories.search_keys(vector)
        for key in keys.searched:
            for other in by_term[key]:
                shared[other] += weights[key]  # type: ignore[assignment]
        for key in keys.posted:
            by_term[key].append(number)
        likeliest = [other for other, _ in shared.most_common(8)]
        for other, measured in zip(likeliest, stories.measure(vector, [members[o] for o in likeliest]), strict=True):
            if measured.same is not None and measured.same[0] < LEAST["same"]:
                rows.append(Row("background", "same", measured.same, False, f"a{number}", f"a{other}"))
        members.append([stories.member_of(vector, f"a{number}", article["title"])])
    return rows


def examples(streams: dict[str, list[Told]], mixed: Sequence[Told]) -> list[Row]:
    """Return the measures of the gold sets; `mixed` is NTREX in another order."""
    rows = [row for name, stream in streams.items() for row in rows_of(name, stream)]
    return rows + [row for row in rows_of("ntrex", mixed) if row.kind == "across"]


def told_twice(stream: Sequence[Told]) -> frozenset[frozenset[str]]:
    """Return the pairs of gold events of which the English articles say that they are one."""
    english = [entry for entry in stream if entry.article.language == "en"]
    rare = RareTerms()
    for entry in english:
        rare.add(entry.article.sketch)
    found = [(entry.event, stories.vector(entry.article.sketch, rare.rarity)) for entry in english]
    alone = [[stories.member_of(v, event, None)] for event, v in found]
    return frozenset(
        frozenset((event, other))
        for event, v in found
        for (other, _), measured in zip(found, stories.measure(v, alone), strict=True)
        if other != event and measured.likenesses[0] >= TOLD_TWICE
    )


def bereft(stream: Sequence[Told], evidence: str) -> list[Told]:
    """Return the stream without a kind of evidence."""
    return [
        replace(entry, article=replace(entry.article, sketch=without_evidence(entry.article.sketch, evidence)))
        for entry in stream
    ]


def without_evidence(sketch: stories.Sketch, evidence: str) -> stories.Sketch:
    terms = np.frombuffer(sketch.terms, stories._ENTRY).copy()
    flag = EVIDENCE[evidence]
    if evidence == "dates":
        terms = terms[terms["flags"] != stories.NEUTRAL]
    elif evidence == "rarity in the language":
        terms["prior"] = 0.01
    elif evidence.startswith("weight of"):
        marked = (terms["flags"] & flag) > 0
        terms["weight"][marked] /= stories.TITLE_WEIGHT if flag == stories.TITLE else stories.CAPITAL_WEIGHT
        terms["flags"] &= 255 - flag
    else:
        terms = terms[(terms["flags"] & flag) == 0]
    return msgspec.structs.replace(sketch, terms=terms.tobytes())


@cache
def fold_of(event: str) -> int:
    """Return the fold of an event; ECB+ has twins (``12``, ``12+``), which stay together."""
    return md5(event.rstrip("+").encode(), usedforsecurity=False).digest()[0] % FOLDS


def fit(rows: Sequence[Row], kind: str, without: frozenset[str]) -> Weights:
    """Return the weights of a logistic regression with a quadratic penalty on standardised measures."""
    names = ACROSS if kind == "across" else SAME
    used = [n for n, name in enumerate(names) if name not in without]
    chosen = [row for row in rows if row.kind == kind]
    x = np.array([row.measures for row in chosen])[:, used]
    y = np.array([row.same for row in chosen], float)
    # Each set counts alike, whatever its size.
    sizes = Counter((row.set, row.same) for row in chosen)
    share = np.array([SHARES.get(row.set, 100 if row.same else 1000) / sizes[row.set, row.same] for row in chosen])
    mean, spread = x.mean(0), x.std(0)
    spread[spread == 0] = 1
    z = np.column_stack(((x - mean) / spread, np.ones(len(x))))
    weights = np.zeros(z.shape[1])
    penalty = np.full(len(weights), 1 / PENALTY)
    penalty[-1] = 0
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(z @ weights, -30, 30)))
        gradient = z.T @ (share * (p - y)) + penalty * weights
        curvature = (z * (share * p * (1 - p) + 1e-9)[:, None]).T @ z + np.diag(penalty + 1e-9)
        step = np.linalg.solve(curvature, gradient)
        weights -= step
        if abs(step).max() < 1e-8:
            break
    raw = weights[:-1] / spread
    return Weights(
        measures={name: round(float(raw[used.index(n)]), 4) if n in used else 0.0 for n, name in enumerate(names)},
        constant=round(float(weights[-1] - raw @ mean), 4),
        threshold=THRESHOLDS[kind],
        least=LEAST[kind],
    )


def model(rows: Sequence[Row], without: frozenset[str] = frozenset()) -> Model:
    """Return the model fitted to the rows."""
    parts = {kind: fit(rows, kind, without) for kind in ("same", "across")}
    return Model(days_apart=DAYS_APART, merging=MERGING, **parts)


def grouped(stream: Sequence[Told], fitted: Model) -> dict[str, str]:
    """Return the story of each article, as the index gives it."""
    index = Index(SqliteStore(None), model=fitted)
    found = {}
    for start in range(0, len(stream), BATCH):
        batch = [entry.article for entry in stream[start : start + BATCH]]
        for article, story in zip(batch, index.assign_stories(batch), strict=True):
            found[article.uri] = story.uri if story else article.uri
    index.close()
    return found


Pairs = Counter[str]


def pairs(
    stream: Sequence[Told],
    found: dict[str, str],
    fold: int | None,
    neither_way: frozenset[frozenset[str]] = frozenset(),
) -> Pairs:
    """Return pairs found, right and wanted; a pair of two folds counts half in each, of events `neither_way` not."""
    event = {entry.article.uri: entry.event for entry in stream}
    counts: Pairs = Counter()
    for name, groups in (("found", found), ("wanted", event)):
        by_group: dict[str, list[str]] = defaultdict(list)
        for uri in event:
            by_group[groups[uri]].append(uri)
        for group in by_group.values():
            for a, b in itertools.combinations(group, 2):
                if frozenset((event[a], event[b])) in neither_way:
                    continue
                share = 2 if fold is None else (fold_of(event[a]) == fold) + (fold_of(event[b]) == fold)
                counts[name] += share
                counts["right"] += share * (name == "found" and event[a] == event[b])
    return counts


def shown(counts: Pairs) -> str:
    precision = counts["right"] / counts["found"] if counts["found"] else 1.0
    recall = counts["right"] / counts["wanted"]
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return f"{precision:.3f} {recall:.3f} {f1:.3f}"


def by_folds(
    streams: dict[str, list[Told]],
    rows: Sequence[Row],
    without: frozenset[str],
    thresholds: Sequence[tuple[float, float]],
) -> dict[tuple[float, float], dict[str, Pairs]]:
    """Return the pairs of each set by thresholds, each event by a model that was fitted without it."""
    result: dict[tuple[float, float], dict[str, Pairs]] = {t: defaultdict(Counter) for t in thresholds}
    for fold in range(FOLDS):
        fitted = model([row for row in rows if fold not in (fold_of(row.event), fold_of(row.other))], without)
        for same, across in thresholds:
            moved = replace_thresholds(fitted, same, across)
            for name, stream in streams.items():
                found = grouped(stream, moved)
                result[same, across][name].update(pairs(stream, found, fold))
                if name == "ntrex":
                    counts = pairs(stream, found, fold, told_twice(stream))
                    result[same, across][NEITHER_WAY].update(counts)
    return result


def replace_thresholds(fitted: Model, same: float, across: float) -> Model:
    change = msgspec.structs.replace
    return change(
        fitted,
        same=change(fitted.same, threshold=same),
        across=change(fitted.across, threshold=across),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true", help="write transforms/data/stories.json")
    parser.add_argument("--without", nargs="*", default=[], metavar="MEASURE")
    parser.add_argument("--ablation", action="store_true", help="leave out each kind of evidence in turn")
    parser.add_argument("--thresholds", action="store_true", help="try other thresholds")
    parser.add_argument("--sets", nargs="*", help="of the table only these")
    parser.add_argument("--cache", type=Path, help="file to keep the articles in between runs")
    asked = parser.parse_args()
    articles = told(asked.folder, asked.cache)
    streams = {name: sketched(rows) for name, rows in articles.items()}
    uncased = {
        f"{name} (no capitals)": sketched(stream, cased=False) for name, stream in articles.items() if name != "ntrex"
    }
    mixed = list(streams["ntrex"])
    random.Random(1).shuffle(mixed)
    measured = {**streams, **uncased, "ntrex (shuffled)": mixed}
    if asked.sets is not None:
        measured = {name: measured[name] for name in asked.sets}
    without = frozenset(asked.without)
    rows = examples({**streams, **uncased}, mixed) + background(asked.folder.parent)
    if asked.write:
        path = Path(stories.__file__).parent.parent / "data" / "stories.json"
        path.write_bytes(msgspec.json.format(msgspec.json.encode(model(rows, without)), indent=1) + b"\n")
        return
    columns = [*measured, NEITHER_WAY]
    table = Table("model", *columns, title="pairs of articles in one story: precision recall F1, by folds", box=None)
    usual = (THRESHOLDS["same"], THRESHOLDS["across"])
    thresholds = [usual]
    if asked.thresholds:
        thresholds = [(usual[0] + step, usual[1] + step) for step in (-1.0, -0.5, 0.0, 0.5, 1.0)]
    for t, found in by_folds(measured, rows, without, thresholds).items():
        table.add_row(f"thresholds {t[0]:+} {t[1]:+}", *(shown(found[name]) for name in columns))
    if asked.ablation:
        for evidence in EVIDENCE:
            with patch.object(rarity, "PRIOR_ARTICLES", NEVER if evidence == "rarity in the stream" else USUAL):
                less = {name: bereft(stream, evidence) for name, stream in {**streams, **uncased}.items()}
                known = examples(less, bereft(mixed, evidence)) + background(asked.folder.parent, evidence)
                found = by_folds({name: less[name] for name in measured if name in less}, known, without, [usual])[
                    usual
                ]
            table.add_row(f"without {evidence}", *(shown(found[name]) if name in found else "" for name in columns))
    Console(width=200).print(table)


if __name__ == "__main__":
    main()
