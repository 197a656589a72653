"""The rules by which articles come to stories, one after the other, on what the index storage remembers."""

import heapq
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np

from pipeline.index.base import StoryArticle
from pipeline.index.rare_terms import RareTerms
from pipeline.index.storage.base import Membership, Store, StoryRow, Window, Writes
from schemas.records import Story
from transforms.dedup.stories import (
    COMMON,
    MAX_SPAN_DAYS,
    WINDOW_DAYS,
    Measured,
    Member,
    Model,
    SearchKeys,
    Vector,
    headline,
    log_odds,
    measure,
    member_of,
    search_keys,
    similarity,
    together,
    vector,
    vector_of,
    with_member,
)
from transforms.dedup.story_facts import facts_of
from transforms.dedup.story_facts import together as facts_together

_CANDIDATES: Final = 8
_COMPARED: Final = 4
"""Of the articles that represent a story so many are compared with another story, to see whether both are one."""
_WORTH: Final = 1 << 20
"""Steps of the weight of a term."""
_EPOCH: Final = date(1970, 1, 1).toordinal()
_MIN_TERMS: Final = 3


def event_day(event_at: str | None) -> int | None:
    """Return the day of an RFC 3339 time as days since 1970-01-01, None where it does not name a day."""
    try:
        return date.fromisoformat((event_at or "")[:10]).toordinal() - _EPOCH
    except ValueError:
        return None


Place = tuple[str, int]
"""Uri and version of an article."""
Postings = dict[int, list[tuple[int, int]]]
"""Day and story, the latest first, by term."""


@dataclass(slots=True)
class Prepared:
    """What can be known of a batch before it has its turn; all of it is checked again then."""

    taken: int = -1
    """The counts of terms that the vectors were weighed by."""
    articles: int = -1
    """Articles of the stream so far: when they are as many later, no other process has stored a story since."""
    searches: "dict[Place, _Search]" = field(default_factory=dict)
    candidates: dict[Place, list[int]] = field(default_factory=dict)
    vectors: dict[Place, Vector] = field(default_factory=dict)
    keys: dict[Place, SearchKeys] = field(default_factory=dict)
    members: dict[Place, Member] = field(default_factory=dict)
    stories: dict[int, StoryRow] = field(default_factory=dict)
    measured: dict[tuple[Place, int], Measured] = field(default_factory=dict)


def prepare(store: Store, rare: RareTerms, articles: Sequence[StoryArticle]) -> Prepared:
    """Return what a batch is likely to need, within a transaction that lets others write."""
    prepared = Prepared(taken=rare.rarity.articles, articles=rare.articles)
    known = {(member.uri, member.version) for member in store.memberships({a.uri for a in articles})}
    days: dict[Place, int] = {}
    for article in articles:
        place, day = _place(article), event_day(article.event_at)
        if place in known or day is None or article.sketch.size < _MIN_TERMS:
            continue
        found = vector(article.sketch, rare.rarity)
        prepared.vectors[place], prepared.keys[place] = found, search_keys(found)
        prepared.members[place] = member_of(found, article.uri, article.title)
        days[place] = day
    prepared.searches = _searches(store, prepared.vectors, prepared.keys, days)
    prepared.candidates = {place: search.likeliest() for place, search in prepared.searches.items()}
    ids = sorted({id_ for ids in prepared.candidates.values() for id_ in ids})
    prepared.stories = {story.id: story for story in store.stories(ids)}
    for place, ids in prepared.candidates.items():
        alive = [id_ for id_ in ids if prepared.stories[id_].merged_into is None]
        answers = measure(prepared.vectors[place], [prepared.stories[id_].members for id_ in alive])
        prepared.measured.update(((place, id_), answer) for id_, answer in zip(alive, answers, strict=True))
    return prepared


class _Search:
    """The stories that share terms with an article, with the weight of what they share.

    Weights are whole numbers, so that a sum does not depend on the order in which terms are found.
    """

    def __init__(self, found: Vector, keys: SearchKeys, postings: Postings) -> None:
        worth = (found.weights * found.rarity * _WORTH).astype(np.int64)
        self._weights = dict(zip(found.keys.tolist(), worth.tolist(), strict=True))
        self._postings = postings
        self._shared: dict[int, int] = {}
        for key in keys.searched:
            self._weigh({story_id for _, story_id in postings[key]}, self._weights[key])

    def add(self, key: int, rows: Iterable[tuple[int, int]]) -> None:
        """Take in day and story that were stored with a term since: the latest count, as if read now."""
        old = self._postings[key]
        new = self._postings[key] = sorted({*old, *rows}, reverse=True)[:COMMON]
        before, after = ({story_id for _, story_id in found} for found in (old, new))
        self._weigh(after - before, self._weights[key])
        self._weigh(before - after, -self._weights[key])

    def likeliest(self) -> list[int]:
        """Return the stories that share most of the weight of the terms."""
        return [id_ for _, id_ in heapq.nsmallest(_CANDIDATES, [(-w, id_) for id_, w in self._shared.items() if w > 0])]

    def _weigh(self, story_ids: set[int], weight: int) -> None:
        shared = self._shared
        for story_id in story_ids:
            shared[story_id] = shared.get(story_id, 0) + weight


def _searches(
    store: Store, vectors: dict[Place, Vector], keys: dict[Place, SearchKeys], days: dict[Place, int]
) -> dict[Place, _Search]:
    """Return for each article the stories with each of the terms by which it looks for them."""
    windows = {
        place: [Window(key, days[place] - WINDOW_DAYS, days[place] + WINDOW_DAYS) for key in found.searched]
        for place, found in keys.items()
    }
    rows = store.stories_with(list({window for asked in windows.values() for window in asked}))
    return {
        place: _Search(vectors[place], keys[place], {w.key: rows.get(w, []) for w in asked})
        for place, asked in windows.items()
    }


class Grouping:
    """One batch within one exclusive transaction: loads what its articles touch, groups in order, collects writes."""

    def __init__(
        self,
        store: Store,
        rare: RareTerms,
        articles: Sequence[StoryArticle],
        model: Model,
        day: int,
        prepared: Prepared | None = None,
    ) -> None:
        self._store = store
        self._model = model
        self._day = day
        self._prepared = prepared or Prepared()
        self._writes = Writes()
        self._members: dict[str, list[Membership]] = {}
        for member in store.memberships({a.uri for a in articles}):
            self._members.setdefault(member.uri, []).append(member)
        alone = rare.articles == self._prepared.articles
        self._vectors = self._weighed(articles, rare)
        days = {_place(a): event_day(a.event_at) or 0 for a in articles}
        self._stories: dict[int, StoryRow] = {}
        self._searches: dict[Place, _Search] = {}
        self._candidates: dict[Place, list[int]] = {}
        if alone:  # what was read before the lock is what would be read now
            before = self._prepared
            same = [place for place in self._keys if self._as_prepared(place)]
            self._stories.update(before.stories)
            self._searches.update((place, before.searches[place]) for place in same)
            self._candidates.update((place, before.candidates[place]) for place in same)
        if missing := {place: keys for place, keys in self._keys.items() if place not in self._searches}:
            found = _searches(store, self._vectors, missing, days)
            self._searches.update(found)
            self._candidates.update((place, search.likeliest()) for place, search in found.items())
        self._new_terms: Postings = {}
        """What this batch added."""
        self._last_id = store.last_story_id()
        members = {m.story_id for members in self._members.values() for m in members}
        self._load(members.union(*self._candidates.values()))

    def finish(self) -> None:
        """Store what the batch changed."""
        self._store.write(self._writes, self._day)

    def assign(self, article: StoryArticle) -> Story | None:
        """Return the story of one article."""
        if stored := self._stored(article):
            return self._answer(stored)
        found = self._vectors.get(_place(article))
        day = event_day(article.event_at)
        if found is None or day is None:
            return None
        if members := self._members.get(article.uri):
            # An article does not move between stories.
            story = self._current(max(members, key=lambda member: member.version).story_id)
            likeness = measure(found, [story.members])[0]
            odds = log_odds(self._model, found, likeness, 0)
            return self._join(story, article, day, similarity(odds), likeness, ())
        belongs = self._belongs(article, found, day)
        if not belongs:
            self._last_id += 1
            story = StoryRow(id=self._last_id, uri=article.uri, first_day=day, last_day=day)
            self._stories[story.id] = story
            return self._join(story, article, day, 1.0, Measured(None, None, []), ())
        odds, story, likeness = belongs[0]
        merged = [other for more, other, _ in belongs[1:] if self._are_one(more, story, other)]
        if merged:
            survivor = max((story, *merged), key=lambda s: (s.articles, -s.id))
            gone = [s for s in sorted((story, *merged), key=lambda s: s.id) if s is not survivor]
            for other in gone:
                self._merge(survivor, other)
            likeness = measure(found, [survivor.members])[0]
            return self._join(survivor, article, day, similarity(odds), likeness, [s.uri for s in gone])
        return self._join(story, article, day, similarity(odds), likeness, ())

    def _weighed(self, articles: Sequence[StoryArticle], rare: RareTerms) -> dict[Place, Vector]:
        """Return the vectors of the articles that no story has yet, counting their terms in the order of the stream."""
        found: dict[Place, Vector] = {}
        self._keys: dict[Place, SearchKeys] = {}
        self._new: dict[Place, Member] = {}
        before = self._prepared
        for article in articles:
            place = _place(article)
            if place in found or self._stored(article) or event_day(article.event_at) is None:
                continue
            if article.sketch.size < _MIN_TERMS:
                continue
            if rare.rarity.articles == before.taken and place in before.vectors:
                found[place], self._keys[place] = before.vectors[place], before.keys[place]
                self._new[place] = before.members[place]
            else:
                found[place] = vector(article.sketch, rare.rarity)
                self._keys[place] = search_keys(found[place])
                self._new[place] = member_of(found[place], article.uri, article.title)
            rare.add(article.sketch)
        self._writes.rare_terms = rare.changes()
        return found

    def _as_prepared(self, place: Place) -> bool:
        """Whether the article is weighed as it was before the lock."""
        return self._vectors[place] is self._prepared.vectors.get(place)

    def _stored(self, article: StoryArticle) -> Membership | None:
        return next((m for m in self._members.get(article.uri, ()) if m.version == article.version), None)

    def _answer(self, member: Membership) -> Story:
        return Story(
            uri=self._stories[member.story_id].uri,
            similarity=member.similarity,
            articles=member.articles,
            title=member.title,
            merged=tuple(member.merged),
        )

    def _current(self, story_id: int) -> StoryRow:
        """Return the story, or what it was merged into."""
        story = self._stories[story_id]
        while story.merged_into is not None:
            self._load({story.merged_into})
            story = self._stories[story.merged_into]
        return story

    def _belongs(self, article: StoryArticle, found: Vector, day: int) -> list[tuple[float, StoryRow, Measured]]:
        """Return the stories that the article may belong to with the log-odds, the likeliest first."""
        place = _place(article)
        ids = self._candidates[place]
        if added := [key for key in self._keys[place].searched if key in self._new_terms]:
            search = self._searches[place]
            for key in added:
                search.add(key, [row for row in self._new_terms[key] if abs(row[0] - day) <= WINDOW_DAYS])
            ids = search.likeliest()
        self._load(set(ids))  # those that this batch made likelier since it was loaded
        stories = {(story := self._current(id_)).id: story for id_ in ids}
        near_stories = [story for story in stories.values() if _in_time(story, day)]
        answers = []
        for story, likeness in zip(near_stories, self._measured(place, found, near_stories), strict=True):
            apart = max(0, day - story.last_day, story.first_day - day)
            odds = log_odds(self._model, found, likeness, apart)
            if odds >= 0:
                answers.append((odds, story, likeness))
        return sorted(answers, key=lambda answer: (-answer[0], answer[1].id))

    def _measured(self, place: Place, found: Vector, stories: Sequence[StoryRow]) -> list[Measured]:
        """Return the measures of an article and some stories, those that were prepared where nothing has changed."""
        known: dict[int, Measured] = {}
        before = self._prepared
        if self._as_prepared(place):
            for story in stories:
                measured = before.measured.get((place, story.id))
                stored = story.stored_members
                if measured is not None and stored is not None and stored == before.stories[story.id].stored_members:
                    known[story.id] = measured
        other = [story for story in stories if story.id not in known]
        if other:
            answers = measure(found, [story.members for story in other])
            known.update((story.id, answer) for story, answer in zip(other, answers, strict=True))
        return [known[story.id] for story in stories]

    def _are_one(self, odds: float, story: StoryRow, other: StoryRow) -> bool:
        """Whether two stories that an article belongs to are one: their own articles must say so too."""
        span = max(story.last_day, other.last_day) - min(story.first_day, other.first_day)
        if odds < self._model.merging or span > MAX_SPAN_DAYS:
            return False
        told = [
            log_odds(self._model, found, measure(found, [story.members])[0], 0)
            for found in map(vector_of, other.members[:_COMPARED])
        ]
        return math.fsum(told) / len(told) >= self._model.merging

    def _merge(self, survivor: StoryRow, gone: StoryRow) -> None:
        survivor.members = together(survivor.members, gone.members)
        survivor.facts = facts_together(survivor.facts, gone.facts)
        survivor.articles += gone.articles
        survivor.first_day = min(survivor.first_day, gone.first_day)
        survivor.last_day = max(survivor.last_day, gone.last_day)
        gone.forget(survivor.id)
        self._writes.stories[gone.id] = gone
        self._writes.merged_stories[gone.id] = survivor.id
        for story in self._stories.values():
            if story.merged_into == gone.id:
                story.merged_into = survivor.id

    def _join(
        self,
        story: StoryRow,
        article: StoryArticle,
        day: int,
        likelihood: float,
        likeness: Measured,
        merged: Sequence[str],
    ) -> Story:
        known = self._members.get(article.uri)
        story.members = with_member(story.members, self._new[_place(article)], likeness.likenesses)
        story.first_day, story.last_day = min(story.first_day, day), max(story.last_day, day)
        if not known:
            story.articles += 1
            told = facts_of(
                time=article.event_at,
                source=article.source,
                language=article.language,
                places=article.places,
                people=article.people,
            )
            story.facts = facts_together(story.facts, told) if story.articles > 1 else told
        title = headline(story.members)
        changed, story.title = title != story.title or bool(merged), title
        self._writes.stories[story.id] = story
        for key in self._keys[_place(article)].posted:
            self._new_terms.setdefault(key, []).append((day, story.id))
            self._writes.story_terms.add((key, day, story.id))
        member = Membership(
            uri=article.uri,
            version=article.version,
            story_id=story.id,
            similarity=int(likelihood * 10_000) / 10_000,
            event_day=day,
            articles=story.articles,
            title=title if changed else None,
            merged=list(merged),
        )
        self._members.setdefault(article.uri, []).append(member)
        self._writes.memberships.append(member)
        return self._answer(member)

    def _load(self, story_ids: set[int]) -> None:
        missing = sorted(story_ids - self._stories.keys())
        while missing:
            loaded = self._store.stories(missing)
            self._stories.update((story.id, story) for story in loaded)
            missing = sorted({s.merged_into for s in loaded if s.merged_into is not None} - self._stories.keys())


def _place(article: StoryArticle) -> Place:
    return article.uri, article.version


def _in_time(story: StoryRow, day: int) -> bool:
    near = story.first_day - WINDOW_DAYS <= day <= story.last_day + WINDOW_DAYS
    return near and max(story.last_day, day) - min(story.first_day, day) <= MAX_SPAN_DAYS
