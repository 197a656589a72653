"""Tables as raw articles: the rows of Parquet and CSV files, each a JSON object of its columns."""

import base64
import codecs
import csv
from collections.abc import Callable, Iterator
from typing import Any, Final

import orjson

from pipeline.sources.formats.records import KEPT_OF_UNREADABLE, Damage, FileRecord, too_large
from pipeline.sources.formats.streams import Allowance, Content, StoredFile
from pipeline.sources.mapping import to_json_value
from schemas.reasons import Reason
from transforms.errors import Rejected
from transforms.extraction.encoding import codec_of, to_text

Convert = Callable[[dict[str, Any]], dict[str, Any]]

_ROWS: Final = 256
_SAMPLE: Final = 1024 * 1024
_PIECE: Final = 1024 * 1024


def read_parquet(
    stored: StoredFile, convert: Convert, limit: int, allowance: Allowance | None = None
) -> Iterator[FileRecord | Damage]:
    """Yield the rows of a Parquet file, a batch in memory at a time.

    What the library cannot read of a group of rows is damage, and reading goes on with the next group.
    """
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.ParquetFile(stored.file, pre_buffer=False)
        groups = table.num_row_groups
    except Exception as error:  # a damaged file shows as an error of whichever part is read first
        yield Damage(place="the directory at its end", reason=_said(error))
        return
    row = 0
    for group in range(groups):
        batches = table.iter_batches(batch_size=_ROWS, row_groups=[group], use_threads=False)
        while True:
            try:
                rows = _as_objects(next(batches))
            except StopIteration:
                break
            except Exception as error:
                yield Damage(place=f"row {row}", reason=_said(error))
                break
            for columns, unread in rows:
                record = _record(columns, convert, limit)
                if unread:
                    record = FileRecord(record.payload, failure=(Reason.INVALID_RECORD, f"row {row}: {unread}"))
                yield record
                row += 1
                if allowance and not allowance.take(len(record.payload)):
                    yield Damage(place=f"row {row}", reason=allowance.refusal)
                    return


def _said(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__


def _as_objects(batch: Any) -> list[tuple[dict[str, Any], str]]:
    """Return the rows of a batch, each with what cannot be read of it.

    A bare column ``html`` of bytes is what `html_base64` is for.
    """
    rows: list[tuple[dict[str, Any], str]] = []
    names = list(dict.fromkeys(batch.schema.names))
    columns = [_values(batch.column(batch.schema.names.index(name))) for name in names]
    for values in zip(*columns, strict=True):
        row = dict(zip(names, values, strict=True))
        unread = [f"column {name}: {_said(value)}" for name, value in row.items() if isinstance(value, Exception)]
        if isinstance(row.get("html"), bytes) and "html_base64" not in row:
            row["html_base64"] = base64.b64encode(row.pop("html")).decode("ascii")
        found: dict[str, Any] = {}
        for name, value in row.items():
            if value is None or isinstance(value, Exception):
                continue
            try:
                found[name] = to_json_value(value)
            except (ValueError, OverflowError, RecursionError) as error:
                unread.append(f"column {name}: {_said(error)}")
        rows.append((found, "; ".join(unread)))
    return rows


def _values(column: Any) -> list[Any]:
    """Return the values of a column; in place of one that Python cannot hold, the error that says so."""
    import pyarrow

    if pyarrow.types.is_timestamp(column.type) and column.type.unit == "ns":
        # Python's times end at microseconds; what is cut off is far below any precision of news.
        column = column.cast(pyarrow.timestamp("us", tz=column.type.tz), safe=False)
    try:
        values: list[Any] = column.to_pylist()
    except Exception:  # dates and durations out of range, unknown zones, bytes that are no UTF-8
        values = [_value(column, at) for at in range(len(column))]
    return values


def _value(column: Any, at: int) -> Any:
    try:
        return column[at].as_py()
    except Exception as error:
        return error


def read_csv(content: Content, convert: Convert, limit: int, *, tabs: bool) -> Iterator[FileRecord | Damage]:
    """Yield the rows of a CSV file with a header, every value as the text that it is (no guess at numbers or dates)."""
    sample = content.peek(_SAMPLE)
    if not sample.strip():
        content.skip(len(sample))
        if content.damage:
            yield _damage(content)
        return
    try:
        encoding = _encoding(sample)
    except Rejected as error:
        size = content.skip(2**62)
        yield FileRecord(sample[:KEPT_OF_UNREADABLE], payload_bytes=size, failure=(error.reason, error.message))
        return
    csv.field_size_limit(max(csv.field_size_limit(), limit))
    lines = _Lines(content, encoding, limit)
    rows = csv.reader(lines, delimiter=_delimiter(sample, encoding, tabs=tabs))
    header: list[str] | None = None
    while True:
        lines.row = 0
        try:
            values = next(rows, None)
        except _RowTooLargeError as error:
            yield too_large(error.beginning, error.size, limit)
            continue
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
            yield FileRecord(_dumps(values)[:limit], failure=(Reason.INVALID_RECORD, message))
            continue
        columns = {name: value for name, value in zip(header, values, strict=False) if name and value}
        yield _record(columns, convert, limit)
    if content.damage:
        yield _damage(content)


def _damage(content: Content) -> Damage:
    return Damage(place=f"byte {content.position} of the content", reason=str(content.damage))


def _record(columns: dict[str, Any], convert: Convert, limit: int) -> FileRecord:
    payload = _dumps(convert(columns))
    return FileRecord(payload) if len(payload) <= limit else too_large(payload, len(payload), limit)


def _dumps(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:  # lone surrogates: bytes that are no text in the file's encoding
        try:
            return orjson.dumps(_without_surrogates(value))
        except (orjson.JSONEncodeError, RecursionError):  # nested deeper than JSON is written
            return orjson.dumps({name: str(inner)[:1000] for name, inner in value.items()})


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(inner) for key, inner in value.items()}
    return [_without_surrogates(inner) for inner in value] if isinstance(value, list) else value


def _encoding(sample: bytes) -> str:
    """Return how the text in `sample` is encoded. Raises `Rejected` where it is none."""
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return codec_of(to_text(sample, content_type="text/plain", html=False).encoding)
    found = to_text(sample[:4096], content_type="text/plain", html=False).encoding
    return found if found.startswith("utf-16") else "utf-8-sig"


def _delimiter(sample: bytes, encoding: str, *, tabs: bool) -> str:
    header = codecs.getincrementaldecoder(encoding)("replace").decode(sample).partition("\n")[0]
    if tabs or ("\t" in header and "," not in header):
        return "\t"
    return ";" if ";" in header and "," not in header else ","


class _RowTooLargeError(Exception):
    """A row of which only the beginning is held; the next one is read behind it."""

    def __init__(self, beginning: bytes, size: int) -> None:
        super().__init__(size)
        self.beginning = beginning
        self.size = size


class _Lines:
    """The lines of the content as text; a byte that is no text becomes the replacement character.

    A quotation mark that is never closed makes one row of all lines behind it: the row ends at the limit.
    """

    def __init__(self, content: Content, encoding: str, limit: int) -> None:
        self._content = content
        self._wide = encoding.startswith("utf-16")
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._limit = limit
        self._held = ""
        self.row = 0
        """Bytes of the lines that were given since this was last set to zero."""

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        while True:
            line = self._content.readline(self._limit + 1)
            if len(line) > self._limit and not line.endswith(b"\n"):
                raise _RowTooLargeError(line[:KEPT_OF_UNREADABLE], len(line) + self._rest_of_line())
            self.row += len(line)
            if self.row > self._limit + len(b"\r\n"):
                raise _RowTooLargeError(line[:KEPT_OF_UNREADABLE], self.row)
            text = self._decoder.decode(line, final=not line)
            if self._wide and line:
                # The byte of a line break may belong to another character, or lack its other half.
                self._held += text
                text, newline, self._held = self._held.rpartition("\n")
                if not newline:
                    continue
                text += newline
            elif not line:
                text, self._held = self._held + text, ""
            if not text and not line:
                raise StopIteration
            return text

    def _rest_of_line(self) -> int:
        size = 0
        while more := self._content.readline(_PIECE):
            size += len(more)
            if more.endswith(b"\n"):
                break
        return size
