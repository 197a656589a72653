"""The rules by which articles come to stories, one after the other, on what a store remembers."""

import heapq
from collections.abc import Sequence
from datetime import date
from typing import Final

from pipeline.index.base import StoryFeatures
from pipeline.index.storage.base import Membership, Store, StoryRow, Window, Writes
from schemas.records import Story
from transforms.dedup.stories import (
    COMMON,
    MAX_SPAN_DAYS,
    WINDOW_DAYS,
    Feature,
    Profile,
    belongs,
    features,
    joined,
    likeness,
    weighted,
)

_CANDIDATES: Final = 24
_EPOCH: Final = date(1970, 1, 1).toordinal()
_MIN_FEATURES: Final = 3


def event_day(event_at: str | None) -> int | None:
    """Return the day of an RFC 3339 time as days since 1970-01-01, None where it does not name a day."""
    try:
        return date.fromisoformat((event_at or "")[:10]).toordinal() - _EPOCH
    except ValueError:
        return None


class Grouping:
    """One batch within one exclusive transaction: loads what its articles touch, groups in order, collects writes."""

    def __init__(
        self, store: Store, articles: Sequence[StoryFeatures], told: Sequence[tuple[Feature, ...]], day: int
    ) -> None:
        """Begin a batch; `told` are the `features_of` its articles, in order."""
        self._store = store
        self._day = day
        self._writes = Writes()
        self._members: dict[str, list[Membership]] = {}
        for member in store.memberships({a.uri for a in articles}):
            self._members.setdefault(member.uri, []).append(member)
        fresh = [a for a in articles if self._stored(a) is None]
        self._features = {id(article): found for article, found in zip(articles, told, strict=True)}
        self._found = store.stories_with(
            [w for a in fresh if (d := event_day(a.event_at)) is not None for w in _windows(self._features[id(a)], d)]
        )
        self._new_features: dict[int, list[tuple[int, int]]] = {}
        """Day and story, by feature, of what this batch added."""
        self._stories: dict[int, StoryRow] = {}
        self._last_id = store.last_story_id()
        self._load({m.story_id for members in self._members.values() for m in members})
        self._load({s for a in fresh if (d := event_day(a.event_at)) is not None for s in self._candidates(a, d)[1]})

    def finish(self) -> None:
        """Store what the batch changed."""
        self._store.write(self._writes, self._day)

    def assign(self, article: StoryFeatures) -> Story | None:
        """Return the story of one article."""
        if stored := self._stored(article):
            return Story(uri=self._stories[stored.story_id].uri, similarity=stored.similarity)
        day = event_day(article.event_at)
        found = self._features[id(article)]
        if day is None or len(found) < _MIN_FEATURES:
            return None
        profile, candidates = self._candidates(article, day)
        story, similarity = self._of_earlier_version(article, profile) or self._best(article, profile, candidates, day)
        if story is None:
            self._last_id += 1
            story, similarity = StoryRow(id=self._last_id, uri=article.uri, first_day=day, last_day=day), 1.0
            self._stories[story.id] = story
        self._join(story, article, profile, day, similarity)
        return Story(uri=story.uri, similarity=similarity)

    def _stored(self, article: StoryFeatures) -> Membership | None:
        return next((m for m in self._members.get(article.uri, ()) if m.version == article.version), None)

    def _of_earlier_version(self, article: StoryFeatures, profile: Profile) -> tuple[StoryRow, float] | None:
        """Return the story of the article's last version: an article does not move between stories."""
        if not (members := self._members.get(article.uri)):
            return None
        story = self._stories[max(members, key=lambda member: member.version).story_id]
        return story, _rounded(likeness(profile, story.profile, same_language=_speaks(story, article)))

    def _best(
        self, article: StoryFeatures, profile: Profile, candidates: Sequence[int], day: int
    ) -> tuple[StoryRow | None, float]:
        self._load(set(candidates))  # those that this batch made likelier since it was loaded
        best: tuple[float, int] | None = None
        for story in (self._stories[story_id] for story_id in candidates):
            near = story.first_day - WINDOW_DAYS <= day <= story.last_day + WINDOW_DAYS
            if not near or max(story.last_day, day) - min(story.first_day, day) > MAX_SPAN_DAYS:
                continue
            same = _speaks(story, article)
            similarity = likeness(profile, story.profile, same_language=same)
            if belongs(similarity, same_language=same) and (best is None or (similarity, -story.id) > best):
                best = (similarity, -story.id)
        return (self._stories[-best[1]], _rounded(best[0])) if best else (None, 0.0)

    def _join(self, story: StoryRow, article: StoryFeatures, profile: Profile, day: int, similarity: float) -> None:
        story.profile = joined(story.profile, profile)
        story.first_day, story.last_day = min(story.first_day, day), max(story.last_day, day)
        story.articles += not self._members.get(article.uri)
        if article.language and article.language not in story.languages:
            story.languages = (*story.languages, article.language)
        self._writes.stories[story.id] = story
        for key in profile.keys() & story.profile.keys():
            self._new_features.setdefault(key, []).append((day, story.id))
            self._writes.story_features.add((key, day, story.id))
        member = Membership(
            uri=article.uri, version=article.version, story_id=story.id, similarity=similarity, event_day=day
        )
        self._members.setdefault(article.uri, []).append(member)
        self._writes.memberships.append(member)

    def _candidates(self, article: StoryFeatures, day: int) -> tuple[Profile, list[int]]:
        """Return the article's features weighted by their rarity, and the stories that share most of the weight."""
        found = self._features[id(article)]
        stories: dict[int, set[int]] = {}
        for window in _windows(found, day):
            rows = self._found.get(window, [])
            added = [row for row in self._new_features.get(window.key, ()) if window.low <= row[0] <= window.high]
            if added:
                rows = sorted({*rows, *added}, reverse=True)[:COMMON]
            stories[window.key] = {story_id for _, story_id in rows}
        profile = weighted(found, {key: len(ids) for key, ids in stories.items()})
        shared: dict[int, float] = {}
        for key, (weight, _) in profile.items():
            square = weight * weight
            for story_id in stories[key]:
                shared[story_id] = shared.get(story_id, 0.0) + square
        likeliest = heapq.nsmallest(_CANDIDATES, [(-weight, story_id) for story_id, weight in shared.items()])
        return profile, [story_id for _, story_id in likeliest]

    def _load(self, story_ids: set[int]) -> None:
        if missing := sorted(story_ids - self._stories.keys()):
            self._stories.update((story.id, story) for story in self._store.stories(missing))


def features_of(article: StoryFeatures) -> tuple[Feature, ...]:
    """Return what an article says of its event; most of the work of grouping, and none that needs the store."""
    return features(
        language=article.language,
        title=article.title,
        keywords=article.keywords,
        people=article.people,
        organisations=article.organisations,
        places=article.places,
        countries=article.countries,
        figures=article.figures,
        dates=article.dates,
    )


def _windows(found: Sequence[Feature], day: int) -> list[Window]:
    return [Window(feature.key, day - WINDOW_DAYS, day + WINDOW_DAYS) for feature in found]


def _speaks(story: StoryRow, article: StoryFeatures) -> bool:
    return article.language is not None and article.language in story.languages


def _rounded(similarity: float) -> float:
    return int(similarity * 10_000) / 10_000
