"""Search and filters in each database: terms that we make (`transforms.analytics.search_terms`).

SQLite keeps posting lists (FTS5), PostgreSQL a GIN index over ``tsvector``. DuckDB has no index of text that could be
kept up to date, so it reads the terms of all articles: right for analysis, and slower the more there are.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from pipeline.store.database import Database


class Terms(NamedTuple):
    """What an article is found by."""

    id: int
    words: list[str]
    """In the order of the text."""
    facets: list[str]


class Found(NamedTuple):
    """How to ask for articles ``a``: tables, a condition with its parameters, and the id to order by."""

    tables: str
    condition: str
    parameters: list[Any]
    id: str


def write_terms(database: Database, rows: Iterable[Terms]) -> None:
    """Make articles findable."""
    if database.name == "postgresql":
        database.run_many(
            "INSERT INTO search (id, terms) VALUES (?, ?::tsvector)",
            [(row.id, _tsvector(row.words, row.facets)) for row in rows],
        )
        return
    # Spaces at both ends, so that DuckDB finds whole terms only.
    database.run_many(
        f"INSERT INTO search ({'rowid' if database.name == 'sqlite' else 'id'}, terms, facets) VALUES (?, ?, ?)",
        [(row.id, f" {' '.join(row.words)} ", f" {' '.join(row.facets)} ") for row in rows],
    )


def forget_terms(database: Database, id_: int) -> None:
    """Take an article out, where the index can: SQLite's only grows, and a join leaves out what is gone."""
    if database.name != "sqlite":
        database.query("DELETE FROM search WHERE id = ?", (id_,))


def find(database: Database, phrases: Sequence[Sequence[str]], facets: Sequence[str]) -> Found:
    """Return how to ask for the articles in which all `phrases` occur and which have all `facets`."""
    if database.name == "sqlite":
        parts = [f"terms : ({' AND '.join(_quoted(phrase) for phrase in phrases)})"] if phrases else []
        parts += [f"facets : ({' AND '.join(facets)})"] if facets else []
        tables = "search JOIN articles a ON a.id = search.rowid"
        return Found(tables, "search MATCH ?", [" AND ".join(parts)], "search.rowid")
    tables = "search JOIN articles a ON a.id = search.id"
    if database.name == "postgresql":
        parts = ["(" + " <-> ".join(f"'{term}'" for term in phrase) + ")" for phrase in phrases]
        query = " & ".join([*parts, *(f"'={facet}'" for facet in facets)])
        return Found(tables, "search.terms @@ ?::tsquery", [query], "a.id")
    conditions = ["contains(search.facets, ?)"] * len(facets) + ["contains(search.terms, ?)"] * len(phrases)
    needles = [f" {facet} " for facet in facets] + [f" {' '.join(phrase)} " for phrase in phrases]
    return Found(tables, " AND ".join(conditions), needles, "a.id")


def _quoted(phrase: Sequence[str]) -> str:
    return '"' + " ".join(phrase) + '"'


def _tsvector(terms: list[str], facets: list[str]) -> str:
    """Return terms with their positions, and facets without, as PostgreSQL reads them."""
    positions: dict[str, list[str]] = {}
    for position, term in enumerate(terms, 1):
        places = positions.setdefault(term, [])
        if len(places) < 255:
            places.append(str(min(position, 16383)))
    words = [f"'{term}':{','.join(places)}" for term, places in positions.items()]
    return " ".join([*words, *(f"'={facet}'" for facet in facets)])
