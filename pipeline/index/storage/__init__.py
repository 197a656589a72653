"""Where the index keeps its rows: SQLite or PostgreSQL."""
