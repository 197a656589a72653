"""The article index over a store: transactions around the rules of deciding."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final, TypeVar

import msgspec

from pipeline.index.base import Decision, Observation, Probe, StoryArticle
from pipeline.index.decide import Deciding, duplicate, repeated, request_hash, short
from pipeline.index.lsh_buffer import FreshBands
from pipeline.index.rare_terms import RareTerms
from pipeline.index.report import Comparison, History, comparison, history
from pipeline.index.storage.base import Decided, Identity, Request, Store, Version, Writes
from pipeline.index.stories import Grouping, prepare
from schemas.records import Story
from transforms.dedup.stories import Model, load_model

_DAY: Final = 86_400
_UNDER_WAY: Final = 10_000
Asked = TypeVar("Asked", Probe, Observation, StoryArticle)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Decision).decode


class Index:
    """Memory of articles. Every method is one transaction: it happens as a whole or not at all.

    Raises (every method):
        IndexUnavailable: try again.
        IndexDamaged: do not try again.

    It works over any `Store`; `clock` tells the day by which retention counts, no decision depends on it. One object
    may be shared by threads; they take turns.
    """

    def __init__(self, store: Store, clock: Callable[[], float] = time.time, model: Model | None = None) -> None:
        self._store = store
        self._clock = clock
        self._turn = threading.Lock()
        self._fresh = FreshBands()
        self._rare = RareTerms()
        self._model = model or load_model()
        self._under_way: OrderedDict[str, str] = OrderedDict()
        """Request keys by coordinates of records that were not recalled and not observed yet."""

    def recall(self, probes: Sequence[Probe]) -> list[Decision | None]:
        """Return the decision on each record that needs no extraction, None for the others.

        Such a decision is the one that `observe` would make. Call it in the order of the source, after the records
        of earlier calls were observed or are sure to be observed later in this process.
        """
        probes = [_legible(probe) for probe in probes]
        with self._turn:
            with self._store.transaction(exclusive=False):
                answers, _ = self._recalled(probes)
            if any(answers):
                with self._store.transaction(exclusive=True):
                    answers, writes = self._recalled(probes)
                    self._store.write(writes, self._day())
            for probe, answer in zip(probes, answers, strict=True):
                if answer is None:
                    self._under_way[probe.coordinates] = probe.request_key
            while len(self._under_way) > _UNDER_WAY:
                self._under_way.popitem(last=False)
            return answers

    def observe(self, observations: Sequence[Observation]) -> list[Decision]:
        """Decide on each record in order, as if one after the other, and remember it.

        A record at coordinates that were decided before, with the same body, gets the same decision again.
        """
        observations = [_legible(observation) for observation in observations]
        with self._turn:
            with self._deciding() as fresh:
                deciding = Deciding(self._store, fresh, observations, self._day())
                decisions = [deciding.decide(observation) for observation in observations]
                deciding.finish()
            for observation in observations:
                self._under_way.pop(observation.coordinates, None)
            return decisions

    def assign_stories(self, articles: Sequence[StoryArticle]) -> list[Story | None]:
        """Return the story of each article in order; the same article and version get the same answer again."""
        articles = [_legible(article) for article in articles]
        with self._turn:
            try:
                with self._store.transaction(exclusive=False):
                    self._rare.follow(self._store)
                    prepared = prepare(self._store, self._rare, articles)
                with self._store.transaction(exclusive=True):
                    self._rare.follow(self._store)
                    grouping = Grouping(self._store, self._rare, articles, self._model, self._day(), prepared)
                    stories = [grouping.assign(article) for article in articles]
                    grouping.finish()
                    return stories
            except BaseException:
                self._rare = RareTerms()
                raise

    def history(self, uri: str) -> History | None:
        """Return all that is known of `uri`, None when nothing is."""
        with self._turn, self._store.transaction(exclusive=False):
            return history(self._store, uri)

    def compare(self, a: str, b: str) -> Comparison:
        """Return why two uris are, or are not, one article."""
        with self._turn, self._store.transaction(exclusive=False):
            return comparison(self._store, a, b)

    def expire(self, before_day: int) -> int:
        """Forget what was last seen before this day (days since 1970-01-01, UTC); return how many articles."""
        with self._turn, self._deciding() as fresh:
            # What waits to be stored could not be deleted: not in the memory of another process.
            writes = Writes()
            fresh.follow(self._store, self._store.last_ids()[1])
            fresh.store_all(writes)
            self._store.write(writes, self._day())
            return self._store.expire(before_day)

    def statistics(self) -> Mapping[str, int]:
        """Return row counts by table, and ``bytes`` stored."""
        with self._turn, self._store.transaction(exclusive=False):
            return self._store.statistics()

    def close(self) -> None:
        """Close the store. Calling it again does nothing."""
        with self._turn:
            self._store.close()

    @contextmanager
    def _deciding(self) -> Iterator[FreshBands]:
        """An exclusive transaction, with the keys that wait to be stored."""
        try:
            with self._store.transaction(exclusive=True):
                yield self._fresh
        except BaseException:
            self._fresh = FreshBands()
            raise

    def _day(self) -> int:
        return int(self._clock() // _DAY)

    def _recalled(self, probes: Sequence[Probe]) -> tuple[list[Decision | None], Writes]:
        """Return the decisions that need no extraction, and what they change in the store."""
        decided = self._store.decisions([p.coordinates for p in probes])
        requests = self._store.requests(list({request_hash(p.request_key) for p in probes if p.request_key}))
        identities = {i.id: i for i in self._store.identities_by_id({r.identity_id for r in requests.values()})}
        wanted = {i.current for i in identities.values() if i.current}
        wanted |= {i.alias.version_id for i in identities.values() if i.alias}
        versions = {v.id: v for v in self._store.versions(sorted(wanted))}
        # A record that is still being extracted may change what its request stands for: those after it must wait.
        under_way = set(self._under_way.values())
        answers: list[Decision | None] = []
        writes = Writes()
        for probe in probes:
            body = short(probe.body_sha256)
            stored = decided.get(probe.coordinates)
            if stored and stored.body == body:
                decision = _decode(stored.decision)
                answers.append(None if decision.outcome == "article" else decision)
                continue
            request = (
                requests.get(request_hash(probe.request_key)) if probe.request_key not in {"", *under_way} else None
            )
            identity = identities[request.identity_id] if request else None
            answer = _known(request, identity, versions) if request and identity and request.body == body else None
            if answer is None:
                under_way.add(probe.request_key)
            elif identity:
                writes.decisions[probe.coordinates] = Decided(
                    body=body, identity_id=identity.id, decision=_encode(answer)
                )
                if identity.last_seen != self._day():
                    identity.last_seen = self._day()
                    writes.identities[identity.id] = identity
                if answer.outcome == "duplicate" and identity.alias:
                    writes.seen.add(versions[identity.alias.version_id].identity_id)
            answers.append(answer)
        return answers, writes


def _known(request: Request, identity: Identity, versions: dict[int, Version]) -> Decision | None:
    """Return the decision on a body that was seen before, where its text is still what the identity stands for."""
    if identity.current and versions[identity.current].text == request.text:
        return repeated(identity, "content")
    if identity.alias and identity.alias.text == request.text:
        return duplicate(identity, versions[identity.alias.version_id].uri)
    return None


def _legible(asked: Asked) -> Asked:
    """Return `asked` with names that every store can hold: no NUL, no lone surrogates (of file names, say)."""
    changed: dict[str, Any] = {}
    for name in ("coordinates", "uri", "title", "source", "language"):
        value: str | None = getattr(asked, name, None)
        if value and not value.isprintable():
            changed[name] = value.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
    return replace(asked, **changed) if changed else asked
