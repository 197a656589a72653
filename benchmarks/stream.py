"""Throughput, latency and memory through a real broker: ``python -m benchmarks.stream``.

Each ratio is measured on the same records in the same run on the same cores, the two sides in turns:

a) HTML pages end to end through Kafka against `trafilatura.bare_extraction(with_metadata=True)` over the same pages;
b) plain texts, English and Arabic, end to end against a hand-written transactional kafka-python loop that runs the same
   transforms;
c) records per second without any transform, exactly once, against the same loop without transforms;
d) time from produce to `read_committed` consume at `--rate`, by default half of what (c) gave;
e) memory of the job process over `--memory-records` records.
"""

import argparse
import base64
import concurrent.futures
import gzip
import hashlib
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
from kafka import KafkaProducer, TopicPartition
from kafka.structs import OffsetAndMetadata

from benchmarks.faults import Deployment, children
from benchmarks.figures import Figure, in_turns, ratio
from pipeline.kafka.connection import until_answered
from pipeline.kafka.topics import lag
from pipeline.services import Kafka
from pipeline.settings import available_cores
from schemas.codec import encode
from schemas.records import Duplicate, KafkaProvenance

EVALDATA = Path("../shared/evaldata")
WARM = 400
WARM_PAGES = 181


def pages(path: Path, number: int) -> list[dict[str, str]]:
    """Return `number` records with the pages of an evaluation set, each a new article.

    A copy has another host, and every fourth word of its text is spelt backwards: repetitions would be duplicates or
    revisions, which cost other than news does.
    """
    with gzip.open(path) as lines:
        rows = [orjson.loads(line) for line in lines]
    return [_copy(rows[n % len(rows)], n // len(rows)) for n in range(number)]


def _copy(row: dict[str, str], number: int) -> dict[str, str]:
    if number == 0:
        return {"url": row["url"], "html_base64": row["html_base64"]}
    host = urlsplit(row["url"]).hostname or ""
    page = _TEXT.sub(_reworded, base64.b64decode(row["html_base64"])).replace(
        host.encode(), b"%d." % number + host.encode()
    )
    return {"url": row["url"].replace(host, f"{number}.{host}"), "html_base64": base64.b64encode(page).decode("ascii")}


_TEXT = re.compile(rb"<(script|style)\b.*?</\1\s*>|>[^<]+", re.DOTALL | re.IGNORECASE)
_FOURTH_WORD = re.compile(rb"((?:[A-Za-z]{2,}[^A-Za-z]+){3})([A-Za-z]{3,})")


def _reworded(text: re.Match[bytes]) -> bytes:
    return text[0] if text[1] else _FOURTH_WORD.sub(lambda words: words[1] + words[2][::-1], text[0])


def texts(number: int) -> list[dict[str, str]]:
    """Return `number` plain-text records of about 2,000 characters, each with news of its own."""
    line = "The council of district {} met on Monday and approved budget item {}, said its chairman at the session."
    return [
        {"id": f"text-{n}", "text": f"Report {n}\n\n" + "\n\n".join(line.format(n, n * 31 + k) for k in range(20))}
        for n in range(number)
    ]


def arabic_texts(evaldata: Path, number: int) -> list[dict[str, str]]:
    """Return `number` Arabic articles of several papers as plain texts."""
    with gzip.open(evaldata / "arabic" / "saudinewsnet.jsonl.gz") as lines:
        rows = [orjson.loads(line) for line in lines]
    chosen = rows[:: max(1, len(rows) // number)][:number]
    return [{"url": f"{row['url']}#{n}", "title": row["title"], "text": row["content"]} for n, row in enumerate(chosen)]


def _bare(page: str) -> None:
    import trafilatura

    trafilatura.bare_extraction(page, with_metadata=True)


def bare_extraction(records: list[dict[str, str]]) -> float:
    """Return pages per second of the bare library over all cores, warmed up."""
    given = [base64.b64decode(record["html_base64"]).decode("utf-8", "replace") for record in records]
    with concurrent.futures.ProcessPoolExecutor(available_cores()) as pool:
        list(pool.map(_bare, given[:40]))
        began = time.monotonic()
        list(pool.map(_bare, given, chunksize=4))
        return len(given) / (time.monotonic() - began)


def through_kafka(
    kafka: Kafka, name: str, records: list[bytes], folder: Path, extra: list[str], warm: int, costs: list[float]
) -> float:
    """Return records per second of `khabar stream`, from the first look after `warm` records to the last commit.

    The records are in the topic before it starts, so that sending them takes none of the cores. What the job process
    spends on a record is added to `costs`, in milliseconds of processor time.
    """
    deployment = Deployment(kafka, kafka.bootstrap, name, folder, extra)
    deployment.send(records, 0)
    stream = deployment.start()
    try:
        while (first := deployment.committed()) < warm:
            time.sleep(0.5)
        began, spent = time.monotonic(), processor_time(children(stream.pid)["job"])
        while deployment.committed() < len(records):
            time.sleep(0.5)
        costs.append((processor_time(children(stream.pid)["job"]) - spent) * 1000 / (len(records) - first))
        return (len(records) - first) / (time.monotonic() - began)
    finally:
        stream.terminate()
        stream.wait(120)


def processor_time(pid: int) -> float:
    """Return the seconds of processor time that a process has used."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def hand_written(
    kafka: Kafka, name: str, records: list[bytes], folder: Path, warm: int, *, transforms: bool = True
) -> float:
    """Return records per second of a plain transactional loop, a process for each core, over the same records."""
    deployment = Deployment(kafka, kafka.bootstrap, name, folder, [])
    deployment.send(records, 0)
    cores = available_cores()
    command = [
        sys.executable,
        "-m",
        "benchmarks.stream",
        "--loop",
        kafka.bootstrap,
        name,
        str(cores),
        str(warm // cores),
    ]
    ready = [
        subprocess.Popen([*command, str(core), "transforms" if transforms else "none"], stdout=subprocess.PIPE)
        for core in range(cores)
    ]
    spans = [tuple(map(float, process.communicate()[0].split())) for process in ready]
    done = sum(span[2] for span in spans)
    return done / (max(span[1] for span in spans) - min(span[0] for span in spans))


def loop(bootstrap: str, name: str, cores: int, warm: int, core: int, outcome: Callable[[Any], bytes]) -> None:
    """Consume, transform, produce, exactly once: what one would write by hand with kafka-python, on one core."""
    from kafka import KafkaConsumer

    places = [TopicPartition(f"{name}.raw", p) for p in range(4) if p % cores == core]
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        max_poll_records=500,
        metrics_enabled=False,
    )
    consumer.assign(places)
    consumer.seek_to_beginning(*places)
    ends = consumer.end_offsets(places)
    producer = KafkaProducer(
        bootstrap_servers=bootstrap,
        transactional_id=f"{name}-hand-{core}",
        linger_ms=5,
        batch_size=262_144,
        metrics_enabled=False,
    )
    producer.init_transactions()
    began, done, seen = time.monotonic(), 0, 0
    while any(consumer.position(place) < ends[place] for place in places):
        polled = consumer.poll(timeout_ms=200)
        if not polled:
            continue
        producer.begin_transaction()
        for records in polled.values():
            for record in records:
                producer.send(f"{name}.articles", value=outcome(record), key=b"%d" % record.offset)
                seen += 1
        offsets = {place: OffsetAndMetadata(consumer.position(place), "", -1) for place in polled}
        producer.send_offsets_to_transaction(offsets, f"{name}-hand")
        producer.commit_transaction()
        if seen > warm:
            done += sum(len(records) for records in polled.values())
        else:
            began = time.monotonic()
    print(began, time.monotonic(), done)


def _article(record: Any) -> bytes:
    from transforms.decode import decode
    from transforms.enrich import enrich
    from transforms.errors import Rejected
    from transforms.extract import extract

    try:
        return encode(enrich(extract(decode(record.value, {})), _provenance(record)))
    except Rejected as why:  # what is no article for Khabar is none for the loop
        return orjson.dumps([why.reason, why.message])


def _outcome(record: Any) -> bytes:
    provenance = _provenance(record)
    return encode(
        Duplicate(
            outcome="duplicate",
            uri=None,
            duplicate_of=provenance.content_sha256,
            similarity=1.0,
            method="pass-through",
            raw_id=None,
            url=None,
            provenance=provenance,
        )
    )


def _provenance(record: Any) -> KafkaProvenance:
    return KafkaProvenance(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        content_sha256=hashlib.sha256(record.value).hexdigest(),
        pipeline_version="hand-written",
    )


def latency(kafka: Kafka, folder: Path, rate: float, seconds: float) -> tuple[float, float]:
    """Return p50 and p99 of the time from produce to `read_committed` consume, in seconds, at `rate` records/s."""
    deployment = Deployment(kafka, kafka.bootstrap, "latency", folder, ["--graph", "benchmarks.pass_through:build"])
    stream = deployment.start()
    deployment.send([b"warm %d" % n for n in range(WARM)], 0)
    settled(deployment)
    sent_at: dict[tuple[int, int], float] = {}
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap, linger_ms=2)
    consumer = deployment.connection.consumer(max_poll_records=5000)
    places = [TopicPartition(deployment.topics.duplicates, p) for p in range(4)]
    consumer.assign(places)
    consumer.seek_to_end(*places)
    consumer.poll(timeout_ms=100)
    total = int(rate * seconds)

    def feed() -> None:
        began = time.monotonic()
        for n in range(total):
            due = began + n / rate
            if (pause := due - time.monotonic()) > 0.002:
                time.sleep(pause)
            now = time.monotonic()
            future = producer.send(deployment.topics.raw, value=b"%d " % n + b"x" * 1000, partition=n % 4)
            future.add_callback(lambda written, now=now: sent_at.__setitem__((written.partition, written.offset), now))
        producer.flush()

    feeder = threading.Thread(target=feed)
    feeder.start()
    seen: dict[tuple[int, int], float] = {}
    deadline = time.monotonic() + seconds + 60
    while len(seen) < total and time.monotonic() < deadline:
        for records in consumer.poll(timeout_ms=100).values():
            now = time.monotonic()
            for record in records:
                place = orjson.loads(record.value)["provenance"]
                seen[place["partition"], place["offset"]] = now
    feeder.join()
    stream.terminate()
    stream.wait(120)
    delays = sorted(seen[place] - sent_at[place] for place in seen if place in sent_at)
    return statistics.median(delays), delays[int(len(delays) * 0.99)]


def memory(kafka: Kafka, folder: Path, number: int) -> list[int]:
    """Return the job process's resident memory in MiB at ten moments while `number` records pass."""
    deployment = Deployment(kafka, kafka.bootstrap, "memory", folder, ["--graph", "benchmarks.pass_through:build"])
    stream = deployment.start()
    sizes = []
    try:
        for part in range(10):
            share = number // 10
            deployment.send([b"%d " % (part * share + n) + b"x" * 1500 for n in range(share)], 0)
            settled(deployment)
            status = Path(f"/proc/{children(stream.pid)['job']}/status").read_text()
            sizes.append(int(status.partition("VmRSS:")[2].split()[0]) // 1024)
    finally:
        stream.terminate()
        stream.wait(120)
    return sizes


def settled(deployment: Deployment) -> None:
    """Wait until all that was sent is committed."""
    while until_answered("measure", lambda: lag(deployment.job)).behind:
        time.sleep(0.1)


def compare_pages(kafka: Kafka, folder: Path, evaldata: Path, number: int, turns: int) -> Figure:
    """Compare page for page: the speed of a shared machine changes from one minute to the next."""
    records = pages(evaldata / "extraction" / "aeb.jsonl.gz", WARM_PAGES + number)
    first, rest = records[:WARM_PAGES], records[WARM_PAGES:]
    share = len(rest) // turns
    deployment = Deployment(kafka, kafka.bootstrap, "pages", folder, [])
    stream = deployment.start()

    def ours(part: list[dict[str, str]]) -> float:
        began = time.monotonic()
        deployment.send(_encode_all(part), 0)
        settled(deployment)
        return len(part) / (time.monotonic() - began)

    try:
        ours(first)
        parts = [rest[n * share : (n + 1) * share] for n in range(turns)]
        pairs = in_turns(lambda n: ours(parts[n]), lambda n: bare_extraction(parts[n]), turns)
    finally:
        stream.terminate()
        stream.wait(120)
    return ratio("a) HTML pages through Kafka / bare trafilatura with metadata", pairs, "pages/s", goal=1.6)


def compare_texts(
    kafka: Kafka, folder: Path, what: str, records: list[dict[str, str]], turns: int, goal: float
) -> list[Figure]:
    """Compare plain texts with the hand-written loop; each side begins anew with the same texts in each turn."""
    costs: list[float] = []
    given = _encode_all(records)
    warm = len(given) // 5
    pairs = in_turns(
        lambda n: through_kafka(kafka, f"{what}-{n}", given, folder, [], warm, costs),
        lambda n: hand_written(kafka, f"{what}-hand-{n}", given, folder, warm),
        turns,
    )
    return [
        ratio(f"b) {what} texts through Kafka / hand-written loop", pairs, "texts/s", goal=goal),
        cost(f"b) job process, processor time for one of the {what} texts", costs, goal=1),
    ]


def cost(what: str, costs: list[float], goal: float | None = None) -> Figure:
    """Return the median of what the job process spends on a record, in milliseconds of processor time."""
    return Figure(
        what=what,
        value=statistics.median(costs),
        unit="ms",
        goal=goal,
        at_least=False,
        low=min(costs),
        high=max(costs),
        turns=len(costs),
    )


def compare_passing(kafka: Kafka, folder: Path, number: int, turns: int) -> tuple[list[Figure], float]:
    """Compare source and sink alone with the hand-written loop; return the figures, and records per second of ours."""
    costs: list[float] = []
    records = [b"%d " % n + b"x" * 1500 for n in range(number)]
    graph = ["--graph", "benchmarks.pass_through:build"]
    pairs = in_turns(
        lambda n: through_kafka(kafka, f"passing-{n}", records, folder, graph, WARM, costs),
        lambda n: hand_written(kafka, f"passing-hand-{n}", records, folder, WARM, transforms=False),
        turns,
    )
    figure = ratio("c) no transforms, Prism / hand-written loop, a process a core", pairs, "records/s", goal=0.75)
    spent = cost("c) job process, processor time for a record without transforms", costs)
    return [figure, spent], statistics.median(ours for ours, _ in pairs)


def measure(letters: str, options: argparse.Namespace) -> Iterator[Figure]:
    """Yield the figures of the measurements that `letters` name."""
    with tempfile.TemporaryDirectory(prefix="khabar-stream-") as name:
        folder = Path(name)
        kafka = Kafka(folder / "kafka", dies_with_parent=True)
        kafka.start()
        rate = options.rate
        try:
            if "a" in letters:
                yield compare_pages(kafka, folder, options.evaldata, options.page_number, options.turns)
            if "b" in letters:
                english, arabic = texts(options.text_number), arabic_texts(options.evaldata, options.text_number // 2)
                yield from compare_texts(kafka, folder, "English", english, options.turns, 2)
                yield from compare_texts(kafka, folder, "Arabic", arabic, options.turns, 2)
            if "c" in letters:
                figures, ours = compare_passing(kafka, folder, options.pass_number, options.turns)
                yield from figures
                rate = rate or ours / 2
            if "d" in letters:
                rate = rate or 2000
                half, most = latency(kafka, folder, rate, 20)
                at = f"at {rate:,.0f} records/s"
                for which, value, goal in (("half", half, 0.28), ("99 %", most, 0.71)):
                    what = f"d) produce to read, {which} of the records within"
                    yield Figure(what=what, value=value, unit="s", goal=goal, at_least=False, sides=at)
            if "e" in letters:
                sizes = memory(kafka, folder, options.memory_records)
                what = f"e) memory of the job process, last / first tenth of {options.memory_records:,} records"
                sides = f"{sizes[-1]} / {sizes[0]} MiB"
                yield Figure(what=what, value=sizes[-1] / sizes[0], goal=1.25, at_least=False, sides=sides)
        finally:
            kafka.stop()


def parser() -> argparse.ArgumentParser:
    """Return the parser of the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaldata", type=Path, default=EVALDATA)
    parser.add_argument("--turns", type=int, default=5, help="of the two sides of a comparison")
    parser.add_argument("--page-number", type=int, default=1200, help="of all turns together")
    parser.add_argument("--text-number", type=int, default=3000, help="English ones of each turn; half as many Arabic")
    parser.add_argument("--pass-number", type=int, default=60_000, help="of each turn")
    parser.add_argument("--rate", type=float, default=0, help="of (d), records/s")
    parser.add_argument("--memory-records", type=int, default=200_000)
    parser.add_argument("--only", default="abcde", help="letters of the measurements to make")
    parser.add_argument("--loop", nargs=6, help=argparse.SUPPRESS)
    return parser


def main() -> int:
    options = parser().parse_args()
    if options.loop:
        bootstrap, name, cores, warm, core, what = options.loop
        loop(bootstrap, name, int(cores), int(warm), int(core), _article if what == "transforms" else _outcome)
        return 0
    print(f"{available_cores()} cores, load {os.getloadavg()[0]:.1f}")
    for figure in measure(options.only, options):
        print(figure, flush=True)
    return 0


def _encode_all(records: Iterable[dict[str, str]]) -> list[bytes]:
    return [orjson.dumps(record) for record in records]


if __name__ == "__main__":
    sys.exit(main())
