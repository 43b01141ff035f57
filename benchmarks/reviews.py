"""One pass over Trask's 24,000 reviews: nlpfeat beside his rule in NumPy, interleaved in one run.

  notebook    his loop to the letter: one row of W01 per word, one after another (timed on the first 2,000 reviews)
  vectorised  the same rule as a careful user writes it: all rows of a review's words at once, H = 10
  nlpfeat     `nlpfeat.sweeps.programs.advance`, compiled, with the training accuracy and an evaluation of both splits
  sweep       the same with 7 widths × 5 seeds in one pass, against 35 passes of `vectorised`, each at its own width

Reading, counting and compiling are not counted. Each rival is timed in interleaved rounds; medians (range) are quoted.

Usage: NLPFEAT_DATA=… python -m benchmarks.reviews [--rounds=5]
"""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int

from benchmarks.common import advance, first_state, flags_of, machine, one_bucket, seconds
from nlpfeat.data.core import Dataset
from nlpfeat.data.text.bags import Bags, BagTexts

LEARNING_RATE = 0.01
WIDTHS = (2, 4, 10, 16, 32, 64, 100)
SEEDS = (0, 1, 2, 3, 4)
STEPS, TIMED_REVIEWS = 750, 2000


def sigmoid(x: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """1 / (1 + e^-x)."""
    return 1 / (1 + np.exp(-x))


def vectorised(
    bags: list[Int[np.ndarray, " n"]], labels: Int[np.ndarray, " reviews"], width: int, words: int
) -> int:
    """One pass of the rule at one width.

    Args:
      bags: the word ids of each review.
      labels: 0 or 1.
      width: of the hidden layer.
      words: in the vocabulary.

    Returns:
      The number of reviews that were classified correctly before their step.
    """
    hidden = np.zeros((words, width))
    readout = np.random.RandomState(1).normal(0, 1, (width, 1))[:, 0]
    correct = 0
    for ids, label in zip(bags, labels, strict=True):
        layer = hidden[ids].sum(0)
        probability = sigmoid(layer @ readout)
        correct += (probability >= 0.5) == label
        delta = (probability - label) * probability * (1 - probability)
        hidden[ids] -= LEARNING_RATE * delta * readout
        readout = readout - LEARNING_RATE * delta * layer
    return int(correct)


def notebook(bags: list[list[int]], labels: Int[np.ndarray, " reviews"], width: int, words: int) -> None:
    """The rule as the notebook's last edition has it: word by word. Arguments as for `vectorised`."""
    hidden = np.zeros((words, width))
    readout = np.random.RandomState(1).normal(0, 1, (width, 1))
    layer = np.zeros((1, width))
    for ids, label in zip(bags, labels, strict=True):
        layer *= 0
        for word in ids:
            layer += hidden[word]
        probability = sigmoid(layer.dot(readout))
        delta = (probability - label) * probability * (1 - probability)
        gradient = delta.dot(readout.T)
        readout = readout - layer.T.dot(delta) * LEARNING_RATE
        for word in ids:
            hidden[word] -= gradient[0] * LEARNING_RATE


def compiled(
    widths: Sequence[int], seeds: Sequence[int]
) -> tuple[Callable[[int], dict[str, np.ndarray]], Dataset]:
    """A function from a number of steps to the records of all members after them, from the start; and the dataset."""
    from nlpfeat.config.files import load_config
    from nlpfeat.sweeps.runner import batch_indices

    config = load_config("configs/reviews_bag.py")
    factory, bucket = one_bucket(config | {"sweep": {"width": tuple(widths), "seed": tuple(seeds)}})
    indices = batch_indices(replace(factory.spec.training, record_every=STEPS), bucket, 0, STEPS)

    def steps(count: int) -> dict[str, np.ndarray]:
        _, record = advance(bucket, first_state(bucket), indices, count, STEPS)
        return bucket.to_host(record)  # pyright: ignore[reportReturnType]

    steps(0)
    return steps, factory.dataset


def main() -> None:
    """Time all rivals in rounds and print the medians."""
    parser = flags_of(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    one, dataset = compiled((10,), (1,))
    many, _ = compiled(WIDTHS, SEEDS)
    arrays: Bags = dataset.arrays
    texts: BagTexts = dataset.metadata
    count, size = texts.corpus.sizes[0], len(texts.vocabulary.words)
    starts = np.asarray(arrays.start)[: count + 1]
    bags = [np.asarray(arrays.words[a:b]) for a, b in pairwise(starts)]
    lists, labels = [ids.tolist() for ids in bags[:TIMED_REVIEWS]], texts.corpus.labels[:count]
    rivals: dict[
        str, tuple[float, Callable[[], object]]
    ] = {  # share of the passes that is timed, and the work
        "notebook": (TIMED_REVIEWS / count, lambda: notebook(lists, labels[:TIMED_REVIEWS], 10, size)),
        "vectorised": (1, lambda: vectorised(bags, labels, 10, size)),
        "nlpfeat": (1, lambda: one(STEPS)),
        "nlpfeat, evaluation alone": (1, lambda: one(0)),
        "35 of vectorised": (1 / len(SEEDS), lambda: [vectorised(bags, labels, w, size) for w in WIDTHS]),
        "sweep": (1, lambda: many(STEPS)),
        "sweep, evaluation alone": (1, lambda: many(0)),
    }
    found: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(rounds):
        for name, (share, work) in rivals.items():
            found[name].append(seconds(work) / share)
    online = np.nanmax(one(STEPS)["online_accuracy"][0])
    print(f"{machine()}; {count:,} reviews, {size:,} words, {rounds} rounds")
    print(f"online accuracy: nlpfeat {online:.5f}, NumPy {vectorised(bags, labels, 10, size) / count:.5f}")
    for name, times in found.items():
        median, passes = statistics.median(times), 35 if "35" in name or "sweep" in name else 1
        print(
            f"{name:<28} {median:8.3f} s ({min(times):.3f}-{max(times):.3f}), "
            f"{count * passes / median:12,.0f} reviews/s"
        )
    for ours, theirs in (("nlpfeat", "notebook"), ("nlpfeat", "vectorised"), ("sweep", "35 of vectorised")):
        ratios = [b / a for a, b in zip(found[ours], found[theirs], strict=True)]
        print(
            f"{ours} is {statistics.median(ratios):.1f} times as fast as {theirs} ({min(ratios):.1f}-{max(ratios):.1f})"
        )


if __name__ == "__main__":
    main()
