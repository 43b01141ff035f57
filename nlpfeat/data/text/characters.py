"""A text as one stream of characters, in windows that follow on one another; after each character the next one is asked for."""

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
from nlpfeat.data.core import SPLITS, Dataset, Examples, Index, Splits
from nlpfeat.data.downloads import NIETZSCHE, File, fetch
from nlpfeat.data.text import plain_text
from nlpfeat.errors import UserError, nearest

BOOKS: dict[str, File] = {"nietzsche": NIETZSCHE}
PROMPT = 40  # characters of the default prompt


@dataclass(frozen=True)
class CharacterSpec:
    """Which text, and its windows.

    Attributes:
      book: a published one: "nietzsche"; `path` overrides it.
      path: a text file of one's own, or a folder of `.txt` files; windows do not run on from one to the next.
      window: characters that a step reads in a row, through which its gradient goes back.
      kinds: at most so many kinds of characters are told apart, the commonest of the train part; all others are one.
      lower: whether capitals become small letters.
      validation_share: how much of the text is held out, at its end.
    """

    book: str = "nietzsche"
    path: str = ""
    window: Count = 40
    vocab_size: Annotated[int, Range(1, 2**15)] = 256
    lower: bool = True
    validation_share: Annotated[float, Range(0, 0.5)] = 0.1

    def __post_init__(self) -> None:
        if not self.path and self.book not in BOOKS:
            raise ValueError(f"book: no book {self.book!r}; {nearest(self.book, BOOKS)}")

    @property
    def name(self) -> str:
        """What to call the text."""
        return self.path or self.book


class Alphabet(NamedTuple):
    """The characters that are told apart, the commonest first. Number 0 stands for all others."""

    characters: str
    lower: bool

    def encode(self, text: str) -> np.ndarray:
        """The numbers of the characters of a text: uint16 (n,)."""
        points = np.frombuffer(self.written(text).encode("utf-32-le"), np.uint32)
        return self._numbers[np.minimum(points, len(self._numbers) - 1)]

    def decode(self, numbers: Sequence[int] | np.ndarray) -> str:
        """The text of numbers; the replacement character for 0."""
        return "".join(np.array(["\ufffd", *self.characters])[np.asarray(numbers)])

    def written(self, text: str) -> str:
        """The text with small letters, if there are only such."""
        return text.lower() if self.lower else text

    @property
    def _numbers(self) -> np.ndarray:
        """By code point; the last one is that of every larger one."""
        points = np.array([ord(letter) for letter in self.characters], int)
        table = np.zeros(points.max(initial=0) + 2, np.uint16)
        table[points] = np.arange(1, len(points) + 1)
        return table


class Book(NamedTuple):
    """What is known of the text on the host."""

    alphabet: Alphabet
    numbers: np.ndarray  # uint16 (characters,), of the files one after another
    start: np.ndarray  # (files + 1,), where each begins
    train: int  # characters before the held-out part
    window: int

    def part(self, name: str) -> np.ndarray:
        """The numbers of the characters of "train" or "validation"."""
        return self.numbers[: self.train] if name == "train" else self.numbers[self.train :]

    def text(self, split: str, max_characters: int | None = None) -> str:
        """The first characters of "train" or "validation", all of them if None, as the networks read them."""
        return self.alphabet.decode(self.part(split)[:max_characters])

    @property
    def holds_out(self) -> bool:
        """Whether the held-out text is long enough to evaluate texts and units on."""
        return len(self.part("validation")) > PROMPT

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

    numbers: Array | np.ndarray  # uint16 (characters,)
    window: int = flax.struct.field(pytree_node=False)


class CharacterSpan(NamedTuple):
    """The places in the text whose characters a window reads."""

    start: Array | np.ndarray  # int32 (n,)
    stop: Array | np.ndarray  # int32 (n,), past the last; that place is asked for, but not read


class Window(NamedTuple):
    """What a net reads."""

    tokens: Array  # int32 (n, window)
    span: CharacterSpan
    state: tuple[tuple[Array, ...], ...] | None  # of each layer, before the window; None for zeros


class NextTokens(NamedTuple):
    """What follows on each character."""

    tokens: Array  # int32 (n, window)
    there: Array  # bool (n, window): the last window of a part may be shorter
    mean: Array  # float32 (n,): how many are asked for in a window of this part on average; the mean over windows of a sum over
    # characters, divided by it, is the mean over characters


def load(spec: CharacterSpec) -> Dataset:
    """Read the text and number its characters.

    Raises:
      UserError: if the text cannot be had or read, or is shorter than a window.
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
            f"{spec.name}: {train:,} characters to train on, and no window of config.data.window={spec.window} with one "
            "more to ask for: give a longer text, or shorten the window"
        )
    if total >= 2**31 - spec.window:
        raise UserError(f"{spec.name}: {total:,} characters, and at most 2³¹ fit: take a part of it")
    digest = hashlib.sha256(repr((alphabet, train, start.tolist())).encode()).hexdigest()
    notes = tuple(f"{spec.name}: {note}" for note in _told(spec, book))
    return Dataset(CharacterStream(book.numbers, spec.window), book, digest, notes)


def _told(spec: CharacterSpec, book: Book) -> list[str]:
    """Sizes, for whoever sets the number of steps."""
    train, held = book.part("train"), book.part("validation")
    windows = _spans(book, 0, book.train).shape[1]
    sizes = f"{len(book.numbers):,} characters of {len(book.alphabet.characters)} kinds, {len(train):,} to train on in {windows:,} windows"
    told = [f"{sizes}: an epoch is so many divided by the batch size"]
    for name, part in (("train", train), ("held-out", held)):
        others = int((part == 0).sum())
        if others:
            told.append(f"{others:,} characters of the {name} part are of no kind that is told apart")
    if len(held) < 2:
        told.append(
            f"no text is held out: {spec.validation_share:g} of {len(book.numbers):,} characters is too little"
        )
    return told


def _spans(book: Book, begin: int, end: int) -> np.ndarray:
    """The windows of the text from `begin` to `end`: int32 (2, windows), their starts and stops."""
    found = [np.zeros((2, 0), np.int32)]
    for a, b in zip(book.start[:-1], book.start[1:], strict=True):
        first, last = max(int(a), begin), min(int(b), end) - 1  # the last character is only asked for
        starts = np.arange(first, max(last, first), book.window)
        found.append(np.stack([starts, np.minimum(starts + book.window, last)]).astype(np.int32))
    return np.concatenate(found, axis=1)


def make_splits(book: Book, settings: object) -> Splits:
    """The windows of each part: the same for every member."""
    splits = {}
    for name, begin, end in zip(SPLITS, (0, book.train), (book.train, len(book.numbers)), strict=False):
        start, stop = _spans(book, begin, end)
        if len(start):
            mean = np.full(len(start), (stop - start).mean(), np.float32)
            splits[name] = Examples(CharacterSpan(jnp.asarray(start), jnp.asarray(stop)), jnp.asarray(mean))
    return splits


def batch(arrays: CharacterStream, examples: Examples, index: Index) -> Examples:
    """The windows at `index`: what is read, and what is asked for."""
    span, mean = examples
    start, stop, mean = (
        jnp.asarray(leaf) if index is None else jnp.asarray(leaf)[index] for leaf in (*span, mean)
    )
    place = start[:, None] + jnp.arange(arrays.window + 1)[None]
    found = jnp.asarray(arrays.numbers)[jnp.minimum(place, stop[:, None])].astype(jnp.int32)
    asked = NextTokens(found[:, 1:], place[:, :-1] < stop[:, None], mean)
    return Examples(Window(found[:, :-1], CharacterSpan(start, stop), None), asked)
