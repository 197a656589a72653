"""The records that Khabar reads and writes, as frozen types.

Times are RFC 3339 strings in UTC with ``Z``; a time that is not known is ``None``, never invented. Spans are
``(start, end)`` in Unicode code points of the record's ``text``, end exclusive. Field order is output order.
The types accept unknown fields when read, so that an older reader survives a newer writer.
"""

from typing import Any, Literal

import msgspec

from schemas.reasons import Reason, Stage

SCHEMA_VERSION = 1

Span = tuple[int, int]
Direction = Literal["ltr", "rtl"]
Precision = Literal["second", "minute", "day", "month", "year"]
Change = Literal["new", "cosmetic", "minor", "material"]
Method = Literal["rules", "tagger", "model"]
"""What found a name: word lists and rules, the tagger of the language (then with its ``confidence`` in the surest
mention, from 0 to 1), or a spaCy model that the user gave."""


class Record(msgspec.Struct, frozen=True):
    """Base of all record types."""


class Raw(Record, frozen=True, kw_only=True):
    """One article as a producer sends it: exactly one of ``html``, ``html_base64`` and ``text``.

    ``title``, ``authors``, ``published_at``, ``language`` and ``source`` are hints: evidence in the page wins.
    """

    id: str | None = None
    url: str | None = None
    html: str | None = None
    html_base64: str | None = None
    text: str | None = None
    content_type: str | None = None
    encoding: str | None = None
    title: str | None = None
    authors: list[str] | None = None
    published_at: str | None = None
    language: str | None = None
    source: str | None = None
    fetched_at: str | None = None
    extra: dict[str, Any] | None = None


class FileProvenance(Record, frozen=True, kw_only=True, tag_field="kind", tag="file"):
    """Where in a file or archive a record was read; ``record`` counts from 0 within ``path``."""

    path: str
    record: int
    content_sha256: str
    pipeline_version: str


class KafkaProvenance(Record, frozen=True, kw_only=True, tag_field="kind", tag="kafka"):
    """Where in Kafka a record was read."""

    topic: str
    partition: int
    offset: int
    content_sha256: str
    pipeline_version: str


Provenance = FileProvenance | KafkaProvenance


class Source(Record, frozen=True, kw_only=True):
    """Publisher: registrable domain of the URL, and the name it gives itself."""

    domain: str | None = None
    name: str | None = None


class Place(Record, frozen=True, kw_only=True):
    """A named place: ``name`` in English, ``text`` as first written, ``country_code`` in ISO 3166-1 alpha-2.

    A place that the gazetteer lacks has the kind ``place``, its ``name`` as written, and a country where the text says
    one beside it.
    """

    name: str
    text: str
    country_code: str | None = None
    geonames_id: int | None = None
    kind: str
    count: int
    spans: tuple[Span, ...]
    method: Method = "rules"
    confidence: float | None = None


class Person(Record, frozen=True, kw_only=True):
    """A person that the text names, with the role (office, title) that the text gives."""

    name: str
    role: str | None = None
    count: int
    spans: tuple[Span, ...]
    method: Method = "rules"
    confidence: float | None = None


class Organisation(Record, frozen=True, kw_only=True):
    """An organisation that the text names."""

    name: str
    role: str | None = None
    count: int
    spans: tuple[Span, ...]
    method: Method = "rules"
    confidence: float | None = None


class Keyword(Record, frozen=True, kw_only=True):
    """A word or phrase that characterises the text; ``score`` is in (0, 1], the best keyword has 1."""

    text: str
    score: float


class Quote(Record, frozen=True, kw_only=True):
    """Direct speech without its quotation marks; ``span`` covers exactly ``text``."""

    text: str
    speaker: str | None = None
    span: Span


class Figure(Record, frozen=True, kw_only=True):
    """A number with its magnitude word applied, and what it counts (``71 ألف شهيد``: 71000, ``شهيد``)."""

    value: int | float
    text: str
    counted: str | None = None
    unit: str | None = None
    span: Span


class DateMention(Record, frozen=True, kw_only=True):
    """A date in the text, resolved against the article's ``published_at`` where it is partial or relative.

    ``date`` is as precise as ``precision`` says: ``2025-09-29``, ``2025-09`` or ``2025``.
    """

    date: str
    precision: Precision
    text: str
    span: Span


class Story(Record, frozen=True, kw_only=True):
    """The event that articles share; ``similarity`` to the story in [0, 1], one half where it barely belongs.

    ``articles`` is the story's size with this one. ``title``, given when it changes, is that of its most central
    article. ``merged`` names stories that this article showed to be the same event: from here on they are part of
    ``uri``.
    """

    uri: str
    similarity: float
    articles: int | None = None
    title: str | None = None
    merged: tuple[str, ...] = ()


class Related(Record, frozen=True, kw_only=True):
    """Another article of which a text contains nearly everything, or that contains it; neither is a duplicate."""

    kind: Literal["contains", "contained-in"]
    uri: str
    share: float
    """Share of the smaller text's shingles that the larger one has."""


class Extraction(Record, frozen=True, kw_only=True):
    """How the text was won from the raw bytes."""

    method: str
    encoding: str
    fallback: str | None = None
    page_type: str | None = None
    quality: float | None = None
    notes: tuple[str, ...] = ()
    tagger: str | None = None
    """Language and kind (``free`` or ``research``) of the weights of the tagger that looked for names, if any did."""
    ner_model: str | None = None
    """Name and version of the model that people and organisations were looked for with, besides the rules."""


class Article(Record, frozen=True, kw_only=True):
    """A clean, enriched article: a new one, or a new version of a known one."""

    schema_version: int = SCHEMA_VERSION
    uri: str
    version: int
    change: Change
    changes: dict[str, Any] | None = None
    raw_id: str | None = None
    url: str | None = None
    canonical_url: str | None = None
    source: Source
    language: str | None
    language_confidence: float
    script: str | None
    direction: Direction
    title: str | None
    title_source: str | None
    lede: str | None
    text: str
    authors: tuple[str, ...]
    word_count: int
    char_count: int
    published_at: str | None
    published_precision: Precision | None
    published_source: str | None
    modified_at: str | None
    fetched_at: str | None
    section: str | None = None
    tags: tuple[str, ...] = ()
    image: str | None = None
    places: tuple[Place, ...]
    people: tuple[Person, ...]
    organisations: tuple[Organisation, ...]
    keywords: tuple[Keyword, ...]
    quotes: tuple[Quote, ...]
    figures: tuple[Figure, ...]
    dates_mentioned: tuple[DateMention, ...]
    story: Story | None = None
    related: tuple[Related, ...] = ()
    extraction: Extraction
    extra: dict[str, Any] | None = None
    provenance: Provenance


class Duplicate(Record, frozen=True, kw_only=True):
    """A record without news: ``duplicate`` (same text, other identity) or ``unchanged`` (crawled again)."""

    schema_version: int = SCHEMA_VERSION
    outcome: Literal["duplicate", "unchanged"]
    uri: str | None
    duplicate_of: str
    similarity: float
    method: str
    raw_id: str | None
    url: str | None
    provenance: Provenance


class Attempt(Record, frozen=True, kw_only=True):
    """One earlier failure of the same record."""

    pipeline_version: str
    reason: Reason


class Dead(Record, frozen=True, kw_only=True):
    """A record that cannot be processed, with all that is needed to run it again.

    ``payload_base64`` holds the original bytes; when they exceed the limit of the sink it holds their beginning and
    ``payload_truncated`` is true: ``provenance`` then leads to the whole.
    """

    schema_version: int = SCHEMA_VERSION
    stage: Stage
    reason: Reason
    error_type: str
    message: str
    causes: tuple[str, ...]
    payload_base64: str
    payload_bytes: int
    payload_truncated: bool = False
    headers: tuple[tuple[str, str], ...]
    raw_id: str | None
    url: str | None = None
    provenance: Provenance
    attempts: tuple[Attempt, ...]


class OutcomeCounts(Record, frozen=True, kw_only=True):
    """Outcomes of a span of the source; their sum is the span's ``records``."""

    article: int = 0
    unchanged: int = 0
    duplicate: int = 0
    dead: int = 0


class Input(Record, frozen=True, kw_only=True):
    """A file that a run read, as it was then; ``positions`` of it are accounted for. Remote files are not hashed."""

    path: str
    bytes: int | None
    sha256: str | None
    positions: int


class Ledger(Record, frozen=True, kw_only=True):
    """What became of one span ``[from, to)`` of a source.

    ``reasons`` counts the dead letters by reason; ``skipped`` the records of archives that are by rule no articles
    (requests, images), by reason. They are not among ``records``. ``digest`` is over the outcomes of the span as they
    were written, ``chain`` over this record and those before it; ``topic_id`` is Kafka's id of the topic that was read.
    The first record of a file's ledger has no source but ``inputs``: what was read.
    """

    schema_version: int = SCHEMA_VERSION
    source: str
    from_: int = msgspec.field(name="from")
    to: int
    records: int
    outcomes: OutcomeCounts
    reasons: dict[str, int]
    skipped: dict[str, int] = {}
    pipeline_version: str
    digest: str | None = None
    chain: str | None = None
    topic_id: str | None = None
    inputs: tuple[Input, ...] | None = None


class Trend(Record, frozen=True, kw_only=True):
    """Articles of one window of event time that have ``value`` in ``dimension``; later panes replace earlier ones.

    ``expected`` is what the value's own history leads one to expect; ``burst`` says how far ``articles`` exceed it, in
    standard deviations. Both are None while there is too little history.
    """

    schema_version: int = SCHEMA_VERSION
    window_start: str
    window_seconds: int
    dimension: str
    value: str
    articles: int
    expected: float | None = None
    burst: float | None = None


class Alarm(Record, frozen=True, kw_only=True):
    """A source or language that has gone quiet or degraded in a window; ``active`` is false when it has recovered."""

    schema_version: int = SCHEMA_VERSION
    window_start: str
    window_seconds: int
    kind: Literal["volume", "empty_text", "missing_date", "dead", "enrichment"]
    dimension: str
    value: str
    observed: float
    expected: float
    active: bool
    message: str
