"""False alarms on normal days of real news: `python -m benchmarks.alarms saudinewsnet.jsonl.gz`

Takes each record (JSON Lines with ``source``, ``date_extracted``, ``content``) in its hour of arrival, judges every
source and all of them together at the end of every hour up to the last, and prints what would have been said.
"""

import argparse
import gzip
import json
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

from transforms.analytics.alarms import Tally, judge


def histories(path: Path) -> dict[str, dict[int, Tally]]:
    """Return the tallies by source and hour; dates, places and people are not in this data and count as found."""
    found: dict[str, dict[int, Tally]] = defaultdict(lambda: defaultdict(Tally))
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            at = datetime.fromisoformat(record["date_extracted"]).replace(tzinfo=UTC)
            tally = Tally(articles=1, empty=int(len((record.get("content") or "").split()) < 10))
            for key in (record["source"], "all sources, as language ar"):
                found[key][int(at.timestamp()) // 3600] += tally
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", type=Path)
    found = histories(parser.parse_args().records)
    last = max(hour for history in found.values() for hour in history)
    judged = said = 0
    for name, history in sorted(found.items()):
        for hour in range(min(history), last + 1):
            judged += 1
            for finding in judge({at: tally for at, tally in history.items() if at <= hour}, hour).values():
                said += 1
                print(f"{name} at {datetime.fromtimestamp(hour * 3600, UTC):%d %b %H:%M}: {finding.message()}")
    print(f"{len(found)} sources and languages, {judged} judgements, {said} alarms")


if __name__ == "__main__":
    main()
