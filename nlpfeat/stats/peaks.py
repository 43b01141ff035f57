"""The peak of a curve of errors against width: double descent."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float


class Peak(NamedTuple):
    """The interior point of a curve that is highest above the lowest points on both sides.

    Attributes:
      place: its index.
      rise: by how much it exceeds the lowest error before it.
      fall: by how much it exceeds the lowest error after it.
    """

    place: int
    rise: float
    fall: float

    @property
    def prominence(self) -> float:
        """The smaller of rise and fall: at most 0 where the curve has no interior peak."""
        return min(self.rise, self.fall)


def find_peak(errors: Float[np.ndarray, " widths"]) -> Peak:
    """The most prominent interior peak of a curve; of equal ones the first.

    Args:
      errors: at rising widths, at least three; NaN, of a width without a member, is no peak and no valley.

    Raises:
      ValueError: for fewer than three errors.
    """
    known = np.flatnonzero(~np.isnan(errors))
    if len(known) < 3:
        raise ValueError("a peak needs at least three widths")
    values = errors[known]
    before = np.minimum.accumulate(values)[:-2]
    after = np.minimum.accumulate(values[::-1])[::-1][2:]
    rise, fall = values[1:-1] - before, values[1:-1] - after
    place = int(np.argmax(np.minimum(rise, fall)))
    return Peak(int(known[place + 1]), float(rise[place]), float(fall[place]))


def resolution(error: float, examples: int) -> float:
    """The difference of two errors, each a share of as many independent examples, that chance exceeds in 2.5 % of cases."""
    return 1.96 * float(np.sqrt(2 * error * (1 - error) / examples))
