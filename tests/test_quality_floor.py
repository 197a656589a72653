"""Floors under the quality of extraction, a little below what is reached, so that it cannot slip unseen.

They need gold pages, which are not part of the project: the folder named by ``KHABAR_EVALDATA``, else
``../shared/evaldata`` beside the project. In continuous integration (``CI=true``) an absent folder is a failure;
elsewhere the tests are skipped, and say why.
"""

import functools
import os
from pathlib import Path

import pytest

from benchmarks import names
from benchmarks.gold import gold_sets, read_gold
from benchmarks.quality import Score, encoding_tests, measure

FOLDER = Path(os.environ.get("KHABAR_EVALDATA") or Path(__file__).parents[2] / "shared" / "evaldata")
SAMPLE = 60
FLOORS = [
    ("aeb", "f1", 0.975),
    ("aeb", "precision", 0.97),
    ("aeb", "recall", 0.978),
    ("fundus", "f1", 0.967),
    ("fundus", "precision", 0.955),
    ("fundus", "recall", 0.98),
    ("fundus", "title_exact", 0.86),
    ("fundus", "byline_exact", 0.93),
    ("fundus", "date_right", 0.98),
    ("newspaper4k", "f1", 0.967),
    ("n4k", "f1", 0.946),
    ("n4k", "title_exact", 0.88),
    ("htmldate", "date_right", 0.92),
]

NAMES_SAMPLE = 25
NAMES = FOLDER / "entities" / "ner"
NAME_FLOORS = {
    "ar": (0.80, 0.46, 0.44),
    "de": (0.76, 0.70, 0.48),
    "en": (0.87, 0.78, 0.27),
    "es": (0.77, 0.75, 0.50),
    "fa": (0.82, 0.42, 0.15),
    "fr": (0.79, 0.86, 0.15),
    "he": (0.66, 0.00, 0.00),
    "hi": (0.91, 0.69, 0.68),
    "it": (0.70, 0.75, 0.27),
    "ja": (0.75, 0.60, 0.60),
    "ko": (0.68, 0.76, 0.46),
    "nl": (0.67, 0.64, 0.35),
    "pt": (0.66, 0.77, 0.49),
    "ru": (0.86, 0.78, 0.30),
    "tr": (0.73, 0.71, 0.45),
    "uk": (0.60, 0.70, 0.14),
    "zh": (0.67, 0.38, 0.24),
}
"""F1 of places, people and organisations with the weights that are used by default."""


@functools.cache
def score(name: str) -> Score:
    total, _, _ = measure(list(read_gold(gold_sets(FOLDER)[name])), limit=SAMPLE)
    return total


def require_folder() -> None:
    if not FOLDER.is_dir():
        message = f"no gold pages at {FOLDER}: set KHABAR_EVALDATA to a folder with them (see benchmarks/gold.py)"
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(message)
        pytest.skip(message)


@pytest.mark.parametrize(("name", "figure", "floor"), FLOORS)
def test_floor(name: str, figure: str, floor: float) -> None:
    require_folder()
    assert score(name).as_dict()[figure] >= floor


@pytest.mark.parametrize("name", ["aeb", "fundus", "newspaper4k"])
def test_no_article_is_rejected(name: str) -> None:
    require_folder()
    assert score(name).rejected == 0


def test_encodings_of_html5lib() -> None:
    require_folder()
    right, tests = encoding_tests(FOLDER)
    assert tests == 82
    assert right >= 80


@pytest.mark.parametrize("language", NAME_FLOORS)
def test_names_are_found(language: str) -> None:
    require_folder()
    scores = names.measure(NAMES / f"{language}.jsonl.gz", language, limit=NAMES_SAMPLE)
    for (kind, reached), floor in zip(scores.items(), NAME_FLOORS[language], strict=True):
        assert reached.f1 >= floor, kind
