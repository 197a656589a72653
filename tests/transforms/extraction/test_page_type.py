import pytest

from transforms.extraction.page_type import ARTICLES, page_type
from transforms.extraction.structured import Structured

LINES = ["The ferry will leave the upper pier every hour from the first of May, the operator said on Monday."] * 20


@pytest.mark.parametrize(
    ("judged", "kind"),
    [
        ((0.95, "product"), "product"),
        ((0.95, "forum"), "forum"),
        ((0.95, "section"), "section"),
        ((0.95, "other"), "other"),
        ((0.89, "forum"), "article"),
    ],
)
def test_what_the_model_says_labels_a_page_and_rejects_none(judged: tuple[float, str], kind: str) -> None:
    found = page_type(Structured(), title="T", lines=LINES, links=0.1, url=None, dated=False, judged=judged)
    assert found == (kind, False)
    assert (kind in ARTICLES) == (kind == "article")


def test_the_rules_go_before_the_model() -> None:
    live = Structured(kinds=("LiveBlogPosting",))
    judged = (0.99, "forum")
    assert page_type(live, title="T", lines=LINES, links=0.1, url=None, dated=False, judged=judged) == (
        "live_blog",
        False,
    )
    error = page_type(Structured(), title="404 Not Found", lines=[], links=0.0, url=None, dated=False, judged=judged)
    assert error == ("error", True)
