"""Quotations of a text: every passage in quotation marks, a quoted term as well as direct speech."""

from schemas.records import Quote
from transforms.quotation_marks import quoted_spans


def find_quotes(text: str, language: str | None) -> tuple[Quote, ...]:
    """Return the quotations of `text` in order, without their marks."""
    return tuple(Quote(text=text[start:end], span=(start, end)) for start, end in quoted_spans(text))
