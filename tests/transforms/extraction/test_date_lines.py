"""Which dates on a page say when its text appeared, and which are of the story, a change, a teaser or a comment."""

import pytest

from transforms.decode import RawArticle
from transforms.extract import extract
from transforms.extraction.date_lines import dateline, read_line

FETCHED = "2026-03-10T09:00:00Z"
BODY = (
    "<p>Die Werft hat ihre Halle nach dem Umbau wieder geöffnet, und der Betrieb läuft seit dem Morgen ohne Störung. "
    "Anwohner hatten sich über den Lärm beschwert, den die Maschinen in der Nacht verursacht hatten.</p>"
    "<p>Der Hafenmeister sagte, dass die Fahrrinne im Sommer vertieft werde. Die Arbeiten sollen Wochen dauern, "
    "danach können auch größere Schiffe anlegen, die bislang vor der Küste warten mussten.</p>"
)


def page(inner: str, *, title: str = "Werft öffnet wieder", lang: str = "de", hint: str | None = None) -> str | None:
    html = f"<html lang='{lang}'><head><title>{title}</title></head><body><main><article><h1>{title}</h1>%s</article>"
    raw = RawArticle(
        body=html % (inner.replace("BODY", BODY)), kind="html", published_at=hint, fetched_at=FETCHED, id="1"
    )
    found = extract(raw).published
    return f"{found.value} {found.source}" if found else None


@pytest.mark.parametrize(
    ("text", "language", "published", "changed"),
    [
        ("Geüpdatet: bijgewerkt op 3 mei 2024, gepubliceerd op 1 mei 2024", "nl", "2024-05-01", "2024-05-03"),
        ("Pubblicato il 1 maggio 2024 - Aggiornato il 3 maggio 2024", "it", "2024-05-01", "2024-05-03"),
        ("Aktualizacja: 3 maja 2024 | Opublikowano: 1 maja 2024", "pl", "2024-05-01", "2024-05-03"),
        ("Оновлено 3 травня 2024. Опубліковано 1 травня 2024.", "uk", "2024-05-01", "2024-05-03"),
        ("עודכן: 3 במאי 2024, פורסם: 1 במאי 2024", "he", "2024-05-01", "2024-05-03"),
        ("अपडेट: 3 मई 2024, प्रकाशित: 1 मई 2024", "hi", "2024-05-01", "2024-05-03"),
        ("更新：2024年5月3日 发布：2024年5月1日", "zh", "2024-05-01", "2024-05-03"),
        ("수정 2024.05.03 10:00 입력 2024.05.01 09:00", "ko", "2024-05-01", "2024-05-03"),
        ("1 Mayıs 2024 tarihinde yayınlandı, 3 Mayıs 2024 tarihinde güncellendi", "tr", "2024-05-01", "2024-05-03"),
        ("Atualizado em 3 de maio de 2024. Publicado em 1 de maio de 2024.", "pt", "2024-05-01", "2024-05-03"),
        ("Modifié le 03/05/2024, mis en ligne le 01/05/2024", "fr", "2024-05-01", "2024-05-03"),
        ("1 May 2024 (updated 3 May 2024)", "en", "2024-05-01", "2024-05-03"),
        ("Updated 3 May 2024", "en", None, "2024-05-03"),
        ("By Jane Doe, 1 May 2024", "en", "2024-05-01", None),
        ("The bridge was opened on 1 May 2024.", "en", None, None),
        ("The report was published on 1 May 2024.", "en", None, None),
        ("This report was first published on 1 May 2024.", "en", "2024-05-01", None),
        ("Member since 1 May 2024", "en", None, None),
        ("Abgerufen am 1. Mai 2024", "de", None, None),
    ],
)  # fmt: skip
def test_labels(text: str, language: str, published: str | None, changed: str | None) -> None:
    line = read_line(text, language=language)
    assert (line.published and line.published.day, line.changed and line.changed.day) == (published, changed)


@pytest.mark.parametrize(
    ("text", "language", "day"),
    [
        ("LONDON, July 4, 2025 (Example Wire) - Ships waited", "en", "2025-07-04"),
        ("القاهرة 4 يوليو 2025 (وكالة المثال) - وصلت السفن", "ar", "2025-07-04"),
        ("Berlin, 4. Juli 2025 – Die Schiffe warten", "de", "2025-07-04"),
        ("MADRID, 4 de julio de 2025.- Los barcos esperan", "es", "2025-07-04"),
        ("МОСКВА, 4 июля 2025 — Суда ждут", "ru", "2025-07-04"),
        ("Karlsruhe, (04.07.2025). Die Schiffe warten", "de", "2025-07-04"),
        ("Karlsruhe, 04.07.2025. Die Schiffe warten", "de", None),
        ("On July 4, 2025 the ships waited before the coast", "en", None),
        ("The old mill, which was sold on July 4, 2025, is empty", "en", None),
    ],
)
def test_datelines(text: str, language: str, day: str | None) -> None:
    found = dateline(text, language=language)
    assert (found.day if found else None) == day


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("<p class='meta'>Stand: 9. März 2026, erschienen am 7. März 2026</p>BODY", "2026-03-07 date-line"),
        ("<div>7. März 2026</div>BODY", "2026-03-07 date-line"),
        ("BODY<p>Die Anmeldung endet am 7. März 2026.</p>", None),
        ("BODY<p>Die Mühle brannte am 4. Juli 1998 ab.</p>", None),
        ("BODY<h2>Was sich am 4. Juli 2025 ändert</h2><p>Mehr dazu gibt es bald.</p>", None),
        ("BODY<figure><img src='x.jpg'><figcaption>Die Werft, 4. Juli 2025</figcaption></figure>", None),
        ("BODY<table><tr><td>04.07.2025</td><td>12</td></tr><tr><td>05.07.2025</td><td>14</td></tr></table>", None),
        ("<div class='promo'><ul><li><time datetime='2024-05-01'>1.5.2024</time> <a href='/x'>Alte Züge fahren "
         "wieder nach Westen</a></li></ul></div><time datetime='2026-03-07'>7. März 2026</time>BODY",
         "2026-03-07 time-element"),
        ("<h3>Lesen Sie auch</h3><ul><li><time datetime='2024-05-01'>1.5.</time> <a href='/x'>Kurz</a></li></ul>"
         "<time datetime='2026-03-07'>7. März 2026</time>BODY", "2026-03-07 time-element"),
        ("<time class='x'>7. März 2026</time>BODY<div class='comment'><time datetime='2026-03-01'>x</time></div>",
         "2026-03-07 time-element"),
        ("<p class='date'>7. Juli 2026</p>BODY", None),
        ("<p class='date'>07.03.2026</p>BODY", "2026-03-07 date-line"),
    ],
)  # fmt: skip
def test_what_says_when_a_page_appeared(inner: str, expected: str | None) -> None:
    assert page(inner) == expected


def test_a_day_in_the_title_is_of_the_story() -> None:
    assert page("BODY", title="Was sich am 1. Juli 2025 für Mieter ändert") is None
    assert page("BODY", title="Ce qui change le 1er juillet 2025", lang="fr") is None


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        ("2026-03-09T07:00:00Z", "2026-03-09T07:00:00Z hint"),
        ("1970-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00", None),
        ("9999-12-31", None),
        ("2026-12-01", None),
        ("1773039600", "2026-03-09T07:00:00Z hint"),
        ("1447-09-20", "2026-03-09 hint"),
        ("1404/12/18", "2026-03-09 hint"),
    ],
)
def test_hints_are_read_for_what_they_are(hint: str, expected: str | None) -> None:
    assert page("BODY<p>Die Mühle brannte am 4. Juli 1998 ab.</p>", hint=hint) == expected


def test_a_time_after_the_crawl_keeps_its_day_where_the_day_had_begun() -> None:
    stated = "<meta property='article:published_time' content='%s'>BODY"
    assert page(stated % "2026-03-10T15:00:00Z") == "2026-03-10 meta"
    assert page(stated % "2026-03-12T15:00:00Z") is None


def test_the_order_of_day_and_month_is_the_one_that_can_be() -> None:
    assert page("<p class='date'>03/08/2026</p>BODY", lang="en") == "2026-03-08 date-line"


@pytest.mark.parametrize(
    "line", ["What changed on 14 February 2021", "Les élections auront lieu le 12 mai 2026", "قرارات يوم 4 يوليو 2025"]
)
def test_a_headline_of_plain_text_that_names_a_day_is_no_date_line(line: str) -> None:
    text = f"{line}\n\n" + "Die Werft hat ihre Halle nach dem Umbau wieder geöffnet. " * 4
    draft = extract(RawArticle(body=text, kind="text", id="1"))
    assert (draft.title, draft.published) == (line, None)
