"""The model that tells an article's blocks from the rest of a page.

Two linear models read names (class, id and tag, at four levels) and the wording of short blocks; what they say is part
of a hundred features (`transforms.extraction.features`), from which small boosted trees give each block's probability
of being text. `python -m benchmarks.train_body` makes the weights; `docs/decisions/body-model.md` is the model card.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import numpy as np
import stopwordsiso

from transforms.extraction.blocks import Blocks
from transforms.extraction.features import NameScores, features, own_columns
from transforms.extraction.tokens import Weights, name_tokens, word_tokens
from transforms.extraction.trees import Floats, Trees

Model = TypeVar("Model")
LEVELS: Final = 4
_FILE: Final = "body_model.npz"
_STOP_LENGTH: Final = 5
_KEPT: Final = 20_000
"""Elements' names of which it is remembered what they say."""


class Wording:
    """The linear models: tokens, as CRC-32, to what they say.

    Weights are multiples of a power of two, so that their sums do not depend on the order of the tokens.
    """

    def __init__(self, names: Mapping[int, NameScores], words: Mapping[int, float]) -> None:
        self.names = names
        self.words = words
        self._names_seen: dict[tuple[str, str], NameScores] = {}
        self._rows: Weights[NameScores | None] = Weights(names, None)
        self._words: Weights[float] = Weights(words, 0.0)

    def name_scores(self, tag: str, names: str) -> NameScores:
        """Return what an element's tag and names say of a block: as a part of its line, and one to three levels up."""
        key = (tag, names)
        found = self._names_seen.get(key)
        if found is None:
            rows = [row for token in name_tokens(tag, names) if (row := self._rows[token])]
            found = cast(NameScores, tuple(map(sum, zip(*rows, strict=True)))) if rows else (0.0,) * LEVELS
            if len(self._names_seen) >= _KEPT:
                self._names_seen.clear()
            self._names_seen[key] = found
        return found

    def word_score(self, text: str) -> float:
        """Return what the words of a short block say."""
        return sum(map(self._words.__getitem__, word_tokens(text)))


@dataclass(frozen=True, slots=True)
class BlockModel:
    """The weights of the linear models and the trees."""

    wording: Wording
    trees: Trees

    def probabilities(self, blocks: Blocks, *, titles: Sequence[str], summary: str | None) -> Floats:
        """Return for each block the probability that it is text of the article."""
        columns = own_columns(blocks, titles=titles, summary=summary, stop_words=stop_words())
        return self.trees.probabilities(features(blocks, columns, self.wording.name_scores, self.wording.word_score))


@cache
def stop_words() -> frozenset[str]:
    """Return the short function words of all languages together."""
    listed = (word for language in stopwordsiso.langs() for word in stopwordsiso.stopwords(language))
    return frozenset(word for word in listed if len(word) <= _STOP_LENGTH and word.isalpha())


_path: Path | None = None
_loaders: list[Any] = []


def loaded_once(load: Callable[[], Model]) -> Callable[[], Model]:
    """Return a function that reads a part of the weights once in a process, and again after `use_weights`."""
    loader = cache(load)
    _loaders.append(loader)
    return loader


def use_weights(path: Path | None) -> None:
    """Use the weights in `path` instead of the shipped ones, in this process: for judging a model by folds."""
    global _path
    _path = path
    for loader in _loaders:
        loader.cache_clear()


@loaded_once
def weights() -> dict[str, Any]:
    """Return the arrays of the model."""
    with _path.open("rb") if _path else (resources.files("transforms") / "data" / _FILE).open("rb") as file:
        return dict(np.load(file, allow_pickle=False))


@loaded_once
def block_model() -> BlockModel:
    """Return the model, read once in a process."""
    arrays = weights()
    scale = float(arrays["scale"])
    names = map(tuple, (arrays["name_weights"] * scale).tolist())
    words = (arrays["word_weights"] * scale).tolist()
    return BlockModel(
        Wording(
            names=dict(zip(arrays["name_tokens"].tolist(), names, strict=True)),
            words=dict(zip(arrays["word_tokens"].tolist(), words, strict=True)),
        ),
        Trees.read(arrays, "body"),
    )
