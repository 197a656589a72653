"""Write the made newsroom of `tests/support/newsroom.py` as the output folder of a run.

python -m benchmarks.newsroom OUT [--days 14] [--last 2025-09-14]
khabar dashboard OUT
"""

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path

from schemas.records import Article
from tests.support.newsroom import newsroom, write


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--last", default="2025-09-14", help="the last day")
    options = parser.parse_args()
    last = datetime.fromisoformat(options.last).replace(tzinfo=UTC) + timedelta(days=1)
    records = newsroom(options.days, last)
    write(options.folder, records)
    articles = [record for record in records if isinstance(record, Article)]
    print(f"{len(articles)} articles, {len({a.language for a in articles})} languages, in {options.folder}")


if __name__ == "__main__":
    main()
