"""A model of names: a tiny one that the test trains, through the real command."""

from pathlib import Path

import pytest
import spacy
from spacy.training import Example

from schemas.codec import decode
from schemas.records import Article
from tests.conftest import Khabar
from transforms.entities.ner import ModelError, check_model, load_model, with_model
from transforms.entities.people import find_people
from transforms.entities.places import find_places

TEXT = (
    "The committee thanked Zorblax Nimquist for the report. Angela Merkel praised it in Berlin.\n"
    "Later Zorblax Nimquist left for the office of Quentrix Blomwerk near the river, as everybody had hoped for."
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train a model that knows one person and one company, and would take Angela Merkel for a company."""
    pipeline = spacy.blank("en", meta={"name": "tiny", "version": "1.2.3"})
    recogniser = pipeline.add_pipe("ner")
    labels = {"Zorblax Nimquist": "PERSON", "Quentrix Blomwerk": "ORG", "Angela Merkel": "ORG"}
    given = []
    for pattern in ("The committee thanked {} for the report.", "Later {} left.", "They saw the office of {} near it."):
        for name, label in labels.items():
            start = pattern.index("{")
            given.append((pattern.format(name), [(start, start + len(name), label)]))
    # What is no name must be learnt as well.
    given += [("They left for it near the river, as everybody had hoped for.", []), ("Somebody praised it.", [])]
    examples = [Example.from_dict(pipeline.make_doc(text), {"entities": spans}) for text, spans in given]
    spacy.util.fix_random_seed(1)
    optimiser = pipeline.initialize(lambda: examples)
    for _ in range(30):
        pipeline.update(examples, sgd=optimiser)
    folder = tmp_path_factory.mktemp("model") / "tiny"
    pipeline.to_disk(folder)
    assert recogniser.labels == ("ORG", "PERSON")
    return folder


def test_the_command_adds_what_the_model_finds_and_says_which_one(khabar: Khabar, tmp_path: Path, model: Path) -> None:
    (tmp_path / "news.txt").write_text(TEXT, encoding="utf-8")
    lines = []
    for out, options in (("rules", ()), ("one", ("--ner-model", model)), ("two", ("--ner-model", model))):
        done = khabar("run", tmp_path / "news.txt", "--out", tmp_path / out, "--validate", *options)
        assert done.returncode == 0, done.stderr
        lines.append((tmp_path / out / "articles.jsonl").read_bytes())
    rules, one, two = lines
    assert one == two
    plain, article = decode(rules, Article), decode(one, Article)
    assert [person.name for person in plain.people] == ["Angela Merkel"]
    assert plain.extraction.ner_model is None
    assert [(person.name, person.count) for person in article.people] == [("Zorblax Nimquist", 2), ("Angela Merkel", 1)]
    assert [organisation.name for organisation in article.organisations] == ["Quentrix Blomwerk"]
    assert article.extraction.ner_model == "en_tiny 1.2.3"


def test_the_rules_come_first_and_other_languages_are_left_alone(model: Path) -> None:
    places = find_places(TEXT, "en")
    people, organisations = find_people(TEXT, "en", places=places)
    found, _ = with_model(load_model(str(model)), TEXT, "en", places, people, organisations)
    assert [TEXT[slice(*span)] for person in found for span in person.spans] == [
        "Zorblax Nimquist",
        "Zorblax Nimquist",
        "Angela Merkel",
    ]
    assert with_model(load_model(str(model)), TEXT, "de", places, people, organisations) == (people, organisations)


def test_what_is_no_model_is_refused_before_the_run(khabar: Khabar, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no spaCy model"):
        check_model(str(tmp_path))
    (tmp_path / "meta.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match="cannot load"):
        load_model(str(tmp_path))
    done = khabar("run", tmp_path, "--out", tmp_path / "out", "--ner-model", tmp_path / "nowhere")
    assert done.returncode == 2
    assert "is no spaCy model" in done.stderr
    assert not (tmp_path / "out").exists()
