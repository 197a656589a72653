"""CLDR's locales as they are, whatever was read before."""

from babel import localedata


def read_anew() -> None:
    """Forget the locales that were read, before something is compiled of one.

    Babel keeps what a locale's aliases stand for in data that all locales share, so that one which lacks names of its
    own has those of the language that was asked before it.
    """
    localedata._cache.clear()
