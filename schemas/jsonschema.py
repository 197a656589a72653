"""The JSON Schemas of the records: generated from the types, kept in `schemas/json/`, read at run time to validate.

``python -m schemas.jsonschema`` writes them; a test fails when they have drifted from the types.
"""

from functools import cache
from importlib.resources import files
from inspect import cleandoc
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson

from schemas.records import SCHEMA_VERSION, Alarm, Article, Dead, Duplicate, Ledger, Raw, Record, Trend

RECORD_KINDS: Final[dict[str, type[Record]]] = {
    "raw": Raw,
    "article": Article,
    "duplicate": Duplicate,
    "dead": Dead,
    "ledger": Ledger,
    "trend": Trend,
    "alarm": Alarm,
}
"""Schema name, as in topics' headers and file names, to record type."""


def schema_of(name: str) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the record called `name`."""
    (root,), definitions = msgspec.json.schema_components([RECORD_KINDS[name]], ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:khabar:schema:{name}:{SCHEMA_VERSION}",
        **root,
        "$defs": {definition: _with_clean_description(fields) for definition, fields in definitions.items()},
    }


def _with_clean_description(definition: dict[str, Any]) -> dict[str, Any]:
    if "description" in definition:
        return {**definition, "description": cleandoc(definition["description"])}
    return definition


def schema_bytes(name: str) -> bytes:
    """Return the content of the record's schema file."""
    return orjson.dumps(schema_of(name), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


@cache
def _validator(name: str) -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(orjson.loads(files("schemas").joinpath(f"json/{name}.schema.json").read_bytes()))


def validate(record: Record) -> None:
    """Check a record against its published schema, as other programs would.

    Raises:
        jsonschema.ValidationError: the record does not fit.
    """
    name = next(name for name, kind in RECORD_KINDS.items() if type(record) is kind)
    _validator(name).validate(orjson.loads(orjson.dumps(msgspec.to_builtins(record))))


def main() -> None:
    """Write all schema files."""
    folder = Path(__file__).parent / "json"
    for name in RECORD_KINDS:
        (folder / f"{name}.schema.json").write_bytes(schema_bytes(name))


if __name__ == "__main__":
    main()
