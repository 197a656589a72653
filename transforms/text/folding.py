"""Script-aware folding: what two writings of the same text have in common.

Folded text is for comparing and looking up only, never for output. Folding applies NFKC and case folding, removes what
writers add or leave out at will (Arabic and Hebrew vowel marks, tatweel, bidi and zero-width marks, Greek accents),
unifies letters that are written for one another (alef, yeh, teh marbuta, kaf and heh forms; Cyrillic ё; Turkish
dotless ı), turns the digits of all scripts into ASCII, and makes every mark that is no letter or digit a space.
"""

import unicodedata
from dataclasses import dataclass
from typing import Final

from schemas.records import Span

_UNIFIED: Final = {
    **dict.fromkeys("أإآٱٲٳٵ", "ا"),
    **dict.fromkeys("ىیېےۍ", "ي"),
    **dict.fromkeys("ةۃەہھۀۂۿ", "ه"),
    **dict.fromkeys("کڪګ", "ك"),
    "ё": "е",
    "ı": "i",
    "İ": "i",
    "ʼ": " ",  # modifier apostrophe, written for ’
    "ـ": "",  # tatweel
}
# Arabic and Hebrew vowel and cantillation marks; marks of Indic scripts and Thai are letters of their words and stay.
_OPTIONAL_MARKS: Final = (
    (0x0591, 0x05C7),
    (0x0610, 0x061A),
    (0x064B, 0x065F),
    (0x0670, 0x0670),
    (0x06D6, 0x06ED),
    (0x08D3, 0x08FF),
    (0xFE00, 0xFE0F),
)


def _fold_character(character: str) -> str:
    if character in _UNIFIED:
        return _UNIFIED[character]
    normal = unicodedata.normalize("NFKC", character)
    if normal != character:
        return "".join(_fold_character(c) for c in normal) if character not in normal else character
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.digit(character))
    if category in {"Cf", "Cs", "Co", "Cn"}:
        return ""
    if category[0] in "PSZC":
        return " "
    if category == "Mn" and any(low <= ord(character) <= high for low, high in _OPTIONAL_MARKS):
        return ""
    folded = character.casefold()
    if folded != character:
        return "".join(_fold_character(c) if c != character else c for c in folded)
    if "GREEK" in unicodedata.name(character, ""):
        return unicodedata.normalize("NFD", character)[0]
    return character


class _Table(dict[int, str]):
    """Code point to folded string, filled as code points are met, in the form that `str.translate` reads."""

    def __missing__(self, code_point: int) -> str:
        folded = self[code_point] = _fold_character(chr(code_point))
        return folded


_TABLE: Final = _Table()


def fold(text: str) -> str:
    """Return `text` folded, its words separated by single spaces; empty when it has no letter and no digit."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(_TABLE).split())


@dataclass(frozen=True, slots=True)
class Folded:
    """Folded text of which every character knows where it comes from.

    Unlike the result of `fold`, runs of spaces stay, so that positions stay close to the original's.
    """

    text: str
    offsets: tuple[int, ...] | None
    """Original position of each folded character; None when the positions are the same."""
    original_length: int

    def span(self, start: int, end: int) -> Span:
        """Return the span in the original text of folded ``[start, end)``, with marks that follow its last letter."""
        if self.offsets is None:
            return start, end
        if start == end:
            at = self.offsets[start] if start < len(self.offsets) else self.original_length
            return at, at
        last = self.offsets[end - 1]
        following = next((o for o in self.offsets[end:] if o > last), self.original_length)
        return self.offsets[start], following


def fold_aligned(text: str) -> Folded:
    """Return `text`, which must be in NFC, folded with the original position of every character."""
    if all(len(_TABLE[c]) == 1 for c in set(map(ord, text))):
        return Folded(text.translate(_TABLE), None, len(text))
    pieces: list[str] = []
    offsets: list[int] = []
    for position, character in enumerate(text):
        folded = _TABLE[ord(character)]
        pieces.append(folded)
        offsets.extend([position] * len(folded))
    return Folded("".join(pieces), tuple(offsets), len(text))
