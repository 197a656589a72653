"""What the index knows of one article, and what it sees in two: the facts behind `khabar explain`."""

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from pipeline.index.base import Decision
from pipeline.index.decide import CONTAINED, NEAR, REPLACED, TRIVIAL_SHARE, TRIVIAL_SHINGLES
from pipeline.index.rare_terms import RareTerms
from pipeline.index.storage.base import Identity, Membership, Store, StoryRow
from pipeline.index.storage.rows import unpack_bands
from schemas.records import Change, Related
from transforms.dedup.fingerprint import MIN_TOKENS, overlap, unpack
from transforms.dedup.stories import (
    ACROSS,
    SAME,
    WINDOW_DAYS,
    Vector,
    load_model,
    log_odds,
    measure,
    member_of,
    shared_terms,
    similarity,
    vector,
)
from transforms.dedup.story_facts import main

_MAIN = 5
_SHARED = 12
LISTED = 50
"""Of decisions, copies and members of a story the first or last so many are told, beside their number."""

Verdict = Literal["same article", "duplicate", "contains", "contained-in", "different", "unknown"]


class VersionTold(msgspec.Struct, frozen=True, kw_only=True):
    """One version of an article."""

    version: int
    change: Change
    changes: dict[str, Any] | None
    related: tuple[Related, ...]
    current: bool
    title: str | None
    language: str | None
    published_at: str | None
    modified_at: str | None
    fetched_at: str | None
    coordinates: str
    tokens: int


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """A uri that carries the text of a version of another."""

    uri: str
    original: str
    version: int
    similarity: float
    method: str


class DecisionTold(msgspec.Struct, frozen=True, kw_only=True):
    """One decision with the place in the source that it is about."""

    coordinates: str
    decision: Decision


class StoryTold(msgspec.Struct, frozen=True, kw_only=True):
    """The story of an article; what follows `similarity` is of the whole story as it is now."""

    uri: str
    similarity: float
    joined: str | None
    """The uri that the story had when the article joined it, where it was merged into another since."""
    title: str | None
    articles: int
    first_source: str | None
    first_time: str | None
    last_time: str | None
    sources: int
    languages: tuple[str, ...]
    places: tuple[str, ...]
    people: tuple[str, ...]
    growth: float
    """Articles an hour at `last_time`, weighted with a half-life of six hours."""
    merged: tuple[str, ...]
    """Stories that were merged into it."""
    nearest: str | None
    """Of the articles that represent the story the one that this article is likest to."""
    shared: tuple[str, ...]
    """What this article and those have in common, as it writes it, the most telling first."""


class StoryLikeness(msgspec.Struct, frozen=True, kw_only=True):
    """How like two articles are as reports of one event, and why they are, or are not, in one story."""

    same_story: bool | None
    reason: str
    similarity: float | None = None
    """From one half on the later article would join a story of the other alone."""
    days_apart: int | None = None
    shared: tuple[str, ...] = ()
    measures: dict[str, float] = {}


class History(msgspec.Struct, frozen=True, kw_only=True):
    """All that the index knows of a uri."""

    uri: str
    source: str | None
    versions: tuple[VersionTold, ...]
    duplicate_of: Copy | None
    duplicates: int
    latest_duplicates: tuple[Copy, ...]
    decisions: int
    latest_decisions: tuple[DecisionTold, ...]
    story: StoryTold | None
    latest_in_story: tuple[str, ...]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Why two uris are, or are not, one article. Figures are None where a text is not kept: that of a mere copy."""

    a: str
    b: str
    verdict: Verdict
    reason: str
    jaccard: float | None = None
    containment: float | None = None
    """Share of the smaller text's shingles that the larger one has."""
    shared_shingles: int | None = None
    shingles: tuple[int, int] | None = None
    tokens: tuple[int, int] | None = None
    shared_bands: int | None = None
    bands: int | None = None
    story: StoryLikeness | None = None
    thresholds: dict[str, float]


def history(store: Store, uri: str) -> History | None:
    """Return what is known of `uri`, None when nothing is."""
    found = store.identities([uri])
    if not found:
        return None
    identity = found[0]
    versions = tuple(
        VersionTold(
            version=number,
            change=change,
            changes=msgspec.json.decode(changes) if changes else None,
            related=msgspec.json.decode(related, type=tuple[Related, ...]) if related else (),
            current=id_ == identity.current,
            title=title,
            language=language,
            published_at=published_at,
            modified_at=modified_at,
            fetched_at=fetched_at,
            coordinates=coordinates,
            tokens=tokens,
        )
        for (
            id_, number, change, changes, related, title, language, published_at, modified_at, fetched_at,
            coordinates, tokens,
        ) in store.rows(
            "SELECT id, number, change, changes, related, title, language, published_at, modified_at, fetched_at,"
            " coordinates, tokens FROM version WHERE identity_id = ? ORDER BY number",
            identity.id,
        )
    )  # fmt: skip
    copies = (
        "FROM identity copy JOIN version v ON v.id = copy.alias_version JOIN identity i ON i.id = v.identity_id"
        " WHERE {} = ?"
    )
    columns = "SELECT copy.uri, i.uri, v.number, copy.alias_similarity, copy.alias_method "
    own = store.rows(columns + copies.format("copy.id"), identity.id)
    of_it = store.rows(columns + copies.format("v.identity_id") + f" ORDER BY copy.id DESC LIMIT {LISTED}", identity.id)
    decisions = store.rows(
        f"SELECT coordinates, decision FROM decision WHERE identity_id = ? ORDER BY observed DESC LIMIT {LISTED}",
        identity.id,
    )
    row, story = _story(store, identity)
    members = store.rows(
        "SELECT DISTINCT uri FROM story_member WHERE story_id IN (SELECT id FROM story WHERE id = ? OR merged_into = ?)"
        f" ORDER BY uri LIMIT {LISTED}",
        row.id if row else 0,
        row.id if row else 0,
    )
    return History(
        uri=uri,
        source=identity.source,
        versions=versions,
        duplicate_of=_copy(own[0]) if own else None,
        duplicates=_count(store, "SELECT count(*) " + copies.format("v.identity_id"), identity.id),
        latest_duplicates=tuple(map(_copy, of_it)),
        decisions=_count(store, "SELECT count(*) FROM decision WHERE identity_id = ?", identity.id),
        latest_decisions=tuple(
            DecisionTold(coordinates=place, decision=msgspec.json.decode(decision, type=Decision))
            for place, decision in sorted(decisions)
        ),
        story=story,
        latest_in_story=tuple(member for (member,) in members),
    )


def comparison(store: Store, a: str, b: str) -> Comparison:
    """Return why `a` and `b` are, or are not, one article."""
    thresholds = {
        "near": NEAR,
        "contained": CONTAINED,
        "trivial_share": TRIVIAL_SHARE,
        "trivial_shingles": TRIVIAL_SHINGLES,
        "replaced": REPLACED,
        "min_tokens": MIN_TOKENS,
    }
    found = {identity.uri: identity for identity in store.identities([a, b])}
    for uri in (a, b):
        if uri not in found:
            return Comparison(
                a=a, b=b, verdict="unknown", reason=f"the index has never seen {uri}", thresholds=thresholds
            )
    story = _story_likeness(store, found[a], found[b])
    decided = _decided(store, found[a], found[b])
    first, second = _text_of(store, found[a]), _text_of(store, found[b])
    if first is None or second is None or first[0] != second[0]:
        verdict, reason = decided or (
            "different",
            "neither repeats the other; of a copy the index keeps no text to measure, only that of its original",
        )
        return Comparison(a=a, b=b, verdict=verdict, reason=reason, story=story, thresholds=thresholds)
    (_, tokens_a, shingles_a, bands_a), (_, tokens_b, shingles_b, bands_b) = first, second
    common, of_a, of_b = overlap(unpack(shingles_a), unpack(shingles_b))
    jaccard = common / (of_a + of_b - common) if common else 0.0
    containment = common / max(1, min(of_a, of_b))
    shared_bands = len(set(unpack_bands(bands_a)) & set(unpack_bands(bands_b)))
    verdict, reason = decided or _judged(
        jaccard, containment, min(tokens_a, tokens_b), shared_bands, first_is_larger=of_a >= of_b
    )
    return Comparison(
        a=a,
        b=b,
        verdict=verdict,
        reason=reason,
        jaccard=round(jaccard, 4),
        containment=round(containment, 4),
        shared_shingles=common,
        shingles=(of_a, of_b),
        tokens=(tokens_a, tokens_b),
        shared_bands=shared_bands,
        bands=max(len(bands_a), len(bands_b)) // 8,
        story=story,
        thresholds=thresholds,
    )


def _decided(store: Store, a: Identity, b: Identity) -> tuple[Verdict, str] | None:
    """Return what the index decided on the two, where one is the copy of the other or both of a third."""
    if a.id == b.id:
        return "same article", "both are one uri"
    originals = {}
    for identity in (a, b):
        if identity.alias:
            (version,) = store.versions([identity.alias.version_id])
            originals[identity.id] = version
    for copy, other in ((a, b), (b, a)):
        if copy.id in originals and originals[copy.id].identity_id == other.id and copy.alias:
            return "duplicate", (
                f"{copy.uri} was decided a duplicate of version {originals[copy.id].number} of {other.uri}:"
                f" similarity {copy.alias.similarity:.4f} by {copy.alias.method}"
            )
    if len(originals) == 2 and originals[a.id].identity_id == originals[b.id].identity_id:
        return "duplicate", f"both were decided duplicates of {originals[a.id].uri}"
    return None


def _judged(
    jaccard: float, containment: float, tokens: int, shared_bands: int, *, first_is_larger: bool
) -> tuple[Verdict, str]:
    if tokens < MIN_TOKENS:
        return "different", f"one has {tokens} tokens; below {MIN_TOKENS} only equal texts are duplicates"
    if jaccard >= NEAR:
        return "different", (
            f"their current texts are alike by {jaccard:.4f}, but they were articles of their own when they were"
            " decided: each has its own history, or they grew alike by revisions"
        )
    if containment >= CONTAINED:
        verdict: Verdict = "contains" if first_is_larger else "contained-in"
        return (
            verdict,
            f"{containment:.0%} of the smaller text is in the larger one, which says more than trivially much",
        )
    candidates = f"{shared_bands} shared bands" if shared_bands else "no shared band"
    return "different", f"their likeness {jaccard:.4f} is below {NEAR} ({candidates})"


def _text_of(store: Store, identity: Identity) -> tuple[str, int, bytes, bytes] | None:
    rows = store.rows("SELECT scheme, tokens, shingles, bands FROM version WHERE id = ?", identity.current or 0)
    return (rows[0][0], rows[0][1], rows[0][2], rows[0][3]) if rows else None


def _membership(store: Store, uri: str) -> tuple[Membership, StoryRow] | None:
    """Return the last membership of an article, and its story as it is now."""
    if not (members := store.memberships([uri])):
        return None
    member = max(members, key=lambda m: m.version)
    (story,) = store.stories([member.story_id])
    while story.merged_into is not None:
        (story,) = store.stories([story.merged_into])
    return member, story


def _story(store: Store, identity: Identity) -> tuple[StoryRow | None, StoryTold | None]:
    if not (found := _membership(store, identity.uri)):
        return None, None
    member, story = found
    (joined,) = store.stories([member.story_id])
    nearest, shared = None, ()  # type: str | None, tuple[str, ...]
    others = [other for other in story.members if other.uri != identity.uri]
    if others and (said := _said(store, identity)):
        article, names = said
        likenesses = measure(article, [others])[0].likenesses
        nearest = others[max(range(len(likenesses)), key=likenesses.__getitem__)].uri
        shared = _names(names, shared_terms(article, others))
    facts = story.facts
    return story, StoryTold(
        uri=story.uri,
        similarity=member.similarity,
        joined=joined.uri if joined.id != story.id else None,
        title=story.title,
        articles=story.articles,
        first_source=facts.first_source,
        first_time=facts.first_time,
        last_time=facts.last_time,
        sources=len(facts.sources),
        languages=tuple(main(facts.languages, _MAIN)),
        places=tuple(main(facts.places, _MAIN)),
        people=tuple(main(facts.people, _MAIN)),
        growth=facts.growth,
        merged=tuple(u for (u,) in store.rows("SELECT uri FROM story WHERE merged_into = ? ORDER BY id", story.id)),
        nearest=nearest,
        shared=shared,
    )


def _story_likeness(store: Store, a: Identity, b: Identity) -> StoryLikeness:
    first, second = _membership(store, a.uri), _membership(store, b.uri)
    if not (first and second):
        lonely = a.uri if not first else b.uri
        return StoryLikeness(
            same_story=None, reason=f"{lonely} is in no story: it is a mere copy, has no date or says too little"
        )
    same = first[1].id == second[1].id
    apart = abs(first[0].event_day - second[0].event_day)
    of_a, of_b = _said(store, a), _said(store, b)
    if not (of_a and of_b):
        return StoryLikeness(
            same_story=same, days_apart=apart, reason="the index keeps no text of one of them to compare"
        )
    (vector_a, _), (vector_b, names) = of_a, of_b
    alone = [member_of(vector_a, a.uri, None)]
    measured = measure(vector_b, [alone])[0]
    likeness = similarity(log_odds(load_model(), vector_b, measured, apart))
    if same:
        reason = (
            "both are in one story"
            if likeness >= 0.5
            else "both are in one story, each by its likeness to others of its articles rather than to each other"
        )
    elif apart > WINDOW_DAYS:
        reason = f"they are {apart} days apart; a story is joined within {WINDOW_DAYS} days of one of its articles"
    elif likeness < 0.5:
        reason = "what they have in common is too little or too common for one event"
    else:
        reason = (
            "the two alone are alike enough, but when the later one came, another story was likelier, or the story of"
            " the other had grown unlike it"
        )
    kind = SAME if measured.same is not None else ACROSS
    values = measured.same or measured.across or []
    return StoryLikeness(
        same_story=same,
        reason=reason,
        similarity=round(likeness, 4),
        days_apart=apart,
        shared=_names(names, shared_terms(vector_b, alone)),
        measures={name: round(float(value), 4) for name, value in zip(kind, values, strict=False)},
    )


def _said(store: Store, identity: Identity) -> tuple[Vector, dict[int, str]] | None:
    """Return the current text of an article as stories are likened by, and how it writes its terms."""
    if identity.current is None or not (text := store.contents([identity.current]).get(identity.current)):
        return None
    ((title, language, published_at, fetched_at),) = store.rows(
        "SELECT title, language, published_at, fetched_at FROM version WHERE id = ?", identity.current
    )
    from transforms.enrich import sketch_of_text  # explains only: a job leaves it to the sandbox

    found, names = sketch_of_text(text, title, language, published_at or fetched_at)
    rare = RareTerms()
    rare.follow(store)
    return vector(found, rare.rarity), names


def _names(names: dict[int, str], keys: Iterable[int]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names[key] for key in keys if key in names))[:_SHARED]


def _copy(row: tuple[Any, ...]) -> Copy:
    uri, original, version, similarity, method = row
    return Copy(uri=uri, original=original, version=version, similarity=similarity, method=method)


def _count(store: Store, sql: str, value: Any) -> int:
    return int(store.rows(sql, value)[0][0])
