"""How rows of the two stores, which have the same columns, become types and come from them."""

from array import array
from collections.abc import Iterable
from typing import Any, Final

import msgspec
import zstandard

from pipeline.index.storage.base import Alias, Identity, Membership, NewVersion, StoryRow, Version
from transforms.dedup.stories import pack

IDENTITY_COLUMNS: Final = (
    "id, uri, source, versions, current_version, alias_text, alias_version, alias_similarity, alias_method, last_seen"
)
IDENTITY_UPDATE: Final = ", ".join(
    f"{name} = excluded.{name}" for name in IDENTITY_COLUMNS.split(", ") if name not in {"id", "uri", "source"}
)
VERSION_COLUMNS: Final = (
    "v.id, v.identity_id, i.uri, i.source, v.number, v.text_hash, v.scheme, v.tokens, v.shingles, v.title,"
    " v.published_at, v.modified_at, v.fetched_at"
)
VERSIONS: Final = f"SELECT {VERSION_COLUMNS} FROM version v JOIN identity i ON i.id = v.identity_id"
COPY_COLUMNS: Final = "text_hash, version_id, similarity, method"
STORY_COLUMNS: Final = "id, uri, first_day, last_day, articles, title, merged_into, facts, members"
STORY_UPDATE: Final = ", ".join(f"{name} = excluded.{name}" for name in (*STORY_COLUMNS.split(", ")[2:], "last_seen"))
MEMBER_COLUMNS: Final = "uri, version, story_id, similarity, event_day, articles, title, merged"
TABLES: Final = (
    "identity", "version", "band", "copy", "request", "decision", "source", "story", "story_term", "story_member"
)  # fmt: skip

_COMPRESSOR: Final = zstandard.ZstdCompressor(level=3)
_DECOMPRESSOR: Final = zstandard.ZstdDecompressor()


def identity_of(row: tuple[Any, ...]) -> Identity:
    """Return the identity in a row of `IDENTITY_COLUMNS`."""
    id_, uri, source, versions, current, text, version_id, similarity, method, last_seen = row
    alias = Alias(text=text, version_id=version_id, similarity=similarity, method=method) if text is not None else None
    return Identity(
        id=id_, uri=uri, source=source, versions=versions, current=current, alias=alias, last_seen=last_seen
    )


def identity_row(identity: Identity) -> tuple[Any, ...]:
    """Return the values of an identity in the order of `IDENTITY_COLUMNS`."""
    alias = identity.alias
    return (
        identity.id,
        identity.uri,
        identity.source,
        identity.versions,
        identity.current,
        *((alias.text, alias.version_id, alias.similarity, alias.method) if alias else (None,) * 4),
        identity.last_seen,
    )


def version_of(row: tuple[Any, ...]) -> Version:
    """Return the version in a row of `VERSION_COLUMNS`."""
    return Version(**dict(zip(Version.__slots__, row, strict=True)))


def version_row(new: NewVersion, day: int) -> tuple[Any, ...]:
    """Return the values of a version in the order of its table's columns."""
    version = new.version
    return (
        version.id,
        version.identity_id,
        version.number,
        new.change,
        new.changes,
        new.related,
        version.title,
        new.language,
        version.published_at,
        version.modified_at,
        version.fetched_at,
        new.coordinates,
        day,
        version.scheme,
        version.tokens,
        version.text,
        version.shingles,
        pack_bands(new.bands),
        _COMPRESSOR.compress(new.content.encode("utf-8", "surrogatepass")),
    )


def copies_of(rows: Iterable[tuple[Any, ...]]) -> dict[bytes, Alias]:
    """Return the copies in rows of `COPY_COLUMNS` by their text."""
    return {row[0]: Alias(**dict(zip(Alias.__slots__, row, strict=True))) for row in rows}


def copy_row(copy: Alias) -> tuple[Any, ...]:
    """Return the values of a copy in the order of its table's columns."""
    return copy.text, copy.version_id, copy.similarity, copy.method


def content_of(packed: bytes) -> str:
    """Return the text in the content column."""
    return _DECOMPRESSOR.decompress(packed).decode("utf-8", "surrogatepass")


def pack_bands(bands: tuple[int, ...]) -> bytes:
    """Return band keys as bytes; they stay with the version so that its rows in ``band`` can be found again."""
    return array("q", bands).tobytes()


def unpack_bands(packed: bytes) -> list[int]:
    """Return the band keys that `pack_bands` packed."""
    return array("q", packed).tolist()


def story_of(row: tuple[Any, ...]) -> StoryRow:
    """Return the story in a row of `STORY_COLUMNS`."""
    id_, uri, first_day, last_day, articles, title, merged_into, facts, members = row
    return StoryRow(
        id=id_,
        uri=uri,
        first_day=first_day,
        last_day=last_day,
        articles=articles,
        title=title,
        merged_into=merged_into,
        stored_facts=facts,
        stored_members=bytes(members) if members else None,
    )


def story_row(story: StoryRow, day: int) -> tuple[Any, ...]:
    """Return the values of a story in the order of `STORY_COLUMNS`, and the day."""
    return (
        story.id,
        story.uri,
        story.first_day,
        story.last_day,
        story.articles,
        story.title,
        story.merged_into,
        story.stored_facts or msgspec.json.encode(story.facts).decode(),
        story.stored_members or pack(story.members),
        day,
    )


def membership_of(row: tuple[Any, ...]) -> Membership:
    """Return the membership in a row of `MEMBER_COLUMNS`."""
    *values, merged = row
    return Membership(
        **dict(zip(Membership.__slots__, (*values, msgspec.json.decode(merged) if merged else []), strict=True))
    )


def membership_row(member: Membership) -> tuple[Any, ...]:
    """Return the values of a membership in the order of `MEMBER_COLUMNS`."""
    return (
        member.uri,
        member.version,
        member.story_id,
        member.similarity,
        member.event_day,
        member.articles,
        member.title,
        msgspec.json.encode(member.merged).decode() if member.merged else None,
    )
