"""Names found in gold texts, language by language, and what enriching them costs.

    python -m benchmarks.names FOLDER [LANG…] [--research] [--limit N]

FOLDER holds a file ``LANG.jsonl.gz`` for each language: lines with ``text`` and ``entities`` (``start``, ``end`` and
``type``: place, person, organisation or other). A name is right where it covers the gold's but for an article or what
is written together with it. As gold differs in what it marks, a place within an organisation's name, a country's
adjective and what the gold calls something else are neither right nor wrong. The cost is processor time of all that
`transforms.enrich` looks for, per 1,000 characters, once tables and caches are filled by the same texts.
"""

import argparse
import gzip
import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from transforms.dates.mentions import find_dates
from transforms.entities.keywords import find_keywords
from transforms.entities.people import all_spans, find_people, without_people
from transforms.entities.places import find_places
from transforms.entities.quotes import find_quotes
from transforms.entities.tagger import use_research_weights
from transforms.numbers.figures import find_figures

KINDS: Final = ("place", "person", "organisation")
_WRITTEN_TOGETHER: Final = re.compile(r"(?:\W*(?:[\u0590-\u06ff]{1,3}|\w{1,3}['’ ])?|['’]\w+|\W+)")
"""What may stand between the border of a name found and the gold's: an article, a particle, an ending, a mark."""

Span = tuple[int, int]


class Score(NamedTuple):
    """How a kind of name is found."""

    gold: int
    found: int
    right: int

    @property
    def precision(self) -> float:
        return self.right / max(1, self.found)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.gold)

    @property
    def f1(self) -> float:
        return 2 * self.right / max(1, self.found + self.gold)


def documents(path: Path, limit: int | None) -> list[dict[str, Any]]:
    """Return the documents in `path`, or `limit` of them evenly spread."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        read = [json.loads(line) for line in lines]
    return read if not limit or len(read) <= limit else [read[at * len(read) // limit] for at in range(limit)]


def measure(path: Path, language: str, *, limit: int | None = None) -> dict[str, Score]:
    """Return how each kind of name is found in the documents of `path`."""
    counts: Counter[tuple[str, str]] = Counter()
    for document in documents(path, limit):
        text = document["text"]
        gold = [(entity["type"], (entity["start"], entity["end"])) for entity in document["entities"]]
        for kind, span, adjective in _names(text, language):
            counts["found", kind] += 1
            over = [other for other, place in gold if _overlap(place, span)]
            match = next((name for name in gold if name[0] == kind and _same(text, name[1], span)), None)
            if match is not None:
                counts["right", kind] += 1
                gold.remove(match)
                counts["gold", kind] += 1
            elif (
                (over and kind not in over and "other" in over)
                or (kind == "place" and "organisation" in over)
                or (adjective and not over)
            ):
                counts["found", kind] -= 1
        counts.update(("gold", kind) for kind, _ in gold)
    return {kind: Score(*(counts[what, kind] for what in ("gold", "found", "right"))) for kind in KINDS}


def _names(text: str, language: str) -> Iterator[tuple[str, Span, bool]]:
    """Yield kind and span of each name, and whether it may be an adjective of a country."""
    places = find_places(text, language)
    people, organisations = find_people(text, language, places=places)
    for kind, named in zip(KINDS, (without_people(places, people, text), people, organisations), strict=True):
        for entity in named:
            for span in entity.spans:
                yield kind, span, getattr(entity, "kind", "") == "country"


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _same(text: str, one: Span, other: Span) -> bool:
    """Whether two spans differ by no more than what is written together with a name."""
    if not _overlap(one, other):
        return False
    starts, ends = sorted((one[0], other[0])), sorted((one[1], other[1]))
    return all(
        not between or _WRITTEN_TOGETHER.fullmatch(between) for between in (text[slice(*starts)], text[slice(*ends)])
    )


def cost(path: Path, language: str, *, limit: int | None = None) -> float:
    """Return the milliseconds of processor time that enriching 1,000 characters takes."""
    texts = [document["text"] for document in documents(path, limit)]
    spent = 0.0
    for _ in range(2):
        begin = time.process_time()
        for text in texts:
            _enriched(text, language)
        spent = time.process_time() - begin
    return spent * 1e6 / sum(map(len, texts))


def _enriched(text: str, language: str) -> None:
    dates = find_dates(text, language, None)
    places = find_places(text, language)
    find_quotes(text, language, all_spans(places))
    people, organisations = find_people(text, language, places=places)
    taken = [mention.span for mention in dates]
    figures = find_figures(text, language, taken=taken)
    skipped = [*taken, *(figure.span for figure in figures)]
    find_keywords(text, "", language, names=(*people, *organisations, *places), skipped=skipped)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("languages", nargs="*", metavar="LANG")
    parser.add_argument("--research", action="store_true", help="use weights whose data forbids commercial use")
    parser.add_argument("--limit", type=int, help="documents of each language")
    options = parser.parse_args()
    use_research_weights(options.research)
    print("     " + "".join(f"{kind} P/R/F1".ljust(26) for kind in KINDS) + "ms per 1,000 characters")
    for path in sorted(options.folder.glob("*.jsonl.gz")):
        language = path.name.partition(".")[0]
        if not options.languages or language in options.languages:
            scores = measure(path, language, limit=options.limit).values()
            row = "".join(f"{s.precision:.2f} / {s.recall:.2f} / {s.f1:.2f}".ljust(26) for s in scores)
            print(f"{language}   {row}{cost(path, language, limit=options.limit):.2f}", flush=True)


if __name__ == "__main__":
    main()
