"""An article in the JSON of news-please (the fields of its ``NewsArticle``), which many tools read."""

from typing import Any

from schemas.records import Article


def to_newsplease(article: Article) -> dict[str, Any]:
    """Return the article as news-please writes it: every field present, times as ``YYYY-MM-DD HH:MM:SS`` in UTC."""
    return {
        "authors": list(article.authors),
        "date_download": _time(article.fetched_at),
        "date_modify": _time(article.modified_at),
        "date_publish": _time(article.published_at),
        "description": article.lede,
        "filename": None,
        "image_url": article.image,
        "language": article.language,
        "localpath": None,
        "maintext": article.text,
        "source_domain": article.source.domain,
        "text": None,
        "title": article.title,
        "title_page": None,
        "title_rss": None,
        "url": article.url or article.canonical_url,
    }


def _time(value: str | None) -> str | None:
    """Return an RFC 3339 time as news-please writes times."""
    return value[:19].replace("T", " ") if value else None
