"""The queries that SQLite and PostgreSQL answer alike; what they do differently is in the two stores."""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

from pipeline.index.storage.base import Alias, Decided, Identity, Membership, Request, Store, StoryRow, Version
from pipeline.index.storage.rows import (
    COPY_COLUMNS,
    IDENTITY_COLUMNS,
    MEMBER_COLUMNS,
    STORY_COLUMNS,
    VERSIONS,
    content_of,
    copies_of,
    identity_of,
    membership_of,
    story_of,
    unpack_bands,
    version_of,
)


class TableStore(Store):
    """Rows of the tables in `pipeline.index.storage.schema`."""

    @abstractmethod
    def among(self, sql: str, values: Iterable[Any]) -> Iterable[tuple[Any, ...]]:
        """Return the rows of a query in which ``IN (?)`` stands for the list of `values`; none without values."""

    def decisions(self, coordinates: Sequence[str]) -> dict[str, Decided]:
        sql = "SELECT coordinates, body, identity_id, decision FROM decision WHERE coordinates IN (?)"
        return {c: Decided(body=b, identity_id=i, decision=d.encode()) for c, b, i, d in self.among(sql, coordinates)}

    def requests(self, keys: Sequence[bytes]) -> dict[bytes, Request]:
        rows = self.among("SELECT key, body, identity_id, text_hash FROM request WHERE key IN (?)", keys)
        return {k: Request(body=b, identity_id=i, text=t) for k, b, i, t in rows}

    def identities(self, uris: Iterable[str]) -> list[Identity]:
        rows = self.among(f"SELECT {IDENTITY_COLUMNS} FROM identity WHERE uri IN (?)", uris)
        return [identity_of(row) for row in rows]

    def identities_by_id(self, ids: Iterable[int]) -> list[Identity]:
        rows = self.among(f"SELECT {IDENTITY_COLUMNS} FROM identity WHERE id IN (?)", ids)
        return [identity_of(row) for row in rows]

    def copies(self, texts: Iterable[bytes]) -> dict[bytes, Alias]:
        return copies_of(self.among(f"SELECT {COPY_COLUMNS} FROM copy WHERE text_hash IN (?)", texts))

    def versions_with_text(self, texts: Iterable[bytes]) -> list[Version]:
        rows = self.among(f"{VERSIONS} WHERE v.text_hash IN (?)", texts)
        return sorted(map(version_of, rows), key=lambda version: version.id)

    def band_marks(self) -> dict[int, int]:
        return dict(self.rows("SELECT slice, through FROM band_slice"))

    def bands_since(self, version_id: int) -> list[tuple[int, list[int]]]:
        rows = self.rows("SELECT id, bands FROM version WHERE id > ? ORDER BY id", version_id)
        return [(i, unpack_bands(packed)) for i, packed in rows]

    def versions(self, ids: Iterable[int]) -> list[Version]:
        return [version_of(row) for row in self.among(f"{VERSIONS} WHERE v.id IN (?)", ids)]

    def contents(self, version_ids: Iterable[int]) -> dict[int, str]:
        rows = self.among("SELECT id, content FROM version WHERE content IS NOT NULL AND id IN (?)", version_ids)
        return {i: content_of(packed) for i, packed in rows}

    def sources(self, domains: Iterable[str]) -> dict[str, bytes]:
        return dict(self.among("SELECT domain, recurring FROM source WHERE domain IN (?)", domains))

    def last_ids(self) -> tuple[int, int]:
        sql = "SELECT coalesce((SELECT max(id) FROM identity), 0), coalesce((SELECT max(id) FROM version), 0)"
        ((identity_id, version_id),) = self.rows(sql)
        return identity_id, version_id

    def memberships(self, uris: Iterable[str]) -> list[Membership]:
        rows = self.among(f"SELECT {MEMBER_COLUMNS} FROM story_member WHERE uri IN (?)", uris)
        return [membership_of(row) for row in rows]

    def stories(self, ids: Sequence[int]) -> list[StoryRow]:
        return [story_of(row) for row in self.among(f"SELECT {STORY_COLUMNS} FROM story WHERE id IN (?)", ids)]

    def last_story_id(self) -> int:
        ((last,),) = self.rows("SELECT coalesce(max(id), 0) FROM story")
        return int(last)

    def rare_terms_state(self) -> tuple[int, int]:
        ((taken, articles),) = self.rows("SELECT taken, articles FROM rare_terms")
        return taken, articles

    def rare_terms(self) -> bytes:
        ((counts,),) = self.rows("SELECT counts FROM rare_terms")
        return bytes(counts)

    def rare_terms_since(self, articles: int) -> list[bytes]:
        rows = self.rows("SELECT terms FROM rare_terms_waiting WHERE articles > ? ORDER BY articles", articles)
        return [bytes(terms) for (terms,) in rows]
