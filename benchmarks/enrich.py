"""What enrichment costs, by language and by part: ``python -m benchmarks.enrich [LANG…]``.

Milliseconds of processor time for 1,000 characters of text, over the sentences of `langid/sentences.jsonl.gz` put
together to texts, and the private memory of a sandbox process that has met all of the languages. As the speed of
machines differs, the last column is a unit of this run: the time that SHA-256 takes for 1 MB.
"""

import argparse
import gzip
import os
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

from benchmarks.figures import Figure, unit
from benchmarks.stream import EVALDATA
from pipeline.sandbox import Sandbox
from schemas.reasons import Stage
from schemas.records import FileProvenance
from transforms.decode import RawArticle
from transforms.errors import Parts

SENTENCES = 20
"""Of a text."""
NOWHERE = FileProvenance(path="", record=0, content_sha256="", pipeline_version="")


def texts(evaldata: Path) -> dict[str, list[str]]:
    """Return texts of some paragraphs by language."""
    sentences: dict[str, list[str]] = defaultdict(list)
    with gzip.open(evaldata / "langid" / "sentences.jsonl.gz") as lines:
        for row in map(orjson.loads, lines):
            sentences[row["lang"]].append(row["text"])
    return {
        language: [
            "\n\n".join(" ".join(found[n + k : n + k + 4]) for k in range(0, SENTENCES, 4))
            for n in range(0, len(found) - SENTENCES + 1, SENTENCES)
        ]
        for language, found in sorted(sentences.items())
        if len(found) >= SENTENCES
    }


def enrich_all(given: Iterable[str]) -> int:
    """Extract and enrich texts; return the number of this process. The sandbox calls it."""
    from transforms.enrich import enrich_and_sketch
    from transforms.extract import extract

    for text in given:
        enrich_and_sketch(extract(RawArticle(body=text, kind="text")), NOWHERE)
    return os.getpid()


def private_memory(evaldata: Path) -> Figure:
    """Measure what a process of the sandbox holds for itself when it has met every language."""
    found = texts(evaldata)
    sandbox = Sandbox(workers=1, deadline_s=600, memory_mb=4096)
    try:
        pid = 0
        for several in found.values():
            (pid,) = sandbox.submit(Stage.ENRICH, enrich_all, [(several[:2],)]).results()
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii")
    finally:
        sandbox.close()
    private = sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Private_Dirty"))
    what = f"private memory of a sandbox process after {len(found)} languages"
    return Figure(what=what, value=private / 1024, unit="MB", goal=150, at_least=False)


def cost(several: list[str], rounds: int) -> tuple[dict[str, float], int]:
    """Return the seconds of processor time that each part takes for some texts, and their characters; warmed up."""
    import pipeline.sandbox.preload  # noqa: F401 - as a process of the sandbox is loaded
    from transforms.enrich import enrich_and_sketch
    from transforms.extract import extract

    spent: dict[str, float] = defaultdict(float)
    read = Parts.read

    def timed(self: Parts, part: str, *arguments: Any, **named: Any) -> Any:
        began = time.process_time()
        try:
            return read(self, part, *arguments, **named)
        finally:
            spent[part] += time.process_time() - began

    for text in several:
        enrich_and_sketch(extract(RawArticle(body=text, kind="text")), NOWHERE)
    Parts.read = timed  # type: ignore[method-assign]
    try:
        for _ in range(rounds):
            for text in several:
                began = time.process_time()
                draft = extract(RawArticle(body=text, kind="text"))
                spent["extract"] += time.process_time() - began
                began = time.process_time()
                enrich_and_sketch(draft, NOWHERE)
                spent["enrichment"] += time.process_time() - began
    finally:
        Parts.read = read  # type: ignore[method-assign]
    return spent, rounds * sum(map(len, several))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("languages", nargs="*")
    parser.add_argument("--evaldata", type=Path, default=EVALDATA)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--texts", type=int, default=10)
    options = parser.parse_args()
    parts = ("enrichment", "dates", "places", "people", "quotes", "figures", "keywords", "story", "extract")
    print("".join(f"{name:>11}" for name in ("", *parts, "unit")))
    for language, several in texts(options.evaldata).items():
        if not options.languages or language in options.languages:
            spent, characters = cost(several[: options.texts], options.rounds)
            figures = [f"{spent[part] * 1e6 / characters:.2f}" for part in parts]
            print("".join(f"{cell:>11}" for cell in (language, *figures, f"{unit():.2f}")), flush=True)
    print(private_memory(options.evaldata))


if __name__ == "__main__":
    main()
