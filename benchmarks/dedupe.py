"""Measure the article index: ``python -m benchmarks.dedupe ../shared/evaldata [--stored 10000 100000]``.

Quality: near-duplicates among Arabic news of several papers (`arabic/saudinewsnet.jsonl.gz`) and among English pages
with realistic edits (made here from the gold texts under `extraction/`), against brute force: gold pairs have a Jaccard
similarity of word 5-grams over folded text of at least .7. Two measures of each:

* *pairs*: each gold pair, and each pair of records under one original. Likeness is not transitive, so no grouping of
  records under originals agrees with all pairs; the row "best grouping" is a local search that knows all of them.
* *decisions*: each record that has an earlier gold partner should be a duplicate; each duplicate and its original
  should be a gold pair.

Cost: fingerprints per second, and milliseconds per record in batches of 64 with so many records already stored, on
SQLite and PostgreSQL (a server of the benchmark's own, durable), with bytes stored per record. The store is filled with
rows of the shape that articles leave, then records are observed. Without ``--stored`` 1000000 it is quick.
"""

import argparse
import gzip
import hashlib
import json
import random
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure
from benchmarks.gold import gold_sets, read_gold
from pipeline.index import Decision, Index, Observation, Probe, open_index
from pipeline.index.storage.base import Decided, Identity, NewVersion, Request, Store, Version, Writes
from pipeline.index.storage.postgres import PostgresStore
from pipeline.index.storage.sqlite import SqliteStore
from tests.support.postgres import postgres_server
from transforms.dedup.fingerprint import BANDS, SCHEME, fingerprint
from transforms.text.folding import fold

NEAR = 0.7
BATCH = 64
FILLED_AT_ONCE = 5_000
BANDS_AT_ONCE = 1_000_000
Pairs = dict[tuple[int, int], float]
Record = tuple[str, str, str]
"""Uri, source, text."""


def observation(number: int, uri: str, source: str, text: str, title: str) -> Observation:
    return Observation(
        coordinates=f"benchmark#{number}",
        request_key=uri,
        body_sha256=hashlib.sha256(text.encode()).hexdigest(),
        uri=uri,
        title=title,
        text=text,
        language=None,
        source=source,
        published_at=None,
        fetched_at=None,
        fingerprint=fingerprint(text),
    )


def observe(index: Index, records: Sequence[Observation]) -> list[Decision]:
    return [d for start in range(0, len(records), BATCH) for d in index.observe(records[start : start + BATCH])]


def arabic(folder: Path) -> list[Record]:
    with gzip.open(folder / "arabic" / "saudinewsnet.jsonl.gz", "rt", encoding="utf-8") as lines:
        articles = [json.loads(line) for line in lines]
    return [(f"{a['url']}#{n}", a["source"], a["content"]) for n, a in enumerate(articles)]


def english(folder: Path) -> list[Record]:
    """Return gold texts, each with five copies as other sites would publish them, shuffled."""
    choose = random.Random(1)
    texts = sorted(
        {page.text for path in gold_sets(folder / "extraction").values() for page in read_gold(path) if page.text}
    )
    texts = [text for text in texts if len(text.split()) >= 60 and " the " in text]
    paragraphs = [p for text in texts for p in text.split("\n") if 15 <= len(p.split()) <= 80]
    boilerplate = [" ".join(choose.sample(paragraphs, 1)[0].split()[:20]) for _ in range(12)]
    records: list[Record] = []
    for n, text in enumerate(texts):
        words = text.split()
        edited = [w if choose.random() > 0.02 else choose.choice(words) for w in words]
        typography = text.replace('"', "“").replace("'", "’").replace(" - ", " – ").replace(" ", "\u00a0", 20)
        variants = [
            text,
            typography,
            f"{text}\n{choose.choice(paragraphs)}",
            " ".join(words[: max(1, round(len(words) * choose.uniform(0.6, 0.95)))]),
            f"{boilerplate[n % 12]}\n{text}\n{boilerplate[(n + 5) % 12]}\n{boilerplate[(n + 7) % 12]}",
            " ".join(edited),
        ]
        records += [(f"https://{site}.example/{n}", f"{site}.example", v) for site, v in enumerate(variants)]
    choose.shuffle(records)
    return records


def brute_force(texts: Sequence[str]) -> Pairs:
    """Return all pairs of texts with a Jaccard similarity of at least `NEAR`."""
    numbers: dict[tuple[str, ...], int] = {}
    rows = []
    for text in texts:
        words = fold(text).split()
        grams = {tuple(words[i : i + 5]) for i in range(max(1, len(words) - 4))} if words else set()
        rows.append(np.array([numbers.setdefault(gram, len(numbers)) for gram in grams], dtype=np.int64))
    grams_of = np.concatenate(rows)
    order = np.argsort(grams_of, kind="stable")
    owners = np.repeat(np.arange(len(rows)), [len(row) for row in rows])[order]
    starts = np.searchsorted(grams_of[order], np.arange(len(numbers) + 1))
    pairs: Pairs = {}
    for i, row in enumerate(rows):
        if not len(row):
            continue
        common = np.bincount(np.concatenate([owners[starts[g] : starts[g + 1]] for g in row]), minlength=len(rows))
        for j in np.nonzero(common[i + 1 :])[0] + i + 1:
            similarity = common[j] / (len(row) + len(rows[j]) - common[j])
            if similarity >= NEAR:
                pairs[(i, int(j))] = float(similarity)
    return pairs


def grouped_pairs(groups: Sequence[object]) -> set[tuple[int, int]]:
    members: dict[object, list[int]] = defaultdict(list)
    for number, group in enumerate(groups):
        members[group].append(number)
    return {(a, b) for group in members.values() for n, a in enumerate(group) for b in group[n + 1 :]}


def best_grouping(count: int, gold: Pairs) -> list[int]:
    """Return a grouping that a local search finds with knowledge of all gold pairs."""
    near: dict[int, set[int]] = defaultdict(set)
    for a, b in gold:
        near[a].add(b)
        near[b].add(a)
    groups = list(range(count))
    members = {n: {n} for n in range(count)}
    for _ in range(30):
        moved = False
        for n in sorted(near):

            def gain(group: int, n: int = n) -> int:
                others = members[group] - {n}
                return 2 * len(others & near[n]) - len(others)

            best = max(sorted({groups[m] for m in near[n]} | {groups[n]}), key=lambda g, n=n: (gain(g), g == groups[n]))
            if gain(best) > gain(groups[n]):
                members[groups[n]].discard(n)
                members[best].add(n)
                groups[n] = best
                moved = True
        if not moved:
            break
    return groups


def quality(table: Table, name: str, records: Sequence[Record]) -> None:
    observations = [observation(n, uri, source, text, f"Title {n}") for n, (uri, source, text) in enumerate(records)]
    index = open_index("memory:")
    decisions = observe(index, observations)
    index.close()
    number = {uri: n for n, (uri, _, _) in enumerate(records)}
    gold = brute_force([text for _, _, text in records])

    def row(label: str, right: int, wanted: int, found: int) -> None:
        table.add_row(name, label, str(wanted), f"{right / wanted:.4f}", f"{right / found:.4f}")

    predicted = grouped_pairs([d.duplicate_of or d.uri for d in decisions])
    row("pairs", len(gold.keys() & predicted), len(gold), len(predicted))
    best = grouped_pairs(best_grouping(len(records), gold))
    row("pairs, best grouping", len(gold.keys() & best), len(gold), len(best))
    late = {b for _, b in gold}
    duplicates = {n for n, d in enumerate(decisions) if d.outcome == "duplicate"}
    right = sum((number[d.duplicate_of or ""], n) in gold for n, d in enumerate(decisions) if d.outcome == "duplicate")
    table.add_row(
        name,
        "decisions",
        str(len(late)),
        f"{len(late & duplicates) / len(late):.4f}",
        f"{right / len(duplicates):.4f}",
    )


def synthetic(seed: int) -> Iterator[Observation]:
    """Yield endless records of 1.5 to 3 KB: new articles, one in ten a near-duplicate, one in ten a crawl again."""
    random_ = np.random.default_rng(seed)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    vocabulary = np.array(["".join(word) for word in random_.choice(letters, size=(50_000, 7))])
    recent: list[list[str]] = []
    number = 0
    while True:
        kind = random_.random()
        uri = f"https://site{random_.integers(500)}.example/{seed}/{number}"
        if kind < 0.2 and recent:
            words = list(recent[int(random_.integers(len(recent)))])
            if kind < 0.1:
                words[: len(words) // 20] = vocabulary[random_.integers(50_000, size=len(words) // 20)]
        else:
            words = list(vocabulary[random_.integers(50_000, size=int(random_.integers(190, 380)))])
            recent = [*recent[-2000:], words]
        cut = len(words) // 3
        text = "\n".join(" ".join(words[start : start + cut]) for start in range(0, len(words), cut))
        yield observation(number, uri, uri.split("/")[2], text, f"Title {number}")
        number += 1


def fill(store: Store, first: int, last: int) -> None:
    """Store rows of the shape that as many new articles leave, without deciding on them; band keys in long batches."""
    random_ = np.random.default_rng(first)
    content = random_.bytes(1200).hex()  # compresses to 1.2 KB, as 3 KB of text do
    bands: list[tuple[int, int]] = []
    for start in range(first, last, FILLED_AT_ONCE):
        writes = Writes()
        for number in range(start, min(start + FILLED_AT_ONCE, last)):
            id_, hashes = number + 1, random_.bytes(16)
            uri = f"https://site{number % 500}.example/filled/{number}"
            coordinates = f"filled#{number}"
            writes.identities[id_] = Identity(id=id_, uri=uri, source=uri.split("/")[2], versions=1, current=id_)
            version = Version(
                id=id_,
                identity_id=id_,
                uri=uri,
                source=uri.split("/")[2],
                number=1,
                text=hashes,
                scheme=SCHEME,
                tokens=280,
                shingles=random_.bytes(4 * 280),
                title=f"Title {number}",
                published_at=None,
                modified_at=None,
                fetched_at=None,
            )
            keys = tuple(random_.integers(-(2**63), 2**63, size=BANDS).tolist())
            bands += [(key, id_) for key in keys]
            writes.versions.append(
                NewVersion(
                    version=version,
                    language=None,
                    change="new",
                    changes=None,
                    related=None,
                    bands=keys,
                    content=content,
                    coordinates=coordinates,
                )
            )
            writes.requests[random_.bytes(16)] = Request(body=hashes, identity_id=id_, text=hashes)
            decision = f'{{"outcome":"article","uri":"{uri}","version":1,"change":"new"}}'.encode()
            writes.decisions[coordinates] = Decided(body=hashes, identity_id=id_, decision=decision)
        if len(bands) >= BANDS_AT_ONCE or start + FILLED_AT_ONCE >= last:
            writes.bands, bands = sorted(bands), []
        with store.transaction(exclusive=True):
            writes.band_marks = dict.fromkeys(store.band_marks(), last)
            store.write(writes, 20_000)


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds for a record in batches, with so many stored."""

    stored: int
    observe: float
    """Median over the batches …"""
    mean: float
    cpu: float
    """… and of `mean`, processor time of this process."""
    recall: float
    size: float
    """Bytes stored for a record."""


def cost(store: Store, stored: Sequence[int]) -> Iterator[Cost]:
    """Yield what the index costs at each of some sizes; closes the store."""
    index = Index(store)
    records = synthetic(7)
    for target in stored:
        with store.transaction(exclusive=True):
            first, _ = store.last_ids()
        fill(store, first, target)
        recalling, observing, cpu = [], [], []
        for _ in range(40):
            batch = [next(records) for _ in range(BATCH)]
            probes = [
                Probe(coordinates=o.coordinates, request_key=o.request_key, body_sha256=o.body_sha256) for o in batch
            ]
            start = time.perf_counter()
            index.recall(probes)
            middle, working = time.perf_counter(), time.process_time()
            index.observe(batch)
            cpu.append((time.process_time() - working) / BATCH * 1000)
            recalling.append((middle - start) / BATCH * 1000)
            observing.append((time.perf_counter() - middle) / BATCH * 1000)
        counts = index.statistics()
        yield Cost(
            stored=target,
            observe=statistics.median(observing),
            mean=statistics.mean(observing),
            cpu=statistics.mean(cpu),
            recall=statistics.median(recalling),
            size=counts["bytes"] / counts["decision"],
        )
    index.close()


def growth(small: int, large: int) -> list[Figure]:
    """Measure an SQLite index at two sizes, in processor time: what a record costs, and how much more at the larger."""
    with tempfile.TemporaryDirectory() as folder:
        first, last = cost(SqliteStore(Path(folder) / "index.sqlite"), [small, large])
    return [
        Figure(
            what=f"index, SQLite, {large:,} stored: observe, CPU", value=last.cpu, unit="ms", goal=1, at_least=False
        ),
        Figure(
            what=f"index, SQLite: {large:,} / {small:,} stored",
            value=last.cpu / first.cpu,
            sides=f"{last.cpu:.2f} / {first.cpu:.2f} ms",
            goal=1.5,
            at_least=False,
        ),
    ]


def show(console: Console, name: str, store: Store, stored: Sequence[int]) -> None:
    for at in cost(store, stored):
        console.print(
            f"{name:10} {at.stored:>10,} stored: observe {at.observe:.3f} ms/record"
            f" (mean {at.mean:.3f}, of it CPU of this process {at.cpu:.3f}),"
            f" recall {at.recall:.3f}, {at.size:,.0f} bytes/record"
        )


def speed(table: Table, texts: Sequence[str]) -> None:
    chosen = [text for text in texts if 1500 <= len(text.encode()) <= 3000][:2000]
    rates = []
    for _ in range(3):
        start = time.process_time()
        for text in chosen:
            fingerprint(text)
        rates.append(len(chosen) / (time.process_time() - start))
    table.add_row("folding and fingerprint, Arabic, 1.5-3 KB", f"{statistics.median(rates):,.0f} records/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("evaldata", type=Path, help="folder with arabic/ and extraction/")
    parser.add_argument(
        "--stored", type=int, nargs="*", default=[10_000, 100_000], help="records stored before measuring"
    )
    parser.add_argument("--no-quality", action="store_true", help="measure cost only")
    parser.add_argument("--store", choices=["sqlite", "postgresql"], help="measure the cost of one store only")
    options = parser.parse_args()
    if not options.evaldata.is_dir():
        parser.error(f"no such folder: {options.evaldata}")
    console = Console()
    if not options.no_quality:
        table = Table("set", "measure", "wanted", "recall", "precision", title="Near-duplicates")
        texts = arabic(options.evaldata)
        quality(table, "Arabic news", texts)
        quality(table, "English, edited", english(options.evaldata))
        console.print(table)
        table = Table("what", "rate", title="Fingerprints, CPU time of one core")
        speed(table, [text for _, _, text in texts])
        console.print(table)
    if options.stored and options.store != "postgresql":
        with tempfile.TemporaryDirectory() as folder:
            show(console, "SQLite", SqliteStore(Path(folder) / "index.sqlite"), options.stored)
    if options.stored and options.store != "sqlite":
        with postgres_server(durable=True) as url:
            show(console, "PostgreSQL", PostgresStore(url.format("postgres")), options.stored)


if __name__ == "__main__":
    main()
