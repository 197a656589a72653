from pathlib import Path

import numpy as np
import pytest

from transforms.text.weights import Weights, load, save


def test_weights_come_back_as_they_were(tmp_path: Path) -> None:
    arrays = {
        "keys": np.array([1, 5, 4_000_000_000], np.uint32),
        "values": np.array([[0.5, -2.0], [0.25, 8.0]], np.float16),
        "none": np.zeros((0, 3), np.float16),
    }
    save(tmp_path / "xx.weights", Weights({"language": "xx", "note": "ё"}, arrays))
    found = load(tmp_path / "xx.weights")
    assert found.header == {"language": "xx", "note": "ё"}
    assert set(found.arrays) == set(arrays)
    for name, array in arrays.items():
        assert found.arrays[name].dtype == array.dtype
        assert found.arrays[name].tolist() == array.tolist()


def test_the_same_weights_are_the_same_bytes(tmp_path: Path) -> None:
    weights = Weights({"b": 1, "a": 2}, {"x": np.arange(7)})
    for name in ("one", "two"):
        save(tmp_path / name, weights)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "xx.weights").write_bytes(b"no weights, but long enough to be mapped")
    with pytest.raises(ValueError, match="no weights"):
        load(tmp_path / "xx.weights")
