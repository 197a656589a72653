"""The store that dashboards and analysts read: SQLite out of the box, PostgreSQL in a deployment, DuckDB to analyse.

`Writer` takes records and source positions in one transaction, `Reader` answers what the dashboard asks.
"""

from pipeline.store.database import Database, StoreError, open_database
from pipeline.store.reader import Reader
from pipeline.store.writer import Stored, Writer

__all__ = ["Database", "Reader", "StoreError", "Stored", "Writer", "open_database"]
