"""The capacity model behind docs/scale.md: ``python -m benchmarks.capacity`` prints its table from measured figures.

Change a figure by its option (``--page-rate 40``); ``--write`` puts the table into the page.
"""

import argparse
import math
from dataclasses import dataclass, fields
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "scale.md"
BEGIN, END = "<!-- capacity -->", "<!-- /capacity -->"
RATES = (10, 100, 1000, 5000, 20_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one unit does, measured on the build machines unless it says assumed."""

    page_rate: float = 26.0
    """HTML pages per second and core through Kafka, all transforms, broker and runner included."""
    partition_rate: float = 1000.0
    """Records per second that one reader and its sink move, exactly once, without transforms."""
    page_kb: float = 120.0
    """Raw bytes of a page as JSON."""
    article_kb: float = 8.0
    """Bytes of an article record."""
    bundle_seconds: float = 1.0
    """Longest reading time of a bundle, so at full load the time between two transactions of a partition."""
    transaction_ms: float = 12.0
    """Broker's share of a transaction: markers, coordinator, offsets (assumed)."""
    index_rate: float = 450.0
    """Articles per second of one index: .7 ms to observe and 1.4 ms to find the story, both in its lock."""
    broker_mb: float = 60.0
    """Megabytes per second, in and out together, that one broker carries with replicas (assumed)."""
    utilisation: float = 0.7
    """Planned load of what is sized."""
    core_hour: float = 0.04
    """Price of a core for an hour (assumed, any currency)."""


def row(rate: float, f: Figures) -> list[str]:
    """Return the table's row for `rate` pages per second."""
    cores = math.ceil(rate / f.page_rate / f.utilisation)
    # A reader waits for its bundle's extraction, so partitions follow the cores; two per worker of eight cores overlap.
    workers = math.ceil(cores / 8)
    partitions = max(2 * workers, math.ceil(rate / f.partition_rate / f.utilisation))
    transactions = partitions / f.bundle_seconds
    traffic = rate * (2 * f.page_kb + 2 * f.article_kb) / 1000
    brokers = max(1 if rate < 100 else 3, math.ceil(traffic * 2 / f.broker_mb / f.utilisation))
    loads = {
        "extraction cores": rate / (cores * f.page_rate),
        "article index": rate / f.index_rate,
        "broker traffic": traffic * 2 / (brokers * f.broker_mb),
        "transactions": transactions * f.transaction_ms / 1000 / brokers,
    }
    fixed = {name: load for name, load in loads.items() if name != "extraction cores"}
    name, load = max(fixed.items(), key=lambda entry: entry[1])
    bottleneck = f"{name}, {load:.0%}" if load > f.utilisation else "extraction cores (add workers)"
    cost = (cores + 4 * brokers + 4) * f.core_hour / (rate * 3600) * 1_000_000
    return [
        f"{rate:,}",
        f"{cores:,}",
        f"{workers:,}",
        f"{partitions:,}",
        f"{brokers}",
        f"{traffic:,.0f}",
        f"{transactions:,.0f}",
        f"{rate / f.index_rate:.0%}",
        f"{cost:.2f}",
        bottleneck,
    ]


def table(f: Figures) -> str:
    """Return the table as Markdown."""
    head = (
        "pages/s",
        "extraction cores",
        "workers (8 cores)",
        "partitions",
        "brokers",
        "broker MB/s",
        "transactions/s",
        "one index",
        "cost per million",
        "first bottleneck",
    )
    rows = [head, tuple("---" for _ in head), *(row(rate, f) for rate in RATES)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for item in fields(Figures):
        parser.add_argument(f"--{item.name.replace('_', '-')}", type=float, default=item.default)
    parser.add_argument("--write", action="store_true")
    options = vars(parser.parse_args())
    write = options.pop("write")
    made = table(Figures(**options))
    if write:
        text = PAGE.read_text(encoding="utf-8")
        before, after = text.partition(BEGIN)[0], text.partition(END)[2]
        PAGE.write_text(f"{before}{BEGIN}\n{made}\n{END}{after}", encoding="utf-8")
    print(made)


if __name__ == "__main__":
    main()
