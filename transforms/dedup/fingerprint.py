"""Fingerprints of texts: what the article index needs to find and to measure likeness without the texts themselves.

A text is folded (`transforms.text.folding.fold`) and read as tokens: words, or single characters where a script is
written without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese, Tibetan, Javanese). Runs of five tokens are its
shingles. Their hashes are kept, to verify likeness exactly; a MinHash signature (rensa) of them is cut into bands, and
texts that agree in one band are candidates for that verification.
"""

import hashlib
import re
import unicodedata
from functools import cache
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
import rensa

from transforms.text.folding import fold

SHINGLE_TOKENS: Final = 5
BANDS: Final = 12
ROWS: Final = 3
MIN_TOKENS: Final = 25
"""Shorter texts have no bands: they are the same as another only when their folded texts are equal."""
MAX_SHINGLES: Final = 4096
"""Longer texts keep the smallest hashes, a uniform sample that two texts share (bottom-k)."""
MAX_PARAGRAPHS: Final = 64
"""Of longer texts the first and the last half of these; what recurs in a source stands at the ends."""
SCHEME: Final = f"w{SHINGLE_TOKENS}-rminhash{rensa.RMinHash.ALGORITHM_VERSION}-{BANDS}x{ROWS}"
"""Names how fingerprints are made. Bands and shingles of different schemes cannot be compared."""

_SEED: Final = 0x4B48  # any constant: part of the scheme
_MULTIPLIER: Final = 0x9E3779B97F4A7C15
_MIN_PARAGRAPH_TOKENS: Final = 4

Hashes = npt.NDArray[np.uint32]


class Fingerprint(msgspec.Struct, frozen=True, kw_only=True):
    """What identifies a text, up to folding."""

    scheme: str
    text_hash: str
    """SHA-256 of the folded text, hex; empty when nothing is left of it: such a text equals no other."""
    tokens: int
    bands: tuple[int, ...]
    """A signed 64-bit key for each band; empty when the text is too short for anything but equality."""
    shingles: bytes
    """Hashes of the distinct shingles, sorted, as little-endian unsigned 32-bit integers."""
    paragraphs: tuple[int, ...]
    """Signed 64-bit hashes of the folded paragraphs, those of a few words left out."""
    paragraph_shingles: tuple[bytes, ...]
    """Hashes of the shingles that begin in each of `paragraphs`, laid out like `shingles`."""


def fingerprint(text: str) -> Fingerprint:
    """Return the fingerprint of `text`, in time linear to its length."""
    folded = [f for paragraph in text.split("\n") if (f := fold(paragraph))]
    if not folded:
        return Fingerprint(
            scheme=SCHEME, text_hash="", tokens=0, bands=(), shingles=b"", paragraphs=(), paragraph_shingles=()
        )
    whole = " ".join(folded)
    by_paragraph = [tokens_of(paragraph) for paragraph in folded]
    hashes = _shingle_hashes([token for tokens in by_paragraph for token in tokens])
    long_enough = [i for i, tokens in enumerate(by_paragraph) if len(tokens) >= _MIN_PARAGRAPH_TOKENS]
    if len(long_enough) > MAX_PARAGRAPHS:
        long_enough = long_enough[: MAX_PARAGRAPHS // 2] + long_enough[-MAX_PARAGRAPHS // 2 :]
    starts = np.cumsum([0] + [len(tokens) for tokens in by_paragraph])
    narrow = (hashes >> np.uint64(32)).astype("<u4")
    count = int(starts[-1])
    return Fingerprint(
        scheme=SCHEME,
        text_hash=hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest(),
        tokens=count,
        bands=_bands(hashes) if count >= MIN_TOKENS else (),
        shingles=_sorted_set(narrow),
        paragraphs=tuple(_key(folded[i].encode("utf-8", "surrogatepass")) for i in long_enough),
        paragraph_shingles=tuple(_sorted_set(narrow[starts[i] : starts[i + 1]]) for i in long_enough),
    )


# Scripts whose words are not separated: Thai to Burmese, Khmer, Tai, kana and Han, Javanese.
_UNSPACED: Final = (
    "\u0e00-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u3040-\u9fff\ua980-\ua9df\uf900-\ufaff"
    "\U0001b000-\U0001b16f\U00020000-\U0003fffd"
)
_FIRST_UNSPACED: Final = re.compile(f"[{_UNSPACED}]")


@cache
def _token_pattern() -> re.Pattern[str]:
    characters = map(
        chr, [*range(0x0E00, 0x10A0), *range(0x1780, 0x1AB0), *range(0x3000, 0x3100), *range(0xA980, 0xA9E0)]
    )
    marks = "".join(c for c in characters if unicodedata.category(c)[0] == "M")
    return re.compile(f"[{_UNSPACED}][{marks}]*|[^ {_UNSPACED}]+")


def tokens_of(folded: str) -> list[str]:
    """Return the tokens of folded text: its words, or its characters where words are not separated."""
    if folded.isascii() or not _FIRST_UNSPACED.search(folded):
        return folded.split()
    return _token_pattern().findall(folded)


def jaccard(a: Hashes, b: Hashes) -> float:
    """Return the share of common hashes in the union of two sorted sets, in [0, 1]; 0 when one is empty."""
    common, of_a, of_b = overlap(a, b)
    return common / (of_a + of_b - common) if common else 0.0


def overlap(a: Hashes, b: Hashes) -> tuple[int, int, int]:
    """Return how many hashes are common, and how many of `a` and of `b` that is to be compared with.

    Where a set is only the sample of a long text, both are cut to the range of hashes that both cover.
    """
    if len(a) >= MAX_SHINGLES or len(b) >= MAX_SHINGLES:
        reach = min(s[-1] for s in (a, b) if len(s) >= MAX_SHINGLES)
        a = a[: np.searchsorted(a, reach, side="right")]
        b = b[: np.searchsorted(b, reach, side="right")]
    return len(np.intersect1d(a, b, assume_unique=True)), len(a), len(b)


def unpack(shingles: bytes) -> Hashes:
    """Return packed shingle hashes as a sorted array."""
    return np.frombuffer(shingles, dtype="<u4")


def _shingle_hashes(tokens: list[str]) -> npt.NDArray[np.uint64]:
    """Return a 64-bit hash of each run of `SHINGLE_TOKENS` tokens; of all of them when there are fewer."""
    hashed = np.array(rensa.RMinHash.hash_token_sets([tokens])[0], dtype=np.uint64)
    size = min(SHINGLE_TOKENS, len(hashed))
    combined = np.zeros(len(hashed) - size + 1, dtype=np.uint64)
    for offset in range(size):
        combined = combined * np.uint64(_MULTIPLIER) + hashed[offset : offset + len(combined)]
    # Finalise as SplitMix64 does: every bit of the words shall reach every bit of the hash.
    combined = (combined ^ (combined >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    combined = (combined ^ (combined >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: npt.NDArray[np.uint64] = combined ^ (combined >> np.uint64(31))
    return mixed


def _sorted_set(hashes: Hashes) -> bytes:
    return distinct(hashes)[:MAX_SHINGLES].astype("<u4").tobytes()


def distinct(numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the distinct of `numbers` in order, as `np.unique`: without masked arrays, which take long to import."""
    ordered = np.sort(numbers)
    first = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]


def _bands(hashes: npt.NDArray[np.uint64]) -> tuple[int, ...]:
    ends = np.array([0, len(hashes)], dtype=np.uint64)
    matrix: Any = rensa.RMinHash.digest_matrix_from_flat_token_hashes(hashes, ends, BANDS * ROWS, _SEED)
    signature = matrix.to_rows()[0]
    return tuple(_key(b"%d:%d,%d,%d" % (band, *signature[band * ROWS : (band + 1) * ROWS])) for band in range(BANDS))


def _key(data: bytes) -> int:
    """Return a signed 64-bit integer, the kind that databases store, for `data`."""
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big", signed=True)
