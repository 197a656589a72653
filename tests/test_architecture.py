"""The rules of the house that only a test keeps."""

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from pathlib import Path

import pytest

from tests.conftest import ROOT

_FOREIGN = {"apache_beam", "kafka", "pipeline", "psycopg", "sqlite3"}
_PURE = sorted([*(ROOT / "transforms").rglob("*.py"), *(ROOT / "schemas").rglob("*.py")])
_ABOVE = {
    "text": set[str](),
    "dates": {"numbers", "text"},
    "numbers": {"dates", "text"},
    "entities": {"dates", "numbers", "text"},
    "extraction": {"dates", "dedup", "entities", "numbers", "text"},
}
"""What the rooms of `transforms` may import, beside themselves and `errors`."""


@cache
def _modules() -> dict[str, Path]:
    """Return every module of the project by its dotted name."""
    modules = {}
    for path in chain.from_iterable(
        (ROOT / top).rglob("*.py") for top in ("pipeline", "schemas", "transforms", "tests")
    ):
        modules[".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")] = path
    return modules


@cache
def _imports(path: Path) -> frozenset[str]:
    """Return the dotted names of what a file imports, anywhere in it; of the project's own, the modules."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                names.add(whole if whole in _modules() else node.module)
    return frozenset(names)


def _tops(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in _imports(path)}


@pytest.mark.parametrize("path", _PURE, ids=lambda path: str(path.relative_to(ROOT)))
def test_transforms_and_schemas_are_pure(path: Path) -> None:
    assert not _tops(path) & _FOREIGN


def test_schemas_do_not_know_transforms() -> None:
    for path in (ROOT / "schemas").rglob("*.py"):
        assert "transforms" not in _tops(path)


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {
        name: {other for other in _imports(path) if other in _modules() and other != name}
        for name, path in _modules().items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


@pytest.mark.parametrize("room", _ABOVE)
def test_arrows_between_the_rooms_of_transforms_lead_downwards(room: str) -> None:
    allowed = _ABOVE[room] | {room, "errors"}
    for path in (ROOT / "transforms" / room).rglob("*.py"):
        rooms = {name.split(".")[1] for name in _imports(path) if name.startswith("transforms.")}
        assert rooms <= allowed, f"{path.relative_to(ROOT)} imports {sorted(rooms - allowed)}"


def test_what_tests_and_benchmarks_share_knows_neither() -> None:
    for path in (ROOT / "tests" / "support").rglob("*.py"):
        foreign = {name for name in _imports(path) if name.startswith(("benchmarks", "tests."))}
        assert all(name.startswith("tests.support") for name in foreign), f"{path.name} imports {sorted(foreign)}"
    for path in (ROOT / "benchmarks").rglob("*.py"):
        tests = {name for name in _imports(path) if name.startswith("tests")}
        assert all(name.startswith("tests.support") for name in tests), f"{path.name} imports {sorted(tests)}"


def test_the_graph_fits_on_one_screen() -> None:
    assert len((ROOT / "pipeline" / "graph.py").read_text(encoding="utf-8").splitlines()) <= 50
