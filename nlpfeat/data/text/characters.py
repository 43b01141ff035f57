"""A text as a stream of characters, in consecutive windows. The target of each character is the next one."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import flax.struct
import jax.numpy as jnp
import numpy as np
from jax import Array

from nlpfeat.config.fields import Count, Range
from nlpfeat.data.core import SPLITS, Dataset, Examples, Index, Leaf, Splits
from nlpfeat.data.downloads import NIETZSCHE, SHAKESPEARE, File, fetch
from nlpfeat.data.text import plain_text
from nlpfeat.errors import UserError, did_you_mean

BOOKS: dict[str, File] = {"nietzsche": NIETZSCHE, "shakespeare": SHAKESPEARE}
PROMPT = 40  # characters of the default prompt


@dataclass(frozen=True)
class CharacterSpec:
    """Which text, and its windows.

    Attributes:
      book: a published text, "nietzsche" or "shakespeare"; `path` overrides it.
      path: of a text file, or of a folder of `.txt` files. No window crosses the end of a file.
      window: characters per window, the length of truncated backpropagation through time.
      vocab_size: number of distinct characters, the most frequent of the train split; all others share one id.
      lower: whether the text is converted to lower case, as in the lesson on Nietzsche.
      validation_share: fraction of the text in the validation split, at its end.
    """

    book: str = "nietzsche"
    path: str = ""
    window: Count = 40
    vocab_size: Annotated[int, Range(1, 2**15)] = 256
    lower: bool = False
    validation_share: Annotated[float, Range(0, 0.5)] = 0.1

    def __post_init__(self) -> None:
        if not self.path and self.book not in BOOKS:
            raise ValueError(f"book: no book {self.book!r}; {did_you_mean(self.book, BOOKS)}")

    @property
    def name(self) -> str:
        """A name of the text for notes."""
        return self.path or self.book


class Alphabet(NamedTuple):
    """The characters of the vocabulary, the most frequent first, with ids from 1. Id 0 represents all others."""

    characters: str
    lower: bool

    def encode(self, text: str) -> np.ndarray:
        """The ids of the characters of a text: uint16 (n,)."""
        points = np.frombuffer(self.normalize(text).encode("utf-32-le"), np.uint32)
        return self._ids[np.minimum(points, len(self._ids) - 1)]

    def decode(self, ids: Sequence[int] | np.ndarray) -> str:
        """The text of some ids; id 0 becomes the replacement character."""
        return "".join(np.array(["\ufffd", *self.characters])[np.asarray(ids)])

    def normalize(self, text: str) -> str:
        """The text as the vocabulary spells it: in lower case if `lower`."""
        return text.lower() if self.lower else text

    @property
    def _ids(self) -> np.ndarray:
        """The id of each code point; the last entry also serves all larger code points."""
        points = np.array([ord(letter) for letter in self.characters], int)
        table = np.zeros(points.max(initial=0) + 2, np.uint16)
        table[points] = np.arange(1, len(points) + 1)
        return table


class Book(NamedTuple):
    """The text on the host.

    Attributes:
      numbers: uint16 (characters,), ids of the characters of all files, concatenated.
      start: (files + 1,), offsets of the files.
      train: number of characters in the train split.
    """

    alphabet: Alphabet
    numbers: np.ndarray
    start: np.ndarray
    train: int
    window: int

    def split(self, name: str) -> np.ndarray:
        """The ids of the characters of the split "train" or "validation"."""
        return self.numbers[: self.train] if name == "train" else self.numbers[self.train :]

    def text(self, split: str, max_characters: int | None = None) -> str:
        """The first characters of "train" or "validation", all of them if None, as the networks read them."""
        return self.alphabet.decode(self.split(split)[:max_characters])

    @property
    def holds_out(self) -> bool:
        """Whether the held-out text is long enough to evaluate texts and units on."""
        return len(self.split("validation")) > PROMPT

    @property
    def evaluation_split(self) -> str:
        """The split for evaluating texts and units: "validation", or "train" where too little text is held out."""
        return "validation" if self.holds_out else "train"

    @property
    def evaluation_name(self) -> str:
        """That split in tables and figures."""
        return "held-out text" if self.holds_out else "training text"

    @property
    def prompt(self) -> str:
        """The beginning of that split: the default prompt."""
        return self.text(self.evaluation_split, PROMPT)


@flax.struct.dataclass
class CharacterStream:
    """The text on the device."""

    numbers: Leaf  # uint16 (characters,), ids
    window: int = flax.struct.field(pytree_node=False)


class CharacterSpan(NamedTuple):
    """The positions in the text that windows read.

    Attributes:
      start: int32 (n,), first position.
      stop: int32 (n,), first position after the window: a target, but no input.
    """

    start: Array | np.ndarray
    stop: Array | np.ndarray


class Window(NamedTuple):
    """The inputs of a network.

    Attributes:
      tokens: int32 (n, window), ids.
      span: positions in the text, which decide whether a state may be carried on.
      state: of each layer before the window; None for zeros.
    """

    tokens: Array
    span: CharacterSpan
    state: tuple[tuple[Array, ...], ...] | None


class NextTokens(NamedTuple):
    """The targets: the character after each.

    Attributes:
      tokens: int32 (n, window), ids.
      valid: bool (n, window); the last window of a file or split may be shorter.
      mean: float32 (n,), mean number of valid targets per window of the split. A sum over the characters of a window, divided by
        it, has the mean over characters as its mean over windows.
    """

    tokens: Array
    valid: Array
    mean: Array


def load(spec: CharacterSpec) -> Dataset:
    """Read and encode the text.

    Raises:
      UserError: if the text cannot be downloaded or read, or is shorter than a window.
    """
    files = plain_text.whole(spec.path or str(fetch(BOOKS[spec.book])))
    files = [text.lower() if spec.lower else text for text in files if text]
    start = np.cumsum([0, *map(len, files)])
    total = int(start[-1])
    train = total - round(spec.validation_share * total)
    text = "".join(files)
    counts = Counter(text[:train])
    characters = sorted(counts, key=lambda letter: (-counts[letter], letter))[: spec.vocab_size]
    alphabet = Alphabet("".join(characters), spec.lower)
    book = Book(alphabet, alphabet.encode(text), start, train, spec.window)
    if np.diff(_spans(book, 0, train), axis=0).max(initial=0) < spec.window:
        raise UserError(
            f"{spec.name}: {train:,} characters in the train split, and no window of config.data.window={spec.window} and its "
            "target: give a longer text, or shorten the window"
        )
    if total >= 2**31 - spec.window:
        raise UserError(f"{spec.name}: {total:,} characters, and at most 2³¹ fit: give a shorter text")
    digest = hashlib.sha256(repr((alphabet, train, start.tolist())).encode()).hexdigest()
    notes = tuple(f"{spec.name}: {note}" for note in _notes(spec, book))
    return Dataset(CharacterStream(book.numbers, spec.window), book, digest, notes)


def _notes(spec: CharacterSpec, book: Book) -> list[str]:
    """Sizes, from which a user can choose the number of steps, and peculiarities."""
    train, held = book.split("train"), book.split("validation")
    windows = _spans(book, 0, book.train).shape[1]
    notes = [
        (
            f"{len(book.numbers):,} characters, {len(book.alphabet.characters)} distinct ones; {len(train):,} to train on in "
            f"{windows:,} windows: an epoch is that number of windows divided by the batch size"
        ),
        f"the alphabet{' in lower case' if spec.lower else ''}: {''.join(sorted(book.alphabet.characters))!r}",
    ]
    for name, ids in (("train", train), ("validation", held)):
        others = int((ids == 0).sum())
        if others:
            notes.append(f"{others:,} characters of the {name} split are not in the vocabulary")
    if len(held) < 2:
        share = f"{spec.validation_share:g} of {len(book.numbers):,} characters"
        notes.append(f"the validation split is empty: {share} is too little")
    return notes


def _spans(book: Book, begin: int, end: int) -> np.ndarray:
    """The windows of the text from `begin` to `end`: int32 (2, windows), starts and stops."""
    spans = [np.zeros((2, 0), np.int32)]
    for a, b in zip(book.start[:-1], book.start[1:], strict=True):
        first, last = max(int(a), begin), min(int(b), end) - 1  # the last character is a target only
        starts = np.arange(first, max(last, first), book.window)
        spans.append(np.stack([starts, np.minimum(starts + book.window, last)]).astype(np.int32))
    return np.concatenate(spans, axis=1)


def make_splits(book: Book, settings: object) -> Splits:
    """The windows of each split, the same for all members."""
    splits = {}
    for name, begin, end in zip(SPLITS, (0, book.train), (book.train, len(book.numbers)), strict=False):
        start, stop = _spans(book, begin, end)
        if len(start):
            mean = np.full(len(start), (stop - start).mean(), np.float32)
            splits[name] = Examples(CharacterSpan(jnp.asarray(start), jnp.asarray(stop)), jnp.asarray(mean))
    return splits


def batch(arrays: CharacterStream, examples: Examples, index: Index) -> Examples:
    """The windows `examples.inputs` at `index`, with the next character of each as targets."""
    span, mean = examples
    start, stop, mean = (
        jnp.asarray(leaf) if index is None else jnp.asarray(leaf)[index] for leaf in (*span, mean)
    )
    position = start[:, None] + jnp.arange(arrays.window + 1)[None]
    tokens = jnp.asarray(arrays.numbers)[jnp.minimum(position, stop[:, None])].astype(jnp.int32)
    targets = NextTokens(tokens[:, 1:], position[:, :-1] < stop[:, None], mean)
    return Examples(Window(tokens[:, :-1], CharacterSpan(start, stop), None), targets)
