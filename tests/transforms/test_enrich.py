from schemas.records import FileProvenance
from transforms.decode import RawArticle
from transforms.enrich import enrich
from transforms.extract import extract
from transforms.text.tokens import EXAMINED

NOWHERE = FileProvenance(path="", record=0, content_sha256="", pipeline_version="")


def test_the_lists_of_one_article_agree() -> None:
    text = (
        "O primeiro-ministro de Portugal, Luís Montenegro, anunciou na quarta-feira um apoio de 200 milhões de euros. "
        '"Ninguém ficará para trás", disse Montenegro em Coimbra.'
    )
    article = enrich(
        extract(
            RawArticle(
                body=text, kind="text", title="Apoio às vítimas", language="pt", published_at="2026-03-12T00:00:00Z"
            )
        ),
        NOWHERE,
    )
    assert [(person.name, person.count) for person in article.people] == [("Luís Montenegro", 2)]
    assert [place.name for place in article.places] == ["Portugal", "Coimbra"]
    assert [quote.speaker for quote in article.quotes] == ["Luís Montenegro"]
    assert "Luís Montenegro" in {keyword.text for keyword in article.keywords}
    assert "quarta-feira" not in {keyword.text for keyword in article.keywords}


def test_what_is_looked_for_in_a_long_text_is_bounded_but_the_text_is_whole() -> None:
    text = "Joe Biden went to Paris. " + "word " * (EXAMINED // 5) + "Keir Starmer paid 5 million euros."
    article = enrich(extract(RawArticle(body=text, kind="text", language="en")), NOWHERE)
    assert [person.name for person in article.people] == ["Joe Biden"]
    assert article.figures == ()
    assert article.char_count == len(article.text) >= len(text) - 1
