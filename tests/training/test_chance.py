"""Chance levels beside the metrics themselves, given nets that say the same of everything."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlpfeat.data.core import split_names
from nlpfeat.sweeps import plan
from nlpfeat.sweeps.members import stack_settings, tree_index
from nlpfeat.training.metrics import bits_per_token
from tests.toys import TOYS, factory_of


def parts(name):
    """A toy's task, its source's arrays, and the parts of its first member: learned from, and the last."""
    factory = factory_of(TOYS[name])
    settings = tree_index(stack_settings(factory.spec.settings, plan.all_members(TOYS[name])), 0)
    splits = jax.device_get(factory.splits(settings))
    return factory.spec.task, factory.dataset.arrays, splits["train"], splits[split_names(splits)[-1]]


@pytest.mark.parametrize("name", sorted(TOYS))
def test_is_a_score_that_a_net_can_get(name):
    task, arrays, learned, asked = parts(name)
    level = task.evaluation.baseline(arrays, learned, asked)
    assert np.isfinite(level)
    assert level > 0 if task.evaluation.headline.mode == "min" else 0 <= level <= 1


@pytest.mark.parametrize("name", ["spirals", "reviews_batch", "eleven_lines", "next_word"])
def test_of_classes_is_the_best_constant(name):
    task, arrays, learned, asked = parts(name)
    metric = task.evaluation.headline.fn
    kinds = int(max(np.max(learned.targets), np.max(asked.targets))) + 1

    def share(examples, kind):
        scores = np.zeros((len(examples.targets), kinds), np.float32)
        scores[:, kind] = 1
        return float(metric({"scores": jnp.asarray(scores)}, examples.targets).mean())

    best = max(range(kinds), key=lambda kind: share(learned, kind))
    assert task.evaluation.baseline(arrays, learned, asked) == pytest.approx(share(asked, best), abs=1e-6)


@pytest.mark.parametrize("name", ["ratings_dot", "ratings_bayes"])
def test_of_ratings_is_the_mean(name):
    task, arrays, learned, asked = parts(name)
    metric = task.evaluation.headline.fn
    level = task.evaluation.baseline(arrays, learned, asked)
    mean = float(np.mean(learned.targets))

    def error(examples, answer):
        return float(metric({"prediction": jnp.full(len(examples.targets), answer)}, examples.targets).mean())

    assert level == pytest.approx(error(asked, mean), rel=1e-5)
    assert error(learned, mean) < min(error(learned, mean - 0.1), error(learned, mean + 0.1))


@pytest.mark.parametrize("name", ["windows", "windows_noise"])
def test_of_pairs_is_a_tie(name):
    task, arrays, learned, asked = parts(name)
    metric = task.evaluation.headline.fn
    scores = jnp.zeros((2, 3))
    trace = {"real": scores, "wrong": scores, "windows": jnp.ones((2, 3), bool)}
    assert (
        task.evaluation.baseline(arrays, learned, asked)
        == float(metric(trace, jnp.full(2, 3.0)).mean())
        == 0.5
    )


def test_of_characters_is_their_entropy():
    task, arrays, learned, asked = parts("char_rnn")
    wanted, seen = (task.data.batch(arrays, part, None).targets for part in (asked, learned))
    kinds = int(max(np.max(wanted.tokens), np.max(seen.tokens))) + 1
    counts = np.bincount(np.asarray(seen.tokens)[np.asarray(seen.valid)], minlength=kinds) + 1.0
    scores = jnp.broadcast_to(jnp.log(counts / counts.sum()), (*wanted.tokens.shape, kinds))
    level = task.evaluation.baseline(arrays, learned, asked)
    assert level == pytest.approx(float(bits_per_token({"scores": scores}, wanted).mean()), rel=1e-4)
    assert level < np.log2(kinds)
