from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.endurance import extract_here, hostile_pages
from pipeline.sandbox import Failure, Sandbox
from schemas.reasons import Reason, Stage
from tests.pipeline.sandbox.work import double, obey


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(workers=2, deadline_s=0.4, memory_mb=512)
    yield sandbox
    sandbox.close()


def run(sandbox: Sandbox, *commands: str) -> list[object]:
    return sandbox.submit(Stage.EXTRACT, obey, [(command,) for command in commands]).results()


def test_results_come_in_order(sandbox: Sandbox) -> None:
    chunks = [sandbox.submit(Stage.EXTRACT, double, [(n,), (n + 1,)]) for n in range(0, 100, 2)]
    assert [result for chunk in chunks for result in chunk.results()] == [n * 2 for n in range(100)]


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("hang", Reason.EXTRACT_TIMEOUT),
        ("hang in a library that swallows exceptions", Reason.EXTRACT_TIMEOUT),
        ("hang in C", Reason.EXTRACT_TIMEOUT),
        ("grow", Reason.EXTRACT_MEMORY),
        ("crash", Reason.EXTRACT_CRASH),
        ("reject", Reason.NO_CONTENT),
        ("bug", Reason.INTERNAL_ERROR),
    ],
)
def test_a_hostile_record_harms_no_other(sandbox: Sandbox, command: str, reason: Reason) -> None:
    first, failure, last = run(sandbox, "before", command, "after")
    assert (first, last) == ("before", "after")
    assert isinstance(failure, Failure)
    assert (failure.stage, failure.reason) == (Stage.EXTRACT, reason)
    assert failure.message


def test_a_failure_names_its_causes(sandbox: Sandbox) -> None:
    (failure,) = run(sandbox, "bug")
    assert isinstance(failure, Failure)
    assert (failure.error_type, failure.message, failure.causes) == ("RuntimeError", "a bug", ("KeyError: 'inner'",))


def test_the_pool_lives_on_after_all_of_them(sandbox: Sandbox) -> None:
    run(sandbox, "crash")
    run(sandbox, "grow")
    assert run(sandbox, "alive") == ["alive"]


def test_a_chunk_that_takes_long_gives_back_what_it_has(sandbox: Sandbox) -> None:
    assert run(sandbox, "hang", "a", "hang", "b")[1::2] == ["a", "b"]


def test_a_busy_or_paused_machine_fails_no_record(sandbox: Sandbox) -> None:
    """The record waits longer than its deadline, as it does where other processes have the cores."""
    assert run(sandbox, "before", "wait 1", "after") == ["before", "wait 1", "after"]


def test_what_fails_once_is_tried_again_by_itself(sandbox: Sandbox, tmp_path: Path) -> None:
    for how in ("crash", "hang in C", "grow"):
        once = f"once {tmp_path / how.replace(' ', '-')} {how}"
        assert run(sandbox, "before", once, "after") == ["before", once, "after"]


def test_hostile_pages_have_one_outcome_each() -> None:
    sandbox = Sandbox(workers=1, deadline_s=60, memory_mb=1024)
    try:
        results = sandbox.submit(Stage.EXTRACT, extract_here, [(page, None) for page in hostile_pages()]).results()
        reasons = [result.reason if isinstance(result, Failure) else None for result in results]
        expected = [None, None, None, Reason.TOO_LARGE, None, None, Reason.UNDECODABLE, Reason.EMPTY_CONTENT]
        assert reasons == expected
        assert run(sandbox, "alive") == ["alive"]
    finally:
        sandbox.close()
