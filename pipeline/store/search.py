"""Search and filters in each database: terms that we make (transforms/analytics/search_terms.py), in the index it has.

SQLite keeps posting lists (FTS5), PostgreSQL a GIN index over ``tsvector``. DuckDB has no index of text that could be
kept up to date, so it reads the terms of all articles: right for analysis, and slower the more there are.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from pipeline.store.database import Database
from transforms.analytics.search_terms import Phrase, Query


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


def forget_all_terms(database: Database) -> None:
    """Empty the index."""
    database.query(
        "INSERT INTO search (search) VALUES ('delete-all')" if database.name == "sqlite" else "DELETE FROM search"
    )


def find(database: Database, query: Query, facets: Sequence[Sequence[str]]) -> Found:
    """Return how to ask for the articles that `query` finds and that have of each group of `facets` at least one."""
    if database.name == "sqlite":
        return _find_sqlite(query, facets)
    if database.name == "postgresql":
        parts = ["(" + " | ".join(_tsquery(phrase) for phrase in group) + ")" for group in query.groups]
        parts += [f"!{_tsquery(phrase)}" for phrase in query.excluded]
        parts += ["(" + " | ".join(f"'={facet}'" for facet in group) + ")" for group in facets]
        tables = "search JOIN articles a ON a.id = search.id"
        return Found(tables, "search.terms @@ ?::tsquery", [" & ".join(parts)], "a.id")
    conditions, needles = [], []
    for column, groups in (
        ("facets", [[f" {facet} " for facet in group] for group in facets]),
        ("terms", [[_needle(phrase) for phrase in group] for group in query.groups]),
    ):
        for group in groups:
            conditions.append("(" + " OR ".join([f"contains(search.{column}, ?)"] * len(group)) + ")")
            needles += group
    for phrase in query.excluded:
        conditions.append("NOT contains(search.terms, ?)")
        needles.append(_needle(phrase))
    return Found("search JOIN articles a ON a.id = search.id", " AND ".join(conditions), needles, "a.id")


def _find_sqlite(query: Query, facets: Sequence[Sequence[str]]) -> Found:
    words = " AND ".join("(" + " OR ".join(_fts(phrase) for phrase in group) + ")" for group in query.groups)
    without = " OR ".join(_fts(phrase) for phrase in query.excluded)
    parts = [f"terms : ({words})"] if words else []
    parts += [f"facets : ({' AND '.join('(' + ' OR '.join(group) + ')' for group in facets)})"] if facets else []
    if not parts:  # a posting list can only be taken away from another one
        return Found(
            "articles a",
            "a.id NOT IN (SELECT rowid FROM search WHERE search MATCH ?)",
            [f"terms : ({without})"],
            "a.id",
        )
    match = " AND ".join(parts)
    if without:
        match = f"({match}) NOT (terms : ({without}))"
    # The index first, whatever the planner thinks: it does not know how long a posting list is.
    return Found("search CROSS JOIN articles a ON a.id = search.rowid", "search MATCH ?", [match], "search.rowid")


def _fts(phrase: Phrase) -> str:
    return '"' + " ".join(phrase.terms) + '"' + (" *" if phrase.is_prefix else "")


def _tsquery(phrase: Phrase) -> str:
    terms = [f"'{term}'" for term in phrase.terms]
    if phrase.is_prefix:
        terms[-1] += ":*"
    return "(" + " <-> ".join(terms) + ")"


def _needle(phrase: Phrase) -> str:
    return f" {' '.join(phrase.terms)}{'' if phrase.is_prefix else ' '}"


def _tsvector(terms: list[str], facets: list[str]) -> str:
    """Return terms with their positions, and facets without, as PostgreSQL reads them."""
    positions: dict[str, list[str]] = {}
    for position, term in enumerate(terms, 1):
        places = positions.setdefault(term, [])
        if len(places) < 255:
            places.append(str(min(position, 16383)))
    words = [f"'{term}':{','.join(places)}" for term, places in positions.items()]
    return " ".join([*words, *(f"'={facet}'" for facet in facets)])
