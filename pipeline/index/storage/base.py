"""What a store keeps and how it is read and written: rows, and one small interface that SQLite and PostgreSQL fill."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from transforms.dedup.stories import Members, unpack
from transforms.dedup.story_facts import StoryFacts

CANDIDATES_PER_BAND = 16
"""Of the versions that share a band key the latest so many are looked at: a key that many share says little."""


@dataclass(slots=True, kw_only=True)
class Alias:
    """A decision that a text is a duplicate."""

    text: bytes
    version_id: int
    similarity: float
    method: str


@dataclass(slots=True, kw_only=True)
class Identity:
    """One uri: an article with versions, the duplicate of another, or both one after the other."""

    id: int
    uri: str
    source: str | None
    versions: int = 0
    current: int | None = None
    """Id of the version that is current by its own times, not by arrival."""
    alias: Alias | None = None
    last_seen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of an article. `text` is a hash of the folded text, empty when nothing is left of it."""

    id: int
    identity_id: int
    uri: str
    source: str | None
    number: int
    text: bytes
    scheme: str
    tokens: int
    shingles: bytes
    title: str | None
    published_at: str | None
    modified_at: str | None
    fetched_at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersion:
    """A version to store, with what only the store needs."""

    version: Version
    language: str | None
    change: str
    changes: str | None
    related: str | None
    bands: tuple[int, ...]
    content: str
    coordinates: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The body that was last seen under a request key, and whose text it gave."""

    body: bytes
    identity_id: int
    text: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision as stored: JSON, with the hash of the body that it is about."""

    body: bytes
    identity_id: int
    decision: bytes


class Window(NamedTuple):
    """A term, and the days in which stories with it are looked for, both ends included."""

    key: int
    low: int
    high: int


@dataclass(slots=True, kw_only=True)
class StoryRow:
    """A story; its `uri` is that of the article that opened it."""

    id: int
    uri: str
    first_day: int
    last_day: int
    articles: int = 0
    title: str | None = None
    merged_into: int | None = None
    stored_facts: str | None = None
    """As read from the storage, None where it changed since."""
    stored_members: bytes | None = None
    """As read from the storage, None where it changed since."""
    _facts: StoryFacts | None = None
    _members: Members | None = None

    @property
    def facts(self) -> StoryFacts:
        """What is known of the story beside its articles."""
        if self._facts is None:
            self._facts = _facts_of(self.stored_facts) if self.stored_facts else StoryFacts()
        return self._facts

    @facts.setter
    def facts(self, facts: StoryFacts) -> None:
        self._facts, self.stored_facts = facts, None

    @property
    def members(self) -> Members:
        """The articles that represent the story."""
        if self._members is None:
            self._members = unpack(self.stored_members) if self.stored_members else []
        return self._members

    @members.setter
    def members(self, members: Members) -> None:
        self._members, self.stored_members = members, None

    def forget(self, merged_into: int) -> None:
        """Leave everything to the story that this one is part of from now on."""
        self.merged_into, self.articles, self.title = merged_into, 0, None
        self.facts, self.members = StoryFacts(), []


_facts_of = msgspec.json.Decoder(StoryFacts).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A version of an article in its story: what was answered when it was asked for, to be answered again."""

    uri: str
    version: int
    story_id: int
    similarity: float
    event_day: int
    articles: int | None
    title: str | None
    merged: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RareTermsWrite:
    """What a batch adds to the counts of terms: articles of the stream, those that are counted, and the new rows."""

    articles: int
    taken: int
    counts: bytes | None
    """The counts, where they were taken anew: then nothing before them waits any more."""
    waiting: bytes | None


@dataclass(slots=True)
class Writes:
    """What a batch changes; one entry for each row, whatever number of records of the batch touched it."""

    identities: dict[int, Identity] = field(default_factory=dict)
    versions: list[NewVersion] = field(default_factory=list)
    bands: list[tuple[int, int]] = field(default_factory=list)
    """Band keys with the ids of their versions, sorted."""
    band_marks: dict[int, int] = field(default_factory=dict)
    superseded: set[int] = field(default_factory=set)
    """Ids of stored versions whose text is no longer needed: revisions are told against the current version."""
    seen: set[int] = field(default_factory=set)
    """Ids of stored identities whose text was seen again, be it under another uri."""
    copies: dict[bytes, Alias] = field(default_factory=dict)
    requests: dict[bytes, Request] = field(default_factory=dict)
    decisions: dict[str, Decided] = field(default_factory=dict)
    sources: dict[str, bytes] = field(default_factory=dict)
    stories: dict[int, StoryRow] = field(default_factory=dict)
    merged_stories: dict[int, int] = field(default_factory=dict)
    """Stories by the id of those that were merged into them."""
    story_terms: set[tuple[int, int, int]] = field(default_factory=set)
    """Term, day, story."""
    rare_terms: RareTermsWrite | None = None
    memberships: list[Membership] = field(default_factory=list)


class Store(ABC):
    """Rows in and out. Every method is called within `transaction`; errors come as `IndexUnavailable`/`-Damaged`."""

    @abstractmethod
    def transaction(self, *, exclusive: bool) -> AbstractContextManager[None]:
        """Begin, and commit on leaving. Of exclusive transactions on one store only one is under way at a time."""

    @abstractmethod
    def decisions(self, coordinates: Sequence[str]) -> dict[str, Decided]: ...

    @abstractmethod
    def requests(self, keys: Sequence[bytes]) -> dict[bytes, Request]: ...

    @abstractmethod
    def identities(self, uris: Iterable[str]) -> list[Identity]: ...

    @abstractmethod
    def identities_by_id(self, ids: Iterable[int]) -> list[Identity]: ...

    @abstractmethod
    def copies(self, texts: Iterable[bytes]) -> dict[bytes, Alias]:
        """Return what those of these texts that were found to be copies are copies of."""

    @abstractmethod
    def versions_with_text(self, texts: Iterable[bytes]) -> list[Version]:
        """Return the versions with one of these texts, oldest first."""

    @abstractmethod
    def candidates(self, bands: Sequence[int]) -> dict[int, list[int]]:
        """Return the ids of the latest `CANDIDATES_PER_BAND` versions stored under each band key, oldest first."""

    @abstractmethod
    def band_marks(self) -> dict[int, int]:
        """Return up to which version id each range of band keys is stored (`pipeline.index.lsh_buffer`)."""

    @abstractmethod
    def bands_since(self, version_id: int) -> list[tuple[int, list[int]]]:
        """Return id and band keys of the versions after this one, oldest first."""

    @abstractmethod
    def versions(self, ids: Iterable[int]) -> list[Version]: ...

    @abstractmethod
    def contents(self, version_ids: Iterable[int]) -> dict[int, str]:
        """Return the texts of these versions, those that are still kept: the current ones."""

    @abstractmethod
    def sources(self, domains: Iterable[str]) -> Mapping[str, bytes]: ...

    @abstractmethod
    def last_ids(self) -> tuple[int, int]:
        """Return the highest identity id and the highest version id in use, 0 when there is none."""

    @abstractmethod
    def memberships(self, uris: Iterable[str]) -> list[Membership]: ...

    @abstractmethod
    def stories_with(self, windows: Sequence[Window]) -> dict[Window, list[tuple[int, int]]]:
        """Return (day, story id) of the latest `COMMON` entries in each window."""

    @abstractmethod
    def stories(self, ids: Sequence[int]) -> list[StoryRow]: ...

    @abstractmethod
    def last_story_id(self) -> int: ...

    @abstractmethod
    def rare_terms_state(self) -> tuple[int, int]:
        """Return how many articles the counts of terms hold, and how many there were in all."""

    @abstractmethod
    def rare_terms(self) -> bytes:
        """Return the counts of terms."""

    @abstractmethod
    def rare_terms_since(self, articles: int) -> list[bytes]:
        """Return the rows that wait to be counted after so many articles of the stream."""

    @abstractmethod
    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a query that both stores understand, with ``?`` for each of `values`."""

    @abstractmethod
    def write(self, writes: Writes, day: int) -> None: ...

    @abstractmethod
    def expire(self, before_day: int) -> int:
        """Delete identities last seen before the day with all that belongs to them; return how many were articles."""

    @abstractmethod
    def statistics(self) -> dict[str, int]: ...

    @abstractmethod
    def close(self) -> None: ...
