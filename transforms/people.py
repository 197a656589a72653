"""People and organisations that a text names."""

from schemas.records import Organisation, Person, Place, Quote


def find_people(
    text: str, language: str | None, *, quotes: tuple[Quote, ...] = (), places: tuple[Place, ...] = ()
) -> tuple[tuple[Person, ...], tuple[Organisation, ...]]:
    """Return the people and the organisations of `text`, each sorted by its first mention."""
    return (), ()
