"""The character n-gram model of py3langid for some languages, compiled once: unpacking it takes most of a second."""

from collections.abc import Iterable
from functools import cache
from typing import Any, Final

import numpy as np

from transforms.text.compiled import Arrays, compiled_arrays, contents, release

_SOURCES: Final = ("text/ngrams.py",)


@cache
def ngrams(languages: tuple[str, ...]) -> Any:
    """Return an identifier that ranks those of `languages` that the model knows."""
    from py3langid.langid import LanguageIdentifier

    model = compiled_arrays(
        "ngrams",
        lambda: _restricted(languages),
        f"{' '.join(languages)} {contents(*_SOURCES)} {release('py3langid')}",
    )
    # The automaton is walked byte by byte: an item of a memoryview is a plain number, one of an array is not.
    return LanguageIdentifier(
        model["weights"].T,
        model["priors"],
        model["languages"].tolist(),
        model["moves"].data,
        model["outputs"].data,
        norm_probs=True,
        tk_row=model["rows"].data,
    )


def _restricted(languages: Iterable[str]) -> Arrays:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    whole = LanguageIdentifier.from_model_file(MODEL_FILE)
    whole.set_languages(sorted(set(languages) & set(whole.labels)))
    return {
        # By language, as picking columns has laid them out: sums come out the same to the last digit.
        "weights": whole.nb_ptc.T,
        "priors": whole.nb_pc,
        "languages": np.array(whole.nb_classes),
        "moves": np.array(whole.tk_nextmove, np.uint32),
        "outputs": np.array(whole.tk_output, np.int32),
        "rows": np.array(whole.tk_row, np.uint32),
    }
