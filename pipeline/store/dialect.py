"""What the three databases write differently."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Dialect:
    """Types and expressions of one database; ``{}`` in an expression stands for a column."""

    id: str
    json: str
    time: str
    clustered: str
    """What makes a table keep its rows in the order of its key."""
    last: str
    """What puts rows without a value last when the order is falling."""
    day: str
    """A time as ``YYYY-MM-DD``."""
    hour: str
    """A time as ``YYYY-MM-DDTHH``."""
    seconds: str
    """Seconds since 1970 of a time."""
    as_time: str
    """A day or hour, as text, as a time."""
    text_of: str
    """The field ``text`` of a record."""
    ordered: str = ""
    """What makes the planner read tables in the order in which they are written down."""


DIALECTS: Final = {
    "sqlite": Dialect(
        id="INTEGER",
        json="TEXT",
        time="TEXT",
        clustered=" WITHOUT ROWID",
        last="",
        day="substr({}, 1, 10)",
        hour="substr({}, 1, 13)",
        seconds="CAST(strftime('%s', {}) AS INTEGER)",
        as_time="{} || CASE length({}) WHEN 13 THEN ':00:00Z' ELSE 'T00:00:00Z' END",
        text_of="json_extract({}, '$.text')",
        ordered="CROSS ",
    ),
    "postgresql": Dialect(
        id="BIGINT",
        json="JSONB",
        time="TIMESTAMPTZ",
        clustered="",
        last="NULLS LAST",
        day="to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
        hour="to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24')",
        seconds="extract(epoch FROM {})",
        as_time="(rpad(replace({}, 'T', ' '), 13, ' 00') || ':00:00Z')::timestamptz",
        text_of="{}->>'text'",
    ),
    "duckdb": Dialect(
        id="BIGINT",
        json="JSON",
        time="TIMESTAMPTZ",
        clustered="",
        last="NULLS LAST",
        day="strftime({} AT TIME ZONE 'UTC', '%Y-%m-%d')",
        hour="strftime({} AT TIME ZONE 'UTC', '%Y-%m-%dT%H')",
        seconds="epoch({})",
        as_time="(rpad(replace({}, 'T', ' '), 13, ' 00') || ':00:00Z')::TIMESTAMPTZ",
        text_of="{}->>'text'",
    ),
}
