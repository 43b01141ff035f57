"""Toy studies: a small spec of every task, and shortcuts to train them."""

from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest

from nlpfeat.sweeps import grid, launch, programs
from nlpfeat.sweeps.prepare import maker, prepare
from nlpfeat.sweeps.run import fresh, orders
from nlpfeat.sweeps.spec import resolve
from nlpfeat.tasks import TASKS
from nlpfeat.training.task import Task

TRAINING = {"steps": (30,), "record_every": 10, "checkpoint_every": 20, "snapshots": (0,)}
SWEEP = {"width": (2, 3, 8), "seed": (0, 1)}

CONFIGS = Path(__file__).parents[1] / "configs"
OPINIONS = str(CONFIGS / "opinions.csv")  # 180 rows, three classes
TASTES = {"path": str(CONFIGS / "tastes.csv"), "items": str(CONFIGS / "dishes.csv")}  # 315 ratings

WINDOWS = {"path": OPINIONS, "vocabulary": 120, "reach": 2, "validation_share": 0.2}

_DATA = {
    "spirals": {"arms": 3, "points": 20},
    "annulus": {"points": 30},
    "spirals_deep": {"arms": 3, "points": 20},
    "annulus_deep": {"points": 30},
    "planted_words": {"documents": 60, "vocabulary": 80, "length": 10},
    "reviews_bag": {"path": OPINIONS},
    "reviews_batch": {"path": OPINIONS},
    "reviews_mean": {"path": OPINIONS},
    "imdb_ngrams": {"path": OPINIONS},
    "imdb_dense": {"path": OPINIONS, "length": 12, "vocabulary": 100},
    "imdb_cnn": {"path": OPINIONS, "length": 13, "vocabulary": 100},
    "imdb_multicnn": {"path": OPINIONS, "length": 12, "vocabulary": 100},
    "imdb_lstm": {"path": OPINIONS, "length": 12, "vocabulary": 100},
    "ratings_dot": TASTES,
    "ratings_bias": TASTES,
    "ratings_net": TASTES,
    "ratings_bayes": TASTES,
    "windows": WINDOWS,
    "windows_noise": WINDOWS,
    "next_word": {"path": OPINIONS, "vocabulary": 120, "context": 3, "validation_share": 0.2},
    "char_rnn": {"path": OPINIONS, "window": 12},
}
_SETTINGS = {"spirals_deep": {"depth": 3, "slope": 0.3}, "annulus_deep": {"depth": 3, "slope": 0.3}}
_MODEL = {
    "spirals_deep": {"layers": 4},
    "annulus_deep": {"layers": 3},
    "imdb_dense": {"embedding": 0, "dense": 0},
    "imdb_cnn": {"embedding": 5, "filters": 0, "dense": 0, "taps": (2, 3)},
    "imdb_multicnn": {"embedding": 0, "filters": 3, "dense": 4},
    "imdb_lstm": {"embedding": 0, "cells": 0},
    "windows": {"hidden": 3},
    "windows_noise": {"noise": 7},
    "next_word": {"embedding": 5},
    "char_rnn": {"layers": 2, "embedding": 5},
}
_TRAINING = {
    "planted_words": {
        "steps": (20, 10),
        "rates": (1.0, 0.3),
        "frozen": (("words",), ()),
        "batch_size": 16,
    },
    "reviews_bag": {"batch_size": 12},
    "reviews_batch": {"batch_size": 16},
    "reviews_mean": {"batch_size": 16},
    "imdb_ngrams": {"batch_size": 16},
    "imdb_dense": {"batch_size": 16},
    "imdb_cnn": {"steps": (20, 10), "rates": (1.0, 0.3), "frozen": (("words",), ()), "batch_size": 16},
    "imdb_multicnn": {"batch_size": 16},
    "imdb_lstm": {"batch_size": 16},
    "ratings_dot": {"batch_size": 16},
    "ratings_bias": {"batch_size": 16},
    "ratings_net": {"batch_size": 16},
    "windows": {"batch_size": 2},
    "windows_noise": {"batch_size": 2},
    "next_word": {"batch_size": 16},
    "char_rnn": {"batch_size": 4},
}
TOYS = {
    name: resolve(
        {
            "task": name,
            "data": _DATA.get(name, {}),
            "training": TRAINING | _TRAINING.get(name, {}),
            "model": _MODEL.get(name, {}),
            "settings": _SETTINGS.get(name, {}),
            "sweep": SWEEP,
        }
    )
    for name in TASKS
}
SPIRALS = TOYS["spirals"]

# Rows whose generic tests are slow ones, as other rows share what they are made of (annulus the net of spirals,
# reviews_batch and imdb_ngrams that of planted_words and the data of reviews_bag), or tests of their own hold the parts
# (tests/sweeps/test_run.py that of planted_words; most files of tests/models; tests/training/test_variational.py):
# compiling a net takes seconds, and each test does so several times.
SLOW = {
    "annulus",
    "annulus_deep",
    "planted_words",
    "reviews_bag",
    "reviews_batch",
    "reviews_mean",
    "spirals_deep",
    "imdb_ngrams",
    "imdb_dense",
    "imdb_cnn",
    "imdb_multicnn",
    "imdb_lstm",
    "ratings_dot",
    "ratings_bias",
    "ratings_net",
    "ratings_bayes",
    "windows",
    "windows_noise",
    "next_word",
    "char_rnn",
}


def each_toy():
    """The names of all rows, as parameters of a test."""
    return [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in sorted(TOYS)]


class Quiet:
    """A watch that counts stops and asks to stop after `patience` of them."""

    def __init__(self, patience=10**9):
        self.patience, self.seen = patience, []

    def step(self, bucket, members, step):
        self.seen.append((bucket, members, step))

    def interrupted(self):
        return len(self.seen) >= self.patience


def with_grid(spec, **axes):
    """The spec with another grid."""
    return replace(spec, sweep=tuple((name, tuple(values)) for name, values in axes.items()))


def with_training(spec, **changes):
    """The spec with other training settings."""
    return replace(spec, training=replace(spec.training, **changes))


study = launch.sweep  # run a study to its end: (the study, its array)


def trained(spec, steps: int, units: int | None = None, devices=None):
    """Parameters and records of all members of the grid after `steps` steps of the first phase's kind.

    Args:
      units: pad to this width, beyond the widest member.
    Returns:
      The member table, the host state (members, …), the records (members, splits).
    """
    table = grid.expand(spec).assign(bucket="b")
    widest = units or int(table["width"].max())
    make = maker(spec)
    task: Task = spec.row
    mesh = programs.member_mesh(devices)
    if units is None:
        bucket = prepare(make, "b", table, mesh, widest)
    else:  # a wider companion fixes the padded width; it is cut off again below
        companion = table.iloc[:1].assign(width=units)
        bucket = prepare(make, "b", table_with(table, companion), mesh, widest)
    phase = spec.training.phases[-1]
    state = fresh(task, bucket, phase.frozen, bucket.params)
    spec_long = with_training(spec, record_every=max(steps, 1))
    order = orders(task, spec_long.training, bucket, 0, steps)
    state, record = programs.advance(
        task,
        bucket.module,
        phase.frozen,
        bucket.layout,
        state,
        bucket.settings,
        bucket.arrays,
        bucket.splits,
        order,
        phase.rate,
        0,
        steps,
    )
    n = len(table)
    return (
        make,
        table,
        jax.tree.map(lambda a: a[:n], bucket.fetch(state)),
        jax.tree.map(lambda a: a[:n], bucket.fetch(record)),
    )


def table_with(table, row):
    """The table with a row appended."""
    import pandas as pd

    return pd.concat([table, row.set_axis(["companion"])])


def largest_gap(left, right):
    """The largest difference between two pytrees of equal shapes."""
    gaps = jax.tree.map(lambda a, b: np.max(np.abs(np.asarray(a) - np.asarray(b)), initial=0.0), left, right)
    return max(jax.tree.leaves(gaps))
