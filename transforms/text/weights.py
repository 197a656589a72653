"""The numbers of a model in one file, mapped into memory: a JSON header, then plain arrays.

The file begins with `MAGIC` and the length of the header; the header says what each array is and where it lies.
"""

import json
import mmap
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MAGIC: Final = b"khabar names 1\n\0"
_ALIGNED: Final = 16


@dataclass(frozen=True, slots=True)
class Weights:
    """What the header says (language, labels, thresholds, sources) and the arrays by name."""

    header: dict[str, Any]
    arrays: dict[str, NDArray[Any]]


def save(path: Path, weights: Weights) -> None:
    """Write `weights` to `path`; the same weights give the same bytes."""
    listed, at = {}, 0
    for name, array in weights.arrays.items():
        listed[name] = {"dtype": array.dtype.str, "shape": list(array.shape), "at": at}
        at += -(-array.nbytes // _ALIGNED) * _ALIGNED
    header = json.dumps({**weights.header, "arrays": listed}, ensure_ascii=False, sort_keys=True).encode()
    header += b" " * (-(len(MAGIC) + 16 + len(header)) % _ALIGNED)
    with path.open("wb") as file:
        file.write(MAGIC + len(header).to_bytes(16, "little") + header)
        for array in weights.arrays.values():
            file.write(array.tobytes())
            file.write(b"\0" * (-array.nbytes % _ALIGNED))


def load(path: Path) -> Weights:
    """Return the weights in `path`; pages are read when they are first used.

    Raises:
        ValueError: the file is no such file, or of another version.
    """
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    if mapped[: len(MAGIC)] != MAGIC:
        raise ValueError(f"{path} holds no weights of this version")
    begin = len(MAGIC) + 16
    length = int.from_bytes(mapped[len(MAGIC) : begin], "little")
    header = json.loads(mapped[begin : begin + length])
    arrays = {}
    for name, entry in header.pop("arrays").items():
        shape = tuple(entry["shape"])
        flat = np.frombuffer(
            mapped, dtype=entry["dtype"], count=int(np.prod(shape)), offset=begin + length + entry["at"]
        )
        arrays[name] = flat.reshape(shape)
    return Weights(header, arrays)
