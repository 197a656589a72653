"""The rules of the house that only a test keeps."""

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT

_FOREIGN = {"apache_beam", "kafka", "pipeline", "psycopg", "sqlite3"}
_PURE = sorted([*(ROOT / "transforms").rglob("*.py"), *(ROOT / "schemas").rglob("*.py")])


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize("path", _PURE, ids=lambda path: str(path.relative_to(ROOT)))
def test_transforms_and_schemas_are_pure(path: Path) -> None:
    assert not _imports(path) & _FOREIGN


def test_schemas_do_not_know_transforms() -> None:
    for path in (ROOT / "schemas").rglob("*.py"):
        assert "transforms" not in _imports(path)


def test_the_graph_fits_on_one_screen() -> None:
    assert len((ROOT / "pipeline" / "graph.py").read_text(encoding="utf-8").splitlines()) <= 50
