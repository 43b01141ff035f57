"""Settings: what may differ between members of one compiled program, and the ranges of valid values.

The type tells the two kinds of setting apart. A NamedTuple of scalars is *traced*: it may be swept at no cost
in compilation. A frozen dataclass is *static*: changing it makes another program, and another study.
"""

import math
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, runtime_checkable


@dataclass(frozen=True)
class Range:
    """Valid values of a number: low ≤ value ≤ high, or low < value where `open`."""

    low: float
    high: float = math.inf
    open: bool = False

    def complaint(self, value: float) -> str | None:
        """What is wrong with `value`, or None."""
        if not math.isfinite(value):
            return "must be finite"
        if value < self.low or (self.open and value == self.low):
            return f"must be {'more than' if self.open else 'at least'} {self.low:g}"
        return f"must be at most {self.high:g}" if value > self.high else None


Count = Annotated[int, Range(1)]
NonNegativeInt = Annotated[int, Range(0)]
Seed = Annotated[int, Range(0, 2**31 - 1)]
Positive = Annotated[float, Range(0, open=True)]
NonNegative = Annotated[float, Range(0)]
Fraction = Annotated[float, Range(0, 1)]


@runtime_checkable
class Settings(Protocol):
    """What the settings of every task have; each task's own NamedTuple adds to it.

    Its fields hold Python numbers in a config, arrays (members,) in a bucket and traced scalars in a program.
    """

    width: Any
    seed: Any
    learning_rate: Any
