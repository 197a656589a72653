"""The taggers that come with the project; how good they are is the quality floor's to say."""

import pytest

from transforms.entities import tagger as taggers
from transforms.entities.people import find_people
from transforms.entities.places import find_places
from transforms.entities.tagger import tag, use_research_weights, weight_files, weights_folder

FILES = sorted(weights_folder().glob("*/*.weights"))
FREE_LICENCES = ("CC BY 4.0", "CC BY 3.0", "CC BY 2.5", "CC BY-SA 4.0", "CC BY-SA 3.0", "CC0", "MIT")
TEXTS = {
    "ja": "東京で田中角栄首相はトヨタ自動車の社長と会談した。田中は大阪にも行った。",
    "ko": "박근혜 대통령은 서울에서 일본 총리를 만났다.",
    "hi": "प्रधानमंत्री नरेन्द्र मोदी ने दिल्ली में कहा कि भारत और जापान मित्र हैं।",
}


def test_all_weights_together_are_small() -> None:
    assert 0 < sum(path.stat().st_size for path in FILES) <= 30_000_000


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_weights_say_what_they_were_made_from(path) -> None:
    header = weight_files.load(path).header
    assert header["language"] == path.stem
    assert header["sources"]
    assert set(header["thresholds"]) == {"place", "person", "organisation"}
    if path.parent.name == "free":
        assert {source["licence"] for source in header["sources"]} <= set(FREE_LICENCES)


@pytest.mark.parametrize("language", sorted(TEXTS))
def test_people_and_places_of_unspaced_and_indic_scripts_are_found(language: str) -> None:
    text = TEXTS[language]
    places = find_places(text, language)
    people, _ = find_people(text, language, places=places)
    assert {place.country_code for place in places}
    assert people[0].method == "tagger"
    assert 0 < people[0].confidence <= 1
    for named in (*places, *people):
        assert all(text[start:end] for start, end in named.spans)


def test_an_office_is_no_part_of_a_name() -> None:
    people, _ = find_people(TEXTS["ja"], "ja", places=find_places(TEXTS["ja"], "ja"))
    assert (people[0].name, people[0].role) == ("田中角栄", "首相")
    people, _ = find_people(TEXTS["ko"], "ko", places=find_places(TEXTS["ko"], "ko"))
    assert (people[0].name, people[0].role) == ("박근혜", "대통령")


def test_a_tag_does_not_depend_on_what_was_read_before() -> None:
    text = TEXTS["ja"]
    alone = tag(text, "ja")
    found = taggers.tagger("ja")
    assert found is not None
    for other in range(50):
        found.tag(f"{other}番の駅で{text}")
    assert tuple(found.tag(text)) == alone


def test_a_language_without_weights_has_no_tagger() -> None:
    assert tag("Helsinki on Suomen pääkaupunki.", "fi") is None


def test_research_weights_are_used_only_when_asked_for() -> None:
    text = "قال رئيس الوزراء العراقي محمد شياع السوداني في بغداد إن الحكومة مستعدة."
    assert tag(text, "ar") is None
    try:
        use_research_weights(True)
        found = tag(text, "ar")
    finally:
        use_research_weights(False)
    assert found
    assert {name.kind for name in found} >= {"person", "place"}


def test_rules_add_to_what_was_learned_from_other_languages() -> None:
    text = "El ministro Joaquín Almunia visitó Badajoz y la Universidad de Extremadura."
    places = find_places(text, "es")
    people, organisations = find_people(text, "es", places=places)
    assert [(person.name, person.role) for person in people] == [("Joaquín Almunia", "ministro")]
    assert (places[0].name, places[0].method) == ("Badajoz", "tagger")
    assert [organisation.name for organisation in organisations] == ["Universidad de Extremadura"]
    found = taggers.tagger("es")
    assert found is not None
    assert found.header["learned_from"] == ["de", "en", "pt"]
    assert "organisation" in found.rules


def test_nothing_is_found_in_nothing() -> None:
    assert tag("", "ja") == ()
    assert tag(" \n ", "hi") == ()
