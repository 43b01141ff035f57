"""Sparse parity: the class of n bits is the parity of k of them, and all others are noise.

Source: Barak et al. 2022, "Hidden progress in deep learning: SGD learns parities near the computational limit". The k bits are the first
ones: networks that start at random know no order of their inputs.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, PyTree

from nlpfeat.config.fields import Count
from nlpfeat.data.core import Dataset, Splits
from nlpfeat.data.images.labelled import LabelledSet, SplitSizes, labelled_dataset, row_splits


@dataclass(frozen=True)
class ParitySpec(SplitSizes):
    """Sizes of the table that all members share.

    Attributes:
      bits: n, of an example.
      relevant: k, whose parity is the class.
      train, validation, test: examples.
    """

    train: Count = 65_536
    validation: Count = 2048
    test: Count = 8192
    bits: Count = 30
    relevant: Count = 4

    def __post_init__(self) -> None:
        if self.relevant > self.bits:
            raise ValueError(
                f"relevant: {self.relevant} of {self.bits} bits cannot count; at most {self.bits}"
            )


def load(spec: ParitySpec) -> Dataset:
    """Bits −1 and 1, float32 (examples, bits), and their classes."""
    examples = spec.train + spec.validation + spec.test
    bits = 2 * np.random.default_rng(0).integers(2, size=(examples, spec.bits), dtype=np.int8) - 1
    return labelled_dataset(
        bits.astype(np.float32), parity(bits, np.arange(spec.relevant)), spec, (spec.bits,), ("even", "odd")
    )


def parity(bits: Int[np.ndarray, "n bits"], relevant: Int[np.ndarray, " k"]) -> Int[np.ndarray, " n"]:
    """Class 1 where the product of the bits at `relevant` is −1, else 0."""
    return (bits[:, relevant].prod(1) < 0).astype(np.int32)


def make_splits(metadata: LabelledSet, settings: PyTree) -> Splits:
    """The splits, the same for all members."""
    return row_splits(metadata.labels)
