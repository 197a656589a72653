"""An HTML page to its article."""

from trafilatura import bare_extraction

from schemas.reasons import Reason, Stage
from transforms.clean import clean_line, clean_text
from transforms.encoding import to_text
from transforms.errors import Rejected
from transforms.page import Moment, Page


def extract_html(
    body: bytes | str, *, url: str | None = None, content_type: str | None = None, encoding: str | None = None
) -> Page:
    """Return the article of a page.

    Raises:
        Rejected: `undecodable`, `empty_content` or `no_content`.
    """
    if isinstance(body, bytes):
        decoded = to_text(body, content_type=content_type, encoding=encoding)
        text, encoding = decoded.text, decoded.encoding
    else:
        text, encoding = body, "unicode"
    if not text.strip():
        raise Rejected(Stage.EXTRACT, Reason.EMPTY_CONTENT, "the page is empty")
    document = bare_extraction(text, url=url, with_metadata=True, include_comments=False)
    content = clean_text(document.text or "") if document else ""
    if not document or not content:
        raise Rejected(Stage.EXTRACT, Reason.NO_CONTENT, "the page has no article text")
    return Page(
        text=content,
        method="trafilatura",
        encoding=encoding or "utf-8",
        title=clean_line(document.title) if document.title else None,
        title_source="heading" if document.title else None,
        authors=tuple(clean_line(a) for a in (document.author or "").split(";") if a.strip()),
        published=Moment(value=document.date, precision="day", source="meta") if document.date else None,
        canonical_url=document.url,
        site_name=document.sitename,
        image=document.image,
        language=document.language,
        page_type="article",
    )


def warm_up() -> None:
    """Pay for what is slow on first use, before the first page."""
    extract_html("<html><body><article><p>" + "Words of a first page. " * 20 + "</p></article></body></html>")
