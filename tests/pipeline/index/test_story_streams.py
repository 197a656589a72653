"""The same stream gives the same stories, whoever asks in batches of whatever size, and whatever happens meanwhile."""

import os
import random
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import Any

import pytest

from pipeline.index import Index, StoryArticle, open_index
from schemas.records import Figure, Story
from transforms.dedup.stories import sketch

ARTICLES = 520
"""More than the largest batch."""
SINGLE = 120
"""So many are asked for one after the other."""
NewUrl = Callable[[], str]


@cache
def stream() -> list[StoryArticle]:
    """Return articles on some events in two languages, some of them later versions of one before."""
    choose = random.Random(7)
    syllables = [f"{a}{b}{c}" for a in "bdgkmrstvz" for b in "aeiou" for c in "lnrs"]
    words = ["".join(choose.sample(syllables, 2)) for _ in range(4000)]
    found: list[StoryArticle] = []
    for n in range(ARTICLES):
        event = choose.randrange(150)
        own = words[event * 20 : event * 20 + 20]
        text = choose.sample(own, 12) + choose.sample(words, 25)
        title = " ".join(own[:4]).title()
        again = choose.random() < 0.05 and found
        uri = choose.choice(found).uri if again else f"https://{n % 5}.example/{n}"
        language = choose.choice(("en", "en", "es"))
        said: dict[str, Any] = {
            "language": language,
            "title": title,
            "text": " ".join(word.title() for word in text),
            "figures": (Figure(value=1000.0 + event, text="x", span=(0, 1)),),
        }
        found.append(
            StoryArticle(
                uri=uri,
                version=1 + sum(article.uri == uri for article in found),
                event_at=f"2026-01-{1 + event % 9 + choose.randrange(2):02}T{n % 24:02}:00:00Z",
                title=title,
                source=uri.split("/")[2],
                language=language,
                sketch=sketch(**said),
            )
        )
    return found


@cache
def expected() -> list[Story | None]:
    """Return the stories that one worker finds, asking for one article after the other."""
    index = open_index("memory:")
    stories = [index.assign_stories([article])[0] for article in stream()]
    assert any(story and story.articles > 3 for story in stories)
    return stories


def batches(size: int) -> list[list[StoryArticle]]:
    articles = stream()
    return [articles[start : start + size] for start in range(0, len(articles) if size > 1 else SINGLE, size)]


@pytest.fixture
def workers(url: str) -> Iterator[list[Index]]:
    """Four processes that share an index, as it were."""
    opened = [open_index(url) for _ in range(4)]
    yield opened
    for index in opened:
        index.close()


@pytest.mark.parametrize("size", [1, 64, 500])
@pytest.mark.parametrize("number", [1, 4])
def test_workers_that_take_turns_find_the_same_stories(workers: list[Index], number: int, size: int) -> None:
    choose = random.Random(size)
    answers = [story for batch in batches(size) for story in choose.choice(workers[:number]).assign_stories(batch)]
    assert answers == expected()[: len(answers)]
    again = [story for batch in batches(90) for story in choose.choice(workers[:number]).assign_stories(batch)]
    assert again == expected(), "a replay"


@pytest.mark.parametrize("size", [16, 64])
def test_what_others_store_while_a_worker_prepares_changes_nothing(
    workers: list[Index], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All four prepare a batch before the first of them has its turn."""
    waiting = batches(size)
    while waiting:
        turn, waiting = waiting[: len(workers)], waiting[len(workers) :]
        with monkeypatch.context() as patch:
            answers = in_one_moment(workers, turn, patch)
        first = ARTICLES - sum(map(len, turn)) - sum(map(len, waiting))
        assert answers == expected()[first : first + len(answers)]


def in_one_moment(
    workers: Sequence[Index], turn: Sequence[list[StoryArticle]], patch: pytest.MonkeyPatch
) -> list[Story | None]:
    """Let each worker prepare its batch before those before it have theirs decided; return all answers in order."""
    if not turn:
        return []
    before: list[Story | None] = []
    store = workers[len(turn) - 1]._store
    transaction = store.transaction

    @contextmanager
    def waited_for(*, exclusive: bool) -> Iterator[None]:
        if exclusive:
            before.extend(in_one_moment(workers, turn[:-1], patch))
        started: AbstractContextManager[None] = transaction(exclusive=exclusive)
        with started:
            yield

    with patch.context() as own:
        own.setattr(store, "transaction", waited_for)
        found = workers[len(turn) - 1].assign_stories(turn[-1])
    return [*before, *found]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_worker_killed_while_it_stores_leaves_what_another_continues(url: str, moment: str) -> None:
    """A process is killed before its transaction ends, or after it but before it could tell the answer."""
    answers: list[Story | None] = []
    index = open_index(url)
    for number, batch in enumerate(batches(64)):
        if number in (1, 5):
            index.close()
            kill_while_storing(url, batch, moment)
            index = open_index(url)
        answers += index.assign_stories(batch)
    index.close()
    assert answers == expected()


def kill_while_storing(url: str, batch: list[StoryArticle], moment: str) -> None:
    pid = os.fork()
    if pid == 0:  # the other process: nothing but the kill ends it
        try:
            index = open_index(url)
            if moment == "before":
                write = index._store.write

                def killed(writes: Any, day: int) -> None:
                    write(writes, day)
                    os.kill(os.getpid(), signal.SIGKILL)

                index._store.write = killed  # type: ignore[method-assign]
            index.assign_stories(batch)
            os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
