"""Compile the tables of languages before a text waits for them: ``python -m transforms.compile [LANGUAGE …]``.

Without a language, those of all that are told apart, beside what all share. They go into the user's cache; with
``--packaged`` into the package, for images. A table that is there is left as it is.
"""

import argparse
import os
from collections.abc import Sequence

from transforms.dates import names
from transforms.dates.parsing import find_dates
from transforms.entities.gazetteer import gazetteer
from transforms.entities.keywords import find_keywords
from transforms.entities.people import find_people
from transforms.entities.places import find_places
from transforms.numbers.figures import find_figures
from transforms.text import language as detection
from transforms.text.compiled import PACKAGED
from transforms.text.wordlists import zipf


def compile_tables(languages: Sequence[str] = detection.LANGUAGES) -> None:
    """Compile the tables of `languages`, and those that all share."""
    detection.warm_up()
    names.warm_up()
    for language in languages:  # what each looks for makes it open what it needs
        zipf(language)
        gazetteer(language)
        find_dates("", language, None)
        find_figures("", language)
        find_keywords("word", None, language, names=(), skipped=())
        find_places("Paris", language)
        find_people("word", language, places=())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m transforms.compile", description=__doc__)
    parser.add_argument("languages", nargs="*", metavar="LANGUAGE", default=detection.LANGUAGES)
    parser.add_argument("--packaged", action="store_true", help="put them into the package")
    options = parser.parse_args()
    if options.packaged:
        os.environ["KHABAR_CACHE"] = str(PACKAGED)
    compile_tables(options.languages)


if __name__ == "__main__":
    main()
