"""An article as IPTC ninjs 3.1 (News in JSON)."""

from typing import Any, Final

from w3lib.url import safe_url_string

from schemas.records import Article

STANDARD: Final = {
    "name": "ninjs",
    "version": "3.1",
    "schema": "https://www.iptc.org/std/ninjs/ninjs-schema_3.1.json",
}
_RIGHT_NOW: Final = frozenset({"second", "minute", "day"})


def to_ninjs(article: Article) -> dict[str, Any]:
    """Return the article as a ninjs object.

    ninjs knows full times only: a day becomes its first second, and what is known by month or year alone is left out.
    """
    published = article.published_at if article.published_precision in _RIGHT_NOW else None
    return _without_empty(
        {
            "uri": article.uri,
            "type": "text",
            "representationType": "full",
            "version": str(article.version),
            "firstCreated": published,
            "versionCreated": article.modified_at or published,
            "contentCreated": published,
            "pubStatus": "usable",
            "language": article.language,
            "title": article.title,
            "headlines": [{"role": "main", "contentType": "text/plain", "value": article.title}]
            if article.title
            else [],
            "by": ", ".join(article.authors),
            "descriptions": [{"role": "summary", "contentType": "text/plain", "value": article.lede}]
            if article.lede
            else [],
            "bodies": [
                {
                    "role": "main",
                    "contentType": "text/plain",
                    "charCount": article.char_count,
                    "wordCount": article.word_count,
                    "value": article.text,
                }
            ],
            "people": [_without_empty({"name": person.name, "rel": "mentioned"}) for person in article.people],
            "organisations": [
                {"name": organisation.name, "rel": "mentioned"} for organisation in article.organisations
            ],
            "places": [
                _without_empty(
                    {
                        "name": place.name,
                        "rel": "mentioned",
                        "uri": f"https://sws.geonames.org/{place.geonames_id}/" if place.geonames_id else None,
                        "literal": place.country_code,
                    }
                )
                for place in article.places
            ],
            "subjects": [
                {"name": keyword.text, "relevance": max(1, round(keyword.score * 100))} for keyword in article.keywords
            ],
            "infoSources": [_without_empty({"name": article.source.name or article.source.domain, "role": "publisher"})]
            if article.source.name or article.source.domain
            else [],
            "renditions": [{"name": "main-image", "href": safe_url_string(article.image)}]
            if article.image and article.image.startswith(("http://", "https://"))
            else [],
            "altIds": [{"role": "producer", "value": article.raw_id}] if article.raw_id else [],
            "standard": STANDARD,
        }
    )


def _without_empty(value: dict[str, Any]) -> dict[str, Any]:
    return {name: inner for name, inner in value.items() if inner not in (None, "", [])}
