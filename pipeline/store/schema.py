"""Tables of the store, as numbered migrations; a store remembers which it has had.

A migration that has been released is never edited: a change is a new one at the end. Views and comments are no part of
migrations: they are made anew after them (`pipeline.store.dictionary`).
"""

from typing import Final

from pipeline.store.database import Database, StoreError
from pipeline.store.dialect import DIALECTS
from pipeline.store.dictionary import VIEWS, comment_statements, view_statements

_FIRST: Final = """
CREATE TABLE articles (
    id {id} PRIMARY KEY,
    uri TEXT NOT NULL,
    version INTEGER NOT NULL,
    latest INTEGER NOT NULL,
    change TEXT NOT NULL,
    url TEXT,
    source TEXT NOT NULL,
    language TEXT NOT NULL,
    direction TEXT NOT NULL,
    title TEXT,
    lede TEXT,
    word_count INTEGER NOT NULL,
    published_at TEXT,
    published_precision TEXT,
    modified_at TEXT,
    fetched_at TEXT,
    processed_at TEXT,
    event_time TEXT,
    story TEXT,
    read_from TEXT NOT NULL,
    position BIGINT NOT NULL,
    pipeline_version TEXT NOT NULL,
    UNIQUE (uri, version)
);
CREATE INDEX articles_latest_by_url ON articles (url) WHERE latest = 1;
CREATE TABLE records (article_id {reference} PRIMARY KEY, record {json} NOT NULL);
CREATE TABLE mentions (
    article_id {reference} NOT NULL,
    dimension TEXT NOT NULL,
    value TEXT NOT NULL,
    mentions INTEGER NOT NULL,
    PRIMARY KEY (article_id, dimension, value)
){clustered};
CREATE TABLE duplicates (
    id {id} PRIMARY KEY,
    read_from TEXT NOT NULL,
    position BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    uri TEXT,
    duplicate_of TEXT NOT NULL,
    similarity DOUBLE PRECISION NOT NULL,
    method TEXT NOT NULL,
    raw_id TEXT,
    url TEXT,
    processed_at TEXT,
    UNIQUE (read_from, position)
);
CREATE INDEX duplicates_by_original ON duplicates (duplicate_of, id);
CREATE TABLE dead (
    id {id} PRIMARY KEY,
    read_from TEXT NOT NULL,
    position BIGINT NOT NULL,
    stage TEXT NOT NULL,
    reason TEXT NOT NULL,
    error_type TEXT NOT NULL,
    message TEXT NOT NULL,
    raw_id TEXT,
    url TEXT,
    payload_bytes BIGINT NOT NULL,
    attempts INTEGER NOT NULL,
    processed_at TEXT,
    place TEXT,
    redriven TEXT,
    record {json} NOT NULL,
    UNIQUE (read_from, position)
);
CREATE INDEX dead_in_order ON dead (reason, id);
CREATE INDEX dead_by_place ON dead (place);
CREATE TABLE ledger (
    read_from TEXT NOT NULL,
    from_position BIGINT NOT NULL,
    to_position BIGINT NOT NULL,
    records BIGINT NOT NULL,
    article BIGINT NOT NULL,
    unchanged BIGINT NOT NULL,
    duplicate BIGINT NOT NULL,
    dead BIGINT NOT NULL,
    pipeline_version TEXT NOT NULL,
    processed_at TEXT,
    PRIMARY KEY (read_from, from_position)
){clustered};
CREATE TABLE audit (
    read_from TEXT PRIMARY KEY,
    first_position BIGINT,
    position BIGINT,
    end_position BIGINT,
    ledger_article BIGINT NOT NULL DEFAULT 0,
    ledger_unchanged BIGINT NOT NULL DEFAULT 0,
    ledger_duplicate BIGINT NOT NULL DEFAULT 0,
    ledger_dead BIGINT NOT NULL DEFAULT 0,
    stored_article BIGINT NOT NULL DEFAULT 0,
    stored_unchanged BIGINT NOT NULL DEFAULT 0,
    stored_duplicate BIGINT NOT NULL DEFAULT 0,
    stored_dead BIGINT NOT NULL DEFAULT 0,
    violation TEXT
);
CREATE TABLE flow (
    minute TEXT NOT NULL,
    outcome TEXT NOT NULL,
    records BIGINT NOT NULL,
    PRIMARY KEY (minute, outcome)
){clustered};
CREATE TABLE tallies (
    unit TEXT NOT NULL,
    dimension TEXT NOT NULL,
    bucket TEXT NOT NULL,
    value TEXT NOT NULL,
    articles BIGINT NOT NULL,
    PRIMARY KEY (unit, dimension, bucket, value)
){clustered};
CREATE TABLE stories (
    uri TEXT PRIMARY KEY,
    articles BIGINT NOT NULL,
    first_id BIGINT NOT NULL,
    last_id BIGINT NOT NULL
);
CREATE INDEX stories_by_size ON stories (articles DESC, last_id DESC);
CREATE INDEX stories_by_last ON stories (last_id DESC) WHERE articles > 1;
CREATE TABLE trends (
    window_start TEXT NOT NULL,
    window_seconds BIGINT NOT NULL,
    dimension TEXT NOT NULL,
    value TEXT NOT NULL,
    articles BIGINT NOT NULL,
    expected DOUBLE PRECISION,
    burst DOUBLE PRECISION,
    PRIMARY KEY (window_start, window_seconds, dimension, value)
){clustered};
CREATE TABLE alarms (
    window_start TEXT NOT NULL,
    kind TEXT NOT NULL,
    dimension TEXT NOT NULL,
    value TEXT NOT NULL,
    observed DOUBLE PRECISION NOT NULL,
    expected DOUBLE PRECISION NOT NULL,
    active INTEGER NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (window_start, kind, dimension, value)
){clustered};
CREATE TABLE positions (
    topic TEXT NOT NULL,
    part INTEGER NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (topic, part)
);
{search};
CREATE VIEW articles_by_hour AS
    SELECT bucket AS hour, articles FROM tallies WHERE unit = 'hour' AND dimension = 'all';
CREATE VIEW articles_by_language AS
    SELECT bucket AS hour, value AS language, articles FROM tallies WHERE unit = 'hour' AND dimension = 'language';
CREATE VIEW articles_by_source AS
    SELECT bucket AS hour, value AS source, articles FROM tallies WHERE unit = 'hour' AND dimension = 'source';
CREATE VIEW articles_by_country AS
    SELECT bucket AS hour, value AS country, articles FROM tallies WHERE unit = 'hour' AND dimension = 'country';
CREATE VIEW articles_by_topic AS
    SELECT bucket AS hour, value AS topic, articles FROM tallies WHERE unit = 'hour' AND dimension = 'topic';
CREATE VIEW revisions AS
    SELECT uri, version, change, title, source, language, published_at, modified_at, fetched_at
    FROM articles WHERE version > 1;
CREATE VIEW duplicates_by_method AS
    SELECT outcome, method, count(*) AS records, avg(similarity) AS mean_similarity
    FROM duplicates GROUP BY outcome, method;
CREATE VIEW dead_by_reason AS
    SELECT stage, reason, count(*) AS records, max(id) AS last_id FROM dead GROUP BY stage, reason;
CREATE VIEW delays AS
    SELECT id, uri, version, source, language,
        {fetch_delay} AS published_to_fetched_s,
        {process_delay} AS fetched_to_processed_s
    FROM articles
"""

_DIALECT: Final = {
    "sqlite": {
        "id": "INTEGER",
        "reference": "INTEGER",
        "json": "TEXT",
        "clustered": " WITHOUT ROWID",
        "search": (
            "CREATE VIRTUAL TABLE search USING fts5(terms, facets, content='', columnsize=0, "
            "tokenize=\"unicode61 remove_diacritics 0 categories 'L* N* M* Co'\")"
        ),
        "fetch_delay": "(julianday(fetched_at) - julianday(published_at)) * 86400",
        "process_delay": "(julianday(processed_at) - julianday(fetched_at)) * 86400",
    },
    "postgresql": {
        "id": "BIGINT",
        "reference": "BIGINT",
        "json": "JSONB",
        "clustered": "",
        "search": (
            "CREATE TABLE search (id BIGINT PRIMARY KEY, terms TSVECTOR NOT NULL);\n"
            "CREATE INDEX search_terms ON search USING gin (terms);\n"
            "CREATE INDEX mentions_by_value ON mentions (dimension, value, article_id)"
        ),
        "fetch_delay": "extract(epoch FROM fetched_at::timestamptz - published_at::timestamptz)",
        "process_delay": "extract(epoch FROM processed_at::timestamptz - fetched_at::timestamptz)",
    },
    "duckdb": {
        "id": "BIGINT",
        "reference": "BIGINT",
        "json": "JSON",
        "clustered": "",
        "search": "CREATE TABLE search (id BIGINT NOT NULL, terms TEXT NOT NULL, facets TEXT NOT NULL)",
        "fetch_delay": "epoch(fetched_at::TIMESTAMP) - epoch(published_at::TIMESTAMP)",
        "process_delay": "epoch(processed_at::TIMESTAMP) - epoch(fetched_at::TIMESTAMP)",
    },
}

_SECOND: Final = """
{retype}ALTER TABLE trends RENAME TO old_trends;
ALTER TABLE alarms RENAME TO old_alarms;
CREATE TABLE trends (
    window_start {time} NOT NULL,
    window_seconds BIGINT NOT NULL,
    dimension TEXT NOT NULL,
    value TEXT NOT NULL,
    articles BIGINT NOT NULL,
    expected DOUBLE PRECISION,
    burst DOUBLE PRECISION,
    PRIMARY KEY (window_start, window_seconds, dimension, value)
){clustered};
CREATE TABLE alarms (
    window_start {time} NOT NULL,
    kind TEXT NOT NULL,
    dimension TEXT NOT NULL,
    value TEXT NOT NULL,
    observed DOUBLE PRECISION NOT NULL,
    expected DOUBLE PRECISION NOT NULL,
    active INTEGER NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (window_start, kind, dimension, value)
){clustered};
INSERT INTO trends SELECT CAST(window_start AS {time}), window_seconds, dimension, value, articles, expected, burst
    FROM old_trends;
INSERT INTO alarms SELECT CAST(window_start AS {time}), kind, dimension, value, observed, expected, active, message
    FROM old_alarms;
DROP TABLE old_trends;
DROP TABLE old_alarms;
CREATE TABLE quotes (
    article_id {reference} NOT NULL,
    number INTEGER NOT NULL,
    speaker TEXT,
    speaker_key TEXT,
    text TEXT NOT NULL,
    PRIMARY KEY (article_id, number)
){clustered};
CREATE INDEX quotes_by_speaker ON quotes (speaker_key, article_id);
CREATE TABLE names (
    dimension TEXT NOT NULL,
    name_key TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (dimension, name_key)
){clustered};
CREATE TABLE sources (
    source TEXT PRIMARY KEY,
    articles BIGINT NOT NULL DEFAULT 0,
    undated BIGINT NOT NULL DEFAULT 0,
    duplicate BIGINT NOT NULL DEFAULT 0,
    unchanged BIGINT NOT NULL DEFAULT 0,
    dead BIGINT NOT NULL DEFAULT 0,
    first_time {time},
    last_time {time}
){clustered};
ALTER TABLE duplicates ADD COLUMN source TEXT;
ALTER TABLE dead ADD COLUMN source TEXT;
DROP TABLE stories;
CREATE TABLE stories (
    uri TEXT PRIMARY KEY,
    articles BIGINT NOT NULL,
    sources BIGINT NOT NULL,
    languages BIGINT NOT NULL,
    first_time {time},
    last_time {time},
    first_id BIGINT NOT NULL,
    last_id BIGINT NOT NULL
);
CREATE INDEX stories_by_articles ON stories (articles DESC, last_time DESC {last}, uri) WHERE articles > 1;
CREATE INDEX stories_by_sources ON stories (sources DESC, articles DESC, last_time DESC {last}, uri) WHERE articles > 1;
CREATE INDEX stories_by_time ON stories (last_time DESC {last}, uri) WHERE articles > 1;
CREATE INDEX current_by_time ON articles (event_time DESC {last}, id DESC, story, source, language) WHERE latest = 1;
CREATE INDEX current_by_language ON articles (language, event_time DESC {last}, id DESC) WHERE latest = 1;
CREATE INDEX current_by_source ON articles (source, event_time DESC {last}, id DESC) WHERE latest = 1;
CREATE INDEX members_of_story ON articles (story, event_time, id) WHERE story IS NOT NULL;
CREATE INDEX current_changed ON articles (event_time DESC {last}, id DESC) WHERE latest = 1 AND version > 1;
CREATE INDEX articles_of_record ON articles (read_from, position);
CREATE INDEX duplicates_of_source ON duplicates (source, id);
CREATE INDEX dead_of_source ON dead (source, reason, id);
"""
"""Real times where the database has them; what pages of stories, sources, quotes and names ask for."""

_TIMES: Final = {
    "articles": ("published_at", "modified_at", "fetched_at", "processed_at", "event_time"),
    "duplicates": ("processed_at",),
    "dead": ("processed_at",),
    "ledger": ("processed_at",),
}
_FIRST_VIEWS: Final = (
    "articles_by_hour",
    "articles_by_language",
    "articles_by_source",
    "articles_by_country",
    "articles_by_topic",
    "revisions",
    "duplicates_by_method",
    "dead_by_reason",
    "delays",
)

_THIRD: Final = """
CREATE TABLE story_merges (uri TEXT PRIMARY KEY, into_uri TEXT NOT NULL){clustered};
CREATE INDEX merged_into ON story_merges (into_uri);
CREATE INDEX tallies_in_all ON tallies (dimension, articles DESC, value) WHERE unit = 'total'
"""
"""Stories that turned out to be the same event as another one; the commonest values of all."""
MIGRATIONS: Final = (_FIRST, _SECOND, _THIRD)
DERIVED_ANEW: Final = 2
"""Stores older than this have their derived tables made again from the records."""


def migrate(database: Database) -> bool:
    """Bring the store's tables up to date; return whether what is derived from records must be made again.

    Raises:
        StoreError: the store was made by a newer version of this program.
    """
    with database.transaction():
        database.query("CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY)")
        done = schema_version(database)
        _refuse_newer(done)
        if done == len(MIGRATIONS):
            return False
        for view in {*_FIRST_VIEWS, *VIEWS} if done else ():
            database.query(f"DROP VIEW IF EXISTS {view}")
        for version, script in enumerate(MIGRATIONS[done:], done + 1):
            database.run_script(_in_dialect(script, database.name))
            if version == 1:  # its views are made below, in their present form
                for view in _FIRST_VIEWS:
                    database.query(f"DROP VIEW IF EXISTS {view}")
            database.query("INSERT INTO migrations (version) VALUES (?)", (version,))
        for statement in (*view_statements(database.name), *comment_statements(database.name)):
            database.run_script(statement)
        return 0 < done < DERIVED_ANEW


def _retyped(name: str) -> str:
    """Return what gives columns of times the database's own type."""
    if name == "sqlite":
        return ""
    using = " USING {}::timestamptz" if name == "postgresql" else ""
    return "".join(
        f"ALTER TABLE {table} ALTER COLUMN {column} TYPE TIMESTAMPTZ{using.format(column)};\n"
        for table, columns in _TIMES.items()
        for column in columns
    )


def _in_dialect(script: str, name: str) -> str:
    """Return a migration as a database reads it. DuckDB scans columns: beyond its keys an index would only cost."""
    dialect = DIALECTS[name]
    statements = script.format(**_DIALECT[name], time=dialect.time, last=dialect.last, retype=_retyped(name)).split(
        ";\n"
    )
    return ";\n".join(s for s in statements if name != "duckdb" or not s.lstrip().startswith("CREATE INDEX"))


def check(database: Database) -> None:
    """Make sure that a store that is only read has the tables it should have. Raises `StoreError` when it has not."""
    try:
        done = schema_version(database)
    except StoreError as error:
        raise StoreError("the store has no tables yet: `khabar load` makes them") from error
    _refuse_newer(done)
    if done < len(MIGRATIONS):
        raise StoreError(f"the store has schema {done}, this program reads {len(MIGRATIONS)}: run `khabar load` once")


def schema_version(database: Database) -> int:
    """Return the number of the last migration that the store has had."""
    return int(database.query("SELECT coalesce(max(version), 0) FROM migrations")[0][0])


def _refuse_newer(done: int) -> None:
    if done > len(MIGRATIONS):
        raise StoreError(f"the store has schema {done}, newer than this program's {len(MIGRATIONS)}")
