"""Whether the verb beside a day says that it is still to come: ``will meet on Friday``, ``am Freitag wird``."""

import re
from collections.abc import Iterable
from typing import Final

from transforms.dates.relative import RelativeWords
from transforms.text.tokens import Token, Tokens, keys

_BEFORE: Final = 10
"""Words before a day in which its verb may stand."""
_AFTER: Final = 6
"""Words after a day that begins its sentence."""
_ENDS: Final = frozenset({".", "!", "?", "؟", "\n", ";"})
_OPENS_CLAUSE: Final = keys(
    "that who which whom and or but as after before if when to que qui quien quienes cuando quando y pero et ou mais "
    "che cui ma : “ „ « »"
)
"""What may bring another verb than that of the day which begins the sentence."""
_VERB_SECOND: Final = frozenset({"de", "nl", "sv", "da", "nb"})
"""Languages whose verb follows the day that begins the clause."""
_OPENING: Final = keys("on am an op på il el o a le en na no")
"""What may stand before the day that begins a sentence."""
_FUTURE_ENDING: Final[dict[str, re.Pattern[str]]] = {
    "es": re.compile(r"^(?!teherán$)(?:\w{3,}[aei]rán?|\w{2,}drán?|habrán?|(?:se|da|ha|di|ve)rán?|irá)$"),
    "pt": re.compile(r"^(?!ceará$)(?:\w{2,}[aei]r(?:á|ão)|(?:se|te|da|fa|di|vi)r(?:á|ão)|irá)$"),
    "it": re.compile(r"\w{2}(?:rà|ranno)$"),
    "fr": re.compile(
        r"^(?!(?:extra|ultra|sierra|terra|opera|affront)$)"
        r"(?:\w{2,}(?:dra|tra|vra|era|ira|rra)|\w{2,}ront|sera|aura|ira|fera)$"
    ),
}
"""Verbs in the future tense."""
_PAST_ENDING: Final = {
    "es": re.compile(r"\w{2}(?:ó|aron|ieron)$"),
    "pt": re.compile(r"\w{2}(?:ou|aram|eram|iram)$"),
}
_PARTICIPLE: Final = re.compile(r"\w{3}ed$")
"""In English the past too, where no ``will be`` stands before."""


def is_coming(tokens: Tokens, index: int, language: str, words: RelativeWords) -> bool:
    """Tell whether the verb nearest before the day at token `index` says that something will be.

    In ``"We will win", he said on Friday`` the nearer verb is past.
    """
    return _first_is_future(reversed(tokens[max(0, index - _BEFORE) : index]), language, words)


def opens_future(tokens: Tokens, index: int, after: int, language: str, words: RelativeWords) -> bool:
    """Tell whether the day at tokens ``[index, after)`` opens a clause whose verb says that something will be."""
    if language in _VERB_SECOND:
        return after < len(tokens) and tokens[after].key in words.coming
    start = index
    while start > 0 and index - start < 2 and tokens[start - 1].key in _OPENING:
        start -= 1
    if start > 0 and tokens[start - 1].key not in _ENDS:
        return False
    following = tokens[after : after + _AFTER]
    clause = next((at for at, token in enumerate(following) if token.key in _OPENS_CLAUSE), len(following))
    if language == "en" and (past := [at for at, token in enumerate(following) if _PARTICIPLE.search(token.key)]):
        clause = min(clause, past[0])
    return _first_is_future(following[:clause], language, words)


def _first_is_future(tokens: Iterable[Token], language: str, words: RelativeWords) -> bool:
    """Tell whether a word of the future comes first among `tokens`, before any of the past and within the sentence."""
    future, past = _FUTURE_ENDING.get(language), _PAST_ENDING.get(language)
    if not words.coming and future is None:
        return False
    for token in tokens:
        key = token.key
        if key in _ENDS or key in words.gone or (past is not None and past.search(key)):
            return False
        if key in words.coming or (future is not None and future.search(key)):
            return True
    return False
