"""A small newsroom: whole articles, duplicates, dead letters and ledgers, as numbered as tests and benchmarks need."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from pipeline.items import Origin, dead_letter
from schemas.codec import encode
from schemas.reasons import Reason, Stage
from schemas.records import (
    Article,
    Dead,
    Duplicate,
    Extraction,
    FileProvenance,
    KafkaProvenance,
    Keyword,
    Ledger,
    OutcomeCounts,
    Person,
    Place,
    Record,
    Source,
    Story,
)

ARABIC_TITLE = "غزة تنتظر المساعدات"
ARABIC_TEXT = (
    "قال الرئيس محمود عباس إن المساعدات ستصل إلى غزة يوم 29 سبتمبر.\n"
    "وأضاف: «لن نترك أهلنا»، مشيرا إلى أن 71 ألف شخص ينتظرون."
)
COUNTRIES = (("Palestine", "PS", "غزة"), ("Sudan", "SD", "السودان"), ("Egypt", "EG", "مصر"), ("France", "FR", "فرنسا"))


def file_provenance(record: int, path: str = "seeds/news.jsonl") -> FileProvenance:
    return FileProvenance(path=path, record=record, content_sha256="0" * 64, pipeline_version="1.0")


def kafka_provenance(offset: int, partition: int = 0) -> KafkaProvenance:
    return KafkaProvenance(
        topic="news.raw", partition=partition, offset=offset, content_sha256="0" * 64, pipeline_version="1.0"
    )


def article(number: int, **changes: Any) -> Article:
    """Return article `number`; even ones are Arabic, odd ones English."""
    name, code, written = COUNTRIES[number % len(COUNTRIES)]
    arabic = number % 2 == 0
    text = f"{ARABIC_TEXT}\n{written} {number}" if arabic else f"Report {number} from {name}.\nSecond paragraph."
    at = text.rfind(written if arabic else name)
    length = len(written if arabic else name)
    made = Article(
        uri=f"https://example{number % 5}.com/news/{number}",
        version=1,
        change="new",
        url=f"https://example{number % 5}.com/news/{number}?utm=x",
        source=Source(domain=f"example{number % 5}.com", name=f"Example {number % 5}"),
        language="ar" if arabic else "en",
        language_confidence=0.99,
        script="Arab" if arabic else "Latn",
        direction="rtl" if arabic else "ltr",
        title=f"{ARABIC_TITLE} {number}" if arabic else f"Headline {number}",
        title_source="meta",
        lede=text.partition("\n")[0],
        text=text,
        authors=("Reporter",),
        word_count=len(text.split()),
        char_count=len(text),
        published_at=f"2025-09-{1 + number // 24 % 28:02}T{number % 24:02}:00:00Z",
        published_precision="minute",
        published_source="json-ld",
        modified_at=None,
        fetched_at=f"2025-09-{1 + number // 24 % 28:02}T{number % 24:02}:30:00Z",
        section="Politics" if number % 3 else "Economy",
        places=(
            Place(name=name, text=written, country_code=code, kind="country", count=1, spans=((at, at + length),)),
        ),
        people=(Person(name="محمود عباس", role="الرئيس", count=1, spans=((11, 21),)),) if arabic else (),
        organisations=(),
        keywords=(Keyword(text="مساعدات" if arabic else "report", score=1.0),),
        quotes=(),
        figures=(),
        dates_mentioned=(),
        story=Story(uri=f"story:{number // 3}", similarity=0.8),
        extraction=Extraction(method="plain", encoding="utf-8"),
        provenance=file_provenance(number),
    )
    return msgspec.structs.replace(made, **changes)


def duplicate(number: int, of: Article, outcome: str = "duplicate", **changes: Any) -> Duplicate:
    made = Duplicate(
        outcome=outcome,  # type: ignore[arg-type]
        uri=f"https://copy.example/{number}",
        duplicate_of=of.uri,
        similarity=0.93,
        method="minhash",
        raw_id=None,
        url=f"https://copy.example/{number}",
        provenance=file_provenance(number),
    )
    return msgspec.structs.replace(made, **changes)


def dead(number: int, payload: bytes = b'{"html": "<p>"}', reason: Reason = Reason.NO_CONTENT, **changes: Any) -> Dead:
    origin = Origin(
        payload=payload, headers=(("content-type", "application/json"),), provenance=file_provenance(number)
    )
    made = dead_letter(origin, Stage.EXTRACT, reason, f"nothing to read in record {number}", raw_id=f"r{number}")
    return msgspec.structs.replace(made, **changes)


def ledger(start: int, end: int, source: str = "seeds/news.jsonl", **outcomes: int) -> Ledger:
    return Ledger(
        source=source,
        from_=start,
        to=end,
        records=sum(outcomes.values()),
        outcomes=OutcomeCounts(**outcomes),
        reasons={"no_content": outcomes["dead"]} if outcomes.get("dead") else {},
        pipeline_version="1.0",
    )


def write_run(
    folder: Path,
    articles: Sequence[Article],
    duplicates: Sequence[Duplicate] = (),
    dead_letters: Sequence[Dead] = (),
) -> Path:
    """Write the output folder of a run whose records are numbered without gaps from 0."""
    counts = {
        "article": len(articles),
        "unchanged": sum(record.outcome == "unchanged" for record in duplicates),
        "duplicate": sum(record.outcome == "duplicate" for record in duplicates),
        "dead": len(dead_letters),
    }
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, Sequence[Record]] = {
        "articles": articles,
        "duplicates": duplicates,
        "dead": dead_letters,
        "ledger": [ledger(0, sum(counts.values()), **counts)],
    }
    for name, records in files.items():
        (folder / f"{name}.jsonl").write_bytes(b"".join(encode(record) + b"\n" for record in records))
    return folder
