import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.html import document_fromstring

from transforms.extraction.authors import find_authors, split_names
from transforms.extraction.structured import read_structured


@pytest.mark.parametrize(
    ("byline", "people", "organisations"),
    [
        ("By Jane Doe and John Smith", ["Jane Doe", "John Smith"], []),
        ("By Jane Doe, John Smith, and Mary Major, CNN", ["Jane Doe", "John Smith", "Mary Major"], ["CNN"]),
        ("Jane Doe, Political Editor", ["Jane Doe"], []),
        ("Jane Doe (Reuters)", ["Jane Doe"], []),
        ("Reuters", [], ["Reuters"]),
        ("The Associated Press", [], ["The Associated Press"]),
        ("Staff", [], []),
        ("Die Redaktion", [], []),
        ("Von Jörg Müller und Anna Groß, dpa", ["Jörg Müller", "Anna Groß"], ["dpa"]),
        ("Par Marie Dupont et Jean Martin", ["Marie Dupont", "Jean Martin"], []),
        ("Por José García y Ana López", ["José García", "Ana López"], []),
        ("di Paolo Rossi e Anna Bianchi", ["Paolo Rossi", "Anna Bianchi"], []),
        ("Иван Петров и Анна Смирнова", ["Иван Петров", "Анна Смирнова"], []),
        ("بقلم: أحمد محمود", ["أحمد محمود"], []),
        ("كتب محمد علي", ["محمد علي"], []),
        ("أحمد سالم ومحمود فؤاد", ["أحمد سالم", "محمود فؤاد"], []),
        ("أحمد سالم، وليد حسن", ["أحمد سالم", "وليد حسن"], []),
        ("رويترز", [], ["رويترز"]),
        ("وكالات", [], ["وكالات"]),
        ("هيئة التحرير", [], []),
        ("記者 山田太郎", ["山田太郎"], []),
        ("山田太郎、鈴木花子", ["山田太郎", "鈴木花子"], []),
        ("BBC News", [], ["BBC News"]),
        ("jane.doe@example.org", [], []),
        ("https://www.facebook.com/thepost", [], []),
        ("Jane Doe; jane doe", ["Jane Doe"], []),
        ("srf/hosb;kesm", ["srf/hosb", "kesm"], []),
        ("dpa/tmn", ["tmn"], ["dpa"]),
        ("Max Müller/dpa", ["Max Müller"], ["dpa"]),
        ("Jane Doe/John Roe", ["Jane Doe", "John Roe"], []),
        ("Quelle: sid/dpa", [], ["sid", "dpa"]),
        ("来源：新华社", [], ["新华社"]),
        ("Morning Wave (www.morningwave.example)", [], ["Morning Wave"]),
        ("BBC News, London", [], ["BBC News"]),
        ("Reuters, Thorsten Kramer", ["Thorsten Kramer"], ["Reuters"]),
        ("Minister stellt Zusammenhang her", [], []),
        ("Published January 6, 2026", [], []),
        ("Jane Doe | Updated: January 6, 2026", ["Jane Doe"], []),
        # places
        ("Jean Dupont à Marseille et Anne Petit à Lyon", ["Jean Dupont", "Anne Petit"], []),
        ("Von Karl Weber in München und Eva Klein in Bad Homburg", ["Karl Weber", "Eva Klein"], []),
        ("Иван Петров — Санкт-Петербург", ["Иван Петров"], []),
        ("دبي - خالد المنصوري", ["خالد المنصوري"], []),
        ("علی رضایی - تهران", ["علی رضایی"], []),
        ("لندن: ليلى حداد", ["ليلى حداد"], []),
        ("ليلى حداد، الرياض", ["ليلى حداد"], []),
        ("أ ف ب - باريس", [], ["أ ف ب"]),
        ("Ayşe Yılmaz / İstanbul", ["Ayşe Yılmaz"], []),
        ("New York — Jane Doe and Ben Roe", ["Jane Doe", "Ben Roe"], []),
        ("Jane Doe in Washington, D.C.", ["Jane Doe"], []),
        ("Paris Hilton, Jack London", ["Paris Hilton", "Jack London"], []),
        # suffixes and degrees
        ("Jane Doe, Jr., and John Roe, III", ["Jane Doe Jr", "John Roe III"], []),
        ("Dr. Eva Klein, MBA, and Ted Roe, M.D., Ph.D.", ["Dr. Eva Klein", "Ted Roe"], []),
        ("Jan Novák, CSc.", ["Jan Novák"], []),
        # family names first
        ("Doe, Jane; Roe, Richard", ["Jane Doe", "Richard Roe"], []),
        ("García, José", ["José García"], []),
        ("Иванов, Пётр", ["Пётр Иванов"], []),
        ("Jane, Reuters", ["Jane"], ["Reuters"]),
        # credits
        ("Reporting by Jane Doe in Paris, Writing by Ben Roe; Editing by Mary Major", ["Jane Doe", "Ben Roe"], []),
        ("Reportage de Jean Dupont, édité par Anne Petit", ["Jean Dupont"], []),
        ("Reporte de José García; Editado por Ana López", ["José García"], []),
        ("إعداد خالد المنصوري للنشرة العربية - تحرير نور حسن", ["خالد المنصوري"], []),
        ("本报记者 李明", ["李明"], []),
        ("김철수 기자", ["김철수"], []),
        # lists in one value, and none
        ("['Jane Doe', \"Sean O'Neil\"]", ["Jane Doe", "Sean O'Neil"], []),
        ('["Jane Doe","Ben Roe"]', ["Jane Doe", "Ben Roe"], []),
        ("[Jane Doe, Ben Roe]", ["Jane Doe", "Ben Roe"], []),
        ("[{'name': 'Jane Doe'}, {'name': 'Ben Roe'}]", ["Jane Doe", "Ben Roe"], []),
        ("nan", [], []),
        ("['nan']", [], []),
        ("NAN", [], ["NAN"]),  # the agency of Nigeria
        # papers
        ("Jane Doe, The Daily Planet", ["Jane Doe"], ["The Daily Planet"]),
        ("José García, El País", ["José García"], ["El País"]),
        ("Jane Doe for Example Times", ["Jane Doe"], []),
        ("Jane Doe and Gretchen Daily", ["Jane Doe", "Gretchen Daily"], []),
        ("Jane Doe <jane@example.test>", ["Jane Doe"], []),
    ],
)
def test_split_names(byline: str, people: list[str], organisations: list[str]) -> None:
    found_people, found_organisations = split_names([byline])
    assert found_people == people
    assert found_organisations == organisations


def test_the_site_is_an_organisation() -> None:
    assert split_names(["Morning Star"], site_names=frozenset({"morningstar"})) == ([], ["Morning Star"])


@given(st.lists(st.text(max_size=80), max_size=5))
def test_never_fails_and_never_repeats(values: list[str]) -> None:
    people, organisations = split_names(values)
    assert len(set(people)) == len(people)
    assert len(set(organisations)) == len(organisations)


def byline(html: str) -> tuple[tuple[str, ...], tuple[str, ...], str | None]:
    tree = document_fromstring(html)
    found = find_authors(tree, read_structured(tree))
    return found.people, found.organisations, found.source


def test_people_of_later_evidence_come_before_a_house_of_earlier() -> None:
    html = '<meta name="author" content="The Daily News"><body><p class="byline">By Jane Doe</p><p>Text</p>'
    assert byline(html) == (("Jane Doe",), (), "heading")


def test_references_in_a_graph_are_followed() -> None:
    html = """<script type="application/ld+json">{"@graph": [
        {"@type": "NewsArticle", "headline": "H", "author": {"@id": "#jane"}},
        {"@type": "Person", "@id": "#jane", "name": "Jane Doe"}]}</script><body><p>Text"""
    assert byline(html) == (("Jane Doe",), (), "json-ld")


def test_authors_of_comments_and_teasers_are_others() -> None:
    html = '<body><p>Text</p><div class="comments"><span class="author">Some Reader</span></div>'
    assert byline(html) == ((), (), None)


@pytest.mark.parametrize(
    "html",
    [
        "<ul><li><strong>Autorin/Autor</strong>\nJane Doe</li></ul>",
        "<dl><dt>Autor:</dt></dl><p><b>Auteur</b> Jane Doe</p>",
        "<div>Author: <span>Jane Doe</span></div>",
        '<p>von <a href="/autoren/name/jane-doe">Jane Doe</a></p>',
    ],
)
def test_bylines_that_are_only_labelled(html: str) -> None:
    tree = document_fromstring(f"<html><body><h1>Headline</h1>{html}</body></html>")
    assert find_authors(tree, read_structured(tree)).people == ("Jane Doe",)


@pytest.mark.parametrize(
    ("person", "name"),
    [
        ('"givenName": "Lena", "familyName": "Brandt"', "Lena Brandt"),
        ('"givenName": "Lena", "additionalName": "M.", "familyName": "Brandt"', "Lena M. Brandt"),
        ('"givenName": "明", "familyName": "李"', "李明"),
        ('"familyName": "Обручева"', "Обручева"),
    ],
)
def test_names_stated_in_parts(person: str, name: str) -> None:
    html = f"""<script type="application/ld+json">{{"@type": "NewsArticle", "headline": "H",
        "author": {{"@type": "Person", {person}, "url": "https://example.test/p"}}}}</script><body><p>Text"""
    assert byline(html)[0] == (name,)


def test_elements_of_a_byline_say_different_things() -> None:
    html = '<body><div class="byline"><span>Jane Doe</span><span>Herald Staff</span><span>Sponsored By</span></div>'
    assert byline(html)[:2] == (("Jane Doe",), ("Herald Staff",))
    html = '<body><div class="byline"><span>Jane</span> <span>Doe</span></div>'
    assert byline(html)[0] == ("Jane Doe",)
