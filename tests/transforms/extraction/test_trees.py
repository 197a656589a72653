import numpy as np

from transforms.extraction.trees import Trees


def test_trees_add_up() -> None:
    # One tree asks for column 0, the other is a leaf.
    trees = Trees(
        feature=np.array([0, 0, 0, 0], dtype=np.int16),
        threshold=np.array([1.5, 0, 0, 0], dtype=np.float32),
        left=np.array([1, 1, 2, 3], dtype=np.int16),
        right=np.array([2, 1, 2, 3], dtype=np.int16),
        value=np.array([0, -2, 2, 1], dtype=np.float32),
        roots=np.array([0, 3], dtype=np.int16),
        depth=1,
    )
    rows = np.array([[1.5, 9.0], [1.6, 9.0]], dtype=np.float32)
    expected = 1 / (1 + np.exp(-np.array([-1.0, 3.0])))
    assert np.allclose(trees.probabilities(rows), expected)
    assert len(trees.probabilities(np.zeros((0, 2), dtype=np.float32))) == 0
    many = np.repeat(rows, 1000, axis=0)
    assert np.allclose(trees.probabilities(many), np.repeat(expected, 1000))
