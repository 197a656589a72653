"""People and organisations that a spaCy model finds: what the rules miss, where a user has a model (extra ``ner``).

The rules come first. The model adds the people and organisations that it finds where the rules found no person,
organisation or place, in texts of its own language (in all texts, for a model of ``xx``). Places stay with the
gazetteer: a place without its country is of no use to a record.
"""

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import msgspec

from schemas.records import Organisation, Person, Place, Span
from transforms.text.folding import fold
from transforms.text.languages import primary

_PEOPLE: Final = frozenset({"PERSON", "PER", "PRS", "persName"})
_ORGANISATIONS: Final = frozenset({"ORG", "orgName", "ORGANIZATION"})
_UNUSED: Final = ("parser", "lemmatizer", "tagger", "attribute_ruler", "morphologizer", "senter", "textcat")


class ModelError(Exception):
    """The model cannot be used; the message says why in one line."""


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded model: what it is called in records, its language, and spaCy's pipeline."""

    name: str
    language: str
    pipeline: Any

    def mentions(self, text: str) -> tuple[list[Span], list[Span]]:
        """Return the spans of people and of organisations in `text`."""
        people: list[Span] = []
        organisations: list[Span] = []
        for entity in self.pipeline(text).ents:
            span = entity.start_char, entity.end_char
            if "\n" in entity.text or not fold(entity.text):
                continue
            if entity.label_ in _PEOPLE:
                people.append(span)
            elif entity.label_ in _ORGANISATIONS:
                organisations.append(span)
        return people, organisations


def check_model(path: str) -> None:
    """Look whether there is a model at `path`, without loading it.

    Args:
        path: a folder that spaCy wrote, or the name of an installed package.

    Raises:
        ModelError: spaCy is not installed, or there is no model.
    """
    if find_spec("spacy") is None:
        raise ModelError("a model of names needs spaCy: install khabar[ner]")
    if not (Path(path) / "meta.json").is_file() and (Path(path).exists() or find_spec(path.replace("-", "_")) is None):
        raise ModelError(f"{path} is no spaCy model: neither a folder with a meta.json nor an installed package")


@cache
def load_model(path: str) -> Model:
    """Return the model at `path`, loaded once in each process.

    Raises:
        ModelError: there is none, or it cannot be loaded or finds no names.
    """
    check_model(path)
    import spacy

    try:
        pipeline = spacy.load(path, exclude=list(_UNUSED))
    except (OSError, ValueError, ImportError, KeyError) as error:
        raise ModelError(f"cannot load the model {path}: {error}") from error
    if not any(name in pipeline.pipe_names for name in ("ner", "entity_ruler", "span_ruler")):
        raise ModelError(
            f"the model {path} finds no names: its pipeline is {', '.join(pipeline.pipe_names) or 'empty'}"
        )
    meta = pipeline.meta
    return Model(f"{meta['lang']}_{meta['name']} {meta['version']}", meta["lang"], pipeline)


def with_model(
    model: Model,
    text: str,
    language: str | None,
    places: tuple[Place, ...],
    people: tuple[Person, ...],
    organisations: tuple[Organisation, ...],
) -> tuple[tuple[Person, ...], tuple[Organisation, ...]]:
    """Return `people` and `organisations` of the rules with what `model` finds beside them, by first mention."""
    if model.language not in ("xx", "mul", primary(language)):
        return people, organisations
    known: tuple[Place | Person | Organisation, ...] = (*places, *people, *organisations)
    taken = [span for entity in known for span in entity.spans]
    people_found, organisations_found = model.mentions(text)
    more_people = _grouped(text, _free(people_found, taken))
    more_organisations = _grouped(text, _free(organisations_found, taken))
    return (
        _merged(
            people, [Person(name=name, count=len(spans), spans=spans, method="model") for name, spans in more_people]
        ),
        _merged(
            organisations,
            [Organisation(name=n, count=len(spans), spans=spans, method="model") for n, spans in more_organisations],
        ),
    )


def _free(spans: list[Span], taken: list[Span]) -> list[Span]:
    """Return the `spans` that overlap none of `taken`."""
    events = sorted([(*span, True) for span in spans] + [(*span, False) for span in taken])
    reach, free = 0, []
    for (start, end, ours), following in pairwise([*events, (1 << 60, 1 << 60, False)]):
        if ours and start >= reach and following[0] >= end:
            free.append((start, end))
        reach = max(reach, end)
    return free


def _grouped(text: str, spans: list[Span]) -> list[tuple[str, tuple[Span, ...]]]:
    """Return the names at `spans` with all spans of each."""
    names: dict[str, list[Span]] = {}
    for span in spans:
        names.setdefault(fold(text[slice(*span)]), []).append(span)
    return [(text[slice(*found[0])], tuple(found)) for found in names.values()]


def _merged(known: tuple[Any, ...], more: list[Any]) -> tuple[Any, ...]:
    """Return `known` and `more`, what has one name brought together, sorted by first mention."""
    merged = {fold(entity.name): entity for entity in known}
    rest = list(known)
    for entity in more:
        same = merged.get(fold(entity.name))
        if same is None:
            rest.append(entity)
            continue
        spans = tuple(sorted((*same.spans, *entity.spans)))
        rest[rest.index(same)] = msgspec.structs.replace(same, spans=spans, count=len(spans))
    return tuple(sorted(rest, key=lambda entity: entity.spans[:1]))
