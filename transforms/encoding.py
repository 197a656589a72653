"""Bytes to text: one order of evidence, and repair of what is damaged instead of a page of garbage."""

from dataclasses import dataclass

from resiliparse.parse.encoding import detect_encoding

from schemas.reasons import Reason, Stage
from transforms.errors import Rejected


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, the encoding its bytes were read in, and how many damaged places were replaced by U+FFFD."""

    text: str
    encoding: str
    repaired: int


def to_text(data: bytes, *, content_type: str | None = None, encoding: str | None = None, html: bool = True) -> Decoded:
    """Return `data` decoded.

    Raises:
        Rejected: `undecodable`, when the bytes are no text.
    """
    if data.startswith((b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"PK\x03\x04")):
        raise Rejected(Stage.EXTRACT, Reason.UNDECODABLE, "the body is binary")
    try:
        return Decoded(data.decode("utf-8-sig"), "utf-8", 0)
    except UnicodeDecodeError:
        name = detect_encoding(data)
    text = data.decode(name, "replace")
    return Decoded(text, name, text.count("\ufffd"))
