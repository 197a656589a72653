"""Measure what finding stories costs: ``python -m benchmarks.stories ../shared/evaldata [--stored 100000 1000000]``.

Real articles of one week (`arabic/saudinewsnet.jsonl.gz`) are put into stories in batches of 64, with so many articles
of the last 14 days already stored, on SQLite and PostgreSQL (a server of the benchmark's own, durable). The store is
filled with rows of the shape that articles leave: three of ten articles join a story, all others open one; terms are
counted as after a long stream, where counts are taken into account every 512 articles.

* *sketch*: processor time of what the sandbox does, the sketch of an article;
* *prepare*: processor time of this process before the lock;
* *lock*: how long the exclusive transaction lasts, for an article, and the processor time of this process in it;
* *server*: processor time of the process of PostgreSQL that serves this one, before the lock and in it;
* *all*: the sum of the processor times;
* *bytes*: of the index for each stored article; *MB*: by how much the memory of this process grew over all articles.

As the speed of machines differs, the last column is a unit of this run: the time that SHA-256 takes for 1 MB.
"""

import argparse
import gzip
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import psycopg
from rich.console import Console
from rich.table import Table

from benchmarks.figures import unit
from pipeline.index.base import StoryArticle
from pipeline.index.index import Index
from pipeline.index.storage.base import RareTermsWrite, Store, Writes
from pipeline.index.storage.postgres import PostgresStore
from pipeline.index.storage.sqlite import SqliteStore
from pipeline.index.stories import event_day
from tests.support.postgres import postgres_server
from transforms.dedup.rarity import Rarity
from transforms.dedup.stories import counted, member_of, pack, search_keys, sketch, vector

BATCH: Final = 64
DAYS: Final = 14
TEMPLATES: Final = 400
AT_ONCE: Final = 20_000
JOINING: Final = 0.3
COUNTED: Final = 30_000
"""Articles whose terms are counted in advance."""


def articles(folder: Path, count: int) -> tuple[list[StoryArticle], float]:
    """Return real articles with their sketches, and the milliseconds of processor time that one sketch takes."""
    with gzip.open(folder / "arabic" / "saudinewsnet.jsonl.gz", "rt", encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines]
    chosen = sorted(random.Random(1).sample(found, count), key=lambda a: a["date_extracted"])
    for article in chosen[:200]:
        sketch(language="ar", title=article["title"], text=article["content"])
    started = time.process_time()
    sketches = [sketch(language="ar", title=a["title"], text=a["content"]) for a in chosen]
    milliseconds = (time.process_time() - started) * 1000 / count
    return [
        StoryArticle(
            uri=f"{a['url']}#{n}",
            version=1,
            event_at=f"2015-08-{10 + n * 4 // count:02}T12:00:00Z",
            title=a["title"],
            source=a["source"],
            language="ar",
            sketch=s,
        )
        for n, (a, s) in enumerate(zip(chosen, sketches, strict=True))
    ], milliseconds


def rows(templates: list[StoryArticle], stored: int) -> Iterator[tuple[str, int, Iterator[tuple[Any, ...]]]]:
    """Yield table, number of columns and rows for so many articles of the last days before the benchmark's."""
    choose = np.random.default_rng(2)
    rarity = Rarity()
    vectors = [vector(template.sketch, rarity) for template in templates]
    members = [pack([member_of(v, "https://example.com/an/article", "A title")]) for v in vectors]
    keys = [search_keys(v).posted for v in vectors]
    last = event_day("2015-08-13") or 0
    stories = int(stored * (1 - JOINING))
    days = np.sort(choose.integers(last - DAYS + 1, last + 1, stories))
    facts = '{"first_time":"2015-08-01T00:00:00Z","first_source":"example.com","sources":{"example.com":1}}'
    yield (
        "story (id, uri, first_day, last_day, articles, title, merged_into, facts, members, last_seen)",
        10,
        (
            (
                n + 1,
                f"https://example.com/{n}",
                int(d),
                int(d),
                1,
                "A title",
                None,
                facts,
                members[n % TEMPLATES],
                int(d),
            )
            for n, d in enumerate(days.tolist())
        ),
    )
    # One key in eight is that of a real article, so that these stories are candidates.
    posted = [
        (key if choose.random() < 0.125 else int(choose.integers(0, 1 << 32)), int(d), n + 1)
        for n, d in enumerate(days.tolist())
        for key in keys[n % TEMPLATES]
    ]
    posted = sorted(set(posted))
    yield "story_term (key, day, story_id)", 3, iter(posted)
    yield (
        "story_member (uri, version, story_id, similarity, event_day, articles, title, merged)",
        8,
        (
            (f"https://example.com/{n}", 1, n % stories + 1, 1.0, int(days[n % stories]), 1, "A title", None)
            for n in range(stored)
        ),
    )


def fill(store: Store, templates: list[StoryArticle], stored: int) -> None:
    """Write rows straight into the tables."""
    for table, columns, values in rows(templates, stored):
        if isinstance(store, SqliteStore):
            db = store._db
            db.execute("BEGIN")
            db.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * columns)})", values)
            db.execute("COMMIT")
        else:
            assert isinstance(store, PostgresStore)
            with store._db.transaction(), store._db.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy:
                for row in values:
                    copy.write_row(row)
    counts = Rarity()
    entries = [(article.sketch.language, *counted(article.sketch)) for article in templates]
    counts.count(entries[n % len(entries)] for n in range(min(stored, COUNTED)))
    write = RareTermsWrite(articles=counts.articles, taken=counts.articles, counts=counts.pack(), waiting=None)
    with store.transaction(exclusive=True):
        store.write(Writes(rare_terms=write), 0)
    if isinstance(store, PostgresStore):
        store._db.execute("VACUUM ANALYZE")


class Watched:
    """Times the transactions of a store: `wall` and `cpu` of the exclusive ones, `prepared` of those before them."""

    def __init__(self, store: Store) -> None:
        self.wall: list[float] = []
        self.cpu: list[float] = []
        self.prepared: list[float] = []
        self.server: list[float] = []
        """What the server's process has used in all after each exclusive transaction."""
        transaction = store.transaction

        @contextmanager
        def watched(*, exclusive: bool) -> Iterator[None]:
            if not exclusive:
                cpu = time.process_time()
                with transaction(exclusive=False):
                    yield
                self.prepared.append(time.process_time() - cpu)
                return
            with transaction(exclusive=True):
                wall, cpu = time.perf_counter(), time.process_time()
                yield
            self.wall.append(time.perf_counter() - wall)
            self.cpu.append(time.process_time() - cpu)
            self.server.append(server_time(store))

        store.transaction = watched  # type: ignore[method-assign]

    def milliseconds(self) -> tuple[float, float, float, float]:
        """Return of an article, once caches are warm: preparing, the lock, its processor time, the server's."""
        skipped = len(self.wall) // 5
        prepared, wall, cpu = (
            statistics.mean(times[skipped:]) * 1000 / BATCH for times in (self.prepared, self.wall, self.cpu)
        )
        server = (self.server[-1] - self.server[skipped]) * 1000 / BATCH / (len(self.server) - 1 - skipped)
        return prepared, wall, cpu, server


def server_time(store: Store) -> float:
    """Return the seconds of processor time of the process that serves the store's connection, 0 where there is none."""
    if not isinstance(store, PostgresStore):
        return 0.0
    stat = Path(f"/proc/{store._db.info.backend_pid}/stat").read_text().rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def memory() -> float:
    """Return the megabytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--stored", type=int, nargs="*", default=[10_000])
    parser.add_argument("--articles", type=int, default=2_000)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    asked = parser.parse_args()
    found, before = articles(asked.folder, asked.articles)
    table = Table(
        "index",
        "stored",
        "sketch",
        "prepare",
        "lock, ms",
        "of it CPU",
        "server",
        "all, CPU ms",
        "stories",
        "bytes",
        "MB",
        "unit, ms",
        box=None,
    )
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        server = stack.enter_context(postgres_server()) if asked.only != "sqlite" else ""
        for name in ("sqlite", "postgresql"):
            if asked.only not in (None, name):
                continue
            for stored in asked.stored:
                store: Store
                if name == "sqlite":
                    store = SqliteStore(Path(folder, f"{stored}.sqlite"))
                else:
                    with psycopg.connect(server.format("postgres"), autocommit=True) as connection:
                        connection.execute(f"CREATE DATABASE stories_{stored}")
                    store = PostgresStore(server.format(f"stories_{stored}"))
                fill(store, found[:TEMPLATES], stored)
                watched = Watched(store)
                held = memory()
                index = Index(store, clock=lambda: 16_660 * 86_400)
                told = [
                    story
                    for start in range(0, len(found), BATCH)
                    for story in index.assign_stories(found[start : start + BATCH])
                ]
                size = index.statistics()["bytes"]
                prepared, wall, cpu, server_cpu = watched.milliseconds()
                table.add_row(
                    name,
                    f"{stored:,}",
                    *(f"{n:.3f}" for n in (before, prepared, wall, cpu, server_cpu)),
                    f"{before + prepared + cpu + server_cpu:.3f}",
                    str(len({story.uri for story in told if story})),
                    f"{size / (stored + len(found)):,.0f}",
                    f"{memory() - held:.1f}",
                    f"{unit():.2f}",
                )
                index.close()
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
