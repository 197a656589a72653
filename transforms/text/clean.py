r"""Clean text: what an article's text looks like whatever it came from.

NFC; paragraphs separated by single ``\n``, none of them empty; single plain spaces; no control, bidi or invisible
formatting characters. Zero-width joiner and non-joiner stay: Persian, Indic scripts and emoji are spelt with them.
"""

import html
import re
import unicodedata
from typing import Final

_LINE_BREAKS: Final = "\n\r\v\f\x85\u2028\u2029"
_JOINERS: Final = "\u200c\u200d"


class _Table(dict[int, str]):
    """Code point to its clean form, filled as code points are met, in the form that `str.translate` reads."""

    def __missing__(self, code_point: int) -> str:
        character = chr(code_point)
        category = unicodedata.category(character)
        if character in _LINE_BREAKS:
            clean = "\n"
        elif category == "Zs" or character == "\t":
            clean = " "
        elif category == "Cs":
            clean = "\ufffd"
        elif category == "Cc" or (category == "Cf" and character not in _JOINERS) or _is_noncharacter(code_point):
            # Tags (flag emoji of regions) and the Arabic number sign are Cf too, but part of what is written.
            clean = character if code_point >= 0xE0000 or 0x600 <= code_point <= 0x605 or code_point == 0x6DD else ""
        else:
            clean = character
        self[code_point] = clean
        return clean


def _is_noncharacter(code_point: int) -> bool:
    return code_point & 0xFFFE == 0xFFFE or 0xFDD0 <= code_point <= 0xFDEF


_TABLE: Final = _Table()
_SPACES: Final = re.compile(r" {2,}")
_BREAKS: Final = re.compile(r" ?\n[ \n]*")


_ENDLESS: Final = re.compile(r"&#[xX]?[0-9a-fA-F]{8,};?")
_REFERENCE: Final = re.compile(r"&(?:#|[a-zA-Z]{2,31};)")


def unescape(text: str) -> str:
    """Return `text` with what its HTML references stand for; one that no character can have becomes U+FFFD."""
    return html.unescape(_ENDLESS.sub("\ufffd", text)) if _REFERENCE.search(text) else text


def clean_text(text: str) -> str:
    r"""Return `text` clean; every line break, single or several, becomes one ``\n``. Idempotent."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").translate(_TABLE))
    return _BREAKS.sub("\n", _SPACES.sub(" ", text)).strip(" \n")


def clean_line(text: str) -> str:
    """Return `text` clean and on one line, as for a title or a name."""
    return clean_text(text).replace("\n", " ")
