"""Factors of films on MovieLens latest-small: nlpfeat's variational Bayes beside a public library's SVD++, interleaved in one run.

  nlpfeat  `configs/ratings_bayes.py:best` with 20 and with 50 factors: sixty steps through all training ratings, compiled, one
           seed at a time, on one core
  svd++    `surprise.SVDpp` with as many factors and 20 epochs, its default; it clips predictions to the range of ratings

Three random splits, the same for both, with a fifth for testing. Reading, compiling and testing are not counted. Each rival is
timed in interleaved rounds; medians (range) are quoted.

Usage: NLPFEAT_DATA=… python -m benchmarks.ratings [--rounds=3]
"""

import statistics
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from benchmarks.common import advance, first_state, flags_of, machine, one_bucket, seconds
from nlpfeat.data.ratings.rating_table import RatingTable

SEEDS, FACTORS = (0, 1, 2), (20, 50)
CONFIG = "configs/ratings_bayes.py:best"

Fit = Callable[
    [], Callable[[], float]
]  # trains, and returns a function that computes the squared error on the test split


class Split(NamedTuple):
    """The ratings, and the rows of two splits."""

    table: RatingTable
    train: np.ndarray
    test: np.ndarray


def nlpfeat(width: int, seed: int) -> tuple[Fit, Split]:
    """A member of the best config, and its split."""
    from nlpfeat.config.files import load_config
    from nlpfeat.data.core import split_names
    from nlpfeat.sweeps.runner import batch_indices

    factory, bucket = one_bucket(load_config(CONFIG) | {"sweep": {"width": (width,), "seed": (seed,)}})
    training, splits = factory.spec.training, bucket.first.splits
    indices = batch_indices(replace(training, record_every=training.total), bucket, 0, training.total)
    test = split_names(splits).index("test")

    def fit() -> Callable[[], float]:
        _, record = advance(bucket, first_state(bucket), indices, training.total, training.total)
        return lambda: float(bucket.to_host(record)["squared_error"][0][test])

    advance(bucket, first_state(bucket), indices, 0, training.total)
    return fit, Split(
        factory.dataset.metadata, *(np.asarray(splits[name].inputs) for name in ("train", "test"))
    )


def surprise(split: Split, width: int, seed: int) -> Fit:
    """SVD++ on the same split."""
    import pandas as pd
    from surprise import Dataset, Reader, SVDpp  # pyright: ignore[reportMissingImports]

    rated = split.table.rated
    frame = pd.DataFrame({"user": rated.user, "item": rated.item, "stars": rated.stars})
    reader = Reader(rating_scale=(float(rated.stars.min()), float(rated.stars.max())))
    known = Dataset.load_from_df(frame.iloc[split.train], reader).build_full_trainset()
    unknown = list(frame.iloc[split.test].itertuples(index=False, name=None))

    def fit() -> Callable[[], float]:
        model = SVDpp(n_factors=width, random_state=seed)
        model.fit(known)
        return lambda: float(np.mean([(one.r_ui - one.est) ** 2 for one in model.test(unknown)]))

    return fit


def main() -> None:
    """Time both in rounds and print the medians."""
    parser = flags_of(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    rivals: list[tuple[int, str, Fit]] = []
    for seed in SEEDS:
        for width in FACTORS:
            fit, split = nlpfeat(width, seed)
            rivals.append((seed, f"nlpfeat, {width} factors", fit))
            rivals.append((seed, f"svd++, {width} factors", surprise(split, width, seed)))
    names = list(dict.fromkeys(name for _, name, _ in rivals))
    durations: dict[str, list[float]] = {name: [] for name in names}
    errors: dict[str, dict[int, float]] = {name: {} for name in names}
    for _ in range(rounds):
        for seed, name, fit in rivals:
            tests: list[Callable[[], float]] = []
            durations[name].append(seconds(lambda fit=fit, tests=tests: tests.append(fit())))
            errors[name][seed] = tests[0]()
    print(f"{machine()}; {rounds} rounds of {len(SEEDS)} splits")
    for name, times in durations.items():
        each = ", ".join(f"{error:.4f}" for error in errors[name].values())
        print(
            f"{name:<19} {statistics.median(times):7.2f} s ({min(times):.2f}-{max(times):.2f}), squared error "
            f"{statistics.mean(errors[name].values()):.4f} ({each})"
        )
    for ours, theirs in zip(names[::2], names[1::2], strict=True):
        ratios = [b / a for a, b in zip(durations[ours], durations[theirs], strict=True)]
        print(
            f"{ours}: {statistics.median(ratios):.1f} times as fast as svd++ ({min(ratios):.1f}-{max(ratios):.1f})"
        )


if __name__ == "__main__":
    main()
