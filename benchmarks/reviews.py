"""One pass over Trask's 24,000 reviews: nlpfeat beside his rule in NumPy, in turn, in one run.

  notebook    his loop to the letter: a row of W01 for each word, one after another (timed on the first 2,000 reviews)
  vectorised  the same rule as a careful user writes it: all rows of a review's words at once, H = 10
  nlpfeat     `nlpfeat.sweeps.programs.advance`, compiled, with the training accuracy, and then both parts evaluated
  sweep       the same with 7 widths × 5 seeds in one pass, against 35 passes of `vectorised`, each at its own width

Reading, counting and compiling are apart. Each is timed in rounds that interleave them; medians (range) are quoted.

Usage: NLPFEAT_DATA=… python -m benchmarks.reviews [--rounds=5]
"""

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.spirals import machine
from nlpfeat import parallel
from nlpfeat.data.text.bags import Bags, BagTexts

RATE = 0.01
WIDTHS = (2, 4, 10, 16, 32, 64, 100)
SEEDS = (0, 1, 2, 3, 4)
STEPS, BATCH = 750, 32


def sigmoid(x: Any) -> Any:
    """1 / (1 + e^-x)."""
    return 1 / (1 + np.exp(-x))


def vectorised(bags: list[np.ndarray], labels: np.ndarray, width: int, words: int) -> int:
    """One pass of the rule at one width; how many reviews were right before their step."""
    hidden = np.zeros((words, width))
    readout = np.random.RandomState(1).normal(0, 1, (width, 1))[:, 0]
    right = 0
    for ids, label in zip(bags, labels, strict=True):
        layer = hidden[ids].sum(0)
        chance = sigmoid(layer @ readout)
        right += (chance >= 0.5) == label
        delta = (chance - label) * chance * (1 - chance)
        hidden[ids] -= RATE * delta * readout
        readout = readout - RATE * delta * layer
    return int(right)


def notebook(bags: list[list[int]], labels: np.ndarray, width: int, words: int) -> None:
    """The rule as the notebook's last edition has it: word by word."""
    hidden = np.zeros((words, width))
    readout = np.random.RandomState(1).normal(0, 1, (width, 1))
    layer = np.zeros((1, width))
    for ids, label in zip(bags, labels, strict=True):
        layer *= 0
        for word in ids:
            layer += hidden[word]
        chance = sigmoid(layer.dot(readout))
        delta = (chance - label) * chance * (1 - chance)
        pull = delta.dot(readout.T)
        readout = readout - layer.T.dot(delta) * RATE
        for word in ids:
            hidden[word] -= pull[0] * RATE


def compiled(widths: tuple[int, ...], seeds: tuple[int, ...]) -> tuple[Callable[[int], Any], Any]:
    """A function that does so many steps of all members from the start, and the study's source."""
    import jax

    from nlpfeat.config.files import load_config
    from nlpfeat.sweeps import plan, programs
    from nlpfeat.sweeps.members import member_factory, prepare
    from nlpfeat.sweeps.runner import batch_indices, initial_state
    from nlpfeat.tasks.spec import resolve

    _, config = load_config("configs/reviews_bag.py")
    spec = resolve(config | {"sweep": {"width": widths, "seed": seeds}})
    factory, table = member_factory(spec), plan.all_members(spec).assign(bucket="all")
    bucket = prepare(factory, "all", table, programs.member_mesh(), max(widths))
    training = replace(spec.training, record_every=STEPS)
    order = batch_indices(spec.task, training, bucket, 0, STEPS)

    def steps(count: int) -> Any:
        state = initial_state(spec.task, bucket, (), bucket.params)
        shared = (bucket.settings, bucket.arrays, bucket.splits, order, 1.0, 0)
        done = programs.advance(spec.task, bucket.module, (), bucket.layout, state, *shared, count)
        return jax.block_until_ready(bucket.fetch(done[1]))

    steps(0)
    return steps, factory.dataset


def seconds(work: Callable[[], Any]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    """Time all rivals in rounds and print the medians."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--rounds", type=int, default=5)
    rounds = arguments.parse_args().rounds
    parallel.use_all_cores()
    one, source = compiled((10,), (1,))
    many, _ = compiled(WIDTHS, SEEDS)
    arrays: Bags = source.arrays
    texts: BagTexts = source.about
    count, size = texts.corpus.sizes[0], len(texts.vocabulary.words)
    bags = [
        np.asarray(arrays.words[a:b])
        for a, b in zip(arrays.start[:count], arrays.start[1 : count + 1], strict=True)
    ]
    lists, labels = [ids.tolist() for ids in bags[:2000]], texts.corpus.labels[:count]
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, share, work in (
            ("notebook", 2000 / count, lambda: notebook(lists, labels[:2000], 10, size)),
            ("vectorised", 1, lambda: vectorised(bags, labels, 10, size)),
            ("nlpfeat", 1, lambda: one(STEPS)),
            ("nlpfeat, evaluation alone", 1, lambda: one(0)),
            ("35 of vectorised", 1 / len(SEEDS), lambda: [vectorised(bags, labels, w, size) for w in WIDTHS]),
            ("sweep", 1, lambda: many(STEPS)),
            ("sweep, evaluation alone", 1, lambda: many(0)),
        ):
            found.setdefault(name, []).append(seconds(work) / share)
    record = one(STEPS)["online_accuracy"][0]
    print(f"{machine()}; {count:,} reviews, {size:,} words, {rounds} rounds")
    print(
        f"online accuracy: nlpfeat {np.nanmax(record):.5f}, NumPy {vectorised(bags, labels, 10, size) / count:.5f}"
    )
    for name, times in found.items():
        middle = statistics.median(times)
        print(
            f"{name:<28} {middle:8.3f} s ({min(times):.3f}-{max(times):.3f}), "
            f"{count * (35 if '35' in name or 'sweep' in name else 1) / middle:12,.0f} reviews/s"
        )
    for ours, theirs in (("nlpfeat", "notebook"), ("nlpfeat", "vectorised"), ("sweep", "35 of vectorised")):
        ratios = [b / a for a, b in zip(found[ours], found[theirs], strict=True)]
        print(
            f"{ours} is {statistics.median(ratios):.1f} times as fast as {theirs} ({min(ratios):.1f}-{max(ratios):.1f})"
        )


if __name__ == "__main__":
    main()
