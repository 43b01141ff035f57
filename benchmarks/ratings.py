"""Factors of films on MovieLens latest-small: nlpfeat's variational Bayes beside a public library's SVD++, in turn, in one run.

  nlpfeat  `configs/ratings_bayes.py:best`: 50 factors, and 20, sixty steps through all training ratings, compiled, one seed at
           a time, on one core
  svd++    `surprise.SVDpp` with its defaults (20 factors, 20 epochs), its predictions within the range of ratings, as it cuts them

Three random splits, the same for both: a fifth to test on. Reading and compiling are apart, and so is the test. Each is timed in
rounds that interleave them; medians (range) are quoted.

Usage: NLPFEAT_DATA=… python -m benchmarks.ratings [--rounds=3]
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

SPLITS, FACTORS = (0, 1, 2), (20, 50)
CONFIG = "configs/ratings_bayes.py:best"

Fit = Callable[[], Callable[[], float]]  # trains, and gives what tells the squared error on the test part


def nlpfeat(width: int, seed: int) -> tuple[Fit, Any]:
    """A member of the best config, and its split as (rated, train, test)."""
    import jax

    from nlpfeat.config.files import load_config
    from nlpfeat.data.core import split_names
    from nlpfeat.sweeps import plan, programs
    from nlpfeat.sweeps.members import member_factory, prepare
    from nlpfeat.sweeps.runner import batch_indices, initial_state
    from nlpfeat.tasks.spec import resolve

    _, config = load_config(CONFIG)
    spec = resolve(config | {"sweep": {"width": (width,), "seed": (seed,)}})
    factory, table = member_factory(spec), plan.all_members(spec).assign(bucket="one")
    bucket = prepare(factory, "one", table, programs.member_mesh(), width)
    steps = sum(spec.training.steps)
    order = batch_indices(spec.task, replace(spec.training, record_every=steps), bucket, 0, steps)
    test = split_names(bucket.splits).index("test")
    parts = {name: np.asarray(bucket.splits[name].inputs)[0] for name in ("train", "test")}

    def advance(count: int, splits: Any) -> Any:
        state = initial_state(spec.task, bucket, (), bucket.params)
        shared = (bucket.settings, bucket.arrays, splits, order, 1.0, 0)
        done = programs.advance(spec.task, bucket.module, (), bucket.layout, state, *shared, count)
        return jax.block_until_ready(done)

    def fit() -> Callable[[], float]:
        _, record = advance(steps, bucket.splits)
        return lambda: float(bucket.fetch(record)["squared_error"][0][test])

    advance(0, bucket.splits)
    return fit, (factory.dataset.metadata.rated, parts["train"], parts["test"])


def surprise(split: Any, seed: int) -> Fit:
    """SVD++ on the same split."""
    import pandas as pd
    from surprise import Dataset, Reader, SVDpp  # pyright: ignore[reportMissingImports]

    rated, train, test = split
    frame = pd.DataFrame({"user": rated.user, "item": rated.item, "stars": rated.stars})
    reader = Reader(rating_scale=(float(rated.stars.min()), float(rated.stars.max())))
    known = Dataset.load_from_df(frame.iloc[train], reader).build_full_trainset()
    unknown = list(frame.iloc[test].itertuples(index=False, name=None))

    def fit() -> Callable[[], float]:
        model = SVDpp(random_state=seed)
        model.fit(known)
        return lambda: float(np.mean([(one.r_ui - one.est) ** 2 for one in model.test(unknown)]))

    return fit


def main() -> None:
    """Time both in rounds and print the medians."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--rounds", type=int, default=3)
    rounds = arguments.parse_args().rounds
    parallel.use_all_cores()
    rivals: list[tuple[int, str, Fit]] = []
    for seed in SPLITS:
        ours = {f"nlpfeat, {width} factors": nlpfeat(width, seed) for width in FACTORS}
        rivals += [(seed, name, fit) for name, (fit, _) in ours.items()]
        rivals.append((seed, "svd++", surprise(next(iter(ours.values()))[1], seed)))
    names = list(dict.fromkeys(name for _, name, _ in rivals))
    seconds: dict[str, list[float]] = {name: [] for name in names}
    errors: dict[str, dict[int, float]] = {name: {} for name in names}
    for _ in range(rounds):
        for seed, name, fit in rivals:
            began = time.perf_counter()
            test = fit()
            seconds[name].append(time.perf_counter() - began)
            errors[name][seed] = test()
    print(f"{machine()}; {rounds} rounds of {len(SPLITS)} splits")
    for name, times in seconds.items():
        each = ", ".join(f"{error:.4f}" for error in errors[name].values())
        print(
            f"{name:<19} {statistics.median(times):7.2f} s ({min(times):.2f}-{max(times):.2f}), squared error "
            f"{statistics.mean(errors[name].values()):.4f} ({each})"
        )
    for name in names[:-1]:
        ratios = [b / a for a, b in zip(seconds[name], seconds["svd++"], strict=True)]
        print(
            f"{name}: {statistics.median(ratios):.1f} times as fast as svd++ ({min(ratios):.1f}-{max(ratios):.1f})"
        )


if __name__ == "__main__":
    main()
