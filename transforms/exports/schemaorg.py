"""An article as schema.org NewsArticle (JSON-LD)."""

from typing import Any, Final

from schemas.records import Article

_DIGITS_OF_PRECISION: Final = {"year": 4, "month": 7, "day": 10}


def to_schemaorg(article: Article) -> dict[str, Any]:
    """Return the article as JSON-LD; its dates are as precise as they are known (ISO 8601)."""
    url = article.canonical_url or article.url
    publisher = {
        "@type": "NewsMediaOrganization",
        "name": article.source.name or article.source.domain,
        "url": f"https://{article.source.domain}/" if article.source.domain else None,
    }
    return _without_empty(
        {
            "@context": "https://schema.org",
            "@type": "NewsArticle",
            "@id": article.uri,
            "identifier": article.raw_id,
            "url": url,
            "mainEntityOfPage": url,
            "version": article.version,
            "inLanguage": article.language,
            "headline": article.title,
            "description": article.lede,
            "articleBody": article.text,
            "articleSection": article.section,
            "wordCount": article.word_count,
            "author": [{"@type": "Person", "name": name} for name in article.authors],
            "publisher": _without_empty(publisher) if publisher["name"] else None,
            "datePublished": article.published_at[: _DIGITS_OF_PRECISION.get(article.published_precision or "", 20)]
            if article.published_at
            else None,
            "dateModified": article.modified_at,
            "image": article.image,
            "keywords": [keyword.text for keyword in article.keywords],
            "contentLocation": [
                _without_empty(
                    {
                        "@type": "Country" if place.kind == "country" else "Place",
                        "name": place.name,
                        "alternateName": place.text if place.text != place.name else None,
                        "address": {"@type": "PostalAddress", "addressCountry": place.country_code}
                        if place.country_code
                        else None,
                        "sameAs": f"https://sws.geonames.org/{place.geonames_id}/" if place.geonames_id else None,
                    }
                )
                for place in article.places
            ],
            "mentions": [
                _without_empty({"@type": "Person", "name": person.name, "jobTitle": person.role})
                for person in article.people
            ]
            + [{"@type": "Organization", "name": organisation.name} for organisation in article.organisations],
        }
    )


def _without_empty(value: dict[str, Any]) -> dict[str, Any]:
    return {name: inner for name, inner in value.items() if inner not in (None, "", [])}
