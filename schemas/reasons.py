"""The closed vocabularies of dead letters: where processing stopped, and why."""

from enum import StrEnum


class Stage(StrEnum):
    """Stage of the graph that a dead letter comes from."""

    READ = "read"
    DECODE = "decode"
    EXTRACT = "extract"
    DEDUPE = "dedupe"
    ENRICH = "enrich"
    EMIT = "emit"


class Reason(StrEnum):
    """Why an input record cannot become an article. `docs/stages/dead-letters.md` explains each one."""

    INVALID_JSON = "invalid_json"
    INVALID_RECORD = "invalid_record"
    UNSUPPORTED_TYPE = "unsupported_type"
    TOO_LARGE = "too_large"
    EMPTY_CONTENT = "empty_content"
    UNDECODABLE = "undecodable"
    DAMAGED_ARCHIVE = "damaged_archive"
    EXTRACT_TIMEOUT = "extract_timeout"
    EXTRACT_MEMORY = "extract_memory"
    EXTRACT_CRASH = "extract_crash"
    NO_CONTENT = "no_content"
    INTERNAL_ERROR = "internal_error"
