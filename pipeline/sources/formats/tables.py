"""Tables as raw articles: the rows of Parquet and CSV files, each a JSON object of its columns."""

import codecs
import csv
from collections.abc import Callable, Iterator
from typing import Any, Final

import orjson

from pipeline.sources.formats.records import Damage, FileRecord, too_large
from pipeline.sources.formats.streams import Content, StoredFile
from pipeline.sources.mapping import to_json_value
from schemas.reasons import Reason

Convert = Callable[[dict[str, Any]], dict[str, Any]]

_ROWS: Final = 256
_SAMPLE: Final = 1024 * 1024
_LINE: Final = 1024 * 1024


def read_parquet(stored: StoredFile, convert: Convert, limit: int) -> Iterator[FileRecord | Damage]:
    """Yield the rows of a Parquet file, a batch in memory at a time."""
    import pyarrow
    import pyarrow.parquet

    row = 0
    try:
        table = pyarrow.parquet.ParquetFile(stored.file, pre_buffer=False)
        for batch in table.iter_batches(batch_size=_ROWS, use_threads=False):
            for columns in _as_objects(batch):
                yield _record(columns, convert, limit)
                row += 1
    except (pyarrow.ArrowException, OSError) as error:
        yield Damage(place=f"row {row}", reason=str(error).splitlines()[0])


def _as_objects(batch: Any) -> list[dict[str, Any]]:
    """Return the rows of a batch; a bare column ``html`` of bytes is what `html_base64` is for."""
    rows: list[dict[str, Any]] = []
    names = list(dict.fromkeys(batch.schema.names))
    columns = [_values(batch.column(batch.schema.names.index(name))) for name in names]
    for values in zip(*columns, strict=True):
        row = dict(zip(names, values, strict=True))
        if isinstance(row.get("html"), bytes) and "html_base64" not in row:
            import base64

            row["html_base64"] = base64.b64encode(row.pop("html")).decode("ascii")
        rows.append({name: to_json_value(value) for name, value in row.items() if value is not None})
    return rows


def _values(column: Any) -> list[Any]:
    import pyarrow

    if pyarrow.types.is_timestamp(column.type) and column.type.unit == "ns":
        # Python's times end at microseconds; what is cut off is far below any precision of news.
        column = column.cast(pyarrow.timestamp("us", tz=column.type.tz), safe=False)
    values: list[Any] = column.to_pylist()
    return values


def read_csv(content: Content, convert: Convert, limit: int, *, tabs: bool) -> Iterator[FileRecord | Damage]:
    """Yield the rows of a CSV file with a header, every value as the text that it is (no guess at numbers or dates)."""
    sample = content.peek(_SAMPLE)
    if not sample.strip():
        return
    encoding = _encoding(sample)
    csv.field_size_limit(max(csv.field_size_limit(), limit))
    rows = csv.reader(_decoded(content, encoding, limit), delimiter=_delimiter(sample, encoding, tabs=tabs))
    header: list[str] | None = None
    while True:
        try:
            values = next(rows, None)
        except csv.Error as error:
            yield FileRecord(failure=(Reason.INVALID_RECORD, f"line {rows.line_num}: {error}"))
            continue
        if values is None:
            break
        if not values:
            continue
        if header is None:
            header = [name.strip() for name in values]
            continue
        if len(values) > len(header) and any(value.strip() for value in values[len(header) :]):
            message = f"line {rows.line_num}: {len(values)} values, the header has {len(header)}"
            yield FileRecord(_dumps(values), failure=(Reason.INVALID_RECORD, message))
            continue
        columns = {name: value for name, value in zip(header, values, strict=False) if name and value}
        yield _record(columns, convert, limit)
    if content.damage:
        yield Damage(place=f"byte {content.position} of the content", reason=str(content.damage))


def _record(columns: dict[str, Any], convert: Convert, limit: int) -> FileRecord:
    payload = _dumps(convert(columns))
    return FileRecord(payload) if len(payload) <= limit else too_large(payload, len(payload), limit)


def _dumps(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # lone surrogates: bytes that are no text in the file's encoding
        return orjson.dumps(_without_surrogates(value))


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(inner) for key, inner in value.items()}
    return [_without_surrogates(inner) for inner in value] if isinstance(value, list) else value


def _encoding(sample: bytes) -> str:
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        from transforms.extraction.encoding import to_text

        return to_text(sample, content_type="text/plain").encoding
    return "utf-8-sig"


def _delimiter(sample: bytes, encoding: str, *, tabs: bool) -> str:
    header = codecs.getincrementaldecoder(encoding)("replace").decode(sample).partition("\n")[0]
    if tabs or ("\t" in header and "," not in header):
        return "\t"
    return ";" if ";" in header and "," not in header else ","


def _decoded(content: Content, encoding: str, limit: int) -> Iterator[str]:
    """Yield the lines of the content as text; a byte that is no text becomes the replacement character."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    while line := content.readline(_LINE if encoding.startswith("utf-16") else limit):
        text = decoder.decode(line)
        yield from text.splitlines(keepends=True) if encoding.startswith("utf-16") else (text,)
    if rest := decoder.decode(b"", final=True):
        yield rest
