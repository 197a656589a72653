"""Documentation that says what the code does."""

import re
from pathlib import Path

import pytest

from pipeline.cli.main import main
from pipeline.cli.reference import pages
from schemas.reasons import EXPLANATIONS, Reason
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize(("page", "text"), pages().items(), ids=lambda value: getattr(value, "name", ""))
def test_generated_pages_are_what_the_code_gives(page: Path, text: str) -> None:
    assert page.read_text(encoding="utf-8") == text, "run `make reference`"


def test_every_reason_is_explained() -> None:
    assert set(EXPLANATIONS) == set(Reason)


@pytest.mark.parametrize("command", re.findall(r"^\$ khabar (\S+)", README, re.MULTILINE))
def test_every_command_of_the_readme_exists(command: str) -> None:
    assert command in main.commands


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`?make ([a-z-]+)", README))))
def test_every_target_of_the_readme_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(document: object) -> None:
    text = document.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (document.parent / target).exists(), target  # type: ignore[attr-defined]
