"""The tables of the index, as migrations that both stores apply in order, each once."""

from typing import Final

_ARTICLES: Final = """
CREATE TABLE identity (
    id {integer} PRIMARY KEY,
    uri TEXT NOT NULL UNIQUE,
    source TEXT,
    versions INTEGER NOT NULL,
    current_version {integer},
    alias_text {blob},
    alias_version {integer},
    alias_similarity {real},
    alias_method TEXT,
    last_seen INTEGER NOT NULL
);
CREATE INDEX identity_alias ON identity (alias_version) WHERE alias_version IS NOT NULL;
CREATE INDEX identity_last_seen ON identity (last_seen);
CREATE TABLE version (
    id {integer} PRIMARY KEY,
    identity_id {integer} NOT NULL,
    number INTEGER NOT NULL,
    change TEXT NOT NULL,
    changes TEXT,
    related TEXT,
    title TEXT,
    language TEXT,
    published_at TEXT,
    modified_at TEXT,
    fetched_at TEXT,
    coordinates TEXT NOT NULL,
    observed INTEGER NOT NULL,
    scheme TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    text_hash {blob} NOT NULL,
    shingles {blob} NOT NULL,
    bands {blob} NOT NULL,
    content {blob}
);
CREATE INDEX version_identity ON version (identity_id, number);
CREATE INDEX version_text ON version (text_hash);
CREATE TABLE band (
    key {integer} NOT NULL,
    version_id {integer} NOT NULL,
    PRIMARY KEY (key, version_id)
){clustered};
CREATE TABLE request (
    key {blob} PRIMARY KEY,
    body {blob} NOT NULL,
    identity_id {integer} NOT NULL,
    text_hash {blob} NOT NULL
){clustered};
CREATE INDEX request_identity ON request (identity_id);
CREATE TABLE decision (
    coordinates TEXT PRIMARY KEY,
    body {blob} NOT NULL,
    identity_id {integer} NOT NULL,
    decision TEXT NOT NULL,
    observed INTEGER NOT NULL
){clustered};
CREATE INDEX decision_identity ON decision (identity_id);
CREATE TABLE source (
    domain TEXT PRIMARY KEY,
    recurring {blob} NOT NULL
){clustered};
"""

_STORIES: Final = """
CREATE TABLE story (
    id {integer} PRIMARY KEY,
    uri TEXT NOT NULL,
    first_day INTEGER NOT NULL,
    last_day INTEGER NOT NULL,
    languages TEXT NOT NULL,
    articles INTEGER NOT NULL,
    profile {blob} NOT NULL,
    last_seen INTEGER NOT NULL
);
CREATE INDEX story_last_seen ON story (last_seen);
CREATE TABLE story_feature (
    key {integer} NOT NULL,
    day INTEGER NOT NULL,
    story_id {integer} NOT NULL,
    PRIMARY KEY (key, day, story_id)
){clustered};
CREATE TABLE story_member (
    uri TEXT NOT NULL,
    version INTEGER NOT NULL,
    story_id {integer} NOT NULL,
    similarity {real} NOT NULL,
    event_day INTEGER NOT NULL,
    PRIMARY KEY (uri, version)
){clustered};
CREATE INDEX story_member_story ON story_member (story_id);
"""

# The band keys of versions before this were stored at once; for those after it see pipeline/index/lsh_buffer.py.
_BAND_SLICES: Final = """
CREATE TABLE band_slice (
    slice INTEGER PRIMARY KEY,
    through {integer} NOT NULL
);
INSERT INTO band_slice
    WITH RECURSIVE number (n) AS (SELECT -128 UNION ALL SELECT n + 1 FROM number WHERE n < 127)
    SELECT n, (SELECT coalesce(max(id), 0) FROM version) FROM number;
"""

_COPIES: Final = """
CREATE TABLE copy (
    text_hash {blob} PRIMARY KEY,
    version_id {integer} NOT NULL,
    similarity {real} NOT NULL,
    method TEXT NOT NULL
){clustered};
CREATE INDEX copy_version ON copy (version_id);
"""

# Stories of before keep their members and end: what they were likened by is not comparable.
_LIKENESS: Final = """
DROP TABLE story_feature;
ALTER TABLE story DROP COLUMN profile;
ALTER TABLE story DROP COLUMN languages;
ALTER TABLE story ADD COLUMN title TEXT;
ALTER TABLE story ADD COLUMN merged_into {integer};
ALTER TABLE story ADD COLUMN facts TEXT;
ALTER TABLE story ADD COLUMN members {blob};
CREATE INDEX story_merged ON story (merged_into) WHERE merged_into IS NOT NULL;
ALTER TABLE story_member ADD COLUMN articles {integer};
ALTER TABLE story_member ADD COLUMN title TEXT;
ALTER TABLE story_member ADD COLUMN merged TEXT;
CREATE TABLE story_term (
    key {integer} NOT NULL,
    day INTEGER NOT NULL,
    story_id {integer} NOT NULL,
    PRIMARY KEY (key, day, story_id)
){clustered};
CREATE TABLE rare_terms (
    id INTEGER PRIMARY KEY,
    taken {integer} NOT NULL,
    articles {integer} NOT NULL,
    counts {blob}
);
INSERT INTO rare_terms VALUES (1, 0, 0, NULL);
CREATE TABLE rare_terms_waiting (
    articles {integer} PRIMARY KEY,
    terms {blob} NOT NULL
);
"""

MIGRATIONS: Final = (_ARTICLES, _STORIES, _BAND_SLICES, _COPIES, _LIKENESS)
"""Append only: the number of a migration is its place, counted from 1, and stored as the schema version."""


def statements(migration: str, types: dict[str, str]) -> list[str]:
    """Return the SQL statements of a migration in the dialect whose type names are `types`."""
    return [s for statement in migration.format(**types).split(";") if (s := statement.strip())]
