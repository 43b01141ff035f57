"""The sets of labelled pictures, each with its spec and its loader."""

import gzip
import zlib
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
from jaxtyping import PyTree, UInt8

from nlpfeat.config.fields import Count, NonNegativeInt
from nlpfeat.config.files import expand_path
from nlpfeat.data import downloads
from nlpfeat.data.core import Dataset
from nlpfeat.data.images import mnist1d
from nlpfeat.data.images.labelled import SplitSizes, labelled_dataset
from nlpfeat.errors import UserError

DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class Mnist1dSpec(SplitSizes):
    """Those of the authors' notebook on double descent, whose 12,000 test examples are validation and test here.

    Attributes:
      train, validation, test: how many; all together decide the examples, as their generator makes them class by class.
      generator_seed: of the examples.
    """

    train: Count = 4000
    validation: Count = 2000
    test: Count = 10_000
    generator_seed: NonNegativeInt = 42


def load_mnist1d(spec: Mnist1dSpec, model: PyTree) -> Dataset:
    """MNIST-1D, generated."""
    total = spec.train + spec.validation + spec.test
    inputs, labels = mnist1d.mnist1d(-(-total // mnist1d.CLASSES) * mnist1d.CLASSES, spec.generator_seed)
    return labelled_dataset(inputs, labels, spec, (mnist1d.LENGTH,), DIGITS)


@dataclass(frozen=True)
class DigitsSpec(SplitSizes):
    """1,797 handwritten digits, 8 × 8, that scikit-learn ships.

    Attributes:
      train, validation, test: how many.
      shuffle_seed: of the order in which they are split.
    """

    train: Count = 1000
    validation: Count = 300
    test: Count = 497
    shuffle_seed: NonNegativeInt = 0


def load_digits(spec: DigitsSpec, model: PyTree) -> Dataset:
    """The digits in random order, pixels from 0 to 1. Source: Alpaydin & Kaynak 1998, UCI repository."""
    from sklearn import datasets

    inputs, labels = map(np.asarray, datasets.load_digits(return_X_y=True))
    order = np.random.default_rng([spec.shuffle_seed]).permutation(len(labels))
    return labelled_dataset(inputs[order] / 16, labels[order], spec, (8, 8), DIGITS)


@dataclass(frozen=True)
class MnistSpec(SplitSizes):
    """MNIST, or pictures in four files of its names and format, such as Fashion-MNIST; the first of each of its two parts.

    Attributes:
      path: folder of these files, compressed or not; empty for MNIST itself.
      train, validation: how many of the 60,000 training pictures, in the order of the file.
      test: how many of the 10,000 test pictures.
    """

    path: str = ""
    train: Count = 10_000
    validation: Count = 5000
    test: Count = 10_000


def load_mnist(spec: MnistSpec, model: PyTree) -> Dataset:
    """MNIST, 28 × 28, pixels from 0 to 1. Source: LeCun, Bottou, Bengio & Haffner 1998.

    Raises:
      UserError: if a file cannot be downloaded or read, or has too few pictures.
    """
    train = _pictures(spec, downloads.MNIST_TRAIN_IMAGES, downloads.MNIST_TRAIN_LABELS)
    test = _pictures(spec, downloads.MNIST_TEST_IMAGES, downloads.MNIST_TEST_LABELS)
    shape = train[0].shape[1:]
    if test[0].shape[1:] != shape:
        raise UserError(f"training pictures have {shape} pixels and test pictures {test[0].shape[1:]}")
    both = ((*train, "train and validation", spec.train + spec.validation), (*test, "test", spec.test))
    for pictures, _, split, wanted in both:
        if wanted > len(pictures):
            raise UserError(
                f"config.data asks for {wanted:,} pictures in {split}, and there are {len(pictures):,}: lower it"
            )
    pixels = np.concatenate([pictures[:wanted].reshape(wanted, -1) for pictures, _, _, wanted in both])
    labels = np.concatenate([classes[:wanted] for _, classes, _, wanted in both]).astype(np.int32)
    names = tuple(map(str, range(max(len(DIGITS) if not spec.path else 2, int(labels.max()) + 1))))
    return labelled_dataset(pixels / np.float32(255), labels, spec, shape, names)


def _pictures(
    spec: MnistSpec, images: downloads.File, labels: downloads.File
) -> tuple[UInt8[np.ndarray, "n rows columns"], UInt8[np.ndarray, " n"]]:
    """The pictures and labels of one part."""
    files = [_own_file(spec.path, file) if spec.path else downloads.fetch(file) for file in (images, labels)]
    pictures, classes = map(read_idx, files)
    fits = pictures.ndim == 3 and classes.ndim == 1 and len(pictures) == len(classes) > 0
    if not fits or pictures.dtype != np.uint8 or classes.dtype != np.uint8:
        raise UserError(
            f"{files[0]} holds an array {pictures.shape} of {pictures.dtype} and {files[1]} one {classes.shape} of "
            f"{classes.dtype}: expected pictures (n, rows, columns) and as many labels (n,), in bytes"
        )
    return pictures, classes


def _own_file(folder: str, file: downloads.File) -> Path:
    """A file of a user's folder, under its published name, compressed or not."""
    here = expand_path(folder)
    names = (file.name, file.name.removesuffix(".gz"))
    found = [here / name for name in names if (here / name).is_file()]
    if not found:
        raise UserError(
            f"{folder} has neither {names[0]} nor {names[1]}: name a folder of files in MNIST's format"
        )
    return found[0]


_IDX_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
_LARGEST = 2**31  # numbers of one file


def read_idx(path: Path) -> np.ndarray:
    """The array of a file in the IDX format, compressed by gzip or not.

    The format: two zero bytes, the type of the numbers, the number of axes, the length of each axis (four bytes, big-endian), the
    numbers. Source: the page of MNIST.

    Raises:
      UserError: if the file is not of this format, or ends early, or is longer than it says.
    """
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if zipped else path.open("rb") as file:
            head = file.read(4)
            if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in _IDX_TYPES:
                raise UserError(
                    f"{path} is no IDX file: its first bytes are {head.hex(' ') or 'missing'}, not 00 00 TYPE AXES"
                )
            sides = file.read(4 * head[3])
            if len(sides) < 4 * head[3]:
                raise UserError(f"{path} is damaged: it ends within its header; fetch it again")
            shape = tuple(np.frombuffer(sides, ">u4").astype(int).tolist())
            kind, size = np.dtype(_IDX_TYPES[head[2]]), prod(shape)
            if size > _LARGEST:
                raise UserError(f"{path} is damaged: it declares an array {shape}; fetch it again")
            data = file.read(size * kind.itemsize + 1)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise UserError(f"{path} cannot be read: {error}; fetch it again") from None
    if len(data) != size * kind.itemsize:
        more = "more" if len(data) > size * kind.itemsize else "fewer"
        raise UserError(f"{path} is damaged: it holds {more} numbers than the array {shape} that it declares")
    return np.frombuffer(data, kind).reshape(shape).astype(kind.newbyteorder("="))
