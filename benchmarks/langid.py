"""Measure language detection: ``python -m benchmarks.langid ../shared/evaldata/langid/sentences.jsonl.gz``.

Prints accuracy on sentences, and on word pairs and single words cut from them at fixed places, with speed, start-up and
memory. "macro" counts Malay and Indonesian as one language: they are standards of one macrolanguage, and web corpora,
this one among them, label one as the other.
"""

import argparse
import gzip
import resource
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import orjson

Detector = Callable[[str], str | None]
_MACRO = {"ms": "id"}


def cut(sentence: str, count: int, number: int) -> str | None:
    """Return `count` adjacent words of letters, from a place that `number` selects; None when there are too few."""
    words = [w.strip("\"'.,;:!?()[]«»“”،؛؟।。-–—…") for w in sentence.split()]
    words = [w for w in words if w and not any(c.isdigit() for c in w)]
    if len(words) < count + 2:
        return None
    start = number * 7919 % (len(words) - count + 1)
    return " ".join(words[start : start + count])


def measure(name: str, detect: Detector, cases: list[tuple[str, str]], confusions: int) -> str:
    start = time.perf_counter()
    answers = [(code, detect(text)) for code, text in cases]
    elapsed = time.perf_counter() - start
    strict = sum(code == answer for code, answer in answers) / len(answers)
    macro = sum(_MACRO.get(code, code) == _MACRO.get(answer or "", answer) for code, answer in answers) / len(answers)
    wrong = Counter(f"{code}>{answer}" for code, answer in answers if code != answer)
    worst = " ".join(f"{pair}:{n}" for pair, n in wrong.most_common(confusions))
    return f"{name:10} {len(answers):6} {strict:7.4f} {macro:7.4f} {len(answers) / elapsed:9.0f}/s  {worst}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sentences", type=Path, help="JSON lines of {lang, text}, gzipped")
    parser.add_argument("--confusions", type=int, default=8, help="confusions to list per row")
    options = parser.parse_args()
    if not options.sentences.exists():
        parser.error(f"no such file: {options.sentences}")
    with gzip.open(options.sentences) as lines:
        rows = [orjson.loads(line) for line in lines]

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    from transforms.text import language

    language.warm_up()
    started = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before

    print(f"start-up {started:.2f} s, memory {memory / 1024:.0f} MB")
    print(f"{'cut':10} {'cases':>6} {'strict':>7} {'macro':>7} {'speed':>11}  most frequent confusions")
    sentences = [(row["lang"], row["text"]) for row in rows]
    cuts = {"sentences": sentences}
    for name, count in (("pairs", 2), ("words", 1)):
        pieces = [(row["lang"], cut(row["text"], count, number)) for number, row in enumerate(rows)]
        cuts[name] = [(code, text) for code, text in pieces if text]
    for name, cases in cuts.items():
        print(measure(name, lambda text: language.detect(text).code, cases, options.confusions))


if __name__ == "__main__":
    main()
