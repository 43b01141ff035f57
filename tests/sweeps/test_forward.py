"""Many answers, a piece at a time."""

import numpy as np
import pytest

from nlpfeat.study.forward import batched


@pytest.mark.parametrize("count", [1, 3, 4, 5, 8, 11])
def test_each_is_answered_once_and_all_pieces_are_of_one_size(count):
    sizes = []

    def ask(index):
        sizes.append(len(index))
        assert index.max() < count
        return {"square": index**2, "both": np.stack([index, -index], axis=1)}

    given = batched(ask, count, 4)
    np.testing.assert_array_equal(given["square"], np.arange(count) ** 2)
    np.testing.assert_array_equal(given["both"], np.stack([np.arange(count), -np.arange(count)], axis=1))
    assert set(sizes) == {4}
    assert len(sizes) == -(-count // 4)
