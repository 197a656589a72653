"""How fast the dashboard answers with many articles, and whether its memory stays flat.

    python -m benchmarks.dashboard STORE_URL [--articles 1000000] [--texts saudinewsnet.jsonl.gz] [--requests 60]

Fills the store when it is empty, with real texts when a file of them is given (JSON Lines of ``content``, ``title``).
Then asks a server in a process of its own for each kind of page, with changing parameters, and prints
the time of each in milliseconds, and the server's memory in MiB before, half-way and after.
"""

import argparse
import gzip
import json
import random
import re
import statistics
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.store import Database, Stored, Writer, open_database
from schemas.records import (
    Article,
    Extraction,
    FileProvenance,
    Keyword,
    Ledger,
    Organisation,
    OutcomeCounts,
    Person,
    Place,
    Quote,
    Source,
    Story,
)
from tests.support.news import dead, duplicate

_FIRST = datetime(2025, 1, 1, tzinfo=UTC)
_BATCH = 2000
_LANGUAGES = ("ar", "ar", "ar", "en", "en", "fr", "de", "es", "tr", "ru", "fa", "zh")
_COUNTRIES = [
    *("SA", "EG", "SD", "PS", "SY", "IQ", "YE", "LY", "US", "FR", "DE", "GB", "RU", "CN", "TR"),
    *("IR", "IN", "BR", "ZA", "NG", "JP", "AU", "MX", "CA", "IT", "ES", "PL", "UA", "KR", "ID"),
]
_TOPICS = ("politics", "economy", "sport", "culture", "science", "health", "weather", "technology")


def texts(path: Path | None) -> list[tuple[str, str]]:
    """Return (title, text) pairs."""
    if path is None:
        draw = random.Random(7)
        words = ["".join(draw.choices("ابتثجحخدذرزسشصضطظعغفقكلمنهوي", k=draw.randint(2, 8))) for _ in range(30_000)]
        return [
            (" ".join(draw.choices(words, k=8)), "\n".join(" ".join(draw.choices(words, k=60)) for _ in range(4)))
            for _ in range(5000)
        ]
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    return [(record["title"], record["content"][:2500]) for record in records if record.get("content")]


def articles(count: int, pairs: list[tuple[str, str]]) -> Iterator[Article]:
    draw = random.Random(11)
    for number in range(count):
        title, text = pairs[draw.randrange(len(pairs))]
        at = f"{_FIRST + timedelta(seconds=number * 31):%Y-%m-%dT%H:%M:%SZ}"
        domain = f"paper{int(draw.paretovariate(0.8)) % 400}.example"
        people = [f"Person {int(draw.paretovariate(0.6)) % 90_000}" for _ in "12"]
        yield Article(
            uri=f"https://{domain}/{number}",
            version=1,
            change="new",
            url=f"https://{domain}/{number}",
            source=Source(domain=domain),
            language=draw.choice(_LANGUAGES),
            language_confidence=1.0,
            script="Arab",
            direction="rtl",
            title=f"{title} {number}",
            title_source="meta",
            lede=text[:200],
            text=f"{text}\n{number}",
            authors=(),
            word_count=len(text) // 6,
            char_count=len(text),
            published_at=at,
            published_precision="minute",
            published_source="meta",
            modified_at=None,
            fetched_at=at,
            section=draw.choice(_TOPICS),
            places=tuple(
                Place(name=code, text=code, country_code=code, kind="country", count=1, spans=((0, 2),))
                for code in dict.fromkeys(draw.choices(_COUNTRIES, k=3))
            ),
            people=tuple(Person(name=name, count=1, spans=((0, 2),)) for name in people),
            organisations=(Organisation(name=f"Organisation {draw.randrange(3000)}", count=1, spans=((0, 2),)),),
            keywords=tuple(Keyword(text=word, score=1.0) for word in dict.fromkeys(title.split()[:5])),
            quotes=(Quote(text=text[:80], speaker=people[0], span=(0, 80)),) if number % 3 == 0 else (),
            figures=(),
            dates_mentioned=(),
            story=Story(uri=f"story:{number // 4}", similarity=0.9),
            extraction=Extraction(method="plain", encoding="utf-8"),
            provenance=FileProvenance(path="bench", record=number, content_sha256="0" * 64, pipeline_version="1"),
        )


def fill(database: Database, count: int, pairs: list[tuple[str, str]]) -> None:
    writer = Writer(database)
    began = time.monotonic()
    batch: list[Stored] = []
    others = max(count // 100, 30)

    def flush() -> None:
        writer.write(batch)
        batch.clear()

    for number, article in enumerate(articles(count, pairs), 1):
        batch.append(Stored(article))
        if number % (count // others) == 0:
            batch.append(Stored(duplicate(count + number, article)))
            batch.append(Stored(dead(2 * count + number, message=f"nothing to read in {number}")))
        if len(batch) >= _BATCH:
            flush()
            if number // _BATCH % 25 == 0:
                rate = number / (time.monotonic() - began)
                print(f"\r{number} articles, {rate:.0f}/s", end="", file=sys.stderr, flush=True)
    batch.append(
        Stored(
            Ledger(
                source="bench",
                from_=0,
                to=count,
                records=count,
                outcomes=OutcomeCounts(article=count),
                reasons={},
                pipeline_version="1",
            )
        )
    )
    flush()
    writer.optimise()
    print(f"\nloaded {count} articles in {time.monotonic() - began:.0f} s", file=sys.stderr)


def pages(count: int, pairs: list[tuple[str, str]]) -> dict[str, Callable[[random.Random], str]]:
    """Return the kinds of pages, each with a function that draws an address."""
    words = sorted({word for title, _ in pairs[:500] for word in title.split() if len(word) > 3})
    common = "في"

    def q(text: str, **more: str) -> str:
        return "/explore?" + urllib.parse.urlencode({"q": text, **more})

    def at(draw: random.Random) -> datetime:
        return _FIRST + timedelta(seconds=draw.randrange(count) * 31)

    def day(draw: random.Random) -> str:
        return f"{at(draw):%Y-%m-%d}"

    def days(draw: random.Random, length: int) -> str:
        last = at(draw)
        return f"since={last - timedelta(days=length - 1):%Y-%m-%d}&until={last:%Y-%m-%d}"

    def person(draw: random.Random) -> str:
        return f"Person+{draw.randrange(1, 2000)}"

    return {
        "today": lambda draw: "/",
        "today, another day": lambda draw: f"/?day={day(draw)}",
        "stories, newest": lambda draw: "/stories",
        "stories, most sources": lambda draw: "/stories?order=sources",
        "story": lambda draw: f"/story?uri=story:{draw.randrange(count // 4)}",
        "explore": lambda draw: "/explore",
        "explore, deep page": lambda draw: f"/explore?page={draw.randrange(1, 400)}",
        "search, any word": lambda draw: q(draw.choice(words)),
        "search, the commonest word": lambda draw: q(common),
        "search, two words": lambda draw: q(" ".join(draw.sample(words, 2))),
        "search, OR and without": lambda draw: q("{} OR {} -{}".format(*draw.sample(words, 3))),
        "search, beginning": lambda draw: q(f"{draw.choice(words)[:3]}*"),
        "search, phrase": lambda draw: q('"' + " ".join(draw.choice(pairs)[0].split()[:3]) + '"'),
        "search and filters": lambda draw: q(common, language=draw.choice(_LANGUAGES), country=draw.choice(_COUNTRIES)),
        "filter, language": lambda draw: f"/explore?language={draw.choice(_LANGUAGES)}",
        "filter, country": lambda draw: f"/explore?country={draw.choice(_COUNTRIES)}",
        "filters, three": lambda draw: (
            f"/explore?language={draw.choice(_LANGUAGES)}&country={draw.choice(_COUNTRIES)}&topic={draw.choice(_TOPICS)}"
        ),
        "filters, nothing found": lambda draw: "/explore?language=ar&country=AQ&topic=none",
        "filter, person": lambda draw: f"/explore?person={person(draw)}",
        "a day": lambda draw: f"/explore?{days(draw, 1)}",
        "30 days": lambda draw: f"/explore?{days(draw, 30)}",
        "90 days of a country": lambda draw: f"/explore?country={draw.choice(_COUNTRIES)}&{days(draw, 90)}",
        "about a person": lambda draw: f"/about?person={person(draw)}",
        "about a country": lambda draw: f"/about?country={draw.choice(_COUNTRIES)}",
        "two countries": lambda draw: "/about?" + "&".join(f"country={c}" for c in draw.sample(_COUNTRIES, 2)),
        "about a source": lambda draw: f"/about?source=paper{draw.randrange(400)}.example",
        "quotes": lambda draw: "/quotes",
        "quotes of a person": lambda draw: f"/quotes?speaker={person(draw)}",
        "sources": lambda draw: "/sources",
        "article": lambda draw: f"/article/{draw.randrange(1, count)}",
        "operations": lambda draw: "/operations",
        "duplicates": lambda draw: "/duplicates",
        "dead letters": lambda draw: "/dead",
        "dead letters by reason": lambda draw: "/dead?reason=no_content",
    }


def memory_mib(pid: int) -> float:
    """Return the resident memory that is the process's own, not the page cache's."""
    found = re.search(r"RssAnon:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found.group(1)) / 1024 if found else 0.0


def ask(address: str) -> float:
    began = time.perf_counter()
    with urllib.request.urlopen(address) as answer:
        answer.read()
    return (time.perf_counter() - began) * 1000


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def line(name: str, times: list[float]) -> str:
    return f"{name:<30}{statistics.median(times):>9.1f}{percentile(times, 0.95):>9.1f}{max(times):>9.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store")
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--requests", type=int, default=60)
    options = parser.parse_args()
    pairs = texts(options.texts)
    database = open_database(options.store)
    Writer(database)
    count = int(database.query("SELECT count(*) FROM articles")[0][0])
    if not count:
        fill(database, options.articles, pairs)
        count = options.articles
    database.close()

    command = [Path(sys.executable).with_name("khabar"), "dashboard", "--store", options.store, "--port", "0"]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert server.stderr is not None
        said = server.stderr.readline()
        site = re.search(r"http://[\d.:]+", said)
        if site is None:
            sys.exit(said)
        draw = random.Random(3)
        ask(f"{site.group()}/explore")
        memory = [memory_mib(server.pid)]
        everything: list[float] = []
        kinds = pages(count, pairs)
        print(f"{count} articles, {options.requests} requests a page, one after the other\n")
        print(f"{'page':<30}{'median':>9}{'p95':>9}{'worst':>9}   ms")
        for place, (name, address) in enumerate(kinds.items()):
            times = [ask(site.group() + address(draw)) for _ in range(options.requests)]
            everything += times
            print(line(name, times))
            if place == len(kinds) // 2:
                memory.append(memory_mib(server.pid))
        print(line("all pages", everything))
        mixed = [site.group() + address(draw) for _ in range(options.requests // 2) for address in kinds.values()]
        with ThreadPoolExecutor(4) as pool:
            times = list(pool.map(ask, mixed))
        memory.append(memory_mib(server.pid))
        print(line("all pages, 4 at once", times))
        print(f"\nmemory of the server, MiB: {', '.join(f'{value:.0f}' for value in memory)}")
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
