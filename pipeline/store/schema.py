"""Tables and views of the store, as numbered migrations; a store remembers which it has had.

A migration that has been released is never edited: a change is a new one at the end.
"""

from typing import Final

from pipeline.store.database import Database, StoreError

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

MIGRATIONS: Final = (_FIRST,)


def migrate(database: Database) -> None:
    """Bring the store's tables up to date.

    Raises:
        StoreError: the store was made by a newer version of this program.
    """
    with database.transaction():
        database.query("CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY)")
        done = schema_version(database)
        _refuse_newer(done)
        for version, script in enumerate(MIGRATIONS[done:], done + 1):
            database.run_script(_in_dialect(script, database.name))
            database.query("INSERT INTO migrations (version) VALUES (?)", (version,))


def _in_dialect(script: str, name: str) -> str:
    """Return a migration as a database reads it. DuckDB scans columns: beyond its keys an index would only cost."""
    statements = script.format(**_DIALECT[name]).split(";\n")
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
