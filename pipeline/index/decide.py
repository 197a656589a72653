"""The rules by which the index decides, one record after the other, on what a store remembers."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from pipeline.index.base import Decision, Observation
from pipeline.index.lsh_buffer import FreshBands
from pipeline.index.recurring import Recurring
from pipeline.index.storage.base import (
    CANDIDATES_PER_BAND,
    Alias,
    Decided,
    Identity,
    NewVersion,
    Request,
    Store,
    Version,
    Writes,
)
from schemas.records import Change, Related
from transforms.dedup.fingerprint import Hashes, overlap, unpack

NEAR: Final = 0.7
"""Texts with at least this Jaccard similarity are the same article."""
CONTAINED: Final = 0.8
"""Share of the smaller text from which on the larger one contains it."""
TRIVIAL_SHARE: Final = 0.9
TRIVIAL_SHINGLES: Final = 12
"""A text that contains `TRIVIAL_SHARE` of another and at most so many shingles beyond it says nothing more."""
REPLACED: Final = 0.3
"""A page that keeps less of its own text than this, and now has another article's, is that one's duplicate."""
_CANDIDATES: Final = 24
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Decision).decode


def short(hexadecimal: str) -> bytes:
    """Return the first 128 bits of a hash, which is what rows keep."""
    return bytes.fromhex(hexadecimal)[:16]


def request_hash(key: str) -> bytes:
    """Return the key under which the last body of a request is kept."""
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def repeated(identity: Identity, method: str) -> Decision:
    """Return the decision on a record that says nothing new of its own article."""
    return Decision(outcome="unchanged", uri=identity.uri, duplicate_of=identity.uri, similarity=1.0, method=method)


def duplicate(identity: Identity, original: str) -> Decision:
    """Return the decision on a record that says what the article `original` said before."""
    assert identity.alias is not None
    return Decision(
        outcome="duplicate",
        uri=identity.uri,
        duplicate_of=original,
        similarity=identity.alias.similarity,
        method=identity.alias.method,
    )


@dataclass(frozen=True, slots=True)
class _Match:
    version: Version
    similarity: float
    method: str


class Deciding:
    """One batch within one exclusive transaction: loads what its records touch, decides in order, collects writes."""

    def __init__(self, store: Store, bands: FreshBands, observations: Sequence[Observation], day: int) -> None:
        self._store = store
        self._fresh_bands = bands
        self._day = day
        self._writes = Writes()
        self._decided = store.decisions([o.coordinates for o in observations])
        fresh = [o for o in observations if self._stored(o) is None]
        self._requests = store.requests(list({request_hash(o.request_key) for o in fresh if o.request_key}))
        self._identities = {i.uri: i for i in store.identities({o.uri for o in fresh})}
        self._sources = {d: Recurring(b) for d, b in store.sources({o.source for o in fresh if o.source}).items()}
        self._by_text: dict[bytes, list[Version]] = {}
        self._versions: dict[int, Version] = {}
        texts = {_text(o) for o in fresh} - {b""}
        for version in store.versions_with_text(texts):
            self._remember(version)
        self._copies = store.copies(texts)
        self._identity_id, last_version = store.last_ids()
        self._version_id = self._fresh_bands.follow(store, last_version)
        self._bands = store.candidates(list({band for o in fresh for band in o.fingerprint.bands}))
        wanted = {i for o in fresh for i in self._candidates(o)}
        wanted |= {i.current for i in self._identities.values() if i.current}
        wanted |= {i.alias.version_id for i in self._identities.values() if i.alias}
        wanted |= {copy.version_id for copy in self._copies.values()}
        for version in store.versions(sorted(wanted - self._versions.keys())):
            self._versions[version.id] = version
        self._contents = store.contents(self._revised(fresh))

    def finish(self) -> None:
        """Store what the batch changed."""
        self._writes.sources = {domain: self._sources[domain].pack() for domain in self._writes.sources}
        self._fresh_bands.store_due(self._writes)
        self._store.write(self._writes, self._day)

    def decide(self, observation: Observation) -> Decision:
        """Return the decision on one record."""
        if stored := self._stored(observation):
            return stored
        identity = self._identities.get(observation.uri) or self._new_identity(observation)
        decision = self._decision(observation, identity)
        body = short(observation.body_sha256)
        if observation.request_key:
            key = request_hash(observation.request_key)
            request = Request(body=body, identity_id=identity.id, text=_text(observation))
            if self._requests.get(key) != request:
                self._requests[key] = self._writes.requests[key] = request
        if identity.last_seen != self._day:
            identity.last_seen = self._day
            self._writes.identities[identity.id] = identity
        if decision.outcome == "duplicate" and identity.alias:
            self._writes.seen.add(self._version(identity.alias.version_id).identity_id)
        self._decided[observation.coordinates] = self._writes.decisions[observation.coordinates] = Decided(
            body=body, identity_id=identity.id, decision=_encode(decision)
        )
        return decision

    def _stored(self, observation: Observation) -> Decision | None:
        decided = self._decided.get(observation.coordinates)
        return _decode(decided.decision) if decided and decided.body == short(observation.body_sha256) else None

    def _decision(self, observation: Observation, identity: Identity) -> Decision:
        text = _text(observation)
        current = self._version(identity.current) if identity.current else None
        if current and current.text == text:
            return repeated(identity, self._method(observation, identity))
        if identity.alias and identity.alias.text == text:
            return duplicate(identity, self._version(identity.alias.version_id).uri)
        earlier = [v for v in self._by_text.get(text, ()) if v.identity_id == identity.id]
        if current and earlier and not _is_later(observation, current):
            return repeated(identity, self._method(observation, identity))
        match, related = self._matches(observation, identity)
        self._recur(observation)
        if match and (current is None or self._likeness(observation, current) < min(REPLACED, match.similarity)):
            identity.alias = Alias(
                text=text, version_id=match.version.id, similarity=match.similarity, method=match.method
            )
            self._writes.identities[identity.id] = identity
            if match.method != "exact" and text not in self._copies:
                self._copies[text] = self._writes.copies[text] = identity.alias
            return duplicate(identity, match.version.uri)
        return self._article(observation, identity, current, earlier, related)

    def _article(
        self,
        observation: Observation,
        identity: Identity,
        current: Version | None,
        earlier: list[Version],
        related: tuple[Related, ...],
    ) -> Decision:
        change: Change = "new"
        changes = None
        late = False
        if current:
            late = _is_later(current, observation)
            from transforms.dedup.revisions import Side, compare  # loads much, and few records are revisions

            revision = compare(Side(current.title, self._content(current)), Side(observation.title, observation.text))
            change, changes = revision.change, {"against": current.number, **revision.summary}
            if late:
                changes = {"late": True, **changes}
            if earlier:
                changes = {"returns_to": earlier[0].number, **changes}
        self._version_id += 1
        identity.versions += 1
        version = Version(
            id=self._version_id,
            identity_id=identity.id,
            uri=identity.uri,
            source=identity.source,
            number=identity.versions,
            text=_text(observation),
            scheme=observation.fingerprint.scheme,
            tokens=observation.fingerprint.tokens,
            shingles=observation.fingerprint.shingles,
            title=observation.title,
            published_at=observation.published_at,
            modified_at=observation.modified_at,
            fetched_at=observation.fetched_at,
        )
        decision = Decision(
            outcome="article",
            uri=identity.uri,
            version=version.number,
            change=change,
            changes=changes,
            related=related,
        )
        if not late:
            if current:
                self._writes.superseded.add(current.id)
            identity.current = version.id
        else:
            self._writes.superseded.add(version.id)
        self._writes.identities[identity.id] = identity
        self._writes.versions.append(
            NewVersion(
                version=version,
                language=observation.language,
                change=change,
                changes=msgspec.json.encode(changes).decode() if changes else None,
                related=msgspec.json.encode(related).decode() if related else None,
                bands=observation.fingerprint.bands,
                content=observation.text,
                coordinates=observation.coordinates,
            )
        )
        self._remember(version)
        self._contents[version.id] = observation.text
        self._fresh_bands.add(version.id, observation.fingerprint.bands)
        return decision

    def _matches(self, observation: Observation, identity: Identity) -> tuple[_Match | None, tuple[Related, ...]]:
        """Return the text of another identity that this one repeats, and those that hold it or that it holds."""
        text = _text(observation)
        for version in self._by_text.get(text, ()):
            if version.identity_id != identity.id:
                return _Match(version, 1.0, "exact"), ()
        if copy := self._copies.get(text):
            version = self._version(copy.version_id)
            if version.identity_id != identity.id:
                return _Match(version, copy.similarity, copy.method), ()
        best: _Match | None = None
        related: dict[str, Related] = {}
        own = unpack(observation.fingerprint.shingles)
        ignored = self._recurring(observation)
        for version_id in self._candidates(observation):
            version = self._version(version_id)
            if version.identity_id == identity.id or version.scheme != observation.fingerprint.scheme:
                continue
            other = unpack(version.shingles)
            same_source = version.source is not None and version.source == observation.source
            match, relation = _verify(own, other, version, ignored if same_source else None)
            if match and (best is None or (-match.similarity, match.version.id) < (-best.similarity, best.version.id)):
                best = match
            if relation and version.uri not in related:
                related[version.uri] = relation
        return best, tuple(sorted(related.values(), key=lambda r: (-r.share, r.uri)))[:3]

    def _candidates(self, observation: Observation) -> list[int]:
        """Return the ids of the versions that share most bands with the text, the best first."""
        hits = Counter(
            version_id
            for band in observation.fingerprint.bands
            for version_id in [*self._bands.get(band, ()), *self._fresh_bands.find(band)][-CANDIDATES_PER_BAND:]
        )
        return sorted(hits, key=lambda version_id: (-hits[version_id], version_id))[:_CANDIDATES]

    def _likeness(self, observation: Observation, current: Version) -> float:
        if current.scheme != observation.fingerprint.scheme:
            return 1.0  # not comparable: the page is taken to be what it was
        common, of_own, of_other = overlap(unpack(observation.fingerprint.shingles), unpack(current.shingles))
        return common / max(1, min(of_own, of_other))

    def _recur(self, observation: Observation) -> None:
        if observation.source and observation.fingerprint.paragraphs:
            source = self._sources.setdefault(observation.source, Recurring(b""))
            source.note(observation.fingerprint.paragraphs, observation.title or observation.fingerprint.text_hash)
            self._writes.sources[observation.source] = b""

    def _recurring(self, observation: Observation) -> Hashes | None:
        """Return the shingles of those paragraphs that recur in the source, where enough of the text remains."""
        source = self._sources.get(observation.source or "")
        if source is None:
            return None
        print_ = observation.fingerprint
        packed = [s for p, s in zip(print_.paragraphs, print_.paragraph_shingles, strict=True) if source.recurs(p)]
        if not packed:
            return None
        ignored = np.unique(unpack(b"".join(packed)))
        left = len(print_.shingles) // 4 - len(ignored)
        return ignored if left >= TRIVIAL_SHINGLES else None

    def _method(self, observation: Observation, identity: Identity) -> str:
        request = self._requests.get(request_hash(observation.request_key)) if observation.request_key else None
        same = request and request.identity_id == identity.id and request.body == short(observation.body_sha256)
        return "content" if same else "text"

    def _new_identity(self, observation: Observation) -> Identity:
        self._identity_id += 1
        identity = Identity(id=self._identity_id, uri=observation.uri, source=observation.source)
        self._identities[identity.uri] = identity
        return identity

    def _version(self, version_id: int) -> Version:
        if version_id not in self._versions:
            self._versions.update((v.id, v) for v in self._store.versions([version_id]))
        return self._versions[version_id]

    def _content(self, version: Version) -> str:
        if version.id not in self._contents:
            self._contents.update(self._store.contents([version.id]))
        return self._contents.get(version.id, "")

    def _revised(self, fresh: Sequence[Observation]) -> list[int]:
        """Return the current versions of which a different text is about to be seen."""
        revised = set()
        for observation in fresh:
            identity = self._identities.get(observation.uri)
            if identity and identity.current and self._version(identity.current).text != _text(observation):
                revised.add(identity.current)
        return sorted(revised)

    def _remember(self, version: Version) -> None:
        self._versions[version.id] = version
        if version.text:
            self._by_text.setdefault(version.text, []).append(version)


def _verify(
    own: Hashes, other: Hashes, version: Version, ignored: Hashes | None
) -> tuple[_Match | None, Related | None]:
    if ignored is not None:
        own = np.setdiff1d(own, ignored, assume_unique=True)
        other = np.setdiff1d(other, ignored, assume_unique=True)
    common, of_own, of_other = overlap(own, other)
    if not common:
        return None, None
    similarity = common / (of_own + of_other - common)
    if similarity >= NEAR:
        return _Match(version, _rounded(similarity), "minhash-jaccard"), None
    smaller = min(of_own, of_other)
    share = common / smaller
    if share >= TRIVIAL_SHARE and max(of_own, of_other) - common <= TRIVIAL_SHINGLES:
        return _Match(version, _rounded(similarity), "contains-trivial"), None
    if share >= CONTAINED:
        kind = "contains" if of_own >= of_other else "contained-in"
        return None, Related(kind=kind, uri=version.uri, share=_rounded(share))  # type: ignore[arg-type]
    return None, None


def _text(observation: Observation) -> bytes:
    return short(observation.fingerprint.text_hash)


def _rounded(share: float) -> float:
    return int(share * 10_000) / 10_000


def _is_later(a: Observation | Version, b: Observation | Version) -> bool:
    """Whether `a` shows the page at a later time than `b`; False when their times do not tell.

    The page's own time of change tells more than the crawl's: caches serve old pages to new crawls.
    """
    for first, second in ((a.modified_at, b.modified_at), (a.fetched_at, b.fetched_at)):
        if first and second:
            first, second = first.rstrip("Z"), second.rstrip("Z")
            known = min(len(first), len(second))
            if first[:known] != second[:known]:
                return first[:known] > second[:known]
    return False
