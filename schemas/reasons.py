"""The closed vocabularies of dead letters: where processing stopped, and why."""

from enum import StrEnum
from typing import Final


class Stage(StrEnum):
    """Stage of the graph that a dead letter comes from."""

    READ = "read"
    DECODE = "decode"
    EXTRACT = "extract"
    DEDUPE = "dedupe"
    ENRICH = "enrich"
    EMIT = "emit"


class Reason(StrEnum):
    """Why an input record cannot become an article. `EXPLANATIONS` says what each one means."""

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


EXPLANATIONS: Final[dict[Reason, tuple[str, str]]] = {
    Reason.INVALID_JSON: (
        "The message is not JSON, and no content type says that it is a bare body.",
        "Mend the producer, or send a `content-type` header.",
    ),
    Reason.INVALID_RECORD: (
        "The JSON is no raw article: not an object, a field of the wrong type, or not exactly one body.",
        "The message names the field. Foreign dumps are read with `--map`.",
    ),
    Reason.UNSUPPORTED_TYPE: (
        "The content type or the kind of file is none that Khabar reads.",
        "Convert it, or leave it out of the input.",
    ),
    Reason.TOO_LARGE: (
        "The record is larger than the limit (`--max-record-mb`).",
        "Raise the limit if such records are real; the dead letter keeps the beginning, the source the whole.",
    ),
    Reason.EMPTY_CONTENT: (
        "The body is empty or only white space.",
        "Look at the crawler if it is frequent.",
    ),
    Reason.UNDECODABLE: (
        "The bytes are no text in any encoding: an image, a PDF, compressed data.",
        "Look at what the crawler stores as pages.",
    ),
    Reason.DAMAGED_ARCHIVE: (
        "A file breaks off or is corrupt; all records before the damage were read.",
        "Fetch the file again and run it again: what was read before is `unchanged`.",
    ),
    Reason.EXTRACT_TIMEOUT: (
        "Extraction or enrichment did not end within the deadline (`--deadline`).",
        "Mostly hostile pages. Re-drive with a longer deadline if the page is worth it.",
    ),
    Reason.EXTRACT_MEMORY: (
        "The record needs more memory than one process may have (`--memory-mb`).",
        "Mostly hostile pages. Re-drive with a higher cap if the page is worth it.",
    ),
    Reason.EXTRACT_CRASH: (
        "The record crashed its process, in a C library.",
        "Report it with the payload; other records were not harmed.",
    ),
    Reason.NO_CONTENT: (
        "There is no article in it: a menu, a login page, a gallery without text, or no letter at all.",
        "Nothing to do, unless a site you know is concerned: then its pages changed.",
    ),
    Reason.INTERNAL_ERROR: (
        "A bug: an error that nobody foresaw. When most recent records fail so, the job stops.",
        "Report it; after the mend, `khabar dead redrive --reason internal_error`.",
    ),
}
"""For each reason what it means, and what to do about it."""
