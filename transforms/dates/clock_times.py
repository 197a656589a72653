"""Times of day in running text that stand for a day: ``um 17 Uhr``, ``à 17 h 30``, ``at 5 p.m.``.

A language says with its own words that a number is a time of the clock and no duration, score or price. Where the
number alone may be any of them (``17 heures``, ``8 uur``, ``2.30``) the preposition of times must stand before it.
"""

import re
from functools import cache
from typing import Final

from schemas.records import Span

_HOUR: Final = r"(?:[01]?\d|2[0-3])"
_MINUTE: Final = r"[0-5]\d"
_EXACT: Final = rf"{_HOUR}[:.]{_MINUTE}(?![\d%€$£]|[.,:]\d|\s?(?:%|€))"
"""Hour and minute, and no amount."""
_ROUND: Final = rf"{_HOUR}(?:[:.]{_MINUTE})?"
_RANGE: Final = r"\s?(?:[-–—/]|bis|und)\s?"

_DIGITS: Final = re.compile(r"\d+")
_BEFORE: Final = 24
_BEHIND: Final = 48
"""Characters around a number that belong to a time or say that it is none, at most."""

_TIMES: Final = {
    "de": rf"(?:{_ROUND}{_RANGE})?(?:{_ROUND}|24(?:[:.]00)?)\s{{0,2}}Uhr(?![\w-])",
    "en": rf"(?:(?:0?[1-9]|1[0-2])(?:[:.]{_MINUTE})?\s?(?:[ap]\.m\.|[ap]m\b|[AP]M\b|[AP]\.M\.|o['’]clock\b)"
    rf"|(?<=at ){_EXACT}\s?(?:UTC|GMT)\b)",
    "fr": rf"(?:à|dès|vers|jusqu['’]à)\s(?P<time>(?>{_HOUR}\s?(?:h\s?{_MINUTE}\b|h\b|heures?\b(?:\s{_MINUTE}\b)?)))"
    r"(?!\s?(?:d['’]|de\s(?!l['’]après|la\s(?:nuit|matinée))|par\b|/|plus\b|supplémentaires?\b|min))",
    "es": rf"(?:a|desde|hasta|sobre|hacia)\slas\s"
    rf"(?P<time>(?>{_EXACT}(?:\s?(?:h|hs|horas)\b)?|{_HOUR}\s?(?:h|hs|horas)\b"
    rf"|{_HOUR}\sde\sla\s(?:mañana|tarde|noche|madrugada)\b))(?!\s(?:de\s(?!la\b)|por\b|después|semanales))",
    "it": rf"(?:alle|dalle|verso\sle|dopo\sle|intorno\salle)\s(?P<time>(?:ore\s)?{_EXACT}|ore\s{_HOUR}(?!\d|[.,:]\d))"
    r"(?!\s(?:euro|di\s(?!sera|notte|mattina)))",
    "pt": rf"(?:às|pelas|das|até\sàs)\s(?P<time>{_HOUR}(?:h{_MINUTE}\b|h\b|\s(?:h|horas)\b|:{_MINUTE}(?![\d:])))"
    r"(?!\s(?:de\s(?!brasília)|por\b|depois|seguintes|semanais))",
    "nl": rf"(?:om|vanaf|rond|omstreeks|tegen|sinds)\s(?P<time>{_ROUND}\suur)\b(?!\s(?:per|lang|later|te|durende?)\b)",
    "sv": rf"(?:klockan|kl\.?)\s(?P<time>{_ROUND})(?![\d%]|[.,:]\d)",
    "pl": rf"(?:o|od|do|po|około)\sgodz(?:\.|inie|iny)\s(?P<time>{_ROUND})(?![\d%]|[.,:]\d)",
    "ru": rf"(?:в|с|до|около)\s(?P<time>{_HOUR}:{_MINUTE}(?![\d:])|{_HOUR}\sчас(?:а|ов)?\s(?:утра|вечера|дня|ночи)\b)",
    "uk": rf"(?:об?|з|до|близько)\s"
    rf"(?P<time>{_HOUR}:{_MINUTE}(?![\d:])|{_HOUR}\sгодин[іи]\s(?:ранку|вечора|дня|ночі)\b)",
    "tr": rf"(?<!\d\s)\bsaat\s(?P<time>{_EXACT}|{_HOUR}['’](?:de|da|te|ta)\b)",
}  # fmt: skip


@cache
def _pattern(language: str) -> re.Pattern[str] | None:
    written = _TIMES.get(language)
    if written is None:
        return None
    flags = re.IGNORECASE if "(?P<time>" in written else 0
    return re.compile(rf"(?<![\w.,:$€£%+/-]){written}", flags)


def find_clock_times(digits: str, language: str) -> list[Span]:
    """Return where `digits`, a text with ASCII digits, names times of day; a range of times is one."""
    pattern = _pattern(language)
    if pattern is None:
        return []
    named = "time" in pattern.groupindex
    return [
        match.span("time") if named else match.span()
        for start, end in _around_digits(digits)
        for match in pattern.finditer(digits, start, end)
    ]


def _around_digits(digits: str) -> list[Span]:
    """Return the parts of a text in which times may stand: most of it has no digit near."""
    found: list[Span] = []
    for match in _DIGITS.finditer(digits):
        start, end = max(0, match.start() - _BEFORE), min(len(digits), match.end() + _BEHIND)
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], end
        else:
            found.append((start, end))
    return found
