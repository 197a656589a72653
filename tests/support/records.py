"""Hypothesis strategies for whole records."""

from hypothesis import strategies as st

from schemas.records import (
    Article,
    Extraction,
    FileProvenance,
    KafkaProvenance,
    Ledger,
    OutcomeCounts,
    Quote,
    Source,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
spans = st.tuples(st.integers(0, 1000), st.integers(0, 1000))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
provenances = st.builds(
    FileProvenance, path=texts, record=st.integers(0, 2**40), content_sha256=texts, pipeline_version=texts
) | st.builds(
    KafkaProvenance,
    topic=texts,
    partition=st.integers(0, 999),
    offset=st.integers(0, 2**53),
    content_sha256=texts,
    pipeline_version=texts,
)
articles = st.builds(
    Article,
    uri=texts,
    version=st.integers(1, 99),
    change=st.sampled_from(["new", "cosmetic", "minor", "material"]),
    changes=st.none() | st.dictionaries(texts, json_values, max_size=3),
    source=st.builds(Source, domain=st.none() | texts, name=st.none() | texts),
    language=st.none() | texts,
    language_confidence=st.floats(0, 1),
    script=st.none() | texts,
    direction=st.sampled_from(["ltr", "rtl"]),
    title=st.none() | texts,
    title_source=st.none() | texts,
    lede=st.none() | texts,
    text=texts,
    authors=st.lists(texts, max_size=3).map(tuple),
    word_count=st.integers(0, 9999),
    char_count=st.integers(0, 9999),
    published_at=st.none() | texts,
    published_precision=st.none() | st.sampled_from(["second", "day", "year"]),
    published_source=st.none() | texts,
    modified_at=st.none() | texts,
    fetched_at=st.none() | texts,
    places=st.just(()),
    people=st.just(()),
    organisations=st.just(()),
    keywords=st.just(()),
    quotes=st.lists(st.builds(Quote, text=texts, speaker=st.none() | texts, span=spans), max_size=2).map(tuple),
    figures=st.just(()),
    dates_mentioned=st.just(()),
    extraction=st.builds(Extraction, method=texts, encoding=texts),
    extra=st.none() | st.dictionaries(texts, json_values, max_size=3),
    provenance=provenances,
)
ledgers = st.builds(
    Ledger,
    source=texts,
    from_=st.integers(0, 2**53),
    to=st.integers(0, 2**53),
    records=st.integers(0, 2**53),
    outcomes=st.builds(OutcomeCounts, article=st.integers(0, 99), dead=st.integers(0, 99)),
    reasons=st.dictionaries(texts, st.integers(0, 99), max_size=3),
    pipeline_version=texts,
)
