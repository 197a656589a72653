"""From a draft that is news to an article: what its text speaks of."""

from contextlib import suppress
from typing import Any

import msgspec

from schemas.records import Article, Change, FileProvenance, Organisation, Provenance, Related
from transforms.dates.parsing import find_dates
from transforms.decode import RawArticle
from transforms.dedup.stories import Sketch, legible_terms, sketch
from transforms.draft import Draft, Enriched
from transforms.entities.keywords import find_keywords
from transforms.entities.ner import load_model, with_model
from transforms.entities.people import all_spans, find_people, without_people
from transforms.entities.places import find_places
from transforms.entities.quotes import find_quotes
from transforms.entities.tagger import tagger_name, use_research_weights
from transforms.errors import Parts, Rejected
from transforms.extract import extract
from transforms.numbers.figures import find_figures
from transforms.text.folding import fold
from transforms.text.sentences import count_words
from transforms.text.tokens import EXAMINED


def enrich(
    draft: Draft,
    provenance: Provenance,
    version: int = 1,
    change: Change = "new",
    changes: dict[str, Any] | None = None,
    related: tuple[Related, ...] = (),
    ner_model: str | None = None,
    research_names: bool = False,
) -> Article:
    """Return the article that `draft` becomes as `version` of its uri; its story is found later, by comparison.

    `ner_model` is the folder or package of a spaCy model that finds further people and organisations; with
    `research_names`, taggers learned from data that forbids commercial use are used where there are such.
    """
    text, language = _examined(draft.text), draft.language.code
    published_at = draft.published.timestamp if draft.published else None
    use_research_weights(research_names)
    parts = Parts()
    dates = parts.read("dates", (), find_dates, text, language, published_at)
    places = parts.read("places", (), find_places, text, language)
    quotes = parts.read("quotes", (), find_quotes, text, language, all_spans(places))
    people, organisations = parts.read("people", ((), ()), find_people, text, language, places=places)
    places = parts.read("places", places, without_people, places, people, text)
    extraction = msgspec.structs.replace(draft.extraction, tagger=tagger_name(language))
    if ner_model is not None:
        model = load_model(ner_model)
        people, organisations = parts.read(
            "model", (people, organisations), with_model, model, text, language, places, people, organisations
        )
        extraction = msgspec.structs.replace(extraction, ner_model=model.name)
    figures = parts.read("figures", (), find_figures, text, language, taken=[mention.span for mention in dates])
    skipped = [*(mention.span for mention in dates), *(figure.span for figure in figures)]
    keywords = parts.read(
        "keywords",
        (),
        find_keywords,
        text,
        draft.title,
        language,
        names=(*people, *organisations, *places),
        skipped=skipped,
    )
    words = parts.read("word_count", len(text.split()), count_words, draft.text, language)
    if parts.notes:
        extraction = msgspec.structs.replace(extraction, notes=(*extraction.notes, *parts.notes))
    return Article(
        uri=draft.uri,
        version=version,
        change=change,
        changes=changes,
        raw_id=draft.raw_id,
        url=draft.url,
        canonical_url=draft.canonical_url,
        source=draft.source,
        language=language,
        language_confidence=draft.language.confidence,
        script=draft.language.script,
        direction=draft.language.direction,
        title=draft.title,
        title_source=draft.title_source,
        lede=draft.lede,
        text=draft.text,
        authors=draft.authors,
        word_count=words,
        char_count=len(draft.text),
        published_at=published_at,
        published_precision=draft.published.precision if draft.published else None,
        published_source=draft.published.source if draft.published else None,
        modified_at=draft.modified.timestamp if draft.modified else None,
        fetched_at=draft.fetched_at,
        section=draft.section,
        tags=draft.tags,
        image=draft.image,
        places=places,
        people=people,
        organisations=organisations + _desks(draft, organisations),
        keywords=keywords,
        quotes=quotes,
        figures=figures,
        dates_mentioned=dates,
        related=related,
        extraction=extraction,
        extra=draft.extra,
        provenance=provenance,
    )


def sketch_of(article: Article) -> Sketch:
    """Return what the article says of its event, by which its story is found."""
    return sketch(
        language=article.language,
        title=article.title,
        text=article.text,
        named=[*(p.name for p in article.people), *(o.name for o in article.organisations)],
        places=article.places,
        figures=article.figures,
        dates=article.dates_mentioned,
    )


def sketch_of_text(
    text: str, title: str | None, language: str | None, published_at: str | None
) -> tuple[Sketch, dict[int, str]]:
    """Return what a text says of its event, and how it writes each term of that; for explanations."""
    examined = _examined(text)
    places = find_places(examined, language)
    people, organisations = find_people(examined, language, places=places)
    dates = find_dates(examined, language, published_at)
    said: dict[str, Any] = {
        "language": language,
        "title": title,
        "text": text,
        "named": [*(p.name for p in people), *(o.name for o in organisations)],
        "places": without_people(places, people, examined),
        "figures": find_figures(examined, language, taken=[mention.span for mention in dates]),
        "dates": dates,
    }
    return sketch(**said), legible_terms(**said)


def enrich_and_sketch(*arguments: Any) -> Enriched:
    """Return the article, as `enrich` makes it of the same arguments, ready to be put into its story."""
    article = enrich(*arguments)
    parts = Parts()
    # An article of which nothing is known stands in a story of its own.
    found = parts.read("story", Sketch(language="", words=0, terms=b""), sketch_of, article)
    if parts.notes:
        extraction = msgspec.structs.replace(article.extraction, notes=(*article.extraction.notes, *parts.notes))
        article = msgspec.structs.replace(article, extraction=extraction)
    return Enriched(article, found)


def _examined(text: str) -> str:
    """Return the beginning of `text` in which names, quotations and numbers are looked for, cut between words."""
    if len(text) <= EXAMINED:
        return text
    end = max(text.rfind(" ", EXAMINED - 1000, EXAMINED), text.rfind("\n", EXAMINED - 1000, EXAMINED))
    return text[: end if end > 0 else EXAMINED]


def _desks(draft: Draft, named: tuple[Organisation, ...]) -> tuple[Organisation, ...]:
    """Return the organisations of the byline that the text does not name: they have no mention, so no span."""
    known = {fold(organisation.name) for organisation in named}
    return tuple(
        Organisation(name=desk, role="byline", count=0, spans=()) for desk in draft.desks if fold(desk) not in known
    )


def warm_up() -> None:
    """Pay the cost of first use (dictionaries, models, regular expressions) before the first record waits for it."""
    paragraphs = (
        "The minister said on 6 January 2026 that twenty people had been brought home from Paris by train. Most of "
        "them had waited for three weeks in a hotel near the border, without any news from their families and friends.",
        '"We are glad to see them," President Maria Keller told reporters, who had gathered in front of the station. '
        "She thanked the volunteers of the Red Cross, who had worked day and night since the storm.",
        "The journey cost €1.2 million, of which the European Union will pay back two thirds by the end of the year. "
        "The rest comes from the city, which had put aside money for repairs after last summer's flood in Germany.",
        "Next week the council meets to discuss what else has to be done before the winter, among other things a new "
        "road through the valley, shelters for those who lost their homes and a warning system for the villages.",
    )
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    page = f"<html><head><title>Brought home by train</title></head><body><article>{body}</article></body></html>"
    arabic = "قال الوزير إن عشرين شخصا عادوا من باريس في 6 يناير 2026."
    nowhere = FileProvenance(path="", record=0, content_sha256="", pipeline_version="")
    for raw in (
        RawArticle(body=page.encode(), kind="html", url="https://example.com/2026/01/06/warm-up"),
        RawArticle(body=arabic, kind="text"),
    ):
        with suppress(Rejected):
            enrich_and_sketch(extract(raw), nowhere)
