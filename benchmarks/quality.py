"""Quality of extraction against gold pages.

    python -m benchmarks.quality FOLDER [--set NAME] [--limit N] [--worst N] [--folds DIR] [--bare] [--json]

FOLDER holds gold files (see `benchmarks.gold`), anywhere below it; and, where present, html5lib's encoding tests. With
`--folds` each page is judged by the model that did not see its site (`benchmarks.train_body --folds DIR`): only these
figures say what is to be expected of other pages. `--bare` judges bare trafilatura beside it. Pages that are no
articles are a set of their own (`wcxb-other`), in which `no article` is the share that is recognised as such.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import webencodings
from rich.console import Console
from rich.table import Table
from trafilatura import bare_extraction
from trafilatura.settings import Document

from benchmarks.gold import FOLDS, Gold, body_scores, f1, gold_sets, normal_names, normal_title, read_gold
from transforms.errors import Rejected
from transforms.extraction.block_model import use_weights
from transforms.extraction.encoding import to_text
from transforms.extraction.html import extract_html, warm_up
from transforms.extraction.page import Page
from transforms.extraction.page_type import ARTICLES
from transforms.text.language import detect

_COLUMNS = (
    "pages",
    "rejected",
    "precision",
    "recall",
    "f1",
    "bare_f1",
    "title_exact",
    "title_within",
    "authors_exact",
    "byline_exact",
    "date_right",
    "date_missing",
    "date_other",
    "date_invented",
    "language",
    "no_article",
    "hollow",
    "blind",
    "must",
    "must_not",
)
WHOLE_DAY = frozenset({"day", "minute", "second"})


@dataclass(slots=True)
class Score:
    """Counts and sums over the pages of a set or of a language."""

    pages: int = 0
    rejected: int = 0
    bodies: list[tuple[float, float]] = field(default_factory=list)
    titles: int = 0
    titles_exact: int = 0
    titles_within: int = 0
    authors: int = 0
    authors_exact: int = 0
    bylines_exact: int = 0
    """Authors, or the organisations of a byline that names nobody, for gold that calls agencies authors."""
    dates: int = 0
    dates_right: int = 0
    dates_missing: int = 0
    dates_other: int = 0
    dates_invented: int = 0
    languages: int = 0
    languages_right: int = 0
    no_article: int = 0
    """Pages that came out as no article: rejected, or of a type that is none."""
    hollow: int = 0
    """Pages with a body of F1 below .3 that bare trafilatura reads above .8."""
    blind: int = 0
    """Pages of quality above .95 whose text lacks more than a twentieth of the gold."""
    musts: list[tuple[float, float]] = field(default_factory=list)
    """For each page with snippets the share of the wanted ones in its text, and of the unwanted ones."""
    bare: list[tuple[float, float]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the figures by name; a figure without gold is left out."""
        figures: dict[str, Any] = {"pages": self.pages, "rejected": self.rejected}
        if self.bodies:
            precision, recall = (sum(values) / len(self.bodies) for values in zip(*self.bodies, strict=True))
            figures |= {"precision": precision, "recall": recall, "f1": f1(precision, recall), "blind": self.blind}
        if self.bare:
            precision, recall = (sum(values) / len(self.bare) for values in zip(*self.bare, strict=True))
            figures |= {"bare_f1": f1(precision, recall), "hollow": self.hollow}
        if self.musts:
            figures |= {"must": sum(m for m, _ in self.musts) / len(self.musts)}
            figures |= {"must_not": sum(n for _, n in self.musts) / len(self.musts)}
        figures |= {"no_article": self.no_article / self.pages}
        if self.titles:
            figures |= {
                "title_exact": self.titles_exact / self.titles,
                "title_within": self.titles_within / self.titles,
            }
        if self.authors:
            figures |= {"authors_exact": self.authors_exact / self.authors}
            figures |= {"byline_exact": self.bylines_exact / self.authors}
        if self.dates:
            figures |= {"date_right": self.dates_right / self.dates, "date_missing": self.dates_missing}
            figures |= {"date_other": self.dates_other, "date_invented": self.dates_invented}
        if self.languages:
            figures |= {"language": self.languages_right / self.languages}
        return {name: round(value, 4) if isinstance(value, float) else value for name, value in figures.items()}


@dataclass(frozen=True, slots=True)
class Judged:
    """One page beside its gold."""

    gold: Gold
    page: Page | None
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        return f1(self.precision, self.recall)


def judge(gold: Gold, scores: Iterable[Score], *, bare: bool = False) -> Judged:
    """Extract one gold page and count the result in all of `scores`; with `bare` that of bare trafilatura too."""
    page: Page | None
    try:
        page = extract_html(gold.html, url=gold.url)
    except Rejected:
        page = None
    precision, recall = body_scores(gold.text, page.text if page else "") if gold.text else (0.0, 0.0)
    language = detect(gold.text).code if gold.text else None
    text = page.text if page else ""
    plain = body_scores(gold.text, _bare_text(gold)) if bare and gold.text else None
    for score in scores:
        score.pages += 1
        score.rejected += page is None
        score.no_article += page is None or page.page_type not in ARTICLES
        if gold.must or gold.must_not:
            score.musts.append((_share(gold.must, text, 1.0), _share(gold.must_not, text, 0.0)))
        if plain:
            score.bare.append(plain)
            score.hollow += f1(precision, recall) < 0.3 and f1(*plain) > 0.8
        if gold.text:
            score.blind += page is not None and (page.quality or 0) > 0.95 and recall < 0.95
        if gold.text:
            score.bodies.append((precision, recall))
            score.languages += 1
            score.languages_right += page is not None and detect(page.text).code == language
        if gold.title is not None:
            ours, theirs = normal_title(page.title if page else None), normal_title(gold.title)
            score.titles += 1
            score.titles_exact += ours == theirs
            score.titles_within += bool(ours) and (ours in theirs or theirs in ours)
        if gold.authors is not None:
            named = normal_names(gold.authors)
            people = normal_names(page.authors if page else ())
            score.authors += 1
            score.authors_exact += people == named
            score.bylines_exact += (people or normal_names(page.organisations if page else ())) == named
        if gold.knows_date:
            _judge_date(score, gold.date, page)
    return Judged(gold, page, precision, recall)


def _bare_text(gold: Gold) -> str:
    found = bare_extraction(gold.html, url=gold.url, with_metadata=True)
    return (found.text or "") if isinstance(found, Document) else ""


def _share(snippets: tuple[str, ...], text: str, default: float) -> float:
    """Return the share of `snippets` that a text holds, whatever its spaces; `default` when there are none."""
    plain = " ".join(text.split())
    found = sum(" ".join(snippet.split()) in plain for snippet in snippets)
    return found / len(snippets) if snippets else default


def _judge_date(score: Score, gold: str | None, page: Page | None) -> None:
    found = page.published if page and page.published and page.published.precision in WHOLE_DAY else None
    score.dates += 1
    if (found.value[:10] if found else None) == gold:
        score.dates_right += 1
    elif found is None:
        score.dates_missing += 1
    elif gold is None:
        score.dates_invented += 1
    else:
        score.dates_other += 1


def measure(
    pages: list[Gold], *, limit: int | None = None, folds: Path | None = None, bare: bool = False
) -> tuple[Score, dict[str, Score], list[Judged]]:
    """Return the score of gold pages, their scores by language, and each; of `limit` pages spread over them.

    With `folds` a page is judged by the model of that folder that did not see its site.
    """
    if limit and limit < len(pages):
        pages = [pages[i * len(pages) // limit] for i in range(limit)]
    total = Score()
    by_language: dict[str, Score] = defaultdict(Score)
    judged = []
    for fold in range(FOLDS) if folds else (None,):
        if folds:
            use_weights(folds / f"fold-{fold}.npz")
        for gold in pages:
            if fold is None or gold.fold == fold:
                language = (detect(gold.text).code or "?") if gold.text else "?"
                judged.append(judge(gold, (total, by_language[language]), bare=bare))
    if folds:
        use_weights(None)
    return total, dict(sorted(by_language.items())), judged


def pages_by_set(folder: Path) -> dict[str, list[Gold]]:
    """Return the gold pages under `folder` by set; those that are no articles as sets of their own."""
    sets: dict[str, list[Gold]] = {}
    for name, path in gold_sets(folder).items():
        for gold in read_gold(path):
            sets.setdefault(name if gold.page_type == "article" else f"{name}-other", []).append(gold)
    return sets


def encoding_tests(folder: Path) -> tuple[int, int]:
    """Return how many of html5lib's encoding tests under `folder` are read as they say, and their number."""
    right = total = 0
    for path in sorted(folder.rglob("html5lib-encoding/*.dat")):
        for test in path.read_bytes().split(b"#data\n")[1:]:
            data, _, expected = test.partition(b"\n#encoding\n")
            wanted = webencodings.lookup(expected.split(b"\n")[0].decode("ascii").strip())
            try:
                found: str | None = to_text(data).encoding
            except Rejected:
                found = None
            total += 1
            plain = data.isascii() and found == "utf-8"
            right += plain or (wanted is not None and found == wanted.name)
    return right, total


@click.command(help=__doc__)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--set", "names", multiple=True, help="Only this set (repeatable).")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many pages of a set, spread over it.")
@click.option("--worst", type=click.IntRange(min=1), default=None, help="List the pages with the worst bodies.")
@click.option(
    "--folds", type=click.Path(path_type=Path), help="Judge each page by the model that did not see its site."
)
@click.option("--bare", is_flag=True, help="Judge bare trafilatura in the same run.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
def main(
    folder: Path,
    names: tuple[str, ...],
    limit: int | None,
    worst: int | None,
    folds: Path | None,
    bare: bool,
    as_json: bool,
) -> None:
    """Print the figures of every set and of its languages."""
    try:
        sets = pages_by_set(folder)
    except FileNotFoundError as error:
        raise click.ClickException(str(error)) from error
    if unknown := set(names) - set(sets):
        raise click.UsageError(f"no set {', '.join(sorted(unknown))}; there are {', '.join(sets)}")
    warm_up()
    report: dict[str, Any] = {}
    listed: list[tuple[str, Judged]] = []
    for name, pages in sets.items():
        if not names or name in names:
            total, by_language, judged = measure(pages, limit=limit, folds=folds, bare=bare)
            report[name] = total.as_dict() | {"by_language": {k: v.as_dict() for k, v in by_language.items()}}
            listed += [(name, page) for page in judged if page.gold.text]
    right, tests = encoding_tests(folder)
    if tests:
        report["html5lib-encoding"] = {"tests": tests, "right": right}
    if as_json:
        json.dump(report, sys.stdout, ensure_ascii=False, indent=2)
        sys.stdout.write("\n")
        return
    console = Console()
    _print(console, report)
    if worst:
        for name, page in sorted(listed, key=lambda entry: entry[1].f1)[:worst]:
            console.print(
                f"{page.f1:.3f}  p {page.precision:.3f}  r {page.recall:.3f}  {name}  {page.gold.id}", soft_wrap=True
            )


def _print(console: Console, report: dict[str, Any]) -> None:
    table = Table("set", *(column.replace("_", "\n") for column in _COLUMNS))
    for name, figures in report.items():
        if "tests" in figures:
            continue
        rows = [(name, figures)]
        if len(figures["by_language"]) > 1:
            rows += [(f"  {language}", part) for language, part in figures["by_language"].items()]
        for label, part in rows:
            table.add_row(label, *(_shown(part.get(column)) for column in _COLUMNS))
        table.add_section()
    console.print(table)
    if encoding := report.get("html5lib-encoding"):
        console.print(f"html5lib encoding tests: {encoding['right']} of {encoding['tests']}")


def _shown(value: float | int | None) -> str:
    return "" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
